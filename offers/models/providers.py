"""ProviderHealth: what all workers know together of a provider."""

from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

AWAY_AFTER = 5
"""So many failures in a row, by whichever worker, and a provider is taken to be away."""


class ProviderHealthQuerySet(models.QuerySet["ProviderHealth"]):
    def away(self) -> Self:
        """Providers that take nothing for now, or whose account with us is out of order."""
        return self.filter(failures__gte=AWAY_AFTER)


class ProviderHealth(models.Model):
    """One row for each provider that was ever slow, away or rationed; times are the database's.

    ``allowance`` is how many calls were allowed at ``allowed_at``; ``not_before`` is when the next
    may be made, where the provider has asked us to wait or is away and only tried now and then.
    """

    provider = models.CharField(_("provider"), max_length=20, primary_key=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    away_since = models.DateTimeField(_("away since"), null=True)
    not_before = models.DateTimeField(_("not called before"), null=True)
    allowance = models.FloatField(default=0)
    allowed_at = models.DateTimeField(default=timezone.now)

    objects = ProviderHealthQuerySet.as_manager()

    class Meta:
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(failures__gte=AWAY_AFTER, away_since__isnull=False)
                | models.Q(failures__lt=AWAY_AFTER, away_since=None),
                name="provider_away_has_since",
            ),
        ]

    def __str__(self) -> str:
        return self.provider
