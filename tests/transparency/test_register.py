"""The transparency register: from the rows that run the services, complete, in the standard."""

import json
from datetime import date
from typing import Any

import jsonschema
import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from citizens.languages import FAMILY_LANGUAGES
from consents.models import LegalBasis
from offers.catalogue.load import load_catalogue
from offers.models import EligibilityRule, Makes, Service
from offers.rounds.approval import approve_round, request_approval
from offers.rounds.errors import NotReadyError
from offers.rounds.transparency import missing, register
from tests.family.visits import shown
from tests.rounds.city import a_family, a_round, preschool, seats
from tests.rounds.journeys import approver, awaiting, prepared, preparer

pytestmark = pytest.mark.django_db

TEXT = {"type": "string", "minLength": 1, "pattern": r"^[^{}]*$"}
DAY = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
REQUIRED: dict[str, Any] = {
    "standard_version": {"const": "0.3.1"},
    "lang": {"enum": ["fi", "sv", "en"]},
    **dict.fromkeys(("publication_date", "last_change_date", "revision_date"), DAY),
    **dict.fromkeys(
        (
            *("name", "organization", "department", "country", "area", "goal", "impact", "risks"),
            *("decision_making_process", "proportionality", "lawful_basis", "training_data"),
            *("source_data", "connected_data_sources", "monitoring", "human_intervention"),
            "objection_procedure",
        ),
        TEXT,
    ),
    "contact_email": {"type": "string", "pattern": r"^[^@\s]+@[^@\s]+$"},
    "description_short": TEXT | {"maxLength": 150},
    "status": {
        "enum": [
            *("planned", "design", "development", "pilot", "evaluation", "operational", "retired")
        ]
    },
    "domain": {
        "enum": [
            *("taxes", "housing, living and living environment", "culture, sports and leisure"),
            *("defence", "economy and entrepreneurship", "family, youth and households"),
            *("finance", "generic", "health and health care", "immigration and integration"),
            "international collaboration and development aid",
            "agriculture, nature and food",
            "environment, spacial planning and water",
            *("education and science", "public safety", "government", "justice"),
            "travel, living and working abroad",
            *("subsidies, benefits and allowances", "traffic and transportation"),
            "work and career",
        ]
    },
    "risk_category": {"enum": ["minimal risk", "limited risk", "high risk", "unacceptable"]},
    "algorithm_type": {"enum": ["self-learning", "rule-based", "hybrid"]},
    "type": {"enum": ["descriptive", "diagnostic", "predictive", "prescriptive"]},
}
OPTIONAL: dict[str, Any] = {
    "uuid": {"type": "string", "format": "uuid"},
    "website": {"type": "string", "pattern": "^https?://"},
    "description": TEXT | {"minLength": 500, "maxLength": 10_000},
    **dict.fromkeys(
        (
            *("revision_note", "keywords", "contact_phone", "contact_name", "remark"),
            *("data_bias", "methods_and_models", "performance", "rollback"),
        ),
        TEXT,
    ),
}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {**REQUIRED, **OPTIONAL},
    "required": list(REQUIRED),
    "additionalProperties": False,
}
"""The standard's fields and values; additional ones are not its."""


@pytest.fixture(autouse=True)
def _fresh() -> None:
    """Every test has services of its own."""
    cache.clear()


def published(language: str = "en") -> dict[str, Any]:
    response = Client().get(reverse("offers:transparency-json", args=[language]))
    entries = json.loads(response.content)["algorithms"]
    return {entry["website"].rstrip("/").rpartition("/")[2]: entry for entry in entries}


def lacking_in_preview() -> str:
    """The fields for want of which the round cannot be sent to approval, which is tried."""
    a_family()
    seats(1)
    round = prepared()
    with pytest.raises(NotReadyError):
        request_approval(round=round, by=preparer())
    blockers = {one["code"]: one for one in round.preview["blockers"]}
    return str(blockers["not_published"]["fields"])


@pytest.mark.parametrize("language", FAMILY_LANGUAGES)
def test_every_service_of_the_catalogue_is_there_in_the_standard(language: str) -> None:
    load_catalogue()
    entries = published(language)
    assert set(entries) == set(Service.objects.filter(active=True).values_list("code", flat=True))
    for entry in entries.values():
        jsonschema.validate(
            entry, SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        )
        assert entry["lang"] == language


@pytest.mark.parametrize("without", ["lawful_basis", "domain", "risks"])
def test_the_schema_refuses_an_entry_that_lacks_something(without: str) -> None:
    preschool()
    entry = published()["preschool"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**entry, without: ""}, SCHEMA)
    del entry[without]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(entry, SCHEMA)


@pytest.mark.parametrize("language", FAMILY_LANGUAGES)
def test_the_seed_of_a_rounds_lottery_is_published_once_it_is_approved(language: str) -> None:
    a_family()
    seats(1)
    round, seed = awaiting(a_round(lottery_seed=918_273_645)), "918273645"
    assert seed not in published(language)["preschool"]["methods_and_models"]
    approve_round(round=round, digest=round.frozen_digest, by=approver())
    cache.clear()
    said = published(language)["preschool"]["methods_and_models"]
    assert seed in said
    address = reverse("offers:transparency-service", args=[language, "preschool"])
    assert seed in Client().get(address).content.decode()


def test_a_service_without_places_has_no_lottery() -> None:
    load_catalogue()
    without = Service.objects.filter(active=True, needs_seat=False).values_list("code", flat=True)
    assert without
    for code in without:
        assert "SHA-256" not in published()[code]["methods_and_models"]


def test_it_cannot_drift_what_it_says_is_what_runs() -> None:
    service = preschool()
    before = published()["preschool"]
    EligibilityRule.objects.create(
        service=service,
        version=2,
        criteria={"all": [{"any": [{"attribute": "age", "operator": "at_least", "value": 61}]}]},
        from_file=True,
        approved_at=timezone.now(),
    )
    Service.objects.filter(pk=service.pk).update(answer_days=77)
    LegalBasis.objects.filter(purpose=service.purpose).update(retention_days=4321)
    cache.clear()
    after = published()["preschool"]
    for field, word in (("description", "61"), ("impact", "77"), ("lawful_basis", "4321")):
        assert word not in before[field]
        assert word in after[field]


def test_a_service_that_is_not_complete_starts_no_round() -> None:
    service, day = preschool(), timezone.localdate()
    assert missing(service, on=day) == []
    breaks: dict[str, dict[str, Any]] = {
        "domain": {"domain": ""},
        "decision_making_process": {"makes": Makes.DECISION},
    }
    for field, change in breaks.items():
        kept = {name: getattr(service, name) for name in change}
        Service.objects.filter(pk=service.pk).update(**change)
        assert lacking_in_preview() == field
        Service.objects.filter(pk=service.pk).update(**kept)


@pytest.mark.parametrize("operation", ["selecting", "contacting", "placing"])
def test_without_a_basis_for_each_operation_there_is_no_round(operation: str) -> None:
    service = preschool()
    bases = LegalBasis.objects.filter(purpose=service.purpose, operation=operation)
    bases.update(in_force_until=date(2021, 1, 2))
    assert lacking_in_preview() == "lawful_basis"


def test_automatic_decisions_name_the_published_decision_to_introduce_them() -> None:
    service = preschool()
    address = "https://paatokset.hel.fi/example"
    service.makes, service.introduction_decision = Makes.DECISION, address
    service.save()
    assert missing(service, on=timezone.localdate()) == []
    assert address in published()["preschool"]["decision_making_process"]
    assert "28 d" in published()["preschool"]["decision_making_process"]


@pytest.mark.parametrize("language", FAMILY_LANGUAGES)
def test_everybody_can_read_it_without_signing_in(language: str) -> None:
    service = preschool()
    page = shown(Client().get(reverse("offers:transparency", args=[language])))
    assert page.status == 200
    assert service.name[language] in page.words
    one = shown(Client().get(f"/transparency/{language}/preschool/"))
    assert f'<html lang="{language}">' in one.html
    assert "628/1998" in one.words


def test_what_is_not_there_is_not_found() -> None:
    Service.objects.filter(pk=preschool().pk).update(active=False)
    for address in ("en/preschool/", "en/nothing/", "xx/", "xx/register.json"):
        assert Client().get(f"/transparency/{address}").status_code == 404
    with pytest.raises(ValueError, match="xx"):
        register("xx", on=timezone.localdate())


def test_the_address_without_a_language_leads_to_the_browser_s() -> None:
    response = Client(headers={"accept-language": "sv"}).get("/transparency/")
    assert response["Location"] == "/transparency/sv/"


def test_without_the_cache_it_can_be_read(settings: Any) -> None:
    preschool()
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/1"}
    }
    assert "preschool" in published()
