"""The page a link in a message opens. Only a POST answers; a GET changes nothing."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST, require_safe

from consents.services.choices import language_to
from offers.delivery.links import open_link
from offers.forms import AnswerForm, RatingForm
from offers.models import AnswerChannel, AnswerKind, Link
from offers.replies.answers import AnswerOutcome, Refusal, keyed_digest, record_answers
from offers.replies.opinions import record_rating, record_wish
from offers.views import guessing
from offers.views.family_page import family_page, shown_offers
from offers.views.family_words import REFUSED

View = Callable[..., HttpResponse]
LANGUAGES = [(code, name) for code, name in (("fi", "Suomi"), ("sv", "Svenska"), ("en", "English"))]


def with_link(view: View) -> View:
    """Open the token's link for the view, in the page's language; any bad token is a plain 404.

    After too many of those from one address even good ones have to wait.
    """

    @wraps(view)
    def opened(request: HttpRequest, token: str, language: str = "") -> HttpResponse:
        if guessing.must_wait(request):
            return render(request, "offers/wait.html", status=429)
        link = open_link(token)
        if link is None or language not in ("", *dict(LANGUAGES)):
            guessing.note_wrong(request)
            raise Http404
        with translation.override(language or language_to(link.guardian)):
            response = view(request, link=link, token=token)
            add_never_cache_headers(response)
            response["Referrer-Policy"] = "same-origin"
            response["X-Robots-Tag"] = "noindex, nofollow"
            return response

    return opened


@require_safe
@with_link
def offers_page(request: HttpRequest, *, link: Link, token: str) -> HttpResponse:
    """What is offered, why, and how to answer."""
    return _page(request, link, token)


@require_POST
@with_link
def answer(request: HttpRequest, *, link: Link, token: str) -> HttpResponse:
    """Record one answer; the page then says what happens next."""
    shown = [offer.pk for offer, _heard in shown_offers(link, timezone.now())]
    form = AnswerForm(request.POST, offers=shown)
    if not form.is_valid():
        return _page(request, link, token, answer_form=form, status=400)
    if refusal := _record(form, link, token).refusal:
        return _page(
            request,
            link,
            token,
            refused=REFUSED[refusal],
            with_a_person=refusal != Refusal.NOT_A_DECIDER,
            status=409,
        )
    return _back(token)


@transaction.atomic
def _record(form: AnswerForm, link: Link, token: str) -> AnswerOutcome:
    """The answer and the wish, which is kept for a person to read even if it comes too late."""
    offer, kind = form.cleaned_data["offer"], AnswerKind(form.cleaned_data["answer"])
    outcomes = record_answers(
        choices={offer: kind},
        guardian=link.guardian,
        channel=AnswerChannel.WEB,
        proof=keyed_digest(token),
    )
    if kind == AnswerKind.OTHER_PLACE and form.cleaned_data["wish"]:
        wish = form.cleaned_data["wish"]
        record_wish(offer=outcomes[offer].offer, guardian=link.guardian, text=wish)
    return outcomes[offer]


@require_POST
@with_link
def rate(request: HttpRequest, *, link: Link, token: str) -> HttpResponse:
    """Record the guardian's rating; a second one replaces the first."""
    form = RatingForm(request.POST)
    if not form.is_valid():
        return _page(request, link, token, rating_form=form, status=400)
    record_rating(
        round=link.round,
        guardian=link.guardian,
        stars=form.cleaned_data["stars"],
        comment=form.cleaned_data["comment"],
    )
    return _back(token, "thanks")


def _page(
    request: HttpRequest, link: Link, token: str, *, status: int = 200, **context: object
) -> HttpResponse:
    language = translation.get_language() or settings.LANGUAGE_CODE
    context |= {
        "page": family_page(link, language=language, now=timezone.now()),
        "token": token,
        "languages": LANGUAGES,
        "stars": [str(n) for n in range(1, 6)],
    }
    return render(request, "offers/family.html", context, status=status)


def _back(token: str, fragment: str = "") -> HttpResponse:
    language = translation.get_language() or settings.LANGUAGE_CODE
    url = reverse("offers:family", args=[token, language])
    return HttpResponseRedirect(f"{url}#{fragment}" if fragment else url, status=303)
