"""Families' texts: the signed webhook, the TwiML answer, and Twilio's own keywords."""

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from helsinki_proactive.simulator.client import ACCOUNT_SID, Simulator
from tests.simulator.conftest import CITY, delivered
from tests.simulator.product import Product


def test_a_reply_reaches_the_product_signed_and_complete(
    simulator: Simulator, product: Product, family: str
) -> None:
    outcome = simulator.reply(family, CITY, "Kyllä, kiitos! Да 👍 +&=")

    assert product.forged == 0
    assert (outcome.http_status, outcome.error, outcome.keyword) == (200, None, None)
    (form,) = product.replies
    wanted = {
        "AccountSid": ACCOUNT_SID,
        "Body": "Kyllä, kiitos! Да 👍 +&=",
        "From": family,
        "MessageSid": outcome.sid,
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "To": CITY,
    }
    assert {name: form[name] for name in wanted} == wanted


def test_the_answer_is_a_message_of_its_own_on_the_phone(
    simulator: Simulator, product: Product, twilio: Client, family: str
) -> None:
    product.twiml = "<Response><Message>Kiitos &amp; hei</Message></Response>"
    (answer,) = simulator.reply(family, CITY, "Kyllä").answers

    assert (answer.to, answer.from_number, answer.body) == (family, CITY, "Kiitos & hei")
    assert delivered(simulator, family).sid == answer.sid
    fetched = twilio.messages(answer.sid).fetch()
    assert (fetched.direction, fetched.body) == ("outbound-reply", "Kiitos & hei")
    assert answer.sid in {message.sid for message in twilio.messages.list(to=family)}


def test_an_answer_can_have_several_messages_and_a_callback_of_its_own(
    simulator: Simulator, product: Product, family: str
) -> None:
    simulator.dial(status_callback_url=None)
    product.twiml = (
        '<Response><Message statusCallback="/status?from=answer"><Body>Yksi</Body></Message>'
        "<Message>Kaksi</Message></Response>"
    )
    first, second = simulator.reply(family, CITY, "Kyllä").answers

    assert [first.body, second.body] == ["Yksi", "Kaksi"]
    assert sorted(product.wait_for_statuses(first.sid, 2)) == ["delivered", "sent"]
    assert product.statuses(second.sid) == []


@pytest.mark.parametrize("silence", ["<Response/>", "<Response></Response>", ""])
def test_no_answer_is_an_answer(
    simulator: Simulator, product: Product, family: str, silence: str
) -> None:
    product.twiml = silence
    outcome = simulator.reply(family, CITY, "Kyllä")
    assert (outcome.answers, outcome.error) == ([], None)


@pytest.mark.parametrize(
    "twiml",
    [
        "Kiitos!",
        "<Message>Kiitos!</Message>",
        "<Response><Message>Kiitos!</Response>",
        '<!DOCTYPE x [<!ENTITY y "z">]><Response><Message>&y;</Message></Response>',
    ],
)
def test_an_answer_that_is_not_twiml_reaches_nobody(
    simulator: Simulator, product: Product, family: str, twiml: str
) -> None:
    product.twiml = twiml
    outcome = simulator.reply(family, CITY, "Kyllä")
    assert outcome.answers == []
    assert outcome.error
    assert simulator.messages(to=family) == []


def test_a_refused_reply_is_tried_again_with_the_same_id(
    simulator: Simulator, product: Product, family: str
) -> None:
    product.refuse_next = 1
    outcome = simulator.reply(family, CITY, "Kyllä")
    assert (outcome.attempts, outcome.http_status, outcome.error) == (2, 200, None)
    assert [form["MessageSid"] for form in product.replies] == [outcome.sid]


def test_a_reply_can_come_twice(simulator: Simulator, product: Product, family: str) -> None:
    simulator.dial(duplicate_replies=1)
    outcome = simulator.reply(family, CITY, "Kyllä")
    assert [form["MessageSid"] for form in product.replies] == [outcome.sid] * 2


def test_a_reply_that_nobody_takes_says_so(simulator: Simulator, family: str) -> None:
    outcome = simulator.reply(family, CITY, "Kyllä")
    assert outcome.error == "no webhook_url is set"


@pytest.mark.parametrize("word", ["STOP", "stop", " Unsubscribe ", "END", "quit", "CANCEL"])
def test_stop_closes_the_way_and_start_opens_it_again(
    simulator: Simulator, product: Product, twilio: Client, family: str, word: str
) -> None:
    product.twiml = "<Response><Message>Kiitos</Message></Response>"
    stopped = simulator.reply(family, CITY, word)
    assert stopped.keyword == product.replies[-1]["OptOutType"] == "STOP"
    farewell, blocked = stopped.answers
    assert "unsubscribed" in farewell.body
    assert (blocked.status, blocked.error_code) == ("failed", 21610)
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(to=family, from_=CITY, body="Moi")
    assert refused.value.code == 21610
    assert twilio.messages.create(to=family, from_="+358409999999", body="Moi").sid

    assert simulator.reply(family, CITY, "Yes").keyword == "START"
    assert twilio.messages.create(to=family, from_=CITY, body="Moi").status == "queued"


@pytest.mark.parametrize("body", ["Please stop", "STOP!", "yes", "Yes please"])
def test_other_words_are_left_to_the_product(
    simulator: Simulator, product: Product, family: str, body: str
) -> None:
    assert simulator.reply(family, CITY, body).keyword is None
    assert "OptOutType" not in product.replies[-1]


def test_keywords_can_be_left_to_the_product(
    simulator: Simulator, product: Product, twilio: Client, family: str
) -> None:
    simulator.dial(stop_keywords=False)
    assert simulator.reply(family, CITY, "STOP").answers == []
    assert twilio.messages.create(to=family, from_=CITY, body="Moi").status == "queued"


def test_help_is_answered(simulator: Simulator, product: Product, family: str) -> None:
    (answer,) = simulator.reply(family, CITY, "help").answers
    assert "STOP" in answer.body
