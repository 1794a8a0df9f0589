"""What an e-mail says and carries, and how to say stop to it."""

import re
import time
from contextlib import closing
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from django.test import Client
from pytest_django.fixtures import Settings

from consents.models import ChannelChoice, Objection
from helsinki_proactive.embedded.server import free_port
from helsinki_proactive.simulator.client import SimulatedMail, Simulator
from offers.delivery.channels import Parcel
from offers.delivery.channels.email import EmailChannel, compose
from offers.delivery.outbox import send_due
from offers.delivery.unsubscribing import unsubscribe_address
from offers.models import Message, MessageState, Service, Silence
from tests.delivery.world import a_running_round, guardian_of, number_of, tell
from tests.rounds.city import a_family, an_address

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def a_mail(*, voluntary: bool, language: str = "fi") -> Message:
    """A queued e-mail of a service that is voluntary, or is not."""
    (child,) = a_family()
    guardian = guardian_of(child)
    guardian.contact_language = language
    guardian.save()
    an_address(guardian)
    ChannelChoice.objects.create(person=guardian, channels=["email"])
    round = a_running_round([child])
    silence = Silence.RELEASE if voluntary else Silence.HOLD
    Service.objects.filter(pk=round.service_id).update(silence=silence)
    tell(round)
    return Message.objects.get()


def caught(simulator: Simulator, message: Message) -> SimulatedMail:
    """The mail that went to the message's recipient."""
    address = number_of(message)
    (mail,) = (mail for mail in simulator.mails() if mail.recipients == [address])
    return mail


def path_of(message: Message) -> str:
    return "/unsubscribe/" + unsubscribe_address(message.pk).rpartition("/")[2]


def composed(**values: object) -> "Parcel":
    known = {
        "message_id": 7,
        "attempt": 1,
        "recipient": "a@example.org",
        "language": "fi",
        "subject": "Kutsu",
        "body": "Hei!\n\nÄäkköset 🙂 https://palvelut.example.fi/o/x/",
    }
    return Parcel(**known | values)  # type: ignore[arg-type]


def test_a_mail_has_a_plain_part_and_an_html_part_that_say_the_same_and_track_nobody() -> None:
    mail = message_from_bytes(compose(composed()).message().as_bytes(), policy=policy.default)

    assert mail.get_content_type() == "multipart/alternative"
    plain, html = (part.get_content() for part in mail.iter_parts())
    for said in ("Ääkköset 🙂", "https://palvelut.example.fi/o/x/", "09 310 1691"):
        assert said in plain
        assert said in html
    assert not re.search(r"<(img|script|link)|http-equiv", html)


def test_a_voluntary_service_s_mail_carries_one_click_unsubscribing(
    simulator: Simulator,
) -> None:
    message = a_mail(voluntary=True)

    assert send_due() == 1

    mail = caught(simulator, message)
    headers = {name: value.strip() for name, value in mail.headers}  # it may be folded
    assert headers["List-Unsubscribe"] == f"<{unsubscribe_address(message.pk)}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_statutory_service_s_mail_has_no_such_header_and_says_why(simulator: Simulator) -> None:
    message = a_mail(voluntary=False)

    send_due()

    mail = caught(simulator, message)
    assert not {name for name, _value in mail.headers if name.startswith("List-")}
    assert "lakisääteis" in mail.text or "velvollisuus" in mail.text


def test_one_click_stops_the_service_s_messages_at_once() -> None:
    message = a_mail(voluntary=True)

    response = Client(enforce_csrf_checks=True).post(path_of(message), ONE_CLICK)

    assert response.status_code == 200
    assert Objection.objects.standing().get().person == message.person
    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.CANCELLED, "objected")


def test_clicking_twice_objects_once() -> None:
    message = a_mail(voluntary=True)

    for _again in range(2):
        assert Client().post(path_of(message), ONE_CLICK).status_code == 200

    assert Objection.objects.count() == 1


def test_looking_changes_nothing() -> None:
    message = a_mail(voluntary=True)

    for look in (Client().get, Client().head):
        assert look(path_of(message)).status_code == 200

    assert not Objection.objects.exists()


@pytest.mark.parametrize("voluntary", [True, False])
def test_an_address_we_did_not_sign_or_of_a_statutory_service_opens_nothing(
    voluntary: bool,
) -> None:
    message = a_mail(voluntary=voluntary)
    path = path_of(message) + ("x" if voluntary else "")

    assert Client().post(path, ONE_CLICK).status_code == 404
    assert not Objection.objects.exists()


class Kept:
    """What a server was given."""

    def __init__(self) -> None:
        self.subjects: list[str] = []

    async def handle_DATA(  # noqa: N802  the name is aiosmtpd's
        self, server: object, session: object, envelope: Envelope
    ) -> str:
        raw = envelope.content
        assert isinstance(raw, bytes)
        self.subjects.append(message_from_bytes(raw)["Subject"])
        return "250 OK"


def test_a_connection_that_the_server_has_closed_meanwhile_is_not_used_again(
    settings: Settings,
) -> None:
    kept, port = Kept(), free_port()
    server = Controller(kept, hostname="127.0.0.1", port=port, timeout=0.2)
    server.start()
    try:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        with closing(EmailChannel()) as channel:
            channel.send(composed(subject="First"))
            time.sleep(0.6)
            channel.send(composed(subject="Second"))
            channel.send(composed(subject="Third"))
    finally:
        server.stop()

    assert kept.subjects == ["First", "Second", "Third"]
