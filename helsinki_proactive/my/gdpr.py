"""The City's GDPR API: what Helsinki Profile asks each service, for whoever signs in there.

The contract is open-city-profile's, OpenAPI 1.1.0. GET gives everything as a tree, DELETE erases
what the law does not make us keep; with ``dry_run`` it only says whether it would.
"""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from citizens.models import Person
from helsinki_proactive import openid
from helsinki_proactive.my.export import exported
from helsinki_proactive.my.models import Account
from helsinki_proactive.my.signing_in import PROVIDER
from helsinki_proactive.my.tree import node
from offers.rounds.erasing import forget_people, not_kept

SCOPES = {"GET": "gdprquery", "DELETE": "gdprdelete"}
SURE_ENOUGH = ("substantial", "high")
"""The levels of assurance that these pages ask for: whoever signs in there is known by Suomi.fi."""

BOOLEANS = {"true": True, "1": True, "false": False, "0": False, None: False}
NOT_SURE_ENOUGH = {
    "fi": "Tunnistaudu vahvasti (Suomi.fi), niin voimme käsitellä tietojasi.",
    "sv": "Identifiera dig starkt (Suomi.fi), så kan vi behandla dina uppgifter.",
    "en": "Please sign in with strong identification (Suomi.fi) so that we can handle your data.",
}
STILL_KEPT = {
    "fi": "Tietojasi tarvitaan tarjouksessa, joka koskee sinua tai lastasi: se on kesken, tai laki "
    "vaatii säilyttämään sen vielä. Poistamme tiedot itse, kun säilytysaika päättyy. Voit silti "
    "vastustaa tietojesi käyttöä omalla sivullasi.",
    "sv": "Dina uppgifter behövs i ett erbjudande till dig eller ditt barn: det pågår, eller lagen "
    "kräver att det ännu bevaras. Vi raderar uppgifterna själva när bevaringstiden går ut. Du kan "
    "ändå invända mot att dina uppgifter används på din egen sida.",
    "en": "Your data is needed in an offer to you or your child: it is under way, or the law still "
    "requires us to keep it. We will erase the data ourselves when that time is over. You can "
    "still object to the use of your data on your own page.",
}
"""The same words whatever the offer is: of a protected child they must not tell anything."""

View = Callable[[HttpRequest, Person | None, bool], HttpResponse]


def for_whom_it_is(view: View) -> Callable[[HttpRequest, UUID], HttpResponse]:
    """Let in a token of the citizens' provider that is meant for us, of this very person.

    The view gets the person, if we know one, and whether the provider is sure enough of them.
    Without an audience (``GDPR_API_AUDIENCE``) there is no such API here.
    """

    @wraps(view)
    def entered(request: HttpRequest, profile: UUID) -> HttpResponse:
        if not (settings.GDPR_API_AUDIENCE and openid.is_configured(PROVIDER)):
            raise Http404
        try:
            said = openid.bearer(
                request.headers.get("Authorization", ""),
                PROVIDER,
                audience=settings.GDPR_API_AUDIENCE,
            )
        except openid.SignInError:
            return _unauthorised()
        scope = SCOPES[str(request.method)]
        if said["sub"] != str(profile) or scope not in openid.permitted(said):
            return _unauthorised()
        account = Account.objects.of(said["sub"]).select_related("person").first()
        sure = said.get("loa") in SURE_ENOUGH
        response = view(request, account.person if account else None, sure)
        add_never_cache_headers(response)
        return response

    return entered


@csrf_exempt  # no cookie is read
@require_http_methods(["GET", "DELETE"])
@for_whom_it_is
def profile(request: HttpRequest, person: Person | None, sure: bool) -> HttpResponse:
    """Everything of the person, or its erasure; nothing of whom we do not know."""
    if person is None:
        return HttpResponse(status=204)
    if request.method == "DELETE":
        return _erase(request, person, sure)
    if not sure:
        error = NOT_SURE_ENOUGH[person.contact_language]
        return JsonResponse({"key": "HELSINKI_PROACTIVE", "error": error})
    data = exported(person, language=person.contact_language, now=timezone.now())
    return JsonResponse(node("HELSINKI_PROACTIVE", data))


def _erase(request: HttpRequest, person: Person, sure: bool) -> HttpResponse:
    asked = request.GET.get("dry_run")
    dry_run = BOOLEANS.get(asked.lower() if asked else asked)
    if dry_run is None:
        return HttpResponse(status=400)
    if not sure:
        return _refused("insufficient_loa", NOT_SURE_ENOUGH)
    with transaction.atomic():
        held = Person.objects.select_for_update().filter(pk=person.pk)
        if not held or not not_kept(Person.objects.filter(pk=person.pk), timezone.now()):
            return _refused("still_kept", STILL_KEPT)
        if not dry_run:
            forget_people([person.pk])
            Account.objects.filter(person=person).delete()
    return HttpResponse(status=204)


def _refused(code: str, message: dict[str, str]) -> HttpResponse:
    return JsonResponse({"errors": [{"code": code, "message": message}]}, status=403)


def _unauthorised() -> HttpResponse:
    """The same whatever is wrong with the token (RFC 6750)."""
    return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
