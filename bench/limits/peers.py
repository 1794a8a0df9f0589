"""The peers of selecting, in a process of their own: OpenFisca, zen-engine and polars.

Each reads the columns out of the database, decides, and writes who is eligible back. Run by
``bench.eligibility --peers PYTHON``, where PYTHON has openfisca-core, zen-engine, polars and
psycopg2; the product needs none of them. Prints the seconds, imports left out.
"""

import io
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import Any

import psycopg2
from psycopg2.extensions import connection

SAMPLE = 20_000
"""People zen-engine is asked about one by one; its time is scaled to all."""

COLUMNS = (
    "id, birth_date, sex, mother_tongue, contact_language, postal_code, municipality = '091'"
    " AND moved_out_on IS NULL AND died_on IS NULL AND gone_at IS NULL AS resident,"
    " (SELECT fact.date FROM citizens_registeredfact fact JOIN citizens_attribute attribute"
    " ON attribute.id = fact.attribute_id WHERE attribute.code = 'last_screening'"
    " AND fact.person_id = citizens_person.id) AS last_screening"
)
PEOPLE = f"COPY (SELECT {COLUMNS} FROM citizens_person) TO STDOUT (FORMAT csv, HEADER)"
TIES = """
    COPY (SELECT guardian_id, child_id, birth_date FROM citizens_guardianship JOIN citizens_person
        child ON child.id = child_id WHERE may_decide AND valid_from <= '{day}'
        AND (valid_until IS NULL OR valid_until >= '{day}') AND birth_date > '{adult}')
    TO STDOUT (FORMAT csv, HEADER)
"""


def main() -> None:
    """Ask the peer named as the argument; what to ask is on stdin."""
    asked = json.load(sys.stdin)
    rules = {int(rule): criteria for rule, criteria in asked["rules"].items()}
    day = date.fromisoformat(asked["day"])
    with psycopg2.connect(os.environ["DATABASE_URL"]) as database:
        print(PEERS[sys.argv[1]](database, rules, day))


def read(database: connection, statement: str) -> Any:
    """What a COPY gives, as a table of polars."""
    import polars as pl  # type: ignore[import-not-found]  # noqa: PLC0415

    text = io.BytesIO()
    database.cursor().copy_expert(statement, text)
    text.seek(0)
    return pl.read_csv(text, try_parse_dates=True, schema_overrides={"postal_code": pl.String})


def write(database: connection, rule: int, people: Any) -> None:
    """COPY the ids of people into the peers' table."""
    import polars as pl  # noqa: PLC0415

    text = io.BytesIO()
    pl.DataFrame({"rule": pl.repeat(rule, len(people), eager=True), "person": people}).write_csv(
        text, include_header=False
    )
    text.seek(0)
    database.cursor().copy_expert("COPY bench_peer FROM STDIN (FORMAT csv)", text)


def ago(day: date, years: int) -> date:
    """The day so many years before."""
    return day.replace(year=day.year - years)


def polars(database: connection, rules: dict[int, Any], day: date) -> float:
    """Every rule as one filter over the columns."""
    import polars as pl  # noqa: PLC0415

    began = time.perf_counter()
    people = read(database, PEOPLE)
    people = people.filter(pl.col("resident") == "t").with_columns(
        pl.col("sex", "mother_tongue", "contact_language").fill_null("")
    )
    ties = read(database, TIES.format(day=day, adult=ago(day, 18)))
    for rule, criteria in rules.items():
        groups = [
            reduce(or_, (expression(question, ties, day) for question in group["any"]))
            for group in criteria["all"]
        ]
        write(database, rule, people.filter(reduce(and_, groups))["id"])
    database.commit()
    return time.perf_counter() - began


def expression(question: dict[str, Any], ties: Any, day: date) -> Any:
    """One question of the catalogue for measuring as an expression of polars."""
    import polars as pl  # noqa: PLC0415

    attribute, operator, value = question["attribute"], question["operator"], question.get("value")
    if attribute in ("guardian_birth_date", "child_birth_date"):
        turning = pl.col("birth_date").dt.year() == day.year - value if value is not None else True
        related = "child_id" if attribute == "guardian_birth_date" else "guardian_id"
        return pl.col("id").is_in(ties.filter(turning)[related].unique().implode())
    column = pl.col("birth_date" if attribute == "age" else attribute)
    if operator.startswith("has"):
        known = column.is_not_null() & (column.cast(pl.String) != "")
        return known if operator == "has" else ~known
    return POLARS[operator](column, value, day)


POLARS: dict[str, Callable[[Any, Any, date], Any]] = {
    "turns_in_year": lambda born, value, day: born.dt.year() == day.year - value,
    "is_years": lambda born, value, day: (
        (born > ago(day, value[1] + 1)) & (born <= ago(day, value[0]))
    ),
    "between": lambda born, value, day: POLARS["is_years"](born, value, day),
    "at_least": lambda born, value, day: born <= ago(day, value),
    "less_than": lambda born, value, day: born > ago(day, value),
    "at_least_years_since": lambda seen, value, day: (seen <= ago(day, value)).fill_null(False),
    "is": lambda column, value, day: column == value,
    "is_not": lambda column, value, day: (column != value) & (column != ""),
    "one_of": lambda column, value, day: column.is_in(value),
    "none_of": lambda column, value, day: ~column.is_in(value) & (column != ""),
}


def openfisca(database: connection, rules: dict[int, Any], day: date) -> float:
    """A variable for each column and one for the rule, over all people at once."""
    import numpy as np  # noqa: PLC0415
    from openfisca_core.entities import Entity  # type: ignore[import-not-found]  # noqa: PLC0415
    from openfisca_core.periods import DateUnit  # type: ignore[import-not-found]  # noqa: PLC0415
    from openfisca_core.simulations import (  # type: ignore[import-not-found]  # noqa: PLC0415
        SimulationBuilder,
    )
    from openfisca_core.taxbenefitsystems import (  # type: ignore[import-not-found]  # noqa: PLC0415
        TaxBenefitSystem,
    )
    from openfisca_core.variables import Variable  # type: ignore[import-not-found]  # noqa: PLC0415

    person = Entity("person", "people", "", "")
    [(rule, criteria)] = rules.items()
    screening = len(criteria["all"]) > 1
    kinds = {"birth_date": date, "last_screening": date, "female": bool, "resident": bool}
    known = {"entity": person, "label": "", "definition_period": DateUnit.ETERNITY}
    columns = [
        type(name, (Variable,), {"value_type": kind, **known}) for name, kind in kinds.items()
    ]

    def formula(people: Any, period: Any) -> Any:
        born, resident = people("birth_date", period), people("resident", period)
        if not screening:
            return resident & (born.astype("datetime64[Y]").astype(int) + 1970 == day.year - 6)
        of_age = (born > np.datetime64(ago(day, 66))) & (born <= np.datetime64(ago(day, 30)))
        due = people("last_screening", period) <= np.datetime64(ago(day, 5))
        return resident & people("female", period) & of_age & due

    eligible = type(
        "eligible",
        (Variable,),
        {
            "value_type": bool,
            **known,
            "definition_period": DateUnit.DAY,
            "formula": formula,
        },
    )
    began = time.perf_counter()
    people = read(database, PEOPLE)
    system = TaxBenefitSystem([person])
    system.add_variables(*columns, eligible)
    simulation = SimulationBuilder().build_default_simulation(system, count=len(people))
    given = {
        "birth_date": people["birth_date"],
        "last_screening": people["last_screening"].fill_null(date(1900, 1, 1)),
        "female": people["sex"] == "female",
        "resident": people["resident"] == "t",
    }
    for name, column in given.items():
        simulation.set_input(name, "eternity", column.to_numpy())
    holds = simulation.calculate("eligible", day.isoformat())
    write(database, rule, people["id"].filter(holds))
    database.commit()
    return time.perf_counter() - began


def zen(database: connection, rules: dict[int, Any], day: date) -> float:
    """A compiled expression for each person; a sample, its time scaled to all. Writes nothing."""
    import zen  # type: ignore[import-not-found]  # noqa: PLC0415

    [(_rule, criteria)] = rules.items()
    year = day.year - 6
    written = (
        f"resident and sex == 'female' and born > {number(ago(day, 66))}"
        f" and born <= {number(ago(day, 30))} and (seen == null or seen <= {number(ago(day, 5))})"
        if len(criteria["all"]) > 1
        else f"resident and born >= {year}0101 and born <= {year}1231"
    )
    began = time.perf_counter()
    people = read(database, PEOPLE)
    reading = time.perf_counter() - began
    compiled = zen.compile_expression(written)
    for row in people.head(SAMPLE).iter_rows(named=True):
        seen = row["last_screening"]
        compiled.evaluate(
            {
                "sex": row["sex"],
                "resident": row["resident"] == "t",
                "born": number(row["birth_date"]),
                "seen": number(seen) if seen else None,
            }
        )
    deciding = time.perf_counter() - began - reading
    return reading + deciding * len(people) / min(SAMPLE, len(people))


def number(day: date) -> int:
    """The day as one number, in the order of days."""
    return day.year * 10_000 + day.month * 100 + day.day


PEERS = {"polars": polars, "openfisca": openfisca, "zen": zen}

if __name__ == "__main__":
    main()
