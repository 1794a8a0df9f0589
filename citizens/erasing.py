"""Erasing people: what is known of them goes, a row without content stays for what refers to it."""

from collections.abc import Collection

from django.db.models import DateField, F, Q, Value
from django.db.models.functions import Cast, Coalesce, Concat, ExtractYear, Now

from citizens.models import DisputedFact, Guardianship, Person, RegisteredFact

ERASED_KEY = "erased-"


def erase_people(people: Collection[int]) -> int:
    """Erase these people (ids); of the date of birth the year stays. Returns how many.

    Their contact points must not be referred to any more. A register that delivers them again
    makes new people of them.
    """
    RegisteredFact.objects.filter(person__in=people).delete()
    said = DisputedFact.objects.filter(Q(person__in=people) | Q(by__in=people))
    said.update(should_be=None, because=None, told=None)
    Guardianship.objects.filter(Q(guardian__in=people) | Q(child__in=people)).delete()
    year = Cast(ExtractYear("birth_date"), output_field=Person._meta.get_field("last_name"))
    return Person.objects.filter(pk__in=people).update(
        register_key=Concat(Value(ERASED_KEY), F("pk"), output_field=year.output_field),
        identity_code=None,
        identity_code_index=None,
        returned_address_index=None,
        gone_at=Coalesce("gone_at", Now()),
        first_names="",
        last_name="",
        birth_date=Cast(Concat(year, Value("-01-01")), output_field=DateField()),
        sex="",
        mother_tongue="",
        address=None,
        address_index=None,
        postal_code="",
        latitude=None,
        longitude=None,
    )
