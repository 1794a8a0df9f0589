"""Somebody says in which order the city is to write to them."""

import pytest

from citizens.models import ContactHealth, ContactKind, ContactPoint
from consents.models import ChannelChoice
from offers.models import Channel, Message
from tests.delivery.world import a_running_round, tell
from tests.family.visits import Shown, Visit, visits
from tests.rounds.city import an_address

pytestmark = pytest.mark.django_db


def a_visit(*, mail: bool = True) -> Visit:
    """A guardian with a phone, and an e-mail address if ``mail``."""
    _offer, (visit,) = visits()
    if mail:
        an_address(visit.guardian)
    return visit


def choose(visit: Visit, order: str) -> Shown:
    return visit.send("ways", {"order": order})


def test_the_page_offers_every_order_of_the_ways_there_are() -> None:
    page = (visit := a_visit()).look(f"{visit.address}ways")

    assert "Ensin tekstiviesti, sitten sähköposti" in page.words
    assert "Ensin sähköposti, sitten tekstiviesti" in page.words
    assert "checked" not in page.html


def test_what_is_chosen_is_said_and_heeded_by_the_next_message() -> None:
    visit = a_visit()

    page = choose(visit, "email,sms")

    assert page.status == 200
    assert "Olet valinnut tämän järjestyksen." in page.words
    assert page.html.count("checked") == 1
    assert ChannelChoice.objects.get(person=visit.guardian).channels == ["email", "sms"]
    child = visit.guardian.guardianships.get().child
    tell(a_running_round([child]))
    assert Message.objects.latest("pk").channel == Channel.EMAIL


def test_a_second_choice_replaces_the_first() -> None:
    visit = a_visit()
    choose(visit, "email,sms")

    choose(visit, "sms,email")

    assert ChannelChoice.objects.get(person=visit.guardian).channels == ["sms", "email"]


@pytest.mark.parametrize("order", ["", "letter", "sms", "sms,sms", "suomifi,sms,email"])
def test_an_order_that_is_none_is_refused_in_words(order: str) -> None:
    visit = a_visit()

    page = choose(visit, order)

    assert page.status == 400
    assert "Valitse jokin näistä järjestyksistä." in page.words
    assert not ChannelChoice.objects.exists()


def test_with_one_way_there_is_nothing_to_choose() -> None:
    page = (visit := a_visit(mail=False)).look(f"{visit.address}ways")

    assert "vain yhden tavan kirjoittaa sinulle: tekstiviesti" in page.words
    assert "<form" not in page.html


def test_a_dead_number_is_no_way_and_without_any_nothing_breaks() -> None:
    visit = a_visit()
    phones = ContactPoint.objects.filter(kind=ContactKind.SMS)
    phones.update(health=ContactHealth.BOUNCED)
    assert "vain yhden tavan" in visit.look(f"{visit.address}ways").words

    ContactPoint.objects.update(health=ContactHealth.BOUNCED)
    assert "Emme tiedä numeroa" in visit.look(f"{visit.address}ways").words


def test_looking_chooses_nothing_and_numbers_are_not_shown() -> None:
    visit = a_visit()

    page = visit.look(f"{visit.address}ways")

    assert not ChannelChoice.objects.exists()
    for point in ContactPoint.objects.all():
        assert point.unseal("value") not in page.html


def test_without_a_good_link_there_is_no_page() -> None:
    assert a_visit().look("/o/unknown/fi/ways").status == 404


def test_the_page_of_the_offer_leads_there() -> None:
    visit = a_visit()

    assert f"{visit.address}ways" in visit.look().html
