"""A person's choice of how to be written to."""

from collections.abc import Sequence

from django.utils import timezone

from citizens.models import Person
from consents.models import ChannelChoice


def choose_channels(*, channels: Sequence[str], by: Person) -> ChannelChoice:
    """Record in which order ``by`` wants to be written to; it replaces an earlier choice.

    It is heeded by whatever is written from now on.
    """
    choice, _created = ChannelChoice.objects.update_or_create(
        person=by, defaults={"channels": list(channels), "chosen_at": timezone.now()}
    )
    return choice
