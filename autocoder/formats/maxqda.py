"""Tables of coded segments as MAXQDA exports them: .xlsx and .csv read by header, .xlsx written in MAXQDA's columns.

Columns are found by their headers in English, German and Hebrew; only document, code and segment must be there.
A table gives no positions, so reading gives quotes, which :mod:`autocoder.formats.anchor` finds in the transcripts.

What is written can be read back without loss:

* Beginning and End are paragraph numbers, from 1; Coverage % is the share of the transcript's characters.
* A quote or comment longer than a cell holds (32,767 characters in Excel) goes on in the rows below it; their comments
  begin with ``autocoder part 1 of 2``, and reading joins them again.
* Every text is a text cell, so nothing runs as a formula; what XML cannot hold is escaped as Excel does it.

In a .csv reading takes off the apostrophe by which a cell is kept from running (:mod:`autocoder.formats.cells`).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import openpyxl
from lxml import etree
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from autocoder.decided import Status, statuses
from autocoder.errors import FileRefused
from autocoder.formats import remarks
from autocoder.formats.archive import open_archive
from autocoder.formats.cells import unguarded
from autocoder.formats.plain import read_text
from autocoder.formats.whole import Coded, Compared, check_codings, coded, compare_codings, whole
from autocoder.project import Coder, CoderKind, Coding, Problem, Project, Quote, Reading, Transcript

CELL_LIMIT = 32_767
"""The most characters an Excel cell holds; exports cut longer segments there."""
_PIECE = 16_000  # a cell's limit counts UTF-16, in which an emoji is two
_ROOM = 100  # for the words about the part

# The columns in the order in which MAXQDA writes them, with the headers that other languages and versions use.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "Color": ("Farbe", "צבע"),
    "Comment": ("Kommentar", "Memo", "הערה", "הערות", "תזכיר"),
    "Document group": ("Dokumentgruppe", "קבוצת מסמכים", "קבוצה"),
    "Document name": ("Document", "Dokumentname", "Dokument", "שם המסמך", "שם מסמך", "מסמך"),
    "Code": ("Codename", "Code name", "קוד", "שם הקוד", "נתיב הקוד"),
    "Beginning": ("Begin", "Start", "Anfang", "התחלה"),
    "End": ("Ende", "סיום", "סוף"),
    "Weight score": ("Weight", "Gewicht", "משקל", "ציון משקל"),
    "Segment": ("Coded segment", "Codiertes Segment", "Quote", "קטע", "קטע מקודד", "מקטע", "סגמנט", "ציטוט"),
    "Modified by": ("Bearbeitet von", "Geändert von", "שונה על ידי", "נערך על ידי"),
    "Modified": ("Bearbeitet am", "Geändert am", "תאריך שינוי", "תאריך עריכה"),
    "Created by": (
        "Author",
        "Coder",
        "Erstellt von",
        "Autor",
        "נוצר על ידי",
        "קודד על ידי",
        "מקודד",
        "מקודדת",
        "מקודד/ת",
    ),
    "Created": ("Creation date", "Erstellt am", "Erstellt", "תאריך יצירה", "נוצר", "תאריך"),
    "Area": ("Fläche", "שטח"),
    "Coverage %": ("%", "Abdeckungsgrad %", "כיסוי %", "אחוז כיסוי"),
}
_REQUIRED = ("Document name", "Code", "Segment")
_BY_HEADER = {header.casefold(): column for column, aliases in _COLUMNS.items() for header in (column, *aliases)}

_PATH = re.compile(r"\s+>\s+")
_PART = re.compile(r"^autocoder part (\d+) of (\d+)(?:\n|$)")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NOT_IN_CELL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_BROKEN_XLSX = (zipfile.BadZipFile, InvalidFileException, etree.XMLSyntaxError, SyntaxError, KeyError, ValueError)
_REMEDY = "export the coded segments again with the columns Document name, Code and Segment"

_DELIMITERS = (",", ";", "\t")

Cell = str | int | float


@dataclass(frozen=True)
class _Row:
    """A row of the table: its number as the spreadsheet shows it, and its cells by MAXQDA's column names."""

    number: int
    cells: dict[str, str]
    joined: bool = False

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True)
class _Table:
    rows: tuple[_Row, ...]
    columns: tuple[str, ...]
    notes: tuple[str, ...]


# --- reading


def read(path: Path) -> Reading:
    """Return the quotes of a table of coded segments, in the order of its rows."""
    table = _read_table(path)
    quotes: list[Quote] = []
    problems: list[Problem] = []
    separated = any(_PATH.search(row["Code"]) for row in table.rows)
    for row in table.rows:
        missing = [column for column in _REQUIRED if not row[column].strip()]
        if missing:
            what = f"it has no {' and no '.join(missing)}, so the row is not read"
            problems.append(Problem(path.name, f"row {row.number}", what))
            continue
        if len(row["Segment"]) >= CELL_LIMIT and not row.joined:
            what = f"the segment fills the cell ({CELL_LIMIT:,} characters), so Excel has probably cut off its end"
            problems.append(Problem(path.name, f"row {row.number}", what))
        quotes.append(_quote(row, separated))
    return Reading(
        coders=_coders(quotes), quotes=tuple(quotes), problems=tuple(problems), notes=(*table.notes, *_notes(table))
    )


def _quote(row: _Row, separated: bool) -> Quote:
    parts = _PATH.split(row["Code"]) if separated else row["Code"].split("\\")
    path = tuple(part.strip() for part in parts if part.strip())
    coder = row["Created by"].strip() or "unknown"
    memo, created = row["Comment"].strip(), row["Created"].strip()
    beginning = row["Beginning"].strip()
    paragraph = int(beginning) if beginning.isdecimal() else None  # a page or a time is no paragraph
    return Quote(row["Document name"].strip(), path, row["Segment"], coder, row.number, memo, created, paragraph)


def _coders(quotes: Iterable[Quote]) -> tuple[Coder, ...]:
    """The coders in order of appearance; one whom a comment of ours names as the model is a model."""
    kinds: dict[str, CoderKind] = {}
    for quote in quotes:
        kinds.setdefault(quote.coder, CoderKind.HUMAN)
        if any(each.model == " ".join(quote.coder.split()) for each in remarks.recall(quote.memo)):
            kinds[quote.coder] = CoderKind.MODEL
    return tuple(Coder(name, kind) for name, kind in kinds.items())


def _notes(table: _Table) -> Iterator[str]:
    if "Created by" not in table.columns and table.rows:
        yield "the table names no coder; its codings are given to unknown"
    groups: dict[str, set[str]] = {}
    for row in table.rows:
        groups.setdefault(row["Document name"], set()).add(row["Document group"])
    shared = [name for name, of_name in groups.items() if len(of_name) > 1]
    if shared:
        yield f"documents of one name stand in several groups: {', '.join(shared)}"


def _read_table(path: Path) -> _Table:
    if path.suffix.casefold() == ".xlsx":
        return _from_grid(path, _xlsx_grids(path), ())
    text, notes = read_text(path)
    return _from_grid(path, _csv_grids(path, text), notes)


def _from_grid(path: Path, grids: Iterable[list[list[str]]], notes: tuple[str, ...]) -> _Table:
    """The table of the first sheet, or reading by a delimiter, that has the required columns."""
    best: list[str] = []
    for grid in grids:
        first = next((place for place, cells in enumerate(grid) if any(cell.strip() for cell in cells)), None)
        if first is None:
            continue
        columns = [_BY_HEADER.get(" ".join(cell.split()).casefold(), "") for cell in grid[first]]
        if all(column in columns for column in _REQUIRED):
            rows = _joined(_rows(grid, first, columns))
            return _Table(tuple(rows), tuple(columns), notes)
        best = max(best, [cell for cell in grid[first] if cell.strip()], key=len)
    raise _no_columns(path, best)


def _no_columns(path: Path, headers: list[str]) -> FileRefused:
    if not headers:
        return FileRefused(path, "the table is empty", _REMEDY)
    known = {_BY_HEADER.get(" ".join(header.split()).casefold()) for header in headers}
    missing = ", ".join(column for column in _REQUIRED if column not in known)
    # a long first row is text, not headers, and the text of transcripts stays out of messages
    found = ", ".join(header.strip()[:30] for header in headers[:20])
    return FileRefused(path, f"the column {missing} is missing (found: {found})", _REMEDY, "row 1")


def _rows(grid: list[list[str]], first: int, columns: list[str]) -> Iterator[_Row]:
    for place, cells in enumerate(grid[first + 1 :], start=first + 2):
        if not any(cell.strip() for cell in cells):
            continue
        named: dict[str, str] = {}
        for column, cell in zip(columns, cells, strict=False):
            if column:
                named.setdefault(column, cell)
        yield _Row(place, named)


def _joined(rows: Iterable[_Row]) -> Iterator[_Row]:
    """Join what was written over several rows because it was longer than a cell."""
    open_row: _Row | None = None
    for row in rows:
        part = _PART.match(row["Comment"])
        if open_row is not None and (part is None or part[1] == "1"):
            yield open_row
            open_row = None
        if part is None:
            yield row
            continue
        here = row.cells | {"Comment": row["Comment"][part.end() :]}
        open_row = _Row(row.number, here, joined=True) if open_row is None else _longer(open_row, here)
    if open_row is not None:
        yield open_row


def _longer(row: _Row, more: dict[str, str]) -> _Row:
    texts = {column: row[column] + more.get(column, "") for column in ("Segment", "Comment")}
    return _Row(row.number, row.cells | texts, joined=True)


def _xlsx_grids(path: Path) -> Iterator[list[list[str]]]:
    open_archive(path)
    # openpyxl leaves a file open that it could not read, so it is opened here
    with path.open("rb") as file:
        try:
            for sheet in openpyxl.load_workbook(file, read_only=True, data_only=True).worksheets:
                # some programs write a wrong size of the sheet, by which rows would be left out
                sheet.reset_dimensions()
                yield [[_cell_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
        except _BROKEN_XLSX as error:
            raise FileRefused(path, "it is no readable Excel workbook", "save it again as .xlsx") from error


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _csv_grids(path: Path, text: str) -> Iterator[list[list[str]]]:
    """The table by each delimiter that programs use; the headers tell which is right."""
    faults = []
    for delimiter in _DELIMITERS:
        try:
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            yield [[unguarded(cell) for cell in row] for row in rows]
        except csv.Error as error:
            faults.append(error)
    if len(faults) == len(_DELIMITERS):
        raise FileRefused(path, f"it is no readable table ({faults[0]})", "save it as CSV UTF-8") from faults[0]


# --- writing


def write(project: Project, path: Path, known: Mapping[Coding, Status] | None = None) -> None:
    """Write every coding as a row, by transcript and position, whole or not at all.

    ``known`` is where each suggestion stands, by default as nobody has reviewed it.
    """
    check_codings(project)
    rows = _table_rows(project, known)
    with whole(path) as part:
        _write_xlsx(rows, part)


def _table_rows(project: Project, known: Mapping[Coding, Status] | None) -> list[list[Cell]]:
    known = statuses(project) if known is None else known
    order = {transcript.name: place for place, transcript in enumerate(project.transcripts)}
    line_ends = {each.name: [match.start() for match in re.finditer("\n", each.text)] for each in project.transcripts}
    rows: list[list[Cell]] = []
    codings = _distinct(project.codings)
    for coding in sorted(codings, key=lambda each: (order[each.transcript], each.span, each.coder, each.code)):
        transcript = project.transcript(coding.transcript)
        cells = _cells(project, coding, transcript, known.get(coding), line_ends[coding.transcript])
        rows += _pieces(cells)
    return rows


def _distinct(codings: Iterable[Coding]) -> Iterable[Coding]:
    """One row for a coding that stands twice."""
    return {(each.transcript, each.span, each.code, each.coder): each for each in reversed(tuple(codings))}.values()


def _cells(
    project: Project, coding: Coding, transcript: Transcript, status: Status | None, line_ends: list[int]
) -> dict[str, Cell]:
    span = coding.span
    weight = round(100 * coding.score) if status is not None and coding.score is not None else coding.weight or 0
    cells: dict[str, Cell] = {
        "Color": project.codebook[coding.code].color or "",
        "Comment": str(remarks.remark(coding, status)),
        "Document name": transcript.name,
        "Code": project.codebook.path(coding.code),
        "Beginning": bisect_right(line_ends, span.start - 1) + 1,
        "End": bisect_right(line_ends, span.end - 2) + 1,
        "Weight score": int(weight) if weight == int(weight) else weight,
        "Segment": transcript.quote(span),
        "Created by": coding.coder,
        "Created": coding.created,
        "Area": len(span),
        "Coverage %": round(100 * len(span) / len(transcript.text), 2),
    }
    return {column: cells.get(column, "") for column in _COLUMNS}


def _pieces(cells: dict[str, Cell]) -> Iterator[list[Cell]]:
    """One row, or several when the quote or the comment is longer than a cell."""
    segments, comments = _cut(str(cells["Segment"])), _cut(str(cells["Comment"]))
    count = max(len(segments), len(comments))
    for place, (segment, comment) in enumerate(zip_longest(segments, comments, fillvalue=""), start=1):
        head = f"autocoder part {place} of {count}\n" if count > 1 else ""
        yield list((cells | {"Segment": segment, "Comment": head + comment}).values())


def _cut(text: str) -> list[str]:
    if len(text.encode("utf-16-le", "surrogatepass")) // 2 <= CELL_LIMIT - _ROOM:
        return [text]
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


def _write_xlsx(rows: Sequence[Sequence[Cell]], path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Coded segments")
    sheet.sheet_view.rightToLeft = True
    sheet.freeze_panes = "A2"
    for row in (list(_COLUMNS), *rows):
        sheet.append([_xlsx_cell(sheet, cell) for cell in row])
    book.save(path)


def _xlsx_cell(sheet: object, cell: Cell) -> object:
    if not isinstance(cell, str):
        return cell
    if not cell:
        return None
    written = WriteOnlyCell(sheet, _NOT_IN_CELL.sub(lambda match: f"_x{ord(match[0]):04X}_", cell))
    written.data_type = "s"
    return written


# --- reading back


def verify(path: Path, project: Project, known: Mapping[Coding, Status] | None = None) -> Compared:
    """Read the written table back and compare it row by row; return what was compared.

    A row is document, code path, coder, first and last paragraph, weight, comment and the quoted text.
    """
    table = _table_rows(project, known)
    whole_rows = _joined(_Row(0, dict(zip(_COLUMNS, map(str, cells), strict=True))) for cells in table)
    return compare_codings(path, map(_coded, whole_rows), map(_coded, _read_table(path).rows))


def _coded(row: _Row) -> Coded:
    rest = (row["Beginning"], row["End"], row["Weight score"], row["Comment"])
    return coded(row["Document name"], row["Created by"], row["Code"], row["Segment"], *rest)
