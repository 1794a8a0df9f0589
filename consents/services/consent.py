"""Giving a consent, to the very words that were shown, and withdrawing it."""

from django.contrib.auth.models import AbstractUser
from django.db import connection, transaction
from django.utils import timezone

from citizens.models import Person
from consents.models import BasisKind, ConsentEvent, ConsentKind, ConsentNotice, LegalBasis, Purpose
from consents.models.statements import How
from consents.services.notices import current_notice, notice_hash

LOCK = 0xC0_5E
"""The advisory lock under which the notices of a purpose are numbered."""


class ConsentError(Exception):
    """What was said cannot be recorded as a consent."""


class NotAskedError(ConsentError):
    """Nothing that is done for this purpose stands on a consent."""


class OtherNoticeError(ConsentError):
    """The notice has changed since it was shown."""


class NoConsentError(ConsentError):
    """There is no consent that could be withdrawn."""


@transaction.atomic
def give_consent(
    *,
    person: Person,
    purpose: Purpose,
    shown: str,
    how: How,
    language: str,
    by: AbstractUser | None = None,
) -> ConsentEvent:
    """Record the consent to the notice that was ``shown`` (its SHA-256).

    ``by`` is the caseworker who recorded it for the person, if one did. Raises NotAskedError, and
    OtherNoticeError if that is no longer the notice.
    """
    today = timezone.localdate()
    asked = LegalBasis.objects.in_force_on(today).filter(purpose=purpose, kind=BasisKind.CONSENT)
    if not asked.exists():
        raise NotAskedError
    text = current_notice(purpose, language, on=today)
    if notice_hash(text) != shown:
        raise OtherNoticeError
    notice = _kept(purpose, language, text)
    return ConsentEvent.objects.create(
        person=person,
        purpose=purpose,
        kind=ConsentKind.GIVEN,
        notice_version=str(notice.version),
        notice_hash=notice.sha256,
        how=how,
        language=language,
        by_id=by.pk if by else None,
    )


@transaction.atomic
def withdraw_consent(
    *, person: Person, purpose: Purpose, how: How, language: str, by: AbstractUser | None = None
) -> ConsentEvent:
    """Record that the standing consent is withdrawn: nothing is done on it from now on.

    Raises NoConsentError.
    """
    given = ConsentEvent.objects.standing().filter(person=person, purpose=purpose).last()
    if given is None:
        raise NoConsentError
    return ConsentEvent.objects.create(
        person=person,
        purpose=purpose,
        kind=ConsentKind.WITHDRAWN,
        notice_version=given.notice_version,
        notice_hash=given.notice_hash,
        how=how,
        language=language,
        by_id=by.pk if by else None,
    )


def _kept(purpose: Purpose, language: str, text: str) -> ConsentNotice:
    """The kept notice with these words; the first consent to them keeps them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, purpose.pk])
    notices = ConsentNotice.objects.filter(purpose=purpose, language=language)
    kept = notices.filter(sha256=notice_hash(text)).first()
    if kept is None:
        kept = ConsentNotice.objects.create(
            purpose=purpose,
            language=language,
            version=notices.count() + 1,
            text=text,
            sha256=notice_hash(text),
        )
    return kept
