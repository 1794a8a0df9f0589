"""Offers and messages as they are: counted and dated here, told on the person's own page."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from offers.admin.read_only import ReadOnlyAdmin
from offers.models import Message, MessageState, Offer, OfferState

OFFER_COLOURS: dict[str, str] = {
    OfferState.OPEN.value: "info",
    OfferState.ACCEPTED.value: "success",
    OfferState.OTHER_PLACE.value: "warning",
    OfferState.UNANSWERED.value: "warning",
    OfferState.DECLINED.value: "default",
    OfferState.LAPSED.value: "default",
    OfferState.WITHDRAWN.value: "danger",
}
MESSAGE_COLOURS: dict[str, str] = {
    MessageState.QUEUED.value: "info",
    MessageState.SENDING.value: "info",
    MessageState.SENT.value: "info",
    MessageState.DELIVERED.value: "success",
    MessageState.FAILED.value: "danger",
    MessageState.UNCERTAIN.value: "warning",
    MessageState.CANCELLED.value: "default",
}


class LedgerAdmin(ReadOnlyAdmin):
    """A list without people: a row says what happened, not to whom. It has no pages of rows."""

    list_display_links = None
    list_select_related = ("round",)
    ordering = ("-pk",)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """The list, but no page of a row, which would name people without a purpose."""
        return obj is None and super().has_view_permission(request)


@admin.register(Offer)
class OfferAdmin(LedgerAdmin):
    """Offers, newest first."""

    list_display = ("pk", "round", "shown_state", "deadline_at", "answered_at", "reminded_at")
    list_filter = ("state", "round")

    @display(description=_("state"), ordering="state", label=OFFER_COLOURS)  # type: ignore[arg-type]
    def shown_state(self, offer: Offer) -> tuple[str, str]:
        return offer.state, offer.get_state_display()


@admin.register(Message)
class MessageAdmin(LedgerAdmin):
    """Messages, newest first."""

    list_display = (
        *("pk", "round", "kind", "channel", "language", "shown_state", "reason"),
        *("due_at", "sent_at", "final_at", "segments"),
    )
    list_filter = ("state", "kind", "channel", "round")

    @display(description=_("state"), ordering="state", label=MESSAGE_COLOURS)  # type: ignore[arg-type]
    def shown_state(self, message: Message) -> tuple[str, str]:
        return message.state, message.get_state_display()
