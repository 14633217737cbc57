from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autocoder.project import Action, Coder, Decision, Mode, Span
from autocoder.review.desk import Answer, Card, Scope, answer, sweep, undo
from autocoder.review.reviewer import Reviewer
from autocoder.store import Addition, Store
from autocoder.store import schema as t
from autocoder.store.counts import Checked, Progress, by_code, by_transcript, checks, latest_answers, work
from autocoder.store.study import id_of, insert_decision
from tests.review.small_study import AT, MODEL, build

DANA = Reviewer("דנה")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with build(tmp_path / "p") as made:
        yield made


def card_of(store: Store, code: str, transcript: str) -> Card:
    return sweep(store, DANA, Scope(code=code, transcript=transcript))[0]  # next_card may ask about a check first


def decide(store: Store, code: str, transcript: str, action: Action, seconds: float | None) -> None:
    answer(store, DANA, card_of(store, code, transcript).id, Answer(action, seconds=seconds), AT)


def test_suggestions_are_counted_by_code_and_by_transcript(store: Store) -> None:
    decide(store, "pay", "קבוצה 2", Action.ACCEPT, 2.0)
    decide(store, "burnout", "קבוצה 2", Action.REJECT, 3.0)
    codes = {each.name: each for each in by_code(store, MODEL)}
    assert codes["pay"] == Progress("pay", 1, 1, 1)
    assert codes["burnout"] == Progress("burnout", 1, 0, 1)
    assert codes["hats"] == Progress("hats", 0, 0, 1)
    assert by_transcript(store, MODEL) == (Progress("ריאיון 1", 0, 0, 5), Progress("קבוצה 2", 2, 1, 1))
    assert by_code(store, "nobody") == ()


def test_work_counts_answers_with_their_times_and_not_what_was_taken_back(store: Store) -> None:
    decide(store, "pay", "קבוצה 2", Action.ACCEPT, 2.0)
    decide(store, "burnout", "קבוצה 2", Action.REJECT, 4.0)
    decide(store, "alone", "קבוצה 2", Action.SKIP, 1.0)
    decide(store, "hats", "ריאיון 1", Action.ACCEPT, 6.0)
    decide(store, "facilitator", "ריאיון 1", Action.ACCEPT, 100.0)
    undo(store, DANA, AT)
    mine = work(store)["דנה"]
    assert (mine.answered, mine.accepted) == (3, 2)
    assert mine.median_seconds == 4.0
    assert mine.pace == pytest.approx(3 * 3600 / 12)
    assert mine.acceptance == pytest.approx(2 / 3)
    assert latest_answers(store, "דנה", 50) == (Action.ACCEPT, Action.REJECT, Action.ACCEPT)
    assert latest_answers(store, "דנה", 1) == (Action.ACCEPT,)


def test_who_did_nothing_has_no_pace_and_no_share(store: Store) -> None:
    store.add(Addition(coders=(Coder("נועה"),)))
    assert "נועה" not in work(store)
    assert latest_answers(store, "נועה", 50) == ()


@pytest.mark.parametrize(
    ("kind", "code", "answers", "expected"),
    [
        (
            Mode.PLANTED,
            "pay",
            [((), Action.REJECT), (("pay",), Action.ACCEPT), (("hats",), Action.CHANGE)],
            Checked(2, 3),
        ),
        (Mode.RANDOM, "", [((), Action.REJECT), (("hats", "pay"), Action.CHANGE)], Checked(1, 2)),
        (Mode.AUDIT, "pay", [(("pay",), Action.ACCEPT), ((), Action.REJECT), ((), Action.SKIP)], Checked(1, 2)),
    ],
)
def test_checks_are_counted_by_how_they_came_out(
    store: Store, kind: Mode, code: str, answers: list[tuple[tuple[str, ...], Action]], expected: Checked
) -> None:
    with store.writing() as connection:
        ids = {
            "coder_id": id_of(connection, t.coder, "דנה"),
            "transcript_id": id_of(connection, t.transcript, "קבוצה 2"),
        }
        for n, (after, action) in enumerate(answers):
            said = Decision("דנה", AT, "קבוצה 2", Span(n, n + 1), (), after, False, mode=kind, action=action)
            values = {"kind": kind, "start": n, "end": n + 1, "code": code, "model": MODEL, "at": AT}
            row = ids | values | {"answer": insert_decision(connection, said)}
            connection.execute(t.check.insert().values(**row))
        connection.execute(t.check.insert().values(**ids, kind=kind, start=9, end=10, code=code, model=MODEL, at=AT))
    assert checks(store, kind) == {"דנה": expected}
