from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsentsConfig(AppConfig):
    """May we: purposes, legal bases, what citizens have said, and the record of use."""

    name = "consents"
    verbose_name = _("consents")

    def ready(self) -> None:
        """Listen for people whom the register protects from now on, or brings back."""
        import_module("consents.services.protection")
        import_module("consents.services.tombstones")
