"""Rows that are written once: guarded by grants and by triggers, and digested as they arrive."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from consents.models.digests import DigestArrivingRows

GUARD = pgtrigger.Trigger(
    name="append_only",
    level=pgtrigger.Statement,
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
    func="RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;",
)


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
        triggers = [GUARD]


class Sealed(AppendOnly):
    """A row whose digest is chained into the seal: what was changed in spite of all is found.

    It holds ids and keyed digests, never personal data, so that erasing a person leaves the seal
    whole. A subclass writes ``class Meta(Sealed.Meta)``.
    """

    class Meta:
        abstract = True
        triggers = [GUARD, DigestArrivingRows()]
