"""Tables of coded segments (.xlsx, .csv), whichever program made them: cells, headers, dates.

A program's table is known by its headers, which differ with language and version; :class:`Layout` lists them. A table
may stand on any sheet, below empty rows, and in a .csv with any of the usual delimiters.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import openpyxl

from autocoder.errors import FileRefused
from autocoder.formats.archive import check_memory, open_archive, tree_size
from autocoder.formats.cells import unguarded
from autocoder.formats.plain import decode

CELL_LIMIT = 32_767
"""The most characters an Excel cell holds; exports cut longer segments there."""
MAX_ROWS = 500_000
"""More rows than any study has codings."""
MAX_COLUMNS = 16_384
"""As many as a sheet of Excel holds."""
MAX_CELLS = 12_000_000
"""MAX_ROWS of 24 columns; a row that names its last column alone is as wide as the sheet."""
DELIMITERS = (",", ";", "\t")

_CELL, _ROW = 70, 280  # bytes of memory: a cell's text, and what is left of a row that was read
_ROW_BEGINS = re.compile(rb"<(?:\w+:)?row[\s/>]")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?)?.*")

Grid = list[list[str]]


@dataclass(frozen=True)
class Layout:
    """The columns of a program's table with the headers that languages and versions give them.

    ``required`` are the columns by which the table is known; ``remedy`` is what to do when they are not there.
    """

    program: str
    columns: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    remedy: str

    def column(self, header: str) -> str:
        """Return the column that a header names; "" for none of them."""
        wanted = " ".join(header.split()).casefold()
        named = (name for name, aliases in self.columns.items() if wanted in map(str.casefold, (name, *aliases)))
        return next(named, "")


@dataclass(frozen=True)
class Row:
    """A row of the table: its number as the spreadsheet shows it, and its cells by the layout's columns."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True)
class Table:
    """The rows of a program's table, its columns by name ("" for an unknown one) and its headers as they stand."""

    rows: tuple[Row, ...]
    columns: tuple[str, ...]
    headers: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheets:
    """Everything in a file that may be a table: sheets, or one text by each delimiter."""

    path: Path
    grids: tuple[Grid, ...]
    notes: tuple[str, ...]

    def table(self, layout: Layout) -> Table | None:
        """Return the first table with the columns that the layout requires."""
        for grid in self.grids:
            first = _first_row(grid)
            if first is None:
                continue
            columns = [layout.column(cell) for cell in grid[first]]
            if all(column in columns for column in layout.required):
                return Table(tuple(_rows(grid, first, columns)), tuple(columns), tuple(grid[first]), self.notes)
        return None

    def refusal(self, layout: Layout) -> FileRefused:
        """Return the error for a file without such a table, with the headers that it has."""
        heads = [grid[first] for grid in self.grids if (first := _first_row(grid)) is not None]
        headers = [cell for cell in max(heads, key=len, default=[]) if cell.strip()]
        if not headers:
            return FileRefused(self.path, "the table is empty", layout.remedy)
        known = {layout.column(header) for header in headers}
        missing = ", ".join(column for column in layout.required if column not in known)
        # a long first row is text, not headers, and the text of transcripts stays out of messages
        found = ", ".join(header.strip()[:30] for header in headers[:20])
        return FileRefused(self.path, f"the column {missing} is missing (found: {found})", layout.remedy, "row 1")


def read_sheets(path: Path) -> Sheets:
    """Read a .xlsx or a .csv whole; refuse what is neither."""
    if path.suffix.casefold() == ".xlsx":
        return Sheets(path, tuple(_xlsx_grids(path)), ())
    decoded = decode(path)
    notes = decoded.notes if decoded.encoding != "UTF-8" else ()  # that its mark was dropped moves no position here
    return Sheets(path, tuple(_csv_grids(path, decoded.text)), notes)


def read_table(path: Path, layout: Layout) -> Table:
    """Return a program's table; refuse a file that has none."""
    sheets = read_sheets(path)
    table = sheets.table(layout)
    if table is None:
        raise sheets.refusal(layout)
    return table


def _first_row(grid: Grid) -> int | None:
    return next((place for place, cells in enumerate(grid) if any(cell.strip() for cell in cells)), None)


def _rows(grid: Grid, first: int, columns: Sequence[str]) -> Iterator[Row]:
    for place, cells in enumerate(grid[first + 1 :], start=first + 2):
        if not any(cell.strip() for cell in cells):
            continue
        named: dict[str, str] = {}
        for column, cell in zip(columns, cells, strict=False):
            if column:
                named.setdefault(column, cell)
        yield Row(place, named)


def _grid(path: Path, rows: Iterable[list[str]]) -> Grid:
    grid: Grid = []
    room = MAX_CELLS
    for row in rows:
        room -= len(row)
        if len(row) > MAX_COLUMNS:
            raise FileRefused(path, f"it has more than {MAX_COLUMNS:,} columns", "leave out those that hold no coding")
        if len(grid) == MAX_ROWS or room < 0:
            what = f"{MAX_ROWS:,} rows" if room >= 0 else f"{MAX_CELLS:,} cells"
            raise FileRefused(path, f"it has more than {what}", "split the table and import its parts")
        grid.append(row)
    return grid


def _xlsx_grids(path: Path) -> Iterator[Grid]:
    archive = open_archive(path)
    check_memory(path, sum(_size(path, archive.read(name)) for name in archive.names() if name.endswith(".xml")))
    texts: dict[str, str] = {}
    # openpyxl leaves a file open that it could not read, so it is opened here
    with path.open("rb") as file:
        try:
            for sheet in openpyxl.load_workbook(file, read_only=True, data_only=True).worksheets:
                # some programs write a wrong size of the sheet, by which rows would be left out
                sheet.reset_dimensions()
                yield _grid(
                    path, ([_cell_text(cell, texts) for cell in row] for row in sheet.iter_rows(values_only=True))
                )
        except FileRefused:
            raise
        except Exception as error:  # openpyxl raises whatever a broken part makes it stumble over
            raise FileRefused(path, "it is no readable Excel workbook", "save it again as .xlsx") from error


def _size(path: Path, data: bytes) -> int:
    """Return about how many bytes a part of a workbook takes in memory; a sheet is read row by row.

    Refuse a sheet of too many rows before they are looked at one by one.
    """
    if b"worksheet" not in data[:1000]:
        return tree_size(data)
    if max(data.count(b"<row"), data.count(b":row") // 2) > MAX_ROWS:
        raise FileRefused(path, f"it has more than {MAX_ROWS:,} rows", "split the table and import its parts")
    places = [0, *(match.start() for match in _ROW_BEGINS.finditer(data)), len(data)]
    widest = max(tree_size(data[start:end]) for start, end in pairwise(places))
    return 2 * len(data) + _CELL * data.count(b"<c") + _ROW * len(places) + widest


def _cell_text(value: object, texts: dict[str, str]) -> str:
    """Return a cell as text; ``texts`` are those with an escape so far, which many cells may share."""
    if value is None:
        return ""
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    if "_x" not in text:
        return text
    if text not in texts:
        texts[text] = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return texts[text]


def _csv_grids(path: Path, text: str) -> Iterator[Grid]:
    """The table by each delimiter that parts its first row; the headers tell which is right."""
    faults = []
    csv.field_size_limit(2**31 - 1)  # a coding may be as long as its transcript
    for delimiter in DELIMITERS:
        try:
            head = next(filter(any, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), [])
            if len(head) > 1 or delimiter == DELIMITERS[0]:
                rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
                yield _grid(path, ([unguarded(cell) for cell in row] for row in rows))
        except csv.Error as error:
            faults.append(error)
    if len(faults) == len(DELIMITERS):
        raise FileRefused(path, f"it is no readable table ({faults[0]})", "save it as CSV UTF-8") from faults[0]


def iso_dates(values: Iterable[str]) -> dict[str, str]:
    """Return the dates of one column as ISO 8601, by the text in the cell; a text that is no clear date stays itself.

    Whether the day or the month comes first is told by the column: a number above 12 decides, else a dot means that
    the day does; with a slash and nothing to decide by, the text stays as it is.
    """
    texts = {value: _DATE.fullmatch(value.strip()) for value in values if value.strip()}
    firsts = [(int(match[1]), int(match[3])) for match in texts.values() if match and len(match[1]) < 3]
    day_first = {True for first, _ in firsts if first > 12} | {False for _, second in firsts if second > 12}
    return {value: _iso(value.strip(), match, day_first) for value, match in texts.items()}


def _iso(text: str, match: re.Match[str] | None, day_first: set[bool]) -> str:
    if match is None:
        return text
    first, mark, second, third, hour, minute, second_of_time, half = match.groups()
    if len(first) == 4:
        year, month, day = int(first), int(second), int(third)
    elif len(third) == 4 and (mark == "." or len(day_first) == 1):
        year = int(third)
        order = (second, first) if mark == "." or True in day_first else (first, second)
        month, day = map(int, order)
    else:
        return text
    hours = int(hour or 0) % 12 + 12 * (half.casefold() == "pm") if half else int(hour or 0)
    try:
        moment = datetime(year, month, day, hours, int(minute or 0), int(second_of_time or 0))
    except ValueError:
        return text
    return moment.isoformat() if hour else moment.date().isoformat()
