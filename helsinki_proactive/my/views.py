"""A citizen's own pages. A GET changes nothing; what is said is a POST, and a person is asked who
they are by the identity provider only."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_POST, require_safe

from citizens.disputes import DisputedAlreadyError
from citizens.languages import FAMILY_LANGUAGES
from citizens.models import Person
from consents.models import ChannelChoice
from consents.services.choices import choose_channels
from consents.services.consent import ConsentError
from consents.services.saying import record_statement
from helsinki_proactive import openid
from helsinki_proactive.my.disputes import ask_for_rectification
from helsinki_proactive.my.export import exported
from helsinki_proactive.my.forms import ChannelForm, DisputeForm, OfferForm, StatementForm
from helsinki_proactive.my.page import (
    MyChannel,
    my_page,
    offer_to_open,
    offers_to,
    rights_to,
    waits,
)
from helsinki_proactive.my.rows import purpose_rows
from helsinki_proactive.my.sessions import AT_MOST, in_citizens_session
from helsinki_proactive.my.signing_in import PROVIDER
from helsinki_proactive.my.words import DONE
from offers.delivery.cases import open_case
from offers.delivery.links import issue_link
from offers.models import CaseKind
from offers.views.family import LANGUAGES

View = Callable[..., HttpResponse]
DONE_CHANNEL = "channel"
DONE_DISPUTE = "dispute"
DONE_ARRANGED = "arranged"


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """To the page, in the browser's language."""
    language = translation.get_language()
    return redirect("my:page", language if language in FAMILY_LANGUAGES else "fi")


def in_language(view: View) -> View:
    """Speak the language of the address."""

    @wraps(view)
    def spoken(request: HttpRequest, language: str) -> HttpResponse:
        if language not in FAMILY_LANGUAGES:
            raise Http404
        with translation.override(language):
            return view(request, language)

    return spoken


def signed_in(view: View) -> View:
    """Let in who has signed in; everybody else is shown how to."""

    @wraps(view)
    def entered(request: HttpRequest, language: str) -> HttpResponse:
        person: Person | None = request.person  # type: ignore[attr-defined]
        if person is None:
            return redirect("my:page", language)
        return view(request, language, person)

    return entered


@require_safe
@in_language
@in_citizens_session
def page(request: HttpRequest, language: str) -> HttpResponse:
    """Everything of one's own, or how to sign in."""
    person: Person | None = request.person  # type: ignore[attr-defined]
    if person is None:
        context = {"can_sign_in": openid.is_configured(PROVIDER), "phone": settings.CITY_PHONE}
        return _shown(request, "my/welcome.html", language, context)
    return _page(request, language, person, done=str(request.session.pop("done", "")))


@require_POST
@in_language
@in_citizens_session
@signed_in
def state(request: HttpRequest, language: str, person: Person) -> HttpResponse:
    """Object, consent, or take either back, as far as the basis lets one."""
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)  # two clicks are one statement
        form = StatementForm(request.POST, rights=rights_to(person, timezone.now()))
        if not form.is_valid():
            return _page(request, language, person, refused=True, status=409)
        try:
            record_statement(person=person, language=language, **form.cleaned_data)
        except ConsentError:
            return _page(request, language, person, refused=True, status=409)
    return _done(request, language, str(form.cleaned_data["statement"]), "rights")


@require_POST
@in_language
@in_citizens_session
@signed_in
def choose_channel(request: HttpRequest, language: str, person: Person) -> HttpResponse:
    """Choose how, and in which language, to be written to."""
    channels = my_page(person, language=language, now=timezone.now()).channels
    form = ChannelForm(request.POST, channels=channels)
    if not form.is_valid():
        return _page(request, language, person, refused=True, status=409)
    first, spoken = form.cleaned_data["channel"], form.cleaned_data["written_in"]
    order = _order(person, channels, first)
    if order or spoken:
        choose_channels(channels=order, language=spoken or None, by=person)
    return _done(request, language, DONE_CHANNEL, "channels")


def _order(person: Person, channels: Sequence[MyChannel], first: str) -> list[str]:
    """The chosen channel, then the person's earlier order, then what else there is."""
    chosen = ChannelChoice.objects.filter(person=person).values_list("channels", flat=True).first()
    known = (first, *(chosen or ()), *(one.kind for one in channels))
    return [kind for kind in dict.fromkeys(known) if kind]


@require_POST
@in_language
@in_citizens_session
@signed_in
def rectify(request: HttpRequest, language: str, person: Person) -> HttpResponse:
    """Say that a fact is wrong: no rule uses it until a caseworker has answered."""
    mine = my_page(person, language=language, now=timezone.now())
    form = DisputeForm(request.POST, page=mine)
    if not form.is_valid():
        return _page(request, language, person, dispute_form=form, status=400)
    try:
        about, attribute = form.said_about()
        ask_for_rectification(
            person=about,
            attribute=attribute,
            should_be=form.cleaned_data["should_be"],
            because=form.cleaned_data["because"],
            by=None if about == person else person,
        )
    except DisputedAlreadyError:
        return _page(request, language, person, refused=True, status=409)
    return _done(request, language, DONE_DISPUTE, "data")


@require_POST
@in_language
@in_citizens_session
@signed_in
def open_offer(request: HttpRequest, language: str, person: Person) -> HttpResponse:
    """Open an offer's own page, where it can be answered: a new link that lasts as this session."""
    form = OfferForm(request.POST)
    now = timezone.now()
    offer = offer_to_open(person, form.cleaned_data["offer"], now) if form.is_valid() else None
    if offer is None:
        raise Http404
    token = issue_link(round=offer.round, guardian=person, expires_at=now + AT_MOST)
    url = reverse("offers:family", args=[token, language])
    return HttpResponseRedirect(url, status=303)


@require_POST
@in_language
@in_citizens_session
@signed_in
def arranged(request: HttpRequest, language: str, person: Person) -> HttpResponse:
    """Say that what is offered has been arranged otherwise: a person looks at it."""
    form = OfferForm(request.POST)
    now = timezone.now()
    mine = offers_to(person, now)
    offer = mine.filter(pk=form.cleaned_data["offer"]).first() if form.is_valid() else None
    if offer is None or not waits(offer):
        raise Http404
    open_case(
        kind=CaseKind.ARRANGED, now=now, round=offer.round, subject=offer.subject, offer=offer
    )
    return _done(request, language, DONE_ARRANGED, "offers")


@require_safe
@in_language
@in_citizens_session
@signed_in
def export(request: HttpRequest, language: str, person: Person) -> HttpResponse:
    """Everything of one's own, machine readable (GDPR articles 15 and 20)."""
    response = JsonResponse(
        exported(person, language=language, now=timezone.now()),
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


def _page(
    request: HttpRequest,
    language: str,
    person: Person,
    *,
    done: str = "",
    refused: bool = False,
    dispute_form: DisputeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    mine = my_page(person, language=language, now=timezone.now())
    said = {str(statement): words for statement, words in DONE.items()}
    context: dict[str, Any] = {
        "page": mine,
        "rows": purpose_rows(mine.rights, language),
        "done": said.get(done),
        "channel_chosen": done == DONE_CHANNEL,
        "disputed": done == DONE_DISPUTE,
        "arranged": done == DONE_ARRANGED,
        "dispute_form": dispute_form or DisputeForm(page=mine),
        "refused": refused,
        "phone": settings.CITY_PHONE,
    }
    return _shown(request, "my/page.html", language, context, status=status)


def _done(request: HttpRequest, language: str, what: str, fragment: str) -> HttpResponse:
    request.session["done"] = what
    url = reverse("my:page", args=[language])
    return HttpResponseRedirect(f"{url}#{fragment}", status=303)


def _shown(
    request: HttpRequest,
    template: str,
    language: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    context |= {"language": language, "languages": LANGUAGES}
    return render(request, template, context, status=status)
