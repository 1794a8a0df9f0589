"""Families whom nothing else reaches get a letter: printed once, posted once, then answered."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from citizens.models import ContactHealth, ContactPoint, Person
from consents.models import Purpose
from consents.models.statements import How
from consents.services.objections import raise_objection
from helsinki_proactive.simulator.client import Simulator
from offers.delivery.letter_codes import ALPHABET, MOST_WRONG, SLOWED_FOR, open_code
from offers.delivery.links import open_link
from offers.delivery.outbox import expire_leases, reconcile, send_due, sweep
from offers.delivery.paper import (
    give_up_batch,
    letters_pdf,
    make_batch,
    mark_posted,
    numbers_withdrawn,
    open_slip,
    waiting,
    withdrawn,
)
from offers.delivery.paper.printing import AlreadyPostedError, NoSuchLetterError
from offers.delivery.switch import halt_sending
from offers.models import (
    CaseKind,
    Channel,
    LetterBatch,
    Message,
    MessageState,
    Offer,
    OfferState,
    ReviewCase,
    WrongCode,
)
from tests.delivery.world import a_running_round, a_told_family, guardian_of, number_of, tell
from tests.rounds.city import a_family, a_user

pytestmark = pytest.mark.django_db

STREET = "Kannelkatu 12 B 34"
CODE = f"[{ALPHABET}]{{4}}(-[{ALPHABET}]{{4}}){{2}}"


def lives_at(person: Person, *, street: str = STREET, postal_code: str = "00420") -> Person:
    """The person, with an address in the register."""
    person.set_address(street)
    person.postal_code = postal_code
    person.save()
    return person


def a_family_without_contact(*, guardians: int = 1, children: int = 1) -> list[Person]:
    brood = a_family(guardians=guardians, children=children)
    ContactPoint.objects.all().delete()
    for guardianship in brood[0].guardians.all():
        lives_at(guardianship.guardian)
    return brood


def a_waiting_letter(**family: int) -> Message:
    brood = a_family_without_contact(**family)
    tell(a_running_round(brood))
    return Message.objects.earliest("pk")


def words_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def code_in(letter: Message) -> str:
    letter.refresh_from_db()
    return letter.unseal("body").partition(", koodi ")[2].split()[0]


def test_a_family_that_nothing_else_reaches_is_written_a_letter() -> None:
    letter = a_waiting_letter()

    assert (letter.channel, letter.state) == (Channel.LETTER, MessageState.QUEUED)
    assert letter.contact_point is None
    assert not ReviewCase.objects.exists()


def test_while_the_other_guardian_has_a_phone_nobody_is_written_a_letter() -> None:
    (child,) = a_family(guardians=2)
    first = guardian_of(child)
    first.contact_points.all().delete()
    lives_at(first)

    tell(a_running_round([child]))

    assert [message.channel for message in Message.objects.all()] == [Channel.SMS]


def test_both_guardians_without_contact_get_a_letter_each() -> None:
    a_waiting_letter(guardians=2)

    assert Message.objects.letters().count() == 2


@pytest.mark.parametrize(("street", "postal_code"), [("", "00420"), (STREET, "02100")])
def test_nobody_is_written_to_at_an_address_that_is_not_known_whole(
    street: str, postal_code: str
) -> None:
    brood = a_family_without_contact()
    lives_at(guardian_of(brood[0]), street=street, postal_code=postal_code)

    tell(a_running_round(brood))

    assert not Message.objects.exists()


def test_after_the_last_dead_number_a_letter_is_written_and_no_caseworker_needed(
    simulator: Simulator,
) -> None:
    message = a_told_family()
    lives_at(message.person)
    simulator.dial(phones={number_of(message): 21211})

    send_due()
    send_due()

    letter = Message.objects.latest("pk")
    assert (letter.channel, letter.state) == (Channel.LETTER, MessageState.QUEUED)
    assert set(letter.offers.all()) == set(message.offers.all())
    assert not ReviewCase.objects.exists()


def test_two_guardians_with_dead_numbers_get_one_letter_each(simulator: Simulator) -> None:
    message = a_told_family(guardians=2)
    numbers = {}
    for each in Message.objects.select_related("person", "contact_point"):
        lives_at(each.person)
        numbers[number_of(each)] = 21211
    simulator.dial(phones=numbers)

    for _again in range(3):
        send_due()

    assert Message.objects.letters().count() == 2
    assert not ReviewCase.objects.filter(subject=message.offers.get().subject).exists()


def test_workers_leave_letters_alone_and_the_bell_does_not_ring_for_them() -> None:
    a_waiting_letter()

    assert send_due() == 0
    assert sweep() == set()
    assert waiting().count() == 1


def test_a_batch_is_printed_once_and_posted_once() -> None:
    letter = a_waiting_letter()

    batch = make_batch(by=a_user("printer"))
    assert batch is not None
    assert make_batch(by=a_user("another printer")) is None
    letter.refresh_from_db()
    assert (letter.state, letter.batch) == (MessageState.SENDING, batch)

    assert mark_posted(batch=batch, by=a_user("printer")) == 1
    letter.refresh_from_db()
    assert (letter.state, letter.provider) == (MessageState.SENT, "paper")
    with pytest.raises(AlreadyPostedError):
        mark_posted(batch=batch, by=a_user("printer"))
    with pytest.raises(AlreadyPostedError):
        give_up_batch(batch=batch, by=a_user("printer"))


def test_a_letter_is_tagged_pdf_with_address_code_phone_and_slip() -> None:
    letter = a_waiting_letter(children=2)
    batch = make_batch(by=a_user("printer"))
    assert batch is not None

    pdf = letters_pdf(batch)

    words = words_of(pdf)
    root = PdfReader(BytesIO(pdf)).root_object
    marked: Any = root["/MarkInfo"]
    assert marked["/Marked"]
    assert str(root["/Lang"]) == "fi"
    assert b"pdfuaid" in pdf
    person = letter.person
    for said in (person.full_name, STREET, "00420 HELSINKI", code_in(letter), str(letter.pk)):
        assert said in words
    for offer in letter.offers.all():
        assert offer.subject.person.call_name in words
        assert offer.capacity is not None
        assert offer.capacity.unit.name["fi"] in words
    assert "09 310 1691" in words


@pytest.mark.parametrize(
    ("language", "said"), [("sv", "HELSINGFORS"), ("en", "Reply slip"), ("sv", "/kod, kod ")]
)
def test_a_letter_speaks_the_recipients_language(language: str, said: str) -> None:
    brood = a_family_without_contact()
    Person.objects.update(contact_language=language)
    tell(a_running_round(brood))
    batch = make_batch(by=a_user("printer"))
    assert batch is not None

    assert said in words_of(letters_pdf(batch))


def test_what_a_name_holds_is_shown_and_never_read_as_markup() -> None:
    letter = a_waiting_letter()
    odd = '#read("/etc/hosts") *Å* $x$ ]'
    Person.objects.filter(pk=letter.person_id).update(last_name=odd)
    batch = make_batch(by=a_user("printer"))
    assert batch is not None

    assert "#read(" in words_of(letters_pdf(batch)).replace("“", '"')


def test_the_gate_is_asked_when_the_batch_is_made() -> None:
    letter = a_waiting_letter()
    Offer.objects.update(state=OfferState.ACCEPTED, answered_at=timezone.now())

    assert make_batch(by=a_user("printer")) is None

    letter.refresh_from_db()
    assert (letter.state, letter.reason) == (MessageState.CANCELLED, "answered")
    assert not LetterBatch.objects.exists()


def test_a_protected_person_is_never_in_a_batch() -> None:
    letter = a_waiting_letter()
    Person.objects.filter(pk=letter.person_id).update(protected=True)

    assert make_batch(by=a_user("printer")) is None

    letter.refresh_from_db()
    assert letter.reason == "protected"


def test_a_letter_is_withdrawn_from_a_batch_when_its_recipient_objects() -> None:
    letter = a_waiting_letter()
    batch = make_batch(by=a_user("printer"))
    assert batch is not None
    purpose = Purpose.objects.get(services__rounds=letter.round)
    code = code_in(letter)

    raise_objection(person=letter.person, purpose=purpose, how=How.PHONE)

    assert list(withdrawn(batch)) == [letter]
    assert mark_posted(batch=batch, by=a_user("printer")) == 0
    letter.refresh_from_db()
    assert letter.state == MessageState.FAILED
    assert open_code(code, source="a").token is None


def test_while_sending_is_halted_no_letter_is_printed() -> None:
    letter = a_waiting_letter()
    halt_sending(by=a_user("chief"), reason="a mistake in the text", round=letter.round)

    assert make_batch(by=a_user("printer")) is None
    letter.refresh_from_db()
    assert letter.state == MessageState.QUEUED


def test_a_batch_that_nobody_posts_becomes_a_caseworkers_and_can_still_be_posted() -> None:
    letter = a_waiting_letter()
    batch = make_batch(by=a_user("printer"))
    assert batch is not None
    Message.objects.update(lease_until=timezone.now() - timedelta(minutes=1))

    assert expire_leases() == 1
    Message.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    reconcile()

    letter.refresh_from_db()
    assert letter.state == MessageState.UNCERTAIN
    assert ReviewCase.objects.open().get().kind == CaseKind.UNCERTAIN_MESSAGE
    assert mark_posted(batch=batch, by=a_user("printer")) == 1
    assert not ReviewCase.objects.open().exists()


def test_a_spoiled_batch_is_given_up_and_its_letters_are_printed_again_with_new_codes() -> None:
    letter = a_waiting_letter()
    batch = make_batch(by=a_user("printer"))
    assert batch is not None
    spoiled = code_in(letter)

    assert give_up_batch(batch=batch, by=a_user("printer")) == 1
    assert open_code(spoiled, source="a").token is None
    assert make_batch(by=a_user("printer")) is not None

    assert code_in(letter) != spoiled
    assert open_code(code_in(letter), source="b").token


def test_a_typed_code_opens_what_the_letter_is_about_however_it_is_typed() -> None:
    letter = a_waiting_letter()
    make_batch(by=a_user("printer"))
    code = code_in(letter)

    for typed in (code, code.lower(), code.replace("-", " "), f"  {code.replace('-', '')} "):
        token = open_code(typed, source="a home").token
        assert token is not None
        link = open_link(token)
        assert link is not None
        assert (link.round, link.guardian) == (letter.round, letter.person)
    assert not WrongCode.objects.exists()


def test_after_some_wrong_codes_from_one_place_even_the_right_one_waits(
    time_machine: object,
) -> None:
    letter = a_waiting_letter()
    make_batch(by=a_user("printer"))
    code = code_in(letter)

    for _try in range(MOST_WRONG):
        opened = open_code("2222-2222-2222", source="a guesser")
        assert not opened.must_wait
    assert open_code(code, source="a guesser").must_wait
    assert open_code(code, source="somebody else").token

    WrongCode.objects.update(at=timezone.now() - SLOWED_FOR - timedelta(seconds=1))
    assert open_code(code, source="a guesser").token


@given(typed=st.text(max_size=30))
def test_nothing_but_the_code_opens_anything(typed: str) -> None:
    WrongCode.objects.all().delete()
    assert open_code(typed, source="x").token is None


def test_a_code_no_longer_opens_once_its_links_are_out_of_date() -> None:
    letter = a_waiting_letter()
    make_batch(by=a_user("printer"))
    letter.person.links.update(expires_at=timezone.now())

    assert open_code(code_in(letter), source="a").token is None


def test_a_slip_that_comes_back_opens_one_case_with_all_its_children() -> None:
    letter = a_waiting_letter(children=2)
    batch = make_batch(by=a_user("printer"))
    assert batch is not None
    with pytest.raises(NoSuchLetterError):
        open_slip(number=letter.pk, by=a_user("caseworker"))
    mark_posted(batch=batch, by=a_user("printer"))

    case = open_slip(number=letter.pk, by=a_user("caseworker"))

    assert open_slip(number=letter.pk, by=a_user("caseworker")) == case
    assert (case.kind, case.message) == (CaseKind.REPLY_SLIP, letter)
    assert case.taken_by == a_user("caseworker")


def test_nothing_is_printed_in_an_environment_that_writes_to_listed_recipients_only(
    settings: object,
) -> None:
    letter = a_waiting_letter()
    settings.HP_ENV = "staging"  # type: ignore[attr-defined]

    assert make_batch(by=a_user("printer")) is None
    letter.refresh_from_db()
    assert letter.reason == "not_allowed_here"
    assert ContactHealth.BOUNCED not in ContactPoint.objects.values_list("health", flat=True)


def test_a_withdrawn_letter_is_left_out_and_the_others_keep_their_numbers() -> None:
    letters = [a_waiting_letter(), a_waiting_letter()]
    batch = make_batch(by=a_user("printer"))
    assert batch is not None
    purpose = Purpose.objects.get(services__rounds=letters[0].round)
    withdrawn_one, other = Message.objects.order_by("pk").select_related("person")
    raise_objection(person=withdrawn_one.person, purpose=purpose, how=How.PHONE)

    words = words_of(letters_pdf(batch))

    assert withdrawn_one.person.full_name not in words
    assert other.person.full_name in words
    assert f"{batch.pk}/2" in words
    assert numbers_withdrawn(batch) == [1]
