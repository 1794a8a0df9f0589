"""The whole matrix: what each basis of each operation lets the city do, and the citizen say."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from citizens.models import Person
from consents.models import BasisKind, ConsentEvent, ConsentKind, LegalBasis, Operation
from consents.models.statements import How
from consents.services.objections import raise_objection
from consents.services.rights import Statement, rights_of
from offers.delivery import gate
from offers.delivery.gate import GateReason
from offers.models import Exclusion, Message, Subject
from tests.delivery.world import a_told_family
from tests.rounds.city import a_family, a_round, preschool
from tests.rounds.test_cohort import drawn

pytestmark = pytest.mark.django_db

OF_A_SERVICE = (Operation.SELECTING, Operation.CONTACTING, Operation.PLACING)
MATRIX = list(product(BasisKind, OF_A_SERVICE))
ELSE = BasisKind.LEGAL_OBLIGATION
"""What the other operations stand on: it gives no right to say anything."""


def stand(kind: BasisKind, operation: Operation) -> None:
    """The operation of preschool's purpose stands on this kind of basis, the others on law."""
    bases = LegalBasis.objects.filter(purpose=preschool().purpose)
    assert set(OF_A_SERVICE) == set(bases.values_list("operation", flat=True))
    bases.update(kind=ELSE)
    bases.filter(operation=operation).update(kind=kind)


def say(person: Person, kind: ConsentKind) -> None:
    ConsentEvent.objects.create(
        person=person,
        purpose=preschool().purpose,
        kind=kind,
        notice_version="1",
        notice_hash="0" * 64,
        how=How.WEB,
        language="fi",
    )


def on_the_list(child: Person) -> bool:
    Subject.objects.all().delete()
    drawn(a_round())
    return Subject.objects.filter(person=child).exists()


def may_go(message: Message) -> bool:
    return not gate.refusals([message.pk], now=timezone.now())


@pytest.mark.parametrize(("kind", "operation"), MATRIX)
def test_what_may_be_said(kind: BasisKind, operation: Operation) -> None:
    [child] = a_family()
    guardian = child.guardians.get().guardian
    stand(kind, operation)

    def rights() -> tuple[Statement, ...]:
        [row] = rights_of(guardian, [preschool().purpose], on=timezone.localdate())
        return row.may_say

    expected = {
        BasisKind.CONSENT: (Statement.GIVE,),
        BasisKind.PUBLIC_TASK: (Statement.OBJECT,),
        BasisKind.LEGAL_OBLIGATION: (),
    }
    assert rights() == expected[kind]
    say(guardian, ConsentKind.GIVEN)
    assert Statement.WITHDRAW in rights()  # whatever the basis is meanwhile


@pytest.mark.parametrize(("kind", "operation"), MATRIX)
def test_data_is_selected_and_placed_on_consent_only_while_it_stands(
    kind: BasisKind, operation: Operation
) -> None:
    [child] = a_family()
    guardian = child.guardians.get().guardian
    stand(kind, operation)
    needed = kind == BasisKind.CONSENT and operation != Operation.CONTACTING
    assert on_the_list(child) is not needed
    say(guardian, ConsentKind.GIVEN)
    assert on_the_list(child)
    say(guardian, ConsentKind.WITHDRAWN)
    assert on_the_list(child) is not needed


@pytest.mark.parametrize(("kind", "operation"), MATRIX)
def test_nobody_is_written_to_on_a_consent_that_does_not_stand(
    kind: BasisKind, operation: Operation
) -> None:
    message = a_told_family()
    stand(kind, operation)
    assert may_go(message) is (kind != BasisKind.CONSENT)
    say(message.person, ConsentKind.GIVEN)
    assert may_go(message)
    say(message.person, ConsentKind.WITHDRAWN)
    refused = gate.refusals([message.pk], now=timezone.now())
    assert set(refused.values()) == ({GateReason.NO_CONSENT} if kind == "consent" else set())


@pytest.mark.parametrize(("kind", "operation"), MATRIX)
def test_an_objection_stops_the_machine_and_loses_no_place(
    kind: BasisKind, operation: Operation
) -> None:
    [child] = a_family()
    guardian = child.guardians.get().guardian
    stand(kind, operation)
    say(guardian, ConsentKind.GIVEN)
    raise_objection(person=guardian, purpose=preschool().purpose, how=How.WEB)
    assert on_the_list(child)
    assert Subject.objects.get(person=child).exclusion == Exclusion.OBJECTED


@pytest.mark.parametrize("operation", OF_A_SERVICE)
def test_beside_another_basis_no_consent_is_needed(operation: Operation) -> None:
    message = a_told_family()
    stand(BasisKind.CONSENT, operation)
    basis = LegalBasis.objects.filter(purpose=preschool().purpose, operation=operation).earliest(
        "pk"
    )
    basis.pk, basis.kind, basis.source = None, BasisKind.PUBLIC_TASK, "another_register"
    basis.save()
    assert may_go(message)


def test_a_basis_that_is_over_asks_for_no_consent() -> None:
    message = a_told_family()
    stand(BasisKind.CONSENT, Operation.SELECTING)
    basis = LegalBasis.objects.get(kind=BasisKind.CONSENT)
    basis.in_force_until = timezone.localdate() - timedelta(days=1)
    basis.save()
    assert may_go(message)
