"""The switch: everything that is halted, and the buttons that halt and resume."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from citizens.languages import say
from offers.admin.pages import actor, admin_page, staff_page
from offers.admin.read_only import ReadOnlyAdmin
from offers.admin.rounds.forms import ReasonForm
from offers.delivery.switch import halt_sending, resume_sending
from offers.models import Round, SendingHalt, Service

HALTS_SHOWN = 20


@staff_page("offers.view_sendinghalt")
def switch(request: HttpRequest) -> HttpResponse:
    """What is halted now, what could be, and what was."""
    language = get_language()
    halted = SendingHalt.objects.in_force()
    services = [
        {"pk": service.pk, "name": say(service.name, language)}
        for service in Service.objects.filter(active=True).exclude(
            pk__in=halted.exclude(service=None).values("service")
        )
    ]
    past = SendingHalt.objects.exclude(resumed_at=None).select_related(
        "service", "round", "halted_by", "resumed_by"
    )
    context: dict[str, Any] = {
        "in_force": halted.select_related("service", "round", "halted_by"),
        "all_halted": halted.filter(service=None, round=None).exists(),
        "services": sorted(services, key=lambda service: service["name"]),
        "rounds": Round.objects.running().exclude(
            pk__in=halted.exclude(round=None).values("round")
        ),
        "past": past.order_by("-halted_at")[:HALTS_SHOWN],
        "may_halt": actor(request).has_perm("offers.add_sendinghalt"),
        "may_resume": actor(request).has_perm("offers.change_sendinghalt"),
    }
    return admin_page(request, "admin/offers/switch.html", _("The switch"), context)


@require_POST
@staff_page("offers.add_sendinghalt")
def halt(request: HttpRequest) -> HttpResponse:
    """Halt what ``scope`` names: everything, a service or a round."""
    form = ReasonForm(request.POST)
    if form.is_valid():
        halt_sending(by=actor(request), reason=form.cleaned_data["reason"], **_scope(request))
        messages.success(request, _("Halted. What is due waits, nothing is lost."))
    else:
        messages.error(request, _("Give a reason, at most 200 characters long."))
    return redirect("admin:offers_sendinghalt_changelist")


@require_POST
@staff_page("offers.change_sendinghalt")
def resume(request: HttpRequest) -> HttpResponse:
    """Lift the halt of exactly this scope."""
    if resume_sending(by=actor(request), **_scope(request)):
        messages.success(request, _("Sending goes on."))
    return redirect("admin:offers_sendinghalt_changelist")


def _scope(request: HttpRequest) -> dict[str, Any]:
    """``all``, ``service-<id>`` or ``round-<id>`` as the switch's arguments."""
    kind, _dash, number = request.POST.get("scope", "").partition("-")
    if kind == "service" and number.isdigit():
        return {"service": get_object_or_404(Service, pk=number)}
    if kind == "round" and number.isdigit():
        return {"round": get_object_or_404(Round, pk=number)}
    if kind != "all":
        raise PermissionDenied
    return {}


@admin.register(SendingHalt)
class SwitchAdmin(ReadOnlyAdmin):
    """The switch has one page of its own in the place of a list."""

    def get_urls(self) -> list[URLPattern]:
        return [
            path("", switch, name="offers_sendinghalt_changelist"),
            path("halt/", halt, name="offers_sendinghalt_halt"),
            path("resume/", resume, name="offers_sendinghalt_resume"),
        ]
