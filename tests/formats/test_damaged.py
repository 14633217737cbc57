"""Files of the other programs with some bytes changed, cut or put in: read, or refused with one of our own errors."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import docx
import openpyxl
import pytest
from docx.enum.text import WD_COLOR_INDEX
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autocoder.errors import AutocoderError
from autocoder.project import Codebook, Project
from autocoder.read import join_readings, read_file


def a_database(script: str) -> bytes:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(script)
        return database.serialize()


def qualcoder() -> bytes:
    return a_database(
        "create table project (databaseversion text, memo text);"
        "create table source (id integer, name text, fulltext text, memo text);"
        "create table code_name (cid integer, name text, catid integer, memo text);"
        "create table code_cat (catid integer, name text, supercatid integer);"
        "create table code_text (cid integer, fid integer, seltext text, pos0 integer, pos1 integer, owner text);"
        "insert into source values (1, 'א', 'רחל: שלום לכם', ''); insert into code_name values (1, 'שכר', 1, '');"
        "insert into code_cat values (1, 'סטינג', null); insert into code_text values (1, 1, 'שלום', 5, 9, 'דנה');"
    )


def taguette() -> bytes:
    return a_database(
        "create table projects (id integer, name text, description text);"
        "create table documents (id integer, name text, description text, contents text);"
        "create table tags (id integer, path text, description text);"
        "create table highlights (id integer, document_id integer, start_offset integer, end_offset integer);"
        "create table highlight_tags (highlight_id integer, tag_id integer);"
        "insert into projects values (1, 'מ', ''); insert into tags values (1, 'שכר', '');"
        "insert into documents values (1, 'א', '', '<p>רחל: שלום</p><![CDATA[x]]><p>לכם</p>');"
        "insert into highlights values (1, 1, 0, 6); insert into highlight_tags values (1, 1);"
    )


def word() -> bytes:
    document, data = docx.Document(), io.BytesIO()
    runs = [document.add_paragraph().add_run(text) for text in ("רחל: שלום", "לכם")]
    runs[1].font.highlight_color = WD_COLOR_INDEX.YELLOW
    document.add_comment(runs[0], "שכר", "דנה")
    document.save(data)
    return data.getvalue()


def table() -> bytes:
    book, data = openpyxl.Workbook(), io.BytesIO()
    for row in (["Document", "Quotation Content", "Codes"], ["א", "שלום", "שכר\nסטינג"]):
        book.active.append(row)
    book.save(data)
    return data.getvalue()


def project() -> bytes:
    data = io.BytesIO()
    guid = "AAAAAAAA-0000-4000-8000-00000000000"
    root = (
        f'<Project name="מ"><Users><User guid="{guid}1" name="דנה"/></Users><CodeBook><Codes>'
        f'<Code guid="{guid}2" name="שכר"/></Codes></CodeBook><Cases><Case guid="{guid}2" name="רחל"/></Cases>'
        f'<Sources><TextSource guid="{guid}3" name="א" plainTextPath="a.txt"><PlainTextSelection guid="{guid}4" '
        f'startPosition="5" endPosition="9"><Coding guid="{guid}5"><CodeRef targetGUID="{guid}2"/></Coding>'
        f'<NoteRef targetGUID="{guid}6"/></PlainTextSelection></TextSource></Sources><Notes><Note guid="{guid}6" '
        f'name="יומן"/></Notes><Links><Link originGUID="{guid}4" targetGUID="{guid}6"/></Links>'
        f'<Sets><Set name="צפון"><MemberSource targetGUID="{guid}3"/></Set></Sets></Project>'
    )
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("project.qde", root)
        archive.writestr("a.txt", "רחל: שלום לכם")
    return data.getvalue()


def ours() -> bytes:
    row = {"document": "א", "start": 5, "end": 9, "code": "סטינג > שכר", "coder": "דנה", "quote": "שלום", "score": 0.5}
    return "\n".join(json.dumps(row) for _ in range(3)).encode()


def report() -> bytes:
    return (
        "Codes\\\\סטינג\\\\שכר\r\nFiles\\\\א - § 1 reference coded [ 3.90% Coverage]\r\n\r\n"
        "Reference 1 - 3.90% Coverage\r\n\r\nשלום לכם\r\n"
    ).encode()


MAKERS = {
    "data.qda": qualcoder,
    "a.sqlite3": taguette,
    "a.docx": word,
    "a.xlsx": table,
    "a.qdpx": project,
    "a.jsonl": ours,
    "a.txt": report,
}


@st.composite
def damages(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """A few bytes written over, put in or cut out, anywhere."""
    edits = draw(
        st.lists(
            st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 12), st.binary(max_size=12)),
            min_size=1,
            max_size=6,
        )
    )

    def damage(data: bytes) -> bytes:
        for share, length, put in edits:
            place = int(share * len(data))
            data = data[:place] + put + data[place + length :]
        return data

    return damage


@pytest.mark.parametrize("name", MAKERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=damages())
def test_a_damaged_file_is_read_or_refused_and_never_breaks_the_program(
    tmp_path: Path, codebook: Codebook, name: str, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / name
    path.write_bytes(damage(MAKERS[name]()))
    with suppress(AutocoderError):
        reading = read_file(path, word_codes=name == "a.docx")
        join_readings(Project("p", codebook), [(path, reading)], skip_unfound=True)
    assert sorted(each.name for each in tmp_path.iterdir()) == [name]


@pytest.mark.parametrize("name", MAKERS)
def test_the_whole_file_is_read(tmp_path: Path, codebook: Codebook, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(MAKERS[name]())
    joined = join_readings(Project("p", codebook), [(path, read_file(path, word_codes=True))], skip_unfound=True)
    assert len(joined.codings) + len(joined.unplaced) > 0
