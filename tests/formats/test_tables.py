"""What ATLAS.ti, Taguette, QualCoder and we write as tables: told apart by their headers, read by their columns."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pytest

from autocoder.errors import FileRefused
from autocoder.formats import codings
from autocoder.formats.tables import iso_dates
from autocoder.project import Coder, CoderKind, Origin, Quote, Span
from autocoder.read import read_file

SAID = 'שָׁלוֹם, אמרו לי "בצה״ל"\nburnout 🙂 \u200fלגמרי'
ATLAS = ["ID", "Quotation Name", "Document", "Quotation Content", "Codes", "Comment", "Reference", "Creator", "Created"]
QUALCODER = ["File", "Coder", "Coded", "Id", "Codename", "Coded_Memo", "Category 1", "Category 2"]
TAGUETTE = ["id", "document", "tag", "content"]


def written(path: Path, *rows: list[object]) -> Path:
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for cells in rows:
            book.active.append(cells)
        book.save(path)
    else:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    return path


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_an_atlas_ti_quotation_is_a_quote_for_each_of_its_codes(tmp_path: Path, ending: str) -> None:
    row = [
        "3:10",
        "שלום",
        "3: ריאיון 1",
        SAID,
        "שכר: לילה {12-0}\nסטינג",
        "חשוב",
        "¶ 12 - 13",
        "דנה",
        "02.01.2026 10:30",
    ]
    bare = ["3:11", "", "3: ריאיון 1", "בלי קוד", "", "", "¶ 14", "דנה", ""]
    reading = read_file(written(tmp_path / f"ציטוטים{ending}", ATLAS, row, bare))
    common = {"memo": "חשוב", "created": "2026-01-02T10:30:00", "paragraph": 12}
    assert reading.quotes == (
        Quote("ריאיון 1", ("שכר: לילה",), SAID, "דנה", 2, **common),
        Quote("ריאיון 1", ("סטינג",), SAID, "דנה", 2, **common),
    )
    assert reading.coders == (Coder("דנה"),)
    assert [problem.what for problem in reading.problems] == ["1 quotations carry no code and are not read"]


@pytest.mark.parametrize("code", ["Kodes", "Codierungen", "Códigos", "קודים"])
def test_a_table_with_codes_and_no_quotes_is_never_one_of_variables(tmp_path: Path, code: str) -> None:
    with pytest.raises(FileRefused, match="is missing"):
        read_file(written(tmp_path / "z.xlsx", ["Dokument", code, "Ersteller"], ["ריאיון 1", "שכר", "יוסי"]))


def test_a_german_quotation_report_is_known_by_its_headers(tmp_path: Path) -> None:
    heads = ["Dokument", "Zitatinhalt", "Kodes", "Ersteller"]
    (quote,) = read_file(written(tmp_path / "z.xlsx", heads, ["ריאיון 1", SAID, "שכר", "יוסי"])).quotes
    assert (quote.text, quote.code_path, quote.coder) == (SAID, ("שכר",), "יוסי")


def test_a_qualcoder_report_has_its_categories_as_folders(tmp_path: Path) -> None:
    row = ["ריאיון 1.docx", "דנה", SAID, "ctid:7", "שכר", "חשוב", "פנימי", "סטינג"]
    (quote,) = read_file(written(tmp_path / "r.csv", QUALCODER, row)).quotes
    assert quote == Quote("ריאיון 1.docx", ("סטינג", "פנימי", "שכר"), SAID, "דנה", 2, memo="חשוב")


def test_taguette_highlights_are_quotes_and_untagged_ones_are_counted(tmp_path: Path) -> None:
    rows = [[1, "ריאיון 1", "שכר", SAID], [1, "ריאיון 1", "סטינג", SAID], [2, "ריאיון 1", "", "בלי תג"]]
    reading = read_file(written(tmp_path / "t.csv", TAGUETTE, *rows))
    assert [(quote.code_path, quote.text) for quote in reading.quotes] == [(("שכר",), SAID), (("סטינג",), SAID)]
    assert [problem.what for problem in reading.problems] == ["1 highlights carry no tag and are not read"]


OURS = {
    "document": "ריאיון 1",
    "start": 10,
    "end": 52,
    "code": "סטינג > שכר",
    "coder": "autocoder m1",
    "quote": SAID,
    "memo": " =לבדוק ",
    "origin": "auto",
    "score": 0.83,
    "created": "2026-01-02T10:00:00",
    "codebook_version": 3,
}


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".xlsx"])
def test_our_own_table_comes_back_with_its_positions(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"codings{ending}"
    if ending == ".jsonl":
        path.write_text(json.dumps(OURS, ensure_ascii=False) + "\n\n", encoding="utf-8")
    else:
        written(path, list(OURS), list(OURS.values()))
    reading = read_file(path)
    (quote,) = reading.quotes
    assert quote.span == Span(10, 52)
    assert (quote.code_path, quote.text, quote.memo) == (("סטינג", "שכר"), SAID, " =לבדוק ")
    assert (quote.origin, quote.score, quote.codebook_version) == (Origin.AUTO, 0.83, 3)
    assert reading.coders == (Coder("autocoder m1", CoderKind.MODEL),)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"quote": ""}, "it has no quote"),
        ({"document": ""}, "it has no document"),
        ({"start": 60}, "no span"),
        ({"start": "x"}, "start is no number"),
        ({"score": "nan"}, "score is no number"),
        ({"origin": "guess"}, "origin is none of blind"),
    ],
)
def test_a_row_of_ours_that_cannot_be_read_is_a_problem_with_its_line(
    tmp_path: Path, change: dict[str, object], says: str
) -> None:
    path = tmp_path / "codings.jsonl"
    lines = (OURS, OURS | change)
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    reading = codings.read(path)
    assert len(reading.quotes) == 1
    (problem,) = reading.problems
    assert (problem.place, says in problem.what) == ("line 2", True)


@pytest.mark.parametrize(
    ("text", "says"),
    [("[1]", "line 1: it is no object"), ("{", "line 1: it is not JSON"), ('{"id": 1}', "no line has all of document")],
)
def test_a_jsonl_that_is_no_table_of_ours_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "codings.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileRefused, match=says):
        codings.read(path)


def test_a_table_of_no_known_program_is_refused_with_the_programs_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"column Document name, Code, Segment is missing.*ATLAS\.ti, MAXQDA"):
        read_file(written(tmp_path / "a.xlsx", ["שם", "גיל"], ["רחל", 34]))


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (["02.01.2026 10:30", "13.01.2026"], ["2026-01-02T10:30:00", "2026-01-13"]),
        (["2026-01-02 10:30:05"], ["2026-01-02T10:30:05"]),
        (["1/13/2026 3:04 PM", "2/1/2026 12:00 AM"], ["2026-01-13T15:04:00", "2026-02-01T00:00:00"]),
        (["13/01/2026", "2/1/2026"], ["2026-01-13", "2026-01-02"]),
        (["2/1/2026"], ["2/1/2026"]),
        (["אתמול", "45.13.2026"], ["אתמול", "45.13.2026"]),
    ],
)
def test_dates_become_iso_where_the_column_tells_how_they_are_meant(column: list[str], wanted: list[str]) -> None:
    found = iso_dates(column)
    assert [found[text] for text in column] == wanted
