"""Placement: subjects, seats and criteria in; an assignment, with the reason for each, out.

Pure functions over arrays: nothing here knows the database. Start at `place`.
"""

from offers.placement.assignment import Assignment, Figures, Warnings
from offers.placement.criteria import CRITERIA, check_criteria
from offers.placement.errors import (
    InvalidInput,
    PlacementError,
    PolicyUnavailable,
    UnknownCriterion,
)
from offers.placement.geography import straight_lines
from offers.placement.inputs import Seats, Subjects
from offers.placement.parties import lottery_number
from offers.placement.policies import (
    POLICIES,
    Difference,
    compare_policies,
    cost_of_pins,
    place,
)
from offers.placement.reasons import PassedOver, Reason, Reasons
from offers.placement.water import WATER_M, WaterMap
from offers.placement.wording import explain, word_reason

__all__ = [
    "CRITERIA",
    "POLICIES",
    "WATER_M",
    "Assignment",
    "Difference",
    "Figures",
    "InvalidInput",
    "PassedOver",
    "PlacementError",
    "PolicyUnavailable",
    "Reason",
    "Reasons",
    "Seats",
    "Subjects",
    "UnknownCriterion",
    "Warnings",
    "WaterMap",
    "check_criteria",
    "compare_policies",
    "cost_of_pins",
    "explain",
    "lottery_number",
    "place",
    "straight_lines",
    "word_reason",
]
