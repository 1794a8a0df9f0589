"""Everything that moves an offer, at the same moment and in any order: every invariant holds.

What is done is drawn by chance, and each draw names itself if it fails. Whoever comes too late is
refused in words; nothing is raised that nobody expects, and nobody waits for ever.
"""

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from citizens.models import Guardianship, Person
from offers.models import (
    Answer,
    AnswerChannel,
    AnswerKind,
    Offer,
    OfferState,
    Outcome,
    Reply,
    Round,
    Subject,
)
from offers.replies.answers import end_grace, record_answers
from offers.replies.inbox import decide_pending
from offers.rounds.close import cancel_round, deadline_passed
from offers.rounds.errors import NotPossibleError, WrongStateError
from offers.rounds.invariants import check_invariants
from offers.rounds.outcomes import settle_subject
from offers.rounds.retention import erase_expired
from offers.rounds.succession import offer_freed_seats
from tests.citizens.delivery import exported
from tests.replies.phones import Phone, deliver, phone_of
from tests.rounds.city import a_family, a_user, seats
from tests.rounds.journeys import running

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 8
FAMILIES, SEATS = 8, 6
WORDS = ("Kyllä", "Kyllä kiitos", "Ei", "Ei kiitos", "Hmm", "Kyllä, mutta vain aamuisin")
Deed = Callable[[], object]
IF_THE_PAST_CHANGES = {"answers_only_from_deciders", "asked_only_deciders"}
"""These ask the register of today who could decide then: where it ends custody as of yesterday,
what was right a moment ago is shown, too."""


@dataclass(frozen=True)
class City:
    """A running round with fewer seats than families, each with two guardians who were asked."""

    round: Round
    children: Sequence[Person]

    def guardians(self, child: Person) -> list[Person]:
        rows = Guardianship.objects.filter(child=child).select_related("guardian")
        return [row.guardian for row in rows.order_by("pk")]

    def offered(self) -> list[Person]:
        """The children who have an offer."""
        offers = Offer.objects.filter(round=self.round)
        return list(Person.objects.filter(pk__in=offers.values("subject__person")).order_by("pk"))


@pytest.fixture
def city() -> City:
    children = [a_family(guardians=2)[0] for _ in range(FAMILIES)]
    seats(SEATS)
    round = running()
    deliver()
    return City(round, children)


def all_at_once(deeds: Sequence[Deed]) -> None:
    """Do everything from several threads; only refusals in words are let pass."""

    def do(deed: Deed) -> None:
        try:
            deed()
        except (WrongStateError, NotPossibleError):
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(do, deeds))


def assert_everything_holds(*, but: Collection[str] = ()) -> None:
    decide_pending(now=timezone.now() + timedelta(minutes=1))
    assert not Reply.objects.undecided().exists()
    assert {result.name for result in check_invariants() if result.broken} <= {*but}


def texts(city: City, dice: random.Random) -> Iterator[Deed]:
    """Both guardians of every child write, some of them again, and some requests come twice."""
    for child in city.offered():
        for guardian in city.guardians(child):
            phone = phone_of(guardian)
            for number in range(dice.randint(1, 2)):
                deed = partial(phone.text, dice.choice(WORDS), sid=f"SM{guardian.pk}x{number}")
                yield from [deed] * dice.choice((1, 1, 2))


def on_the_web(city: City, dice: random.Random) -> Iterator[Deed]:
    for child in dice.sample(city.offered(), 2):
        yield partial(
            record_answers,
            choices={
                Offer.objects.filter(subject__person=child).latest("pk").pk: dice.choice(
                    list(AnswerKind)
                )
            },
            guardian=city.guardians(child)[1],
            channel=AnswerChannel.WEB,
            proof=b"link",
        )


def by_a_caseworker(city: City, dice: random.Random) -> Iterator[Deed]:
    outcomes = (Outcome.PLACED_BY_HAND, Outcome.ARRANGED_OTHERWISE, Outcome.MOVED)
    for child in dice.sample(list(city.children), 3):
        subject = Subject.objects.get(round=city.round, person=child)
        outcome = dice.choice(outcomes)
        yield partial(settle_subject, subject=subject, outcome=outcome, by=a_user("caseworker"))


def by_the_clock(city: City, dice: random.Random) -> Iterator[Deed]:
    """The deadline passes, grace periods end, freed seats go on, what is over is erased."""
    now = timezone.now()
    yield partial(deadline_passed, now=city.round.deadline_at + timedelta(seconds=1))
    yield partial(end_grace, now=now + timedelta(days=dice.choice((0, 4))))
    yield from [partial(offer_freed_seats, round=city.round)] * 3
    yield partial(erase_expired, now=now)
    yield partial(decide_pending, now=now + timedelta(minutes=1))


def by_the_register(city: City, dice: random.Random) -> Iterator[Deed]:
    """Custody ends for some."""
    yesterday = timezone.localdate() - timedelta(days=1)
    for child in dice.sample(list(city.children), 2):
        former = Guardianship.objects.filter(child=child, guardian=city.guardians(child)[0])
        yield partial(former.update, valid_until=yesterday)


EVERYTHING = (texts, on_the_web, by_a_caseworker, by_the_clock)


@pytest.mark.parametrize("chance", range(5))
def test_whatever_comes_at_the_same_moment_everything_holds(city: City, chance: int) -> None:
    dice = random.Random(chance)
    deeds = [deed for kind in EVERYTHING for deed in kind(city, dice)]
    dice.shuffle(deeds)

    all_at_once(deeds)

    assert_everything_holds()
    assert Answer.objects.exists()


@pytest.mark.parametrize("chance", range(3))
def test_so_it_does_when_custody_ends_in_the_middle_of_it(city: City, chance: int) -> None:
    dice = random.Random(chance)
    deeds = [deed for kind in (*EVERYTHING, by_the_register) for deed in kind(city, dice)]
    dice.shuffle(deeds)

    all_at_once(deeds)

    assert_everything_holds(but=IF_THE_PAST_CHANGES)


def test_answers_racing_with_the_end_of_the_round_are_promises_or_refused(city: City) -> None:
    phones = [phone_of(city.guardians(child)[0]) for child in city.offered()]
    by = a_user("caseworker")

    all_at_once(
        [
            *(partial(phone.text, "Kyllä") for phone in phones[:3]),
            partial(cancel_round, round=city.round, by=by, reason="no more needed"),
            *(partial(phone.text, "Kyllä") for phone in phones[3:]),
        ]
    )

    assert_everything_holds()
    states = set(Offer.objects.values_list("state", flat=True))
    assert states <= {OfferState.ACCEPTED, OfferState.WITHDRAWN}
    accepted = Offer.objects.filter(state=OfferState.ACCEPTED)
    assert Answer.objects.filter(kind=AnswerKind.ACCEPT).count() == accepted.count()


def test_a_yes_racing_with_the_deadline_is_kept_whichever_comes_first(city: City) -> None:
    phones = [phone_of(city.guardians(child)[0]) for child in city.offered()]
    late = city.round.deadline_at + timedelta(seconds=1)

    all_at_once(
        [
            *(partial(phone.text, "Kyllä") for phone in phones[:3]),
            *[partial(deadline_passed, now=late)] * 3,
            *(partial(phone.text, "Kyllä") for phone in phones[3:]),
        ]
    )

    assert_everything_holds()
    assert set(Offer.objects.values_list("state", flat=True)) == {OfferState.ACCEPTED}


def test_answers_racing_with_an_import_that_ends_custody(city: City, tmp_path: Path) -> None:
    former = [city.guardians(child)[0] for child in city.offered()]
    phones: list[Phone] = [phone_of(guardian) for guardian in former]
    delivery = exported(tmp_path)
    keys = {guardian.register_key for guardian in former}
    delivery.as_of = timezone.localdate()
    delivery.guardianships = [row for row in delivery.guardianships if row[0] not in keys]
    delivery.write()

    all_at_once(
        [
            *(partial(phone.text, "Kyllä") for phone in phones[:3]),
            partial(delivery.load, allow_shrink=True),
            *(partial(phone.text, "Kyllä") for phone in phones[3:]),
        ]
    )

    assert_everything_holds(but=IF_THE_PAST_CHANGES)
    answered = Answer.objects.count()
    for phone in phones:
        phone.text("Ei")
    assert Answer.objects.count() == answered, "who is no guardian any more is not obeyed"
