"""A unit's head looks at whom the round would send there: asked, shown, answered."""

import hashlib

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from citizens.models import Person, is_shielded
from consents.models import ProcessingKind
from consents.services.processing import open_processing, record_use
from offers.models import Round, RoundState, Subject, Unit, UnitLook, Verdict
from offers.rounds.errors import NotPossibleError
from offers.rounds.states import lock_round

BEFORE_SENDING = (RoundState.PREPARED, RoundState.AWAITING)


@transaction.atomic
def ask_head(*, round: Round, unit: Unit, head: AbstractUser, by: AbstractUser) -> UnitLook:
    """Ask the head to look at the unit's part of the list; asked again, the answer is taken back.

    Raises WrongStateError once the round is approved, and NotPossibleError where the round sends
    nobody to the unit.
    """
    lock_round(round, *BEFORE_SENDING)
    if not Subject.objects.filter(round=round, capacity__unit=unit).exists():
        raise NotPossibleError(_("The round sends nobody to this unit."))
    look, _new = UnitLook.objects.update_or_create(
        round=round,
        unit=unit,
        defaults={
            "head_id": head.pk,
            "asked_by_id": by.pk,
            "asked_at": timezone.now(),
            "opened_at": None,
            "answered_at": None,
            "verdict": "",
            "remark": "",
            "seen": "",
        },
    )
    return look


@transaction.atomic
def open_look(*, look: UnitLook, by: AbstractUser) -> QuerySet[Subject]:
    """Those the head is shown, in the order of their names.

    Protected children, and those of protected guardians, are not among them. The first opening is
    recorded as a use of their data. Raises NotPossibleError for anybody but the head.
    """
    locked = _of_head(look, by)
    shown = Subject.objects.filter(
        ~is_shielded("person", on=timezone.localdate()),
        round=look.round_id,
        capacity__unit=look.unit_id,
    )
    if locked.opened_at is None:
        locked.opened_at = timezone.now()
        locked.save(update_fields=["opened_at"])
        processing = open_processing(
            purpose=look.round.service.purpose,
            kind=ProcessingKind.VIEWING,
            by=by,
            reason="the unit's head looks at the list",
        )
        people = Person.objects.filter(pk__in=shown.values("person"))
        record_use(processing=processing, people=people)
    subjects = shown.select_related("person", "capacity")
    return subjects.order_by("person__last_name", "person__first_names", "pk")


@transaction.atomic
def answer_look(*, look: UnitLook, verdict: Verdict, remark: str, by: AbstractUser) -> UnitLook:
    """Record what the head says about the unit's part as it is now; it may be said anew.

    Raises WrongStateError once the round is approved, and NotPossibleError for anybody but the
    head or a remark without words.
    """
    lock_round(look.round, *BEFORE_SENDING)
    locked = _of_head(look, by)
    if verdict == Verdict.REMARK and not remark:
        raise NotPossibleError(_("Say what the remark is."))
    locked.verdict = verdict
    locked.remark = remark if verdict == Verdict.REMARK else ""
    locked.answered_at = timezone.now()
    locked.seen = unit_digest(look.round_id, look.unit_id)
    locked.save(update_fields=["verdict", "remark", "answered_at", "seen"])
    return locked


def is_outdated(look: UnitLook) -> bool:
    """Whether the unit's part of the list has changed since its head answered."""
    return look.answered_at is not None and look.seen != unit_digest(look.round_id, look.unit_id)


def unit_digest(round_id: int, unit_id: int) -> str:
    """SHA-256 (hex) of who would be sent to the unit, and to which of its groups."""
    subjects = Subject.objects.filter(round=round_id, capacity__unit=unit_id)
    rows = subjects.order_by("person").values_list("person", "capacity")
    return hashlib.sha256(repr(list(rows)).encode()).hexdigest()


def _of_head(look: UnitLook, by: AbstractUser) -> UnitLook:
    locked = UnitLook.objects.select_for_update().get(pk=look.pk)
    if locked.head_id != by.pk:
        raise NotPossibleError(_("Somebody else is asked about this unit."))
    return locked
