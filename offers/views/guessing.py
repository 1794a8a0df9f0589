"""Whoever tries links that do not open is slowed down, by the address they come from.

A token has 128 random bits and is not guessed at any speed; this keeps guessing from becoming
load. The limit is high: a mobile operator's customers share an address, and after a round many of
them open links that have expired.
"""

import logging
from datetime import timedelta

import redis
from django.core.cache import cache
from django.http import HttpRequest

from citizens.encryption import blind_index
from offers.views.sources import source_of

MOST_WRONG = 300
WITHIN = timedelta(minutes=15)

logger = logging.getLogger(__name__)


def must_wait(request: HttpRequest) -> bool:
    """Whether too many links from where the request comes did not open lately.

    Without the cache nobody waits: families come first.
    """
    try:
        return int(cache.get(_key(request), 0)) >= MOST_WRONG
    except redis.RedisError:
        logger.warning("links are not counted: the cache is away")
        return False


def note_wrong(request: HttpRequest) -> None:
    """Count a link that did not open."""
    try:
        cache.add(_key(request), 0, timeout=WITHIN.total_seconds())
        cache.incr(_key(request))
    except (redis.RedisError, ValueError):  # away, or just run out
        logger.warning("a wrong link was not counted")


def _key(request: HttpRequest) -> str:
    return f"links.wrong.{blind_index(source_of(request), kind='link.source').hex()}"
