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
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from citizens.erasing import ERASED_KEY, erase_people
from citizens.models import ContactPoint, Person
from consents.models import Erased, Erasure, LegalBasis, Objection, Operation
from offers.models import Link, Message, Rating, Reply, Round, Subject, Wish

BATCH = 2000
NIGHT = range(1, 5)
"""The hours of the night, in Helsinki."""

REGISTER_MAY_ERR = timedelta(days=90)
"""Whoever is gone from the register for less long may come back: registers are corrected."""

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
    links = Link.objects.filter(expires_at__lt=now - LINKS_KEPT)
    yield _Expired(Erased.LINKS, None, now - LINKS_KEPT, links, _delete(Link))
    gone_before = now - REGISTER_MAY_ERR
    yield _Expired(Erased.PEOPLE, None, gone_before, gone_people(now), _forget_people)


def longest_bases(operation: Operation | None = None) -> list[LegalBasis]:
    """Of each purpose the basis (of the operation) that keeps longest."""
    bases = LegalBasis.objects.filter(operation=operation) if operation else LegalBasis.objects
    return list(bases.order_by("purpose", "-retention_days", "pk").distinct("purpose"))


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


def _forget_people(ids: list[int]) -> None:
    """Their messages no longer say where they went, so that numbers and addresses can go too."""
    Message.objects.filter(contact_point__person__in=ids).update(contact_point=None)
    ContactPoint.objects.filter(person__in=ids).delete()
    erase_people(ids)


def gone_people(now: datetime) -> "QuerySet[Person]":
    """Whom the register no longer has, and no round that is still kept is about.

    Who objects stays: the objection must find the person if the register brings them back.
    """
    kept = _kept_rounds(now)
    about = (
        Subject.objects.filter(person=OuterRef("pk"), round__in=kept),
        Subject.objects.filter(person__guardians__guardian=OuterRef("pk"), round__in=kept),
        Message.objects.filter(person=OuterRef("pk"), round__in=kept),
        Reply.objects.filter(person=OuterRef("pk"), round__in=kept),
        Objection.objects.standing().filter(person=OuterRef("pk")),
    )
    gone = Person.objects.filter(gone_at__lt=now - REGISTER_MAY_ERR)
    gone = gone.exclude(register_key__startswith=ERASED_KEY)
    for rows in about:
        gone = gone.exclude(Exists(rows))
    return gone


def _kept_rounds(now: datetime) -> "QuerySet[Round]":
    over = Q(pk__in=[])
    for basis in longest_bases():
        before = now - timedelta(days=basis.retention_days)
        over |= Q(service__purpose=basis.purpose_id, closed_at__lt=before)
    return Round.objects.exclude(over)
