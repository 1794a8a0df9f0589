"""A test send shows the text on one's own phone, and speaks of nobody."""

import pytest

from helsinki_proactive.simulator.client import Simulator
from offers.delivery.switch import halt_sending
from offers.models import Message
from offers.rounds.errors import NotPossibleError, WrongStateError
from offers.rounds.trial import send_test_message
from tests.rounds.city import a_family, seats
from tests.rounds.journeys import prepared, preparer, running

pytestmark = pytest.mark.django_db


def test_the_text_arrives_marked_as_a_test_and_names_no_family(simulator: Simulator) -> None:
    a_family(first_names="Salainen")
    seats(1)
    round = prepared()
    send_test_message(round=round, phone="040 765 4321", language="fi", by=preparer())
    [text] = simulator.messages(to="+358407654321")
    assert text.body.startswith("TESTI: ")
    assert "((" not in text.body
    assert "Salainen" not in text.body
    assert not Message.objects.exists()
    round.refresh_from_db()
    assert [test["by"] for test in round.preview["tests"]] == [preparer().pk]
    assert "7654321" not in str(round.preview["tests"])


def test_what_is_no_phone_number_is_refused(simulator: Simulator) -> None:
    a_family()
    seats(1)
    with pytest.raises(NotPossibleError):
        send_test_message(round=prepared(), phone="12", language="fi", by=preparer())


def test_the_switch_stops_test_sends_too(simulator: Simulator) -> None:
    a_family()
    seats(1)
    round = prepared()
    halt_sending(by=None, reason="test")
    with pytest.raises(NotPossibleError):
        send_test_message(round=round, phone="0407654322", language="sv", by=preparer())
    assert simulator.messages(to="+358407654322") == []


def test_a_running_round_needs_no_test(simulator: Simulator) -> None:
    a_family()
    seats(1)
    with pytest.raises(WrongStateError):
        send_test_message(round=running(), phone="0407654323", language="fi", by=preparer())
