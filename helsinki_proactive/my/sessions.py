"""A citizen's session: of its own kind, with its own cookie, and never a staff user's.

It holds who has signed in and nothing else, opens no page of the admin, and ends after half an hour
of doing nothing, or two hours.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from citizens.models import Person

COOKIE = "hp_my"
COOKIE_PATH = "/my/"
IDLE_AT_MOST = timedelta(minutes=30)
AT_MOST = timedelta(hours=2)
PERSON, BEGAN = "my_person", "my_began"

View = Callable[..., HttpResponse]


class CitizenSession(SessionStore):
    """Signed apart from the sessions of staff: the key of one kind opens nothing of the other."""

    @property
    def person(self) -> Person | None:
        """Who has signed in, while the session lasts and the register knows them."""
        began, person_id = self.get(BEGAN), self.get(PERSON)
        if began is None or person_id is None:
            return None
        if timezone.now() - datetime.fromisoformat(began) >= AT_MOST:
            return None
        return Person.objects.in_register().filter(pk=person_id).first()

    def begin(self, person: Person) -> None:
        """The person has signed in: under a new key, with nothing left of before."""
        self.flush()
        self[PERSON] = person.pk
        self[BEGAN] = timezone.now().isoformat()


class CitizenRequest(HttpRequest):
    """A request to one of these pages."""

    session: CitizenSession
    person: Person | None


def in_citizens_session(view: View) -> View:
    """Give the view a citizen's session instead of staff's, and keep what it leaves there."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.user.is_authenticated  # noqa: B018  staff's session is read before it is put away
        staff = (request.session, request.user)
        session = CitizenSession(request.COOKIES.get(COOKIE))
        request.session, request.user = session, AnonymousUser()
        request.person = session.person  # type: ignore[attr-defined]
        try:
            response = view(request, *args, **kwargs)
        finally:
            request.session, request.user = staff
        _keep(session, response)
        add_never_cache_headers(response)
        return response

    return opened


def _keep(session: CitizenSession, response: HttpResponse) -> None:
    if session.is_empty():
        response.delete_cookie(COOKIE, path=COOKIE_PATH, samesite="Lax")
        return
    session.set_expiry(IDLE_AT_MOST)
    session.save()
    response.set_cookie(
        COOKIE,
        session.session_key or "",
        path=COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
