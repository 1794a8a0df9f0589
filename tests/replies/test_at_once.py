"""Answers that arrive at the same moment: one order is found, no seat is given twice."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import zip_longest

import pytest
from django.db import connection, transaction

from citizens.models import Person
from offers.models import (
    Answer,
    Capacity,
    CaseKind,
    Message,
    MessageState,
    Offer,
    OfferState,
    Outcome,
    Reply,
    ReviewCase,
    RoundState,
    Subject,
    TextKind,
)
from offers.rounds.invariants import check_invariants
from offers.rounds.states import lock_round
from offers.rounds.succession import offer_freed_seats
from tests.delivery.world import guardian_of
from tests.replies.families import an_asked_family
from tests.replies.phones import deliver, phone_of
from tests.rounds.city import a_family, seats
from tests.rounds.journeys import running

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 8


def at_once(texts: Sequence[Callable[[], str]]) -> list[str]:
    """Send the texts from several threads; the answers in the same order."""

    def send(text: Callable[[], str]) -> str:
        try:
            return text()
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(send, texts))


def broken() -> list[str]:
    """The invariants that do not hold on this database."""
    return [result.name for result in check_invariants() if result.broken]


def a_city_that_was_asked(families: int, *, guardians: int = 1) -> list[Person]:
    """So many children, offered seats by a real round, their guardians written to."""
    children = [a_family(guardians=guardians)[0] for _ in range(families)]
    seats(families)
    running()
    deliver()
    return children


def test_second_thoughts_for_the_last_seats_take_no_seat_twice() -> None:
    phones = [phone_of(guardian_of(child)) for child in a_city_that_was_asked(20)]
    at_once([partial(phone.text, "Ei") for phone in phones])
    assert set(Offer.objects.values_list("state", flat=True)) == {OfferState.DECLINED}
    Capacity.objects.update(seats=7)

    at_once([partial(phone.text, "Kyllä") for phone in phones])

    states = Counter(Offer.objects.values_list("state", flat=True))
    assert states == {OfferState.ACCEPTED: 7, OfferState.DECLINED: 13}
    assert Capacity.objects.get().taken == 7
    outcomes = Counter(Subject.objects.values_list("outcome", flat=True))
    assert outcomes == {Outcome.ACCEPTED: 7, Outcome.DECLINED: 13}
    kinds = Counter(Message.objects.values_list("kind", flat=True))
    assert (kinds[TextKind.ACCEPTED], kinds[TextKind.TOO_LATE]) == (7, 13)
    assert ReviewCase.objects.filter(kind=CaseKind.LATE_ANSWER).count() == 13
    assert Reply.objects.undecided().count() == 0
    assert broken() == []


def test_an_answer_does_not_wait_for_work_on_its_round() -> None:
    """Whoever held the round and wanted a seat would wait for who held the seat: a deadlock."""
    family = an_asked_family()
    with transaction.atomic(), ThreadPoolExecutor(1) as thread:
        lock_round(family.round, RoundState.RUNNING)
        answer = thread.submit(at_once, [partial(family.phone().text, "Kyllä")])
        assert answer.result(timeout=10)[0].startswith("Kiitos!")
    assert family.state() == OfferState.ACCEPTED


def test_an_answer_that_the_database_took_back_is_decided_again_at_once() -> None:
    """Two children with second thoughts about two places, which somebody else takes in turn."""
    places = [seats(1), seats(1)]
    family = an_asked_family(children=2, places=places)
    family.phone().text("Molemmat ei")
    held, wanted = places[1], places[0]
    with ThreadPoolExecutor(1) as thread, transaction.atomic():
        Capacity.objects.select_for_update().get(pk=held.pk)
        answer = thread.submit(at_once, [partial(family.phone().text, "Molemmat kyllä")])
        until_somebody_waits_for_a_lock()
        Capacity.objects.select_for_update().get(pk=wanted.pk)  # the answer's turn ends here
    assert answer.result(timeout=10)[0].startswith("Kiitos!")
    assert [family.state(0), family.state(1)] == [OfferState.ACCEPTED] * 2
    assert Reply.objects.undecided().count() == 0


def until_somebody_waits_for_a_lock() -> None:
    ends_at = time.monotonic() + 10
    while time.monotonic() < ends_at:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    pytest.fail("nobody waits")


def test_seats_given_up_go_on_while_others_think_again() -> None:
    children = [a_family()[0] for _ in range(24)]
    place = seats(8)
    round = running()
    deliver()
    first = [phone_of(guardian_of(each)) for each in children if live_offer(each)]
    at_once([partial(phone.text, "Ei") for phone in first])
    offer_freed_seats(round=round)
    deliver()
    second = [phone_of(guardian_of(each)) for each in children if live_offer(each)]
    assert (len(first), len(second)) == (8, 8)
    said = [("Kyllä", "Ei")[turn % 2] for turn in range(8)]

    texts = [partial(phone.text, words) for phone, words in zip(second, said, strict=True)]
    again = [partial(phone.text, "Kyllä") for phone in first]
    going_on = [partial(lambda: str(offer_freed_seats(round=round)))] * 6
    answers = at_once(
        [each for some in zip_longest(texts, again, going_on) for each in some if each]
    )

    assert all(answers)
    place.refresh_from_db()
    states = Counter(Offer.objects.values_list("state", flat=True))
    assert place.taken == states[OfferState.ACCEPTED] + states[OfferState.OPEN] <= 8
    assert states[OfferState.ACCEPTED] >= said.count("Kyllä")
    assert Reply.objects.undecided().count() == 0
    assert broken() == []


def live_offer(child: Person) -> bool:
    return Offer.objects.live().filter(subject__person=child).exists()


def test_a_city_that_answers_in_one_minute_is_answered() -> None:
    children = a_city_that_was_asked(20, guardians=2)
    phones = [
        phone_of(guardianship.guardian)
        for child in children
        for guardianship in child.guardians.all()
    ]

    answers = at_once([partial(phone.text, "Kyllä") for phone in phones])

    assert all(answers)
    assert Answer.objects.count() == 40
    assert set(Offer.objects.values_list("state", flat=True)) == {OfferState.ACCEPTED}
    told = Message.objects.filter(kind=TextKind.OTHER_GUARDIAN)
    assert told.count() == 40
    assert broken() == []


def test_guardians_who_answer_differently_at_the_same_moment_never_both_get_their_way() -> None:
    families = [an_asked_family(guardians=2, children=2) for _ in range(6)]
    texts = [
        partial(family.phone(which).text, words)
        for family in families
        for which, words in enumerate(("Kyllä", "Ei"))
    ]

    at_once(texts)

    for family in families:
        assert [family.state(0), family.state(1)] == [OfferState.ACCEPTED] * 2
        assert set(family.cases()) == {CaseKind.DISAGREEMENT}
    assert Reply.objects.undecided().count() == 0


def test_the_same_request_many_times_at_once_is_one_reply() -> None:
    phone = an_asked_family(guardians=2).phone()

    answers = at_once([partial(phone.text, "Kyllä", sid="SMone")] * AT_ONCE)

    assert len(set(answers)) == 1
    assert answers[0]
    assert (Reply.objects.count(), Answer.objects.count()) == (1, 1)
    confirmation = Message.objects.get(kind=TextKind.ACCEPTED)
    assert confirmation.state == MessageState.SENT
    assert Message.objects.filter(kind=TextKind.OTHER_GUARDIAN).count() == 1
