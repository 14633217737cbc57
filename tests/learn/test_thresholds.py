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
    labels = np.array([[1], [1], [0], [0], [0]], dtype=np.float32)
    over = tied >= best_thresholds(tied, labels)
    assert 2 * (over * labels).sum() / (over.sum() + labels.sum()) == pytest.approx(2 / 3)
    low = np.array([[0.02], [0.05], [0.09]])
    assert np.all(low >= best_thresholds(low, np.ones((3, 1), dtype=np.float32)) - 1e-12)


def test_a_rare_code_is_suggested_from_a_lower_score_than_a_common_one() -> None:
    generator = np.random.default_rng(2)
    odds = np.stack([generator.normal(0, 2, 4_000), generator.normal(-4, 2, 4_000)], axis=1)
    scores = 1 / (1 + np.exp(-odds))
    labels = (generator.random(scores.shape) < scores).astype(np.float32)
    common, rare = best_thresholds(scores, labels)
    assert rare < common
    found = (scores[:, 1] >= rare) * labels[:, 1]
    assert 2 * found.sum() / ((scores[:, 1] >= rare).sum() + labels[:, 1].sum()) > 0.3
    assert unsure_below(np.array([0.5]))[0] == pytest.approx(1 / 3)
