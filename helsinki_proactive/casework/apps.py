from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CaseworkConfig(AppConfig):
    """What a caseworker sees across the apps: search, a person's whole story, the queue."""

    name = "helsinki_proactive.casework"
    label = "casework"
    verbose_name = _("casework")
