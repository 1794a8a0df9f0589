"""For how long a round is kept: as its purpose's legal bases say, the longest of them."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from consents.models import LegalBasis, Operation
from offers.models import Round


def longest_bases(operation: Operation | None = None) -> list[LegalBasis]:
    """Of each purpose the basis (of the operation) that keeps longest."""
    bases = LegalBasis.objects.filter(operation=operation) if operation else LegalBasis.objects
    return list(bases.order_by("purpose", "-retention_days", "pk").distinct("purpose"))


def rounds_over(basis: LegalBasis, now: datetime) -> QuerySet[Round]:
    """Rounds of its purpose that closed longer ago than the basis keeps them.

    What they were about has ended, too: until then a place is somebody's.
    """
    today = timezone.localdate(now)
    ended = Q(ends_on__lt=today) | Q(ends_on=None, begins_on__lt=today)
    before = now - timedelta(days=basis.retention_days)
    return Round.objects.filter(ended, service__purpose=basis.purpose_id, closed_at__lt=before)


def kept_rounds(now: datetime) -> QuerySet[Round]:
    """Rounds that go on, or whose time is not over."""
    kept = Round.objects.all()
    for basis in longest_bases():
        kept = kept.exclude(pk__in=rounds_over(basis, now).values("pk"))
    return kept
