"""The API against its own description: whoever asks whatever, it answers as it says."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis import Case

from helsinki_proactive.my.models import remember_account
from helsinki_proactive.staff.roles import ADMINISTRATOR, APPROVER, CASEWORKER, UNIT_HEAD
from tests.casework.staff import at_work
from tests.my.tokens import AUDIENCE, TokenIssuer, token_issuer
from tests.rounds.city import a_person, preschool

pytestmark = pytest.mark.django_db

GENERATOR: Any = SchemaGenerator  # untyped
DESCRIBED = GENERATOR().get_schema(request=None, public=True)
schema = schemathesis.openapi.from_dict(DESCRIBED)
schema.app = get_wsgi_application()

QUICK = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
OF_ANY_ADDRESS = {404, 405, 406}
"""Not there, not done there, not spoken there."""

EVERYBODY = ["nobody", "a citizen", CASEWORKER, APPROVER, ADMINISTRATOR, UNIT_HEAD]


@pytest.fixture
def issuer(settings: Any) -> Iterator[TokenIssuer]:
    preschool()
    with token_issuer() as running:
        settings.CITIZEN_OIDC_ISSUER = running.issuer
        settings.GDPR_API_AUDIENCE = AUDIENCE
        yield running


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Requests of a test stay in its transaction, as with Django's own client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def headers_of(who: str, issuer: TokenIssuer) -> tuple[dict[str, str], str]:
    """What the browser of somebody sends, and their id."""
    subject = str(uuid4())
    if who == "nobody":
        return {}, subject
    if who == "a citizen":
        remember_account(a_person(), subject)
        return {"Authorization": f"Bearer {issuer.token(subject)}"}, subject
    cookies = at_work(who).cookies
    return {"Cookie": f"hp_staff={cookies['hp_staff'].value}"}, subject


def test_what_is_described_is_there() -> None:
    assert set(DESCRIBED["paths"]) == {
        "/gdpr-api/v1/profiles/{profile}",
        "/transparency/seal.json",
        "/transparency/{language}/register.json",
    }


@pytest.mark.parametrize("who", EVERYBODY)
@schema.parametrize()
@QUICK
def test_it_answers_as_it_says(case: "Case[Any]", who: str, issuer: TokenIssuer) -> None:
    headers, subject = headers_of(who, issuer)
    if who == "a citizen" and "profile" in case.path_parameters:
        case.path_parameters["profile"] = subject  # one's own: what is behind the token is reached
    response = case.call(headers=headers)
    assert response.status_code < 500
    described = {int(code) for code in case.operation.definition.raw["responses"]}
    assert response.status_code in described | OF_ANY_ADDRESS
