"""Each condition of the gate, flipped between approval and claim: recorded, and nothing sent."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from citizens.models import ContactHealth, ContactPoint, Guardianship, Person
from consents.models import BasisKind, LegalBasis, Operation
from consents.models.statements import ConsentEvent, ConsentKind, How
from consents.services.objections import lift_objection, raise_objection
from helsinki_proactive.simulator.client import Simulator
from offers.delivery import gate
from offers.delivery.cases import open_case
from offers.delivery.gate import GateReason
from offers.delivery.outbox import send_due
from offers.models import (
    CaseKind,
    Message,
    MessageState,
    Offer,
    OfferState,
    Round,
    ServiceText,
    TextKind,
)
from tests.delivery.world import a_running_round, a_told_family, guardian_of, number_of, tell
from tests.rounds.city import a_family, preschool

pytestmark = pytest.mark.django_db

Flip = Callable[[Message, Person], object]


def _child_of(message: Message) -> Person:
    return Person.objects.get(subjects__offers__messages=message)


def _died(person: Person) -> None:
    Person.objects.filter(pk=person.pk).update(died_on=date(2020, 1, 1))


def _gone(person: Person) -> None:
    Person.objects.filter(pk=person.pk).update(gone_at=timezone.now())


def _protect(person: Person) -> None:
    Person.objects.filter(pk=person.pk).update(protected=True)


def _point(message: Message) -> QuerySet[ContactPoint]:
    return ContactPoint.objects.filter(messages=message)


def _health(health: ContactHealth) -> Flip:
    return lambda message, _child: _point(message).update(health=health)


def _bases() -> QuerySet[LegalBasis]:
    return LegalBasis.objects.filter(operation=Operation.CONTACTING)


FLIPS: list[tuple[GateReason, str, Flip]] = [
    (
        GateReason.ROUND_NOT_RUNNING,
        "round cancelled",
        lambda message, _: Round.objects.filter(messages=message).update(state="cancelled"),
    ),
    (GateReason.RECIPIENT_GONE, "guardian died", lambda message, _: _died(message.person)),
    (GateReason.RECIPIENT_GONE, "guardian gone", lambda message, _: _gone(message.person)),
    (GateReason.PROTECTED, "guardian protected", lambda message, _: _protect(message.person)),
    (GateReason.PROTECTED, "child protected", lambda _, child: _protect(child)),
    (
        GateReason.NO_CONTACT,
        "contact point gone",
        lambda message, _: _point(message).update(gone_at=timezone.now()),
    ),
    (
        GateReason.NO_CONTACT,
        "contact point another person's",
        lambda message, child: _point(message).update(person=child),
    ),
    (GateReason.BOUNCED, "number dead", _health(ContactHealth.BOUNCED)),
    (GateReason.OPTED_OUT, "opted out", _health(ContactHealth.OPTED_OUT)),
    (GateReason.WRONG_PERSON, "somebody else's", _health(ContactHealth.WRONG_PERSON)),
    (
        GateReason.NO_BASIS,
        "basis ended",
        lambda *_: _bases().update(in_force_until=date(2021, 12, 31)),
    ),
    (
        GateReason.NO_CONSENT,
        "basis is consent, none given",
        lambda *_: _bases().update(kind=BasisKind.CONSENT),
    ),
    (
        GateReason.OBJECTED,
        "guardian objected, long ago",
        lambda message, _: _object_unheard(message.person),
    ),
    (GateReason.OBJECTED, "child objected", lambda _, child: _object_unheard(child)),
    (GateReason.SAFETY, "safety of the child looked at", lambda _, child: _fear_for(child)),
    (
        GateReason.ANSWERED,
        "answered",
        lambda message, _: message.offers.all().update(state=OfferState.ACCEPTED),
    ),
    (
        GateReason.ANSWERED,
        "withdrawn",
        lambda message, _: message.offers.all().update(state=OfferState.WITHDRAWN),
    ),
    (
        GateReason.DEADLINE_PASSED,
        "deadline passed",
        lambda message, _: message.offers.all().update(deadline_at=timezone.now()),
    ),
    (GateReason.SUBJECT_DIED, "child died", lambda _, child: _died(child)),
    (GateReason.SUBJECT_DIED, "child gone", lambda _, child: _gone(child)),
    (
        GateReason.MOVED,
        "child moved to another municipality",
        lambda _, child: Person.objects.filter(pk=child.pk).update(municipality="049"),
    ),
    (
        GateReason.MOVED,
        "child moved out",
        lambda _, child: Person.objects.filter(pk=child.pk).update(moved_out_on=date(2026, 1, 1)),
    ),
    (
        GateReason.NOT_MATCHING,
        "rule no longer matches",
        lambda _, child: Person.objects.filter(pk=child.pk).update(birth_date=date(2015, 1, 1)),
    ),
    (
        GateReason.NOT_GUARDIAN,
        "custody ended",
        lambda _, child: Guardianship.objects.filter(child=child).update(
            valid_until=timezone.localdate() - timedelta(days=1)
        ),
    ),
    (
        GateReason.NOT_GUARDIAN,
        "right to decide lost",
        lambda _, child: Guardianship.objects.filter(child=child).update(may_decide=False),
    ),
    (GateReason.TEXT_MISSING, "text deleted", lambda *_: ServiceText.objects.all().delete()),
]


def _object_unheard(person: Person) -> None:
    """An objection that nobody heard the signal of: the gate must find it by itself."""
    preschool().purpose.objections.create(person=person, kind="raised", how=How.WEB)


def _fear_for(child: Person) -> None:
    subject = child.subjects.get()
    open_case(kind=CaseKind.SAFETY, now=timezone.now(), subject=subject, round=subject.round)


@pytest.mark.parametrize(
    ("reason", "flip"),
    [(reason, flip) for reason, _name, flip in FLIPS],
    ids=[name for _reason, name, _flip in FLIPS],
)
def test_a_flipped_condition_cancels_with_its_own_reason_and_nothing_is_sent(
    simulator: Simulator, reason: GateReason, flip: Flip
) -> None:
    message = a_told_family()
    flip(message, _child_of(message))

    assert send_due() == 0

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.CANCELLED, reason)
    assert message.body is None
    assert simulator.messages(to=number_of(message)) == []


def test_every_reason_of_the_gate_is_flipped_here() -> None:
    elsewhere = {
        GateReason.TEXT_SENSITIVE,
        GateReason.NOT_ALLOWED_HERE,
        GateReason.SAME_NUMBER,  # before the gate: offers/delivery/sharing.py
        GateReason.NO_PROVIDER,
    }

    assert {reason for reason, _name, _flip in FLIPS} | elsewhere == set(GateReason)


def test_with_nothing_flipped_the_gate_lets_the_message_pass() -> None:
    message = a_told_family()

    passage = gate.ask([message.pk], now=timezone.now())[message.pk]

    assert passage
    assert passage.offers == tuple(message.offers.values_list("pk", flat=True))
    assert gate.refusals([message.pk], now=timezone.now()) == {}


def test_a_given_consent_opens_the_gate_and_a_withdrawn_one_closes_it() -> None:
    message = a_told_family()
    _bases().update(kind=BasisKind.CONSENT)

    def say(kind: ConsentKind) -> None:
        ConsentEvent.objects.create(
            person=message.person,
            purpose=preschool().purpose,
            kind=kind,
            notice_version="1",
            notice_hash="0" * 64,
            how=How.WEB,
            language="fi",
        )

    say(ConsentKind.GIVEN)
    assert gate.refusals([message.pk], now=timezone.now()) == {}
    say(ConsentKind.WITHDRAWN)
    assert gate.refusals([message.pk], now=timezone.now()) == {message.pk: GateReason.NO_CONSENT}


def test_a_lifted_objection_opens_the_gate_again() -> None:
    message = a_told_family()
    saying: dict[str, Any] = {
        "person": message.person,
        "purpose": preschool().purpose,
        "how": How.PHONE,
    }

    raise_objection(**saying)
    assert message.pk in gate.refusals([message.pk], now=timezone.now())
    lift_objection(**saying)
    assert message.pk not in gate.refusals([message.pk], now=timezone.now())


@pytest.mark.parametrize("how", ["answered", "moved", "died"])
def test_a_twin_who_is_out_of_it_is_left_out_of_the_message(simulator: Simulator, how: str) -> None:
    twins = a_family(children=2)
    tell(a_running_round(twins))
    message = Message.objects.get()
    out, still_in = twins
    if how == "answered":
        Offer.objects.filter(subject__person=out).update(state=OfferState.ACCEPTED)
    else:
        change = {"moved_out_on" if how == "moved" else "died_on": date(2026, 1, 1)}
        Person.objects.filter(pk=out.pk).update(**change)

    assert send_due() == 1

    (text,) = simulator.messages(to=number_of(message))
    assert still_in.call_name in text.body
    assert out.call_name not in text.body


def test_a_protected_twin_silences_the_whole_message(simulator: Simulator) -> None:
    twins = a_family(children=2)
    tell(a_running_round(twins))
    message = Message.objects.get()
    _protect(twins[1])

    assert send_due() == 0

    message.refresh_from_db()
    assert message.reason == GateReason.PROTECTED
    assert simulator.messages(to=number_of(message)) == []


def test_a_confirmation_of_an_answer_may_go_out_after_the_deadline_but_never_to_a_lost_custody(
    simulator: Simulator,
) -> None:
    message = a_told_family()
    Message.objects.update(kind=TextKind.ACCEPTED)
    message.offers.all().update(state=OfferState.ACCEPTED, deadline_at=timezone.now())
    assert gate.refusals([message.pk], now=timezone.now()) == {}

    Guardianship.objects.filter(guardian=guardian_of(_child_of(message))).update(may_decide=False)
    assert gate.refusals([message.pk], now=timezone.now()) == {message.pk: GateReason.NOT_GUARDIAN}


def test_the_gates_statements_do_not_grow_with_the_messages(
    django_assert_max_num_queries: Any,
) -> None:
    tell(a_running_round([child for _ in range(12) for child in a_family()]))
    ids = list(Message.objects.values_list("pk", flat=True))

    with django_assert_max_num_queries(4):
        passages = gate.ask(ids, now=timezone.now())

    assert len(passages) == 12
    assert all(passages.values())
