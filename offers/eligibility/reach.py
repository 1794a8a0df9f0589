"""Whom a rule means now: how many, what that changes, and a few of them by chance."""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from citizens.models import Person, is_shielded
from consents.models import Objection, ProcessingKind
from consents.services.processing import open_processing, record_use
from offers.catalogue.criteria import parse_criteria
from offers.eligibility.consenting import consenting
from offers.eligibility.explain import with_facts
from offers.eligibility.select import holding, matching
from offers.models import EligibilityRule, Service, StandingRule

EXAMPLES = 3


@dataclass(frozen=True)
class Reach:
    """How many people match; with another version, how many of them it left out, and lets go."""

    people: int
    residents: int
    more: int | None = None
    fewer: int | None = None

    @property
    def nobody(self) -> bool:
        """Whether nobody matches."""
        return self.people == 0

    @property
    def everybody(self) -> bool:
        """Whether all who live in the city match."""
        return 0 < self.people >= self.residents


def reach(criteria: object, *, service: Service, as_of: date, instead_of: object = None) -> Reach:
    """Count, in a few statements. Raises CriteriaError.

    ``instead_of`` are the criteria that ``more`` and ``fewer`` compare with. Where the service
    stands on consent alone, only those who have given it are looked at.
    """
    matched = consenting(matching(criteria, as_of=as_of), service)
    people, residents = matched.count(), Person.objects.resident().count()
    if instead_of is None:
        return Reach(people, residents)
    both = holding(matched, parse_criteria(instead_of), as_of).count()
    before = consenting(matching(instead_of, as_of=as_of), service).count()
    return Reach(people, residents, more=people - both, fewer=before - both)


def reach_of(rule: EligibilityRule, *, as_of: date) -> Reach:
    """Whom a rule in force means on the day: as was found last night if it is of that day."""
    kept = StandingRule.objects.filter(rule=rule, as_of=as_of).first()
    if kept is None:
        return reach(rule.criteria, service=rule.service, as_of=as_of)
    return Reach(kept.people, Person.objects.resident().count())


@transaction.atomic
def examples(criteria: object, *, service: Service, as_of: date, by: AbstractUser) -> list[Person]:
    """A few of those who match, by chance, each with the explanation as ``facts``.

    Looking at people is a use of their data: it is recorded. Protected people and their children,
    and those who object to the purpose, are never among them; nor is who has not consented where
    the service stands on that alone. Raises CriteriaError.
    """
    purpose = service.purpose
    objecting = Objection.objects.standing().filter(purpose=purpose, person=OuterRef("pk"))
    shown = consenting(matching(criteria, as_of=as_of), service).filter(
        ~is_shielded("pk", on=timezone.localdate()), ~Exists(objecting)
    )
    chosen = list(shown.order_by("?").values_list("pk", flat=True)[:EXAMPLES])
    people = Person.objects.filter(pk__in=chosen)
    if chosen:
        processing = open_processing(
            purpose=purpose,
            kind=ProcessingKind.VIEWING,
            by=by,
            reason="an example while a rule was written",
        )
        record_use(processing=processing, people=people)
    return list(with_facts(people, criteria, as_of=as_of).order_by("pk"))
