"""Pages of our own inside the admin: signed in, allowed, and in the admin's frame."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise

from offers.models import SendingHalt

View = Callable[..., HttpResponse]
ROWS = 50


def staff_page(permission: str) -> Callable[[View], View]:
    """Only staff who have ``permission`` ("app.codename") get in; strangers get the login."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not actor(request).has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return admin.site.admin_view(checked)

    return decorate


def actor(request: HttpRequest) -> AbstractUser:
    """Who is signed in. Raises PermissionDenied for nobody."""
    if not isinstance(request.user, AbstractUser):
        raise PermissionDenied
    return request.user


def admin_page(
    request: HttpRequest,
    template: str,
    title: str | Promise,
    context: dict[str, Any] | None = None,
    *,
    status: int = 200,
) -> TemplateResponse:
    """A page in the admin's frame, with what is halted said at its top."""
    halts = SendingHalt.objects.in_force().select_related("service", "round")
    frame = {**admin.site.each_context(request), "title": title, "halts": halts}
    return TemplateResponse(request, template, frame | (context or {}), status=status)


def page_of(request: HttpRequest, rows: "QuerySet[Any]") -> "Page[Any]":
    """The page of rows the address asks for (``?page=``)."""
    return Paginator(rows, ROWS).get_page(request.GET.get("page"))
