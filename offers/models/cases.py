"""ReviewCase: something a person must look at."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from citizens.models import DisputedFact
from offers.models.messages import Message
from offers.models.offers import Offer
from offers.models.replies import Reply
from offers.models.rounds import Round, Subject


class CaseKind(models.TextChoices):
    UNCLEAR_REPLY = "unclear_reply", _("unclear reply")
    MIXED_REPLY = "mixed_reply", _("mixed reply or condition")
    UNKNOWN_SENDER = "unknown_sender", _("reply from a number not on the offer")
    WRONG_NUMBER = "wrong_number", _("wrong number")
    DISAGREEMENT = "disagreement", _("guardians disagree")
    LATE_ANSWER = "late_answer", _("answer after the seat went on")
    SAFETY = "safety", _("safety")
    PROTECTED = "protected", _("protected person")
    BY_HAND = "by_hand", _("to be placed by hand")
    NO_GUARDIAN = "no_guardian", _("no guardian who may decide")
    NO_CONTACT = "no_contact", _("nobody can be reached")
    OTHER_PLACE = "other_place", _("another place wished")
    UNANSWERED = "unanswered", _("no answer by the deadline")
    UNCERTAIN_MESSAGE = "uncertain_message", _("unknown whether a message was sent")
    CALL_BACK = "call_back", _("call back")
    REPLY_SLIP = "reply_slip", _("reply slip of a letter")
    ARRANGED = "arranged", _("says that it has been arranged otherwise")
    RECTIFICATION = "rectification", _("a citizen says that a fact is wrong")


class ReviewCaseQuerySet(models.QuerySet["ReviewCase"]):
    def open(self) -> Self:
        return self.filter(closed_at=None)

    def in_queue_order(self) -> Self:
        """Urgent first, then oldest."""
        return self.order_by("-urgent", "opened_at", "pk")

    def waiting(self, now: datetime) -> dict[str, Any]:
        """Of the open ones how many there are, are urgent and late, and since when the oldest."""
        return self.open().aggregate(
            open=Count("pk"),
            urgent=Count("pk", filter=Q(urgent=True)),
            late=Count("pk", filter=Q(due_at__lt=now)),
            oldest=Min("opened_at"),
        )


class ReviewCase(models.Model):
    """``note`` never holds personal data: the words are in the reply, encrypted."""

    kind = models.CharField(_("kind"), max_length=17, choices=CaseKind.choices)
    urgent = models.BooleanField(_("urgent"), default=False)
    round = models.ForeignKey(Round, models.PROTECT, null=True, related_name="cases")
    subject = models.ForeignKey(Subject, models.PROTECT, null=True, related_name="cases")
    offer = models.ForeignKey(Offer, models.PROTECT, null=True, related_name="cases")
    reply = models.ForeignKey(Reply, models.PROTECT, null=True, related_name="cases")
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="cases")
    dispute = models.ForeignKey(DisputedFact, models.PROTECT, null=True, related_name="cases")
    note = models.CharField(_("note"), max_length=200, blank=True)
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    due_at = models.DateTimeField(_("due"))
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    resolution = models.CharField(_("resolution"), max_length=40, blank=True)

    objects = ReviewCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("review case")
        verbose_name_plural = _("review cases")
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None) | Q(closed_at__isnull=False),
                name="case_closed_at_and_by",
            ),
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(closed_at=None, subject__isnull=False, reply=None),
                name="case_once_for_subject",
            ),
            models.UniqueConstraint(
                fields=["dispute"],
                condition=Q(dispute__isnull=False),
                name="case_once_for_dispute",
            ),
            models.CheckConstraint(
                condition=Q(kind="rectification", dispute__isnull=False)
                | (~Q(kind="rectification") & Q(dispute=None)),
                name="case_of_rectification_has_dispute",
            ),
            models.UniqueConstraint(
                fields=["kind", "reply", "subject"],
                condition=Q(reply__isnull=False),
                name="case_once_for_reply",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(
                fields=["-urgent", "opened_at"],
                condition=Q(closed_at=None),
                name="case_queue",
            )
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"
