"""Opening what a person must look at."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils import timezone

from citizens.models import DisputedFact
from offers.models import CaseKind, Message, MessageOffer, Offer, Reply, ReviewCase, Round, Subject

DUE_IN = timedelta(days=3)
DUE_IN_URGENT = timedelta(hours=4)


def open_case(
    *,
    kind: CaseKind,
    now: datetime,
    round: Round | None = None,
    subject: Subject | None = None,
    offer: Offer | None = None,
    reply: Reply | None = None,
    message: Message | None = None,
    dispute: DisputedFact | None = None,
    urgent: bool = False,
    note: str = "",
) -> None:
    """Put a case into the caseworkers' queue; the same case is opened only once.

    ``note`` is for caseworkers and holds no personal data.
    """
    case = ReviewCase(
        kind=kind,
        urgent=urgent,
        round=round,
        subject=subject,
        offer=offer,
        reply=reply,
        message=message,
        dispute=dispute,
        note=note,
        opened_at=now,
        due_at=_due(now, urgent),
    )
    ReviewCase.objects.bulk_create([case], ignore_conflicts=True)


def open_cases(message_ids: Collection[int], *, kind: CaseKind, urgent: bool = False) -> None:
    """One case for each subject these messages speak of; one that is open already stays one."""
    now = timezone.now()
    spoken_of = MessageOffer.objects.filter(message__in=message_ids).values_list(
        "message_id", "offer_id", "offer__subject_id", "offer__round_id"
    )
    ReviewCase.objects.bulk_create(
        (
            ReviewCase(
                kind=kind,
                urgent=urgent,
                message_id=message,
                offer_id=offer,
                subject_id=subject,
                round_id=round_id,
                opened_at=now,
                due_at=_due(now, urgent),
            )
            for message, offer, subject, round_id in spoken_of
        ),
        ignore_conflicts=True,
    )


def _due(now: datetime, urgent: bool) -> datetime:
    return now + (DUE_IN_URGENT if urgent else DUE_IN)
