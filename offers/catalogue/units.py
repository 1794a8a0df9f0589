"""The import of units, in the format of the City's service map (v4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from citizens.register.errors import BadRows, ErrorFile, Problem, UnusableFile
from offers.catalogue.documents import read_json
from offers.models import Unit

FIELDS = ("identifiers", "name", "address", "postal_code", "latitude", "longitude", "phone")
LATITUDES, LONGITUDES = (59.0, 71.0), (19.0, 32.0)
"""Finland, degrees in WGS 84; a unit elsewhere is a mistake."""


@dataclass(frozen=True)
class UnitChanges:
    """How many units came and changed; ``unlocated`` have no coordinates and get no distances."""

    new: int
    changed: int
    unchanged: int
    unlocated: int
    skipped: int


class BadUnit(ValueError):  # noqa: N818 - read as "raise BadUnit"
    """A unit that cannot be used: field and reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def import_units(
    *,
    path: Path,
    errors: ErrorFile,
    skip_bad: bool = False,
    dry_run: bool = False,
    review: Callable[[UnitChanges], None] = lambda changes: None,
) -> UnitChanges:
    """Add and change the units of the file; a unit that is not in it stays as it is.

    The file is a list of units, or the service map's own answer with the list under ``results``.
    Identifiers in other systems that the file does not name are kept. Raises RegisterError, and
    then nothing has changed.
    """
    units = _good_units(_read(path), path.name, errors)
    if errors.count and not skip_bad:
        raise BadRows(
            f"{errors.rows} units cannot be used; nothing was imported. "
            f"{errors.path} says why. With --skip-bad the others are imported."
        )
    with transaction.atomic():
        changes = _store(units, skipped=errors.rows)
        review(changes)
        if dry_run:
            transaction.set_rollback(True)
    return changes


def _read(path: Path) -> list[Any]:
    document = read_json(path)
    if isinstance(document, dict):
        document = document.get("results")
    if not isinstance(document, list) or not document:
        raise UnusableFile(f"{path.name} has no list of units.")
    return document


def _good_units(documents: list[Any], name: str, errors: ErrorFile) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for nth, document in enumerate(documents, start=1):
        try:
            unit = _unit(document)
            if unit.register_id in units:
                raise BadUnit("id", "this unit comes twice")
        except BadUnit as error:
            errors.add(Problem(name, nth, error.field, f"unit {nth}: {error}"))
        else:
            units[unit.register_id] = unit
    return units


def _unit(document: object) -> Unit:
    if not isinstance(document, dict):
        raise BadUnit("", "not an object with the fields of a unit")
    if document.get("id") in (None, "") or not isinstance(document["id"], int | str):
        raise BadUnit("id", "missing")
    latitude = _degrees(document, "latitude", *LATITUDES)
    longitude = _degrees(document, "longitude", *LONGITUDES)
    if (latitude is None) != (longitude is None):
        raise BadUnit("latitude", "a location needs both latitude and longitude")
    return Unit(
        register_id=_text({"id": str(document["id"])}, "id", 64),
        identifiers=_identifiers(document.get("sources")),
        name=_in_languages(document, "name"),
        address=_in_languages(document, "street_address", otherwise="-"),
        postal_code=_text(document, "address_zip", 5),
        latitude=latitude,
        longitude=longitude,
        phone=_text(document, "phone", 40),
    )


def _degrees(
    document: Mapping[str, Any], field: str, lowest: float, highest: float
) -> float | None:
    value = document.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadUnit(field, "not a number")
    if not lowest <= value <= highest:
        raise BadUnit(
            field, f"not in Finland: degrees in WGS 84 are between {lowest:.0f} and {highest:.0f}"
        )
    return float(value)


def _text(document: Mapping[str, Any], field: str, longest: int) -> str:
    value = document.get(field) or ""
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        raise BadUnit(field, f"not a text of at most {longest} characters")
    return value


def _in_languages(
    document: Mapping[str, Any], field: str, otherwise: str | None = None
) -> dict[str, str]:
    """The text in fi, sv and en; Finnish where the map has no other."""
    finnish = _text(document, f"{field}_fi", 300).strip() or otherwise
    if not finnish:
        raise BadUnit(f"{field}_fi", "missing")
    return {
        language: _text(document, f"{field}_{language}", 300).strip() or finnish
        for language in ("fi", "sv", "en")
    }


def _identifiers(sources: object) -> dict[str, str]:
    if sources is None:
        return {}
    try:
        return {str(source["source"]): str(source["id"]) for source in sources}  # type: ignore[attr-defined]
    except (TypeError, KeyError):
        raise BadUnit("sources", "not a list of source and id") from None


def _store(units: Mapping[str, Unit], *, skipped: int) -> UnitChanges:
    existing = {unit.register_id: unit for unit in Unit.objects.filter(register_id__in=units)}
    new = [unit for key, unit in units.items() if key not in existing]
    changed = [old for key, old in existing.items() if _update(old, units[key])]
    Unit.objects.bulk_create(new, batch_size=1000)
    Unit.objects.bulk_update(changed, FIELDS, batch_size=1000)
    return UnitChanges(
        new=len(new),
        changed=len(changed),
        unchanged=len(existing) - len(changed),
        unlocated=sum(unit.latitude is None for unit in units.values()),
        skipped=skipped,
    )


def _update(old: Unit, new: Unit) -> bool:
    """Make ``old`` say what ``new`` says; whether that changed anything."""
    new.identifiers = {**old.identifiers, **new.identifiers}
    changed = False
    for field in FIELDS:
        if getattr(old, field) != getattr(new, field):
            setattr(old, field, getattr(new, field))
            changed = True
    return changed
