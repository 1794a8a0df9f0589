"""Whom a rule means now, what a new version changes, and who is shown as an example."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from citizens.models import Person
from consents.models import BasisKind, ConsentEvent, DataUse, LegalBasis, Objection, ProcessingKind
from consents.models.statements import How
from consents.services.objections import raise_objection
from offers.eligibility.reach import EXAMPLES, examples, reach
from offers.models import Recipient, Service
from tests.rounds.city import a_person, a_user, guard, preschool

pytestmark = pytest.mark.django_db


def born(*years: int) -> list[Person]:
    return [a_person(birth_date=date(year, 5, 3)) for year in years]


def at_least(years: int) -> dict[str, Any]:
    return {"all": [{"any": [{"attribute": "age", "operator": "at_least", "value": years}]}]}


def between(first: int, last: int) -> dict[str, Any]:
    question = {"attribute": "age", "operator": "between", "value": [first, last]}
    return {"all": [{"any": [question]}]}


def aged(*ages: int) -> list[Person]:
    return born(*(timezone.localdate().year - age - 1 for age in ages))


def shown(criteria: dict[str, Any]) -> list[Person]:
    return examples(
        criteria, service=preschool(), as_of=timezone.localdate(), by=a_user("caseworker")
    )


def test_a_reach_counts_who_comes_and_who_goes() -> None:
    aged(10, 20, 30, 40, 50)
    found = reach(
        between(15, 35), service=preschool(), as_of=timezone.localdate(), instead_of=at_least(25)
    )
    assert (found.people, found.more, found.fewer, found.residents) == (2, 1, 2, 5)


def test_an_unknown_value_is_neither_gained_nor_lost() -> None:
    a_person()
    sex = {"attribute": "sex", "operator": "is", "value": "female"}
    other = sex | {"operator": "is_not"}
    found = reach(
        {"all": [{"any": [sex]}]},
        service=preschool(),
        as_of=timezone.localdate(),
        instead_of={"all": [{"any": [other]}]},
    )
    assert (found.people, found.more, found.fewer) == (0, 0, 0)
    assert found.nobody


def test_a_rule_for_everybody_is_said() -> None:
    aged(10, 20)
    assert reach(at_least(0), service=preschool(), as_of=timezone.localdate()).everybody
    assert not reach(at_least(15), service=preschool(), as_of=timezone.localdate()).everybody


def test_examples_are_explained_and_their_use_is_recorded() -> None:
    aged(*range(30, 40))
    found = shown(at_least(18))
    assert len(found) == EXAMPLES
    assert all(person.facts["all"][0]["any"][0]["held"] for person in found)  # type: ignore[attr-defined]
    uses = DataUse.objects.filter(person__in=found)
    assert uses.count() == EXAMPLES
    [processing] = {use.processing for use in uses.select_related("processing")}
    assert (processing.kind, processing.by) == (ProcessingKind.VIEWING, a_user("caseworker"))
    assert processing.purpose == preschool().purpose


def test_protected_people_their_children_and_who_objects_are_never_examples() -> None:
    hidden, child, objecting, other = aged(40, 10, 30, 50)
    guard(hidden, child, may_decide=True)
    Person.objects.filter(pk=hidden.pk).update(protected=True)
    raise_objection(person=objecting, purpose=preschool().purpose, how=How.SMS)
    assert Objection.objects.exists()
    assert shown(at_least(5)) == [other]


def test_where_nobody_matches_nothing_is_recorded() -> None:
    assert shown(at_least(100)) == []
    assert not DataUse.objects.exists()


@pytest.mark.parametrize("kind", [BasisKind.CONSENT, BasisKind.PUBLIC_TASK])
def test_on_consent_alone_only_those_who_gave_it_are_counted_and_shown(kind: BasisKind) -> None:
    consenting, _silent = aged(20, 40)
    service = preschool()
    Service.objects.filter(pk=service.pk).update(recipient=Recipient.SELF)
    service.refresh_from_db()
    LegalBasis.objects.filter(purpose=service.purpose).update(kind=kind)
    ConsentEvent.objects.create(
        person=consenting,
        purpose=service.purpose,
        kind="given",
        notice_version="1",
        notice_hash="0" * 64,
        how=How.WEB,
        language="fi",
    )
    today, everybody = timezone.localdate(), at_least(0)
    found = reach(everybody, service=service, as_of=today, instead_of=at_least(30))
    people = examples(everybody, service=service, as_of=today, by=a_user("caseworker"))
    if kind == BasisKind.CONSENT:
        assert (found.people, found.more, found.fewer) == (1, 1, 0)
        assert people == [consenting]
        assert not DataUse.objects.exclude(person=consenting).exists()
    else:
        assert (found.people, found.more) == (2, 1)
        assert len(people) == 2
