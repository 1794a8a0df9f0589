"""What a citizen says is wrong in the registers, and what became of it (GDPR article 16)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise

from citizens.disputes import dispute
from citizens.models import DisputedFact, DisputeOutcome, Person
from helsinki_proactive.my.facts import MyChild, MyFact
from offers.delivery.cases import open_case
from offers.models import CaseKind

Names = Mapping[str, str | Promise]


@dataclass(frozen=True)
class MyDispute:
    """A fact that the person has said is wrong, of themselves or of a child.

    ``about`` names it as ``names_of`` does; ``told`` is the caseworker's answer.
    """

    about: str
    label: str | Promise
    child: str
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


def names_of(facts: Sequence[MyFact], child: Person | None = None) -> Names:
    """What can be disputed: everything that a register says, once, by what the form calls it."""
    return {_about(fact.code, child): fact.label for fact in facts if fact.code}


def _about(code: str, child: Person | None) -> str:
    return f"{child.pk}:{code}" if child else code


def disputes_of(
    person: Person, facts: Sequence[MyFact], children: Sequence[MyChild]
) -> list[MyDispute]:
    """What the person has said, newest first; of children nothing but of those on the page."""
    shown = {child.person.pk: child for child in children}
    said = Q(person=person, by=None) | Q(by=person, person__in=shown)
    return [
        _said(row, shown[row.person_id] if row.by_id else None, facts)
        for row in DisputedFact.objects.filter(said).order_by("-pk")
    ]


def _said(row: DisputedFact, child: MyChild | None, facts: Sequence[MyFact]) -> MyDispute:
    about = _about(row.attribute, child.person if child else None)
    names = names_of(child.facts, child.person) if child else names_of(facts)
    return MyDispute(
        about=about,
        label=names.get(about, row.attribute),
        child=child.name if child else "",
        should_be=row.unseal("should_be"),
        because=row.unseal("because"),
        disputed_at=row.disputed_at,
        settled_at=row.settled_at,
        outcome=row.outcome,
        told=row.unseal("told"),
    )


@transaction.atomic
def ask_for_rectification(
    *, person: Person, attribute: str, should_be: str, because: str, by: Person | None = None
) -> None:
    """The fact is disputed from now on, and a caseworker has it in the queue.

    Raises DisputedAlreadyError.
    """
    fact = dispute(person=person, attribute=attribute, should_be=should_be, because=because, by=by)
    open_case(kind=CaseKind.RECTIFICATION, now=timezone.now(), dispute=fact)
