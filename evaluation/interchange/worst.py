"""Files of 10 MB that ask a reader for as much memory and time as their format lets them.

Every file repeats one piece as often as the readers' budgets allow (:func:`under`), unpacks to the limit, nests, or
says one thing and refers to it again and again. :data:`GROUPS` yield them, each under a name that says what it is.
"""

from __future__ import annotations

import io
import random
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from autocoder.formats.archive import GROWTH, MAX_MEMBER, MEMORY, tree_size

Members = list[tuple[str, bytes]]
File = tuple[str, str, bytes]
"""What it is, its ending, its content."""

_SHARE = 0.97
"""Of a budget that a file takes, so that it is read and not refused."""


def under(size: int, piece: bytes, share: float = 1.0) -> int:
    """Return how often a piece of XML stands in a file of ``size`` bytes whose tree just fits the memory allowed."""
    budget = int(_SHARE * share * (MEMORY + GROWTH * size))
    return min(budget // tree_size(piece), int(_SHARE * MAX_MEMBER) // len(piece))


def zipped(members: Members, size: int = 0) -> bytes:
    """Return a zip file of these members, padded to ``size``; it packs no tighter than the readers let pass."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 1)
        noise = max(0, size - packed.tell() - 1_000)
        archive.writestr(zipfile.ZipInfo("padding.bin"), random.Random(1).randbytes(noise), zipfile.ZIP_STORED)
    return packed.getvalue()


def _repeated(piece: bytes, size: int) -> bytes:
    return piece * (size // len(piece))


# --- texts, tables, subtitles, JSON


def _texts(size: int) -> Iterator[File]:
    pieces = {
        "line ends": b"\n",
        "letters": "א".encode(),
        "commas": b"a,",
        "lines": "א: ב\n".encode(),
        "questions": "מ: א?\n\n".encode(),
        "colons": b"a:b:",
    }
    for ending in (".txt", ".csv", ".jsonl", ".vtt", ".srt", ".yaml", ".qdc"):
        for what, piece in pieces.items():
            yield f"{what} alone", ending, _repeated(piece, size)
    lines = "".join(f"דובר {number}: שלום\n" for number in range(size // 26))
    yield "a speaker a line", ".txt", lines.encode()
    yield "lines a budget allows", ".txt", ("מ: " + "אב " * (size // 5 // 290_000) + "\n").encode() * 290_000
    yield "wide characters", ".txt", _repeated("🙂".encode(), size)
    yield "UTF-16", ".txt", b"\xff\xfe" + _repeated("א".encode("utf-16-le"), size)
    report = "<Files\\\\א> - § 1 reference coded  [5.80% Coverage]\n\nReference 1 - 5.80% Coverage\n\nא\n\n".encode()
    yield "a report of NVivo", ".txt", _repeated(report, size)


def _tables(size: int) -> Iterator[File]:
    header = b"Document name,Code,Segment\n"
    yield "short rows", ".csv", header + _repeated(b"a,b,c\n", size)
    yield "as many rows as are read", ".csv", header + b"a,b,ccccccccccccc\n" * 499_999
    yield "empty rows", ".csv", header + _repeated(b",,\n", size)
    names = b"document,start,end,code,coder,quote\n"
    yield "short rows of ours", ".csv", names + _repeated(b"a,0,1,b,c,d\n", size)
    yield "as many cells as it holds", ".csv", header + (b"," * 16_000 + b"\n") * (size // 16_001)
    row = ",".join("א" * 5_000).encode() + b"\n"
    yield "as many letters as it holds", ".csv", header + row * (size // len(row))
    variables = "transcript," + ",".join(f"v{number}" for number in range(4_999))
    yield (
        "variables",
        ".csv",
        (variables + "\n").encode() + b"".join(b"%d%s\n" % (number, b",1" * 4_999) for number in range(size // 10_004)),
    )
    mixed = "א,ב;ג\tד".encode() + b"\n"
    yield "every delimiter", ".csv", _repeated(mixed, min(size, 490_000 * len(mixed)))
    yield "one huge cell", ".csv", header + b'a,b,"' + _repeated("א".encode(), size) + b'"\n'
    line = b'{"document":"a","start":0,"end":1,"code":"b","coder":"c","quote":"d"}\n'
    yield "short rows of ours", ".jsonl", _repeated(line, size)
    yield "one deep line", ".jsonl", b'{"document":' + b"[" * size


def _speech(size: int) -> Iterator[File]:
    yield "cues", ".vtt", b"WEBVTT\n\n" + _repeated(b"00:01.000 --> 00:02.000\na\n\n", size)
    voices = _repeated(b"00:01.000 --> 00:02.000\n" + b"<v a>b" * 50 + b"\n\n", size)
    yield "voices", ".vtt", b"WEBVTT\n\n" + voices
    yield "cues", ".srt", b"".join(b"%d\n00:00:01,000 --> 00:00:02,000\na\n\n" % n for n in range(size // 38))
    yield "one cue of lines", ".srt", b"1\n00:00:01,000 --> 00:00:02,000\n" + _repeated(b"a\n", size)


def _json(size: int) -> Iterator[File]:
    yield "deep", ".json", b"[" * size
    yield "empty objects", ".json", b"[" + _repeated(b"{},", size) + b"{}]"
    yield "lists", ".json", b"[" + _repeated(b"[1],", size) + b"[]]"
    yield "numbers", ".json", b"[" + _repeated(b"1.5,", size) + b"1]"
    yield "keys", ".json", b"{" + b",".join(b'"%d":0' % number for number in range(size // 11)) + b"}"
    segment = b'{"text":"a"},'
    yield "segments", ".json", b'{"segments":[' + _repeated(segment, size) + b'{"text":"b"}]}'
    words = b'{"word":"a","speaker":"%d"},'
    spoken = b"".join(words % (number % 2) for number in range(size // 27)) + b'{"word":"a"}'
    text = b"a" * (size // 27 + 1)
    yield "words", ".json", b'{"segments":[{"text":"' + text + b'","words":[' + spoken + b"]}]}"
    yield "one long text", ".json", b'{"segments":[{"text":"' + _repeated("א".encode(), size) + b'"}]}'


def _codebooks(size: int) -> Iterator[File]:
    code = b'<Code guid="%d" name="a"/>'
    codes = b"".join(code % number for number in range(size // 26))
    yield "codes", ".qdc", b"<CodeBook><Codes>" + codes + b"</Codes></CodeBook>"
    yield "open elements", ".qdc", _repeated(b"<a>", size)
    yield "attributes", ".qdc", b"<CodeBook " + b" ".join(b'a%d=""' % number for number in range(size // 10)) + b"/>"
    depth = size // 60
    nested = b"".join(b'<Code guid="%d" name="a">' % number for number in range(depth)) + b"</Code>" * depth
    yield "codes in codes", ".qdc", b"<CodeBook><Codes>" + nested + b"</Codes></CodeBook>"
    yield "keys", ".yaml", b"name: x\ncodes:\n" + b"".join(b"- {id: a%d}\n" % number for number in range(size // 13))
    most = 4_000_000
    yield (
        "keys a budget allows",
        ".yaml",
        b"name: x\ncodes:\n" + b"".join(b"- {id: a%d}\n" % number for number in range(most // 15)),
    )
    yield "brackets", ".yaml", b"[" * size
    yield "brackets a budget allows", ".yaml", b"[" * most
    yield "a list a budget allows", ".yaml", b"[" + b"a," * (most // 2 - 2) + b"a]"
    doubled = b"".join(b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 30))
    yield "aliases", ".yaml", b"a0: &a0 [x]\n" + doubled


# --- RTF, PDF, SQLite


def _rtf(size: int) -> Iterator[File]:
    pieces = {
        "paragraphs": rb"a\par ",
        "pieces of a paragraph": rb"\~",
        "weights": rb"\b a\b0 b",
        "characters": rb"\u1488?",
        "cells": rb"\cell ",
        "rows": rb"\intbl a\cell\row ",
        "groups": b"{a}",
        "fonts": rb"{\fonttbl{\f1\fcharset177 a;}}",
    }
    for what, piece in pieces.items():
        yield what, ".rtf", rb"{\rtf1\ansi " + _repeated(piece, size) + b"}"
    yield "deep groups", ".rtf", rb"{\rtf1 " + b"{" * (size // 2) + b"}" * (size // 2) + b"}"
    deep = b"{" * 900 + b"a" + b"}" * 900
    yield "groups as deep as is read", ".rtf", rb"{\rtf1 " + _repeated(deep, size) + b"}"


def _pdf(size: int) -> Iterator[File]:
    shown = b"BT /F1 12 Tf 20 200 Td " + _repeated(b"(a)Tj", size - 1_000) + b" ET"
    yield "letters one by one", ".pdf", _a_pdf([shown])
    yield "one long string", ".pdf", _a_pdf([b"BT /F1 12 Tf 20 200 Td (" + b"a" * (size - 1_000) + b")Tj ET"])
    yield "a page that unpacks to 2 GB", ".pdf", _a_pdf([_packed(b"a", 2_000_000_000)], "/Filter/FlateDecode")
    page = zlib.compress(b"BT /F1 12 Tf 20 200 Td " + b"(a)Tj" * 40_000 + b" ET", 9)
    yield "packed pages", ".pdf", _a_pdf([page] * min(4_000, size // len(page)), "/Filter/FlateDecode")
    page = zlib.compress(b"0 0 m 1 1 l S " * 3_000_000, 9)
    yield "lines that are drawn", ".pdf", _a_pdf([page], "/Filter/FlateDecode")
    yield "pages", ".pdf", _a_pdf([b"BT /F1 12 Tf 20 200 Td (a)Tj ET"] * (size // 250))
    yield "objects", ".pdf", _a_pdf([b""], extra=_repeated(b"9 0 obj<</A[1 2 3]>>endobj\n", size))
    yield "forms in forms", ".pdf", _forms(8, 20)


def _packed(letter: bytes, length: int) -> bytes:
    """Return a page of one long string as deflate packs it, made without holding it."""
    packer = zlib.compressobj(1)
    piece = letter * 1_000_000
    parts = [
        packer.compress(b"BT /F1 12 Tf 20 200 Td ("),
        *(packer.compress(piece) for _ in range(length // 1_000_000)),
    ]
    return b"".join([*parts, packer.compress(b")Tj ET"), packer.flush()])


def _a_pdf(contents: list[bytes], dictionary: str = "", extra: bytes = b"") -> bytes:
    """Return a PDF with a page for each content stream."""
    font = b"<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    made = [b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"]
    kids = b" ".join(b"%d 0 R" % (10 + 2 * number) for number in range(len(contents)))
    made.append(b"2 0 obj<</Type/Pages/Kids[%s]/Count %d>>endobj\n" % (kids, len(contents)))
    for number, content in enumerate(contents):
        page, stream = 10 + 2 * number, 11 + 2 * number
        made.append(
            b"%d 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents %d 0 R/Resources%s>>endobj\n"
            % (page, stream, font)
        )
        made.append(b"%d 0 obj<</Length %d%s>>stream\n" % (stream, len(content), dictionary.encode()))
        made += [content, b"\nendstream endobj\n"]
    return b"".join([*made, extra, b"trailer<</Root 1 0 R>>\n%%EOF\n"])


def _forms(depth: int, width: int) -> bytes:
    """Return a PDF whose page paints a form that paints a form again and again, down to a letter."""
    forms = []
    for level in range(depth):
        inner = b"/X Do " * width if level < depth - 1 else b"BT /F1 12 Tf 20 200 Td (a)Tj ET"
        below = b"/XObject<</X %d 0 R>>" % (21 + level) if level < depth - 1 else b""
        forms.append(
            b"%d 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 300 300]/Resources<<%s/Font<</F1<</Type/Font"
            b"/Subtype/Type1/BaseFont/Helvetica>>>>>>/Length %d>>stream\n%s\nendstream endobj\n"
            % (20 + level, below, len(inner), inner)
        )
    page = _a_pdf([b"/X Do"], extra=b"".join(forms))
    return page.replace(b"/Resources<<", b"/Resources<</XObject<</X 20 0 R>>", 1)


_TAGUETTE = """
create table projects (id integer primary key, name text, description text);
create table documents (id integer primary key, name text, description text, contents text, project_id integer);
create table tags (id integer primary key, path text, description text, project_id integer);
create table highlights (id integer primary key, document_id integer, start_offset integer, end_offset integer,
    snippet text);
create table highlight_tags (highlight_id integer, tag_id integer);
insert into projects values (1, 'a', '');
insert into tags values (1, 'a', '', 1);
"""
_QUALCODER = """
create table source (id integer primary key, name text, fulltext text, mediapath text, memo text, owner text);
create table code_name (cid integer primary key, name text, memo text, catid integer, owner text, color text);
create table code_cat (catid integer primary key, name text, owner text, date text, memo text, supercatid integer);
create table code_text (cid integer, fid integer, seltext text, pos0 integer, pos1 integer, owner text, date text,
    memo text, important integer);
insert into code_name values (1, 'a', '', null, 'd', '#FF0000');
"""
_HOW_MANY = "with recursive n(i) as (select 1 union all select i + 1 from n where i < {}) "


def _databases(size: int) -> Iterator[File]:
    text = "insert into documents values (1, 'a', '', '<p>' || hex(zeroblob(500000)) || '</p>', 1);"
    marks = _HOW_MANY.format(size // 12) + "insert into highlights select i, 1, i, i + 1, null from n;"
    tagged = _HOW_MANY.format(size // 26) + "insert into highlight_tags select i, 1 from n;"
    yield "highlights", ".sqlite3", _sqlite(_TAGUETTE + text + marks)
    yield (
        "tagged highlights",
        ".sqlite3",
        _sqlite(_TAGUETTE + text + marks.replace(str(size // 12), str(size // 26)) + tagged),
    )
    page = f"insert into documents values (1, 'a', '', replace(hex(zeroblob({size // 16})), '00', '<p>a</p>'), 1);"
    yield "paragraphs", ".sqlite3", _sqlite(_TAGUETTE + page)
    added = "alter table highlights add column extra text default '{}';".format("a" * 1_000_000)
    yield "a default of 1 MB in every row", ".sqlite3", _sqlite(_TAGUETTE + text + marks + added)
    made = "alter table highlights add column extra generated always as (zeroblob(900000000)) virtual;"
    yield "a column that is reckoned", ".sqlite3", _sqlite(_TAGUETTE + text + marks + made)
    source = "insert into source values (1, 'a', hex(zeroblob(500000)), null, '', 'd');"
    coded = _HOW_MANY.format(size // 24) + "insert into code_text select 1, 1, null, i, i + 1, 'd', '', '', 0 from n;"
    yield "codings", ".qda", _sqlite(_QUALCODER + source + coded)
    many = _HOW_MANY.format(size // 40) + "insert into source select i, 'a' || i, 'a b', null, '', 'd' from n;"
    yield "sources", ".qda", _sqlite(_QUALCODER + many)


def _sqlite(script: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        with closing(sqlite3.connect(path)) as base, base:
            base.executescript(script)
        return path.read_bytes()


# --- zip files


_SELECTION = (
    b'<PlainTextSelection guid="%d" startPosition="%d" endPosition="%d">'
    b'<Coding creatingUser="u"><CodeRef targetGUID="c"/></Coding></PlainTextSelection>'
)
_HEAD = (
    b'<Project name="x"><Users><User guid="u" name="u"/></Users>'
    b'<CodeBook><Codes><Code guid="c" name="c"/></Codes></CodeBook><Sources>'
)
_SOURCE = b'<TextSource guid="%d" name="t%d" plainTextPath="internal://%s">'
_TAIL = b"</Sources></Project>"


def _projects(size: int) -> Iterator[File]:
    text = "שלום לך ".encode() * 100_000
    marked = b"".join(_SELECTION % (number, number, number + 4) for number in range(under(size, _SELECTION)))
    source = _SOURCE % (0, 0, b"t.txt")
    yield "selections", ".qdpx", _a_project(size, source + marked + b"</TextSource>", [("sources/t.txt", text)])
    bare = _SELECTION.partition(b"<Coding")[0] % (0, 1, 3) + b"<Description>a%d</Description></PlainTextSelection>"
    memos = b"".join(bare % number for number in range(under(size, bare)))
    yield "memos", ".qdpx", _a_project(size, source + memos + b"</TextSource>", [("sources/t.txt", text)])
    small = b"<a/>" * under(size, b"<a/>")
    yield "small elements", ".qdpx", _a_project(size, source + small + b"</TextSource>", [("sources/t.txt", text)])
    sources = b"".join(_SOURCE % (n, n, b"t.txt") + b"</TextSource>" for n in range(under(size, _SOURCE)))
    yield "sources of one short text", ".qdpx", _a_project(size, sources, [("sources/t.txt", b"a b c")])
    yield "sources of one long text", ".qdpx", _a_project(size, sources, [("sources/t.txt", text)])
    long = "א\n".encode() * (int(_SHARE * (MEMORY + GROWTH * size)) // 12 // 3)
    yield "a long text", ".qdpx", _a_project(size, source + b"</TextSource>", [("sources/t.txt", long)])
    several = [(f"sources/t{number}.txt", long[: len(long) // 3]) for number in range(40)]
    named = b"".join(_SOURCE % (n, n, b"t%d.txt" % n) + b"</TextSource>" for n in range(40))
    yield "long texts", ".qdpx", _a_project(size, named, several)
    limit = [(f"sources/{number}.txt", b"a " * (MAX_MEMBER // 2 - 1)) for number in range(14)]
    named = b"".join(_SOURCE % (n, n, b"%d.txt" % n) + b"</TextSource>" for n in range(14))
    yield "texts that unpack to the limit", ".qdpx", _a_project(size, named, limit)
    word = zipped([("word/document.xml", _body(b"<w:p/>" * 2_500_000)), *_WORD], 300_000)
    rich = b'<TextSource guid="0" name="t" richTextPath="internal://t.docx"></TextSource>'
    yield "a Word source", ".qdpx", _a_project(size, rich, [("sources/t.docx", word)])


def _a_project(size: int, sources: bytes, members: Members) -> bytes:
    return zipped([("project.qde", _HEAD + sources + _TAIL), *members], size)


_WORD_TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_WORD = [
    (
        "[Content_Types].xml",
        b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
        b'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName='
        b'"/word/document.xml" ContentType="' + _WORD_TYPES.encode() + b'.document.main+xml"/></Types>',
    ),
    (
        "_rels/.rels",
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        b'Target="word/document.xml"/></Relationships>',
    ),
]


def _body(content: bytes) -> bytes:
    name = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return b'<w:document xmlns:w="' + name + b'"><w:body>' + content + b"</w:body></w:document>"


def _word(size: int, seed: Members) -> Iterator[File]:
    line = b"<w:p><w:r><w:t>a</w:t></w:r></w:p>"
    run = b"<w:r><w:rPr><w:b/></w:rPr><w:t>a</w:t></w:r><w:r><w:t>b</w:t></w:r>"
    bright = b'<w:r><w:rPr><w:highlight w:val="red"/></w:rPr><w:t>a</w:t></w:r><w:r><w:t>b</w:t></w:r>'
    row = b"<w:tr>" + b"<w:tc>" + line + b"</w:tc><w:tc>" + line + b"</w:tc></w:tr>"
    pieces = {
        "paragraphs": (b"", line, b""),
        "paragraphs of many letters": (b"", b"<w:p><w:r><w:t>" + b"a" * 2_000 + b"</w:t></w:r></w:p>", b""),
        "empty paragraphs": (b"", b"<w:p/>", b""),
        "runs": (b"<w:p>", run, b"</w:p>"),
        "tabs": (b"<w:p><w:r>", b"<w:tab/>", b"</w:r></w:p>"),
        "line ends": (b"<w:p><w:r>", b"<w:br/>", b"</w:r></w:p>"),
        "highlights": (b"<w:p>", bright, b"</w:p>"),
        "rows": (b"<w:tbl>", row, b"</w:tbl>"),
        "tables": (b"", b"<w:tbl>" + row + b"</w:tbl>", b""),
        "one row": (b"<w:tbl><w:tr>", b"<w:tc><w:p/></w:tc>", b"</w:tr></w:tbl>"),
    }
    for what, (before, piece, after) in pieces.items():
        body = before + piece * under(size, piece) + after
        yield what, ".docx", zipped(_put(seed, "word/document.xml", b"<w:sectPr", body), size)
    deep = b"<w:tbl><w:tr><w:tc>" * 60 + line + b"</w:tc></w:tr></w:tbl>" * 60
    tables = deep * under(size, deep)
    yield "tables in tables", ".docx", zipped(_put(seed, "word/document.xml", b"<w:sectPr", tables), size)
    text = b"<w:p><w:r><w:t>" + b"a" * int(_SHARE * MAX_MEMBER) + b"</w:t></w:r></w:p>"
    yield "one long word", ".docx", zipped(_put(seed, "word/document.xml", b"<w:sectPr", text), size)
    yield "comments", ".docx", zipped(list(_commented(size, seed)), size)
    parts = [(f"word/header{number}.xml", _header(under(size, b"<w:p/>"))) for number in range(4)]
    yield "parts as large as is read", ".docx", zipped(list(_with_headers(seed, parts)), size)


def _commented(size: int, seed: Members) -> Iterator[tuple[str, bytes]]:
    start, end = b'<w:commentRangeStart w:id="%d"/>', b'<w:commentRangeEnd w:id="%d"/>'
    where = b"<w:p>" + start + b"<w:r><w:t>a</w:t></w:r>" + end + b"</w:p>"
    comment = b'<w:comment w:id="%d" w:author="a"><w:p><w:r><w:t>b</w:t></w:r></w:p></w:comment>'
    most = under(size, where + comment, 0.9)
    body = b"".join(where % (100 + number, 100 + number) for number in range(most))
    words = b"".join(comment % (100 + number) for number in range(most))
    for name, content in _put(seed, "word/document.xml", b"<w:sectPr", body):
        yield name, content.replace(b"</w:comments>", words + b"</w:comments>") if "comments" in name else content


def _header(most: int) -> bytes:
    name = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return b'<w:hdr xmlns:w="' + name + b'">' + b"<w:p/>" * most + b"</w:hdr>"


def _with_headers(seed: Members, parts: Members) -> Iterator[tuple[str, bytes]]:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/header"
    links = "".join(
        f'<Relationship Id="h{number}" Type="{kind}" Target="{Path(name).name}"/>'
        for number, (name, _) in enumerate(parts)
    )
    types = "".join(f'<Override PartName="/{name}" ContentType="{_WORD_TYPES}.header+xml"/>' for name, _ in parts)
    ends = {
        "word/_rels/document.xml.rels": (b"</Relationships>", links.encode()),
        "[Content_Types].xml": (b"</Types>", types.encode()),
    }
    for name, content in seed:
        end, added = ends.get(name, (b"", b""))
        yield name, content.replace(end, added + end) if end else content
    yield from parts


def _open_document(size: int, seed: Members) -> Iterator[File]:
    cell = b'<table:table-cell table:number-columns-repeated="12">'
    nested, end = b"<table:table><table:table-row>" + cell, b"</table:table-cell></table:table-row></table:table>"
    pieces = {
        "paragraphs": (b"", b"<text:p>a</text:p>", b""),
        "spans": (b"<text:p>", b"<text:span>a</text:span>", b"</text:p>"),
        "spaces": (b"<text:p>a", b'<text:s text:c="1000"/>', b"b</text:p>"),
        "rows": (
            b"<table:table>",
            b"<table:table-row>" + cell + b"</table:table-cell></table:table-row>",
            b"</table:table>",
        ),
        "repeated cells in repeated cells": (b"", nested * 6 + b"<text:p>abc</text:p>" + end * 6, b""),
    }
    for what, (before, piece, after) in pieces.items():
        body = before + piece * under(size, piece) + after
        yield what, ".odt", zipped(_put(seed, "content.xml", b"</office:text>", body), size)
    text = b"<text:p>" + b"a" * int(_SHARE * MAX_MEMBER) + b"</text:p>"
    yield "one long word", ".odt", zipped(_put(seed, "content.xml", b"</office:text>", text), size)


def _workbooks(size: int, seed: Members) -> Iterator[File]:
    sheet, end = "xl/worksheets/sheet1.xml", b"</sheetData>"
    pieces = {
        "rows": (b"", b'<row><c t="n"><v>1</v></c></row>', b""),
        "empty rows": (b"", b"<row/>", b""),
        "cells of one row": (b"<row>", b'<c t="n"><v>1</v></c>', b"</row>"),
        "empty cells": (b"<row>", b"<c/>", b"</row>"),
        "rows of Hebrew": (b"", b'<row><c t="inlineStr"><is><t>%s</t></is></c></row>' % "אבגד".encode(), b""),
        "a last cell in every row": (b"", b'<row><c r="XFD1" t="n"><v>1</v></c></row>', b""),
        "far rows": (b"", b'<row r="1048576"><c t="n"><v>1</v></c></row>', b""),
    }
    for what, (before, piece, after) in pieces.items():
        body = before + piece * under(size, piece) + after
        yield what, ".xlsx", zipped(_put(seed, sheet, end, body), size)
    strings = b"".join(b"<si><t>%d</t></si>" % number for number in range(under(size, b"<si><t>1234567</t></si>")))
    yield "strings", ".xlsx", zipped(_put(seed, "xl/sharedStrings.xml", b"</sst>", strings), size)
    again = b'<row><c t="s"><v>0</v></c></row>'
    for what, text in (("a long string", b"a" * 1_000_000), ("a long string with an escape", b"_x0041_" * 150_000)):
        shared = [(name, _only(content, text) if name == "xl/sharedStrings.xml" else content) for name, content in seed]
        yield f"{what} in every row", ".xlsx", zipped(_put(shared, sheet, end, again * under(size, again, 0.9)), size)
    huge = b'<row><c t="inlineStr"><is><t>' + b"a" * int(_SHARE * MAX_MEMBER) + b"</t></is></c></row>"
    yield "one huge cell", ".xlsx", zipped(_put(seed, sheet, end, huge), size)


def _only(strings: bytes, text: bytes) -> bytes:
    return strings[: strings.index(b">", strings.index(b"<sst")) + 1] + b"<si><t>" + text + b"</t></si></sst>"


def _put(members: Members, where: str, before: bytes, content: bytes) -> Members:
    """Return the members with ``content`` put before a tag of one of them."""
    return [(name, old.replace(before, content + before, 1) if name == where else old) for name, old in members]


Seeds = Mapping[str, Members]
"""The members of a valid .docx, .xlsx and .odt, by the ending."""

GROUPS: Mapping[str, Callable[[int, Seeds], Iterator[File]]] = {
    "texts": lambda size, _: _texts(size),
    "tables": lambda size, _: _tables(size),
    "speech": lambda size, _: _speech(size),
    "json": lambda size, _: _json(size),
    "codebooks": lambda size, _: _codebooks(size),
    "rtf": lambda size, _: _rtf(size),
    "pdf": lambda size, _: _pdf(size),
    "databases": lambda size, _: _databases(size),
    "projects": lambda size, _: _projects(size),
    "word": lambda size, seeds: _word(size, seeds[".docx"]),
    "opendocument": lambda size, seeds: _open_document(size, seeds[".odt"]),
    "workbooks": lambda size, seeds: _workbooks(size, seeds[".xlsx"]),
}
"""What yields files of about so many bytes, by a name for it."""
