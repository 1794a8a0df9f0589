"""What requests pass on their way to a view, besides the libraries' own."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils import translation
from django_prometheus.middleware import PrometheusAfterMiddleware

ADMIN_PREFIX = "/admin/"
WEBHOOKS_PREFIX = "/webhooks/"
Handler = Callable[[HttpRequest], HttpResponseBase]


class WebhooksMiddleware:
    """Takes providers' requests straight to their views, which check signatures.

    What follows in MIDDLEWARE is for browsers: sessions, cookies, languages, policies. It took
    a third of the time of a receipt, of which there are two for each message of a round. A view
    that a browser may post to does not belong under this prefix: nobody checks its CSRF token.
    """

    def __init__(self, get_response: Handler) -> None:
        self._for_browsers = get_response
        with_errors = convert_exception_to_response(_call_view)
        self._for_providers: Handler = PrometheusAfterMiddleware(with_errors)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        if request.path_info.startswith(WEBHOOKS_PREFIX):
            return self._for_providers(request)
        return self._for_browsers(request)


def _call_view(request: HttpRequest) -> HttpResponseBase:
    match = request.resolver_match = resolve(request.path_info)
    view: Handler = match.func
    with translation.override(settings.LANGUAGE_CODE):
        return view(request, *match.args, **match.kwargs)


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """The admin has its own Content-Security-Policy; every other page has the strict one.

    django-csp's middleware, with ``ADMIN_CONTENT_SECURITY_POLICY`` for the admin.
    """

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """The policy of this response."""
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(ADMIN_PREFIX) and not report_only:
            parts.replace = settings.ADMIN_CONTENT_SECURITY_POLICY | (parts.replace or {})
        return parts
