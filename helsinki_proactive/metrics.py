"""Prometheus metrics, for whoever has the token."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics of this process, or of all of gunicorn's with PROMETHEUS_MULTIPROC_DIR."""
    if not _may_read(request):
        return HttpResponseForbidden("Authorization: Bearer <METRICS_TOKEN> is needed here.\n")
    response: HttpResponse = ExportToDjangoView(request)
    return response


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    return not settings.DEPLOYED and ip_address(request.META["REMOTE_ADDR"]).is_loopback
