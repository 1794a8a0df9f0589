"""Status callbacks: signed, complete, and as unreliable as they are dialled to be."""

import pytest
from twilio.rest import Client

from helsinki_proactive.simulator.client import ACCOUNT_SID, Simulator
from tests.simulator.conftest import CITY, delivered
from tests.simulator.product import Product


def test_each_status_is_told_signed_and_complete(
    twilio: Client, simulator: Simulator, product: Product, family: str
) -> None:
    # Far enough apart that the second can't overtake the first on the way.
    simulator.dial(delivered_after_ms=500)
    sid = _send(twilio, family)

    assert product.wait_for_statuses(sid, 2) == ["sent", "delivered"]
    assert product.forged == 0
    assert product.receipt(sid, "delivered") == {
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
        "From": CITY,
        "MessageSid": sid,
        "MessageStatus": "delivered",
        "SmsSid": sid,
        "SmsStatus": "delivered",
        "To": family,
    }


def test_a_messages_own_callback_wins(
    twilio: Client, simulator: Simulator, product: Product, family: str
) -> None:
    simulator.dial(status_callback_url=f"{product.url}/elsewhere")
    message = twilio.messages.create(
        to=family, from_=CITY, body="Moi", status_callback=product.status_url
    )
    assert sorted(product.wait_for_statuses(str(message.sid), 2)) == ["delivered", "sent"]


@pytest.mark.parametrize(
    ("code", "statuses"),
    [
        (30003, ["sent", "undelivered"]),
        (30005, ["sent", "undelivered"]),
        (30006, ["sent", "undelivered"]),
        (30007, ["sent", "undelivered"]),
        (30008, ["sent", "undelivered"]),
        (30001, ["failed"]),
    ],
)
def test_a_failure_is_told_with_its_code(
    twilio: Client,
    simulator: Simulator,
    product: Product,
    family: str,
    code: int,
    statuses: list[str],
) -> None:
    simulator.dial(fail={code: 1})
    sid = _send(twilio, family)

    assert sorted(product.wait_for_statuses(sid, len(statuses))) == statuses
    assert product.receipt(sid, statuses[-1])["ErrorCode"] == str(code)
    assert twilio.messages(sid).fetch().error_code == code
    assert sid not in {text.sid for text in simulator.arrivals()}


def test_a_magic_number_is_a_dead_phone(twilio: Client, product: Product) -> None:
    sid = _send(twilio, "+15005553005")
    assert sorted(product.wait_for_statuses(sid, 2)) == ["sent", "undelivered"]
    assert product.receipt(sid, "undelivered")["ErrorCode"] == "30005"


def test_a_refused_callback_is_tried_again_until_it_is_taken(
    twilio: Client, simulator: Simulator, product: Product, family: str
) -> None:
    product.refuse_next = 2
    sid = _send(twilio, family)
    assert sorted(product.wait_for_statuses(sid, 2)) == ["delivered", "sent"]


def test_a_callback_refused_too_often_is_lost_and_logged(
    twilio: Client, simulator: Simulator, product: Product, family: str
) -> None:
    simulator.dial(webhook_retries=1)
    product.refuse_next = 1000
    seen = len(simulator.log())
    _send(twilio, family)
    lost = simulator.wait_for("callback_lost", after=seen, seconds=5)
    assert lost is not None
    assert lost["attempts"] == [503, 503]


def test_held_callbacks_come_when_they_are_released(
    twilio: Client, simulator: Simulator, product: Product, family: str
) -> None:
    simulator.dial(hold_callbacks=True)
    sid = _send(twilio, family)
    delivered(simulator, family)
    assert product.statuses(sid) == []
    assert simulator.counts()["held_callbacks"] == 2

    assert simulator.release_callbacks() == 2
    assert sorted(product.wait_for_statuses(sid, 2)) == ["delivered", "sent"]


def test_callbacks_can_come_twice(
    twilio: Client, simulator: Simulator, product: Product, family: str
) -> None:
    simulator.dial(duplicate_callbacks=1)
    sid = _send(twilio, family)
    told = product.wait_for_statuses(sid, 4)
    assert sorted(told) == ["delivered", "delivered", "sent", "sent"]


def test_callbacks_can_come_in_reverse(
    twilio: Client, simulator: Simulator, product: Product, family: str
) -> None:
    # Early ones are sent one after another, which makes the order certain.
    simulator.dial(reorder_callbacks=True, early_callbacks=True)
    sid = _send(twilio, family)
    assert product.statuses(sid) == ["delivered", "sent"]


def test_callbacks_can_come_before_the_response(
    twilio: Client, simulator: Simulator, product: Product, family: str
) -> None:
    simulator.dial(early_callbacks=True)
    sid = _send(twilio, family)
    assert product.statuses(sid) == ["sent", "delivered"]


def _send(twilio: Client, family: str) -> str:
    return str(twilio.messages.create(to=family, from_=CITY, body="Moi").sid)
