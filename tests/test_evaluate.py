from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss

from autocoder.evaluate import (
    Interval,
    average_precision,
    brier,
    calibration_error,
    evaluate,
    f1_intervals,
    majority,
    mean,
    reliability,
)

HUMAN = [frozenset("ab"), frozenset("a"), frozenset(), frozenset("a")]
CELLS = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.35, 0.5, 0.77, 1.0]), st.booleans()), min_size=1, max_size=40)


def test_counts_by_hand_give_precision_recall_and_f1() -> None:
    found = evaluate([frozenset("a"), frozenset("b"), frozenset("a"), frozenset("a")], HUMAN, ["a", "b", "c"])
    a, b, c = found.codes
    assert (a.human, a.suggested, a.both) == (3, 3, 2)
    assert a.precision == a.recall == a.f1 == 2 / 3
    assert (b.precision, b.recall, b.f1) == (0.0, 0.0, 0.0)
    assert (c.precision, c.recall, c.f1) == (None, None, None)
    assert found.macro_f1 == found.macro_precision == found.macro_recall == 1 / 3
    assert found.micro.f1 == 4 / 8


def test_a_code_that_nobody_used_is_left_out_of_the_mean() -> None:
    assert evaluate([frozenset()], [frozenset()], ["a"]).macro_f1 is None
    assert mean([None, 1.0, 0.5]) == 0.75


def test_the_majority_guess_is_what_most_units_carry() -> None:
    assert majority(HUMAN, ["a", "b"]) == [frozenset("a")] * 4
    assert majority([frozenset("a"), frozenset(), frozenset()], ["a", "b"]) == [frozenset("a")] * 3


@given(CELLS)
def test_average_precision_and_brier_are_those_of_scikit_learn(cells: list[tuple[float, bool]]) -> None:
    scores, truth = [score for score, _ in cells], [int(true) for _, true in cells]
    assert brier(scores, truth) == pytest.approx(brier_score_loss(truth, scores, pos_label=1), abs=1e-12)
    if any(truth):
        assert average_precision(scores, truth) == pytest.approx(average_precision_score(truth, scores), abs=1e-12)
    else:
        assert average_precision(scores, truth) is None


def test_the_reliability_table_by_hand() -> None:
    table = reliability([[0.05, 0.15], [0.15, 1.0]], [[0, 1], [0, 1]], bins=10)
    assert [row.cells for row in table] == [1, 2, 0, 0, 0, 0, 0, 0, 0, 1]
    assert (table[1].score, table[1].share) == (0.15, 0.5)
    assert (table[2].score, table[2].share) == (None, None)
    assert calibration_error(table) == pytest.approx((0.05 + 2 * 0.35 + 0) / 4)
    assert calibration_error(()) is None


@given(CELLS)
def test_every_cell_is_in_one_bin_and_scores_that_are_shares_have_no_error(cells: list[tuple[float, bool]]) -> None:
    scores, truth = [score for score, _ in cells], [float(true) for _, true in cells]
    assert sum(row.cells for row in reliability(scores, truth)) == len(cells)
    assert calibration_error(reliability(truth, truth)) == 0.0


def test_intervals_of_f1_hold_its_value_and_need_two_transcripts() -> None:
    chance = np.random.default_rng(3)
    human = [frozenset("a") if yes else frozenset() for yes in chance.random(200) < 0.4]
    machine = [codes if keep else frozenset("b") for codes, keep in zip(human, chance.random(200) < 0.8, strict=True)]
    names = [f"t{n % 10}" for n in range(200)]
    found, whole = f1_intervals(machine, human, names, ["a", "b"], 1), evaluate(machine, human, ["a", "b"])
    assert found.macro is not None
    assert found.micro is not None
    assert found.macro.low < whole.macro_f1 < found.macro.high  # type: ignore[operator]
    assert found.micro.low < whole.micro.f1 < found.micro.high  # type: ignore[operator]
    assert f1_intervals(machine, human, names, ["a", "b"], 1) == found
    assert f1_intervals(machine, human, ["t"] * 200, ["a", "b"], 1).micro is None
    perfect = f1_intervals(human, human, names, ["a"], 1)
    assert perfect.macro == perfect.micro == Interval(1.0, 1.0)
