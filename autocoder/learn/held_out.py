"""What a model's parts say of units of whose transcripts they have seen nothing, kept in the model's folder.

Nothing of it is text: units are named by transcript and position. With the values at hand a study can be evaluated
again, against any coder, without training again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from autocoder.classifier import Manifest, ModelFault, Scores, file_sha256, probabilities, suggested
from autocoder.learn.labels import Labels
from autocoder.learn.thresholds import best_thresholds, calibrate, unsure_below

VALUES, UNITS = "out_of_fold.safetensors", "out_of_fold.json"

Unit = tuple[str, int, int]
"""A unit of coding: its transcript, where it starts and where it ends."""


@dataclass(frozen=True)
class OutOfFold:
    """Values of units, (units, codes), from an encoder and linear machines that were taught on other transcripts.

    ``labels`` holds what the training coder said, ``fold`` which part each unit was held out in.
    """

    units: tuple[Unit, ...]
    codes: tuple[str, ...]
    fold: NDArray[np.int64]
    labels: Labels
    encoder: Scores
    linear: Scores

    def save(self, folder: Path) -> None:
        """Write the values as safetensors, the units and codes as JSON."""
        names = {"codes": self.codes, "units": self.units}
        (folder / UNITS).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
        tensors: dict[str, NDArray[np.generic]] = {
            "fold": self.fold,
            "labels": self.labels.astype(np.uint8),
            "encoder": self.encoder.astype(np.float32),
            "linear": self.linear.astype(np.float32),
        }
        save_file(tensors, folder / VALUES)


def load_out_of_fold(folder: Path, manifest: Manifest) -> OutOfFold:
    """Return the values that training kept; raise ModelFault when it kept none, or when they were changed since."""
    for name in (VALUES, UNITS):
        if name not in manifest.files:
            why = "was trained before autocoder kept out-of-fold values"
            raise ModelFault(f"the model {manifest.name} {why}; train again, then evaluate.")
        if not (folder / name).is_file() or file_sha256(folder / name) != manifest.files[name]:
            raise ModelFault(f"{folder}: {name} is missing or was changed since training; train the model again.")
    names = json.loads((folder / UNITS).read_text(encoding="utf-8"))
    tensors = load_file(folder / VALUES)
    return OutOfFold(
        units=tuple((name, start, end) for name, start, end in names["units"]),
        codes=tuple(names["codes"]),
        fold=tensors["fold"],
        labels=tensors["labels"].astype(np.float32),
        encoder=tensors["encoder"].astype(np.float64),
        linear=tensors["linear"].astype(np.float64),
    )


@dataclass(frozen=True)
class Predictions:
    """Calibrated scores, (units, learned codes), and the set that is suggested for each unit, ancestors included."""

    scores: Scores
    sets: tuple[frozenset[str], ...]


def with_zones(manifest: Manifest, codes: Sequence[str], labels: Labels, scores: Scores) -> Manifest:
    """Choose the thresholds of ``codes`` on out-of-fold scores of all the manifest's codes as the model gives them."""
    place = {code.id: n for n, code in enumerate(manifest.codes)}
    suggest = best_thresholds(scores[:, [place[code] for code in codes]], labels)
    zones = dict(zip(codes, zip(suggest.tolist(), unsure_below(suggest).tolist(), strict=True), strict=True))
    entries = (
        replace(c, suggest=zones[c.id][0], unsure=zones[c.id][1]) if c.id in zones else c for c in manifest.codes
    )
    return replace(manifest, codes=tuple(entries))


def cross_fitted(manifest: Manifest, held_out: OutOfFold) -> tuple[Predictions, Predictions]:
    """Return what the model and the linear machines alone predict of each fold, calibrated on the other folds.

    Calibration and thresholds too come from units of other transcripts, unlike those of the saved model, which come
    from all of them.
    """
    model, linear = _empty(held_out), _empty(held_out)
    place = {code.id: n for n, code in enumerate(manifest.codes)}
    columns = [place[code] for code in held_out.codes]
    for part in np.unique(held_out.fold):
        here, rest = held_out.fold == part, held_out.fold != part
        fitted, scores = _joined(manifest, held_out, rest)
        rows = np.flatnonzero(here)
        _fill(model, rows, scores[here][:, columns], suggested(fitted, scores[here]))
        calibration = calibrate(held_out.labels[rest], held_out.linear[rest])
        alone = calibration(held_out.linear)
        over = alone[here] >= best_thresholds(alone[rest], held_out.labels[rest])
        sets = [frozenset(c for c, yes in zip(held_out.codes, row, strict=True) if yes) for row in over]
        _fill(linear, rows, alone[here], sets)
    return Predictions(model[0], tuple(model[1])), Predictions(linear[0], tuple(linear[1]))


Filling = tuple[Scores, list[frozenset[str]]]


def _empty(held_out: OutOfFold) -> Filling:
    return np.zeros(held_out.labels.shape), [frozenset()] * len(held_out.units)


def _fill(filling: Filling, rows: NDArray[np.int64], scores: Scores, sets: Sequence[frozenset[str]]) -> None:
    filling[0][rows] = scores
    for row, codes in zip(rows, sets, strict=True):
        filling[1][row] = codes


def _joined(manifest: Manifest, held_out: OutOfFold, rest: NDArray[np.bool_]) -> tuple[Manifest, Scores]:
    """Join encoder and linear machines by what they said of the units in ``rest``; scores are of all units."""
    labels = held_out.labels[rest]
    calibration = calibrate(labels, held_out.encoder[rest], held_out.linear[rest])
    encoder, linear = calibration.slopes
    fitted = replace(manifest, encoder_slope=encoder, linear_slope=linear, intercept=calibration.intercept)
    scores = probabilities(fitted, held_out.encoder, held_out.linear)
    return with_zones(fitted, held_out.codes, labels, scores[rest]), scores
