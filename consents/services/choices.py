"""A person's choice of how, and in which language, to be written to."""

from collections.abc import Sequence

from django.db.models import F, OuterRef, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils import timezone

from citizens.models import Person
from consents.models import ChannelChoice


def choose_channels(
    *, channels: Sequence[str], by: Person, language: str | None = None
) -> ChannelChoice:
    """Record in which order ``by`` wants to be written to; it replaces an earlier choice.

    So does a ``language``; the one the register has is no choice of its own, and follows the
    register from now on. It is heeded by whatever is written from now on.
    """
    chosen: dict[str, object] = {"channels": list(channels), "chosen_at": timezone.now()}
    if language is not None:
        chosen["language"] = "" if language == by.contact_language else language
    choice, _created = ChannelChoice.objects.update_or_create(person=by, defaults=chosen)
    return choice


def language_to(person: Person) -> str:
    """The language in which the person is written to."""
    chosen = ChannelChoice.objects.filter(person=person).exclude(language="")
    return chosen.values_list("language", flat=True).first() or person.contact_language


def spoken_language() -> Combinable:
    """``language_to``, inside a query of people."""
    chosen = ChannelChoice.objects.filter(person=OuterRef("pk")).exclude(language="")
    return Coalesce(Subquery(chosen.values("language")), F("contact_language"))
