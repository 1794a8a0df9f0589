"""Claiming: which messages go out now, decided at the last moment and written down before.

In one transaction a batch is locked, the gate is asked, the words are made and stored, and a
lease is taken. Only then is a provider called. No two workers hold the same message, and whoever
dies leaves a lease behind that runs out.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from citizens.encryption import context, encrypt
from offers.delivery import gate, quiet, texts
from offers.delivery.channels import Parcel, automatic_channels, longest_call
from offers.delivery.errors import TextRefusedError
from offers.delivery.failures import follow_up_refusals
from offers.delivery.gate import GateReason, Passage
from offers.delivery.prepared import PreparedModels, listed
from offers.delivery.switch import not_halted
from offers.delivery.texts import Rendered
from offers.models import Channel, Lane, Message, MessageState

TABLE = Message._meta.db_table
EVERYTHING = Q()
LEASE_CALLS = 3
"""A claimed message is ours for the time of so many of the longest calls, one after another."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Messages that are ours to hand over. None of them is called after ``calls_until``.

    That moment is on this machine's monotonic clock and well before the lease runs out, which
    is on the database's: however wrong a worker's clock is, nobody else has the message while
    it is being called.
    """

    parcels: Sequence[Parcel] = ()
    taken: int = 0
    calls_until: float = 0


def claim(
    *,
    channel: str,
    provider: str,
    lane: Lane,
    limit: int,
    now: datetime,
    cargo: Q = EVERYTHING,
) -> Claim:
    """Claim for a provider up to ``limit`` due messages of a channel that are ``cargo``, of
    ``lane`` and the more urgent ones.

    ``taken`` counts those the gate refused, too: they are cancelled with the reason.
    """
    calls_until = time.monotonic() + (LEASE_CALLS - 1) * longest_call()
    with transaction.atomic():
        messages = _lock_due(Q(channel=channel) & cargo, lane, limit, now)
        if not messages:
            return Claim(calls_until=calls_until)
        lease = timedelta(seconds=LEASE_CALLS * longest_call())
        parcels = take(messages, provider=provider, lease=lease, now=now)
    return Claim(parcels, len(messages), calls_until)


def take(
    messages: Sequence[Message], *, provider: str, lease: timedelta, now: datetime
) -> list[Parcel]:
    """Ask the gate about locked messages and make the parcels of those that pass.

    They are ours until the lease runs out; the others are cancelled with the reason. Inside the
    transaction that has locked them.
    """
    passages = gate.ask([message.pk for message in messages], now=now)
    refused = {pk: answer.reason for pk, answer in passages.items() if answer.reason}
    passed = [message for message in messages if message.pk not in refused]
    parcels, words = _make(passed, passages, refused)
    _store(parcels, words, provider=provider, lease=lease)
    cancel(refused, now=now)
    return parcels


def cancel(refused: Mapping[int, GateReason], *, now: datetime) -> None:
    """Cancel what may not go out, record why, and see to it that somebody is reached."""
    if not refused:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {TABLE} SET state = %s, reason = refused.reason, final_at = %s
            FROM unnest(%s::bigint[], %s::text[]) AS refused(id, reason)
            WHERE {TABLE}.id = refused.id AND state = %s
            """,
            [
                MessageState.CANCELLED,
                now,
                list(refused),
                [reason.value for reason in refused.values()],
                MessageState.QUEUED,
            ],
        )
    follow_up_refusals(refused)


def due_now(lane: Lane, now: datetime) -> "QuerySet[Message]":
    """What a worker may claim at ``now``: due, not halted, nothing that would wake people."""
    here = {"channel__in": automatic_channels(), "lane__lte": lane}
    due = Message.objects.due(now).filter(not_halted(), **here)
    return due.filter(lane=Lane.REPLIES) if quiet.is_quiet(now) else due


def _lock_due(cargo: Q, lane: Lane, limit: int, now: datetime) -> list[Message]:
    due = due_now(lane, now).filter(cargo)
    ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
    return load(ids) if ids else []


def load(message_ids: Sequence[int]) -> list[Message]:
    """The messages with all that is needed to make their words and to address them."""
    return _loaded().objects(messages=list(message_ids))


@cache
def _loaded() -> PreparedModels[Message]:
    return PreparedModels(
        Message.objects.filter(listed("messages", Message))
        .select_related("contact_point", "person", "round__service")
        .defer("round__preview")
        .order_by("lane", "due_at", "pk")
    )


def _make(
    messages: Sequence[Message],
    passages: Mapping[int, Passage],
    refused: dict[int, GateReason],
) -> tuple[list[Parcel], list[Rendered]]:
    """The parcels and their words; what cannot be made is added to ``refused``."""
    about = {message.pk: passages[message.pk].offers for message in messages}
    rendered = texts.render_messages(messages, about=about)
    parcels: list[Parcel] = []
    words: list[Rendered] = []
    for message in messages:
        made = rendered[message.pk]
        recipient = recipient_of(message)
        if isinstance(made, TextRefusedError):
            refused[message.pk] = GateReason(made.reason)
        elif not may_write_to(recipient):
            refused[message.pk] = GateReason.NOT_ALLOWED_HERE
        else:
            words.append(made)
            parcels.append(
                Parcel(
                    message_id=message.pk,
                    attempt=message.attempts + 1,
                    recipient=recipient,
                    language=message.language,
                    subject=made.subject,
                    body=made.body,
                    asks=made.asks,
                    person=message.person if message.channel == Channel.SUOMIFI else None,
                    voluntary=message.round is not None and message.round.service.is_voluntary,
                )
            )
    return parcels, words


def recipient_of(message: Message) -> str:
    """The number, address or street that the message goes to."""
    if message.channel == Channel.LETTER:
        return message.person.unseal("address")
    return message.contact_point.unseal("value") if message.contact_point else ""


def may_write_to(recipient: str) -> bool:
    """Whether this environment writes to the recipient: staging only to those it is told."""
    listed = settings.DRY_RUN_ALLOW
    return recipient in listed or not (listed or settings.HP_ENV == "staging")


def _store(
    parcels: Sequence[Parcel], words: Sequence[Rendered], *, provider: str, lease: timedelta
) -> None:
    """Write down what is about to be handed over, since when and until when it is ours.

    Both are on the database's clock: the provider's list is searched by the one, and whoever
    takes over goes by the other.
    """
    if not parcels:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {TABLE} SET state = %s, provider = %s, provider_id = '',
                claimed_at = clock_timestamp(),
                lease_until = clock_timestamp() + make_interval(secs => %s),
                attempts = made.attempt, reason = '', subject_line = made.subject_line,
                body = made.body, segments = made.segments
            FROM unnest(%s::bigint[], %s::int[], %s::bytea[], %s::bytea[], %s::int[])
                AS made(id, attempt, subject_line, body, segments)
            WHERE {TABLE}.id = made.id
            """,
            [
                MessageState.SENDING,
                provider,
                lease.total_seconds(),
                [parcel.message_id for parcel in parcels],
                [parcel.attempt for parcel in parcels],
                [sealed(parcel.message_id, "subject_line", parcel.subject) for parcel in parcels],
                [sealed(parcel.message_id, "body", parcel.body) for parcel in parcels],
                [made.segments for made in words],
            ],
        )


def sealed(message_id: int, column: str, text: str) -> bytes | None:
    """``text`` as the message's column holds it."""
    return encrypt(text, where=context(TABLE, column, message_id)) if text else None
