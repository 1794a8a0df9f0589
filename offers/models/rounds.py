"""Round, its subjects and its approval; SendingHalt: the switch that stops everything."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from citizens.models import Person
from consents.models import Processing, Sealed
from offers.models.catalogue import EligibilityRule, Service
from offers.models.round_guards import ROUND_GUARDS, SUBJECT_GUARDS
from offers.models.rule_guards import APPROVED_RULE
from offers.models.units import Capacity


class RoundState(models.TextChoices):
    DRAFT = "draft", _("draft")
    PREPARING = "preparing", _("being prepared")
    PREPARED = "prepared", _("prepared")
    AWAITING = "awaiting_approval", _("awaiting approval")
    APPROVED = "approved", _("approved")
    RUNNING = "running", _("running")
    CLOSED = "closed", _("closed")
    CANCELLED = "cancelled", _("cancelled")


class RoundQuerySet(models.QuerySet["Round"]):
    def running(self) -> Self:
        return self.filter(state=RoundState.RUNNING)


class Round(models.Model):
    """One run of a service: a cohort, dates, approvals, figures.

    ``as_of`` is the day the rule is asked for; ``frozen_digest`` the SHA-256 (hex) of the exact
    list that was sent to approval; ``preview`` what the caseworker saw, as shown then. From
    ``erased_at`` on its list is erased; ``final_figures`` counts what came of it.
    """

    service = models.ForeignKey(
        Service, models.PROTECT, related_name="rounds", verbose_name=_("service")
    )
    rule = models.ForeignKey(
        EligibilityRule, models.PROTECT, null=True, related_name="rounds", verbose_name=_("rule")
    )
    processing = models.OneToOneField(
        Processing, models.PROTECT, null=True, related_name="round", editable=False
    )
    name = models.CharField(_("name"), max_length=200)
    period = models.CharField(_("period of the seats"), max_length=20, blank=True)
    as_of = models.DateField(_("rule asked for the day"))
    begins_on = models.DateField(_("the service begins"))
    ends_on = models.DateField(_("the service ends"), null=True, blank=True)
    deadline_at = models.DateTimeField(_("answers wanted by"))
    lottery_seed = models.BigIntegerField(_("lottery seed"), default=0)
    state = models.CharField(
        _("state"), max_length=17, choices=RoundState.choices, default=RoundState.DRAFT
    )
    preview = models.JSONField(_("preview"), default=dict, editable=False)
    frozen_digest = models.CharField(max_length=64, blank=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    prepared_at = models.DateTimeField(_("prepared"), null=True, editable=False)
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)
    generated_at = models.DateTimeField(_("offers made"), null=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)
    erased_at = models.DateTimeField(_("list erased"), null=True, editable=False)
    final_figures = models.JSONField(default=dict, editable=False)

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("round")
        verbose_name_plural = _("rounds")
        constraints = [
            models.CheckConstraint(
                condition=Q(prepared_at=None, prepared_by=None)
                | Q(prepared_at__isnull=False, prepared_by__isnull=False),
                name="round_prepared_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="round_closed_at_and_by",
            ),
        ]
        triggers = [*ROUND_GUARDS, APPROVED_RULE]

    def __str__(self) -> str:
        return self.name


class Approval(Sealed):
    """A second person's approval of the exact frozen list, the order of succession included."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="approvals")
    digest = models.CharField(_("digest of the list"), max_length=64)
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(Sealed.Meta):
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.UniqueConstraint(fields=["round", "digest"], name="approval_unique"),
            models.CheckConstraint(
                condition=~Q(prepared_by=F("approved_by")),
                name="approval_second_person",
                violation_error_message=_("Whoever approves is not whoever prepared."),
            ),
        ]

    def __str__(self) -> str:
        return f"approval {self.pk}"


class Exclusion(models.TextChoices):
    """Why a subject gets no automatic message, though the rule matches."""

    NONE = "", _("none")
    PROTECTED = "protected", _("a person handles this")
    BY_HAND = "by_hand", _("to be placed by hand")
    OBJECTED = "objected", _("has objected")
    NO_GUARDIAN = "no_guardian", _("no guardian who may decide")
    NO_CONTACT = "no_contact", _("no working contact")
    NO_SEAT = "no_seat", _("no seat")


class Outcome(models.TextChoices):
    """How a subject's story in the round ends; the open ones have an owner and a due date."""

    PENDING = "pending", _("waiting for an answer")
    HANDLED_BY_PERSON = "handled_by_person", _("with a caseworker")
    WAITING_FOR_SEAT = "waiting_for_seat", _("waiting for a seat")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    OTHER_PLACE = "other_place", _("wishes another place")
    ARRANGED_OTHERWISE = "arranged_otherwise", _("arranged otherwise")
    PLACED_BY_HAND = "placed_by_hand", _("placed by hand")
    OBJECTED = "objected", _("objected")
    MOVED = "moved", _("moved")
    DIED = "died", _("died")
    NO_LONGER_MATCHING = "no_longer_matching", _("no longer entitled")
    UNREACHED = "unreached", _("not reached")
    LAPSED = "lapsed", _("no answer, seat released")
    WITHDRAWN = "withdrawn", _("the round was cancelled")


OPEN_OUTCOMES = (
    Outcome.PENDING,
    Outcome.HANDLED_BY_PERSON,
    Outcome.WAITING_FOR_SEAT,
    Outcome.OTHER_PLACE,
)


class SubjectQuerySet(models.QuerySet["Subject"]):
    def unresolved(self) -> Self:
        """Subjects somebody still has to bring to an end."""
        return self.filter(outcome__in=OPEN_OUTCOMES)


class Subject(models.Model):
    """One person a round is about, from the frozen list to the outcome.

    ``facts`` is the explanation of why the rule matched, as it was on the round's day;
    ``placement`` the reason for the seat; ``succession`` the place in the order in which freed
    seats are offered (null: holds a seat).
    """

    round = models.ForeignKey(Round, models.PROTECT, related_name="subjects")
    person = models.ForeignKey(Person, models.PROTECT, related_name="subjects")
    family = models.BigIntegerField(_("family"), null=True)
    exclusion = models.CharField(
        _("not contacted because"), max_length=12, choices=Exclusion.choices, blank=True
    )
    facts = models.JSONField(_("facts"), default=dict)
    capacity = models.ForeignKey(
        Capacity, models.PROTECT, null=True, related_name="subjects", verbose_name=_("seat")
    )
    pinned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    distance_m = models.PositiveIntegerField(_("way (m)"), null=True)
    placement = models.JSONField(_("reason for the seat"), default=dict)
    succession = models.PositiveIntegerField(_("order of succession"), null=True)
    outcome = models.CharField(
        _("outcome"), max_length=18, choices=Outcome.choices, default=Outcome.PENDING
    )
    outcome_at = models.DateTimeField(_("since"), default=timezone.now)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    due_on = models.DateField(_("due"), null=True)

    objects = SubjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("subject")
        verbose_name_plural = _("subjects")
        constraints = [
            models.UniqueConstraint(fields=["round", "person"], name="subject_unique"),
            models.CheckConstraint(
                condition=~Q(outcome__in=OPEN_OUTCOMES)
                | Q(owner__isnull=False, due_on__isnull=False),
                name="subject_open_has_owner_and_due",
                violation_error_message=_("What is open has an owner and a due date."),
            ),
        ]
        indexes = [models.Index(fields=["round", "outcome"])]
        triggers = SUBJECT_GUARDS

    def __str__(self) -> str:
        return f"subject {self.pk}"


class SendingHaltQuerySet(models.QuerySet["SendingHalt"]):
    def in_force(self) -> Self:
        return self.filter(resumed_at=None)


class SendingHalt(models.Model):
    """The switch: while one is in force nothing in its scope is sent.

    Without service and round it stops the whole system.
    """

    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True)
    round = models.ForeignKey(Round, models.PROTECT, null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    halted_at = models.DateTimeField(_("halted"), auto_now_add=True)
    halted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    resumed_at = models.DateTimeField(_("resumed"), null=True)
    resumed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = SendingHaltQuerySet.as_manager()

    class Meta:
        verbose_name = _("halt of sending")
        verbose_name_plural = _("halts of sending")
        constraints = [
            models.CheckConstraint(
                condition=Q(service=None) | Q(round=None), name="sending_halt_one_scope"
            ),
            models.UniqueConstraint(
                fields=["service", "round"],
                condition=Q(resumed_at=None),
                name="sending_halt_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"halt {self.pk}"
