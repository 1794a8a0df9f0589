"""Citizens sign in at an identity provider that knows their identity code: Suomi.fi in Helsinki."""

from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_POST, require_safe

from citizens.languages import FAMILY_LANGUAGES
from citizens.models import Person
from helsinki_proactive import openid
from helsinki_proactive.my.models import remember_account
from helsinki_proactive.my.sessions import CitizenRequest, in_citizens_session

PROVIDER = "CITIZEN"
LANGUAGE = "my_language"


@require_safe
@in_citizens_session
def sign_in(request: HttpRequest, language: str) -> HttpResponse:
    """Send the citizen to the identity provider."""
    if language not in FAMILY_LANGUAGES:
        raise Http404
    if not openid.is_configured(PROVIDER):
        return _refused(request, language, "unavailable", 503)
    request.session[LANGUAGE] = language
    back_to = settings.HP_PUBLIC_URL + reverse("my:signed-in")
    try:
        return openid.to_provider(request, PROVIDER, back_to=back_to)
    except openid.SignInError:
        return _refused(request, language, "unavailable", 503)


@require_safe
@in_citizens_session
def signed_in(request: HttpRequest) -> HttpResponse:
    """Let in whom the provider vouches for, if a register of ours knows them."""
    language = request.session.get(LANGUAGE, "fi")
    if not openid.is_configured(PROVIDER):
        return _refused(request, language, "unavailable", 503)
    try:
        said = openid.claims(request, PROVIDER)
    except openid.SignInError:
        return _refused(request, language, "failed", 403)
    code = said.get(settings.CITIZEN_OIDC_IDENTITY_CLAIM)
    person = _person_with(code) if isinstance(code, str) else None
    if person is None:
        return _refused(request, language, "unknown", 403)
    remember_account(person, said.get("sub"))
    cast(CitizenRequest, request).session.begin(person)
    return redirect("my:page", language)


@require_POST
@in_citizens_session
def sign_out(request: HttpRequest, language: str) -> HttpResponse:
    """End the session here, and let the provider end its own, if it has a page for that.

    By a page of ours that leads there: a form of ours leads to no other site (form-action).
    """
    language = language if language in FAMILY_LANGUAGES else "fi"
    was_in = cast(CitizenRequest, request).person is not None
    request.session.flush()
    page = reverse("my:page", args=[language])
    ends_at = None
    if was_in and openid.is_configured(PROVIDER):
        ends_at = openid.out_of_provider(PROVIDER, back_to=settings.HP_PUBLIC_URL + page)
    if ends_at is None:
        return redirect(page)
    with translation.override(language):
        context = {"ends_at": ends_at, "language": language}
        return render(request, "my/signed_out.html", context)


def _person_with(code: str) -> Person | None:
    if not code.strip():
        return None
    return Person.objects.in_register().with_identity_code(code).first()


def _refused(request: HttpRequest, language: str, why: str, status: int) -> HttpResponse:
    with translation.override(language):
        context = {"why": why, "language": language, "phone": settings.CITY_PHONE}
        return render(request, "my/refused.html", context, status=status)
