"""Drawing up a round's list: who, why not, where, and what it will look like."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from offers.catalogue.criteria import CriteriaError
from offers.delivery.bell import call_worker
from offers.models import EligibilityRule, Round, RoundState, Subject
from offers.placement import PlacementError
from offers.rounds.approval import back_to_draft
from offers.rounds.cohort import exclude, gather_families, select_subjects
from offers.rounds.errors import NotReadyError, RoundError
from offers.rounds.places import kept_pins, place_subjects
from offers.rounds.preview import make_preview
from offers.rounds.states import lock_round, only_worker

STEPS = ("selecting", "placing", "previewing")


@transaction.atomic
def prepare_round(*, round: Round, by: AbstractUser) -> Round:
    """Have the list drawn up in the background; ``by`` becomes its preparer.

    ``Round.preview["progress"]`` tells how far it is. Preparing again replaces the list but keeps
    the pinned seats. Raises WrongStateError, and NotReadyError without a rule in force.
    """
    round = lock_round(round, RoundState.DRAFT, RoundState.PREPARED)
    rule = EligibilityRule.objects.in_force().filter(service=round.service_id).first()
    if rule is None:
        raise NotReadyError(_("The service has no approved rule."))
    round.rule = rule
    round.prepared_by_id = by.pk
    round.prepared_at = timezone.now()
    round.state = RoundState.PREPARING
    round.preview = _progress(0) | {"language": translation.get_language()}
    round.save(update_fields=["rule", "prepared_by", "prepared_at", "state", "preview"])
    call_worker("draw_up_list", round.pk)
    return round


def draw_up_list(*, round: Round) -> None:
    """Do what ``prepare_round`` asked for: from PREPARING to PREPARED, or back to DRAFT.

    Run again after it was cut off it begins anew; run twice at once it is done once. What is
    wrong with the rule, the seats or the texts is left in ``Round.preview["problem"]``, in the
    language of who asked.
    """
    with only_worker(round) as alone:
        round.refresh_from_db()
        if not alone or round.state != RoundState.PREPARING:
            return
        language = round.preview.get("language") or settings.LANGUAGE_CODE
        with translation.override(language):
            _try_to_draw_up(round)


def _try_to_draw_up(round: Round) -> None:
    try:
        _draw_up(round)
    except (RoundError, CriteriaError, PlacementError) as error:
        _give_up(round, str(error))
    except Exception:
        _give_up(round, _("Preparing the round failed. The administrator can see why."))
        raise


def _draw_up(round: Round) -> None:
    with transaction.atomic():
        pins = kept_pins(round)
        Subject.objects.filter(round=round).delete()
        select_subjects(round)
        exclude(round)
        gather_families(round)
    _report(round, 1)
    with transaction.atomic():
        placement = place_subjects(round, pins)
    _report(round, 2)
    with transaction.atomic():
        lock_round(round, RoundState.PREPARING)
        round.preview = make_preview(round, placement)
        round.state = RoundState.PREPARED
        round.save(update_fields=["preview", "state"])


def _report(round: Round, done: int) -> None:
    round.preview |= _progress(done)
    round.save(update_fields=["preview"])


def _progress(done: int) -> dict[str, object]:
    return {"progress": {"step": STEPS[done], "done": done, "of": len(STEPS)}}


def _give_up(round: Round, reason: str) -> None:
    with transaction.atomic():
        preparing = Round.objects.select_for_update().filter(state=RoundState.PREPARING)
        if current := preparing.filter(pk=round.pk).first():
            back_to_draft(current, reason=reason)
