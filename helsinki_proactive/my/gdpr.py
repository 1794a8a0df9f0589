"""The City's GDPR API: what Helsinki Profile asks each service, for whoever signs in there.

The contract is open-city-profile's, OpenAPI 1.1.0. GET gives everything as a tree, DELETE erases
what the law does not make us keep; with ``dry_run`` it only says whether it would.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.views import APIView

from citizens.models import Person
from consents.services.choices import language_to
from helsinki_proactive import openid
from helsinki_proactive.my.export import exported
from helsinki_proactive.my.models import Account
from helsinki_proactive.my.signing_in import PROVIDER
from helsinki_proactive.my.tree import node
from offers.rounds.erasing import forget_people, not_kept

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

Answer = Callable[[HttpRequest, Person, bool], HttpResponse]


class _Node(serializers.Serializer[Any]):
    """What open-city-profile calls a Node."""

    key = serializers.CharField()
    value = serializers.CharField(required=False)
    error = serializers.CharField(required=False)
    children = serializers.ListField(child=serializers.DictField(), required=False)


class _Error(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.DictField(child=serializers.CharField())


_ErrorResponse = inline_serializer("ErrorResponse", {"errors": _Error(many=True)})
"""Why something is refused, in three languages."""

NOTHING = {
    204: OpenApiResponse(description="Nothing is known of the person, or it has been erased."),
    401: OpenApiResponse(description="The token is not one for this person and this."),
    404: OpenApiResponse(description="There is no such API here."),
    406: OpenApiResponse(description="Only JSON is spoken here."),
}
DRY_RUN = OpenApiParameter("dry_run", bool, description="Only say whether it would be done.")


class ProfileView(APIView):
    """Everything of one person, or its erasure. A bearer token says who asks, no session does."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(responses={200: _Node, **NOTHING})
    def get(self, request: HttpRequest, profile: UUID) -> HttpResponse:
        """Everything of the person, as a tree."""
        return _answered(request, profile, "gdprquery", _everything)

    @extend_schema(
        parameters=[DRY_RUN],
        responses={
            400: OpenApiResponse(description="dry_run is neither true nor false."),
            403: _ErrorResponse,
            **NOTHING,
        },
    )
    def delete(self, request: HttpRequest, profile: UUID) -> HttpResponse:
        """Erase what need not be kept, or say why it is."""
        return _answered(request, profile, "gdprdelete", _erase)


def _answered(request: HttpRequest, profile: UUID, scope: str, answer: Answer) -> HttpResponse:
    """Let in a token of the citizens' provider that is meant for us, of this very person.

    ``answer`` gets the person, if the register knows them, and whether the provider is sure enough.
    Without an audience (``GDPR_API_AUDIENCE``) there is no such API here.
    """
    audience = settings.GDPR_API_AUDIENCE
    if not (audience and openid.is_configured(PROVIDER)):
        raise Http404
    header = request.headers.get("Authorization", "")
    try:
        said = openid.bearer(header, PROVIDER, audience=audience)
    except openid.SignInError:
        return _unauthorised()
    if said["sub"] != str(profile) or scope not in openid.permitted(said):
        return _unauthorised()
    account = Account.objects.of(said["sub"]).select_related("person").first()
    if account is None:
        return HttpResponse(status=204)
    response = answer(request, account.person, said.get("loa") in SURE_ENOUGH)
    add_never_cache_headers(response)
    return response


def _everything(request: HttpRequest, person: Person, sure: bool) -> HttpResponse:
    if not sure:
        error = NOT_SURE_ENOUGH[language_to(person)]
        return JsonResponse({"key": "HELSINKI_PROACTIVE", "error": error})
    data = exported(person, language=language_to(person), now=timezone.now())
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
