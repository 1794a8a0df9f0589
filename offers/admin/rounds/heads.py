"""Units' heads: whom to ask, what they said, and the page on which they say it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from citizens.languages import say
from offers.admin.pages import actor, admin_page, staff_page
from offers.admin.rounds.forms import OwnerChoice
from offers.models import Round, Unit, UnitLook, Verdict
from offers.rounds.errors import RoundError
from offers.rounds.looks import BEFORE_SENDING, answer_look, ask_head, is_outdated, open_look


class AskForm(forms.Form):
    """Which unit, and who is its head."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"))
    head = OwnerChoice(label=_("Head of the unit"), queryset=None)

    def __init__(self, *args: Any, units: "QuerySet[Unit]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["unit"]
        choice.queryset = units  # type: ignore[attr-defined]
        choice.label_from_instance = lambda unit: say(unit.name, get_language())  # type: ignore[attr-defined]
        self.fields["head"].queryset = heads()  # type: ignore[attr-defined]


class LookForm(forms.Form):
    """What the head says."""

    verdict = forms.TypedChoiceField(
        label=_("Your answer"), choices=Verdict.choices, coerce=Verdict, widget=forms.Select
    )
    remark = forms.CharField(
        label=_("Remark"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Write no names: say the number of the row."),
    )


def heads() -> "QuerySet[AbstractUser]":
    """Everybody who may be asked."""
    users = get_user_model()._default_manager.with_perm(
        "offers.change_unitlook",
        include_superusers=False,
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return users.order_by("last_name", "username")


@staff_page("offers.view_unitlook")
def heads_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The units of the round, with how many would be sent there and what their heads say."""
    return _heads_page(request, _round(pk))


@require_POST
@staff_page("offers.add_unitlook")
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a unit's head to look."""
    round = _round(pk)
    form = AskForm(request.POST, units=_units(round))
    if not form.is_valid():
        return _heads_page(request, round, form)
    try:
        ask_head(round=round, by=actor(request), **form.cleaned_data)
    except RoundError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _gettext("Asked. The head finds it on the first page."))
    return redirect("admin:offers_round_heads", pk)


@staff_page("offers.change_unitlook")
def look_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The head's own page: who would come, and the answer. Nobody else sees it."""
    looks = UnitLook.objects.select_related("round__service__purpose", "unit")
    look = get_object_or_404(looks, pk=pk)
    user = actor(request)
    if look.head_id != user.pk:
        raise PermissionDenied
    form = LookForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            answer_look(look=look, by=user, **form.cleaned_data)
        except RoundError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _gettext("Thank you: your answer is with the caseworker."))
        return redirect("admin:offers_unitlook", pk)
    context = {
        "look": look,
        "unit": say(look.unit.name, get_language()),
        "service": say(look.round.service.name, get_language()),
        "open": look.round.state in BEFORE_SENDING,
        "subjects": _shown(look, user) if look.round.state in BEFORE_SENDING else [],
        "form": form,
    }
    return admin_page(request, "admin/offers/round/look.html", look.round.name, context)


def _shown(look: UnitLook, user: AbstractUser) -> list[dict[str, Any]]:
    today = timezone.localdate()
    return [
        {
            "name": subject.person.full_name,
            "age": subject.person.age_on(today),
            "seat": subject.capacity,
        }
        for subject in open_look(look=look, by=user)
    ]


def _round(pk: int) -> Round:
    return get_object_or_404(Round.objects.select_related("service"), pk=pk)


def _units(round: Round) -> "QuerySet[Unit]":
    units = Unit.objects.filter(capacities__subjects__round=round)
    return units.annotate(here=Count("capacities__subjects")).order_by("name__fi")


def _heads_page(request: HttpRequest, round: Round, form: AskForm | None = None) -> HttpResponse:
    looks = UnitLook.objects.filter(round=round).select_related("unit", "head")
    said = {look.unit_id: look for look in looks}
    rows = [
        {
            "unit": say(unit.name, get_language()),
            "here": unit.here,  # type: ignore[attr-defined]
            "look": said.get(unit.pk),
            "outdated": unit.pk in said and is_outdated(said[unit.pk]),
        }
        for unit in _units(round)
    ]
    context = {
        "round": round,
        "tab": "heads",
        "rows": rows,
        "may_ask": round.state in BEFORE_SENDING and actor(request).has_perm("offers.add_unitlook"),
        "form": form or AskForm(units=_units(round)),
    }
    return admin_page(request, "admin/offers/round/heads.html", round.name, context)
