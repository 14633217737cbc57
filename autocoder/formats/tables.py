"""Tables (.xlsx, .csv) as grids of cells, whichever program made them.

A table may stand on any sheet, below empty rows, and in a .csv with any of the usual delimiters.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
from lxml import etree
from openpyxl.utils.exceptions import InvalidFileException

from autocoder.errors import FileRefused
from autocoder.formats.archive import open_archive
from autocoder.formats.plain import read_text

DELIMITERS = (",", ";", "\t")
FORMULA = re.compile(r"^'*[=+\-@\t\r]")
"""A cell that a spreadsheet would run; a .csv has an apostrophe in front of it, which reading takes off."""

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_BROKEN_XLSX = (zipfile.BadZipFile, InvalidFileException, etree.XMLSyntaxError, SyntaxError, KeyError, ValueError)

Grid = list[list[str]]


@dataclass(frozen=True)
class Sheets:
    """Everything in a file that may be a table: sheets, or one text by each delimiter."""

    path: Path
    grids: tuple[Grid, ...]
    notes: tuple[str, ...]


def read_sheets(path: Path) -> Sheets:
    """Read a .xlsx or a .csv whole; refuse what is neither."""
    if path.suffix.casefold() == ".xlsx":
        return Sheets(path, tuple(_xlsx_grids(path)), ())
    text, notes = read_text(path)
    return Sheets(path, tuple(_csv_grids(path, text)), notes)


def _xlsx_grids(path: Path) -> Iterator[Grid]:
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


def _csv_grids(path: Path, text: str) -> Iterator[Grid]:
    """The table by each delimiter that programs use; the headers tell which is right."""
    faults = []
    for delimiter in DELIMITERS:
        try:
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            yield [[_unguarded(cell) for cell in row] for row in rows]
        except csv.Error as error:
            faults.append(error)
    if len(faults) == len(DELIMITERS):
        raise FileRefused(path, f"it is no readable table ({faults[0]})", "save it as CSV UTF-8") from faults[0]


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
