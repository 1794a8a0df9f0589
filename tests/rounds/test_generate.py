"""From the approved list to offers, seats, messages and cases: once, whatever happens."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from citizens.models import Person
from consents.models import DataUse
from offers.models import (
    Capacity,
    CaseKind,
    Message,
    MessageState,
    Offer,
    Outcome,
    ReviewCase,
    Round,
    RoundState,
    ServiceText,
    Subject,
)
from offers.rounds.advance import resume_rounds
from offers.rounds.generate import generate_offers
from offers.rounds.invariants import check_invariants
from tests.rounds.city import a_child, a_family, a_person, guard, seats
from tests.rounds.journeys import approved, running


@pytest.mark.django_db
def test_everybody_with_a_seat_gets_an_offer_and_every_guardian_a_message() -> None:
    a_family(children=2, guardians=2)
    a_family()
    capacity = seats(10)
    round = running()
    assert Offer.objects.filter(round=round, capacity=capacity, state="open").count() == 3
    messages = Message.objects.filter(round=round, state=MessageState.QUEUED)
    assert messages.count() == 3
    assert sorted(message.offers.count() for message in messages) == [1, 2, 2]
    capacity.refresh_from_db()
    assert capacity.taken == 3


@pytest.mark.django_db
def test_a_second_run_changes_nothing() -> None:
    a_family()
    seats(1)
    round = running()
    assert generate_offers(round=round) == 0
    assert (Offer.objects.count(), Message.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_the_use_of_childrens_and_guardians_data_is_recorded() -> None:
    [child] = a_family()
    a_family(protected=True)
    seats(5)
    round = running()
    used = set(DataUse.objects.filter(processing=round.processing).values_list("person", flat=True))
    assert used == set(Person.objects.values_list("pk", flat=True))
    assert child.pk in used


@pytest.mark.django_db
def test_whom_no_message_may_reach_a_person_looks_at() -> None:
    a_family(protected=True)
    a_family(place_by_hand=True)
    a_child()
    unreachable = a_child()
    guard(a_person(), unreachable)
    seats(5)
    running()
    assert set(ReviewCase.objects.open().values_list("kind", flat=True)) == {
        CaseKind.PROTECTED,
        CaseKind.BY_HAND,
        CaseKind.NO_GUARDIAN,
        CaseKind.NO_CONTACT,
    }
    assert not Message.objects.exists()
    held = Offer.objects.get(subject__person=unreachable)
    assert held.subject.outcome == Outcome.HANDLED_BY_PERSON


@pytest.mark.django_db
def test_who_became_protected_after_the_approval_gets_no_message_but_a_person() -> None:
    [child] = a_family()
    seats(1)
    round = approved()
    Person.objects.filter(pk=child.pk).update(protected=True)
    generate_offers(round=round)
    assert not Message.objects.exists()
    assert ReviewCase.objects.get().kind == CaseKind.PROTECTED
    assert Subject.objects.get().outcome == Outcome.HANDLED_BY_PERSON


@pytest.mark.django_db
def test_a_list_whose_texts_changed_after_the_approval_goes_back() -> None:
    a_family()
    seats(1)
    round = approved()
    text = ServiceText.objects.filter(service=round.service).first()
    assert text is not None
    text.body += " ((link))"
    text.save()
    assert generate_offers(round=round) == 0
    round.refresh_from_db()
    assert round.state == RoundState.DRAFT
    assert round.preview["problem"]["text"]
    assert not Offer.objects.exists()


@pytest.mark.django_db
def test_a_list_whose_seats_were_taken_after_the_approval_goes_back_and_nothing_is_made() -> None:
    a_family(children=2)
    capacity = seats(2)
    round = approved()
    Capacity.objects.filter(pk=capacity.pk).update(seats=1)
    assert generate_offers(round=round) == 0
    round.refresh_from_db()
    assert round.state == RoundState.DRAFT
    assert (Offer.objects.count(), Message.objects.count(), DataUse.objects.count()) == (0, 0, 0)


@pytest.mark.django_db
def test_samples_go_once_the_round_is_decided() -> None:
    a_family()
    seats(1)
    assert "samples" not in running().preview


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_each_offer_once() -> None:
    for _ in range(6):
        a_family()
    seats(10)
    round = approved()

    def work(_: int) -> int:
        try:
            return generate_offers(round=Round.objects.get(pk=round.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        assert sorted(workers.map(work, range(4))) == [0, 0, 0, 6]
    assert (Offer.objects.count(), Message.objects.count()) == (6, 6)
    broken = [result.name for result in check_invariants(round) if result.broken]
    assert broken == []


@pytest.mark.django_db
def test_a_round_whose_worker_died_is_found_again() -> None:
    a_family()
    seats(1)
    approved()
    assert resume_rounds() == 1
