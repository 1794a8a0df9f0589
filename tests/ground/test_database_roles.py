"""The application's role: neither superuser nor owner, and append-only means it."""

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model
from django.db.utils import ProgrammingError
from psycopg2 import extensions

from helsinki_proactive.grants import is_append_only
from helsinki_proactive.staff.models import User

pytestmark = pytest.mark.django_db

APPEND_ONLY = sorted(
    (model for model in apps.get_models() if is_append_only(model)),
    key=lambda model: model._meta.label,
)


def ask(sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    assert row is not None
    return row[0]


def test_the_application_is_neither_superuser_nor_owner_of_anything() -> None:
    assert ask("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert ask("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole") == 0
    assert ask("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()")
    assert ask("SELECT count(*) FROM pg_auth_members WHERE member = current_user::regrole") == 0


def test_there_are_append_only_tables_to_guard() -> None:
    assert {model.__name__ for model in APPEND_ONLY} >= {"Answer", "ConsentEvent", "DataUse"}


@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model._meta.label)
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {table} SET {key} = {key}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"],
    ids=["update", "delete", "truncate"],
)
def test_append_only_tables_refuse(model: type[Model], statement: str) -> None:
    sql = statement.format(table=model._meta.db_table, key=model._meta.pk.column)
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE staff_user CASCADE",
        "ALTER TABLE staff_user DISABLE TRIGGER ALL",
        "DROP TABLE staff_user",
        "CREATE TABLE mine (id int)",
        "SET session_replication_role = replica",
        "SET ROLE hp_owner",
    ],
)
def test_the_application_cannot(statement: str) -> None:
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_what_a_transactional_test_commits_is_gone_afterwards(
    time: str, superuser: extensions.cursor
) -> None:
    superuser.execute("SELECT count(*) FROM staff_user")
    assert superuser.fetchone() == (0,)
    User.objects.create_user("anna")
    superuser.execute("SELECT count(*) FROM staff_user")
    assert superuser.fetchone() == (1,)
