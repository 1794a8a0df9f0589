"""The register's imports and facts. People are opened from the casework's search, never listed."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from citizens.languages import say
from citizens.models import Attribute, RegisterImport


class _Looked(ModelAdmin):
    """A list to look at."""

    show_full_result_count = False
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(RegisterImport)
class RegisterImportAdmin(_Looked):
    """What came in from the population register, newest first."""

    list_display = ("as_of", "imported_at", "imported_by", "changes")
    list_select_related = ("imported_by",)
    ordering = ("-pk",)
    fields = ("as_of", "imported_at", "imported_by", "digest", "changes")

    @admin.display(description=_("changes"))
    def changes(self, done: RegisterImport) -> str:
        return ", ".join(f"{name}: {count}" for name, count in done.counts.items())


@admin.register(Attribute)
class AttributeAdmin(_Looked):
    """The facts a rule may ask for, beside those of the population register."""

    list_display = ("shown_label", "code", "value_type", "source", "sensitive")
    list_filter = ("source", "sensitive")
    ordering = ("code",)
    fields = ("shown_label", "code", "value_type", "source", "sensitive")

    @admin.display(description=_("label"), ordering="code")
    def shown_label(self, attribute: Attribute) -> str:
        return say(attribute.label, get_language())
