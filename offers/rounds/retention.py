"""What is erased when its time is over: nightly, by legal basis, in batches.

A basis tells for how many days after the end of a round what was done with it is kept; where a
purpose has several for one operation the longest holds. Each batch is one transaction together
with its line in the report, so whatever stopped goes on where it was.

What is sealed stays: it holds ids and keyed digests, and whoever is erased leaves it whole.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from citizens.models import DisputedFact
from consents.models import Erased, Erasure, LegalBasis, Operation
from consents.services.rectification import CODE as RECTIFICATION
from offers.models import Link, Message, Rating, Reply, Round, Wish
from offers.rounds import closed_lists
from offers.rounds.erasing import REGISTER_MAY_ERR, forget_people, gone_people
from offers.rounds.kept import longest_bases, rounds_over

BATCH = 2000
NIGHT = range(1, 5)
"""The hours of the night, in Helsinki."""

LINKS_KEPT = timedelta(days=90)
"""After a link has expired, for whoever asks why it opens no more."""


@dataclass(frozen=True)
class _Expired:
    """Rows to be erased, and how: ``erase`` is given the ids of a batch."""

    what: Erased
    basis: LegalBasis | None
    older_than: datetime
    rows: "QuerySet[Any]"
    erase: Callable[[list[int]], object]


def erase_at_night(*, now: datetime) -> dict[Erased, int]:
    """``erase_expired``, but only at night."""
    return erase_expired(now=now) if timezone.localtime(now).hour in NIGHT else {}


def erase_expired(*, now: datetime, batch: int = BATCH) -> dict[Erased, int]:
    """Erase everything whose time is over; how many rows of what."""
    counts: dict[Erased, int] = {}
    for expired in _everything_expired(now):
        while rows := _erase_batch(expired, batch):
            counts[expired.what] = counts.get(expired.what, 0) + rows
    return counts


@transaction.atomic
def _erase_batch(expired: _Expired, batch: int) -> int:
    found = expired.rows.order_by("pk").select_for_update(of=("self",), skip_locked=True)
    ids = list(found.values_list("pk", flat=True)[:batch])
    if ids:
        expired.erase(ids)
        Erasure.objects.create(
            what=expired.what,
            basis=expired.basis,
            older_than=expired.older_than,
            rows=len(ids),
        )
    return len(ids)


def _everything_expired(now: datetime) -> Iterator[_Expired]:
    longest = timedelta(0)
    for basis in longest_bases(Operation.CONTACTING):
        kept = timedelta(days=basis.retention_days)
        longest = max(longest, kept)
        yield from _words(basis, now - kept)
    if longest:
        strangers = Reply.objects.filter(_has_words(), round=None, received_at__lt=now - longest)
        yield _Expired(Erased.REPLIES, None, now - longest, strangers, _forget_replies)
    for basis in longest_bases():
        yield from _lists(basis, now)
    links = Link.objects.filter(expires_at__lt=now - LINKS_KEPT)
    yield _Expired(Erased.LINKS, None, now - LINKS_KEPT, links, _delete(Link))
    gone_before = now - REGISTER_MAY_ERR
    yield _Expired(Erased.PEOPLE, None, gone_before, gone_people(now), forget_people)


def _words(basis: LegalBasis, before: datetime) -> Iterator[_Expired]:
    ended = Round.objects.filter(service__purpose=basis.purpose_id, closed_at__lt=before)
    in_ended = Q(round__in=ended)
    messages = Message.objects.filter(
        in_ended, Q(body__isnull=False) | Q(subject_line__isnull=False)
    )
    replies = Reply.objects.filter(in_ended, _has_words())
    wishes = Wish.objects.filter(offer__round__in=ended)
    comments = Rating.objects.filter(in_ended, comment__isnull=False)
    yield _Expired(Erased.MESSAGES, basis, before, messages, _forget_messages)
    yield _Expired(Erased.REPLIES, basis, before, replies, _forget_replies)
    yield _Expired(Erased.WISHES, basis, before, wishes, _delete(Wish))
    yield _Expired(Erased.WISHES, basis, before, comments, _forget_comments)


def _lists(basis: LegalBasis, now: datetime) -> Iterator[_Expired]:
    """Everything of a closed list; the round stays, with its figures."""
    before = now - timedelta(days=basis.retention_days)
    if basis.purpose.code == RECTIFICATION:
        yield _Expired(Erased.DISPUTES, basis, before, _settled(before), _forget_disputes)
    for round in rounds_over(basis, now).filter(erased_at=None):
        closed_lists.begin_erasing(round, now=now)
    erased = Round.objects.filter(service__purpose=basis.purpose_id, erased_at__isnull=False)
    steps: list[tuple[Erased, QuerySet[Any], Callable[[list[int]], object]]] = [
        (Erased.FACTS, closed_lists.with_facts(erased), closed_lists.forget_facts),
        (Erased.LISTS, closed_lists.unsealed(erased), closed_lists.delete_subjects),
        (Erased.RECORDS, closed_lists.loose_messages(erased), closed_lists.delete_messages),
        (Erased.RECORDS, closed_lists.loose_replies(erased), closed_lists.delete_replies),
    ]
    steps += [(Erased.RECORDS, rows, _delete(rows.model)) for rows in closed_lists.rest_of(erased)]
    for what, rows, erase in steps:
        yield _Expired(what, basis, before, rows, erase)


def _settled(before: datetime) -> "QuerySet[DisputedFact]":
    words = Q(should_be__isnull=False) | Q(because__isnull=False) | Q(told__isnull=False)
    return DisputedFact.objects.filter(words, settled_at__lt=before)


def _forget_disputes(ids: list[int]) -> None:
    DisputedFact.objects.filter(pk__in=ids).update(should_be=None, because=None, told=None)


def _has_words() -> Q:
    return Q(text__isnull=False) | Q(response__isnull=False) | ~Q(sender=b"")


def _forget_messages(ids: list[int]) -> None:
    Message.objects.filter(pk__in=ids).update(body=None, subject_line=None)


def _forget_replies(ids: list[int]) -> None:
    Reply.objects.filter(pk__in=ids).update(text=None, response=None, sender=b"", sender_index=b"")


def _forget_comments(ids: list[int]) -> None:
    Rating.objects.filter(pk__in=ids).update(comment=None)


def _delete(model: Any) -> Callable[[list[int]], object]:
    return lambda ids: model.objects.filter(pk__in=ids).delete()
