"""The print queue: letters wait until somebody prints a batch, and are sent once it is posted.

A letter is in the outbox like any message. Making a batch claims it: the gate is asked, the words
are made and stored, and a lease is taken that lasts until the letters should have been posted. If
nobody says so by then, the letters become uncertain and a caseworker finds out. A letter is in one
batch only; if a batch is given up, its letters wait again and their codes no longer open.
"""

from datetime import timedelta

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from offers.delivery.cases import open_case
from offers.delivery.codes import RETURNED
from offers.delivery.errors import DeliveryError
from offers.delivery.gate import GateReason
from offers.delivery.links import revoke_links
from offers.delivery.outbox.claims import load, take
from offers.delivery.receipts import record_receipt
from offers.delivery.switch import not_halted
from offers.models import (
    CaseKind,
    LetterBatch,
    Link,
    Message,
    MessageState,
    ReviewCase,
)

PROVIDER = "paper"
MOST_IN_A_BATCH = 500
POSTED_WITHIN = timedelta(days=7)
ON_PAPER = (MessageState.SENDING, MessageState.UNCERTAIN)


class AlreadyPostedError(DeliveryError):
    """The batch has been posted."""


class NoSuchLetterError(DeliveryError):
    """There is no letter with this number that was posted."""


def waiting() -> "QuerySet[Message]":
    """The letters that would be in a batch made now, but for those the gate will refuse."""
    return Message.objects.due(timezone.now()).letters().filter(not_halted())


@transaction.atomic
def make_batch(*, by: AbstractUser) -> LetterBatch | None:
    """Put the letters that wait, 500 at most, into a batch to be printed; None if none may go.

    The gate is asked for each, now; those it refuses are cancelled with the reason.
    """
    locked = waiting().select_for_update(skip_locked=True).values_list("pk", flat=True)
    messages = load(list(locked[:MOST_IN_A_BATCH]))
    parcels = take(messages, provider=PROVIDER, lease=POSTED_WITHIN, now=timezone.now())
    if not parcels:
        return None
    batch = LetterBatch.objects.create(made_by_id=by.pk)
    letters = [parcel.message_id for parcel in parcels]
    Message.objects.filter(pk__in=letters).update(batch=batch)
    return batch


@transaction.atomic
def mark_posted(*, batch: LetterBatch, by: AbstractUser) -> int:
    """Record that the batch has been posted; returns how many letters are sent by it.

    Those that were withdrawn after it was made are recorded as not sent. Raises
    AlreadyPostedError.
    """
    batch = _lock(batch)
    now = timezone.now()
    withdrawn(batch).update(
        state=MessageState.FAILED, reason=GateReason.PROTECTED.value, lease_until=None, final_at=now
    )
    sent = _on_paper(batch).update(state=MessageState.SENT, lease_until=None, sent_at=now)
    batch.posted_at = now
    batch.posted_by_id = by.pk
    batch.save(update_fields=["posted_at", "posted_by"])
    ReviewCase.objects.open().filter(kind=CaseKind.UNCERTAIN_MESSAGE, message__batch=batch).update(
        closed_at=now, closed_by=by.pk, resolution="posted"
    )
    return int(sent)


@transaction.atomic
def give_up_batch(*, batch: LetterBatch, by: AbstractUser) -> int:
    """Put the letters of a batch that was not posted back into the queue; returns how many.

    The codes that may already be on paper no longer open. Raises AlreadyPostedError.
    """
    batch = _lock(batch)
    now = timezone.now()
    letters = list(_on_paper(batch).values_list("pk", flat=True))
    printed = Message.objects.filter(
        pk__in=letters, round=OuterRef("round"), person=OuterRef("guardian")
    )
    revoke_links(Link.objects.filter(Exists(printed)))
    withdrawn(batch).update(
        state=MessageState.FAILED, reason=GateReason.PROTECTED.value, lease_until=None, final_at=now
    )
    Message.objects.filter(pk__in=letters).update(
        state=MessageState.QUEUED, lease_until=None, due_at=now, body=None, subject_line=None
    )
    ReviewCase.objects.open().filter(kind=CaseKind.UNCERTAIN_MESSAGE, message__batch=batch).update(
        closed_at=now, closed_by=by.pk, resolution="printed_again"
    )
    Message.objects.filter(batch=batch).update(batch=None)
    batch.delete()
    return len(letters)


def withdrawn(batch: LetterBatch) -> "QuerySet[Message]":
    """Letters of an unposted batch to be taken out: who they concern is protected or objects."""
    return Message.objects.filter(batch=batch, state__in=ON_PAPER, body=None)


def numbers_withdrawn(batch: LetterBatch) -> list[int]:
    """The numbers, as printed on them, of the letters to be taken out of the batch."""
    ids = list(batch.letters.order_by("pk").values_list("pk", flat=True))
    out = set(withdrawn(batch).values_list("pk", flat=True))
    return [number for number, pk in enumerate(ids, 1) if pk in out]


def open_slip(*, number: int, by: AbstractUser) -> ReviewCase:
    """The case in which a reply slip that came back is recorded; ``number`` is printed on it.

    It is taken by whoever typed the number. Raises NoSuchLetterError.
    """
    posted = Message.objects.letters().handed_over().filter(pk=number)
    letter = posted.select_related("round").first()
    offer = letter.offers.select_related("subject").order_by("pk").first() if letter else None
    if letter is None or offer is None:
        raise NoSuchLetterError
    open_case(
        kind=CaseKind.REPLY_SLIP,
        now=timezone.now(),
        round=letter.round,
        subject=offer.subject,
        offer=offer,
        message=letter,
    )
    case = ReviewCase.objects.open().get(
        kind=CaseKind.REPLY_SLIP, subject=offer.subject, reply=None
    )
    if case.taken_by_id is None:
        case.taken_by_id = by.pk
        case.save(update_fields=["taken_by"])
    return case


@transaction.atomic
def record_returned(*, number: int, by: AbstractUser) -> Message:
    """Record that the post has brought a letter back; ``number`` is printed on its slip.

    Its code no longer opens, no letter goes to that address again, and whoever still waits to be
    asked is asked in another way, or a case is opened. The same letter again changes nothing.
    Raises NoSuchLetterError.
    """
    letters = Message.objects.letters().filter(pk=number)
    letter = letters.filter(Q(state=MessageState.SENT) | Q(reason=RETURNED)).first()
    if letter is None:
        raise NoSuchLetterError
    revoke_links(Link.objects.filter(round=letter.round, guardian=letter.person))
    record_receipt(
        provider=PROVIDER,
        provider_id=str(letter.pk),
        status="undelivered",
        error_code=RETURNED,
        message_id=letter.pk,
    )
    letter.receipts.filter(recorded_by=None).update(recorded_by=by.pk)
    return letter


def _on_paper(batch: LetterBatch) -> "QuerySet[Message]":
    return Message.objects.filter(batch=batch, state__in=ON_PAPER).exclude(body=None)


def _lock(batch: LetterBatch) -> LetterBatch:
    locked = LetterBatch.objects.select_for_update().filter(pk=batch.pk, posted_at=None).first()
    if locked is None:
        raise AlreadyPostedError
    return locked
