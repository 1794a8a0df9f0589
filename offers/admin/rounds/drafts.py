"""Beginning a round: first the service, then the days."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citizens.languages import say
from offers.admin.pages import actor, admin_page, staff_page
from offers.admin.rounds.forms import DraftForm, proposed_draft
from offers.models import EligibilityRule, Round, Service
from offers.rounds.drafts import change_draft, draft_round
from offers.rounds.errors import RoundError


@staff_page("offers.add_round")
def new_round(request: HttpRequest) -> HttpResponse:
    """The services to choose from; with ``?service=`` the form for its draft."""
    code = request.GET.get("service")
    if code is None:
        return _choose_service(request)
    service = get_object_or_404(Service, code=code.replace("\x00", ""), active=True)
    posted = request.POST if request.method == "POST" else None
    form = DraftForm(posted, service=service, initial=proposed_draft(service))
    if form.is_valid():
        round = draft_round(service=service, by=actor(request), **form.cleaned_data)
        return redirect("admin:offers_round_change", round.pk)
    return _form_page(request, form, service, _("New round"))


@staff_page("offers.change_round")
def edit_round(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the name, the seats or the days."""
    round = get_object_or_404(Round.objects.select_related("service"), pk=pk)
    values = {name: getattr(round, name) for name in DraftForm.base_fields}
    posted = request.POST if request.method == "POST" else None
    form = DraftForm(posted, service=round.service, initial=values)
    if form.is_valid():
        try:
            change_draft(round=round, changes=form.cleaned_data, by=actor(request))
        except RoundError as error:
            messages.error(request, str(error))
        return redirect("admin:offers_round_change", round.pk)
    return _form_page(request, form, round.service, round.name, round)


def _choose_service(request: HttpRequest) -> HttpResponse:
    ready = set(EligibilityRule.objects.in_force().values_list("service", flat=True))
    services = [
        {
            "code": service.code,
            "name": say(service.name, get_language()),
            "description": say(service.description, get_language()),
            "waits": service.pk not in ready,
        }
        for service in Service.objects.filter(active=True).order_by("code")
    ]
    context = {"services": sorted(services, key=lambda service: str(service["name"]))}
    return admin_page(request, "admin/offers/round/choose_service.html", _("New round"), context)


def _form_page(
    request: HttpRequest, form: DraftForm, service: Service, title: str, round: Round | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "service_name": say(service.name, get_language()),
        "service_description": say(service.description, get_language()),
        "round": round,
    }
    return admin_page(request, "admin/offers/round/draft.html", title, context)
