"""When people are not disturbed, by the clock on Helsinki's walls."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from helsinki_proactive.simulator.client import Simulator
from offers.delivery.outbox import send_due
from offers.delivery.quiet import is_quiet, is_quiet_day, next_sending_moment
from offers.models import Lane, Message, MessageState
from tests.delivery.world import a_told_family, state_of

HELSINKI = ZoneInfo("Europe/Helsinki")
START = datetime(2025, 1, 1, tzinfo=UTC)


def wall(text: str) -> datetime:
    """A time on the wall in Helsinki."""
    return datetime.fromisoformat(text).replace(tzinfo=HELSINKI)


@pytest.fixture(autouse=True)
def _hours(settings: Settings) -> None:
    settings.QUIET_HOURS = (8, 20)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2027-03-10 12:00", "2027-03-10 12:00"),
        ("2027-03-10 08:00", "2027-03-10 08:00"),
        ("2027-03-10 07:59", "2027-03-10 08:00"),
        ("2027-03-10 19:59", "2027-03-10 19:59"),
        ("2027-03-10 20:00", "2027-03-11 08:00"),
        ("2027-03-13 20:00", "2027-03-15 08:00"),  # Saturday evening: Sunday is skipped
        ("2027-03-14 12:00", "2027-03-15 08:00"),  # Sunday
        ("2027-12-06 12:00", "2027-12-07 08:00"),  # Independence Day, a Monday
        ("2027-03-25 21:00", "2027-03-27 08:00"),  # Good Friday
        ("2027-03-27 20:30", "2027-03-30 08:00"),  # Easter, and summer time begins at night
        ("2027-10-30 23:00", "2027-11-01 08:00"),  # winter time begins at night
    ],
)
def test_the_next_moment_people_may_be_written_to(now: str, then: str) -> None:
    assert next_sending_moment(wall(now)) == wall(then)


@pytest.mark.parametrize("night", ["2026-03-28", "2026-10-24"])
def test_over_both_dst_nights_the_morning_begins_at_eight_on_the_wall(night: str) -> None:
    monday = next_sending_moment(wall(f"{night} 23:30"))

    assert (monday.astimezone(HELSINKI).hour, monday.astimezone(HELSINKI).weekday()) == (8, 0)
    assert monday.astimezone(UTC).hour == (5 if night == "2026-03-28" else 6)


@given(st.integers(0, 5 * 365 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes)))
def test_the_moment_is_never_quiet_never_early_and_the_first_there_is(now: datetime) -> None:
    then = next_sending_moment(now)

    assert then >= now
    assert not is_quiet(then)
    assert 8 <= then.astimezone(HELSINKI).hour < 20
    assert not is_quiet_day(then.astimezone(HELSINKI).date())
    assert then == now or is_quiet(then - timedelta(microseconds=1))


def test_switched_off_there_is_no_quiet(settings: Settings) -> None:
    settings.QUIET_HOURS = None

    assert not is_quiet(wall("2027-03-14 03:00"))


@pytest.mark.django_db
def test_at_night_only_the_answer_to_what_somebody_just_wrote_goes_out(
    simulator: Simulator, settings: Settings
) -> None:
    settings.QUIET_HOURS = (8, 20)
    with time_machine.travel(wall("2027-03-10 23:00"), tick=True):
        answer, offer, reminder = a_told_family(), a_told_family(), a_told_family()
        Message.objects.filter(pk=answer.pk).update(lane=Lane.REPLIES)
        Message.objects.filter(pk=reminder.pk).update(lane=Lane.REMINDERS)

        assert send_due() == 1
        assert state_of(answer) == MessageState.SENT
        assert state_of(offer) == state_of(reminder) == MessageState.QUEUED

    with time_machine.travel(wall("2027-03-11 08:00"), tick=True):
        assert send_due() == 2
