"""The file that is printed: tagged and accessible (PDF/UA-1), one letter after another."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from citizens.languages import FAMILY_LANGUAGES, say
from offers.delivery import gate
from offers.delivery.texts import Place, letters_of, place_columns
from offers.eligibility.say import shown_date
from offers.models import LetterBatch, Message, MessageOffer, Recipient

TEMPLATE = Path(__file__).with_name("letters.typ")
TOWN = {"fi": "HELSINKI", "sv": "HELSINGFORS"}
"""The post office of the codes that letters are written to; see ``has_postal_address``."""


def letters_pdf(batch: LetterBatch) -> bytes:
    """The letters of a batch that is not posted yet, with the words stored when it was made.

    Those withdrawn since are left out; the others keep their numbers.
    """
    messages = list(
        batch.letters.select_related("person", "round__service")
        .defer("round__preview")
        .order_by("pk")
    )
    numbers = {message.pk: number for number, message in enumerate(messages, 1)}
    printed = [message for message in messages if message.body and not message.person.protected]
    data = {
        "title": str(batch),
        "language": settings.LANGUAGE_CODE,
        "city": "Helsingin kaupunki",
        "return_address": settings.CITY_POSTAL_ADDRESS.split(", "),
        "letters": [
            _letter(message, places, place_in_batch=f"{batch.pk}/{numbers[message.pk]}")
            for message, places in _with_places(printed)
        ],
    }
    pdf = typst.compile(
        TEMPLATE.read_bytes(),
        sys_inputs={"data": json.dumps(data)},
        format="pdf",
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
    )
    return bytes(pdf)


def _with_places(messages: Sequence[Message]) -> Iterator[tuple[Message, list[Place]]]:
    """Each letter, and what its slip asks about: what the gate still lets it speak of."""
    ids = [message.pk for message in messages]
    passages = gate.ask(ids, now=timezone.now())
    rows = MessageOffer.objects.filter(message__in=ids).order_by("offer_id")
    columns = place_columns("offer")
    spoken_of: dict[int, list[Place]] = {pk: [] for pk in ids}
    for pk, offer, *values in rows.values_list("message_id", "offer_id", *columns):
        if not passages[pk].offers or offer in passages[pk].offers:
            spoken_of[pk].append(Place.read(values))
    for message in messages:
        yield message, spoken_of[message.pk]


def _letter(message: Message, places: Sequence[Place], *, place_in_batch: str) -> dict[str, Any]:
    language = message.language if message.language in FAMILY_LANGUAGES else settings.LANGUAGE_CODE
    body = message.unseal("body").strip()
    with translation.override(language):
        return {
            "language": language,
            "day": shown_date(timezone.localdate(), language),
            "place_in_batch": place_in_batch,
            "recipient": _recipient(message, language),
            "subject": message.unseal("subject_line"),
            "paragraphs": [paragraph.splitlines() for paragraph in body.split("\n\n")],
            "slip": _slip(message, places, language),
        }


def _recipient(message: Message, language: str) -> list[str]:
    person = message.person
    town = TOWN.get(language, TOWN["fi"])
    return [person.full_name, person.unseal("address"), f"{person.postal_code} {town}"]


def _slip(message: Message, places: Sequence[Place], language: str) -> dict[str, Any]:
    assert message.round is not None  # noqa: S101 - the gate lets no message without one pass
    service = message.round.service
    differ = len({place.unit_id for place in places}) > 1
    letters = letters_of(place.subject_id or 0 for place in places) if differ else {}
    child = _("Child") if service.recipient == Recipient.GUARDIANS else _("Name")
    return {
        "heading": _("Reply slip"),
        "how": _(
            "You can answer on the web with the code above, by phone (%(phone)s), or with this "
            "slip: tick one box in each row, sign it and send it to"
        )
        % {"phone": settings.CITY_PHONE},
        "columns": [child, _("Place"), _("I take it"), _("I do not take it"), _("Another place")],
        "rows": [
            {
                "child": place.child,
                "letter": letters.get(place.subject_id, ""),
                "unit": say(place.unit, language) if place.unit else say(service.name, language),
            }
            for place in places
        ],
        "date": _("Date"),
        "signature": _("Signature"),
        "number": _("Slip %(number)s") % {"number": message.pk},
    }
