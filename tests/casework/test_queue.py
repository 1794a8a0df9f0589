"""The queue: its order, whose a case is, and what is done with one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from citizens.models import ContactHealth, ContactPoint, Person
from helsinki_proactive.staff.models import User
from helsinki_proactive.staff.roles import CASEWORKER
from offers.delivery.cases import open_case
from offers.models import (
    Answer,
    AnswerChannel,
    CaseKind,
    Message,
    MessageState,
    Offer,
    OfferState,
    Outcome,
    ReviewCase,
    Subject,
    TextKind,
)
from offers.replies import inbox
from offers.replies.handling import CaseTakenError, Resolution, close_case, give_back, take_case
from offers.replies.opinions import record_wish
from tests.casework.staff import at_work, employee
from tests.rounds.city import a_family, a_user, protect, seats
from tests.rounds.journeys import hand_over_all, running

pytestmark = pytest.mark.django_db
MIXED = "kyllä, mutta toivomme toista päiväkotia"


def a_case(**values: object) -> ReviewCase:
    known = {"kind": CaseKind.UNKNOWN_SENDER, "due_at": timezone.now() + timedelta(days=1)}
    return ReviewCase.objects.create(**known | values)


def reply(child: Person, text: str) -> ReviewCase:
    """The family's text, and the case it leads to."""
    point = ContactPoint.objects.get(person__guardianships__child=child)
    number = point.unseal("value")
    inbox.receive(
        provider="twilio", provider_id=f"SM{text}", sender=number, text=text, now=timezone.now()
    )
    return ReviewCase.objects.latest("pk")


def test_a_wish_made_on_the_web_is_read_in_the_queue_and_in_its_case(child: Person) -> None:
    offer = Offer.objects.get(subject__person=child)
    guardian = child.guardians.get().guardian
    for text in ("Lähempänä kotia", "Mieluummin Kannelmäessä"):
        record_wish(offer=offer, guardian=guardian, text=text)
    case = a_case(kind=CaseKind.OTHER_PLACE, offer=offer, subject=offer.subject, round=offer.round)
    client = at_work(CASEWORKER)

    for address in (reverse("casework:queue"), reverse("casework:case", args=[case.pk])):
        assert "Mieluummin Kannelmäessä" in client.get(address).content.decode()


@pytest.fixture
def child() -> Person:
    """A child whose guardian has been written to."""
    [child] = a_family()
    seats(2)
    hand_over_all(running())
    return child


def act(case: ReviewCase, action: str, name: str = CASEWORKER, **data: Any) -> str:
    """Press a button of the case; returns the page that follows."""
    address = reverse("casework:act", args=[case.pk, action])
    response = at_work(CASEWORKER, name).post(address, data, follow=True)
    case.refresh_from_db()
    return response.content.decode()


def test_urgent_cases_come_first_then_the_oldest() -> None:
    now = timezone.now()
    young = a_case(opened_at=now)
    old = a_case(opened_at=now - timedelta(days=2))
    urgent = a_case(opened_at=now, urgent=True)
    shown = at_work(CASEWORKER).get(reverse("casework:queue")).content.decode()
    places = [shown.index(f"/queue/{case.pk}/") for case in (urgent, old, young)]
    assert places == sorted(places)


def test_a_late_case_is_marked() -> None:
    a_case(due_at=timezone.now() - timedelta(minutes=1))
    shown = at_work(CASEWORKER).get(reverse("casework:queue")).content.decode()
    assert "cw-badge--bad" in shown


def test_a_case_taken_by_a_colleague_is_not_taken_again() -> None:
    case = a_case()
    one, other = a_user("one"), a_user("other")
    assert take_case(case=case, by=one)
    assert take_case(case=case, by=one)
    assert not take_case(case=case, by=other)
    with pytest.raises(CaseTakenError):
        close_case(case=case, resolution=Resolution.SEEN, by=other)
    assert not give_back(case=case, by=other)
    assert give_back(case=case, by=one)
    assert take_case(case=case, by=other)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_take_a_case_at_once_one_gets_it() -> None:
    case = a_case()
    users = [a_user(f"user{number}") for number in range(6)]

    def take(user: User) -> bool:
        try:
            return take_case(case=case, by=user)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(take, users)) == 1


def test_the_page_shows_the_words_the_reading_and_the_conversation(child: Person) -> None:
    case = reply(child, MIXED)
    shown = at_work(CASEWORKER).get(reverse("casework:case", args=[case.pk])).content.decode()
    assert MIXED in shown
    assert "Read as: <strong>mixed or with a condition</strong>" in shown
    assert child.full_name in shown


@pytest.mark.parametrize(
    ("answer", "state", "outcome"),
    [
        ("accept", OfferState.ACCEPTED, Outcome.ACCEPTED),
        ("decline", OfferState.DECLINED, Outcome.DECLINED),
        ("other_place", OfferState.OTHER_PLACE, Outcome.OTHER_PLACE),
    ],
)
def test_an_answer_for_the_guardian_is_recorded_as_they_gave_it(
    answer: str, state: OfferState, outcome: Outcome, child: Person
) -> None:
    case = reply(child, MIXED)
    offer, guardian = case.offer, child.guardians.get().guardian
    assert offer
    act(case, "answer", answer=answer, guardian=guardian.pk, channel="in_person", offers=offer.pk)
    offer.refresh_from_db()
    recorded = Answer.objects.get()
    assert (recorded.kind, recorded.channel) == (answer, AnswerChannel.IN_PERSON)
    assert recorded.by == employee(CASEWORKER)
    assert (offer.state, Subject.objects.get().outcome) == (state, outcome)
    assert case.resolution == Resolution.ANSWER_RECORDED


def test_an_answer_for_somebody_who_may_not_decide_is_not_recorded(child: Person) -> None:
    case = reply(child, MIXED)
    stranger = a_family()[0].guardians.get().guardian
    answered: dict[str, Any] = {"guardian": stranger.pk, "offers": case.offer_id}
    act(case, "answer", answer="accept", channel="phone", **answered)
    assert not Answer.objects.exists()
    assert case.closed_at is None


def test_asking_back_sends_the_families_language_and_the_answer_is_read(child: Person) -> None:
    case = reply(child, MIXED)
    act(case, "ask-back")
    message = Message.objects.get(kind=TextKind.ASK_AGAIN)
    assert (message.state, message.language) == (MessageState.QUEUED, "fi")
    assert case.resolution == Resolution.ASKED_BACK


def test_looking_at_the_wording_of_asking_back_sends_nothing(child: Person) -> None:
    case = reply(child, MIXED)
    shown = at_work(CASEWORKER).get(reverse("casework:case", args=[case.pk])).content.decode()
    assert "Asking back sends:" in shown
    assert not Message.objects.filter(kind=TextKind.ASK_AGAIN).exists()
    case.refresh_from_db()
    assert (case.taken_by, case.closed_at) == (None, None)


def test_a_call_back_is_a_task_with_a_date(child: Person) -> None:
    case = reply(child, MIXED)
    day = timezone.localdate() + timedelta(days=2)
    act(case, "call-back", on=day.isoformat())
    task = ReviewCase.objects.open().get(kind=CaseKind.CALL_BACK)
    assert task.taken_by == employee(CASEWORKER)
    assert timezone.localdate(task.due_at) == day
    assert case.resolution == Resolution.CALL_BACK
    act(task, "call-back", on=(day + timedelta(days=1)).isoformat())
    assert timezone.localdate(task.due_at) == day + timedelta(days=1)
    assert ReviewCase.objects.open().count() == 1


def test_a_call_back_in_the_past_is_refused(child: Person) -> None:
    case = reply(child, MIXED)
    day = timezone.localdate() - timedelta(days=1)
    assert "Choose a day from today on." in act(case, "call-back", on=day.isoformat())
    assert case.closed_at is None


def test_nothing_more_goes_to_a_wrong_number(child: Person) -> None:
    case = reply(child, MIXED)
    act(case, "wrong-number")
    assert ContactPoint.objects.get().health == ContactHealth.WRONG_PERSON
    assert case.resolution == Resolution.WRONG_NUMBER


@pytest.mark.parametrize(
    ("action", "resolution"),
    [("not-about-offer", Resolution.NOT_ABOUT_OFFER), ("seen", Resolution.SEEN)],
)
def test_closing_a_case_ends_nobodys_story(
    action: str, resolution: Resolution, child: Person
) -> None:
    case = reply(child, MIXED)
    act(case, action)
    assert case.resolution == resolution
    assert Subject.objects.unresolved().exists()


def test_who_comes_second_is_told_and_changes_nothing(child: Person) -> None:
    case = reply(child, MIXED)
    act(case, "take", "quick")
    assert "A colleague" in act(case, "seen", "slow")
    assert case.closed_at is None


def test_after_a_case_the_next_free_one_opens(child: Person) -> None:
    case = reply(child, MIXED)
    following = a_case()
    assert f"/queue/{following.pk}/" in act(case, "seen")


@pytest.mark.parametrize("who", ["child", "guardian"])
def test_a_protected_childs_case_shows_no_place_and_no_message(who: str, child: Person) -> None:
    subject = Subject.objects.select_related("capacity__unit").get()
    assert subject.capacity
    protect(child if who == "child" else child.guardians.get().guardian)
    open_case(kind=CaseKind.PROTECTED, now=timezone.now(), round=subject.round, subject=subject)
    case = ReviewCase.objects.get(kind=CaseKind.PROTECTED)
    shown = at_work(CASEWORKER).get(reverse("casework:case", args=[case.pk])).content.decode()
    assert "are not shown" in shown
    for name in subject.capacity.unit.name.values():
        assert name not in shown
