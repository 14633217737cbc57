from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from autocoder.decided import Status, statuses
from autocoder.project import Action, Coder, CoderKind, Coding, Mode, Origin, Span
from autocoder.review import desk
from autocoder.review.answers import AnswerRefused
from autocoder.review.desk import Answer, Card, Scope
from autocoder.store import Addition, Store, create
from autocoder.store import schema as t
from autocoder.store.assignments import NotAllowed, Task, assign
from autocoder.store.audit import verify
from autocoder.store.decisions import AlreadyAnswered, NotTakenBack, history
from autocoder.store.queues import Order
from tests.review.desk_study import (
    CODEBOOK,
    CODES,
    DANA,
    FIRST,
    LEAD,
    MODEL,
    SECOND,
    YOSSI,
    at,
    persons_codings,
    suggested,
)

ALL = Scope()
ACCEPT, REJECT, SKIP = Answer(Action.ACCEPT), Answer(Action.REJECT), Answer(Action.SKIP)


def first(store: Store, scope: Scope = ALL) -> Card:
    found = desk.next_card(store, DANA, scope)
    assert found is not None
    return found


def walk(store: Store, scope: Scope) -> list[Card]:
    """Go through the queue without deciding, until it begins anew."""
    cards = [first(store, scope)]
    while (found := desk.next_card(store, DANA, scope, cards[-1].id)) and found.id != cards[0].id:
        cards.append(found)
    return cards


def test_every_order_shows_every_suggestion_once_and_walks_back_the_same_way(store: Store) -> None:
    for order in Order:
        cards = walk(store, Scope(order))
        assert len({card.id for card in cards}) == len(cards) == 40
        for one, following in pairwise(cards):
            before = desk.previous_card(store, DANA, Scope(order), following.id)
            assert before == one, order


def test_the_orders_are_what_they_say(store: Store) -> None:
    def doubts(cards: list[Card]) -> list[float]:
        return [abs((card.score or 0) - 0.5) for card in cards]

    uncertain = doubts(walk(store, Scope(Order.UNCERTAIN)))
    assert uncertain == sorted(uncertain)
    places = [(card.transcript, card.span) for card in walk(store, Scope(Order.DOCUMENT))]
    assert places == sorted(places)
    codes = [card.code for card in walk(store, Scope(Order.CODE))]
    assert codes == sorted(codes, key=lambda code: CODES.index(code or ""))
    scattered = [(card.transcript, card.span) for card in walk(store, Scope(Order.RANDOM))]
    assert scattered != places
    assert sum(name == FIRST.name for name, _ in scattered[:20]) in range(5, 16)


@pytest.mark.parametrize("order", list(Order))
def test_a_scope_of_one_transcript_or_one_code_holds_nothing_else(store: Store, order: Order) -> None:
    assert {card.transcript for card in walk(store, Scope(order, transcript=SECOND.name))} == {SECOND.name}
    assert {card.code for card in walk(store, Scope(order, code="alone"))} == {"alone"}
    both = walk(store, Scope(order, SECOND.name, "pay"))
    assert {(card.transcript, card.code) for card in both} == {(SECOND.name, "pay")}
    assert len(both) == 7


def test_accepting_makes_a_coding_of_the_person_and_a_decision_that_says_how(store: Store) -> None:
    card = first(store)
    decision = desk.answer(store, DANA, card.id, Answer(Action.ACCEPT, memo=" חזק ", seconds=2.5), at(1))
    (coding,) = [coding for coding in store.codings() if coding.coder == DANA.coder]
    assert coding == Coding(
        card.transcript, card.span, card.code or "", DANA.coder, Origin.ASSISTED, None, "חזק", at(1)
    )
    assert store.decisions() == (decision,)
    assert (decision.before, decision.after, decision.shown) == ((card.code,),) * 3
    assert (decision.mode, decision.saw_suggestion, decision.seconds) == (Mode.CONFIRM, True, 2.5)
    assert (decision.model, decision.score) == (MODEL, card.score)
    answered = desk.card(store, DANA, card.id).answered
    assert answered == desk.Answered(DANA.coder, Action.ACCEPT, (card.code or "",), at(1), Mode.CONFIRM)


def test_each_answer_puts_the_codings_that_it_says(store: Store) -> None:
    place = Span(FIRST.turns[0].span.start + 2, FIRST.turns[0].span.end - 3)
    cards = walk(store, Scope(Order.DOCUMENT, FIRST.name))
    asked = [
        (REJECT, cards[0].span, ()),
        (Answer(Action.CHANGE, ("alone", "barrier", "alone")), cards[1].span, ("alone", "barrier")),
        (Answer(Action.MOVE, new_span=place), place, (cards[2].code,)),
        (Answer(Action.MOVE, ("setting",), new_span=place), place, ("setting",)),
    ]
    for (given, _, codes), card in zip(asked, cards, strict=False):
        before = persons_codings(store)
        decision = desk.answer(store, DANA, card.id, given, at(1))
        new = {key[0] for key in persons_codings(store) - before}  # type: ignore[misc]
        assert decision.after == codes
        assert {(key[1], key[2]) for key in new} == {(decision.place, code) for code in codes}  # type: ignore[index]
        assert desk.card(store, DANA, card.id).answered is not None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (Answer(Action.UNDO), "undoing"),
        (Answer(Action.CHANGE), "no code was chosen"),
        (Answer(Action.CHANGE, ("none such",)), "not in the codebook"),
        (Answer(Action.CHANGE, ("valence",)), "only holds other codes"),
        (Answer(Action.ACCEPT, ("pay",)), "takes none"),
        (Answer(Action.REJECT, ("pay",)), "takes none"),
        (Answer(Action.MOVE), "boundaries"),
        (Answer(Action.ACCEPT, new_span=Span(1, 5)), "boundaries"),
        (Answer(Action.MOVE, new_span=Span(5, 10**7)), "no text"),
        (Answer(Action.MOVE, new_span=Span(FIRST.turns[0].span.end, FIRST.turns[0].span.end + 1)), "no text"),
        (Answer(Action.MEMO, memo="  "), "empty"),
        (Answer(Action.ACCEPT, memo="א" * 10_001), "10000 characters"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_and_changes_nothing(store: Store, given: Answer, why: str) -> None:
    before = store.codings()
    with pytest.raises(AnswerRefused, match=why):
        desk.answer(store, DANA, first(store).id, given, at(1))
    assert (store.codings(), store.decisions()) == (before, ())


def test_a_second_answer_is_refused_with_the_name_of_the_first(store: Store) -> None:
    card = first(store)
    desk.answer(store, YOSSI, card.id, REJECT, at(1))
    before = (store.codings(), store.decisions())
    for given in (ACCEPT, SKIP):
        with pytest.raises(AlreadyAnswered, match=YOSSI.coder) as late:
            desk.answer(store, DANA, card.id, given, at(2))
        assert late.value.coder == YOSSI.coder
    assert (store.codings(), store.decisions()) == before


def test_of_two_who_answer_at_once_one_wins(store: Store) -> None:
    cards = walk(store, Scope(Order.DOCUMENT))[:20]
    start = threading.Barrier(2)
    outcomes: dict[str, list[bool]] = {DANA.coder: [], YOSSI.coder: []}

    def run(reviewer: desk.Reviewer) -> None:
        start.wait()
        for card in cards:
            try:
                desk.answer(store, reviewer, card.id, ACCEPT, at(1))
            except AlreadyAnswered:
                outcomes[reviewer.coder].append(False)
            else:
                outcomes[reviewer.coder].append(True)

    threads = [threading.Thread(target=run, args=(reviewer,)) for reviewer in (DANA, YOSSI)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(one != other for one, other in zip(*outcomes.values(), strict=True))
    assert len(store.decisions()) == len(persons_codings(store)) == 20
    assert verify(store).whole


def test_what_was_skipped_comes_back_at_the_end_in_the_order_of_skipping(store: Store) -> None:
    scope = Scope(Order.DOCUMENT, FIRST.name, "pay")
    cards = walk(store, scope)
    for card in (cards[2], cards[0]):
        desk.answer(store, DANA, card.id, SKIP, at(1))
    assert [card.id for card in walk(store, scope)] == [card.id for card in (cards[1], *cards[3:])]
    assert desk.next_card(store, YOSSI, scope) == cards[0]
    for card in (cards[1], *cards[3:]):
        desk.answer(store, DANA, card.id, REJECT, at(2))
    assert [card.id for card in walk(store, scope)] == [cards[2].id, cards[0].id]
    desk.answer(store, DANA, cards[2].id, SKIP, at(3))
    assert first(store, scope).id == cards[0].id
    desk.answer(store, DANA, cards[0].id, ACCEPT, at(4))
    desk.answer(store, DANA, cards[2].id, ACCEPT, at(5))
    assert desk.next_card(store, DANA, scope) is None


def test_one_code_at_a_time_goes_on_to_the_next_code_and_keeps_the_skipped_for_the_end(store: Store) -> None:
    scope = Scope(Order.CODE)
    skipped = first(store, scope)
    desk.answer(store, DANA, skipped.id, SKIP, at(1))
    seen: list[str | None] = []
    card = desk.next_card(store, DANA, scope, skipped.id)
    while card is not None and card.id != skipped.id:
        seen.append(card.code)
        desk.answer(store, DANA, card.id, REJECT, at(2))
        card = desk.next_card(store, DANA, scope, card.id)
    assert card == skipped
    assert seen == sorted(seen, key=lambda code: CODES.index(code or ""))
    assert len(seen) == 39


def test_a_memo_is_kept_beside_the_passage_and_leaves_the_suggestion_open(store: Store) -> None:
    card = first(store)
    desk.answer(store, DANA, card.id, Answer(Action.MEMO, memo="לשאול את רות"), at(1))
    (memo,) = store.memos()
    assert (memo.text, memo.author, memo.transcript, memo.span) == (
        "לשאול את רות",
        DANA.coder,
        card.transcript,
        card.span,
    )
    assert first(store) == card
    assert set(statuses(store.load(), store.decisions()).values()) == {Status.OPEN}
    desk.undo(store, DANA, at(2))
    assert store.memos() == ()


def test_undo_takes_back_the_last_decision_of_this_person_alone_without_end(store: Store) -> None:
    before = store.codings()
    cards = walk(store, Scope(Order.DOCUMENT, FIRST.name))
    answers = [ACCEPT, REJECT, SKIP, Answer(Action.CHANGE, ("alone", "pay")), Answer(Action.MEMO, memo="?"), ACCEPT]
    for second, (card, given) in enumerate(zip(cards, answers, strict=False)):
        desk.answer(store, DANA, card.id, given, at(second))
    desk.answer(store, YOSSI, cards[10].id, ACCEPT, at(9))
    made = [decision for decision in store.decisions() if decision.coder == DANA.coder]
    for decision in reversed(made):
        taken = desk.undo(store, DANA, at(20))
        assert taken is not None
        assert taken.undoes == decision.id
        assert (taken.before, taken.after) == (decision.after, decision.before)
    assert desk.undo(store, DANA, at(21)) is None
    assert [coding for coding in store.codings() if coding.coder != YOSSI.coder] == list(before)
    assert len(persons_codings(store)) == 1
    assert verify(store).whole


def test_one_decision_of_the_history_can_be_taken_back_and_only_once(store: Store) -> None:
    cards = walk(store, Scope(Order.DOCUMENT))[:3]
    made = [desk.answer(store, DANA, card.id, ACCEPT, at(1)) for card in cards]
    desk.undo(store, DANA, at(2), made[0].id)
    assert [decision.id for decision in history(store, DANA.coder)] == [made[2].id, made[1].id]
    assert first(store, Scope(Order.DOCUMENT)) == cards[0]
    for which in (made[0].id, store.decisions()[-1].id, 10**6):
        with pytest.raises(NotTakenBack):
            desk.undo(store, DANA, at(3), which)
    with pytest.raises(NotTakenBack):
        desk.undo(store, YOSSI, at(3), made[1].id)


def test_taking_back_what_a_later_decision_rests_on_is_refused(store: Store) -> None:
    second = Coder("autocoder m2", CoderKind.MODEL)
    store.add_suggestions(second, FIRST.name, suggested(FIRST, second.name))
    by = {model: first(store, Scope(Order.DOCUMENT, model=model)) for model in (MODEL, second.name)}
    earlier = desk.answer(store, DANA, by[MODEL].id, ACCEPT, at(1))
    later = desk.answer(store, DANA, by[second.name].id, ACCEPT, at(2))
    with pytest.raises(NotTakenBack, match="same passage"):
        desk.undo(store, DANA, at(3), earlier.id)
    assert len(persons_codings(store)) == 1
    desk.undo(store, DANA, at(4), later.id)
    assert len(persons_codings(store)) == 1
    desk.undo(store, DANA, at(5), earlier.id)
    assert persons_codings(store) == set()


def test_undoing_leaves_a_coding_that_was_there_before(store: Store) -> None:
    card = first(store)
    own = Coding(card.transcript, card.span, card.code or "", DANA.coder, Origin.BLIND)
    store.add(Addition(codings=(own,)))
    before = persons_codings(store)
    desk.answer(store, DANA, card.id, ACCEPT, at(1))
    assert persons_codings(store) == before
    desk.undo(store, DANA, at(2))
    assert persons_codings(store) == before


def test_a_card_of_an_earlier_run_of_the_model_is_not_taken_for_another(store: Store) -> None:
    cards = walk(store, Scope(Order.DOCUMENT, FIRST.name))
    desk.answer(store, DANA, cards[0].id, ACCEPT, at(1))
    again = [Coding(FIRST.name, turn.span, "alone", MODEL, Origin.AUTO, 0.4) for turn in FIRST.turns]
    store.add_suggestions(Coder(MODEL, CoderKind.MODEL), FIRST.name, again)
    for stale in cards[1:]:
        with pytest.raises(AlreadyAnswered, match="not there any more"):
            desk.answer(store, DANA, stale.id, ACCEPT, at(2))
    assert desk.card(store, DANA, cards[0].id).answered is not None
    assert len(persons_codings(store)) == 1


@pytest.mark.parametrize("name", ["", "x", "-1", "0-", "١-abc", f"{10**30}-a", "4-0000000000"])
def test_a_name_of_no_card_is_refused(store: Store, name: str) -> None:
    with pytest.raises(AlreadyAnswered):
        desk.card(store, DANA, name)


def test_transcripts_assigned_to_one_person_are_that_person_s_alone(store: Store) -> None:
    everything = walk(store, Scope(Order.DOCUMENT))
    assign(store, YOSSI.coder, [SECOND.name], Task.CONFIRM, LEAD.coder, at(1))
    assert desk.next_card(store, DANA, Scope()) is None
    assert {card.transcript for card in everything} == {FIRST.name, SECOND.name}
    for card in everything:
        with pytest.raises(NotAllowed):
            desk.answer(store, DANA, card.id, ACCEPT, at(2))
    mine = desk.next_card(store, YOSSI, Scope())
    assert mine is not None
    assert mine.transcript == SECOND.name
    assert store.decisions() == ()


def test_cards_that_others_have_before_them_are_left_out(store: Store) -> None:
    taken = [card.id for card in walk(store, Scope())[:5]]
    found = desk.next_card(store, DANA, Scope(), but=taken)
    assert found == walk(store, Scope())[5]


def test_accepting_in_bulk_is_one_batch_and_draws_at_least_ten_to_be_looked_at_again(store: Store) -> None:
    cards = desk.sweep(store, DANA, Scope(code="pay"))
    assert len(cards) == 14
    desk.answer(store, YOSSI, cards[3].id, REJECT, at(1))
    made = desk.accept_all(store, DANA, [card.id for card in cards], at(2))
    assert {decision.mode for decision in made.saved} == {Mode.SWEEP}
    assert (len(made.saved), made.excluded) == (13, 0)
    assert len({decision.batch for decision in made.saved}) == 1
    assert len(persons_codings(store)) == 13
    with store.reading() as connection:
        kinds = connection.scalars(sa.select(t.check.c.kind)).all()
    assert kinds == ["audit"] * 10
    assert desk.sweep(store, DANA, Scope(code="pay")) == ()


def test_a_bulk_is_taken_back_as_one_with_the_checks_that_nobody_answered(store: Store) -> None:
    cards = desk.sweep(store, DANA, Scope(code="pay"))
    desk.accept_all(store, DANA, [card.id for card in cards], at(1))
    assert desk.undo(store, DANA, at(2)) is not None
    assert persons_codings(store) == set()
    assert desk.sweep(store, DANA, Scope(code="pay")) == cards
    with store.reading() as connection:
        assert connection.scalars(sa.select(sa.func.count()).select_from(t.check)).one() == 0
    assert desk.undo(store, DANA, at(3)) is None
    assert verify(store).whole


def test_an_audit_puts_its_answer_in_the_place_of_the_bulk_s_and_undo_brings_that_back(store: Store) -> None:
    cards = desk.sweep(store, DANA, Scope(code="pay"))
    desk.accept_all(store, DANA, [card.id for card in cards], at(1))
    bulk = persons_codings(store)
    audit = first(store)
    assert audit.code == "pay"
    decision = desk.answer(store, DANA, audit.id, REJECT, at(2))
    assert decision.mode is Mode.AUDIT
    assert len(persons_codings(store)) == len(bulk) - 1
    known = statuses(store.load(), store.decisions())
    rejected = [coding for coding, status in known.items() if status is Status.REJECTED]
    assert [(coding.transcript, coding.span) for coding in rejected] == [(audit.transcript, audit.span)]
    desk.undo(store, DANA, at(3))
    assert persons_codings(store) == bulk
    assert first(store) == audit
    desk.answer(store, DANA, audit.id, ACCEPT, at(4))
    assert persons_codings(store) == bulk
    assert first(store) != audit
    desk.undo(store, DANA, at(5))
    assert persons_codings(store) == bulk


def test_too_many_at_once_and_a_check_among_them_are_refused(store: Store) -> None:
    cards = desk.sweep(store, DANA, Scope(code="pay"))
    desk.accept_all(store, DANA, [cards[0].id], at(1))
    waiting = first(store)
    with pytest.raises(AnswerRefused, match="on its own"):
        desk.accept_all(store, DANA, [cards[1].id, waiting.id], at(2))
    with pytest.raises(AnswerRefused, match="at most"):
        desk.accept_all(store, DANA, ["2-a"] * (desk.MOST_AT_ONCE + 1), at(2))
    assert len(store.decisions()) == 1


def test_a_study_without_a_model_has_no_card(tmp_path: Path) -> None:
    with create(tmp_path / "q", "ריק", CODEBOOK, at(0)) as empty:
        empty.add(Addition(coders=(Coder(DANA.coder),)))
        assert desk.next_card(empty, DANA, Scope()) is None
        assert desk.sweep(empty, DANA, Scope(code="pay")) == ()
        assert desk.undo(empty, DANA, at(1)) is None
