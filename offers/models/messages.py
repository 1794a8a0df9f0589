"""Message: outbound, a row before it is a call; Receipt: what the provider said later."""

from datetime import datetime
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from citizens.models import ContactPoint, Encrypted, Person
from offers.models.catalogue import Channel, TextKind
from offers.models.offers import Offer
from offers.models.rounds import Round


class Lane(models.IntegerChoices):
    """Which queue a message waits in: a confirmation never waits behind a round."""

    REPLIES = 0, _("confirmations and replies")
    REMINDERS = 1, _("reminders")
    BULK = 2, _("rounds")


class MessageState(models.TextChoices):
    QUEUED = "queued", _("queued")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    DELIVERED = "delivered", _("delivered")
    FAILED = "failed", _("failed")
    UNCERTAIN = "uncertain", _("uncertain")
    CANCELLED = "cancelled", _("cancelled")


HANDED_OVER = (MessageState.SENT, MessageState.DELIVERED)

JOURNEY = [
    (MessageState.QUEUED, MessageState.SENDING),
    (MessageState.QUEUED, MessageState.SENT),  # in the provider's own request, or found in its list
    (MessageState.QUEUED, MessageState.CANCELLED),
    (MessageState.SENDING, MessageState.SENT),
    (MessageState.SENDING, MessageState.QUEUED),  # surely not taken: later again
    (MessageState.SENDING, MessageState.FAILED),
    (MessageState.SENDING, MessageState.UNCERTAIN),
    (MessageState.UNCERTAIN, MessageState.SENT),
    (MessageState.UNCERTAIN, MessageState.QUEUED),  # the provider's list says: not taken
    (MessageState.UNCERTAIN, MessageState.FAILED),  # a caseworker has decided
    (MessageState.SENT, MessageState.DELIVERED),
    (MessageState.SENT, MessageState.FAILED),
]
"""The only ways from one state to another; what is final stays so."""


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, now: datetime) -> Self:
        """Queued messages whose time has come, most urgent lane first."""
        return self.filter(state=MessageState.QUEUED, due_at__lte=now).order_by(
            "lane", "due_at", "id"
        )

    def handed_over(self) -> Self:
        return self.filter(state__in=HANDED_OVER)

    def letters(self) -> Self:
        return self.filter(channel=Channel.LETTER)

    def by_machine(self) -> Self:
        """Messages a provider is called for: a letter waits for somebody to print it."""
        return self.exclude(channel=Channel.LETTER)

    def lock(self) -> list[int]:
        """Lock these messages to change them or their receipts; returns their ids.

        Everybody who changes several does so first, in this order: nobody waits in a ring.
        """
        ordered = self.order_by("pk").select_for_update(no_key=True)
        return list(ordered.values_list("pk", flat=True))


class LetterBatch(models.Model):
    """Letters that are printed together; they are handed over once somebody has posted them."""

    made_at = models.DateTimeField(_("made"), default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by")
    )
    posted_at = models.DateTimeField(_("posted"), null=True)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("posted by"),
    )

    class Meta:
        verbose_name = _("batch of letters")
        verbose_name_plural = _("batches of letters")
        constraints = [
            models.CheckConstraint(
                condition=Q(posted_at=None, posted_by=None)
                | Q(posted_at__isnull=False, posted_by__isnull=False),
                name="letter_batch_posted_at_and_by",
            )
        ]

    def __str__(self) -> str:
        return f"batch {self.pk}"


class Message(Encrypted):
    """One text to one contact point, or to a person's own mailbox or home.

    ``body`` is what was rendered at the claim (encrypted).

    ``key`` makes a message unique by what it is for, so that generating twice writes one row;
    ``lease_until`` runs on the database's clock.
    """

    key = models.CharField(max_length=120, unique=True, editable=False)
    round = models.ForeignKey(
        Round, models.PROTECT, null=True, related_name="messages", verbose_name=_("round")
    )
    offers = models.ManyToManyField(Offer, through="MessageOffer", related_name="messages")
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="messages", verbose_name=_("recipient")
    )
    contact_point = models.ForeignKey(
        ContactPoint, models.PROTECT, null=True, related_name="messages"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=TextKind.choices)
    channel = models.CharField(_("channel"), max_length=7, choices=Channel.choices)
    language = models.CharField(_("language"), max_length=8)
    lane = models.PositiveSmallIntegerField(_("lane"), choices=Lane.choices)
    batch = models.ForeignKey(
        LetterBatch, models.PROTECT, null=True, related_name="letters", editable=False
    )
    in_reply_to = models.ForeignKey(
        "offers.Reply", models.PROTECT, null=True, related_name="responses"
    )
    state = models.CharField(
        _("state"), max_length=9, choices=MessageState.choices, default=MessageState.QUEUED
    )
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    lease_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    subject_line = models.BinaryField(null=True, editable=False)
    body = models.BinaryField(null=True, editable=False)
    segments = models.PositiveSmallIntegerField(_("segments"), default=0, editable=False)
    provider = models.CharField(_("provider"), max_length=20, blank=True, editable=False)
    provider_id = models.CharField(_("provider's id"), max_length=200, blank=True, editable=False)
    reason = models.CharField(_("reason"), max_length=60, blank=True, editable=False)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    claimed_at = models.DateTimeField(_("claimed"), null=True, editable=False)
    sent_at = models.DateTimeField(_("handed over"), null=True, editable=False)
    final_at = models.DateTimeField(_("final since"), null=True, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_id"],
                condition=~Q(provider_id=""),
                name="message_provider_id_unique",
            ),
            models.CheckConstraint(
                condition=~Q(state=MessageState.SENDING) | Q(lease_until__isnull=False),
                name="message_sending_has_lease",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lane", "due_at", "id"],
                condition=Q(state=MessageState.QUEUED),
                name="message_queued",
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(state=MessageState.SENDING),
                name="message_leased",
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(state=MessageState.SENT, provider="notification"),
                name="message_to_ask_about",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="journey",
                field="state",
                transitions=[(old.value, new.value) for old, new in JOURNEY],
            )
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class MessageOffer(models.Model):
    """A message may speak of several offers of one round: twins get one message."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="message_offers")
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="message_offers")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "offer"], name="message_offer_unique")
        ]

    def __str__(self) -> str:
        return f"message {self.message_id} of offer {self.offer_id}"


class Receipt(models.Model):
    """What the provider said of a message: kept even when no message is known by that id.

    ``recorded_by`` is who recorded it where the provider is the post.
    """

    provider = models.CharField(_("provider"), max_length=20)
    provider_id = models.CharField(_("provider's id"), max_length=200)
    status = models.CharField(_("status"), max_length=20)
    error_code = models.CharField(_("error code"), max_length=10, blank=True)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="receipts")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        editable=False,
    )

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_id", "status", "error_code"], name="receipt_unique"
            )
        ]
        indexes = [
            models.Index(
                fields=["provider", "provider_id"],
                condition=Q(message=None),
                name="receipt_unmatched",
            )
        ]

    def __str__(self) -> str:
        return f"receipt {self.pk}"
