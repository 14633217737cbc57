"""Codings in autocoder's own tables: .csv (UTF-8) and .jsonl (one object a line), with the same names in both.

=================  ======================================================================================
document           the transcript's name; must be there
start, end         the position, half-open, in code points of the stored text; may be missing
code               the path of names from the root, joined by `` > ``; must be there
coder              who coded; ``unknown`` without it
quote              the text of the span; must be there, for a position is believed only where it is the quote
memo               words beside the coding
origin             blind (without it), assisted, auto (a model's) or adjudicated
score              a model's number
created            ISO 8601
codebook_version   the version of the codebook under which it was coded
weight             the importance that a person gave; optional
=================  ======================================================================================

A coder any of whose codings is ``auto`` is a model. What is written has every column; a .csv has a byte order mark, so
that Excel shows Hebrew, and no cell of it runs as a formula (:mod:`autocoder.formats.cells`). A carriage return, which
no stored text has, is read back from a .csv as a line end.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from autocoder.errors import FileRefused
from autocoder.formats.cells import guarded
from autocoder.formats.plain import read_text
from autocoder.formats.tables import Layout, Row, Table, read_table
from autocoder.formats.whole import Coded, Compared, ExportRefused, check_codings, coded, compare_codings, whole
from autocoder.project import Coder, CoderKind, Coding, Origin, Problem, Project, Quote, Reading, Span

COLUMNS = (
    "document",
    "start",
    "end",
    "code",
    "coder",
    "quote",
    "memo",
    "origin",
    "score",
    "created",
    "codebook_version",
    "weight",
)
LAYOUT = Layout(
    "autocoder",
    dict.fromkeys(COLUMNS, ()),
    ("document", "start", "end", "code", "quote"),
    "give it the columns document, start, end, code, coder and quote",
)
_REQUIRED = ("document", "code", "quote")
_PATH = re.compile(r"(?<!\s)\s+>\s+")  # begins where the space does: one pass over any cell


class _BadRow(ValueError):
    """What is wrong with a row."""


def read_rows(path: Path, table: Table) -> Reading:
    """Return the quotes of a .csv or .xlsx with these columns."""
    return _reading(path, table.rows, "row", table.notes)


def read(path: Path) -> Reading:
    """Return the quotes of a .jsonl; refuse a file that is not one object a line."""
    text, notes = read_text(path)
    rows = [_row(path, number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not any(set(_REQUIRED) <= row.cells.keys() for row in rows):
        what = f"no line has all of {', '.join(_REQUIRED)}"
        raise FileRefused(path, what, f"write one object a line with {', '.join(COLUMNS)}")
    return _reading(path, rows, "line", notes)


def _row(path: Path, number: int, line: str) -> Row:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise FileRefused(path, "it is not JSON", "write one object a line", f"line {number}") from None
    if not isinstance(record, dict):
        raise FileRefused(path, "it is no object", "write one object a line", f"line {number}")
    return Row(number, {key: "" if value is None else str(value) for key, value in record.items()})


def _reading(path: Path, rows: Iterable[Row], what: str, notes: tuple[str, ...]) -> Reading:
    quotes: list[Quote] = []
    problems: list[Problem] = []
    for row in rows:
        try:
            quotes.append(_quote(row))
        except _BadRow as fault:
            problems.append(Problem(path.name, f"{what} {row.number}", f"{fault}, so it is not read"))
    return Reading(coders=_coders(quotes), quotes=tuple(quotes), problems=tuple(problems), notes=notes)


def _coders(quotes: Iterable[Quote]) -> tuple[Coder, ...]:
    kinds: dict[str, CoderKind] = {}
    for quote in quotes:
        kind = CoderKind.MODEL if quote.origin is Origin.AUTO else CoderKind.HUMAN
        kinds[quote.coder] = CoderKind.MODEL if CoderKind.MODEL in (kind, kinds.get(quote.coder)) else kind
    return tuple(Coder(name, kind) for name, kind in kinds.items())


def _quote(row: Row) -> Quote:
    missing = [column for column in _REQUIRED if not row[column].strip()]
    if row["quote"] and row["start"].strip():  # a position needs no words
        missing = [column for column in missing if column != "quote"]
    if missing:
        raise _BadRow(f"it has no {' and no '.join(missing)}")
    origin = row["origin"].strip().casefold() or Origin.BLIND.value
    if origin not in {*Origin}:
        raise _BadRow(f"its origin is none of {', '.join(Origin)}")
    version = _number(row, "codebook_version")
    return Quote(
        document=row["document"].strip(),
        code_path=tuple(part.strip() for part in _PATH.split(row["code"]) if part.strip()),
        text=row["quote"],
        coder=row["coder"].strip() or "unknown",
        row=row.number,
        memo=row["memo"],
        created=row["created"].strip(),
        span=_span(row),
        weight=_number(row, "weight"),
        origin=Origin(origin),
        score=_number(row, "score"),
        codebook_version=None if version is None else int(version),
    )


def _span(row: Row) -> Span | None:
    start, end = _number(row, "start"), _number(row, "end")
    if start is None or end is None:
        return None
    try:
        return Span(int(start), int(end))
    except ValueError:
        raise _BadRow("its start and end are no span") from None


def _number(row: Mapping[str, str] | Row, column: str) -> float | None:
    text = row[column].strip()
    try:
        number = float(text) if text else None
    except ValueError:
        raise _BadRow(f"its {column} is no number") from None
    if number is not None and not abs(number) < 2**53:
        raise _BadRow(f"its {column} is no number")
    return number


# --- writing


def write(project: Project, path: Path) -> None:
    """Write every coding, by transcript and position, whole or not at all; the ending says which form."""
    check_codings(project)
    writers = {".csv": _write_csv, ".jsonl": _write_jsonl}
    writer = writers.get(path.suffix.casefold())
    if writer is None:
        raise ExportRefused(f"{path.name}: codings are written as .csv or .jsonl; give the file one of these endings.")
    with whole(path) as part:
        writer(_rows(project), part)


def _rows(project: Project) -> Iterator[dict[str, object]]:
    """The codings as the columns have them, in the columns' order."""
    models = {coder.name for coder in project.coders if coder.kind is CoderKind.MODEL}
    paths = {code.id: project.codebook.path(code.id) for code in project.codebook}
    order = {transcript.name: place for place, transcript in enumerate(project.transcripts)}
    distinct = {each.key: each for each in reversed(project.codings)}
    by_place = sorted(distinct.values(), key=lambda each: (order[each.transcript], each.span, each.coder, each.code))
    for coding in by_place:
        quote = project.transcript(coding.transcript).quote(coding.span)
        origin = _origin(coding, coding.coder in models).value
        cells = (coding.transcript, coding.span.start, coding.span.end, paths[coding.code], coding.coder, quote)
        more = (coding.memo, origin, coding.score, coding.created, coding.codebook_version, coding.weight)
        yield dict(zip(COLUMNS, (*cells, *more), strict=True))


def _origin(coding: Coding, model: bool) -> Origin:
    """A model's coding is a suggestion and a person's never is, whatever the project says."""
    if model:
        return Origin.AUTO
    return Origin.BLIND if coding.origin is Origin.AUTO else coding.origin


def _write_csv(rows: Iterable[Mapping[str, object]], path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow("" if cell is None else guarded(str(cell)) for cell in row.values())


def _write_jsonl(rows: Iterable[Mapping[str, object]], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(f"{json.dumps(row, ensure_ascii=False)}\n")


# --- reading back


def verify(path: Path, project: Project) -> Compared:
    """Read the written table back and compare it row by row, every column; return what was compared."""
    is_lines = path.suffix.casefold() == ".jsonl"
    wanted = [_coded(_quote(row)) for row in _rows_as_read(project, str if is_lines else read_line_ends)]
    if is_lines and not path.stat().st_size:  # no coding makes no line, which reading refuses
        return compare_codings(path, wanted, ())
    found = read(path) if is_lines else read_rows(path, read_table(path, LAYOUT))
    return compare_codings(path, wanted, map(_coded, found.quotes))


def read_line_ends(cell: str) -> str:
    """Return the cell of a .csv as it is read back: every line end as the stored texts have it."""
    return cell.replace("\r\n", "\n").replace("\r", "\n")


def _rows_as_read(project: Project, cell_as_read: Callable[[str], str]) -> Iterator[Row]:
    for row in _rows(project):
        yield Row(0, {name: "" if cell is None else cell_as_read(str(cell)) for name, cell in row.items()})


def _coded(quote: Quote) -> Coded:
    rest = (quote.span, quote.memo, quote.origin, quote.score, quote.created, quote.codebook_version, quote.weight)
    return coded(quote.document, quote.coder, " > ".join(quote.code_path), quote.text, *rest)
