"""One case of the queue, and what a caseworker does with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from citizens.models import DisputeOutcome, Person, shielded_among
from consents.services.rectification import rectification_purpose
from helsinki_proactive.casework.conversation import Line, conversation_of, family_words, went_out
from helsinki_proactive.casework.disputes import SettleForm, disputed, settle
from helsinki_proactive.casework.people import IN_QUEUE
from helsinki_proactive.casework.reading import why_read
from offers.admin.pages import actor, admin_page, staff_page
from offers.admin.rounds.forms import DayInput
from offers.admin.viewing import note_viewing
from offers.models import AnswerChannel, AnswerKind, CaseKind, Offer, ReviewCase
from offers.replies.handling import (
    CaseError,
    Resolution,
    answer_for_guardian,
    ask_back,
    call_back,
    close_case,
    give_back,
    last_message,
    take_case,
    wording_of_ask_back,
    wrong_number,
)
from offers.replies.hearing import hear

SAID_HOW = (AnswerChannel.PHONE, AnswerChannel.IN_PERSON, AnswerChannel.LETTER)


class AnswerForm(forms.Form):
    """What a guardian told the caseworker, about which children, and how."""

    guardian = forms.ModelChoiceField(label=_("Who answered"), queryset=Person.objects.none())
    channel = forms.TypedChoiceField(
        label=_("How they said it"),
        choices=[(way.value, way.label) for way in SAID_HOW],
        coerce=AnswerChannel,
        widget=forms.RadioSelect,
        initial=AnswerChannel.PHONE.value,
    )
    offers = forms.ModelMultipleChoiceField(
        label=_("About"), queryset=Offer.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    said = forms.CharField(
        label=_("In their words"),
        required=False,
        max_length=500,
        help_text=_("Kept as a keyed digest only, as proof."),
    )

    def __init__(self, *args: Any, offers: list[Offer], person: Person | None, **kw: Any) -> None:
        super().__init__(*args, **kw)
        heard = hear(offers, timezone.localdate()).values()
        deciders = frozenset().union(*(each.deciders for each in heard))
        guardian, about = self.fields["guardian"], self.fields["offers"]
        guardian.queryset = Person.objects.filter(pk__in=deciders)  # type: ignore[attr-defined]
        guardian.label_from_instance = lambda one: one.full_name  # type: ignore[attr-defined]
        guardian.initial = person and person.pk if person and person.pk in deciders else None
        if len(deciders) == 1:
            guardian.initial = next(iter(deciders))
        about.queryset = _with_children(offers)  # type: ignore[attr-defined]
        about.initial = [offer.pk for offer in offers]
        about.label_from_instance = lambda one: one.subject.person.call_name  # type: ignore[attr-defined]


class CallForm(forms.Form):
    """The day a call back is due."""

    on = forms.DateField(label=_("Call on"), widget=DayInput)

    def clean_on(self) -> Any:
        if self.cleaned_data["on"] < timezone.localdate():
            raise forms.ValidationError(_("This day is over."))
        return self.cleaned_data["on"]


def _with_children(offers: list[Offer]) -> Any:
    pks = [offer.pk for offer in offers]
    return Offer.objects.filter(pk__in=pks).select_related("subject__person").order_by("pk")


@dataclass(frozen=True)
class Action:
    """``stays``: one comes back to the same case, not to the next one."""

    do: Callable[[HttpRequest, ReviewCase, AbstractUser], object]
    done: str | Promise
    stays: bool = False


class IncompleteError(CaseError):
    """The form lacks something."""


@staff_page("offers.view_reviewcase")
def case_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The family's words, the conversation, the offer, the reading and why, and the actions."""
    case = _case(pk)
    person = _person(case)
    if person and case.round:
        note_viewing(request, person=person, purpose=case.round.service.purpose, reason=IN_QUEUE)
    elif person and case.dispute:
        for one in filter(None, (person, case.dispute.by)):
            note_viewing(request, person=one, purpose=rectification_purpose(), reason=IN_QUEUE)
    user = actor(request)
    offers = offers_of(case)
    concerned = [one.pk for one in (person, case.subject and case.subject.person) if one]
    hidden = bool(shielded_among(concerned, on=timezone.localdate()))
    may_act = user.has_perm("offers.change_reviewcase") and not case.closed_at
    mine = case.taken_by_id == user.pk
    context = {
        "case": case,
        "person": person,
        "hidden": hidden,
        "words": family_words(case),
        "why": why_read(case.reply.reading_reason) if case.reply else "",
        "went_out": went_out(case.subject) if hidden and case.subject else [],
        "conversation": [] if hidden else conversation(case),
        "offers": offers,
        "mine": mine,
        "others": case.taken_by_id is not None and not mine,
        "may_act": may_act and (mine or case.taken_by_id is None),
        "late": case.due_at < timezone.now(),
        "answer_form": _answer_form(case, offers, person) if offers else None,
        "disputed": disputed(case, hidden=hidden),
        "settle_form": SettleForm(),
        "call_form": CallForm(initial={"on": timezone.localdate()}),
        "wording": wording_of_ask_back(case=case, by=user) if may_act and not hidden else "",
        "resolution": dict(Resolution.choices).get(case.resolution, case.resolution),
    }
    return admin_page(request, "casework/case.html", case.get_kind_display(), context)


def _answer_form(case: ReviewCase, offers: list[Offer], person: Person | None) -> AnswerForm:
    by_letter = case.kind == CaseKind.REPLY_SLIP
    initial = {"channel": AnswerChannel.LETTER.value} if by_letter else {}
    return AnswerForm(offers=offers, person=person, initial=initial)


def _case(pk: int) -> ReviewCase:
    cases = ReviewCase.objects.select_related(
        *("round__service__purpose", "subject__person", "offer__subject__person"),
        *("reply__person", "message__contact_point", "taken_by", "closed_by"),
        *("dispute__person", "dispute__by"),
    )
    return get_object_or_404(cases, pk=pk)


def _person(case: ReviewCase) -> Person | None:
    """Whom the case is about: who wrote, else the subject."""
    if case.reply and case.reply.person:
        return case.reply.person
    if case.dispute:
        return case.dispute.person
    return case.subject.person if case.subject else None


def offers_of(case: ReviewCase) -> list[Offer]:
    """The offers the case's conversation is about: siblings' too."""
    last = case.message if case.kind == CaseKind.REPLY_SLIP else last_message(case)
    about = Q(messages=last) if last else Q(cases=case)
    offers = Offer.objects.filter(about)
    rows = offers.select_related("round__service", "subject__person", "capacity__unit")
    return list(rows.order_by("pk"))


def conversation(case: ReviewCase) -> list[Line]:
    """What was written to and by this family about this round."""
    person = _person(case)
    if person is None:
        return conversation_of(reply=case.reply)
    return conversation_of(person=person, offers=offers_of(case), reply=case.reply)


@require_POST
@staff_page("offers.change_reviewcase")
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Do one of ``ACTIONS``; then the next case that is free, or the queue."""
    if action not in ACTIONS:
        raise Http404
    case, chosen, user = _case(pk), ACTIONS[action], actor(request)
    try:
        chosen.do(request, case, user)
    except CaseError as error:
        messages.error(request, str(error))
        return redirect("casework:case", pk)
    messages.success(request, str(chosen.done))
    if chosen.stays:
        return redirect("casework:case", pk)
    following = ReviewCase.objects.open().filter(taken_by=None).in_queue_order().first()
    return redirect("casework:case", following.pk) if following else redirect("casework:queue")


def _take(request: HttpRequest, case: ReviewCase, user: AbstractUser) -> None:
    if not take_case(case=case, by=user):
        raise CaseError(_gettext("A colleague was quicker."))


def _give_back(request: HttpRequest, case: ReviewCase, user: AbstractUser) -> None:
    if not give_back(case=case, by=user):
        raise CaseError(_gettext("The case is not yours."))


def _answer(request: HttpRequest, case: ReviewCase, user: AbstractUser) -> None:
    if not user.has_perm("offers.add_answer"):
        raise PermissionDenied
    form = AnswerForm(request.POST, offers=offers_of(case), person=_person(case))
    kind = request.POST.get("answer", "")
    if not form.is_valid() or kind not in AnswerKind:
        raise IncompleteError(_gettext("Say who answered, about whom and how."))
    data = form.cleaned_data
    answer_for_guardian(
        case=case,
        choices={offer.pk: AnswerKind(kind) for offer in data["offers"]},
        guardian=data["guardian"],
        channel=data["channel"],
        said=data["said"],
        by=user,
    )


def _call_back(request: HttpRequest, case: ReviewCase, user: AbstractUser) -> None:
    form = CallForm(request.POST)
    if not form.is_valid():
        raise IncompleteError(_gettext("Choose a day from today on."))
    call_back(case=case, on=form.cleaned_data["on"], by=user)


def _closing(resolution: Resolution) -> Callable[[HttpRequest, ReviewCase, AbstractUser], object]:
    return lambda request, case, user: close_case(case=case, resolution=resolution, by=user)


def _settling(found: DisputeOutcome) -> Callable[[HttpRequest, ReviewCase, AbstractUser], object]:
    return lambda request, case, user: settle(request, case, user, found)


ACTIONS = {
    "take": Action(_take, _("The case is yours."), stays=True),
    "give-back": Action(_give_back, _("The case is back in the queue."), stays=True),
    "answer": Action(_answer, _("The answer is recorded.")),
    "ask-back": Action(
        lambda request, case, user: ask_back(case=case, by=user), _("The question is on its way.")
    ),
    "call-back": Action(_call_back, _("The call is in your queue.")),
    "wrong-number": Action(
        lambda request, case, user: wrong_number(case=case, by=user),
        _("Nothing more is sent to this number."),
    ),
    "not-about-offer": Action(_closing(Resolution.NOT_ABOUT_OFFER), _("Closed.")),
    "seen": Action(_closing(Resolution.SEEN), _("Closed.")),
    "corrected": Action(_settling(DisputeOutcome.CORRECTED), _("The citizen has the answer.")),
    "stands": Action(_settling(DisputeOutcome.STANDS), _("The citizen has the answer.")),
}
