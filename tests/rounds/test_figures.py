"""The figures count families, and the chart ends where they do."""

import csv
import io
from itertools import pairwise

import pytest

from citizens.models import Person
from consents.models import DataUse
from offers.models import AnswerKind, Outcome, Rating, Subject
from offers.rounds.export import (
    evaka_csv,
    placements,
    placements_csv,
    without_evaka_id,
)
from offers.rounds.figures import figures, timeline
from offers.rounds.outcomes import settle_subject
from tests.rounds.city import a_fact, a_family, seats
from tests.rounds.journeys import answer, hand_over_all, preparer, running

pytestmark = pytest.mark.django_db


def test_families_are_counted_whatever_their_children_guardians_and_messages() -> None:
    twins = a_family(children=2, guardians=2)
    [declining] = a_family()
    a_family()
    a_family(protected=True)
    seats(10)
    round = running()
    hand_over_all(round, delivered=True)
    answer(twins[0], AnswerKind.ACCEPT)
    answer(twins[1], AnswerKind.DECLINE)
    answer(declining, AnswerKind.DECLINE)
    now = figures(round)
    assert (now.families, now.sent, now.delivered) == (4, 3, 3)
    assert (now.answered, now.accepted, now.declined) == (2, 1, 1)
    assert now.messages == 4
    assert now.outcomes[Outcome.ACCEPTED] == 1


def test_the_rating_is_the_mean_of_the_stars() -> None:
    a_family(guardians=2)
    seats(1)
    round = running()
    assert figures(round).rating is None
    for stars, guardian in zip((5, 4), Person.objects.exclude(guardianships=None), strict=True):
        Rating.objects.create(round=round, guardian=guardian, stars=stars)
    assert (figures(round).rating, figures(round).ratings) == (4.5, 2)


def test_the_chart_grows_to_the_figures() -> None:
    children = [a_family()[0] for _ in range(4)]
    seats(10)
    round = running()
    assert timeline(round) == []
    hand_over_all(round, delivered=True)
    answer(children[0], AnswerKind.ACCEPT)
    answer(children[1], AnswerKind.DECLINE)
    moments = timeline(round)
    now = figures(round)
    last = moments[-1]
    assert {event: last[event] for event in last if event != "at"} == {
        "sent": now.sent,
        "delivered": now.delivered,
        "answered": now.answered,
        "accepted": now.accepted,
        "declined": now.declined,
    }
    assert len(moments) <= 61
    for before, after in pairwise(moments):
        assert before["at"] < after["at"]
        assert all(before[event] <= after[event] for event in last if event != "at")


def test_accepted_and_handed_over_places_go_out_with_their_identifiers() -> None:
    [accepting], [by_hand], _silent = a_family(), a_family(place_by_hand=True), a_family()
    accepting.set_identity_code("010121A900W")
    accepting.save()
    capacity = seats(5)
    round = running()
    answer(accepting, AnswerKind.ACCEPT)
    settle_subject(
        subject=Subject.objects.get(person=by_hand),
        outcome=Outcome.PLACED_BY_HAND,
        capacity=capacity,
        by=preparer(),
    )
    rows = {row.register_key: row for row in placements(round)}
    assert set(rows) == {accepting.register_key, by_hand.register_key}
    assert rows[accepting.register_key].identity_code == "010121A900W"
    assert rows[accepting.register_key].unit_id == capacity.unit.register_id


def test_a_protected_childs_place_is_in_no_file() -> None:
    [child] = a_family()
    seats(1)
    round = running()
    answer(child, AnswerKind.ACCEPT)
    Person.objects.filter(pk=child.pk).update(protected=True)
    assert list(placements(round)) == []


def test_no_cell_is_a_formula_and_the_export_is_recorded() -> None:
    [child] = a_family(register_key="=1+1")
    seats(1)
    round = running()
    answer(child, AnswerKind.ACCEPT)
    used_before = DataUse.objects.filter(person=child).count()
    [row] = csv.DictReader(io.StringIO(placements_csv(round=round, by=preparer())))
    assert row["register_key"] == "'=1+1"
    assert DataUse.objects.filter(person=child).count() == used_before + 1


def test_evaka_gets_its_own_identifiers() -> None:
    [known], [unknown] = a_family(), a_family()
    capacity = seats(5)
    a_fact(known, "evaka_id", "child-7")
    round = running()
    answer(known, AnswerKind.ACCEPT)
    answer(unknown, AnswerKind.ACCEPT)
    assert evaka_csv(round=round, by=preparer()).splitlines() == [
        "lapsen_id;esiopetusyksikon_id",
        f"child-7;{capacity.unit.identifiers['evaka']}",
    ]
    assert without_evaka_id(round) == 1
