from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MyConfig(AppConfig):
    """What a citizen sees across the apps: my offers, my data, my rights."""

    name = "helsinki_proactive.my"
    label = "my"
    verbose_name = _("my pages")
