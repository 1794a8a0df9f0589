"""The editor of texts: the words, and beside them what a family would read and what it costs."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from citizens.languages import say
from offers.admin.pages import actor, admin_page, staff_page
from offers.admin.read_only import ReadOnlyAdmin
from offers.catalogue.placeholders import PLACEHOLDERS
from offers.catalogue.writing import (
    TextProblemsError,
    edit_text,
    is_frozen,
    names_for,
    problems_of,
)
from offers.delivery.trying_texts import try_text
from offers.models import Channel, ServiceText

CHANGE = "offers.change_servicetext"
LONGEST_SUBJECT = 200


@staff_page("offers.view_servicetext")
def text_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The words as they are, with a form for whoever may change them."""
    text = _text(pk)
    if request.method != "POST":
        return _page(request, text)
    return _save(request, text)


@staff_page(CHANGE)
def _save(request: HttpRequest, text: ServiceText) -> HttpResponse:
    written = _written(request, text)
    if request.POST.get("do") == "preview":
        return _page(request, written)
    try:
        edit_text(text=text, subject=written.subject, body=written.body, by=actor(request))
    except TextProblemsError as error:
        return _page(request, written, problems=error.problems, status=400)
    messages.success(request, _("The text is saved."))
    return redirect("admin:offers_servicetext_change", text.pk)


@require_POST
@staff_page(CHANGE)
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that follows what is being written; nothing is saved."""
    text = _written(request, _text(pk))
    return render(request, "admin/offers/text_preview.html", _shown(text, problems_of(text)))


def _text(pk: int) -> ServiceText:
    texts = ServiceText.objects.select_related("service", "edited_by")
    return get_object_or_404(texts, pk=pk)


def _written(request: HttpRequest, text: ServiceText) -> ServiceText:
    """The text with the words of the form, not saved."""
    text.body = request.POST.get("body", "").replace("\r\n", "\n").strip()
    if text.channel != Channel.SMS:
        text.subject = request.POST.get("subject", "").strip()[:LONGEST_SUBJECT]
    return text


def _page(
    request: HttpRequest,
    text: ServiceText,
    *,
    problems: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    frozen = is_frozen(text.service)
    context = {
        **_shown(text, problems_of(text) if problems is None else problems),
        "service": say(text.service.name, get_language()),
        "placeholders": [PLACEHOLDERS[name] for name in names_for(text.service)],
        "has_subject": text.channel != Channel.SMS,
        "frozen": frozen,
        "may_change": actor(request).has_perm(CHANGE) and not frozen,
    }
    title = f"{text.get_kind_display()}, {text.get_channel_display()}, {text.language}"
    return admin_page(request, "admin/offers/text.html", title, context, status=status)


def _shown(text: ServiceText, problems: list[str]) -> dict[str, object]:
    return {"text": text, "problems": problems, "trial": try_text(text)}


@admin.register(ServiceText)
class ServiceTextAdmin(ReadOnlyAdmin):
    """The words families get."""

    list_display = ("of_service", "kind", "channel", "language", "subject", "edited_at")
    list_filter = ("service", "kind", "channel", "language")
    list_select_related = ("service",)
    ordering = ("service", "kind", "channel", "language")

    def get_urls(self) -> list[URLPattern]:
        """The list from Django, the rest of our own."""
        name = "offers_servicetext_changelist"
        return [
            *(url for url in super().get_urls() if url.name == name),
            path("<int:pk>/change/", text_page, name="offers_servicetext_change"),
            path("<int:pk>/preview/", preview, name="offers_servicetext_preview"),
        ]

    @admin.display(description=gettext_lazy("service"), ordering="service__code")
    def of_service(self, text: ServiceText) -> str:
        return say(text.service.name, get_language())
