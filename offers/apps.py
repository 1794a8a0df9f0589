from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OffersConfig(AppConfig):
    """What and how: services, rounds, offers, messages and replies."""

    name = "offers"
    verbose_name = _("offers")

    def ready(self) -> None:
        """Listen for people who must not be contacted any more."""
        import_module("offers.delivery.purge")
        import_module("offers.rounds.purge")
