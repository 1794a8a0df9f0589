"""What comes by itself: work that was cut off goes on, freed seats go on."""

from offers.delivery.bell import call_worker
from offers.models import Round, RoundState
from offers.rounds.errors import WrongStateError
from offers.rounds.succession import offer_freed_seats, waiting

WORK_LEFT = {
    RoundState.PREPARING: "draw_up_list",
    RoundState.APPROVED: "generate_offers",
}
"""In these states a worker has something to do; doing it twice changes nothing."""


def resume_rounds() -> int:
    """Call a worker for every round whose work waits or was cut off; returns how many."""
    rounds = Round.objects.filter(state__in=WORK_LEFT)
    for round in rounds:
        call_worker(WORK_LEFT[RoundState(round.state)], round.pk)
    return len(rounds)


def offer_all_freed_seats() -> int:
    """Offer freed seats in every running round that somebody waits in; returns how many."""
    made = 0
    for round in Round.objects.running().filter(service__needs_seat=True):
        if waiting(round).exists():
            try:
                made += offer_freed_seats(round=round)
            except WrongStateError:  # closed meanwhile
                continue
    return made
