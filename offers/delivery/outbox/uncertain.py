"""Messages whose fate is unknown: found by their lease, settled by the provider's own list."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from citizens.models import ContactPoint
from offers.delivery import receipts, routes
from offers.delivery.bell import ring_all
from offers.delivery.cases import open_cases
from offers.delivery.channels import (
    Outbound,
    Taken,
    automatic_channels,
    longest_call,
    open_provider,
)
from offers.delivery.errors import ProviderError
from offers.delivery.gate import GateReason
from offers.delivery.outbox.claims import cancel, due_now
from offers.delivery.routes import LONGEST_AWAY
from offers.delivery.waits import MOST_ATTEMPTS, spread, wait_before
from offers.models import CaseKind, Channel, Lane, Message, MessageState

logger = logging.getLogger(__name__)

TABLE = Message._meta.db_table
CLOCKS_APART = timedelta(minutes=5)
"""How far a provider's clock may be behind ours."""

ASKED_FOR = timedelta(hours=24)
"""How long a provider that cannot be asked is asked again."""

MOST_SETTLED = 500


def expire_leases() -> int:
    """Make the messages uncertain whose sender has not been heard of; returns how many.

    Leases run on the database's clock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {TABLE} SET state = %s, lease_until = NULL,"
            " due_at = clock_timestamp() + make_interval(secs => %s)"
            f" WHERE id IN (SELECT id FROM {TABLE} WHERE state = %s"
            " AND lease_until < clock_timestamp() FOR NO KEY UPDATE SKIP LOCKED)",
            [
                MessageState.UNCERTAIN,
                longest_call(),
                MessageState.SENDING,
            ],
        )
        return int(cursor.rowcount)


def reconcile() -> int:
    """Ask the providers about uncertain messages; returns how many were settled.

    One found in the provider's list is sent, with that id. One not found, long after any call
    about it has ended, was not taken and is queued again. Where no list answers the question, a
    caseworker does.
    """
    settled = 0
    due = Message.objects.filter(state=MessageState.UNCERTAIN, due_at__lte=Now())
    uncertain = due.exclude(cases__kind=CaseKind.UNCERTAIN_MESSAGE)
    letters = uncertain.filter(channel=Channel.LETTER).values_list("pk", flat=True)
    open_cases(list(letters[:MOST_SETTLED]), kind=CaseKind.UNCERTAIN_MESSAGE)
    called = uncertain.filter(channel__in=automatic_channels())
    for provider in called.values_list("provider", flat=True).distinct():
        messages = _longest_due(called.filter(provider=provider))
        if messages:
            outbound = open_provider(provider)
            try:
                settled += sum(_settle(message, outbound) for message in messages)
            finally:
                outbound.close()
    if settled:
        ring_all()
    return settled


def _longest_due(due: "QuerySet[Message]") -> list[Message]:
    return list(due.select_related("contact_point").order_by("due_at", "pk")[:MOST_SETTLED])


def _settle(message: Message, outbound: Outbound) -> bool:
    """Whether it is now known what became of the message. The provider is asked before, and the
    answer used in, a transaction of its own."""
    if outbound.repeatable and message.attempts < MOST_ATTEMPTS:
        return _hand_over_again(message)
    if not outbound.has_list or message.body is None or message.contact_point is None:
        open_cases([message.pk], kind=CaseKind.UNCERTAIN_MESSAGE)
        return False
    try:
        taken = outbound.taken(
            recipient=message.contact_point.unseal("value"), since=_first_call(message)
        )
    except ProviderError as error:
        logger.warning("provider_not_asked", extra={"message_id": message.pk, "code": error.code})
        _ask_later(message)
        return False
    with transaction.atomic():
        return _decide(message, outbound.provider, taken)


def _hand_over_again(message: Message) -> bool:
    """The provider knows it by our number, and says so if it has taken it."""
    uncertain = Message.objects.filter(pk=message.pk, state=MessageState.UNCERTAIN)
    return bool(
        uncertain.update(
            state=MessageState.QUEUED,
            due_at=Now() + wait_before(message.attempts + 1),
            body=None,
            subject_line=None,
        )
    )


def _first_call(message: Message) -> datetime:
    return (message.claimed_at or message.created_at) - CLOCKS_APART


def _decide(message: Message, provider: str, taken: Sequence[Taken]) -> bool:
    body = message.unseal("body")
    ids = [each.provider_id for each in taken if each.body == body]
    others_called = _is_number_being_called(message)  # asked before: it ends by being known
    known = Message.objects.filter(provider=provider, provider_id__in=ids)
    ours = set(ids) - set(known.values_list("provider_id", flat=True))
    still_uncertain = Message.objects.filter(pk=message.pk, state=MessageState.UNCERTAIN)
    now = timezone.now()
    if not ours:
        return bool(
            still_uncertain.update(
                state=MessageState.QUEUED, due_at=now, body=None, subject_line=None
            )
        )
    if others_called:  # the same words may be theirs
        _ask_later(message)
        return False
    provider_id = next(each.provider_id for each in taken if each.provider_id in ours)
    sent = still_uncertain.update(state=MessageState.SENT, provider_id=provider_id, sent_at=now)
    receipts.match_early([message.pk])
    return bool(sent)


def _is_number_being_called(message: Message) -> bool:
    """Whether a message to the same number is just being handed over, or not yet written down."""
    if message.contact_point is None:
        return False
    sharing = ContactPoint.objects.sharing(message.contact_point)
    return Message.objects.filter(state=MessageState.SENDING, contact_point__in=sharing).exists()


def _ask_later(message: Message) -> None:
    """Ask again in a while; a provider that cannot be asked for a day leaves it to a person."""
    now = timezone.now()
    if now - _first_call(message) > ASKED_FOR:
        open_cases([message.pk], kind=CaseKind.UNCERTAIN_MESSAGE)
    again_at = Now() + spread(timedelta(seconds=3 * longest_call()))
    Message.objects.filter(pk=message.pk, state=MessageState.UNCERTAIN).update(due_at=again_at)


def send_stranded_elsewhere() -> int:
    """Cancel what no provider of its channel has been there for, for hours; returns how many.

    What follows is as for a contact point that cannot be reached: another way, or a person.
    """
    now = timezone.now()
    cancelled = 0
    for condition in routes.stranded():
        waiting = due_now(Lane.BULK, now).filter(condition, created_at__lt=now - LONGEST_AWAY)
        with transaction.atomic():
            locked = waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)
            stranded = dict.fromkeys(locked[:MOST_SETTLED], GateReason.NO_PROVIDER)
            cancel(stranded, now=now)
        cancelled += len(stranded)
    return cancelled


def sweep() -> set[Lane]:
    """Find what nobody looks after: run-out leases, receipts without a message, unheard bells.

    Returns the lanes in which something is due and nobody is sending.
    """
    expire_leases()
    receipts.match_unmatched()
    send_stranded_elsewhere()
    due = due_now(Lane.BULK, timezone.now()).order_by()
    sending = Message.objects.filter(state=MessageState.SENDING).by_machine()
    lanes = set(due.values_list("lane", flat=True).distinct())
    lanes -= set(sending.values_list("lane", flat=True).distinct())
    return {Lane(lane) for lane in lanes}
