"""Two guardians and a child, each protected or not: who is written to, and who may see what."""

from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from citizens.models import Person
from helsinki_proactive.simulator.client import Simulator
from offers.delivery.gate import GateReason
from offers.delivery.links import issue_link, revoke_links
from offers.delivery.outbox import send_due
from offers.models import (
    CaseKind,
    Exclusion,
    Link,
    Message,
    MessageState,
    ReviewCase,
    Round,
    Subject,
    TextKind,
)
from offers.replies import inbox
from tests.citizens.delivery import CHILD, FATHER, MOTHER, Delivery
from tests.delivery.conftest import running_simulator, simulator  # noqa: F401  fixtures
from tests.delivery.world import a_running_round, tell
from tests.rounds.city import a_family, a_user

pytestmark = pytest.mark.django_db

PEOPLE = {"one guardian": MOTHER, "the other": FATHER, "the child": CHILD}
TRUTH_TABLE = [
    frozenset(name for name, protected in zip(PEOPLE, row, strict=True) if protected)
    for row in product((False, True), repeat=3)
]
EACH_ROW = pytest.mark.parametrize(
    "protected", TRUTH_TABLE, ids=lambda row: " and ".join(sorted(row)) or "nobody"
)


@pytest.fixture
def register(tmp_path: Path) -> Delivery:
    """A family of three in the register: both guardians have telephones."""
    return deliver(Delivery(tmp_path), frozenset())


def deliver(register: Delivery, protected: frozenset[str]) -> Delivery:
    """The register's next delivery, with orders for these people."""
    born = f"{timezone.localdate().year - 6}-05-06"
    family = [
        person._replace(protected=str(int(name in protected))) for name, person in PEOPLE.items()
    ]
    family[2] = family[2]._replace(birth_date=born, identity_code="")
    register.people[:3] = family
    register.as_of = timezone.localdate()
    register.write().load(allow_shrink=True)  # others' families are not in this register
    return register


def the(person: str) -> Person:
    return Person.objects.get(register_key=PEOPLE[person].register_key)


def guardians() -> list[Person]:
    return [the("one guardian"), the("the other")]


def page_of(token: str) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All that a browser gets, but for what is random in every answer."""
    response = Client().get(f"/o/{token}/")
    return response.status_code, response.content, sorted(response.items())


def links_to(round: Round) -> list[str]:
    expires = timezone.now() + timedelta(days=5)
    return [issue_link(round=round, guardian=each, expires_at=expires) for each in guardians()]


@EACH_ROW
def test_who_is_protected_before_is_left_to_a_person(
    register: Delivery, protected: frozenset[str]
) -> None:
    deliver(register, protected)
    round = a_running_round([the("the child")])

    told = tell(round)

    assert told == (0 if protected else 2)


@EACH_ROW
def test_when_the_order_arrives_everything_stops_for_everybody(
    register: Delivery,
    simulator: Simulator,  # noqa: F811
    protected: frozenset[str],
) -> None:
    round = a_running_round([the("the child")])
    tell(round)
    send_due()
    tokens = links_to(round)
    tell(round, kind=TextKind.REMINDER)
    sent = len(simulator.messages())

    deliver(register, protected)
    send_due()

    reminders = Message.objects.filter(kind=TextKind.REMINDER)
    states = set(reminders.values_list("state", "reason"))
    opened = {page_of(token)[0] for token in tokens}
    if not protected:
        assert states == {(MessageState.SENT, "")}
        assert opened == {200}
        assert not ReviewCase.objects.exists()
        return
    assert states == {(MessageState.CANCELLED, GateReason.PROTECTED)}
    assert len(simulator.messages()) == sent
    assert opened == {404}
    assert not Message.objects.exclude(body=None).exists()
    assert not Link.objects.filter(revoked_at=None).exists()
    case = ReviewCase.objects.get()
    assert (case.kind, case.urgent) == (CaseKind.PROTECTED, True)
    assert case.subject == Subject.objects.get()


@EACH_ROW
def test_a_text_that_comes_afterwards_is_kept_and_tells_nothing(
    register: Delivery,
    simulator: Simulator,  # noqa: F811
    protected: frozenset[str],
) -> None:
    round = a_running_round([the("the child")])
    tell(round)
    send_due()
    unit = round.offers.get().capacity.unit  # type: ignore[union-attr]  # it has a seat
    deliver(register, protected)

    answers = [
        inbox.receive(
            provider="twilio",
            provider_id=f"SM{guardian.pk:032}",
            sender=guardian.contact_points.filter(kind="sms").get().unseal("value"),
            text="Missä paikka on?",
            now=timezone.now(),
        )
        for guardian in guardians()
    ]

    said = " ".join(text for text in answers if text)
    if protected:
        assert CHILD.first_names not in said
        assert not any(name in said for name in (*unit.name.values(), *unit.address.values()))


def test_every_refusal_of_the_page_is_the_same(register: Delivery) -> None:
    round = a_running_round([the("the child")])
    opening, other = links_to(round)
    assert page_of(opening)[0] == 200
    expired = issue_link(round=round, guardian=guardians()[0], expires_at=timezone.now())
    [sibling_of_nobody] = a_family()
    foreign = a_running_round([sibling_of_nobody])
    revoked = issue_link(
        round=foreign, guardian=guardians()[0], expires_at=timezone.now() + timedelta(days=1)
    )
    revoke_links(Link.objects.filter(round=foreign))

    deliver(register, frozenset({"one guardian"}))

    refusals = {str(page_of(t)) for t in (opening, other, expired, revoked, "A" * 22, "nonsense")}
    assert len(refusals) == 1
    assert refusals.pop().startswith("(404")


def test_a_protected_person_who_becomes_guardian_closes_what_was_open(register: Delivery) -> None:
    """No order arrives, a guardianship does: the gate and the page see it themselves."""
    stranger = MOTHER._replace(register_key="K9", protected="1", identity_code="")
    register.people.append(stranger)
    register.write().load()
    round = a_running_round([the("the child")])
    tell(round)
    [opening, _other] = links_to(round)

    register.guardianships.append(
        register.guardianships[0]._replace(
            guardian="K9", valid_from=timezone.localdate().isoformat()
        )
    )
    register.write().load()
    send_due()

    assert set(Message.objects.values_list("state", "reason")) == {
        (MessageState.CANCELLED, GateReason.PROTECTED)
    }
    assert page_of(opening)[0] == 404


def test_the_order_lists_what_went_to_whom(register: Delivery, simulator: Simulator) -> None:  # noqa: F811
    """The case of the child leads to every message that speaks of it, though its words are gone."""
    round = a_running_round([the("the child")])
    tell(round)
    send_due()

    deliver(register, frozenset({"the other"}))

    subject = ReviewCase.objects.get().subject
    went = Message.objects.filter(message_offers__offer__subject=subject, sent_at__isnull=False)
    assert {message.person for message in went} == set(guardians())


def test_other_children_are_written_about(register: Delivery, simulator: Simulator) -> None:  # noqa: F811
    deliver(register, frozenset({"the child"}))
    [another] = a_family()
    round = a_running_round([the("the child"), another])

    assert tell(round) == 1
    send_due()
    assert Message.objects.get().state == MessageState.SENT
    assert a_user("caseworker")
    assert Subject.objects.filter(exclusion=Exclusion.NONE).exists()
