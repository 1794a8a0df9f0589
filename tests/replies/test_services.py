"""Each shipped service, and one that is new, from its folder to the last answer."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.conf import settings
from django.utils import timezone

from citizens.models import Person
from consents.models import DataUse
from helsinki_proactive.simulator.client import Simulator
from offers.catalogue.load import CATALOGUE, load_catalogue
from offers.delivery.outbox import send_due
from offers.models import (
    Lane,
    Message,
    MessageState,
    Outcome,
    Recipient,
    Round,
    RoundState,
    Service,
    ServiceText,
    Subject,
)
from offers.rounds.approval import approve_round, request_approval
from offers.rounds.close import close_round
from offers.rounds.drafts import draft_round
from offers.rounds.generate import generate_offers
from offers.rounds.invariants import check_invariants
from offers.rounds.prepare import draw_up_list, prepare_round
from tests.replies.phones import phone_of
from tests.rounds.city import a_fact, a_person, a_phone, deadline, guard, seats
from tests.rounds.journeys import approver, preparer

pytestmark = pytest.mark.django_db(transaction=True)

SHIPPED = sorted(path.parent.name for path in CATALOGUE.glob("*/service.toml"))
NEW = "library_card"


def born(years: int, **values: object) -> Person:
    """Somebody who is so many years old in all this year."""
    return a_person(birth_date=date(timezone.localdate().year - years, 1, 1), **values)


def a_permit_holder() -> Person:
    person = born(40)
    a_fact(person, "parking_permit_ends", timezone.localdate().replace(month=12, day=1))
    a_fact(person, "parking_zone", "C")
    return person


def a_reader() -> Person:
    person = born(20)
    a_fact(person, "books_borrowed", 12)
    return person


ENTITLED: dict[str, Callable[[], Person]] = {
    "cervical_screening": lambda: born(40, sex="female"),
    "four_year_check": lambda: born(4),
    "home_visit_at_80": lambda: born(80),
    "influenza_vaccination": lambda: born(70),
    "preschool": lambda: born(6),
    "resident_parking_renewal": a_permit_holder,
    "school_enrolment": lambda: born(7),
    "summer_job_voucher": lambda: born(16),
    NEW: a_reader,
}
"""Somebody each service is for."""


def test_every_shipped_service_is_taken_to_its_answer() -> None:
    assert [*SHIPPED, NEW] == [*sorted(set(ENTITLED) - {NEW}), NEW]


@pytest.mark.parametrize("code", SHIPPED)
def test_a_service_goes_from_preview_to_answer(code: str, simulator: Simulator) -> None:
    with TemporaryDirectory() as folder:
        for name in (code, "shared_texts"):
            (Path(folder) / name).symlink_to(CATALOGUE / name)
        load_catalogue(folder=Path(folder))
    _from_preview_to_answer(code, simulator)


def test_a_new_service_is_a_folder_with_its_own_fact_and_no_line_of_code(
    tmp_path: Path, simulator: Simulator
) -> None:
    given_a_folder_for_a_library_card(tmp_path)
    load_catalogue(folder=tmp_path)
    _from_preview_to_answer(NEW, simulator)


def given_a_folder_for_a_library_card(folder: Path) -> None:
    """A copy of the parking permit's folder, for those who borrowed ten books or more."""
    (folder / "shared_texts").symlink_to(CATALOGUE / "shared_texts")
    parking = CATALOGUE / "resident_parking_renewal"
    for path in parking.rglob("*.toml"):
        target = folder / NEW / path.relative_to(parking)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        target.write_text(text.partition("[[attribute]]")[0], encoding="utf-8")
    with (folder / NEW / "service.toml").open("a", encoding="utf-8") as file:
        file.write(
            """
[[attribute]]
code = "books_borrowed"
type = "number"
source = "library_register"
sensitive = false
label = { fi = "Lainattuja kirjoja", sv = "Lånade böcker", en = "Books borrowed" }

[[rule]]
attribute = "books_borrowed"
operator = "at_least"
value = 10
"""
        )


def _from_preview_to_answer(code: str, simulator: Simulator) -> None:
    service = Service.objects.get(code=code)
    willing, unwilling, stranger = ENTITLED[code](), ENTITLED[code](), born(1)
    phones = {one.pk: _reachable(service, one) for one in (willing, unwilling, stranger)}

    round = when_the_list_is_drawn_up(service)
    assert round.preview["blockers"] == []
    assert round.preview["contacted"] == round.preview["total"]["messages"] == 2
    assert set(_subjects(round)) == {willing.pk, unwilling.pk}

    when_two_agree_on_it(round)
    assert send_due() == 2
    for person in (willing, unwilling):
        [offer] = simulator.messages(to=phones[person.pk])
        assert "((" not in offer.body
        assert "KYLLÄ" in offer.body

    said = {
        person.pk: simulator.reply(phones[person.pk], settings.TWILIO_FROM, words)
        for person, words in ((willing, "Kyllä kiitos"), (unwilling, "Ei kiitos"))
    }
    assert all(reply.answers for reply in said.values())
    while send_due(lane=Lane.REPLIES):
        pass
    assert _subjects(round) == {willing.pk: Outcome.ACCEPTED, unwilling.pk: Outcome.DECLINED}
    assert simulator.messages(to=phones[stranger.pk]) == []
    assert DataUse.objects.filter(processing=round.processing).count() >= 2
    broken = [result for result in check_invariants(round) if result.broken]
    assert broken == []
    assert close_round(round=round, by=preparer()).state == RoundState.CLOSED


def _reachable(service: Service, person: Person) -> str:
    """The number of whoever is written to about the person."""
    recipient = person
    if service.recipient == Recipient.GUARDIANS:
        recipient = a_person()
        guard(recipient, person)
    a_phone(recipient)
    return phone_of(recipient).number


def when_the_list_is_drawn_up(service: Service) -> Round:
    """A draft with seats, prepared."""
    today = timezone.localdate()
    if service.needs_seat:
        timed = ServiceText.objects.filter(service=service, body__contains="((time))").exists()
        seats(
            2,
            service=service,
            period="test",
            group=service.placement.get("group_otherwise", ""),
            starts_at=timezone.now() + timedelta(days=60) if timed else None,
        )
    round = draft_round(
        service=service,
        name="Kierros",
        period="test" if service.needs_seat else "",
        as_of=today,
        begins_on=today + timedelta(days=60),
        ends_on=None,
        deadline_at=deadline(),
        by=preparer(),
    )
    prepare_round(round=round, by=preparer())
    draw_up_list(round=round)
    round.refresh_from_db()
    assert round.state == RoundState.PREPARED, round.preview
    return round


def when_two_agree_on_it(round: Round) -> None:
    """Frozen by one, approved by another, and the offers made."""
    frozen = request_approval(round=round, by=preparer())
    approve_round(round=frozen, digest=frozen.frozen_digest, by=approver())
    generate_offers(round=round)
    round.refresh_from_db()
    assert round.state == RoundState.RUNNING
    queued = Message.objects.filter(round=round, state=MessageState.QUEUED)
    assert queued.count() == 2


def _subjects(round: Round) -> dict[int, str]:
    return dict(Subject.objects.filter(round=round).values_list("person", "outcome"))
