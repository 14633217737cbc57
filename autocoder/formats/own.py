"""Codings in tables of our own, with their positions: .csv and .jsonl, one coding a row, in the columns of COLUMNS.

``start`` and ``end`` are a half-open span in code points of the transcript's text, ``code`` is the path of names from
the root joined by " > ", ``quote`` the text of the span, ``origin`` one of blind, assisted, auto and adjudicated (a
model's are auto), ``score`` a model's number or nothing, ``weight`` a person's. A .csv is UTF-8 with a byte order mark,
so that Excel shows Hebrew, and no cell of it runs as a formula (:mod:`autocoder.formats.cells`); a .jsonl is one object
a line.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from autocoder.errors import FileRefused
from autocoder.formats.cells import guarded, unguarded
from autocoder.formats.whole import Coded, Compared, ExportRefused, check_codings, coded, compare_codings, whole
from autocoder.project import CoderKind, Coding, Origin, Project

_REMEDY = "export the codings again"


@dataclass(frozen=True)
class Row:
    """A coding as the table gives it."""

    document: str
    start: int
    end: int
    code: str
    coder: str
    quote: str
    memo: str = ""
    origin: str = Origin.BLIND.value
    score: float | None = None
    created: str = ""
    codebook_version: int = 1
    weight: float | None = None


COLUMNS = tuple(field.name for field in fields(Row))
_NUMBERS: dict[str, type[int] | type[float]] = {
    "start": int,
    "end": int,
    "score": float,
    "codebook_version": int,
    "weight": float,
}


def write(project: Project, path: Path) -> None:
    """Write every coding, by transcript and position, whole or not at all; the ending says which form."""
    check_codings(project)
    writers = {".csv": _write_csv, ".jsonl": _write_jsonl}
    writer = writers.get(path.suffix.casefold())
    if writer is None:
        raise ExportRefused(f"{path.name}: codings are written as .csv or .jsonl; give the file one of these endings.")
    with whole(path) as part:
        writer(_rows(project), part)


def _rows(project: Project) -> Iterator[Row]:
    models = {coder.name for coder in project.coders if coder.kind is CoderKind.MODEL}
    paths = {code.id: project.codebook.path(code.id) for code in project.codebook}
    order = {transcript.name: place for place, transcript in enumerate(project.transcripts)}
    distinct = {(each.transcript, each.span, each.code, each.coder): each for each in reversed(project.codings)}
    for coding in sorted(
        distinct.values(), key=lambda each: (order[each.transcript], each.span, each.coder, each.code)
    ):
        yield Row(
            document=coding.transcript,
            start=coding.span.start,
            end=coding.span.end,
            code=paths[coding.code],
            coder=coding.coder,
            quote=project.transcript(coding.transcript).quote(coding.span),
            memo=coding.memo,
            origin=_origin(coding, coding.coder in models).value,
            score=coding.score,
            created=coding.created,
            codebook_version=coding.codebook_version,
            weight=coding.weight,
        )


def _origin(coding: Coding, model: bool) -> Origin:
    """A model's coding is a suggestion and a person's never is, whatever the project says."""
    if model:
        return Origin.AUTO
    return Origin.BLIND if coding.origin is Origin.AUTO else coding.origin


def _write_csv(rows: Iterable[Row], path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            cells = asdict(row)
            writer.writerow("" if cell is None else guarded(str(cell)) for cell in cells.values())


def _write_jsonl(rows: Iterable[Row], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(f"{json.dumps(asdict(row), ensure_ascii=False)}\n")


# --- reading


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a table of ours; refuse the file for the first that is in another form."""
    readers = {".csv": _read_csv, ".jsonl": _read_jsonl}
    try:
        yield from readers[path.suffix.casefold()](path)
    except OSError as fault:
        raise FileRefused(path, f"it cannot be opened ({fault.strerror})", "check the path") from None
    except UnicodeDecodeError:
        raise FileRefused(path, "it is not UTF-8", "save it as UTF-8") from None


def _read_csv(path: Path) -> Iterator[Row]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # a coding may be a whole transcript
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        try:
            for number, row in enumerate(rows, start=2):
                cells = {name: unguarded(cell) for name, cell in row.items() if name in COLUMNS and cell is not None}
                yield _row(path, number, {name: cell for name, cell in cells.items() if cell or name not in _NUMBERS})
        except csv.Error as fault:
            raise FileRefused(path, f"it is no readable table ({fault})", _REMEDY) from None


def _read_jsonl(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            try:
                record = json.loads(line)
            except ValueError:
                raise FileRefused(path, "it is not JSON", _REMEDY, f"line {number}") from None
            if not isinstance(record, dict):
                raise FileRefused(path, "it is no object", _REMEDY, f"line {number}")
            yield _row(path, number, {name: value for name, value in record.items() if name in COLUMNS})


def _row(path: Path, number: int, cells: dict[str, Any]) -> Row:
    try:
        numbers = {name: kind(cells[name]) for name, kind in _NUMBERS.items() if cells.get(name) is not None}
        return Row(**(cells | numbers))
    except (TypeError, ValueError, OverflowError):
        what = f"it is no coding with the columns {', '.join(COLUMNS[:6])}"
        raise FileRefused(path, what, _REMEDY, f"row {number}") from None


def verify(path: Path, project: Project) -> Compared:
    """Read the written table back and compare it row by row, every column; return what was compared."""
    return compare_codings(path, map(_coded, _rows(project)), map(_coded, read_rows(path)))


def _coded(row: Row) -> Coded:
    rest = (row.start, row.end, row.memo, row.origin, row.score, row.created, row.codebook_version, row.weight)
    return coded(row.document, row.coder, row.code, row.quote, *rest)
