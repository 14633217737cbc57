from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from autocoder.errors import FileRefused
from autocoder.formats import own
from autocoder.formats.cells import guarded, unguarded
from autocoder.formats.whole import ExportRefused, ReadBackDiffers
from autocoder.project import Codebook, Coder, CoderKind, Coding, Origin, Project, Span, Transcript

DANGEROUS = (
    "=1+1",
    "+1",
    "-5",
    "@SUM(A1)",
    "'=1",
    "''-",
    "'שלום",
    "\t=1",
    '"א"',
    "\r=1",
    " שכר ",
    "=",
    "\ufeff=1",
    "＝1",
)


@pytest.mark.parametrize("text", [*DANGEROUS, "", "שלום", "'"])
def test_a_guarded_cell_begins_with_nothing_that_runs_and_comes_back(text: str) -> None:
    assert guarded(text).strip("\ufeff \t\r")[:1] not in set("=+-@＝")
    assert unguarded(guarded(text)) == text


def test_no_cell_of_a_csv_runs_as_a_formula(tmp_path: Path, codebook: Codebook) -> None:
    transcripts = tuple(Transcript(f"={place}", text) for place, text in enumerate(DANGEROUS))
    codings = tuple(Coding(each.name, Span(0, len(each.text)), "pay", "-דנה", memo="@x") for each in transcripts)
    project = Project("מ", codebook, transcripts, (Coder("-דנה"),), codings)
    path = tmp_path / "out.csv"
    own.write(project, path)
    assert own.verify(path, project).codings == len(DANGEROUS)
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == list(own.COLUMNS)
    assert not {cell[0] for cells in rows for cell in cells if cell} & set("=+-@\t\r\ufeff＝")
    assert path.read_bytes().startswith(b"\xef\xbb\xbfdocument,start,end,code,coder,quote")


def test_a_line_of_jsonl_says_everything_of_a_coding(tmp_path: Path, project: Project) -> None:
    model = Coding("ריאיון 1", Span(0, 8), "pay", "m", Origin.BLIND, 0.8312, "לבדוק", "2026-03-01", 2)
    both = Project("מ", project.codebook, project.transcripts, (Coder("m", CoderKind.MODEL),), (model,))
    own.write(both, tmp_path / "out.jsonl")
    (line,) = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {
        "document": "ריאיון 1",
        "start": 0,
        "end": 8,
        "code": "סטינג פנימי > תנאים ושכר",
        "coder": "m",
        "quote": "מראיינת:"[:8],
        "memo": "לבדוק",
        "origin": "auto",
        "score": 0.8312,
        "created": "2026-03-01",
        "codebook_version": 2,
    }


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.jsonl", "nothing\n", "a.jsonl, line 1: it is not JSON"),
        ("a.jsonl", "[1]\n", "line 1: it is no object"),
        ("a.jsonl", '{"document": "x"}\n', "row 1: it is no coding with the columns document, start, end"),
        ("a.csv", "document,start,end,code,coder,quote\nx,1,b,c,d,e\n", "row 2: it is no coding"),
    ],
)
def test_a_table_of_another_form_is_refused_with_its_row(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(FileRefused, match=says):
        list(own.read_rows(tmp_path / name))


def test_bytes_that_are_no_text_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00\xd8")
    for name, says in (("a.csv", "not UTF-8"), ("b.csv", "cannot be opened")):
        with pytest.raises(FileRefused, match=says):
            list(own.read_rows(tmp_path / name))


def test_reading_back_notices_a_moved_position(tmp_path: Path, project: Project) -> None:
    path = tmp_path / "out.jsonl"
    own.write(project, path)
    path.write_text(path.read_text(encoding="utf-8").replace('"start": ', '"start": 1', 1), encoding="utf-8")
    with pytest.raises(ReadBackDiffers, match="1 of 4 codings did not come back and 1 are new") as differs:
        own.verify(path, project)
    assert "29.5" not in str(differs.value)
    with pytest.raises(ExportRefused, match=r"\.csv or \.jsonl"):
        own.write(project, tmp_path / "out.ods")
