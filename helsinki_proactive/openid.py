"""Signing in at an OpenID Connect provider: authorization code, PKCE, state and nonce.

A provider is four settings, ``{NAME}_OIDC_ISSUER``, ``_CLIENT_ID``, ``_CLIENT_SECRET`` and
``_SCOPE``. Its token is read once and kept nowhere: whoever signs in gets a session of ours.
"""

from functools import cache
from typing import Any
from urllib.parse import urlencode

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

SIGNATURES = ["RS256", "PS256", "ES256"]
"""What a provider signs with; never a shared secret, never nothing."""


class SignInError(Exception):
    """The provider did not vouch for anybody, or cannot be reached."""


def is_configured(name: str) -> bool:
    """Whether there is a provider of this name (STAFF, CITIZEN)."""
    return bool(getattr(settings, f"{name}_OIDC_ISSUER", ""))


def to_provider(request: HttpRequest, name: str, *, back_to: str) -> HttpResponseRedirect:
    """Send the browser to the provider, which sends it on to ``back_to``. Raises SignInError."""
    try:
        response: HttpResponseRedirect = _client(name).authorize_redirect(request, back_to)
    except (OAuthError, requests.RequestException, ValueError) as error:
        raise SignInError(type(error).__name__) from None
    return response


def claims(request: HttpRequest, name: str) -> dict[str, Any]:
    """What the provider says of whoever came back from it. Raises SignInError.

    Signature, issuer, audience, age, state and nonce have been checked.
    """
    try:
        token = _client(name).authorize_access_token(request)
    except (OAuthError, JoseError, requests.RequestException, ValueError) as error:
        raise SignInError(type(error).__name__) from None
    said = token.get("userinfo")
    if not said or not said.get("sub"):
        raise SignInError("no subject")
    return dict(said)


def out_of_provider(name: str, *, back_to: str) -> str | None:
    """Where the browser ends its session at the provider too, and comes back from.

    OpenID Connect RP-Initiated Logout 1.0; None where the provider has no such page or is away.
    """
    try:
        client = _client(name)
        ends_at = client.load_server_metadata().get("end_session_endpoint")
    except (OAuthError, requests.RequestException, ValueError):
        return None
    if not ends_at:
        return None
    asked = {"client_id": client.client_id, "post_logout_redirect_uri": back_to}
    return f"{ends_at}{'&' if '?' in ends_at else '?'}{urlencode(asked)}"


def bearer(header: str, name: str, *, audience: str) -> dict[str, Any]:
    """What the provider says in the token of an ``Authorization`` header (RFC 6750, RFC 7519).

    It must be signed by the provider, issued by it for exactly this audience, and not be over.
    Raises SignInError.
    """
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token:
        raise SignInError("no token")
    client = _client(name)
    try:
        issuer = client.load_server_metadata()["issuer"]
        said = _opened(client, token)
        JWTClaimsRegistry(
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        ).validate(said)
    except (OAuthError, JoseError, requests.RequestException, ValueError, KeyError) as error:
        raise SignInError(type(error).__name__) from None
    if not isinstance(said["sub"], str):
        raise SignInError("no subject")
    return said


def _opened(client: Any, token: str) -> dict[str, Any]:
    """The claims of a signed token; keys are asked for again when it names one we do not know."""
    try:
        return jwt.decode(token, _keys(client), algorithms=SIGNATURES).claims
    except (BadSignatureError, InvalidKeyIdError):
        return jwt.decode(token, _keys(client, anew=True), algorithms=SIGNATURES).claims


def _keys(client: Any, *, anew: bool = False) -> KeySet:
    return KeySet.import_key_set(client.fetch_jwk_set(force=anew))


def permitted(said: dict[str, Any]) -> set[str]:
    """The scopes in a token's ``authorization.permissions``, as Keycloak writes them."""
    authorization = said.get("authorization")
    permissions = authorization.get("permissions") if isinstance(authorization, dict) else None
    scopes: set[str] = set()
    for one in permissions if isinstance(permissions, list) else ():
        given = one.get("scopes") if isinstance(one, dict) else None
        if isinstance(given, list):
            scopes |= {scope for scope in given if isinstance(scope, str)}
    return scopes


def _client(name: str) -> Any:
    issuer = getattr(settings, f"{name}_OIDC_ISSUER").rstrip("/")
    return _registered(
        name,
        issuer,
        getattr(settings, f"{name}_OIDC_CLIENT_ID"),
        getattr(settings, f"{name}_OIDC_CLIENT_SECRET"),
        getattr(settings, f"{name}_OIDC_SCOPE"),
    )


@cache
def _registered(name: str, issuer: str, client_id: str, client_secret: str, scope: str) -> Any:
    return OAuth().register(
        name.lower(),
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": scope,
            "code_challenge_method": "S256",
            "default_timeout": settings.PROVIDER_TIMEOUT_SECONDS,
        },
    )
