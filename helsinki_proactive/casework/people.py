"""A person's page: who they are, and their whole story in the order of time."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from citizens.languages import say
from citizens.models import Guardianship, Person, lives_with_shielded, shielded_among
from consents.models import Purpose
from consents.services.rectification import rectification_purpose
from helsinki_proactive.casework.story import story_of
from offers.admin.pages import actor, admin_page, staff_page
from offers.admin.viewing import has_open, note_viewing
from offers.models import OPEN_OUTCOMES, Offer, Outcome, ReviewCase, Subject

IN_QUEUE = "in the caseworker's queue"
"""The reason recorded for a viewing that the employee's own work explains."""


class WhyForm(forms.Form):
    """Why somebody who is not in one's queue is opened."""

    purpose = forms.ModelChoiceField(label=_("For which service"), queryset=Purpose.objects.none())
    reason = forms.CharField(
        label=_("Why do you open this?"),
        min_length=5,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For example: the guardian called about the offer. No personal data here."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        purposes = self.fields["purpose"]
        purposes.queryset = Purpose.objects.order_by("code")  # type: ignore[attr-defined]
        purposes.label_from_instance = lambda purpose: say(  # type: ignore[attr-defined]
            purpose.name, get_language()
        )


@staff_page("citizens.view_person")
def person_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The story of a person in one's queue; of anybody else once it was said why."""
    person = get_object_or_404(Person, pk=pk)
    if not has_open(request, person):
        purpose = purpose_in_queue(person, actor(request).pk)
        if purpose is None:
            return _ask_why(request, person, WhyForm(initial={"purpose": _likely(person)}))
        note_viewing(request, person=person, purpose=purpose, reason=IN_QUEUE)
    return _told(request, person)


@require_POST
@staff_page("citizens.view_person")
def open_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Record why, then open."""
    person = get_object_or_404(Person, pk=pk)
    form = WhyForm(request.POST)
    if not form.is_valid():
        return _ask_why(request, person, form, status=400)
    note_viewing(request, person=person, **form.cleaned_data)
    return redirect("casework:person", pk)


def purpose_in_queue(person: Person, user_id: int) -> Purpose | None:
    """The purpose of the employee's own work with this person, if there is any.

    Own work is a case taken, or an open story owned, about the person or a child of theirs.
    """
    people = {person.pk, *person.guardianships.values_list("child", flat=True)}
    cases = ReviewCase.objects.open().filter(taken_by=user_id)
    if cases.filter(Q(dispute__person=person) | Q(dispute__by=person)).exists():
        return rectification_purpose()
    about = Q(subject__person__in=people) | Q(reply__person=person)
    case = (
        cases.filter(about, round__isnull=False).select_related("round__service__purpose").first()
    )
    if case and case.round:
        return case.round.service.purpose
    own = Subject.objects.filter(person__in=people, owner=user_id, outcome__in=OPEN_OUTCOMES)
    subject = own.exclude(outcome=Outcome.PENDING).select_related("round__service__purpose").first()
    return subject.round.service.purpose if subject else None


def _likely(person: Person) -> Purpose | None:
    """The purpose a call about this person is probably for: of the last round about them."""
    about = Q(person=person) | Q(person__guardians__guardian=person)
    subject = (
        Subject.objects.filter(about).select_related("round__service__purpose").order_by("-pk")
    ).first()
    return subject.round.service.purpose if subject else None


def _ask_why(
    request: HttpRequest, person: Person, form: WhyForm, *, status: int = 200
) -> HttpResponse:
    context = {"person": person, "form": form}
    return admin_page(request, "casework/why.html", person.full_name, context, status=status)


def _told(request: HttpRequest, person: Person) -> HttpResponse:
    today = timezone.localdate()
    guardianships = Guardianship.objects.valid_on(today)
    children = guardianships.filter(guardian=person).select_related("child")
    guardians = guardianships.filter(child=person).select_related("guardian")
    offers = offers_about(person)
    about = {offer.subject.person_id for offer in offers}
    shielded = shielded_among({person.pk, *about}, on=today)
    hidden = person.pk in shielded
    home_hidden = hidden or lives_with_shielded(person, on=today)
    context = {
        "person": person,
        "hidden": hidden,
        "home_hidden": home_hidden,
        "age": person.age_on(today),
        "children": [one.child for one in children.order_by("child__birth_date")],
        "guardians": [(one.guardian, one.may_decide) for one in guardians],
        "contacts": [] if hidden else _contacts(person),
        "address": "" if home_hidden else person.unseal("address"),
        "identity": masked(person.unseal("identity_code")),
        "offers": [_offer_row(offer, shielded) for offer in offers],
        "story": story_of(person, offers, shielded),
        "open_cases": ReviewCase.objects.open().filter(
            Q(subject__person=person) | Q(reply__person=person) | Q(dispute__person=person)
        ),
    }
    return admin_page(request, "casework/person.html", person.full_name, context)


def offers_about(person: Person) -> list[Offer]:
    """The offers to a person, and to the children of a guardian."""
    about = Q(subject__person=person) | Q(subject__person__guardians__guardian=person)
    offers = Offer.objects.filter(about).distinct().order_by("pk")
    return list(offers.select_related("round__service", "subject__person", "capacity__unit"))


def _offer_row(offer: Offer, shielded: Collection[int]) -> dict[str, Any]:
    hidden = offer.subject.person_id in shielded
    unit = offer.capacity.unit if offer.capacity and not hidden else None
    return {
        "offer": offer,
        "service": say(offer.round.service.name, get_language()),
        "unit": _gettext("not shown") if hidden else unit and say(unit.name, get_language()),
    }


def _contacts(person: Person) -> list[dict[str, Any]]:
    return [
        {"kind": point.get_kind_display(), "value": point.unseal("value"), "point": point}
        for point in person.contact_points.filter(gone_at=None).in_order()
    ]


def masked(identity_code: str) -> str:
    """The day of birth of an identity code; the rest is nobody's to read over a shoulder."""
    return f"{identity_code[:7]}****" if identity_code else ""
