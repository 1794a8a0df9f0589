"""`manage read_replies`: a list in, readings out, and a table where there are labels."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

HEADER = "text\treading\treason"


def readings(folder: Path, content: str, **options: str) -> tuple[list[list[str]], str]:
    (folder / "list.tsv").write_bytes(content.encode())
    output = StringIO()
    call_command(
        "read_replies",
        str(folder / "list.tsv"),
        out=folder / "readings.tsv",
        stdout=output,
        **options,
    )
    header, *lines = (folder / "readings.tsv").read_bytes().decode().removesuffix("\n").split("\n")
    assert header == HEADER
    return [line.split("\t") for line in lines], output.getvalue()


def test_every_row_comes_back_in_order_with_its_text_untouched(tmp_path: Path) -> None:
    texts = [" Kyllä\u00a0", '"ei', "", "\u200bмәсе \u2028?", "Ma\u0308"]
    rows, _ = readings(tmp_path, "".join(f"{text}\n" for text in ["text", *texts]))
    assert [row[0] for row in rows] == texts
    assert [row[1] for row in rows][:2] == ["accept", "decline"]
    assert all(len(row) == 3 and row[2] for row in rows)


def test_the_writers_language_is_the_hint_and_none_means_finnish(tmp_path: Path) -> None:
    rows, _ = readings(tmp_path, "language\ttext\nsv\tJa\nund\tJa\nfi\tEn\nund\tEn\n")
    assert [row[1] for row in rows] == ["accept", "unclear", "decline", "decline"]


def test_another_hint_can_be_given_for_all(tmp_path: Path) -> None:
    rows, _ = readings(tmp_path, "language\ttext\nsv\tJa\nso\tMaya\n", offer_language="so")
    assert [row[1] for row in rows] == ["unclear", "decline"]


def test_labels_bring_a_table(tmp_path: Path) -> None:
    content = "language\ttext\tlabel\tnote\nfi\tKyllä\taccept\t\nfi\tKyllä\tunclear\t\n"
    _, output = readings(tmp_path, content)
    assert "all                 1      0      1" in output
    assert "1 of 1 (100.0%)" in output


def test_without_labels_there_is_no_table(tmp_path: Path) -> None:
    assert "settled" not in readings(tmp_path, "text\nKyllä\n")[1]


def test_windows_line_ends_and_a_byte_order_mark_are_understood(tmp_path: Path) -> None:
    rows, _ = readings(tmp_path, "\ufefftext\tlanguage\r\nJa tack\tsv\r\n")
    assert rows[0][:2] == ["Ja tack", "accept"]


@pytest.mark.parametrize("content", [b"language\tlabel\n", b"text\n\xff\xfe\n"])
def test_what_is_no_list_is_refused_in_plain_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list.tsv").write_bytes(content)
    with pytest.raises(CommandError, match="the list"):
        call_command("read_replies", str(tmp_path / "list.tsv"), out=tmp_path / "out.tsv")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"list\.tsv"):
        call_command("read_replies", str(tmp_path / "list.tsv"), out=tmp_path / "out.tsv")
