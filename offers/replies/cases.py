"""Opening what a person must look at."""

from datetime import datetime, timedelta

from offers.models import CaseKind, Message, Offer, Reply, ReviewCase, Round, Subject

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
        note=note,
        opened_at=now,
        due_at=now + (DUE_IN_URGENT if urgent else DUE_IN),
    )
    ReviewCase.objects.bulk_create([case], ignore_conflicts=True)
