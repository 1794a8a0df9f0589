from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OffersConfig(AppConfig):
    """What and how: services, rounds, offers, messages and replies."""

    name = "offers"
    verbose_name = _("offers")
