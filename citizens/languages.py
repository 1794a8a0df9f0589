"""The languages families are spoken to in, and texts held in several of them."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

FAMILY_LANGUAGES = ("fi", "sv", "en")


class ContactLanguage(models.TextChoices):
    """The language the city writes to a person in."""

    FINNISH = "fi", _("Finnish")
    SWEDISH = "sv", _("Swedish")
    ENGLISH = "en", _("English")


def validate_translations(texts: object) -> None:
    """A translated text is a mapping with non-empty fi, sv and en; more languages are welcome."""
    if not isinstance(texts, Mapping) or not all(
        isinstance(k, str) and isinstance(v, str) for k, v in texts.items()
    ):
        raise ValidationError(_("A text in several languages maps a language to its text."))
    missing = [code for code in FAMILY_LANGUAGES if not texts.get(code, "").strip()]
    if missing:
        raise ValidationError(
            _("The text is missing in: %(languages)s"), params={"languages": ", ".join(missing)}
        )


class TranslatedField(models.JSONField):
    """One text in fi, sv, en and any other language a service adds: ``{"fi": "...", ...}``."""

    default_validators = [validate_translations]


def say(texts: Mapping[str, str], language: str | None) -> str:
    """The text in ``language``, else in Finnish, the language of the city's own texts."""
    return texts.get(language or "fi") or texts["fi"]


OTHER_LANGUAGES: dict[str, Mapping[str, str]] = {
    "am": {"fi": "amhara", "sv": "amhariska", "en": "Amharic"},
    "et": {"fi": "viro", "sv": "estniska", "en": "Estonian"},
    "ku": {"fi": "kurdi", "sv": "kurdiska", "en": "Kurdish"},
    "ln": {"fi": "lingala", "sv": "lingala", "en": "Lingala"},
    "prs": {"fi": "dari", "sv": "dari", "en": "Dari"},
    "ps": {"fi": "paštu", "sv": "pashto", "en": "Pashto"},
    "se": {"fi": "pohjoissaame", "sv": "nordsamiska", "en": "Northern Sámi"},
    "so": {"fi": "somali", "sv": "somaliska", "en": "Somali"},
    "ti": {"fi": "tigrinja", "sv": "tigrinska", "en": "Tigrinya"},
    "tl": {"fi": "tagalog", "sv": "tagalog", "en": "Tagalog"},
    "yo": {"fi": "joruba", "sv": "yoruba", "en": "Yoruba"},
    "zh": {"fi": "kiina", "sv": "kinesiska", "en": "Chinese"},
}
"""Mother tongues of people in Helsinki that Django has no names of, or other ones than here."""


def language_name(code: str, language: str) -> str:
    """The language's name in ``language``; the code itself where nobody has a name for it.

    Only English writes it with a capital.
    """
    if code in OTHER_LANGUAGES:
        return say(OTHER_LANGUAGES[code], language)
    with translation.override(language):
        try:
            name = str(translation.get_language_info(code)["name_translated"])
        except KeyError:
            return code
    return name if language == "en" else name.lower()
