"""Of a tree whose codes exclude each other a stretch carries one code, whichever way a person comes to the second."""

from __future__ import annotations

import re
import threading
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from autocoder.compare import ALL_ORIGINS, Question, compare
from autocoder.project import Action, Coding, Decision, Mode, Origin, Reason, Span
from autocoder.review import adjudicate, blind, desk
from autocoder.review.adjudicate import Settlement
from autocoder.review.blind import BlindAnswer
from autocoder.review.desk import Answer, Card, Scope
from autocoder.store import Addition, Store
from autocoder.store.assignments import Task, assign, commit_blind
from autocoder.store.decisions import Deed, Drawn, ExclusiveCodes, NotTakenBack, history, save
from autocoder.store.queues import Order
from tests.review.as_reviewer import ask_as
from tests.review.desk_study import CODEBOOK, DANA, FIRST, LEAD, MODEL, SECOND, UNITS, YOSSI, at, persons_codings

BARRIERS = Scope(Order.DOCUMENT, FIRST.name, "barrier")
PAIR = (DANA.coder, YOSSI.coder)
WEIGHED = Settlement(("barrier",), Reason.SLIP)


def card(store: Store, scope: Scope = BARRIERS) -> Card:
    return desk.sweep(store, DANA, scope)[0]


def own(store: Store, code: str, span: Span, name: str = FIRST.name) -> None:
    """Let Dana have coded a stretch before, in a file."""
    coding = Coding(name, span, code, DANA.coder, Origin.ASSISTED)
    store.add(Addition(codings=(coding,), at=at(0)))


def page(store: Store, **headers: str) -> TestClient:
    client = ask_as(store, DANA.coder, follow_redirects=False)
    client.headers.update(headers)
    client.cookies.set("look", "he.light.100")
    return client


def said(body: str) -> str:
    (found,) = re.findall(r'class="warns">([^<]*)<', body)
    return str(found)


def ticked(body: str) -> list[str]:
    return re.findall(r'name="codes" value="([^"]*)" form="answer" checked', body)


@pytest.mark.parametrize(
    "given",
    [
        Answer(Action.ACCEPT),
        Answer(Action.CHANGE, ("pay", "barrier")),
        Answer(Action.MOVE, new_span=Span(FIRST.turns[4].span.start - 9, FIRST.turns[4].span.end)),
    ],
)
def test_no_answer_puts_a_code_where_an_own_one_excludes_it(store: Store, given: Answer) -> None:
    asked = card(store)
    own(store, "facilitator", Span(asked.span.end - 4, asked.span.end + 2))
    before = persons_codings(store)
    with pytest.raises(ExclusiveCodes, match="גורם מקדם is your coding of this passage") as refused:
        desk.answer(store, DANA, asked.id, given, at(1))
    assert (refused.value.code, refused.value.other, refused.value.tree) == ("barrier", "facilitator", "valence")
    assert persons_codings(store) == before
    assert store.decisions() == ()
    assert desk.card(store, DANA, asked.id).answered is None


def test_stretches_that_only_touch_and_codes_of_other_people_exclude_nothing(store: Store) -> None:
    asked = card(store)
    own(store, "facilitator", Span(asked.span.end, asked.span.end + 3))
    other = Coding(FIRST.name, asked.span, "facilitator", YOSSI.coder, Origin.ASSISTED)
    store.add(Addition(codings=(other,), at=at(0)))
    desk.answer(store, DANA, asked.id, Answer(Action.ACCEPT), at(1))
    moved = Answer(Action.MOVE, ("pay", "setting"), Span(asked.span.start, asked.span.end))
    desk.answer(store, DANA, card(store, Scope(Order.DOCUMENT, FIRST.name, "pay")).id, moved, at(2))
    assert len(persons_codings(store)) == 5


def test_two_codes_of_the_tree_in_one_answer_are_refused(store: Store) -> None:
    with pytest.raises(ExclusiveCodes, match="cannot stand together") as refused:
        desk.answer(store, DANA, card(store).id, Answer(Action.CHANGE, ("barrier", "pay", "facilitator")), at(1))
    assert not refused.value.stands
    assert store.decisions() == ()


def test_what_a_file_brought_together_is_not_asked_about_again(store: Store) -> None:
    asked = card(store)
    own(store, "facilitator", asked.span)
    own(store, "barrier", asked.span)
    desk.answer(store, DANA, asked.id, Answer(Action.ACCEPT), at(1))
    assert desk.card(store, DANA, asked.id).answered is not None


def test_a_planted_error_is_refused_like_any_other_suggestion(store: Store) -> None:
    asked = card(store)
    drawn = Drawn(Mode.PLANTED, FIRST.name, FIRST.turns[1].span, "facilitator", 0.5, asked.model)
    one = Decision(DANA.coder, at(1), FIRST.name, asked.span, (), (), False, mode=Mode.CONFIRM, action=Action.SKIP)
    save(store, Deed(one, draws=(drawn,)))
    own(store, "barrier", FIRST.turns[1].span)
    planted = desk.next_card(store, DANA, Scope())
    assert planted is not None
    assert planted.code == "facilitator"
    with pytest.raises(ExclusiveCodes):
        desk.answer(store, DANA, planted.id, Answer(Action.ACCEPT), at(2))


def test_two_windows_at_once_put_one_of_the_two(store: Store) -> None:
    first, second = desk.sweep(store, DANA, BARRIERS)[:2]
    start = threading.Barrier(2)
    refused: list[ExclusiveCodes] = []

    def answer(asked: Card, code: str) -> None:
        start.wait()
        given = Answer(Action.MOVE, (code,), Span(first.span.start, second.span.end))
        try:
            desk.answer(store, DANA, asked.id, given, at(1))
        except ExclusiveCodes as fault:
            refused.append(fault)

    windows = [threading.Thread(target=answer, args=each) for each in ((first, "barrier"), (second, "facilitator"))]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert len(refused) == len(store.decisions()) == len(persons_codings(store)) == 1


def test_a_bulk_leaves_out_and_counts_what_own_codes_exclude(store: Store) -> None:
    cards = desk.sweep(store, DANA, BARRIERS)
    own(store, "facilitator", cards[1].span)
    own(store, "facilitator", Span(cards[3].span.start, cards[3].span.start + 5))
    done = desk.accept_all(store, DANA, [each.id for each in cards], at(1))
    assert (len(done.saved), done.excluded) == (len(cards) - 2, 2)
    assert desk.sweep(store, DANA, BARRIERS) == (cards[1], cards[3])
    compare(store.load(), Question(origins=ALL_ORIGINS), {MODEL: frozenset({FIRST.name})})


def test_sweep_says_how_many_were_left_out_with_scripts_and_without(store: Store) -> None:
    cards = desk.sweep(store, DANA, BARRIERS)
    own(store, "facilitator", cards[1].span)
    form = {"transcript": FIRST.name, "code": "barrier", "card": cards[0].id, "together": "1"}
    form |= {"cards": [each.id for each in cards[:3]]}  # type: ignore[dict-item]
    whole = page(store).post("/sweep", data=form)
    assert "אושרו יחד: 2" in (shown := page(store).get(whole.headers["location"]).text)
    assert "לא נכללו: 1" in shown
    form["cards"] = [cards[1].id, cards[4].id]  # type: ignore[assignment]
    part = page(store, **{"hx-request": "true"}).post("/sweep", data=form).text
    assert "אושרו יחד: 1" in part
    assert "לא נכללו: 1" in part
    form["cards"] = [cards[1].id]  # type: ignore[assignment]
    none = page(store, **{"hx-request": "true"}).post("/sweep", data=form).text
    assert "לא אושר דבר. לא נכללו: 1" in none


def test_a_refused_answer_names_the_code_in_hebrew_and_keeps_the_form_as_it_was(store: Store) -> None:
    asked = card(store)
    own(store, "facilitator", asked.span)
    form = {"card": asked.id, "action": "change", "codes": ["barrier", "pay"], "memo": "כן אבל"}
    for body in (page(store).post("/confirm", data=form), page(store, **{"hx-request": "1"}).post("/sweep", data=form)):
        assert body.status_code == 422
    answered = page(store).post("/confirm", data=form)
    assert said(answered.text).startswith("הקוד גורם מקדם כבר ניתן כאן בקידוד שלך")
    assert "ערכיות" in said(answered.text)
    assert ticked(answered.text) == ["pay", "barrier"]
    assert ">כן אבל</textarea>" in answered.text


def test_boundaries_that_are_refused_stand_as_they_were_moved(store: Store) -> None:
    asked = card(store)
    own(store, "facilitator", asked.span)
    place = {"edges": "1", "start": str(asked.span.start + 5), "end": str(asked.span.end)}
    answered = page(store).post("/confirm", data={"card": asked.id, "action": "move", **place})
    assert answered.status_code == 422
    for name, value in place.items():
        assert f'name="{name}" value="{value}"' in answered.text


def blind_form(number: int, *codes: str, **more: str) -> dict[str, object]:
    return {"transcript": SECOND.name, "number": str(number), "action": "code", "codes": list(codes), **more}


def test_blind_refuses_both_in_words_and_keeps_what_was_ticked(store: Store) -> None:
    answered = page(store).post("/blind", data=blind_form(2, "barrier", "facilitator", memo="שניהם"))
    assert answered.status_code == 422
    assert said(answered.text).startswith("אתגר, גורם מקדם: רק אחד מהם יכול לעמוד")
    assert ticked(answered.text) == ["barrier", "facilitator"]
    assert ">שניהם</textarea>" in answered.text
    assert store.decisions() == ()


def test_blind_replaces_one_of_the_tree_by_the_other_where_it_stands(store: Store) -> None:
    unit = blind.passages_of(store, DANA, SECOND.name)[1].span
    part = Span(unit.start, unit.end - 6)
    client = page(store)
    assert client.post("/blind", data=blind_form(2, "barrier", start=str(part.start), end=str(part.end))).is_redirect
    shown = client.get("/blind", params={"transcript": SECOND.name, "number": 2}).text
    assert ticked(shown) == ["barrier"]
    places = dict(re.findall(r'name="(start|end)" value="(\d+)" form="answer"', shown))
    assert places == {"start": str(part.start), "end": str(part.end)}
    assert client.post("/blind", data=blind_form(2, "facilitator", **places)).is_redirect
    (passage,) = [each for each in blind.passages_of(store, DANA, SECOND.name) if each.codings]
    assert [(each.code, each.span) for each in passage.codings] == [("facilitator", part)]
    with pytest.raises(ExclusiveCodes):
        blind.code(store, DANA, SECOND.name, 2, BlindAnswer(("barrier",)), at(3))
    assert client.post("/blind", data=blind_form(2, **places) | {"action": "none"}).is_redirect
    assert not any(each.codings for each in blind.passages_of(store, DANA, SECOND.name))


def test_undoing_never_brings_two_of_the_tree_together(store: Store) -> None:
    unit = blind.passages_of(store, DANA, SECOND.name)[1].span
    after = blind.passages_of(store, DANA, SECOND.name)[2].span
    blind.code(store, DANA, SECOND.name, 2, BlindAnswer(("barrier",)), at(1))
    taken = blind.code(store, DANA, SECOND.name, 2, BlindAnswer(()), at(2))
    blind.code(store, DANA, SECOND.name, 3, BlindAnswer(("facilitator",), Span(unit.end - 4, after.end)), at(3))
    before = persons_codings(store)
    with pytest.raises(NotTakenBack, match="excludes what would come back"):
        desk.undo(store, DANA, at(4), taken.id)
    assert persons_codings(store) == before
    assert len(history(store, DANA.coder)) == 3


@pytest.fixture
def double_coded(store: Store) -> Store:
    """Both coded both halves of passage 2, each half with one of the tree; on passage 3 they differ."""
    for reviewer in (DANA, YOSSI):
        assign(store, reviewer.coder, [SECOND.name], Task.BLIND, LEAD.coder, at(0))
    for reviewer, third in ((DANA, "barrier"), (YOSSI, "facilitator")):
        every = blind.passages_of(store, reviewer, SECOND.name)
        half = every[1].span.start + len(every[1].span) // 2
        for code, part in (
            ("barrier", Span(every[1].span.start, half)),
            ("facilitator", Span(half, every[1].span.end)),
        ):
            blind.code(store, reviewer, SECOND.name, 2, BlindAnswer((code,), part), at(1))
        blind.code(store, reviewer, SECOND.name, 3, BlindAnswer((third,)), at(2))
        for number in {*range(1, UNITS + 1)} - {2, 3}:
            blind.code(store, reviewer, SECOND.name, number, BlindAnswer(()), at(3))
        commit_blind(store, reviewer.coder, SECOND.name, at(4))
    return store


def test_a_passage_that_both_coded_in_parts_is_settled_as_a_whole(double_coded: Store) -> None:
    found = adjudicate.differences(double_coded, LEAD, SECOND.name, PAIR)
    assert [each.number for each in found] == [2, 3]
    both = Settlement(found[0].codes, Reason.UNCLEAR)
    with pytest.raises(ExclusiveCodes, match="cannot stand together"):
        adjudicate.settle(double_coded, LEAD, SECOND.name, PAIR, 2, both, at(5))
    for number in (2, 3):
        adjudicate.settle(double_coded, LEAD, SECOND.name, PAIR, number, WEIGHED, at(6))
    adjudicate.finish(double_coded, LEAD, SECOND.name, PAIR, at(7))
    settled = [each for each in double_coded.codings() if each.origin is Origin.ADJUDICATED]
    assert [each.code for each in settled] == ["barrier", "barrier"]


def test_adjudication_refuses_both_in_words_and_keeps_reason_memo_and_ticks(double_coded: Store) -> None:
    client = ask_as(double_coded, LEAD.coder, LEAD.role)
    client.cookies.set("look", "he.light.100")
    form = {"transcript": SECOND.name, "pair": "0", "number": "3", "action": "code", "reason": Reason.GAP.value}
    answered = client.post("/adjudicate", data={**form, "codes": ["barrier", "facilitator"], "memo": "לברר"})
    assert answered.status_code == 422
    assert "רק אחד מהם יכול לעמוד" in said(answered.text)
    assert ticked(answered.text) == ["barrier", "facilitator"]
    assert re.search(f'name="reason" value="{Reason.GAP.value}"[^>]* checked', answered.text)
    assert ">לברר</textarea>" in answered.text


def test_rivals_are_the_other_codes_of_an_exclusive_tree_alone() -> None:
    assert CODEBOOK.rivals("barrier") == {"valence", "facilitator"}
    assert CODEBOOK.rivals("pay") == CODEBOOK.rivals("gone") == frozenset()
    assert replace(CODEBOOK, exclusive=frozenset()).rivals("barrier") == frozenset()


def test_the_page_tells_the_script_which_codes_exclude_each_other(store: Store) -> None:
    shown = page(store).get("/confirm").text
    trees = re.findall(r'data-code="(\w+)"[^>]*data-tree="(\w+)"', shown)
    assert trees == [("valence", "valence"), ("barrier", "valence"), ("facilitator", "valence")]
    assert shown.count("אחד לכל היותר") == 1
