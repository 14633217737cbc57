"""REFI-QDA projects (.qdpx): read from every program of interchange.md 2.5, written so that every one can read them.

What is written: ``project.qde`` and a folder ``sources`` with one plain text per transcript (UTF-8, no BOM, LF). A
character outside the Basic Multilingual Plane (an emoji) becomes U+FFFD in that text, so that positions are the same
number for programs that count code points and for those that count UTF-16; :func:`exported_text` says how. GUIDs are
made from ids and names, so a second export has the same ones. Status, score and model of a suggestion stand in the
selections' descriptions, and by the codings' GUIDs in the file beside it (:mod:`autocoder.formats.sidecar`).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import unquote

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from lxml import etree

from autocoder import __version__
from autocoder.decided import Status, statuses
from autocoder.errors import FileRefused
from autocoder.formats import around, refi, remarks
from autocoder.formats.archive import Archive, check_memory, open_archive, parse_xml, tree_size
from autocoder.formats.positions import BOM, Choice, Convention, Mark, Received, choose, named_span, to_span
from autocoder.formats.refi import children, code_guid, identity
from autocoder.formats.speakers import check_length
from autocoder.formats.whole import Coded, Compared, check_codings, coded, compare, compare_codings, whole
from autocoder.project import (
    Codebook,
    Coder,
    CoderKind,
    Coding,
    CodingKey,
    Memo,
    Problem,
    Project,
    Reading,
    Span,
    Transcript,
)
from autocoder.text import fingerprint

__all__ = ["code_guid", "coding_guid", "exported_text", "read", "replaced", "verify", "write"]

NAMESPACE = "urn:QDA-XML:project:1.0"
UNKNOWN_CODER = "unknown"

_TEXT_GROWTH = 12  # a text with an emoji takes four bytes a character, and three of it are made on the way
_KEPT_GROWTH = 4  # what stays of it
_RICH_GROWTH, _RICH_MEMORY = 100, 300 * 1024**2  # of a Word file in the project: unpacked, and in memory
_REMEDY = "export the project again in the REFI-QDA format (.qdpx)"
_MODEL_ID = "autocoder-model"
_LISTED_ALWAYS = "ATLAS.ti"
_UNREAD_SOURCES = {
    "PictureSource": "a picture",
    "PDFSource": "a PDF",
    "AudioSource": "a recording",
    "VideoSource": "a film",
}
_NAMED = 4  # sources of one way of counting, from which on they are counted and not named
_LINE_END = re.compile("\r\n?|\n")
_SCHEME = re.compile(r"^(?:[a-z]{2,}:)?/*(?:[a-z]:/)?", re.IGNORECASE)
_BROKEN_DOCX = (PackageNotFoundError, zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, ValueError)


# --- reading


def read(path: Path) -> Reading:
    """Return what the project holds: transcripts without turns, codes under their GUIDs, coders and codings."""
    archive = open_archive(path)
    member = _project_member(archive)
    root = parse_xml(archive.read(member), path, member)
    if refi.local_name(root) != "Project":
        raise FileRefused(path, f"its root is {refi.local_name(root)}, not Project", _REMEDY, member)
    return _ProjectReader(archive, root).reading()


def _project_member(archive: Archive) -> str:
    """``project.qde`` in any case, or the only ``.qde`` beside it: ATLAS.ti 26 for Mac names it after the project."""
    named = archive.find("project.qde")
    others = [name for name in archive.names() if name.casefold().endswith(".qde") and "/" not in name]
    if named is None and len(others) != 1:
        what = "it has no project.qde" if not others else "it has several .qde files and no project.qde"
        raise FileRefused(archive.path, what, _REMEDY)
    return named or others[0]


@dataclass(frozen=True)
class _Source:
    """A text source with its selections, before it is known how its program counts characters."""

    element: etree._Element
    name: str
    received: Received
    selections: tuple[tuple[etree._Element, Mark], ...]

    @property
    def marks(self) -> list[Mark]:
        """The selections' positions."""
        return [mark for _, mark in self.selections]


class _ProjectReader:
    """Gathers what one project file holds; each method reads one part and adds to the lists."""

    def __init__(self, archive: Archive, root: etree._Element) -> None:
        self.archive = archive
        self.root = root
        self.origin = root.get("origin") or ""
        self.name = (root.get("name") or "").strip() or archive.path.stem
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.transcripts: list[Transcript] = []
        self.memos: list[Memo] = []
        self.codings: dict[CodingKey, Coding] = {}
        self.counted: dict[Convention, list[tuple[str, Choice]]] = {}
        self.text_bytes = 0
        self.unnamed = 0
        self.bare = 0
        self.names = _user_names(root)
        self.models = {identity(user) for user in _users(root) if user.get("id") == _MODEL_ID}
        self.model_names = {self.names[guid] for guid in self.models}
        self.variables = around.Variables(root)
        self.cases = around.read_cases(root, self.variables)
        self.sets = around.read_sets(root)
        self.codebook = self._read_codebook()
        self.around = self._read_notes()

    def reading(self) -> Reading:
        sources = [source for each in children(refi.child(self.root, "Sources")) if (source := self._source(each))]
        choices = choose([(source.received, source.marks) for source in sources], self.origin)
        for source, choice in zip(sources, choices, strict=True):
            self._read_source(source, choice)
        self._read_memos()
        self._report_parts()
        codings = tuple(self.codings.values())
        used = dict.fromkeys(coding.coder for coding in codings)
        kinds = {True: CoderKind.MODEL, False: CoderKind.HUMAN}
        return Reading(
            transcripts=tuple(self.transcripts),
            codebook=self.codebook,
            coders=tuple(Coder(name, kinds[name in self.model_names]) for name in used),
            codings=codings,
            problems=tuple(self.problems),
            notes=(*self._head_notes(list(used)), *self._counting(), *self.notes),
            memos=tuple(dict.fromkeys(self.memos)),
            source=_source_name(self.origin, self.root.get("name") or ""),
        )

    def _read_codebook(self) -> Codebook | None:
        """The codes; one that stands for a case (NVivo) holds codings, but is not a code to suggest."""
        codebook = refi.read_codebook(refi.child(self.root, "CodeBook"), self.name, self.archive.path)
        cases = [code for code in codebook or () if code.id in self.cases.by_code]
        if codebook is None or not cases:
            return codebook
        self.notes.append(f"{len(cases)} codes are cases of the study: their codings are kept, never suggested")
        codes = tuple(replace(code, codable=code.codable and code not in cases) for code in codebook)
        return replace(codebook, codes=codes)

    def _read_notes(self) -> around.Notes:
        elements = {identity(note): note for note in children(refi.child(self.root, "Notes"))}
        linked, self.idle_links = around.read_links(self.root, elements)
        self.coded_notes = sum(_count_codings(note) for note in elements.values())
        return around.Notes({guid: self._note(note) for guid, note in elements.items()}, linked)

    def _note(self, note: etree._Element) -> around.Note:
        raw = self._raw_text(note)
        text = Received.from_raw(raw).text.strip() if isinstance(raw, str) else ""
        parts = dict.fromkeys(part for part in (refi.child_text(note, "Description"), text) if part)
        return around.Note(
            (note.get("name") or "").strip(),
            "\n".join(parts),
            self._user(note),
            note.get("creationDateTime") or "",
        )

    # sources

    def _source(self, element: etree._Element) -> _Source | None:
        """Return a text source ready to be read; say what any other is."""
        if refi.local_name(element) != "TextSource":
            self._report_source(element)
            return None
        given = self._given_name(element)
        raw = self._raw_text(element)
        if isinstance(raw, _NoText):
            self._lose(given, f"the source is not read, {raw.why}; {_count_codings(element)} codings in it are lost")
            return None
        name = _unique(given, {transcript.name for transcript in self.transcripts})
        if name != given:
            self.notes.append(f"{name}: a second source is named {given}")
        received = Received.from_raw(raw)
        self.transcripts.append(Transcript(name, received.text, groups=self.sets.groups.get(identity(element), ())))
        if not received.text.strip():
            self.notes.append(f"{name}: the source is empty")
        selections = tuple(
            (each, mark) for each in children(element, "PlainTextSelection") if (mark := self._mark(each, name))
        )
        return _Source(element, name, received, selections)

    def _given_name(self, source: etree._Element) -> str:
        path = source.get("plainTextPath") or source.get("richTextPath") or ""
        given = (source.get("name") or "").strip()
        return given or PurePosixPath(path.replace("\\", "/")).stem or identity(source)

    def _read_source(self, source: _Source, choice: Choice) -> None:
        length = len(source.received.text)
        self._report_choice(source.name, choice)
        spans = self._spans(source, choice)
        described = around.Described(source.name, length)
        for case in self.cases.by_source.get(identity(source.element), ()):
            described.add(case)
        for (selection, mark), span in zip(source.selections, spans, strict=True):
            if span is None:
                where = f"selection {mark.start} to {mark.end} is outside the text of {length} characters"
                self._drop(selection, source.name, where)
                continue
            self._read_selection(selection, source.name, span)
            for case in self._cases_of(selection):
                described.add(case, span)
        self._read_whole(source)
        for case in self._cases_of(source.element):
            described.add(case)
        self._keep_words(source.element, source.name)
        described.variables |= self.variables.of(source.element)
        place = next(n for n, transcript in enumerate(self.transcripts) if transcript.name == source.name)
        self.transcripts[place] = replace(
            self.transcripts[place], variables=described.variables, speakers=described.speakers
        )

    def _spans(self, source: _Source, choice: Choice) -> list[Span | None]:
        """Where the selections stand; in a source of doubtful positions by their names, where these are quotes."""
        text = source.received.text
        spans = [to_span(choice.scale.place(mark), len(text)) for mark in source.marks]
        if not choice.is_doubtful:
            return spans
        named = [named_span(text, mark.name) for mark in source.marks]
        moved = sum(found is not None and found != span for found, span in zip(named, spans, strict=True))
        if moved:
            self.notes.append(f"{source.name}: {moved} selections were put where the quotes that name them stand")
        return [found or span for found, span in zip(named, spans, strict=True)]

    def _cases_of(self, selection: etree._Element) -> Iterator[around.Case]:
        yield from self.cases.by_selection.get(identity(selection), ())
        for coding in children(selection, "Coding"):
            reference = refi.child(coding, "CodeRef")
            code = "" if reference is None else identity(reference, "targetGUID")
            if code in self.cases.by_code:
                yield self.cases.by_code[code]

    def _raw_text(self, source: etree._Element) -> str | _NoText:
        """The text with its BOM and line ends; a Word file's and an inline text's line ends may count for two."""
        inline = refi.child(source, "PlainTextContent")
        why = "it has no text"
        for reference, decode in self._references(source):
            member = self._member(reference)
            if member is None:
                why = "its text is not in the file"
            elif (text := decode(self._text_member(member))) is not None:
                check_length(text.count("\n"), len(text))
                return text
            else:
                why = f"its text {member} is damaged or {'far too large' if decode is _docx_text else 'not UTF-8'}"
        if inline is not None:
            check_length((inline.text or "").count("\n"), len(inline.text or ""))
            # XML has made every line end a line feed, so that what a program counted for it is open
            return _LINE_END.sub("\r\n", inline.text or "")
        return _NoText(why)

    def _text_member(self, member: str) -> bytes:
        """Read a text; all of them are kept, and one that many sources name is kept for each."""
        data = self.archive.read(member, _TEXT_GROWTH)
        self.text_bytes += len(data)
        check_memory(self.archive.path, _KEPT_GROWTH * self.text_bytes, member)
        return data

    def _references(self, source: etree._Element) -> Iterator[tuple[str, Callable[[bytes], str | None]]]:
        """Where the text may be: as the source says, or where it says nothing, in a file named by its GUID."""
        plain, rich = source.get("plainTextPath"), source.get("richTextPath")
        if plain:
            yield plain, _decode
        if rich:
            yield rich, _docx_text
        guid = (source.get("guid") or "").strip().strip("{}")
        said = plain or rich or refi.child(source, "PlainTextContent") is not None
        if guid and not said and self._member(f"{guid}.txt"):
            yield f"{guid}.txt", _decode

    def _member(self, reference: str) -> str | None:
        """The member a path means: ``internal://``, ``relative:`` or bare, in ``sources`` or not; never outside."""
        bare = _SCHEME.sub("", reference.replace("\\", "/"))
        base = PurePosixPath(bare).name
        tried = (f"sources/{bare}", bare, f"sources/{unquote(bare)}", f"sources/{base}", f"sources/{unquote(base)}")
        return next((found for each in tried if (found := self.archive.find(each))), None)

    # selections and codings

    def _mark(self, selection: etree._Element, name: str) -> Mark | None:
        try:
            mark = Mark(
                int(selection.get("startPosition") or ""),
                int(selection.get("endPosition") or ""),
                selection.get("name") or "",
            )
        except ValueError:
            self._drop(selection, name, "its position is no number")
            return None
        if mark.start >= mark.end:
            self._drop(selection, name, f"selection {mark.start} to {mark.end} is empty")
            return None
        return mark

    def _read_selection(self, selection: etree._Element, name: str, span: Span) -> None:
        codings = list(children(selection, "Coding"))
        said = remarks.recall(self._words(selection)) if codings else ()
        for coding in codings:
            self._add(coding, selection, name, span, said)
        if not codings:
            before = len(self.memos)
            self._keep_words(selection, name, span)
            self.bare += len(self.memos) == before

    def _read_whole(self, source: _Source) -> None:
        codings = list(children(source.element, "Coding"))
        name, length = source.name, len(source.received.text)
        if codings and not length:
            self._lose(name, f"{len(codings)} codings of the whole document are lost, it has no text")
        elif codings:
            self.notes.append(f"{name}: {len(codings)} codings of the whole document are read as its whole text")
            for coding in codings:
                self._add(coding, source.element, name, Span(0, length), ())

    def _add(
        self,
        coding: etree._Element,
        selection: etree._Element,
        name: str,
        span: Span,
        said: tuple[remarks.Remark, ...],
    ) -> None:
        """Add a coding, or its words to the equal one that is there."""
        reference = refi.child(coding, "CodeRef")
        code = "" if reference is None else identity(reference, "targetGUID")
        if self.codebook is None or code not in self.codebook:
            self._lose(name, f"a coding of {span.start} to {span.end} is lost, its code {code or '(none)'} is missing")
            return
        about = remarks.about(said, self.codebook.path(code))
        coder = self._coder(coding, selection)
        if about.model and about.model == " ".join(coder.split()):
            self.model_names.add(coder)
        memo = "\n".join(dict.fromkeys(part for part in (about.memo, self._note_words(coding)) if part))
        created = coding.get("creationDateTime") or selection.get("creationDateTime") or ""
        new = Coding(name, span, code, coder, about.origin, about.score, memo, created, weight=about.weight)
        self.codings[new.key] = _merged(self.codings[new.key], new) if new.key in self.codings else new

    def _coder(self, coding: etree._Element, selection: etree._Element) -> str:
        named = identity(coding, "creatingUser") or identity(selection, "creatingUser")
        if not named:
            self.unnamed += bool(self.names)
            only = next(iter(self.names)) if len(self.names) == 1 else ""
            named = identity(self.root, "creatingUserGUID") or only
        if not named:
            return UNKNOWN_CODER
        return self.names.get(named) or f"user {named[:8]}"

    def _user(self, element: etree._Element) -> str:
        return self.names.get(identity(element, "creatingUser"), "")

    # words that are no codings

    def _words(self, element: etree._Element) -> str:
        return "\n".join(part for part in (refi.child_text(element, "Description"), self._note_words(element)) if part)

    def _note_words(self, element: etree._Element) -> str:
        return "\n".join(note.text or note.title for note in self.around.of(element))

    def _keep_words(self, element: etree._Element, transcript: str, span: Span | None = None, code: str = "") -> None:
        """Keep what was written about a transcript, a stretch of it or a code as memos."""
        # a code's description is its definition, and what our own export says of replaced characters is no memo
        skipped = code or (_is_ours(self.origin) and span is None)
        described = "" if skipped else refi.child_text(element, "Description")
        if described:
            created = element.get("creationDateTime") or ""
            self.memos.append(Memo(described, "", self._user(element), created, transcript, span, code))
        self.memos += [_memo(note, transcript, span, code) for note in self.around.of(element)]

    def _read_memos(self) -> None:
        """Keep the memos of codes and of the study, last those that nothing refers to."""
        book = refi.child(self.root, "CodeBook")
        for element in () if book is None else book.iter():
            if refi.local_name(element) == "Code" and self.codebook and identity(element) in self.codebook:
                self._keep_words(element, "", code=identity(element))
        self._keep_words(self.root, "")
        for part in ("Cases", "Sets"):
            for element in children(refi.child(self.root, part)):
                if text := refi.child_text(element, "Description"):
                    self.memos.append(Memo(text, title=element.get("name") or ""))
        self.memos += [_memo(note) for note in self.around.left()]

    # what was not read

    def _lose(self, place: str, what: str) -> None:
        self.problems.append(Problem(self.archive.path.name, place, what))

    def _drop(self, selection: etree._Element, name: str, what: str) -> None:
        self._lose(name, f"{what}; {_count_codings(selection)} codings on it are lost")

    def _report_source(self, source: etree._Element) -> None:
        name = (source.get("name") or "").strip() or identity(source)
        kind = _UNREAD_SOURCES.get(refi.local_name(source), refi.local_name(source))
        self._lose(name, f"the source is {kind} and is not read; {_count_codings(source)} codings in it are lost")

    def _report_choice(self, name: str, choice: Choice) -> None:
        if not choice.total:
            return
        self.counted.setdefault(choice.convention, []).append((name, choice))
        if choice.is_doubtful:
            clean = _clean(choice.clean, choice.total)
            self._lose(name, f"only {clean}, positions may have shifted; look at {choice.samples()}")

    def _counting(self) -> Iterator[str]:
        """Say for each way of counting in how many sources it was found, and how well it suits them."""
        for convention, chosen in self.counted.items():
            names = [name for name, _ in chosen]
            where = ", ".join(names) if len(names) < _NAMED else f"{len(names)} sources"
            clean = sum(choice.clean for _, choice in chosen)
            total = sum(choice.total for _, choice in chosen)
            yield f"{where}: positions read as {convention}; {_clean(clean, total)}"

    def _report_parts(self) -> None:
        counts = {
            "selections with no code and no comment": self.bare,
            "links": self.idle_links,
            "sets of codes or notes": self.sets.others,
            "graphs": sum(1 for _ in children(refi.child(self.root, "Graphs"))),
            "codings inside notes": self.coded_notes,
        }
        found = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
        if found:
            self._lose("", f"not read: {found}")

    def _head_notes(self, used: list[str]) -> Iterator[str]:
        yield f"written by {self.origin or 'an unnamed program'}"
        if refi.namespace(self.root) != NAMESPACE:
            yield f"unusual namespace {refi.namespace(self.root) or 'none'}"
        if self.codebook is None:
            yield "the project has no codebook"
        if not self.transcripts:
            yield "the project has no texts"
        if self.unnamed:
            yield f"{self.unnamed} codings name no coder and are given to the project's user"
        if self.memos:
            yield f"{len(set(self.memos))} notes and comments without a code are kept as memos"
        idle = [name for name in self.names.values() if name not in used and name != _LISTED_ALWAYS]
        if idle and used:
            yield f"users without codings: {', '.join(idle)}"


@dataclass(frozen=True)
class _NoText:
    """Why a source has no text that can be read."""

    why: str


def _memo(note: around.Note, transcript: str = "", span: Span | None = None, code: str = "") -> Memo:
    text, title = (note.text, note.title) if note.text else (note.title, "")
    return Memo(text, title, note.author, note.created, transcript, span, code)


def _clean(clean: int, total: int) -> str:
    return f"{clean} of {total} selections ({clean / total:.0%}) begin and end at the edges of words"


def _is_ours(origin: str) -> bool:
    return origin.strip().casefold().startswith("autocoder")


def _source_name(origin: str, name: str) -> str:
    """What exports of one project share, whichever version of the program wrote them."""
    program = origin.split(maxsplit=1)[0].split("-", maxsplit=1)[0].casefold() if origin.strip() else ""
    return f"{program} {name.strip()}".strip() if name.strip() else ""


def _users(root: etree._Element) -> Iterator[etree._Element]:
    return children(refi.child(root, "Users"), "User")


def _user_names(root: etree._Element) -> dict[str, str]:
    """Names by GUID; two users of one name stay two coders."""
    names: dict[str, str] = {}
    for user in _users(root):
        guid = identity(user)
        given = next((name for name in (user.get("name"), user.get("id")) if name and name.strip()), f"user {guid[:8]}")
        names[guid] = _unique(given, set(names.values()))
    return names


def _unique(name: str, taken: set[str]) -> str:
    number, unique = 1, name
    while unique in taken:
        number += 1
        unique = f"{name} ({number})"
    return unique


def _merged(old: Coding, new: Coding) -> Coding:
    memo = "\n".join(dict.fromkeys(part for part in (old.memo, new.memo) if part))
    return replace(old, memo=memo, score=new.score if old.score is None else old.score)


def _count_codings(element: etree._Element) -> int:
    return sum(1 for each in element.iter() if refi.local_name(each) == "Coding")


def _decode(data: bytes) -> str | None:
    """UTF-8, or UTF-16 by its byte order mark, which is kept as the first character."""
    encoding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2], "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _docx_text(data: bytes) -> str | None:
    """The paragraphs of a Word file, those in tables included, in the order of the file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if sum(member.file_size for member in package.infolist()) > _RICH_GROWTH * len(data):
                return None
            if sum(tree_size(package.read(member)) for member in package.infolist()) > _RICH_MEMORY:
                return None
        body = docx.Document(io.BytesIO(data)).element.body
    except _BROKEN_DOCX:
        return None
    return "\r\n".join(Paragraph(paragraph, body).text.replace("\n", "\r\n") for paragraph in body.iter(qn("w:p")))


# --- writing


_UNPORTABLE = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")


def exported_text(text: str) -> str:
    """Return the text as it stands in an exported source, always of the same length.

    Characters that count for two in UTF-16 become U+FFFD, a carriage return becomes a line end, and a byte order mark
    at the beginning becomes the equally invisible word joiner.
    """
    text = _UNPORTABLE.sub("\ufffd", text).replace("\r", "\n")
    return "\u2060" + text[1:] if text.startswith(BOM) else text


def replaced(text: str) -> int:
    """Return how many characters of a text stand as U+FFFD in an exported source."""
    return len(_UNPORTABLE.findall(text))


def write(
    project: Project,
    path: Path,
    guids: Mapping[str, str] | None = None,
    known: Mapping[Coding, Status] | None = None,
) -> None:
    """Write the project whole or not at all.

    ``guids`` are those that codes had in the file they came from; ``known`` is where each suggestion stands, by default
    as nobody has reviewed it. The XML is written source by source, so that a large project needs little memory.
    """
    check_codings(project)
    writer = _ProjectWriter(project, guids, statuses(project) if known is None else known)
    with whole(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(_entry("project.qde"), "w", force_zip64=True) as file:
            writer.write(file)
        for transcript in project.transcripts:
            archive.writestr(_entry(f"sources/{_source_guid(transcript)}.txt"), exported_text(transcript.text).encode())


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry that is equal on every machine and day."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system, entry.external_attr = 3, 0o644 << 16
    return entry


def _source_guid(transcript: Transcript) -> str:
    return refi.stable_guid("transcript", transcript.name)


def _user_guid(coder: str) -> str:
    return refi.stable_guid("coder", coder)


def coding_guid(coding: Coding, code: str) -> str:
    """Return the GUID of a coding whose code goes out under the GUID ``code``."""
    return refi.stable_guid("coding", *_place(coding), code)


def _place(coding: Coding) -> tuple[str, int, int, str]:
    return coding.transcript, coding.span.start, coding.span.end, coding.coder


class _ProjectWriter:
    """Writes ``project.qde``; the order of the elements is the schema's."""

    def __init__(self, project: Project, guids: Mapping[str, str] | None, known: Mapping[Coding, Status]) -> None:
        self.project = project
        self.guids = refi.CodeGuids.of(project.codebook, guids)
        self.known = known
        self.models = {coder.name for coder in project.coders if coder.kind is CoderKind.MODEL}
        self.paths = {code.id: project.codebook.path(code.id) for code in project.codebook}
        self.order = {code.id: place for place, (_, code) in enumerate(project.codebook.walk())}
        self.variables = sorted({name for transcript in project.transcripts for name in transcript.variables})
        self.groups = list(dict.fromkeys(group for transcript in project.transcripts for group in transcript.groups))
        self.memos: dict[tuple[str, str], dict[Memo, str]] = {}  # by transcript and code, each with its GUID
        for memo in project.memos:
            about = self.memos.setdefault((memo.transcript, memo.code), {})
            about[memo] = _memo_guid(memo)
        self.selections: dict[str, dict[tuple[Span, str], list[Coding]]] = {}
        for coding in project.codings:
            of_source = self.selections.setdefault(coding.transcript, {})
            of_source.setdefault((coding.span, coding.coder), []).append(coding)

    def write(self, file: IO[bytes]) -> None:
        """Write the document piece by piece."""
        name, origin = refi.xml_text(self.project.name), f"autocoder {__version__}"
        file.write(refi.DECLARATION + refi.start_tag(_part("Project", name=name, origin=origin)))
        file.writelines(map(refi.piece, self._head()))
        if self.project.transcripts:
            file.write(b"<Sources>\n")
            file.writelines(refi.piece(self._source(transcript)) for transcript in self.project.transcripts)
            file.write(b"</Sources>\n")
        file.writelines(map(refi.piece, self._tail()))
        file.write(b"</Project>\n")

    def _head(self) -> Iterator[etree._Element]:
        if self.project.coders:
            yield self._users()
        if self.project.codebook.codes:
            book = _part("CodeBook")
            refi.write_codes(book, self.project.codebook, self.guids)
            self._refer_from_codes(book)
            yield book
        if self.variables:
            yield self._variables()
            yield self._cases()

    def _tail(self) -> Iterator[etree._Element]:
        if self.memos:
            yield self._notes()
        if self.groups:
            yield self._sets()
        for guid in self.memos.get(("", ""), {}).values():
            yield _part("NoteRef", targetGUID=guid)

    def _notes(self) -> etree._Element:
        """The memos; an author who is no coder is not named."""
        notes = _part("Notes")
        coders = {coder.name for coder in self.project.coders}
        for memo, guid in (each for about in self.memos.values() for each in about.items()):
            user = {"creatingUser": _user_guid(memo.author)} if memo.author in coders else {}
            note = _put(notes, "Note", guid=guid, name=refi.xml_text(memo.title), **user, **_date(memo.created))
            _put(note, "PlainTextContent").text = refi.xml_text(memo.text)
        return notes

    def _sets(self) -> etree._Element:
        """The document groups."""
        sets = _part("Sets")
        for group in self.groups:
            element = _put(sets, "Set", guid=refi.stable_guid("set", group), name=refi.xml_text(group))
            for transcript in self.project.transcripts:
                if group in transcript.groups:
                    _put(element, "MemberSource", targetGUID=_source_guid(transcript))
        return sets

    def _refer_from_codes(self, book: etree._Element) -> None:
        """Tie the memos about codes to them; the schema wants the references before the codes below."""
        ids = {self.guids[code.id]: code.id for code in self.project.codebook}
        for element in book.iter(f"{{{NAMESPACE}}}Code"):
            guids = self.memos.get(("", ids[element.get("guid") or ""]), {}).values()
            for number, guid in enumerate(guids, start=refi.child(element, "Description") is not None):
                element.insert(number, _part("NoteRef", targetGUID=guid))

    def _users(self) -> etree._Element:
        users = _part("Users")
        for coder in self.project.coders:
            mark = {"id": _MODEL_ID} if coder.name in self.models else {}
            _put(users, "User", guid=_user_guid(coder.name), name=refi.xml_text(coder.name), **mark)
        return users

    def _variables(self) -> etree._Element:
        variables = _part("Variables")
        for name in self.variables:
            _put(variables, "Variable", guid=_variable_guid(name), name=refi.xml_text(name), typeOfVariable="Text")
        return variables

    def _cases(self) -> etree._Element:
        """Repeat the values on a case of each source, for the programs that look for them there."""
        cases = _part("Cases")
        for transcript in self.project.transcripts:
            if transcript.variables:
                guid = refi.stable_guid("case", transcript.name)
                case = _put(cases, "Case", guid=guid, name=refi.xml_text(transcript.name))
                _put_values(case, transcript)
                _put(case, "SourceRef", targetGUID=_source_guid(transcript))
        return cases

    def _source(self, transcript: Transcript) -> etree._Element:
        guid = _source_guid(transcript)
        name = refi.xml_text(transcript.name)
        source = _part("TextSource", guid=guid, name=name, plainTextPath=f"internal://{guid}.txt")
        text = exported_text(transcript.text)
        if count := replaced(transcript.text):
            _put_text(source, "Description", f"{count} characters (emoji and the like) {AS_REPLACED}.")
        for _, codings in sorted(self.selections.get(transcript.name, {}).items()):
            self._put_selections(source, text, codings)
        memos = self.memos.get((transcript.name, ""), {})
        for memo, guid in memos.items():
            if memo.span is not None:
                quote = text[memo.span.start : memo.span.end]
                selection = _put_place(source, memo.span, quote, refi.stable_guid("place", guid))
                _put(selection, "NoteRef", targetGUID=guid)
        for memo, guid in memos.items():
            if memo.span is None:
                _put(source, "NoteRef", targetGUID=guid)
        _put_values(source, transcript)
        return source

    def _put_selections(self, source: etree._Element, text: str, codings: list[Coding]) -> None:
        """Put a coder's codings of a span on one selection; codes of one path, whose words it cannot tell, on more."""
        merged: dict[str, Coding] = {}
        status = {coding.code: self.known.get(coding) for coding in codings}
        for coding in sorted(codings, key=lambda coding: self.order[coding.code]):
            merged[coding.code] = _merged(merged[coding.code], coding) if coding.code in merged else coding
        selections: list[dict[str, Coding]] = []
        for code, coding in merged.items():
            free = (each for each in selections if self.paths[code] not in {self.paths[other] for other in each})
            holder = next(free, None)
            if holder is None:
                holder = {}
                selections.append(holder)
            holder[code] = coding
        for number, of_selection in enumerate(selections):
            self._put_selection(source, text, of_selection, status, number)

    def _put_selection(
        self,
        source: etree._Element,
        text: str,
        codings: Mapping[str, Coding],
        status: Mapping[str, Status | None],
        number: int,
    ) -> None:
        first = next(iter(codings.values()))
        user, span = _user_guid(first.coder), first.span
        begun = _date(min(coding.created for coding in codings.values()))
        guid = refi.stable_guid("selection", *_place(first), *([number] if number else []))
        quote = text[span.start : span.end]
        selection = _put_place(source, span, quote, guid, creatingUser=user, **begun)
        said = {self.paths[code]: remarks.remark(coding, status[code]) for code, coding in codings.items()}
        _put_text(selection, "Description", remarks.describe(said))
        for code, coding in codings.items():
            guid = coding_guid(coding, self.guids[code])
            element = _put(selection, "Coding", guid=guid, creatingUser=user, **_date(coding.created))
            _put(element, "CodeRef", targetGUID=self.guids[code])


AS_REPLACED = "stand as U+FFFD here, so that positions agree in every program"


def _part(tag: str, **attributes: str) -> etree._Element:
    return refi.new_root(tag, NAMESPACE, **attributes)


def _put(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}", attributes)


def _put_place(source: etree._Element, span: Span, quote: str, guid: str, **attributes: str) -> etree._Element:
    edges = {"startPosition": str(span.start), "endPosition": str(span.end)}
    return _put(source, "PlainTextSelection", guid=guid, name=_short(quote), **edges, **attributes)


def _memo_guid(memo: Memo) -> str:
    place = (memo.span.start, memo.span.end) if memo.span else ()
    return refi.stable_guid(
        "memo", memo.transcript, *place, memo.code, memo.title, memo.text, memo.author, memo.created
    )


def _put_text(parent: etree._Element, tag: str, text: str) -> None:
    if text:
        _put(parent, tag).text = refi.xml_text(text)


def _put_values(element: etree._Element, transcript: Transcript) -> None:
    for name, value in sorted(transcript.variables.items()):
        holder = _put(element, "VariableValue")
        _put(holder, "VariableRef", targetGUID=_variable_guid(name))
        _put(holder, "TextValue").text = refi.xml_text(value)


def _variable_guid(name: str) -> str:
    return refi.stable_guid("variable", name)


def _short(quote: str) -> str:
    """The name of a selection: its text on one line, cut as ATLAS.ti does."""
    line = " ".join(refi.xml_text(quote[:1000]).split())
    return line if len(line) <= 100 else f"{line[:100]}..."


def _date(created: str) -> dict[str, str]:
    """The attribute of the date as the schema wants it; none for what is no ISO date."""
    date = refi.utc(created)
    return {"creationDateTime": date} if date else {}


# --- reading back


def verify(path: Path, project: Project, guids: Mapping[str, str] | None = None) -> Compared:
    """Read the written file back and compare every text and every coding; return what was compared.

    A coding is transcript, coder and the coder's kind, code and its path, position, text, and a suggestion's score.
    """
    reading = read(path)
    texts = {transcript.name: exported_text(transcript.text) for transcript in project.transcripts}
    came = {transcript.name: transcript.text for transcript in reading.transcripts}
    count = compare(path, ((refi.xml_text(name), text) for name, text in texts.items()), came.items(), "texts")
    known = refi.CodeGuids.of(project.codebook, guids)
    compare(
        path, (_said(memo, known.by_id) for memo in project.memos), (_said(memo) for memo in reading.memos), "memos"
    )
    return compare_codings(path, _wanted(project, texts, guids), _found(reading, came), count)


def _wanted(project: Project, texts: Mapping[str, str], guids: Mapping[str, str] | None) -> Iterator[Coded]:
    known = refi.CodeGuids.of(project.codebook, guids)
    kinds = {coder.name: coder.kind for coder in project.coders}
    paths = {code.id: refi.xml_text(project.codebook.path(code.id)) for code in project.codebook}
    merged: dict[tuple[str, Span, str, str], Coding] = {}
    for coding in project.codings:
        key = (coding.transcript, coding.span, coding.code, coding.coder)
        merged[key] = _merged(merged[key], coding) if key in merged else coding
    for coding in merged.values():
        text, kind = texts[coding.transcript], kinds[coding.coder]
        names = replace(coding, transcript=refi.xml_text(coding.transcript), coder=refi.xml_text(coding.coder))
        yield _coded(replace(names, code=known[coding.code]), text, kind, paths[coding.code])


def _found(reading: Reading, texts: Mapping[str, str]) -> Iterator[Coded]:
    kinds = {coder.name: coder.kind for coder in reading.coders}
    paths = {code.id: reading.codebook.path(code.id) for code in reading.codebook} if reading.codebook else {}
    for coding in reading.codings:
        yield _coded(coding, texts[coding.transcript], kinds[coding.coder], paths[coding.code])


def _said(memo: Memo, guids: Mapping[str, str] | None = None) -> tuple[object, ...]:
    code = (guids or {}).get(memo.code, memo.code)
    return refi.xml_text(memo.transcript), memo.span, code, fingerprint(refi.xml_text(memo.text).strip())


def _coded(coding: Coding, text: str, kind: CoderKind, path: str) -> Coded:
    score = "" if kind is CoderKind.HUMAN or coding.score is None else f"{coding.score:.2f}"
    quote = text[coding.span.start : coding.span.end]
    return coded(coding.transcript, coding.coder, path, quote, coding.code, coding.span, kind, score)
