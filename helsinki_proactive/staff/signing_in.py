"""Employees sign in at the City's identity provider; the groups of its token are their roles.

The token is the only source of the roles: they are set anew at each signing in, so whoever is
taken out of a group there has lost the role here. A token makes nobody a superuser.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from helusers.user_utils import convert_to_uuid, get_or_create_user, is_valid_uuid

from helsinki_proactive import openid
from helsinki_proactive.staff.models import User
from helsinki_proactive.staff.roles import PERMISSIONS

PROVIDER = "STAFF"
NEXT = "staff_next"
FROM_TOKEN = ("given_name", "family_name", "email")
"""The claims we take over; whatever else a token says of a user is not heard."""


class PasswordBackend(ModelBackend):
    """Passwords, unless the City's provider is there: then for superusers only, in an emergency."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:  # type: ignore[override]
        user = super().authenticate(request, **credentials)
        if not isinstance(user, User):
            return None
        return user if user.is_superuser or not openid.is_configured(PROVIDER) else None


class ProviderBackend(ModelBackend):
    """Whoever came in by the provider; it takes no credentials of its own."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:  # type: ignore[override]
        return None


@never_cache
@require_safe
def sign_in(request: HttpRequest) -> HttpResponse:
    """Send the employee to the City's provider, and remember where they wanted to go."""
    if not openid.is_configured(PROVIDER):
        return redirect("admin:login")
    request.session[NEXT] = _ours(request.GET.get("next", ""))
    try:
        back_to = settings.HP_PUBLIC_URL + reverse("staff:signed-in")
        return openid.to_provider(request, PROVIDER, back_to=back_to)
    except openid.SignInError:
        return _refused(request, status=503)


@never_cache
@require_safe
def signed_in(request: HttpRequest) -> HttpResponse:
    """Let in whom the provider vouches for, if the token names a group of ours."""
    if not openid.is_configured(PROVIDER):
        return redirect("admin:login")
    try:
        said = openid.claims(request, PROVIDER)
    except openid.SignInError:
        return _refused(request, status=403)
    following = request.session.pop(NEXT, "")
    user = employee_of(said)
    if user is None:
        return _refused(request, status=403, no_role=True)
    backend = f"{ProviderBackend.__module__}.{ProviderBackend.__qualname__}"
    login(request, user, backend=backend)
    return redirect(_ours(following) or "admin:index")


@transaction.atomic
def employee_of(said: dict[str, Any]) -> User | None:
    """The user of a token, with the roles of its groups; None without a role, or dismissed.

    Who has no role any more loses what was left of the former ones.
    """
    roles = roles_of(said.get(settings.STAFF_OIDC_GROUPS_CLAIM))
    sub = str(said["sub"])
    if not is_valid_uuid(sub):  # type: ignore[no-untyped-call]
        sub = convert_to_uuid(sub)  # type: ignore[no-untyped-call]
    if not roles:
        former = User.objects.filter(uuid=sub, is_superuser=False)
        former.update(is_staff=False)
        return None
    known = {name: said[name] for name in FROM_TOKEN if said.get(name)}
    user = get_or_create_user({**known, "sub": sub}, oidc=True)  # type: ignore[no-untyped-call]
    if not isinstance(user, User) or not user.is_active:
        return None
    user.groups.set(Group.objects.filter(name__in=roles))
    if not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])  # type: ignore[no-untyped-call]
    return user


def roles_of(groups: object) -> set[str]:
    """The roles that STAFF_OIDC_GROUPS gives to the token's groups; capitals are the same."""
    names: Iterable[object] = groups if isinstance(groups, list) else ()
    known = {name.casefold(): role for name, role in settings.STAFF_OIDC_GROUPS.items()}
    found = {known.get(str(name).casefold()) for name in names}
    return {role for role in found if role in PERMISSIONS}


def _ours(address: str) -> str:
    """The address if it is one of our own pages, else nothing."""
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else ""


def _refused(request: HttpRequest, *, status: int, no_role: bool = False) -> HttpResponse:
    context = {"no_role": no_role, "unavailable": status == 503}
    return render(request, "admin/not_signed_in.html", context, status=status)
