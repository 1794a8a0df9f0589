"""Families' phones: texts reach the webhook the way Twilio brings them."""

from dataclasses import dataclass
from itertools import count
from typing import cast
from urllib.parse import urlencode
from xml.etree import ElementTree

from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from twilio.request_validator import RequestValidator

from citizens.models import ContactKind, ContactPoint, Person
from offers.delivery.outbox import hand_over
from offers.models import Message, MessageState

REPLY = "/webhooks/twilio/reply"
FORM = "application/x-www-form-urlencoded"
_sids = count(1)


def signed(path: str, fields: dict[str, str], *, token: str | None = None) -> dict[str, str]:
    """The header Twilio signs a request to ``path`` with."""
    validator = RequestValidator(token or settings.TWILIO_AUTH_TOKEN)
    signature = validator.compute_signature(settings.HP_PUBLIC_URL + path, fields)
    return {"X-Twilio-Signature": signature}


def post(fields: dict[str, str], *, path: str = REPLY, token: str | None = None) -> HttpResponse:
    """Post a signed form to a webhook."""
    headers = signed(path, fields, token=token)
    answer = Client().post(path, data=urlencode(fields), content_type=FORM, headers=headers)
    return cast(HttpResponse, answer)


@dataclass(frozen=True)
class Phone:
    """A phone that texts the city."""

    number: str

    def text(self, words: str, *, sid: str | None = None) -> str:
        """Send ``words``; the text the city answers with, empty if it says nothing."""
        fields = {
            "MessageSid": sid or f"SM{next(_sids):032}",
            "From": self.number,
            "To": settings.TWILIO_FROM,
            "Body": words,
        }
        answer = post(fields)
        assert answer.status_code == 200, answer.content
        said = ElementTree.fromstring(answer.content).findall("Message")  # noqa: S314  our own
        return said[0].text or "" if said else ""


def phone_of(person: Person) -> Phone:
    """The person's phone."""
    point = ContactPoint.objects.filter(person=person, kind=ContactKind.SMS).earliest("pk")
    return Phone(point.unseal("value"))


def deliver() -> dict[int, str]:
    """Hand every queued message over, as if the provider asked for it; person → words."""
    queued = Message.objects.filter(state=MessageState.QUEUED).order_by("pk")
    rounds = queued.select_related("round__service", "contact_point")
    said = {message.person_id: hand_over(message, timezone.now()) for message in rounds}
    return {person: words for person, words in said.items() if words}
