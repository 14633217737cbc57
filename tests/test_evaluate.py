from __future__ import annotations

from autocoder.evaluate import evaluate, majority

HUMAN = [frozenset("ab"), frozenset("a"), frozenset(), frozenset("a")]


def test_counts_by_hand_give_precision_recall_and_f1() -> None:
    found = evaluate([frozenset("a"), frozenset("b"), frozenset("a"), frozenset("a")], HUMAN, ["a", "b", "c"])
    a, b, c = found.codes
    assert (a.human, a.suggested, a.both) == (3, 3, 2)
    assert a.precision == a.recall == a.f1 == 2 / 3
    assert (b.precision, b.recall, b.f1) == (0.0, 0.0, 0.0)
    assert (c.precision, c.recall, c.f1) == (None, None, None)
    assert found.macro_f1 == 1 / 3
    assert found.micro.f1 == 4 / 8


def test_a_code_that_nobody_used_is_left_out_of_the_mean() -> None:
    assert evaluate([frozenset()], [frozenset()], ["a"]).macro_f1 is None


def test_the_majority_guess_is_what_most_units_carry() -> None:
    assert majority(HUMAN, ["a", "b"]) == [frozenset("a")] * 4
    assert majority([frozenset("a"), frozenset(), frozenset()], ["a", "b"]) == [frozenset("a")] * 3
