"""Word transcripts (.docx): paragraphs and tables in the order of the document.

The stored text is defined so:

* a paragraph is a line and ends in a line break; a soft line break is one more, a tab stays a tab;
* tracked changes are read as if accepted: insertions are text, deletions are not; the text of links is kept;
* a table's row is a line: its cells in the file's own order, which a table from right to left shows mirrored, with a
  tab between them, and line breaks between the paragraphs of a cell;
* headers, footers, notes, comments and text boxes are not in the text; a problem names those that hold some.

A document that autocoder exported keeps the name of its transcript, and the text as it was, with or without a line end
behind the last line.

How paragraphs and tables become lines and turns is what ``document.py`` says. A label is what ``speakers.py`` says; in
Word it may also be the bold beginning of a paragraph that ends in a colon, and a bold paragraph above the speech.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from autocoder.errors import FileRefused
from autocoder.formats import margin
from autocoder.formats.archive import Archive, check_memory, open_archive, parse_xml, tree_size
from autocoder.formats.cues import cues_in, read_cues
from autocoder.formats.document import Piece, Stored, store_paragraph, store_table
from autocoder.formats.speakers import Answers, read_parts
from autocoder.project import Problem, Reading

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


class _Weights:
    """Whether a run is bold: by itself, by its character style, by its paragraph's style."""

    def __init__(self, document: Document) -> None:
        # the elements themselves: python-docx knows no style without a type
        styles = document.styles.element.iterchildren(f"{_W}style")
        self._styles: dict[str, etree._Element] = {style.get(f"{_W}styleId", ""): style for style in styles}
        self.of_style = cache(self._of_style)

    def _of_style(self, style_id: str) -> bool:
        style = self._styles.get(style_id)
        for _ in range(len(self._styles)):  # styles may rest on each other in a circle
            if style is None:
                return False
            if (weight := _weight(style.find(f"{_W}rPr"))) is not None:
                return weight
            base = style.find(f"{_W}basedOn")
            style = None if base is None else self._styles.get(base.get(f"{_W}val", ""))
        return False

    def of_run(self, run: etree._Element, inherited: bool) -> bool:
        properties = run.find(f"{_W}rPr")
        if properties is None:
            return inherited
        if (weight := _weight(properties)) is not None:
            return weight
        style = properties.find(f"{_W}rStyle")
        return inherited or (style is not None and self.of_style(style.get(f"{_W}val", "")))


def read(path: Path, answers: Answers | None = None) -> Reading:
    """Return the transcript of a .docx file; ``answers`` say who is who, by label."""
    archive = open_archive(path)
    document = _open(path, archive)
    stored = _stored(document)
    text = stored.text
    if not text.strip():
        raise FileRefused(path, "the document holds no text", "check that it is the right file")
    problems, notes = _beside_the_text(path, document), _tracked_changes(document.element.body)
    if signed := margin.signature(archive):
        reading = read_parts(path, signed.original(text), stored.parts, answers, notes, problems)
        return _named(reading, signed.name or path.stem)
    if cues := cues_in(text):
        return read_cues(path, cues, answers, notes, problems)
    return read_parts(path, text, stored.parts, answers, notes, problems)


def transcript_name(path: Path) -> str:
    """Return the name that the transcript of a file gets: an exported one's own, else the file's."""
    signed = margin.signature(open_archive(path))
    return signed.name if signed and signed.name else path.stem


def _named(reading: Reading, name: str) -> Reading:
    return replace(reading, transcripts=tuple(replace(each, name=name) for each in reading.transcripts))


def open_document(path: Path) -> Document:
    """Open a Word file after all its checks, for readers of what stands beside the text."""
    return _open(path, open_archive(path))


def text_of(document: Document) -> str:
    """Return the text of a document as it is stored."""
    return _stored(document).text


def _stored(document: Document) -> Stored:
    weights, stored = _Weights(document), Stored()
    for block in _blocks(document.element.body):
        _store_block(block, weights, stored)
    return stored


def parts_beside(path: Path, document: Document) -> Iterator[tuple[str, etree._Element]]:
    """Yield the kind and the root of each part that the text refers to and that is text as well."""
    for relation in document.part.rels.values():
        kind = (relation.reltype or "").rpartition("/")[2]  # damaged, a relation may have no type
        if kind in (*_BESIDE_THE_TEXT, "comments") and not relation.is_external:
            yield kind, parse_xml(relation.target_part.blob, path, kind)


def _open(path: Path, archive: Archive) -> Document:
    """Check every XML part for a DOCTYPE, which python-docx would let pass, and open the document.

    python-docx keeps the trees of all parts, so that they are counted together.
    """
    size = 0
    for name in archive.names():
        if name.casefold().endswith((".xml", ".rels")):
            data = archive.read(name)
            size += tree_size(data)
            check_memory(path, size, name)
            parse_xml(data, path, name)
    import docx

    try:
        document: Document = docx.Document(BytesIO(path.read_bytes()))
        # a part of another kind in their place is noticed only when they are asked for
        _ = document.element.body, document.styles
        return document
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


def _store_block(block: etree._Element, weights: _Weights, stored: Stored) -> None:
    if block.tag == f"{_W}tbl":
        _store_table(block, weights, stored)
        return
    pieces = _pieces(block, weights)
    store_paragraph(pieces, stored)
    if not _mark_is_deleted(block):
        stored.add("\n")


# -- paragraphs


def _pieces(paragraph: etree._Element, weights: _Weights) -> list[Piece]:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    inherited = style is not None and weights.of_style(style.get(f"{_W}val", ""))
    return [
        Piece(text, weights.of_run(run, inherited)) for run in _runs(paragraph) if (text := "".join(_run_text(run)))
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


# -- tables


def _store_table(table: etree._Element, weights: _Weights, stored: Stored) -> None:
    rows = [_cells(row, weights) for row in _children(table, "tr") if row.find(f"{_W}trPr/{_W}del") is None]
    store_table(rows, stored)


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
    inner = Stored()
    for block in _blocks(cell):
        _store_block(block, weights, inner)
    return inner.text.removesuffix("\n")


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
    for kind, root in parts_beside(path, document):
        if kind in _BESIDE_THE_TEXT:
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
