from __future__ import annotations

import html
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from autocoder.errors import FileRefused
from autocoder.formats import taguette
from autocoder.project import Coder, Memo

SCHEMA = """
create table projects (id integer primary key, name text, description text);
create table documents (id integer primary key, name text, description text, filename text, project_id integer,
    text_direction text, contents text);
create table tags (id integer primary key, project_id integer, path text, description text, parent_id integer);
create table highlights (id integer primary key, document_id integer, start_offset integer, end_offset integer,
    snippet text);
create table highlight_tags (highlight_id integer, tag_id integer);
create table commands (id integer primary key, date text, user_login text, project_id integer, document_id integer,
    payload text);
"""
HTML = (
    "<h1>ריאיון</h1>\n<p>מראיינת: איך <b>היה</b>?</p>\n\n<p>רחל: שָׁלוֹם 🙂 &amp; בצה״ל<br>היה\nלבד.</p>"
    "<ul><li>יעל: burnout \u200fגמור</li></ul>\n"
)
TEXT = "ריאיון\nמראיינת: איך היה?\nרחל: שָׁלוֹם 🙂 & בצה״ל\nהיה לבד.\nיעל: burnout \u200fגמור\n"


def offset(marked: str) -> tuple[int, int]:
    """The bytes of a stretch between ⟦ and ⟧ of the page, tags left out: counted the slow way, on the page itself."""
    plain = html.unescape(re.sub(r"<[^>]*>", "", marked))
    before, rest = plain.split("⟦")
    inside, _ = rest.split("⟧")
    return len(before.encode()), len(before.encode()) + len(inside.encode())


def marked(start: str, end: str) -> str:
    low, high = HTML.index(start), HTML.index(end) + len(end)
    return f"{HTML[:low]}⟦{HTML[low:high]}⟧{HTML[high:]}"


WANTED = {
    "איך היה": ("איך", "היה</b>"),
    "שָׁלוֹם 🙂 & בצה״ל": ("שָׁלוֹם", "בצה״ל"),
    "בצה״ל\nהיה לבד.": ("בצה״ל", "לבד."),
    "לבד.\nיעל: burnout": ("לבד.", "burnout"),
    "\u200fגמור": ("\u200fגמור", "גמור"),
}


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "מחקר.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(SCHEMA)
        add(database, "projects", 1, "שירותי עמיתים", "תיאור")
        add(database, "documents", 1, "ריאיון 1", "נערך בבית", "a.docx", 1, "RIGHT_TO_LEFT", HTML)
        add(database, "tags", 1, 1, "סטינג", "הסטינג הפנימי", None)
        add(database, "tags", 2, 1, "שכר", "", 1)
        for n, (start, end) in enumerate(WANTED.values(), 1):
            snippet = HTML[HTML.index(start) : HTML.index(end) + len(end)]
            add(database, "highlights", n, 1, *offset(marked(start, end)), f"<p>{snippet}</p>")
            add(database, "highlight_tags", n, 2)
            payload = json.dumps({"type": "highlight_add", "highlight_id": n})
            add(database, "commands", n, "2024-05-01 10:00:00.123", "dana", 1, 1, payload)
        yield path


def add(database: sqlite3.Connection, table: str, *values: object) -> None:
    database.execute(f"insert into {table} values ({', '.join('?' * len(values))})", values)  # noqa: S608
    database.commit()


def test_highlights_quote_what_the_browser_showed(path: Path) -> None:
    reading = taguette.read(path)
    (transcript,) = reading.transcripts
    assert (transcript.name, transcript.text) == ("ריאיון 1", TEXT)
    assert [transcript.quote(coding.span) for coding in reading.codings] == list(WANTED)
    assert reading.problems == ()


def test_tags_are_codes_and_the_log_names_the_coder(path: Path) -> None:
    reading = taguette.read(path)
    assert reading.codebook is not None
    (code,) = {coding.code for coding in reading.codings}
    assert reading.codebook.path(code) == "סטינג > שכר"
    assert reading.coders == (Coder("dana"),)
    assert reading.codings[0].created == "2024-05-01T10:00:00"
    assert set(reading.memos) == {Memo("תיאור"), Memo("נערך בבית", transcript="ריאיון 1")}


def test_a_position_that_does_not_hold_its_text_is_never_used(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        add(database, "highlights", 90, 1, 3, 9, "<p>יעל: burnout \u200fגמור</p>")
        add(database, "highlights", 91, 1, 3, 9, "<p>זה לא נאמר כאן מעולם</p>")
        for highlight in (90, 91):
            add(database, "highlight_tags", highlight, 1)
    reading = taguette.read(path)
    assert reading.transcripts[0].quote(reading.codings[-1].span) == "יעל: burnout \u200fגמור"
    assert reading.codings[-1].coder == "unknown"
    assert [problem.place for problem in reading.problems] == ["highlight 91"]


def test_a_file_with_several_projects_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        add(database, "projects", 2, "אחר", "")
    with pytest.raises(FileRefused, match="2 projects"):
        taguette.read(path)
