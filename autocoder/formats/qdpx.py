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
from collections.abc import Iterator, Mapping
from dataclasses import replace
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
from autocoder.formats import refi, remarks
from autocoder.formats.archive import MAX_RATIO, Archive, open_archive, parse_xml
from autocoder.formats.positions import BOM, Choice, Mark, Received, choose, to_span
from autocoder.formats.refi import children, code_guid, identity
from autocoder.formats.whole import Coded, Compared, check_codings, coded, compare, compare_codings, whole
from autocoder.project import (
    Coder,
    CoderKind,
    Coding,
    Problem,
    Project,
    Reading,
    Span,
    Transcript,
)

__all__ = ["code_guid", "coding_guid", "exported_text", "read", "replaced", "verify", "write"]

NAMESPACE = "urn:QDA-XML:project:1.0"
UNKNOWN_CODER = "unknown"

_REMEDY = "export the project again in the REFI-QDA format (.qdpx)"
_MODEL_ID = "autocoder-model"
_LISTED_ALWAYS = "ATLAS.ti"
_UNREAD_SOURCES = {
    "PictureSource": "a picture",
    "PDFSource": "a PDF",
    "AudioSource": "a recording",
    "VideoSource": "a film",
}
_UNREAD_PARTS = {"Links": "links", "Sets": "sets", "Graphs": "graphs"}
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


class _ProjectReader:
    """Gathers what one project file holds; each method reads one part and adds to the lists."""

    def __init__(self, archive: Archive, root: etree._Element) -> None:
        self.archive = archive
        self.root = root
        self.origin = root.get("origin") or ""
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.transcripts: list[Transcript] = []
        self.codings: dict[tuple[str, Span, str, str], Coding] = {}
        self.unnamed = 0
        self.names = _user_names(root)
        self.models = {identity(user) for user in _users(root) if user.get("id") == _MODEL_ID}
        self.model_names = {self.names[guid] for guid in self.models}
        self.codebook = refi.read_codebook(
            refi.child(root, "CodeBook"), root.get("name") or archive.path.stem, archive.path
        )
        self.variables = _Variables(root)
        self.used_notes: set[str] = set()
        self.note_texts = {identity(note): self._note_text(note) for note in children(refi.child(root, "Notes"))}

    def reading(self) -> Reading:
        for source in children(refi.child(self.root, "Sources")):
            if refi.local_name(source) == "TextSource":
                self._read_source(source)
            else:
                self._report_source(source)
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
            notes=(*self._head_notes(list(used)), *self.notes),
        )

    # sources

    def _read_source(self, source: etree._Element) -> None:
        name = self._transcript_name(source)
        raw = self._raw_text(source, name)
        if raw is None:
            return
        received = Received.from_raw(raw)
        self.transcripts.append(Transcript(name, received.text, variables=self.variables.of(source)))
        if not received.text.strip():
            self.notes.append(f"{name}: the source is empty")
        selections = [
            (each, mark) for each in children(source, "PlainTextSelection") if (mark := self._mark(each, name))
        ]
        choice = choose(received, [mark for _, mark in selections], self.origin)
        self._report_choice(name, choice)
        for selection, mark in selections:
            span = to_span(choice.scale.place(mark), len(received.text))
            self._read_selection(selection, mark, name, span, len(received.text))
        self._report_comments(name, [selection for selection, _ in selections])
        self._read_whole(source, name, len(received.text))

    def _transcript_name(self, source: etree._Element) -> str:
        path = source.get("plainTextPath") or source.get("richTextPath") or ""
        given = source.get("name") or ""
        name = given if given.strip() else PurePosixPath(path.replace("\\", "/")).stem or identity(source)
        taken = {transcript.name for transcript in self.transcripts}
        unique = _unique(name, taken)
        if unique != name:
            self.notes.append(f"{unique}: a second source is named {name}")
        return unique

    def _raw_text(self, source: etree._Element, name: str) -> str | None:
        """The text with its BOM and line ends; a Word file's and an inline text's line ends may count for two."""
        plain, rich = source.get("plainTextPath"), source.get("richTextPath")
        inline = refi.child(source, "PlainTextContent")
        why = "it has no text"
        for reference, decode in ((plain, _decode), (rich, _docx_text)):
            member = self._member(reference) if reference else None
            if reference and member is None:
                why = "its text is not in the file"
            if member is not None and (text := decode(self.archive.read(member))) is not None:
                return text
            why = why if member is None else f"its text {member} is damaged or not UTF-8"
        if inline is not None:
            return (inline.text or "").replace("\n", "\r\n")
        self._lose(name, f"the source is not read, {why}; {_count_codings(source)} codings in it are lost")
        return None

    def _member(self, reference: str) -> str | None:
        """The member a path means: ``internal://``, ``relative:`` or bare, in ``sources`` or not; never outside."""
        bare = _SCHEME.sub("", reference.replace("\\", "/"))
        base = PurePosixPath(bare).name
        tried = (f"sources/{bare}", bare, f"sources/{unquote(bare)}", f"sources/{base}", f"sources/{unquote(base)}")
        return next((found for each in tried if (found := self.archive.find(each))), None)

    def _note_text(self, note: etree._Element) -> str:
        member = self._member(note.get("plainTextPath") or "") if note.get("plainTextPath") else None
        text = _decode(self.archive.read(member)) if member else None
        return Received.from_raw(text).text.strip() if text else refi.child_text(note, "PlainTextContent")

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

    def _read_selection(self, selection: etree._Element, mark: Mark, name: str, span: Span | None, length: int) -> None:
        if span is None:
            self._drop(
                selection, name, f"selection {mark.start} to {mark.end} is outside the text of {length} characters"
            )
            return
        said = remarks.recall(self._words(selection))
        for coding in children(selection, "Coding"):
            self._add(coding, selection, name, span, said)

    def _read_whole(self, source: etree._Element, name: str, length: int) -> None:
        codings = list(children(source, "Coding"))
        if codings and not length:
            self._lose(name, f"{len(codings)} codings of the whole document are lost, it has no text")
        elif codings:
            self.notes.append(f"{name}: {len(codings)} codings of the whole document are read as its whole text")
            for coding in codings:
                self._add(coding, source, name, Span(0, length), ())

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
        key = (name, span, code, coder)
        new = Coding(name, span, code, coder, about.origin, about.score, memo, created)
        self.codings[key] = _merged(self.codings[key], new) if key in self.codings else new

    def _coder(self, coding: etree._Element, selection: etree._Element) -> str:
        named = identity(coding, "creatingUser") or identity(selection, "creatingUser")
        if not named:
            self.unnamed += bool(self.names)
            only = next(iter(self.names)) if len(self.names) == 1 else ""
            named = identity(self.root, "creatingUserGUID") or only
        if not named:
            return UNKNOWN_CODER
        return self.names.get(named) or f"user {named[:8]}"

    def _words(self, element: etree._Element) -> str:
        return "\n".join(part for part in (refi.child_text(element, "Description"), self._note_words(element)) if part)

    def _note_words(self, element: etree._Element) -> str:
        guids = [identity(each, "targetGUID") for each in children(element, "NoteRef")]
        self.used_notes.update(guids)
        return "\n".join(text for guid in guids if (text := self.note_texts.get(guid)))

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
        clean = f"{choice.clean} of {choice.total} selections ({choice.share:.0%}) begin and end at the edges of words"
        self.notes.append(f"{name}: positions read as {choice.convention}; {clean}")
        if choice.is_doubtful:
            self._lose(name, f"only {clean}, positions may have shifted; look at {choice.samples()}")

    def _report_comments(self, name: str, selections: list[etree._Element]) -> None:
        bare = [each for each in selections if refi.child(each, "Coding") is None]
        if bare:
            self._lose(name, f"{len(bare)} selections carry no code (comments only) and are not read")

    def _report_parts(self) -> None:
        counts = {word: sum(1 for _ in children(refi.child(self.root, tag))) for tag, word in _UNREAD_PARTS.items()}
        counts["notes that belong to no coding"] = len(self.note_texts.keys() - self.used_notes)
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
        idle = [name for name in self.names.values() if name not in used and name != _LISTED_ALWAYS]
        if idle and used:
            yield f"users without codings: {', '.join(idle)}"


class _Variables:
    """Values by source, whether they hang on the source (ATLAS.ti) or on a case that points to it (MAXQDA, Quirkos)."""

    def __init__(self, root: etree._Element) -> None:
        variables = children(refi.child(root, "Variables"), "Variable")
        self.names = {identity(variable): variable.get("name") or identity(variable) for variable in variables}
        self.by_source: dict[str, dict[str, str]] = {}
        for case in children(refi.child(root, "Cases"), "Case"):
            for reference in children(case, "SourceRef"):
                self.by_source.setdefault(identity(reference, "targetGUID"), {}).update(self._values(case))

    def of(self, source: etree._Element) -> dict[str, str]:
        return self.by_source.get(identity(source), {}) | self._values(source)

    def _values(self, element: etree._Element) -> dict[str, str]:
        values = {}
        for each in children(element, "VariableValue"):
            reference = refi.child(each, "VariableRef")
            name = "" if reference is None else self.names.get(identity(reference, "targetGUID"), "")
            text = next((value.text or "" for value in children(each) if value is not reference), "").strip()
            if name and text:
                values[name] = text
        return values


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
            if sum(member.file_size for member in package.infolist()) > MAX_RATIO * len(data):
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
        self.selections: dict[str, dict[tuple[Span, str], list[Coding]]] = {}
        for coding in project.codings:
            of_source = self.selections.setdefault(coding.transcript, {})
            of_source.setdefault((coding.span, coding.coder), []).append(coding)

    def write(self, file: IO[bytes]) -> None:
        """Write the document piece by piece."""
        attributes = {"name": refi.xml_text(self.project.name), "origin": f"autocoder {__version__}"}
        file.write(refi.DECLARATION)
        with etree.xmlfile(file, encoding="utf-8") as xml, refi.opened(xml, "Project", NAMESPACE, attributes):
            for part in self._head():
                refi.put_out(xml, part)
            if self.project.transcripts:
                with xml.element(f"{{{NAMESPACE}}}Sources"):
                    for transcript in self.project.transcripts:
                        refi.put_out(xml, self._source(transcript))

    def _head(self) -> Iterator[etree._Element]:
        if self.project.coders:
            yield self._users()
        if self.project.codebook.codes:
            book = _part("CodeBook")
            refi.write_codes(book, self.project.codebook, self.guids)
            yield book
        if self.variables:
            yield self._variables()
            yield self._cases()

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
        for (span, coder), codings in sorted(self.selections.get(transcript.name, {}).items()):
            self._put_selection(source, text[span.start : span.end], span, coder, codings)
        _put_values(source, transcript)
        return source

    def _put_selection(self, source: etree._Element, quote: str, span: Span, coder: str, codings: list[Coding]) -> None:
        merged: dict[str, Coding] = {}
        status = {coding.code: self.known.get(coding) for coding in codings}
        for coding in sorted(codings, key=lambda coding: self.order[coding.code]):
            merged[coding.code] = _merged(merged[coding.code], coding) if coding.code in merged else coding
        user = _user_guid(coder)
        selection = _put(
            source,
            "PlainTextSelection",
            guid=refi.stable_guid("selection", *_place(codings[0])),
            name=_short(quote),
            startPosition=str(span.start),
            endPosition=str(span.end),
            creatingUser=user,
            **_date(min(coding.created for coding in merged.values())),
        )
        said = {self.paths[code]: remarks.remark(coding, status[code]) for code, coding in merged.items()}
        _put_text(selection, "Description", remarks.describe(said))
        for code, coding in merged.items():
            guid = coding_guid(coding, self.guids[code])
            element = _put(selection, "Coding", guid=guid, creatingUser=user, **_date(coding.created))
            _put(element, "CodeRef", targetGUID=self.guids[code])


AS_REPLACED = "stand as U+FFFD here, so that positions agree in every program"


def _part(tag: str, **attributes: str) -> etree._Element:
    return refi.new_root(tag, NAMESPACE, **attributes)


def _put(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}", attributes)


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


def _coded(coding: Coding, text: str, kind: CoderKind, path: str) -> Coded:
    score = "" if kind is CoderKind.HUMAN or coding.score is None else f"{coding.score:.2f}"
    quote = text[coding.span.start : coding.span.end]
    return coded(coding.transcript, coding.coder, path, quote, coding.code, coding.span, kind, score)
