"""On their way to a view: what providers' requests are spared, and what costs no query."""

import os

import psycopg2
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from prometheus_client import REGISTRY
from pytest_django import DjangoAssertNumQueries

WEBHOOK = reverse("offers:twilio-status")


def counted() -> float:
    labels = {"status": "415", "view": "offers:twilio-status", "method": "POST"}
    name = "django_http_responses_total_by_status_view_method_total"
    return REGISTRY.get_sample_value(name, labels) or 0


def test_a_providers_request_meets_no_session_language_or_policy_but_is_counted() -> None:
    before = counted()

    response = Client().post(WEBHOOK, headers={"Cookie": "sessionid=x", "Accept-Language": "sv"})

    assert response.status_code == 415
    assert not response.cookies
    assert not {"Content-Security-Policy", "Content-Language", "Vary"} & set(response.headers)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert counted() == before + 1


def test_a_webhook_that_does_not_exist_is_not_found() -> None:
    assert Client().post("/webhooks/nobody").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_connection_is_known_to_live_without_a_query_and_to_be_gone(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (ours,) = cursor.fetchone()
    with django_assert_num_queries(0):
        assert connection.is_usable()

    with psycopg2.connect(os.environ["DATABASE_URL"]) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [ours])
    other.close()

    assert not connection.is_usable()
    connection.connection.close()
    assert not connection.is_usable()
    connection.close()
