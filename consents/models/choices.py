"""ChannelChoice: how, and in which language, a person wants to be written to."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from citizens.languages import ContactLanguage
from citizens.models import Person


class ChannelChoice(models.Model):
    """The order in which a person wants to be written to, and the language.

    Channels that are not in it come after, in the order of the service. Those that a service does
    not use, or by which the person cannot be reached, are passed over. Without a language the
    register's is used.
    """

    person = models.OneToOneField(Person, models.CASCADE, related_name="channel_choice")
    channels = ArrayField(models.CharField(max_length=7), default=list, verbose_name=_("channels"))
    language = models.CharField(
        _("contact language"), max_length=2, choices=ContactLanguage.choices, blank=True
    )
    chosen_at = models.DateTimeField(_("chosen"), default=timezone.now)

    class Meta:
        verbose_name = _("channel choice")
        verbose_name_plural = _("channel choices")
        constraints = [
            models.CheckConstraint(
                condition=Q(channels__len__gte=1) | ~Q(language=""),
                name="channel_choice_not_empty",
            )
        ]

    def __str__(self) -> str:
        return f"channel choice {self.pk}"
