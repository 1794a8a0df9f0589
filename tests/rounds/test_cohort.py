"""Who a round is about: nobody is left out, and who is not written to is known with its reason."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from citizens.models import ContactHealth, Person
from consents.models.statements import How
from consents.services.objections import lift_objection, raise_objection
from offers.models import EligibilityRule, Exclusion, Outcome, Round, Subject
from offers.rounds.cohort import exclude, gather_families, select_subjects
from tests.rounds.city import (
    a_child,
    a_family,
    a_person,
    a_phone,
    a_round,
    a_user,
    an_address,
    guard,
    preschool,
)
from tests.rounds.states import approve_as_two

pytestmark = pytest.mark.django_db


def drawn(round: Round) -> Round:
    """The round with its cohort selected, checked and gathered."""
    round.rule = EligibilityRule.objects.in_force().get(service=round.service)
    round.prepared_by, round.prepared_at = a_user("caseworker"), timezone.now()
    round.save()
    select_subjects(round)
    exclude(round)
    gather_families(round)
    return round


def exclusion_of(child: Person) -> str:
    drawn(a_round())
    return Subject.objects.get(person=child).exclusion


def test_everybody_the_rule_selects_is_a_subject_with_the_facts_that_say_why() -> None:
    [child] = a_family()
    a_child(birth_date=timezone.localdate() - timedelta(days=365 * 9))
    drawn(a_round())
    subject = Subject.objects.get()
    assert subject.person == child
    assert subject.facts["all"][0]["any"][0]["held"] is True
    assert subject.outcome == Outcome.PENDING
    assert (subject.owner, subject.due_on) != (None, None)


def test_a_protected_child_is_handled_by_a_person() -> None:
    [child] = a_family(protected=True)
    assert exclusion_of(child) == Exclusion.PROTECTED
    assert Subject.objects.get().outcome == Outcome.HANDLED_BY_PERSON


def test_a_child_whose_only_guardians_are_protected_is_handled_by_a_person() -> None:
    child, guardian = a_child(), a_person(protected=True)
    a_phone(guardian)
    guard(guardian, child)
    assert exclusion_of(child) == Exclusion.PROTECTED


def test_a_child_with_one_protected_guardian_is_handled_by_a_person() -> None:
    """The other guardian would learn where the child, and so the protected one, is to be found."""
    [child] = a_family()
    guard(a_person(protected=True), child)
    assert exclusion_of(child) == Exclusion.PROTECTED


def test_a_former_guardian_who_is_protected_makes_no_difference() -> None:
    [child] = a_family()
    guard(a_person(protected=True), child, valid_until=timezone.localdate() - timedelta(days=1))
    assert exclusion_of(child) == Exclusion.NONE


def test_a_child_to_be_placed_by_hand_gets_no_message() -> None:
    [child] = a_family(place_by_hand=True)
    assert exclusion_of(child) == Exclusion.BY_HAND


def test_an_objection_for_the_child_is_kept() -> None:
    [child] = a_family()
    raise_objection(person=child, purpose=preschool().purpose, how=How.WEB)
    assert exclusion_of(child) == Exclusion.OBJECTED
    assert Subject.objects.get().outcome == Outcome.OBJECTED


def test_a_lifted_objection_is_none() -> None:
    [child] = a_family()
    raise_objection(person=child, purpose=preschool().purpose, how=How.WEB)
    lift_objection(person=child, purpose=preschool().purpose, how=How.WEB)
    assert exclusion_of(child) == Exclusion.NONE


def test_one_guardians_objection_leaves_the_other_to_be_asked() -> None:
    [child] = a_family(guardians=2)
    first = Person.objects.filter(guardianships__child=child).first()
    assert first is not None
    raise_objection(person=first, purpose=preschool().purpose, how=How.SMS)
    assert exclusion_of(child) == Exclusion.NONE


def test_without_a_guardian_who_may_decide_a_person_looks() -> None:
    child, adult = a_child(), a_person()
    a_phone(adult)
    guard(adult, child, may_decide=False)
    assert exclusion_of(child) == Exclusion.NO_GUARDIAN


def test_a_guardian_of_the_past_is_none() -> None:
    child, adult = a_child(), a_person()
    a_phone(adult)
    guard(adult, child, valid_until=timezone.localdate() - timedelta(days=1))
    assert exclusion_of(child) == Exclusion.NO_GUARDIAN


@pytest.mark.parametrize("health", [ContactHealth.BOUNCED, ContactHealth.OPTED_OUT])
def test_a_family_whose_only_contact_does_not_work_is_not_reached(health: ContactHealth) -> None:
    child, adult = a_child(), a_person()
    a_phone(adult, health=health)
    guard(adult, child)
    assert exclusion_of(child) == Exclusion.NO_CONTACT


def test_an_address_is_enough() -> None:
    child, adult = a_child(), a_person()
    an_address(adult)
    guard(adult, child)
    assert exclusion_of(child) == Exclusion.NONE


def test_children_tied_by_a_chain_of_shared_guardians_are_one_family() -> None:
    first, second, third, stranger = (a_child() for _ in range(4))
    one, other = a_person(), a_person()
    guard(one, first, second)
    guard(other, second, third)
    drawn(a_round())
    family = dict(Subject.objects.values_list("person", "family"))
    assert family[first.pk] == family[second.pk] == family[third.pk]
    assert family[stranger.pk] != family[first.pk]


def test_whoever_is_in_a_round_under_way_is_not_asked_again_for_the_same_period() -> None:
    a_family()
    approve_as_two(drawn(a_round()))
    again = drawn(a_round(name="again"))
    assert not Subject.objects.filter(round=again).exists()
    other_period = drawn(a_round(name="next year", period="next"))
    assert Subject.objects.filter(round=other_period).count() == 1


def test_the_cohort_takes_as_many_statements_for_forty_as_for_one() -> None:
    def statements(families: int) -> int:
        for _ in range(families):
            a_family(guardians=2)
        Subject.objects.all().delete()
        round = a_round(name=str(families))
        with CaptureQueriesContext(connection) as queries:
            drawn(round)
        return len(queries)

    assert statements(1) == statements(39)
    assert Subject.objects.filter(exclusion=Exclusion.NONE).count() == 40
