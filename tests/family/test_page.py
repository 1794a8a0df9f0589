"""What the page says: what is offered, to whom, where, until when, and why."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from offers.models import Offer, OfferState, Outcome, Subject
from tests.delivery.world import a_running_round, guardian_of, make_offer, tell
from tests.family.visits import Visit, visits
from tests.rounds.city import a_family, at_address, preschool, seats
from tests.rounds.journeys import running

pytestmark = pytest.mark.django_db

HEADINGS = {
    "fi": "Esiopetuspaikka on varattu",
    "sv": "En förskoleplats är reserverad",
    "en": "A preschool place is reserved",
}
SEVERAL = {
    "fi": "Esiopetuspaikat on varattu",
    "sv": "Förskoleplatserna är reserverade",
    "en": "Preschool places are reserved",
}
DAYS = {
    "fi": ("5.8.2027", "9.6.2027 klo 16.00"),
    "sv": ("5.8.2027", "9.6.2027 kl. 16.00"),
    "en": ("5 August 2027", "9 June 2027 at 16:00"),
}
REGISTERS = {
    "fi": "väestötietojärjestelmä",
    "sv": "befolkningsdatasystemet",
    "en": "Population Information System",
}
RULE = {
    "fi": "Syntymäaika: täyttää 6 vuotta",
    "sv": "Födelsetid: fyller 6 år",
    "en": "Date of birth: turns 6",
}
NEAREST = {"fi": "Lähin paikka", "sv": "Närmaste enhet", "en": "Nearest with a"}


@pytest.mark.parametrize("language", HEADINGS)
def test_it_says_what_is_offered_to_whom_where_from_when_and_until_when(language: str) -> None:
    dates = {
        "begins_on": date(2027, 8, 5),
        "deadline_at": datetime(2027, 6, 9, 13, tzinfo=UTC),
    }
    offer, [visit] = visits(language=language, dates=dates)
    assert offer.capacity is not None
    unit, child = offer.capacity.unit, offer.subject.person

    page = visit.look()

    assert page.status == 200
    assert f'<html lang="{language}">' in page.html
    assert page.heading == HEADINGS[language]
    for said in (child.call_name, unit.name[language], unit.address[language], *DAYS[language]):
        assert said in page.words
    assert f"https://palvelukartta.hel.fi/{language}/unit/{unit.register_id}" in page.html
    assert page.buttons == ["accept", "decline", "other_place"]


@pytest.mark.parametrize("language", HEADINGS)
def test_without_a_choice_it_speaks_the_guardians_contact_language(language: str) -> None:
    [child] = a_family(contact_language=language)
    round = a_running_round([child])
    tell(round)
    visit = Visit(round, guardian_of(child))
    assert visit.look(f"/o/{visit.token}/").heading == HEADINGS[language]


@pytest.mark.parametrize("language", HEADINGS)
def test_the_language_can_be_changed_by_plain_links_that_keep_the_key(language: str) -> None:
    _offer, [visit] = visits()
    address = f"/o/{visit.token}/{language}/"
    assert f'href="{address}"' in visit.look().html
    assert visit.look(address).heading == HEADINGS[language]


@pytest.mark.parametrize("language", HEADINGS)
def test_it_says_why_in_words_the_rule_the_facts_the_place_and_the_law(language: str) -> None:
    [child] = a_family()
    at_address("Koekatu 7", child, guardian_of(child))
    seats(1)
    visit = Visit(running(), guardian_of(child), language=language)

    page = visit.look()

    born = f"1 March {child.birth_date.year}" if language == "en" else f"1.3.{child.birth_date:%Y}"
    for said in (RULE[language], born, REGISTERS[language], NEAREST[language], "628/1998"):
        assert said in page.words
    assert "_register" not in page.html, "a register is called by its code"


def test_the_reason_is_not_told_of_a_seat_that_came_later() -> None:
    [first], [second] = a_family(), a_family()
    seats(1)
    round = running()
    waiting = Subject.objects.get(round=round, succession__isnull=False)
    Offer.objects.update(state=OfferState.DECLINED)
    Subject.objects.exclude(pk=waiting.pk).update(outcome=Outcome.DECLINED)
    later = make_offer(waiting)
    later.capacity = Offer.objects.exclude(pk=later.pk).get().capacity
    later.save()
    tell(round)
    child = next(child for child in (first, second) if child.pk == waiting.person_id)

    page = Visit(round, guardian_of(child)).look()

    assert page.heading == HEADINGS["fi"]
    assert "Miksi juuri tämä paikka" not in page.words


@pytest.mark.parametrize("language", SEVERAL)
def test_siblings_are_on_one_page_each_with_its_own_place(language: str) -> None:
    places = [seats(1), seats(1)]
    offer, [visit] = visits(places=places, language=language)

    page = visit.look()

    assert page.heading == SEVERAL[language]
    assert page.html.count("<article") == 2
    assert page.buttons == ["accept", "decline", "other_place"] * 2
    for sibling in Offer.objects.filter(round=offer.round):
        assert sibling.capacity is not None
        assert sibling.subject.person.call_name in page.words
        assert sibling.capacity.unit.name[language] in page.words


def test_an_appointment_is_called_a_time() -> None:
    at = timezone.now() + timedelta(days=40)
    _offer, [visit] = visits(places=[seats(1, starts_at=at)], language="en")
    page = visit.look()
    assert "Accept the time" in page.words
    assert "We would like another time" in page.words
    assert " place" not in page.words.split("What the city used")[0].replace(page.heading, "")


def test_where_nothing_is_reserved_no_other_place_can_be_wished_for() -> None:
    preschool()
    _offer, [visit] = visits(language="en")
    Offer.objects.update(capacity=None)
    page = visit.look()
    assert "Accept the offer" in page.words
    assert page.buttons == ["accept", "decline"]


def test_of_a_child_offered_twice_the_newer_offer_is_shown() -> None:
    offer, [visit] = visits()
    Offer.objects.update(state=OfferState.LAPSED)
    make_offer(offer.subject)
    tell(offer.round)
    Offer.objects.filter(pk=offer.pk).update(capacity=None)

    page = visit.look()

    assert page.html.count("<article") == 1
    assert page.buttons == ["accept", "decline", "other_place"]
