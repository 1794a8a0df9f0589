"""The simulated families. They do what a family can: read their messages, answer, open the link."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from random import Random
from urllib.parse import urljoin

import urllib3
from django.conf import settings

from helsinki_proactive.simulator.client import Simulator
from offers.models import Channel, MessageOffer, Round, TextKind

AT_ONCE = 8
LINK = re.compile(r"https?://\S+/o/[\w-]+/")
DIGITS = re.compile(r"\b1 = .*\b2 = ")
WORDING = Path(__file__).parent / "wording.tsv"
STARS, STARS_WEIGHTS = (1, 2, 3, 4, 5), (2, 3, 8, 32, 55)


class Plan(StrEnum):
    """What a family has made up its mind to do."""

    ACCEPT = "accept"
    DECLINE = "decline"
    OTHER_PLACE = "other_place"
    SILENT = "silent"


@dataclass(frozen=True)
class Shares:
    """The parameters of the families' behaviour, each a share from 0 to 1; never a result.

    ``accept`` and ``wish`` are shares of those who answer, ``late`` those of them who answer only
    after the reminder, ``unclear`` the texts that have to be asked again, ``rating`` the web
    answers that leave one.
    """

    answer: float
    accept: float
    wish: float
    late: float
    unclear: float
    rating: float


@dataclass(frozen=True)
class Guardian:
    """One of a family's guardians, as the city wrote to them."""

    address: str = field(repr=False)
    channel: str
    language: str


@dataclass(frozen=True)
class Family:
    key: int
    guardians: Sequence[Guardian]
    children: int
    plan: Plan
    is_late: bool

    @property
    def speakers(self) -> Sequence[Guardian]:
        """Who answers: one of them accepts for all; to decline, each says so."""
        return self.guardians if self.plan == Plan.DECLINE else self.guardians[:1]


def families_of(round: Round, *, shares: Shares, seed: int) -> list[Family]:
    """The families the round wrote to, each with its mind made up."""
    random = Random(seed)
    guardians: dict[int, dict[str, Guardian]] = defaultdict(dict)
    children: dict[int, set[int]] = defaultdict(set)
    asked = (
        MessageOffer.objects.filter(message__round=round, message__kind=TextKind.OFFER)
        .select_related("message__contact_point", "offer__subject")
        .order_by("offer__subject__family", "pk")
    )
    for row in asked.iterator():
        point = row.message.contact_point
        if point is None:
            continue
        address = point.unseal("value")
        family = row.offer.subject.family or row.offer.subject_id
        guardians[family][address] = Guardian(address, row.message.channel, row.message.language)
        children[family].add(row.offer_id)
    families = []
    for key, found in guardians.items():
        shuffled = random.sample(list(found.values()), len(found))
        plan = _plan(random, shares, shuffled[0].channel)
        families.append(
            Family(key, shuffled, len(children[key]), plan, random.random() < shares.late)
        )
    return families


def _plan(random: Random, shares: Shares, channel: str) -> Plan:
    if random.random() >= shares.answer:
        return Plan.SILENT
    chance = random.random()
    if chance < shares.accept:
        return Plan.ACCEPT
    return Plan.OTHER_PLACE if chance < shares.accept + shares.wish else Plan.DECLINE


class Town:
    """Everybody's phones and mailboxes, and what their owners do with them."""

    def __init__(self, simulator: Simulator, *, shares: Shares, seed: int) -> None:
        self._simulator = simulator
        self._shares = shares
        self._random = Random(seed)
        self._wording = _wording()
        redirects = urllib3.Retry(connect=0, read=0, redirect=3)
        self._web = urllib3.PoolManager(maxsize=AT_ONCE, timeout=60, retries=redirects)
        self._links: dict[str, str] = {}

    def answer(self, families: Iterable[Family], *, answered: Callable[[], None]) -> None:
        """Let the families answer, several at once; ``answered`` is called after each."""
        self._read_post()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(self._act, families):
                answered()

    def _read_post(self) -> None:
        """Find the newest link in every phone and mailbox."""
        for text in self._simulator.messages():
            if found := LINK.search(text.body):
                self._links[text.to] = found[0]
        for mail in self._simulator.mails():
            if found := LINK.search(mail.text):
                self._links.update(dict.fromkeys(mail.recipients, found[0]))

    def _act(self, family: Family) -> None:
        for guardian in family.speakers:
            by_text = guardian.channel == Channel.SMS and family.plan != Plan.OTHER_PLACE
            if by_text:
                self._answer_by_text(family, guardian)
            elif link := self._links.get(guardian.address):
                self._answer_on_web(family, guardian, link)

    def _answer_by_text(self, family: Family, guardian: Guardian) -> None:
        """Write; asked for a digit, give it."""
        kind = "both_" if family.children > 1 else ""
        label = f"{kind}{family.plan}"
        if not kind and self._random.random() < self._shares.unclear:
            label = "unclear"
        words = self._random.choice(self._wording[guardian.language, label])
        said = self._simulator.reply(guardian.address, settings.TWILIO_FROM, words)
        if any(DIGITS.search(answer.body) for answer in said.answers):
            digit = "1" if family.plan == Plan.ACCEPT else "2"
            self._simulator.reply(guardian.address, settings.TWILIO_FROM, digit)

    def _answer_on_web(self, family: Family, guardian: Guardian, link: str) -> None:
        page = self._open(link)
        answered: set[str] = set()
        while form := _answer_form(page.html, family.plan, answered):
            answered.add(form.fields["offer"])
            filled = {"answer": family.plan.value}
            if family.plan == Plan.OTHER_PLACE:
                filled["wish"] = self._random.choice(self._wording[guardian.language, "wish"])
            page = self._post(page, form, **filled)
        if self._random.random() < self._shares.rating:
            stars = self._random.choices(STARS, STARS_WEIGHTS)[0]
            for form in read_forms(page.html):
                if form.action.endswith("/rating"):
                    self._post(page, form, stars=str(stars))

    def _open(self, link: str) -> "Page":
        answer = self._web.request("GET", link)
        cookies = SimpleCookie(answer.headers.get("Set-Cookie"))
        sent_back = "; ".join(f"{cookie.key}={cookie.value}" for cookie in cookies.values())
        return Page(link, sent_back, answer.data.decode())

    def _post(self, page: "Page", form: "Form", **filled: str) -> "Page":
        answer = self._web.request(
            "POST",
            urljoin(page.link, form.action),
            fields={**form.fields, **filled},
            encode_multipart=False,
            headers={"Cookie": page.cookies},
        )
        return replace(page, html=answer.data.decode())


@dataclass(frozen=True)
class Page:
    """A page as a browser has it: the link that led to it and the cookies that came with it."""

    link: str = field(repr=False)
    cookies: str = field(repr=False)
    html: str = field(repr=False)


def _wording() -> dict[tuple[str, str], list[str]]:
    """(language, what is meant) → ways of saying it."""
    found = defaultdict(list)
    with WORDING.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            found[row["language"], row["meaning"]].append(row["text"])
    return found


@dataclass
class Form:
    """A form of a page: where it goes, its hidden fields and what its buttons say."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("action", "")))
        elif tag == "input" and given.get("type") == "hidden" and self.found:
            self.found[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "button" and self.found:
            self.found[-1].buttons.append(given.get("value", ""))


def read_forms(html: str) -> list[Form]:
    """The forms of a page, as a browser would find them."""
    reader = _Forms()
    reader.feed(html)
    return reader.found


def _answer_form(html: str, plan: Plan, answered: set[str]) -> Form | None:
    """The next offer's form with the wanted button."""
    for form in read_forms(html):
        if plan in form.buttons and form.fields.get("offer") not in answered:
            return form
    return None
