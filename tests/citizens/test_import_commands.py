"""The import commands say what they do, and end with an error where they do nothing."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from citizens.models import Person
from tests.citizens.delivery import CHILD, Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    return Delivery(tmp_path)


def run(delivery: Delivery, **options: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    files = delivery.files
    paths = [str(path) for path in (files.people, files.guardianships, files.contacts)]
    try:
        call_command("import_register", *paths, stdout=out, stderr=err, **options)
    except CommandError as error:
        return out.getvalue(), f"{err.getvalue()}{error}"
    return out.getvalue(), err.getvalue()


def test_it_prints_what_changes_and_then_imports(delivery: Delivery) -> None:
    said, wrong = run(delivery.write())

    assert [word for line in said.splitlines() if "people" in line for word in line.split()][
        1:10:2
    ] == ["people", "0", "103", "0", "0"]
    assert said.rstrip().endswith("Imported.")
    assert not wrong
    assert Person.objects.count() == 103


def test_a_dry_run_says_so(delivery: Delivery) -> None:
    said, _ = run(delivery.write(), dry_run=True)

    assert "Newly protected people: 0" in said
    assert "dry run" in said
    assert not Person.objects.exists()


def test_wrong_rows_are_named_without_their_values(delivery: Delivery) -> None:
    delivery.people[2] = CHILD._replace(sex="SALAISUUS")

    said, wrong = run(delivery.write())

    assert "people.csv, line 5, sex: not one of: female, male" in wrong
    assert "people.errors.csv says why" in wrong
    assert "SALAISUUS" not in said + wrong
    assert (delivery.folder / "people.errors.csv").exists()
    assert not Person.objects.exists()


def test_of_many_wrong_rows_the_first_are_named(delivery: Delivery) -> None:
    delivery.people = [row._replace(sex="?") for row in delivery.people]

    _, wrong = run(delivery.write())

    assert "and 98 more" in wrong  # 103 people, 2 guardianships and 3 contacts of nobody
