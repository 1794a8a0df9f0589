"""Receipts: in any order, more than once, early or unknown; never backwards from a final state."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import count
from threading import Event

import pytest
from django.db import connection, transaction
from django.db.models import CharField, Value
from django.db.models.functions import Concat
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from citizens.models import ContactHealth
from helsinki_proactive.simulator.client import Simulator
from offers.delivery.channels import Parcel
from offers.delivery.outbox import send_due, sweep
from offers.delivery.receipts import match_early, record_receipt
from offers.models import Message, MessageState, Receipt
from offers.replies import inbox
from tests.delivery.world import a_told_family, state_of

pytestmark = pytest.mark.django_db

ON_THE_WAY = ["queued", "accepted", "sending", "sent"]
FINAL = {
    "delivered": MessageState.DELIVERED,
    "undelivered": MessageState.FAILED,
    "failed": MessageState.FAILED,
}
SID = CharField()
FAR_AHEAD = datetime(2999, 1, 1, tzinfo=UTC)
_sids = count(1)


def a_sent_message() -> Message:
    message = a_told_family()
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENDING, lease_until=FAR_AHEAD)
    Message.objects.filter(pk=message.pk).update(
        state=MessageState.SENT, provider="twilio", provider_id=f"SM{next(_sids)}", attempts=1
    )
    message.refresh_from_db()
    return message


def say(message: Message, status: str, *, code: str = "") -> None:
    record_receipt(
        provider="twilio", provider_id=message.provider_id, status=status, error_code=code
    )


@given(
    st.lists(st.sampled_from(ON_THE_WAY), max_size=6),
    st.sampled_from([None, *FINAL]),
    st.integers(0, 6),
    st.booleans(),
)
def test_whatever_the_order_the_only_final_receipt_decides(
    others: list[str], final: str | None, place: int, again: bool
) -> None:
    message = a_sent_message()
    statuses = [*others[:place], *([final] if final else []), *others[place:]]

    for status in statuses * (2 if again else 1):
        say(message, status)

    assert state_of(message) == (FINAL[final] if final else MessageState.SENT)
    assert Receipt.objects.filter(message=message).count() == len(set(statuses))


@pytest.fixture
def message() -> Message:
    return a_sent_message()


@pytest.mark.parametrize("final", FINAL)
@pytest.mark.parametrize("later", [*FINAL, *ON_THE_WAY])
def test_what_is_final_stays(message: Message, final: str, later: str) -> None:
    say(message, final)
    say(message, later)

    assert state_of(message) == FINAL[final]


def test_a_receipt_that_comes_before_the_message_is_recorded_is_matched_then(
    simulator: Simulator,
) -> None:
    message = a_told_family()
    simulator.dial(early_callbacks=False)
    send_due()
    message.refresh_from_db()
    sid = message.provider_id
    Message.objects.filter(pk=message.pk).update(provider_id="")
    record_receipt(provider="twilio", provider_id=sid, status="delivered")
    assert state_of(message) == MessageState.SENT
    assert Receipt.objects.get().message is None

    Message.objects.filter(pk=message.pk).update(provider_id=sid)
    sweep()

    assert state_of(message) == MessageState.DELIVERED
    assert Receipt.objects.get().message == message


def test_an_id_nobody_knows_is_kept(message: Message) -> None:
    record_receipt(provider="twilio", provider_id="SMunknown", status="delivered")
    sweep()

    assert Receipt.objects.get(provider_id="SMunknown").message is None
    assert state_of(message) == MessageState.SENT


@pytest.mark.parametrize("state", [MessageState.SENDING, MessageState.UNCERTAIN])
def test_a_receipt_that_names_our_message_proves_that_it_was_taken(state: MessageState) -> None:
    message = a_told_family()
    for step in (MessageState.SENDING, state):
        Message.objects.filter(pk=message.pk).update(
            state=step, lease_until=FAR_AHEAD, attempts=1, provider="twilio"
        )

    record_receipt(
        provider="twilio", provider_id="SMnew", status="delivered", message_id=message.pk
    )

    message.refresh_from_db()
    assert (message.state, message.provider_id) == (MessageState.DELIVERED, "SMnew")


def test_a_receipt_of_a_message_that_was_never_called_is_not_believed() -> None:
    message = a_told_family()

    record_receipt(provider="twilio", provider_id="SModd", status="sent", message_id=message.pk)

    assert state_of(message) == MessageState.QUEUED


@pytest.mark.parametrize(
    ("code", "health"),
    [
        ("30005", ContactHealth.BOUNCED),
        ("30006", ContactHealth.BOUNCED),
        ("21610", ContactHealth.OPTED_OUT),
        ("30003", ContactHealth.UNKNOWN),
    ],
)
def test_a_failure_is_noted_at_the_number(
    message: Message, code: str, health: ContactHealth
) -> None:
    say(message, "undelivered", code=code)

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.FAILED, code)
    assert message.contact_point is not None
    assert message.contact_point.health == health


CALLBACKS = 24


@pytest.mark.django_db(transaction=True)
def test_receipts_that_arrive_while_the_sender_writes_never_wait_in_a_ring() -> None:
    """Each receipt waits for the sender to write; then both look for the other's rows."""
    parcels = [_a_parcel_under_way() for _ in range(CALLBACKS)]
    ids = [parcel.message_id for parcel in parcels]
    writing = Event()

    def write() -> None:
        with transaction.atomic():
            Message.objects.filter(pk__in=ids).lock()
            writing.set()
            _wait_for_waiting(CALLBACKS)
            Message.objects.filter(pk__in=ids).update(
                state=MessageState.SENT, provider_id=Concat(Value("SM"), "pk", output_field=SID)
            )
        match_early(ids)

    def arrive(parcel: Parcel) -> None:
        number = parcel.message_id
        sid = f"SM{number}"
        writing.wait(30)
        record_receipt(provider="twilio", provider_id=sid, status="delivered", message_id=number)

    at_once(write, *(partial(arrive, parcel) for parcel in parcels))

    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.DELIVERED}


def _wait_for_waiting(connections: int) -> None:
    """Until so many connections to this database wait for a row."""
    until = time.monotonic() + 30
    waiting = 0
    while waiting < connections:
        assert time.monotonic() < until
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() ="
                " ANY(pg_blocking_pids(pid))"
            )
            [waiting] = cursor.fetchone()


def _a_parcel_under_way() -> Parcel:
    message = a_told_family()
    Message.objects.filter(pk=message.pk).update(
        state=MessageState.SENDING, lease_until=FAR_AHEAD, attempts=1, provider="twilio"
    )
    return Parcel(message.pk, 1, "", "fi", "", "")


def at_once(*works: Callable[[], None]) -> None:
    """Do all of it at the same time; raises what any of it raised."""

    def work(each: Callable[[], None]) -> None:
        try:
            each()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as threads:
        list(threads.map(work, works))


@pytest.fixture
def answer(message: Message) -> Message:
    """A confirmation that went out in the answer to the family's text: its id is not known."""
    reply = inbox.store(
        provider="twilio", provider_id="SMtext", sender="+1", text="Kyllä", now=timezone.now()
    )
    Message.objects.filter(pk=message.pk).update(provider_id="", in_reply_to=reply)
    return message


def say_of_answer(status: str) -> None:
    record_receipt(provider="twilio", provider_id="SMours", status=status, answered="SMtext")


def test_a_receipt_that_names_the_text_we_answered_brings_our_answers_id(
    answer: Message, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        say_of_answer("sent")

    answer.refresh_from_db()
    assert (answer.state, answer.provider_id) == (MessageState.SENT, "SMours")
    with django_assert_num_queries(1):
        say_of_answer("delivered")
    assert state_of(answer) == MessageState.DELIVERED


@pytest.mark.parametrize("first", ["delivered", "undelivered"])
def test_an_answers_first_receipt_may_be_its_last(answer: Message, first: str) -> None:
    say_of_answer(first)
    say_of_answer("sent")

    assert state_of(answer) == FINAL[first]
    assert not Receipt.objects.filter(message=None).exists()


def test_receipts_that_came_before_our_answer_was_committed_count_with_the_next(
    answer: Message,
) -> None:
    Receipt.objects.create(provider="twilio", provider_id="SMours", status="delivered")

    say_of_answer("sent")

    assert state_of(answer) == MessageState.DELIVERED
    assert not Receipt.objects.filter(message=None).exists()


@pytest.mark.django_db(transaction=True)
def test_both_receipts_of_an_answer_may_arrive_at_once(answer: Message) -> None:
    at_once(*(partial(say_of_answer, status) for status in ("sent", "delivered") * 4))

    assert state_of(answer) == MessageState.DELIVERED
    assert not Receipt.objects.filter(message=None).exists()
