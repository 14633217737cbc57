"""Coded transcripts as Word documents (.docx): the text right-to-left and shaded, the codes as comments in the margin.

One document holds one transcript, a paragraph a line. A coding is a comment on its exact span: the author is the coder,
the first line the code's path, then what :mod:`autocoder.formats.remarks` says and the memo. Where codings overlap, the
shade is the shortest one's. Word cannot hold two kinds of characters: control characters become U+FFFD, and a carriage
return a line end. The name of the transcript is the document's title, and the fingerprint of its text the document's
identifier, by which :func:`read` knows whether the text was changed in Word. :func:`signature` tells such a document
from any other, so that the reader of transcripts gives it its name and its text back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from autocoder.decided import Status, statuses
from autocoder.errors import FileRefused
from autocoder.formats import refi, remarks
from autocoder.formats.archive import Archive, open_archive, parse_xml
from autocoder.formats.whole import Coded, Compared, check_codings, coded, compare, compare_codings, whole
from autocoder.project import Codebook, Coding, Project, Span, Transcript
from autocoder.text import fingerprint

if TYPE_CHECKING:
    from docx.document import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_TITLE = 255  # what a document's property holds
_FINGERPRINT = "sha256:"
_SHADES = ("FFF2CC", "DDEBF7", "E2EFDA", "FCE4D6", "E4DFEC", "DAEEF3", "FDE9D9", "EBF1DE", "F2DCDB", "D9E1F2")
_WHITE = 0.6  # the share of white in a code's own colour, so that the text on it can be read
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_LEFT_TO_RIGHT = re.compile("[A-Za-z\u00c0-\u024f\u0370-\u052f]")
_NOT_IN_NAME = re.compile('[<>:"/\\\\|?*\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Note:
    """A comment in the margin: its span in the text, who wrote it, the code's path, the words below it, and when."""

    span: Span
    coder: str
    code: str
    words: str = ""
    created: str = ""


@dataclass(frozen=True)
class Marked:
    """What a document of ours holds; ``unchanged`` tells whether the text is the exported one, letter by letter."""

    name: str
    text: str
    notes: tuple[Note, ...]
    unchanged: bool


def exported_text(text: str) -> str:
    """Return the text as it stands in an exported document, always of the same length."""
    return refi.xml_text(text.replace("\r", "\n"))


def code_line(codebook: Codebook, code: str) -> str:
    """Return the path of a code as it stands in the first line of a comment."""
    return exported_text(codebook.path(code)).replace("\n", " ")


def file_names(transcripts: Sequence[Transcript]) -> dict[str, str]:
    """Return a file name for each transcript that every system allows, no two alike but for the case of letters."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for transcript in transcripts:
        base = _NOT_IN_NAME.sub("_", transcript.name).strip(". ")[:100] or "transcript"
        base = f"_{base}" if _RESERVED.match(base) else base
        name, number = base, 1
        while name.casefold() in taken:
            number += 1
            name = f"{base} ({number})"
        taken.add(name.casefold())
        names[transcript.name] = f"{name}.docx"
    return names


# --- writing


def write(project: Project, path: Path, known: Mapping[Coding, Status] | None = None) -> None:
    """Write a project of one transcript to a document, one of several into the folder ``path``, a document each.

    ``known`` is where each suggestion stands, by default as nobody has reviewed it.
    """
    check_codings(project)
    if len(project.transcripts) > 1:
        path.mkdir(exist_ok=True)
    notes, shades = _notes(project, known), _shades(project.codebook)
    for transcript, file in _files(project, path):
        with whole(file) as part:
            _document(transcript, notes.get(transcript.name, []), shades).save(str(part))


def _files(project: Project, path: Path) -> list[tuple[Transcript, Path]]:
    if len(project.transcripts) == 1:
        return [(project.transcripts[0], path)]
    names = file_names(project.transcripts)
    return [(transcript, path / names[transcript.name]) for transcript in project.transcripts]


def _notes(project: Project, known: Mapping[Coding, Status] | None) -> dict[str, list[Note]]:
    """The notes of each transcript by position, longer ones first, so that ranges open from the outside."""
    known = statuses(project) if known is None else known
    paths = {code.id: code_line(project.codebook, code.id) for code in project.codebook}
    notes: dict[str, list[Note]] = {}
    for coding in {(each.transcript, each.span, each.code, each.coder): each for each in project.codings}.values():
        words = exported_text(str(remarks.remark(coding, known.get(coding))).replace("\r\n", "\n"))
        coder, created = refi.xml_text(coding.coder), refi.utc(coding.created)
        note = Note(coding.span, coder, paths[coding.code], words, created)
        notes.setdefault(coding.transcript, []).append(note)
    for listed in notes.values():
        listed.sort(key=lambda note: (note.span.start, -note.span.end, note.coder, note.code))
    return notes


def _shades(codebook: Codebook) -> dict[str, str]:
    """A pale colour for each code path: the code's own or its tree's, else one of a small palette."""
    roots = [code.id for code in codebook.children(None)]
    found: dict[str, str] = {}
    for code in codebook:
        own = next((each.color for each in (code, *codebook.ancestors(code.id)) if each.color), None)
        palette = _SHADES[roots.index(codebook.root(code.id).id) % len(_SHADES)]
        found[code_line(codebook, code.id)] = _pale(own) or palette
    return found


def _pale(color: str | None) -> str | None:
    digits = (color or "").removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    try:
        parts = [int(digits[place : place + 2], 16) for place in (0, 2, 4)]
    except ValueError:
        return None
    return "".join(f"{round(part + (255 - part) * _WHITE):02X}" for part in parts)


def _document(transcript: Transcript, notes: Sequence[Note], shades: Mapping[str, str]) -> Document:
    import docx

    document = docx.Document()
    text = exported_text(transcript.text)
    _name(document, transcript, text)
    numbers = [_add_comment(document, note) for note in notes]
    section = document.element.body[-1]  # the properties of the page, which stay last
    marks = _Marks(notes, numbers, shades)
    hebrew = _is_right_to_left(text, otherwise=True)
    start = 0
    for line in _lines(text):
        paragraph = _paragraph(line, start, marks, hebrew)
        section.addprevious(paragraph)
        start += len(line) + 1
    for number in marks.ends.get(start, ()):  # a range that holds the last line end closes behind the last paragraph
        section.addprevious(_mark("w:commentRangeEnd", number))
        _add_reference(paragraph, number)
    return document


def _lines(text: str) -> list[str]:
    """The paragraphs; a line end at the end of the text closes the last one and opens none."""
    return text.removesuffix("\n").split("\n")


def _name(document: Document, transcript: Transcript, text: str) -> None:
    properties = document.core_properties
    properties.title = refi.xml_text(transcript.name)[:_TITLE]
    properties.identifier = f"{_FINGERPRINT}{fingerprint(text)}"
    properties.author, properties.comments, properties.last_modified_by = "autocoder", "", ""


def _add_comment(document: Document, note: Note) -> str:
    text = "\n".join(part for part in (note.code, note.words) if part)
    comment = document.comments.add_comment(text=text, author=note.coder, initials=_initials(note.coder))
    element = comment.paragraphs[0]._p.getparent()  # python-docx dates a comment with the hour of the export
    element.attrib.pop(f"{_W}date", None)
    if note.created:
        element.set(f"{_W}date", note.created)
    return str(comment.comment_id)


def _initials(coder: str) -> str:
    return "".join(word[0] for word in coder.split())[:3]


class _Marks:
    """What happens at which position: the comments that end and begin there, and the shade from there on."""

    def __init__(self, notes: Sequence[Note], numbers: Sequence[str], shades: Mapping[str, str]) -> None:
        self.ends: dict[int, list[str]] = {}
        self.starts: dict[int, list[str]] = {}
        for note, number in zip(notes, numbers, strict=True):
            self.starts.setdefault(note.span.start, []).append(number)
            self.ends.setdefault(note.span.end, []).append(number)
        self.cuts = sorted({*self.ends, *self.starts})
        self._shade_from = dict(_shading(notes, self.cuts, shades))
        self._next = 0
        self._shade: str | None = None

    def until(self, end: int) -> Iterator[int]:
        """Yield the positions up to ``end``, the end included, where something happens; each one once."""
        while self._next < len(self.cuts) and self.cuts[self._next] <= end:
            self._next += 1
            yield self.cuts[self._next - 1]

    def shade(self, position: int) -> str | None:
        """Return the shade of the text from a position where something happens, or from the one before it on."""
        self._shade = self._shade_from.get(position, self._shade)
        return self._shade


def _shading(notes: Sequence[Note], cuts: Iterable[int], shades: Mapping[str, str]) -> Iterator[tuple[int, str | None]]:
    """Yield the shade from each cut on: that of the shortest of the codings there."""
    here: list[Note] = []
    coming = iter([*notes, None])
    following = next(coming)
    for cut in cuts:
        here = [note for note in here if note.span.end > cut]
        while following is not None and following.span.start <= cut:
            here.append(following)
            following = next(coming)
        yield cut, shades[min(here, key=lambda note: len(note.span)).code] if here else None


def _paragraph(line: str, start: int, marks: _Marks, hebrew: bool) -> Any:  # noqa: ANN401 # python-docx has no types
    from docx.oxml import OxmlElement

    paragraph: Any = OxmlElement("w:p")
    if _is_right_to_left(line, otherwise=hebrew):
        paragraph.get_or_add_pPr().append(OxmlElement("w:bidi"))
    done = start
    for cut in marks.until(start + len(line)):
        _add_run(paragraph, line[done - start : cut - start], marks.shade(done), hebrew)
        done = cut
        for number in marks.ends.get(cut, ()):
            paragraph.append(_mark("w:commentRangeEnd", number))
            _add_reference(paragraph, number)
        for number in marks.starts.get(cut, ()):
            paragraph.append(_mark("w:commentRangeStart", number))
    _add_run(paragraph, line[done - start :], marks.shade(done), hebrew)
    return paragraph


def _mark(tag: str, number: str) -> Any:  # noqa: ANN401
    from docx.oxml import OxmlElement

    mark: Any = OxmlElement(tag)
    mark.set(f"{_W}id", number)
    return mark


def _add_reference(paragraph: Any, number: str) -> None:  # noqa: ANN401
    """The anchor of a comment's balloon, which stands behind its range."""
    run = paragraph.add_r()
    run.style = "CommentReference"
    run.append(_mark("w:commentReference", number))


def _add_run(paragraph: Any, text: str, shade: str | None, hebrew: bool) -> None:  # noqa: ANN401
    if not text:
        return
    from docx.oxml import OxmlElement

    run = paragraph.add_r()
    properties = run.get_or_add_rPr()
    if shade:
        fill = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", shade)):
            fill.set(f"{_W}{name}", value)
        properties.append(fill)
    if _is_right_to_left(text, otherwise=hebrew):
        properties.append(OxmlElement("w:rtl"))
    for place, piece in enumerate(text.split("\t")):
        if place:
            run.append(OxmlElement("w:tab"))
        if piece:
            element = OxmlElement("w:t")
            element.set(_SPACE, "preserve")
            element.text = piece
            run.append(element)


def _is_right_to_left(text: str, otherwise: bool) -> bool:
    """A text with a Hebrew or Arabic letter is, one with Latin, Greek or Cyrillic letters alone is not."""
    if _RIGHT_TO_LEFT.search(text):
        return True
    return otherwise and not _LEFT_TO_RIGHT.search(text)


# --- reading


@dataclass(frozen=True)
class Signature:
    """What a document of ours says of itself: the transcript's name and the fingerprint of the exported text."""

    name: str
    digest: str

    def original(self, text: str) -> str:
        """Return a document's text without the last line end when the exported text had none.

        Every paragraph is read with a line end, and Word has no text without a last paragraph.
        """
        bare = text.removesuffix("\n")
        return bare if fingerprint(bare) == self.digest else text


def signature(archive: Archive) -> Signature | None:
    """Return the signature of a document that :func:`write` made; None for any other."""
    member = archive.find("docProps/core.xml")
    if member is None:
        return None
    core = parse_xml(archive.read(member), archive.path, member)
    name, identifier = (core.findtext(f"{_DC}{each}") or "" for each in ("title", "identifier"))
    return Signature(name, identifier.removeprefix(_FINGERPRINT)) if identifier.startswith(_FINGERPRINT) else None


def read(path: Path) -> Marked:
    """Return the text of a document and the comments in its margin; ``path`` is one that :func:`write` made.

    Raises FileRefused for a file that is no Word document, and for one that was not exported by autocoder.
    """
    archive = open_archive(path)
    members = {name: archive.find(name) for name in ("word/document.xml", "word/comments.xml")}
    parts = {name: parse_xml(archive.read(member), path, name) for name, member in members.items() if member}
    signed = signature(archive)
    body = parts["word/document.xml"].find(f"{_W}body") if "word/document.xml" in parts else None
    if body is None or signed is None:
        raise FileRefused(path, "it is no document that autocoder exported", "name one that autocoder export wrote")
    text, ranges = _marked_text(body)
    text = signed.original(text)
    notes = tuple(_read_notes(parts.get("word/comments.xml"), ranges))
    return Marked(signed.name, text, notes, fingerprint(text) == signed.digest)


def _marked_text(body: etree._Element) -> tuple[str, dict[str, list[int]]]:
    """The text, each paragraph closed by a line end, and where the range of each comment begins and ends."""
    chunks: list[str] = []
    ranges: dict[str, list[int]] = {}
    position = 0
    for step, element in etree.iterwalk(body, events=("start", "end")):
        if step == "start" and element.tag in _RANGE:
            ranges.setdefault(element.get(f"{_W}id") or "", []).append(position)
        piece = _piece(element, step == "end")
        chunks.append(piece)
        position += len(piece)
    return "".join(chunks), ranges


_RANGE = (f"{_W}commentRangeStart", f"{_W}commentRangeEnd")


def _piece(element: etree._Element, closed: bool) -> str:
    """The text that an element adds where it opens, or where it closes."""
    if closed:
        return "\n" if element.tag == f"{_W}p" else ""
    if element.tag == f"{_W}t":
        return element.text or ""
    if element.tag == f"{_W}tab":
        return "\t" if _is_in_run(element) else ""
    return "\n" if element.tag in (f"{_W}br", f"{_W}cr") else ""


def _is_in_run(element: etree._Element) -> bool:
    """Tell a tab in the text from the tab stop of a paragraph, whose elements have one name."""
    parent = element.getparent()
    return parent is not None and parent.tag == f"{_W}r"


def _read_notes(comments: etree._Element | None, ranges: Mapping[str, Sequence[int]]) -> Iterator[Note]:
    for comment in () if comments is None else comments.iter(f"{_W}comment"):
        edges = ranges.get(comment.get(f"{_W}id") or "", ())
        if len(edges) == 2 and edges[0] < edges[1]:
            code, _, words = _marked_text(comment)[0].removesuffix("\n").partition("\n")
            author, date = comment.get(f"{_W}author") or "", comment.get(f"{_W}date") or ""
            yield Note(Span(edges[0], edges[1]), author, code, words, date)


# --- reading back


def verify(path: Path, project: Project, known: Mapping[Coding, Status] | None = None) -> Compared:
    """Read the written documents back and compare every text and every comment; return what was compared."""
    wanted = _notes(project, known)
    texts = {transcript.name: exported_text(transcript.text) for transcript in project.transcripts}
    came = {transcript.name: read(file) for transcript, file in _files(project, path)}
    expected = [(refi.xml_text(name)[:_TITLE], text, True) for name, text in texts.items()]
    count = compare(path, expected, [(each.name, each.text, each.unchanged) for each in came.values()], "texts")
    return compare_codings(
        path,
        (_coded(name, texts[name], note) for name, notes in wanted.items() for note in notes),
        (_coded(name, marked.text, note) for name, marked in came.items() for note in marked.notes),
        count,
    )


def _coded(transcript: str, text: str, note: Note) -> Coded:
    quote = text[note.span.start : note.span.end]
    return coded(transcript, note.coder, note.code, quote, note.span, note.words, note.created)
