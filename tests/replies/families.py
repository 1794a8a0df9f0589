"""Families who have been asked by text message, and what the city knows of them afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from citizens.models import Guardianship, Person
from offers.models import (
    AcceptancePolicy,
    AnswerChannel,
    AnswerKind,
    Capacity,
    CaseKind,
    Message,
    Offer,
    OfferState,
    Outcome,
    ReviewCase,
    Round,
    Service,
    Subject,
    TextKind,
)
from offers.replies.answers import record_answers
from offers.rounds.close import deadline_passed
from tests.delivery.world import a_running_round, tell
from tests.replies.phones import Phone, deliver, phone_of
from tests.rounds.city import a_family, preschool


@dataclass
class Family:
    """Children, their guardians in order, and the texts the guardians got."""

    children: Sequence[Person]
    round: Round
    texts: dict[int, str] = field(default_factory=dict)

    @property
    def guardians(self) -> list[Person]:
        rows = Guardianship.objects.filter(child=self.children[0]).order_by("pk")
        return [row.guardian for row in rows.select_related("guardian")]

    def phone(self, which: int = 0) -> Phone:
        return phone_of(self.guardians[which])

    def text_to(self, which: int = 0) -> str:
        """The last words the guardian was sent when messages were last delivered."""
        return self.texts[self.guardians[which].pk]

    def deliver(self) -> None:
        """Let everything that waits be sent."""
        self.texts |= deliver()

    def offer(self, which: int = 0) -> Offer:
        """The newest offer of a child."""
        return Offer.objects.filter(subject__person=self.children[which]).latest("pk")

    def state(self, which: int = 0) -> OfferState:
        return OfferState(self.offer(which).state)

    def outcome(self, which: int = 0) -> Outcome:
        return Outcome(Subject.objects.get(round=self.round, person=self.children[which]).outcome)

    def cases(self) -> list[CaseKind]:
        """The open cases about the family's children."""
        cases = ReviewCase.objects.open().filter(subject__person__in=self.children)
        return [CaseKind(kind) for kind in cases.order_by("pk").values_list("kind", flat=True)]

    def told(self, which: int = 0) -> list[TextKind]:
        """The kinds of messages written to the guardian, in their order."""
        messages = Message.objects.filter(person=self.guardians[which]).order_by("pk")
        return [TextKind(kind) for kind in messages.values_list("kind", flat=True)]


def an_asked_family(
    *,
    children: int = 1,
    guardians: int = 1,
    places: Sequence[Capacity] = (),
    policy: AcceptancePolicy = AcceptancePolicy.ANY,
    **values: Any,
) -> Family:
    """A family whose guardians have got the offer by text message."""
    preschool()
    Service.objects.update(acceptance=policy)
    brood = a_family(children=children, guardians=guardians, **values)
    family = Family(brood, a_running_round(brood, places=places))
    tell(family.round)
    family.deliver()
    return family


def after_the_deadline(family: Family) -> None:
    """The deadline goes by, as the periodic task sees it."""
    Offer.objects.filter(round=family.round).update(deadline_at=timezone.now())
    deadline_passed(now=timezone.now())


def says(family: Family, kind: AnswerKind, *, child: int = 0, guardian: int = 0) -> None:
    """A guardian answers on the web."""
    record_answers(
        choices={family.offer(child).pk: kind},
        guardian=family.guardians[guardian],
        channel=AnswerChannel.WEB,
        proof=b"link",
    )
