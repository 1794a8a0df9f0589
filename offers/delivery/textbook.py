"""Which text is used: a service's, of a kind, for a channel, in a language."""

from collections.abc import Collection, Iterable
from functools import cache
from typing import Self

from offers.catalogue.placeholders import LIKE_A_MAIL
from offers.delivery.errors import TextRefusedError
from offers.delivery.gate import GateReason
from offers.delivery.prepared import PreparedModels, listed
from offers.models import Channel, Service, ServiceText, TextKind

SEVERAL = {
    TextKind.OFFER: TextKind.OFFER_SEVERAL,
    TextKind.REMINDER: TextKind.REMINDER_SEVERAL,
    TextKind.ASK_AGAIN: TextKind.ASK_SEVERAL,
}
"""The text that lists places, for children who are offered different ones."""


class TextBook:
    """Texts of some services, read once."""

    def __init__(self, texts: Iterable[ServiceText]) -> None:
        self._texts = {
            (text.service_id, text.kind, text.channel, text.language): text for text in texts
        }

    @classmethod
    def of(cls, services: Collection[int], kinds: Collection[str]) -> Self:
        """The texts of these services (ids) of these kinds, those for several places included."""
        wanted = {*kinds, *map(kind_of_several, kinds)}
        return cls(_texts().objects(services=list(services), kinds=[str(kind) for kind in wanted]))

    def find(self, *, service: Service, kind: str, channel: str, language: str) -> ServiceText:
        """The text in the language, else in Finnish. Raises TextRefusedError when there is none.

        A letter and a Suomi.fi message say what the e-mail says, if they have no text.
        """
        instead = (channel, Channel.EMAIL) if channel in LIKE_A_MAIL else (channel,)
        for tongue in (language, "fi"):
            for way in instead:
                text = self._texts.get((service.pk, kind, way, tongue))
                if text is not None:
                    return text
        raise TextRefusedError(GateReason.TEXT_MISSING)


def kind_of_several(kind: str) -> str:
    """The kind of text that does for several different places what ``kind`` does for one."""
    return SEVERAL.get(TextKind(kind), kind)


@cache
def _texts() -> PreparedModels[ServiceText]:
    return PreparedModels(
        ServiceText.objects.filter(
            listed("services", ServiceText, "service_id"), listed("kinds", ServiceText, "kind")
        )
    )
