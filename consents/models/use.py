"""Processing and DataUse: the record of who was read or used, for what, when."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from citizens.languages import TranslatedField
from citizens.models import Person
from consents.models.append_only import Sealed
from consents.models.bases import Purpose


class ProcessingKind(models.TextChoices):
    ROUND = "round", _("a round")
    VIEWING = "viewing", _("a viewing")


class Processing(Sealed):
    """One act of using data: a round, or an employee opening a person.

    ``reason`` is the employee's answer to "why do you open this?"; it holds no personal data.
    """

    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="processings")
    kind = models.CharField(_("kind"), max_length=7, choices=ProcessingKind.choices)
    department = TranslatedField(_("department"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("by")
    )

    class Meta(Sealed.Meta):
        verbose_name = _("processing")
        verbose_name_plural = _("processings")

    def __str__(self) -> str:
        return f"processing {self.pk}"


class DataUse(Sealed):
    """One row for each person whose data one processing used."""

    processing = models.ForeignKey(Processing, models.PROTECT, related_name="uses")
    person = models.ForeignKey(Person, models.PROTECT, related_name="data_uses")

    class Meta(Sealed.Meta):
        verbose_name = _("data use")
        verbose_name_plural = _("data uses")
        constraints = [
            models.UniqueConstraint(fields=["processing", "person"], name="data_use_unique")
        ]

    def __str__(self) -> str:
        return f"data use {self.pk}"
