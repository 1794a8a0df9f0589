"""Where the seats are: each unit's groups, how full they are and who is meant for them."""

from typing import Any

from django.db.models import Avg, Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language

from citizens.languages import say
from offers.admin.pages import admin_page, staff_page
from offers.admin.rounds.overview import round_percent
from offers.models import Capacity, Round, RoundState
from offers.rounds.arrays import seats_of

UNMADE = (RoundState.DRAFT, RoundState.PREPARING, RoundState.PREPARED, RoundState.AWAITING)
"""Before the offers are made the round's seats are reserved on its list only."""


@staff_page("offers.view_round")
def occupancy(request: HttpRequest, pk: int) -> HttpResponse:
    """The occupancy of every unit, the fullest first."""
    round = get_object_or_404(Round.objects.select_related("service"), pk=pk)
    here = Q(subjects__round=round)
    capacities = seats_of(round).annotate(
        here=Count("subjects", filter=here), mean_m=Avg("subjects__distance_m", filter=here)
    )
    rows = sorted(
        (_row(capacity, round) for capacity in capacities),
        key=lambda row: (-row["percent"], row["unit"]),
    )
    context = {
        "round": round,
        "tab": "seats",
        "rows": rows,
        "seats": sum(row["seats"] for row in rows),
        "full": sum(row["free"] == 0 for row in rows),
        "free": sum(row["free"] for row in rows),
    }
    return admin_page(request, "admin/offers/round/seats.html", round.name, context)


def _row(capacity: Capacity, round: Round) -> dict[str, Any]:
    reserved = capacity.here if round.state in UNMADE else 0  # type: ignore[attr-defined]
    taken = capacity.taken + reserved
    return {
        "pk": capacity.pk,
        "unit": say(capacity.unit.name, get_language()),
        "group": capacity.group,
        "kind": capacity.get_kind_display() if capacity.kind else "",
        "starts_at": capacity.starts_at,
        "seats": capacity.seats,
        "taken": taken,
        "here": capacity.here,  # type: ignore[attr-defined]
        "free": capacity.seats - taken,
        "percent": round_percent(taken, capacity.seats),
        "mean_m": capacity.mean_m,  # type: ignore[attr-defined]
        "small": 0 < taken < capacity.minimum,
    }
