"""The provider's receipts over HTTP: signed, and finding their message by our own number."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from twilio.request_validator import RequestValidator

from helsinki_proactive.simulator.client import Simulator
from offers.delivery.outbox import send_due
from offers.models import Message, MessageState, Receipt
from tests.delivery.world import a_told_family, state_of

pytestmark = pytest.mark.django_db
TOKEN = "a token that only Twilio and we know"
CITY = "http://127.0.0.1:9"  # the simulator calls loopback only


@pytest.fixture(autouse=True)
def _known_by(settings: Settings) -> None:
    settings.HP_PUBLIC_URL = CITY


def post(client: Client, path: str, fields: dict[str, str], *, token: str = TOKEN) -> int:
    signature = RequestValidator(token).compute_signature(CITY + path, fields)
    answer = client.post(
        path,
        data="&".join(f"{name}={value}" for name, value in fields.items()),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    )
    return answer.status_code


@pytest.fixture
def message(simulator: Simulator, settings: Settings) -> Message:
    message = a_told_family()
    send_due()
    message.refresh_from_db()
    settings.TWILIO_AUTH_TOKEN = TOKEN
    return message


def test_a_signed_receipt_ends_the_journey(client: Client, message: Message) -> None:
    fields = {"MessageSid": message.provider_id, "MessageStatus": "delivered"}

    assert post(client, "/webhooks/twilio/status", fields) == 204

    assert state_of(message) == MessageState.DELIVERED


def test_a_forged_receipt_is_refused_and_changes_nothing(client: Client, message: Message) -> None:
    fields = {"MessageSid": message.provider_id, "MessageStatus": "failed", "ErrorCode": "30005"}

    assert post(client, "/webhooks/twilio/status", fields, token="guessed") == 403

    assert state_of(message) == MessageState.SENT
    assert not Receipt.objects.exists()


def test_a_receipt_with_our_number_settles_a_message_whose_sender_died(
    client: Client, message: Message
) -> None:
    sid = message.provider_id
    fresh = a_told_family()
    Message.objects.filter(pk=message.pk).update(provider_id="")
    Message.objects.filter(pk=fresh.pk).update(
        state=MessageState.SENDING, lease_until=message.sent_at, attempts=1, provider="twilio"
    )

    path = f"/webhooks/twilio/status?message={fresh.pk}"
    assert post(client, path, {"MessageSid": sid, "MessageStatus": "sent"}) == 204

    fresh.refresh_from_db()
    assert (fresh.state, fresh.provider_id) == (MessageState.SENT, sid)
