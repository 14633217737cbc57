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

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import openpyxl
from openpyxl.cell import WriteOnlyCell

from autocoder.decided import Status, statuses
from autocoder.formats import remarks
from autocoder.formats.tables import CELL_LIMIT, Layout, Table, iso_dates, read_table
from autocoder.formats.whole import Coded, Compared, check_codings, coded, compare_codings, whole
from autocoder.project import Coding, Problem, Project, Quote, Reading, Transcript

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
    "Weight score": ("Weight", "Gewicht", "Gewichtung", "Gewichtungswert", "משקל", "ציון משקל"),
    "Segment": (
        "Coded segment",
        "Coded segments",
        "Codiertes Segment",
        "Codierte Segmente",
        "Quote",
        "קטע",
        "קטע מקודד",
        "מקטע",
        "סגמנט",
        "ציטוט",
    ),
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
LAYOUT = Layout(
    "MAXQDA",
    _COLUMNS,
    ("Document name", "Code", "Segment"),
    "export the coded segments again with the columns Document name, Code and Segment",
)

_PATH = re.compile(r"(?<!\s)\s+>\s+")  # begins where the space does: one pass over any cell
_PART = re.compile(r"^autocoder part (\d+) of (\d+)(?:\n|$)")
_NOT_IN_CELL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")

Cell = str | int | float


# --- reading


@dataclass(frozen=True)
class _Joined:
    """A row, or several that hold one segment longer than a cell; ``number`` is the first row's."""

    number: int
    cells: dict[str, str]
    whole: bool = False

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def read(path: Path) -> Reading:
    """Return the quotes of a table of coded segments, in the order of its rows."""
    return read_rows(path, read_table(path, LAYOUT))


def read_rows(path: Path, table: Table) -> Reading:
    """Return the quotes of a table that is known to be MAXQDA's."""
    rows = tuple(_joined(_Joined(row.number, dict(row.cells)) for row in table.rows))
    quotes: list[Quote] = []
    problems: list[Problem] = []
    separated = any(_PATH.search(row["Code"]) for row in rows)
    dates = iso_dates(row["Created"] for row in rows)
    for row in rows:
        missing = [column for column in LAYOUT.required if not row[column].strip()]
        if missing:
            what = f"it has no {' and no '.join(missing)}, so the row is not read"
            problems.append(Problem(path.name, f"row {row.number}", what))
            continue
        if len(row["Segment"]) >= CELL_LIMIT and not row.whole:
            what = f"the segment fills the cell ({CELL_LIMIT:,} characters), so Excel has probably cut off its end"
            problems.append(Problem(path.name, f"row {row.number}", what))
        quotes.append(_quote(row, separated, dates))
    notes = (*table.notes, *_notes(rows, table))
    return Reading(coders=remarks.coders_of(quotes), quotes=tuple(quotes), problems=tuple(problems), notes=notes)


def _quote(row: _Joined, separated: bool, dates: Mapping[str, str]) -> Quote:
    parts = _PATH.split(row["Code"]) if separated else row["Code"].split("\\")
    beginning = row["Beginning"].strip()
    suggested = any(remark.score is not None for remark in remarks.recall(row["Comment"]))
    return Quote(
        document=row["Document name"].strip(),
        code_path=tuple(part.strip() for part in parts if part.strip()),
        text=row["Segment"],
        coder=row["Created by"].strip() or "unknown",
        row=row.number,
        memo=row["Comment"].strip(),
        created=dates.get(row["Created"], ""),
        paragraph=int(beginning) if beginning.isdecimal() else None,  # a page or a time is no paragraph
        weight=None if suggested else _weight(row["Weight score"]),
        group=row["Document group"].strip(),
    )


def _weight(cell: str) -> float | None:
    """MAXQDA gives every segment the weight 0 that got none from a person."""
    try:
        return float(cell.strip().replace(",", ".")) or None
    except ValueError:
        return None


def _notes(rows: Sequence[_Joined], table: Table) -> Iterator[str]:
    if "Created by" not in table.columns and rows:
        yield "the table names no coder; its codings are given to unknown"
    groups: dict[str, set[str]] = {}
    for row in rows:
        groups.setdefault(row["Document name"], set()).add(row["Document group"])
    shared = [name for name, of_name in groups.items() if len(of_name) > 1]
    if shared:
        yield f"documents of one name stand in several groups: {', '.join(shared)}"


def _joined(rows: Iterable[_Joined]) -> Iterator[_Joined]:
    """Join what was written over several rows because it was longer than a cell."""
    open_row: _Joined | None = None
    for row in rows:
        part = _PART.match(row["Comment"])
        if open_row is not None and (part is None or part[1] == "1"):
            yield open_row
            open_row = None
        if part is None:
            yield row
            continue
        here = row.cells | {"Comment": row["Comment"][part.end() :]}
        open_row = _Joined(row.number, here, whole=True) if open_row is None else _longer(open_row, here)
    if open_row is not None:
        yield open_row


def _longer(row: _Joined, more: dict[str, str]) -> _Joined:
    texts = {column: row[column] + more.get(column, "") for column in ("Segment", "Comment")}
    return _Joined(row.number, row.cells | texts, whole=True)


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
        "Document group": transcript.groups[0] if len(transcript.groups) == 1 else "",
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
    wanted = _joined(_Joined(0, dict(zip(_COLUMNS, map(str, cells), strict=True))) for cells in table)
    found = _joined(_Joined(row.number, dict(row.cells)) for row in read_table(path, LAYOUT).rows)
    return compare_codings(path, map(_coded, wanted), map(_coded, found))


def _coded(row: _Joined) -> Coded:
    rest = (row["Beginning"], row["End"], row["Weight score"], row["Comment"])
    return coded(row["Document name"], row["Created by"], row["Code"], row["Segment"], *rest)
