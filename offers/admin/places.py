"""Units, their seats and the areas they serve, as imported."""

from django.contrib import admin
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from citizens.languages import say
from offers.admin.read_only import ReadOnlyAdmin
from offers.models import AdmissionArea, Capacity, Unit


@admin.register(Unit)
class UnitAdmin(ReadOnlyAdmin):
    """The places of the city's service map."""

    list_display = ("shown_name", "shown_address", "postal_code", "phone", "register_id")
    search_fields = ("name", "register_id")
    ordering = ("name__fi",)
    fields = (
        *("shown_name", "shown_address", "postal_code", "phone", "register_id", "identifiers"),
        *("latitude", "longitude"),
    )

    @admin.display(description=_("unit"), ordering="name__fi")
    def shown_name(self, unit: Unit) -> str:
        return say(unit.name, get_language())

    @admin.display(description=_("street address"))
    def shown_address(self, unit: Unit) -> str:
        return say(unit.address, get_language())


@admin.register(Capacity)
class CapacityAdmin(ReadOnlyAdmin):
    """Seats by unit, period and group."""

    list_display = (
        "of_unit",
        "of_service",
        "period",
        "group",
        "kind",
        "starts_at",
        "seats",
        "taken",
    )
    list_filter = ("service", "period", "group", "kind")
    list_select_related = ("unit", "service")
    ordering = ("unit__name__fi", "group", "starts_at")

    @admin.display(description=_("unit"), ordering="unit__name__fi")
    def of_unit(self, capacity: Capacity) -> str:
        return say(capacity.unit.name, get_language())

    @admin.display(description=_("service"), ordering="service__code")
    def of_service(self, capacity: Capacity) -> str:
        return say(capacity.service.name, get_language())


@admin.register(AdmissionArea)
class AdmissionAreaAdmin(ReadOnlyAdmin):
    """The areas whose children a unit admits first."""

    list_display = ("code", "shown_name", "group", "period")
    list_filter = ("group", "period")
    ordering = ("code", "group")
    fields = ("code", "shown_name", "group", "period", "units")

    @admin.display(description=_("name"))
    def shown_name(self, area: AdmissionArea) -> str:
        return say(area.name, get_language())
