"""The notice of a purpose: what one consents to, in words made of the rows that bind the city."""

import hashlib
from collections.abc import Sequence
from datetime import date

from citizens.attributes import source_name
from citizens.languages import say
from consents.models import BasisKind, LegalBasis, Operation, Purpose

OPERATIONS: dict[Operation, dict[str, str]] = {
    Operation.SELECTING: {
        "fi": "Selvitämme, koskeeko palvelu sinua",
        "sv": "Vi utreder om tjänsten gäller dig",
        "en": "We find out whether the service is meant for you",
    },
    Operation.CONTACTING: {
        "fi": "Otamme sinuun yhteyttä",
        "sv": "Vi kontaktar dig",
        "en": "We contact you",
    },
    Operation.PLACING: {
        "fi": "Varaamme sinulle paikan",
        "sv": "Vi reserverar en plats för dig",
        "en": "We reserve a place for you",
    },
    Operation.CORRECTING: {
        "fi": "Selvitämme tiedon, jonka sanot olevan väärin",
        "sv": "Vi utreder en uppgift som du säger är felaktig",
        "en": "We look into a fact that you say is wrong",
    },
}
FIRST = {
    "fi": "Suostun siihen, että Helsingin kaupunki ({department}) käyttää tietojani tähän "
    "tarkoitukseen: {purpose}.",
    "sv": "Jag samtycker till att Helsingfors stad ({department}) använder mina uppgifter för "
    "detta ändamål: {purpose}.",
    "en": "I consent to the City of Helsinki ({department}) using my data for this purpose: "
    "{purpose}.",
}
EACH = {
    "fi": "{operation}. Tietolähde: {source}. Peruste: {statute}. Vastaanottajat: {recipients}. "
    "Säilytysaika: {days} päivää.",
    "sv": "{operation}. Datakälla: {source}. Grund: {statute}. Mottagare: {recipients}. "
    "Bevaringstid: {days} dagar.",
    "en": "{operation}. Source: {source}. Basis: {statute}. Recipients: {recipients}. "
    "Kept for {days} days.",
}
LAST = {
    "fi": "Voin peruuttaa suostumukseni milloin tahansa. Peruuttaminen ei vaikuta siihen, mitä "
    "sitä ennen tehtiin.",
    "sv": "Jag kan när som helst återta mitt samtycke. Det påverkar inte det som har gjorts innan "
    "dess.",
    "en": "I can withdraw my consent at any time. That does not change what was done before.",
}


def notice_text(purpose: Purpose, bases: Sequence[LegalBasis], language: str) -> str:
    """What is shown before consenting; ``bases`` are the purpose's in force."""
    on_consent = [basis for basis in bases if basis.kind == BasisKind.CONSENT]
    first = say(FIRST, language).format(
        department=say(purpose.department, language), purpose=say(purpose.name, language)
    )
    lines = [_line(basis, language) for basis in sorted(on_consent, key=lambda basis: basis.pk)]
    return "\n".join([first, *lines, say(LAST, language)])


def notice_hash(text: str) -> str:
    """SHA-256 of the text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def current_notice(purpose: Purpose, language: str, *, on: date) -> str:
    """The notice of the purpose on the day."""
    bases = LegalBasis.objects.in_force_on(on).filter(purpose=purpose)
    return notice_text(purpose, list(bases), language)


def _line(basis: LegalBasis, language: str) -> str:
    return say(EACH, language).format(
        operation=say(OPERATIONS[Operation(basis.operation)], language),
        source=source_name(basis.source, language),
        statute=say(basis.statute, language),
        recipients=say(basis.recipients, language),
        days=basis.retention_days,
    )
