"""Shaffer's rho against a simulation that spells every segment out."""

from __future__ import annotations

import numpy as np
import pytest

from autocoder.agree import cohen_kappa, shaffer_rho, shaffer_rho_of, shortest_test_set
from autocoder.agree.rho import RhoRefused


def spelled_out(kappa: float, rate: float, length: int, threshold: float, inflation: float, runs: int) -> float:
    """Rho by building each study of 10,000 segments and drawing from it, as the paper describes."""
    rng, found, size = np.random.default_rng(5), [], 10_000
    while len(found) < runs:
        true, recall = rng.uniform(0.4, threshold), 2.0
        while not 0 <= recall <= 1:  # the kappa stays, another precision is drawn
            precision = rng.uniform(0.6, 1)
            recall = true * precision / (2 * precision - 2 * rate - true + 2 * rate * true)
        gold = round(rate * size)
        both = round(gold * recall)
        extra = round(both * (1 - precision) / precision)
        first = np.repeat([1, 0], [gold, size - gold])
        second = np.concatenate(
            [np.repeat([1, 0], [both, gold - both]), np.repeat([1, 0], [extra, size - gold - extra])]
        )
        chosen = rng.permutation(gold)[: int(np.ceil(length * inflation))]
        rest = [unit for unit in rng.permutation(size)[: 2 * length] if unit not in chosen]
        drawn = np.concatenate([chosen, np.array(rest[: length - len(chosen)], dtype=int)])
        cells = first[drawn], second[drawn]
        agreed = np.mean(cells[0] == cells[1])
        chance = np.mean(cells[0]) * np.mean(cells[1]) + (1 - np.mean(cells[0])) * (1 - np.mean(cells[1]))
        if chance < 1:
            found.append((agreed - chance) / (1 - chance))
    return 1.0 if kappa < np.mean(found) else float(np.mean(np.array(found) >= kappa))


@pytest.mark.parametrize(
    ("kappa", "rate", "length", "threshold", "inflation"),
    [(0.75, 0.2, 80, 0.65, 0.0), (0.85, 0.05, 60, 0.65, 0.3), (0.8, 0.3, 40, 0.9, 0.0)],
)
def test_it_is_the_share_of_simulated_test_sets(
    kappa: float, rate: float, length: int, threshold: float, inflation: float
) -> None:
    runs = 800
    found = shaffer_rho(kappa, rate, length, threshold, inflation, replicates=40_000).value
    expected = spelled_out(kappa, rate, length, threshold, inflation, runs)
    assert found == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / runs) + 0.005)


def test_a_longer_test_set_and_a_higher_kappa_say_more() -> None:
    by_length = [shaffer_rho(0.8, 0.2, length).value for length in (20, 40, 80, 160)]
    assert by_length == sorted(by_length, reverse=True)
    by_kappa = [shaffer_rho(kappa, 0.2, 80).value for kappa in (0.3, 0.65, 0.75, 0.9)]
    assert by_kappa[0] == 1
    assert by_kappa == sorted(by_kappa, reverse=True)


def test_the_same_seed_gives_the_same_rho_and_it_is_kept() -> None:
    assert shaffer_rho(0.8, 0.2, 60, seed=3) == shaffer_rho(0.8, 0.2, 60, seed=3)
    assert shaffer_rho(0.8, 0.2, 60, seed=3).seed == 3
    assert shaffer_rho(0.8, 0.2, 60, seed=3).value != shaffer_rho(0.8, 0.2, 60, seed=4).value


def test_ratings_give_their_own_kappa_and_base_rate() -> None:
    first, second = [1, 1, 1, 0, 0, 0, 0, 0] * 10, [1, 1, 0, 0, 0, 0, 0, 0] * 10
    found = shaffer_rho_of(first, second)
    assert found.kappa == pytest.approx(cohen_kappa(first, second).value)
    assert found.base_rate == pytest.approx(5 / 16)
    assert found.value == shaffer_rho(found.kappa, found.base_rate, 80).value


def test_a_code_that_is_nowhere_has_no_rho() -> None:
    assert shaffer_rho(0.8, 0.0, 60).reason == "no test set is defined for a code that is nowhere or everywhere"
    assert shaffer_rho_of([0] * 9, [0] * 9).reason == "kappa of the test set is undefined"
    assert shaffer_rho_of([0] * 9, [0] * 9).value is None


def test_rare_codes_leave_test_sets_without_a_kappa_and_it_says_how_many() -> None:
    assert shaffer_rho(0.9, 0.005, 40).undefined > 0.5


def test_the_shortest_test_set_is_just_long_enough() -> None:
    length = shortest_test_set(0.85, 0.15)
    assert shaffer_rho(0.85, 0.15, length).value < 0.05 <= shaffer_rho(0.85, 0.15, length - 5).value
    assert shortest_test_set(0.5, 0.15) is None


@pytest.mark.parametrize(
    "settings",
    [
        {"base_rate": 15.0},
        {"length": 0},
        {"length": 20_000},
        {"threshold": 0.3},
        {"inflation": 1.0},
        {"precision": (0.9, 0.6)},
    ],
)
def test_settings_that_make_no_study_are_refused(settings: dict[str, object]) -> None:
    given: dict[str, object] = {"kappa": 0.8, "base_rate": 0.2, "length": 60} | settings
    with pytest.raises(RhoRefused):
        shaffer_rho(**given)
    with pytest.raises(RhoRefused, match="a 1 or a 0 of both coders"):
        shaffer_rho_of([1, 2], [1, 0])
