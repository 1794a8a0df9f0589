"""RegisterImport: one row for each import of the population register."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class RegisterImport(models.Model):
    """What came in, when, from which files; ``as_of`` is the day the files speak of."""

    as_of = models.DateField(_("as of"))
    imported_at = models.DateTimeField(_("imported"), auto_now_add=True)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("imported by")
    )
    digest = models.CharField(_("digest of the files"), max_length=64)
    counts = models.JSONField(_("counts"), default=dict)

    class Meta:
        verbose_name = _("register import")
        verbose_name_plural = _("register imports")

    def __str__(self) -> str:
        return f"register import {self.as_of}"
