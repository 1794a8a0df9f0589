"""Account: by which id an identity provider knows a person."""

from typing import Any, Self

from django.conf import settings
from django.db import models

from citizens.encryption import blind_index
from citizens.models import Person


def subject_digest(subject: str) -> bytes:
    """What is kept of the id (``sub``) that the citizens' provider has for somebody."""
    return blind_index(f"{settings.CITIZEN_OIDC_ISSUER} {subject}", kind="subject")


class AccountQuerySet(models.QuerySet["Account"]):
    def of(self, subject: str) -> Self:
        """The account with this id at the provider, of somebody the register still knows."""
        known = self.filter(person__gone_at=None, person__died_on=None)
        return known.filter(subject=subject_digest(subject))


class Account(models.Model):
    """Learned when the person signs in; the City's GDPR API asks by that id.

    ``subject`` is a keyed digest.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    subject = models.BinaryField(unique=True, editable=False)

    objects = AccountQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"account {self.pk}"


def remember_account(person: Person, subject: Any) -> None:
    """The person is who the provider knows by this id, from now on."""
    if isinstance(subject, str) and subject:
        digest = subject_digest(subject)
        Account.objects.update_or_create(subject=digest, defaults={"person": person})
