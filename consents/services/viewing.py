"""Opening a person in the admin: allowed for a purpose, and never without a trace."""

from django.contrib.auth.models import AbstractUser
from django.db import transaction

from citizens.models import Person
from consents.models import Processing, ProcessingKind, Purpose
from consents.services.processing import open_processing, record_use


@transaction.atomic
def record_viewing(
    *, person: Person, purpose: Purpose, by: AbstractUser, reason: str
) -> Processing:
    """Record that ``by`` opened the person; ``reason`` holds no personal data.

    The person reads the purpose, the department and the time, never the employee's name.
    """
    processing = open_processing(purpose=purpose, kind=ProcessingKind.VIEWING, by=by, reason=reason)
    record_use(processing=processing, people=Person.objects.filter(pk=person.pk))
    return processing


def may_view(user: AbstractUser, person: Person) -> bool:
    """Whether the employee's role reads people at all."""
    return user.has_perm("citizens.view_person")
