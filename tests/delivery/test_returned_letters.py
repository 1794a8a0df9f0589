"""A letter that the post brings back: nothing more goes there, and somebody else is found."""

from datetime import timedelta

import pytest
from django.utils import timezone

from citizens.models import ContactKind, ContactPoint, Person
from offers.delivery.paper import make_batch, mark_posted, record_returned
from offers.delivery.paper.printing import NoSuchLetterError
from offers.models import (
    CaseKind,
    Channel,
    Link,
    Message,
    MessageState,
    Offer,
    OfferState,
    ReviewCase,
)
from tests.delivery.test_letters import a_family_without_contact, a_waiting_letter, lives_at
from tests.delivery.world import a_running_round, state_of, tell
from tests.rounds.city import a_user

pytestmark = pytest.mark.django_db


def post() -> None:
    batch = make_batch(by=a_user("caseworker"))
    assert batch is not None
    mark_posted(batch=batch, by=a_user("caseworker"))


def come_back(letter: Message) -> None:
    record_returned(number=letter.pk, by=a_user("caseworker"))


def test_it_has_failed_its_code_no_longer_opens_and_a_person_takes_over() -> None:
    letter = a_waiting_letter()
    post()

    come_back(letter)

    letter.refresh_from_db()
    assert (letter.state, letter.reason) == (MessageState.FAILED, "returned")
    assert not Link.objects.filter(revoked_at=None).exists()
    case = ReviewCase.objects.open().get()
    assert (case.kind, case.subject) == (CaseKind.NO_CONTACT, letter.offers.get().subject)


def test_a_phone_that_the_register_has_learnt_meanwhile_is_the_next_way() -> None:
    letter = a_waiting_letter()
    post()
    phone = ContactPoint(person=letter.person, kind=ContactKind.SMS)
    phone.set_value("+358451230001")
    phone.save()

    come_back(letter)

    text = Message.objects.latest("pk")
    assert (text.channel, text.contact_point, text.state) == (
        Channel.SMS,
        phone,
        MessageState.QUEUED,
    )
    assert set(text.offers.all()) == set(letter.offers.all())
    assert not ReviewCase.objects.exists()


def test_while_the_other_guardians_letter_is_out_no_person_is_needed() -> None:
    a_waiting_letter(guardians=2)
    post()
    first, second = Message.objects.letters().order_by("pk")

    come_back(first)
    assert not ReviewCase.objects.exists()

    come_back(second)
    assert ReviewCase.objects.open().get().kind == CaseKind.NO_CONTACT


def test_nobody_writes_to_that_address_again_until_the_register_has_another() -> None:
    letter = a_waiting_letter()
    post()
    come_back(letter)
    brood = [letter.offers.get().subject.person]

    tell(a_running_round(brood))
    assert not Message.objects.letters().exclude(pk=letter.pk).exists()

    lives_at(letter.person, street="Toinen katu 2")
    tell(a_running_round(brood))
    assert Message.objects.letters().exclude(pk=letter.pk).count() == 1


def test_an_address_that_is_new_since_the_letter_was_made_is_not_given_up() -> None:
    letter = a_waiting_letter()
    post()
    Person.objects.filter(pk=letter.person_id).update(
        changed_at=timezone.now() + timedelta(seconds=1)
    )

    come_back(letter)

    assert Person.objects.get(pk=letter.person_id).returned_address_index is None


def test_a_family_that_has_answered_meanwhile_is_no_case() -> None:
    letter = a_waiting_letter()
    post()
    Offer.objects.update(state=OfferState.ACCEPTED)

    come_back(letter)

    assert state_of(letter) == MessageState.FAILED
    assert not ReviewCase.objects.exists()


def test_the_same_letter_comes_back_only_once() -> None:
    letter = a_waiting_letter()
    post()
    come_back(letter)
    ReviewCase.objects.update(closed_at=timezone.now(), resolution="called")

    come_back(letter)

    assert not ReviewCase.objects.open().exists()
    assert letter.receipts.count() == 1


def test_a_letter_that_nobody_has_posted_cannot_come_back() -> None:
    letter = a_waiting_letter()
    make_batch(by=a_user("caseworker"))

    with pytest.raises(NoSuchLetterError):
        come_back(letter)

    assert state_of(letter) == MessageState.SENDING


def test_only_letters_come_back() -> None:
    brood = a_family_without_contact()
    phone = ContactPoint(person=brood[0].guardians.get().guardian, kind=ContactKind.SMS)
    phone.set_value("+358451230002")
    phone.save()
    tell(a_running_round(brood))

    with pytest.raises(NoSuchLetterError):
        come_back(Message.objects.get())
