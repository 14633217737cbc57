"""Tables of variables: how they are told from others, whom they describe, and what is refused."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from autocoder.errors import FileRefused
from autocoder.formats import variables
from autocoder.formats.tables import read_sheets
from autocoder.project import Described, Reading


def sheets_of(tmp_path: Path, rows: list[list[str]], name: str = "t.csv", mark: str = ",") -> variables.Sheets:
    path = tmp_path / name
    if name.endswith(".xlsx"):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    else:
        path.write_text("".join(mark.join(row) + "\n" for row in rows), encoding="utf-8-sig")
    return read_sheets(path)


def read(tmp_path: Path, rows: list[list[str]], **form: str) -> Reading:
    return variables.read(sheets_of(tmp_path, rows, **form))


SPEAKERS = [
    ["transcript", "label", "kind", "role"],
    ["a1", "מראיינת", "interview", "interviewer"],
    ["a1", "רחל", "interview", "עמיתה"],
    ["a2", "מנחה", "focus group", "interviewer"],
    ["a2", "דנה", "focus group", ""],
]


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (["transcript", "label", "role"], True),
        (["Document name", "אתר"], True),
        (["תמליל", "דובר/ת", "תפקיד"], True),
        ([" Transcript ", "site"], True),
        (["Document name", "Code", "Segment"], False),
        (["document", "tag", "content"], False),
        (["שם המסמך", "קוד", "קטע"], False),
        (["transcript", "label"], False),
        (["name", "role"], False),
    ],
)
def test_a_table_is_known_by_its_headers(tmp_path, headers, told):
    assert variables.holds_variables(sheets_of(tmp_path, [headers, ["x"] * len(headers)])) is told


@pytest.mark.parametrize("form", [{}, {"mark": ";"}, {"mark": "\t"}, {"name": "t.xlsx"}])
def test_a_column_with_one_value_in_each_transcript_is_the_transcripts(tmp_path, form):
    reading = read(tmp_path, SPEAKERS, **form)
    assert reading.described == (
        Described("a1", "", {"kind": "interview"}, 2),
        Described("a2", "", {"kind": "focus group"}, 4),
        Described("a1", "מראיינת", {"role": "interviewer"}, 2),
        Described("a1", "רחל", {"role": "עמיתה"}, 3),
        Described("a2", "מנחה", {"role": "interviewer"}, 4),
    )
    assert any(note.endswith(": kind") for note in reading.notes)


def test_with_one_speaker_a_transcript_nothing_tells_and_all_is_the_speakers(tmp_path):
    reading = read(tmp_path, [SPEAKERS[0], SPEAKERS[2], SPEAKERS[4]])
    assert [(row.speaker, row.variables) for row in reading.described] == [
        ("רחל", {"kind": "interview", "role": "עמיתה"}),
        ("דנה", {"kind": "focus group"}),
    ]


def test_without_a_column_of_labels_each_row_is_about_a_transcript_and_empty_cells_say_nothing(tmp_path):
    reading = read(tmp_path, [["Document name", "אתר", "גל"], ["a1", "א", ""], [], ["a2", "", "2"]])
    assert reading.described == (Described("a1", "", {"אתר": "א"}, 2), Described("a2", "", {"גל": "2"}, 4))


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([["transcript", "x"], ["", "1"]], r"t\.csv, row 2: it has no transcript"),
        ([["transcript", "label", "x"], ["a1", "", "1"]], r"t\.csv, row 2: it has no label"),
        (
            [["transcript", "x"], ["a1", "1"], ["A1", "2"]],
            r"t\.csv, row 3: A1 stands in row 2 already, with other values",
        ),
        ([["transcript", "x"], ["a1", ""]], "headers and no row with a value"),
        ([["transcript", "x"]], "headers and no row with a value"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_row(tmp_path, rows, what):
    with pytest.raises(FileRefused, match=what):
        read(tmp_path, rows)
