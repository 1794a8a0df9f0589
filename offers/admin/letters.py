"""The print queue: letters that wait, batches to print and post, and slips that come back."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractUser
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from offers.admin.pages import actor, admin_page, staff_page
from offers.admin.read_only import ReadOnlyAdmin
from offers.delivery.paper import (
    give_up_batch,
    letters_pdf,
    make_batch,
    mark_posted,
    numbers_withdrawn,
    open_slip,
    record_returned,
    waiting,
)
from offers.delivery.paper.printing import AlreadyPostedError, NoSuchLetterError
from offers.models import LetterBatch

QUEUE = "admin:offers_letterbatch_changelist"
BATCHES_SHOWN = 20


class SlipForm(forms.Form):
    """The number printed on a reply slip."""

    number = forms.IntegerField(label=gettext_lazy("Number on the slip"), min_value=1)


@staff_page("offers.view_letterbatch")
def print_queue(request: HttpRequest) -> HttpResponse:
    """What waits to be printed, what is printed and not posted, and what was posted."""
    return _page(request)


def _page(
    request: HttpRequest,
    *,
    slip: SlipForm | None = None,
    returned: SlipForm | None = None,
    status: int = 200,
) -> HttpResponse:
    batches = LetterBatch.objects.select_related("made_by", "posted_by").annotate(
        count=Count("letters")
    )
    unposted = batches.filter(posted_at=None).order_by("pk")
    context: dict[str, Any] = {
        "waiting": waiting().count(),
        "unposted": [(batch, numbers_withdrawn(batch)) for batch in unposted],
        "posted": batches.exclude(posted_at=None).order_by("-posted_at")[:BATCHES_SHOWN],
        "slip": slip or SlipForm(),
        "returned": returned or SlipForm(),
        "may_print": actor(request).has_perm("offers.add_letterbatch"),
        "may_post": actor(request).has_perm("offers.change_letterbatch"),
        "may_record": actor(request).has_perm("offers.add_answer"),
    }
    return admin_page(request, "admin/offers/letters.html", _("Letters"), context, status=status)


@require_POST
@staff_page("offers.add_letterbatch")
def make(request: HttpRequest) -> HttpResponse:
    """Put what waits into a batch."""
    if make_batch(by=actor(request)):
        messages.success(request, _("The batch is made: print it, post it, and say so here."))
    else:
        messages.info(request, _("No letter may go out now."))
    return redirect(QUEUE)


@require_POST
@never_cache
@staff_page("offers.add_letterbatch")
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """The file of a batch that is not posted yet."""
    batch = get_object_or_404(LetterBatch, pk=pk, posted_at=None)
    response = HttpResponse(letters_pdf(batch), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="letters-{batch.pk}.pdf"'
    return response


@require_POST
@staff_page("offers.change_letterbatch")
def posted(request: HttpRequest, pk: int) -> HttpResponse:
    """The batch has gone to the post."""

    def say(count: int) -> str:
        words = ngettext("%(count)s letter is sent.", "%(count)s letters are sent.", count)
        return words % {"count": count}

    return _settle(request, pk, mark_posted, say)


@require_POST
@staff_page("offers.change_letterbatch")
def give_up(request: HttpRequest, pk: int) -> HttpResponse:
    """The batch could not be posted: its letters wait again."""

    def say(count: int) -> str:
        words = ngettext(
            "%(count)s letter waits again. Destroy what was printed: its code no longer opens.",
            "%(count)s letters wait again. Destroy what was printed: its codes no longer open.",
            count,
        )
        return words % {"count": count}

    return _settle(request, pk, give_up_batch, say)


def _settle(
    request: HttpRequest, pk: int, settle: Callable[..., int], say: Callable[[int], str]
) -> HttpResponse:
    user: AbstractUser = actor(request)
    try:
        count = settle(batch=get_object_or_404(LetterBatch, pk=pk), by=user)
    except AlreadyPostedError:
        messages.error(request, _("This batch has been posted already."))
    else:
        messages.success(request, say(count))
    return redirect(QUEUE)


@require_POST
@staff_page("offers.add_answer")
def slip(request: HttpRequest) -> HttpResponse:
    """Open the case in which a returned slip's answer is recorded."""
    form = SlipForm(request.POST)
    if form.is_valid():
        try:
            case = open_slip(number=form.cleaned_data["number"], by=actor(request))
        except NoSuchLetterError:
            form.add_error("number", _("No letter with this number was posted."))
        else:
            return redirect("casework:case", case.pk)
    return _page(request, slip=form, status=400)


@require_POST
@staff_page("offers.add_answer")
def returned(request: HttpRequest) -> HttpResponse:
    """Record that the post has brought a letter back."""
    form = SlipForm(request.POST)
    if form.is_valid():
        try:
            record_returned(number=form.cleaned_data["number"], by=actor(request))
        except NoSuchLetterError:
            form.add_error("number", _("No letter with this number was posted."))
        else:
            messages.success(
                request,
                _(
                    "Recorded. No letter goes to that address again; the family is asked in "
                    "another way, or there is a case in the queue."
                ),
            )
            return redirect(QUEUE)
    return _page(request, returned=form, status=400)


@admin.register(LetterBatch)
class LetterBatchAdmin(ReadOnlyAdmin):
    """The print queue has one page of its own in the place of a list."""

    def get_urls(self) -> list[URLPattern]:
        return [
            path("", print_queue, name="offers_letterbatch_changelist"),
            path("make/", make, name="offers_letterbatch_make"),
            path("slip/", slip, name="offers_letterbatch_slip"),
            path("returned/", returned, name="offers_letterbatch_returned"),
            path("<int:pk>/file/", download, name="offers_letterbatch_file"),
            path("<int:pk>/posted/", posted, name="offers_letterbatch_posted"),
            path("<int:pk>/give-up/", give_up, name="offers_letterbatch_give_up"),
        ]
