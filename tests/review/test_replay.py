"""Whatever people do and take back, in any order: the codings are those that the log of decisions tells."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autocoder.project import Action, Decision, Mode, Span
from autocoder.review import blind, desk
from autocoder.review.answers import AnswerRefused
from autocoder.review.blind import BlindAnswer
from autocoder.review.desk import Answer, Scope
from autocoder.store import Store, open_project, passages
from autocoder.store import schema as t
from autocoder.store.assignments import Task, assign
from autocoder.store.audit import verify
from autocoder.store.decisions import ExclusiveCodes, NotTakenBack, history
from autocoder.store.passages import codings_in
from autocoder.store.queues import Order
from autocoder.store.settings import Settings, change_settings
from tests.review.desk_study import CODEBOOK, CODES, DANA, FIRST, LEAD, MODEL, SECOND, YOSSI, at, build

Key = tuple[str, Span, str, str]
GIVEN = (*CODES, "facilitator")
codes = st.lists(st.sampled_from(GIVEN), min_size=1, max_size=3, unique=True).map(tuple)
spans = st.integers(0, 300).flatmap(lambda start: st.integers(1, 60).map(lambda size: Span(start, start + size)))
answers = st.one_of(
    st.sampled_from([Answer(Action.ACCEPT), Answer(Action.REJECT), Answer(Action.SKIP)]),
    st.just(Answer(Action.MEMO, memo="לבדוק \U0001f642")),
    codes.map(lambda chosen: Answer(Action.CHANGE, chosen)),
    spans.map(lambda span: Answer(Action.MOVE, new_span=span)),
)
steps = st.one_of(
    st.tuples(st.just("answer"), st.sampled_from([DANA, YOSSI]), answers),
    st.tuples(st.just("sweep"), st.sampled_from([DANA, YOSSI]), st.sampled_from(CODES)),
    st.tuples(st.just("blind"), st.integers(1, 6), st.sets(st.sampled_from(GIVEN)).map(lambda s: tuple(sorted(s)))),
    st.tuples(st.just("undo"), st.sampled_from([DANA, YOSSI]), st.none()),
    st.tuples(st.just("undo one"), st.sampled_from([DANA, YOSSI]), st.integers(0, 8)),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "p"
    with build(folder) as study:
        change_settings(study, Settings(random_share=0.3), LEAD.coder, at(0))
        assign(study, DANA.coder, [SECOND.name], Task.BLIND, LEAD.coder, at(0))
    return folder


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, made: Path) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("played") / "p"
    shutil.copytree(made, folder)
    with open_project(folder) as study:
        yield study


def standing(decisions: Iterable[Decision]) -> list[Decision]:
    made = list(decisions)
    undone = {decision.undoes for decision in made}
    return [one for one in made if one.action is not Action.UNDO and one.id not in undone]


def replayed(decisions: Iterable[Decision]) -> tuple[set[Key], set[tuple[str, Span, str]]]:
    """Tell from the log alone which codings people have made and which suggestions are answered."""
    codings: dict[Key, int | None] = {}
    answered: dict[tuple[str, Span, str], Decision] = {}
    for decision in standing(decisions):
        if decision.action in (Action.SKIP, Action.MEMO):
            continue
        if decision.mode is Mode.BLIND:
            for code in set(decision.before) - set(decision.after):
                del codings[decision.transcript, decision.place, code, decision.coder]
        elif decision.mode is Mode.AUDIT and decision.action is Action.ACCEPT:
            continue
        elif decision.before:
            subject = (decision.transcript, decision.span, decision.before[0])
            if (replaced := answered.get(subject)) is not None:
                codings = {key: maker for key, maker in codings.items() if maker != replaced.id}
            answered[subject] = decision
        for code in decision.after:
            codings.setdefault((decision.transcript, decision.place, code, decision.coder), decision.id)
    return set(codings), set(answered)


def as_stored(store: Store) -> tuple[set[Key], set[tuple[str, Span, str]]]:
    names = (FIRST.name, SECOND.name)
    codings = {coding.key for name in names for coding in codings_in(store, name) if coding.coder != MODEL}
    with store.reading() as connection:
        rows = connection.execute(
            sa.select(t.coding.c.start, t.coding.c.end, t.coding.c.code, t.transcript.c.name)
            .join(t.transcript, t.transcript.c.id == t.coding.c.transcript_id)
            .where(t.coding.c.answer.is_not(None))
        ).all()
    return codings, {(row.name, Span(row.start, row.end), row.code) for row in rows}


def excluded(codings: set[Key]) -> list[tuple[Key, Key]]:
    """Pairs of codings of one coder on one stretch of which the codebook allows one."""
    return [
        (one, other)
        for one, other in combinations(codings, 2)
        if (one[0], one[3]) == (other[0], other[3]) and one[1].overlap(other[1]) and other[2] in CODEBOOK.rivals(one[2])
    ]


def quote(store: Store, name: str, span: Span) -> str:
    transcript = passages.transcript(store, name)
    return transcript.quote(span) if transcript is not None and span.end <= len(transcript.text) else ""


def play(store: Store, kind: str, who: object, what: object, second: int) -> None:
    if kind == "blind":
        blind.code(store, DANA, SECOND.name, who, BlindAnswer(what), at(second))  # type: ignore[arg-type]
        return
    assert isinstance(who, desk.Reviewer)
    if kind == "undo":
        desk.undo(store, who, at(second))
    elif kind == "undo one":
        made = history(store, who.coder)
        if made:
            try:
                desk.undo(store, who, at(second), made[what % len(made)].id)  # type: ignore[operator]
            except NotTakenBack:
                assert len(made) > 1
    elif kind == "sweep":
        cards = desk.sweep(store, who, Scope(transcript=FIRST.name, code=what), most=4)  # type: ignore[arg-type]
        desk.accept_all(store, who, [card.id for card in cards], at(second))
    else:
        card = desk.next_card(store, who, Scope(Order.DOCUMENT, FIRST.name))
        assert isinstance(what, Answer)
        if card is None or (card.code is None and what.action in (Action.ACCEPT, Action.MOVE)):
            return
        if what.new_span is not None and not quote(store, card.transcript, what.new_span).strip():
            with pytest.raises(AnswerRefused, match="hold no text"):
                desk.answer(store, who, card.id, what, at(second))
        else:
            desk.answer(store, who, card.id, what, at(second))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=3, max_size=14))
def test_the_state_is_the_replay_of_the_log_and_undoing_all_brings_back_the_beginning(
    store: Store, played: list[tuple[str, object, object]]
) -> None:
    for second, (kind, who, what) in enumerate(played):
        before = as_stored(store)
        try:
            play(store, kind, who, what, second)
        except ExclusiveCodes:
            assert as_stored(store) == before
        assert as_stored(store) == replayed(store.decisions())
        assert not excluded(as_stored(store)[0])
    for reviewer in (DANA, YOSSI):
        while desk.undo(store, reviewer, at(59)) is not None:
            pass
    assert as_stored(store) == (set(), set())
    assert store.memos() == ()
    with store.reading() as connection:
        for table in (t.check, t.skipped):
            assert connection.scalars(sa.select(sa.func.count()).select_from(table)).one() == 0


@pytest.mark.parametrize("looked", [Answer(Action.SKIP), Answer(Action.ACCEPT)])
def test_a_second_look_that_leaves_a_bulk_as_it_is_brings_nothing_back_after_it(store: Store, looked: Answer) -> None:
    play(store, "sweep", YOSSI, "pay", 1)
    bulk = history(store, YOSSI.coder)[0].id
    play(store, "answer", YOSSI, looked, 2)
    assert history(store, YOSSI.coder)[0].mode is Mode.AUDIT
    if looked.action is Action.ACCEPT:
        with pytest.raises(NotTakenBack, match="take that one back first"):
            desk.undo(store, YOSSI, at(3), bulk)
    else:
        desk.undo(store, YOSSI, at(3), bulk)
    while desk.undo(store, YOSSI, at(4)) is not None:
        pass
    assert as_stored(store) == (set(), set())
    with store.reading() as connection:
        assert connection.scalars(sa.select(sa.func.count()).select_from(t.check)).one() == 0


def test_a_bulk_stays_while_a_second_look_that_moved_its_boundaries_stands(store: Store) -> None:
    play(store, "sweep", YOSSI, "pay", 1)
    bulk = history(store, YOSSI.coder)[0]
    play(store, "answer", YOSSI, Answer(Action.MOVE, new_span=Span(bulk.span.start, bulk.span.end - 1)), 2)
    looked = history(store, YOSSI.coder)[0]
    assert looked.mode is Mode.AUDIT
    with pytest.raises(NotTakenBack, match="take that one back first"):
        desk.undo(store, YOSSI, at(3), bulk.id)
    while desk.undo(store, YOSSI, at(4)) is not None:
        pass
    assert as_stored(store) == (set(), set())


def test_the_log_of_all_that_play_is_whole(store: Store) -> None:
    assert verify(store).whole
