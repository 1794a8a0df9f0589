"""A guardian who lives elsewhere learns nothing of the child's home, by whichever page."""

import json

import pytest
from django.urls import reverse

from citizens.models import Guardianship, Person
from offers.models import Round, RoundState, Subject
from offers.placement import Reason
from tests.delivery.world import a_subject, make_offer, tell
from tests.eligibility.people import asked
from tests.family.visits import Visit
from tests.identity_provider import IdentityProvider
from tests.my.citizens import look, signed_in, with_code
from tests.rounds.city import a_family, a_round, at_address, seats
from tests.rounds.states import approve_as_two

pytestmark = pytest.mark.django_db

HOME = ("Postal code", "00420", "Municipality", "1980")
WAY = ("5123", "straight line", "Why this place", "Nearest")


def answered(attribute: str, fact: object) -> dict[str, object]:
    return {"any": [asked(attribute, "is", "x") | {"source": "own", "held": True, "fact": fact}]}


@pytest.fixture
def told() -> tuple[Round, Person, Person]:
    """A round, and two guardians who were told: one lives with the child, the other does not."""
    [child] = a_family(guardians=2)
    round = a_round(rule=None)
    round.rule = round.service.rules.in_force().get()
    round.save()
    subject = a_subject(round, child, seats(1))
    Subject.objects.filter(pk=subject.pk).update(
        facts={
            "all": [
                answered("birth_date", "2021-03-01"),
                answered("postal_code", "00420"),
                answered("municipality", "091"),
                answered("guardian_birth_date", ["1980-01-01"]),
            ]
        },
        placement=Reason("nearest", group="fi", metres=5123, over_line=True).as_data(),
    )
    approve_as_two(round, RoundState.RUNNING)
    make_offer(subject)
    tell(round)
    mine, other = (one.guardian for one in Guardianship.objects.filter(child=child).order_by("pk"))
    at_address("Koekatu 7", child, mine)
    at_address("Muutie 2", other)
    return round, mine, other


def test_the_link_s_page_says_why_here_to_whom_the_child_lives_with_only(
    told: tuple[Round, Person, Person],
) -> None:
    round, mine, other = told
    here = Visit(round, mine, language="en").look().words
    there = Visit(round, other, language="en").look().words
    for said in (*WAY, "00420"):
        assert said in here
    assert "1980" not in here, "the other guardian's date of birth"
    for said in (*WAY, *HOME):
        assert said not in there
    assert "1 March 2021" in there


def test_nor_do_one_s_own_page_and_the_file(
    told: tuple[Round, Person, Person], provider: IdentityProvider
) -> None:
    _round, _mine, other = told
    with_code(other)
    client = signed_in(provider)
    file = json.dumps(client.get(reverse("my:export", args=["en"])).json()["offers"])
    for shown in (look(client).words.split("Why this was offered")[1].split("Version")[0], file):
        assert "1 March 2021" in shown
        for said in HOME:
            assert said not in shown
