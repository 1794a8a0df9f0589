"""Unit and Capacity: places with seats; AdmissionArea and Water: what an address says."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from citizens.languages import TranslatedField
from citizens.models import Person
from offers.models.catalogue import Service


class Unit(models.Model):
    """A place in the city's service map; ``identifiers`` are other systems' own."""

    register_id = models.CharField(_("service map id"), max_length=64, unique=True)
    identifiers = models.JSONField(_("identifiers elsewhere"), default=dict, blank=True)
    name = TranslatedField(_("name"))
    address = TranslatedField(_("street address"))
    postal_code = models.CharField(_("postal code"), max_length=5, blank=True)
    latitude = models.FloatField(_("latitude"), null=True)
    longitude = models.FloatField(_("longitude"), null=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")

    def __str__(self) -> str:
        return f"{self.name['fi']} ({self.register_id})"


class SeatKind(models.TextChoices):
    """For whom the seats of a group are kept."""

    ORDINARY = "", _("ordinary")
    SPECIAL = "special", _("special group")
    IMMERSION = "immersion", _("language immersion")


class CapacityQuerySet(models.QuerySet["Capacity"]):
    def free(self) -> Self:
        """Groups and slots with a seat nobody has."""
        return self.filter(taken__lt=F("seats"))


class Capacity(models.Model):
    """Seats of one group (or appointment slot) at a unit in one period.

    ``group`` is the language group (fi, sv) or empty; ``period`` names the run, e.g. "2027".
    Seats of a special or an immersion ``kind`` are kept for those who are registered for it.
    ``taken`` is kept by a trigger on Offer and can never exceed ``seats``.
    """

    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="capacities", verbose_name=_("unit")
    )
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="capacities", verbose_name=_("service")
    )
    period = models.CharField(_("period"), max_length=20)
    group = models.CharField(_("group"), max_length=20, blank=True)
    kind = models.CharField(_("kind"), max_length=9, choices=SeatKind.choices, blank=True)
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    seats = models.PositiveIntegerField(_("seats"))
    minimum = models.PositiveIntegerField(_("smallest group"), default=0)
    taken = models.PositiveIntegerField(_("taken"), default=0, editable=False)

    objects = CapacityQuerySet.as_manager()

    class Meta:
        verbose_name = _("capacity")
        verbose_name_plural = _("capacities")
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "service", "period", "group", "kind", "starts_at"],
                name="capacity_unique",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(taken__lte=F("seats")),
                name="capacity_not_exceeded",
                violation_error_message=_("All seats here are taken."),
            ),
        ]

    def __str__(self) -> str:
        return f"capacity {self.pk}"


class Way(models.Model):
    """How far it is from a person's home to a unit, as the city measured it.

    Without ``metres`` there is no way. Where the city measured nothing the straight line counts.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="ways")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="ways")
    metres = models.PositiveIntegerField(_("way (m)"), null=True)

    class Meta:
        verbose_name = _("way")
        verbose_name_plural = _("ways")
        constraints = [models.UniqueConstraint(fields=["person", "unit"], name="way_unique")]

    def __str__(self) -> str:
        return f"way {self.pk}"


class AdmissionArea(models.Model):
    """The area whose children a unit or group of units admits first.

    ``boundary`` is a GeoJSON Polygon or MultiPolygon in WGS 84.
    """

    code = models.CharField(_("code"), max_length=64)
    name = TranslatedField(_("name"))
    group = models.CharField(_("group"), max_length=20, blank=True)
    period = models.CharField(_("period"), max_length=20, blank=True)
    boundary = models.JSONField(_("boundary"))
    units = models.ManyToManyField(Unit, related_name="areas", blank=True, verbose_name=_("units"))

    class Meta:
        verbose_name = _("admission area")
        verbose_name_plural = _("admission areas")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "group", "period"], name="admission_area_unique"
            )
        ]

    def __str__(self) -> str:
        return self.code


class Water(models.Model):
    """A piece of sea, lake or river, cut small by the import; pieces do not overlap.

    ``outline`` is a polygon as WKB (OGC Simple Features), longitude and latitude in WGS 84.
    """

    outline = models.BinaryField(_("outline"))

    class Meta:
        verbose_name = _("water")
        verbose_name_plural = _("waters")

    def __str__(self) -> str:
        return f"water {self.pk}"
