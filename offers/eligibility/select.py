"""Selecting: criteria as one query, and a query as one INSERT ... SELECT."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, models, router
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from citizens.disputes import Disputes, open_disputes, undisputed
from citizens.models import Person
from citizens.models.people import HELSINKI
from offers.catalogue.criteria import Criteria, Criterion, parse_criteria


def matching(criteria: object, *, as_of: date) -> QuerySet[Person]:
    """People who hold the criteria on the day and are in the register, alive and resident.

    ``criteria`` are in the JSON form of EligibilityRule.criteria; raises CriteriaError. Protected
    people and people who have objected are among them: how they are met is the round's matter.
    """
    return holding(Person.objects.resident(), parse_criteria(criteria), as_of)


def not_resident(criteria: object, *, as_of: date) -> dict[str, int]:
    """How many people hold the criteria and yet don't match: died, gone, moved, elsewhere."""
    reason = Case(
        When(died_on__isnull=False, then=Value("died")),
        When(gone_at__isnull=False, then=Value("gone")),
        When(moved_out_on__isnull=False, then=Value("moved")),
        When(~Q(municipality=HELSINKI), then=Value("elsewhere")),
        output_field=models.CharField(),
    )
    people = holding(Person.objects.all(), parse_criteria(criteria), as_of)
    counted = people.annotate(reason=reason).values("reason").annotate(count=Count("pk"))
    return {row["reason"]: row["count"] for row in counted.exclude(reason=None)}


def holding(
    people: QuerySet[Person], criteria: Criteria, as_of: date, disputes: Disputes | None = None
) -> QuerySet[Person]:
    """Those of the people who hold every group of the criteria.

    What somebody disputes is not known of them: ``disputes``, by default those open now.
    """
    disputes = open_disputes() if disputes is None else disputes
    for group in criteria:
        people = people.filter(group_holds(group, as_of, disputes))
    return people


def group_holds(group: tuple[Criterion, ...], as_of: date, disputes: Disputes) -> Q:
    """The condition that any criterion of the group holds.

    Questions of one attribute are asked together, so that several about one registered fact
    are one subquery.
    """
    holds = Q()
    for criteria in _by_attribute(group):
        questions = [criterion.question for criterion in criteria]
        holds |= undisputed(criteria[0].attribute, disputes).holds(questions, as_of)
    return holds


def _by_attribute(group: tuple[Criterion, ...]) -> Iterator[list[Criterion]]:
    def code(criterion: Criterion) -> str:
        return criterion.attribute.code

    for _code, criteria in groupby(sorted(group, key=code), key=code):
        yield list(criteria)


def insert_select(
    model: type[models.Model],
    rows: QuerySet[Any],
    columns: Mapping[str, str | Combinable],
    *,
    skip_existing: bool = True,
) -> int:
    """Insert a row of ``model`` for each row of the query, in one statement; how many were new.

    ``columns`` says for each field which annotation, field or expression of ``rows`` it gets;
    fields left out get their default. A row that breaks a unique constraint is already there
    and is left as it is; where there can be none, ``skip_existing=False`` saves a third of the
    time and raises IntegrityError if there is one. Nothing passes through Python.
    """
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    sources = _defaults(model) | {
        name: F(source) if isinstance(source, str) else source for name, source in columns.items()
    }
    prefixed = {f"into_{name}": source for name, source in sources.items()}
    query = rows.order_by().annotate(**prefixed).values_list(*prefixed).query
    try:
        sql, parameters = query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return 0
    column_of = {field.name: str(field.column) for field in model._meta.concrete_fields}
    into = ", ".join(quote(column_of[name]) for name in sources)
    there = "ON CONFLICT DO NOTHING" if skip_existing else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(model._meta.db_table)} ({into}) {sql} {there}",
            parameters,
        )
        return int(cursor.rowcount)


def _defaults(model: type[models.Model]) -> dict[str, Combinable]:
    defaults = {field.name: _default(field) for field in model._meta.concrete_fields}
    return {name: default for name, default in defaults.items() if default is not None}


def refresh_statistics(model: type[models.Model]) -> None:
    """Tell the planner of rows just written in bulk, before the same transaction joins them.

    Without it the first bulk into an empty table is joined as if nothing were in it.
    """
    connection = connections[router.db_for_write(model)]
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def _default(field: "models.Field[Any, Any]") -> Combinable | None:
    if field.primary_key or field.generated or field.has_db_default():
        return None
    if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
        return Now()
    if field.has_default() or not field.null:
        return Value(field.get_default(), output_field=field)
    return None
