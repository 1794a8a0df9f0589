"""The page on which somebody says in which order the city is to write to them."""

from collections.abc import Sequence
from itertools import permutations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from citizens.models import Person
from consents.models import ChannelChoice
from consents.services.choices import choose_channels
from offers.delivery.contacts import ways_to
from offers.forms import OrderForm
from offers.models import Channel, Link
from offers.views.family import LANGUAGES, with_link

NAMES: dict[str, Promise] = {
    Channel.SMS: gettext_lazy("text message"),
    Channel.EMAIL: gettext_lazy("e-mail"),
    Channel.SUOMIFI: gettext_lazy("Suomi.fi message"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@with_link
def ways_page(request: HttpRequest, *, link: Link, token: str) -> HttpResponse:
    """A GET shows the orders there are, a POST chooses one; the page then says so."""
    guardian = link.guardian
    current = _ways_now(guardian)
    known = [channel for channel in NAMES if channel in current]
    orders = [(",".join(order), _in_words(order)) for order in permutations(known)] if known else []
    form = OrderForm(request.POST or None, orders=orders)
    if form.is_valid():
        choose_channels(channels=form.cleaned_data["order"].split(","), by=guardian)
        return HttpResponseRedirect(request.path, status=303)
    has_chosen = ChannelChoice.objects.filter(person=guardian).exclude(channels=[]).exists()
    context = {
        "token": token,
        "language": translation.get_language(),
        "languages": LANGUAGES,
        "form": form,
        "orders": orders if len(known) > 1 else [],
        "only": NAMES[known[0]] if len(known) == 1 else "",
        "chosen": ",".join(current) if has_chosen else "",
    }
    return render(request, "offers/ways.html", context, status=400 if form.errors else 200)


def _ways_now(person: Person) -> list[str]:
    """The channels by which the person can be reached now, in the order they are tried."""
    return list(dict.fromkeys(way.channel for way in ways_to(person, channels=list(NAMES))))


def _in_words(order: Sequence[str]) -> str:
    first, *others = (NAMES[channel] for channel in order)
    match others:
        case [second]:
            return _("First %(first)s, then %(second)s") % {"first": first, "second": second}
        case [second, third]:
            names = {"first": first, "second": second, "third": third}
            return _("First %(first)s, then %(second)s, and last %(third)s") % names
    return str(first)
