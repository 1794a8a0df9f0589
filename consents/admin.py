"""Legal bases to look at. What citizens have said is told on their own page, never listed."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from citizens.attributes import source_name
from citizens.languages import say
from consents.models import Erasure, LegalBasis


@admin.register(LegalBasis)
class LegalBasisAdmin(ModelAdmin):
    """What allows each operation on data of each source, for each purpose."""

    list_display = (
        *("of_purpose", "operation", "shown_source", "kind", "shown_statute"),
        *("retention_days", "in_force_from", "in_force_until"),
    )
    list_filter = ("operation", "kind", "source")
    list_select_related = ("purpose",)
    show_full_result_count = False
    actions = None
    ordering = ("purpose__code", "operation")
    fields = (
        *("of_purpose", "operation", "shown_source", "kind", "shown_statute", "shown_recipients"),
        *("retention_days", "in_force_from", "in_force_until"),
    )

    @admin.display(description=_("purpose"), ordering="purpose__code")
    def of_purpose(self, basis: LegalBasis) -> str:
        return say(basis.purpose.name, get_language())

    @admin.display(description=_("source register"), ordering="source")
    def shown_source(self, basis: LegalBasis) -> str:
        return source_name(basis.source, get_language() or "fi")

    @admin.display(description=_("statute and section"))
    def shown_statute(self, basis: LegalBasis) -> str:
        return say(basis.statute, get_language())

    @admin.display(description=_("recipients"))
    def shown_recipients(self, basis: LegalBasis) -> str:
        return say(basis.recipients, get_language())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Erasure)
class ErasureAdmin(ModelAdmin):
    """What went, how much of it, and why: the report of retention."""

    list_display = ("at", "what", "rows", "older_than", "why")
    list_filter = ("what",)
    list_select_related = ("basis__purpose",)
    list_display_links = None
    show_full_result_count = False
    actions = None
    ordering = ("-pk",)

    @admin.display(description=_("why"))
    def why(self, erasure: Erasure) -> str:
        if erasure.basis is None:
            return str(_("no purpose needs it any more"))
        language = get_language()
        days = _("kept for %s days after the end") % erasure.basis.retention_days
        purpose = say(erasure.basis.purpose.name, language)
        return f"{purpose}: {say(erasure.basis.statute, language)}; {days}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
