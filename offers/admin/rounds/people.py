"""The people of a round: the list, and the page of one of them."""

from typing import Any

from django.contrib import messages
from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from citizens.languages import say
from citizens.models import is_shielded, shielded_among
from offers.admin.pages import actor, admin_page, page_of, staff_page
from offers.admin.rounds.forms import AssignForm, PinForm, SettleForm
from offers.eligibility.say import fact_sentences
from offers.models import (
    OPEN_OUTCOMES,
    Capacity,
    Exclusion,
    Offer,
    Outcome,
    Round,
    RoundState,
    Subject,
)
from offers.placement import Reason, word_reason
from offers.rounds.arrays import free_seats_of
from offers.rounds.errors import RoundError
from offers.rounds.outcomes import assign_subject, settle_subject
from offers.rounds.pins import pin_cost, pin_subject

FILTERS: dict[str, tuple[Any, Q]] = {
    "all": (_("Everybody"), Q()),
    "open": (_("Still open"), Q(outcome__in=OPEN_OUTCOMES)),
    "contacted": (_("Written to"), Q(exclusion="")),
    "pinned": (_("Pinned"), Q(pinned_by__isnull=False)),
    "over-water": (_("Straight line over water"), Q(placement__over_water=True)),
    **{
        f"not-{reason.value}": (reason.label, Q(exclusion=reason.value))
        for reason in Exclusion
        if reason
    },
    **{f"is-{outcome.value}": (outcome.label, Q(outcome=outcome.value)) for outcome in Outcome},
}
"""What ``?show=`` may name; the address never holds anything about a person."""


@staff_page("offers.view_subject")
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """The exact list of the round, in the order of the families."""
    round = get_object_or_404(Round.objects.select_related("service"), pk=pk)
    chosen = request.GET.get("show", "all")
    label, condition = FILTERS.get(chosen, FILTERS["all"])
    subjects = _subjects(round).filter(condition)
    unit = None
    if (seat := request.GET.get("seat", "")).isdigit():
        shown = ~is_shielded("person", on=timezone.localdate())
        subjects = subjects.filter(shown, capacity=int(seat))
        unit = Capacity.objects.select_related("unit").filter(pk=int(seat)).first()
    context = {
        "round": round,
        "tab": "people",
        "page": page_of(request, subjects.order_by("family", "pk")),
        "filters": _filters(round),
        "chosen": chosen,
        "chosen_label": label,
        "unit": unit and say(unit.unit.name, get_language()),
        "query": f"show={chosen}&seat={seat}" if unit else f"show={chosen}",
        "running": round.generated_at is not None,
    }
    return admin_page(request, "admin/offers/round/people.html", round.name, context)


def _subjects(round: Round) -> "QuerySet[Subject]":
    hidden = ExpressionWrapper(
        is_shielded("person", on=timezone.localdate()), output_field=BooleanField()
    )
    subjects = Subject.objects.filter(round=round).annotate(hidden=hidden)
    return subjects.select_related("person", "capacity__unit", "owner", "pinned_by")


def _filters(round: Round) -> list[dict[str, Any]]:
    """The filters that find somebody, with how many."""
    counts = Subject.objects.filter(round=round).aggregate(
        **{
            name.replace("-", "__"): Count("pk", filter=condition) if condition else Count("pk")
            for name, (_label, condition) in FILTERS.items()
        }
    )
    return [
        {"name": name, "label": label, "count": count}
        for name, (label, _condition) in FILTERS.items()
        if (count := counts[name.replace("-", "__")]) or name == "all"
    ]


@staff_page("offers.view_subject")
def subject_page(request: HttpRequest, pk: int, subject: int) -> HttpResponse:
    """Why somebody is on the list, which seat and why, and what can be done about it."""
    return _subject_page(request, _subject(pk, subject))


@require_POST
@staff_page("offers.change_subject")
def pin(request: HttpRequest, pk: int, subject: int) -> HttpResponse:
    """Say what a pin costs the others; pin once that was seen."""
    found = _subject(pk, subject)
    form = PinForm(request.POST, seats=free_seats_of(found.round))
    if not form.is_valid():
        return _subject_page(request, found, pin_form=form)
    capacity = form.cleaned_data["capacity"]
    try:
        if "seen" not in request.POST:
            cost = pin_cost(subject=found, capacity=capacity)
            return _subject_page(request, found, pin_form=form, cost=cost)
        pin_subject(subject=found, capacity=capacity, by=actor(request))
    except RoundError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _gettext("The places were shared out anew."))
    return redirect("admin:offers_round_subject", pk, subject)


@require_POST
@staff_page("offers.change_subject")
def settle(request: HttpRequest, pk: int, subject: int) -> HttpResponse:
    """Bring somebody's story in the round to its end."""
    found = _subject(pk, subject)
    form = SettleForm(request.POST, seats=free_seats_of(found.round))
    if not form.is_valid():
        return _subject_page(request, found, settle_form=form)
    try:
        settle_subject(subject=found, by=actor(request), **form.cleaned_data)
    except RoundError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _gettext("Recorded: %s.") % form.cleaned_data["outcome"].label)
    return redirect("admin:offers_round_subject", pk, subject)


@require_POST
@staff_page("offers.change_subject")
def assign(request: HttpRequest, pk: int, subject: int) -> HttpResponse:
    """Give the work to a colleague, or take it."""
    found = _subject(pk, subject)
    form = AssignForm(request.POST)
    if not form.is_valid():
        return _subject_page(request, found, assign_form=form)
    try:
        assign_subject(subject=found, owner=form.cleaned_data["owner"])
    except RoundError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _gettext("The owner was changed."))
    return redirect("admin:offers_round_subject", pk, subject)


def _subject(round_id: int, subject_id: int) -> Subject:
    subjects = Subject.objects.select_related(
        "round__service", "person", "capacity__unit", "owner", "pinned_by"
    )
    return get_object_or_404(subjects, pk=subject_id, round=round_id)


def _subject_page(request: HttpRequest, subject: Subject, **forms: Any) -> HttpResponse:
    round, language = subject.round, get_language() or "fi"
    seats = free_seats_of(round).order_by("unit__name__fi", "group")
    hidden = bool(shielded_among([subject.person_id], on=timezone.localdate()))
    initial = {"capacity": subject.capacity_id if subject.pinned_by_id else None}
    context = {
        "round": round,
        "tab": "people",
        "subject": subject,
        "hidden": hidden,
        "unit": subject.capacity and not hidden and say(subject.capacity.unit.name, language),
        "facts": fact_sentences(subject.facts, language) if subject.facts else [],
        "reason": _reason(subject, language) if not hidden else "",
        "offers": Offer.objects.filter(subject=subject).order_by("pk"),
        "age": subject.person.age_on(timezone.localdate()),
        "may_pin": round.state == RoundState.PREPARED and subject.exclusion in PLACEABLE,
        "may_settle": round.state == RoundState.RUNNING,
        "open": subject.outcome in OPEN_OUTCOMES,
        "may_change": actor(request).has_perm("offers.change_subject"),
        "pin_form": PinForm(seats=seats, initial=initial),
        "settle_form": SettleForm(seats=seats),
        "assign_form": AssignForm(initial={"owner": subject.owner_id}),
        **forms,
    }
    return admin_page(request, "admin/offers/round/subject.html", subject.person.full_name, context)


PLACEABLE = (Exclusion.NONE, Exclusion.NO_SEAT, Exclusion.NO_GUARDIAN, Exclusion.NO_CONTACT)


def _reason(subject: Subject, language: str) -> str:
    """Why this seat, in words; nothing where a person places."""
    if not subject.placement:
        return ""
    return word_reason(Reason.from_data(subject.placement), language)
