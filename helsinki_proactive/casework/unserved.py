"""Who could be served and is not: for each service how many are entitled, met, and left."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from offers.admin.pages import actor, admin_page, page_of, staff_page
from offers.models import StandingRule
from offers.rounds.unserved import coverage, not_kept_yet


@staff_page("offers.view_eligibilityrule")
def unserved(request: HttpRequest) -> HttpResponse:
    """The services whose entitlements are kept, those for most people first."""
    kept = StandingRule.objects.select_related("rule__service").order_by("-people", "pk")
    page = page_of(request, kept)
    context = {
        "page": page,
        "rows": coverage(page),
        "newest": max((rule.as_of for rule in page), default=None),
        "waiting": not_kept_yet(),
        "may_start": actor(request).has_perm("offers.add_round"),
    }
    return admin_page(request, "casework/unserved.html", _("Who is not served"), context)
