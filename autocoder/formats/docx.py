"""Word transcripts (.docx): paragraphs and tables in the order of the document.

The stored text is defined so:

* a paragraph is a line and ends in a line break; a soft line break is one more, a tab stays a tab;
* tracked changes are read as if accepted: insertions are text, deletions are not; the text of links is kept;
* a table's row is a line: its cells in the file's own order, which a table from right to left shows mirrored, with a
  tab between them, and line breaks between the paragraphs of a cell;
* headers, footers, notes, comments and text boxes are not in the text; a problem names those that hold some.

A label is what ``speakers.py`` says. In Word it may also be the bold beginning of a paragraph that ends in a colon,
and a bold paragraph above the speech. In a table of two to four columns the speaker's column is the one of short
labels, the text's column the one with the most words, a time's column the one of clock times; each row is then a turn,
and a row without a speaker goes on with the speaker above it. Any other table is read line by line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from autocoder.errors import FileRefused
from autocoder.formats import labels
from autocoder.formats.archive import Archive, open_archive, parse_xml
from autocoder.formats.speakers import Line, Saying, read_parts
from autocoder.project import Problem, Reading, Role
from autocoder.text import count_words

if TYPE_CHECKING:
    from docx.document import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BREAKS = {f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}tab": "\t", f"{_W}noBreakHyphen": "-"}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DROPPED = frozenset(f"{_W}{name}" for name in ("del", "moveFrom", "pPr", "rPr", "txbxContent")) | {_FALLBACK}
_BESIDE_THE_TEXT = {
    "header": "the headers hold text, which was not read",
    "footer": "the footers hold text, which was not read",
    "footnotes": "the footnotes hold text, which was not read",
    "endnotes": "the endnotes hold text, which was not read",
}
_SPEAKER_HEADINGS = frozenset(("דובר", "דוברת", "דובר/ת", "דוברים", "שם", "speaker", "name", "who"))
_TEXT_HEADINGS = frozenset(
    ("טקסט", "תוכן", "דברים", "תמלול", "מלל", "אמירה", "text", "speech", "content", "transcript")
)
_MOST_OF = 0.8


@dataclass(frozen=True)
class _Piece:
    """A stretch of a paragraph in one weight."""

    text: str
    bold: bool


@dataclass
class _Stored:
    """The stored text as it grows, and its parts."""

    chunks: list[str] = field(default_factory=list)
    length: int = 0
    parts: list[Line | Saying] = field(default_factory=list)

    def add(self, text: str) -> tuple[int, int]:
        start = self.length
        self.chunks.append(text)
        self.length += len(text)
        return start, self.length


class _Weights:
    """Whether a run is bold: by itself, by its character style, by its paragraph's style."""

    def __init__(self, document: Document) -> None:
        self._styles = {style.style_id: style for style in document.styles}
        self.of_style = cache(self._of_style)

    def _of_style(self, style_id: str) -> bool:
        style: Any = self._styles.get(style_id)
        for _ in range(len(self._styles)):
            if style is None:
                return False
            properties = style.element.find(f"{_W}rPr")
            if (weight := _weight(properties)) is not None:
                return weight
            style = getattr(style, "base_style", None)
        return False

    def of_run(self, run: etree._Element, inherited: bool) -> bool:
        properties = run.find(f"{_W}rPr")
        if properties is None:
            return inherited
        if (weight := _weight(properties)) is not None:
            return weight
        style = properties.find(f"{_W}rStyle")
        return inherited or (style is not None and self.of_style(style.get(f"{_W}val", "")))


def read(path: Path, roles: Mapping[str, Role] | None = None) -> Reading:
    """Return the transcript of a .docx file; ``roles`` answers who is who, by label."""
    archive = open_archive(path)
    document = _open(path, archive)
    weights = _Weights(document)
    stored = _Stored()
    for block in _blocks(document.element.body):
        _store_block(block, weights, stored)
    text = "".join(stored.chunks)
    if not text.strip():
        raise FileRefused(path, "the document holds no text", "check that it is the right file")
    problems = _beside_the_text(path, document)
    return read_parts(path, text, stored.parts, roles, _tracked_changes(document.element.body), problems)


def open_document(path: Path) -> Document:
    """Open a Word file after all its checks, for readers of what stands beside the text."""
    return _open(path, open_archive(path))


def text_of(document: Document) -> str:
    """Return the text of a document as it is stored."""
    weights, stored = _Weights(document), _Stored()
    for block in _blocks(document.element.body):
        _store_block(block, weights, stored)
    return "".join(stored.chunks)


def _open(path: Path, archive: Archive) -> Document:
    """Check every XML part for a DOCTYPE, which python-docx would let pass, and open the document."""
    for name in archive.names():
        if name.casefold().endswith((".xml", ".rels")):
            parse_xml(archive.read(name), path, name)
    import docx

    try:
        return docx.Document(BytesIO(path.read_bytes()))
    except Exception as error:  # python-docx raises whatever a broken part makes it stumble over
        what = "it is a zip file but not a Word document, or parts of it are missing or damaged"
        raise FileRefused(path, what, "open it in Word and save it as .docx") from error


def _blocks(parent: etree._Element) -> Iterator[etree._Element]:
    """Yield paragraphs and tables in order, out of content controls and insertions that wrap them."""
    for child in parent:
        if child.tag in (f"{_W}p", f"{_W}tbl"):
            yield child
        elif isinstance(child.tag, str) and child.tag not in _DROPPED:
            yield from _blocks(child)


def _store_block(block: etree._Element, weights: _Weights, stored: _Stored) -> None:
    if block.tag == f"{_W}tbl":
        _store_table(block, weights, stored)
        return
    pieces = _pieces(block, weights)
    _store_paragraph(pieces, stored)
    if not _mark_is_deleted(block):
        stored.add("\n")


# -- paragraphs


def _pieces(paragraph: etree._Element, weights: _Weights) -> list[_Piece]:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    inherited = style is not None and weights.of_style(style.get(f"{_W}val", ""))
    return [
        _Piece(text, weights.of_run(run, inherited)) for run in _runs(paragraph) if (text := "".join(_run_text(run)))
    ]


def _runs(parent: etree._Element) -> Iterator[etree._Element]:
    """Yield the runs of a paragraph, also those inside links, insertions, fields and content controls."""
    for child in parent:
        if child.tag == f"{_W}r":
            yield child
        elif isinstance(child.tag, str) and child.tag not in _DROPPED:
            yield from _runs(child)


def _run_text(run: etree._Element) -> Iterator[str]:
    for child in run:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _BREAKS:
            yield _BREAKS[child.tag]


def _mark_is_deleted(paragraph: etree._Element) -> bool:
    """Tell whether the end of a paragraph is a tracked deletion, which joins it to the next one."""
    return paragraph.find(f"{_W}pPr/{_W}rPr/{_W}del") is not None


def _store_paragraph(pieces: Sequence[_Piece], stored: _Stored) -> None:
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


def _split_lines(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    lines: list[list[_Piece]] = [[]]
    for piece in pieces:
        first, *others = piece.text.split("\n")
        lines[-1].append(_Piece(first, piece.bold))
        lines += [[_Piece(text, piece.bold)] for text in others]
    return lines


def _bold_label(line: Sequence[_Piece]) -> int:
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


def _store_table(table: etree._Element, weights: _Weights, stored: _Stored) -> None:
    rows = [_cells(row, weights) for row in _children(table, "tr") if row.find(f"{_W}trPr/{_W}del") is None]
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


def _children(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield the rows of a table or the cells of a row, out of content controls."""
    for child in parent:
        if child.tag == f"{_W}{name}":
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins"):
            yield from _children(child, name)


def _cells(row: etree._Element, weights: _Weights) -> list[str]:
    return [_cell_text(cell, weights) for cell in _children(row, "tc")]


def _cell_text(cell: etree._Element, weights: _Weights) -> str:
    """Return a cell's text; a table inside it is written as its rows."""
    inner = _Stored()
    for block in _blocks(cell):
        _store_block(block, weights, inner)
    return "".join(inner.chunks).removesuffix("\n")


def _store_row(cells: Sequence[str], stored: _Stored) -> list[tuple[int, int]]:
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


# -- what else the document holds


def _weight(properties: etree._Element | None) -> bool | None:
    """Return whether run properties say bold, for Hebrew (``bCs``) or Latin letters; None when they do not say."""
    if properties is None:
        return None
    said = [properties.find(f"{_W}{name}") for name in ("b", "bCs")]
    values = [mark.get(f"{_W}val", "true") not in ("0", "false", "off") for mark in said if mark is not None]
    return any(values) if values else None


def _tracked_changes(body: etree._Element) -> tuple[str, ...]:
    inserted, deleted = (sum(1 for _ in body.iter(*(f"{_W}{name}" for name in names))) for names in _CHANGES)
    if not inserted and not deleted:
        return ()
    return (f"tracked changes: {inserted} insertions were read, {deleted} deletions were left out",)


_CHANGES = (("ins", "moveTo"), ("del", "moveFrom"))


def _beside_the_text(path: Path, document: Document) -> list[Problem]:
    """Return a problem for each kind of text that is not part of the conversation and was not read."""
    held: dict[str, bool] = {}
    for relation in document.part.rels.values():
        kind = relation.reltype.rsplit("/", 1)[-1]
        if kind in _BESIDE_THE_TEXT and not relation.is_external:
            root = parse_xml(relation.target_part.blob, path, kind)
            held[kind] = held.get(kind, False) or _holds_text(root)
    problems = [Problem(path.name, "", _BESIDE_THE_TEXT[kind]) for kind, holds in held.items() if holds]
    boxes = [box for box in document.element.body.iter(f"{_W}txbxContent") if _FALLBACK not in _ancestors(box)]
    if any(map(_holds_text, boxes)):
        problems.append(Problem(path.name, "", "text boxes hold text, which was not read; move it into paragraphs"))
    return problems


def _ancestors(element: etree._Element) -> set[str]:
    return {str(ancestor.tag) for ancestor in element.iterancestors()}


def _holds_text(root: etree._Element) -> bool:
    return any((element.text or "").strip() for element in root.iter(f"{_W}t"))
