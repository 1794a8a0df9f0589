"""A unit's head is asked to look before anything is sent."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from citizens.models import Person
from consents.models import DataUse
from helsinki_proactive.staff.models import User
from helsinki_proactive.staff.roles import APPROVER, CASEWORKER, UNIT_HEAD
from offers.models import Capacity, Round, Subject, UnitLook, Verdict
from offers.rounds.errors import NotPossibleError, WrongStateError
from offers.rounds.looks import answer_look, ask_head, is_outdated
from offers.rounds.pins import pin_subject
from tests.casework.staff import ROLES, at_work, employee, page
from tests.rounds.city import a_family, a_person, guard, seats
from tests.rounds.journeys import approved, prepared, preparer

pytestmark = pytest.mark.django_db


def head() -> User:
    return employee(UNIT_HEAD)


def a_look(capacity: Capacity, round: Round) -> UnitLook:
    return ask_head(round=round, unit=capacity.unit, head=head(), by=preparer())


def look_address(look: UnitLook) -> str:
    return reverse("admin:offers_unitlook", args=[look.pk])


def test_a_caseworker_asks_and_reads_the_remark_and_so_does_the_approver() -> None:
    [child] = a_family()
    capacity = seats(2)
    round = prepared()
    caseworker, asked = at_work(CASEWORKER), head()
    caseworker.post(page(round, "ask"), {"unit": capacity.unit.pk, "head": asked.pk})
    look = UnitLook.objects.get()
    client = at_work(UNIT_HEAD)
    assert look_address(look) in client.get(reverse("admin:index")).content.decode()
    assert child.full_name in client.get(look_address(look)).content.decode()
    client.post(look_address(look), {"verdict": "remark", "remark": "Rivi 1 muuttaa"})
    for role in (CASEWORKER, APPROVER):
        assert "Rivi 1 muuttaa" in at_work(role).get(page(round, "heads")).content.decode()
        assert "with a remark: 1" in at_work(role).get(page(round)).content.decode()


def test_the_head_sees_no_protected_child_and_nobody_of_another_unit() -> None:
    [shown], [hidden_by_guardian] = a_family(), a_family()
    here, elsewhere = seats(5), seats(5, north_m=5000)
    [other] = a_family(latitude=60.2160, longitude=24.9414)
    guardian = a_person()
    guard(guardian, hidden_by_guardian)
    round = prepared()
    Person.objects.filter(pk=guardian.pk).update(protected=True)
    look = a_look(here, round)
    text = at_work(UNIT_HEAD).get(look_address(look)).content.decode()
    assert Subject.objects.get(round=round, person=other).capacity == elsewhere
    assert shown.full_name in text
    assert hidden_by_guardian.full_name not in text
    assert other.full_name not in text


def test_looking_is_recorded_once() -> None:
    [child] = a_family()
    capacity = seats(2)
    look = a_look(capacity, prepared())
    client = at_work(UNIT_HEAD)
    for _n in range(2):
        client.get(look_address(look))
    assert DataUse.objects.filter(person=child, processing__by=head()).count() == 1


def test_nobody_but_the_asked_head_opens_or_answers() -> None:
    a_family()
    capacity = seats(2)
    look = a_look(capacity, prepared())
    another = at_work(UNIT_HEAD, "another head")
    assert another.get(look_address(look)).status_code == 403
    for role in ROLES:
        assert at_work(role).get(look_address(look)).status_code == 403
    with pytest.raises(NotPossibleError):
        answer_look(look=look, verdict=Verdict.CONFIRMED, remark="", by=preparer())


def test_a_head_sees_nothing_else() -> None:
    a_family()
    seats(2)
    round = prepared()
    client = at_work(UNIT_HEAD)
    for name in ("change", "people", "seats", "heads"):
        assert client.get(page(round, name)).status_code == 403


def test_an_answer_about_a_list_that_has_changed_is_marked() -> None:
    [child] = a_family()
    capacity, other = seats(2), seats(2, north_m=3000)
    round = prepared()
    look = answer_look(
        look=a_look(capacity, round), verdict=Verdict.CONFIRMED, remark="", by=head()
    )
    assert not is_outdated(look)
    subject = Subject.objects.get(round=round, person=child)
    pin_subject(subject=subject, capacity=other, by=preparer())
    assert is_outdated(look)


def test_asked_again_the_answer_is_taken_back() -> None:
    a_family()
    capacity = seats(2)
    round = prepared()
    look = a_look(capacity, round)
    answer_look(look=look, verdict=Verdict.CONFIRMED, remark="", by=head())
    a_look(capacity, round)
    look.refresh_from_db()
    assert (look.verdict, look.answered_at, look.seen) == ("", None, "")


def test_a_remark_says_what_and_a_unit_without_children_is_not_asked_about() -> None:
    a_family()
    capacity, empty = seats(2), seats(2, north_m=9000)
    round = prepared()
    with pytest.raises(NotPossibleError):
        answer_look(look=a_look(capacity, round), verdict=Verdict.REMARK, remark="", by=head())
    with pytest.raises(NotPossibleError):
        a_look(empty, round)


def test_once_the_round_is_approved_nobody_is_asked_or_answers() -> None:
    a_family()
    capacity = seats(2)
    round = prepared()
    look = a_look(capacity, round)
    approved(round)
    with pytest.raises(WrongStateError):
        a_look(capacity, round)
    with pytest.raises(WrongStateError):
        answer_look(look=look, verdict=Verdict.CONFIRMED, remark="", by=head())
    assert "This is decided" in at_work(UNIT_HEAD).get(look_address(look)).content.decode()


def test_the_database_takes_no_answer_without_its_time() -> None:
    a_family()
    capacity = seats(2)
    look = a_look(capacity, prepared())
    with pytest.raises(IntegrityError), transaction.atomic():
        UnitLook.objects.filter(pk=look.pk).update(verdict=Verdict.CONFIRMED)
    with pytest.raises(IntegrityError), transaction.atomic():
        UnitLook.objects.filter(pk=look.pk).update(
            verdict=Verdict.REMARK, answered_at=timezone.now(), seen="x"
        )
