"""Loading the catalogue: the files are checked as a whole, then the database follows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractUser
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from citizens.attributes import known_attributes
from citizens.models import Attribute
from consents.models import LegalBasis, Purpose
from offers.catalogue.files import ServiceFile, read_service
from offers.catalogue.problems import CatalogueError, FileProblem
from offers.models import EligibilityRule, Service, ServiceText

CATALOGUE = Path(__file__).parent
FILE = "service.toml"
M = TypeVar("M", bound=models.Model)


@dataclass
class CatalogueChanges:
    """What loading changed, one line each.

    ``kept`` are people's own rules, which stay in force, and ``kept_texts`` texts they have edited;
    ``new_rules`` the codes of the services whose rule in force is new.
    """

    services: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    kept_texts: list[str] = field(default_factory=list)
    new_rules: list[str] = field(default_factory=list)


def load_catalogue(
    *, folder: Path = CATALOGUE, by: AbstractUser | None = None, dry_run: bool = False
) -> CatalogueChanges:
    """Make purposes, legal bases, attributes, services, texts and rules as the files say.

    Raises CatalogueError, and changes nothing, if any file is wrong. A rule becomes a new version
    only when its criteria are new; the file's review is its approval. Where the version in force
    was written in the admin, the file's waits for approval there. Services whose folder is gone
    stay as they are: one is put out of use with ``active = false``.
    """
    files = read_catalogue(folder)
    changes = CatalogueChanges()
    with transaction.atomic():
        for file in files:
            _load(file, by, changes)
        transaction.set_rollback(dry_run)
    return changes


def read_catalogue(folder: Path = CATALOGUE) -> list[ServiceFile]:
    """Every service of the catalogue. Raises CatalogueError with everything that is wrong."""
    known = known_attributes()
    files: list[ServiceFile] = []
    problems: list[FileProblem] = []
    folders = sorted(path.parent for path in folder.glob(f"*/{FILE}"))
    if not folders:
        problems.append(FileProblem(str(folder.name), 1, _("There is no service here.")))
    for path in folders:
        try:
            files.append(read_service(path, root=folder, attributes=known))
        except CatalogueError as error:
            problems += error.problems
    problems += _disagreements(files)
    if problems:
        raise CatalogueError(problems)
    return files


def _disagreements(files: list[ServiceFile]) -> list[FileProblem]:
    """Attributes that two services describe differently, or whose facts have another type."""
    typed = dict(Attribute.objects.exclude(facts=None).values_list("code", "value_type").distinct())
    described: dict[str, dict[str, Any]] = {}
    problems = []
    for file in files:
        for row in file.attributes:
            first = described.setdefault(row["code"], row)
            other_type = typed.get(row["code"], row["value_type"]) != row["value_type"]
            if first != row or other_type:
                reason = _("Attribute %(code)s is described differently elsewhere.")
                name = f"{file.code}/{FILE}"
                problems.append(FileProblem(name, 1, reason % {"code": row["code"]}))
    return problems


def _load(file: ServiceFile, by: AbstractUser | None, changes: CatalogueChanges) -> None:
    changes.services.append(file.code)
    for row in file.attributes:
        _sync(Attribute, {"code": row["code"]}, row, changes, f"attribute {row['code']}")
    purpose = _sync(Purpose, {"code": file.code}, file.purpose, changes, f"purpose {file.code}")
    for basis in file.bases:
        key = {"purpose": purpose} | {
            name: basis[name] for name in ("operation", "source", "in_force_from")
        }
        name = f"legal basis {file.code}: {basis['operation']} ({basis['source']})"
        _sync(LegalBasis, key, basis, changes, name)
    service = _sync(
        Service,
        {"code": file.code},
        {**file.service, "purpose": purpose},
        changes,
        f"service {file.code}",
    )
    _load_texts(service, file.texts, changes)
    _load_rule(service, file.criteria, by, changes)


def _load_texts(service: Service, texts: list[dict[str, Any]], changes: CatalogueChanges) -> None:
    there = {(text.kind, text.channel, text.language): text for text in service.texts.all()}
    new = []
    for values in texts:
        key = (values["kind"], values["channel"], values["language"])
        text = there.pop(key, None)
        if text is None:
            new.append(ServiceText(service=service, **values))
            changes.changes.append(_text_line("+", service, key))
        elif text.edited_at and _differing(text, values):
            changes.kept_texts.append(f"{service.code}: {'.'.join(key)}")
        elif _differing(text, values):
            _change(text, values)
            changes.changes.append(_text_line("~", service, key))
    ServiceText.objects.bulk_create(new)
    for key, text in there.items():
        text.delete()
        changes.changes.append(_text_line("-", service, key))


def _text_line(sign: str, service: Service, key: tuple[str, ...]) -> str:
    return f"{sign} text {service.code}: {'.'.join(key)}"


def _load_rule(
    service: Service, criteria: dict[str, Any], by: AbstractUser | None, changes: CatalogueChanges
) -> None:
    """Make the file's rule the version in force, or, where that is a person's own, propose it."""
    Service.objects.select_for_update().get(pk=service.pk)
    in_force = EligibilityRule.objects.in_force().filter(service=service).first()
    if in_force and in_force.criteria == criteria:
        return
    ours = in_force is not None and not in_force.from_file
    if ours:
        changes.kept.append(f"{service.code}: version {in_force.version}")  # type: ignore[union-attr]
        of_file = service.rules.filter(from_file=True).order_by("-version").first()
        if of_file and of_file.criteria == criteria:
            return
    newest = service.rules.aggregate(newest=models.Max("version"))["newest"] or 0
    EligibilityRule.objects.create(
        service=service,
        version=newest + 1,
        criteria=criteria,
        from_file=True,
        created_by_id=by.pk if by else None,
        approved_at=None if ours else timezone.now(),
    )
    if not ours:
        changes.new_rules.append(service.code)
    name = f"rule {service.code}: version {newest + 1}"
    changes.changes.append(f"? {name}, waits for approval" if ours else f"+ {name}")


def _sync(
    model: type[M],
    key: Mapping[str, Any],
    values: Mapping[str, Any],
    changes: CatalogueChanges,
    name: str,
) -> M:
    """The row with this key, made or changed to hold the values."""
    row = model._default_manager.filter(**key).first()
    if row is None:
        changes.changes.append(f"+ {name}")
        return model._default_manager.create(**{**values, **key})
    changed = _differing(row, values)
    if changed:
        _change(row, values)
        changes.changes.append(f"~ {name}: {', '.join(changed)}")
    return row


def _differing(row: models.Model, values: Mapping[str, Any]) -> list[str]:
    return [name for name, value in values.items() if getattr(row, name) != value]


def _change(row: models.Model, values: Mapping[str, Any]) -> None:
    changed = _differing(row, values)
    for name in changed:
        setattr(row, name, values[name])
    row.save(update_fields=changed)
