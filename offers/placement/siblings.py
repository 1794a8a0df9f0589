"""Siblings whom a flow of single seats has torn apart, brought together by an exchange."""

from collections.abc import Mapping

import numpy as np

from offers.placement.geography import FAR_M
from offers.placement.inputs import Ints
from offers.placement.problem import Problem

UNPLACED_M = 100 * FAR_M
"""What leaving one subject without a seat costs: more than any chain of moves could."""

_Exchange = tuple[int, int, dict[int, int]]


def reunite(problem: Problem, place_of: Ints, party: int, parts: Mapping[int, int]) -> bool:
    """Bring a party together in one of the places its members are in, by exchanging seats.

    `parts` says how many of the party are in each place, -1 being without a seat. As many single
    subjects as are needed go the other way, those for whom it is the least further, and `place_of`
    is changed accordingly. False, and nothing is changed, where there are not enough of them.
    """
    exchanges = [_exchange(problem, place_of, party, parts, place) for place in parts if place >= 0]
    possible = [exchange for exchange in exchanges if exchange is not None]
    if not possible:
        return False
    _, place, moves = min(possible, key=lambda exchange: exchange[:2])
    place_of[party] = place
    for mover, target in moves.items():
        place_of[mover] = target
    return True


def _exchange(
    problem: Problem, place_of: Ints, party: int, parts: Mapping[int, int], place: int
) -> _Exchange | None:
    """What it costs, in metres, to bring the party together in this place, and who moves where."""
    parties = problem.parties
    alike = (
        (parties.group == parties.group[party])
        & (parties.special == parties.special[party])
        & (parties.immersion == parties.immersion[party])
    )
    singles = np.flatnonzero((place_of == place) & (parties.size == 1) & alike)
    moves: dict[int, int] = {}
    cost = 0
    for target, amount in parts.items():
        if target == place:
            continue
        singles = singles[~np.isin(singles, list(moves))]
        singles = singles[_reachable(problem, singles, target)]
        if len(singles) < amount:
            return None
        further = _metres(problem, singles, target) - _metres(problem, singles, place)
        cheapest = np.argsort(further, kind="stable")[:amount]
        own = np.array([party])
        cost += int(further[cheapest].sum())
        cost += amount * int(_metres(problem, own, place)[0] - _metres(problem, own, target)[0])
        moves |= dict.fromkeys(singles[cheapest].tolist(), target)
    return cost, place, moves


def _reachable(problem: Problem, parties: Ints, place: int) -> Ints:
    if place < 0:
        return np.arange(len(parties))
    return np.flatnonzero(problem.reachable(parties, np.array([place])))


def _metres(problem: Problem, parties: Ints, place: int) -> Ints:
    if place < 0:
        return np.full(len(parties), UNPLACED_M, dtype=np.int64)
    return np.minimum(problem.metres(parties, np.array([place])), FAR_M)
