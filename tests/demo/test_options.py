"""What no demo can be made of is refused in plain words, before an earlier city is emptied."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from citizens.models import Person
from tests.rounds.city import a_person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "option",
    [
        "--people=0",
        "--people=700001",
        "--people=many",
        "--families=0",
        "--families=-3",
        "--answer-share=2",
        "--answer-share=nan",
        "--rating-share=-0.1",
    ],
)
def test_an_impossible_option_is_refused_and_the_city_stays(option: str) -> None:
    a_person()
    with pytest.raises(CommandError, match=option.split("=")[0]):
        call_command("demo", "--no-serve", option)
    assert Person.objects.exists()


def test_a_broker_that_is_not_there_is_named(settings: Settings) -> None:
    a_person()
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    with pytest.raises(CommandError, match="REDIS_URL"):
        call_command("demo", "--no-serve")
    assert Person.objects.exists()


@transaction.atomic
def demo_without_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = nowhere")
    call_command("demo", "--no-serve")


def test_a_database_without_our_tables_is_named() -> None:
    with pytest.raises(CommandError, match="DATABASE_URL"):
        demo_without_tables()
