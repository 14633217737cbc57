from __future__ import annotations

import csv
import time
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autocoder.errors import FileRefused
from autocoder.formats import maxqda
from autocoder.formats.anchor import anchor
from autocoder.formats.whole import ExportRefused, ReadBackDiffers
from autocoder.project import Code, Codebook, Coder, CoderKind, Coding, Origin, Project, Span, Transcript

HEADERS = {
    "English": "Color;Comment;Document group;Document name;Code;Beginning;End;Weight score;Segment;Modified by;"
    "Modified;Created by;Created;Area;Coverage %",
    "German": "Farbe;Kommentar;Dokumentgruppe;Dokumentname;Code;Anfang;Ende;Gewicht;Segment;Bearbeitet von;"
    "Bearbeitet am;Erstellt von;Erstellt am;Fläche;Abdeckungsgrad %",
    "old": "Document group;Document;Code;Begin;End;Weight;Segment;Author;Creation date;Area;%",
    "Hebrew": "צבע;הערה;קבוצת מסמכים;שם מסמך;קוד;התחלה;סוף;משקל;קטע;נערך על ידי;תאריך עריכה;נוצר על ידי;תאריך יצירה",
}
ENGLISH, GERMAN, OLD, HEBREW = (line.split(";") for line in HEADERS.values())
SAID = 'שָׁלוֹם, אמרו לי "בצה״ל"\nburnout 🙂 \u200fלגמרי'


def row(headers: list[str]) -> list[object]:
    """A coded segment in the columns of these headers, which are all in MAXQDA's order."""
    values = {
        "Document": "ריאיון 1",
        "Code": "סטינג > שכר",
        "Segment": SAID,
        "Created by": "דנה",
        "Created": "2026-01-02",
    }
    place = {"Document": 1 if headers is OLD else 3, "Segment": 6 if headers is OLD else 8}
    place |= {
        "Code": place["Document"] + 1,
        "Created by": 7 if headers is OLD else 11,
        "Created": 8 if headers is OLD else 12,
    }
    cells: list[object] = [""] * len(headers)
    for name, value in values.items():
        cells[place[name]] = value
    return cells


def workbook(path: Path, *rows: list[object], first_sheet: str = "") -> Path:
    book = openpyxl.Workbook()
    if first_sheet:
        book.active.append([first_sheet])
        book.create_sheet("Segments")
    for cells in rows:
        book.worksheets[-1].append(cells)
    book.save(path)
    return path


def table(path: Path, *rows: list[object], delimiter: str = ",", encoding: str = "utf-8-sig") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


# --- reading


def test_a_code_with_any_stretch_of_space_is_taken_apart_in_one_pass(tmp_path: Path) -> None:
    begun = time.process_time()
    cells = ["ריאיון 1" if header == "Document name" else SAID if header == "Segment" else "" for header in ENGLISH]
    cells[ENGLISH.index("Code")] = "סטינג" + " " * 200_000 + "פנימי  > שכר"
    (quote,) = maxqda.read(table(tmp_path / "קטעים.csv", ENGLISH, cells)).quotes
    assert quote.code_path[-1] == "שכר"
    assert time.process_time() - begun < 10  # from every space anew it would be minutes


@pytest.mark.parametrize("headers", [ENGLISH, GERMAN, OLD, HEBREW, [header.upper() + " " for header in ENGLISH]])
def test_the_columns_are_found_in_every_language_and_version(tmp_path: Path, headers: list[str]) -> None:
    reading = maxqda.read(workbook(tmp_path / "קטעים.xlsx", headers, row(headers)))
    (quote,) = reading.quotes
    assert (quote.document, quote.code_path, quote.text) == ("ריאיון 1", ("סטינג", "שכר"), SAID)
    assert (quote.coder, quote.created, quote.row) == ("דנה", "2026-01-02", 2)
    assert reading.coders == (Coder("דנה"),)
    assert reading.problems == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "utf-16"])
def test_every_delimiter_and_encoding_of_a_csv_is_told(tmp_path: Path, delimiter: str, encoding: str) -> None:
    path = table(tmp_path / "קטעים.csv", ENGLISH, row(ENGLISH), delimiter=delimiter, encoding=encoding)
    reading = maxqda.read(path)
    assert [quote.text for quote in reading.quotes] == [SAID]
    assert any("UTF-16" in note for note in reading.notes) == (encoding == "utf-16")


def test_windows_1255_is_read_and_said(tmp_path: Path) -> None:
    said = 'היא אמרה לי "לא משלמים פה מספיק" ושאין מה לעשות עם זה, אז חיפשתי עבודה אחרת ליד הבית'
    cells = [cell if cell != SAID else said for cell in row(ENGLISH)]
    reading = maxqda.read(table(tmp_path / "קטעים.csv", ENGLISH, cells, encoding="windows-1255"))
    assert reading.quotes[0].text == said
    assert any("windows-1255" in note for note in reading.notes)


@pytest.mark.parametrize(
    ("codes", "paths"),
    [
        (["א > ב", "ג"], [("א", "ב"), ("ג",)]),
        (["א\\ב", "ג"], [("א", "ב"), ("ג",)]),
        (["א > כן\\לא"], [("א", "כן\\לא")]),
    ],
)
def test_a_code_path_is_split_as_its_file_writes_it(
    tmp_path: Path, codes: list[str], paths: list[tuple[str, ...]]
) -> None:
    rows = [["ריאיון 1", code, "שכר"] for code in codes]
    reading = maxqda.read(workbook(tmp_path / "ק.xlsx", ["Document name", "Code", "Segment"], *rows))
    assert [quote.code_path for quote in reading.quotes] == paths
    assert any("no coder" in note for note in reading.notes)
    assert {quote.coder for quote in reading.quotes} == {"unknown"}


def test_rows_are_numbered_as_the_spreadsheet_shows_them(tmp_path: Path) -> None:
    rows = [["א", "ק", "שכר"], [None, None, None], ["א", "ק", None], [None, "ק", "שכר"], ["א", "ק", "נמוך"]]
    reading = maxqda.read(workbook(tmp_path / "ק.xlsx", [None], ["Document name", "Code", "Segment"], *rows))
    assert [quote.row for quote in reading.quotes] == [3, 7]
    assert [(problem.place, problem.what.split(",")[0]) for problem in reading.problems] == [
        ("row 5", "it has no Segment"),
        ("row 6", "it has no Document name"),
    ]


def test_a_date_cell_and_a_number_as_a_name_are_read_as_text(tmp_path: Path) -> None:
    cells = ["Document name", "Code", "Segment", "Created"]
    path = workbook(tmp_path / "ק.xlsx", cells, [12, "ק", "שכר", datetime(2026, 1, 2, 10)])
    (quote,) = maxqda.read(path).quotes
    assert (quote.document, quote.created) == ("12", "2026-01-02T10:00:00")


def test_a_segment_that_fills_the_cell_is_a_problem_and_kept(tmp_path: Path) -> None:
    path = workbook(tmp_path / "ק.xlsx", ["Document name", "Code", "Segment"], ["א", "ק", "ש" * maxqda.CELL_LIMIT])
    reading = maxqda.read(path)
    assert len(reading.quotes) == 1
    assert reading.problems[0].place == "row 2"


def test_the_sheet_with_the_segments_is_found_behind_another(tmp_path: Path) -> None:
    path = workbook(tmp_path / "ק.xlsx", ENGLISH, row(ENGLISH), first_sheet="cover")
    assert len(maxqda.read(path).quotes) == 1


def test_documents_of_one_name_in_two_groups_are_said(tmp_path: Path) -> None:
    headers = ["Document group", "Document name", "Code", "Segment"]
    path = workbook(tmp_path / "ק.xlsx", headers, ["א", "ר", "ק", "ש"], ["ב", "ר", "ק", "ש"])
    assert any("several groups" in note for note in maxqda.read(path).notes)


# --- bad input


def test_a_table_without_a_segment_column_is_refused_with_what_it_has(tmp_path: Path) -> None:
    headers = [header for header in ENGLISH if header != "Segment"]
    for path in (workbook(tmp_path / "קטעים.xlsx", headers), table(tmp_path / "קטעים.csv", headers)):
        with pytest.raises(FileRefused, match=r"column Segment is missing.*found: Color, Comment") as refused:
            maxqda.read(path)
        assert path.name in str(refused.value)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"a,b\nc,d\n", "Document name, Code, Segment is missing"),
        (bytes(range(128, 256)) * 3, "encoding"),
        ("naïve,é\n".encode("latin-1"), "encoding"),
    ],
)
def test_a_csv_that_is_no_table_of_segments_is_refused(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "קטעים.csv"
    path.write_bytes(data)
    with pytest.raises(FileRefused, match=says):
        maxqda.read(path)


def test_a_broken_workbook_is_refused(tmp_path: Path) -> None:
    good = workbook(tmp_path / "good.xlsx", ENGLISH, row(ENGLISH))
    cut = tmp_path / "קטעים.xlsx"
    cut.write_bytes(good.read_bytes()[:-200])
    with pytest.raises(FileRefused):
        maxqda.read(cut)
    with zipfile.ZipFile(cut, "w") as archive:
        archive.writestr("nothing.xml", "<a/>")
    with pytest.raises(FileRefused, match="no readable Excel workbook"):
        maxqda.read(cut)
    with zipfile.ZipFile(good) as book, zipfile.ZipFile(cut, "w") as archive:
        for name in book.namelist():
            archive.writestr(name, b"<worksheet><broken" if "sheet1" in name else book.read(name))
    with pytest.raises(FileRefused, match=r"cannot be read|no readable"):
        maxqda.read(cut)


# --- writing


@pytest.fixture
def suggested(project: Project) -> Project:
    last = project.codings[-1].span
    suggestion = Coding("ריאיון 1", last, "pay", "he-small", Origin.AUTO, 0.834, memo="=1+1")
    coders = (*project.coders, Coder("he-small", CoderKind.MODEL))
    return replace(project, coders=coders, codings=(*project.codings, suggestion))


def test_what_is_written_is_read_back_and_stands_where_it_stood(tmp_path: Path, suggested: Project) -> None:
    path = tmp_path / "out.xlsx"
    maxqda.write(suggested, path)
    assert maxqda.verify(path, suggested).codings == 5
    reading = maxqda.read(path)
    assert reading.problems == ()
    assert set(reading.coders) == set(suggested.coders)
    places = {
        (found.span, " > ".join(quote.code_path), quote.coder)
        for quote in reading.quotes
        if (found := anchor(quote.text, suggested.transcript(quote.document))) is not None
    }
    assert places == {(each.span, suggested.codebook.path(each.code), each.coder) for each in suggested.codings}


def test_the_sheet_has_the_columns_and_figures_of_maxqda(tmp_path: Path, suggested: Project) -> None:
    maxqda.write(suggested, tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet.sheet_view.rightToLeft
    rows = [dict(zip(ENGLISH, cells, strict=True)) for cells in sheet.iter_rows(values_only=True)]
    assert list(rows[0].values()) == ENGLISH
    assert [(each["Beginning"], each["End"], each["Weight score"]) for each in rows[1:]] == [
        (2, 2, 0),
        (4, 4, 83),
        (4, 4, 0),
        (4, 4, 0),
        (4, 4, 0),
    ]
    machine = next(each for each in rows if each["Created by"] == "he-small")
    assert machine["Comment"] == "autocoder suggestion; not reviewed; score 0.83; model he-small\n=1+1"
    assert machine["Code"] == "סטינג פנימי > תנאים ושכר"
    assert machine["Area"] == len(machine["Segment"])


def test_paragraphs_are_counted_from_the_first_and_over_empty_lines(tmp_path: Path, codebook: Codebook) -> None:
    text = "א\n\nבב\nג"
    wanted = {(0, 1): (1, 1), (0, 2): (1, 1), (0, 3): (1, 2), (3, 5): (3, 3), (4, 7): (3, 4)}
    codings = tuple(Coding("ר", Span(*place), "pay", "דנה") for place in wanted)
    project = Project("מ", codebook, (Transcript("ר", text),), (Coder("דנה"),), codings)
    maxqda.write(project, tmp_path / "out.xlsx")
    rows = openpyxl.load_workbook(tmp_path / "out.xlsx").active.iter_rows(min_row=2, values_only=True)
    columns = [ENGLISH.index("Beginning"), ENGLISH.index("End")]
    assert [tuple(row[column] for column in columns) for row in rows] == list(wanted.values())


DANGEROUS = ("=1+1", "+1", "-5", "@SUM(A1)", "'=1", "''-", "'שלום", "\t=1", '"א"', "_x000D_", "א\x0bב", " שכר ", "=")


def test_nothing_runs_as_a_formula_and_all_of_it_comes_back(tmp_path: Path, codebook: Codebook) -> None:
    transcripts = tuple(Transcript(f"={place}", text) for place, text in enumerate(DANGEROUS))
    codings = tuple(Coding(each.name, Span(0, len(each.text)), "pay", "-דנה") for each in transcripts)
    project = Project("מ", codebook, transcripts, (Coder("-דנה"),), codings)
    path = tmp_path / "out.xlsx"
    maxqda.write(project, path)
    assert maxqda.verify(path, project).codings == len(DANGEROUS)
    assert [quote.text for quote in maxqda.read(path).quotes] == list(DANGEROUS)
    cells = [cell for cells in openpyxl.load_workbook(path).active.iter_rows() for cell in cells]
    assert {cell.data_type for cell in cells} == {"s", "n"}


@pytest.mark.parametrize("letter", ["ש", "🙂"])
def test_a_quote_longer_than_a_cell_goes_on_in_the_rows_below(tmp_path: Path, codebook: Codebook, letter: str) -> None:
    text = f"{letter}ב " * 24_000
    coding = Coding("ר", Span(0, len(text)), "pay", "דנה", memo="מזכר")
    project = Project("מ", codebook, (Transcript("ר", text),), (Coder("דנה"),), (coding, replace(coding, code="alone")))
    path = tmp_path / "out.xlsx"
    maxqda.write(project, path)
    assert maxqda.verify(path, project).codings == 2
    reading = maxqda.read(path)
    assert [(quote.text, quote.memo) for quote in reading.quotes] == [(text, "מזכר")] * 2
    assert reading.problems == ()


WORDS = st.text("אבגד ָ\u200f״\"'.,;\n\t🙂a=+-@\\>_x0D", min_size=1, max_size=60)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=WORDS, memo=WORDS, name=WORDS, data=st.data())
def test_whatever_is_coded_comes_back(tmp_path: Path, text: str, memo: str, name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    span = Span(start, data.draw(st.integers(start + 1, len(text))))
    book = Codebook("מ", (Code("a", name), Code("b", "ב", parent="a")))
    coding = Coding("ר", span, "b", "דנה", memo=memo, score=0.5)
    project = Project("מ", book, (Transcript("ר", text),), (Coder("דנה", CoderKind.MODEL),), (coding,))
    maxqda.write(project, tmp_path / "out.xlsx")
    assert maxqda.verify(tmp_path / "out.xlsx", project).codings == 1


def test_a_failure_leaves_the_old_file(tmp_path: Path, project: Project) -> None:
    path = tmp_path / "out.xlsx"
    maxqda.write(project, path)
    before = path.read_bytes()
    with pytest.raises(ExportRefused):
        maxqda.write(replace(project, coders=()), path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["out.xlsx"]


def test_reading_back_notices_a_changed_cell(tmp_path: Path, project: Project) -> None:
    path = tmp_path / "out.xlsx"
    maxqda.write(project, path)
    book = openpyxl.load_workbook(path)
    cell = next(cell for cells in book.active.iter_rows() for cell in cells if "29.5" in str(cell.value))
    cell.value = cell.value.replace("29.5", "29.6")
    book.save(path)
    with pytest.raises(ReadBackDiffers) as differs:
        maxqda.verify(path, project)
    assert "29" not in str(differs.value)


def test_five_thousand_segments_are_written_and_read_in_ten_seconds(tmp_path: Path, codebook: Codebook) -> None:
    text = "".join(f"שורה {place} על שכר ותנאים ועל כל מה שמסביב\n" for place in range(2000))
    codings = tuple(Coding("ר", Span(place, place + 300), "pay", "דנה") for place in range(5000))
    project = Project("מ", codebook, (Transcript("ר", text),), (Coder("דנה"),), codings)
    begun = time.process_time()
    maxqda.write(project, tmp_path / "out.xlsx")
    assert maxqda.verify(tmp_path / "out.xlsx", project).codings == 5000
    assert time.process_time() - begun < 10
