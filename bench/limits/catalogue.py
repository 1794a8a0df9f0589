"""The limit of a catalogue: each of its conditions as the statement a person would write by hand.

Nothing is shared with ours: the condition is read from its JSON and written as literal SQL. Only
what the catalogue for measuring asks is known.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from psycopg2.extensions import cursor

Question = Mapping[str, Any]
Rules = Mapping[int, Mapping[str, Any]]

TABLE = """
    CREATE TABLE IF NOT EXISTS bench_entitlement (
        rule_id bigint NOT NULL, person_id bigint NOT NULL, PRIMARY KEY (rule_id, person_id)
    );
    CREATE UNLOGGED TABLE IF NOT EXISTS bench_peer (
        rule_id integer NOT NULL, person_id bigint NOT NULL
    );
    GRANT ALL ON bench_entitlement, bench_peer TO PUBLIC
"""
EMPTY = """
    TRUNCATE offers_entitlement, offers_standingrule, citizens_personchange, bench_entitlement,
        bench_peer;
    CHECKPOINT
"""
CONTENT = """
    SELECT rule_id, count(*), sum(hashint8extended(person_id, 0)::numeric)
    FROM {table} GROUP BY rule_id ORDER BY rule_id
"""
CHANGE = """
    UPDATE citizens_person SET postal_code = '00' || (100 + (id + %(night)s) %% 80 * 10),
        contact_language = CASE WHEN id %% 3 = 0 THEN 'sv' ELSE contact_language END,
        sex = CASE WHEN id %% 5 = 0 THEN 'male' ELSE sex END,
        moved_out_on = CASE WHEN id %% 7 = 0 THEN %(day)s ELSE moved_out_on END
    WHERE id %% 400 = %(night)s;
    UPDATE citizens_registeredfact SET date = date + 400
    WHERE person_id %% 400 = %(night)s + 200
"""
"""Of one person in 400 what the register says, of as many women what another register does."""


def create(cursor: cursor) -> None:
    """The table beside ours, with the same key; and one without any, for the peers."""
    cursor.execute(TABLE)


def empty(cursor: cursor) -> None:
    """Take everything of the last run away and write everything to disk."""
    cursor.execute(EMPTY)


def change(cursor: cursor, *, night: int, day: date) -> int:
    """Change half a per cent of the people; every night others. How many were changed."""
    cursor.execute(CHANGE, {"night": night, "day": day})
    cursor.execute("SELECT count(DISTINCT person_id) FROM citizens_personchange")
    return int(cursor.fetchall()[0][0])


def content(cursor: cursor, table: str) -> list[tuple[int, int, int]]:
    """For each rule how many people a table holds, and a sum over the hashes of who."""
    cursor.execute(CONTENT.format(table=table))
    return cursor.fetchall()


def statements(rules: Rules, *, day: date) -> list[str]:
    """An INSERT for each rule, finished: only running them is the limit."""
    return [
        f"INSERT INTO bench_entitlement SELECT {rule}, person.id FROM citizens_person person"
        f" WHERE {RESIDENT} AND {condition(criteria, day=day)}"
        for rule, criteria in rules.items()
    ]


def insert_all(cursor: cursor, written: Iterable[str]) -> None:
    """Run them in one transaction."""
    cursor.execute("BEGIN")
    for statement in written:
        cursor.execute(statement)
    cursor.execute("COMMIT")


RESIDENT = (
    "person.municipality = '091' AND person.moved_out_on IS NULL AND person.died_on IS NULL"
    " AND person.gone_at IS NULL"
)


def condition(criteria: Mapping[str, Any], *, day: date) -> str:
    """The criteria as a person would write them after WHERE."""
    groups = [[_asked(question, day) for question in group["any"]] for group in criteria["all"]]
    return " AND ".join("(" + " OR ".join(group) + ")" for group in groups)


def _asked(question: Question, day: date) -> str:
    written = WRITTEN[question["attribute"], question["operator"]]
    return written(question.get("value"), day)


def _ago(day: date, years: int) -> str:
    return f"DATE '{day.replace(year=day.year - years)}'"


def _turns(column: str, value: int, day: date) -> str:
    year = day.year - value
    return f"{column} BETWEEN DATE '{year}-01-01' AND DATE '{year}-12-31'"


def _aged(low: int, high: int, day: date) -> str:
    return f"person.birth_date > {_ago(day, high + 1)} AND person.birth_date <= {_ago(day, low)}"


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _seen(and_what: str = "") -> str:
    return (
        "EXISTS (SELECT FROM citizens_registeredfact fact JOIN citizens_attribute attribute"
        " ON attribute.id = fact.attribute_id WHERE attribute.code = 'last_screening'"
        f" AND fact.person_id = person.id{and_what})"
    )


def _guardianship(day: date, own: str, and_what: str = "") -> str:
    return (
        "EXISTS (SELECT FROM citizens_guardianship tie JOIN citizens_person child"
        f" ON child.id = tie.child_id WHERE tie.{own} = person.id AND tie.may_decide"
        f" AND tie.valid_from <= DATE '{day}'"
        f" AND (tie.valid_until IS NULL OR tie.valid_until >= DATE '{day}')"
        f" AND child.birth_date > {_ago(day, 18)}{and_what})"
    )


WRITTEN: dict[tuple[str, str], Callable[[Any, date], str]] = {
    ("birth_date", "turns_in_year"): lambda value, day: _turns("person.birth_date", value, day),
    ("birth_date", "is_years"): lambda value, day: _aged(value[0], value[1], day),
    ("age", "between"): lambda value, day: _aged(value[0], value[1], day),
    ("age", "at_least"): lambda value, day: f"person.birth_date <= {_ago(day, value)}",
    ("age", "less_than"): lambda value, day: f"person.birth_date > {_ago(day, value)}",
    ("sex", "is"): lambda value, day: f"person.sex = '{value}'",
    ("sex", "has"): lambda value, day: "person.sex <> ''",
    ("sex", "has_not"): lambda value, day: "person.sex = ''",
    ("postal_code", "one_of"): lambda value, day: f"person.postal_code IN ({_listed(value)})",
    ("mother_tongue", "is_not"): lambda value, day: f"person.mother_tongue NOT IN ('', '{value}')",
    ("contact_language", "is"): lambda value, day: f"person.contact_language = '{value}'",
    ("contact_language", "none_of"): lambda value, day: (
        f"person.contact_language NOT IN ('', {_listed(value)})"
    ),
    ("last_screening", "has_not"): lambda value, day: "NOT " + _seen(),
    ("last_screening", "at_least_years_since"): lambda value, day: _seen(
        f" AND fact.date <= {_ago(day, value)}"
    ),
    ("guardian_birth_date", "has"): lambda value, day: _guardianship(day, "child_id"),
    ("child_birth_date", "turns_in_year"): lambda value, day: _guardianship(
        day, "guardian_id", " AND " + _turns("child.birth_date", value, day)
    ),
}
