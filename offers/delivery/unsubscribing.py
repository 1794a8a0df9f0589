"""Saying stop to e-mails of a voluntary service, with one click (RFC 8058).

The address in a mail names the message, signed, and nothing else. Where the city owes the person a
decision, as with a child's place, there is nothing to unsubscribe from: the mail says so.
"""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction

from consents.models import Objection
from consents.models.statements import How
from consents.services.objections import raise_objection
from offers.models import Message

SIGNER = "offers.unsubscribe"


def unsubscribe_address(message_id: int) -> str:
    """Where the recipient of this message may say stop: a POST there works at once."""
    token = Signer(salt=SIGNER).sign(str(message_id))
    return f"{settings.HP_PUBLIC_URL}/unsubscribe/{token}"


def message_of(token: str) -> Message | None:
    """The message whose mail held the token; None if we did not sign it, or it may not be used."""
    try:
        number = int(Signer(salt=SIGNER).unsign(token))
    except (BadSignature, ValueError):
        return None
    messages = Message.objects.select_related("person", "round__service__purpose")
    message = messages.defer("round__preview").filter(pk=number).first()
    if message is None or message.round is None or not message.round.service.is_voluntary:
        return None
    return message


@transaction.atomic
def unsubscribe(message: Message) -> None:
    """The recipient objects to the service's purpose; saying it twice changes nothing more.

    Nothing more is sent for this purpose, from this moment on; a caseworker can lift it again.
    """
    assert message.round is not None  # noqa: S101 - message_of gives no other
    purpose, person = message.round.service.purpose, message.person
    if not Objection.objects.standing().filter(person=person, purpose=purpose).exists():
        raise_objection(person=person, purpose=purpose, how=How.WEB)
