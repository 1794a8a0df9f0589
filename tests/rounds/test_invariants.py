"""Each invariant is shown on a good round, and names the offender planted in a bad one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from psycopg2.extensions import cursor

from citizens.models import Guardianship, Person, RegisterImport
from consents.models import ProcessingKind
from consents.models.statements import How
from consents.services.objections import raise_objection
from consents.services.processing import open_processing
from offers.delivery.switch import halt_sending
from offers.models import (
    Answer,
    AnswerChannel,
    AnswerKind,
    Capacity,
    Message,
    MessageOffer,
    MessageState,
    Offer,
    OfferState,
    Outcome,
    Reply,
    ReplyReading,
    Round,
    Subject,
)
from offers.rounds.invariants import InvariantResult, check_invariants
from offers.rounds.invariants_of_messages import MESSAGE_INVARIANTS
from offers.rounds.invariants_of_offers import OFFER_INVARIANTS
from tests.rounds.city import a_family, a_person, a_round, seats
from tests.rounds.journeys import approver, hand_over_all, running


def a_reply(reading: ReplyReading, *, decided: bool = True) -> Reply:
    """An inbound text about nothing in particular."""
    reply = Reply(
        provider="test",
        provider_id=f"SM-in-{Reply.objects.count()}",
        sender_index=b"x",
        reading=reading,
        decided_at=timezone.now() if decided else None,
    )
    reply.seal("sender", "+358400000001")
    reply.save(force_insert=True)
    return reply


def say(child: Person, kind: AnswerKind, *, reply: Reply | None, guardian: Person) -> Answer:
    """An answer's row alone."""
    return Answer.objects.create(
        offer=Offer.objects.get(subject__person=child),
        guardian=guardian,
        kind=kind,
        channel=AnswerChannel.SMS,
        reply=reply,
        proof=b"said",
    )


@pytest.fixture
def round(db: None) -> Round:
    """A running round with something for every invariant to look at."""
    return a_full_round()


def a_full_round() -> Round:
    """Two families asked; one accepted by a text message."""
    [accepting], _silent = a_family(), a_family()
    seats(5)
    round = running()
    hand_over_all(round)
    reply = a_reply(ReplyReading.ACCEPT)
    Reply.objects.update(round=round)
    say(accepting, AnswerKind.ACCEPT, reply=reply, guardian=guardian_of(accepting))
    Offer.objects.filter(subject__person=accepting).update(state=OfferState.ACCEPTED)
    Subject.objects.filter(person=accepting).update(outcome=Outcome.ACCEPTED)
    return round


def guardian_of(child: Person) -> Person:
    return Guardianship.objects.get(child=child).guardian


def open_offer() -> Offer:
    return Offer.objects.get(state=OfferState.OPEN)


def a_message() -> Message:
    return Message.objects.earliest("pk")


def result_of(name: str, round: Round) -> InvariantResult:
    return next(result for result in check_invariants(round) if result.name == name)


def test_a_good_round_shows_every_invariant(round: Round) -> None:
    results = check_invariants(round)
    assert [result.name for result in results if not result.shown] == []
    assert [result for result in results if result.broken] == []
    assert all(check_invariants())


def test_what_looked_at_nothing_is_not_shown(db: None) -> None:
    result = result_of("one_live_offer", a_round())
    assert not result
    assert (result.looked_at, result.shown) == (0, False)


def second_live_offer(round: Round) -> int:
    offer = open_offer()
    Offer.objects.create(
        round=a_round(name="other"), subject=offer.subject, deadline_at=offer.deadline_at
    )
    return offer.subject_id


def outcome_unlike_the_offer(round: Round) -> int:
    subject = open_offer().subject
    Subject.objects.filter(pk=subject.pk).update(outcome=Outcome.DECLINED)
    return subject.pk


def seat_not_counted(round: Round) -> int:
    capacity = Capacity.objects.get()
    Capacity.objects.update(taken=capacity.taken - 1)
    return capacity.pk


def acceptance_nobody_gave(round: Round) -> int:
    offer = open_offer()
    Offer.objects.filter(pk=offer.pk).update(state=OfferState.ACCEPTED)
    Subject.objects.filter(pk=offer.subject_id).update(outcome=Outcome.ACCEPTED)
    return offer.pk


def answer_of_a_stranger(round: Round) -> int:
    child = open_offer().subject.person
    return say(child, AnswerKind.DECLINE, reply=None, guardian=a_person()).pk


def answer_out_of_an_unclear_reply(round: Round) -> int:
    child = open_offer().subject.person
    unclear = a_reply(ReplyReading.UNCLEAR)
    return say(child, AnswerKind.ACCEPT, reply=unclear, guardian=guardian_of(child)).pk


def yes_taken_for_no(round: Round) -> int:
    child = open_offer().subject.person
    yes = a_reply(ReplyReading.ACCEPT)
    return say(child, AnswerKind.DECLINE, reply=yes, guardian=guardian_of(child)).pk


def use_not_recorded(round: Round) -> int:
    empty = open_processing(purpose=round.service.purpose, kind=ProcessingKind.ROUND, by=None)
    Round.objects.filter(pk=round.pk).update(processing=empty)
    return Subject.objects.earliest("pk").pk


def reply_left_alone(round: Round) -> int:
    reply = a_reply(ReplyReading.UNCLEAR, decided=False)
    Reply.objects.filter(pk=reply.pk).update(round=round)
    return reply.pk


def message_sent_again(round: Round) -> int:
    first = a_message()
    again = Message.objects.create(
        key="again",
        round=round,
        person=first.person,
        contact_point=first.contact_point,
        kind=first.kind,
        channel=first.channel,
        language=first.language,
        lane=first.lane,
        state=MessageState.SENT,
        claimed_at=first.claimed_at,
        sent_at=first.sent_at,
    )
    MessageOffer.objects.create(message=again, offer=first.offers.get())
    return again.pk


def message_stuck(round: Round) -> int:
    message = a_message()
    return Message.objects.create(
        key="stuck",
        round=round,
        person=message.person,
        kind=message.kind,
        channel=message.channel,
        language=message.language,
        lane=message.lane,
        state=MessageState.SENDING,
        lease_until=timezone.now() - timedelta(minutes=1),
    ).pk


def claimed(message: Message, when: timedelta) -> int:
    """The message was claimed that long from now."""
    Message.objects.filter(pk=message.pk).update(claimed_at=timezone.now() + when)
    return message.pk


def sent_before_the_approval(round: Round) -> int:
    return claimed(a_message(), timedelta(days=-1))


def sent_to_a_protected_person(round: Round) -> int:
    long_ago = timezone.now() - timedelta(days=9)
    Person.objects.filter(pk=a_message().person_id).update(protected=True, changed_at=long_ago)
    return a_message().pk


def sent_about_a_protected_child(round: Round) -> int:
    long_ago = timezone.now() - timedelta(days=9)
    child = a_message().offers.get().subject.person_id
    Person.objects.filter(pk=child).update(protected=True, changed_at=long_ago)
    return a_message().pk


def sent_to_somebody_who_objected(round: Round) -> int:
    raise_objection(person=a_message().person, purpose=round.service.purpose, how=How.SMS)
    return claimed(a_message(), timedelta(seconds=5))


def sent_after_the_deadline(round: Round) -> int:
    return claimed(a_message(), timedelta(days=15))


def sent_to_a_former_guardian(round: Round) -> int:
    message = a_message()
    yesterday = timezone.localdate() - timedelta(days=1)
    Guardianship.objects.filter(guardian=message.person_id).update(valid_until=yesterday)
    return message.pk


def sent_to_somebody_elses_phone(round: Round) -> int:
    first, second = Message.objects.order_by("pk")
    Message.objects.filter(pk=first.pk).update(contact_point=second.contact_point)
    return first.pk


def sent_while_halted(round: Round) -> int:
    halt_sending(by=None, reason="test", round=round)
    return claimed(a_message(), timedelta(seconds=5))


def sent_while_the_service_was_halted(round: Round) -> int:
    halt_sending(by=None, reason="test", service=round.service)
    return claimed(a_message(), timedelta(seconds=5))


def sent_while_everything_was_halted(round: Round) -> int:
    halt_sending(by=None, reason="test")
    return claimed(a_message(), timedelta(seconds=5))


PLANTED: list[tuple[str, Callable[[Round], int]]] = [
    ("one_live_offer", second_live_offer),
    ("one_outcome_for_everybody", outcome_unlike_the_offer),
    ("no_seat_given_twice", seat_not_counted),
    ("no_state_without_its_answer", acceptance_nobody_gave),
    ("answers_only_from_deciders", answer_of_a_stranger),
    ("unclear_replies_decide_nothing", answer_out_of_an_unclear_reply),
    ("unclear_replies_decide_nothing", yes_taken_for_no),
    ("every_use_recorded", use_not_recorded),
    ("no_reply_lost", reply_left_alone),
    ("no_message_sent_twice", message_sent_again),
    ("no_message_left_between", message_stuck),
    ("sent_only_after_approval", sent_before_the_approval),
    ("never_sent_to_protected", sent_to_a_protected_person),
    ("never_sent_to_protected", sent_about_a_protected_child),
    ("never_sent_to_objecting", sent_to_somebody_who_objected),
    ("never_asked_after_deadline", sent_after_the_deadline),
    ("asked_only_deciders", sent_to_a_former_guardian),
    ("asked_only_deciders", sent_to_somebody_elses_phone),
    ("never_sent_during_halt", sent_while_halted),
    ("never_sent_during_halt", sent_while_the_service_was_halted),
    ("never_sent_during_halt", sent_while_everything_was_halted),
]


@pytest.mark.parametrize(("name", "plant"), PLANTED)
def test_an_offender_is_named(name: str, plant: Callable[[Round], int], round: Round) -> None:
    offender = plant(round)
    result = result_of(name, round)
    assert not result
    assert offender in result.offenders


DECIDERS = ("asked_only_deciders", "answers_only_from_deciders")


def offenders(round: Round) -> dict[str, tuple[int, ...]]:
    """Whom the invariants of those who may decide name."""
    return {name: result_of(name, round).offenders for name in DECIDERS}


def custody_ended_last_week(round: Round) -> None:
    """Of whoever was asked and whoever answered, as the register says today."""
    a_week_ago = timezone.localdate() - timedelta(days=7)
    Guardianship.objects.update(valid_until=a_week_ago)


def test_what_the_register_says_later_is_not_held_against_what_was_right(round: Round) -> None:
    custody_ended_last_week(round)
    assert all(offenders(round).values()), "nothing says that it was otherwise then"

    an_import(changed=2)

    assert offenders(round) == dict.fromkeys(DECIDERS, ())


def test_nor_is_a_guardianship_that_the_register_took_away(round: Round) -> None:
    Guardianship.objects.all().delete()
    an_import(gone=2)

    assert offenders(round) == dict.fromkeys(DECIDERS, ())


def test_an_import_excuses_no_stranger_and_nothing_that_came_after_it(round: Round) -> None:
    stranger = answer_of_a_stranger(round)
    an_import(changed=2)
    assert offenders(round)["answers_only_from_deciders"] == (stranger,)

    RegisterImport.objects.update(imported_at=timezone.now() - timedelta(days=1))
    custody_ended_last_week(round)
    assert all(offenders(round).values())


def an_import(**guardianships: int) -> None:
    RegisterImport.objects.create(
        as_of=timezone.localdate(), counts={"guardianships": guardianships}
    )


@pytest.mark.django_db(transaction=True)
def test_a_round_its_preparer_approved_is_named(superuser: cursor) -> None:
    round = a_full_round()
    superuser.execute("SET session_replication_role = replica")
    superuser.execute(
        "UPDATE offers_round SET prepared_by_id = %s WHERE id = %s", [approver().pk, round.pk]
    )
    superuser.execute("SET session_replication_role = origin")
    assert result_of("approved_by_a_second_person", round).offenders == (round.pk,)


@pytest.mark.django_db(transaction=True)
def test_a_subject_of_a_rule_that_is_not_frozen_is_named(superuser: cursor) -> None:
    round = a_full_round()
    superuser.execute("SET session_replication_role = replica")
    superuser.execute("UPDATE offers_eligibilityrule SET frozen_at = NULL")
    superuser.execute("SET session_replication_role = origin")
    first = Subject.objects.earliest("pk").pk
    assert first in result_of("every_subject_explained", round).offenders


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
def test_a_right_to_rewrite_what_is_append_only_is_named(superuser: cursor, right: str) -> None:
    round = a_full_round()
    role = settings.APP_DATABASE_ROLE
    superuser.execute(f"GRANT {right} ON offers_answer TO {role}")
    try:
        assert result_of("append_only_holds", round).broken == 1
    finally:
        superuser.execute(f"REVOKE {right} ON offers_answer FROM {role}")


@pytest.mark.django_db(transaction=True)
def test_a_guard_that_is_switched_off_is_named(superuser: cursor) -> None:
    round = a_full_round()
    superuser.execute("ALTER TABLE offers_answer DISABLE TRIGGER USER")
    try:
        assert result_of("append_only_holds", round).broken == 1
    finally:
        superuser.execute("ALTER TABLE offers_answer ENABLE TRIGGER USER")


def test_every_invariant_has_its_offender() -> None:
    with_superuser = {
        *("approved_by_a_second_person", "append_only_holds", "every_subject_explained")
    }
    names = {name for name, _plant in PLANTED} | with_superuser
    assert names == {*OFFER_INVARIANTS, *MESSAGE_INVARIANTS, "append_only_holds"}
