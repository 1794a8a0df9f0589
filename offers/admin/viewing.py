"""Whoever opens a person leaves a trace: for what, and when."""

from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils import timezone

from citizens.models import Person
from consents.models import Purpose
from consents.services.viewing import record_viewing
from offers.admin.pages import actor

STAYS_OPEN = timedelta(minutes=30)
"""Coming back to the same person meanwhile is the same viewing."""

KEY = "people_open"


def note_viewing(request: HttpRequest, *, person: Person, purpose: Purpose, reason: str) -> None:
    """Record that the employee reads this person's data, once for each viewing."""
    if has_open(request, person):
        return
    record_viewing(person=person, purpose=purpose, by=actor(request), reason=reason)
    now = timezone.now()
    still_open = {
        pk: since for pk, since in request.session.get(KEY, {}).items() if _open(since, now)
    }
    request.session[KEY] = {**still_open, str(person.pk): now.isoformat()}


def has_open(request: HttpRequest, person: Person) -> bool:
    """Whether the employee has said moments ago why this person is opened."""
    since = request.session.get(KEY, {}).get(str(person.pk))
    return since is not None and _open(since, timezone.now())


def _open(since: str, now: datetime) -> bool:
    return datetime.fromisoformat(since) > now - STAYS_OPEN
