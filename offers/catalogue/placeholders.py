"""The closed list of ((placeholders)) a text may hold, and what may be said in which channel."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from offers.models import Channel, Sensitivity, TextKind

PLACEHOLDER = re.compile(r"\(\((.*?)\)\)")


@dataclass(frozen=True)
class Placeholder:
    """One name a text may hold; ``revealing`` ones tell about the person or the service."""

    name: str
    meaning: str
    revealing: bool = False


PLACEHOLDERS = {
    placeholder.name: placeholder
    for placeholder in (
        Placeholder("child", "first names of the children it is about: Aino ja Eino", True),
        Placeholder("places", "each child with its unit: A Aino: Päiväkoti Kannel; B ...", True),
        Placeholder("unit", "name of the unit", True),
        Placeholder("address", "street address of the unit", True),
        Placeholder("begins", "the day the service begins"),
        Placeholder("time", "day and time of the appointment"),
        Placeholder("deadline", "the last day to answer"),
        Placeholder("link", "address of the family's own page"),
        Placeholder("accept_word", "the word that accepts: KYLLÄ, JA, ACCEPT"),
        Placeholder("decline_word", "the word that declines: EI, NEJ, DECLINE"),
        Placeholder("city_phone", "the number where people answer"),
        Placeholder("service", "name of the service", True),
    )
}

# What a family can't do without, by the kind of text.
ASKING = (
    TextKind.OFFER,
    TextKind.OFFER_SEVERAL,
    TextKind.REMINDER,
    TextKind.REMINDER_SEVERAL,
)
LIKE_A_MAIL = (Channel.SUOMIFI, Channel.LETTER)
"""Channels that say what the e-mail says, unless the service has words of its own for them."""

NEEDED = {"link", "deadline"}
NEEDED_IN_SMS = {"accept_word", "decline_word"}

# Words, or beginnings of words, that tell of health or of a child in fi, sv and en.
TELLING = re.compile(
    r"\b(seulon|terveys|terveyd|neuvola|rokot|syö(vän|pä)|papa|potila|lääkär|sairaa|hoita"
    r"|laps|lasten|päiväko|koulu|huoltaj"
    r"|screening|hälso|hälsa|rådgivning|vaccin|cancer|patient|läkar|sjuk|vård|barn|daghem|skol"
    r"|health|clinic|vaccin|smear|doctor|nurse|medical|ill(ness)?\b|child|daycare|school|guardian)",
    re.IGNORECASE,
)


def placeholders_in(text: str) -> set[str]:
    """The names of the placeholders a text holds, known or not."""
    return set(PLACEHOLDER.findall(text))


def check_text(
    body: str, *, kind: TextKind, channel: Channel, sensitivity: Sensitivity
) -> list[str]:
    """What is wrong with a text, in words for whoever wrote it; nothing if it may be used."""
    names = placeholders_in(body)
    problems = [
        _("There is no placeholder ((%(name)s)). There are: %(names)s.")
        % {"name": name, "names": ", ".join(PLACEHOLDERS)}
        for name in sorted(names - PLACEHOLDERS.keys())
    ]
    if kind in ASKING:
        needed = NEEDED | (NEEDED_IN_SMS if channel == Channel.SMS else set())
        problems += [
            _("The text needs ((%(name)s)).") % {"name": name} for name in sorted(needed - names)
        ]
    if sensitivity == Sensitivity.DISCREET and channel == Channel.SMS:
        problems += [
            _("A discreet text message must not hold ((%(name)s)).") % {"name": name}
            for name in sorted(names & PLACEHOLDERS.keys())
            if PLACEHOLDERS[name].revealing
        ]
        problems += tell_tales(body)
    return problems


def tell_tales(body: str) -> list[str]:
    """Words a discreet text message must not hold; asked again of the rendered text."""
    found = sorted({match.group(0).lower() for match in TELLING.finditer(body)})
    return [
        _("A discreet text message must not hold words such as “%(word)s”.") % {"word": word}
        for word in found
    ]
