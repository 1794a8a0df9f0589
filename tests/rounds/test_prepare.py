"""Drawing up the list: the preview tells what would happen, and nothing has happened yet."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone, translation

from consents.models import LegalBasis
from offers.models import (
    Exclusion,
    Link,
    Message,
    Offer,
    Outcome,
    Round,
    RoundState,
    ServiceText,
    Subject,
)
from offers.rounds.close import cancel_round
from offers.rounds.errors import NotReadyError, WrongStateError
from offers.rounds.prepare import draw_up_list, prepare_round
from offers.rounds.warnings import remark_text
from tests.rounds.city import a_family, a_person, a_round, an_address, guard, preschool, seats
from tests.rounds.journeys import prepared, preparer

pytestmark = pytest.mark.django_db


def codes(remarks: list[dict[str, object]]) -> set[object]:
    assert all(remark_text(remark) for remark in remarks)
    return {remark["code"] for remark in remarks}


def test_the_preview_counts_people_messages_segments_and_cost() -> None:
    a_family(children=2, guardians=2)
    a_family(contact_language="sv")
    a_family(protected=True)
    seats(10)
    preview = prepared().preview
    assert (preview["eligible"], preview["families"], preview["contacted"]) == (4, 3, 3)
    assert preview["excluded"] == {"protected": 1}
    ways = {(row["channel"], row["language"]): row["messages"] for row in preview["messages"]}
    assert ways == {("sms", "fi"): 2, ("sms", "sv"): 1}
    assert preview["total"]["messages"] == 3
    assert preview["total"]["segments"] >= 3
    assert preview["total"]["cost_eur"] == pytest.approx(0.06 * preview["total"]["segments"])


def test_three_messages_are_shown_in_each_language_and_speak_of_nobody_protected() -> None:
    for _ in range(4):
        a_family()
    [child] = a_family(protected=True, first_names="Salainen")
    seats(10)
    samples = prepared().preview["samples"]
    assert {language: len(shown) for language, shown in samples.items()} == {
        "fi": 3,
        "sv": 3,
        "en": 3,
    }
    shown = [sample for language in samples.values() for sample in language]
    assert all("((" not in sample["body"] for sample in shown)
    assert not any("Salainen" in sample["body"] for sample in shown)
    assert not any(child.pk in sample["people"] for sample in shown)


def test_nothing_of_the_rehearsal_stays() -> None:
    a_family()
    capacity = seats(10)
    prepared()
    capacity.refresh_from_db()
    assert (Offer.objects.count(), Message.objects.count(), Link.objects.count()) == (0, 0, 0)
    assert capacity.taken == 0


def test_every_child_has_a_seat_with_its_reason_or_waits_in_an_order() -> None:
    for _ in range(4):
        a_family()
    capacity = seats(3)
    prepared()
    placed = Subject.objects.filter(capacity=capacity)
    assert placed.count() == 3
    assert all(subject.placement["code"] for subject in placed)
    waiting = Subject.objects.get(capacity=None)
    assert (waiting.exclusion, waiting.outcome) == (
        Exclusion.NO_SEAT,
        Outcome.WAITING_FOR_SEAT,
    )
    assert waiting.succession == 1
    assert waiting.placement["code"]


def test_siblings_get_seats_in_one_unit() -> None:
    a_family(children=2)
    seats(1)
    together = seats(2, north_m=2000)
    prepared()
    assert {subject.capacity for subject in Subject.objects.all()} == {together}


def test_more_children_than_seats_is_said() -> None:
    a_family(children=2)
    seats(1)
    assert "seats_missing" in codes(prepared().preview["warnings"])


def test_a_rule_that_selects_nobody_blocks_the_approval() -> None:
    assert "nobody" in codes(prepared().preview["blockers"])


def test_a_rule_that_selects_everybody_is_said() -> None:
    child, adult = a_family()[0], a_person(municipality="049")
    an_address(adult)
    guard(adult, child)
    child.guardians.exclude(guardian=adult).delete()
    type(child).objects.exclude(pk__in=[child.pk, adult.pk]).delete()
    seats(1)
    assert "everybody" in codes(prepared().preview["warnings"])


def test_a_deadline_in_the_past_blocks_the_approval() -> None:
    a_family()
    seats(1)
    late = a_round(deadline_at=timezone.now() - timedelta(hours=1))
    assert "deadline_passed" in codes(prepared(late).preview["blockers"])


def test_a_deadline_on_independence_day_is_said() -> None:
    a_family()
    seats(1)
    year = timezone.localdate().year + 1
    day = timezone.localtime().replace(year=year, month=12, day=6, hour=16)
    round = a_round(deadline_at=day, begins_on=day.date() + timedelta(days=90))
    assert "deadline_on_holiday" in codes(prepared(round).preview["warnings"])


def test_a_deadline_in_the_ski_holiday_is_said() -> None:
    a_family()
    seats(1)
    year = timezone.localdate().year + 1
    day = datetime.fromisocalendar(year, 8, 3).replace(hour=16)
    round = a_round(deadline_at=timezone.make_aware(day))
    assert "deadline_in_school_holiday" in codes(prepared(round).preview["warnings"])


def test_a_missing_text_blocks_the_approval() -> None:
    a_family()
    seats(1)
    preschool()
    ServiceText.objects.filter(kind="offer", channel="sms").delete()
    assert "text_refused" in codes(prepared().preview["blockers"])


def test_without_a_legal_basis_in_force_nothing_can_be_approved() -> None:
    a_family()
    seats(1)
    preschool()
    LegalBasis.objects.update(in_force_until=timezone.localdate() - timedelta(days=1))
    assert "no_basis" in codes(prepared().preview["blockers"])


def test_who_matches_but_moved_or_died_is_counted() -> None:
    a_family(moved_out_on=timezone.localdate())
    a_family(died_on=timezone.localdate())
    a_family()
    seats(1)
    assert prepared().preview["excluded"] == {"died": 1, "moved": 1}


def test_progress_is_seen_as_soon_as_it_is_asked_for() -> None:
    round = prepare_round(round=a_round(), by=preparer())
    assert round.state == RoundState.PREPARING
    assert round.preview["progress"] == {"step": "selecting", "done": 0, "of": 3}


def test_drawing_up_again_after_being_cut_off_gives_one_list() -> None:
    a_family()
    seats(1)
    round = prepared()
    type(round).objects.filter(pk=round.pk).update(state=RoundState.PREPARING)
    draw_up_list(round=round)
    round.refresh_from_db()
    assert (round.state, Subject.objects.count()) == (RoundState.PREPARED, 1)


@pytest.mark.parametrize(("language", "said"), [("en", "There is no"), ("fi", "Kriteeriä")])
def test_what_is_wrong_with_the_placement_sends_the_round_back_with_the_reason(
    language: str, said: str
) -> None:
    a_family()
    capacity = seats(1)
    service = capacity.service
    service.placement = {"policy": "stable", "criteria": ["nearness"]}
    service.save()
    with translation.override(language):
        round = prepare_round(round=a_round(), by=preparer())
    draw_up_list(round=round)
    round.refresh_from_db()
    assert round.state == RoundState.DRAFT
    assert "nearness" in round.preview["problem"]["text"]
    assert round.preview["problem"]["text"].startswith(said)


def test_a_service_without_a_rule_cannot_be_prepared() -> None:
    service = preschool()
    service.pk, service.code = None, "without_a_rule"
    service.save(force_insert=True)
    round = a_round(service=service)
    with pytest.raises(NotReadyError):
        prepare_round(round=round, by=preparer())


def test_a_round_is_not_prepared_twice_at_once() -> None:
    round = prepare_round(round=a_round(), by=preparer())
    with pytest.raises(WrongStateError):
        prepare_round(round=round, by=preparer())


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_draw_up_one_list() -> None:
    for _ in range(5):
        a_family()
    seats(10)
    round = prepare_round(round=a_round(), by=preparer())

    def work(_: int) -> None:
        try:
            draw_up_list(round=Round.objects.get(pk=round.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as workers:
        list(workers.map(work, range(3)))
    round.refresh_from_db()
    assert round.state == RoundState.PREPARED
    assert Subject.objects.filter(round=round).count() == 5


def test_a_round_cancelled_while_it_is_prepared_stays_cancelled() -> None:
    a_family()
    seats(1)
    round = prepare_round(round=a_round(), by=preparer())
    cancel_round(round=round, by=preparer(), reason="")
    draw_up_list(round=round)
    round.refresh_from_db()
    assert round.state == RoundState.CANCELLED
