"""What the caseworker is told before a round goes on: remarks, and what must be put right."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from citizens.models import Person
from consents.models import LegalBasis, Operation
from offers.delivery.quiet import is_quiet_day
from offers.delivery.switch import is_halted
from offers.eligibility.reach import Reach, reach_of
from offers.models import EligibilityRule, Exclusion, Round
from offers.rounds.transparency import missing

Remark = dict[str, Any]
"""``{"code": one of REMARKS, ...what its words need}``."""

REMARKS = {
    "no_rule": _("The service has no approved rule."),
    "nobody": _("The rule selects nobody."),
    "everybody": _("The rule selects everybody who lives here."),
    "deadline_passed": _("The deadline is in the past."),
    "deadline_after_start": _("The deadline is after the service begins."),
    "deadline_on_holiday": _("The deadline is on a Sunday or a public holiday."),
    "deadline_in_school_holiday": _("The deadline is during a school holiday."),
    "seats_missing": _("There is no seat for %(count)s of the people selected."),
    "text_refused": _("%(count)s messages have no usable text (%(reason)s)."),
    "no_basis": _("No legal basis for %(operation)s is in force."),
    "not_published": _("The transparency register lacks of this service: %(fields)s."),
    "halted": _("Sending is halted: nothing goes out until it is resumed."),
    "subjects_unlocated": _("The address of %(count)s people has no coordinates."),
    "subjects_far": _("The coordinates of %(count)s people are far from here."),
    "seats_unlocated": _("%(count)s groups have no coordinates."),
    "seats_far": _("The coordinates of %(count)s groups are far from here."),
    "over_water": _(
        "The straight line of %(count)s ways crosses over 200 m of water: the real way may be much "
        "longer. “Straight line over water” in the list shows them."
    ),
    "group_short": _("%(count)s seats are lacking in the group “%(group)s”."),
}

BLOCKING = ("nobody", "deadline_passed", "text_refused", "no_basis", "not_published")
"""With one of these a round cannot be sent to approval."""


def remark_text(remark: Remark) -> str:
    """The remark in words, in the language of the reader."""
    return str(REMARKS[remark["code"]]) % remark


def draft_reach(round: Round) -> Reach | None:
    """Whom the service's rule means on the round's day; None where no rule is in force."""
    rule = EligibilityRule.objects.in_force().filter(service=round.service_id).first()
    return reach_of(rule, as_of=round.as_of) if rule else None


def draft_remarks(meant: Reach | None) -> list[Remark]:
    """What there is to say before the list is drawn up: a rule that means nobody, or everybody."""
    if meant is None:
        return [{"code": "no_rule"}]
    codes = {"nobody": meant.nobody, "everybody": meant.everybody}
    return [{"code": code} for code, holds in codes.items() if holds]


def remarks(round: Round, *, eligible: int, excluded: Mapping[str, int]) -> Iterator[Remark]:
    """What there is to say about the round's list, dates and law."""
    if eligible == 0:
        yield {"code": "nobody"}
    elif eligible >= Person.objects.resident().count():
        yield {"code": "everybody"}
    if unplaced := excluded.get(Exclusion.NO_SEAT, 0):
        yield {"code": "seats_missing", "count": unplaced}
    yield from _about_deadline(round)
    yield from _about_law(round)
    if is_halted(round=round):
        yield {"code": "halted"}


def _about_deadline(round: Round) -> Iterator[Remark]:
    day = timezone.localdate(round.deadline_at)
    if round.deadline_at <= timezone.now():
        yield {"code": "deadline_passed"}
    if day > round.begins_on:
        yield {"code": "deadline_after_start"}
    if is_quiet_day(day):
        yield {"code": "deadline_on_holiday"}
    if is_school_holiday(day):
        yield {"code": "deadline_in_school_holiday"}


def _about_law(round: Round) -> Iterator[Remark]:
    bases = LegalBasis.objects.in_force_on(timezone.localdate()).filter(
        purpose=round.service.purpose_id
    )
    in_force = set(bases.values_list("operation", flat=True))
    for operation in (Operation.SELECTING, Operation.CONTACTING):
        if operation not in in_force:
            yield {"code": "no_basis", "operation": operation.value}
    if lacking := missing(round.service, on=timezone.localdate()):
        yield {"code": "not_published", "fields": ", ".join(lacking)}


def is_school_holiday(day: date) -> bool:
    """Helsinki's school holidays: summer, week 42, Christmas and week 8, when families are away.

    The exact days are decided for each school year; these are those of every year.
    """
    week = day.isocalendar().week
    summer = (6, 5) <= (day.month, day.day) <= (8, 8)
    christmas = (day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 6)
    return summer or christmas or week in (8, 42)
