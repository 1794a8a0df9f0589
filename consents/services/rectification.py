"""Why a caseworker reads the data of somebody who says that a fact is wrong."""

from datetime import date

from citizens.attributes import POPULATION_REGISTER
from consents.models import BasisKind, LegalBasis, Operation, Purpose

CODE = "rectification"
NAME = {
    "fi": "Tietojen oikaiseminen pyynnöstäsi (EU:n tietosuoja-asetus, 16 ja 18 artikla)",
    "sv": "Rättelse av uppgifter på din begäran (EU:s dataskyddsförordning, artikel 16 och 18)",
    "en": "Correcting data at your request (GDPR, articles 16 and 18)",
}
DEPARTMENT = {"fi": "Kaupunginkanslia", "sv": "Stadskansliet", "en": "City Executive Office"}
STATUTE = {
    "fi": "EU:n yleinen tietosuoja-asetus 6(1)(c), 12(3), 16 ja 18 artikla",
    "sv": "EU:s dataskyddsförordning, artiklarna 6.1 c, 12.3, 16 och 18",
    "en": "GDPR articles 6(1)(c), 12(3), 16 and 18",
}
KEPT_DAYS = 1095
"""The words of a dispute, after it was settled: as long as the city may be asked what it did."""
GDPR_APPLIES = date(2018, 5, 25)


def rectification_purpose() -> Purpose:
    """The purpose, with its legal basis; it is no service's, and made when it is first needed."""
    purpose, _made = Purpose.objects.get_or_create(
        code=CODE, defaults={"name": NAME, "department": DEPARTMENT}
    )
    LegalBasis.objects.get_or_create(
        purpose=purpose,
        operation=Operation.CORRECTING,
        source=POPULATION_REGISTER,
        in_force_from=GDPR_APPLIES,
        defaults={
            "kind": BasisKind.LEGAL_OBLIGATION,
            "statute": STATUTE,
            "recipients": DEPARTMENT,
            "retention_days": KEPT_DAYS,
        },
    )
    return purpose
