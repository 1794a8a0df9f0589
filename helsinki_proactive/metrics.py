"""Prometheus metrics, for whoever has the token."""

from collections.abc import Iterator
from ipaddress import ip_address

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from offers.models import Lane, Message, MessageState, ProviderHealth, ReviewCase

UNFINISHED = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNCERTAIN)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics of this process, or of all of gunicorn's with PROMETHEUS_MULTIPROC_DIR, and those
    that the database keeps for all processes."""
    if not _may_read(request):
        return HttpResponseForbidden("Authorization: Bearer <METRICS_TOKEN> is needed here.\n")
    response: HttpResponse = ExportToDjangoView(request)
    response.content += generate_latest(_IN_DATABASE)
    return response


class InDatabase(Collector):
    """What all processes know together: asked of the database, and the same from each of them."""

    def collect(self) -> Iterator[Metric]:
        """The families of the metrics; called at each scrape."""
        yield from self._cases()
        yield self._messages()
        yield from self._providers()

    def _cases(self) -> Iterator[Metric]:
        """What waits for a caseworker: to be alerted by."""
        now = timezone.now()
        waiting = ReviewCase.objects.all().waiting(now)
        oldest = (now - waiting["oldest"]).total_seconds() if waiting["oldest"] else 0
        for name, text, value in (
            ("open", "Cases in the caseworkers' queue", waiting["open"]),
            ("urgent", "Cases about somebody's safety", waiting["urgent"]),
            ("late", "Cases that are past their time", waiting["late"]),
            ("oldest_seconds", "Age of the oldest open case", oldest),
        ):
            yield GaugeMetricFamily(f"hp_cases_{name}", text, value=value)

    def _messages(self) -> Metric:
        waiting = GaugeMetricFamily(
            "hp_messages", "Messages that have not come to an end", labels=["lane", "state"]
        )
        counted = Message.objects.filter(state__in=UNFINISHED).order_by()
        for lane, state, number in counted.values_list("lane", "state").annotate(Count("pk")):
            waiting.add_metric([Lane(lane).name.lower(), state], number)
        return waiting

    def _providers(self) -> Iterator[Metric]:
        failures, away, pause, ration, allowed = (
            GaugeMetricFamily(f"hp_provider_{name}", text, labels=["provider"])
            for name, text in (
                ("failures", "Failed calls in a row, of all workers"),
                ("away", "1 while the provider is taken to be away"),
                ("pause_seconds", "For how long the provider is not called"),
                ("calls_per_second", "The ration of all workers together; 0 for none"),
                ("calls_allowed", "Calls left of the ration when it was last asked for"),
            )
        )
        now = timezone.now()
        known = {health.provider: health for health in ProviderHealth.objects.all()}
        for provider, rate in settings.CALLS_PER_SECOND.items():
            health = known.get(provider, ProviderHealth(provider=provider))
            left = (health.not_before - now).total_seconds() if health.not_before else 0
            failures.add_metric([provider], health.failures)
            away.add_metric([provider], int(health.away_since is not None))
            pause.add_metric([provider], max(left, 0))
            ration.add_metric([provider], rate)
            allowed.add_metric([provider], health.allowance)
        yield from (failures, away, pause, ration, allowed)


_IN_DATABASE = CollectorRegistry()
_IN_DATABASE.register(InDatabase())


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    return not settings.DEPLOYED and ip_address(request.META["REMOTE_ADDR"]).is_loopback
