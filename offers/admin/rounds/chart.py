"""The curve of a round: a drawing's coordinates, made on the server and drawn as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from offers.rounds.figures import EVENTS

WIDTH, HEIGHT = 640, 290
LEFT, RIGHT, TOP, BOTTOM = 46, 122, 14, 36
LABEL_STEP = 17
"""Names at the ends of the curves are at least this far apart."""

LABELS = {
    "sent": _("Sent"),
    "delivered": _("Delivered"),
    "answered": _("Answered"),
    "accepted": _("Accepted"),
    "declined": _("Declined"),
}
DASHES = {"sent": "", "delivered": "7 4", "answered": "", "accepted": "", "declined": "2 4"}
"""Curves differ in more than their colour."""


@dataclass
class Curve:
    """One event's curve: ``path`` in SVG, and where its name and last number stand."""

    event: str
    label: str | Promise
    count: int
    path: str
    dash: str
    x: float
    y: float
    label_y: float


@dataclass(frozen=True)
class Tick:
    """A line across the drawing, and what is written at its end."""

    at: float
    text: str


@dataclass(frozen=True)
class Chart:
    """Everything the template draws, and the same numbers as rows of a table."""

    curves: list[Curve]
    up: list[Tick]
    along: list[Tick]
    rows: list[dict[str, Any]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def chart_of(moments: Sequence[dict[str, Any]], families: int) -> Chart | None:
    """The chart of ``figures.timeline``'s moments; None before anything has happened."""
    if not moments:
        return None
    first, last = moments[0]["at"], moments[-1]["at"]
    first -= (last - first) / 50 or timedelta(seconds=1)
    top = _nice(families)
    curves = [_curve(event, moments, first, last, top) for event in EVENTS]
    _spread(curves)
    return Chart(
        curves=curves,
        up=[Tick(_y(n * top // 4, top), f"{n * top // 4}") for n in range(5)],
        along=_along(first, last),
        rows=list(moments[:: max(1, len(moments) // 12)]),
    )


def _x(at: datetime, first: datetime, last: datetime) -> float:
    return round(LEFT + (at - first) / (last - first) * (WIDTH - LEFT - RIGHT), 1)


def _y(count: int, top: int) -> float:
    return round(HEIGHT - BOTTOM - count / top * (HEIGHT - TOP - BOTTOM), 1)


def _nice(most: int) -> int:
    """The least number from ``most`` on that ends well and divides by four."""
    size = 4
    while size * 10 < most:
        size *= 10
    return next(size * n for n in (1, 2, 3, 4, 5, 6, 8, 10) if size * n >= most)


def _curve(
    event: str, moments: Sequence[dict[str, Any]], first: datetime, last: datetime, top: int
) -> Curve:
    """Steps, since nothing is between two counts."""
    path = [f"M{LEFT} {_y(0, top)}"]
    for moment in moments:
        path.append(f"H{_x(moment['at'], first, last)}V{_y(moment[event], top)}")
    count = moments[-1][event]
    y = _y(count, top)
    return Curve(
        event=event,
        label=LABELS[event],
        count=count,
        path="".join(path),
        dash=DASHES[event],
        x=_x(last, first, last),
        y=y,
        label_y=y,
    )


def _spread(curves: list[Curve]) -> None:
    """Move the names apart that would lie on each other, the highest curve's staying on top."""
    lowest = float(HEIGHT - BOTTOM + 4)
    ordered = sorted(curves, key=lambda curve: (curve.y, EVENTS.index(curve.event)))
    for upper, lower in pairwise(ordered):
        lower.label_y = max(lower.label_y, upper.label_y + LABEL_STEP)
    for curve in reversed(ordered):
        curve.label_y = min(curve.label_y, lowest)
        lowest = curve.label_y - LABEL_STEP


def _along(first: datetime, last: datetime) -> list[Tick]:
    """Five moments, written as finely as the span needs."""
    span = last - first
    form = "%H.%M.%S" if span < timedelta(minutes=10) else "%H.%M"
    if span > timedelta(days=1):
        form = "%d.%m." if span > timedelta(days=4) else "%d.%m. %H.%M"
    moments = [first + span * n / 4 for n in range(5)]
    return [Tick(_x(at, first, last), timezone.localtime(at).strftime(form)) for at in moments]
