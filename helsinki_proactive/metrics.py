"""Prometheus metrics, for whoever has the token."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from offers.models import ReviewCase


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics of this process, or of all of gunicorn's with PROMETHEUS_MULTIPROC_DIR."""
    if not _may_read(request):
        return HttpResponseForbidden("Authorization: Bearer <METRICS_TOKEN> is needed here.\n")
    response: HttpResponse = ExportToDjangoView(request)
    response.content += generate_latest(_cases())
    return response


def _cases() -> CollectorRegistry:
    """What waits for a caseworker, whichever process is asked: to be alerted by."""
    now = timezone.now()
    waiting = ReviewCase.objects.all().waiting(now)
    oldest = (now - waiting["oldest"]).total_seconds() if waiting["oldest"] else 0
    registry = CollectorRegistry()
    for name, meaning, value in (
        ("hp_cases_open", "Cases in the caseworkers' queue", waiting["open"]),
        ("hp_cases_urgent", "Cases about somebody's safety", waiting["urgent"]),
        ("hp_cases_late", "Cases that are past their time", waiting["late"]),
        ("hp_cases_oldest_seconds", "Age of the oldest open case", oldest),
    ):
        Gauge(name, meaning, registry=registry).set(value)
    return registry


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    return not settings.DEPLOYED and ip_address(request.META["REMOTE_ADDR"]).is_loopback
