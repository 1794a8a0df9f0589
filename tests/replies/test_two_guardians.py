"""Whose answer it is: guardians who agree or don't, numbers that are shared."""

from datetime import timedelta

import pytest
from django.utils import timezone

from citizens.models import Guardianship
from offers.models import (
    AcceptancePolicy,
    Answer,
    CaseKind,
    Message,
    Offer,
    OfferState,
    Outcome,
    Reply,
    ReviewCase,
    TextKind,
)
from offers.replies.answers import end_grace
from tests.delivery.world import a_running_round, make_offer, tell
from tests.replies.families import Family, after_the_deadline, an_asked_family
from tests.replies.phones import Phone, deliver
from tests.rounds.city import a_child, a_person, a_phone, guard, seats

pytestmark = pytest.mark.django_db


def test_both_guardians_know_what_was_answered_whoever_did() -> None:
    family = an_asked_family(guardians=2)

    family.phone(1).text("Kyllä")
    family.deliver()

    assert family.state() == OfferState.ACCEPTED
    assert family.told(0) == [TextKind.OFFER, TextKind.OTHER_GUARDIAN]
    assert "toinen huoltaja" in family.text_to(0).lower()


def test_the_same_answer_again_is_confirmed_again_but_told_once() -> None:
    family = an_asked_family(guardians=2)

    for _ in range(2):
        assert family.phone(1).text("Kyllä")

    assert family.told(0).count(TextKind.OTHER_GUARDIAN) == 1
    assert family.told(1).count(TextKind.ACCEPTED) == 2


def test_one_guardians_no_frees_nothing_until_the_grace_period_ends() -> None:
    family = an_asked_family(guardians=2)

    family.phone(0).text("Ei")

    assert (family.state(), family.outcome()) == (OfferState.OPEN, Outcome.PENDING)
    assert family.told(0)[-1] == TextKind.RECORDED
    now = timezone.now()
    assert end_grace(now=now + timedelta(days=2)) == 0
    assert end_grace(now=now + timedelta(days=4)) == 1
    assert (family.state(), family.outcome()) == (OfferState.DECLINED, Outcome.DECLINED)


def test_a_second_no_does_not_begin_the_grace_period_again() -> None:
    family = an_asked_family(guardians=2)
    family.phone(0).text("Ei")
    first = family.offer().grace_until

    family.phone(0).text("Ei kiitos")

    assert family.offer().grace_until == first


def test_a_no_said_again_after_the_grace_period_moves_nothing() -> None:
    place = seats(1)
    family = an_asked_family(guardians=2, places=[place])
    family.phone(0).text("Ei")
    end_grace(now=timezone.now() + timedelta(days=4))
    an_asked_family(places=[place])

    family.phone(0).text("Ei")

    assert family.state() == OfferState.DECLINED
    assert family.told(0)[-1] == TextKind.DECLINED
    assert Reply.objects.undecided().count() == 0


def test_both_guardians_no_frees_the_seat_at_once() -> None:
    family = an_asked_family(guardians=2)

    family.phone(0).text("Ei")
    family.phone(1).text("Nej tack")

    assert family.state() == OfferState.DECLINED
    assert family.cases() == []


def test_guardians_who_disagree_keep_the_seat_and_a_person_looks() -> None:
    family = an_asked_family(guardians=2)

    family.phone(0).text("Ei")
    family.phone(1).text("Kyllä")

    assert family.state() == OfferState.ACCEPTED
    assert family.cases() == [CaseKind.DISAGREEMENT]


def test_where_all_must_accept_one_yes_waits_and_holds_the_seat_past_the_deadline() -> None:
    family = an_asked_family(guardians=2, policy=AcceptancePolicy.ALL)

    family.phone(0).text("Kyllä")
    assert (family.state(), family.told(0)[-1]) == (OfferState.OPEN, TextKind.RECORDED)
    after_the_deadline(family)

    assert (family.state(), family.cases()) == (OfferState.UNANSWERED, [CaseKind.UNANSWERED])
    family.phone(1).text("Kyllä")
    assert (family.state(), family.outcome()) == (OfferState.ACCEPTED, Outcome.ACCEPTED)


def test_whoever_may_no_longer_decide_is_not_obeyed() -> None:
    family = an_asked_family(guardians=2)
    phone, yesterday = family.phone(0), timezone.localdate() - timedelta(days=1)
    Guardianship.objects.filter(guardian=family.guardians[0]).update(valid_until=yesterday)

    phone.text("Kyllä")

    assert family.state() == OfferState.OPEN
    assert family.cases() == [CaseKind.UNKNOWN_SENDER]
    assert not Answer.objects.exists()


def two_guardians_at_one_number() -> tuple[Family, Phone]:
    child, number = a_child(), "+358407777777"
    for _ in range(2):
        adult = a_person(contact_language="fi")
        a_phone(adult, number)
        guard(adult, child)
    family = Family([child], a_running_round([child]))
    tell(family.round)
    family.deliver()
    return family, Phone(number)


def test_a_number_two_guardians_share_speaks_for_the_one_last_written_to() -> None:
    family, phone = two_guardians_at_one_number()

    phone.text("Kyllä")

    last = Message.objects.filter(kind=TextKind.OFFER).latest("claimed_at", "pk")
    assert family.state() == OfferState.ACCEPTED
    assert Answer.objects.get().guardian_id == last.person_id


def test_one_no_from_a_shared_number_is_one_guardians_no() -> None:
    family, phone = two_guardians_at_one_number()

    phone.text("Ei")

    assert family.state() == OfferState.OPEN
    assert family.offer().grace_until is not None


def test_a_number_two_families_share_is_asked_by_a_person() -> None:
    number = "+358407777778"
    families = []
    for _ in range(2):
        child, adult = a_child(), a_person(contact_language="fi")
        a_phone(adult, number)
        guard(adult, child)
        families.append(child)
    round = a_running_round(families)
    tell(round)
    deliver()

    answer = Phone(number).text("Kyllä")

    assert not Answer.objects.exists()
    assert ReviewCase.objects.get().kind == CaseKind.UNCLEAR_REPLY
    assert answer


def test_offers_of_two_rounds_at_one_number_are_asked_by_a_person() -> None:
    family = an_asked_family()
    tell(a_running_round(family.children))
    deliver()

    family.phone().text("Kyllä")

    assert not Answer.objects.exists()
    assert family.cases() == [CaseKind.UNCLEAR_REPLY]


def test_of_two_rounds_the_one_still_open_is_meant() -> None:
    family = an_asked_family()
    family.phone().text("Kyllä")
    later = a_running_round(family.children)
    tell(later)
    deliver()

    family.phone().text("Ei")

    states = Offer.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [OfferState.ACCEPTED, OfferState.DECLINED]


def test_a_new_offer_to_the_same_child_is_the_one_that_is_meant() -> None:
    family = an_asked_family()
    family.phone().text("Ei")
    make_offer(family.offer().subject)
    tell(family.round, kind=TextKind.REMINDER)
    family.deliver()

    family.phone().text("Kyllä")

    states = Offer.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [OfferState.DECLINED, OfferState.ACCEPTED]
