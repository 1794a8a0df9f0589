"""How an attribute becomes a query: a column, a registered fact, or related people."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import Any, Protocol

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    DecimalField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import NullIf

from citizens.models import Guardianship, Person, RegisteredFact, ValueType
from citizens.operators import Operator, Question, condition, crossed

EVERYBODY = Q(pk__isnull=False)

Days = tuple[date, date]
People = QuerySet[Any, Any]
"""A query for the keys of people."""


class Lookup(Protocol):
    """Conditions and values of one attribute, over a queryset of Person."""

    def holds(self, questions: Sequence[Question], as_of: date) -> Q:
        """Whose value is known and satisfies any of the questions."""

    def known(self, as_of: date) -> Q:
        """Whose value is known."""

    def value(self, as_of: date) -> Combinable:
        """The value itself, or NULL, as jsonb can hold it."""

    def made_from(self, people: Collection[int], as_of: date) -> Q:
        """Whose value is made, among others, of a fact of these people."""

    def reached(self, changed: People) -> Iterator[People]:
        """Who else's value may be another, now that rows of these people have changed."""

    def crossing(self, questions: Sequence[Question], days: Days) -> Iterator[People]:
        """Whose answer may differ between the two days, though nothing was written."""


@dataclass(frozen=True)
class Column:
    """A column of Person; NULL, or an empty text, is unknown."""

    field: str
    unknown: Q | None = None

    def holds(self, questions: Sequence[Question], as_of: date) -> Q:
        return reduce(or_, (self._one(question, as_of) for question in questions))

    def known(self, as_of: date) -> Q:
        return EVERYBODY if self.unknown is None else ~self.unknown

    def value(self, as_of: date) -> Combinable:
        return F(self.field) if self.unknown is None else NullIf(self.field, Value(""))

    def made_from(self, people: Collection[int], as_of: date) -> Q:
        return Q(pk__in=people)

    def reached(self, changed: People) -> Iterator[People]:
        yield from ()

    def crossing(self, questions: Sequence[Question], days: Days) -> Iterator[People]:
        for spans in crossed_spans(self.field, questions, days):
            yield Person.objects.filter(spans).values_list("pk")

    def _one(self, question: Question, as_of: date) -> Q:
        if question.operator is Operator.HAS:
            return self.known(as_of)
        if question.operator is Operator.HAS_NOT:
            return ~EVERYBODY if self.unknown is None else self.unknown
        holds = condition(self.field, question, as_of)
        # an empty text differs from every value, and yet is not known to
        return holds & ~self.unknown if self.unknown and question.operator.negative else holds


@dataclass(frozen=True)
class Age:
    """Whole years on the day, asked as ranges of the date of birth."""

    birth_date: Column = Column("birth_date")

    def holds(self, questions: Sequence[Question], as_of: date) -> Q:
        return self.birth_date.holds([in_birth_dates(question) for question in questions], as_of)

    def known(self, as_of: date) -> Q:
        return EVERYBODY

    def value(self, as_of: date) -> Combinable:
        return Func(
            as_of,
            F("birth_date"),
            template="EXTRACT(year FROM AGE(%(expressions)s))",
            output_field=IntegerField(),
        )

    def made_from(self, people: Collection[int], as_of: date) -> Q:
        return Q(pk__in=people)

    def reached(self, changed: People) -> Iterator[People]:
        yield from ()

    def crossing(self, questions: Sequence[Question], days: Days) -> Iterator[People]:
        return self.birth_date.crossing([in_birth_dates(question) for question in questions], days)


def in_birth_dates(question: Question) -> Question:
    """A question about an age, as the same question about the date of birth."""
    years = question.value
    match question.operator:
        case Operator.AT_LEAST:
            return Question(Operator.YEARS_SINCE, years)
        case Operator.LESS_THAN:
            return Question(Operator.FEWER_YEARS_SINCE, years)
        case Operator.AT_MOST if isinstance(years, int):
            return Question(Operator.FEWER_YEARS_SINCE, years + 1)
        case Operator.MORE_THAN if isinstance(years, int):
            return Question(Operator.YEARS_SINCE, years + 1)
        case Operator.BETWEEN:
            return Question(Operator.IS_YEARS, years)
        case Operator.NOT_BETWEEN:
            return Question(Operator.IS_NOT_YEARS, years)
    raise ValueError(f"{question.operator} is not asked of an age")


@dataclass(frozen=True)
class Fact:
    """A registered fact: at most one row for a person; no row is unknown.

    Rows of the people in ``doubtful`` are as if they were not there.
    """

    attribute_id: int
    value_type: ValueType
    doubtful: Collection[int] = ()

    def holds(self, questions: Sequence[Question], as_of: date) -> Q:
        """Asked with one subquery however many the questions are."""
        operators = {question.operator for question in questions}
        asked = [q for q in questions if q.operator not in (Operator.HAS, Operator.HAS_NOT)]
        if Operator.HAS in operators:
            return EVERYBODY if Operator.HAS_NOT in operators else self.known(as_of)
        if Operator.HAS_NOT in operators:
            none_hold = (self._one(question.opposite, as_of) for question in asked)
            return ~Q(Exists(self._rows().filter(reduce(and_, none_hold, Q()))))
        any_holds = (self._one(question, as_of) for question in asked)
        return Q(Exists(self._rows().filter(reduce(or_, any_holds))))

    def known(self, as_of: date) -> Q:
        return Q(Exists(self._rows()))

    def value(self, as_of: date) -> Combinable:
        value = F(self.value_type.value)
        if self.value_type == ValueType.NUMBER:
            trimmed = Func(value, function="TRIM_SCALE", output_field=DecimalField())
            return Subquery(self._rows().values_list(trimmed))
        return Subquery(self._rows().values(self.value_type.value))

    def made_from(self, people: Collection[int], as_of: date) -> Q:
        return Q(pk__in=people)

    def reached(self, changed: People) -> Iterator[People]:
        yield from ()

    def crossing(self, questions: Sequence[Question], days: Days) -> Iterator[People]:
        facts = RegisteredFact.objects.filter(attribute_id=self.attribute_id)
        for spans in crossed_spans(self.value_type.value, questions, days):
            yield facts.filter(spans).values_list("person_id")

    def _rows(self) -> "QuerySet[RegisteredFact]":
        rows = RegisteredFact.objects.filter(
            person=OuterRef("pk"),
            attribute_id=self.attribute_id,
            **{f"{self.value_type.value}__isnull": False},
        )
        return rows.exclude(person__in=self.doubtful) if self.doubtful else rows

    def _one(self, question: Question, as_of: date) -> Q:
        return condition(self.value_type.value, question, as_of)


@dataclass(frozen=True)
class Related:
    """A value of several related people: holds when it does of any; its opposite, of none.

    Registers know relations whole, so nothing is unknown: who has none simply has none.
    """

    side: str  # of Guardianship: which end the asked person is
    field: str

    def holds(self, questions: Sequence[Question], as_of: date) -> Q:
        return reduce(or_, (self._one(question, as_of) for question in questions))

    def known(self, as_of: date) -> Q:
        return EVERYBODY

    def value(self, as_of: date) -> Combinable:
        return ArraySubquery(self._rows(as_of).order_by(self.field).values(self.field))

    def made_from(self, people: Collection[int], as_of: date) -> Q:
        other = self.field.partition("__")[0]
        return Q(Exists(self._rows(as_of).filter(**{f"{other}__in": people})))

    def reached(self, changed: People) -> Iterator[People]:
        other = self.field.partition("__")[0]
        related = Guardianship.objects.filter(**{f"{other}__in": changed})
        yield related.values_list(f"{self.side}_id")

    def crossing(self, questions: Sequence[Question], days: Days) -> Iterator[People]:
        relations = Guardianship.objects.may_decide()
        for changing in relations.in_force_on_one_of(*days):
            yield changing.values_list(f"{self.side}_id")
        for spans in crossed_spans(self.field, questions, days):
            yield relations.filter(spans).values_list(f"{self.side}_id")

    def _rows(self, as_of: date) -> "QuerySet[Guardianship]":
        own = {self.side: OuterRef("pk")}
        return Guardianship.objects.valid_on(as_of).may_decide().filter(**own)

    def _one(self, question: Question, as_of: date) -> Q:
        rows = self._rows(as_of)
        if question.operator is Operator.HAS:
            return Q(Exists(rows))
        if question.operator.negative:
            return ~self._one(question.opposite, as_of)
        return Q(Exists(rows.filter(condition(self.field, question, as_of))))


def crossed_spans(field: str, questions: Sequence[Question], days: Days) -> Iterator[Q]:
    """The dates about which some question is answered differently on the two days, if any."""
    spans = sorted({span for question in questions for span in crossed(question, days)})
    if spans:
        yield reduce(or_, (Q(**{f"{field}__range": span}) for span in spans))
