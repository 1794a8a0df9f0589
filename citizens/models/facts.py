"""Attribute and RegisteredFact: facts a city adds about people without code or migration.

DisputedFact: a fact, registered or built in, that the person says is wrong.
"""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from citizens.languages import TranslatedField
from citizens.models.encrypted import Encrypted
from citizens.models.noting import noting_changes
from citizens.models.people import Person


class ValueType(models.TextChoices):
    TEXT = "text", _("text")
    NUMBER = "number", _("number")
    DATE = "date", _("date")
    BOOLEAN = "boolean", _("yes or no")


class Attribute(models.Model):
    """A city's own named, typed fact. The built-in attributes are in citizens/attributes.py."""

    code = models.SlugField(_("code"), max_length=64, unique=True)
    value_type = models.CharField(_("type"), max_length=8, choices=ValueType.choices)
    source = models.CharField(_("source register"), max_length=200)
    sensitive = models.BooleanField(_("sensitive"), default=False)
    label = TranslatedField(_("label"))

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")

    def __str__(self) -> str:
        return self.code


class RegisteredFact(models.Model):
    """One person's value of one attribute, in the column of the attribute's type."""

    person = models.ForeignKey(
        Person, models.CASCADE, related_name="registered_facts", verbose_name=_("person")
    )
    attribute = models.ForeignKey(
        Attribute, models.PROTECT, related_name="facts", verbose_name=_("attribute")
    )
    text = models.CharField(_("text"), max_length=200, null=True)  # noqa: DJ001  no value, not ""
    number = models.DecimalField(_("number"), max_digits=20, decimal_places=6, null=True)
    date = models.DateField(_("date"), null=True)
    boolean = models.BooleanField(_("yes or no"), null=True)
    as_of = models.DateField(_("as of"))

    class Meta:
        verbose_name = _("registered fact")
        verbose_name_plural = _("registered facts")
        constraints = [
            models.UniqueConstraint(fields=["person", "attribute"], name="registered_fact_unique"),
            models.CheckConstraint(
                condition=(
                    Q(text__isnull=False, number=None, date=None, boolean=None)
                    | Q(text=None, number__isnull=False, date=None, boolean=None)
                    | Q(text=None, number=None, date__isnull=False, boolean=None)
                    | Q(text=None, number=None, date=None, boolean__isnull=False)
                ),
                name="registered_fact_one_value",
                violation_error_message=_("A fact has exactly one value."),
            ),
        ]
        indexes = [
            models.Index(fields=["attribute", "text"]),
            models.Index(fields=["attribute", "number"]),
            models.Index(fields=["attribute", "date"]),
        ]
        triggers = noting_changes("person_id")

    def __str__(self) -> str:
        return f"registered fact {self.pk}"


class DisputeOutcome(models.TextChoices):
    CORRECTED = "corrected", _("corrected in the register")
    STANDS = "stands", _("stands as it is")


class DisputedFactQuerySet(models.QuerySet["DisputedFact"]):
    def open(self) -> Self:
        return self.filter(settled_at=None)


class DisputedFact(Encrypted):
    """A fact that the person says is wrong: a request for rectification (GDPR article 16).

    From ``disputed_at`` until ``settled_at`` no rule uses the fact of this person (article
    18(1)(a), restriction of processing): citizens/disputes.py. ``attribute`` is the code of an
    attribute, built in ones among them, or of what only the citizen's page shows (``name``).
    ``should_be``, ``because`` and ``told``, the answer, are encrypted. ``by`` is the guardian who
    says it of a child; null where people say it of themselves.
    """

    person = models.ForeignKey(
        Person, models.CASCADE, related_name="disputed_facts", verbose_name=_("person")
    )
    by = models.ForeignKey(
        Person, models.CASCADE, null=True, related_name="+", verbose_name=_("by")
    )
    attribute = models.SlugField(_("attribute"), max_length=64)
    should_be = models.BinaryField(_("should be"), null=True, editable=False)
    because = models.BinaryField(_("because"), null=True, editable=False)
    disputed_at = models.DateTimeField(_("disputed"), default=timezone.now)
    settled_at = models.DateTimeField(_("settled"), null=True)
    outcome = models.CharField(
        _("outcome"), max_length=9, choices=DisputeOutcome.choices, blank=True
    )
    told = models.BinaryField(_("answer to the citizen"), null=True, editable=False)

    objects = DisputedFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("disputed fact")
        verbose_name_plural = _("disputed facts")
        constraints = [
            models.UniqueConstraint(
                fields=["attribute", "person", "by"],
                condition=Q(settled_at=None),
                name="disputed_fact_open_once",
                nulls_distinct=False,
                violation_error_message=_("This fact is disputed already."),
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None, outcome="")
                | (Q(settled_at__isnull=False) & ~Q(outcome="")),
                name="disputed_fact_settled_with_outcome",
                violation_error_message=_("A dispute that is settled has an outcome."),
            ),
        ]
        triggers = noting_changes("person_id")

    def __str__(self) -> str:
        return f"disputed fact {self.pk}"
