from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    """Who works here: the city's employees, their roles and what each may do."""

    name = "helsinki_proactive.staff"
    label = "staff"
    verbose_name = _("staff")

    def ready(self) -> None:
        """Once everybody's tables and permissions are there, give out the rights to them."""
        from helsinki_proactive import grants  # noqa: PLC0415  models can be imported only now
        from helsinki_proactive.staff import roles, sessions  # noqa: PLC0415

        user_logged_in.connect(sessions.begin, dispatch_uid="staff.sessions")
        post_migrate.connect(grants.grant_to_application, sender=self)
        post_migrate.connect(roles.grant_to_roles, sender=self)
