"""Files that are not as they should be: refused with a clear word, and nothing is imported."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from citizens.models import Person
from citizens.register.errors import BadRows, ErrorFile, RegisterError, UnusableFile
from citizens.register.formats import GuardianshipRow
from citizens.register.importing import import_register
from tests.citizens.delivery import CHILD, FATHER, MOTHER, Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    return Delivery(tmp_path)


FIRST_ROW = 3
"""The line of the first row: the day and the columns come before it."""


def refused(delivery: Delivery, error: type[RegisterError], match: str) -> None:
    with pytest.raises(error, match=match):
        delivery.load()
    assert not Person.objects.exists()


def only_problem(delivery: Delivery, *, line: int, column: str, reason: str) -> None:
    """The delivery is refused for exactly this; with --skip-bad the other rows come in."""
    refused(delivery, BadRows, "1 rows cannot be used")
    (problem,) = delivery.problems()
    assert (problem["line"], problem["column"]) == (str(line), column)
    assert reason in problem["reason"]
    assert delivery.load(skip_bad=True).skipped == 1
    assert Person.objects.exists()


@pytest.mark.parametrize("name", ["people", "guardianships", "contacts"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda file: b"", "is empty"),
        (lambda file: b"\n", "does not have the columns"),
        (lambda file: file.decode().encode("utf-16"), "UTF-16"),
        (lambda file: file[: len(file) - 5], "ends in the middle of line|has been cut"),
        (lambda file: file[: file[:-1].rindex(b"\n") + 1], "has been cut"),
        (lambda file: file.replace(b"2026-01-31", b"2026-02-31", 1), "is no date"),
        (lambda file: file.replace(b"2026-01-31", b"2026-01-30", 1), "different days"),
        (lambda file: b"\x00" * 100, "cut|columns"),
        (lambda file: b"\xff\xfe\x00" + file, "UTF-16"),
        (lambda file: b"\x89PNG\r\n\x1a\n" + file, "not in UTF-8"),
    ],
    ids=[
        "empty", "only a line end", "UTF-16", "cut in a line", "cut at the end of a line",
        "no day", "another day", "NUL bytes", "UTF-16 mark", "not a text",
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used(
    delivery: Delivery, name: str, change: Callable[[bytes], bytes], said: str
) -> None:
    refused(delivery.write().spoil(name, change), UnusableFile, said)


def test_a_file_that_is_not_there(delivery: Delivery) -> None:
    delivery.write().files.contacts.unlink()

    refused(delivery, UnusableFile, "cannot be opened")


def test_files_of_a_day_that_has_not_come(delivery: Delivery) -> None:
    delivery.as_of = timezone.localdate() + timedelta(days=2)

    refused(delivery.write(), UnusableFile, "has not come yet")


def test_files_that_say_no_day_need_one_given(delivery: Delivery) -> None:
    delivery.write()
    for name in ("people", "guardianships", "contacts"):
        delivery.spoil(name, lambda file: file.partition(b"\n")[2])
    refused(delivery, UnusableFile, "--as-of")

    import_register(
        files=replace(delivery.files, as_of=date(2026, 1, 31)),
        errors=ErrorFile(delivery.error_file),
    )
    assert Person.objects.count() == 103


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda file: file.replace(b",died_on", b"", 1), "missing columns: died_on"),
        (lambda file: file.replace(b",died_on", b",died_on,shoe", 1), "unknown columns: shoe"),
        (lambda file: file.replace(b"sex,", b"sex,sex,", 1), "columns that come twice: sex"),
    ],
    ids=["missing", "unknown", "twice"],
)
def test_columns_that_are_not_those_of_the_format(
    delivery: Delivery, change: Callable[[bytes], bytes], said: str
) -> None:
    refused(delivery.write().spoil("people", change), UnusableFile, said)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: b"\xef\xbb\xbf" + file,
        lambda file: file.replace(b",", b";"),
        lambda file: file.replace(b"\n", b"\r\n"),
        lambda file: b"\xef\xbb\xbf" + file.replace(b",", b";").replace(b"\n", b"\r\n"),
    ],
    ids=["byte order mark", "semicolons", "line ends of Windows", "as a spreadsheet saves it"],
)
def test_harmless_differences_are_read(
    delivery: Delivery, change: Callable[[bytes], bytes]
) -> None:
    delivery.write()
    for name in ("people", "guardianships", "contacts"):
        delivery.spoil(name, change)

    assert delivery.load().people.new == 103


def test_columns_may_come_in_any_order(delivery: Delivery) -> None:
    delivery.write()
    rows = delivery.files.guardianships.read_text().splitlines()
    turned = [rows[0], *(",".join(reversed(row.split(","))) for row in rows[1:])]
    delivery.files.guardianships.write_text("\n".join(turned) + "\n")

    assert delivery.load().guardianships.new == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda row: row.replace("Åke".encode(), b"\xc5ke"), "not in UTF-8"),
        (lambda row: row.replace("Åke".encode(), b"\x00ke"), "NUL"),
        (lambda row: row.replace(b",male", b""), "16 columns instead of 17"),
        (lambda row: row.replace(b",male", b",male,male"), "18 columns instead of 17"),
        (lambda row: row.replace("Åke".encode(), b'"Ake'), "quotation mark"),
        (lambda row: row.replace("Åke".encode(), b"A" * 10_000_000), "longer than"),
    ],
    ids=["Latin-1", "NUL byte", "a column less", "a column more", "open quote", "10 MB"],
)
def test_a_line_that_cannot_be_read(
    delivery: Delivery, change: Callable[[bytes], bytes], reason: str
) -> None:
    def spoil(file: bytes) -> bytes:
        lines = file.splitlines(keepends=True)
        lines[FIRST_ROW] = change(lines[FIRST_ROW])
        return b"".join(lines)

    delivery.guardianships = [row for row in delivery.guardianships if row.guardian != "K2"]
    delivery.contacts = [row for row in delivery.contacts if row.person != "K2"]
    delivery.write().spoil("people", spoil)

    only_problem(delivery, line=FIRST_ROW + 1, column="", reason=reason)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("register_key", "", "missing"),
        ("register_key", "x" * 65, "longer than 64"),
        ("identity_code", "311288-999M", "not a valid identity code"),
        ("identity_code", "311388-999M", "not a valid identity code"),
        ("identity_code", "060520A9025", "another date of birth"),
        ("first_names", "", "missing"),
        ("last_name", "x" * 201, "longer than 200"),
        ("birth_date", "", "missing"),
        ("birth_date", "31.12.1988", "not a date"),
        ("birth_date", "1988-02-30", "not a date"),
        ("birth_date", "2026-02-01", "after the day the file speaks of"),
        ("birth_date", "1066-10-14", "before 1890"),
        ("sex", "mies", "not one of: female, male"),
        ("mother_tongue", "suomi", "ISO 639"),
        ("contact_language", "ru", "not one of: fi, sv, en"),
        ("municipality", "Helsinki", "three digits"),
        ("postal_code", "420", "five digits"),
        ("latitude", "abc", "not a number"),
        ("latitude", "nan", "not between"),
        ("latitude", "6679000", "not between"),
        ("longitude", "", "both latitude and longitude"),
        ("protected", "", "missing"),
        ("protected", "maybe", "not 1 or 0"),
        ("place_by_hand", "2", "not 1 or 0"),
        ("died_on", "1950-01-01", "before the date of birth"),
        ("moved_out_on", "2030-01-01", "after the day the file speaks of"),
    ],
)
def test_a_wrong_value_of_a_person(delivery: Delivery, field: str, value: str, reason: str) -> None:
    delivery.guardianships = [row for row in delivery.guardianships if row.guardian != "K2"]
    delivery.contacts = [row for row in delivery.contacts if row.person != "K2"]
    spoiled = FATHER._replace(**{field: value})
    if field in ("birth_date", "died_on"):
        spoiled = spoiled._replace(identity_code="")
    delivery.people[1] = spoiled

    column = "latitude" if field == "longitude" else field
    only_problem(delivery.write(), line=FIRST_ROW + 1, column=column, reason=reason)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("guardian", "K99", "not among the people"),
        ("child", "K99", "not among the people"),
        ("guardian", "K3", "nobody is their own guardian"),
        ("guardian", "", "missing"),
        ("may_decide", "?", "not 1 or 0"),
        ("valid_from", "", "missing"),
        ("valid_until", "2019-01-01", "ends after it has begun"),
    ],
)
def test_a_wrong_guardianship(delivery: Delivery, field: str, value: str, reason: str) -> None:
    delivery.guardianships[1] = delivery.guardianships[1]._replace(**{field: value})

    only_problem(delivery.write(), line=FIRST_ROW + 1, column=field, reason=reason)


def test_two_people_who_are_each_others_guardians(delivery: Delivery) -> None:
    delivery.guardianships.append(GuardianshipRow("K3", "K1", "1", "2020-05-06", ""))

    only_problem(
        delivery.write(), line=FIRST_ROW + 2, column="guardian", reason="each other's guardians"
    )


def test_guardians_in_a_circle(delivery: Delivery) -> None:
    delivery.guardianships += [
        GuardianshipRow("N001", "K1", "1", "2020-05-06", ""),
        GuardianshipRow("K3", "N001", "1", "2020-05-06", ""),
    ]

    only_problem(delivery.write(), line=FIRST_ROW + 3, column="guardian", reason="circle")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("person", "K99", "not among the people"),
        ("kind", "fax", "not one of: sms, email"),
        ("value", "", "missing"),
        ("value", "soita illalla", "not a phone number"),
        ("value", "+3584712345678901234", "not a phone number"),
        ("priority", "-1", "not a whole number"),
    ],
)
def test_a_wrong_contact(delivery: Delivery, field: str, value: str, reason: str) -> None:
    delivery.contacts[2] = delivery.contacts[2]._replace(**{field: value})

    only_problem(delivery.write(), line=FIRST_ROW + 2, column=field, reason=reason)


@pytest.mark.parametrize("address", ["maija", "maija@", "@example.org", "a@b", "a b@example.org"])
def test_a_wrong_email_address(delivery: Delivery, address: str) -> None:
    delivery.contacts[1] = delivery.contacts[1]._replace(value=address)

    only_problem(delivery.write(), line=FIRST_ROW + 1, column="value", reason="not an e-mail")


def test_rows_that_come_twice_are_not_trusted_either_time(delivery: Delivery) -> None:
    delivery.people.append(MOTHER._replace(last_name="Toinen"))
    delivery.guardianships.append(delivery.guardianships[1])
    delivery.contacts.append(delivery.contacts[2]._replace(value="+358 47 765 4321"))
    delivery.contacts[:2] = []
    del delivery.guardianships[0]

    refused(delivery.write(), BadRows, "6 rows")
    said = {(row["file"], row["line"]) for row in delivery.problems()}
    assert said == {
        ("people.csv", "3"), ("people.csv", "106"),
        ("guardianships.csv", "3"), ("guardianships.csv", "4"),
        ("contacts.csv", "3"), ("contacts.csv", "4"),
    }  # fmt: skip
    assert "first on line 3" in delivery.problems()[0]["reason"]


def test_an_identity_code_of_two_people(delivery: Delivery) -> None:
    delivery.people.append(CHILD._replace(register_key="K4"))
    delivery.guardianships.clear()

    refused(delivery.write(), BadRows, "2 rows")
    assert {row["column"] for row in delivery.problems()} == {"identity_code"}


def test_an_identity_code_that_is_known_under_another_key(delivery: Delivery) -> None:
    delivery.write().load()
    delivery.people[2] = CHILD._replace(register_key="K4")
    delivery.guardianships.clear()

    with pytest.raises(BadRows):
        delivery.write().load(allow_shrink=True)
    (problem,) = delivery.problems()
    assert "known under another register key" in problem["reason"]


def test_a_chain_of_codes_whose_beginning_is_left_out_is_left_out_as_a_whole(
    delivery: Delivery,
) -> None:
    second = CHILD._replace(register_key="K4", identity_code="060520A9047")
    delivery.people.append(second)
    delivery.write().load()
    delivery.people[2] = CHILD._replace(identity_code="", sex="wrong")
    delivery.people[-1] = second._replace(identity_code=CHILD.identity_code)
    delivery.people.append(CHILD._replace(register_key="K5", identity_code=second.identity_code))

    changes = delivery.write().load(skip_bad=True)

    assert changes.skipped == 3
    assert Person.objects.with_identity_code(second.identity_code).get().register_key == "K4"


def test_no_error_repeats_what_is_in_the_files(delivery: Delivery) -> None:
    delivery.people[1] = FATHER._replace(identity_code="311288-999M", birth_date="SALAISUUS")
    delivery.contacts[1] = delivery.contacts[1]._replace(value="SALAISUUS")
    delivery.people[2] = CHILD._replace(latitude="SALAISUUS", sex="SALAISUUS")

    with pytest.raises(BadRows) as caught:
        delivery.write().load()

    said = delivery.error_file.read_text() + str(caught.value)
    assert "SALAISUUS" not in said
    assert "311288" not in said


def test_no_error_file_is_left_where_there_is_no_error(delivery: Delivery) -> None:
    delivery.error_file.write_text("from the last time")

    delivery.write().load()

    assert not delivery.error_file.exists()


def test_an_error_file_that_cannot_be_written_is_said(delivery: Delivery, tmp_path: Path) -> None:
    delivery.people[0] = MOTHER._replace(sex="?")
    delivery.write()

    with pytest.raises(RegisterError, match="cannot be written"):
        import_register(files=delivery.files, errors=ErrorFile(tmp_path / "missing" / "errors.csv"))
