"""A round as the caseworker and the approver run it: through the pages alone."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from consents.models import DataUse
from helsinki_proactive.staff.roles import APPROVER, CASEWORKER
from offers.admin.rounds.forms import proposed_day
from offers.models import (
    AnswerKind,
    Offer,
    OfferState,
    Outcome,
    Round,
    RoundState,
    SendingHalt,
    Subject,
)
from offers.rounds.generate import generate_offers
from offers.rounds.prepare import draw_up_list
from tests.casework.staff import at_work, employee, page, step
from tests.rounds.city import a_child, a_family, a_round, preschool, protect, seats
from tests.rounds.journeys import answer, awaiting, prepared, running

pytestmark = pytest.mark.django_db


def drafted_by(client: object, **changes: str) -> Round:
    """A round begun on the page for new ones."""
    deadline = timezone.localtime() + timedelta(days=10)
    data = {
        "name": "Autumn",
        "period": "autumn",
        "as_of": f"{timezone.localdate():%Y-%m-%d}",
        "begins_on": f"{timezone.localdate() + timedelta(days=200):%Y-%m-%d}",
        "deadline_at": f"{deadline:%Y-%m-%dT%H:%M}",
    } | changes
    address = f"{reverse('admin:offers_round_add')}?service={preschool().code}"
    client.post(address, data)  # type: ignore[attr-defined]
    return Round.objects.latest("pk")


def test_a_round_goes_from_its_draft_to_its_figures() -> None:
    [child], [_other] = a_family(), a_family()
    seats(5)
    caseworker, approver = at_work(CASEWORKER), at_work(APPROVER)
    round = drafted_by(caseworker)
    assert "being drawn up" in step(caseworker, round, "prepare")
    draw_up_list(round=round)
    preview = caseworker.get(page(round)).content.decode()
    assert "Entitled" in preview
    assert child.call_name in preview
    assert "The list is frozen" in step(caseworker, round, "request")
    round.refresh_from_db()
    step(approver, round, "approve", digest=round.frozen_digest)
    generate_offers(round=round)
    answer(child, AnswerKind.ACCEPT)
    shown = caseworker.get(page(round)).content.decode()
    assert "2 families" in shown
    assert "1</strong> person is still open" in shown


def test_a_rounds_short_address_leads_to_its_page() -> None:
    answer = at_work(CASEWORKER).get(f"/admin/offers/round/{(round := a_round()).pk}/")

    assert answer["Location"] == page(round, "change")


def test_a_deadline_in_the_past_is_refused_with_a_reason() -> None:
    seats(1)
    past = timezone.localtime() - timedelta(days=1)
    address = f"{reverse('admin:offers_round_add')}?service={preschool().code}"
    response = at_work(CASEWORKER).post(address, {"deadline_at": f"{past:%Y-%m-%dT%H:%M}"})
    assert "The deadline lies in the past." in response.content.decode()
    assert not Round.objects.exists()


def test_changed_days_ask_for_a_new_list() -> None:
    a_family()
    seats(2)
    round = prepared()
    later = timezone.localtime(round.deadline_at) + timedelta(days=3)
    data = {
        "name": round.name,
        "period": round.period,
        "as_of": f"{round.as_of:%Y-%m-%d}",
        "begins_on": f"{round.begins_on:%Y-%m-%d}",
        "deadline_at": f"{later:%Y-%m-%dT%H:%M}",
    }
    at_work(CASEWORKER).post(page(round, "edit"), data)
    round.refresh_from_db()
    assert (round.state, round.deadline_at) == (RoundState.DRAFT, later)


def test_a_rejected_list_comes_back_with_its_reason() -> None:
    a_family()
    seats(2)
    round = awaiting()
    step(at_work(APPROVER), round, "reject", reason="The deadline is too early")
    shown = at_work(CASEWORKER).get(page(round)).content.decode()
    assert "The deadline is too early" in shown
    assert round.approvals.count() == 0


def test_without_a_reason_nothing_is_sent_back() -> None:
    a_family()
    seats(2)
    round = awaiting()
    assert "Give a reason" in step(at_work(APPROVER), round, "reject")
    round.refresh_from_db()
    assert round.state == RoundState.AWAITING


def test_an_old_digest_is_not_approved() -> None:
    a_family()
    seats(2)
    round = awaiting()
    assert "have changed since" in step(at_work(APPROVER), round, "approve", digest="0" * 64)
    round.refresh_from_db()
    assert round.state == RoundState.AWAITING


def test_the_fragment_of_progress_asks_for_a_new_page_once_the_state_has_changed() -> None:
    round = a_round()
    client = at_work(CASEWORKER)
    same = client.get(page(round, "progress"), {"state": "draft"})
    moved = client.get(page(round, "progress"), {"state": "preparing"})
    assert "HX-Refresh" not in same
    assert moved["HX-Refresh"] == "true"


def test_a_pin_first_says_what_it_costs_and_is_made_only_when_that_was_seen() -> None:
    a_family()
    a_family()
    near, far = seats(1), seats(2, north_m=3000)
    round = prepared()
    subject = Subject.objects.get(round=round, capacity=near)
    client = at_work(CASEWORKER)
    address = page(round, "pin", subject.pk)
    shown = client.post(address, {"capacity": far.pk}).content.decode()
    subject.refresh_from_db()
    assert "1 other child moves." in shown
    assert (subject.capacity, subject.pinned_by) == (near, None)
    client.post(address, {"capacity": far.pk, "seen": "1"})
    subject.refresh_from_db()
    assert subject.capacity == far
    assert subject.pinned_by


def test_a_round_with_open_people_says_who_remains_and_stays_open() -> None:
    a_family()
    seats(2)
    round = running()
    assert "Some are still open: waiting for an answer: 1." in step(
        at_work(CASEWORKER), round, "close"
    )
    round.refresh_from_db()
    assert round.state == RoundState.RUNNING


def test_who_is_settled_by_hand_lets_the_round_close() -> None:
    a_family()
    seats(2)
    round = running()
    subject = Subject.objects.get(round=round)
    client = at_work(CASEWORKER)
    client.post(page(round, "settle", subject.pk), {"outcome": Outcome.MOVED.value})
    subject.refresh_from_db()
    assert subject.outcome == Outcome.MOVED
    assert "The round is closed." in step(client, round, "close")


def test_a_colleague_can_be_given_the_work() -> None:
    a_family()
    seats(2)
    round = running()
    subject = Subject.objects.get(round=round)
    colleague = employee(CASEWORKER, "colleague")
    client = at_work(CASEWORKER)
    client.post(page(round, "assign", subject.pk), {"owner": colleague.pk})
    subject.refresh_from_db()
    assert subject.owner_id == colleague.pk


def test_a_halted_round_says_so_and_goes_on_when_resumed() -> None:
    a_family()
    seats(2)
    round = running()
    client = at_work(CASEWORKER)
    assert "is halted" in step(client, round, "halt", reason="A wrong text")
    assert SendingHalt.objects.in_force().get().round == round
    step(client, round, "resume")
    assert not SendingHalt.objects.in_force().exists()


def test_the_file_of_places_is_recorded_as_a_use_and_leaves_the_protected_out() -> None:
    [child] = a_family()
    [hidden] = a_family()
    seats(2)
    round = running()
    answer(child, AnswerKind.ACCEPT)
    Subject.objects.filter(person=hidden).update(outcome=Outcome.PLACED_BY_HAND)
    Offer.objects.filter(subject__person=hidden).update(state=OfferState.ACCEPTED)
    hidden.protected = True
    hidden.save()
    before = DataUse.objects.filter(person=child).count()
    response = at_work(CASEWORKER).post(page(round, "download", "places"))
    text = response.content.decode()
    assert child.register_key in text
    assert hidden.register_key not in text
    assert DataUse.objects.filter(person=child).count() == before + 1


def test_a_file_is_not_fetched_by_a_link() -> None:
    a_family()
    seats(1)
    round = running()
    assert at_work(CASEWORKER).get(page(round, "download", "places")).status_code == 405


@pytest.mark.parametrize("who", ["child", "guardian"])
def test_a_protected_childs_seat_is_shown_nowhere(who: str) -> None:
    [child] = a_family()
    capacity = seats(2)
    round = running()
    protect(child if who == "child" else child.guardians.get().guardian)
    client = at_work(CASEWORKER)
    subject = Subject.objects.get(person=child)
    for address in (
        page(round, "people"),
        page(round, "people") + f"?seat={capacity.pk}",
        page(round, "subject", subject.pk),
    ):
        assert capacity.unit.name["en"] not in _main(client.get(address).content.decode())


def _main(page: str) -> str:
    """The page without the form that offers every unit there is, and the chosen filter."""
    return page.split("<select")[0].split("cw-filters")[-1].split("cw-banner")[0]


def test_people_excluded_for_one_reason_can_be_listed() -> None:
    a_family()
    by_hand = a_child(place_by_hand=True, last_name="Käsinen")
    seats(3)
    round = prepared()
    shown = at_work(CASEWORKER).get(page(round, "people") + "?show=not-by_hand").content.decode()
    assert by_hand.last_name in shown
    assert shown.count("<tr>") == 2


def test_a_list_costs_as_few_statements_for_many_as_for_few(
    django_assert_max_num_queries: object,
) -> None:
    for _ in range(30):
        a_family()
    seats(40)
    round = prepared()
    client = at_work(CASEWORKER)
    client.get(page(round, "people"))
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        client.get(page(round, "people"))


def test_the_pages_are_finnish_for_who_reads_finnish() -> None:
    a_family()
    seats(2)
    round = running()
    shown = at_work(CASEWORKER, language="fi").get(page(round)).content.decode()
    assert "Kierros on käynnissä" in shown
    assert "The round runs" not in shown


def test_the_rule_is_proposed_for_the_year_the_seats_are_for() -> None:
    today = timezone.localdate()
    assert proposed_day(str(today.year + 1)) == date(today.year + 1, 1, 1)
    assert proposed_day("autumn") == proposed_day("2021") == today
