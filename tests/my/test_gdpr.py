"""The City's GDPR API: everything of one person, or its erasure, for that very person only."""

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from joserfc.jwk import RSAKey

from citizens.disputes import dispute, settle
from citizens.models import ContactPoint, DisputedFact, DisputeOutcome, Person
from consents.models import LegalBasis, Objection, ObjectionTombstone, ProcessingKind
from consents.models.statements import How
from consents.services.objections import lift_objection, raise_objection
from consents.services.processing import open_processing, record_use
from consents.services.rectification import rectification_purpose
from consents.services.verify_seal import verify_seal
from helsinki_proactive.my.export import exported
from helsinki_proactive.my.models import Account, remember_account
from offers.models import Message
from tests.identity_provider import IdentityProvider
from tests.my.citizens import CODE, signed_in, with_code
from tests.my.tokens import AUDIENCE, TokenIssuer, token_issuer
from tests.rounds.city import a_person, a_phone, preschool
from tests.rounds.test_retention import told_and_closed

pytestmark = pytest.mark.django_db

SECONDS = 5  # what Helsinki Profile waits for


@pytest.fixture
def issuer(settings: Any) -> Iterator[TokenIssuer]:
    with token_issuer() as running:
        settings.CITIZEN_OIDC_ISSUER = running.issuer
        settings.GDPR_API_AUDIENCE = AUDIENCE
        yield running


def known(person: Person) -> str:
    """The id by which the provider knows the person."""
    subject = str(uuid4())
    remember_account(with_code(person), subject)
    return subject


def ask(method: str, subject: str, token: str, query: str = "") -> Any:
    path = f"/gdpr-api/v1/profiles/{subject}{query}"
    return Client(enforce_csrf_checks=True).generic(
        method, path, headers={"Authorization": f"Bearer {token}"}
    )


def leaves(tree: dict[str, Any]) -> list[str]:
    """All values of a tree, which has values or children, never both."""
    assert set(tree) <= {"key", "value", "children"}
    assert ("value" in tree) != ("children" in tree)
    assert tree["key"] == tree["key"].upper()
    if "value" in tree:
        assert isinstance(tree["value"], str)
        return [tree["value"]]
    return [value for child in tree["children"] for value in leaves(child)]


def values(document: Any) -> list[str]:
    """All values of a document."""
    match document:
        case dict():
            return [value for one in document.values() for value in values(one)]
        case list() | tuple():
            return [value for one in document for value in values(one)]
        case bool():
            return [str(document).lower()]
        case None:
            return [""]
    return [str(document)]


def everything() -> dict[str, list[str]]:
    """The whole database, row by row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY relname"
        )
        tables = [name for (name,) in cursor.fetchall()]
        rows = {}
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
            rows[table] = [row for (row,) in cursor.fetchall()]
    return rows


def test_it_answers_with_the_same_as_the_file_one_can_save(issuer: TokenIssuer) -> None:
    person = a_person()
    a_phone(person)
    subject = known(person)
    began = time.monotonic()
    response = ask("GET", subject, issuer.token(subject))
    assert time.monotonic() - began < SECONDS
    assert response.status_code == 200
    expected = exported(person, language="fi", now=timezone.now())
    moment = expected["made_at"]
    told = leaves(response.json())
    assert CODE in told
    assert told[1:] == [value for value in values(expected) if value != moment]


def a_long_story() -> Person:
    """A guardian of four with hundreds of rows: years of use, offers, objections and disputes."""
    round, guardian = told_and_closed(children=4)
    for number in range(400):
        purpose = round.service.purpose if number % 2 else rectification_purpose()
        kind = ProcessingKind.ROUND if number % 2 else ProcessingKind.VIEWING
        act = open_processing(purpose=purpose, kind=kind, by=None)
        record_use(processing=act, people=Person.objects.filter(pk=guardian.pk))
    for _ in range(30):
        raise_objection(person=guardian, purpose=round.service.purpose, how=How.WEB)
        lift_objection(person=guardian, purpose=round.service.purpose, how=How.WEB)
    for number in range(20):
        said = dispute(person=guardian, attribute="name", should_be=f"Nimi {number}", because="")
        settle(fact=said, outcome=DisputeOutcome.STANDS, told=f"Vastaus {number}")
    return guardian


def test_the_longest_story_is_told_and_erased_in_time(issuer: TokenIssuer) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=300)):
        guardian = a_long_story()
    LegalBasis.objects.update(retention_days=30)
    subject = known(guardian)
    began = time.monotonic()
    response = ask("GET", subject, issuer.token(subject))
    assert time.monotonic() - began < SECONDS
    told = leaves(response.json())
    assert len(told) > 1500
    assert {"Nimi 7", "Vastaus 19"} <= set(told)
    began = time.monotonic()
    assert ask("DELETE", subject, issuer.token(subject)).status_code == 204
    assert time.monotonic() - began < SECONDS
    assert not DisputedFact.objects.exclude(told=None).exists()


def test_what_is_disputed_is_in_the_answer(issuer: TokenIssuer) -> None:
    person = a_person()
    dispute(person=person, attribute="mother_tongue", should_be="somali", because="Kotikieli")
    subject = known(person)
    response = ask("GET", subject, issuer.token(subject))
    told = leaves(response.json())
    for words in ("Äidinkieli", "somali", "Kotikieli", "open"):
        assert words in told
    keys = [one["key"] for one in response.json()["children"]]
    assert "RECTIFICATIONS" in keys


def test_signing_in_is_how_the_id_is_learned(provider: IdentityProvider) -> None:
    person = with_code(a_person())
    signed_in(provider)
    assert Account.objects.of("citizen").get().person == person
    assert not Account.objects.of("somebody else").exists()


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_of_whom_we_do_not_know_there_is_nothing(method: str, issuer: TokenIssuer) -> None:
    subject = str(uuid4())
    response = ask(method, subject, issuer.token(subject))
    assert (response.status_code, response.content) == (204, b"")


def signed_with_public_key(issuer: TokenIssuer, good: str) -> str:
    """As if what everybody may know were a shared secret."""
    payload = good.split(".")[1]
    head = urlsafe_b64encode(b'{"alg":"HS256","kid":"first"}').rstrip(b"=").decode()
    public = issuer.key.as_pem(private=False)
    mac = hmac.digest(public, f"{head}.{payload}".encode(), "sha256")
    return f"{head}.{payload}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def bad_tokens(issuer: TokenIssuer, subject: str) -> dict[str, str]:
    good = issuer.token(subject)
    stranger = RSAKey.generate_key(2048, {"kid": "first"}, private=True)
    return {
        "none": "",
        "no token": "x.y.z",
        "another key's": issuer.token(subject, key=stranger),
        "signed with the public key": signed_with_public_key(issuer, good),
        "cut": good[:-3],
        "another issuer's": issuer.token(subject, iss="https://example.org"),
        "another audience's": issuer.token(subject, aud="other"),
        "over": issuer.token(subject, exp=int(time.time()) - 600),
        "without end": issuer.token(subject, exp=None),
        "another person's": issuer.token(str(uuid4())),
        "nobody's": issuer.token(""),
        "without scopes": issuer.token(subject, authorization=None),
        "with odd scopes": issuer.token(subject, authorization={"permissions": [{"scopes": 7}]}),
    }


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_token_that_is_not_quite_right_is_refused_and_nothing_is_told(
    method: str, issuer: TokenIssuer
) -> None:
    subject = known(a_person())
    for what, token in bad_tokens(issuer, subject).items():
        response = ask(method, subject, token)
        assert (response.status_code, response.content) == (401, b""), what
        assert response["WWW-Authenticate"] == "Bearer"
    assert Account.objects.exists()


@pytest.mark.parametrize(("method", "scope"), [("GET", "gdprdelete"), ("DELETE", "gdprquery")])
def test_the_scope_of_one_does_not_allow_the_other(
    method: str, scope: str, issuer: TokenIssuer
) -> None:
    subject = known(a_person())
    assert ask(method, subject, issuer.token(subject, scopes=[scope])).status_code == 401


def test_a_key_that_the_provider_has_changed_is_asked_for(issuer: TokenIssuer) -> None:
    subject = known(a_person())
    assert ask("GET", subject, issuer.token(subject)).status_code == 200
    issuer.new_key()
    assert ask("GET", subject, issuer.token(subject)).status_code == 200


def test_who_is_not_strongly_identified_is_told_so_and_nothing_else(issuer: TokenIssuer) -> None:
    subject = known(a_person())
    weak = issuer.token(subject, loa="low")
    told = ask("GET", subject, weak).json()
    assert set(told) == {"key", "error"}
    refused = ask("DELETE", subject, weak)
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["code"] == "insufficient_loa"


def test_a_dry_run_changes_nothing_at_all(issuer: TokenIssuer) -> None:
    person = a_person()
    a_phone(person)
    raise_objection(person=person, purpose=preschool().purpose, how=How.WEB)
    subject = known(person)
    before = everything()
    for said in ("true", "True", "1"):
        response = ask("DELETE", subject, issuer.token(subject), f"?dry_run={said}")
        assert response.status_code == 204
    assert everything() == before
    assert ask("DELETE", subject, issuer.token(subject), "?dry_run=maybe").status_code == 400
    assert everything() == before


def test_erasing_leaves_nothing_but_what_is_sealed_and_the_objection(issuer: TokenIssuer) -> None:
    person = a_person(first_names="Poistuva", last_name="Henkilö")
    number = a_phone(person).unseal("value")
    raise_objection(person=person, purpose=preschool().purpose, how=How.WEB)
    subject = known(person)
    began = time.monotonic()
    assert ask("DELETE", subject, issuer.token(subject), "?dry_run=false").status_code == 204
    assert time.monotonic() - began < SECONDS
    rows = str(everything())
    for word in ("Poistuva", "Henkilö", CODE, number):
        assert word not in rows
    person.refresh_from_db()
    assert (person.identity_code, person.address, person.gone_at is None) == (None, None, False)
    assert not ContactPoint.objects.filter(person=person).exists()
    assert Objection.objects.filter(person=person).exists()
    assert ObjectionTombstone.objects.count() == 1
    assert verify_seal()
    assert ask("GET", subject, issuer.token(subject)).status_code == 204


def test_while_an_offer_must_be_kept_it_is_refused_with_the_reason(issuer: TokenIssuer) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=300)):
        _round, guardian = told_and_closed()
    subject = known(guardian)
    before = everything()
    for query in ("?dry_run=true", ""):
        refused = ask("DELETE", subject, issuer.token(subject), query)
        assert refused.status_code == 403
        [error] = refused.json()["errors"]
        assert error["code"] == "still_kept"
        assert set(error["message"]) == {"fi", "sv", "en"}
    assert everything() == before

    LegalBasis.objects.update(retention_days=250)
    assert ask("DELETE", subject, issuer.token(subject)).status_code == 204
    assert not Message.objects.exclude(body=None).filter(person=guardian).exists()


def test_the_refusal_is_the_same_when_the_child_is_protected(issuer: TokenIssuer) -> None:
    _round, guardian = told_and_closed()
    subject = known(guardian)
    open_to_all = ask("DELETE", subject, issuer.token(subject))
    Person.objects.filter(guardians__guardian=guardian).update(protected=True)
    shielded = ask("DELETE", subject, issuer.token(subject))
    assert (shielded.status_code, shielded.content) == (403, open_to_all.content)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_nothing_else_is_done_there(method: str, issuer: TokenIssuer) -> None:
    subject = known(a_person())
    assert ask(method, subject, issuer.token(subject)).status_code == 405


def test_without_an_audience_there_is_no_such_address(issuer: TokenIssuer, settings: Any) -> None:
    subject = known(a_person())
    settings.GDPR_API_AUDIENCE = ""
    assert ask("GET", subject, issuer.token(subject)).status_code == 404
    assert ask("GET", "not-an-id", issuer.token(subject)).status_code == 404
