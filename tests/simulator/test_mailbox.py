"""Mail caught by SMTP, sent as the product sends it."""

import smtplib
from email.message import EmailMessage

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection

from helsinki_proactive.simulator.client import Simulator


def test_a_mail_is_kept_with_its_parts_decoded(simulator: Simulator) -> None:
    before = len(simulator.mails())
    mail = EmailMultiAlternatives(
        subject="Esiopetuspaikka är reserverad – место",
        body="Hyväksykää: https://localhost/o/abc\n\n" + "ä" * 200,
        from_email="Helsinki <esiopetus@hel.example>",
        to=["perhe@example.org"],
        headers={"List-Unsubscribe": "<https://localhost/stop>"},
    )
    mail.attach_alternative("<p>Hyväksykää</p>", "text/html")
    connection = get_connection(
        "django.core.mail.backends.smtp.EmailBackend",
        host=simulator.smtp_host,
        port=simulator.smtp_port,
    )
    assert connection.send_messages([mail]) == 1

    (caught,) = simulator.mails(since=before)
    assert caught.subject == "Esiopetuspaikka är reserverad – место"
    assert caught.text.strip() == mail.body
    assert caught.html.strip() == "<p>Hyväksykää</p>"
    assert caught.sender == "esiopetus@hel.example"
    assert caught.recipients == ["perhe@example.org"]
    assert ["List-Unsubscribe", "<https://localhost/stop>"] in caught.headers
    assert simulator.counts()["mails"] == caught.number


@pytest.mark.parametrize("code", [450, 550])
def test_a_mailbox_can_be_dialled_to_refuse(simulator: Simulator, code: int) -> None:
    simulator.dial(mailboxes={"poissa@example.org": code})
    before = len(simulator.mails())
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        _send(simulator, "poissa@example.org")
    assert refused.value.recipients["poissa@example.org"][0] == code
    assert len(simulator.mails()) == before

    _send(simulator, "perhe@example.org")
    assert len(simulator.mails()) == before + 1


def test_a_share_of_mail_can_be_refused(simulator: Simulator) -> None:
    simulator.dial(refuse_mail={552: 1})
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        _send(simulator, "perhe@example.org")


def test_mail_without_a_subject_in_a_strange_charset_or_badly_encoded_is_kept(
    simulator: Simulator,
) -> None:
    before = len(simulator.mails())
    with smtplib.SMTP(simulator.smtp_host, simulator.smtp_port) as smtp:
        smtp.sendmail(
            "a@example.org",
            ["b@example.org"],
            b"Content-Type: text/plain; charset=no-such-charset\r\n\r\n\xe4\xff hei\r\n",
        )
        smtp.sendmail("a@example.org", ["b@example.org"], b"Subject: =?utf-8?b?a?=\r\n\r\nmoi\r\n")
    strange, torn = simulator.mails(since=before)
    assert strange.subject == ""
    assert "hei" in strange.text
    assert (torn.subject, torn.text.strip()) == ("=?utf-8?b?a?=", "moi")


def _send(simulator: Simulator, to: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "esiopetus@hel.example", to, "Paikka"
    mail.set_content("Hei")
    with smtplib.SMTP(simulator.smtp_host, simulator.smtp_port) as smtp:
        smtp.send_message(mail)
