"""A town in which every page has something to show: a round in each state, cases, links."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db.models import Model
from django.test import Client
from django.utils import timezone

from citizens.models import Attribute, ContactPoint, Person, RegisterImport
from consents.models import LegalBasis
from consents.models.statements import How
from consents.services.objections import raise_objection
from helsinki_proactive.my.disputes import ask_for_rectification
from helsinki_proactive.staff.models import User
from helsinki_proactive.staff.roles import UNIT_HEAD
from offers.catalogue.load import CATALOGUE, load_catalogue
from offers.delivery.links import issue_link
from offers.delivery.paper import make_batch, mark_posted
from offers.delivery.switch import halt_sending, resume_sending
from offers.eligibility.standing import keep_standing
from offers.eligibility.versions import approve_rule, fingerprint, propose_rule
from offers.models import (
    AcceptancePolicy,
    AdmissionArea,
    AnswerKind,
    Capacity,
    EligibilityRule,
    Offer,
    OfferState,
    ReviewCase,
    Round,
    Service,
    ServiceText,
    Subject,
    Unit,
    Verdict,
)
from offers.replies import inbox
from offers.replies.handling import take_case
from offers.replies.opinions import record_rating
from offers.rounds.approval import reject_round
from offers.rounds.close import cancel_round, close_round
from offers.rounds.looks import answer_look, ask_head
from offers.rounds.prepare import prepare_round
from tests.casework.staff import ROLES, at_work, employee
from tests.rounds.city import (
    a_child,
    a_family,
    a_person,
    a_phone,
    a_round,
    a_user,
    guard,
    preschool,
    seats,
)
from tests.rounds.journeys import (
    answer,
    approved,
    approver,
    awaiting,
    hand_over_all,
    prepared,
    preparer,
    running,
)

LISTED: tuple[type[Model], ...] = (
    *(Service, ServiceText, EligibilityRule, Unit, Capacity, AdmissionArea),
    *(LegalBasis, Attribute, RegisterImport, User),
)
"""What the admin shows a page for each row of."""

SERVICES = ("preschool", "cervical_screening", "summer_job_voucher", "shared_texts")


@dataclass
class Town:
    """What is where: primary keys by name, links by what the family's page says."""

    sessions: Mapping[str, str]
    rounds: dict[str, int] = field(default_factory=dict)
    subjects: dict[str, tuple[int, int]] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    cases: dict[str, int] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)
    looks: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


def built() -> Town:
    """The town, built by the services the product itself uses."""
    _load_services()
    town = Town({role: _session(at_work(role)) for role in (*ROLES, UNIT_HEAD)})
    seats(60)
    seats(60, north_m=2000)
    _closed(town)
    _running(town)
    _family_pages(town)
    _appointment(town)
    _letters()
    _halted(town)
    _not_yet_running(town)
    _rows(town)
    _rules(town)
    keep_standing(day=timezone.localdate())
    return town


def _session(client: Client) -> str:
    return client.cookies["hp_staff"].value


def _load_services() -> None:
    with TemporaryDirectory() as folder:
        for name in SERVICES:
            (Path(folder) / name).symlink_to(CATALOGUE / name)
        load_catalogue(folder=Path(folder))


def _new(name: str) -> Round:
    """A draft; who is in another round under way is not in it."""
    return a_round(name=name)


def _families(number: int = 2) -> list[Person]:
    return [child for _ in range(number) for child in a_family()]


def _closed(town: Town) -> None:
    children = _families()
    round = running(_new("closed"))
    for child in children:
        answer(child, AnswerKind.ACCEPT)
    town.links["kept"] = _link(round, children[0])
    town.rounds["closed"] = close_round(round=round, by=preparer()).pk


def _not_yet_running(town: Town) -> None:
    """What is approved, waits for it, or is being prepared; and what was cancelled."""
    _families()
    town.rounds["approved"] = approved(_new("approved")).pk
    _families()
    town.rounds["awaiting"] = awaiting(_new("awaiting")).pk
    [child, _other] = _families()
    ended = cancel_round(round=running(_new("cancelled")), by=preparer(), reason="Väärä päivä")
    town.rounds["cancelled"] = ended.pk
    town.links["over"] = _link(ended, child)
    back = reject_round(round=awaiting(_new("back")), by=approver(), reason="Liian aikainen")
    town.rounds["sent back"] = back.pk
    town.rounds["preparing"] = prepare_round(round=_new("preparing"), by=preparer()).pk
    town.rounds["draft"] = _new("draft").pk
    for language in ("fi", "sv", "en"):
        a_family(contact_language=language)
    a_child(place_by_hand=True)
    a_child(protected=True)
    shown = prepared(_new("prepared"))
    town.rounds["prepared"] = shown.pk
    placed = Subject.objects.filter(round=shown).exclude(capacity=None).earliest("pk")
    town.subjects["to pin"] = (shown.pk, placed.pk)
    _looks(town, shown)


def _looks(town: Town, round: Round) -> None:
    """A unit's head is asked; another's part is moved there, so that two are."""
    head, more = employee(UNIT_HEAD), seats(60, north_m=1000)
    moved = Subject.objects.filter(round=round).exclude(capacity=None).latest("pk")
    Subject.objects.filter(pk=moved.pk).update(capacity=more)
    units = Unit.objects.filter(capacities__subjects__round=round).distinct().order_by("pk")
    for name, unit in zip(("asked", "answered"), units, strict=False):
        look = ask_head(round=round, unit=unit, head=head, by=preparer())
        town.looks[name] = look.pk
    answer_look(look=look, verdict=Verdict.REMARK, remark="Rivi 1 muuttaa", by=head)


def _link(round: Round, child: Person) -> str:
    guardian = child.guardians.select_related("guardian").earliest("pk").guardian
    return issue_link(round=round, guardian=guardian, expires_at=timezone.now() + timedelta(days=1))


def _running(town: Town) -> None:
    """A round with every kind of outcome, and what it brings to the queue."""
    accepts, declines, wishes, silent, writes = _families(5)
    by_hand = a_child(place_by_hand=True)
    hidden = a_child(protected=True)
    round = running(_new("running"))
    hand_over_all(round, delivered=True)
    answer(accepts, AnswerKind.ACCEPT)
    answer(declines, AnswerKind.DECLINE)
    answer(wishes, AnswerKind.OTHER_PLACE)
    guardian = accepts.guardians.get().guardian
    record_rating(round=round, guardian=guardian, stars=5, comment="Helppoa!")
    point = ContactPoint.objects.get(person__guardianships__child=writes)
    inbox.receive(
        provider="twilio",
        provider_id="SM-unclear",
        sender=point.unseal("value"),
        text="kyllä, mutta toivomme toista päiväkotia",
        now=timezone.now(),
    )
    town.rounds["running"] = round.pk
    town.cases["reply"] = ReviewCase.objects.latest("pk").pk
    _cases(town, round)
    for name, child in {"silent": silent, "by hand": by_hand, "protected": hidden}.items():
        subject = Subject.objects.get(round=round, person=child)
        town.subjects[name] = (round.pk, subject.pk)
        town.people[name] = child.pk
    town.people["guardian"] = guardian.pk


def _cases(town: Town, round: Round) -> None:
    cases = ReviewCase.objects.filter(round=round)
    town.cases["protected"] = cases.get(kind="protected").pk
    by_hand = cases.get(kind="by_hand")
    take_case(case=by_hand, by=employee("caseworker", "colleague"))
    town.cases["a colleague's"] = by_hand.pk
    wish = cases.get(kind="other_place")
    wish.closed_at, wish.closed_by, wish.resolution = timezone.now(), a_user("colleague"), "seen"
    wish.save()
    town.cases["closed"] = wish.pk
    _rectifications(town)


def _rectifications(town: Town) -> None:
    """Somebody says that a fact of their own is wrong, and one of their child."""
    [child] = a_family(first_names="Aino")
    guardian = child.guardians.get().guardian
    ask = partial(
        ask_for_rectification, attribute="mother_tongue", should_be="somali", because="Puhumme"
    )
    ask(person=guardian)
    town.cases["rectification"] = ReviewCase.objects.latest("pk").pk
    ask(person=child, by=guardian)
    town.cases["a child's fact"] = ReviewCase.objects.latest("pk").pk


def _family_pages(town: Town) -> None:
    """A family for each thing its page can say."""
    names = ("open", "late", "accepted", "accepted_waiting", "declined", "other_place", "rated")
    children = {name: a_family(last_name=name)[0] for name in names}
    [children["declined_waiting"]] = a_family(guardians=2)
    several = a_family(children=2)
    children["several"] = several[0]
    [children["withdrawn"], withdrawn] = a_family(children=2)
    round = running(_new("pages"))
    for name, child in children.items():
        town.links[name] = _link(round, child)
    for name in ("accepted", "rated"):
        answer(children[name], AnswerKind.ACCEPT)
    for name in ("declined", "declined_waiting"):
        answer(children[name], AnswerKind.DECLINE)
    answer(children["other_place"], AnswerKind.OTHER_PLACE)
    answer(several[1], AnswerKind.ACCEPT)
    _both_must_accept(children["accepted_waiting"])
    record_rating(
        round=round, guardian=children["rated"].guardians.get().guardian, stars=4, comment=""
    )
    Offer.objects.filter(subject__person=children["late"]).update(
        state=OfferState.UNANSWERED, deadline_at=timezone.now() - timedelta(hours=1)
    )
    Offer.objects.filter(subject__person=withdrawn).update(state=OfferState.WITHDRAWN)
    town.links["nothing"] = issue_link(
        round=round, guardian=a_person(), expires_at=timezone.now() + timedelta(days=1)
    )


def _both_must_accept(child: Person) -> None:
    """One of two guardians accepts while the service wants both."""
    other = a_person()
    guard(other, child)
    a_phone(other)
    service = preschool()
    service.acceptance = AcceptancePolicy.ALL
    service.save(update_fields=["acceptance"])
    answer(child, AnswerKind.ACCEPT)
    service.acceptance = AcceptancePolicy.ANY
    service.save(update_fields=["acceptance"])


def _appointment(town: Town) -> None:
    """An invitation to oneself, with a time instead of a first day."""
    service = Service.objects.get(code="cervical_screening")
    woman = a_person(sex="female", birth_date=timezone.localdate() - timedelta(days=40 * 365))
    a_phone(woman)
    starts_at = timezone.now() + timedelta(days=60)
    seats(3, service=service, group="", period="spring", starts_at=starts_at)
    round = running(a_round(service=service, name="screening", period="spring"))
    town.links["appointment"] = issue_link(
        round=round, guardian=woman, expires_at=timezone.now() + timedelta(days=1)
    )


def _letters() -> None:
    """A batch that was posted, one with a letter to take out of it, and a letter that waits."""
    purpose = preschool().purpose
    _write_letters(1)
    posted = make_batch(by=preparer())
    assert posted is not None
    mark_posted(batch=posted, by=preparer())
    first, _second = _write_letters(2)
    make_batch(by=preparer())
    raise_objection(person=first, purpose=purpose, how=How.PHONE)
    _write_letters(1)


def _write_letters(number: int) -> list[Person]:
    """The guardians of so many families without phones, who are offered a place by letter."""
    guardians = []
    for child in _families(number):
        guardian = child.guardians.get().guardian
        guardian.contact_points.all().delete()
        guardian.set_address("Kannelkatu 1")
        guardian.postal_code = "00420"
        guardian.save()
        guardians.append(guardian)
    running(_new("letters"))
    return guardians


def _halted(town: Town) -> None:
    _families()
    round = running(_new("halted"))
    halt_sending(by=preparer(), reason="Väärä teksti", service=preschool())
    resume_sending(by=preparer(), service=preschool())
    halt_sending(by=preparer(), reason="Väärä teksti", round=round)
    town.rounds["halted"] = round.pk


def _rules(town: Town) -> None:
    """A version that waits for approval, and one that a newer one has overtaken."""
    service = preschool()
    for name, years in (("overtaken", [5, 5]), ("approved", [5, 6]), ("proposed", [5, 7])):
        question = {"attribute": "birth_date", "operator": "is_years", "value": years}
        criteria = {"all": [{"any": [question]}]}
        town.rules[name] = propose_rule(service=service, criteria=criteria, by=preparer()).pk
    rule = EligibilityRule.objects.get(pk=town.rules["approved"])
    approve_rule(rule=rule, seen=fingerprint(rule), by=approver())


def _rows(town: Town) -> None:
    """A row of each list that has pages of rows."""
    AdmissionArea.objects.create(
        code="00100",
        name={"fi": "Keskusta", "sv": "Centrum", "en": "Centre"},
        boundary={"type": "Polygon", "coordinates": []},
    )
    RegisterImport.objects.create(as_of=timezone.localdate())
    for model in LISTED:
        town.rows[model._meta.label_lower.replace(".", "_")] = model._default_manager.latest(
            "pk"
        ).pk
