"""Purpose and LegalBasis: why data is used, and what allows it."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from citizens.languages import TranslatedField


class BasisKind(models.TextChoices):
    """GDPR article 6(1); the kind decides the citizen's rights."""

    CONSENT = "consent", _("consent (GDPR 6(1)(a))")
    LEGAL_OBLIGATION = "legal_obligation", _("legal obligation (GDPR 6(1)(c))")
    PUBLIC_TASK = "public_task", _("public task (GDPR 6(1)(e))")


class Operation(models.TextChoices):
    """What is done with the data; each may stand on a basis of its own."""

    SELECTING = "selecting", _("selecting")
    CONTACTING = "contacting", _("contacting")
    PLACING = "placing", _("placing")
    CORRECTING = "correcting", _("correcting")


class Purpose(models.Model):
    """Why data is used: what a citizen reads in "how my data was used"."""

    code = models.SlugField(_("code"), max_length=64, unique=True)
    name = TranslatedField(_("name"))
    department = TranslatedField(_("department"))

    class Meta:
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")

    def __str__(self) -> str:
        return self.code


class LegalBasisQuerySet(models.QuerySet["LegalBasis"]):
    def in_force_on(self, day: date) -> Self:
        begun = Q(in_force_from__lte=day)
        return self.filter(begun & (Q(in_force_until=None) | Q(in_force_until__gte=day)))

    def on_consent_alone(self, day: date) -> Self:
        """Bases in force on ``day`` beside which their operation has no other than consent."""
        same = LegalBasis.objects.in_force_on(day).filter(
            purpose=OuterRef("purpose"), operation=OuterRef("operation")
        )
        others = same.exclude(kind=BasisKind.CONSENT)
        return self.in_force_on(day).filter(~Exists(others), kind=BasisKind.CONSENT)


class LegalBasis(models.Model):
    """What allows one operation on data of one source for one purpose."""

    purpose = models.ForeignKey(
        Purpose, models.PROTECT, related_name="bases", verbose_name=_("purpose")
    )
    operation = models.CharField(_("operation"), max_length=12, choices=Operation.choices)
    source = models.CharField(_("source register"), max_length=200)
    kind = models.CharField(_("basis"), max_length=16, choices=BasisKind.choices)
    statute = TranslatedField(_("statute and section"))
    recipients = TranslatedField(_("recipients"))
    retention_days = models.PositiveIntegerField(_("kept for (days)"))
    in_force_from = models.DateField(_("in force from"))
    in_force_until = models.DateField(_("in force until"), null=True, blank=True)

    objects = LegalBasisQuerySet.as_manager()

    class Meta:
        verbose_name = _("legal basis")
        verbose_name_plural = _("legal bases")
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "operation", "source", "in_force_from"],
                name="legal_basis_unique",
            ),
            models.CheckConstraint(
                condition=Q(in_force_until=None) | Q(in_force_until__gte=F("in_force_from")),
                name="legal_basis_ends_after_start",
                violation_error_message=_("A basis ends after it has begun."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose_id}: {self.operation}"
