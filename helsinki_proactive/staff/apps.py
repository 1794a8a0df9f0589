from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    """Who works here: the city's employees, their roles and what each may do."""

    name = "helsinki_proactive.staff"
    label = "staff"
    verbose_name = _("staff")
