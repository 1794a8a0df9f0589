"""Handing a message that cannot be sent on to a caseworker."""

from collections.abc import Collection
from datetime import timedelta

from django.utils import timezone

from offers.models import CaseKind, MessageOffer, ReviewCase

DUE_IN = timedelta(days=3)
DUE_IN_URGENT = timedelta(hours=4)


def open_cases(message_ids: Collection[int], *, kind: CaseKind, urgent: bool = False) -> None:
    """One case for each subject these messages speak of; one that is open already stays one."""
    now = timezone.now()
    due_at = now + (DUE_IN_URGENT if urgent else DUE_IN)
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
                due_at=due_at,
            )
            for message, offer, subject, round_id in spoken_of
        ),
        ignore_conflicts=True,
    )
