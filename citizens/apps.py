from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CitizensConfig(AppConfig):
    """Who: people, guardianships, contact points and where that knowledge comes from."""

    name = "citizens"
    verbose_name = _("citizens")
