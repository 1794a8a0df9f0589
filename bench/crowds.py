"""A thousand families answer at once, about fewer seats than they are; then the database is asked.

Everything goes through two web workers as Twilio would bring it. What each family was told last is
held against what stands in the database, and every invariant is asked.
"""

import math
import os
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection
from twilio.request_validator import RequestValidator

from bench.cohort import round_awaiting_approval, settle
from bench.phones import PATHS, TOLD, request, run_as, send_all, serving
from citizens.models import Person
from offers.models import Capacity, Message, Offer, OfferState, Reply, Round, TextKind
from offers.rounds.advance import offer_all_freed_seats
from offers.rounds.approval import approve_round
from offers.rounds.close import cancel_round
from offers.rounds.generate import generate_offers
from offers.rounds.invariants import check_invariants

YES, NO = "Kyllä kiitos", "Ei kiitos"
AT_ONCE = 32
LEFT = 0.3
"""Of the seats they gave up: the others have gone on."""
FIRST_WAITING = 9_000_000
"""The numbers of the families of ``last_seats`` begin here: nobody else has them."""
STILL_WAITING = 0.1
"""Of those who answer: so many wait on when everybody else has been offered a seat."""
ELSEWHERE = "049"


def second_thoughts(families: range) -> str:
    """All say no, most of their seats go on, and all think again at once."""
    theirs = Offer.objects.filter(
        round__in=Round.objects.running(),
        subject__person__register_key__in=[f"child-{each}" for each in families],
    )
    with serving("ours", 2) as port:
        _all_say(port, dict.fromkeys(families, NO))
        assert set(theirs.values_list("state", flat=True)) == {OfferState.DECLINED}
        left = 0
        given_up = Counter(theirs.values_list("capacity", flat=True))
        for capacity in Capacity.objects.filter(pk__in=given_up):
            free = math.ceil(given_up[capacity.pk] * LEFT)
            capacity.seats = capacity.taken + free
            capacity.save(update_fields=["seats"])
            left += free
        seconds = _all_say(port, dict.fromkeys(families, YES))
    accepted = theirs.filter(state=OfferState.ACCEPTED).count()
    told = Message.objects.filter(kind=TextKind.TOO_LATE, offers__in=theirs).count()
    assert (accepted, told) == (left, len(families) - left)
    _nothing_is_broken()
    return (
        f"second thoughts: {len(families)} at once about {left} seats in {seconds:.1f} s: "
        f"{accepted} accepted, {told} told that the place is gone, no invariant broken"
    )


def last_seats(number: int, superuser_url: str) -> str:
    """Twice as many families answer as there are seats, and more of them wait.

    Whoever was asked first has said no, and their seats have been offered to others. Now, all at
    the same moment, every second one of these says no as well, the rest yes, and all of the first
    think again, while the seats that become free are offered to those who still wait.
    """
    seats = number // 2
    waiting = range(FIRST_WAITING, FIRST_WAITING + int(number * (1 + STILL_WAITING)))
    settle(waiting)
    round = _running("last-seats", seats)
    run_as(superuser_url, TOLD)
    first = _families(round, OfferState.OPEN)
    with serving("ours", 2) as port:
        _all_say(port, dict.fromkeys(first, NO))
        offer_all_freed_seats()
        run_as(superuser_url, TOLD)
        second = _families(round, OfferState.OPEN)
        assert (len(first), len(second)) == (seats, seats)
        said = {each: (NO, YES)[turn % 2] for turn, each in enumerate(sorted(second))}
        said |= dict.fromkeys(first, YES)
        with _freed_seats_going_on():
            seconds = _all_say(port, said)
    accepted, third = _families(round, OfferState.ACCEPTED), _families(round, OfferState.OPEN)
    late = first - accepted
    assert {each for each in second if said[each] == YES} == second & accepted
    assert (_told_last(round, TextKind.ACCEPTED), _told_last(round, TextKind.TOO_LATE)) == (
        accepted,
        late,
    )
    assert len(accepted | third) <= seats
    _nothing_is_broken()
    cancel_round(round=Round.objects.get(pk=round.pk), by=round.created_by, reason="measured")
    moved = Person.objects.filter(register_key__in=[f"child-{each}" for each in waiting])
    moved.update(municipality=ELSEWHERE)
    return (
        f"last seats: {len(said)} at once about {seats} seats in {seconds:.1f} s: "
        f"{len(accepted)} accepted, {len(third)} went on to those who waited, "
        f"{len(late)} told that the place is gone, no invariant broken"
    )


def _running(name: str, seats: int) -> Round:
    """A round with so many seats in all, its offers made."""
    round, approver = round_awaiting_approval(name, seats=seats)
    approve_round(round=round, digest=round.frozen_digest, by=approver)
    round.refresh_from_db()
    generate_offers(round=round)
    return round


def _families(round: Round, state: OfferState) -> set[int]:
    """The numbers of the families with an offer in this state."""
    offers = Offer.objects.filter(round=round, state=state)
    return _numbers(offers.values_list("subject__person__register_key", flat=True))


def _told_last(round: Round, kind: TextKind) -> set[int]:
    """The numbers of the families whose last message is of this kind."""
    last = Message.objects.filter(round=round).order_by("person", "-pk").distinct("person")
    told = Message.objects.filter(pk__in=last.values("pk"), kind=kind)
    return _numbers(told.values_list("person__register_key", flat=True))


def _numbers(register_keys: Iterable[str]) -> set[int]:
    return {int(key.rpartition("-")[2]) for key in register_keys}


def _all_say(port: int, said: Mapping[int, str]) -> float:
    """Every family's words, over many connections; the seconds until the last was answered."""
    validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
    texts = [request(validator, PATHS["ours"], each, words) for each, words in said.items()]
    began = time.perf_counter()
    send_all(port, texts, AT_ONCE)
    return time.perf_counter() - began


@contextmanager
def _freed_seats_going_on() -> Iterator[None]:
    """What the periodic task does, again and again, in a thread of its own."""
    over = threading.Event()

    def pass_on() -> None:
        try:
            while not over.is_set():
                offer_all_freed_seats()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(pass_on)
        try:
            yield
        finally:
            over.set()
        work.result()


def _nothing_is_broken() -> None:
    broken = [result.name for result in check_invariants() if result.broken]
    assert not broken, broken
    assert not Reply.objects.undecided().exists()
