"""Claims, leases, lanes and states: nothing twice, nothing lost."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import InternalError, connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from helsinki_proactive.simulator.client import Simulator
from offers.delivery.outbox import (
    hand_over,
    queue_message,
    reconcile,
    send_due,
    sweep,
)
from offers.delivery.outbox.claims import claim
from offers.models import (
    CaseKind,
    Channel,
    Lane,
    Message,
    MessageState,
    ReviewCase,
    TextKind,
)
from offers.models.messages import JOURNEY
from tests.delivery.world import (
    a_running_round,
    a_told_family,
    claim_all,
    let_lease_run_out,
    number_of,
    state_of,
    tell,
)
from tests.rounds.city import a_family, an_address


@pytest.mark.django_db
@pytest.mark.parametrize("old", MessageState)
@pytest.mark.parametrize("new", MessageState)
def test_the_database_allows_only_the_steps_of_the_journey(
    old: MessageState, new: MessageState
) -> None:
    message = a_told_family()
    Message.objects.filter(pk=message.pk).delete()
    message.state, message.lease_until = old, timezone.now()
    message.save(force_insert=True)

    def step() -> None:
        with transaction.atomic():
            Message.objects.filter(pk=message.pk).update(state=new)

    if old == new or (old, new) in JOURNEY:
        step()
    else:
        with pytest.raises(InternalError, match="Invalid transition"):
            step()


@pytest.mark.django_db
def test_a_claimed_message_is_written_down_before_anybody_is_called(
    simulator: Simulator,
) -> None:
    message = a_told_family()

    assert claim_all() == [message.pk]

    message.refresh_from_db()
    assert message.state == MessageState.SENDING
    assert message.unseal("body")
    assert message.attempts == 1
    assert message.lease_until is not None
    assert simulator.messages(to=number_of(message)) == []
    assert claim_all() == []


@pytest.mark.django_db
def test_more_urgent_lanes_are_claimed_first_and_less_urgent_ones_only_when_asked() -> None:
    bulk, reminder, reply = a_told_family(), a_told_family(), a_told_family()
    Message.objects.filter(pk=reminder.pk).update(lane=Lane.REMINDERS)
    Message.objects.filter(pk=reply.pk).update(lane=Lane.REPLIES)

    def claimed(lane: Lane) -> list[int]:
        taken = claim(
            channel=Channel.SMS, provider="twilio", lane=lane, limit=1, now=timezone.now()
        )
        return [parcel.message_id for parcel in taken.parcels]

    assert claimed(Lane.BULK) == [reply.pk]
    assert claimed(Lane.REPLIES) == []
    assert claimed(Lane.REMINDERS) == [reminder.pk]
    assert claimed(Lane.BULK) == [bulk.pk]


@pytest.mark.django_db
def test_nothing_is_sent_before_its_time() -> None:
    message = a_told_family()
    Message.objects.update(due_at=timezone.now() + timedelta(minutes=1))

    assert claim_all() == []
    assert state_of(message) == MessageState.QUEUED


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_everything_once(simulator: Simulator) -> None:
    tell(a_running_round([child for _ in range(60) for child in a_family()]))
    seen = len(simulator.messages())
    simulator.dial(delay_ms=20)
    taken: list[int] = []

    def send() -> None:
        try:
            taken.append(send_due())
        finally:
            connection.close()

    senders = [threading.Thread(target=send) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    texts = simulator.messages()[seen:]
    assert sum(taken) == 60
    assert len({text.to for text in texts}) == len(texts) == 60
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.SENT}


@pytest.mark.django_db
def test_a_mail_goes_out_with_both_parts_and_its_own_id(simulator: Simulator) -> None:
    message = a_mail()
    seen = len(simulator.mails())

    assert send_due() == 1

    (mail,) = simulator.mails()[seen:]
    message.refresh_from_db()
    headers = {name.lower(): value for name, value in mail.headers}
    assert message.provider_id == headers["message-id"]
    assert mail.text.replace("\r\n", "\n").startswith(message.unseal("body") + "\n\n")
    assert message.unseal("subject_line") == mail.subject
    assert 'lang="fi"' in mail.html
    assert "<a href=" in mail.html
    assert "<img" not in mail.html


@pytest.mark.django_db
def test_a_refused_mailbox_fails_and_a_busy_one_is_tried_later(simulator: Simulator) -> None:
    refused, busy = a_mail(), a_mail()
    simulator.dial(mailboxes={number_of(refused): 550, number_of(busy): 450})

    assert send_due() == 0

    busy.refresh_from_db()
    assert state_of(refused) == MessageState.FAILED
    assert (busy.state, busy.reason) == (MessageState.QUEUED, "450")


@pytest.mark.django_db
def test_a_mail_whose_sender_died_is_left_to_a_caseworker_since_no_list_can_be_asked(
    simulator: Simulator,
) -> None:
    message = a_mail()
    claim(channel=Channel.EMAIL, provider="smtp", lane=Lane.BULK, limit=1, now=timezone.now())
    let_lease_run_out()

    assert reconcile() == 0

    assert ReviewCase.objects.get().kind == CaseKind.UNCERTAIN_MESSAGE
    assert state_of(message) == MessageState.UNCERTAIN


def a_mail() -> Message:
    (child,) = a_family()
    guardian = child.guardians.get().guardian
    guardian.contact_points.all().delete()
    an_address(guardian)
    tell(a_running_round([child]))
    return Message.objects.get(person=guardian)


@pytest.mark.django_db
def test_a_confirmation_is_handed_over_in_the_callers_transaction(simulator: Simulator) -> None:
    offer_message = a_told_family()
    assert offer_message.contact_point is not None
    answer = queue_message(
        person=offer_message.person,
        contact_point=offer_message.contact_point,
        kind=TextKind.ACCEPTED,
        channel=Channel.SMS,
        language="fi",
        lane=Lane.REPLIES,
        offers=offer_message.offers.all(),
        round=offer_message.round,
        key="reply:1",
    )

    words = hand_over(answer, timezone.now())

    answer.refresh_from_db()
    assert words
    assert answer.unseal("body") == words
    assert answer.state == MessageState.SENT
    assert hand_over(answer, timezone.now()) is None, "only once"
    assert simulator.messages(to=number_of(offer_message)) == []


@pytest.mark.django_db
def test_handing_over_takes_few_statements(
    simulator: Simulator, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    message = Message.objects.select_related("contact_point", "round__service").get(
        pk=a_told_family().pk
    )
    Message.objects.update(kind=TextKind.ACCEPTED)
    message.refresh_from_db(fields=["kind"])

    with django_assert_max_num_queries(6):  # type: ignore[attr-defined]
        assert hand_over(message, timezone.now())


@pytest.mark.django_db
def test_a_sweep_names_the_lanes_nobody_looks_after(simulator: Simulator) -> None:
    message = a_told_family()
    assert sweep() == {Lane.BULK}

    claim_all()
    assert sweep() == set(), "somebody is sending"

    Message.objects.filter(pk=message.pk).update(state=MessageState.SENT)
    assert sweep() == set()


@pytest.mark.django_db
def test_without_a_broker_messages_are_written_and_a_sweep_sends_them(
    simulator: Simulator, settings: Settings
) -> None:
    message = a_told_family()

    assert sweep() == {Lane.BULK}
    assert send_due() == 1
    assert len(simulator.messages(to=number_of(message))) == 1


@pytest.mark.django_db
def test_staging_writes_to_listed_recipients_only(simulator: Simulator, settings: Settings) -> None:
    listed, other = a_told_family(), a_told_family()
    settings.DRY_RUN_ALLOW = [number_of(listed)]

    assert send_due() == 1

    assert state_of(listed) == MessageState.SENT
    assert state_of(other) == MessageState.CANCELLED
    settings.HP_ENV, settings.DRY_RUN_ALLOW = "staging", []
    third = a_told_family()
    assert send_due() == 0
    third.refresh_from_db()
    assert third.reason == "not_allowed_here"
