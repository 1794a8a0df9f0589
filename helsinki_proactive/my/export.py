"""A person's data as one JSON document: what the page shows, whole."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from citizens.languages import say
from citizens.models import Person
from consents.models import ConsentEvent
from consents.services.receipts import receipt_of
from helsinki_proactive.my.page import my_page, uses_of

CONTROLLER = "Helsingin kaupunki"


def exported(person: Person, *, language: str, now: datetime) -> dict[str, Any]:
    """Everything the city's proactive services hold about the person, in the words of the page.

    Nobody else's address or contact is in it, and no employee's name.
    """
    with translation.override(language):
        return _exported(person, language, now)


def _exported(person: Person, language: str, now: datetime) -> dict[str, Any]:
    mine = my_page(person, language=language, now=now)
    return {
        "made_at": now.isoformat(),
        "language": language,
        "data": [
            {"name": str(fact.label), "value": fact.value, "source": fact.source}
            for fact in mine.facts
        ],
        "children": [
            {
                "name": child.name,
                "data": [
                    {"name": str(fact.label), "value": fact.value, "source": fact.source}
                    for fact in child.facts
                ],
            }
            for child in mine.children
        ],
        "rectifications": [
            {
                "name": str(one.label),
                "child": one.child,
                "should_be": one.should_be,
                "because": one.because,
                "asked_at": one.disputed_at.isoformat(),
                "outcome": one.outcome or "open",
                "settled_at": one.settled_at.isoformat() if one.settled_at else None,
                "answer": one.told,
            }
            for one in mine.disputes
        ],
        "offers": [
            {
                "service": offer.service,
                "child": offer.child,
                "place": offer.place,
                "state": str(offer.state),
                "made_on": offer.made_on,
                "rule_version": offer.rule_version,
                "rule": list(offer.rule),
                "because": list(offer.because),
            }
            for offer in mine.offers
        ],
        "entitled": [
            {"service": one.service, "child": one.child, "rule": one.rule} for one in mine.entitled
        ],
        "uses": [
            {
                "at": use.at.isoformat(),
                "purpose": use.purpose,
                "department": use.department,
                "what": str(use.kind),
            }
            for use in uses_of(person, language)
        ],
        "consents": [_consent(event, language) for event in _consents(person)],
        "objections": [
            {
                "at": objection.at.isoformat(),
                "purpose": say(objection.purpose.name, language),
                "event": objection.kind,
                "how": objection.how,
            }
            for objection in person.objections.select_related("purpose").order_by("pk")
        ],
        "channel": next((one.kind for one in mine.channels if one.chosen), None),
        "written_in": mine.written_in,
    }


def _consents(person: Person) -> list[ConsentEvent]:
    return list(person.consent_events.select_related("purpose").order_by("pk"))


def _consent(event: ConsentEvent, language: str) -> dict[str, Any]:
    address = settings.HP_PUBLIC_URL + reverse("my:page", args=[event.language])
    return {
        "at": event.at.isoformat(),
        "purpose": say(event.purpose.name, language),
        "event": event.kind,
        "how": event.how,
        "language": event.language,
        "notice_version": event.notice_version,
        "notice_sha256": event.notice_hash,
        "receipt": receipt_of(event, controller=CONTROLLER, address=address),
    }
