"""A round is cancelled: whoever was asked hears that the offer is withdrawn, and nobody else."""

import pytest
from pytest_django.fixtures import Settings

from offers.catalogue.load import read_catalogue
from offers.models import CaseKind, Message, MessageState, OfferState, TextKind
from offers.rounds.close import cancel_round
from tests.delivery.world import a_running_round, tell
from tests.replies.families import Family, an_asked_family
from tests.rounds.city import a_family, preschool
from tests.rounds.journeys import preparer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_quiet_hours(settings: Settings) -> None:
    settings.QUIET_HOURS = None


def cancel(family: Family) -> None:
    family.round.refresh_from_db()
    cancel_round(round=family.round, by=preparer(), reason="Väärä päivä")


@pytest.mark.parametrize(
    ("language", "words"),
    [("fi", "joutuneet perumaan"), ("sv", "dra tillbaka"), ("en", "withdraw the offer")],
)
def test_who_was_asked_is_told_in_their_language(language: str, words: str) -> None:
    family = an_asked_family(contact_language=language, guardians=2)

    cancel(family)
    family.deliver()

    assert family.told(0) == family.told(1) == [TextKind.OFFER, TextKind.WITHDRAWN]
    assert words in family.text_to(0)
    assert words in family.text_to(1)


def test_who_has_a_confirmed_place_keeps_it_and_hears_nothing_of_the_end() -> None:
    family = an_asked_family()
    family.phone().text("Kyllä")

    cancel(family)

    assert family.told() == [TextKind.OFFER, TextKind.ACCEPTED]
    assert family.state() == OfferState.ACCEPTED


def test_who_was_never_written_to_is_not_told_of_the_end() -> None:
    family = an_asked_family(guardians=2)
    unheard = Message.objects.get(person=family.guardians[1])
    Message.objects.filter(pk=unheard.pk).update(state=MessageState.FAILED)

    cancel(family)

    assert family.told(0) == [TextKind.OFFER, TextKind.WITHDRAWN]
    assert family.told(1) == [TextKind.OFFER]


def test_before_anything_was_sent_nobody_hears_of_it() -> None:
    preschool()
    children = a_family()
    family = Family(children, a_running_round(children))
    tell(family.round)

    cancel(family)

    assert family.told() == [TextKind.OFFER]
    assert not Message.objects.filter(state=MessageState.QUEUED).exists()


def test_a_yes_to_what_was_withdrawn_goes_to_a_person() -> None:
    family = an_asked_family()
    cancel(family)
    family.deliver()

    family.phone().text("Kyllä")

    assert family.state() == OfferState.WITHDRAWN
    assert family.cases() == [CaseKind.LATE_ANSWER]


def test_every_service_can_say_it() -> None:
    for file in read_catalogue():
        spoken = {text["language"] for text in file.texts if text["kind"] == TextKind.WITHDRAWN}
        assert spoken >= {"fi", "sv", "en"}, file.code
