"""While a round runs: reminders, the deadline, freed seats, and its end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from offers.delivery.cases import open_case
from offers.models import (
    AnswerKind,
    CaseKind,
    Lane,
    Message,
    Offer,
    OfferState,
    Outcome,
    Reply,
    ReviewCase,
    Round,
    RoundState,
    Silence,
    Subject,
    TextKind,
)
from offers.replies.inbox import store
from offers.rounds.close import cancel_round, close_round, deadline_passed
from offers.rounds.errors import NotPossibleError, StillOpenError, WrongStateError
from offers.rounds.outcomes import assign_subject, settle_subject
from offers.rounds.remind import remind_due, remind_round
from offers.rounds.succession import new_deadline, offer_freed_seats
from tests.rounds.city import a_child, a_family, a_person, a_round, a_user, guard, preschool, seats
from tests.rounds.journeys import answer, preparer, running

pytestmark = pytest.mark.django_db


def age(round: Round, days: int) -> None:
    """Let the offers have been made so many days ago."""
    made = timezone.now() - timedelta(days=days)
    Offer.objects.filter(round=round).update(created_at=made)


def outcome_of(subject: Subject) -> str:
    subject.refresh_from_db()
    return subject.outcome


def reminders() -> int:
    return Message.objects.filter(kind=TextKind.REMINDER, lane=Lane.REMINDERS).count()


def test_only_those_who_have_not_answered_are_reminded_and_once_for_each_day() -> None:
    [silent], [answered] = a_family(), a_family()
    seats(5)
    round = running()
    answer(answered, AnswerKind.ACCEPT)
    age(round, 7)
    now = timezone.now()
    assert remind_due(now=now) == 1
    assert remind_due(now=now + timedelta(minutes=1)) == 0
    reminded = Offer.objects.get(subject__person=silent)
    assert reminded.reminded_at == now
    assert reminders() == 1


def test_the_second_reminder_day_reminds_again() -> None:
    a_family()
    seats(5)
    round = running()
    age(round, 7)
    now = timezone.now()
    assert remind_due(now=now) == 1
    age(round, 12)
    Offer.objects.update(reminded_at=now - timedelta(days=5))
    assert remind_due(now=now + timedelta(days=1)) == 1
    assert reminders() == 2


def test_before_the_first_reminder_day_nobody_is_reminded() -> None:
    a_family()
    seats(5)
    age(running(), 6)
    assert remind_due(now=timezone.now()) == 0


def test_days_missed_are_not_made_up_for() -> None:
    a_family()
    seats(5)
    age(running(), 13)
    now = timezone.now()
    assert [remind_due(now=now), remind_due(now=now)] == [1, 0]


def test_reminding_at_once_is_for_the_unanswered_of_the_round() -> None:
    a_family(guardians=2)
    seats(5)
    round = running()
    assert remind_round(round=round, by=preparer()) == 2
    assert remind_round(round=round, by=preparer()) == 0


def test_nobody_is_reminded_after_the_deadline() -> None:
    a_family()
    seats(5)
    age(running(), 8)
    Offer.objects.update(deadline_at=timezone.now())
    assert remind_due(now=timezone.now()) == 0


def test_silence_holds_the_seat_and_a_person_follows_up() -> None:
    a_family()
    capacity = seats(1)
    round = running()
    now = round.deadline_at + timedelta(minutes=1)
    assert deadline_passed(now=now) == 1
    offer, subject = Offer.objects.get(), Subject.objects.get()
    assert offer.state == OfferState.UNANSWERED
    assert subject.outcome == Outcome.HANDLED_BY_PERSON
    assert subject.due_on == timezone.localdate(now + timedelta(days=7))
    assert ReviewCase.objects.get().kind == CaseKind.UNANSWERED
    capacity.refresh_from_db()
    assert capacity.taken == 1
    assert deadline_passed(now=now) == 0


def test_where_silence_releases_the_seat_is_free_again() -> None:
    a_family()
    capacity = seats(1)
    type(preschool()).objects.update(silence=Silence.RELEASE)
    round = running()
    deadline_passed(now=round.deadline_at)
    assert Offer.objects.get().state == OfferState.LAPSED
    assert Subject.objects.get().outcome == Outcome.LAPSED
    capacity.refresh_from_db()
    assert capacity.taken == 0


def test_a_family_whose_words_a_person_still_reads_is_not_silent() -> None:
    twins = a_family(children=2)
    seats(2)
    type(preschool()).objects.update(silence=Silence.RELEASE)
    round = running()
    writer = twins[0].guardians.get().guardian
    reply = store(
        provider="twilio", provider_id="SM1", sender="+358401", text="?", now=timezone.now()
    )
    Reply.objects.filter(pk=reply.pk).update(person=writer, round=round)
    open_case(kind=CaseKind.MIXED_REPLY, now=timezone.now(), round=round, reply=reply)

    deadline_passed(now=round.deadline_at)

    assert {offer.state for offer in Offer.objects.all()} == {OfferState.UNANSWERED}


def test_a_family_of_which_somebody_has_answered_is_not_silent() -> None:
    [child] = a_family(guardians=2)
    seats(1)
    type(preschool()).objects.update(silence=Silence.RELEASE, acceptance="all")
    round = running()
    answer(child, AnswerKind.ACCEPT)
    deadline_passed(now=round.deadline_at)
    assert Offer.objects.get().state == OfferState.UNANSWERED
    assert ReviewCase.objects.get().kind == CaseKind.UNANSWERED


def test_a_decline_that_waits_for_the_other_guardian_is_left_to_its_grace_period() -> None:
    [child] = a_family(guardians=2)
    seats(1)
    round = running()
    answer(child, AnswerKind.DECLINE)
    assert deadline_passed(now=round.deadline_at) == 0


def test_before_the_deadline_nothing_is_taken_for_silence() -> None:
    a_family()
    seats(1)
    round = running()
    assert deadline_passed(now=round.deadline_at - timedelta(seconds=1)) == 0


def test_a_freed_seat_goes_to_the_next_in_the_approved_order_with_a_new_deadline() -> None:
    for _ in range(3):
        a_family()
    seats(1)
    round = running()
    answer(Subject.objects.get(capacity__isnull=False).person, AnswerKind.DECLINE)
    first, second = Subject.objects.filter(succession__isnull=False).order_by("succession")
    before = timezone.now()
    assert offer_freed_seats(round=round) == 1
    offer = Offer.objects.get(subject=first)
    assert outcome_of(first) == Outcome.PENDING
    assert outcome_of(second) == Outcome.WAITING_FOR_SEAT
    assert offer.deadline_at == new_deadline(round, before)
    assert offer.messages.get().kind == TextKind.OFFER
    assert offer_freed_seats(round=round) == 0


def test_a_freed_seat_of_another_group_is_passed_on_to_whoever_asked_for_it() -> None:
    for _ in range(2):
        a_family()
    seats(1)
    round = running()
    seats(3, group="sv")
    assert offer_freed_seats(round=round) == 0
    assert Subject.objects.filter(outcome=Outcome.WAITING_FOR_SEAT).count() == 1


def test_who_has_declined_is_not_offered_a_freed_seat() -> None:
    [child] = a_family()
    seats(1)
    round = running()
    answer(child, AnswerKind.DECLINE)
    assert offer_freed_seats(round=round) == 0
    assert Offer.objects.count() == 1


def test_siblings_who_wait_are_offered_seats_together() -> None:
    a_family(children=2)
    seats(1, group="sv")
    round = running()
    together = seats(2)
    assert offer_freed_seats(round=round) == 2
    assert {offer.capacity for offer in Offer.objects.all()} == {together}
    assert Message.objects.get().offers.count() == 2


def test_placing_by_hand_takes_the_seat_and_closes_the_cases() -> None:
    a_family(place_by_hand=True)
    capacity = seats(1)
    running()
    subject = Subject.objects.get()
    settle_subject(
        subject=subject, outcome=Outcome.PLACED_BY_HAND, capacity=capacity, by=preparer()
    )
    capacity.refresh_from_db()
    assert outcome_of(subject) == Outcome.PLACED_BY_HAND
    assert (capacity.taken, Offer.objects.get().state) == (1, OfferState.ACCEPTED)
    assert not ReviewCase.objects.open().exists()


def test_nobody_is_placed_by_hand_where_every_seat_is_taken() -> None:
    a_family(place_by_hand=True)
    a_family()
    capacity = seats(1)
    running()
    subject = Subject.objects.get(exclusion="by_hand")
    with pytest.raises(NotPossibleError):
        settle_subject(
            subject=subject, outcome=Outcome.PLACED_BY_HAND, capacity=capacity, by=preparer()
        )
    assert outcome_of(subject) == Outcome.HANDLED_BY_PERSON


def test_somebody_placed_elsewhere_frees_the_seat() -> None:
    a_family()
    capacity = seats(1)
    running()
    subject = Subject.objects.get()
    settle_subject(subject=subject, outcome=Outcome.ARRANGED_OTHERWISE, by=preparer())
    capacity.refresh_from_db()
    assert (capacity.taken, Offer.objects.get().state) == (0, OfferState.WITHDRAWN)


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.DECLINED, Outcome.PENDING])
def test_what_only_the_family_can_say_is_not_settled_by_hand(outcome: Outcome) -> None:
    a_family()
    seats(1)
    running()
    with pytest.raises(NotPossibleError):
        settle_subject(subject=Subject.objects.get(), outcome=outcome, by=preparer())


def test_a_round_with_an_open_remainder_is_not_closed() -> None:
    [accepting], _silent = a_family(), a_family()
    seats(5)
    round = running()
    answer(accepting, AnswerKind.ACCEPT)
    with pytest.raises(StillOpenError) as refusal:
        close_round(round=round, by=preparer())
    assert list(refusal.value.remaining.values()) == [1]
    round.refresh_from_db()
    assert round.state == RoundState.RUNNING


def test_a_round_in_which_everybody_has_come_to_an_end_is_closed() -> None:
    [accepting], [silent] = a_family(), a_family()
    seats(5)
    round = running()
    answer(accepting, AnswerKind.ACCEPT)
    settle_subject(
        subject=Subject.objects.get(person=silent), outcome=Outcome.UNREACHED, by=preparer()
    )
    assert close_round(round=round, by=preparer()).state == RoundState.CLOSED


def test_cancelling_keeps_accepted_places_and_withdraws_the_rest() -> None:
    [accepting], _silent = a_family(), a_family()
    capacity = seats(5)
    round = running()
    answer(accepting, AnswerKind.ACCEPT)
    cancel_round(round=round, by=preparer(), reason="Väärä päivä")
    capacity.refresh_from_db()
    assert capacity.taken == 1
    assert set(Subject.objects.values_list("outcome", flat=True)) == {
        Outcome.ACCEPTED,
        Outcome.WITHDRAWN,
    }
    assert not Message.objects.filter(state="queued").exists()
    with pytest.raises(WrongStateError):
        cancel_round(round=round, by=preparer(), reason="again")


def test_a_draft_can_be_cancelled() -> None:
    assert cancel_round(round=a_round(), by=preparer(), reason="").state == RoundState.CANCELLED


def test_an_open_subject_gets_another_owner() -> None:
    child = a_child()
    guard(a_person(), child)
    seats(1)
    running()
    subject = Subject.objects.get()
    assign_subject(subject=subject, owner=a_user("other"))
    subject.refresh_from_db()
    assert subject.owner == a_user("other")
