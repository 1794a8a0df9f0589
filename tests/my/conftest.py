"""A real identity provider that vouches for citizens."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from tests.identity_provider import IdentityProvider, identity_provider


@pytest.fixture(scope="session")
def running_provider() -> Iterator[IdentityProvider]:
    with identity_provider() as running:
        yield running


@pytest.fixture
def provider(running_provider: IdentityProvider, settings: Any) -> IdentityProvider:
    settings.CITIZEN_OIDC_ISSUER = running_provider.issuer
    settings.CITIZEN_OIDC_CLIENT_ID = secrets.token_hex(4)
    settings.CITIZEN_OIDC_CLIENT_SECRET = secrets.token_hex(8)
    return running_provider
