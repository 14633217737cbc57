"""The linear baseline that stands beside every model: TF-IDF of character 2-5-grams and word 1-2-grams, linear SVMs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from sklearn.svm import LinearSVC

from autocoder.classifier import LINEAR, NGRAMS, Ngrams
from autocoder.learn.examples import Examples
from autocoder.learn.labels import Labels, matrix
from autocoder.learn.split import folds
from autocoder.learn.thresholds import best_thresholds, calibrate

FEW_TEXTS = 20  # with fewer, a feature that occurs once counts too, else there may be none
_NEVER_EMPTY = "×"  # where no two texts share a word there is still one feature


class LinearBaseline:
    """One-vs-rest linear SVMs on TF-IDF; ``decide`` gives signed distances, which rank but are no probabilities."""

    def __init__(self) -> None:
        self._features = Ngrams()
        self._machines: list[LinearSVC | None] = []

    def fit(self, texts: Sequence[str], labels: Labels) -> LinearBaseline:
        """Learn from texts and (texts, codes) labels; a code that none or all of them carry is not learned."""
        self._features = Ngrams(2 if len(texts) >= FEW_TEXTS else 1)
        features = self._features.fit([*texts, _NEVER_EMPTY, _NEVER_EMPTY])(texts)
        for column in labels.T:
            machine = LinearSVC(C=0.5, class_weight="balanced", random_state=0)
            self._machines.append(machine.fit(features, column) if 0 < column.sum() < len(column) else None)
        return self

    def decide(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return (texts, codes) decision values; -1 for a code that was not learned."""
        features = self._features(texts)
        columns = [m.decision_function(features) if m else np.full(len(texts), -1.0) for m in self._machines]
        return np.stack(columns, axis=1)

    def save(self, folder: Path) -> None:
        """Write the machines as safetensors and their n-grams as JSON into a model's folder."""
        (folder / NGRAMS).write_text(json.dumps(self._features.vocabularies, ensure_ascii=False), encoding="utf-8")
        letters, words = self._features.idf
        nothing = np.zeros((len(letters) + len(words), 1))
        weights = np.concatenate([m.coef_.T if m else nothing for m in self._machines], axis=1)
        tensors = {
            "weights": np.ascontiguousarray(weights, dtype=np.float32),
            "bias": np.array([m.intercept_[0] if m else -1.0 for m in self._machines], dtype=np.float32),
            "idf_letters": letters.astype(np.float32),
            "idf_words": words.astype(np.float32),
        }
        save_file(tensors, folder / LINEAR)


def suggest_linear(known: Examples, new: Examples, codes: Sequence[str], count: int, seed: int) -> list[frozenset[str]]:
    """Return what the baseline would suggest for new units, with thresholds from folds of the known ones."""
    over = found_linear(known.texts, matrix(known, codes), known.transcripts, new.texts, count, seed)
    return [frozenset(code for code, yes in zip(codes, row, strict=True) if yes) for row in over]


def found_linear(
    texts: Sequence[str], labels: Labels, transcripts: Sequence[str], new: Sequence[str], count: int, seed: int
) -> NDArray[np.bool_]:
    """Return (new texts, codes): which codes the baseline finds, with thresholds from ``count`` folds of the known."""
    values = np.zeros(labels.shape)
    for part in folds(transcripts, count, seed):
        rest = sorted(set(range(len(labels))) - set(part))
        machine = LinearBaseline().fit([texts[row] for row in rest], labels[rest])
        values[part] = machine.decide([texts[row] for row in part])
    calibration = calibrate(labels, values)
    distances = LinearBaseline().fit(texts, labels).decide(new)
    return calibration(distances) >= best_thresholds(calibration(values), labels)
