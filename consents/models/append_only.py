"""Rows that are written once: guarded by grants and by triggers."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _


class AppendOnly(models.Model):
    """A row that nobody may change, delete or truncate.

    The application's role is granted INSERT and SELECT only (helsinki_proactive/grants.py reads
    ``append_only``); the trigger stops everybody else who has not switched triggers off.
    A subclass writes ``class Meta(AppendOnly.Meta)``.
    """

    append_only = True

    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        abstract = True
        triggers = [
            pgtrigger.Trigger(
                name="append_only",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
                func="RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;",
            )
        ]
