"""What is erased when its time is over, what stays, and what the report says of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from citizens.models import ContactPoint, Person
from consents.models import Erased, Erasure, LegalBasis, ObjectionTombstone, Operation
from consents.models.statements import How
from consents.services.objections import raise_objection
from offers.models import Answer, AnswerKind, Message, Offer, Reply, Round
from offers.replies import inbox
from offers.replies.opinions import record_rating, record_wish
from offers.rounds.close import close_round
from offers.rounds.erasing import REGISTER_MAY_ERR
from offers.rounds.retention import erase_at_night, erase_expired
from tests.rounds.city import a_family, preschool, seats
from tests.rounds.journeys import answer, hand_over_all, preparer, running

pytestmark = pytest.mark.django_db


def told_and_closed(children: int = 1) -> tuple[Round, Person]:
    """A closed round in which everything was said that can be; and the first guardian."""
    [child, *_others] = a_family(children=children)
    seats(children)
    round = running()
    guardian = child.guardians.get().guardian
    hand_over_all(round)
    for message in Message.objects.filter(round=round):
        message.seal("body", "Hei")
        message.save()
    inbox.receive(
        provider="twilio",
        provider_id="SM1",
        sender=guardian.contact_points.get().unseal("value"),
        text="Mikä tämä on?",
        now=timezone.now(),
    )
    Reply.objects.update(round=round)
    record_wish(offer=Offer.objects.earliest("pk"), guardian=guardian, text="Lähempänä")
    record_rating(round=round, guardian=guardian, stars=4, comment="Hyvä")
    for each in Offer.objects.select_related("subject__person"):
        answer(each.subject.person, AnswerKind.ACCEPT)
    return close_round(round=round, by=preparer()), guardian


def kept_for() -> timedelta:
    """How long the words of preschool's messages are kept."""
    bases = LegalBasis.objects.filter(purpose=preschool().purpose, operation=Operation.CONTACTING)
    return timedelta(days=max(bases.values_list("retention_days", flat=True)))


def words_left() -> int:
    return (
        Message.objects.exclude(body=None).count()
        + Reply.objects.exclude(text=None).count()
        + Reply.objects.exclude(sender=b"").count()
    )


def test_words_go_when_their_time_is_over_and_not_a_day_before() -> None:
    round, _guardian = told_and_closed()
    assert round.closed_at is not None
    before = words_left()

    early = erase_expired(now=round.closed_at + kept_for() - timedelta(days=1))
    assert set(early) <= {Erased.LINKS}
    assert words_left() == before

    erased = erase_expired(now=round.closed_at + kept_for() + timedelta(days=1))
    assert words_left() == 0
    assert erased[Erased.MESSAGES] > 0
    assert erased[Erased.REPLIES] == 1
    assert erased[Erased.WISHES] == 2
    assert Answer.objects.exists()
    assert Offer.objects.exists()


def test_a_round_that_goes_on_keeps_its_words() -> None:
    a_family()
    seats(1)
    round = running()
    hand_over_all(round)
    for message in Message.objects.all():
        message.seal("body", "Hei")
        message.save()
    assert not erase_expired(now=timezone.now() + timedelta(days=20 * 365)).get(Erased.MESSAGES)
    assert words_left()


def test_the_report_says_what_went_and_under_which_basis() -> None:
    round, _guardian = told_and_closed()
    assert round.closed_at is not None
    now = round.closed_at + kept_for() + timedelta(days=1)
    erase_expired(now=now)
    line = Erasure.objects.get(what=Erased.REPLIES)
    assert line.basis is not None
    assert (line.basis.purpose, line.rows) == (preschool().purpose, 1)
    assert line.older_than == now - kept_for()


def test_batches_go_on_where_they_were() -> None:
    round, _guardian = told_and_closed(children=3)
    assert round.closed_at is not None
    now = round.closed_at + kept_for() + timedelta(days=1)
    erased = erase_expired(now=now, batch=1)
    lines = Erasure.objects.filter(what=Erased.MESSAGES)
    assert {line.rows for line in lines} == {1}
    assert lines.count() == erased[Erased.MESSAGES]
    assert not erase_expired(now=now)


def test_it_is_done_at_night() -> None:
    round, _guardian = told_and_closed()
    assert round.closed_at is not None
    later = timezone.localtime(round.closed_at + kept_for() + timedelta(days=30))
    assert not erase_at_night(now=later.replace(hour=12))
    assert erase_at_night(now=later.replace(hour=3))


def gone(person: Person, *, days: int) -> Person:
    person.set_address("Koekatu 1")
    person.set_identity_code("010190-900Y")
    person.gone_at = timezone.now() - timedelta(days=days)
    person.save()
    return person


def long_after(round: Round) -> timedelta:
    days = LegalBasis.objects.filter(purpose=round.service.purpose).values_list("retention_days")
    return timedelta(days=max(days)[0] + 1)


def test_who_is_gone_is_erased_when_no_round_needs_them_and_the_rest_stays_whole() -> None:
    round, guardian = told_and_closed()
    gone(guardian, days=REGISTER_MAY_ERR.days + 1)

    assert not erase_expired(now=timezone.now()).get(Erased.PEOPLE)

    erase_expired(now=timezone.now() + long_after(round))
    guardian.refresh_from_db()
    assert (guardian.full_name.strip(), guardian.address, guardian.identity_code) == (
        "",
        None,
        None,
    )
    assert (guardian.birth_date.month, guardian.birth_date.day) == (1, 1)
    assert not ContactPoint.objects.filter(person=guardian).exists()
    assert Answer.objects.filter(guardian=guardian).exists()
    assert not erase_expired(now=timezone.now() + long_after(round)).get(Erased.PEOPLE)


def test_who_came_back_or_is_gone_since_yesterday_stays() -> None:
    [child] = a_family()
    gone(child.guardians.get().guardian, days=1)
    assert not erase_expired(now=timezone.now()).get(Erased.PEOPLE)
    assert child.guardians.get().guardian.last_name


def test_who_objects_is_erased_and_the_objection_is_remembered() -> None:
    [child] = a_family()
    guardian = child.guardians.get().guardian
    raise_objection(person=guardian, purpose=preschool().purpose, how=How.PHONE)
    gone(guardian, days=REGISTER_MAY_ERR.days + 1)
    assert erase_expired(now=timezone.now())[Erased.PEOPLE] == 1
    tombstone = ObjectionTombstone.objects.get()
    assert (tombstone.purpose, tombstone.how) == (preschool().purpose, How.PHONE)
