"""OpenDocument transcripts (.odt), as LibreOffice writes them: paragraphs and tables in the order of the document.

The stored text is defined so:

* a paragraph or heading is a line and ends in a line break; a line break inside it is one more, a tab stays a tab;
* white space counts as OpenDocument says: a run of it is one space, and none at a paragraph's beginning; spaces that
  are meant are elements of their own, and so are no-break spaces;
* tracked insertions are text, tracked deletions are not; the text of links and fields is kept;
* headers, footers, notes, comments and text boxes are not in the text; a problem names those that hold some.

How paragraphs and tables become lines and turns is what ``document.py`` says. A document in which the whole content is
encrypted, or only its parts are, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lxml import etree

from autocoder.errors import FileRefused
from autocoder.formats.archive import Archive, open_archive, parse_xml
from autocoder.formats.cues import cues_in, read_cues
from autocoder.formats.document import Piece, Stored, store_paragraph, store_table
from autocoder.formats.speakers import Answers, check_length, read_parts
from autocoder.project import Problem, Reading

_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
_TEXT, _TABLE, _OFFICE, _STYLE, _DRAW = (
    f"{{{_NAMESPACE.format(name)}}}" for name in ("text", "table", "office", "style", "drawing")
)
_FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
_PARAGRAPHS = (f"{_TEXT}p", f"{_TEXT}h")
_BESIDE_THE_TEXT = {
    f"{_TEXT}note": "the notes hold text, which was not read",
    f"{_OFFICE}annotation": (
        "the comments in the margin were not read; if they are codes, save the document as .docx and import that"
    ),
    f"{_DRAW}text-box": "text boxes hold text, which was not read; move it into paragraphs",
}
_HEADERS = tuple(f"{_STYLE}{name}" for name in ("header", "footer", "header-first", "footer-first"))
_DROPPED = frozenset(
    (
        f"{_TEXT}note",
        f"{_TEXT}ruby-text",
        f"{_TEXT}tracked-changes",
        f"{_OFFICE}annotation",
        f"{_OFFICE}forms",
        f"{_OFFICE}scripts",
        f"{_DRAW}frame",
        f"{_DRAW}text-box",
    )
)
_SPACES = re.compile(r"[ \t\r\n]+")
_MOST_SPACES = 1_000
_MOST_CELLS = 12
"""How often a repeated empty cell counts: enough for any transcript's table, too little for a bomb."""


@dataclass(frozen=True)
class _Style:
    parent: str | None
    bold: bool | None


class _Weights:
    """Whether text is bold, by the name of its style."""

    def __init__(self, roots: Sequence[etree._Element]) -> None:
        self._styles = {name: style for root in roots for name, style in _styles(root)}
        self.of_style = cache(self._of_style)

    def _of_style(self, name: str | None) -> bool | None:
        for _ in range(len(self._styles)):
            style = self._styles.get(name or "")
            if style is None or style.bold is not None:
                return None if style is None else style.bold
            name = style.parent
        return None


def read(path: Path, answers: Answers | None = None) -> Reading:
    """Return the transcript of an .odt file; ``answers`` say who is who, by label."""
    archive = open_archive(path)
    _refuse_encrypted(path, archive)
    content = parse_xml(archive.read("content.xml"), path, "content.xml")
    styles = parse_xml(archive.read("styles.xml"), path, "styles.xml") if archive.find("styles.xml") else content
    body = content.find(f"{_OFFICE}body/{_OFFICE}text")
    if body is None:
        raise FileRefused(path, "it is an OpenDocument file but no text document", "save the transcript as .odt")
    stored = _stored(body, _Weights((styles, content)))
    text = stored.text
    if not text.strip():
        raise FileRefused(path, "the document holds no text", "check that it is the right file")
    notes, problems = _tracked_changes(body), tuple(_beside_the_text(path, body, styles))
    if cues := cues_in(text):
        return read_cues(path, cues, answers, notes, problems)
    return read_parts(path, text, stored.parts, answers, notes, problems)


def _refuse_encrypted(path: Path, archive: Archive) -> None:
    """Look for what the manifest says of an encrypted member; it is not parsed, for old ones have a DOCTYPE."""
    manifest = archive.find("META-INF/manifest.xml")
    if archive.find("encrypted-package") or (manifest and b"encryption-data" in archive.read(manifest)):
        raise FileRefused(path, "it is protected with a password", "save it without a password and import that")
    if archive.find("content.xml") is None:
        what = "it is a zip file but not an OpenDocument text, or parts of it are missing"
        raise FileRefused(path, what, "open it in LibreOffice and save it as .odt")


def _styles(root: etree._Element) -> Iterator[tuple[str, _Style]]:
    for style in root.iter(f"{_STYLE}style"):
        properties = style.find(f"{_STYLE}text-properties")
        yield style.get(f"{_STYLE}name", ""), _Style(style.get(f"{_STYLE}parent-style-name"), _weight(properties))


def _weight(properties: etree._Element | None) -> bool | None:
    """Return whether text properties say bold, for Hebrew (``complex``) or Latin letters; None when they do not say."""
    if properties is None:
        return None
    said = [properties.get(f"{_FO}font-weight"), properties.get(f"{_STYLE}font-weight-complex")]
    values = [_is_bold(value) for value in said if value is not None]
    return any(values) if values else None


def _is_bold(value: str) -> bool:
    return value == "bold" or (value.isdecimal() and int(value[:4]) >= 600)


# -- paragraphs and tables


def _stored(parent: etree._Element, weights: _Weights) -> Stored:
    stored = Stored()
    for block in _blocks(parent):
        if block.tag in _PARAGRAPHS:
            store_paragraph(_collapsed(_pieces(block, weights, bool(_weight_of(block, weights)))), stored)
            stored.add("\n")
        else:
            store_table([_cells(row, weights) for row in _rows(block)], stored)
    return stored


def _blocks(parent: etree._Element) -> Iterator[etree._Element]:
    """Yield paragraphs and tables in order, out of the lists and sections that wrap them."""
    for child in parent:
        if child.tag in (*_PARAGRAPHS, f"{_TABLE}table"):
            yield child
        elif isinstance(child.tag, str) and child.tag not in _DROPPED:
            yield from _blocks(child)


def _rows(parent: etree._Element) -> Iterator[etree._Element]:
    for child in parent:
        if child.tag == f"{_TABLE}table-row":
            yield child
        elif child.tag in tuple(f"{_TABLE}{name}" for name in ("table-header-rows", "table-rows", "table-row-group")):
            yield from _rows(child)


def _cells(row: etree._Element, weights: _Weights) -> list[str]:
    cells: list[str] = []
    for cell in row:
        if cell.tag in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            repeated = _count(cell.get(f"{_TABLE}number-columns-repeated"), _MOST_CELLS)
            cells += [_stored(cell, weights).text.removesuffix("\n")] * repeated
    return cells


def _count(value: str | None, most: int) -> int:
    return min(most, max(1, int(value[:6]))) if value and value.isascii() and value.isdecimal() else 1


def _weight_of(element: etree._Element, weights: _Weights) -> bool | None:
    return weights.of_style(element.get(f"{_TEXT}style-name"))


def _pieces(element: etree._Element, weights: _Weights, bold: bool) -> Iterator[tuple[Piece, bool]]:
    """Yield a paragraph's text in its weights, and for each piece whether its white space is meant."""
    yield Piece(element.text or "", bold), False
    for child in element:
        if child.tag == f"{_TEXT}s":
            yield Piece(" " * _count(child.get(f"{_TEXT}c"), _MOST_SPACES), bold), True
        elif child.tag == f"{_TEXT}tab":
            yield Piece("\t", bold), True
        elif child.tag == f"{_TEXT}line-break":
            yield Piece("\n", bold), True
        elif isinstance(child.tag, str) and child.tag not in _DROPPED:
            own = _weight_of(child, weights) if child.tag == f"{_TEXT}span" else None
            yield from _pieces(child, weights, bold if own is None else own)
        yield Piece(child.tail or "", bold), False


def _collapsed(pieces: Iterator[tuple[Piece, bool]]) -> list[Piece]:
    kept: list[Piece] = []
    after_space = True
    length = 0
    for piece, meant in pieces:
        length += len(piece.text)
        check_length(0, length)  # a thousand spaces are one small element
        text = piece.text if meant else _SPACES.sub(" ", piece.text)
        if not meant and after_space:
            text = text.removeprefix(" ")
        if text:
            kept.append(Piece(text, piece.bold))
            after_space = not meant and text.endswith(" ")
    return kept


# -- what else the document holds


def _tracked_changes(body: etree._Element) -> tuple[str, ...]:
    inserted = sum(1 for _ in body.iter(f"{_TEXT}insertion"))
    deleted = sum(1 for _ in body.iter(f"{_TEXT}deletion"))
    if not inserted and not deleted:
        return ()
    return (f"tracked changes: {inserted} insertions were read, {deleted} deletions were left out",)


def _beside_the_text(path: Path, body: etree._Element, styles: etree._Element) -> Iterator[Problem]:
    """Yield a problem for each kind of text that is not part of the conversation and was not read."""
    for tag, what in _BESIDE_THE_TEXT.items():
        if any(map(_holds_text, body.iter(tag))):
            yield Problem(path.name, "", what)
    if any(map(_holds_text, styles.iter(*_HEADERS))):
        yield Problem(path.name, "", "the headers or footers hold text, which was not read")


def _holds_text(element: etree._Element) -> bool:
    return any(text.strip() for text in element.itertext())
