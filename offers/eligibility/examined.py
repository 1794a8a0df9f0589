"""Whom a nightly run must look at: people whose facts changed, and those about whom a date passed.

Everybody else holds exactly the rules they held. To look at more people than needed is harmless.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date

from django.db import connection
from django.db.models import Model

from citizens.attributes import AttributeDefinition
from citizens.lookups import People
from citizens.models import Examined, Person, PersonChange
from citizens.operators import Question
from offers.catalogue.criteria import Criteria

FIELDS = ", ".join(
    str(field.column) for field in Examined._meta.concrete_fields if not field.primary_key
)


def _table(model: type[Model]) -> str:
    return model._meta.db_table


TABLE = f"""
DROP TABLE IF EXISTS {_table(Examined)};
CREATE TEMP TABLE {_table(Examined)} ON COMMIT DROP AS
SELECT id, {FIELDS} FROM {_table(Person)} WITH NO DATA;
ALTER TABLE {_table(Examined)} ADD PRIMARY KEY (id)
"""
TAKE_CHANGED = f"""
WITH taken AS (DELETE FROM {_table(PersonChange)} RETURNING person_id)
INSERT INTO {_table(Examined)}
SELECT changed.person_id, {FIELDS}
FROM (SELECT DISTINCT person_id FROM taken) changed
LEFT JOIN {_table(Person)} person ON person.id = changed.person_id
"""
ADD = f"""
INSERT INTO {_table(Examined)}
SELECT id, {FIELDS} FROM {_table(Person)} WHERE id IN (people)
ON CONFLICT (id) DO NOTHING
"""


def gather(rules: Iterable[Criteria], days: Collection[tuple[date, date]]) -> int:
    """Put whom the rules may answer differently now into ``Examined``; how many they are.

    ``days`` are pairs of the day the rules were last asked for and the new one. The queue of
    changes is emptied. The table is there until the transaction ends.
    """
    asked: dict[str, list[Question]] = defaultdict(list)
    definitions: dict[str, AttributeDefinition] = {}
    for criteria in rules:
        for criterion in (one for group in criteria for one in group):
            definitions[criterion.attribute.code] = criterion.attribute
            asked[criterion.attribute.code].append(criterion.question)
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.execute(TAKE_CHANGED)
    changed = Examined.objects.values("pk")
    _add(more for one in definitions.values() for more in one.lookup.reached(changed))
    for pair in days:
        for code, questions in asked.items():
            _add(definitions[code].lookup.crossing(questions, pair))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {_table(Examined)}")
    return Examined.objects.count()


def _add(queries: Iterable[People]) -> None:
    with connection.cursor() as cursor:
        for people in list(queries):
            sql, parameters = people.order_by().query.sql_with_params()
            cursor.execute(ADD.replace("(people)", f"({sql})"), parameters)
