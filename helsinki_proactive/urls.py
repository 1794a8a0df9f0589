"""Every address of the service; the apps bring their own."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("helsinki_health_endpoints.urls")),
    path("", include("offers.urls")),
]
