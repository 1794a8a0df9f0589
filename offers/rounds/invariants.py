"""What must always hold, asked of the database: who breaks it, and how many rows were looked at.

An invariant that looked at nothing is not shown to hold. The queries read rows as they are and
share nothing with the code that wrote them.
"""

from dataclasses import dataclass

from django.apps import apps
from django.db import connection

from offers.models import Round
from offers.rounds.invariants_of_messages import MESSAGE_INVARIANTS
from offers.rounds.invariants_of_offers import OFFER_INVARIANTS

NAMED_OFFENDERS = 20


@dataclass(frozen=True)
class InvariantResult:
    """``offenders`` are ids of the rows looked at (the first twenty); ``broken`` counts all."""

    name: str
    looked_at: int
    broken: int
    offenders: tuple[int, ...]

    @property
    def shown(self) -> bool:
        """Whether there was anything to look at."""
        return self.looked_at > 0

    def __bool__(self) -> bool:
        """Shown to hold."""
        return self.shown and not self.broken


def check_invariants(round: Round | None = None) -> list[InvariantResult]:
    """Ask every invariant of one round, or of everything."""
    queries = {**OFFER_INVARIANTS, **MESSAGE_INVARIANTS, "append_only_holds": _append_only()}
    return [_ask(name, query, round) for name, query in queries.items()]


def _ask(name: str, query: str, round: Round | None) -> InvariantResult:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*), count(*) FILTER (WHERE broken),
                (array_agg(id ORDER BY id) FILTER (WHERE broken))[1:{NAMED_OFFENDERS}]
            FROM ({query}) looked_at (id, broken)
            """,
            {"round": round.pk if round else None},
        )
        looked_at, broken, offenders = cursor.fetchone()
    return InvariantResult(name, looked_at, broken, tuple(offenders or ()))


def _append_only() -> str:
    """Our role may only add to these tables, owns none of them, and the guard is switched on."""
    tables = ", ".join(
        f"('{model._meta.db_table}'::regclass)"
        for model in apps.get_models()
        if getattr(model, "append_only", False)
    )
    return f"""
        SELECT t.relation::oid::bigint,
            has_table_privilege(t.relation, 'UPDATE, DELETE, TRUNCATE')
            OR NOT EXISTS (
                SELECT 1 FROM pg_trigger guard WHERE guard.tgrelid = t.relation
                AND guard.tgname LIKE 'pgtrigger_append_only%%' AND guard.tgenabled <> 'D'
            )
            OR pg_has_role(class.relowner, 'USAGE')
        FROM (VALUES {tables}) t (relation) JOIN pg_class class ON class.oid = t.relation
    """
