"""Why a caseworker reads the data of somebody who says that a fact is wrong."""

from consents.models import Purpose

CODE = "rectification"
NAME = {
    "fi": "Tietojen oikaiseminen pyynnöstäsi (EU:n tietosuoja-asetus, 16 ja 18 artikla)",
    "sv": "Rättelse av uppgifter på din begäran (EU:s dataskyddsförordning, artikel 16 och 18)",
    "en": "Correcting data at your request (GDPR, articles 16 and 18)",
}
DEPARTMENT = {"fi": "Kaupunginkanslia", "sv": "Stadskansliet", "en": "City Executive Office"}


def rectification_purpose() -> Purpose:
    """The purpose; it is no service's, and made when it is first needed."""
    purpose, _made = Purpose.objects.get_or_create(
        code=CODE, defaults={"name": NAME, "department": DEPARTMENT}
    )
    return purpose
