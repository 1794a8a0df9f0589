"""A test send: how a round's text looks on one's own phone, before anybody approves it."""

from dataclasses import replace

import phonenumbers
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from offers.delivery.channels import Parcel, open_channel
from offers.delivery.errors import ProviderError, TextRefusedError
from offers.delivery.switch import is_halted
from offers.delivery.textbook import TextBook
from offers.delivery.texts import Place, Rendered, fill
from offers.models import Capacity, Channel, Round, RoundState, TextKind
from offers.rounds.errors import NotPossibleError
from offers.rounds.states import lock_round

MARK = {"fi": "TESTI: ", "sv": "TEST: ", "en": "TEST: "}
EXAMPLE_CHILD = {"fi": "Esimerkki", "sv": "Exempel", "en": "Example"}


def send_test_message(*, round: Round, phone: str, language: str, by: AbstractUser) -> None:
    """Send the round's offer about an invented child to one's own phone, marked as a test.

    It holds nobody's data and no link that opens, so it is no Message and asks no gate but the
    switch. Raises WrongStateError once the round is approved, and NotPossibleError for a number
    that is none, a missing text, a halt, or a provider that does not take it.
    """
    recipient = _mobile_number(phone)
    if is_halted(round=round):
        raise NotPossibleError(_("Sending is halted."))
    if settings.DRY_RUN_ALLOW and recipient not in settings.DRY_RUN_ALLOW:
        raise NotPossibleError(_("This environment writes to listed recipients only."))
    _note_test(round, language, by)
    channel = open_channel(Channel.SMS)
    try:
        channel.send(_parcel(round, recipient, language))
    except ProviderError as error:
        raise NotPossibleError(_("The text was not taken (%s).") % error.code) from None
    finally:
        channel.close()


@transaction.atomic
def _note_test(round: Round, language: str, by: AbstractUser) -> None:
    """The approver sees that somebody has looked, never at which number."""
    locked = lock_round(round, RoundState.PREPARED, RoundState.AWAITING)
    tests = locked.preview.setdefault("tests", [])
    tests.append({"by": by.pk, "at": timezone.now().isoformat(), "language": language})
    locked.save(update_fields=["preview"])


def _mobile_number(phone: str) -> str:
    try:
        number = phonenumbers.parse(phone, "FI")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise NotPossibleError(_("This is not a phone number."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _parcel(round: Round, recipient: str, language: str) -> Parcel:
    rendered = _example(round, language)
    body = MARK[language] + rendered.body
    return Parcel(
        message_id=0, attempt=1, recipient=recipient, language=language, subject="", body=body
    )


def _example(round: Round, language: str) -> Rendered:
    service = round.service
    try:
        text = TextBook.of([service.pk], [TextKind.OFFER]).find(
            service=service, kind=TextKind.OFFER, channel=Channel.SMS, language=language
        )
    except TextRefusedError:
        raise NotPossibleError(_("The service has no usable text in this language.")) from None
    capacity = (
        Capacity.objects.filter(service=service, period=round.period)
        .select_related("unit")
        .order_by("pk")
        .first()
    )
    place = Place(child=EXAMPLE_CHILD[language], deadline_at=round.deadline_at)
    if capacity:
        unit = capacity.unit
        place = replace(place, unit=unit.name, address=unit.address, starts_at=capacity.starts_at)
    link = f"{settings.HP_PUBLIC_URL}/"
    return fill(text, service=service, begins_on=round.begins_on, places=[place], link=link)
