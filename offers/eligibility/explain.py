"""Explaining: the very same criteria, annotated on the people they are asked of.

An explanation has the form of the criteria, with the answer written beside each:
``{"as_of": "2027-01-15", "all": [{"any": [{"attribute": ..., "operator": ..., "value": ...,
"source": ..., "held": true | false | null, "fact": ...}]}]}``; null is unknown,
and so is what the person disputes (citizens/disputes.py): of an attribute that somebody disputes
the answer has ``"disputed": true | false`` too.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Expression,
    Func,
    JSONField,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, JSONArray, JSONObject

from citizens.attributes import known_attributes
from citizens.disputes import Disputes, Undisputed, open_disputes, undisputed
from citizens.lookups import Lookup
from citizens.models import Person
from citizens.operators import PRESENCE, Question
from offers.catalogue.criteria import Criteria, Criterion, criterion_json, parse_criteria

Explanation = dict[str, Any]

TOGETHER = 50
"""So many rules are explained in one statement."""


def with_facts(people: QuerySet[Person], criteria: object, *, as_of: date) -> QuerySet[Person]:
    """The people, each with the explanation as ``facts``. Raises CriteriaError."""
    return people.annotate(facts=_explanation(parse_criteria(criteria), as_of, open_disputes()))


def explain(criteria: object, *, person: Person, as_of: date) -> Explanation:
    """Why the person holds the criteria or doesn't, fact by fact, as registered now."""
    return next(explain_all([criteria], person=person, as_of=as_of))


def explain_all(
    criteria: Sequence[object], *, person: Person, as_of: date
) -> Iterator[Explanation]:
    """``explain`` for each of the criteria, in their order, in few statements."""
    known, disputes = known_attributes(), open_disputes()
    asked = Person.objects.filter(pk=person.pk)
    for first in range(0, len(criteria), TOGETHER):
        parsed = (parse_criteria(one, known) for one in criteria[first : first + TOGETHER])
        said = (_explanation(one, as_of, disputes) for one in parsed)
        yield from asked.values_list(*said).get()


def _explanation(criteria: Criteria, as_of: date, disputes: Disputes) -> JSONObject:
    groups = [
        JSONObject(any=JSONArray(*(_answered(criterion, as_of, disputes) for criterion in group)))
        for group in criteria
    ]
    return JSONObject(as_of=Value(as_of.isoformat()), all=JSONArray(*groups))


def _answered(criterion: Criterion, as_of: date, disputes: Disputes) -> Expression:
    """``question || answer``, both jsonb."""
    question = {**criterion_json(criterion), "source": criterion.attribute.source}
    lookup = undisputed(criterion.attribute, disputes)
    answer = {
        "held": criterion_held(lookup, criterion.question, as_of),
        "fact": lookup.value(as_of),
    }
    if isinstance(lookup, Undisputed):
        answer["disputed"] = Case(When(lookup.contested(as_of), then=True), default=False)
    return Func(
        Cast(Value(json.dumps(question)), JSONField()),
        JSONObject(**answer),
        template="(%(expressions)s)",
        arg_joiner=" || ",
        output_field=JSONField(),
    )


def criterion_held(lookup: Lookup, question: Question, as_of: date) -> Case:
    """True, false or, where the value is unknown, NULL."""
    holds = When(lookup.holds([question], as_of), then=Value(True))
    if question.operator in PRESENCE:
        return Case(holds, default=Value(False), output_field=BooleanField())
    fails = When(lookup.known(as_of), then=Value(False))
    return Case(holds, fails, default=Value(None), output_field=BooleanField())
