"""Rounds in a later state, for tests that begin there: the database lets none skip its approval."""

from django.utils import timezone

from helsinki_proactive.staff.models import User
from offers.models import Approval, Round, RoundState

DIGEST = "0" * 64


def approve_as_two(round: Round, state: RoundState = RoundState.RUNNING) -> Round:
    """Bring a round whose subjects are there to ``state``, as if two people had agreed on it."""
    preparer, _ = User.objects.get_or_create(username="preparer")
    approver, _ = User.objects.get_or_create(username="approver")
    round.prepared_by, round.prepared_at = preparer, timezone.now()
    round.frozen_digest = DIGEST
    round.state = RoundState.AWAITING
    round.save()
    Approval.objects.create(round=round, digest=DIGEST, prepared_by=preparer, approved_by=approver)
    round.approved_at = round.generated_at = timezone.now()
    round.state = state
    round.save()
    return round
