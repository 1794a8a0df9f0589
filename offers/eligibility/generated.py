"""A catalogue of hundreds of services, each with a condition of its own: for measuring only."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from citizens.attributes import known_attributes
from citizens.languages import FAMILY_LANGUAGES
from citizens.models import Person
from consents.models import Purpose
from offers.catalogue.criteria import parse_criteria
from offers.eligibility.select import holding
from offers.models import (
    AcceptancePolicy,
    Channel,
    EligibilityRule,
    Recipient,
    Sensitivity,
    Service,
    Silence,
)

CODE = "measured"
LEAST, MOST = 0.001, 0.6
"""Of all people: the shares a condition may match."""

Criteria = dict[str, Any]


class TooFewConditionsError(ValueError):
    """The people here are too few, or too much alike, for so many conditions."""


@dataclass(frozen=True)
class Generated:
    """A generated service, and which share of all people its condition matched."""

    service: Service
    share: float


@transaction.atomic
def generate_catalogue(*, services: int, day: date) -> list[Generated]:
    """Make services until there are so many, no two with the same condition.

    Each condition matches between 0.1 and 60 per cent of the people there are, counted on ``day``.
    They have no texts: no round can be made of them. Raises TooFewConditionsError.
    """
    people = Person.objects.count()
    known = known_attributes()
    purpose, _made = Purpose.objects.get_or_create(
        code=CODE, defaults={"name": _texts("measuring"), "department": _texts("measuring")}
    )
    made: list[Generated] = []
    for conditions in _conditions():
        if len(made) == services:
            break
        if not {one["attribute"] for group in conditions for one in group} <= known.keys():
            continue
        criteria = {"all": [{"any": group} for group in conditions]}
        parsed = parse_criteria(criteria, known)
        share = holding(Person.objects.resident(), parsed, day).count() / max(people, 1)
        if LEAST <= share <= MOST:
            made.append(Generated(_service(len(made) + 1, criteria, purpose), share))
    if len(made) < services:
        raise TooFewConditionsError(
            _("Only %(made)s conditions match between 0.1 and 60 per cent of the people here.")
            % {"made": len(made)}
        )
    return made


def _service(number: int, criteria: Criteria, purpose: Purpose) -> Service:
    code = f"{CODE}-{number:04}"
    service, _made = Service.objects.update_or_create(
        code=code,
        defaults={
            "name": _texts(code),
            "description": _texts(code),
            "purpose": purpose,
            "recipient": Recipient.SELF,
            "acceptance": AcceptancePolicy.ANY,
            "silence": Silence.RELEASE,
            "sensitivity": Sensitivity.ORDINARY,
            "channels": [Channel.SMS],
            "needs_seat": False,
            "answer_days": 14,
        },
    )
    newest = service.rules.order_by("-version").first()
    if newest is None or newest.criteria != criteria:
        EligibilityRule.objects.create(
            service=service,
            version=newest.version + 1 if newest else 1,
            criteria=criteria,
            from_file=True,
            approved_at=timezone.now(),
        )
    return service


def _texts(text: str) -> dict[str, str]:
    return dict.fromkeys(FAMILY_LANGUAGES, text)


Groups = list[list[Criteria]]


def _conditions() -> Iterator[Groups]:
    """Conditions of every shape in turn, none twice, always in the same order."""
    shapes: list[Iterator[Groups]] = [shape() for shape in SHAPES]
    while shapes:
        for shape in list(shapes):
            try:
                yield next(shape)
            except StopIteration:
                shapes.remove(shape)


def _asked(attribute: str, operator: str, value: object = None) -> Criteria:
    asked = {"attribute": attribute, "operator": operator}
    return asked if value is None else {**asked, "value": value}


def _years_turned() -> Iterator[Groups]:
    for age in range(95):
        yield [[_asked("birth_date", "turns_in_year", age)]]


def _ages_and_sex() -> Iterator[Groups]:
    for years, age, sex in product((0, 2, 5), range(90), ("female", "male")):
        yield [[_asked("sex", "is", sex)], [_asked("birth_date", "is_years", [age, age + years])]]


def _ages_and_places() -> Iterator[Groups]:
    counted = Person.objects.values_list("postal_code").annotate(people=Count("pk"))
    codes = [code for code, _people in counted.order_by("-people", "postal_code") if code]
    for age, first in product(range(0, 88, 4), range(0, min(len(codes), 70) - 3, 7)):
        near = sorted(codes[first : first + 7])
        yield [[_asked("postal_code", "one_of", near)], [_asked("age", "between", [age, age + 7])]]


def _languages() -> Iterator[Groups]:
    for age, language in product(range(0, 80, 4), ("fi", "sv")):
        adult = [_asked("age", "between", [age, age + 12])]
        yield [[_asked("mother_tongue", "is_not", language)], adult, [_asked("sex", "has")]]
        yield [[_asked("contact_language", "none_of", [language, "en"])], adult]


def _not_seen_for_years() -> Iterator[Groups]:
    for years, age in product((1, 2, 3, 4, 5), range(25, 75, 5)):
        seen = [
            _asked("last_screening", "has_not"),
            _asked("last_screening", "at_least_years_since", years),
        ]
        span = [_asked("birth_date", "is_years", [age, age + 4])]
        yield [[_asked("sex", "is", "female")], span, seen]


def _families() -> Iterator[Groups]:
    for age in range(18):
        yield [[_asked("guardian_birth_date", "has")], [_asked("birth_date", "turns_in_year", age)]]
        for sex in ("female", "male"):
            turning = [_asked("child_birth_date", "turns_in_year", age)]
            yield [turning, [_asked("sex", "is", sex)]]


def _many_people() -> Iterator[Groups]:
    for age in (35, 50, 64, 75):
        yield [[_asked("contact_language", "is", "fi")], [_asked("age", "at_least", age)]]
        yield [[_asked("age", "less_than", age), _asked("sex", "has_not")]]


SHAPES: tuple[Callable[[], Iterator[Groups]], ...] = (
    _years_turned,
    _ages_and_sex,
    _ages_and_places,
    _languages,
    _not_seen_for_years,
    _families,
    _many_people,
)
