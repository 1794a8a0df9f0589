"""Offer, the answers to it, the links families open it with and what they thought of it."""

from datetime import datetime
from typing import Self

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from citizens.models import Encrypted, Person
from consents.models import Sealed
from offers.models.rounds import Round, Subject
from offers.models.units import Capacity


class OfferState(models.TextChoices):
    OPEN = "open", _("open")
    ACCEPTED = "accepted", _("accepted")
    OTHER_PLACE = "other_place", _("another place wished")
    UNANSWERED = "unanswered", _("unanswered, seat held")
    DECLINED = "declined", _("declined")
    LAPSED = "lapsed", _("unanswered, seat released")
    WITHDRAWN = "withdrawn", _("withdrawn by the city")


LIVE_STATES = (
    OfferState.OPEN,
    OfferState.ACCEPTED,
    OfferState.OTHER_PLACE,
    OfferState.UNANSWERED,
)
AWAITING_ANSWER = (OfferState.OPEN, OfferState.UNANSWERED)

_LIVE_SQL = ", ".join(f"'{state.value}'" for state in LIVE_STATES)
COUNT_SEATS = f"""
    WITH change AS (
        SELECT capacity_id, sum(n) AS n FROM ({{rows}}) AS moved(capacity_id, state, n)
        WHERE capacity_id IS NOT NULL AND state IN ({_LIVE_SQL})
        GROUP BY capacity_id HAVING sum(n) <> 0
    ), locked AS (
        SELECT c.id, change.n FROM offers_capacity c JOIN change ON change.capacity_id = c.id
        ORDER BY c.id FOR UPDATE OF c
    )
    UPDATE offers_capacity c SET taken = c.taken + locked.n FROM locked WHERE c.id = locked.id;
    RETURN NULL;
"""


def _seat_trigger(
    name: str, operation: pgtrigger.Operation, referencing: pgtrigger.Referencing, rows: str
) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=referencing,
        func=COUNT_SEATS.format(rows=rows),
    )


_ARRIVING = "SELECT capacity_id, state, 1 FROM arriving"
_LEAVING = "SELECT capacity_id, state, -1 FROM leaving"


class OfferQuerySet(models.QuerySet["Offer"]):
    def live(self) -> Self:
        """Offers that hold their seat."""
        return self.filter(state__in=LIVE_STATES)

    def unsettled(self) -> Self:
        """Offers whose seat is held, but promised to nobody yet."""
        return self.filter(state__in={*LIVE_STATES} - {OfferState.ACCEPTED})

    def awaiting_answer(self) -> Self:
        """Offers nobody has answered yet, the deadline passed or not."""
        return self.filter(state__in=AWAITING_ANSWER)

    def past_deadline(self, now: datetime) -> Self:
        return self.filter(state=OfferState.OPEN, deadline_at__lte=now)


class Offer(models.Model):
    """One service, one subject, one reserved seat, one deadline, one state."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="offers", verbose_name=_("round"))
    subject = models.ForeignKey(
        Subject, models.PROTECT, related_name="offers", verbose_name=_("subject")
    )
    capacity = models.ForeignKey(
        Capacity, models.PROTECT, null=True, related_name="offers", verbose_name=_("seat")
    )
    state = models.CharField(
        _("state"), max_length=11, choices=OfferState.choices, default=OfferState.OPEN
    )
    deadline_at = models.DateTimeField(_("answer wanted by"))
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    answered_at = models.DateTimeField(_("answered"), null=True)
    grace_until = models.DateTimeField(_("a decline waits until"), null=True)
    reminded_at = models.DateTimeField(_("reminded"), null=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            models.UniqueConstraint(
                fields=["round", "subject"],
                condition=Q(state__in=LIVE_STATES),
                name="offer_one_live",
                violation_error_message=_("There already is a live offer for this subject."),
            ),
        ]
        indexes = [models.Index(fields=["state", "deadline_at"])]
        triggers = [
            _seat_trigger(
                "seats_on_insert",
                pgtrigger.Insert,
                pgtrigger.Referencing(new="arriving"),
                _ARRIVING,
            ),
            _seat_trigger(
                "seats_on_update",
                pgtrigger.Update,
                pgtrigger.Referencing(old="leaving", new="arriving"),
                f"{_ARRIVING} UNION ALL {_LEAVING}",
            ),
            _seat_trigger(
                "seats_on_delete",
                pgtrigger.Delete,
                pgtrigger.Referencing(old="leaving"),
                _LEAVING,
            ),
        ]

    def __str__(self) -> str:
        return f"offer {self.pk}"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES


class AnswerKind(models.TextChoices):
    ACCEPT = "accept", _("accept")
    DECLINE = "decline", _("decline")
    OTHER_PLACE = "other_place", _("another place")


class AnswerChannel(models.TextChoices):
    SMS = "sms", _("text message")
    WEB = "web", _("web")
    PHONE = "phone", _("phone")
    IN_PERSON = "in_person", _("in person")
    LETTER = "letter", _("letter")


class Answer(Sealed):
    """Who said accept or decline, how, and the proof; the last of a guardian counts.

    ``proof`` is a keyed digest of what was said (the text, or the link's token), never the words.
    """

    offer = models.ForeignKey(
        Offer, models.PROTECT, related_name="answers", verbose_name=_("offer")
    )
    guardian = models.ForeignKey(
        Person, models.PROTECT, related_name="answers", verbose_name=_("guardian")
    )
    kind = models.CharField(_("answer"), max_length=11, choices=AnswerKind.choices)
    channel = models.CharField(_("how"), max_length=9, choices=AnswerChannel.choices)
    reply = models.ForeignKey("offers.Reply", models.PROTECT, null=True, related_name="answers")
    proof = models.BinaryField(editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("recorded by")
    )

    class Meta(Sealed.Meta):
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        indexes = [models.Index(fields=["offer", "guardian", "-id"])]

    def __str__(self) -> str:
        return f"answer {self.pk}"


class Link(models.Model):
    """A guardian's way to a round's offers on the web, known by a hash only.

    Of a random 128-bit token in an address, or of the shorter code in a letter.
    """

    round = models.ForeignKey(Round, models.PROTECT, related_name="links")
    guardian = models.ForeignKey(Person, models.PROTECT, related_name="links")
    token_hash = models.BinaryField(unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")

    def __str__(self) -> str:
        return f"link {self.pk}"


class WrongCode(models.Model):
    """A letter's code that was typed wrongly; ``source`` is a keyed digest of where from."""

    source = models.BinaryField(editable=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("wrong code")
        verbose_name_plural = _("wrong codes")
        indexes = [models.Index(fields=["source", "at"]), models.Index(fields=["at"])]

    def __str__(self) -> str:
        return f"wrong code {self.pk}"


class Wish(Encrypted):
    """Where a family would rather have its place, in its own words (encrypted)."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="wishes")
    guardian = models.ForeignKey(Person, models.CASCADE, related_name="+")
    text = models.BinaryField(null=True, editable=False)
    wished_at = models.DateTimeField(_("wished"), default=timezone.now)

    class Meta:
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")

    def __str__(self) -> str:
        return f"wish {self.pk}"


class Rating(Encrypted):
    """What a guardian thought of being offered: 1-5 stars and a word (encrypted)."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="ratings")
    guardian = models.ForeignKey(Person, models.CASCADE, related_name="+")
    stars = models.PositiveSmallIntegerField(
        _("stars"), validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    comment = models.BinaryField(null=True, editable=False)
    rated_at = models.DateTimeField(_("rated"), default=timezone.now)

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        constraints = [
            models.UniqueConstraint(fields=["round", "guardian"], name="rating_unique"),
            models.CheckConstraint(
                condition=Q(stars__gte=1, stars__lte=5),
                name="rating_one_to_five",
                violation_error_message=_("A rating is from 1 to 5."),
            ),
        ]

    def __str__(self) -> str:
        return f"rating {self.pk}"
