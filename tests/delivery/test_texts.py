"""Placeholders become words in the family's language, and no text says more than it may."""

from datetime import UTC, datetime
from typing import Any

import pytest

from helsinki_proactive.simulator.client import Simulator
from offers.catalogue.placeholders import PLACEHOLDERS
from offers.delivery.errors import TextRefusedError
from offers.delivery.links import open_link
from offers.delivery.outbox import send_due
from offers.delivery.texts import Place, fill, kind_for, render
from offers.models import (
    Channel,
    Message,
    MessageState,
    OfferState,
    Sensitivity,
    Service,
    ServiceText,
    TextKind,
)
from tests.delivery.world import a_running_round, a_told_family, tell
from tests.rounds.city import a_family, seats

UNIT = {"fi": "Päiväkoti Kannel", "sv": "Daghemmet Kannel", "en": "Daycare Kannel"}
ADDRESS = {"fi": "Koekatu 1", "sv": "Provgatan 1"}
DEADLINE = datetime(2027, 3, 12, 21, 59, tzinfo=UTC)


def a_place(child: str = "Aino", **values: Any) -> Place:
    known: dict[str, Any] = {
        "deadline_at": DEADLINE,
        "unit_id": 1,
        "unit": UNIT,
        "address": ADDRESS,
    }
    return Place(child, **known | values)


def filled(body: str, *places: Place, language: str = "fi", **service: Any) -> str:
    known: dict[str, Any] = {"name": {"fi": "Esiopetus", "sv": "Förskola", "en": "Preschool"}}
    text = ServiceText(body=body, language=language, channel=Channel.SMS, subject="")
    made = fill(
        text,
        service=Service(**known | service),
        begins_on=datetime(2027, 8, 9, tzinfo=UTC).date(),
        places=places,
        link="https://example.fi/o/x/",
    )
    return made.body


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fi", "Aino ja Eino: Päiväkoti Kannel, Koekatu 1, 9.8.2027. KYLLÄ tai EI 12.3.2027"),
        ("sv", "Aino och Eino: Daghemmet Kannel, Provgatan 1, 9.8.2027. JA tai NEJ 12.3.2027"),
        (
            "en",
            "Aino and Eino: Daycare Kannel, Koekatu 1, 9 August 2027. ACCEPT tai DECLINE 12 March",
        ),
    ],
)
def test_placeholders_speak_the_familys_language(language: str, words: str) -> None:
    body = (
        "((child)): ((unit)), ((address)), ((begins)). "
        "((accept_word)) tai ((decline_word)) ((deadline))"
    )

    assert filled(body, a_place(), a_place("Eino"), language=language).startswith(words)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fi", "12.3.2027 klo 14.05"),
        ("sv", "12.3.2027 kl. 14.05"),
        ("en", "12 March 2027 at 14:05"),
    ],
)
def test_an_appointment_is_told_by_the_clock_on_the_wall(language: str, words: str) -> None:
    place = a_place(starts_at=datetime(2027, 3, 12, 12, 5, tzinfo=UTC))

    assert filled("((time))", place, language=language) == words


def test_different_places_are_told_apart_by_letters() -> None:
    other = a_place("Eino", unit_id=2, unit={"fi": "Päiväkoti Pelimanni"})

    assert filled("((places))", a_place(), other) == (
        "A Aino: Päiväkoti Kannel; B Eino: Päiväkoti Pelimanni"
    )
    assert kind_for(TextKind.OFFER, [a_place(), other]) == TextKind.OFFER_SEVERAL
    assert kind_for(TextKind.OFFER, [a_place(), a_place("Eino")]) == TextKind.OFFER
    assert kind_for(TextKind.ACCEPTED, [a_place(), other]) == TextKind.ACCEPTED


def test_the_other_guardian_hears_what_was_answered() -> None:
    assert filled("((other_answer))", a_place(state=OfferState.ACCEPTED)) == "KYLLÄ"
    assert filled("((other_answer))", a_place(state=OfferState.DECLINED), language="sv") == "NEJ"


@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_every_placeholder_of_the_list_can_be_filled_even_without_a_seat(name: str) -> None:
    assert "((" not in filled(f"(({name}))")
    assert "((" not in filled(f"(({name}))", a_place(unit_id=None, unit={}, address={}))


def test_what_a_placeholder_is_filled_with_is_never_filled_again() -> None:
    assert filled("((child))", a_place("((link))")) == "((link))"


@pytest.mark.parametrize("body", ["((child))", "((unit))", "Seulontaan!", "Hei, lapsesi..."])
def test_a_discreet_text_message_with_telling_words_is_refused(body: str) -> None:
    with pytest.raises(TextRefusedError, match="text_sensitive"):
        filled(body, a_place(), sensitivity=Sensitivity.DISCREET)


@pytest.mark.django_db
def test_a_discreet_service_whose_text_was_spoilt_sends_nothing(simulator: Simulator) -> None:
    message = a_told_family()
    seen = len(simulator.messages())
    Service.objects.update(sensitivity=Sensitivity.DISCREET)

    assert send_due() == 0

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.CANCELLED, "text_sensitive")
    assert len(simulator.messages()) == seen


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_shipped_offer_is_rendered_with_a_link_that_opens(language: str) -> None:
    message = a_told_family(contact_language=language)

    made = render(message)

    assert "((" not in made.body
    assert made.segments >= 1
    token = made.body.partition("/o/")[2].partition("/")[0]
    link = open_link(token)
    assert link is not None
    assert (link.round, link.guardian) == (message.round, message.person)


@pytest.mark.django_db
def test_children_with_different_units_get_the_text_that_lists_them(
    simulator: Simulator,
) -> None:
    first, second = a_family(children=2)
    tell(a_running_round([first, second], places=[seats(1), seats(1)]))

    assert send_due() == 1

    body = Message.objects.get().unseal("body")
    assert f"A {first.call_name}:" in body
    assert f"B {second.call_name}:" in body
