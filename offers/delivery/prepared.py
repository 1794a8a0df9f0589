"""Queries that are built, compiled and planned once: of a large one that takes most of the time."""

from copy import copy
from dataclasses import dataclass
from itertools import count
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.db import connections, models, router
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Blank:
    """The place of a value that is filled in at each run."""

    name: str


def blank(name: str, field: "models.Field[Any, Any]") -> RawSQL:
    """An expression for a value of the field's type that is not known yet."""
    return RawSQL("%s", (Blank(name),), output_field=field)


def listed(name: str, model: type[models.Model], column: str = "id") -> RawSQL:
    """The condition that a row's key, or another column, is in a list that is not known yet.

    The list may be empty. An array and not a subquery: the plan is the one for a few keys.
    """
    return among(name, f"{model._meta.db_table}.{column}")


def among(name: str, column: str) -> RawSQL:
    """The condition that a column, written as in SQL, is in a list that is not known yet."""
    sql = f"{column} = ANY(%s)"
    return RawSQL(sql, (Blank(name),), output_field=models.BooleanField())  # noqa: S611


_numbers = count(1)
_known: "WeakKeyDictionary[object, set[str]]" = WeakKeyDictionary()
"""The statements each of the driver's connections has been told of."""


class Prepared:
    """A query of values with blanks. Values come as the database's driver gives them.

    The database is told of it once for each connection, and so need not plan it at each run. A
    pooler in between must keep a connection for the session, or know prepared statements.
    """

    def __init__(self, query: "QuerySet[Any, Any]") -> None:
        self._name = f"prepared_{next(_numbers)}"
        self._database = router.db_for_read(query.model)
        self._compiler: Any = query.query.get_compiler(self._database)
        self._sql, self._parameters = self._compiler.as_sql()
        self._compiler.connection = None  # it is of the thread that came first
        blanks = [each.name for each in self._parameters if isinstance(each, Blank)]
        self._blanks = list(dict.fromkeys(blanks))

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """Run it with a value for every blank."""
        with connections[self._database].cursor() as cursor:
            known = _known.setdefault(cursor.connection, set())
            if self._name not in known:
                cursor.execute(self._definition(cursor))
                known.add(self._name)
            filled = [values[name] for name in self._blanks]
            places = ", ".join(["%s"] * len(filled))
            cursor.execute(f"EXECUTE {self._name}({places})", filled)
            return list(cursor.fetchall())

    def _definition(self, cursor: CursorWrapper) -> str:
        """What tells the database of it: constants are written out, blanks are numbered."""
        written = (
            f"${self._blanks.index(each.name) + 1}"
            if isinstance(each, Blank)
            else cursor.mogrify("%s", [each]).decode()
            for each in self._parameters
        )
        return f"PREPARE {self._name} AS {self._sql % tuple(written)}"


class PreparedModels(Prepared, Generic[Row]):
    """A query of models with blanks, their related ones with them; the rest as ``Prepared``."""

    def __init__(self, query: "QuerySet[Row, Row]") -> None:
        super().__init__(query)
        wanted, columns = self._compiler.klass_info, self._compiler.select
        self._model: type[Row] = wanted["model"]
        first, last = wanted["select_fields"][0], wanted["select_fields"][-1]
        self._own = slice(first, last + 1)
        self._fields = [column[0].target.attname for column in columns[self._own]]
        self._related = get_related_populators(  # type: ignore[call-arg]  # stubs of Django 6
            wanted, columns, self._database
        )

    def objects(self, **values: Any) -> list[Row]:
        """Run it with a value for every blank."""
        compiler = copy(self._compiler)
        compiler.connection = connections[self._database]
        return [self._object(row) for row in compiler.results_iter([self.rows(**values)])]

    def _object(self, row: tuple[Any, ...]) -> Row:
        made = self._model.from_db(self._database, self._fields, row[self._own])
        for related in self._related:
            related.populate(row, made)
        return made
