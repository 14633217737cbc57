"""The list of codings that found no place, as a table in the project's folder that a spreadsheet opens.

There is one list for each imported file, ``not-placed/FILE.csv``; the next import of the file replaces it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from autocoder.errors import AutocoderError
from autocoder.formats.cells import guarded
from autocoder.formats.whole import whole
from autocoder.placing import Candidate, Unplaced

FOLDER = "not-placed"
COLUMNS = ("file", "row", "document", "code", "coder", "quote", "why", "candidates")


class ListNotWritten(AutocoderError):
    """A folder in which the list cannot be written."""


def list_path(folder: Path, file: str) -> Path:
    """Return where the list of a file is."""
    return folder / FOLDER / f"{file}.csv"


def write_lists(folder: Path, unplaced: Iterable[Unplaced]) -> tuple[Path, ...]:
    """Write a list for each file that has any, and return their paths."""
    by_file: dict[str, list[Unplaced]] = {}
    for each in unplaced:
        by_file.setdefault(each.file, []).append(each)
    return tuple(_write(list_path(folder, file), rows) for file, rows in by_file.items())


def clear_list(folder: Path, file: str) -> None:
    """Take away the list of a file all of whose codings found their place."""
    path = list_path(folder, file)
    path.unlink(missing_ok=True)
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()


def _write(path: Path, rows: Iterable[Unplaced]) -> Path:
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as fault:
        raise ListNotWritten(f"{path.parent} cannot be made ({fault.strerror}); check the rights.") from None
    with whole(path) as part, part.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([guarded(cell) for cell in _cells(row)] for row in rows)
    return path


def _cells(row: Unplaced) -> list[str]:
    candidates = "\n".join(map(_said, row.candidates))
    return [row.file, row.row, row.document, row.code, row.coder, row.quote, row.why, candidates]


def _said(candidate: Candidate) -> str:
    where = f"{candidate.transcript}, paragraph {candidate.paragraph}, position {candidate.span.start}"
    return f"{where}, likeness {candidate.score:.2f}: {candidate.text}"
