"""ConsentNotice: the very words that somebody was shown before consenting."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from citizens.languages import ContactLanguage
from consents.models.append_only import AppendOnly
from consents.models.bases import Purpose


class ConsentNotice(AppendOnly):
    """Kept from the first consent given to it on; ``sha256`` (hex) is of ``text`` in UTF-8.

    ``version`` counts the different notices of a purpose in a language.
    """

    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="notices")
    language = models.CharField(_("language"), max_length=2, choices=ContactLanguage.choices)
    version = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("text"))
    sha256 = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        verbose_name = _("consent notice")
        verbose_name_plural = _("consent notices")
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "language", "version"], name="consent_notice_version_unique"
            ),
            models.UniqueConstraint(
                fields=["purpose", "language", "sha256"], name="consent_notice_text_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk}"
