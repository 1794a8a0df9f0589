"""A bad file gets file, line, reason and a suggestion; nothing of the catalogue is loaded."""

import random
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from offers.catalogue.load import CATALOGUE, load_catalogue, read_catalogue
from offers.catalogue.problems import CatalogueError, FileProblem
from offers.models import Service
from tests.catalogue.folders import a_catalogue, edited

pytestmark = pytest.mark.django_db
CHANNELS = 'channels = ["sms", "email", "suomifi", "letter"]'
RULE = 'attribute = "birth_date"\noperator = "turns_in_year"\nvalue = 6\n'
OVER_30 = 'attribute = "age"\noperator = "at_least"\nvalue = 30\n'
UNDER_20 = 'attribute = "age"\noperator = "less_than"\nvalue = 20\n'


def problems_of(folder: Path) -> list[FileProblem]:
    with pytest.raises(CatalogueError) as refused:
        load_catalogue(folder=folder)
    assert not Service.objects.exists()
    return list(refused.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('attribute = "birth_date"', 'attribute = "birth_dat"', 0, "Did you mean birth_date"),
        ('"turns_in_year"', '"turns_in_yeer"', 0, "Did you mean turns_in_year"),
        ('"turns_in_year"', '"one_of"', 0, "can't be asked of birth_date"),
        ('operator = "turns_in_year"\nvalue = 6', 'operator = "is"\nvalue = "six"', 1, "is a date"),
        ("value = 6", 'value = "6"', 0, "not a number of years"),
        ("value = 6", "value = 600", 0, "0 to 150"),
        ("value = 6", "valeu = 6", 0, "knows nothing of"),
        (RULE, "any = []\n", -1, "holds no criteria"),
        (RULE, 'attribute = "sex"\noperator = "is"\nvalue = "femal"\n', 2, "Did you mean female"),
        (RULE, 'attribute = "postal_code"\noperator = "one_of"\nvalue = []\n', 2, "is empty"),
        (
            RULE,
            'attribute = "daycare_unit"\noperator = "is"\nvalue = "x\'; DROP TABLE offers_round"\n',
            2,
            "not a plain word",
        ),
        (
            RULE,
            'attribute = "daycare_unit"\noperator = "is"\nvalue = "{{ settings.SECRET_KEY }}"\n',
            2,
            "not a plain word",
        ),
        (
            RULE,
            'attribute = "daycare_unit"\noperator = "is"\nvalue = "1 union select 2"\n',
            2,
            "not a plain word",
        ),
        (
            RULE,
            'attribute = "postal_code"\noperator = "is"\nvalue = "Kannelmäki"\n',
            2,
            "looks like 00420",
        ),
        (
            RULE,
            'attribute = "age"\noperator = "between"\nvalue = [65, 30]\n',
            2,
            "nobody would match",
        ),
        (
            RULE,
            f"{OVER_30}\n[[rule]]\n{UNDER_20}",
            -1,
            "contradicts itself",
        ),
        ('recipient = "guardians"', 'recipient = "parents"', 0, "recipient"),
        ('acceptance = "any"', 'acceptence = "any"', 0, "Did you mean acceptance"),
        (CHANNELS, 'channels = "sms"', None, "wrong type"),
        (CHANNELS, 'channels = ["letter", "sms", "email"]', 0, "name it last"),
        (CHANNELS, 'channels = ["pigeon"]', 0, "channels"),
        ("answer_days = 14", "answer_days = -1", 0, "answer_days"),
        ('policy = "stable"', 'policy = "best"', 0, "stable, shortest"),
        ('"sibling_there"', '"siblings_there"', 0, "Did you mean sibling_there"),
        ('operation = "selecting"', 'operation = "choosing"', 0, "operation"),
        ('code = "daycare_unit"', 'code = "birth_date"', 0, "built in"),
    ],
)
def test_a_mistake_in_the_service_file_is_found_on_its_line(
    tmp_path: Path, old: str, new: str, line: int | None, words: str
) -> None:
    service = a_catalogue(tmp_path)
    at = edited(service / "service.toml", old, new)
    found = [problem for problem in problems_of(tmp_path) if words in str(problem)]
    assert found, problems_of(tmp_path)
    assert found[0].file == "preschool/service.toml"
    if line is not None:
        assert found[0].line == at + line


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("((unit)), ((address)), ((begins))", "((unitt)), ((begins))", "no placeholder ((unitt))"),
        ("asti. Lisää: ((link))", "asti.", "needs ((link))"),
        ('subject = "Esiopetuspaikka on varattu"', 'subject = ""', "subject line"),
        ("[reminder]", "[remindr]", "Did you mean reminder"),
    ],
)
def test_a_mistake_in_a_text_is_found(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = a_catalogue(tmp_path) / "texts" / "fi.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    problems = problems_of(tmp_path)
    assert any(words in str(problem) for problem in problems), problems
    assert {problem.file for problem in problems} == {"preschool/texts/fi.toml"}


def test_a_missing_language_is_said(tmp_path: Path) -> None:
    (a_catalogue(tmp_path) / "texts" / "sv.toml").unlink()
    assert [problem.file for problem in problems_of(tmp_path)] == ["preschool/texts/sv.toml"]


def test_a_discreet_text_message_may_not_tell(tmp_path: Path) -> None:
    service = a_catalogue(tmp_path) / "service.toml"
    edited(service, 'sensitivity = "ordinary"', 'sensitivity = "discreet"')
    said = " ".join(map(str, problems_of(tmp_path)))
    assert "must not hold ((child))" in said
    assert "words such as" in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "recipient"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[service\n", "not TOML"),
        (b"x = " + b"[" * 100_000, "not TOML"),
        (b"#" * 1_000_001, "larger than 1 MB"),
        (b'service = "none"\nrule = 5\nbasis = "x"', "double brackets"),
    ],
)
def test_a_file_that_is_no_service_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (a_catalogue(tmp_path) / "service.toml").write_bytes(content)
    assert any(words in str(problem) for problem in problems_of(tmp_path))


def test_ten_thousand_criteria_are_refused(tmp_path: Path) -> None:
    path = a_catalogue(tmp_path) / "service.toml"
    path.write_text(path.read_text(encoding="utf-8") + f"\n[[rule]]\n{RULE}" * 5_000)
    assert any("more than 200 criteria" in str(problem) for problem in problems_of(tmp_path))


def test_a_catalogue_without_a_service_is_refused(tmp_path: Path) -> None:
    assert "no service here" in str(problems_of(tmp_path)[0])


def test_every_problem_is_told_at_once_and_the_command_shows_no_traceback(tmp_path: Path) -> None:
    service = a_catalogue(tmp_path) / "service.toml"
    one = edited(service, "value = 6", "value = true")
    two = edited(service, 'acceptance = "any"', 'acceptance = "some"')
    with pytest.raises(CommandError) as refused:
        call_command("load_catalogue", folder=tmp_path, stdout=StringIO())
    lines = str(refused.value).splitlines()
    assert any(line.startswith(f"preschool/service.toml:{one}: ") for line in lines)
    assert any(line.startswith(f"preschool/service.toml:{two}: ") for line in lines)


SOURCES = {path: path.read_bytes() for path in (CATALOGUE / "cervical_screening").rglob("*.toml")}


@given(seed=st.integers(0, 2**32))
def test_a_randomly_damaged_catalogue_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    chance = random.Random(seed)
    root = tmp_path_factory.mktemp("damaged")
    damaged = chance.choice(list(SOURCES))
    for path, content in SOURCES.items():
        target = root / path.relative_to(CATALOGUE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_damaged(content, chance) if path == damaged else content)
    assert all(problem.line >= 1 and problem.reason for problem in _problems(root))


def _problems(folder: Path) -> list[FileProblem]:
    try:
        read_catalogue(folder)
    except CatalogueError as error:
        return list(error.problems)
    return []


def _damaged(content: bytes, chance: random.Random) -> bytes:
    lines = content.decode().splitlines(keepends=True)
    at = chance.randrange(len(lines))
    kind = chance.randrange(5)
    if kind == 0:
        lines[at : at + 1] = []
    elif kind == 1:
        key = lines[at].partition("=")[0]
        value = chance.choice(
            ["5", "true", '"x"', "[]", "{}", "[1]", "nan", "2020-01-01", '"\\u0000"']
        )
        lines[at] = f"{key}= {value}\n"
    elif kind == 2:
        other = chance.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 3:
        cut = chance.randrange(len(content))
        return content[:cut]
    else:
        byte = chance.randrange(len(content))
        return content[:byte] + bytes([chance.randrange(256)]) + content[byte + 1 :]
    return "".join(lines).encode()


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("operator", ["is", "is_not", "at_least", "at_most", "more_than"])
def test_the_first_and_the_last_day_of_the_calendar_are_days(
    tmp_path: Path, day: str, operator: str
) -> None:
    rule = f'attribute = "birth_date"\noperator = "{operator}"\nvalue = "{day}"\n'
    edited(a_catalogue(tmp_path) / "service.toml", RULE, rule)
    assert [one.code for one in read_catalogue(tmp_path)] == ["preschool"]
