"""The switch: everything in its scope stops at once, nothing is lost, nothing doubled."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from helsinki_proactive.simulator.client import Simulator
from offers.delivery.outbox import hand_over, send_due, sweep
from offers.delivery.switch import halt_sending, is_halted, resume_sending
from offers.models import Lane, Message, MessageState, SendingHalt
from tests.delivery.world import a_told_family, number_of, state_of
from tests.rounds.city import a_user, preschool

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("scope", ["everything", "service", "round"])
def test_what_is_halted_waits_and_goes_out_once_after_resuming(
    simulator: Simulator, scope: str
) -> None:
    message = a_told_family()
    scopes: dict[str, dict[str, Any]] = {
        "everything": {},
        "service": {"service": preschool()},
        "round": {"round": message.round},
    }
    by = a_user("administrator")

    halt_sending(by=by, reason="drill", **scopes[scope])
    assert is_halted(round=message.round)
    assert send_due() == 0
    assert state_of(message) == MessageState.QUEUED
    assert simulator.messages(to=number_of(message)) == []
    assert sweep() == set()

    assert resume_sending(by=by, **scopes[scope]) == 1
    assert not is_halted(round=message.round)
    assert send_due() == 1
    assert len(simulator.messages(to=number_of(message))) == 1


def test_another_round_goes_on(simulator: Simulator) -> None:
    halted, other = a_told_family(), a_told_family()
    halt_sending(by=None, reason="drill", round=halted.round)

    assert send_due() == 1

    assert (state_of(halted), state_of(other)) == (MessageState.QUEUED, MessageState.SENT)


def test_a_confirmation_obeys_the_switch_too(simulator: Simulator) -> None:
    message = a_told_family()
    halt_sending(by=None, reason="drill")

    assert hand_over(message, message.created_at) is None

    assert state_of(message) == MessageState.QUEUED


def test_halting_twice_is_halting_once() -> None:
    first = halt_sending(by=None, reason="drill")

    assert halt_sending(by=None, reason="again") == first
    assert SendingHalt.objects.in_force().count() == 1


def test_the_command_halts_resumes_and_tells(capsys: pytest.CaptureFixture[str]) -> None:
    a_told_family()
    call_command("sending", "halt", "--service", "preschool", "--reason", "drill")
    assert is_halted(service=preschool())

    call_command("sending", "status")
    told = capsys.readouterr().out
    assert "preschool" in told
    assert "drill" in told
    assert "queued: 1" in told

    call_command("sending", "resume", "--service", "preschool")
    assert not is_halted(service=preschool())


def test_the_command_sends_without_any_broker(simulator: Simulator) -> None:
    message = a_told_family()

    call_command("sending", "sweep")

    assert state_of(message) == MessageState.SENT


def test_the_command_knows_no_other_service() -> None:
    with pytest.raises(CommandError, match="no such"):
        call_command("sending", "halt", "--service", "nothing", "--reason", "drill")


def test_a_halted_lane_hides_no_other_lane(simulator: Simulator) -> None:
    halted, other = a_told_family(), a_told_family()
    Message.objects.filter(pk=halted.pk).update(lane=Lane.REPLIES)
    halt_sending(by=None, reason="drill", round=halted.round)

    assert send_due() == 1
    assert state_of(other) == MessageState.SENT
