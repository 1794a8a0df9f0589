"""The editor of texts: checked when saved, shown as a family would read it, frozen with a round."""

import pytest
from django.test import Client

from helsinki_proactive.staff.roles import ADMINISTRATOR, CASEWORKER
from offers.catalogue.load import load_catalogue
from offers.catalogue.placeholders import strange_links
from offers.models import Sensitivity, Service, ServiceText
from tests.casework.staff import at_work
from tests.delivery.world import a_running_round
from tests.rounds.city import a_family, preschool

pytestmark = pytest.mark.django_db

GOOD = "Hei! Paikka: ((unit)). Vastaa ((accept_word)) tai ((decline_word)) ((deadline)). ((link))"


@pytest.fixture
def text() -> ServiceText:
    return preschool().texts.get(kind="offer", channel="sms", language="fi")


@pytest.fixture
def administrator() -> Client:
    client = at_work(ADMINISTRATOR)
    client.cookies["django_language"] = "en"
    return client


def save(client: Client, text: ServiceText, body: str, do: str = "save") -> str:
    """What the page says after the body was sent."""
    address = f"/admin/offers/servicetext/{text.pk}/change/"
    return client.post(
        address, {"body": body, "do": do}, follow=True, headers={"accept-language": "en"}
    ).text


def body_of(text: ServiceText) -> str:
    return ServiceText.objects.get(pk=text.pk).body


def test_a_good_text_is_saved_with_who_wrote_it(text: ServiceText, administrator: Client) -> None:
    save(administrator, text, GOOD)

    text.refresh_from_db()
    assert text.body == GOOD
    assert text.edited_by is not None
    assert text.edited_at is not None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (GOOD + " ((nonsense))", "no placeholder ((nonsense))"),
        (GOOD.replace("((link))", ""), "needs ((link))"),
        (GOOD + " https://evil.example.org/x", "must not lead to evil.example.org"),
        (GOOD + " https://hel.fi@evil.example.org/", "must not lead to evil.example.org"),
        (GOOD + " bit.ly", "must not lead to bit.ly"),
        ("", "The text is empty."),
    ],
)
def test_a_text_that_may_not_be_used_is_refused_in_words(
    body: str, said: str, text: ServiceText, administrator: Client
) -> None:
    before = text.body

    assert said in save(administrator, text, body)
    assert body_of(text) == before


@pytest.mark.parametrize("body", ["((child)): " + GOOD, "Lapsenne: " + GOOD])
def test_a_discreet_text_message_tells_nothing(
    body: str, text: ServiceText, administrator: Client
) -> None:
    Service.objects.update(sensitivity=Sensitivity.DISCREET)
    before = text.body

    assert "A discreet text message must not hold" in save(administrator, text, body)
    assert body_of(text) == before


def test_names_that_nothing_fills_in_this_service_are_not_on_its_list(
    text: ServiceText, administrator: Client
) -> None:
    Service.objects.update(needs_seat=False)

    assert "no placeholder ((unit))" in save(administrator, text, GOOD)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (GOOD, ("Päiväkoti Kannel", "GSM-7", "1 segment ", "0.06")),
        (GOOD + " č", ("UCS-2", "<code>č</code>", "less than half")),
    ],
)
def test_the_preview_fills_counts_prices_and_names_what_made_it_longer(
    body: str, said: tuple[str, ...], text: ServiceText, administrator: Client
) -> None:
    before = text.body
    address = f"/admin/offers/servicetext/{text.pk}/preview/"

    shown = administrator.post(address, {"body": body}, headers={"accept-language": "en"}).text

    assert all(part in shown for part in said), shown
    assert body_of(text) == before
    assert "Päiväkoti Kannel" in save(administrator, text, body, do="preview")
    assert body_of(text) == before


def test_every_shipped_text_can_be_previewed_in_every_language(administrator: Client) -> None:
    preschool()
    for text in ServiceText.objects.all():
        page = administrator.get(f"/admin/offers/servicetext/{text.pk}/change/").text
        assert "cw-error" not in page, text
        assert "((" not in page.partition('id="text-preview"')[2].partition("</section>")[0], text


def test_while_a_round_is_under_way_its_texts_stay_as_approved(
    text: ServiceText, administrator: Client
) -> None:
    a_running_round(a_family())
    before = text.body

    assert "stay as approved" in save(administrator, text, GOOD)
    assert body_of(text) == before


def test_the_file_no_longer_changes_an_edited_text_and_says_so(
    text: ServiceText, administrator: Client
) -> None:
    save(administrator, text, GOOD)

    changes = load_catalogue()

    assert body_of(text) == GOOD
    assert "preschool: offer.sms.fi" in changes.kept_texts


def test_a_caseworker_reads_texts_and_changes_none(text: ServiceText) -> None:
    client = at_work(CASEWORKER)

    assert client.get(f"/admin/offers/servicetext/{text.pk}/change/").status_code == 200
    address = f"/admin/offers/servicetext/{text.pk}/change/"
    assert client.post(address, {"body": GOOD, "do": "save"}).status_code == 403
    assert client.post(f"/admin/offers/servicetext/{text.pk}/preview/").status_code == 403
    assert body_of(text) != GOOD


@pytest.mark.parametrize(
    "said",
    [
        "https://www.hel.fi/x klo 9.30, 31.8.2027",
        "neuvonta@hel.fi",
        "palvelut.hel.fi",
        "Vastaa.Kiitos",
        "127.0.0.1",
    ],
)
def test_the_city_s_own_addresses_and_what_is_none_are_left_alone(said: str) -> None:
    assert strange_links(said) == []


@pytest.mark.parametrize("said", ["https://nothel.fi", "hel.fi.evil.com", "HTTP://EVIL.ORG:80/"])
def test_what_only_looks_like_the_city_s_is_found(said: str) -> None:
    assert len(strange_links(said)) == 1
