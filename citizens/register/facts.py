"""The import of registered facts: what other registers know about people."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import connection, transaction

from citizens.copying import Value, copy_rows, in_parts
from citizens.models import Attribute, ValueType
from citizens.register import checking
from citizens.register.checking import Fact
from citizens.register.errors import BadRows, ErrorFile, Problem, UnusableFile
from citizens.register.formats import FactRow
from citizens.register.reading import RegisterFile

PART = 20_000
COLUMNS = ("line", "person", "attribute", *(value_type.value for value_type in ValueType))

TABLE = """
DROP TABLE IF EXISTS new_facts;
CREATE TEMP TABLE new_facts (
    line integer, person text, attribute text, text text, number numeric, date date,
    boolean boolean, person_id bigint, attribute_id bigint
) ON COMMIT DROP
"""
MATCH = """
UPDATE new_facts n SET person_id = p.id, attribute_id = a.id
FROM citizens_person p, citizens_attribute a
WHERE p.register_key = n.person AND a.code = n.attribute
"""
UNKNOWN_PERSON = """
DELETE FROM new_facts WHERE person_id IS NULL
RETURNING line, 'person', 'the person is not in the register'
"""
TWICE = """
DELETE FROM new_facts n USING (
    SELECT person_id, attribute_id, min(line) AS first FROM new_facts
    GROUP BY person_id, attribute_id HAVING count(*) > 1
) twice
WHERE n.person_id = twice.person_id AND n.attribute_id = twice.attribute_id
RETURNING n.line, 'attribute', 'the person has this attribute on several lines, first on line '
    || twice.first
"""
CHANGE = """
UPDATE citizens_registeredfact f SET text = n.text, number = n.number, date = n.date,
    boolean = n.boolean, as_of = %(as_of)s
FROM new_facts n
WHERE f.person_id = n.person_id AND f.attribute_id = n.attribute_id
    AND (f.text, f.number, f.date, f.boolean)
    IS DISTINCT FROM (n.text, n.number, n.date, n.boolean)
"""
ADD = """
INSERT INTO citizens_registeredfact
    (person_id, attribute_id, text, number, date, boolean, as_of)
SELECT person_id, attribute_id, text, number, date, boolean, %(as_of)s FROM new_facts ORDER BY line
ON CONFLICT (person_id, attribute_id) DO NOTHING
"""
LOSE = """
DELETE FROM citizens_registeredfact f
WHERE f.attribute_id IN (SELECT DISTINCT attribute_id FROM new_facts)
    AND NOT EXISTS (
        SELECT FROM new_facts n
        WHERE n.person_id = f.person_id AND n.attribute_id = f.attribute_id
    )
"""


@dataclass(frozen=True)
class FactChanges:
    """How many facts came, changed and went."""

    new: int
    changed: int
    gone: int
    skipped: int


def import_facts(
    *,
    path: Path,
    errors: ErrorFile,
    as_of: date | None = None,
    skip_bad: bool = False,
    dry_run: bool = False,
    review: Callable[[FactChanges], None] = lambda changes: None,
) -> FactChanges:
    """Make the facts of every attribute the file names what the file says, or nothing at all.

    Somebody whom the file does not name with such an attribute has none afterwards. ``as_of`` is
    the day the facts are of where the file does not say it. Raises RegisterError.
    """
    with transaction.atomic(), closing(RegisterFile(path, FactRow._fields)) as file:
        day = file.header.as_of or as_of
        if day is None:
            raise UnusableFile(
                f"{path.name} does not say of which day it is. Begin it with a line such as "
                "'# as-of: 2026-01-31', or give the day with --as-of."
            )
        _run(TABLE)
        _stage(file, errors)
        if errors.count and not skip_bad:
            raise BadRows(
                f"{errors.rows} rows cannot be used; nothing was imported. "
                f"{errors.path} says why. With --skip-bad the other rows are imported."
            )
        changes = FactChanges(
            changed=_run(CHANGE, as_of=day),
            gone=0 if errors.count else _run(LOSE),
            new=_run(ADD, as_of=day),
            skipped=errors.rows,
        )
        review(changes)
        if dry_run:
            transaction.set_rollback(True)
    return changes


def _stage(file: RegisterFile, errors: ErrorFile) -> None:
    types = {
        code: ValueType(value_type)
        for code, value_type in Attribute.objects.values_list("code", "value_type")
    }
    check = checking.facts(types)

    def report(line: int, column: str, reason: str, _key: str = "") -> None:
        errors.add(Problem(file.name, line, column, reason))

    for part in in_parts(file.rows(report), PART):
        staged: list[Sequence[Value]] = []
        for line, values in part:
            problems: list[tuple[str, str]] = []
            parsed = check.read(values, problems)
            if problems:
                report(line, *problems[0])
            else:
                staged.append((line, *_by_type(Fact(*parsed), types)))
        copy_rows("new_facts", COLUMNS, staged)
    _run("CREATE INDEX ON new_facts (person_id, attribute_id)")
    _run(MATCH)
    _run("ANALYZE new_facts")
    for statement in (UNKNOWN_PERSON, TWICE):
        with connection.cursor() as cursor:
            cursor.execute(statement)
            for line, column, reason in sorted(cursor.fetchall()):
                report(line, column, reason)


def _by_type(fact: Fact, types: dict[str, ValueType]) -> Sequence[Value]:
    """The fact with its value in the column of its type."""
    of_type = types[fact.attribute]
    columns = [fact.value if of_type == value_type else None for value_type in ValueType]
    return fact.person, fact.attribute, *columns


def _run(statement: str, **values: date) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        count: int = cursor.rowcount
        return count
