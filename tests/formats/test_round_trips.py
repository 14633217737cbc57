"""Any project, written by every writer and read by its reader: equal, but for the rule that each format states."""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from autocoder.export import export
from autocoder.formats import codings, margin, maxqda, qdc, qdpx, refi, sidecar
from autocoder.formats.tables import read_table
from autocoder.project import (
    Code,
    Codebook,
    Coder,
    CoderKind,
    Coding,
    Memo,
    Origin,
    Project,
    Reading,
    Span,
    Transcript,
)
from autocoder.text import fingerprint

PIECES = (
    *("שלום", "בצה״ל", "שָׁלוֹם", "לָ֫מָּה", "שׁﬠﬦ", "ג׳ירפה", "תנאים־ושכר", 'ד"ר כ.', "burnout", "29.5"),
    *("=1+1", "-כן", "@", "'=", "_x000D_", "]]>", "&amp;", "\x0b", "\ufffd", ", ", "–", "..."),
    *("\u200f", "\u200e", "\u202b", "\u202c", "\u2067", "\u2069", "\ufeff", "\u00a0", "\u00ad", "\u2028", "\x85"),
    *("🙂", "👍🏽", "👩\u200d👧", "𐤀", "\u0301", "\n", "\n\n", "\r\n", "\r", "\t", " ", "  "),
)
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=25).map("".join) | st.sampled_from(
    ["\ufeffשלום", "\n", "\r", "🙂", "\ufeff"]
)
NAMES = st.text("אבגדהושלתנ״׳'\"-.() ab🙂\u05b8", min_size=1, max_size=12).filter(lambda name: name == name.strip())
MEMOS = st.just("") | TEXTS.map(str.strip)
CREATED = st.sampled_from(["", "2026-01-02T10:00:00Z", "2025-12-31T23:59:59Z"])
PEOPLE = (Coder("דנה"), Coder('יוסי "הקטן" <b>'))
MODEL = Coder("autocoder m1", CoderKind.MODEL)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def codebooks(draw: st.DrawFn) -> Codebook:
    codes: list[Code] = []
    for number, name in enumerate(draw(st.lists(NAMES, min_size=1, max_size=6))):
        parent = draw(st.sampled_from([None, *(code.id for code in codes)]))
        color = draw(st.sampled_from([None, "#FF0000", "#abc"]))
        codes.append(Code(f"c{number}", *refi.by_script(name), parent=parent, color=color))
    return Codebook("מ", tuple(codes))


@st.composite
def projects(draw: st.DrawFn, texts: st.SearchStrategy[str] = TEXTS) -> Project:
    book = draw(codebooks())
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    groups = st.lists(st.sampled_from(["גל א", "צפון & דרום"]), unique=True).map(tuple)
    transcripts = tuple(Transcript(name, draw(texts), groups=draw(groups)) for name in names)
    found: dict[tuple[object, ...], Coding] = {}
    for transcript in transcripts:
        for _ in range(draw(st.integers(0, 6))):
            start = draw(st.integers(0, len(transcript.text) - 1))
            span = Span(start, draw(st.integers(start + 1, len(transcript.text))))
            coder = draw(st.sampled_from([*PEOPLE, MODEL]))
            score = draw(st.sampled_from([None, 0.0, 0.83, 1.0])) if coder is MODEL else None
            human = st.sampled_from([Origin.BLIND, Origin.ASSISTED, Origin.ADJUDICATED])
            origin = Origin.AUTO if coder is MODEL else draw(human)
            code, memo, created = draw(st.sampled_from(book.codes)).id, draw(MEMOS), draw(CREATED)
            weight = None if coder is MODEL else draw(st.sampled_from([None, 1.0, 50.0, 12.5]))
            coding = Coding(transcript.name, span, code, coder.name, origin, score, memo, created, weight=weight)
            found[coding.key] = coding
    memos = draw(st.lists(memos_of(book, transcripts), max_size=3, unique_by=lambda memo: (memo.text, memo.title)))
    return Project("מחקר", book, transcripts, (*PEOPLE, MODEL), tuple(found.values()), tuple(memos))


@st.composite
def memos_of(draw: st.DrawFn, book: Codebook, transcripts: tuple[Transcript, ...]) -> Memo:
    """A memo about a stretch of a transcript, a transcript, a code, or the study."""
    text, title = draw(NAMES), draw(st.just("") | NAMES)
    author, created = draw(st.sampled_from(["", "דנה"])), draw(CREATED)
    transcript, code = draw(st.sampled_from(transcripts)), draw(st.sampled_from(book.codes)).id
    span = Span(0, draw(st.integers(1, len(transcript.text))))
    about = [{}, {"code": code}, {"transcript": transcript.name}, {"transcript": transcript.name, "span": span}]
    return Memo(text, title, author, created, **draw(st.sampled_from(about)))


def what(project: Project, rule: Callable[[str], str] = str) -> Counter[tuple[object, ...]]:
    """Every coding of a project as it should come back, its quote by SHA-256; ``rule`` is what the format states."""
    texts = {transcript.name: rule(transcript.text) for transcript in project.transcripts}
    return Counter(
        (
            *(each.transcript, project.codebook.path(each.code), each.coder, each.span, each.origin, each.score),
            *(
                rule(each.memo),
                each.created,
                each.weight,
                fingerprint(texts[each.transcript][each.span.start : each.span.end]),
            ),
        )
        for each in project.codings
    )


def came(reading: Reading) -> Counter[tuple[object, ...]]:
    assert reading.codebook is not None
    return what(Project("", reading.codebook, reading.transcripts, reading.coders, reading.codings))


@FEW
@given(project=projects())
def test_a_qdpx_comes_back_equal(tmp_path: Path, project: Project) -> None:
    path = tmp_path / "out.qdpx"
    done = export(project, path)
    reading = qdpx.read(path)
    assert reading.problems == ()
    assert {each.name: each.text for each in reading.transcripts} == {
        each.name: qdpx.exported_text(each.text) for each in project.transcripts
    }
    found = Counter((*key[:6], *key[7:]) for key in came(reading).elements())
    groups = [(each.name, set(each.groups)) for each in project.transcripts]
    assert [(each.name, set(each.groups)) for each in reading.transcripts] == groups
    guids = refi.CodeGuids.of(project.codebook).by_id
    assert set(reading.memos) == {replace(each, code=guids.get(each.code, "")) for each in project.memos}
    memos = Counter(each.memo for each in reading.codings)
    # a memo is text of the XML: what XML cannot hold becomes U+FFFD, an emoji stays
    assert memos == Counter(refi.xml_text(each.memo) for each in project.codings)
    wanted = what(project, qdpx.exported_text)
    assert found == Counter((*key[:6], *key[7:]) for key in wanted.elements())
    assert {coder.kind for coder in reading.coders if coder.name == MODEL.name} <= {CoderKind.MODEL}
    assert done.compared.codings == len(project.codings)
    assert done.compared.quotes == len({key[-1] for key in wanted})
    held = json.loads(sidecar.beside(path).read_text(encoding="utf-8"))["codings"]
    with zipfile.ZipFile(path) as archive:
        root = etree.fromstring(archive.read("project.qde"))
    assert set(held) == {each.get("guid") for each in root.iter(f"{{{qdpx.NAMESPACE}}}Coding")}


@FEW
@given(project=projects(), ending=st.sampled_from(["csv", "jsonl"]))
def test_our_own_tables_come_back_with_every_column(tmp_path: Path, project: Project, ending: str) -> None:
    assume(project.codings or ending == "csv")  # no coding makes no line
    path = tmp_path / f"out.{ending}"
    assert export(project, path).compared.codings == len(project.codings)
    reading = codings.read(path) if ending == "jsonl" else codings.read_rows(path, read_table(path, codings.LAYOUT))
    rows = Counter(
        (
            *(row.document, " > ".join(row.code_path), row.coder, row.span, row.origin, row.score),
            *(row.memo, row.created, row.weight, fingerprint(row.text)),
        )
        for row in reading.quotes
    )
    rule = str if ending == "jsonl" else codings.read_line_ends
    wanted = [
        (
            *(each.transcript, project.codebook.path(each.code), each.coder, each.span, each.origin, each.score),
            *(rule(each.memo), each.created, each.weight, fingerprint(rule(quote))),
        )
        for each in project.codings
        for quote in [project.transcript(each.transcript).quote(each.span)]
    ]
    assert rows == Counter(wanted)


@FEW
@given(project=projects())
def test_a_workbook_comes_back_with_every_quote(tmp_path: Path, project: Project) -> None:
    path = tmp_path / "out.xlsx"
    assert export(project, path).compared.codings == len(project.codings)
    quotes = [
        (
            each.transcript,
            each.coder,
            project.codebook.path(each.code),
            project.transcript(each.transcript).quote(each.span),
        )
        for each in project.codings
    ]
    rows = maxqda.read(path).quotes
    assert Counter((each.document, each.coder, " > ".join(each.code_path), each.text) for each in rows) == Counter(
        quote
        for quote in quotes
        if quote[-1].strip()  # a row without words is said and not read
    )
    sheet = openpyxl.load_workbook(path).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


@settings(FEW, max_examples=30)
@given(project=projects())
def test_word_comments_come_back_equal(tmp_path: Path, project: Project) -> None:
    done = export(project, tmp_path / "out.docx")
    names = margin.file_names(project.transcripts)
    marked = {name: margin.read(done.path / names[name] if len(names) > 1 else done.path) for name in names}
    assert all(each.unchanged for each in marked.values())
    assert {name: each.text for name, each in marked.items()} == {
        each.name: margin.exported_text(each.text) for each in project.transcripts
    }
    found = [(name, note) for name in marked for note in marked[name].notes]
    assert Counter((name, note.span, note.coder, note.code, note.created) for name, note in found) == Counter(
        (each.transcript, each.span, each.coder, project.codebook.path(each.code), each.created)
        for each in project.codings
    )


@FEW
@given(book=codebooks())
def test_a_codebook_comes_back_as_the_same_tree(tmp_path: Path, book: Codebook) -> None:
    for ending in ("qdc", "yaml"):
        assert export(Project("מ", book), tmp_path / f"out.{ending}").compared.codes == len(book)
    found = qdc.read(tmp_path / "out.qdc").codebook
    assert found is not None
    assert [(depth, code.name, code.color) for depth, code in found.walk()] == [
        (depth, code.name, code.color) for depth, code in book.walk()
    ]


@FEW
@given(project=projects())
def test_any_qdpx_is_valid_against_the_schema(tmp_path: Path, shared: Path, project: Project) -> None:
    schema = etree.XMLSchema(etree.parse(shared / "reference" / "refi-qda" / "Project.xsd"))
    qdpx.write(project, tmp_path / "out.qdpx")
    with zipfile.ZipFile(tmp_path / "out.qdpx") as archive:
        schema.assertValid(etree.fromstring(archive.read("project.qde")))


# --- the same project as other programs write it, by interchange.md 2.4 and 2.5


class Program(NamedTuple):
    """How a program lays out a project file and counts."""

    origin: str
    member: str = "project.qde"
    folder: str = "sources"
    bom: bool = False
    crlf: bool = False
    crlf_counts: int = 1
    utf16: bool = False
    named: str = ""  # what a selection's name holds: nothing, the "whole" text, or "cut" to 100 characters
    one_each: bool = False  # a selection for every coding
    prefix: str = "internal://"
    root_file: bool = False
    namespace: str = qdpx.NAMESPACE

    def raw(self, text: str) -> bytes:
        text = text.replace("\n", "\r\n") if self.crlf else text
        return (b"\xef\xbb\xbf" if self.bom else b"") + text.encode()

    def count(self, text: str) -> int:
        text = text.replace("\n", "\r\n") if self.crlf and self.crlf_counts == 2 else text
        return len(text.encode("utf-16-le")) // 2 if self.utf16 else len(text)

    def name(self, quote: str) -> str:
        cut = quote if len(quote) <= 100 else f"{quote[:100]}..."
        return {"": "", "whole": quote, "cut": cut}[self.named]


PROGRAMS = (
    Program("NVivo 12.6 for Windows", folder="Sources", bom=True, crlf=True, crlf_counts=2, utf16=True, one_each=True),
    Program("NVivo for Mac 15.0.0", utf16=True, one_each=True, root_file=True),
    Program("MAXQDA Analytics Pro 2024 (Release 24.7)", named="whole"),
    Program("ATLAS.ti for Windows 23.2.3.27778", crlf=True, named="cut"),
    Program("ATLAS.ti for Mac 26.1", member="Trial.qde", crlf=True, named="cut", one_each=True),
    Program("QualCoder-4.0b", bom=True, named="whole", one_each=True),
    Program("QualCoder-3.6", folder="Sources", bom=True, crlf=True, named="whole", one_each=True),
    Program("qc 1.3.2"),
)


def written_by(program: Program, project: Project, path: Path) -> Path:
    """Write the project as the program would; this shares nothing with the writer of the package but the GUIDs."""
    root = etree.Element("Project", name=project.name, origin=program.origin, xmlns=program.namespace)
    users = etree.SubElement(root, "Users")
    for coder in project.coders:
        etree.SubElement(users, "User", guid=refi.stable_guid("u", coder.name), name=coder.name)
    codes: dict[str | None, etree._Element] = {None: etree.SubElement(etree.SubElement(root, "CodeBook"), "Codes")}
    for _, code in project.codebook.walk():
        guid = refi.stable_guid("c", code.id)
        codes[code.id] = etree.SubElement(codes[code.parent], "Code", guid=guid, name=code.name, isCodable="true")
    sources = etree.SubElement(root, "Sources")
    files: dict[str, bytes] = {f"{program.folder}/.root": b""} if program.root_file else {}
    for transcript in project.transcripts:
        guid = refi.stable_guid("t", transcript.name)
        files[f"{program.folder}/{guid}.txt"] = program.raw(transcript.text)
        put_source(program, project, transcript, sources, guid)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in ((program.member, etree.tostring(root, encoding="utf-8")), *files.items()):
            archive.writestr(name, data)
    return path


def put_source(program: Program, project: Project, transcript: Transcript, sources: etree._Element, guid: str) -> None:
    path = f"{program.prefix}{guid}.txt"
    source = etree.SubElement(sources, "TextSource", guid=guid, name=transcript.name, plainTextPath=path)
    there: dict[tuple[object, ...], etree._Element] = {}
    for number, coding in enumerate(each for each in project.codings if each.transcript == transcript.name):
        key = (coding.span, number if program.one_each else "")
        if key not in there:
            edges = (program.count(transcript.text[:edge]) for edge in (coding.span.start, coding.span.end))
            places = dict(zip(("startPosition", "endPosition"), map(str, edges), strict=True))
            name = program.name(transcript.quote(coding.span))
            guid = refi.stable_guid("s", transcript.name, number)
            there[key] = etree.SubElement(source, "PlainTextSelection", guid=guid, name=name, **places)
        user = refi.stable_guid("u", coding.coder)
        element = etree.SubElement(there[key], "Coding", guid=refi.stable_guid("k", guid, number), creatingUser=user)
        etree.SubElement(element, "CodeRef", targetGUID=refi.stable_guid("c", coding.code))


WORDS = st.sampled_from(
    ["שלום", "בצה״ל", "🙂ש", "burnout", "לָ֫מָּה", "כן,", "א", "👍🏽👍🏽", "ג׳ירפה", "\u200fabc", "𐤀𐤁", "שׁﬠﬦ"]
)
LINES = st.lists(st.lists(WORDS, max_size=6), min_size=1, max_size=8).filter(any)


@st.composite
def coded_by_words(draw: st.DrawFn) -> Project:
    """A project whose spans are whole words, as people select; programs write no names on others to tell by."""
    project = draw(projects(st.just("א")))
    transcripts, codings = [], {}
    for transcript in project.transcripts:
        text = "\n".join(" ".join(words) for words in draw(LINES))
        words = [match.span() for match in re.finditer(r"\S+", text)]
        transcripts.append(replace(transcript, text=text))
        for _ in range(draw(st.integers(0, 8))):
            first = draw(st.integers(0, len(words) - 1))
            last = draw(st.integers(first, len(words) - 1))
            span = Span(words[first][0], words[last][1])
            code, coder = draw(st.sampled_from(project.codebook.codes)).id, draw(st.sampled_from(PEOPLE)).name
            codings[transcript.name, span, code, coder] = Coding(transcript.name, span, code, coder)
    return replace(project, transcripts=tuple(transcripts), coders=PEOPLE, codings=tuple(codings.values()))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.origin)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(project=coded_by_words())
def test_the_same_project_is_read_equal_from_every_program(tmp_path: Path, program: Program, project: Project) -> None:
    reading = qdpx.read(written_by(program, project, tmp_path / "in.qdpx"))
    assert {each.name: each.text for each in reading.transcripts} == {
        each.name: each.text for each in project.transcripts
    }
    assert came(reading) == what(project)
    assert reading.problems == ()
