"""The queue: what a person must look at, urgent and oldest first."""

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helsinki_proactive.casework.conversation import family_words
from offers.admin.pages import actor, admin_page, page_of, staff_page
from offers.models import CaseKind, ReviewCase

SNIPPET = 90
FILTERS: dict[str, Any] = {
    "all": _("All open"),
    "free": _("Not taken"),
    "mine": _("Mine"),
    "urgent": _("Urgent"),
    "late": _("Late"),
}


@staff_page("offers.view_reviewcase")
def queue(request: HttpRequest) -> HttpResponse:
    """The open cases."""
    conditions = _conditions(actor(request).pk)
    chosen = request.GET.get("show", "all")
    kind = request.GET.get("kind", "")
    cases = ReviewCase.objects.open().filter(conditions.get(chosen, Q()))
    if kind in CaseKind:
        cases = cases.filter(kind=kind)
    page = page_of(
        request,
        cases.in_queue_order()
        .select_related("round", "subject__person", "reply__person", "offer", "taken_by")
        .select_related("dispute__person")
        .prefetch_related("offer__wishes"),
    )
    context = {
        "page": page,
        "rows": [_row(case) for case in page],
        "filters": _filters(conditions),
        "kinds": _kinds(),
        "chosen": chosen,
        "chosen_kind": kind,
        "query": f"show={chosen}&kind={kind}",
        "may_take": actor(request).has_perm("offers.change_reviewcase"),
    }
    return admin_page(request, "casework/queue.html", _("Queue"), context)


def _conditions(user_id: int) -> dict[str, Q]:
    return {
        "all": Q(),
        "free": Q(taken_by=None),
        "mine": Q(taken_by=user_id),
        "urgent": Q(urgent=True),
        "late": Q(due_at__lt=timezone.now()),
    }


def _filters(conditions: dict[str, Q]) -> list[dict[str, Any]]:
    counts = ReviewCase.objects.open().aggregate(
        **{
            f"{name}_": Count("pk", filter=condition) if condition else Count("pk")
            for name, condition in conditions.items()
        }
    )
    return [
        {"name": name, "label": label, "count": counts[f"{name}_"]}
        for name, label in FILTERS.items()
    ]


def _kinds() -> list[dict[str, Any]]:
    rows: QuerySet[Any, Any] = (
        ReviewCase.objects.open().values_list("kind").annotate(count=Count("pk")).order_by("kind")
    )
    return [{"kind": kind, "label": CaseKind(kind).label, "count": count} for kind, count in rows]


def _row(case: ReviewCase) -> dict[str, Any]:
    words = family_words(case)
    about = case.subject or case.reply or case.dispute
    person = about and about.person
    return {
        "case": case,
        "person": person,
        "words": words if len(words) <= SNIPPET else f"{words[:SNIPPET]}…",
        "late": case.due_at < timezone.now(),
    }
