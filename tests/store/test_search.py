from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st

from autocoder import store
from autocoder.project import (
    Action,
    Coder,
    CoderKind,
    Coding,
    Decision,
    Origin,
    Project,
    Role,
    Span,
    Transcript,
    Turn,
)
from autocoder.store import Addition, Store
from autocoder.store import schema as t
from autocoder.store.assignments import Task, assign
from autocoder.store.database import connect
from autocoder.store.search import Answered, Reader, Wish, Words, codings, quoted, sayings
from autocoder.store.study import insert_decision

AT = "2026-01-01T00:00:00"
MODEL = Coder("autocoder m1", CoderKind.MODEL)


def never() -> bool:
    return False


LEAD = Reader("דנה", leads=True)


def transcript_of(name: str, *sayings: str) -> Transcript:
    text, turns = "", []
    for n, saying in enumerate(sayings):
        text += f"דוברת {n % 2}: "
        role = Role.INTERVIEWER if n % 2 else Role.PARTICIPANT
        turns.append(Turn(Span(len(text), len(text) + len(saying)), f"דוברת {n % 2}", role))
        text += f"{saying}\n"
    return Transcript(name, text, tuple(turns))


TALKS = (
    transcript_of("שיחה 1", "והַקּוֹשִׁי הגדול \U0001f642 היה לבד", "מה הקושי?", 'שירתתי בצה״ל, 100% OR "nothing"'),
    transcript_of("שיחה 2", "\u200fBurnout\u200e לגמרי, שחיקה", "ומי עזר?", "אף אחד לא עזר לי עם הקושי"),
)


@pytest.fixture
def empty(blank: Path, tmp_path: Path) -> Store:
    return store.open_project(shutil.copytree(blank, tmp_path / "p"))


@pytest.fixture
def opened(empty: Store, project: Project) -> Store:
    empty.add(Addition((*project.transcripts, *TALKS), project.coders, project.codings))
    return empty


def said(opened: Store, query: str, role: Role | None = None, transcript: str = "") -> list[str]:
    found = sayings(opened, Wish(Words.of(query), role=role, transcript=transcript), 20, never)
    texts = {each.name: each for each in opened.transcripts()}
    return [texts[row.transcript].quote(row.span) for row in found.rows]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("קושי", 3),
        ("הַקֹּושִי", 3),
        ('צה"ל', 2),
        ("צה״ל", 2),
        ("burnout", 2),
        ("\u202bBURN\u200fout\u202c", 2),
        ("עזר אחד", 1),
        ('"אחד עזר"', 0),
        ('"לא עזר"', 1),
        ("100%", 1),
        ("1_0", 0),
        ("%", 1),
        ("OR", 1),
        ('"nothing"', 1),
        ("\U0001f642", 2),
        ("שקל לשעה.", 1),
    ],
)
def test_a_word_is_found_inside_another_and_whatever_signs_are_in_it(opened: Store, query: str, found: int) -> None:
    assert len(said(opened, query)) == found


@pytest.mark.parametrize("query", ['קושי" OR "לבד', "קושי*", "text:קושי", "NEAR(קושי לבד)", "'; DROP TABLE spoken;--"])
def test_what_is_asked_is_looked_for_letter_by_letter_and_never_run(opened: Store, query: str) -> None:
    assert said(opened, query) == []
    assert len(said(opened, "קושי")) == 3


@given(st.text(max_size=300))
def test_no_query_whatever_is_refused(query: str) -> None:
    words = Words.of(query)
    assert all(word == word.strip() and word for word in words.each)
    with sqlite3.connect(":memory:") as memory:
        memory.execute("CREATE VIRTUAL TABLE spoken USING fts5(text, tokenize = 'trigram')")
        memory.execute("INSERT INTO spoken VALUES (?)", [" ".join(words.each)])
        phrases = " AND ".join('"{}"'.format(word.replace('"', '""')) for word in words.indexed)
        if phrases:
            assert memory.execute("SELECT count(*) FROM spoken WHERE spoken MATCH ?", [phrases]).fetchone() == (1,)


def test_role_and_transcript_narrow_what_is_said(opened: Store) -> None:
    assert said(opened, "קושי", Role.INTERVIEWER) == ["מה הקושי?"]
    assert said(opened, "קושי", transcript="שיחה 2") == ["אף אחד לא עזר לי עם הקושי"]
    assert said(opened, "קושי", transcript="אין כזה") == []


def test_words_stand_where_they_are_in_the_text_as_it_was_received() -> None:
    text = TALKS[0].quote(TALKS[0].turns[0].span)
    assert [text[s.start : s.end] for s in Words.of("קושי הגדול").spans(text)] == ["קּוֹשִׁי", "הגדול"]
    assert Words.of('צה"ל').spans("אבא שירת בצה''ל כאן")[0] == Span(10, 15)


def test_pages_follow_one_another_without_gap_or_repetition(opened: Store) -> None:
    wish, after, pages = Wish(Words.of("קושי")), "", []
    while True:
        found = sayings(opened, wish, 1, never, after)
        pages += [(row.transcript, row.turn) for row in found.rows]
        after = found.more
        if not after:
            break
    assert pages == [("שיחה 1", 0), ("שיחה 1", 1), ("שיחה 2", 2)]


def test_a_search_that_is_late_says_where_to_go_on(empty: Store) -> None:
    talks = [transcript_of(f"ש{n}", *(["מלה"] * 500)) for n in range(3)]
    empty.add(Addition((*talks, transcript_of("סוף", "או כן"))))
    first = sayings(empty, Wish(Words.of("או")), 5, lambda: True)
    assert first.rows == ()
    assert first.late
    assert [row.transcript for row in sayings(empty, Wish(Words.of("או")), 5, never, first.more).rows] == ["סוף"]


@pytest.fixture
def suggested(opened: Store) -> Store:
    two = TALKS[1]
    spans = [turn.span for turn in two.turns]
    codes = (("alone", 0, 0.9), ("pay", 2, 0.55), ("alone", 2, 0.4))
    opened.add_suggestions(
        MODEL,
        two.name,
        [Coding(two.name, spans[n], code, MODEL.name, Origin.AUTO, score) for code, n, score in codes],
    )
    with opened.writing() as connection:
        for (code, n, score), after in ((codes[0], ("alone",)), (codes[1], ())):
            said = Decision("דנה", AT, two.name, spans[n], (code,), after, True, score=score, action=Action.ACCEPT)
            answer = insert_decision(connection, said)
            mine = (t.coding.c.code == code) & (t.coding.c.score == score)
            connection.execute(t.coding.update().where(mine).values(answer=answer))
    return opened


def found(opened: Store, wish: Wish, reader: Reader = LEAD) -> list[tuple[str, str]]:
    return [(row.coder, row.code) for row in codings(opened, wish, reader, 20, never).rows]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(codes=frozenset({"pay"})), [("דנה", "pay"), ("יוסי", "pay"), (MODEL.name, "pay")]),
        (Wish(codes=frozenset({"pay"}), coder="יוסי"), [("יוסי", "pay")]),
        (Wish(coder=MODEL.name, lowest=0.5), [(MODEL.name, "alone"), (MODEL.name, "pay")]),
        (Wish(highest=0.5), [(MODEL.name, "alone")]),
        (Wish(answered=Answered.OPEN), [(MODEL.name, "alone")]),
        (Wish(answered=Answered.ACCEPTED), [(MODEL.name, "alone")]),
        (Wish(answered=Answered.REJECTED), [(MODEL.name, "pay")]),
        (Wish(zones={(MODEL.name, "alone"): (0.5, 0.95)}), [(MODEL.name, "alone")]),
        (Wish(Words.of("קושי עזר"), coder=MODEL.name), [(MODEL.name, "pay"), (MODEL.name, "alone")]),
        (Wish(role=Role.INTERVIEWER, coder=MODEL.name), []),
        (Wish(transcript="ריאיון 1", codes=frozenset({"alone", "barrier"})), [("דנה", "alone"), ("דנה", "barrier")]),
    ],
)
def test_codings_are_found_by_what_is_asked_of_them(
    suggested: Store, wish: Wish, expected: list[tuple[str, str]]
) -> None:
    assert found(suggested, wish) == expected


def test_suggestions_and_blind_coding_that_may_not_be_seen_are_no_result(suggested: Store) -> None:
    pay = Wish(codes=frozenset({"pay"}))
    assign(suggested, "דנה", ["ריאיון 1"], Task.CONFIRM, "דנה", AT)
    assert found(suggested, pay, Reader("דנה")) == [("דנה", "pay"), ("יוסי", "pay")]
    assign(suggested, "יוסי", ["ריאיון 1"], Task.BLIND, "דנה", AT)
    assert found(suggested, pay, Reader("דנה")) == [("דנה", "pay")]
    assert found(suggested, pay, Reader("יוסי")) == [("יוסי", "pay")]


def test_pages_of_codings_follow_one_another(suggested: Store) -> None:
    everything = found(suggested, Wish(coder="דנה"))
    after, paged = "", []
    for _ in range(len(everything)):
        page = codings(suggested, Wish(coder="דנה"), LEAD, 1, never, after)
        paged += [(row.coder, row.code) for row in page.rows]
        after = page.more
    assert paged == everything
    assert after == ""


def test_a_late_list_of_codings_goes_on_from_where_it_stopped(empty: Store) -> None:
    talks = [transcript_of(f"ש{n}", "מלה") for n in range(40)]
    empty.add(Addition(tuple(talks), (Coder("דנה"),), (Coding("ש39", talks[39].turns[0].span, "pay", "דנה"),)))
    first = codings(empty, Wish(coder="דנה"), LEAD, 5, lambda: True)
    assert (first.rows, first.late) == ((), True)
    second = codings(empty, Wish(coder="דנה"), LEAD, 5, never, first.more)
    assert [row.transcript for row in second.rows] == ["ש39"]


def test_a_quote_comes_with_what_stands_around_it_in_its_line(opened: Store) -> None:
    one = TALKS[0]
    begin = one.text.index("הקושי?")
    (whole,) = quoted(opened, [(2, Span(begin, begin + 5))], 200)
    assert (whole.before, whole.quote, whole.after) == ("דוברת 1: מה ", "הקושי", "?")
    assert one.text[whole.start : begin] == whole.before


def test_an_older_project_gets_its_words_indexed_when_it_is_opened(opened: Store) -> None:
    opened.close()
    with sqlite3.connect(opened.folder / "project.db") as new:
        kept = new.execute("SELECT rowid, text FROM spoken ORDER BY rowid").fetchall()
        transcripts = new.execute("SELECT * FROM transcript").fetchall()
        turns = new.execute("SELECT * FROM turn").fetchall()
    new.close()
    (opened.folder / "project.db").unlink()
    as_it_was(opened.folder)
    with sqlite3.connect(opened.folder / "project.db") as old:
        old.executemany("INSERT INTO transcript VALUES (?, ?, ?, ?, ?, ?, ?)", transcripts)
        old.executemany("INSERT INTO turn VALUES (?, ?, ?, ?, ?, ?, ?)", turns)
    old.close()
    with store.open_project(opened.folder) as again:
        assert len(said(again, "קושי")) == 3
        with again.reading() as connection:
            rows = connection.execute(t.spoken.select().order_by(t.spoken.c.rowid)).all()
    assert [tuple(row) for row in rows] == kept
    assert len(kept) == 10


def as_it_was(folder: Path) -> None:
    """Make the database as it was before there was an index of words."""
    config = Config()
    config.set_main_option("script_location", str(Path(store.__file__).parents[1] / "migrations"))
    engine = connect(folder, "sqlite:///project.db")
    with engine.execution_options(write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
    engine.dispose()
