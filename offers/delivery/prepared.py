"""Queries that are built and compiled once: for a large one that takes longer than running it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connections, models, router
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL


@dataclass(frozen=True, slots=True)
class Blank:
    """The place of a value that is filled in at each run."""

    name: str


def blank(name: str, field: "models.Field[Any, Any]") -> RawSQL:
    """An expression for a value of the field's type that is not known yet."""
    return RawSQL("%s", (Blank(name),), output_field=field)


def listed(name: str, model: type[models.Model]) -> RawSQL:
    """The condition that a row's key is in a list that is not known yet; it may be empty.

    An array and not a subquery: the plan is the one for a few keys.
    """
    key = f"{model._meta.db_table}.{model._meta.pk.column}"
    sql = f"{key} = ANY(%s)"
    return RawSQL(sql, (Blank(name),), output_field=models.BooleanField())  # noqa: S611


class Prepared:
    """A query of values with blanks. Values come as the database's driver gives them."""

    def __init__(self, query: "QuerySet[Any, Any]") -> None:
        self._database = router.db_for_read(query.model)
        self._sql, self._parameters = query.query.sql_with_params()

    def rows(self, **values: object) -> list[tuple[Any, ...]]:
        """Run it with a value for every blank."""
        with connections[self._database].cursor() as cursor:
            cursor.execute(self._sql, self._filled(values))
            return list(cursor.fetchall())

    def _filled(self, values: Mapping[str, Any]) -> list[Any]:
        return [
            values[parameter.name] if isinstance(parameter, Blank) else parameter
            for parameter in self._parameters
        ]
