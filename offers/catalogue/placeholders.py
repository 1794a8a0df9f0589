"""The closed list of ((placeholders)) a text may hold, and what may be said in which channel."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from offers.models import Channel, Recipient, Sensitivity, TextKind

PLACEHOLDER = re.compile(r"\(\((.*?)\)\)")


@dataclass(frozen=True)
class Placeholder:
    """One name a text may hold; ``revealing`` ones tell about the person or the service."""

    name: str
    meaning: Promise
    revealing: bool = False


PLACEHOLDERS = {
    placeholder.name: placeholder
    for placeholder in (
        Placeholder(
            "child", gettext_lazy("first names of the children it is about: Aino ja Eino"), True
        ),
        Placeholder(
            "places",
            gettext_lazy("each child with its unit: A Aino: Päiväkoti Kannel; B ..."),
            True,
        ),
        Placeholder("unit", gettext_lazy("name of the unit"), True),
        Placeholder("address", gettext_lazy("street address of the unit"), True),
        Placeholder("begins", gettext_lazy("the day the service begins")),
        Placeholder("time", gettext_lazy("day and time of the appointment")),
        Placeholder("deadline", gettext_lazy("the last day to answer")),
        Placeholder("link", gettext_lazy("address of the family's own page")),
        Placeholder("accept_word", gettext_lazy("the word that accepts: KYLLÄ, JA, ACCEPT")),
        Placeholder("decline_word", gettext_lazy("the word that declines: EI, NEJ, DECLINE")),
        Placeholder("city_phone", gettext_lazy("the number where people answer")),
        Placeholder("service", gettext_lazy("name of the service"), True),
    )
}

# What a family can't do without, by the kind of text.
ASKING = (
    TextKind.OFFER,
    TextKind.OFFER_SEVERAL,
    TextKind.REMINDER,
    TextKind.REMINDER_SEVERAL,
)
ANSWERED_BY_TEXT = (*ASKING, TextKind.ASK_AGAIN, TextKind.ASK_SEVERAL)
ANSWER_WORDS = {"accept_word", "decline_word"}
LIKE_A_MAIL = (Channel.SUOMIFI, Channel.LETTER)
"""Channels that say what the e-mail says, unless the service has words of its own for them."""

NEEDED = {"link", "deadline"}

# Words, or beginnings of words, that tell of health or of a child in fi, sv and en.
TELLING = re.compile(
    r"\b(seulon|terveys|terveyd|neuvola|rokot|syö(vän|pä)|papa|potila|lääkär|sairaa|hoita"
    r"|laps|lasten|päiväko|koulu|huoltaj"
    r"|screening|hälso|hälsa|rådgivning|vaccin|cancer|patient|läkar|sjuk|vård|barn|daghem|skol"
    r"|health|clinic|vaccin|smear|doctor|nurse|medical|ill(ness)?\b|child|daycare|school|guardian)",
    re.IGNORECASE,
)


ADDRESS = re.compile(
    r"\bhttps?://(?:[^/\s@]*@)?(?P<host>[^/\s:?#]+)"
    r"|(?<![\w@.-])(?P<bare>(?:[a-z0-9-]+\.)+(?:fi|se|com|net|org|eu|info|io|me|ly|gl|app))\b",
    re.IGNORECASE,
)
"""What a phone makes a link of."""

# A text that is one of these words alone is taken by providers themselves: it ends or begins all
# messages of the number, and may never come to us. Source: Twilio's default keywords,
# https://help.twilio.com/articles/223134027
ENDING = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
PROVIDERS_OWN = ENDING | {"START", "YES", "UNSTOP", "HELP", "INFO"}


def placeholders_in(text: str) -> set[str]:
    """The names of the placeholders a text holds, known or not."""
    return set(PLACEHOLDER.findall(text))


def asks_by_text(*, kind: str, body: str) -> bool:
    """Whether a family is to answer such a text by text: by its kind, or by the words it holds."""
    return kind in ANSWERED_BY_TEXT or bool(ANSWER_WORDS & placeholders_in(body))


def allowed_in(*, recipient: str, needs_seat: bool) -> list[str]:
    """The names a service's texts may hold: none that would be empty in every message of it."""
    without = {"unit", "address", "time"} if not needs_seat else set()
    without |= {"places"} if recipient == Recipient.SELF else set()
    return [name for name in PLACEHOLDERS if name not in without]


def check_text(
    body: str,
    *,
    kind: TextKind,
    channel: Channel,
    sensitivity: Sensitivity,
    allowed: Collection[str],
    subject: str = "",
) -> list[str]:
    """What is wrong with a text, in words for whoever wrote it; nothing if it may be used.

    ``allowed`` are the names its service's texts may hold.
    """
    names = placeholders_in(body)
    problems = [
        _("There is no placeholder ((%(name)s)). There are: %(names)s.")
        % {"name": name, "names": ", ".join(allowed)}
        for name in sorted((names | placeholders_in(subject)) - {*allowed})
    ]
    problems += strange_links(f"{subject}\n{body}")
    if kind in ASKING:
        needed = NEEDED | (ANSWER_WORDS if channel == Channel.SMS else set())
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
    if channel == Channel.SMS:
        problems += _words_of_providers(body)
    return problems


def _words_of_providers(body: str) -> list[str]:
    """Words in capitals, as a family is asked to answer, that would be taken on the way."""
    found = sorted(PROVIDERS_OWN & set(re.findall(r"\b[A-Z]+\b", body)))
    return [
        _("Providers keep answers such as “%(word)s” to themselves: ask for another word.")
        % {"word": word}
        for word in found
    ]


def strange_links(text: str) -> list[str]:
    """Addresses that are not the city's own: a family must be able to trust every link of ours."""
    own = {urlsplit(settings.HP_PUBLIC_URL).hostname or "", *settings.LINK_DOMAINS}
    hosts = {(match["host"] or match["bare"]).lower() for match in ADDRESS.finditer(text)}
    return [
        _("The text must not lead to %(host)s: only to the city's own addresses.") % {"host": host}
        for host in sorted(hosts)
        if not any(host == known or host.endswith(f".{known}") for known in own)
    ]


def tell_tales(body: str) -> list[str]:
    """Words a discreet text message must not hold; asked again of the rendered text."""
    found = sorted({match.group(0).lower() for match in TELLING.finditer(body)})
    return [
        _("A discreet text message must not hold words such as “%(word)s”.") % {"word": word}
        for word in found
    ]
