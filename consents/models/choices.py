"""ChannelChoice: how a person wants to be written to."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from citizens.models import ContactKind, Person


class ChannelChoice(models.Model):
    """The channel a person prefers; the service's own order follows after it."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="channel_choice")
    channel = models.CharField(_("channel"), max_length=5, choices=ContactKind.choices)
    chosen_at = models.DateTimeField(_("chosen"), default=timezone.now)

    class Meta:
        verbose_name = _("channel choice")
        verbose_name_plural = _("channel choices")

    def __str__(self) -> str:
        return f"channel choice {self.pk}"
