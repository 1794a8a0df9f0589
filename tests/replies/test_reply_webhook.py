"""The address Twilio posts families' texts to: what it takes, what it refuses, what it keeps."""

from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from offers.models import Answer, CaseKind, Message, OfferState, Reply, ReviewCase, TextKind
from offers.replies.inbox import GIVE_UP_AFTER, RETRY_AFTER, decide_pending, store
from tests.replies.families import Family, an_asked_family
from tests.replies.phones import FORM, REPLY, post, signed

pytestmark = pytest.mark.django_db
SID = "SM" + "0" * 32


def fields(**values: str) -> dict[str, str]:
    known = {"MessageSid": SID, "From": "+358401234567", "Body": "Kyllä"}
    return known | values


def test_a_signed_text_is_answered_in_twiml() -> None:
    phone = an_asked_family().phone()

    response = post(fields(From=phone.number))

    assert (response.status_code, response["Content-Type"]) == (200, "text/xml")
    message = ElementTree.fromstring(response.content).find("Message")  # noqa: S314  our own
    assert message is not None
    assert message.attrib["statusCallback"].endswith(f"/webhooks/twilio/status?reply={SID}")


def test_a_forged_signature_is_refused_and_nothing_is_kept() -> None:
    forged = post(fields(), token="guessed")
    unsigned = Client().post(REPLY, data="MessageSid=SM1&From=%2B3584", content_type=FORM)

    assert (forged.status_code, unsigned.status_code) == (403, 403)
    assert not Reply.objects.exists()


def test_a_changed_word_breaks_the_signature() -> None:
    headers = signed(REPLY, fields(Body="Ei"))

    response = Client().post(
        REPLY,
        data=urlencode(fields(Body="Kyllä")),
        content_type=FORM,
        headers=headers,
    )

    assert response.status_code == 403


def test_behind_a_proxy_that_ends_tls_the_public_address_is_what_is_signed(
    settings: Settings,
) -> None:
    settings.HP_PUBLIC_URL = "https://palvelut.example.fi"
    settings.ALLOWED_HOSTS = ["10.0.0.7"]

    response = Client(SERVER_NAME="10.0.0.7").post(
        REPLY,
        data=urlencode(fields()),
        content_type=FORM,
        headers=signed(REPLY, fields()),
    )

    assert response.status_code == 200


def test_it_needs_no_csrf_token() -> None:
    strict = Client(enforce_csrf_checks=True)
    form = fields()

    response = strict.post(
        REPLY,
        data=urlencode(form),
        content_type=FORM,
        headers=signed(REPLY, form),
    )

    assert response.status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"MessageSid": ""},
        {"From": ""},
        {"MessageSid": "S" * 65},
        {"MessageSid": "SM\x00"},
        {"From": "+358\x00"},
        {"From": "+" + "3" * 100},
        {"MessageSid": "SM1'; DROP TABLE x"},
    ],
)
def test_a_signed_request_that_makes_no_sense_gets_one_short_line(wrong: dict[str, str]) -> None:
    response = post(fields(**wrong))

    assert response.status_code == 400
    assert response.content.count(b"\n") == 1
    assert len(response.content) < 100
    assert not Reply.objects.exists()


def test_a_picture_without_words_is_an_unclear_reply() -> None:
    family = an_asked_family()
    form = fields(From=family.phone().number)
    del form["Body"]

    assert post(form).status_code == 200

    assert family.told()[-1] == TextKind.ASK_AGAIN


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"MessageSid": "SM1"}', "application/json", 415),
        (b"<xml/>", "text/xml", 415),
        (b"--x\r\n", "multipart/form-data; boundary=x", 415),
        (b"a=b", "", 415),
        (b"MessageSid=%ff%fe&From=1", FORM, 403),
        (b"Body=" + b"x" * 20_000_000, FORM, 413),
        (b"&".join(b"f%d=1" % number for number in range(5000)), FORM, 400),
        (b"a=b", f"{FORM}; charset=utf-16", 400),
        (b"x", FORM, 403),
    ],
)
def test_what_is_no_form_of_twilios_gets_a_short_refusal(
    body: bytes, content_type: str, status: int
) -> None:
    response = Client(raise_request_exception=False).post(
        REPLY, data=body, content_type=content_type
    )

    assert response.status_code == status
    assert len(response.content) < 100
    assert response["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_only_a_post_is_taken(method: str) -> None:
    assert getattr(Client(), method)(REPLY).status_code == 405


def test_a_replay_gives_the_same_answer_and_decides_nothing_twice() -> None:
    family = an_asked_family()

    answers = {family.phone().text("Kyllä", sid=SID) for _ in range(3)}

    assert len(answers) == 1
    assert answers != {""}
    assert Reply.objects.count() == Answer.objects.count() == 1
    assert Message.objects.filter(kind=TextKind.ACCEPTED).count() == 1


def test_a_very_long_text_is_kept_to_its_limit() -> None:
    family = an_asked_family()

    family.phone().text("Kyllä " * 2000)

    assert len(Reply.objects.get().unseal("text")) <= 1600
    assert family.state() == OfferState.OPEN


@pytest.mark.parametrize("words", ["\x00", "Kyllä\x00", "\ud83d", "‮kyllä", "🤷" * 700])
def test_no_text_whatever_makes_it_stumble(words: str) -> None:
    family = an_asked_family()

    family.phone().text(words.encode("utf-8", "replace").decode())

    assert Reply.objects.get().decided_at is not None


# When deciding fails


def a_stored_reply(family: Family, words: str = "Kyllä") -> Reply:
    """A reply whose webhook died after it was stored."""
    return store(
        provider="twilio",
        provider_id=SID,
        sender=family.phone().number,
        text=words,
        now=timezone.now() - RETRY_AFTER,
    )


def test_a_reply_whose_deciding_was_cut_off_is_decided_later_and_answered_by_message() -> None:
    family = an_asked_family()
    a_stored_reply(family)

    assert decide_pending(now=timezone.now()) == 1
    assert decide_pending(now=timezone.now()) == 0

    assert family.state() == OfferState.ACCEPTED
    family.deliver()
    assert family.text_to().startswith("Kiitos! Esiopetuspaikka on vahvistettu")


def test_a_fresh_reply_is_left_to_the_request_that_brought_it() -> None:
    reply = a_stored_reply(an_asked_family())

    assert decide_pending(now=reply.received_at) == 0


def test_what_can_never_be_decided_goes_to_a_person_in_the_end() -> None:
    family = an_asked_family()
    reply = a_stored_reply(family)
    Reply.objects.update(text=b"\x01damaged")

    decide_pending(now=timezone.now())
    assert Reply.objects.undecided().count() == 1
    decide_pending(now=reply.received_at + GIVE_UP_AFTER)

    assert Reply.objects.undecided().count() == 0
    case = ReviewCase.objects.get()
    assert (case.kind, case.reply) == (CaseKind.UNCLEAR_REPLY, reply)


def test_the_webhook_says_nothing_when_deciding_fails_and_the_reply_stays() -> None:
    family = an_asked_family()
    a_stored_reply(family)
    Reply.objects.update(text=b"\x01damaged")

    assert family.phone().text("Kyllä", sid=SID) == ""

    assert Reply.objects.undecided().count() == 1
    assert family.state() == OfferState.OPEN


def test_nothing_personal_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    family = an_asked_family()
    a_stored_reply(family)
    Reply.objects.update(text=b"\x01damaged")

    family.phone().text("Salaisuus", sid=SID)

    assert "reply_not_decided" in caplog.text
    assert family.phone().number not in caplog.text
    assert "Salaisuus" not in caplog.text
