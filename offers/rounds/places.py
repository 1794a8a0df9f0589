"""Rows into the arrays of a placement, and its result back into rows."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from citizens.models import RegisteredFact
from offers.models import Capacity, Exclusion, Round, Subject
from offers.placement import Assignment, Seats, Subjects, place
from offers.rounds.areas import Areas
from offers.rounds.cohort import NO_SEAT_KEPT, write_first_outcomes


def kept_pins(round: Round) -> dict[int, tuple[int, int]]:
    """Who was pinned where by whom: person → (capacity, user)."""
    pinned = Subject.objects.filter(round=round, pinned_by__isnull=False, capacity__isnull=False)
    return {
        person: (capacity, user)
        for person, capacity, user in pinned.values_list("person", "capacity", "pinned_by")
    }
