"""One key for each thing to do with a case; while somebody writes, keys are letters."""

from playwright.sync_api import Browser, expect

from offers.models import Answer, AnswerKind, OfferState, ReviewCase
from tests.browser.looking import DESK, Window
from tests.browser.pages import VISITS
from tests.browser.town import Town


def test_a_case_is_taken_answered_and_closed_without_a_mouse(
    town: Town, site: str, chromium: Browser
) -> None:
    visit = VISITS["case, reply"]
    case = ReviewCase.objects.get(pk=town.cases["reply"])
    window = Window(chromium, site, language="en", session=town.sessions["caseworker"])
    page = window.open(visit.address(town), width=DESK)

    page.locator("textarea, input[type=text]").first.press("t")
    assert not ReviewCase.objects.get(pk=case.pk).taken_by_id, "a letter somebody wrote"
    page.locator("h1").first.click()
    page.keyboard.press("t")
    expect(page.get_by_role("button", name="Give back")).to_be_visible()
    assert ReviewCase.objects.get(pk=case.pk).taken_by_id
    page.keyboard.press("a")
    page.wait_for_load_state()
    expect(page.get_by_text("Recorded", exact=False).first).to_be_visible()

    closed = ReviewCase.objects.get(pk=case.pk)
    assert closed.closed_at is not None
    assert closed.offer is not None
    assert Answer.objects.filter(offer=closed.offer).latest("pk").kind == AnswerKind.ACCEPT
    assert closed.offer.state == OfferState.ACCEPTED
    window.close()
