"""What the application's database role may do: given by the owner after each migration.

The role reads and writes rows of the models' tables. Rows of append-only models it may only add.
It may truncate nothing and change no table, since it owns none.
"""

from typing import Any

import pghistory.models
from django.apps import apps
from django.conf import settings
from django.db import connections, models, transaction
from django.db.backends.utils import CursorWrapper

EVERYTHING = "SELECT, INSERT, UPDATE, DELETE, MAINTAIN"
ADD_ONLY = "SELECT, INSERT, MAINTAIN"
"""MAINTAIN changes no row: it lets us ANALYZE what was just written in bulk."""


def is_append_only(model: type[models.Model]) -> bool:
    """Whether rows are only ever added: the model says so, or it is history of another model."""
    return getattr(model, "append_only", False) or issubclass(model, pghistory.models.Event)


def grant_to_application(*, using: str, **signal: Any) -> None:
    """Give the application's role exactly what it needs; the handler of post_migrate.

    Does nothing when the application itself is the owner (one DATABASE_URL for both).
    """
    connection = connections[using]
    tables: dict[str, list[str]] = {EVERYTHING: [], ADD_ONLY: []}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            rights = ADD_ONLY if is_append_only(model) else EVERYTHING
            tables[rights].append(connection.ops.quote_name(model._meta.db_table))
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone() == (settings.APP_DATABASE_ROLE,):
            return
        _grant(cursor, connection.ops.quote_name(settings.APP_DATABASE_ROLE), tables)


def _grant(cursor: CursorWrapper, role: str, tables: dict[str, list[str]]) -> None:
    cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
    for rights, names in tables.items():
        cursor.execute(f"GRANT {rights} ON {', '.join(names)} TO {role}")
    cursor.execute(f"GRANT SELECT ON django_migrations TO {role}")
    cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
