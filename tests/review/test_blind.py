from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autocoder import cli
from autocoder.project import Action, Coding, Mode, Origin, Reason, Span
from autocoder.review import adjudicate, blind, desk
from autocoder.review.adjudicate import Settlement
from autocoder.review.answers import AnswerRefused
from autocoder.review.blind import BlindAnswer
from autocoder.review.desk import Answer, Scope
from autocoder.review.reviewer import Reviewer
from autocoder.store import Addition, Store, open_project, passages
from autocoder.store.assignments import NotAllowed, Task, assign, assignments, commit_blind, withdraw
from autocoder.store.audit import Deed, entries, verify
from autocoder.store.coded import given_by_people
from autocoder.store.decisions import ADJUDICATED, AlreadyAnswered
from tests.review.desk_study import DANA, FIRST, LEAD, MODEL, SECOND, UNITS, YOSSI, at, build

NAME = SECOND.name
PAIR = (DANA.coder, YOSSI.coder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "p"
    with build(folder) as study:
        for reviewer in (DANA, YOSSI):
            assign(study, reviewer.coder, [NAME], Task.BLIND, LEAD.coder, at(0))
    return folder


@pytest.fixture(scope="module")
def both_coded(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two coded every passage: they differ on 1 (pay, nothing), 2 (pay, alone) and 3 (both pay, one barrier)."""
    folder = tmp_path_factory.mktemp("coded") / "p"
    shutil.copytree(made, folder)
    said = {DANA: {1: ("pay",), 2: ("pay",), 3: ("pay",), 4: ("alone",)}, YOSSI: {2: ("alone",), 3: ("pay", "barrier")}}
    said[YOSSI][4] = ("alone",)
    with open_project(folder) as study:
        for reviewer, codes in said.items():
            for number in range(1, UNITS + 1):
                blind.code(study, reviewer, NAME, number, BlindAnswer(codes.get(number, ())), at(number))
    return folder


def opened(folder: Path, tmp_path: Path) -> Store:
    shutil.copytree(folder, tmp_path / folder.parent.name)
    return open_project(tmp_path / folder.parent.name)


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Iterator[Store]:
    with opened(made, tmp_path) as study:
        yield study


@pytest.fixture
def coded(both_coded: Path, tmp_path: Path) -> Iterator[Store]:
    with opened(both_coded, tmp_path) as study:
        yield study


def codes_of(store: Store, reviewer: Reviewer) -> set[tuple[Span, str]]:
    return {(coding.span, coding.code) for coding in given_by_people(store) if coding.coder == reviewer.coder}


def test_blind_coding_is_no_coding_of_the_study_before_it_is_committed(store: Store) -> None:
    blind.code(store, DANA, NAME, 3, BlindAnswer(("pay",), memo="חד"), at(1))
    span = blind.passages_of(store, DANA, NAME)[2].span
    key = (NAME, span, "pay", DANA.coder)
    assert key not in {coding.key for coding in store.codings()}
    assert (DANA.coder, NAME) in store.uncommitted()
    shown = CliRunner().invoke(cli.app, ["status", str(store.folder)])
    assert f"Left out: the blind coding of {NAME} by {DANA.coder}" in shown.stderr
    commit_blind(store, DANA.coder, NAME, at(2))
    assert key in {coding.key for coding in store.codings()}
    assert (DANA.coder, NAME) not in store.uncommitted()
    assert "Left out" not in CliRunner().invoke(cli.app, ["status", str(store.folder)]).stderr


def test_passages_come_in_order_and_what_was_skipped_comes_last(store: Store) -> None:
    assert (blind.progress(store, DANA, NAME).done, blind.progress(store, DANA, NAME).total) == (0, UNITS)
    passage = blind.next_passage(store, DANA, NAME)
    assert passage is not None
    assert (passage.number, passage.codings, SECOND.quote(passage.span)[:4]) == (
        1,
        (),
        SECOND.quote(SECOND.turns[0].span)[:4],
    )
    blind.code(store, DANA, NAME, 1, BlindAnswer((), skip=True), at(1))
    for number in range(2, UNITS + 1):
        passage = blind.next_passage(store, DANA, NAME)
        assert passage is not None
        assert passage.number == number
        blind.code(store, DANA, NAME, number, BlindAnswer(()), at(number))
    passage = blind.next_passage(store, DANA, NAME, after=7)
    assert passage is not None
    assert (passage.number, passage.skipped) == (1, True)
    blind.code(store, DANA, NAME, 1, BlindAnswer(("pay",)), at(59))
    assert blind.next_passage(store, DANA, NAME) is None


def test_codes_are_put_blind_and_replace_those_that_were_there(store: Store) -> None:
    decision = blind.code(store, DANA, NAME, 3, BlindAnswer(("pay", "barrier", "pay"), memo="חד"), at(1))
    assert (decision.mode, decision.saw_suggestion, decision.shown) == (Mode.BLIND, False, ())
    passage = blind.passages_of(store, DANA, NAME)[2]
    assert [(coding.code, coding.origin, coding.memo) for coding in passage.codings] == [
        ("pay", Origin.BLIND, "חד"),
        ("barrier", Origin.BLIND, "חד"),
    ]
    again = blind.code(store, DANA, NAME, 3, BlindAnswer(("alone", "barrier")), at(2))
    assert (set(again.before), set(again.after)) == ({"pay", "barrier"}, {"alone", "barrier"})
    assert codes_of(store, DANA) == {(passage.span, "alone"), (passage.span, "barrier")}
    desk.undo(store, DANA, at(3))
    assert {coding.memo for coding in blind.passages_of(store, DANA, NAME)[2].codings} == {"חד"}
    assert codes_of(store, DANA) == {(passage.span, "pay"), (passage.span, "barrier")}
    desk.undo(store, DANA, at(4))
    assert codes_of(store, DANA) == set()
    assert not blind.passages_of(store, DANA, NAME)[2].done


def test_other_boundaries_inside_the_transcript_are_taken_and_others_refused(store: Store) -> None:
    unit = blind.passages_of(store, DANA, NAME)[5].span
    part = Span(unit.start + 8, unit.end - 4)
    blind.code(store, DANA, NAME, 6, BlindAnswer(("pay",), new_span=part), at(1))
    assert codes_of(store, DANA) == {(part, "pay")}
    assert [coding.span for coding in blind.passages_of(store, DANA, NAME)[5].codings] == [part]
    for wrong in (Span(0, 10**6), Span(unit.end, unit.end + 1)):
        with pytest.raises(AnswerRefused, match="no text"):
            blind.code(store, DANA, NAME, 6, BlindAnswer(("pay",), new_span=wrong), at(2))
    with pytest.raises(AnswerRefused, match="none of number"):
        blind.code(store, DANA, NAME, UNITS + 1, BlindAnswer(()), at(2))


def test_what_a_file_brought_is_not_taken_away_on_the_page(store: Store) -> None:
    span = blind.passages_of(store, DANA, NAME)[0].span
    store.add(Addition(codings=(Coding(NAME, span, "pay", DANA.coder),)))
    with pytest.raises(AnswerRefused, match="from a file"):
        blind.code(store, DANA, NAME, 1, BlindAnswer(("alone",)), at(1))
    blind.code(store, DANA, NAME, 1, BlindAnswer(("pay", "alone")), at(1))
    desk.undo(store, DANA, at(2))
    assert codes_of(store, DANA) == {(span, "pay")}


def test_who_codes_blind_gets_no_suggestion_there_and_who_saw_one_does_not_code_blind(store: Store) -> None:
    assert {card.transcript for card in desk.sweep(store, DANA, Scope(code="pay"))} == {FIRST.name}
    there = desk.sweep(store, LEAD, Scope(transcript=NAME, code="pay"))[0]
    for reach in (lambda: desk.card(store, DANA, there.id), lambda: desk.accept_all(store, DANA, [there.id], at(1))):
        with pytest.raises(NotAllowed):
            reach()
    desk.answer(store, LEAD, there.id, Answer(Action.REJECT), at(1))
    with pytest.raises(NotAllowed, match="somebody else"):
        blind.passages_of(store, LEAD, NAME)
    with pytest.raises(NotAllowed, match="somebody else"):
        blind.code(store, LEAD, NAME, 1, BlindAnswer(("pay",)), at(2))
    with pytest.raises(NotAllowed, match="somebody else"):
        assign(store, LEAD.coder, [FIRST.name, NAME], Task.BLIND, LEAD.coder, at(2))
    assert assignments(store, LEAD.coder) == ()


def test_who_begins_to_code_blind_unasked_has_the_task_and_sees_no_suggestion_from_then_on(store: Store) -> None:
    blind.code(store, LEAD, FIRST.name, 1, BlindAnswer(("pay",)), at(1))
    (task,) = assignments(store, LEAD.coder)
    assert (task.task, task.given_by, task.committed) == (Task.BLIND, LEAD.coder, None)
    assert {card.transcript for card in desk.sweep(store, LEAD, Scope(code="pay"))} == {NAME}


def test_commit_waits_for_every_passage_and_is_for_good(coded: Store, store: Store) -> None:
    with pytest.raises(NotAllowed, match=f"{UNITS} of {UNITS}"):
        blind.commit(store, DANA, NAME, at(1))
    blind.commit(coded, DANA, NAME, at(50))
    assert blind.progress(coded, DANA, NAME).committed == at(50)
    before = codes_of(coded, DANA)
    with pytest.raises(NotAllowed, match="stays as it is"):
        blind.code(coded, DANA, NAME, 1, BlindAnswer(()), at(51))
    with pytest.raises(NotAllowed, match="no open blind coding"):
        blind.commit(coded, DANA, NAME, at(52))
    assert desk.undo(coded, DANA, at(53)) is None
    assert codes_of(coded, DANA) == before
    assert not withdraw(coded, DANA.coder, NAME, Task.BLIND, LEAD.coder, at(54))
    assert [entry.about for entry in entries(coded) if entry.what == Deed.COMMIT] == [{"transcript": NAME}]
    assert verify(coded).whole


def seen_by(store: Store, reviewer: Reviewer) -> set[str]:
    return {coding.coder for coding in passages.visible_codings(store, reviewer.coder, NAME)}


def test_nobody_sees_blind_coding_of_another_before_all_have_committed(coded: Store) -> None:
    assert [seen_by(coded, who) for who in (DANA, YOSSI, LEAD)] == [{DANA.coder}, {YOSSI.coder}, {MODEL}]
    assert adjudicate.pairs(coded, LEAD, NAME) == ()
    blind.commit(coded, DANA, NAME, at(50))
    assert [seen_by(coded, who) for who in (DANA, YOSSI, LEAD)] == [
        {DANA.coder, MODEL},
        {YOSSI.coder},
        {MODEL},
    ]
    with pytest.raises(NotAllowed, match="both must have committed"):
        adjudicate.differences(coded, LEAD, NAME, PAIR)
    blind.commit(coded, YOSSI, NAME, at(51))
    for who in (DANA, YOSSI, LEAD):
        assert seen_by(coded, who) == {*PAIR, MODEL}
    assert adjudicate.pairs(coded, LEAD, NAME) == (PAIR,)


@pytest.fixture
def revealed(coded: Store) -> Store:
    for reviewer in (DANA, YOSSI):
        blind.commit(coded, reviewer, NAME, at(50))
    return coded


def test_the_differences_are_those_of_the_units_with_sides_that_no_name_gives_away(revealed: Store) -> None:
    found = adjudicate.differences(revealed, LEAD, NAME, PAIR)
    assert [difference.number for difference in found] == [1, 2, 3]
    sides = [{frozenset(c.code for c in side) for side in (each.a, each.b)} for each in found]
    assert sides == [
        {frozenset({"pay"}), frozenset()},
        {frozenset({"pay"}), frozenset({"alone"})},
        {frozenset({"pay"}), frozenset({"pay", "barrier"})},
    ]
    assert found[2].common == ("pay",)
    order = [adjudicate.first_is_a(NAME, SECOND.turns[n].span, PAIR) for n in range(UNITS)]
    assert 8 < sum(order) < UNITS - 8


def test_settling_needs_a_reason_and_stands_under_no_coder_s_name(revealed: Store) -> None:
    own = {who: codes_of(revealed, who) for who in (DANA, YOSSI)}
    assign(revealed, DANA.coder, [NAME], Task.ADJUDICATE, LEAD.coder, at(55))
    with pytest.raises(NotAllowed, match="not yours"):
        adjudicate.differences(revealed, LEAD, NAME, PAIR)
    with pytest.raises(AnswerRefused, match="say why"):
        adjudicate.settle(revealed, DANA, NAME, PAIR, 1, Settlement(("pay",), None), at(56))
    with pytest.raises(AnswerRefused, match="do not differ"):
        adjudicate.settle(revealed, DANA, NAME, PAIR, 4, Settlement(("pay",), Reason.SLIP), at(56))
    decision = adjudicate.settle(revealed, DANA, NAME, PAIR, 3, Settlement(("pay",), Reason.GAP, "להבהיר"), at(57))
    assert (decision.mode, decision.reason, decision.after) == (Mode.ADJUDICATE, Reason.GAP, ("pay",))
    (coding,) = [coding for coding in revealed.codings() if coding.origin is Origin.ADJUDICATED]
    assert (coding.coder, coding.span, coding.code, coding.memo) == (ADJUDICATED, decision.span, "pay", "להבהיר")
    assert {who: codes_of(revealed, who) for who in (DANA, YOSSI)} == own
    with pytest.raises(AlreadyAnswered, match=DANA.coder):
        adjudicate.settle(revealed, DANA, NAME, PAIR, 3, Settlement((), Reason.SLIP), at(58))
    desk.undo(revealed, DANA, at(59))
    assert not [coding for coding in revealed.codings() if coding.origin is Origin.ADJUDICATED]


def test_finishing_adds_what_both_agreed_on_once_all_is_settled(revealed: Store) -> None:
    with pytest.raises(NotAllowed, match="not settled yet"):
        adjudicate.finish(revealed, LEAD, NAME, PAIR, at(51))
    for second in range(3):
        left = adjudicate.next_difference(revealed, LEAD, NAME, PAIR)
        assert left is not None
        adjudicate.settle(
            revealed, LEAD, NAME, PAIR, left.number, Settlement(left.common, Reason.SLIP), at(52 + second)
        )
    assert adjudicate.next_difference(revealed, LEAD, NAME, PAIR) is None
    assert len(adjudicate.finish(revealed, LEAD, NAME, PAIR, at(56))) == 1
    assert adjudicate.finish(revealed, LEAD, NAME, PAIR, at(57)) == ()
    settled = {(coding.span, coding.code) for coding in revealed.codings() if coding.origin is Origin.ADJUDICATED}
    assert settled == {(SECOND.turns[2].span, "pay"), (SECOND.turns[3].span, "alone")}


def test_two_who_settle_the_same_passage_at_once_settle_it_once(revealed: Store) -> None:
    start = threading.Barrier(2)
    late: list[str] = []

    def run(who: Reviewer) -> None:
        start.wait()
        for number in (1, 2, 3):
            try:
                adjudicate.settle(revealed, who, NAME, PAIR, number, Settlement(("pay",), Reason.SLIP), at(58))
            except AlreadyAnswered as lost:
                late.append(lost.coder)

    for who in (DANA, LEAD):
        assign(revealed, who.coder, [NAME], Task.ADJUDICATE, LEAD.coder, at(55))
    threads = [threading.Thread(target=run, args=(who,)) for who in (DANA, LEAD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(late) == 3
    assert sum(decision.mode is Mode.ADJUDICATE for decision in revealed.decisions()) == 3


def test_a_task_that_was_taken_away_opens_the_transcript_again(store: Store) -> None:
    assert withdraw(store, DANA.coder, NAME, Task.BLIND, LEAD.coder, at(1))
    assert not withdraw(store, DANA.coder, NAME, Task.BLIND, LEAD.coder, at(2))
    assert desk.sweep(store, DANA, Scope(transcript=NAME, code="pay"))
    blind.code(store, YOSSI, NAME, 1, BlindAnswer(("pay",)), at(3))
    with pytest.raises(NotAllowed, match="has begun"):
        withdraw(store, YOSSI.coder, NAME, Task.BLIND, LEAD.coder, at(4))
    assert YOSSI.coder not in seen_by(store, LEAD)
    assert verify(store).whole
