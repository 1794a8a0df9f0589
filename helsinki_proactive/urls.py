"""Every address of the service; the apps bring their own."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from helsinki_proactive.metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/casework/", include("helsinki_proactive.casework.urls")),
    path("admin/staff/", include("helsinki_proactive.staff.urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("helsinki_health_endpoints.urls")),
    path("metrics", metrics, name="metrics"),
    path("api/schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("my/", include("helsinki_proactive.my.urls")),
    path("", include("offers.urls")),
]
