"""Tables of variables (.xlsx, .csv): what is known about transcripts and their speakers.

A table is one of variables when its headers name the transcript (``transcript``, ``Document name``, תמליל ...) and
neither codes nor segments. With a column for the label (``label``, ``speaker``, דובר/ת ...) each row is about a
speaker, without one about a transcript; every other column is a variable, named by its header.

In a table of speakers, a column that has one value in each transcript, where two or more have several speakers, is a
variable of the transcripts; a note says which. An empty cell says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autocoder.errors import FileRefused
from autocoder.formats.tables import Grid, Sheets
from autocoder.project import Described, Reading

_TRANSCRIPT = frozenset(
    (
        "transcript",
        "document",
        "document name",
        "dokument",
        "dokumentname",
        "file",
        "interview",
        "תמליל",
        "תמלול",
        "ראיון",
        "ריאיון",
        "מסמך",
        "שם המסמך",
        "שם מסמך",
        "קובץ",
    )
)
_LABEL = frozenset(("label", "speaker", "sprecher", "דובר", "דוברת", "דובר/ת", "תווית", "שם הדובר", "שם הדובר/ת"))
_OF_CODINGS = frozenset(
    (
        "code",
        "codes",
        "codename",
        "kode",
        "kodes",
        "codierungen",
        "códigos",
        "zitat",
        "zitatinhalt",
        "quotation",
        "text content",
        "coded segments",
        "codierte segmente",
        "קודים",
        "תוכן הציטוט",
        "code name",
        "segment",
        "coded segment",
        "codiertes segment",
        "quote",
        "quotation content",
        "tag",
        "content",
        "coded",
        "קוד",
        "שם הקוד",
        "נתיב הקוד",
        "קטע",
        "קטע מקודד",
        "מקטע",
        "סגמנט",
        "ציטוט",
    )
)


@dataclass(frozen=True)
class _Columns:
    """Where the columns are: the transcript's, the label's, and the variables' by name."""

    head: int
    transcript: int
    label: int | None
    variables: Mapping[str, int]


def holds_variables(sheets: Sheets) -> bool:
    """Tell whether a file is a table of variables, by its headers."""
    return any(map(_columns, sheets.grids))


def read(sheets: Sheets) -> Reading:
    """Return what a table says about transcripts and speakers, in the order of its rows."""
    grid, columns = next((grid, found) for grid in sheets.grids if (found := _columns(grid)))
    rows = [row for row in _rows(sheets.path, grid, columns) if row.variables]
    if not rows:
        raise FileRefused(
            sheets.path, "the table has headers and no row with a value", "fill it in and import it again"
        )
    rows, note = _shared(rows)
    return Reading(described=tuple(rows), notes=(*sheets.notes, *note))


def _columns(grid: Grid) -> _Columns | None:
    head = next((place for place, cells in enumerate(grid) if any(cell.strip() for cell in cells)), None)
    if head is None:
        return None
    names = [" ".join(cell.split()) for cell in grid[head]]
    keys = [name.casefold() for name in names]
    if not _TRANSCRIPT & set(keys) or _OF_CODINGS & set(keys):
        return None
    transcript = next(i for i, key in enumerate(keys) if key in _TRANSCRIPT)
    label = next((i for i, key in enumerate(keys) if key in _LABEL), None)
    others = {name: i for i, name in reversed(list(enumerate(names))) if name and i not in (transcript, label)}
    return _Columns(head, transcript, label, dict(reversed(others.items()))) if others else None


def _rows(path: Path, grid: Grid, columns: _Columns) -> list[Described]:
    rows: dict[tuple[str, str], Described] = {}
    for number, cells in enumerate(grid[columns.head + 1 :], start=columns.head + 2):
        if not any(cell.strip() for cell in cells):
            continue
        row = _row(path, number, cells, columns)
        before = rows.setdefault((row.transcript.casefold(), row.speaker.casefold()), row)
        if before.variables != row.variables:
            what = f"{row.speaker or row.transcript} stands in row {before.row} already, with other values"
            raise FileRefused(path, what, "leave one of the two rows", f"row {number}")
    return list(rows.values())


def _row(path: Path, number: int, cells: Sequence[str], columns: _Columns) -> Described:
    padded = [*map(str.strip, cells), *[""] * (max(columns.variables.values()) + 1)]
    speaker = "" if columns.label is None else padded[columns.label]
    missing = "transcript" if not padded[columns.transcript] else "label"
    if not padded[columns.transcript] or (columns.label is not None and not speaker):
        raise FileRefused(path, f"it has no {missing}", "fill the cell in, or leave the row out", f"row {number}")
    values = {name: padded[i] for name, i in columns.variables.items() if padded[i]}
    return Described(padded[columns.transcript], speaker, values, number)


def _shared(rows: Sequence[Described]) -> tuple[list[Described], tuple[str, ...]]:
    """Give the transcript what has one value in each transcript; as the module's docstring says."""
    groups: dict[str, list[Described]] = {}
    for row in rows:
        groups.setdefault(row.transcript.casefold(), []).append(row)
    several = [group for group in groups.values() if len(group) > 1]
    names = dict.fromkeys(name for row in rows for name in row.variables)
    shared = [name for name in names if len(several) > 1 and rows[0].speaker and _is_shared(name, groups.values())]
    if not shared:
        return list(rows), ()
    of_transcripts = [
        Described(group[0].transcript, "", {name: group[0].variables[name] for name in shared}, group[0].row)
        for group in groups.values()
    ]
    of_speakers = [
        replace(row, variables={name: value for name, value in row.variables.items() if name not in shared})
        for row in rows
    ]
    note = f"read as variables of the transcripts, for each has one value of them: {', '.join(shared)}"
    return [*of_transcripts, *(row for row in of_speakers if row.variables)], (note,)


def _is_shared(name: str, groups: Iterable[Sequence[Described]]) -> bool:
    values = [{row.variables.get(name) for row in group} for group in groups]
    return all(len(each) == 1 and None not in each for each in values)
