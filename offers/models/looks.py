"""UnitLook: the head of a unit is asked to look at whom a round would send there."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from offers.models.rounds import Round
from offers.models.units import Unit


class Verdict(models.TextChoices):
    CONFIRMED = "confirmed", _("looks right")
    REMARK = "remark", _("has a remark")


class UnitLookQuerySet(models.QuerySet["UnitLook"]):
    def unanswered(self) -> Self:
        """Those whose head has not answered yet."""
        return self.filter(answered_at=None)


class UnitLook(models.Model):
    """One unit's part of a round's list, shown to its head before it is sent.

    ``seen`` is the digest of that part as the head answered about it.
    """

    round = models.ForeignKey(Round, models.PROTECT, related_name="looks", verbose_name=_("round"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="looks", verbose_name=_("unit"))
    head = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("head")
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked"))
    opened_at = models.DateTimeField(_("opened"), null=True)
    answered_at = models.DateTimeField(_("answered"), null=True)
    verdict = models.CharField(_("answer"), max_length=9, choices=Verdict.choices, blank=True)
    remark = models.CharField(_("remark"), max_length=500, blank=True)
    seen = models.CharField(max_length=64, blank=True, editable=False)

    objects = UnitLookQuerySet.as_manager()

    class Meta:
        verbose_name = _("look of a unit's head")
        verbose_name_plural = _("looks of units' heads")
        constraints = [
            models.UniqueConstraint(fields=["round", "unit"], name="unit_look_once"),
            models.CheckConstraint(
                condition=Q(answered_at=None, verdict="", seen="")
                | (Q(answered_at__isnull=False) & ~Q(verdict="") & ~Q(seen="")),
                name="unit_look_answered_at_and_verdict",
            ),
            models.CheckConstraint(
                condition=~Q(verdict=Verdict.REMARK) | ~Q(remark=""),
                name="unit_look_remark_says_what",
                violation_error_message=_("Say what the remark is."),
            ),
        ]

    def __str__(self) -> str:
        return f"look {self.pk}"
