"""Facts that people say are wrong: what it means for rules while nobody has settled it.

GDPR article 18(1)(a): while the accuracy of a fact is contested, its use is restricted. To every
rule it is unknown, of this person only. As few dispute anything, who does is looked up first: a
rule none of whose facts is disputed is the very query it would be if nobody could dispute.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction
from django.db.models import Case, Q, When
from django.db.models.expressions import Combinable
from django.utils import timezone

from citizens.attributes import AttributeDefinition
from citizens.lookups import Days, Fact, Lookup, People
from citizens.models import DisputedFact, DisputeOutcome, Person
from citizens.operators import Operator, Question

Disputes = Mapping[str, Collection[int]]
"""Who (ids of people) disputes an attribute, by its code."""

NOBODY: Collection[int] = frozenset()


class DisputedAlreadyError(Exception):
    """This fact of the person is disputed already, and not settled yet."""


class SettledAlreadyError(Exception):
    """The dispute has been settled."""


def open_disputes() -> Disputes:
    """Who disputes what now."""
    disputes: dict[str, set[int]] = defaultdict(set)
    for attribute, person in DisputedFact.objects.open().values_list("attribute", "person_id"):
        disputes[attribute].add(person)
    return disputes


def undisputed(attribute: AttributeDefinition, disputes: Disputes) -> Lookup:
    """The attribute's lookup, to which what is disputed is unknown.

    So is what a disputed fact is reckoned from: an age, and the dates of birth of guardians.
    """
    own = disputes.get(attribute.code, NOBODY)
    made_of = disputes.get(attribute.made_of, NOBODY) if attribute.made_of else NOBODY
    if not own and not made_of:
        return attribute.lookup
    if isinstance(attribute.lookup, Fact):
        return UndisputedFact(attribute.lookup, own, made_of)
    return Undisputed(attribute.lookup, own, made_of)


@dataclass(frozen=True)
class Undisputed:
    """A lookup that knows nothing of whoever disputes its value, or a value it is made of."""

    lookup: Lookup
    own: Collection[int]
    made_of: Collection[int]

    def holds(self, questions: Sequence[Question], as_of: date) -> Q:
        disputed = self._disputed(as_of)
        holds = self.lookup.holds(questions, as_of) & ~disputed
        if any(question.operator is Operator.HAS_NOT for question in questions):
            return holds | disputed
        return holds

    def known(self, as_of: date) -> Q:
        return self.lookup.known(as_of) & ~self._disputed(as_of)

    def value(self, as_of: date) -> Combinable:
        return Case(When(~self._disputed(as_of), then=self.lookup.value(as_of)))

    def contested(self, as_of: date) -> Q:
        """Who says so themselves; what somebody else disputes is only unknown to their family."""
        return self._disputed(as_of) & Q(pk__in={*self.own, *self.made_of})

    def reached(self, changed: People) -> Iterator[People]:
        return self.lookup.reached(changed)

    def made_from(self, people: Collection[int], as_of: date) -> Q:
        return self.lookup.made_from(people, as_of)

    def crossing(self, questions: Sequence[Question], days: Days) -> Iterator[People]:
        return self.lookup.crossing(questions, days)

    def _disputed(self, as_of: date) -> Q:
        disputed = Q(pk__in=self.own) if self.own else Q()
        return disputed | self.lookup.made_from(self.made_of, as_of) if self.made_of else disputed


@dataclass(frozen=True)
class UndisputedFact(Undisputed):
    """The same of a registered fact: the disputed rows are left out where they are looked up.

    So a fact that is missing stays an anti-join, as if nobody disputed anything.
    """

    lookup: Fact

    def holds(self, questions: Sequence[Question], as_of: date) -> Q:
        return self._rest.holds(questions, as_of)

    def known(self, as_of: date) -> Q:
        return self._rest.known(as_of)

    def value(self, as_of: date) -> Combinable:
        return self._rest.value(as_of)

    @property
    def _rest(self) -> Fact:
        return replace(self.lookup, doubtful=self.own)


@transaction.atomic
def dispute(
    *,
    person: Person,
    attribute: str,
    should_be: str,
    because: str,
    by: Person | None = None,
) -> DisputedFact:
    """Record that the person, or the guardian ``by`` of a child, says this fact is wrong.

    Two guardians may each say so: neither learns of the other. Raises DisputedAlreadyError.
    """
    Person.objects.select_for_update().get(pk=person.pk)  # two clicks are one dispute
    same = DisputedFact.objects.open().filter(person=person, attribute=attribute, by=by)
    if same.exists():
        raise DisputedAlreadyError
    fact = DisputedFact(person=person, attribute=attribute, by=by)
    fact.seal("should_be", should_be)
    fact.seal("because", because)
    fact.save(force_insert=True)
    return fact


def settle(*, fact: DisputedFact, outcome: DisputeOutcome, told: str) -> DisputedFact:
    """End the dispute, with the answer that the person reads. Raises SettledAlreadyError.

    From now on rules use what the register says again.
    """
    with transaction.atomic():
        held = DisputedFact.objects.open().select_for_update().filter(pk=fact.pk).first()
        if held is None:
            raise SettledAlreadyError
        held.outcome, held.settled_at = outcome, timezone.now()
        held.seal("told", told)
        held.save(update_fields=["outcome", "settled_at", "told"])
        return held
