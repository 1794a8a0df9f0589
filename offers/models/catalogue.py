"""Service, its texts and its eligibility rules: loaded from the files of offers/catalogue/."""

from typing import Self

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from citizens.languages import TranslatedField
from consents.models import Purpose
from offers.models.rule_guards import RULE_GUARDS


class Channel(models.TextChoices):
    SMS = "sms", _("text message")
    EMAIL = "email", _("e-mail")
    SUOMIFI = "suomifi", _("Suomi.fi message")
    LETTER = "letter", _("letter")


class Recipient(models.TextChoices):
    """Who is written to about the subject."""

    GUARDIANS = "guardians", _("the guardians who may decide")
    SELF = "self", _("the person")


class AcceptancePolicy(models.TextChoices):
    ANY = "any", _("any one may accept")
    ALL = "all", _("all must accept")


class Silence(models.TextChoices):
    """What no answer by the deadline means. It never is a decline."""

    HOLD = "hold_and_follow_up", _("the seat is held until a person decides")
    RELEASE = "release", _("the seat is released")


class Sensitivity(models.TextChoices):
    """What a text message may say; enforced when a text is saved and when it is rendered."""

    ORDINARY = "ordinary", _("may name the unit and the child's first name")
    DISCREET = "discreet", _("says nothing of health, child or unit")


class Makes(models.TextChoices):
    """What a service does by itself: an offer is not a decision (hallintolaki 53 e-g §)."""

    OFFER = "offer", _("an offer; a person may take it or leave it")
    DECISION = "decision", _("an automatic decision")


class Domain(models.TextChoices):
    """Fields of government, as the algorithm registers of European cities name them (v0.3.1)."""

    EDUCATION = "education and science", _("education and science")
    HEALTH = "health and health care", _("health and health care")
    FAMILY = "family, youth and households", _("family, youth and households")
    TRAFFIC = "traffic and transportation", _("traffic and transportation")
    WORK = "work and career", _("work and career")
    HOUSING = (
        "housing, living and living environment",
        _("housing, living and living environment"),
    )
    CULTURE = "culture, sports and leisure", _("culture, sports and leisure")
    SUBSIDIES = "subsidies, benefits and allowances", _("subsidies, benefits and allowances")
    GENERIC = "generic", _("generic")


class TextKind(models.TextChoices):
    OFFER = "offer", _("offer")
    OFFER_SEVERAL = "offer_several", _("offer of different places to several children")
    REMINDER = "reminder", _("reminder")
    REMINDER_SEVERAL = "reminder_several", _("reminder of different places")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    OTHER_PLACE = "other_place", _("another place wished")
    RECORDED = "recorded", _("recorded, the other guardian still to be heard")
    ASK_AGAIN = "ask_again", _("asking for a clear answer")
    ASK_SEVERAL = "ask_several", _("asking for an answer for each child")
    TO_A_PERSON = "to_a_person", _("a person will answer")
    TOO_LATE = "too_late", _("the answer came too late")
    OTHER_GUARDIAN = "other_guardian", _("told to the other guardian")
    STOPPED = "stopped", _("no more messages here")
    WITHDRAWN = "withdrawn", _("the city has withdrawn the offer")


@pghistory.track()
class Service(models.Model):
    """Something the city offers.

    ``placement`` is the placement policy and criteria of the service's file; ``guidance`` what the
    family's page says happens next: ``{"accepted" | "declined" | "other_place": {"fi": ...}}``.
    """

    code = models.SlugField(_("code"), max_length=64, unique=True)
    name = TranslatedField(_("name"))
    description = TranslatedField(_("description"))
    purpose = models.ForeignKey(
        Purpose, models.PROTECT, related_name="services", verbose_name=_("purpose")
    )
    recipient = models.CharField(_("written to"), max_length=9, choices=Recipient.choices)
    acceptance = models.CharField(_("acceptance"), max_length=3, choices=AcceptancePolicy.choices)
    silence = models.CharField(_("silence means"), max_length=18, choices=Silence.choices)
    sensitivity = models.CharField(_("texts"), max_length=8, choices=Sensitivity.choices)
    channels = ArrayField(
        models.CharField(max_length=7, choices=Channel.choices), verbose_name=_("channels")
    )
    guidance = models.JSONField(_("what happens next, by the answer"), default=dict, blank=True)
    needs_seat = models.BooleanField(_("needs a seat"), default=True)
    placement = models.JSONField(_("placement"), default=dict, blank=True)
    answer_days = models.PositiveSmallIntegerField(_("days to answer"))
    reminder_days = ArrayField(
        models.PositiveSmallIntegerField(),
        verbose_name=_("days after which the unanswered are reminded"),
        default=list,
        blank=True,
    )
    grace_days = models.PositiveSmallIntegerField(
        _("days a decline waits for the other guardian"), default=3
    )
    active = models.BooleanField(_("in use"), default=True)
    domain = models.CharField(_("domain"), max_length=40, choices=Domain.choices, blank=True)
    makes = models.CharField(_("makes"), max_length=8, choices=Makes.choices, default=Makes.OFFER)
    introduction_decision = models.URLField(
        _("decision to introduce automatic decisions"), blank=True
    )

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")

    def __str__(self) -> str:
        return self.code

    @property
    def is_voluntary(self) -> bool:
        """Whether one may say stop: nobody must answer where silence releases the seat."""
        return self.silence == Silence.RELEASE


@pghistory.track()
class ServiceText(models.Model):
    """The words of one kind of message of a service, in one channel and one language.

    One that somebody has edited in the admin is that person's; the file no longer changes it.
    """

    service = models.ForeignKey(
        Service, models.CASCADE, related_name="texts", verbose_name=_("service")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=TextKind.choices)
    channel = models.CharField(_("channel"), max_length=7, choices=Channel.choices)
    language = models.CharField(_("language"), max_length=8)
    subject = models.CharField(_("subject line"), max_length=200, blank=True)
    body = models.TextField(_("text"))
    edited_at = models.DateTimeField(_("edited"), null=True, editable=False)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        constraints = [
            models.UniqueConstraint(
                fields=["service", "kind", "channel", "language"], name="service_text_unique"
            ),
            models.CheckConstraint(
                condition=Q(channel=Channel.SMS) | ~Q(subject=""),
                name="service_text_has_subject",
                violation_error_message=_("An e-mail or a letter needs a subject line."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.kind} {self.channel} {self.language}"


class EligibilityRuleQuerySet(models.QuerySet["EligibilityRule"]):
    def in_force(self) -> Self:
        """The newest approved version of each service's rule."""
        newest = self.exclude(approved_at=None).order_by("service_id", "-version")
        return self.filter(pk__in=newest.distinct("service_id").values("pk"))

    def proposed(self) -> Self:
        """Versions that nobody has approved."""
        return self.filter(approved_at=None)

    def awaiting(self) -> Self:
        """Those of them that can still be approved: no newer version has been."""
        approved = EligibilityRule.objects.filter(
            service=OuterRef("service"), version__gt=OuterRef("version"), approved_at__isnull=False
        )
        return self.proposed().filter(~Exists(approved))


@pghistory.track()
class EligibilityRule(models.Model):
    """A version of the condition for a service; frozen once a round has used it.

    ``criteria``: all of (any of (attribute, operator, value)), as documented in
    docs/formats.md. A version of the service's file (``from_file``) is approved by the file's
    review, unless the version in force was written in the admin; see docs/adr/0009.
    """

    service = models.ForeignKey(
        Service, models.PROTECT, related_name="rules", verbose_name=_("service")
    )
    version = models.PositiveIntegerField(_("version"))
    criteria = models.JSONField(_("criteria"))
    from_file = models.BooleanField(_("from the service's file"), default=False, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("written by"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    approved_at = models.DateTimeField(_("approved"), null=True)
    frozen_at = models.DateTimeField(_("frozen"), null=True)

    objects = EligibilityRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("eligibility rule")
        verbose_name_plural = _("eligibility rules")
        permissions = [("approve_eligibilityrule", _("Can approve a version of a rule"))]
        triggers = RULE_GUARDS
        constraints = [
            models.UniqueConstraint(fields=["service", "version"], name="rule_version_unique"),
            models.CheckConstraint(
                condition=Q(approved_at=None, approved_by=None)
                | Q(approved_at__isnull=False, from_file=True)
                | Q(approved_at__isnull=False, approved_by__isnull=False, created_by__isnull=False),
                name="rule_approved_by_somebody",
                violation_error_message=_("A rule written in the admin is approved by somebody."),
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None)
                | Q(created_by=None)
                | ~Q(approved_by=F("created_by")),
                name="rule_second_person",
                violation_error_message=_("A rule is approved by a second person."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} v{self.version}"
