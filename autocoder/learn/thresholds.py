"""From out-of-fold values to calibrated scores, and from scores to the three zones: suggest, unsure, unlikely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from autocoder.learn.labels import Labels

Scores = NDArray[np.float64]
OWN_THRESHOLD = 20  # units with the code, below which its threshold leans on the one of all codes
PRIOR_SHARE = 0.5  # of a code's prior log odds that its threshold follows


@dataclass(frozen=True)
class Calibration:
    """Platt's sigmoid over all codes together: score = 1 / (1 + exp(-(slopes . values + intercept)))."""

    slopes: tuple[float, ...]
    intercept: float

    def __call__(self, *values: Scores) -> Scores:
        """Return scores between 0 and 1 from as many values, each (units, codes), as there are slopes."""
        margins = sum((slope * value for slope, value in zip(self.slopes, values, strict=True)), self.intercept)
        scores: Scores = expit(margins)
        return scores


def calibrate(labels: Labels, *values: Scores) -> Calibration:
    """Fit Platt's sigmoid (Platt 1999) on values of units that their makers did not see; several are stacked."""
    columns = np.stack([value.ravel() for value in values], axis=1)
    model = LogisticRegression(C=1.0).fit(columns, labels.ravel())
    return Calibration(tuple(map(float, model.coef_[0])), float(model.intercept_[0]))


def best_thresholds(scores: Scores, labels: Labels) -> Scores:
    """Return for each code the calibrated score from which it is suggested; scores and labels are (units, codes).

    One score for all codes would never suggest a rare one, and the score at which a rare code's own F1 is highest is
    chance. So log odds are counted from half of the code's prior log odds; there the common threshold gives the highest
    sum of macro and micro F1, and a code's own best one draws it along by as much as the code has units.
    """
    units = labels.sum(axis=0)
    base = PRIOR_SHARE * logit((units + 0.5) / (len(labels) + 1))
    lift = logit(np.clip(scores, 1e-9, 1 - 1e-9)) - base
    common = _common(lift, labels)
    own = np.array([_best(lift[:, n], labels[:, n]) for n in range(labels.shape[1])])
    trust = np.minimum(1.0, units / OWN_THRESHOLD) / 2  # never more than half: the own one overfits
    return np.asarray(expit(common + trust * (own - common) + base), dtype=np.float64)


def _common(lift: Scores, labels: Labels) -> float:
    """Return the lift, among those of units that carry a code, with the highest sum of macro and micro F1."""
    candidates = np.quantile(lift[labels > 0], np.linspace(0, 1, 101), method="nearest")
    return float(max(candidates, key=lambda least: _macro_and_micro(lift >= least, labels)))


def _macro_and_micro(over: NDArray[np.bool_], labels: Labels) -> float:
    hits = (over * labels).sum(axis=0)
    total = over.sum(axis=0) + labels.sum(axis=0)
    return float(np.mean(2 * hits / np.maximum(1, total)) + 2 * hits.sum() / total.sum())


def _best(scores: Scores, labels: NDArray[np.float32]) -> float:
    """Return the threshold with the highest F1, midway between the scores around it; equal scores stay together."""
    order = np.argsort(-scores)
    ranked = scores[order]
    hits = np.cumsum(labels[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + labels.sum())
    parted = np.append(ranked[:-1] > ranked[1:], True)
    best = int(np.argmax(np.where(parted, f1, -1.0)))
    return float((ranked[best] + ranked[best + 1]) / 2 if best + 1 < len(ranked) else ranked[best])


def unsure_below(suggest: Scores) -> Scores:
    """Return from where a code is unsure rather than unlikely: half of the odds of being suggested."""
    odds = suggest / (1 - suggest) / 2
    return np.asarray(odds / (1 + odds))
