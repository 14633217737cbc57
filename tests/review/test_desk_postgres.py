"""Several people at once on PostgreSQL, where writers do not wait for one another unless they are told to."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from autocoder.project import Action, Coding, Mode, Reason, Span
from autocoder.review import adjudicate, blind, desk
from autocoder.review.adjudicate import Settlement
from autocoder.review.blind import BlindAnswer
from autocoder.review.desk import Answer, Scope
from autocoder.review.proposals import Proposal, propose
from autocoder.review.reviewer import Reviewer
from autocoder.store import Addition, Store
from autocoder.store.assignments import Task, assign
from autocoder.store.audit import verify
from autocoder.store.decisions import AlreadyAnswered, ChangedMeanwhile, ExclusiveCodes, history
from autocoder.store.queues import Order
from autocoder.store.settings import Settings, change_settings
from tests.review.desk_study import DANA, FIRST, LEAD, SECOND, YOSSI, at, build, persons_codings
from tests.review.test_replay import as_stored, excluded, replayed

ACCEPT = Answer(Action.ACCEPT)


@pytest.fixture
def store(tmp_path: Path, postgres: str) -> Iterator[Store]:
    with build(tmp_path / "p", database=postgres) as study:
        change_settings(study, Settings(random_share=0.2), LEAD.coder, at(0))
        yield study


def at_once(*runs: Callable[[], None]) -> None:
    """Run them in threads of their own, and raise what one of them raised."""
    faults: list[BaseException] = []
    start = threading.Barrier(len(runs))

    def guarded(run: Callable[[], None]) -> None:
        start.wait()
        try:
            run()
        except BaseException as fault:  # a thread's failure is the test's
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


def test_every_order_shows_every_suggestion_once(store: Store) -> None:
    for order in Order:
        for scope, number in ((Scope(order), 40), (Scope(order, SECOND.name), 20), (Scope(order, code="pay"), 14)):
            seen: list[str] = []
            card = desk.next_card(store, DANA, scope)
            while card is not None and card.id not in seen:
                seen.append(card.id)
                card = desk.next_card(store, DANA, scope, card.id)
            assert (len(seen), card and card.id) == (number, seen[0]), scope


def test_two_windows_of_one_person_never_put_two_codes_of_an_exclusive_tree_on_one_stretch(store: Store) -> None:
    cards = desk.sweep(store, DANA, Scope(Order.DOCUMENT, FIRST.name))
    refused: list[str] = []

    def answer(card: desk.Card, code: str, span: Span) -> None:
        try:
            desk.answer(store, DANA, card.id, Answer(Action.MOVE, (code,), span), at(1))
        except ExclusiveCodes:
            refused.append(card.id)

    for one, other in zip(cards[:16:2], cards[1:16:2], strict=True):
        span = Span(one.span.start, other.span.end)
        at_once(partial(answer, one, "barrier", span), partial(answer, other, "facilitator", span))
    assert len(refused) == len(persons_codings(store)) == 8
    assert not excluded(as_stored(store)[0])


def test_of_three_who_answer_the_same_cards_at_once_one_wins_each(store: Store) -> None:
    cards = [card.id for card in desk.sweep(store, DANA, Scope(code="pay"))]
    won: Counter[str] = Counter()

    def run(who: Reviewer) -> None:
        for card in cards:
            try:
                desk.answer(store, who, card, ACCEPT, at(1))
            except AlreadyAnswered:
                continue
            won[card] += 1

    at_once(*(lambda who=who: run(who) for who in (DANA, YOSSI, LEAD)))
    assert won == Counter(cards)
    assert len(store.decisions()) == len(persons_codings(store)) == len(cards)
    assert verify(store).whole


def test_a_bulk_and_single_answers_at_once_neither_lose_nor_double(store: Store) -> None:
    cards = [card.id for card in desk.sweep(store, DANA, Scope(code="pay"))]

    def one_by_one() -> None:
        for card in reversed(cards):
            try:
                desk.answer(store, YOSSI, card, ACCEPT, at(1))
            except AlreadyAnswered:
                continue

    def in_bulk() -> None:
        desk.accept_all(store, DANA, cards, at(2))

    at_once(one_by_one, in_bulk)
    assert len(store.decisions()) == len(persons_codings(store)) == len(cards)
    assert as_stored(store) == replayed(store.decisions())
    assert verify(store).whole


def test_one_person_in_two_windows_stays_the_replay_of_the_log(store: Store) -> None:
    assign(store, DANA.coder, [SECOND.name], Task.BLIND, LEAD.coder, at(0))

    def window(seed: int) -> None:
        chance = random.Random(seed)
        for second in range(25):
            deed = chance.random()
            try:
                if deed < 0.3:
                    desk.undo(store, DANA, at(second))
                elif deed < 0.6:
                    codes = tuple(chance.sample(["pay", "alone", "barrier"], chance.randrange(3)))
                    blind.code(store, DANA, SECOND.name, chance.randrange(1, 4), BlindAnswer(codes), at(second))
                elif card := desk.next_card(store, DANA, Scope(Order.DOCUMENT, FIRST.name)):
                    given = ACCEPT if card.code and chance.random() < 0.5 else Answer(Action.REJECT)
                    desk.answer(store, DANA, card.id, given, at(second))
            except (AlreadyAnswered, ChangedMeanwhile):
                continue

    at_once(lambda: window(1), lambda: window(2))
    assert as_stored(store) == replayed(store.decisions())
    while history(store, DANA.coder):
        desk.undo(store, DANA, at(59))
    assert as_stored(store) == (set(), set())
    assert verify(store).whole


def test_two_who_settle_at_once_settle_once_and_two_who_propose_make_two_versions(store: Store) -> None:
    by_dana = [Coding(SECOND.name, SECOND.turns[n].span, "pay", DANA.coder) for n in range(3)]
    by_yossi = [Coding(SECOND.name, SECOND.turns[9].span, "alone", YOSSI.coder)]
    store.add(Addition(codings=(*by_dana, *by_yossi)))
    for who in (DANA, YOSSI):
        assign(store, who.coder, [SECOND.name], Task.ADJUDICATE, LEAD.coder, at(51))
    pair = (DANA.coder, YOSSI.coder)

    def settle(who: Reviewer) -> None:
        propose(store, who, Proposal(f"קוד של {who.coder}"), at(52))
        for number in (1, 2, 3):
            try:
                adjudicate.settle(store, who, SECOND.name, pair, number, Settlement(("pay",), Reason.SLIP), at(53))
            except AlreadyAnswered:
                continue

    at_once(lambda: settle(DANA), lambda: settle(YOSSI))
    assert sum(decision.mode is Mode.ADJUDICATE for decision in store.decisions()) == 3
    assert {code.id for code in store.codebook()} >= {"proposed-1", "proposed-2"}
    assert [book.version for book in store.codebooks()] == [1, 2, 3]
    assert verify(store).whole
