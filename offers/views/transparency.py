"""The transparency register for everybody: pages in three languages, and the same as JSON."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import redis
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view, authentication_classes, permission_classes

from citizens.languages import FAMILY_LANGUAGES
from consents.services.heads import newest_heads, public_key
from consents.services.pruning import pruned_through
from offers.rounds.transparency import Entry, register
from offers.views.family import LANGUAGES

logger = logging.getLogger(__name__)

SHOWN_HEADS = 100
FRESH_FOR = timedelta(minutes=10)
"""The register is put together so often at most: anybody may ask for it, as often as they like."""

TITLES: tuple[tuple[str, Promise], ...] = (
    ("goal", _("What it is for")),
    ("department", _("Who is responsible")),
    ("description", _("How people are chosen")),
    ("methods_and_models", _("How it is worked out")),
    ("source_data", _("Data that the rule asks for")),
    ("connected_data_sources", _("Registers used")),
    ("lawful_basis", _("What gives the city the right")),
    ("decision_making_process", _("Offer or decision")),
    ("impact", _("What it means for people")),
    ("human_intervention", _("What people decide")),
    ("risks", _("Risks, and what is done about them")),
    ("data_bias", _("Who may be left out")),
    ("proportionality", _("Why it is reasonable")),
    ("performance", _("Figures")),
    ("monitoring", _("How it is watched")),
    ("objection_procedure", _("How to object or correct")),
    ("rollback", _("How it can be undone")),
    ("contact_email", _("E-mail address to ask")),
    ("last_change_date", _("Last changed")),
)


@dataclass(frozen=True)
class Part:
    """One field of an entry, under the words of the page."""

    title: Promise
    lines: list[str]


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """To the register, in the browser's language."""
    language = translation.get_language()
    return redirect("offers:transparency", language if language in FAMILY_LANGUAGES else "fi")


@require_safe
def services(request: HttpRequest, language: str) -> HttpResponse:
    """Every service that contacts people by itself, and the seal of what was done."""
    entries = _entries(language)
    listed = [(_code(entry), entry) for entry in entries]
    context = {"entries": listed, "head": next(iter(newest_heads(1)), None)}
    return _page(request, "offers/transparency/services.html", language, context)


@require_safe
def service(request: HttpRequest, language: str, code: str) -> HttpResponse:
    """One service, in words."""
    entry = next((one for one in _entries(language) if _code(one) == code), None)
    if entry is None:
        raise Http404
    parts = [Part(title, str(entry[name]).split("\n")) for name, title in TITLES]
    context = {"entry": entry, "parts": parts, "code": code}
    return _page(request, "offers/transparency/service.html", language, context)


@extend_schema(responses={200: OpenApiTypes.OBJECT, 404: None})
@api_view()
@authentication_classes([])
@permission_classes([])
def as_json(request: HttpRequest, language: str) -> HttpResponse:
    """The register in the field names of the Algorithmic Transparency Standard 0.3.1."""
    return JsonResponse(
        {"algorithms": _entries(language)}, json_dumps_params={"ensure_ascii": False}
    )


@extend_schema(responses=OpenApiTypes.OBJECT)
@api_view()
@authentication_classes([])
@permission_classes([])
def heads(request: HttpRequest) -> HttpResponse:
    """The newest heads of the seal, newest first, and the key they are signed with.

    ``begins_after`` is the last block that was taken off because its time was over, if any.
    """
    rows = [
        {"number": head.number, "head": head.head.hex(), "signature": head.signature.hex()}
        for head in newest_heads(SHOWN_HEADS)
    ]
    return JsonResponse(
        {"ed25519_public_key": public_key().hex(), "begins_after": pruned_through(), "heads": rows}
    )


def _entries(language: str) -> list[Entry]:
    if language not in FAMILY_LANGUAGES:
        raise Http404
    today = timezone.localdate()
    key = f"transparency.{language}.{today}"
    try:
        entries: list[Entry] | None = cache.get(key)
        if entries is None:
            entries = register(language, on=today)
            cache.set(key, entries, FRESH_FOR.total_seconds())
    except redis.RedisError:
        logger.warning("the register is not kept: the cache is away")
        return register(language, on=today)
    return entries


def _code(entry: Entry) -> str:
    return str(entry["website"]).rstrip("/").rpartition("/")[2]


def _page(
    request: HttpRequest, template: str, language: str, context: dict[str, Any]
) -> HttpResponse:
    with translation.override(language):
        context |= {"language": language, "languages": LANGUAGES}
        return render(request, template, context)
