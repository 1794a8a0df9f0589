"""Guardianship: who is guardian of whom, from when to when, with which right to decide."""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from citizens.models.noting import noting_changes
from citizens.models.people import Person

ADULT_AT = 18  # Holhoustoimilaki 442/1999, 2 §


class GuardianshipQuerySet(models.QuerySet["Guardianship"]):
    def valid_on(self, day: date) -> Self:
        """In force on ``day``: begun, not ended, and the child not yet of age."""
        begun = Q(valid_from__lte=day) & (Q(valid_until=None) | Q(valid_until__gte=day))
        return self.filter(begun, child__birth_date__gt=_years_before(day, ADULT_AT))

    def in_force_on_one_of(self, one: date, other: date) -> Iterator[Self]:
        """Those valid on one of the two days and not on the other, and perhaps some more."""
        first, last = sorted((one, other))
        yield self.filter(valid_from__gt=first, valid_from__lte=last)
        yield self.filter(valid_until__gte=first, valid_until__lt=last)
        minors_until = (_years_before(first, ADULT_AT), _years_before(last, ADULT_AT))
        yield self.filter(
            child__birth_date__gt=minors_until[0], child__birth_date__lte=minors_until[1]
        )

    def may_decide(self) -> Self:
        """Guardians with the right to decide on the child's day care and school."""
        return self.filter(may_decide=True)


def is_shielded(person: str, *, on: date) -> Q:
    """Whether the person at this path of a query is protected, or a guardian of theirs is.

    Where the child is, there the guardian can be found: of both, the other guardian is told
    nothing by itself, and only a person writes to anybody.
    """
    themselves = Person.objects.filter(pk=OuterRef(person), protected=True)
    guardians = Guardianship.objects.valid_on(on).filter(
        child=OuterRef(person), guardian__protected=True
    )
    return Q(Exists(themselves)) | Q(Exists(guardians))


def shielded_among(people: Collection[int], *, on: date) -> set[int]:
    """Those of the people (ids) who are shielded on the day."""
    shielded = Person.objects.filter(is_shielded("pk", on=on), pk__in=people)
    return set(shielded.values_list("pk", flat=True))


def lives_with_shielded(person: Person, *, on: date) -> bool:
    """Whether the person's own address is that of a shielded relative and would tell of it.

    Relatives are those two guardianships away: one's children and their other guardians, one's
    guardians and their other children.
    """
    valid = Guardianship.objects.valid_on(on)
    children = valid.filter(guardian=person).values("child")
    guardians = valid.filter(child=person).values("guardian")
    relatives = (
        Q(pk__in=children)
        | Q(pk__in=guardians)
        | Q(pk__in=valid.filter(child__in=children).values("guardian"))
        | Q(pk__in=valid.filter(guardian__in=guardians).values("child"))
    )
    there = Person.objects.filter(
        relatives, address_index__in=person.address_indexes(), postal_code=person.postal_code
    )
    return there.filter(is_shielded("pk", on=on)).exists()


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


class Guardianship(models.Model):
    """One row for each period; ``valid_until`` is the last day, or open."""

    guardian = models.ForeignKey(
        Person, models.CASCADE, related_name="guardianships", verbose_name=_("guardian")
    )
    child = models.ForeignKey(
        Person, models.CASCADE, related_name="guardians", verbose_name=_("child")
    )
    may_decide = models.BooleanField(_("may decide"), default=True)
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"), null=True, blank=True)

    objects = GuardianshipQuerySet.as_manager()

    class Meta:
        verbose_name = _("guardianship")
        verbose_name_plural = _("guardianships")
        constraints = [
            models.UniqueConstraint(
                fields=["guardian", "child", "valid_from"], name="guardianship_unique"
            ),
            models.CheckConstraint(
                condition=~Q(guardian=F("child")),
                name="guardianship_not_own",
                violation_error_message=_("Nobody is their own guardian."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="guardianship_ends_after_start",
                violation_error_message=_("A guardianship ends after it has begun."),
            ),
        ]
        triggers = noting_changes("guardian_id", "child_id")

    def __str__(self) -> str:
        return f"guardianship {self.pk}"
