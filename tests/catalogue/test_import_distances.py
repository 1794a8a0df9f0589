"""Distances that the city measured: taken whole or refused, and what placement makes of them."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from citizens.models import Person
from citizens.register.errors import BadRows, ErrorFile, UnusableFile
from citizens.register.formats import RowWriter
from offers.catalogue.distances import DistanceChanges, DistanceRow, import_distances
from offers.models import Subject, Way
from tests.citizens.delivery import AS_OF
from tests.rounds.city import a_family, seats
from tests.rounds.journeys import prepared

pytestmark = pytest.mark.django_db


def written(folder: Path, *rows: tuple[Person | str, object, str]) -> Path:
    path = folder / "distances.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        RowWriter(file, DistanceRow._fields, as_of=AS_OF).add(
            DistanceRow(
                person.register_key if isinstance(person, Person) else person,
                getattr(unit, "register_id", str(unit)),
                metres,
            )
            for person, unit, metres in rows
        )
    return path


def imported(path: Path, **options: Any) -> DistanceChanges:
    return import_distances(path=path, errors=ErrorFile(path.with_suffix(".errors")), **options)


def test_a_measured_way_counts_where_there_is_one_and_the_straight_line_elsewhere(
    tmp_path: Path,
) -> None:
    [child], [other] = a_family(), a_family()
    near, far = seats(5, north_m=100), seats(5, north_m=900)
    imported(written(tmp_path, (child, near.unit, "4000")))
    round = prepared()
    placed = {subject.person_id: subject for subject in Subject.objects.filter(round=round)}
    assert (placed[child.pk].capacity, placed[child.pk].distance_m) == (far, 900)
    assert (placed[other.pk].capacity, placed[other.pk].distance_m) == (near, 100)


def test_where_there_is_no_way_nobody_is_placed(tmp_path: Path) -> None:
    [child] = a_family()
    only = seats(5)
    imported(written(tmp_path, (child, only.unit, "")))
    round = prepared()
    subject = Subject.objects.get(round=round, person=child)
    assert (subject.capacity, subject.placement["code"]) == (None, "unreachable")


def test_the_file_is_the_whole_truth(tmp_path: Path) -> None:
    [child], one, two = a_family(), seats(1), seats(1)
    imported(written(tmp_path, (child, one.unit, "10")))
    changes = imported(written(tmp_path, (child, two.unit, "20")))
    assert changes == DistanceChanges(known=1, before=1, skipped=0)
    assert Way.objects.get().unit == two.unit


@pytest.mark.parametrize("metres", ["-5", "1e3", "12.5", "near", "99999999", "٣"])
def test_a_wrong_distance_is_said_and_nothing_is_taken_over(tmp_path: Path, metres: str) -> None:
    [child], unit = a_family(), seats(1).unit
    imported(written(tmp_path, (child, unit, "10")))
    path = written(tmp_path, (child, unit, metres))
    with pytest.raises(BadRows):
        imported(path)
    assert "whole number of metres" in path.with_suffix(".errors").read_text()
    assert Way.objects.get().metres == 10


def test_unknown_people_and_units_and_doubles_are_left_out_if_asked(tmp_path: Path) -> None:
    [child], unit = a_family(), seats(1).unit
    path = written(
        tmp_path,
        *(("nobody", unit, "1"), (child, "nowhere", "1")),
        *((child, unit, "5"), (child, unit, "6")),
    )
    with pytest.raises(BadRows):
        imported(path)
    assert imported(path, skip_bad=True) == DistanceChanges(known=1, before=0, skipped=3)


def test_a_file_without_its_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "distances.csv"
    path.write_text("from,to\n1,2\n")
    with pytest.raises(UnusableFile, match="person,unit,metres"):
        imported(path)


def test_a_dry_run_says_how_many_and_keeps_none(tmp_path: Path) -> None:
    [child], unit = a_family(), seats(1).unit
    shown = StringIO()
    path = written(tmp_path, (child, unit, "5"))
    call_command("import_distances", path, dry_run=True, stdout=shown)
    assert "Nothing was changed" in shown.getvalue()
    assert not Way.objects.exists()
