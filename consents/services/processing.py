"""Recording that data was used: one act, and one row for each person it read."""

from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.db.models import QuerySet

from citizens.models import Person
from consents.models import DataUse, Processing, ProcessingKind, Purpose


def open_processing(
    *, purpose: Purpose, kind: ProcessingKind, by: AbstractUser | None, reason: str = ""
) -> Processing:
    """Record one act of using data; ``reason`` holds no personal data."""
    return Processing.objects.create(
        purpose=purpose,
        kind=kind,
        department=purpose.department,
        reason=reason,
        by_id=by.pk if by else None,
    )


def record_use(*, processing: Processing, people: QuerySet[Person]) -> int:
    """Record that ``processing`` used the data of ``people``; returns how many rows are new.

    ``people`` has each of them once. An act is recorded by whoever opened it, so nobody else adds
    to it meanwhile: leaving out who is there already costs less than ON CONFLICT, which looks into
    the index once more for each row.
    """
    sql, params = people.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {DataUse._meta.db_table} (at, processing_id, person_id)"
            f" SELECT now(), %s, used.id FROM ({sql}) AS used(id)"
            f" WHERE NOT EXISTS (SELECT FROM {DataUse._meta.db_table} known"
            " WHERE known.processing_id = %s AND known.person_id = used.id)",
            [processing.pk, *params, processing.pk],
        )
        return int(cursor.rowcount)
