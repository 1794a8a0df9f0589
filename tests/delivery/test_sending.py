"""A message's way from the row to the phone."""

import pytest

from helsinki_proactive.simulator.client import Simulator
from offers.delivery.outbox import send_due
from offers.models import MessageState
from tests.delivery.world import a_told_family, number_of

pytestmark = pytest.mark.django_db


def test_an_offer_reaches_the_guardians_phone_and_the_row_says_so(simulator: Simulator) -> None:
    message = a_told_family()

    assert send_due() == 1

    (text,) = simulator.messages(to=number_of(message))
    message.refresh_from_db()
    assert message.state == MessageState.SENT
    assert message.provider_id == text.sid
    assert message.unseal("body") == text.body
    assert message.segments == text.segments
