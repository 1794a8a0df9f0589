"""Which messages a list request asks for, and how they are cut into pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams

from helsinki_proactive.simulator.network import TWILIO, Network, Text

PAGE_SIZE, PAGE_SIZE_LIMIT = 50, 1000
_PLACE = {"Page", "PageSize", "PageToken"}


@dataclass(frozen=True, slots=True)
class Place:
    """A page's place in the list: by the last message seen, else by its number."""

    page: int
    size: int
    token: str | None

    @classmethod
    def read(cls, query: QueryParams) -> Self:
        """Read it from a query; raises ValueError for a page or a size that is no number."""
        size = int(query.get("PageSize", PAGE_SIZE))
        page = int(query.get("Page", 0))
        return cls(max(page, 0), min(max(size, 1), PAGE_SIZE_LIMIT), query.get("PageToken"))


def find(network: Network, query: QueryParams) -> list[Text]:
    """Return the texts that the query's To, From and DateSent ask for, newest first.

    Raises ValueError for a date that is none. Twilio gives a message its sending time only
    when it is sent: one that is still queued is in no list filtered by DateSent.
    """
    recipient, sender = query.get("To"), query.get("From")
    texts: Iterable[Text] = network.texts
    if recipient is not None:
        texts = network.by_recipient.get(recipient, ())
    texts = (text for text in texts if text.gateway == TWILIO)
    if sender is not None:
        texts = (text for text in texts if text.sender == sender)
    for name, earliest, latest in (
        ("DateSent", True, True),
        ("DateSent>", True, False),
        ("DateSent<", False, True),
    ):
        if query.get(name):
            first, last = _span(query[name])
            texts = _sent_within(texts, first if earliest else None, last if latest else None)
    return list(texts)[::-1]


def cut(found: list[Text], place: Place, network: Network) -> tuple[list[Text], bool]:
    """Return the messages of one page and whether more come after it."""
    # From the last text seen, not by offset: new texts arrive at the front meanwhile.
    last = network.by_sid.get((place.token or "").removeprefix("PA"))
    if last is not None:
        rest = [text for text in found if text.number < last.number]
    else:
        rest = found[place.page * place.size :]
    return rest[: place.size], len(rest) > place.size


def envelope(
    shown: list[Text], place: Place, *, has_more: bool, path: str, query: QueryParams
) -> dict[str, Any]:
    """Return what Twilio says about a page beside its messages."""
    kept = [(name, value) for name, value in query.multi_items() if name not in _PLACE]

    def uri(page: int, token: str | None = None) -> str:
        where = [("PageSize", str(place.size)), ("Page", str(page))]
        if token is not None:
            where.append(("PageToken", token))
        return f"{path}?{urlencode(kept + where, quote_via=quote)}"

    start = place.page * place.size
    return {
        "end": start + max(len(shown) - 1, 0),
        "first_page_uri": uri(0),
        "next_page_uri": uri(place.page + 1, f"PA{shown[-1].sid}") if has_more else None,
        "page": place.page,
        "page_size": place.size,
        "previous_page_uri": uri(place.page - 1) if place.page else None,
        "start": start,
        "uri": uri(place.page, place.token),
    }


def _span(value: str) -> tuple[float, float]:
    """Return the first and the last moment that a date (a day) or a time (a second) covers."""
    if "T" in value:
        start = datetime.fromisoformat(value)
        start = start if start.tzinfo else start.replace(tzinfo=UTC)
        length = timedelta(seconds=1)
    else:
        start = datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC)
        length = timedelta(days=1)
    return start.timestamp(), (start + length - timedelta(microseconds=1)).timestamp()


def _sent_within(texts: Iterable[Text], first: float | None, last: float | None) -> Iterable[Text]:
    return [
        text
        for text in texts
        if text.sent_at is not None
        and (first is None or text.sent_at >= first)
        and (last is None or text.sent_at <= last)
    ]
