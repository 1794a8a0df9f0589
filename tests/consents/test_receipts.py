"""A receipt of a consent: structure of ISO/IEC TS 27560, terms of the W3C vocabulary, signed."""

import copy
import json
import re
from typing import Any

import jsonschema
import pytest
from django.utils import timezone

from citizens.models import Person
from consents.models import ConsentEvent, LegalBasis
from consents.models.statements import How
from consents.services.consent import give_consent, withdraw_consent
from consents.services.notices import current_notice, notice_hash
from consents.services.receipts import is_genuine, receipt_of
from tests.rounds.city import a_person, preschool

pytestmark = pytest.mark.django_db

CONTROLLER = {"controller": "City of Helsinki", "address": "https://palvelut.example.fi/my/en/"}
TEXT = {"type": "string", "minLength": 1}
TERM = re.compile(r"\b(?:dpv|eu-gdpr):[\w-]+")
TERMS = {
    *("dpv:ConsentGiven", "dpv:ConsentWithdrawn", "dpv:ExplicitlyExpressedConsent"),
    *("dpv:DataController", "dpv:PersonalData", "dpv:PublicBenefit", "dpv:Filter", "dpv:Use"),
    *("eu-gdpr:A6-1-a", "eu-gdpr:A7-3", "eu-gdpr:A15", "eu-gdpr:A16", "eu-gdpr:A17"),
    "eu-gdpr:A20",
}
"""Terms of DPV 2.0 and its extension for the GDPR that we use."""


def strictly(**properties: Any) -> dict[str, Any]:
    """An object with these properties, all of them and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def some(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of, "minItems": 1}


SCHEMA = strictly(
    **{"@context": {"type": "object"}},
    schema_version={"const": "ISO/IEC TS 27560:2023"},
    receipt_id={"type": "string", "pattern": "^[0-9a-f-]{36}$"},
    pii_principal_id={"type": "string", "pattern": "^[0-9a-f]{32}$"},
    pii_processing=strictly(
        privacy_notice=strictly(
            version=TEXT, sha256={"type": "string", "pattern": "^[0-9a-f]{64}$"}, text=TEXT
        ),
        language={"enum": ["fi", "sv", "en"]},
        purposes=some(
            strictly(
                purpose=TEXT,
                purpose_type=TEXT,
                lawful_basis={"const": "eu-gdpr:A6-1-a"},
                pii_information=some(strictly(pii_type=TEXT, source=TEXT)),
                pii_controllers=some(TEXT),
                processing_method=TEXT,
                retention_period={"type": "string", "pattern": r"^P\d+D$"},
                recipients=TEXT,
                legal_reference=TEXT,
                jurisdiction={"const": "FI"},
                withdrawal_method=TEXT,
                privacy_rights=some(TEXT),
            )
        ),
    ),
    party_identification=some(
        strictly(party_id=TEXT, party_name=TEXT, party_role=TEXT, party_url=TEXT)
    ),
    event=strictly(
        event_time={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT"},
        event_type={"const": "dpv:ExplicitlyExpressedConsent"},
        event_state={"enum": ["dpv:ConsentGiven", "dpv:ConsentWithdrawn"]},
        entity_id=TEXT,
        expression_method={"enum": How.values},
    ),
    signature={"type": "string", "pattern": "^[0-9a-f]{128}$"},
)


def a_consent(person: Person | None = None) -> ConsentEvent:
    """A consent to what preschool does, given on the web."""
    purpose = preschool().purpose
    LegalBasis.objects.filter(purpose=purpose).update(kind="consent")
    notice = notice_hash(current_notice(purpose, "en", on=timezone.localdate()))
    return give_consent(
        person=person or a_person(),
        purpose=purpose,
        shown=notice,
        how=How.WEB,
        language="en",
    )


def receipt(event: ConsentEvent) -> dict[str, Any]:
    """As somebody reads it from a file."""
    read: dict[str, Any] = json.loads(json.dumps(receipt_of(event, **CONTROLLER)))
    return read


def test_it_has_the_structure_and_only_terms_of_the_vocabulary() -> None:
    given = a_consent()
    withdrawn = withdraw_consent(
        person=given.person, purpose=given.purpose, how=How.PHONE, language="en"
    )
    for event, state in ((given, "dpv:ConsentGiven"), (withdrawn, "dpv:ConsentWithdrawn")):
        made = receipt(event)
        jsonschema.validate(made, SCHEMA)
        assert made["event"]["event_state"] == state
        del made["@context"]
        assert set(TERM.findall(json.dumps(made))) <= TERMS


def test_it_holds_the_very_words_that_were_shown() -> None:
    said = receipt(a_consent())["pii_processing"]["privacy_notice"]
    assert notice_hash(said["text"]) == said["sha256"]
    assert said["text"].startswith("I consent to the City of Helsinki")


def test_it_names_nobody_and_is_the_same_person_in_each() -> None:
    person = a_person(first_names="Aino Salainen")
    first = a_consent(person)
    withdraw_consent(person=person, purpose=first.purpose, how=How.WEB, language="en")
    made = [receipt(first), receipt(a_consent(person)), receipt(a_consent())]
    assert "Salainen" not in json.dumps(made)
    principals = [one["pii_principal_id"] for one in made]
    assert principals[0] == principals[1] != principals[2]
    assert len({one["receipt_id"] for one in made}) == 3


@pytest.mark.parametrize(
    "place",
    [
        ("event", "event_time"),
        ("pii_processing", "language"),
        ("schema_version",),
        ("pii_processing", "privacy_notice", "text"),
    ],
)
def test_a_receipt_that_was_changed_is_found_out(place: tuple[str, ...]) -> None:
    genuine = receipt(a_consent())
    assert is_genuine(genuine)
    changed = copy.deepcopy(genuine)
    inner = changed
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] += " "
    assert not is_genuine(changed)


@pytest.mark.parametrize("signature", ["", "00", "zz", None, 7])
def test_what_is_no_signature_vouches_for_nothing(signature: object) -> None:
    made = receipt(a_consent())
    assert not is_genuine({**made, "signature": signature})
    del made["signature"]
    assert not is_genuine(made)
