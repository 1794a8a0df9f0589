"""Queries that are built and compiled once: for a large one that takes longer than running it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, connections, models, router
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL


@dataclass(frozen=True, slots=True)
class Blank:
    """The place of a value that is filled in at each run."""

    name: str


def blank(name: str, field: "models.Field[Any, Any]") -> RawSQL:
    """An expression for a value of the field's type that is not known yet."""
    return RawSQL("%s", (Blank(name),), output_field=field)


def blank_list(name: str, field: "models.Field[Any, Any]") -> RawSQL:
    """The same for a list of values, to be looked up with ``__in``; it may turn out to be empty."""
    sql = f"SELECT unnest(%s::{field.cast_db_type(connection)}[])"
    return RawSQL(sql, (Blank(name),), output_field=field)  # noqa: S611 - the type is Django's


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
