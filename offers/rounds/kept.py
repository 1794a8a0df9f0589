"""For how long a round is kept: as its purpose's legal bases say, the longest of them."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from consents.models import LegalBasis, Operation
from offers.models import Round


def longest_bases(operation: Operation | None = None) -> list[LegalBasis]:
    """Of each purpose the basis (of the operation) that keeps longest."""
    bases = LegalBasis.objects.filter(operation=operation) if operation else LegalBasis.objects
    return list(bases.order_by("purpose", "-retention_days", "pk").distinct("purpose"))


def kept_rounds(now: datetime) -> QuerySet[Round]:
    """Rounds that go on, or whose time is not over."""
    over = Q(pk__in=[])
    for basis in longest_bases():
        before = now - timedelta(days=basis.retention_days)
        over |= Q(service__purpose=basis.purpose_id, closed_at__lt=before)
    return Round.objects.exclude(over)
