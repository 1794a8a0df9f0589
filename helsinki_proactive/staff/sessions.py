"""A session of an employee ends by itself: after a working day, or an hour of doing nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

AT_MOST = timedelta(hours=8)
IDLE_AT_MOST = timedelta(hours=1)
NOTED_EVERY = timedelta(minutes=1)
"""How often a session remembers that it is used: each is a row written."""

BEGAN, SEEN = "staff_began", "staff_seen"


def begin(request: HttpRequest, **signal: Any) -> None:
    """From signing in on the time runs; the handler of user_logged_in."""
    now = timezone.now().isoformat()
    request.session[BEGAN] = request.session[SEEN] = now


class SessionLimits:
    """Middleware, after the one that knows who is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sign out whose time is over, before anything is done in their name."""
        if request.user.is_authenticated:
            now = timezone.now()
            if not _is_fresh(request, now):
                logout(request)
            elif now - datetime.fromisoformat(request.session[SEEN]) > NOTED_EVERY:
                request.session[SEEN] = now.isoformat()
        return self.get_response(request)


def _is_fresh(request: HttpRequest, now: datetime) -> bool:
    began, seen = request.session.get(BEGAN), request.session.get(SEEN)
    if began is None or seen is None:
        return False
    ages = now - datetime.fromisoformat(began), now - datetime.fromisoformat(seen)
    return ages[0] < AT_MOST and ages[1] < IDLE_AT_MOST
