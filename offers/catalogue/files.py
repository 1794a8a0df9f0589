"""Reading a service's folder: service.toml and texts/<language>.toml, checked as a whole."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from citizens.attributes import BUILT_IN, AttributeDefinition, registered
from citizens.languages import FAMILY_LANGUAGES, validate_translations
from citizens.models import Attribute
from consents.models import LegalBasis, Purpose
from offers.catalogue.contradictions import refuse_contradiction
from offers.catalogue.criteria import CriteriaError, as_json, parse_criteria
from offers.catalogue.placeholders import LIKE_A_MAIL, allowed_in, check_text
from offers.catalogue.problems import CatalogueError, FileProblem, line_of
from offers.catalogue.problems import Path as Place
from offers.models import Channel, Recipient, Sensitivity, Service, ServiceText, TextKind

LARGEST_FILE = 1_000_000  # bytes
POLICIES = ("stable", "shortest")
PLACEMENT_CRITERIA = (
    "admission_area",
    "language_group",
    "immersion_continuity",
    "current_unit",
    "likely_school",
    "sibling_there",
    "special_group",
    "distance",
)
PLACEMENT_KEYS = (
    *("policy", "criteria", "group_facts", "group_otherwise"),
    *("current_unit_fact", "likely_school_fact", "special_fact", "immersion_fact"),
)
TABLES = ("service", "guidance", "purpose", "basis", "attribute", "placement", "rule")
GUIDED = ("accepted", "declined", "other_place")
SERVICE_KEYS = (
    *("name", "description", "recipient", "acceptance", "silence", "sensitivity", "channels"),
    *("needs_seat", "answer_days", "reminder_days", "grace_days", "active"),
    *("domain", "makes", "introduction_decision"),
)
BASIS_KEYS = (
    *("operation", "source", "kind", "statute", "recipients", "retention_days"),
    *("in_force_from", "in_force_until"),
)
ATTRIBUTE_KEYS = ("code", "source", "sensitive", "label")
ABOUT_GUARDIANS = {
    TextKind.OFFER_SEVERAL,
    TextKind.REMINDER_SEVERAL,
    TextKind.ASK_SEVERAL,
    TextKind.OTHER_GUARDIAN,
}


@dataclass(frozen=True)
class ServiceFile:
    """A service as its folder tells it: values for the rows of each model."""

    code: str
    service: dict[str, Any]
    purpose: dict[str, Any]
    bases: list[dict[str, Any]]
    attributes: list[dict[str, Any]]
    criteria: dict[str, Any]
    texts: list[dict[str, Any]]


@dataclass
class TomlFile:
    """A file that is read, and what was found wrong with it."""

    path: Path
    name: str
    source: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    problems: list[FileProblem] = field(default_factory=list)

    def problem(self, place: Place, reason: str, suggestion: str = "") -> None:
        """Note what is wrong at a place of the file."""
        line = line_of(self.source, place)
        self.problems.append(FileProblem(self.name, line, reason, suggestion))

    def unknown_keys(self, table: object, known: Collection[str], place: Place) -> None:
        """Note keys that mean nothing, with the nearest that does."""
        for key in table if isinstance(table, Mapping) else ():
            if key not in known:
                near = get_close_matches(key, list(known), n=1)
                self.problem(
                    (*place, key),
                    _("There is no key “%(key)s”.") % {"key": key},
                    _("Did you mean %(name)s?") % {"name": near[0]} if near else "",
                )

    def cleaned(
        self,
        model: type[models.Model],
        values: Mapping[str, Any],
        place: Place,
        exclude: Collection[str] = (),
    ) -> dict[str, Any]:
        """The values as the model holds them; what the model refuses of them is noted."""
        instance = model(**values)
        try:
            instance.clean_fields(exclude=exclude)
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                self.problem((*place, name), f"{name}: {' '.join(messages)}")
        except (TypeError, ValueError):  # an array field asked to read what is no array
            self.problem(place, _("A value here is of the wrong type."))
        return {name: getattr(instance, name) for name in values}


def read_toml(path: Path, *, root: Path) -> TomlFile:
    """The file, or the reason it can't be read, among its problems."""
    file = TomlFile(path, str(path.relative_to(root)))
    try:
        content = path.read_bytes()
        if len(content) > LARGEST_FILE:
            file.problem((), _("The file is larger than 1 MB."))
            return file
        file.source = content.decode("utf-8-sig")
        file.data = tomllib.loads(file.source)
        if re.search(r"\\(u0000|U00000000)", file.source):
            file.problem((), _("The file holds a NUL character, which no text has."))
    except FileNotFoundError:
        file.problem((), _("The file is missing."))
    except UnicodeDecodeError:
        file.problem((), _("The file is not UTF-8."), _("Save it again as UTF-8."))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        number = int(line[1]) if line else len(file.source.splitlines()) or 1
        reason = _("This is not TOML: %(error)s.") % {"error": error}
        file.problems.append(FileProblem(file.name, number, reason))
    return file


def read_service(
    folder: Path, *, root: Path, attributes: Mapping[str, AttributeDefinition]
) -> ServiceFile:
    """The service in a folder. Raises CatalogueError with everything that is wrong.

    ``attributes`` are those the city knows already; the file may name more.
    """
    file = read_toml(folder / "service.toml", root=root)
    if file.problems:
        raise CatalogueError(file.problems)
    file.unknown_keys(file.data, TABLES, ())
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", folder.name):
        file.problem((), _("A service's folder is named with small letters, digits and _."))
    own = [_attribute(file, place, table) for place, table in _tables(file, "attribute")]
    known = {**attributes, **{row["code"]: registered(Attribute(**row)) for row in own if row}}
    service = _service(file, folder.name)
    result = ServiceFile(
        code=folder.name,
        service=service,
        purpose=_purpose(file, folder.name),
        bases=[_basis(file, place, table) for place, table in _tables(file, "basis")],
        attributes=[row for row in own if row],
        criteria=_criteria(file, {**known, **BUILT_IN}),
        texts=[],
    )
    _needs_bases(file, result.bases)
    if file.problems:
        raise CatalogueError(file.problems)
    texts, problems = _texts(folder, root, service)
    if problems:
        raise CatalogueError(problems)
    result.texts.extend(texts)
    return result


def _tables(file: TomlFile, name: str) -> Iterator[tuple[Place, dict[str, Any]]]:
    tables = file.data.get(name, [])
    if not isinstance(tables, list):
        file.problem((name,), _("Write [[%(name)s]] with double brackets.") % {"name": name})
        return
    for number, table in enumerate(tables):
        yield (name, number), table if isinstance(table, dict) else {}


def _table(file: TomlFile, name: str) -> dict[str, Any]:
    table = file.data.get(name, {})
    if not isinstance(table, dict):
        file.problem((name,), _("Write [%(name)s] with single brackets.") % {"name": name})
        return {}
    return table


def _service(file: TomlFile, code: str) -> dict[str, Any]:
    table = _table(file, "service")
    file.unknown_keys(table, SERVICE_KEYS, ("service",))
    values = {key: table[key] for key in SERVICE_KEYS if key in table}
    values["guidance"] = _guidance(file)
    placement = _table(file, "placement")
    file.unknown_keys(placement, PLACEMENT_KEYS, ("placement",))
    values = file.cleaned(
        Service, {"code": code, **values}, ("service",), exclude=("purpose", "placement")
    )
    channels = values.get("channels")
    if isinstance(channels, list) and Channel.LETTER in channels[:-1]:
        file.problem(("service", "channels"), _("A letter is the last way: name it last."))
    if placement and placement.get("policy") not in POLICIES:
        names = ", ".join(POLICIES)
        reason = _("The policy is one of: %(names)s.") % {"names": names}
        file.problem(("placement", "policy"), reason)
    criteria = placement.get("criteria", [])
    for name in criteria if isinstance(criteria, list) else [criteria]:
        if name not in PLACEMENT_CRITERIA:
            near = get_close_matches(str(name), PLACEMENT_CRITERIA, n=1)
            file.problem(
                ("placement", "criteria"),
                _("There is no placement criterion “%(name)s”.") % {"name": name},
                _("Did you mean %(name)s?") % {"name": near[0]} if near else "",
            )
    return {**values, "placement": placement}


def _guidance(file: TomlFile) -> dict[str, Any]:
    table = _table(file, "guidance")
    file.unknown_keys(table, GUIDED, ("guidance",))
    for answer, texts in table.items():
        try:
            validate_translations(texts)
        except ValidationError as error:
            file.problem(("guidance", answer), f"{answer}: {' '.join(error.messages)}")
    return table


def _purpose(file: TomlFile, code: str) -> dict[str, Any]:
    table = _table(file, "purpose")
    file.unknown_keys(table, ("name", "department"), ("purpose",))
    values = {key: table.get(key) for key in ("name", "department")}
    return file.cleaned(Purpose, {"code": code, **values}, ("purpose",))


def _basis(file: TomlFile, place: Place, table: dict[str, Any]) -> dict[str, Any]:
    file.unknown_keys(table, BASIS_KEYS, place)
    values = {key: table[key] for key in BASIS_KEYS if key in table}
    return file.cleaned(LegalBasis, values, place, exclude=("purpose",))


def _needs_bases(file: TomlFile, bases: list[dict[str, Any]]) -> None:
    for operation in ("selecting", "contacting"):
        if not any(basis.get("operation") == operation for basis in bases):
            file.problem(
                (),
                _("There is no legal basis for %(operation)s.") % {"operation": operation},
                _("Add a [[basis]] with its statute and section."),
            )


def _attribute(file: TomlFile, place: Place, table: dict[str, Any]) -> dict[str, Any] | None:
    file.unknown_keys(table, ("type", *ATTRIBUTE_KEYS), place)
    values: dict[str, Any] = {key: table[key] for key in ATTRIBUTE_KEYS if key in table}
    values["value_type"] = table.get("type")
    before = len(file.problems)
    values = file.cleaned(Attribute, values, place)
    if values.get("code") in BUILT_IN:
        file.problem((*place, "code"), _("This attribute is built in and can't be replaced."))
    return values if len(file.problems) == before else None


def _criteria(file: TomlFile, known: Mapping[str, AttributeDefinition]) -> dict[str, Any]:
    groups = [table for _place, table in _tables(file, "rule")]
    form = {"all": [group if "any" in group else {"any": [group]} for group in groups]}
    try:
        criteria = parse_criteria(form, known)
        refuse_contradiction(criteria)
    except CriteriaError as error:
        for problem in error.problems:
            file.problem(_in_file(problem.path, groups), problem.reason, problem.suggestion)
        return {}
    return as_json(criteria)


def _in_file(path: Place, groups: list[dict[str, Any]]) -> Place:
    """A path through the JSON form, as a path through the file, where ``any`` may be left out."""
    if len(path) < 2:
        return ("rule", 0)
    number = int(path[1])
    single = number < len(groups) and "any" not in groups[number]
    return ("rule", number, *(path[4:] if single else path[2:]))


def _texts(
    folder: Path, root: Path, service: dict[str, Any]
) -> tuple[list[dict[str, Any]], list[FileProblem]]:
    texts: list[dict[str, Any]] = []
    problems: list[FileProblem] = []
    own = {path.stem for path in (folder / "texts").glob("*.toml")}
    for language in sorted(own | set(FAMILY_LANGUAGES)):
        file = read_toml(folder / "texts" / f"{language}.toml", root=root)
        shared = Path(__file__).with_name("shared_texts") / f"{language}.toml"
        common = read_toml(shared, root=shared.parent.parent).data if shared.exists() else {}
        if not file.problems:
            texts += _texts_of(file, common, language, service)
        problems += file.problems
    return texts, problems


def _texts_of(
    file: TomlFile, common: dict[str, Any], language: str, service: dict[str, Any]
) -> list[dict[str, Any]]:
    file.unknown_keys(file.data, TextKind.values, ())
    texts = []
    for kind in TextKind:
        if kind in ABOUT_GUARDIANS and service["recipient"] != Recipient.GUARDIANS:
            continue
        own = file.data.get(kind.value, {})
        if not isinstance(own, dict):
            file.problem((kind.value,), _("Write [%(name)s] above its texts.") % {"name": kind})
            continue
        file.unknown_keys(own, ("subject", *Channel.values), (kind.value,))
        table = {**common.get(kind.value, {}), **own}
        for channel in _spoken(service["channels"]):
            body = str(table.get(channel.value, "")).strip()
            subject = str(table.get("subject", "")) if channel != Channel.SMS else ""
            may_lack = language not in FAMILY_LANGUAGES or channel in LIKE_A_MAIL
            if not body and may_lack:
                continue
            _check(file, kind, channel, subject, body, service)
            texts.append(
                {
                    "kind": kind.value,
                    "channel": channel.value,
                    "language": language,
                    "subject": subject,
                    "body": body,
                }
            )
    return texts


def _spoken(channels: Collection[str]) -> list[Channel]:
    """The channels that have texts: those like a mail need the e-mail's, if not their own."""
    mails = {Channel.EMAIL} if {*channels} & {*LIKE_A_MAIL} else set()
    return [channel for channel in Channel if channel in {*channels} | mails]


def _check(
    file: TomlFile,
    kind: TextKind,
    channel: Channel,
    subject: str,
    body: str,
    service: dict[str, Any],
) -> None:
    place = (kind.value, channel.value)
    if not body:
        file.problem(place, _("The text %(place)s is missing.") % {"place": ".".join(place)})
        return
    if channel != Channel.SMS and not subject:
        file.problem(place, _("An e-mail or a letter needs a subject line."))
    sensitivity = Sensitivity(service["sensitivity"])
    problems = check_text(
        body,
        kind=kind,
        channel=channel,
        sensitivity=sensitivity,
        allowed=allowed_in(
            recipient=service["recipient"], needs_seat=service.get("needs_seat", True)
        ),
        subject=subject,
    )
    for reason in problems:
        file.problem(place, reason)
    values = {"kind": kind, "channel": channel, "language": file.path.stem}
    values |= {"subject": subject, "body": body}
    file.cleaned(ServiceText, values, place, exclude=("service",))
