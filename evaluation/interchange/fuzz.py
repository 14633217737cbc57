"""Mutated files of every format against the readers: no crash but our own errors, nothing written, little memory.

``python evaluation/interchange/fuzz.py [--minutes 10] [--seed N] [--keep FOLDER]`` changes valid files (bytes, members
of zip files, elements and attributes of XML, cells of tables) and has each read in a process of its own that may not
hold more than LIMIT. Then it has the files of 10 MB of ``worst.py`` read, each by a fresh process, and measures its
peak memory. It prints the counts and keeps them in ``fuzz.json`` beside it; a file that did harm is copied to
``--keep``.

A reader must answer every file with a reading or an AutocoderError. It counts as harm when it raises anything else,
dies, takes longer than SECONDS, opens a file for writing, or needs more memory than LIMIT.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, Any

import docx
import typer

from autocoder.export import export
from autocoder.project import Code, Codebook, Coder, CoderKind, Coding, Origin, Project, Span, Transcript

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from evaluation.interchange import worst  # found from the repository's root, however this file is run

LIMIT = 10**9
"""Bytes of memory that a reader may need for any file of 10 MB."""
SECONDS = 300
"""Seconds of the processor that a file may take; on a busy machine PATIENCE times as many go by."""
PATIENCE = 4
MEGABYTES = 10
CHANGES = 4  # at most, in one file

TEXT = (
    "מראיינת: איך זה התחיל אצלך בצה״ל 🙂?\n\nרחל: שָׁלוֹם. התחלתי לבד, \u200fburnout לגמרי – 29.5 שקל לשעה.\n"
    "מראיינת: והשכר?\nרחל: מינימום, ואז הגיע עוד מישהו.\n"
)
NASTY = (
    *("", " ", "-1", "0", "99999999999999999999", "1e999", "NaN", "\x00", "\ufeff", "\ud7ff", "א" * 5000, "=1+1", "'"),
    *(
        "../../evil.txt",
        "/etc/passwd",
        "C:\\evil",
        "internal://../../evil",
        "file:///etc/passwd",
        "%00",
        "]]>",
        "<",
        "&x;",
    ),
    *("{00000000-0000-0000-0000-000000000000}", "true", "\u202e", "\r", "\n\n", "\t", '"', ",", ";", "{", "[" * 2000),
)
DOCTYPES = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    b'<!DOCTYPE x SYSTEM "file:///etc/passwd">',
    b'<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
)
MEMBERS = (
    "../evil.txt",
    "/evil.txt",
    "C:/evil.txt",
    "sources/../../evil.txt",
    "PROJECT.QDE",
    "a.qde",
    "word/evil.xml",
    "x" * 300,
)


# --- valid files to begin with


def seeds(folder: Path) -> list[tuple[str, bytes]]:
    """Return a valid file or more for every ending that is read: (ending, content)."""
    for ending in (".qdpx", ".xlsx", ".csv", ".jsonl", ".docx", ".qdc", ".yaml"):
        export(a_project(), folder / f"s{ending}", with_sidecar=False)
    word = docx.Document()
    for line in TEXT.split("\n"):
        word.add_paragraph(line)
    word.add_table(2, 3).cell(1, 1).text = "רחל"
    word.save(str(folder / "table.docx"))
    for name, text in _TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "t.txt").write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    (folder / "u.txt").write_bytes(TEXT.encode("utf-16"))
    cue = "00:00:0{0}.000 --> 00:00:0{1}.500\n<v רחל>שלום {0}\n\n"
    cues = "".join(cue.format(place, place + 1) for place in range(1, 5))
    (folder / "t.vtt").write_text(f"WEBVTT\n\n{cues}", encoding="utf-8")
    numbered = (f"{place}\n00:00:0{place},000 --> 00:00:0{place},500\nרחל: שלום\n" for place in range(1, 5))
    (folder / "t.srt").write_text("\n".join(numbered), encoding="utf-8")
    (folder / "t.odt").write_bytes(zipped([("mimetype", _ODT_TYPE), ("content.xml", _ODT.encode())]))
    for name, tables in (("data.qda", _QUALCODER), ("taguette.sqlite3", _TAGUETTE)):
        with closing(sqlite3.connect(folder / name)) as base, base:
            base.executescript(tables)
    from autocoder.read import READABLE

    return [(path.suffix, path.read_bytes()) for path in sorted(folder.iterdir()) if path.suffix in READABLE]


_TEXTS = {
    "maxqda.csv": "\ufeffDocument name;Code;Segment;Created by\r\nריאיון;שכר > אתגר;התחלתי לבד;דנה\r\n",
    "taguette.csv": "id,document,tag,content\r\n1,ריאיון,שכר,התחלתי לבד\r\n",
    "nvivo.txt": (
        "<Files\\\\ריאיון> - § 1 reference coded  [5.80% Coverage]\n\nReference 1 - 5.80% Coverage\n\nהתחלתי לבד\n"
    ),
    "t.md": f"# ריאיון\n\n{TEXT}",
    "t.json": json.dumps({"segments": [{"start": 0.5, "end": 2, "text": TEXT[:30], "speaker": "SPEAKER_00"}] * 3}),
    "t.rtf": r"{\rtf1\ansi\ansicpg1255{\fonttbl{\f0 Arial;}}\rtlpar\f0 \'f8\'e7\'ec: \u1513?\u1500?\par\tab b\par}",
    "t.pdf": (
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R"
        "/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
        "4 0 obj<</Length 44>>stream\nBT /F1 12 Tf 20 200 Td (Rachel: hello) Tj ET\nendstream endobj\n"
        "trailer<</Root 1 0 R>>\n%%EOF\n"
    ),
}
_ODT_TYPE = b"application/vnd.oasis.opendocument.text"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_ODT = (
    f'<office:document-content xmlns:office="{_OASIS}:office:1.0" xmlns:text="{_OASIS}:text:1.0"><office:body>'
    '<office:text><text:p>רחל: שלום<text:tab/>לכם<text:s text:c="2"/></text:p><text:h>סוף</text:h></office:text>'
    "</office:body></office:document-content>"
)
_QUALCODER = """
create table project (databaseversion text, date text, memo text, about text);
create table source (id integer primary key, name text, fulltext text, mediapath text, memo text, owner text);
create table code_name (cid integer primary key, name text, memo text, catid integer, owner text, color text);
create table code_cat (catid integer primary key, name text, owner text, date text, memo text, supercatid integer);
create table code_text (cid integer, fid integer, seltext text, pos0 integer, pos1 integer, owner text, date text,
    memo text, important integer);
insert into project values ('v11', '2026-01-01', '', 'QualCoder');
insert into source values (1, 'ריאיון', 'רחל: שלום 🙂 וברכה', null, '', 'דנה');
insert into code_cat values (1, 'ערכיות', 'דנה', '', '', null);
insert into code_name values (1, 'שכר', '', 1, 'דנה', '#FF0000');
insert into code_text values (1, 1, 'שלום 🙂', 5, 11, 'דנה', '2026-01-01', 'הערה', 1);
"""
_TAGUETTE = """
create table projects (id integer primary key, name text, description text);
create table documents (id integer primary key, name text, description text, contents text, project_id integer);
create table tags (id integer primary key, path text, description text, project_id integer);
create table highlights (id integer primary key, document_id integer, start_offset integer, end_offset integer,
    snippet text);
create table highlight_tags (highlight_id integer, tag_id integer);
create table commands (id integer primary key, date text, user_login text, payload text);
insert into projects values (1, 'מחקר', '');
insert into documents values (1, 'ריאיון', '', '<p>רחל: שלום &amp; ברכה</p><p>סוף</p>', 1);
insert into tags values (1, 'שכר', '', 1);
insert into highlights values (1, 1, 0, 8, '<p>רחל</p>');
insert into highlight_tags values (1, 1);
insert into commands values (1, '2026-01-01', 'admin', '{"type": "highlight_add", "highlight_id": 1}');
"""


def a_project() -> Project:
    """Return a small project with two people, a model, folders, colours, memos, overlapping codings and variables."""
    book = Codebook(
        "מ", (Code("a", "שכר", color="#FF0000"), Code("b", "ערכיות", codable=False), Code("c", "אתגר", parent="b"))
    )
    spans = ((0, 20, "a", "דנה"), (10, 40, "c", "יוסי"), (10, 40, "a", "m"), (41, len(TEXT), "c", "דנה"))
    codings = tuple(
        Coding("ריאיון", Span(start, end), code, coder, Origin.AUTO if coder == "m" else Origin.BLIND, 0.5, "הערה")
        for start, end, code, coder in spans
    )
    coders = (Coder("דנה"), Coder("יוסי"), Coder("m", CoderKind.MODEL))
    return Project("מ", book, (Transcript("ריאיון", TEXT, variables={"אתר": "א"}),), coders, codings)


# --- changes


def mutated(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """Return the file with a few changes; a zip file is changed inside as often as outside."""
    for _ in range(chance.randint(1, CHANGES)):
        data = (
            _zip_changed(data, chance, others)
            if data[:2] == b"PK" and chance.random() < 0.8
            else _changed(data, chance)
        )
    return data


def changed_files(valid: list[tuple[str, bytes]], seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield changed files without end: (ending, content)."""
    chance = random.Random(seed)
    others = [data for _, data in valid]
    while True:
        ending, data = chance.choice(valid)
        yield ending, mutated(data, chance, others)


def _changed(data: bytes, chance: random.Random) -> bytes:
    ways: list[Callable[[bytes, random.Random], bytes]] = [_flipped, _cut, _repeated, _inserted]
    if b"<" in data[:200]:
        ways += [_attribute, _attribute, _element, _element, _doctype, _nested]
    elif b"\x00" not in data[:200]:
        ways += [_cell, _cell, _number, _number]
    return chance.choice(ways)(data, chance)


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    start, end = sorted((_place(data, chance), _place(data, chance)))
    return data[:start] if chance.random() < 0.3 else data[:start] + data[end:]


def _repeated(data: bytes, chance: random.Random) -> bytes:
    start = _place(data, chance)
    piece = data[start : start + chance.choice((1, 10, 300))]
    return data[:start] + piece * chance.choice((2, 50)) + data[start:]


def _inserted(data: bytes, chance: random.Random) -> bytes:
    start = _place(data, chance)
    return data[:start] + _nasty(chance) + data[start:]


def _nasty(chance: random.Random) -> bytes:
    return chance.choice(NASTY).encode("utf-8", "surrogatepass")


def _replace_one(data: bytes, chance: random.Random, pattern: bytes, group: int = 0) -> bytes:
    found = list(re.finditer(pattern, data))
    if not found:
        return _flipped(data, chance)
    match = chance.choice(found)
    new = chance.choice((_nasty(chance), b"", str(chance.randint(-5, 300)).encode()))
    return data[: match.start(group)] + new + data[match.end(group) :]


def _attribute(data: bytes, chance: random.Random) -> bytes:
    return _replace_one(data, chance, rb'="([^"]*)"', 1)


def _number(data: bytes, chance: random.Random) -> bytes:
    return _replace_one(data, chance, rb"\d+")


def _cell(data: bytes, chance: random.Random) -> bytes:
    return _replace_one(data, chance, rb'[^,;:"\t\r\n{}]+')


def _element(data: bytes, chance: random.Random) -> bytes:
    """Take an element out, double it, empty it, or give it another name."""
    found = list(re.finditer(rb"<(\w[\w:.]*)([^<>]*?)(/?)>", data))
    if not found:
        return _flipped(data, chance)
    one, two = chance.choice(found), chance.choice(found)
    way = chance.randrange(4)
    if way == 0:
        return data[: one.start()] + data[one.end() :]
    if way == 1:
        return data[: one.start()] + two[0] + data[one.start() :]
    if way == 2:
        return data.replace(b"<" + one[1], b"<" + two[1]).replace(b"</" + one[1], b"</" + two[1])
    return data[: one.start()] + b"<" + one[1] + one[3] + b">" + data[one.end() :]


def _doctype(data: bytes, chance: random.Random) -> bytes:
    at = data.find(b"?>") + 2 if data.startswith(b"<?xml") else 0
    return data[:at] + chance.choice(DOCTYPES) + data[at:]


def _nested(data: bytes, chance: random.Random) -> bytes:
    depth = chance.choice((10, 300, 20_000))
    start = data.find(b"<", _place(data, chance))
    return data if start < 0 else data[:start] + b"<Code>" * depth + b"</Code>" * depth + data[start:]


def _zip_changed(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """Change a member, its name or its place; add one that points outside, one twice, one of another file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
    except Exception:  # what an earlier change broke is changed as bytes
        return _changed(data, chance)
    if not members:
        return _changed(data, chance)
    place = chance.randrange(len(members))
    name, content = members[place]
    way = chance.randrange(10)
    if way < 6:
        members[place] = (name, _changed(content, chance))
    elif way == 6:
        members[place] = (chance.choice((*MEMBERS, name.upper(), name.replace("/", "\\"))), content)
    elif way == 7:
        members.append((chance.choice(MEMBERS), chance.choice(others)))
    elif way == 8:
        del members[place]
    else:
        members.append((name, _changed(content, chance)))
    return zipped(members, chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_LZMA)))


def zipped(members: list[tuple[str, bytes]], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip file of these members, names and all."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", how) as archive, warnings.catch_warnings(action="ignore"):
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name or "x"), content, how)
    return packed.getvalue()


# --- reading in a process of its own


@dataclass
class Found:
    """What the readers answered, by ending, and the harm that was done."""

    answers: Counter[str] = field(default_factory=Counter)
    harm: list[str] = field(default_factory=list)
    peak: int = 0


def _serve(pipe: Connection, limit: int) -> None:
    """Read the files that are named through the pipe; answer each with what became of it. Linux and Mac only."""
    import resource

    from autocoder.errors import AutocoderError
    from autocoder.read import READABLE, read_file

    for ending in READABLE:  # libraries are loaded before memory is counted and writing forbidden
        with tempfile.NamedTemporaryFile(suffix=ending) as file, _Quiet():
            answer_of(lambda: read_file(Path(file.name)), AutocoderError)
    written: list[str] = []
    sys.addaudithook(lambda event, arguments: _watch(event, arguments, written))
    resource.setrlimit(resource.RLIMIT_AS, (_mapped() + limit, resource.RLIM_INFINITY))
    while path := pipe.recv():
        before, begun = len(written), time.process_time()
        with _Quiet():
            answer = answer_of(lambda: read_file(Path(path)), AutocoderError)
        if len(written) > before:
            answer = f"harm: wrote {written[before]}"
        pipe.send((answer, _peak(), time.process_time() - begun))


def answer_of(read: Callable[[], object], ours: type[Exception]) -> str:
    """Return what a reader made of a file: read, refused, or the harm it did."""
    try:
        read()
    except ours as refusal:
        return "refused" if str(refusal) and "\n" not in str(refusal) else f"harm: no sentence: {refusal!r}"
    except BaseException as crash:
        where = traceback.extract_tb(crash.__traceback__)[-1]
        return f"harm: {type(crash).__name__} at {Path(where.filename).name}:{where.lineno}: {str(crash)[:200]}"
    return "read"


class _Quiet:
    """Keep what libraries say out of the way."""

    def __enter__(self) -> None:
        self.streams = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = io.StringIO()

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr = self.streams


_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_DEEDS = ("os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink", "os.truncate", "shutil.copyfile", "os.chmod")


def _watch(event: str, arguments: tuple[object, ...], written: list[str]) -> None:
    """Note every file that is opened for writing, made, moved or taken away, and every connection and process."""
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING and arguments[0] != os.devnull:
        written.append(str(arguments[0]))
    elif event in _DEEDS or event.startswith(("socket.connect", "subprocess.", "os.system", "os.exec", "urllib.")):
        written.append(f"{event} {arguments[:1]}")


def _peak() -> int:
    """Return the most memory that this process held; Linux counts the process that began it into ``ru_maxrss``."""
    import resource

    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return 1024 * int(re.search(r"VmHWM:\s*(\d+)", status.read_text(encoding="ascii"))[1])  # type: ignore[index]


def _mapped() -> int:
    """Return the bytes of address space in use, on which the limit is put."""
    import resource

    pages = Path("/proc/self/statm")
    return int(pages.read_text(encoding="ascii").split()[0]) * resource.getpagesize() if pages.exists() else 2 * LIMIT


class Readers:
    """The process that reads; a new one takes over when it died or hung."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, self.limit), daemon=True)
        self.process.start()
        other.close()

    def read(self, path: Path) -> tuple[str, int, float]:
        """Return what became of the file, the peak memory of the process so far, and seconds of its processor."""
        try:
            self.pipe.send(str(path))
            if self.pipe.poll(PATIENCE * SECONDS):
                answer: tuple[str, int, float] = self.pipe.recv()
                if answer[2] <= SECONDS:
                    return answer
            answer = (f"harm: longer than {SECONDS} s", 0, SECONDS)
        except (EOFError, OSError):
            self.process.join(5)
            answer = (f"harm: the process died with {self.process.exitcode}", 0, 0)
        self.renew()
        return answer

    def renew(self) -> None:
        """Let a fresh process read what follows."""
        self.stop()
        self._start()

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()


def fuzz(until: Callable[[int], bool], seed: int, keep: Path | None = None) -> Found:
    """Change and read files until ``until``, given how many were read, says stop."""
    found = Found()
    readers = Readers()
    with tempfile.TemporaryDirectory() as made, tempfile.TemporaryDirectory() as name:
        for count, (ending, data) in enumerate(changed_files(seeds(Path(made)), seed)):
            if until(count):
                break
            path = Path(name) / f"f{ending}"
            path.write_bytes(data)
            answer, memory, _ = readers.read(path)
            _note(found, ending, answer, memory, path, keep)
        left = sorted(each.name for each in Path(name).iterdir() if each.stem != "f")
        found.harm += [f"harm: {each} was left beside the files" for each in left]
    readers.stop()
    return found


def _note(found: Found, what: str, answer: str, memory: int, path: Path, keep: Path | None) -> None:
    found.answers[f"{what} {answer.partition(':')[0]}"] += 1
    found.peak = max(found.peak, memory)
    if answer.startswith("harm"):
        found.harm.append(f"{what} {answer}")
        if keep is not None:
            shutil.copy(path, keep / f"{len(found.harm)}-{path.name}")


# --- ten megabytes at their worst


def members(ending: str) -> list[tuple[str, bytes]]:
    """Return the members of a valid file of that ending."""
    with tempfile.TemporaryDirectory() as folder:
        data = next(data for name, data in seeds(Path(folder)) if name == ending)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def measure_worst(
    groups: Sequence[str], keep: Path | None = None, size: int = MEGABYTES * 1_000_000
) -> tuple[Found, dict[str, dict[str, object]]]:
    """Read each of the worst files in a fresh process; return what was answered, and memory and time by file."""
    found, figures = Found(), {}
    readers = Readers(3 * LIMIT)
    valid = {ending: members(ending) for ending in (".docx", ".xlsx", ".odt")}
    with tempfile.TemporaryDirectory() as name:
        for what, ending, data in (file for group in groups for file in worst.GROUPS[group](size, valid)):
            path = Path(name) / f"w{ending}"
            path.write_bytes(data)
            answer, memory, seconds = readers.read(path)
            readers.renew()
            if memory > LIMIT and not answer.startswith("harm"):
                answer = f"harm: {answer} with {memory / 1e9:.2f} GB"
            told = f"{answer} ({what})" if answer.startswith("harm") else answer
            _note(found, ending, told, memory, path, keep)
            figures[f"{ending} {what}"] = {"peak_bytes": memory, "seconds": round(seconds, 1), "answer": answer}
            size_in = f"{len(data) / 1e6:5.1f} MB"
            print(f"  {ending:8} {what:32} {size_in}: {memory / 1e6:6.0f} MB, {seconds:5.1f} s, {answer}", flush=True)
    readers.stop()
    return found, figures


def main(
    minutes: Annotated[float, typer.Option(help="For how long files are changed and read.")] = 10,
    seed: Annotated[int, typer.Option()] = 1,
    keep: Annotated[Path | None, typer.Option(help="Where files that did harm are copied to.")] = None,
    worst_files: Annotated[bool, typer.Option("--worst/--no-worst", help="Measure the files of 10 MB too.")] = True,
    group: Annotated[
        list[str] | None, typer.Option(help=f"Only these of the files of 10 MB: {', '.join(worst.GROUPS)}.")
    ] = None,
) -> None:
    """Fuzz for that many minutes, then measure the worst files; print and keep the counts."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    harm: list[str] = []
    if minutes:
        end = time.monotonic() + 60 * minutes
        found = fuzz(lambda _: time.monotonic() > end, seed, keep)
        harm += found.harm
        print(f"{found.answers.total()} changed files, peak memory {found.peak / 1e6:.0f} MB")
        for what, count in sorted(found.answers.items()):
            print(f"  {what}: {count}")
        _keep("changed_files", lambda _: {"minutes": minutes, "seed": seed, **_counted(found)})
    if worst_files:
        found, figures = measure_worst(group or list(worst.GROUPS), keep)
        harm += found.harm
        _keep("worst_files", lambda before: _of_worst((before.get("by_file", {}) if group else {}) | figures))
    for line in harm:
        print(line)
    raise SystemExit(bool(harm))


def _keep(what: str, figures: Callable[[dict[str, Any]], dict[str, object]]) -> None:
    """Put figures, given what is there of them, into the file beside this one."""
    path = Path(__file__).with_suffix(".json")
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept[what] = figures(kept.get(what, {}))
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _of_worst(by_file: dict[str, dict[str, Any]]) -> dict[str, object]:
    """Return what is kept of the worst files: the counts of the answers, the greatest figures, and all of them."""
    answers = Counter(str(each["answer"]).partition(":")[0] for each in by_file.values())
    peaks = {name: max((each[name] for each in by_file.values()), default=0) for name in ("peak_bytes", "seconds")}
    return {"megabytes": MEGABYTES, "files": len(by_file), "answers": dict(answers), **peaks, "by_file": by_file}


def _counted(found: Found) -> dict[str, object]:
    answers = dict(sorted(found.answers.items()))
    return {"files": found.answers.total(), "answers": answers, "peak_bytes": found.peak, "harm": len(found.harm)}


if __name__ == "__main__":
    typer.run(main)
