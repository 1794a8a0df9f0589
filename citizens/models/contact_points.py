"""ContactPoint: a phone number or e-mail address of a person, and its health."""

from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from citizens.encryption import search_index, search_indexes
from citizens.models.encrypted import Encrypted
from citizens.models.people import Person


class ContactKind(models.TextChoices):
    SMS = "sms", _("mobile phone")
    EMAIL = "email", _("e-mail")


class ContactHealth(models.TextChoices):
    """What we know of whether messages arrive, and whether they are wanted."""

    UNKNOWN = "unknown", _("not yet used")
    VERIFIED = "verified", _("has answered")
    BOUNCED = "bounced", _("does not reach")
    OPTED_OUT = "opted_out", _("no messages here")
    WRONG_PERSON = "wrong_person", _("somebody else's")


HEALTHY = (ContactHealth.UNKNOWN, ContactHealth.VERIFIED)


class ContactPointQuerySet(models.QuerySet["ContactPoint"]):
    def healthy(self) -> Self:
        """Contact points messages may be sent to."""
        return self.filter(health__in=HEALTHY, gone_at=None)

    def with_value(self, kind: str, value: str) -> Self:
        """Every person's contact point with this number (E.164) or e-mail address."""
        return self.filter(kind=kind, value_index__in=contact_indexes(kind, value))

    def sharing(self, point: "ContactPoint") -> Self:
        """Every person's contact point with the value of this one."""
        return self.with_value(point.kind, point.unseal("value"))

    def in_order(self) -> Self:
        """Best first: verified ones, then the register's own order."""
        verified = models.Case(models.When(health=ContactHealth.VERIFIED, then=0), default=1)
        return self.order_by(verified, "priority", "pk")


def contact_index(kind: str, value: str) -> bytes:
    """The keyed index of a number in E.164 or an e-mail address in any case."""
    return search_index(value.strip().lower(), kind=f"contact.{kind}")


def contact_indexes(kind: str, value: str) -> list[bytes]:
    """``contact_index`` under every key."""
    return search_indexes(value.strip().lower(), kind=f"contact.{kind}")


class ContactPoint(Encrypted):
    """``value`` is E.164 for a phone; two guardians may share one value, each with a row.

    One that the register no longer has is kept, with ``gone_at``, as long as something is known
    of it: messages sent to it, or that nobody is to be written to there.
    """

    person = models.ForeignKey(
        Person, models.CASCADE, related_name="contact_points", verbose_name=_("person")
    )
    kind = models.CharField(_("kind"), max_length=5, choices=ContactKind.choices)
    value = models.BinaryField(_("number or address"), editable=False)
    value_index = models.BinaryField(editable=False, db_index=True)
    priority = models.PositiveSmallIntegerField(_("order"), default=0)
    health = models.CharField(
        _("health"), max_length=12, choices=ContactHealth.choices, default=ContactHealth.UNKNOWN
    )
    health_at = models.DateTimeField(_("health known since"), default=timezone.now)
    gone_at = models.DateTimeField(_("gone from the register"), null=True, editable=False)

    change_over_together = "value_index"

    objects = ContactPointQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact point")
        verbose_name_plural = _("contact points")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "value_index"], name="contact_point_unique"
            ),
        ]

    def __str__(self) -> str:
        """Never the number itself: this ends up in logs and error pages."""
        return f"contact point {self.pk}"

    def set_value(self, value: str) -> None:
        """Store the number (E.164) or address encrypted and searchable."""
        self.seal("value", value.strip())
        self.value_index = self.index_of("value", value)

    def index_of(self, column: str, value: str) -> bytes:
        """The search index of a number or address."""
        return contact_index(self.kind, value)

    def indexes(self) -> list[bytes]:
        """Every index that rows with this value may have."""
        return contact_indexes(self.kind, self.unseal("value"))
