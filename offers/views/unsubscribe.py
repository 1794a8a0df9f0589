"""Where a mail's "unsubscribe" leads: mail programs POST without asking, people see a button."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from citizens.languages import say
from offers.delivery.unsubscribing import message_of, unsubscribe


@csrf_exempt  # the signed token is the proof; a mail program has no cookie of ours
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """A GET asks, a POST does it at once (RFC 8058)."""
    message = message_of(token)
    if message is None or message.round is None:
        raise Http404
    with translation.override(message.language):
        done = request.method == "POST"
        if done:
            unsubscribe(message)
        service = say(message.round.service.name, get_language())
        return render(request, "offers/unsubscribe.html", {"service": service, "done": done})
