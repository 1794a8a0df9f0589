"""Whose answer it is: guardians who agree or don't, numbers that are shared."""

from datetime import timedelta

import pytest
from django.utils import timezone

from citizens.models import Guardianship
from offers.delivery.gate import GateReason
from offers.models import (
    AcceptancePolicy,
    Answer,
    CaseKind,
    Channel,
    Message,
    MessageState,
    Offer,
    OfferState,
    Outcome,
    Reply,
    ReviewCase,
    Service,
    TextKind,
)
from offers.replies.answers import end_grace
from tests.delivery.world import a_running_round, claim_all, make_offer, tell
from tests.replies.families import Family, after_the_deadline, an_asked_family
from tests.replies.phones import Phone, deliver
from tests.rounds.city import (
    a_child,
    a_person,
    a_phone,
    an_address,
    guard,
    preschool,
    seats,
)

pytestmark = pytest.mark.django_db

SHARED = Phone("+358407777777")


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


def at_one_number(
    *broods: tuple[int, ...], policy: AcceptancePolicy = AcceptancePolicy.ANY
) -> Family:
    """Guardians who share a number, each of some of the children (by place)."""
    preschool()
    Service.objects.update(acceptance=policy)
    children = [a_child() for _ in range(1 + max(map(max, broods)))]
    for brood in broods:
        adult = a_person(contact_language="fi")
        a_phone(adult, SHARED.number)
        for place in brood:
            guard(adult, children[place])
    family = Family(children, a_running_round(children))
    tell(family.round)
    family.deliver()
    return family


def sent() -> list[TextKind]:
    messages = Message.objects.filter(state=MessageState.SENT).order_by("pk")
    return [TextKind(kind) for kind in messages.values_list("kind", flat=True)]


def test_guardians_who_share_a_number_are_asked_once() -> None:
    family = at_one_number((0,), (0,))

    assert sent() == [TextKind.OFFER]
    spared = Message.objects.get(state=MessageState.CANCELLED)
    assert spared.reason == GateReason.SAME_NUMBER
    assert tell(family.round) == 0, "the same occasion again changes nothing"
    assert tell(family.round, kind=TextKind.REMINDER) == 1


def test_whoever_is_asked_about_more_children_is_asked_for_all_at_the_number() -> None:
    family = at_one_number((0,), (0, 1))

    message = Message.objects.get(state=MessageState.SENT)
    assert message.person == family.guardians[1]
    assert message.offers.count() == 2


def test_guardians_of_different_children_at_one_number_are_each_asked_about_theirs() -> None:
    family = at_one_number((0, 1), (1, 2))

    assert sent() == [TextKind.OFFER, TextKind.OFFER]
    SHARED.text("Kyllä")
    assert not Answer.objects.exists(), "who of them says it of whom?"
    assert ReviewCase.objects.get().kind == CaseKind.UNCLEAR_REPLY
    assert family.state() == OfferState.OPEN


def test_a_yes_from_a_shared_number_counts_for_whom_the_message_was_addressed_to() -> None:
    family = at_one_number((0,), (0,))

    SHARED.text("Kyllä")

    assert family.state() == OfferState.ACCEPTED
    assert Answer.objects.get().guardian == family.guardians[0]
    family.deliver()
    assert sent() == [TextKind.OFFER, TextKind.ACCEPTED], "the number is told once, for both"


def test_a_no_from_a_shared_number_said_twice_is_still_one_guardians_no() -> None:
    family = at_one_number((0,), (0,))

    for _ in range(2):
        SHARED.text("Ei")
        family.deliver()

    assert family.state() == OfferState.OPEN
    assert family.offer().grace_until is not None
    assert set(Answer.objects.values_list("guardian", flat=True)) == {family.guardians[0].pk}


def test_where_all_must_accept_a_shared_number_speaks_for_one_and_the_seat_is_held() -> None:
    family = at_one_number((0,), (0,), policy=AcceptancePolicy.ALL)

    SHARED.text("Kyllä")
    after_the_deadline(family)

    assert (family.state(), family.cases()) == (OfferState.UNANSWERED, [CaseKind.UNANSWERED])


def test_if_one_of_those_who_share_a_number_may_not_be_asked_the_other_is() -> None:
    children = [a_child()]
    for _ in range(2):
        adult = a_person(contact_language="fi")
        a_phone(adult, SHARED.number)
        guard(adult, children[0])
    family = Family(children, a_running_round(children))
    tell(family.round)
    first, second = family.guardians
    Guardianship.objects.filter(guardian=first).update(may_decide=False)

    claim_all()

    waiting = Message.objects.get(state=MessageState.QUEUED)
    assert (waiting.person, waiting.contact_point) == (second, second.contact_points.get())
    assert family.cases() == []


def test_a_stop_at_a_shared_number_asks_the_other_guardian_at_another_address() -> None:
    family = at_one_number((0,), (0,))
    an_address(family.guardians[1])

    SHARED.text("Älkää lähettäkö enää viestejä")

    mail = Message.objects.get(channel=Channel.EMAIL)
    assert (mail.person, mail.kind) == (family.guardians[1], TextKind.OFFER)
    assert family.cases() == []


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
