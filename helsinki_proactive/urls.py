"""Every address of the service; the apps bring their own."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from helsinki_proactive.metrics import metrics
from helsinki_proactive.my import gdpr


def nothing_here(request: HttpRequest) -> HttpResponse:
    """The admin's own page of changes is nobody's: what happened is told by our own rows."""
    raise Http404


urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("offers.urls")),  # first: nearly all requests are providers' and families'
    path("admin/casework/", include("helsinki_proactive.casework.urls")),
    path("admin/staff/", include("helsinki_proactive.staff.urls")),
    re_path(r"^admin/\w+/\w+/[^/]+/history/$", nothing_here),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("helsinki_health_endpoints.urls")),
    path("metrics", metrics, name="metrics"),
    path("api/schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("gdpr-api/v1/profiles/<uuid:profile>", gdpr.ProfileView.as_view(), name="gdpr-profile"),
    path("my/", include("helsinki_proactive.my.urls")),
]
