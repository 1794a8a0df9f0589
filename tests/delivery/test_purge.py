"""Somebody becomes protected or objects: what waits is stopped, what was said is purged."""

import pytest

from citizens.models import Person
from consents.models.statements import How
from consents.services.objections import raise_objection
from consents.signals import contact_forbidden
from helsinki_proactive.simulator.client import Simulator
from offers.delivery.gate import GateReason
from offers.delivery.outbox import send_due
from offers.models import CaseKind, Link, Message, MessageState, ReviewCase, TextKind
from tests.delivery.world import a_running_round, a_told_family, guardian_of, state_of, tell
from tests.rounds.city import a_family, preschool

pytestmark = pytest.mark.django_db


def protect(person: Person) -> None:
    Person.objects.filter(pk=person.pk).update(protected=True)
    contact_forbidden.send(
        sender=Person, person_ids=[person.pk], reason="protected", purpose_id=None
    )


@pytest.mark.parametrize("who", ["child", "guardian"])
def test_protection_cancels_purges_revokes_and_calls_a_caseworker_at_once(
    simulator: Simulator, who: str
) -> None:
    (child,) = a_family(guardians=2)
    round = a_running_round([child])
    tell(round)
    send_due()
    tell(round, kind=TextKind.REMINDER)

    protect(child if who == "child" else guardian_of(child))

    concerned = Message.objects.all()
    links = Link.objects.all()
    if who == "guardian":
        concerned = concerned.filter(person=guardian_of(child))
        links = links.filter(guardian=guardian_of(child))
    assert not concerned.exclude(body=None).exists()
    assert set(concerned.filter(kind=TextKind.REMINDER).values_list("state", "reason")) == {
        (MessageState.CANCELLED, GateReason.PROTECTED)
    }
    assert links.exists()
    assert not links.filter(revoked_at=None).exists()
    case = ReviewCase.objects.get()
    assert (case.kind, case.urgent) == (CaseKind.PROTECTED, True)


def test_an_objection_stops_what_waits_for_that_purpose() -> None:
    message = a_told_family()

    raise_objection(person=message.person, purpose=preschool().purpose, how=How.WEB)

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.CANCELLED, GateReason.OBJECTED)
    assert ReviewCase.objects.get().kind == CaseKind.BY_HAND


def test_an_objection_to_another_purpose_stops_nothing() -> None:
    message = a_told_family()
    purpose = preschool().purpose
    purpose.pk, purpose.code = None, "another"
    purpose.save()

    raise_objection(person=message.person, purpose=purpose, how=How.WEB)

    assert state_of(message) == MessageState.QUEUED


def test_other_families_are_not_touched(simulator: Simulator) -> None:
    message, other = a_told_family(), a_told_family()

    protect(message.person)
    send_due()

    assert state_of(other) == MessageState.SENT
    other.refresh_from_db()
    assert other.body is not None
