"""Whose data a service may use, where it stands on consent alone."""

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from citizens.models import Guardianship, Person
from consents.models import ConsentEvent, LegalBasis, Operation
from offers.models import Recipient, Service


def consenting(people: QuerySet[Person], service: Service) -> QuerySet[Person]:
    """Those whose data may be used: where it stands on consent alone, who has given it.

    Of a child, a guardian who may decide. Contacting is the gate's to ask.
    """
    today = timezone.localdate()
    on_consent = LegalBasis.objects.on_consent_alone(today).filter(purpose=service.purpose_id)
    if not on_consent.filter(operation__in=(Operation.SELECTING, Operation.PLACING)).exists():
        return people
    given = ConsentEvent.objects.standing().filter(purpose=service.purpose_id)
    if service.recipient == Recipient.SELF:
        return people.filter(Exists(given.filter(person=OuterRef("pk"))))
    deciding = Guardianship.objects.valid_on(today).may_decide().filter(child=OuterRef("pk"))
    return people.filter(Exists(deciding.filter(Exists(given.filter(person=OuterRef("guardian"))))))
