"""The files a round gives the city's other systems."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from offers.admin.pages import actor, staff_page
from offers.models import Round
from offers.rounds.export import evaka_csv, placements_csv, without_evaka_id

FILES = {"places": placements_csv, "evaka": evaka_csv}


@require_POST
@staff_page("offers.change_round")
def download(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The file; a POST, since each download is recorded as a use of the people's data."""
    round = get_object_or_404(Round.objects.select_related("service__purpose"), pk=pk)
    if kind not in FILES:
        raise Http404
    text = FILES[kind](round=round, by=actor(request))
    if kind == "evaka" and (left_out := without_evaka_id(round)):
        messages.warning(
            request, _("%(count)s places have no eVaka id and are not in it.") % {"count": left_out}
        )
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    name = f"{slugify(round.name) or round.pk}-{kind}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
