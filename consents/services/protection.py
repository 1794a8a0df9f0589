"""A non-disclosure order for personal safety arrives: from this moment only a person writes."""

from collections.abc import Collection
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from citizens.models import Guardianship, Person
from citizens.signals import became_protected
from consents.signals import contact_forbidden


@receiver(became_protected, dispatch_uid="consents.services.protection")
def forbid_contact(*, person_ids: Collection[int], **_signal: Any) -> None:
    """Forbid every message to and about these people and the children they are guardians of.

    Heard inside the transaction in which the register says so.
    """
    wards = Guardianship.objects.valid_on(timezone.localdate()).filter(guardian__in=person_ids)
    shielded = {*person_ids, *wards.values_list("child_id", flat=True)}
    contact_forbidden.send(
        sender=Person, person_ids=sorted(shielded), reason="protected", purpose_id=None
    )
