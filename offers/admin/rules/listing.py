"""The list of versions; everything about one of them is on pages of its own."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from citizens.languages import say
from offers.admin.read_only import ReadOnlyAdmin
from offers.admin.rules import versions, writing
from offers.eligibility.say import sentences
from offers.models import EligibilityRule

rule_addresses = [
    path("add/", writing.new_version, name="offers_eligibilityrule_add"),
    path("<int:pk>/change/", versions.version_page, name="offers_eligibilityrule_change"),
    path("<int:pk>/edit/", writing.edit_version, name="offers_eligibilityrule_edit"),
    path("<int:pk>/do/<slug:step>/", versions.take_rule_step, name="offers_eligibilityrule_step"),
]


@admin.register(EligibilityRule)
class EligibilityRuleAdmin(ReadOnlyAdmin):
    """Every version of every rule, in words."""

    list_display = ("of_service", "version", "shown_words", "approved_at", "frozen_at")
    list_filter = ("service",)
    list_select_related = ("service",)
    ordering = ("service", "-version")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("offers.add_eligibilityrule")

    def get_urls(self) -> list[URLPattern]:
        """The list from Django, the rest of our own."""
        name = "offers_eligibilityrule_changelist"
        return [*(url for url in super().get_urls() if url.name == name), *rule_addresses]

    @admin.display(description=_("service"), ordering="service__code")
    def of_service(self, rule: EligibilityRule) -> str:
        return say(rule.service.name, get_language())

    @admin.display(description=_("who is entitled"))
    def shown_words(self, rule: EligibilityRule) -> SafeString:
        return in_words(rule)


def in_words(rule: EligibilityRule) -> SafeString:
    """The rule's sentences, as they would be asked today."""
    said = sentences(rule.criteria, get_language() or "fi", timezone.localdate())
    return format_html_join(" ", "{}", ((sentence,) for sentence in said))
