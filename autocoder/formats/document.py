"""Paragraphs and tables into stored text and its parts, for every format that has them (.docx, .odt, .rtf).

* A paragraph is a line, or several where it holds line breaks. In a line whose bold beginning ends in a colon, that
  beginning is a part of its own, for it may be a label.
* A table's row is a line: its cells in the file's own order, which a table from right to left shows mirrored, with a
  tab between them.
* In a table of two to four columns the speaker's column is the one of short labels, the text's column the one with the
  most words, a time's column the one of clock times; each row is then a turn, and a row without a speaker goes on with
  the speaker above it. Any other table is read line by line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from autocoder.formats import labels
from autocoder.formats.speakers import Line, Saying, check_length
from autocoder.text import count_words

_SPEAKER_HEADINGS = frozenset(("דובר", "דוברת", "דובר/ת", "דוברים", "שם", "speaker", "name", "who"))
_TEXT_HEADINGS = frozenset(
    ("טקסט", "תוכן", "דברים", "תמלול", "מלל", "אמירה", "text", "speech", "content", "transcript")
)
_MOST_OF = 0.8


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a paragraph in one weight."""

    text: str
    bold: bool


@dataclass
class Stored:
    """The stored text as it grows, and its parts."""

    chunks: list[str] = field(default_factory=list)
    length: int = 0
    lines: int = 0
    parts: list[Line | Saying] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.chunks)

    def add(self, text: str) -> tuple[int, int]:
        """Add text at the end and return its span; raise TooLong before the whole is more than a transcript."""
        start = self.length
        self.length += len(text)
        self.lines += text.count("\n")
        check_length(self.lines, self.length)
        self.chunks.append(text)
        return start, self.length


# -- paragraphs


def store_paragraph(pieces: Sequence[Piece], stored: Stored) -> None:
    """Store a paragraph's text; each of its lines is a part, or two where a bold label opens it."""
    for i, line in enumerate(_split_lines(pieces)):
        if i:
            stored.add("\n")
        text = "".join(piece.text for piece in line)
        start, end = stored.add(text)
        label = _bold_label(line)
        bold = all(piece.bold for piece in line if piece.text.strip()) and bool(text.strip())
        if 0 < label < len(text.rstrip()):
            stored.parts.append(Line(start, start + label, bold=True, opens=i == 0))
            stored.parts.append(Line(start + label, end, opens=False))
        else:
            stored.parts.append(Line(start, end, bold=bold, opens=i == 0))


def _split_lines(pieces: Sequence[Piece]) -> list[list[Piece]]:
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        first, *others = piece.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        lines[-1].append(Piece(first, piece.bold))
        lines += [[Piece(text, piece.bold)] for text in others]
    return lines


def _bold_label(line: Sequence[Piece]) -> int:
    """Return how much of a line is a bold beginning that ends in a colon, the colon bold or not; 0 without one."""
    length = 0
    for piece in line:
        if not piece.bold and piece.text.strip():
            break
        length += len(piece.text)
    text = "".join(piece.text for piece in line)
    if not text[:length].strip():
        return 0
    after = re.match(r"\s*:\s*", text[length:])
    if after:
        return length + after.end()
    return length if text[:length].rstrip().endswith(":") else 0


# -- tables


def store_table(rows: Sequence[Sequence[str]], stored: Stored) -> None:
    """Store a table's rows; each is a turn where the table is a transcript, and lines where it is not."""
    columns = _columns(rows)
    speaker = ""
    for i, cells in enumerate(rows):
        spans = _store_row(cells, stored)
        if columns is None or len(cells) != columns.count:
            stored.parts += _lines_of_row(cells, spans)
            continue
        if i == 0 and columns.has_heading:
            continue
        speaker = cells[columns.speaker].strip() or speaker
        clock = cells[columns.time] if columns.time is not None else ""
        time = labels.seconds(clock) if labels.is_clock(clock) else None
        stored.parts.append(_said(cells[columns.text], spans[columns.text], speaker, time))


def _said(cell: str, span: tuple[int, int], speaker: str, time: float | None) -> Saying:
    """Return the saying of a row, a timestamp at the beginning of its text left out."""
    stamp = labels.leading_time(cell, 0, len(cell))
    if stamp is None:
        return Saying(speaker, *span, time)
    return Saying(speaker, span[0] + stamp[1], span[1], stamp[0] if time is None else time)


def _store_row(cells: Sequence[str], stored: Stored) -> list[tuple[int, int]]:
    spans = []
    for i, cell in enumerate(cells):
        if i:
            stored.add("\t")
        spans.append(stored.add(cell))
    stored.add("\n")
    return spans


def _lines_of_row(cells: Sequence[str], spans: Sequence[tuple[int, int]]) -> Iterator[Line]:
    """Yield the lines of a row that is no turn: its first line runs over the tabs up to the first line break."""
    if not spans:
        return
    row, start = "\t".join(cells), spans[0][0]
    for i, line in enumerate(row.split("\n")):
        yield Line(start, start + len(line), opens=i == 0)
        start += len(line) + 1


@dataclass(frozen=True)
class _Columns:
    """Which column of a transcript's table holds what."""

    count: int
    speaker: int
    text: int
    time: int | None
    has_heading: bool


def _columns(rows: Sequence[Sequence[str]]) -> _Columns | None:
    """Return the columns of a table that is a transcript; None for any other table."""
    count = Counter(len(row) for row in rows).most_common(1)[0][0] if rows else 0
    if not 2 <= count <= 4:
        return None
    whole = [row for row in rows if len(row) == count]
    has_heading = _is_heading_row(whole[0])
    columns = [[row[i].strip() for row in whole[has_heading:] if row[i].strip()] for i in range(count)]
    times = [i for i, cells in enumerate(columns) if cells and _most(map(labels.is_clock, cells))]
    others = [i for i in range(count) if i not in times]
    text = max(others, key=lambda i: sum(map(count_words, columns[i])), default=None)
    speakers = [i for i in others if i != text and columns[i] and _are_labels(columns[i], has_heading)]
    if text is None or len(speakers) != 1:
        return None
    return _Columns(count, speakers[0], text, times[0] if times else None, has_heading)


def _is_heading_row(row: Sequence[str]) -> bool:
    named = {labels.clean(cell).casefold() for cell in row}
    return bool(named & _SPEAKER_HEADINGS and named & _TEXT_HEADINGS)


def _are_labels(cells: Sequence[str], has_heading: bool) -> bool:
    """Tell whether cells are speakers: shaped like labels, and coming back unless a heading says that they are."""
    cleaned = [labels.clean(cell) for cell in cells]
    shaped = [bool(labels.known_role(cell) or labels.is_ambiguous(cell) or labels.plausible(cell)) for cell in cleaned]
    known = any(labels.known_role(cell) or labels.is_ambiguous(cell) for cell in cleaned)
    return _most(shaped) and (has_heading or known or len(set(cleaned)) < len(cleaned))


def _most(answers: Iterable[bool]) -> bool:
    listed = list(answers)
    return sum(listed) >= _MOST_OF * len(listed)
