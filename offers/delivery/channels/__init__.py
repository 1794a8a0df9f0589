"""The ways out. A channel hands one parcel to its provider, and knows what it has taken."""

from django.conf import settings
from django.utils.module_loading import import_string

from offers.delivery.channels.email import EmailChannel
from offers.delivery.channels.interface import Outbound, Parcel, Taken, longest_call
from offers.delivery.channels.twilio import TwilioChannel
from offers.models import Channel

__all__ = [
    "Outbound",
    "Parcel",
    "Taken",
    "automatic_channels",
    "longest_call",
    "open_channel",
    "provider_of",
]

_CHANNELS: dict[str, type[Outbound]] = {Channel.SMS: TwilioChannel, Channel.EMAIL: EmailChannel}
SUOMIFI = "offers.delivery.channels.suomifi.SuomifiChannel"
"""By its name: its client is an extra that need not be installed where it is not used."""


def automatic_channels() -> tuple[Channel, ...]:
    """The channels whose provider is called by a worker here; letters are printed by people."""
    always = (Channel.SMS, Channel.EMAIL)
    return (*always, Channel.SUOMIFI) if settings.SUOMIFI_USERNAME else always


def open_channel(channel: str) -> Outbound:
    """A channel ready to be called from several threads; ``close`` it in the end."""
    return _class_of(channel)()


def provider_of(channel: str) -> str:
    """The name of the provider behind a channel, as messages and receipts carry it."""
    return _class_of(channel).provider


def _class_of(channel: str) -> type[Outbound]:
    if channel == Channel.SUOMIFI:
        known: type[Outbound] = import_string(SUOMIFI)
        return known
    return _CHANNELS[channel]
