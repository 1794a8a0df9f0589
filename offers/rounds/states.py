"""Moving a round from one state to the next, one mover at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.utils.translation import gettext as _

from offers.models import Round, RoundState
from offers.rounds.errors import WrongStateError

WORK_ON_ROUND = 4_201
"""The first key of our advisory locks; the second is the round's id."""


def lock_round(round: Round, *allowed: RoundState) -> Round:
    """The round as it is now, locked until the transaction ends. Raises WrongStateError.

    Rows that point to the round may be written meanwhile: an answer holds a seat when it does so,
    and whoever holds the round may be waiting for that seat.
    """
    locked = Round.objects.select_for_update(no_key=True).get(pk=round.pk)
    if locked.state not in allowed:
        raise WrongStateError(
            _("The round is %(state)s, so this cannot be done now.")
            % {"state": RoundState(locked.state).label}
        )
    return locked


@contextmanager
def only_worker(round: Round) -> Iterator[bool]:
    """Whether nobody else works on this round in the background; if so, nobody will meanwhile.

    The lock is the connection's own, so that it outlives the single transactions of a long piece
    of work and ends with a worker that is killed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [WORK_ON_ROUND, round.pk])
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [WORK_ON_ROUND, round.pk])
