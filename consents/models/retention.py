"""Erasure: what was erased because its time was over, and which basis said so."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consents.models.append_only import AppendOnly
from consents.models.bases import LegalBasis


class Erased(models.TextChoices):
    MESSAGES = "messages", _("words of messages")
    REPLIES = "replies", _("words and numbers of replies")
    WISHES = "wishes", _("wishes and comments")
    LINKS = "links", _("links that opened no more")
    PEOPLE = "people", _("people gone from the register")
    FACTS = "facts", _("facts and reasons of closed lists")
    LISTS = "lists", _("people on closed lists, with their offers")
    RECORDS = "records", _("messages, replies and cases of closed lists")
    DISPUTES = "disputes", _("words of settled disputes")
    SEALED = "sealed", _("sealed rows, with their blocks")


class Erasure(AppendOnly):
    """One batch of a night. ``basis`` is the one whose time was over; nobody is named."""

    what = models.CharField(_("what"), max_length=8, choices=Erased.choices)
    basis = models.ForeignKey(
        LegalBasis, models.PROTECT, null=True, related_name="+", verbose_name=_("legal basis")
    )
    older_than = models.DateTimeField(_("older than"))
    rows = models.PositiveIntegerField(_("how many"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("erasure")
        verbose_name_plural = _("erased data")

    def __str__(self) -> str:
        return f"erasure {self.pk}"
