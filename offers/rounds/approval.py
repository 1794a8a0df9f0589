"""Whoever approves is not whoever prepared: the list is frozen, then approved or sent back."""

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from offers.delivery.bell import call_worker
from offers.models import Approval, Round, RoundState, Subject
from offers.rounds.digest import round_digest
from offers.rounds.errors import ListChangedError, NotReadyError, SamePersonError
from offers.rounds.states import lock_round


@transaction.atomic
def request_approval(*, round: Round, by: AbstractUser) -> Round:
    """Freeze the exact list and ask for a second person's approval of it.

    From here on the database lets nobody change the list. Raises WrongStateError, and
    NotReadyError while the preview names something that must be put right first.
    """
    round = lock_round(round, RoundState.PREPARED)
    if round.preview.get("blockers"):
        raise NotReadyError(_("The preview names what must be put right first."))
    round.frozen_digest = round_digest(round)
    round.state = RoundState.AWAITING
    round.preview["requested"] = {"by": by.pk, "at": timezone.now().isoformat()}
    round.save(update_fields=["state", "frozen_digest", "preview"])
    return round


@transaction.atomic
def approve_round(*, round: Round, digest: str, by: AbstractUser) -> Round:
    """Approve the list with this ``digest``; the offers are then made in the background.

    Raises WrongStateError, SamePersonError, and ListChangedError if the digest is not the frozen
    one or the rows, dates or texts no longer give it.
    """
    round = lock_round(round, RoundState.AWAITING)
    preparer = round.prepared_by
    if preparer is None or by.pk == preparer.pk or _pinned_by(by, round):
        raise SamePersonError
    if digest != round.frozen_digest or digest != round_digest(round):
        raise ListChangedError
    Approval.objects.create(round=round, digest=digest, prepared_by=preparer, approved_by_id=by.pk)
    round.state = RoundState.APPROVED
    round.approved_at = timezone.now()
    round.save(update_fields=["state", "approved_at"])
    call_worker("generate_offers", round.pk)
    return round


def _pinned_by(user: AbstractUser, round: Round) -> bool:
    return Subject.objects.filter(round=round, pinned_by=user.pk).exists()


@transaction.atomic
def reject_round(*, round: Round, by: AbstractUser, reason: str) -> Round:
    """Send the list back to its preparer, who reads ``reason`` with it. Raises WrongStateError."""
    round = lock_round(round, RoundState.AWAITING)
    return back_to_draft(round, reason=reason, by=by)


def back_to_draft(round: Round, *, reason: str, by: AbstractUser | None = None) -> Round:
    """Unfreeze a locked round: it has to be prepared again. ``reason`` is kept in its preview."""
    round.state = RoundState.DRAFT
    round.frozen_digest = ""
    round.approved_at = None
    round.preview = {
        "problem": {"text": reason, "by": by and by.pk, "at": timezone.now().isoformat()}
    }
    round.save(update_fields=["state", "frozen_digest", "approved_at", "preview"])
    return round
