"""Providers that say what nobody has foreseen: no sender waits for ever, nothing is lost."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from helsinki_proactive.simulator.client import Simulator
from offers.delivery.outbox import reconcile, send_due
from offers.models import Message, MessageState
from tests.delivery.test_outbox import a_mail
from tests.delivery.world import a_told_family, state_of

RUBBISH = ["[]", '"message"', "null", "17", "{}", "<html>", "", '{"sid": ["a"], "date_sent": 3}']


@contextmanager
def a_provider(*, status: int, body: str, headers: dict[str, str]) -> Iterator[str]:
    """A server that answers everything so, at the address given."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_what: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.django_db
@pytest.mark.timeout(30)
@pytest.mark.parametrize("body", RUBBISH)
@pytest.mark.parametrize("status", [201, 302, 400, 500])
def test_whatever_is_answered_the_sender_ends_and_the_message_is_kept(
    status: int, body: str, settings: Settings
) -> None:
    message = a_told_family()
    odd = {"Retry-After": "Fri, 15 Jan 99999999999999999999 10:00:00 GMT"}

    with a_provider(status=status, body=body, headers=odd) as settings.TWILIO_BASE_URL:
        send_due()

    refused = {MessageState.FAILED, MessageState.QUEUED}
    assert state_of(message) in (refused if status == 400 else {MessageState.UNCERTAIN})


@pytest.mark.django_db
@pytest.mark.parametrize("body", RUBBISH)
def test_a_list_that_cannot_be_read_is_asked_for_again(body: str, settings: Settings) -> None:
    message = a_told_family()
    with a_provider(status=500, body=body, headers={}) as settings.TWILIO_BASE_URL:
        send_due()
    Message.objects.update(due_at=timezone.now())

    with a_provider(status=200, body=body, headers={}) as settings.TWILIO_BASE_URL:
        assert reconcile() == 0

    assert state_of(message) == MessageState.UNCERTAIN


@pytest.mark.django_db
@pytest.mark.timeout(30)
def test_a_call_that_breaks_leaves_its_message_uncertain(
    simulator: Simulator, settings: Settings
) -> None:
    """A fault of our own: nothing that a provider says gets here."""
    settings.EMAIL_BACKEND = "nowhere.EmailBackend"
    mail = a_mail()

    assert send_due() == 0

    mail.refresh_from_db()
    assert (mail.state, mail.reason) == (MessageState.UNCERTAIN, "unexpected")
