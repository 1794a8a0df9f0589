"""ConsentEvent and Objection: what citizens have said; the state is derived from the rows."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from citizens.languages import ContactLanguage
from citizens.models import Person
from consents.models.append_only import Sealed
from consents.models.bases import Purpose


class ConsentKind(models.TextChoices):
    GIVEN = "given", _("given")
    WITHDRAWN = "withdrawn", _("withdrawn")


class ObjectionKind(models.TextChoices):
    RAISED = "raised", _("raised")
    LIFTED = "lifted", _("lifted")


class How(models.TextChoices):
    """How a citizen expressed it."""

    WEB = "web", _("on the web")
    SMS = "sms", _("by text message")
    PHONE = "phone", _("by phone")
    IN_PERSON = "in_person", _("in person")
    LETTER = "letter", _("by letter")


class ConsentEventQuerySet(models.QuerySet["ConsentEvent"]):
    def standing(self) -> Self:
        """Consents in force: given, and nothing said since."""
        return self.filter(kind=ConsentKind.GIVEN).exclude(_said_later(ConsentEvent))


class ObjectionQuerySet(models.QuerySet["Objection"]):
    def standing(self) -> Self:
        """Objections in force: raised, and nothing said since."""
        return self.filter(kind=ObjectionKind.RAISED).exclude(_said_later(Objection))


def _said_later(model: type[models.Model]) -> Exists:
    return Exists(
        model._default_manager.filter(
            person=OuterRef("person"), purpose=OuterRef("purpose"), pk__gt=OuterRef("pk")
        )
    )


class ConsentEvent(Sealed):
    """``notice_hash`` is the SHA-256 of the very text that was shown."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="consent_events")
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="consent_events")
    kind = models.CharField(_("event"), max_length=9, choices=ConsentKind.choices)
    notice_version = models.CharField(_("notice"), max_length=40)
    notice_hash = models.CharField(max_length=64)
    how = models.CharField(_("how"), max_length=9, choices=How.choices)
    language = models.CharField(_("language"), max_length=2, choices=ContactLanguage.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("recorded by")
    )

    objects = ConsentEventQuerySet.as_manager()

    class Meta(Sealed.Meta):
        verbose_name = _("consent event")
        verbose_name_plural = _("consent events")
        indexes = [models.Index(fields=["person", "purpose", "-at"])]

    def __str__(self) -> str:
        return f"consent event {self.pk}"


class Objection(Sealed):
    """GDPR article 21: the person objects to processing for a purpose, or lifts the objection."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="objections")
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="objections")
    kind = models.CharField(_("event"), max_length=6, choices=ObjectionKind.choices)
    how = models.CharField(_("how"), max_length=9, choices=How.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("recorded by")
    )

    objects = ObjectionQuerySet.as_manager()

    class Meta(Sealed.Meta):
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        indexes = [models.Index(fields=["person", "purpose", "-at"])]

    def __str__(self) -> str:
        return f"objection {self.pk}"
