from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from autocoder.decided import Status, statuses
from autocoder.project import Action, Coding, Exclusion, Mode
from autocoder.review import checks, desk, proposals
from autocoder.review.answers import AnswerRefused
from autocoder.review.desk import Answer, Scope
from autocoder.review.present import IN_VIEW, Present
from autocoder.review.proposals import Proposal
from autocoder.store import Addition, Store
from autocoder.store import schema as t
from autocoder.store.assignments import NotAllowed, Task, assign
from autocoder.store.audit import verify
from autocoder.store.queues import Order
from autocoder.store.settings import SettingRefused, Settings, change_settings
from autocoder.store.settings import settings as kept_settings
from autocoder.store.versions import add_version, reworded
from tests.review.desk_study import DANA, FIRST, LEAD, MODEL, SECOND, YOSSI, at, build, persons_codings

DOCUMENT = Scope(Order.DOCUMENT)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with build(tmp_path / "p") as made:
        yield made


def through(store: Store, given: Action = Action.REJECT) -> Counter[Mode]:
    """Answer every card there is, and count how the decisions were made."""
    after = None
    for second in range(200):
        card = desk.next_card(store, DANA, DOCUMENT, after)
        if card is None:
            break
        desk.answer(store, DANA, card.id, Answer(given if card.code else Action.REJECT), at(second))
        after = card.id
    return Counter(decision.mode for decision in store.decisions())


def test_about_a_tenth_of_the_cards_are_passages_without_any_suggestion(store: Store) -> None:
    found = through(store)
    assert found[Mode.CONFIRM] == 40
    assert 1 <= found[Mode.RANDOM] <= 9
    suggested = [coding for coding in store.codings() if coding.coder == MODEL]
    for decision in store.decisions():
        if decision.mode is Mode.RANDOM:
            assert (decision.shown, decision.saw_suggestion, decision.before) == ((), False, ())
            here = [coding.span for coding in suggested if coding.transcript == decision.transcript]
            assert not any(decision.span.overlap(span) for span in here)
    spans = [(one.transcript, one.span) for one in store.decisions() if one.mode is Mode.RANDOM]
    assert len(set(spans)) == len(spans)


def test_the_share_is_that_of_the_cards_over_many_draws() -> None:
    shares = Settings(random_share=0.1, planted=True, planted_share=0.05)
    kinds = Counter(checks.kind_drawn(shares, number / 20_000) for number in range(20_000))
    cards = 20_000 + kinds[Mode.RANDOM] + kinds[Mode.PLANTED]
    assert kinds[Mode.RANDOM] / cards == pytest.approx(0.1, abs=0.001)
    assert kinds[Mode.PLANTED] / cards == pytest.approx(0.05, abs=0.001)
    without = Counter(checks.kind_drawn(Settings(random_share=0), n / 1000) for n in range(1000))
    assert without == {None: 1000}


def test_what_is_drawn_is_the_same_for_the_same_person_and_card(store: Store, tmp_path: Path) -> None:
    with build(tmp_path / "q") as other:
        through(store)
        through(other)
        assert [(d.mode, d.transcript, d.span) for d in store.decisions()] == [
            (d.mode, d.transcript, d.span) for d in other.decisions()
        ]


def test_a_code_given_on_a_random_passage_is_kept_and_accepts_nothing(store: Store) -> None:
    change_settings(store, Settings(random_share=0.5), LEAD.coder, at(0))
    first = desk.next_card(store, DANA, DOCUMENT)
    while first is not None and first.code is not None:
        desk.answer(store, DANA, first.id, Answer(Action.REJECT), at(1))
        first = desk.next_card(store, DANA, DOCUMENT, first.id)
    assert first is not None
    with pytest.raises(AnswerRefused, match="nothing is suggested"):
        desk.answer(store, DANA, first.id, Answer(Action.ACCEPT), at(2))
    with pytest.raises(NotAllowed, match="another person"):
        desk.card(store, YOSSI, first.id)
    decision = desk.answer(store, DANA, first.id, Answer(Action.CHANGE, ("alone",)), at(2))
    assert decision.mode is Mode.RANDOM
    assert [(key[0][1], key[0][2]) for key in persons_codings(store)] == [(first.span, "alone")]  # type: ignore[index]
    assert Status.ACCEPTED not in statuses(store.load(), store.decisions()).values()
    desk.undo(store, DANA, at(3))
    assert persons_codings(store) == set()
    assert desk.next_card(store, DANA, DOCUMENT) == first


def test_an_undone_answer_takes_the_check_that_came_of_it_along(store: Store) -> None:
    change_settings(store, Settings(random_share=0.5), LEAD.coder, at(0))
    while not open_checks(store):
        card = desk.next_card(store, DANA, DOCUMENT)
        assert card is not None
        desk.answer(store, DANA, card.id, Answer(Action.REJECT), at(1))
    desk.undo(store, DANA, at(2))
    assert open_checks(store) == 0


def open_checks(store: Store) -> int:
    with store.reading() as connection:
        count = sa.select(sa.func.count()).select_from(t.check).where(t.check.c.answer.is_(None))
        return connection.scalars(count).one()


@pytest.fixture
def planting(store: Store) -> Store:
    """Yossi coded every unit of the first interview blind, as pay, before; errors are planted on every second card."""
    coded = tuple(Coding(FIRST.name, turn.span, "pay", YOSSI.coder) for turn in FIRST.turns)
    store.add(Addition(codings=coded))
    change_settings(store, Settings(0, planted=True, planted_share=0.5), LEAD.coder, at(0))
    return store


def test_a_planted_error_looks_like_a_suggestion_is_revealed_after_the_answer_and_codes_nothing(
    planting: Store,
) -> None:
    scope = replace(DOCUMENT, transcript=FIRST.name)
    card = desk.next_card(planting, DANA, scope)
    assert card is not None
    desk.answer(planting, DANA, card.id, Answer(Action.REJECT), at(1))
    planted = desk.next_card(planting, DANA, scope, card.id)
    assert planted is not None
    real = desk.next_card(planting, LEAD, scope)
    assert real is not None
    assert (planted.model, planted.answered, type(planted.score)) == (real.model, None, type(real.score))
    assert planted.code not in ("pay", "setting", None)
    before = persons_codings(planting)
    decision = desk.answer(planting, DANA, planted.id, Answer(Action.ACCEPT), at(2))
    assert (decision.mode, decision.saw_suggestion, decision.after) == (Mode.PLANTED, True, (planted.code,))
    assert persons_codings(planting) == before
    revealed = desk.card(planting, DANA, planted.id).answered
    assert revealed is not None
    assert revealed.kind is Mode.PLANTED
    undone = desk.undo(planting, DANA, at(3))
    assert undone is not None
    assert undone.mode is Mode.CONFIRM
    assert desk.card(planting, DANA, planted.id).answered == revealed


def test_nothing_is_planted_unless_the_team_says_so_or_where_nothing_is_known(planting: Store) -> None:
    change_settings(planting, Settings(0, planted=False, planted_share=0.5), LEAD.coder, at(0))
    assert set(through(planting)) == {Mode.CONFIRM}
    change_settings(planting, Settings(0, planted=True, planted_share=0.5), LEAD.coder, at(0))
    for card in desk.sweep(planting, YOSSI, Scope(transcript=SECOND.name, code="pay")):
        desk.answer(planting, YOSSI, card.id, Answer(Action.REJECT), at(1))
    assert open_checks(planting) == 0


def test_settings_are_kept_and_a_share_beyond_half_is_refused(store: Store) -> None:
    assert kept_settings(store) == Settings(0.1, False, 0.05)
    for wanted in (Settings(0.2, True, 0.02), Settings(0.0)):
        change_settings(store, wanted, LEAD.coder, at(1))
        assert kept_settings(store) == wanted
    with pytest.raises(SettingRefused):
        Settings(0.6)
    assert verify(store).whole


def test_a_proposal_is_a_new_version_of_the_codebook_and_its_code_can_be_used_at_once(store: Store) -> None:
    code = proposals.propose(
        store, DANA, Proposal(" תקווה  חדשה ", parent="setting", definition="דיבור על תקווה"), at(1)
    )
    assert (code.name_he, code.parent, code.status, store.codebook().version) == (
        "תקווה חדשה",
        "setting",
        "proposed",
        2,
    )
    card = desk.next_card(store, DANA, DOCUMENT)
    assert card is not None
    decision = desk.answer(store, DANA, card.id, Answer(Action.CHANGE, (code.id,)), at(2))
    assert decision.codebook_version == 2
    again = proposals.propose(store, YOSSI, Proposal(name_en="Hope II"), at(3))
    assert again.id != code.id
    for wrong, why in (
        (Proposal(), "no name"),
        (Proposal("תִּקווה חדשה"), "already"),
        (Proposal(name_en="PAY"), "already"),
        (Proposal("א", parent="none such"), "not in the codebook"),
        (Proposal("א" * 201), "200"),
        (Proposal("ב", definition="א" * 5001), "5000"),
    ):
        with pytest.raises(AnswerRefused, match=why):
            proposals.propose(store, DANA, wrong, at(4))
    assert store.codebook().version == 3
    assert verify(store).whole


def test_a_code_is_reworded_only_where_its_definition_or_rules_are_others(store: Store) -> None:
    def edit(**change: object) -> None:
        def changed(book):
            pay = replace(book["pay"], **change)
            return replace(book, codes=tuple(pay if code.id == "pay" else code for code in book))

        add_version(store, changed, "edited", LEAD.coder, at(1))

    edit(color="#123456", name_en="Wages")
    assert reworded(store) == {}
    edit(include=("שכר",))
    assert reworded(store) == {"pay": {1, 2}}
    edit(exclude=(Exclusion("עומס"),))
    assert reworded(store) == {"pay": {1, 2, 3}}
    edit(exclude=(), include=())
    assert reworded(store) == {"pay": {3, 4}}


def test_a_card_in_view_is_kept_from_the_others_for_some_minutes_only(store: Store) -> None:
    now = [0.0]
    present = Present(lambda: now[0])
    card = desk.next_card(store, DANA, DOCUMENT)
    assert card is not None
    present.shows(DANA.coder, card.id, card.transcript)
    assert (present.of_others(DANA.coder), present.of_others(YOSSI.coder)) == (frozenset(), {card.id})
    other = desk.next_card(store, YOSSI, DOCUMENT, but=present.of_others(YOSSI.coder))
    assert other is not None
    assert other.id != card.id
    now[0] = IN_VIEW + 1
    assert present.of_others(YOSSI.coder) == frozenset()


def test_who_was_only_shown_a_suggestion_does_not_code_blind_there(store: Store) -> None:
    present = Present()
    present.shows(DANA.coder, "2-x", FIRST.name)
    present.shows(YOSSI.coder, "4-x", SECOND.name)
    present.write_down(store, DANA.coder, at(1))
    present.write_down(store, DANA.coder, at(2))
    with pytest.raises(NotAllowed):
        assign(store, DANA.coder, [FIRST.name], Task.BLIND, LEAD.coder, at(3))
    present.write_down_all(store, at(4))
    with pytest.raises(NotAllowed):
        assign(store, YOSSI.coder, [SECOND.name], Task.BLIND, LEAD.coder, at(5))
    assert assign(store, DANA.coder, [SECOND.name], Task.BLIND, LEAD.coder, at(6)) == 1
