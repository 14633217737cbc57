from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autocoder.classifier import CodeEntry, Input, Manifest, ModelFault, file_sha256
from autocoder.learn.held_out import UNITS, VALUES, OutOfFold, cross_fitted, load_out_of_fold


@pytest.fixture
def held_out() -> OutOfFold:
    """Sixty units of three folds: the encoder finds the first code, the linear machines the second."""
    chance = np.random.default_rng(1)
    labels = (chance.random((60, 2)) < 0.4).astype(np.float32)
    noise = chance.normal(0, 0.5, (2, 60, 2))
    sure = np.array([3.0, 0.2]), np.array([0.2, 3.0])
    encoder, linear = ((2 * labels - 1) * strength + part for strength, part in zip(sure, noise, strict=True))
    units = tuple((f"t{n // 10}", 10 * n, 10 * n + 8) for n in range(60))
    fold = np.arange(60, dtype=np.int64) // 20
    return OutOfFold(units, ("a", "b"), fold, labels, encoder.astype(np.float32), linear.astype(np.float32))


@pytest.fixture
def manifest() -> Manifest:
    entries = tuple(CodeEntry(code, code, None, True, False, 24, 0.4, True) for code in ("a", "b"))
    marks = Input((1,), (2,), (3,), 0)
    return Manifest("m1", "", entries, marks, 1.0, 1.0, 0.0, "tiny", {}, {}, {}, {}, "קטן", 1)


def test_what_is_kept_comes_back_and_holds_no_text(held_out: OutOfFold, manifest: Manifest, tmp_path: Path) -> None:
    held_out.save(tmp_path)
    kept = replace(manifest, files={name: file_sha256(tmp_path / name) for name in (VALUES, UNITS)})
    again = load_out_of_fold(tmp_path, kept)
    assert (again.units, again.codes) == (held_out.units, held_out.codes)
    for name in ("fold", "labels", "encoder", "linear"):
        assert np.array_equal(getattr(again, name), getattr(held_out, name)), name
    (tmp_path / UNITS).write_text("{}", encoding="utf-8")
    with pytest.raises(ModelFault, match="was changed since training"):
        load_out_of_fold(tmp_path, kept)


def test_a_model_of_before_is_refused_in_one_sentence(manifest: Manifest, tmp_path: Path) -> None:
    with pytest.raises(ModelFault, match="m1 was trained before autocoder kept out-of-fold values; train again"):
        load_out_of_fold(tmp_path, manifest)


def test_the_model_uses_both_parts_and_the_linear_machines_their_own(held_out: OutOfFold, manifest: Manifest) -> None:
    model, linear = cross_fitted(manifest, held_out)
    truth = [frozenset(c for c, yes in zip("ab", row, strict=True) if yes) for row in held_out.labels]
    right = {
        name: np.mean([(code in found) == (code in true) for found, true in zip(sets, truth, strict=True)])
        for name, sets, code in (("a", model.sets, "a"), ("b", model.sets, "b"), ("linear a", linear.sets, "a"))
    }
    assert right["a"] > 0.95
    assert right["b"] > 0.95
    assert right["linear a"] < 0.8
    assert np.all((model.scores > 0) & (model.scores < 1))


def test_what_the_coder_said_of_a_fold_does_not_reach_that_folds_predictions(
    held_out: OutOfFold, manifest: Manifest
) -> None:
    labels = held_out.labels.copy()
    labels[:20] = 1 - labels[:20]
    for before, after in zip(
        cross_fitted(manifest, held_out), cross_fitted(manifest, replace(held_out, labels=labels)), strict=True
    ):
        assert np.array_equal(before.scores[:20], after.scores[:20])
        assert before.sets[:20] == after.sets[:20]
        assert not np.array_equal(before.scores[20:], after.scores[20:])
