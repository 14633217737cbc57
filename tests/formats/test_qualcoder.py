from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from autocoder.errors import FileRefused
from autocoder.formats import qualcoder
from autocoder.project import Coder, Memo, Reading, Span

SCHEMA = """
create table project (databaseversion text, date text, memo text, about text, codername text);
create table source (id integer primary key, name text, fulltext text, mediapath text, memo text, owner text, date text,
    av_text_id integer, risid integer, unique(name));
create table code_cat (catid integer primary key, name text, owner text, date text, memo text, supercatid integer);
create table code_name (cid integer primary key, name text, memo text, catid integer, owner text, date text, color text,
    supercid integer);
create table code_text (ctid integer primary key, cid integer, fid integer, seltext text, pos0 integer, pos1 integer,
    owner text, date text, memo text, avid integer, important integer);
create table code_image (imid integer primary key, id integer, cid integer, owner text);
create table annotation (anid integer primary key, fid integer, pos0 integer, pos1 integer, memo text, owner text,
    date text);
create table cases (caseid integer primary key, name text, memo text, owner text, date text);
create table case_text (id integer primary key, caseid integer, fid integer, pos0 integer, pos1 integer, owner text);
create table attribute (attrid integer primary key, name text, attr_type text, value text, id integer);
create table journal (jid integer primary key, name text, jentry text, date text, owner text);
"""
# as QualCoder keeps it: a byte order mark and Windows line ends are characters like any other
RAW = "\ufeffמראיינת: איך היה?\r\n\r\nרחל: שָׁלוֹם 🙂 בצה״ל היה לבד.\r\nיעל: burnout \u200fגמור 👍🏽.\r\n"
TEXT = "מראיינת: איך היה?\n\nרחל: שָׁלוֹם 🙂 בצה״ל היה לבד.\nיעל: burnout \u200fגמור 👍🏽.\n"
SAID = ("איך היה?", "שָׁלוֹם 🙂 בצה״ל", "burnout \u200fגמור 👍🏽", "לבד.\r\nיעל")


def place(quote: str) -> tuple[int, int]:
    return RAW.index(quote), RAW.index(quote) + len(quote)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    folder = tmp_path / "מחקר.qda"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "data.qda")) as database:
        database.executescript(SCHEMA)
        add(database, "project", "v14", "", "מזכר המחקר", "", "דנה")
        add(database, "source", 1, "ריאיון 1.docx", RAW, None, "נערך בבית", "דנה", "2024-01-15 10:00:00", None, None)
        add(database, "source", 2, "תמונה.png", None, "/images/a.png", "", "דנה", "", None, None)
        add(database, "code_cat", 1, "סטינג", "דנה", "", "", None)
        add(database, "code_cat", 2, "פנימי", "דנה", "", "", 1)
        add(database, "code_name", 1, "שכר", "כל מה שנאמר על שכר", 2, "דנה", "", "#F8E0E0", None)
        add(database, "code_name", 2, "לילה", "", None, "דנה", "", "", 1)
        for n, quote in enumerate(SAID):
            when = "2024-01-15 10:00:00"
            add(database, "code_text", n, 1, 1, quote, *place(quote), "דנה", when, "מזכר", None, 1 if n == 0 else None)
        add(database, "code_text", 9, 2, 1, SAID[0], *place(SAID[0]), "יוסי", "", "", None, None)
        yield database
        database.commit()


def add(database: sqlite3.Connection, table: str, *values: object) -> None:
    database.execute(f"insert into {table} values ({', '.join('?' * len(values))})", values)  # noqa: S608
    database.commit()


def reading(tmp_path: Path) -> Reading:
    return qualcoder.read(tmp_path / "מחקר.qda")


@pytest.mark.usefixtures("made")
def test_every_coding_quotes_the_text_that_was_coded(tmp_path: Path) -> None:
    found = reading(tmp_path)
    (transcript,) = found.transcripts
    assert (transcript.name, transcript.text) == ("ריאיון 1", TEXT)
    quotes = [transcript.quote(coding.span) for coding in found.codings if coding.coder == "דנה"]
    assert quotes == [quote.replace("\r\n", "\n") for quote in SAID]
    assert found.coders == (Coder("דנה"), Coder("יוסי"))
    first = found.codings[0]
    assert (first.memo, first.created, first.weight) == ("מזכר", "2024-01-15T10:00:00", 100.0)
    assert found.codings[1].weight is None


@pytest.mark.usefixtures("made")
def test_the_database_file_alone_reads_as_its_folder(tmp_path: Path) -> None:
    whole, alone = reading(tmp_path), qualcoder.read(tmp_path / "מחקר.qda" / "data.qda")
    assert (alone.transcripts, alone.codings, alone.codebook) == (whole.transcripts, whole.codings, whole.codebook)
    assert alone.source == "qualcoder מחקר"


@pytest.mark.usefixtures("made")
def test_categories_are_folders_and_subcodes_hang_on_codes(tmp_path: Path) -> None:
    book = reading(tmp_path).codebook
    assert book is not None
    paths = {book.path(code.id): (code.codable, code.color) for code in book}
    assert paths == {
        "סטינג": (False, None),
        "סטינג > פנימי": (False, None),
        "סטינג > פנימי > שכר": (True, "#F8E0E0"),
        "סטינג > פנימי > שכר > לילה": (True, None),
    }
    assert next(code for code in book if code.name == "שכר").definition_he == "כל מה שנאמר על שכר"


def test_attributes_of_files_and_cases_become_variables_of_the_transcript_and_its_speakers(
    tmp_path: Path, made: sqlite3.Connection
) -> None:
    add(made, "cases", 1, "רחל", "", "דנה", "")
    add(made, "cases", 2, "קבוצה א", "הקבוצה הראשונה", "דנה", "")
    add(made, "case_text", 1, 1, 1, *place(SAID[1]), "דנה")
    add(made, "case_text", 2, 2, 1, 0, len(RAW), "דנה")
    for n, (name, kind, value, key) in enumerate(
        (("אתר", "file", "צפון", 1), ("גיל", "case", "34", 1), ("מחוז", "case", "א", 2))
    ):
        add(made, "attribute", n, name, kind, value, key)
    found = reading(tmp_path)
    assert found.transcripts[0].variables == {"אתר": "צפון", "מחוז": "א", "case": "קבוצה א"}
    assert found.transcripts[0].speakers == {"רחל": {"גיל": "34"}}


def test_annotations_journals_and_memos_are_kept(tmp_path: Path, made: sqlite3.Connection) -> None:
    add(made, "annotation", 1, 1, *place(SAID[2]), "לשים לב", "יוסי", "2024-01-16 09:00:00")
    add(made, "journal", 1, "יומן", "יום ארוך", "2024-01-17 09:00:00", "דנה")
    found = reading(tmp_path)
    span = Span(TEXT.index(SAID[2]), TEXT.index(SAID[2]) + len(SAID[2]))
    assert Memo("לשים לב", "", "יוסי", "2024-01-16T09:00:00", "ריאיון 1", span) in found.memos
    assert Memo("יום ארוך", "יומן", "דנה", "2024-01-17T09:00:00") in found.memos
    assert Memo("נערך בבית", "", "דנה", "2024-01-15T10:00:00", "ריאיון 1") in found.memos
    assert Memo("מזכר המחקר") in found.memos


def test_pictures_are_named_with_their_codings(tmp_path: Path, made: sqlite3.Connection) -> None:
    add(made, "code_image", 1, 2, 1, "דנה")
    (problem,) = reading(tmp_path).problems
    assert (problem.place, "1 codings" in problem.what) == ("תמונה.png", True)


def test_a_position_that_does_not_hold_its_text_gives_way_to_the_text(tmp_path: Path, made: sqlite3.Connection) -> None:
    words = "burnout \u200fגמור 👍🏽."
    add(made, "code_text", 20, 2, 1, words, 3, 8, "אבי", "", "", None, None)
    add(made, "code_text", 21, 2, 1, "לא נאמר כאן", 3, 8, "אבי", "", "", None, None)
    add(made, "code_text", 22, 2, 1, "x", 3, 80_000, "אבי", "", "", None, None)
    found = reading(tmp_path)
    mine = [found.transcripts[0].quote(coding.span) for coding in found.codings if coding.coder == "אבי"]
    assert mine == [words, TEXT[2:7]]
    said = [problem.what for problem in found.problems if "תמונה" not in problem.place]
    assert ["does not hold" in what or "outside" in what for what in said] == [True, True]


@pytest.mark.parametrize("content", [b"", b"no database at all, just text", b"SQLite format 3\x00" + b"x" * 4000])
def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.qda"
    path.write_bytes(content)
    with pytest.raises(FileRefused, match=r"^data\.qda: ") as refused:
        qualcoder.read(path)
    assert "\n" not in str(refused.value)


@pytest.mark.usefixtures("made")
def test_reading_leaves_the_folder_as_it_was_and_a_project_in_use_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "מחקר.qda"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    reading(tmp_path)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    (folder / "data.qda-wal").write_bytes(b"not yet written")
    with pytest.raises(FileRefused, match="another program"):
        reading(tmp_path)
