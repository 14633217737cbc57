from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from evaluation.encoders import measure


def test_a_figure_is_kept_beside_those_of_other_sizes_and_tasks(tmp_path: Path) -> None:
    path = tmp_path / "he-small.json"
    measure.keep(path, {"encoder": "he-small", "sentiment": {"400": {"seconds": 1.0}}})
    measure.keep(path, {"sentiment": {"all 5926": {"seconds": 2.0}}, "idioms": {"400": {"seconds": 3.0}}})
    measure.keep(path, {"sentiment": {"400": {"seconds": 4.0}}})
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "encoder": "he-small",
        "sentiment": {"400": {"seconds": 4.0}, "all 5926": {"seconds": 2.0}},
        "idioms": {"400": {"seconds": 3.0}},
    }


def test_the_same_draw_comes_from_the_same_seed_and_no_more_than_there_is() -> None:
    part = measure.Part(tuple(f"טקסט {n}" for n in range(50)), np.eye(50, dtype=np.float32))
    assert part.drawn(10, 3).texts == part.drawn(10, 3).texts != part.drawn(10, 4).texts
    drawn = part.drawn(10, 3)
    assert [part.texts.index(text) for text in drawn.texts] == drawn.labels.argmax(1).tolist()
    assert part.drawn(0, 3) is part.drawn(60, 3) is part


def test_one_label_a_text_is_the_likeliest_and_several_are_those_over_nothing() -> None:
    labels = np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32)
    values = np.array([[-2.0, -3.0], [-0.2, -0.1], [0.5, 0.4]])
    single, several = (measure.Task("x", single, {}) for single in (True, False))
    assert measure.macro_f1(single, values, labels) == 1.0
    assert measure.macro_f1(several, values, labels) == pytest.approx((2 / 3 + 0) / 2)


def test_likes_are_found_where_vectors_of_a_label_point_the_same_way() -> None:
    rng = np.random.default_rng(0)
    labels = np.eye(2, dtype=np.float32)[[0] * 10 + [1] * 10]
    apart = np.array([[1.0, 0.0]] * 10 + [[0.0, 1.0]] * 10) + rng.normal(0, 0.01, (20, 2))
    assert measure.likes_found(apart, labels) == 1.0
    assert measure.likes_found(apart[rng.permutation(20)], labels) < 0.9
