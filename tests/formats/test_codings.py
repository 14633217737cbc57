from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from autocoder.formats import codings
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
    coded = tuple(Coding(each.name, Span(0, len(each.text)), "pay", "-דנה", memo="@x") for each in transcripts)
    project = Project("מ", codebook, transcripts, (Coder("-דנה"),), coded)
    path = tmp_path / "out.csv"
    codings.write(project, path)
    assert codings.verify(path, project).codings == len(DANGEROUS)
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == list(codings.COLUMNS)
    assert not {cell[0] for cells in rows for cell in cells if cell} & set("=+-@\t\r\ufeff＝")
    assert path.read_bytes().startswith(b"\xef\xbb\xbfdocument,start,end,code,coder,quote")


def test_a_line_of_jsonl_says_everything_of_a_coding(tmp_path: Path, project: Project) -> None:
    model = Coding("ריאיון 1", Span(0, 8), "pay", "m", Origin.BLIND, 0.8312, "לבדוק", "2026-03-01", 2)
    both = Project("מ", project.codebook, project.transcripts, (Coder("m", CoderKind.MODEL),), (model,))
    codings.write(both, tmp_path / "out.jsonl")
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
        "weight": None,
    }


def test_reading_back_notices_a_moved_position(tmp_path: Path, project: Project) -> None:
    path = tmp_path / "out.jsonl"
    codings.write(project, path)
    path.write_text(path.read_text(encoding="utf-8").replace('"start": ', '"start": 1', 1), encoding="utf-8")
    with pytest.raises(ReadBackDiffers, match="1 of 4 codings did not come back") as differs:
        codings.verify(path, project)
    assert "29.5" not in str(differs.value)
    with pytest.raises(ExportRefused, match=r"\.csv or \.jsonl"):
        codings.write(project, tmp_path / "out.ods")
