"""Reply: inbound, stored before anything is decided."""

from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from citizens.models import ContactKind, Encrypted, Person
from citizens.models.contact_points import contact_index, contact_indexes
from offers.models.rounds import Round


class ReplyReading(models.TextChoices):
    """What the reader took the text for."""

    ACCEPT = "accept", _("accepts")
    DECLINE = "decline", _("declines")
    QUESTION = "question", _("asks something")
    MIXED = "mixed", _("mixed or with a condition")
    UNCLEAR = "unclear", _("unclear")
    STOP = "stop", _("wants no messages here")
    WRONG_NUMBER = "wrong_number", _("wrong number")


class ReplyQuerySet(models.QuerySet["Reply"]):
    def undecided(self) -> Self:
        """Stored, but deciding failed or was cut off: to be decided again."""
        return self.filter(decided_at=None)


class Reply(Encrypted):
    """One inbound text. ``person`` and ``round`` are known once it is matched to an offer.

    ``text`` has identity codes masked before it is encrypted; ``response`` is the exact answer
    the provider was given, so that a replay gives the same (encrypted).
    """

    provider = models.CharField(_("provider"), max_length=20)
    provider_id = models.CharField(_("provider's id"), max_length=64)
    sender = models.BinaryField(editable=False)
    sender_index = models.BinaryField(editable=False)
    text = models.BinaryField(null=True, editable=False)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="replies")
    round = models.ForeignKey(Round, models.PROTECT, null=True, related_name="replies")
    reading = models.CharField(
        _("reading"), max_length=12, choices=ReplyReading.choices, blank=True
    )
    reading_reason = models.CharField(_("why"), max_length=200, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True)
    response = models.BinaryField(null=True, editable=False)

    objects = ReplyQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        constraints = [
            models.UniqueConstraint(fields=["provider", "provider_id"], name="reply_unique")
        ]
        indexes = [
            models.Index(fields=["sender_index", "-received_at"]),
            models.Index(
                fields=["received_at"],
                condition=models.Q(decided_at=None),
                name="reply_undecided",
            ),
        ]

    def __str__(self) -> str:
        return f"reply {self.pk}"

    def index_of(self, column: str, value: str) -> bytes:
        """The search index of the sender's number."""
        return contact_index(ContactKind.SMS, value)

    def sender_indexes(self) -> list[bytes]:
        """Every index that replies of the same sender may have."""
        return contact_indexes(ContactKind.SMS, self.unseal("sender"))

    def _identity(self) -> object:
        """Known before the row is written: a reply is stored in a single statement."""
        return f"{self.provider}:{self.provider_id}"
