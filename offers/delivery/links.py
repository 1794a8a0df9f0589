"""Links by which a guardian opens a round's offers: 128 random bits, kept only as a hash."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.conf import settings
from django.db.models import BinaryField, DateTimeField, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from citizens.models import Person, is_shielded
from offers.delivery.prepared import PreparedModels, blank
from offers.models import Link, Round, Subject

TOKEN_BYTES = 16


@dataclass(frozen=True, slots=True)
class LinkWish:
    """Whose link to which round is wanted, and until when it is to open."""

    round_id: int
    guardian_id: int
    expires_at: datetime


def issue_link(*, round: Round, guardian: Person, expires_at: datetime) -> str:
    """A new token for ``guardian``; earlier ones go on working until they expire."""
    return issue_links([LinkWish(round.pk, guardian.pk, expires_at)])[0]


def issue_links(wishes: Iterable[LinkWish]) -> list[str]:
    """A token for each wish, in one statement. Only whoever gets the token can ever show it."""
    wanted = [(wish, secrets.token_urlsafe(TOKEN_BYTES)) for wish in wishes]
    store_links((wish, token_hash(token)) for wish, token in wanted)
    return [token for _wish, token in wanted]


def store_links(hashed: Iterable[tuple[LinkWish, bytes]]) -> None:
    """Keep a link for each wish, known by the hash of what opens it. One statement."""
    Link.objects.bulk_create(
        Link(
            round_id=wish.round_id,
            guardian_id=wish.guardian_id,
            expires_at=wish.expires_at,
            token_hash=digest,
        )
        for wish, digest in hashed
    )


def open_link(token: str) -> Link | None:
    """The link of this token if it still opens.

    None, and nobody can tell which, if it is unknown, expired or revoked, or about somebody who
    is protected by now.
    """
    return find_link(token_hash(token))


def find_link(digest: bytes) -> Link | None:
    """``open_link`` for whatever has this hash."""
    now = timezone.now()
    opening = _opening_on(timezone.localdate(now)).objects(token_hash=digest, now=now)
    return next(iter(opening), None)


@lru_cache(maxsize=2)
def _opening_on(today: date) -> PreparedModels[Link]:
    """The link of a token, if it opens on the day."""
    shielded = Subject.objects.filter(
        is_shielded("person", on=today),
        round=OuterRef("round"),
        person__guardians__guardian=OuterRef("guardian"),
    )
    return PreparedModels(
        Link.objects.filter(
            ~Exists(shielded),
            token_hash=blank("token_hash", BinaryField()),
            revoked_at=None,
            expires_at__gt=blank("now", DateTimeField()),
            guardian__protected=False,
        )
        .select_related("round__service__purpose", "round__rule", "guardian")
        .defer("round__preview")
    )


def revoke_links(links: "QuerySet[Link]") -> int:
    """Let these links never open again; returns how many still did."""
    return links.filter(Q(revoked_at=None)).update(revoked_at=timezone.now())


def address_of(token: str) -> str:
    """The address a family is sent."""
    return f"{settings.HP_PUBLIC_URL}/o/{token}/"


def token_hash(token: str) -> bytes:
    """SHA-256: enough for a secret of 128 random bits."""
    return hashlib.sha256(token.encode()).digest()
