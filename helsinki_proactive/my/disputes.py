"""What a citizen says is wrong in the registers, and what became of it (GDPR article 16)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise

from citizens.disputes import dispute
from citizens.models import DisputedFact, DisputeOutcome, Person
from offers.delivery.cases import open_case
from offers.models import CaseKind


@dataclass(frozen=True)
class MyFact:
    """One fact as registered, and where it comes from; ``code`` names it if it can be disputed."""

    label: str | Promise
    value: str
    source: str
    code: str = ""


@dataclass(frozen=True)
class MyDispute:
    """A fact that the person has said is wrong; ``told`` is the caseworker's answer."""

    attribute: str
    label: str | Promise
    should_be: str
    because: str
    disputed_at: datetime
    settled_at: datetime | None
    outcome: str
    told: str

    @property
    def corrected(self) -> bool:
        """Whether the register was corrected."""
        return self.outcome == DisputeOutcome.CORRECTED


def names_of(facts: Sequence[MyFact]) -> dict[str, str | Promise]:
    """What can be disputed, by its code: everything that a register says, once."""
    return {fact.code: fact.label for fact in facts if fact.code}


def disputes_of(person: Person, facts: Sequence[MyFact]) -> list[MyDispute]:
    """The person's disputes, newest first; ``facts`` are those on the page."""
    names = names_of(facts)
    return [
        MyDispute(
            attribute=row.attribute,
            label=names.get(row.attribute, row.attribute),
            should_be=row.unseal("should_be"),
            because=row.unseal("because"),
            disputed_at=row.disputed_at,
            settled_at=row.settled_at,
            outcome=row.outcome,
            told=row.unseal("told"),
        )
        for row in DisputedFact.objects.filter(person=person).order_by("-pk")
    ]


@transaction.atomic
def ask_for_rectification(*, person: Person, attribute: str, should_be: str, because: str) -> None:
    """The fact is disputed from now on, and a caseworker has it in the queue.

    Raises DisputedAlreadyError.
    """
    fact = dispute(person=person, attribute=attribute, should_be=should_be, because=because)
    open_case(kind=CaseKind.RECTIFICATION, now=timezone.now(), dispute=fact)
