"""The ways out. A channel hands one parcel to its provider, and knows what it has taken."""

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


def automatic_channels() -> tuple[Channel, ...]:
    """The channels whose provider is called by a worker; letters are printed by people."""
    return (Channel.SMS, Channel.EMAIL)


def open_channel(channel: str) -> Outbound:
    """A channel ready to be called from several threads; ``close`` it in the end."""
    return _CHANNELS[channel]()


def provider_of(channel: str) -> str:
    """The name of the provider behind a channel, as messages and receipts carry it."""
    return _CHANNELS[channel].provider
