"""What other registers know of people comes in by a file, too."""

from datetime import date
from pathlib import Path

import pytest

from citizens.models import Attribute, RegisteredFact, ValueType
from citizens.register.errors import BadRows, ErrorFile, UnusableFile
from citizens.register.facts import FactChanges, import_facts
from citizens.register.formats import FactRow, RowWriter
from tests.citizens.delivery import AS_OF, Delivery

pytestmark = pytest.mark.django_db

ROWS = [
    FactRow("K1", "permit_ends", "2026-05-31"),
    FactRow("K2", "permit_ends", "2027-01-01"),
    FactRow("K3", "daycare", "123"),
    FactRow("K3", "special", "1"),
    FactRow("K1", "income", "2500.50"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Delivery(tmp_path).write().load()
    for code, value_type in (
        ("permit_ends", ValueType.DATE),
        ("daycare", ValueType.TEXT),
        ("special", ValueType.BOOLEAN),
        ("income", ValueType.NUMBER),
    ):
        label = dict.fromkeys(("fi", "sv", "en"), code)
        Attribute.objects.create(code=code, value_type=value_type, source="here", label=label)
    return tmp_path


def load(
    folder: Path, rows: list[FactRow], *, skip_bad: bool = False, dry_run: bool = False
) -> FactChanges:
    path = folder / "facts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        RowWriter(file, FactRow._fields, as_of=AS_OF, count=len(rows)).add(rows)
    errors = ErrorFile(folder / "errors.csv")
    return import_facts(path=path, errors=errors, skip_bad=skip_bad, dry_run=dry_run)


def value(key: str, attribute: str) -> object:
    fact = RegisteredFact.objects.get(person__register_key=key, attribute__code=attribute)
    return next(v for v in (fact.text, fact.number, fact.date, fact.boolean) if v is not None)


def test_each_fact_is_kept_as_its_attributes_type_says(folder: Path) -> None:
    assert load(folder, ROWS) == FactChanges(new=5, changed=0, gone=0, skipped=0)

    assert value("K1", "permit_ends") == date(2026, 5, 31)
    assert value("K3", "daycare") == "123"
    assert value("K3", "special") is True
    assert value("K1", "income") == 2500.5
    assert set(RegisteredFact.objects.values_list("as_of", flat=True)) == {AS_OF}


def test_the_same_file_again_changes_nothing(folder: Path) -> None:
    load(folder, ROWS)

    assert load(folder, ROWS) == FactChanges(new=0, changed=0, gone=0, skipped=0)


def test_a_file_is_the_whole_truth_about_the_attributes_it_names(folder: Path) -> None:
    load(folder, ROWS)

    changes = load(folder, [FactRow("K1", "permit_ends", "2026-06-30")])

    assert changes == FactChanges(new=0, changed=1, gone=1, skipped=0)
    assert value("K1", "permit_ends") == date(2026, 6, 30)
    assert value("K3", "daycare") == "123"


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (FactRow("K9", "daycare", "1"), "person", "not in the register"),
        (FactRow("K1", "shoe", "42"), "attribute", "no attribute of this name"),
        (FactRow("K1", "daycare", ""), "value", "missing"),
        (FactRow("K1", "special", "yes"), "value", "not 1 or 0"),
        (FactRow("K2", "income", "much"), "value", "not a number"),
        (FactRow("K2", "income", "1e5"), "value", "not a number"),
        (FactRow("K3", "permit_ends", "tomorrow"), "value", "not a date"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_imported(
    folder: Path, row: FactRow, column: str, reason: str
) -> None:
    with pytest.raises(BadRows):
        load(folder, [*ROWS, row])
    assert not RegisteredFact.objects.exists()
    line, said = (folder / "errors.csv").read_text().splitlines()[1].split(",", 3)[1:4:2]
    assert line == "8"
    assert reason in said
    assert column in (folder / "errors.csv").read_text()


def test_with_a_wrong_row_left_out_nothing_counts_as_gone(folder: Path) -> None:
    load(folder, ROWS)

    changes = load(folder, [FactRow("K1", "permit_ends", "tomorrow")], skip_bad=True)

    assert changes == FactChanges(new=0, changed=0, gone=0, skipped=1)


def test_the_same_fact_twice_is_not_trusted(folder: Path) -> None:
    with pytest.raises(BadRows, match="2 rows"):
        load(folder, [ROWS[0], ROWS[0]._replace(value="2026-07-01")])


def test_a_dry_run_changes_nothing(folder: Path) -> None:
    assert load(folder, ROWS, dry_run=True).new == 5
    assert not RegisteredFact.objects.exists()


def test_facts_need_a_day(folder: Path) -> None:
    path = folder / "facts.csv"
    path.write_text("person,attribute,value\nK1,daycare,1\n")

    with pytest.raises(UnusableFile, match="of which day"):
        import_facts(path=path, errors=ErrorFile(folder / "errors.csv"))

    import_facts(path=path, errors=ErrorFile(folder / "errors.csv"), as_of=AS_OF)
    assert RegisteredFact.objects.get(person__register_key="K1").as_of == AS_OF
