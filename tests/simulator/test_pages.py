"""The pages, as HTML."""

import re
import smtplib
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import httpx
import pytest
from twilio.rest import Client

from helsinki_proactive.simulator.client import Simulator
from helsinki_proactive.simulator.pages import linked
from tests.simulator.conftest import CITY, delivered
from tests.simulator.product import Product


@pytest.fixture
def visitor(simulator: Simulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=simulator.url, trust_env=False, follow_redirects=True) as client:
        yield client


def test_a_visitor_finds_the_phone_reads_the_text_and_answers(
    visitor: httpx.Client, twilio: Client, simulator: Simulator, product: Product, family: str
) -> None:
    product.twiml = "<Response><Message>Kiitos!</Message></Response>"
    twilio.messages.create(to=family, from_=CITY, body="Paikka: http://localhost/o/1?a=1&b=2.")
    delivered(simulator, family)

    home = visitor.get("/").text
    assert "no message leaves this machine" in home
    found = visitor.post("/simulator/", data={"words": family}).text
    path = _only(r'href="(/simulator/phones/[0-9a-f]{16})"', found)
    assert family not in path
    phone = visitor.get(path).text
    link = '<a href="http://localhost/o/1?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">'
    assert link in phone

    answered = visitor.post(path, data={"to": CITY, "body": "Kyllä <b>kiitos</b>"})
    assert answered.url.path == path
    assert "Kyllä &lt;b&gt;kiitos&lt;/b&gt;" in answered.text
    assert "Kiitos!" in answered.text
    assert product.replies[-1]["Body"] == "Kyllä <b>kiitos</b>"


def test_unread_texts_are_counted_until_they_are_looked_at(
    visitor: httpx.Client, twilio: Client, simulator: Simulator, family: str
) -> None:
    twilio.messages.create(to=family, from_=CITY, body="Moi")
    delivered(simulator, family)
    found = visitor.post("/simulator/", data={"words": family}).text
    assert 'class="badge">1' in found
    visitor.get(_only(r'href="(/simulator/phones/[0-9a-f]{16})"', found))
    assert 'class="badge"' not in visitor.post("/simulator/", data={"words": family}).text


def test_a_reply_that_the_product_did_not_take_is_marked(
    visitor: httpx.Client, simulator: Simulator, product: Product, family: str
) -> None:
    product.refuse_next = 100
    page = visitor.post("/simulator/texts", data={"from": family, "to": CITY, "body": "Kuka?"})
    assert "the product refused the webhook" in page.text


def test_a_sender_with_a_name_cant_be_answered(
    visitor: httpx.Client, twilio: Client, simulator: Simulator, family: str
) -> None:
    twilio.messages.create(to=family, from_="Helsinki", body="Tiedote")
    delivered(simulator, family)
    found = visitor.post("/simulator/", data={"words": family}).text
    phone = visitor.get(_only(r'href="(/simulator/phones/[0-9a-f]{16})"', found)).text
    assert "<textarea" not in phone


def test_a_long_list_has_pages(
    visitor: httpx.Client, simulator: Simulator, product: Product, number: Callable[[], str]
) -> None:
    for _ in range(51):
        simulator.reply(number(), CITY, "sivutettava")
    first = visitor.post("/simulator/", data={"words": "sivutettava"}).text
    second = visitor.post("/simulator/", data={"words": "sivutettava", "page": "2"}).text
    assert "Page 1 of 2" in first
    assert len(re.findall("/simulator/phones/", first)) == 50
    assert len(re.findall("/simulator/phones/", second)) == 1
    assert "Page" in visitor.get("/simulator/?page=99").text


def test_a_mails_html_can_do_nothing(visitor: httpx.Client, simulator: Simulator) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = "esiopetus@hel.example", "perhe@example.org"
    mail["Subject"] = "<i>Paikka</i>"
    mail.set_content("Vahvistakaa: http://localhost/o/2")
    mail.add_alternative("<head></head><script>alert(1)</script><p>Hei", subtype="html")
    with smtplib.SMTP(simulator.smtp_host, simulator.smtp_port) as smtp:
        smtp.send_message(mail)
    caught = simulator.mails()[-1].number

    assert "&lt;i&gt;Paikka&lt;/i&gt;" in visitor.get("/simulator/mailbox/").text
    page = visitor.get(f"/simulator/mailbox/{caught}").text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert '<a href="http://localhost/o/2"' in page
    html = visitor.get(f"/simulator/mailbox/{caught}/html")
    policy = html.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert '<head><base target="_blank"></head>' in html.text


def test_what_is_not_there_is_not_found(visitor: httpx.Client) -> None:
    assert visitor.get("/simulator/phones/0000000000000000").status_code == 404
    assert visitor.get("/simulator/mailbox/99999").status_code == 404
    assert visitor.post("/simulator/texts", data={"from": "+358457000001"}).status_code == 400


def test_other_sites_and_other_names_are_kept_out(visitor: httpx.Client, product: Product) -> None:
    form = {"from": "+358457000001", "to": CITY, "body": "Kyllä"}
    for headers in ({"Origin": "https://elsewhere.example"}, {"Host": "elsewhere.example"}):
        assert visitor.post("/simulator/texts", data=form, headers=headers).is_client_error
    assert product.replies == []


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("javascript:alert(1)", "javascript:alert(1)"),
        ('http://a/"onclick="x', '<a href="http://a/" target="_blank"'),
        ("(https://a.fi/x).", '(<a href="https://a.fi/x" target="_blank"'),
        ("<http://a.fi>", '&lt;<a href="http://a.fi" target="_blank"'),
    ],
)
def test_only_web_addresses_become_links(text: str, html: str) -> None:
    shown = str(linked(text))
    assert shown.startswith(html)
    assert '"onclick' not in shown


def _only(pattern: str, html: str) -> str:
    (found,) = set(re.findall(pattern, html))
    return str(found)
