"""Who is entitled to what as things stand: kept by the nightly run, written by nobody else."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from citizens.models import Person
from offers.models.catalogue import EligibilityRule


class StandingRule(models.Model):
    """A rule whose entitlements are kept: as of which day, and for how many people.

    ``meaning`` is a digest of all that gives the rule its meaning beside the facts.
    """

    rule = models.OneToOneField(
        EligibilityRule,
        models.CASCADE,
        primary_key=True,
        related_name="standing",
        verbose_name=_("rule"),
    )
    meaning = models.CharField(max_length=64)
    as_of = models.DateField(_("as of"), db_index=True)
    people = models.PositiveIntegerField(_("people"))

    class Meta:
        verbose_name = _("rule whose entitlements are kept")
        verbose_name_plural = _("rules whose entitlements are kept")

    def __str__(self) -> str:
        return f"rule {self.rule_id} as of {self.as_of}"


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    def of(self, person: Person) -> Self:
        """What the person is entitled to; the index is asked once for each rule that is kept."""
        return self.filter(rule__in=StandingRule.objects.values("rule"), person=person)


class Entitlement(models.Model):
    """One person holds one rule: a row stays as it is for as long as that holds.

    There are millions, so the row is its key. The database checks no foreign keys here, which
    would cost more than the rows, and nothing happens here when a person is deleted: the queue of
    changes knows of that too, and the next night takes the rows away.
    """

    pk = models.CompositePrimaryKey("rule", "person")
    rule = models.ForeignKey(
        EligibilityRule,
        models.CASCADE,
        related_name="entitlements",
        db_constraint=False,
        db_index=False,
    )
    person = models.ForeignKey(
        Person, models.DO_NOTHING, related_name="entitlements", db_constraint=False, db_index=False
    )

    objects = EntitlementQuerySet.as_manager()

    class Meta:
        verbose_name = _("entitlement")
        verbose_name_plural = _("entitlements")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"rule {self.rule_id}, person {self.person_id}"
