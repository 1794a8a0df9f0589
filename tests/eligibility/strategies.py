"""Random people and random rules, crowded where answers change."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from citizens.operators import (
    CHOICE,
    COMPARISON,
    EQUALITY,
    PRESENCE,
    SPAN,
    YEAR_SPAN,
    YEARS,
)
from tests.eligibility.independent import Custody, Record

DAYS = [
    *(date(2027, 2, 28), date(2027, 3, 1), date(2028, 2, 28), date(2028, 2, 29)),
    *(date(2027, 1, 1), date(2027, 6, 15), date(2027, 12, 31)),
]
YEARS_ASKED = [0, 1, 2, 5, 6, 17, 18, 30, 65]
TEXTS = ["fi", "sv", "so", "00100", "00420", "a b"]
NUMBERS = [Decimal(0), Decimal("0.5"), Decimal(1), Decimal(7), Decimal("-3.25")]

BORDERS = st.one_of(
    st.builds(
        lambda day, years, shift: _years_earlier(day, years) + timedelta(days=shift),
        st.sampled_from(DAYS),
        st.sampled_from([*YEARS_ASKED, 7, 31, 66]),
        st.integers(-1, 1),
    ),
    st.sampled_from([date(2020, 2, 29), date(2016, 2, 29), date(2021, 1, 1), date(2021, 12, 31)]),
)


def _years_earlier(day: date, years: int) -> date:
    first = date(day.year - years, day.month, 1)
    return first + timedelta(days=day.day - 1)


CHOICES = {
    "sex": ["female", "male"],
    "contact_language": ["fi", "sv", "en"],
    "mother_tongue": ["fi", "sv", "so"],
    "postal_code": ["00100", "00420"],
    "municipality": ["091", "049"],
    "text_fact": TEXTS,
}
OPERATORS: dict[str, tuple[str, ...]] = {
    "birth_date": (*YEARS, *YEAR_SPAN, *COMPARISON, *SPAN, *EQUALITY),
    "age": (*COMPARISON, *SPAN),
    "sex": (*EQUALITY, *PRESENCE),
    "contact_language": (*EQUALITY, *CHOICE),
    "mother_tongue": (*EQUALITY, *CHOICE, *PRESENCE),
    "postal_code": (*EQUALITY, *CHOICE, *PRESENCE),
    "municipality": (*EQUALITY, *CHOICE, *PRESENCE),
    "text_fact": (*EQUALITY, *CHOICE, *PRESENCE),
    "number_fact": (*COMPARISON, *SPAN, *EQUALITY, *PRESENCE),
    "date_fact": (*YEARS, *YEAR_SPAN, *COMPARISON, *SPAN, *EQUALITY, *PRESENCE),
    "boolean_fact": (*EQUALITY, *PRESENCE),
    "guardian_birth_date": (*YEARS, *YEAR_SPAN, *COMPARISON, *SPAN, *EQUALITY, *PRESENCE),
    "child_birth_date": (*YEARS, *YEAR_SPAN, *COMPARISON, *SPAN, *EQUALITY, *PRESENCE),
}


def _scalars(attribute: str) -> st.SearchStrategy[Any]:
    if attribute in CHOICES:
        return st.sampled_from(CHOICES[attribute])
    if attribute == "age":
        return st.sampled_from(YEARS_ASKED)
    if attribute == "number_fact":
        return st.sampled_from([float(number) for number in NUMBERS])
    if attribute == "boolean_fact":
        return st.booleans()
    return BORDERS.map(date.isoformat)


@st.composite
def criteria_items(draw: st.DrawFn) -> dict[str, Any]:
    """One criterion about any attribute, with any operator it has."""
    attribute = draw(st.sampled_from(sorted(OPERATORS)))
    operator = str(draw(st.sampled_from(OPERATORS[attribute])))
    if operator in PRESENCE:
        return {"attribute": attribute, "operator": operator}
    if operator in YEARS:
        value: Any = draw(st.sampled_from(YEARS_ASKED))
    elif operator in YEAR_SPAN:
        value = sorted(draw(st.lists(st.sampled_from(YEARS_ASKED), min_size=2, max_size=2)))
    elif operator in SPAN:
        value = sorted(draw(st.lists(_scalars(attribute), min_size=2, max_size=2)))
    elif operator in CHOICE:
        value = draw(st.lists(_scalars(attribute), min_size=1, max_size=3, unique=True))
    else:
        value = draw(_scalars(attribute))
    return {"attribute": attribute, "operator": operator, "value": value}


GROUPS = st.lists(criteria_items(), min_size=1, max_size=3).map(lambda items: {"any": items})
RULES = st.lists(GROUPS, min_size=1, max_size=3).map(lambda groups: {"all": groups})


@st.composite
def custodies(
    draw: st.DrawFn, own_birth_date: date, *, as_child: bool, disputing: bool = False
) -> Custody:
    """A guardianship of or over somebody."""
    other = draw(BORDERS)
    begun = draw(BORDERS)
    until = draw(st.none() | BORDERS)
    return Custody(
        other_birth_date=other,
        child_birth_date=own_birth_date if as_child else other,
        valid_from=begun,
        valid_until=None if until is None else max(until, begun),
        may_decide=draw(st.booleans()),
        other_disputes=disputing and draw(st.booleans()),
    )


@st.composite
def records(draw: st.DrawFn, *, disputing: bool = False) -> Record:
    """A person of whom some things are unknown; ``disputing`` ones say that some are wrong."""
    born = draw(BORDERS)
    values: dict[str, Any] = {
        name: draw(st.none() | st.sampled_from(CHOICES[name]))
        for name in ("sex", "mother_tongue", "postal_code", "text_fact")
    }
    values |= {
        "birth_date": born,
        "contact_language": draw(st.sampled_from(CHOICES["contact_language"])),
        "municipality": "091",
        "number_fact": draw(st.none() | st.sampled_from(NUMBERS)),
        "date_fact": draw(st.none() | BORDERS),
        "boolean_fact": draw(st.none() | st.booleans()),
    }
    return Record(
        values,
        guardians=draw(st.lists(custodies(born, as_child=True, disputing=disputing), max_size=2)),
        children=draw(st.lists(custodies(born, as_child=False, disputing=disputing), max_size=2)),
        disputed=draw(st.frozensets(st.sampled_from(sorted(OPERATORS))))
        if disputing
        else frozenset(),
    )
