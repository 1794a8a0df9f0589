"""The ways out. A channel hands one parcel to its provider, and knows what it has taken."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.module_loading import import_string

from offers.delivery.channels.email import EmailChannel
from offers.delivery.channels.interface import Outbound, Parcel, Taken, longest_call
from offers.delivery.channels.notification import NotificationChannel
from offers.delivery.channels.twilio import TwilioChannel
from offers.models import Channel

__all__ = [
    "Outbound",
    "Parcel",
    "Taken",
    "automatic_channels",
    "longest_call",
    "open_channel",
    "open_provider",
    "provider_of",
    "providers_of",
]

_PROVIDERS: dict[str, type[Outbound]] = {
    kind.provider: kind for kind in (TwilioChannel, NotificationChannel, EmailChannel)
}
SUOMIFI = "offers.delivery.channels.suomifi.SuomifiChannel"
"""By its name: its client is an extra that need not be installed where it is not used."""


def automatic_channels() -> tuple[Channel, ...]:
    """The channels whose provider is called by a worker here; letters are printed by people."""
    always = (Channel.SMS, Channel.EMAIL)
    return (*always, Channel.SUOMIFI) if settings.SUOMIFI_USERNAME else always


def providers_of(channel: str) -> Sequence[type[Outbound]]:
    """The providers behind a channel, in the order in which they are called upon."""
    names = {
        Channel.SMS: settings.SMS_PROVIDERS,
        Channel.EMAIL: ["smtp"],
        Channel.SUOMIFI: ["suomifi"],
    }
    return [_class_of(name) for name in names[Channel(channel)]]


def open_provider(provider: str) -> Outbound:
    """A provider ready to be called from several threads; ``close`` it in the end."""
    return _class_of(provider)()


def open_channel(channel: str) -> Outbound:
    """The first provider of a channel, opened."""
    return providers_of(channel)[0]()


def provider_of(channel: str) -> str:
    """The provider that brings us what people write back, and takes our answer in its request."""
    providers = providers_of(channel)
    answerable = [each for each in providers if each.receives_answers()]
    return (answerable or providers)[0].provider


def _class_of(provider: str) -> type[Outbound]:
    if provider == "suomifi":
        known: type[Outbound] = import_string(SUOMIFI)
        return known
    return _PROVIDERS[provider]
