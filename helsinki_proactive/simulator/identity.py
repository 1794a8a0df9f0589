"""A stand-in for Suomi.fi: an OpenID Connect provider that believes whatever code one types.

    python -m helsinki_proactive.simulator.identity --fd N --issuer URL --client-url URL

On loopback, for one client only, told apart by CITIZEN_OIDC_CLIENT_ID and _CLIENT_SECRET. The code
flow with PKCE (RFC 7636), and RP-Initiated Logout. It keeps nothing longer than a minute.
"""

import argparse
import base64
import hashlib
import hmac
import os
import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

_HERE = Path(__file__).parent
CLAIM = "national_id_num"
LASTS_S = 60


@dataclass(frozen=True)
class _Agreed:
    """What somebody has agreed to, until the client fetches it."""

    code: str
    nonce: str
    challenge: str
    back_to: str
    until: float


class IdentityProvider:
    """One client's provider. ``client_url`` is the only site that people are sent back to."""

    def __init__(self, issuer: str, client_url: str, client_id: str, secret: str) -> None:
        self.issuer = issuer
        self._client_url = client_url.rstrip("/") + "/"
        self._client = (client_id, secret)
        self._key = RSAKey.generate_key(2048, {"kid": "stand-in", "use": "sig"}, private=True)
        self._agreed: dict[str, _Agreed] = {}

    def application(self) -> Starlette:
        """What answers."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/jwks", self._keys),
                Route("/authorize", self._ask),
                Route("/authorize", self._agree, methods=["POST"]),
                Route("/token", self._token, methods=["POST"]),
                Route("/end", self._end),
                Mount("/simulator/static", StaticFiles(directory=_HERE / "static")),
            ]
        )

    def _metadata(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "end_session_endpoint": f"{self.issuer}/end",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def _keys(self, _request: Request) -> Response:
        return JSONResponse(KeySet([self._key]).as_dict(private=False))

    def _ask(self, request: Request) -> Response:
        if not self._is_ours(request):
            return _refused("This is not a request of the demo.")
        page = (_HERE / "templates" / "identity.html").read_text()
        policy = (
            "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action 'self' {self._client_url}"
        )
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    async def _agree(self, request: Request) -> Response:
        """Send back with a code that the client fetches the token with."""
        if not self._is_ours(request):
            return _refused("This is not a request of the demo.")
        typed = (await request.form()).get("identity_code")
        asked, now = request.query_params, time.monotonic()
        self._agreed = {code: one for code, one in self._agreed.items() if one.until > now}
        code = secrets.token_urlsafe(16)
        self._agreed[code] = _Agreed(
            code=str(typed or "").strip().upper(),
            nonce=asked.get("nonce", ""),
            challenge=asked.get("code_challenge", ""),
            back_to=asked["redirect_uri"],
            until=now + LASTS_S,
        )
        answer = urlencode({"code": code, "state": asked.get("state", "")})
        return RedirectResponse(f"{asked['redirect_uri']}?{answer}", status_code=303)

    def _is_ours(self, request: Request) -> bool:
        asked = request.query_params
        return (
            asked.get("client_id") == self._client[0]
            and asked.get("response_type") == "code"
            and asked.get("code_challenge_method") == "S256"
            and asked.get("redirect_uri", "").startswith(self._client_url)
        )

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        if not self._is_client(request.headers.get("Authorization", "")):
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        agreed = self._agreed.pop(str(form.get("code")), None)
        challenge = _challenge(str(form.get("code_verifier")))
        if (
            agreed is None
            or agreed.until < time.monotonic()
            or not hmac.compare_digest(challenge, agreed.challenge)
            or form.get("redirect_uri") != agreed.back_to
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self._client[0],
            "sub": hashlib.sha256(agreed.code.encode()).hexdigest()[:32],
            "iat": now,
            "exp": now + LASTS_S,
            "nonce": agreed.nonce,
            CLAIM: agreed.code,
        }
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(16),
                "token_type": "Bearer",
                "expires_in": LASTS_S,
                "id_token": jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key),
            }
        )

    def _is_client(self, header: str) -> bool:
        """Basic authentication, as OAuth writes it (RFC 6749, 2.3.1)."""
        try:
            name, _, secret = (
                base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
            )
        except ValueError:
            return False
        given = f"{unquote(name)}:{unquote(secret)}"
        return hmac.compare_digest(given.encode(), ":".join(self._client).encode())

    def _end(self, request: Request) -> Response:
        """Nobody is remembered here, so nothing ends; back to where one came from."""
        back_to = request.query_params.get("post_logout_redirect_uri", "")
        if not back_to.startswith(self._client_url):
            return _refused("This is not a request of the demo.")
        return RedirectResponse(back_to, status_code=303)


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _refused(words: str) -> Response:
    return HTMLResponse(words, status_code=400)


def main() -> None:
    """Answer on the socket that was opened for us, until we are ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="the listening socket")
    parser.add_argument("--issuer", required=True, help="where the socket is reached")
    parser.add_argument("--client-url", required=True, help="the site people are sent back to")
    options = parser.parse_args()
    provider = IdentityProvider(
        options.issuer,
        options.client_url,
        os.environ["CITIZEN_OIDC_CLIENT_ID"],
        os.environ["CITIZEN_OIDC_CLIENT_SECRET"],
    )
    config = uvicorn.Config(provider.application(), log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=options.fd)])


if __name__ == "__main__":
    main()
