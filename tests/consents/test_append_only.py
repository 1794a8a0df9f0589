"""Append-only means it: by the application, by the owner, in bulk, and with triggers told to look
away."""

import os
from collections.abc import Callable, Iterator

import pgtrigger
import psycopg2
import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.utils import ProgrammingError
from psycopg2.extensions import cursor

from consents.models import AppendOnly, DataUse, Processing
from consents.services.seal import seal
from tests.consents.records import a_viewing, used

APPEND_ONLY = sorted(
    (model for model in apps.get_models() if issubclass(model, AppendOnly)),
    key=lambda model: model._meta.label,
)
EVERY_TABLE = pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model.__name__)

WAYS: dict[str, Callable[["QuerySet[DataUse]"], object]] = {
    "update": lambda rows: rows.update(at=F("at")),
    "bulk_update": lambda rows: DataUse.objects.bulk_update(rows, ["at"]),
    "save": lambda rows: rows[0].save(),
    "delete": lambda rows: rows.delete(),
    "raw delete": lambda rows: rows._raw_delete(rows.db),
    "upsert": lambda rows: DataUse.objects.bulk_create(
        [DataUse(processing=rows[0].processing, person=rows[0].person)],
        update_conflicts=True,
        unique_fields=["processing", "person"],
        update_fields=["at"],
    ),
}
EVERY_WAY = pytest.mark.parametrize("change", WAYS.values(), ids=WAYS)


@pytest.mark.django_db
@EVERY_WAY
def test_the_application_changes_and_deletes_nothing(
    change: Callable[["QuerySet[DataUse]"], object],
) -> None:
    used()
    before = list(DataUse.objects.values())
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        change(DataUse.objects.order_by("pk"))
    assert list(DataUse.objects.values()) == before


@pytest.mark.django_db
@EVERY_WAY
def test_nor_with_the_triggers_told_to_look_away(
    change: Callable[["QuerySet[DataUse]"], object],
) -> None:
    used()
    with (
        pgtrigger.ignore("consents.DataUse:append_only", "consents.DataUse:digest"),
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
    ):
        change(DataUse.objects.order_by("pk"))


@pytest.mark.django_db
def test_the_act_of_use_cannot_be_rewritten() -> None:
    processing = a_viewing()
    processing.reason = "another reason"
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        processing.save()
    assert Processing.objects.get().reason == "a call"


@pytest.fixture
def owner() -> Iterator[cursor]:
    """Whoever owns the tables, as migrations do; nothing is kept."""
    database = psycopg2.connect(os.environ["DATABASE_OWNER_URL"])
    with database.cursor() as session:
        yield session
    database.rollback()
    database.close()


@pytest.mark.django_db(transaction=True)
@EVERY_TABLE
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {table} SET {key} = {key}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"],
    ids=["update", "delete", "truncate"],
)
def test_the_owner_is_stopped_by_the_triggers(
    owner: cursor, model: type[AppendOnly], statement: str
) -> None:
    used()
    seal()
    with pytest.raises(psycopg2.errors.RaiseException, match="is append-only"):
        owner.execute(statement.format(table=model._meta.db_table, key=model._meta.pk.column))
