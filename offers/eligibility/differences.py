"""What all rules say of the examined people, beside what stands; only the difference is written."""

from collections.abc import Mapping
from datetime import date

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Value

from citizens.disputes import Disputes
from citizens.models import Examined
from offers.catalogue.criteria import Criteria
from offers.eligibility.select import holding
from offers.models import Entitlement, StandingRule

FOUND = """
DROP TABLE IF EXISTS found, stood;
CREATE TEMP TABLE found (rule_id bigint NOT NULL, person_id bigint NOT NULL) ON COMMIT DROP
"""
STOOD = f"""
CREATE TEMP TABLE stood ON COMMIT DROP AS
SELECT standing.rule_id, entitlement.person_id
FROM {StandingRule._meta.db_table} standing
CROSS JOIN LATERAL (
    SELECT person_id FROM {Entitlement._meta.db_table} of_rule
    WHERE of_rule.rule_id = standing.rule_id
    AND of_rule.person_id = ANY (ARRAY(SELECT id FROM {Examined._meta.db_table} ORDER BY id))
) entitlement
WHERE standing.rule_id = ANY (%s);
ANALYZE found; ANALYZE stood
"""
"""The index of entitlements is walked once for each rule, from one examined person to the next."""

ADD_NEW = f"""
INSERT INTO {Entitlement._meta.db_table} (rule_id, person_id)
SELECT rule_id, person_id FROM found EXCEPT SELECT rule_id, person_id FROM stood
"""
TAKE_AWAY = f"""
DELETE FROM {Entitlement._meta.db_table} entitlement
USING (SELECT rule_id, person_id FROM stood EXCEPT SELECT rule_id, person_id FROM found) gone
WHERE entitlement.rule_id = gone.rule_id AND entitlement.person_id = gone.person_id
"""
COUNT = f"""
UPDATE {StandingRule._meta.db_table} standing SET people = standing.people + change.people
FROM (
    SELECT rule_id, sum(people) AS people FROM (
        SELECT rule_id, count(*) AS people FROM found GROUP BY rule_id
        UNION ALL SELECT rule_id, -count(*) FROM stood GROUP BY rule_id
    ) counted GROUP BY rule_id HAVING sum(people) <> 0
) change
WHERE standing.rule_id = change.rule_id
"""


def apply(rules: Mapping[int, Criteria], day: date, disputes: Disputes) -> tuple[int, int]:
    """Write what the rules say of the examined people on the day; how many rows came and went."""
    if not rules or not Examined.objects.exists():
        return 0, 0
    residents = Examined.objects.resident()
    with connection.cursor() as cursor:
        cursor.execute(FOUND)
        for rule, criteria in rules.items():
            people = holding(residents, criteria, day, disputes)
            try:
                sql, parameters = people.values_list(Value(rule), "pk").query.sql_with_params()
            except EmptyResultSet:
                continue
            cursor.execute(f"INSERT INTO found {sql}", parameters)
        cursor.execute(STOOD, [list(rules)])
        cursor.execute(ADD_NEW)
        came = cursor.rowcount
        cursor.execute(TAKE_AWAY)
        went = cursor.rowcount
        cursor.execute(COUNT)
        return came, went
