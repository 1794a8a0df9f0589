"""The page where the code in a letter is typed. A POST, so that no code is ever in an address."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from offers.delivery.letter_codes import SLOWED_FOR, open_code
from offers.views.sources import source_of

LONGEST_TYPED = 100


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code_page(request: HttpRequest, language: str) -> HttpResponse:
    """Ask for the code; a right one leads to the same page as a link in a message."""
    with translation.override(language):
        if request.method != "POST":
            return _page(request, language)
        typed = request.POST.get("code", "")[:LONGEST_TYPED]
        opened = open_code(typed, source=source_of(request))
        if opened.token:
            url = reverse("offers:family", args=[opened.token, language])
            return HttpResponseRedirect(url, status=303)
        if opened.must_wait:
            response = _page(request, language, must_wait=True, status=429)
            response["Retry-After"] = str(int(SLOWED_FOR.total_seconds()))
            return response
        return _page(request, language, wrong=True, status=400)


def _page(
    request: HttpRequest,
    language: str,
    *,
    wrong: bool = False,
    must_wait: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "language": language,
        "wrong": wrong,
        "must_wait": must_wait,
        "minutes": int(SLOWED_FOR.total_seconds() // 60),
        "phone": settings.CITY_PHONE,
    }
    return render(request, "offers/code.html", context, status=status)
