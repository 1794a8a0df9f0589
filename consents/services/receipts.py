"""A signed receipt of what somebody said about consent, for them to keep.

The structure is that of ISO/IEC TS 27560:2023, the terms those of the W3C Data Privacy Vocabulary.
The signature (Ed25519) is over the receipt as canonical JSON: keys sorted, no spaces, UTF-8.
"""

import hashlib
import json
import uuid
from typing import Any

from citizens.encryption import blind_index
from citizens.languages import say
from consents.models import ConsentEvent, ConsentKind, ConsentNotice, LegalBasis, Operation
from consents.models.bases import BasisKind
from consents.models.statements import How
from consents.services.heads import is_signed, sign

CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
}
STATES = {ConsentKind.GIVEN: "dpv:ConsentGiven", ConsentKind.WITHDRAWN: "dpv:ConsentWithdrawn"}
PROCESSING = {
    Operation.SELECTING: "dpv:Filter",
    Operation.CONTACTING: "dpv:Use",
    Operation.PLACING: "dpv:Use",
    Operation.CORRECTING: "dpv:Consult",
}
RIGHTS = ("eu-gdpr:A7-3", "eu-gdpr:A15", "eu-gdpr:A16", "eu-gdpr:A17", "eu-gdpr:A20")

Receipt = dict[str, Any]


def receipt_of(event: ConsentEvent, *, controller: str, address: str) -> Receipt:
    """The receipt of one event, signed; ``address`` is where the consent can be withdrawn.

    It names nobody: the person is a keyed digest that is the same in each of their receipts.
    """
    receipt: Receipt = {
        "@context": CONTEXT,
        "schema_version": "ISO/IEC TS 27560:2023",
        "receipt_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"consent-event:{event.pk}")),
        "pii_principal_id": blind_index(str(event.person_id), kind="consent.receipt").hex(),
        "pii_processing": _processing(event, controller, address),
        "party_identification": [
            {
                "party_id": "controller",
                "party_name": controller,
                "party_role": "dpv:DataController",
                "party_url": address,
            }
        ],
        "event": {
            "event_time": event.at.isoformat(),
            "event_type": "dpv:ExplicitlyExpressedConsent",
            "event_state": STATES[ConsentKind(event.kind)],
            "entity_id": "controller" if event.by_id else "pii_principal",
            "expression_method": How(event.how).value,
        },
    }
    return {**receipt, "signature": sign(_digest(receipt)).hex()}


def is_genuine(receipt: Receipt) -> bool:
    """Whether this installation signed exactly this receipt."""
    said = {name: value for name, value in receipt.items() if name != "signature"}
    try:
        return is_signed(_digest(said), bytes.fromhex(receipt["signature"]))
    except (KeyError, TypeError, ValueError):
        return False


def _digest(receipt: Receipt) -> bytes:
    """What is signed, under a word of its own: no receipt is ever a head of the seal."""
    canonical = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(b"consent-receipt\n" + canonical.encode()).digest()


def _processing(event: ConsentEvent, controller: str, address: str) -> dict[str, Any]:
    """As the notice said it: the bases are those in force on the day of the event."""
    language = event.language
    notice = ConsentNotice.objects.filter(
        purpose=event.purpose_id, sha256=event.notice_hash
    ).first()
    bases = LegalBasis.objects.in_force_on(event.at.date()).filter(
        purpose=event.purpose_id, kind=BasisKind.CONSENT
    )
    return {
        "privacy_notice": {
            "version": event.notice_version,
            "sha256": event.notice_hash,
            "text": notice.text if notice else None,
        },
        "language": notice.language if notice else language,
        "purposes": [
            {
                "purpose": say(event.purpose.name, language),
                "purpose_type": "dpv:PublicBenefit",
                "lawful_basis": "eu-gdpr:A6-1-a",
                "pii_information": [{"pii_type": "dpv:PersonalData", "source": basis.source}],
                "pii_controllers": ["controller"],
                "processing_method": PROCESSING[Operation(basis.operation)],
                "retention_period": f"P{basis.retention_days}D",
                "recipients": say(basis.recipients, language),
                "legal_reference": say(basis.statute, language),
                "jurisdiction": "FI",
                "withdrawal_method": address,
                "privacy_rights": list(RIGHTS),
            }
            for basis in bases.order_by("pk")
        ],
    }
