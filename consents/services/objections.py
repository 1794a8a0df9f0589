"""Objecting to the use of one's data for a purpose (GDPR article 21), and taking that back."""

from django.contrib.auth.models import AbstractUser
from django.db import transaction

from citizens.models import Person
from consents.models import Objection, ObjectionKind, Purpose
from consents.models.statements import How
from consents.signals import contact_forbidden


@transaction.atomic
def raise_objection(
    *, person: Person, purpose: Purpose, how: How, by: AbstractUser | None = None
) -> Objection:
    """Record the objection; what waits to be sent for this purpose is stopped with it.

    ``by`` is the caseworker who recorded it for the person, if one did.
    """
    objection = Objection.objects.create(
        person=person,
        purpose=purpose,
        kind=ObjectionKind.RAISED,
        how=how,
        by_id=by.pk if by else None,
    )
    contact_forbidden.send(
        sender=Objection, person_ids=[person.pk], reason="objected", purpose_id=purpose.pk
    )
    return objection


def lift_objection(
    *, person: Person, purpose: Purpose, how: How, by: AbstractUser | None = None
) -> Objection:
    """Record that the person no longer objects."""
    return Objection.objects.create(
        person=person,
        purpose=purpose,
        kind=ObjectionKind.LIFTED,
        how=how,
        by_id=by.pk if by else None,
    )
