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

A coder any of whose codings is ``auto`` is a model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from autocoder.errors import FileRefused
from autocoder.formats.plain import read_text
from autocoder.formats.tables import Layout, Row, Table
from autocoder.project import Coder, CoderKind, Origin, Problem, Quote, Reading, Span

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
_PATH = re.compile(r"\s+>\s+")


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
