"""The list of rounds; everything about one of them is on pages of its own."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from citizens.languages import say
from offers.admin.read_only import ReadOnlyAdmin
from offers.admin.rounds.addresses import round_addresses
from offers.models import Round, RoundState
from offers.templatetags.words import staff_name

STATE_COLOURS: dict[str, str] = {
    RoundState.DRAFT.value: "info",
    RoundState.PREPARING.value: "info",
    RoundState.PREPARED.value: "warning",
    RoundState.AWAITING.value: "warning",
    RoundState.APPROVED.value: "success",
    RoundState.RUNNING.value: "success",
    RoundState.CLOSED.value: "default",
    RoundState.CANCELLED.value: "danger",
}


@admin.register(Round)
class RoundAdmin(ReadOnlyAdmin):
    """Rounds, newest first."""

    list_display = ("name", "of_service", "shown_state", "begins_on", "deadline_at", "preparer")
    list_filter = ("state", "service")
    list_select_related = ("service", "prepared_by")
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("offers.add_round")

    def get_urls(self) -> list[URLPattern]:
        """The list from Django, the rest of our own: there is no form to change or delete."""
        listed = [url for url in super().get_urls() if url.name == "offers_round_changelist"]
        return [*listed, *round_addresses]

    @admin.display(description=_("prepared by"), ordering="prepared_by")
    def preparer(self, round: Round) -> str:
        return staff_name(round.prepared_by)

    @admin.display(description=_("service"), ordering="service__code")
    def of_service(self, round: Round) -> str:
        return say(round.service.name, get_language())

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)  # type: ignore[arg-type]
    def shown_state(self, round: Round) -> tuple[str, str]:
        return round.state, round.get_state_display()
