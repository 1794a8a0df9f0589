"""One round through the eyes of everybody in it, on the processes that a city runs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Browser, Page, expect
from psycopg2.extensions import cursor
from pytest_django.plugin import DjangoDbBlocker

from citizens.models import ContactPoint, Person
from helsinki_proactive.demo.processes import Running, running
from helsinki_proactive.staff.models import User
from helsinki_proactive.staff.roles import APPROVER, CASEWORKER
from tests.casework.staff import employee
from tests.rounds.city import a_family, preschool, seats

PASSWORD = "a password of these tests"
PATIENCE_MS = 60_000
"""Workers start, and look for work, in their own time."""

LINK = re.compile(r"https?://\S+/o/[\w-]+/")


@dataclass(frozen=True)
class Phones:
    """The numbers of the two families."""

    first: str
    second: str


@pytest.fixture(scope="module")
def phones(django_db_blocker: DjangoDbBlocker, superuser: cursor) -> Iterator[Phones]:
    """Two families that speak English, places for their children, and staff with passwords."""
    with django_db_blocker.unblock():
        try:
            preschool()
            seats(2)
            for role in (CASEWORKER, APPROVER):
                user = employee(role)
                User.objects.filter(pk=user.pk).update(password=make_password(PASSWORD))
            yield Phones(*(_phone_of(*a_family(contact_language="en")) for _ in range(2)))
        finally:
            superuser.execute("SELECT seeds.clean()")


def _phone_of(child: Person) -> str:
    return ContactPoint.objects.get(person__guardianships__child=child).unseal("value")


@pytest.fixture(scope="module")
def city(phones: Phones, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The web server, the workers and the families' phones."""
    with running(tmp_path_factory.mktemp("journey")) as processes:
        yield processes


@dataclass(frozen=True)
class Journey:
    """Everybody's browser; the steps are told in the test."""

    city: Running
    caseworker: Page
    approver: Page
    family: Page

    def sign_in(self, page: Page, name: str) -> None:
        page.goto(f"{self.city.web_url}/admin/")
        page.locator("#id_username").fill(name)
        page.locator("#id_password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Running rounds")).to_be_visible()

    def given_a_caseworker_and_an_approver_at_work(self) -> None:
        self.sign_in(self.caseworker, CASEWORKER)
        self.sign_in(self.approver, APPROVER)

    def when_the_caseworker_prepares_a_round_of(self, service: str) -> None:
        page = self.caseworker
        page.get_by_role("link", name="New round").click()
        page.get_by_role("link", name=f"Choose {service}").click()
        page.get_by_label("Name of the round").fill("Autumn")
        page.get_by_label("The service begins").fill("2040-08-11")
        page.get_by_role("button", name="Make the draft").click()
        page.get_by_role("button", name="Prepare").click()
        request = page.get_by_role("button", name="Ask for approval")
        request.wait_for(timeout=PATIENCE_MS)

    def then_the_preview_counts(self, people: int) -> None:
        entitled = self.caseworker.locator(".cw-figure", has_text="Entitled").locator("strong")
        expect(entitled).to_have_text(str(people))

    def when_the_caseworker_asks_for_approval(self) -> None:
        self.caseworker.get_by_role("button", name="Ask for approval").click()
        expect(self.caseworker.get_by_text("Waiting for an approver.")).to_be_visible()

    def when_the_approver_approves(self) -> None:
        page = self.approver
        page.reload()
        page.get_by_role("link", name="Look at Autumn").click()
        page.get_by_role("button", name="Approve and send").click()
        page.get_by_text("messages are handed over").wait_for(timeout=PATIENCE_MS)

    def open_phone(self, number: str) -> Page:
        self.family.goto(f"{self.city.simulator.url}/simulator/")
        self.family.get_by_label("Number, or words in a text").fill(number)
        self.family.get_by_role("button", name="Search").click()
        self.family.get_by_role("link", name=number).click()
        return self.family

    def when_a_family_answers_on_its_phone(self, number: str, words: str) -> None:
        page = self.open_phone(number)
        page.get_by_label("Your reply").fill(words)
        page.get_by_role("button", name="Send").click()

    def then_the_phone_shows(self, words: str) -> None:
        log = self.family.get_by_role("log")
        log.get_by_text(words).last.wait_for(timeout=PATIENCE_MS)

    def when_a_family_follows_the_link_on_its_phone(self, number: str) -> None:
        told = self.open_phone(number).get_by_role("log").inner_text()
        link = LINK.search(told)
        assert link, "the message has no link"
        self.family.goto(link[0])

    def when_it_accepts_there(self) -> None:
        self.family.get_by_role("button", name="Accept the place").click()

    def then_the_page_says(self, words: str) -> None:
        expect(self.family.get_by_role("main")).to_contain_text(words)

    def when_the_caseworker_looks_again(self) -> None:
        self.caseworker.reload()

    def then_the_caseworkers_figures_become(self, **figures: int) -> None:
        """They come by themselves: the page fetches them anew."""
        for name, count in figures.items():
            figure = self.caseworker.locator(f".cw-figure--{name} strong")
            expect(figure).to_have_text(str(count), timeout=PATIENCE_MS)


@pytest.fixture
def journey(city: Running, chromium: Browser) -> Iterator[Journey]:
    contexts = [chromium.new_context(locale="en") for _ in range(3)]
    yield Journey(city, *(context.new_page() for context in contexts))
    for context in contexts:
        context.close()


@pytest.mark.timeout(300)
def test_one_round_from_its_draft_to_its_figures(journey: Journey, phones: Phones) -> None:
    journey.given_a_caseworker_and_an_approver_at_work()
    journey.when_the_caseworker_prepares_a_round_of("Pre-primary")
    journey.then_the_preview_counts(2)
    journey.when_the_caseworker_asks_for_approval()
    journey.when_the_approver_approves()
    journey.when_the_caseworker_looks_again()
    journey.then_the_caseworkers_figures_become(sent=2, answered=0)
    journey.when_a_family_answers_on_its_phone(phones.first, "Yes please, thank you!")
    journey.then_the_phone_shows("Thank you")
    journey.then_the_caseworkers_figures_become(answered=1, accepted=1)
    journey.when_a_family_follows_the_link_on_its_phone(phones.second)
    journey.then_the_page_says("A place is reserved.")
    journey.when_it_accepts_there()
    journey.then_the_page_says("The place has been accepted. It is yours.")
    journey.then_the_caseworkers_figures_become(answered=2, accepted=2)
