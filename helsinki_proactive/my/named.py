"""What codes in the city's own registers are called: units of the service map, and languages.

Which facts hold such codes the services' own files say, in what they read for placing.
"""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from citizens.languages import language_name, say
from citizens.models import RegisteredFact
from offers.models import Service, Unit

UNITS = ("current_unit_fact", "likely_school_fact")
LANGUAGES = "group_facts"


def named(facts: Sequence[RegisteredFact], language: str) -> Mapping[int, str]:
    """Of those of the facts whose value is a code, by their key: what a reader calls it."""
    units, languages = _holding_codes() if facts else (set(), set())
    at = {fact.pk: fact.text for fact in facts if fact.attribute.code in units and fact.text}
    spoken = {fact.pk: fact.text for fact in facts if fact.attribute.code in languages}
    return _unit_names(at, language) | {
        pk: language_name(code, language) for pk, code in spoken.items() if code
    }


def _holding_codes() -> tuple[set[str], set[str]]:
    """The codes of the attributes that hold a unit's id, and of those that hold a language."""
    units: set[str] = set()
    languages: set[str] = set()
    for placement in Service.objects.exclude(placement={}).values_list("placement", flat=True):
        units |= {placement[name] for name in UNITS if placement.get(name)}
        languages |= set(placement.get(LANGUAGES, ()))
    return units, languages


def _unit_names(at: Mapping[int, str], language: str) -> dict[int, str]:
    """By their names; of a unit that offers nothing here only its id is known."""
    known = Unit.objects.filter(register_id__in=set(at.values())) if at else Unit.objects.none()
    names = {unit.register_id: say(unit.name, language) for unit in known}
    otherwise = _("unit %(id)s of the service map")
    return {pk: names.get(unit) or otherwise % {"id": unit} for pk, unit in at.items()}
