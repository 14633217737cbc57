from __future__ import annotations

import numpy as np
import pytest

from autocoder.learn.thresholds import best_thresholds, calibrate, unsure_below


def test_calibration_recovers_the_odds_behind_the_labels() -> None:
    generator = np.random.default_rng(1)
    logits = generator.normal(size=(20_000, 2))
    labels = (generator.random(logits.shape) < 1 / (1 + np.exp(-(2 * logits - 1)))).astype(np.float32)
    found = calibrate(labels, logits)
    assert found.slopes[0] == pytest.approx(2, abs=0.1)
    assert found.intercept == pytest.approx(-1, abs=0.1)
    assert found(logits).mean() == pytest.approx(labels.mean(), abs=0.005)


def test_two_values_are_weighed_by_what_they_tell() -> None:
    generator = np.random.default_rng(3)
    telling, noise = generator.normal(size=(5_000, 2)), generator.normal(size=(5_000, 2))
    labels = (generator.random(telling.shape) < 1 / (1 + np.exp(-3 * telling))).astype(np.float32)
    first, second = calibrate(labels, telling, noise).slopes
    assert first == pytest.approx(3, abs=0.2)
    assert abs(second) < 0.1


def test_the_threshold_parts_what_can_be_parted() -> None:
    scores = np.linspace(0, 1, 101).reshape(-1, 1)
    labels = (scores > 0.705).astype(np.float32)
    (threshold,) = best_thresholds(scores, labels)
    assert 0.70 < threshold < 0.72


def test_equal_scores_stay_together_and_all_may_be_right() -> None:
    tied = np.array([[0.9], [0.5], [0.5], [0.5], [0.1]])
    (threshold,) = best_thresholds(tied, np.array([[1], [1], [0], [0], [0]], dtype=np.float32))
    assert threshold == pytest.approx(0.7)
    below_zero = np.array([[-0.2], [-0.5], [-0.9]])
    (threshold,) = best_thresholds(below_zero, np.ones((3, 1), dtype=np.float32))
    assert np.all(below_zero >= threshold)


def test_a_rare_code_leans_on_the_threshold_of_all() -> None:
    generator = np.random.default_rng(2)
    common = generator.random(400)
    scores = np.stack([common, np.where(np.arange(400) == 7, 0.05, 0.01)], axis=1)
    labels = np.stack([common > 0.6, np.arange(400) == 7], axis=1).astype(np.float32)
    first, rare = best_thresholds(scores, labels)
    assert abs(rare - first) < 0.1
    assert unsure_below(np.array([0.5]))[0] == pytest.approx(1 / 3)
