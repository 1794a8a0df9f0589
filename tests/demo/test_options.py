"""Options that no city can have are refused in plain words, before an earlier city is emptied."""

import pytest
from django.core.management import CommandError, call_command

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
