"""The code in a letter: twelve characters to type, which open what a link in a message opens.

One of 23 ** 12 = 2 * 10 ** 16. Whoever guesses from a thousand addresses at once, each slowed to
``MOST_WRONG`` in ``SLOWED_FOR``, makes 20,000 tries an hour: against 5,000 codes that are open at
the same time, a chance of four in a hundred thousand to find any of them in a whole year. Only a
keyed digest of it is kept, so that a copy of the database cannot be tried out either.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from citizens.encryption import blind_index
from offers.delivery.links import LinkWish, find_link, issue_link, store_links
from offers.models import Link, WrongCode

ALPHABET = "23456789CDFGHJKMNPRTWXY"
"""No vowels, so that no code is a word, and nothing that looks like something else."""

GROUPS, GROUP = 3, 4
LENGTH = GROUPS * GROUP
MOST_WRONG = 5
SLOWED_FOR = timedelta(minutes=15)
KEPT_FOR = timedelta(days=1)
PATHS = {"fi": "koodi", "sv": "kod", "en": "code"}
"""The page where codes are typed, as a letter names it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of a typed code: a new link's ``token``, or None and whether to wait first."""

    token: str | None = None
    must_wait: bool = False


def issue_codes(wishes: Iterable[LinkWish]) -> list[str]:
    """A code for each wish: 2345-6789-CDFG. Only whoever gets the letter can ever show it."""
    wanted = [(wish, "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))) for wish in wishes]
    store_links((wish, _digest(code)) for wish, code in wanted)
    return [_grouped(code) for _wish, code in wanted]


def open_code(typed: str, *, source: str) -> Opened:
    """Open what the code in a letter stands for, however it was spaced and capitalised.

    ``source`` is the address it was typed at. From one that has typed ``MOST_WRONG`` wrong codes
    nothing more is looked at, right or wrong, until the last of them is ``SLOWED_FOR`` ago.
    """
    now = timezone.now()
    where = blind_index(source, kind="code.source")
    wrong = WrongCode.objects.filter(source=where, at__gt=now - SLOWED_FOR)
    if wrong.count() >= MOST_WRONG:
        return Opened(must_wait=True)
    link = _find(typed)
    if link is None:
        WrongCode.objects.filter(at__lt=now - KEPT_FOR).delete()
        WrongCode.objects.create(source=where, at=now)
        return Opened()
    token = issue_link(round=link.round, guardian=link.guardian, expires_at=link.expires_at)
    return Opened(token)


def code_page(language: str) -> str:
    """The address of the page where a code is typed, short enough for paper."""
    return f"{settings.HP_PUBLIC_URL}/{PATHS.get(language, PATHS['fi'])}"


def _find(typed: str) -> Link | None:
    code = "".join(typed.upper().split()).replace("-", "")
    return find_link(_digest(code)) if len(code) == LENGTH else None


def _digest(code: str) -> bytes:
    return blind_index(code, kind="letter.code")


def _grouped(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP))
