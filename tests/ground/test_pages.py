"""Addresses that belong to nobody's app: health, metrics, schema; and every page's policies."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from offers.models import CaseKind, ReviewCase


@pytest.mark.parametrize("address", ["/healthz", "/readiness"])
@pytest.mark.django_db
def test_health_is_told_to_everybody(client: Client, address: str) -> None:
    assert client.get(address).status_code == 200


@pytest.mark.django_db
def test_metrics_need_the_token(client: Client, settings: LazySettings) -> None:
    settings.METRICS_TOKEN = "t0ken"
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"authorization": "Bearer wrong"}).status_code == 403
    answer = client.get("/metrics", headers={"authorization": "Bearer t0ken"})
    assert b"django_http_requests_total" in answer.content


@pytest.mark.django_db
def test_metrics_tell_how_many_cases_wait_are_urgent_and_are_late(client: Client) -> None:
    now = timezone.now()
    for hours, urgent in ((2, True), (-1, False), (-3, True)):
        ReviewCase.objects.create(
            kind=CaseKind.UNKNOWN_SENDER,
            urgent=urgent,
            opened_at=now - timedelta(hours=5),
            due_at=now + timedelta(hours=hours),
        )
    ReviewCase.objects.create(
        kind=CaseKind.CALL_BACK, urgent=True, due_at=now, closed_at=now, resolution="seen"
    )

    told = dict(
        line.split()
        for line in client.get("/metrics").content.decode().splitlines()
        if line.startswith("hp_cases")
    )

    assert (told["hp_cases_open"], told["hp_cases_urgent"], told["hp_cases_late"]) == (
        "3.0",
        "2.0",
        "2.0",
    )
    assert 5 * 3600 <= float(told["hp_cases_oldest_seconds"]) < 5 * 3600 + 60


@pytest.mark.django_db
def test_metrics_without_a_token_are_for_this_machine_and_never_where_people_are_served(
    client: Client, settings: LazySettings
) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 403
    settings.DEPLOYED = True
    assert client.get("/metrics").status_code == 403


@pytest.mark.django_db
def test_only_the_admin_may_evaluate_expressions(client: Client) -> None:
    admin = client.get("/admin/login/").headers["Content-Security-Policy"]
    public = client.get("/no-such-page").headers["Content-Security-Policy"]
    assert "'unsafe-eval'" in admin
    assert "unsafe" not in public
    for policy in (admin, public):
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy


@pytest.mark.django_db
def test_a_links_key_is_not_told_to_other_sites(client: Client) -> None:
    assert client.get("/no-such-page").headers["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
def test_the_api_schema_is_not_for_strangers(client: Client) -> None:
    assert client.get("/api/schema").status_code in (401, 403)
