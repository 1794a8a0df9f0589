"""What a text looks like when it is filled: with invented children and places."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from offers.catalogue.placeholders import PLACEHOLDERS, placeholders_in
from offers.delivery import segments
from offers.delivery.errors import TextRefusedError
from offers.delivery.letter_codes import code_page
from offers.delivery.links import address_of
from offers.delivery.segments import SegmentCount
from offers.delivery.textbook import SEVERAL
from offers.delivery.texts import WORDS, Place, Rendered, fill
from offers.models import Channel, ServiceText, TextKind

TOKEN = "0" * 22
"""As long as a real one."""

UNITS = (
    {"fi": "Päiväkoti Kannel", "sv": "Daghemmet Kannel", "en": "Päiväkoti Kannel"},
    {"fi": "Esiopetus Töölö", "sv": "Förskolan Tölö", "en": "Esiopetus Töölö"},
)
STREET = {"fi": "Kanneltie 12", "sv": "Kannelvägen 12", "en": "Kanneltie 12"}


@dataclass(frozen=True, slots=True)
class Trial:
    """The filled text; for a text message how it is counted and what it costs, in euros."""

    words: Rendered
    count: SegmentCount | None = None
    price: Decimal | None = None

    @property
    def characters(self) -> int:
        return len(self.words.body)


def try_text(text: ServiceText) -> Trial | None:
    """The text with sample values; None where it holds names that nothing fills, or says too much.

    The text need not be saved.
    """
    if (placeholders_in(text.body) | placeholders_in(text.subject)) - PLACEHOLDERS.keys():
        return None
    now = timezone.now()
    try:
        words = fill(
            text,
            service=text.service,
            begins_on=timezone.localdate(now) + timedelta(days=90),
            places=_places(text),
            link=_link(text),
        )
    except TextRefusedError:
        return None
    if text.channel != Channel.SMS:
        return Trial(words)
    count = segments.count(words.body)
    return Trial(words, count, segments.price_eur(count.segments))


def _places(text: ServiceText) -> list[Place]:
    """One child, or two with different places where the text lists them."""
    now = timezone.now()
    number = 2 if TextKind(text.kind) in SEVERAL.values() else 1
    return [
        Place(
            child=child,
            deadline_at=now + timedelta(days=14),
            subject_id=index,
            unit_id=index,
            unit=UNITS[index],
            address=STREET,
            starts_at=now + timedelta(days=30),
        )
        for index, child in enumerate(("Aino", "Väinö")[:number])
    ]


def _link(text: ServiceText) -> str:
    if text.channel != Channel.LETTER:
        return address_of(TOKEN)
    word = WORDS.get(text.language, WORDS["fi"]).code
    return f"{code_page(text.language)}, {word} 2345-6789-CDFG"
