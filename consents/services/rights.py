"""What a person may do about the use of their data: the bases of a purpose decide.

A public task can be objected to (GDPR article 21), a consent given and withdrawn (article 7(3)).
What the law obliges the city to do has no opt-out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from citizens.models import Person
from consents.models import BasisKind, ConsentEvent, LegalBasis, Objection, Purpose


class Statement(StrEnum):
    """What a person may say about a purpose."""

    OBJECT = "object"
    LIFT = "lift"
    GIVE = "give"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Rights:
    """How one person stands to one purpose; ``bases`` are those in force on the day."""

    purpose: Purpose
    bases: Sequence[LegalBasis]
    objected: bool
    consented: bool

    @property
    def kinds(self) -> frozenset[BasisKind]:
        """On what the purpose stands."""
        return frozenset(BasisKind(basis.kind) for basis in self.bases)

    @property
    def may_say(self) -> tuple[Statement, ...]:
        """What the person may say now: what was said once can be taken back whatever the basis."""
        said: list[Statement] = []
        if self.objected:
            said.append(Statement.LIFT)
        elif BasisKind.PUBLIC_TASK in self.kinds:
            said.append(Statement.OBJECT)
        if self.consented:
            said.append(Statement.WITHDRAW)
        elif BasisKind.CONSENT in self.kinds:
            said.append(Statement.GIVE)
        return tuple(said)


def rights_of(person: Person, purposes: Iterable[Purpose], *, on: date) -> list[Rights]:
    """How the person stands to each of the purposes on the day, in their order."""
    purposes = list(purposes)
    objections = Objection.objects.standing().filter(person=person)
    consents = ConsentEvent.objects.standing().filter(person=person)
    objected = set(objections.values_list("purpose_id", flat=True))
    consented = set(consents.values_list("purpose_id", flat=True))
    bases: dict[int, list[LegalBasis]] = {purpose.pk: [] for purpose in purposes}
    for basis in LegalBasis.objects.in_force_on(on).filter(purpose__in=purposes).order_by("pk"):
        bases[basis.purpose_id].append(basis)
    return [Rights(one, bases[one.pk], one.pk in objected, one.pk in consented) for one in purposes]
