"""Services, as their files say: changed there, read here."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from citizens.languages import say
from offers.admin.read_only import ReadOnlyAdmin
from offers.admin.rules.listing import in_words
from offers.models import EligibilityRule, Service


@admin.register(Service)
class ServiceAdmin(ReadOnlyAdmin):
    """What the city offers."""

    list_display = ("shown_name", "recipient", "acceptance", "silence", "answer_days", "active")
    list_filter = ("active", "sensitivity")
    list_select_related = ("purpose",)
    ordering = ("code",)
    fields = (
        *("shown_name", "shown_description", "purpose", "recipient", "acceptance", "silence"),
        *("sensitivity", "channels", "needs_seat", "answer_days", "reminder_days", "grace_days"),
        *("rule_in_words", "active"),
    )

    @admin.display(description=_("service"), ordering="code")
    def shown_name(self, service: Service) -> str:
        return say(service.name, get_language())

    @admin.display(description=_("description"))
    def shown_description(self, service: Service) -> str:
        return say(service.description, get_language())

    @admin.display(description=_("who is entitled"))
    def rule_in_words(self, service: Service) -> SafeString | str:
        rule = EligibilityRule.objects.in_force().filter(service=service).first()
        return in_words(rule) if rule else _("There is no approved rule.")  # type: ignore[return-value]
