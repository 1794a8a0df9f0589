"""Two messages of the same words to one number: one is never taken for the other."""

import pytest
from django.utils import timezone

from helsinki_proactive.simulator.client import Simulator
from offers.delivery.channels.twilio import TwilioChannel
from offers.delivery.outbox import reconcile, send_due
from offers.delivery.outbox.claims import claim, sealed
from offers.delivery.outbox.results import CallResult, record
from offers.models import Channel, Lane, Message, MessageState
from tests.delivery.world import a_running_round, guardian_of, tell
from tests.rounds.city import a_family, a_phone

FAMILY = "+358451112287"


@pytest.mark.django_db
def test_what_is_being_sent_right_now_is_not_taken_for_another_of_the_same_words(
    simulator: Simulator,
) -> None:
    children = [*a_family(), *a_family()]
    for guardian in map(guardian_of, children):
        guardian.contact_points.all().delete()
        a_phone(guardian, FAMILY)
    tell(a_running_round(children))
    lost, sending = claim(
        channel=Channel.SMS, provider="twilio", lane=Lane.BULK, limit=2, now=timezone.now()
    ).parcels
    Message.objects.filter(pk=lost.message_id).update(
        state=MessageState.UNCERTAIN,
        lease_until=None,
        due_at=timezone.now(),
        body=sealed(lost.message_id, "body", sending.body),
    )

    sid = TwilioChannel().send(sending)
    reconcile()
    record([CallResult(sending, "twilio", sid)])

    assert Message.objects.get(pk=sending.message_id).provider_id == sid
    assert Message.objects.get(pk=lost.message_id).state == MessageState.UNCERTAIN
    Message.objects.filter(pk=lost.message_id).update(due_at=timezone.now())
    reconcile()
    assert send_due() == 1
    assert len(simulator.messages(to=FAMILY)) == 2
