"""The list of a round whose time is over goes, in its order; figures stay, what is kept is kept."""

from datetime import datetime, timedelta

import pytest
from django.db import InternalError, transaction
from django.urls import reverse
from django.utils import timezone

from citizens.disputes import dispute, settle
from citizens.models import DisputedFact, DisputeOutcome
from consents.models import DataUse, Erased, Erasure, LegalBasis
from consents.services.rectification import KEPT_DAYS, rectification_purpose
from helsinki_proactive.staff.roles import CASEWORKER
from offers.models import (
    Answer,
    Message,
    Offer,
    Outcome,
    Rating,
    Reply,
    ReviewCase,
    Round,
    RoundState,
    Subject,
    UnitLook,
)
from offers.rounds.close import cancel_round
from offers.rounds.figures import figures, timeline
from offers.rounds.invariants import check_invariants
from offers.rounds.outcomes import settle_subject
from offers.rounds.retention import erase_expired
from tests.casework.staff import at_work
from tests.rounds.city import a_family, a_person, a_round, preschool, seats
from tests.rounds.journeys import hand_over_all, preparer, running
from tests.rounds.test_retention import told_and_closed

pytestmark = pytest.mark.django_db


def cancelled(children: int = 3) -> Round:
    """A round that was cancelled after messages had gone out; nobody had answered."""
    for _ in range(children):
        a_family()
    seats(children)
    round = running()
    hand_over_all(round)
    return cancel_round(round=round, by=preparer(), reason="test")


def over(round: Round) -> datetime:
    """A day on which nothing keeps the round any more."""
    assert round.closed_at is not None
    bases = LegalBasis.objects.filter(purpose=round.service.purpose)
    longest = max(bases.values_list("retention_days", flat=True))
    return round.closed_at + timedelta(days=longest + 1)


def broken() -> set[str]:
    return {one.name for one in check_invariants() if one.broken}


def test_facts_go_when_the_longest_basis_is_over_and_not_a_day_before() -> None:
    round, _guardian = told_and_closed()
    assert Subject.objects.exclude(facts={}).exists()
    early = erase_expired(now=over(round) - timedelta(days=2))
    assert not {Erased.FACTS, Erased.LISTS, Erased.RECORDS} & set(early)
    assert Subject.objects.exclude(facts={}).exists()

    erased = erase_expired(now=over(round))
    assert erased[Erased.FACTS] == 1
    subject = Subject.objects.get()
    assert (subject.facts, subject.placement, subject.distance_m) == ({}, {}, None)


def test_who_has_answered_stays_as_ids_until_the_seal_is_pruned() -> None:
    round, _guardian = told_and_closed()
    erase_expired(now=over(round))
    offer = Answer.objects.get().offer
    assert Subject.objects.get() == offer.subject
    assert DataUse.objects.exists()
    assert "answer_behind_state" not in broken()


def test_a_list_without_answers_goes_whole_and_its_seats_are_free() -> None:
    round = cancelled()
    assert ReviewCase.objects.count() + Message.objects.count() > 0
    erased = erase_expired(now=over(round))
    assert erased[Erased.LISTS] == 3
    for model in (Subject, Offer, Message, Reply, ReviewCase, Rating, UnitLook):
        assert not model.objects.exists(), model
    round.refresh_from_db()
    assert round.state == RoundState.CANCELLED
    assert not broken()


def test_what_came_of_it_is_told_as_before() -> None:
    round, _guardian = told_and_closed(children=2)
    before, chart = figures(round), timeline(round)
    assert before.answered == 1
    erase_expired(now=over(round))
    round.refresh_from_db()
    assert figures(round) == before
    assert timeline(round) == chart
    assert "samples" not in round.preview


def test_a_place_that_is_somebodys_keeps_the_list() -> None:
    round, _guardian = told_and_closed()
    LegalBasis.objects.update(retention_days=1)
    assert over(round).date() < round.begins_on
    assert not erase_expired(now=over(round)).get(Erased.FACTS)
    assert erase_expired(now=over(round) + timedelta(days=200)).get(Erased.FACTS)


def test_batches_go_on_where_they_were_and_the_report_has_the_basis() -> None:
    round = cancelled()
    erased = erase_expired(now=over(round), batch=1)
    lines = Erasure.objects.filter(what=Erased.LISTS)
    assert [line.rows for line in lines] == [1, 1, 1]
    assert {line.basis and line.basis.purpose for line in lines} == {preschool().purpose}
    assert {line.basis and line.basis.operation for line in lines} == {"placing"}
    assert erased[Erased.LISTS] == 3
    assert not erase_expired(now=over(round))


def test_who_was_placed_by_hand_goes_with_the_offer() -> None:
    [child] = a_family(place_by_hand=True)
    capacity = seats(1)
    round = running()
    settle_subject(
        subject=Subject.objects.get(person=child),
        outcome=Outcome.PLACED_BY_HAND,
        by=preparer(),
        capacity=capacity,
    )
    round = cancel_round(round=round, by=preparer(), reason="test")
    erase_expired(now=over(round))
    assert not Offer.objects.exists()
    capacity.refresh_from_db()
    assert capacity.taken == 0
    assert not broken()


def test_the_database_refuses_to_erase_before_its_time() -> None:
    round, _guardian = told_and_closed()
    with pytest.raises(InternalError, match="still kept"), transaction.atomic():
        Round.objects.filter(pk=round.pk).update(erased_at=over(round) - timedelta(days=2))
    with pytest.raises(InternalError, match="frozen"), transaction.atomic():
        Subject.objects.update(facts={})


def test_an_erased_list_takes_no_new_facts() -> None:
    round, _guardian = told_and_closed()
    erase_expired(now=over(round))
    with pytest.raises(InternalError, match="frozen"), transaction.atomic():
        Subject.objects.update(facts={"all": []})
    with pytest.raises(InternalError, match="frozen"), transaction.atomic():
        Subject.objects.create(round=round, person=a_person(), outcome=Outcome.MOVED)


def test_the_words_of_a_settled_dispute_go_and_those_of_an_open_one_stay() -> None:
    rectification_purpose()
    person = a_person()
    settled = dispute(person=person, attribute="name", should_be="Toinen", because="Nimi")
    settle(fact=settled, outcome=DisputeOutcome.STANDS, told="Ei muutu")
    dispute(person=person, attribute="sex", should_be="x", because="y")
    later = timezone.now() + timedelta(days=KEPT_DAYS)
    assert not erase_expired(now=later - timedelta(days=1)).get(Erased.DISPUTES)
    assert erase_expired(now=later + timedelta(days=1))[Erased.DISPUTES] == 1
    settled.refresh_from_db()
    assert (settled.should_be, settled.because, settled.told) == (None, None, None)
    assert settled.outcome == DisputeOutcome.STANDS
    assert DisputedFact.objects.open().get().unseal("should_be") == "x"
    line = Erasure.objects.get(what=Erased.DISPUTES)
    assert line.basis is not None
    assert line.basis.operation == "correcting"


def test_no_round_begins_or_becomes_again_a_list_that_nothing_guards() -> None:
    with pytest.raises(InternalError, match="still kept"), transaction.atomic():
        a_round(erased_at=timezone.now())
    round, _guardian = told_and_closed()
    erase_expired(now=over(round))
    with pytest.raises(InternalError, match="still kept"), transaction.atomic():
        Round.objects.filter(pk=round.pk).update(erased_at=None)
    LegalBasis.objects.update(retention_days=20000)
    Round.objects.filter(pk=round.pk).update(name="Esiopetus 2026")  # what is erased stays so


def test_the_page_of_the_round_says_so_and_shows_the_figures() -> None:
    round, _guardian = told_and_closed()
    address = reverse("admin:offers_round_change", args=[round.pk])
    assert "List erased" not in at_work(CASEWORKER).get(address).content.decode()
    erase_expired(now=over(round))
    page = at_work(CASEWORKER).get(address).content.decode()
    assert "List erased" in page
    assert "1 families" in page
