"""Whoever approves is not whoever prepared, and what is sent is what was approved."""

import pytest
from django.db import InternalError, transaction

from offers.models import Approval, Exclusion, Round, RoundState, Subject
from offers.rounds.approval import approve_round, reject_round, request_approval
from offers.rounds.digest import round_digest
from offers.rounds.errors import (
    ListChangedError,
    NotReadyError,
    SamePersonError,
    WrongStateError,
)
from offers.rounds.pins import pin_subject
from tests.rounds.city import a_child, a_family, a_user, seats
from tests.rounds.journeys import approved, approver, awaiting, prepared, preparer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _families() -> None:
    a_family()
    a_family()
    seats(5)


def test_a_second_person_approves_the_frozen_list() -> None:
    round = approved()
    approval = Approval.objects.get(round=round)
    assert round.state == RoundState.APPROVED
    assert (approval.digest, approval.approved_by) == (round.frozen_digest, approver())


def test_who_prepared_cannot_approve() -> None:
    round = awaiting()
    with pytest.raises(SamePersonError):
        approve_round(round=round, digest=round.frozen_digest, by=preparer())


def test_who_pinned_a_seat_cannot_approve() -> None:
    capacity = seats(1)
    round = prepared()
    subject = Subject.objects.filter(round=round).earliest("pk")
    pin_subject(subject=subject, capacity=capacity, by=a_user("pinner"))
    round = request_approval(round=round, by=preparer())
    with pytest.raises(SamePersonError):
        approve_round(round=round, digest=round.frozen_digest, by=a_user("pinner"))


def test_another_digest_than_the_frozen_one_is_not_approved() -> None:
    round = awaiting()
    with pytest.raises(ListChangedError):
        approve_round(round=round, digest="f" * 64, by=approver())


def test_a_list_with_something_to_put_right_is_not_sent_to_approval() -> None:
    round = prepared()
    round.preview["blockers"] = [{"code": "nobody"}]
    round.save()
    with pytest.raises(NotReadyError):
        request_approval(round=round, by=preparer())


def test_a_rejected_round_goes_back_with_the_reason_and_can_be_prepared_again() -> None:
    round = reject_round(round=awaiting(), by=approver(), reason="Liian aikaisin")
    assert round.state == RoundState.DRAFT
    assert round.preview["problem"]["text"] == "Liian aikaisin"
    assert approved(round).state == RoundState.APPROVED


def test_what_is_not_awaiting_approval_is_not_approved() -> None:
    round = prepared()
    with pytest.raises(WrongStateError):
        approve_round(round=round, digest=round.frozen_digest, by=approver())


def test_the_digest_sees_every_column_of_the_list() -> None:
    round = prepared()
    seen = {round_digest(round)}
    subject = Subject.objects.filter(round=round).earliest("pk")
    changes = {
        "capacity": seats(1),
        "succession": 7,
        "exclusion": Exclusion.BY_HAND,
        "facts": {"all": []},
        "family": 1,
        "person": a_child(),
    }
    for column, value in changes.items():
        setattr(subject, column, value)
        subject.save()
        seen.add(round_digest(round))
    assert len(seen) == len(changes) + 1


@pytest.mark.parametrize("state", [RoundState.APPROVED, RoundState.RUNNING, RoundState.CLOSED])
def test_the_database_lets_no_round_run_without_an_approval(state: RoundState) -> None:
    round = awaiting()
    with pytest.raises(InternalError), transaction.atomic():
        Round.objects.filter(pk=round.pk).update(state=state)


def test_the_database_takes_no_approval_of_another_list() -> None:
    round = awaiting()
    Approval.objects.create(
        round=round, digest="f" * 64, prepared_by=preparer(), approved_by=approver()
    )
    with pytest.raises(InternalError), transaction.atomic():
        Round.objects.filter(pk=round.pk).update(state=RoundState.APPROVED)


def test_the_database_takes_no_approval_by_the_preparer_under_another_name() -> None:
    round = awaiting()
    Approval.objects.create(
        round=round,
        digest=round.frozen_digest,
        prepared_by=approver(),
        approved_by=preparer(),
    )
    with pytest.raises(InternalError), transaction.atomic():
        Round.objects.filter(pk=round.pk).update(state=RoundState.APPROVED)


@pytest.mark.parametrize(
    "change",
    [
        {"succession": 3},
        {"exclusion": Exclusion.BY_HAND},
        {"capacity": None},
        {"facts": {}},
        {"family": 1},
    ],
)
def test_the_database_keeps_a_frozen_list_as_it_is(change: dict[str, object]) -> None:
    round = awaiting()
    with pytest.raises(InternalError), transaction.atomic():
        Subject.objects.filter(round=round).update(**change)


def test_the_database_lets_nobody_into_or_out_of_a_frozen_list() -> None:
    round = awaiting()
    subject = Subject.objects.filter(round=round).earliest("pk")
    with pytest.raises(InternalError), transaction.atomic():
        Subject.objects.filter(pk=subject.pk).delete()
    subject.pk, subject.person = None, a_child()
    with pytest.raises(InternalError), transaction.atomic():
        subject.save(force_insert=True)


def test_the_database_keeps_the_dates_of_a_frozen_round() -> None:
    round = awaiting()
    with pytest.raises(InternalError), transaction.atomic():
        Round.objects.filter(pk=round.pk).update(begins_on=round.as_of)


def test_outcomes_of_a_frozen_list_still_move() -> None:
    round = awaiting()
    assert Subject.objects.filter(round=round).update(outcome="accepted") == 2
