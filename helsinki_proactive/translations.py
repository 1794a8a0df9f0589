"""Translations without gettext's programs: .po to .mo, and whether every text is translated.

python -m helsinki_proactive.translations     compiles what has changed
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import polib
from django.utils.translation.template import templatize

CHECKOUT = Path(__file__).resolve().parent.parent
SOURCES = ("helsinki_proactive", "offers", "consents", "citizens", "templates")
LANGUAGES = ("fi", "sv")
"""Translated from English, the language of the source. Swedish only what families read."""
FAMILIES_READ = (
    *("templates/", "offers/views/", "offers/forms.py", "offers/delivery/paper/"),
    "offers/delivery/channels/",
    "helsinki_proactive/my/",
)
ONLY_STAFF_READ = ("templates/admin/", "templates/casework/", "templates/unfold/")

Text = tuple[str | None, str]
"""A text to translate: its context, if any, and the English."""

WITHOUT_CONTEXT = {
    "_",
    "_gettext",
    "gettext",
    "gettext_lazy",
    "ngettext",
    "ngettext_lazy",
    "gettext_noop",
}
WITH_CONTEXT = {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}
LITERAL = r"""(?:u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*")"""
TEMPLATE_CALL = re.compile(rf"\b(_|n?p?gettext)\(\s*({LITERAL})(?:\s*,\s*({LITERAL}))?", re.DOTALL)


def compile_changed() -> None:
    """Write the .mo beside every .po that is newer."""
    for source in sorted((CHECKOUT / "locale").glob("*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            unfinished = source.with_suffix(".mo.new")
            polib.pofile(str(source)).save_as_mofile(str(unfinished))
            unfinished.replace(compiled)


def problems() -> list[str]:
    """What is missing or doubtful, a line each; empty when every text is translated."""
    texts = texts_in_source()
    found = []
    for language in LANGUAGES:
        catalogue = _catalogue(language)
        for text, places in sorted(texts.items(), key=lambda item: item[0][1]):
            if language == "sv" and not any(map(_families_read, places)):
                continue
            entry = catalogue.get(text)
            if entry is None or not entry.translated():  # a fuzzy one counts as not translated
                kind = "fuzzy" if entry is not None and entry.fuzzy else "missing"
                found.append(f"{language}: {kind}: {text[1]!r} ({min(places)})")
    return found


def _families_read(place: str) -> bool:
    return place.startswith(FAMILIES_READ) and not place.startswith(ONLY_STAFF_READ)


def texts_in_source() -> dict[Text, set[str]]:
    """Every text marked for translation, and the files it stands in."""
    texts: dict[Text, set[str]] = defaultdict(set)
    for folder in SOURCES:
        for path in sorted((CHECKOUT / folder).rglob("*")):
            place = str(path.relative_to(CHECKOUT))
            if path.suffix == ".py" and "migrations" not in path.parts:
                found = texts_in_python(path.read_text())
            elif path.suffix in (".html", ".txt") and "templates" in path.parts:
                found = texts_in_template(path.read_text())
            else:
                continue
            for text in found:
                texts[text].add(place)
    return texts


def texts_in_python(source: str) -> Iterator[Text]:
    """The literal texts of calls such as ``_("...")``."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        literals = [
            argument.value
            for argument in node.args
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]
        if node.func.id in WITHOUT_CONTEXT and literals:
            yield None, literals[0]
        elif node.func.id in WITH_CONTEXT and len(literals) > 1:
            yield literals[0], literals[1]


def texts_in_template(source: str) -> Iterator[Text]:
    """The texts of ``{% translate %}`` and ``{% blocktranslate %}``."""
    for call, first, second in TEMPLATE_CALL.findall(templatize(source)):
        if call.endswith("pgettext"):
            yield ast.literal_eval(first), ast.literal_eval(second)
        else:
            yield None, ast.literal_eval(first)


def _catalogue(language: str) -> dict[Text, polib.POEntry]:
    path = CHECKOUT / "locale" / language / "LC_MESSAGES" / "django.po"
    if not path.exists():
        return {}
    return {(entry.msgctxt or None, entry.msgid): entry for entry in polib.pofile(str(path))}


if __name__ == "__main__":
    compile_changed()
