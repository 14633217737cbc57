"""Suggestions against human coding: precision, recall, F1, average precision and calibration.

A figure that is undefined, such as the F1 of a code that neither side used, is None, and a macro mean leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import ArrayLike, NDArray

Sets = Sequence[frozenset[str]]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CodeScore:
    """How well one code was found: units with it by the human, by the machine, and by both."""

    code: str
    human: int
    suggested: int
    both: int

    @property
    def precision(self) -> float | None:
        """The share of suggestions that the human coded too; None when nothing was suggested."""
        return self.both / self.suggested if self.suggested else None

    @property
    def recall(self) -> float | None:
        """The share of the human's units that were suggested; None when the human used the code nowhere."""
        return self.both / self.human if self.human else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None when the code occurs on neither side."""
        total = self.human + self.suggested
        return 2 * self.both / total if total else None


@dataclass(frozen=True)
class Evaluation:
    """Scores of all codes on the same units."""

    units: int
    codes: tuple[CodeScore, ...]

    @property
    def micro(self) -> CodeScore:
        """All codes as one."""
        return CodeScore(
            "micro",
            sum(code.human for code in self.codes),
            sum(code.suggested for code in self.codes),
            sum(code.both for code in self.codes),
        )

    @property
    def macro_f1(self) -> float | None:
        """The mean F1 of the codes that the human used; None when there are none."""
        return mean(code.f1 for code in self.codes if code.human)

    @property
    def macro_precision(self) -> float | None:
        """The mean precision of the codes that were both used by the human and suggested; None when there are none."""
        return mean(code.precision for code in self.codes if code.human)

    @property
    def macro_recall(self) -> float | None:
        """The mean recall of the codes that the human used; None when there are none."""
        return mean(code.recall for code in self.codes if code.human)


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of the values that are defined; None when none is."""
    defined = [value for value in values if value is not None]
    return fmean(defined) if defined else None


def evaluate(suggested: Sets, human: Sets, codes: Sequence[str]) -> Evaluation:
    """Compare two coders' sets on the same units, one of them taken as right; raise ValueError on unequal lengths."""
    return Evaluation(len(human), tuple(_score(code, suggested, human) for code in codes))


def _score(code: str, suggested: Sets, human: Sets) -> CodeScore:
    pairs = [(code in a, code in b) for a, b in zip(suggested, human, strict=True)]
    return CodeScore(code, sum(b for _, b in pairs), sum(a for a, _ in pairs), sum(a and b for a, b in pairs))


def majority(human: Sets, codes: Sequence[str]) -> list[frozenset[str]]:
    """Return the guess that knows only how often codes occur: on every unit, each code that over half of them carry.

    When no code is that common the most common one is guessed, so that the reference is never an empty guess.
    """
    counts = {code: sum(code in unit for unit in human) for code in codes}
    common = frozenset(code for code in codes if 2 * counts[code] > len(human))
    guess = common or frozenset({max(codes, key=lambda code: counts[code])})
    return [guess] * len(human)


@dataclass(frozen=True)
class Interval:
    """The 2.5 % and 97.5 % quantiles of a figure over resamples of transcripts."""

    low: float
    high: float


@dataclass(frozen=True)
class F1Intervals:
    """Percentile intervals of macro and micro F1; None with fewer than two transcripts."""

    macro: Interval | None
    micro: Interval | None


def f1_intervals(
    suggested: Sets, human: Sets, transcripts: Sequence[str], codes: Sequence[str], seed: int, replicates: int = 1000
) -> F1Intervals:
    """Return 95 % intervals that resample transcripts with all their units (Field and Welsh 2007)."""
    names = sorted(set(transcripts))
    if len(names) < 2:
        return F1Intervals(None, None)
    place = {name: n for n, name in enumerate(names)}
    counts = np.zeros((len(names), 3, len(codes)))  # by transcript: both, suggested, human
    for name, machine, person in zip(transcripts, suggested, human, strict=True):
        counts[place[name]] += [[code in unit for code in codes] for unit in (machine & person, machine, person)]
    share = [1 / len(names)] * len(names)
    weights = np.random.default_rng(seed).multinomial(len(names), share, replicates)
    both, machine_sum, human_sum = np.moveaxis(np.tensordot(weights, counts, 1), 1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):  # a code that a resample lost has no F1 there
        f1 = np.where(human_sum > 0, 2 * both / (machine_sum + human_sum), np.nan)
        micro = 2 * both.sum(axis=1) / (machine_sum + human_sum).sum(axis=1)
    used = ~np.isnan(f1).all(axis=1)
    return F1Intervals(_interval(np.nanmean(f1[used], axis=1)), _interval(micro[np.isfinite(micro)]))


def _interval(drawn: Floats) -> Interval | None:
    if not drawn.size:
        return None
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(float(low), float(high))


def average_precision(scores: ArrayLike, truth: ArrayLike) -> float | None:
    """Return the area under the precision-recall curve, the sum over n of (R_n - R_n-1) P_n, equal scores at once.

    It is the step-wise area, without interpolation (Davis and Goadrich 2006 on why). None when nothing is true.

    >>> average_precision([0.9, 0.8, 0.7, 0.1], [1, 0, 1, 0])
    0.8333333333333333
    """
    values, right = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if not right.sum():
        return None
    order = np.argsort(-values, kind="stable")
    ranked, hits = values[order], np.cumsum(right[order])
    last = np.append(ranked[1:] < ranked[:-1], True)  # of the units with one and the same score
    found, chosen = hits[last], np.flatnonzero(last) + 1
    gained = np.diff(found, prepend=0.0)
    return float((gained * found / chosen).sum() / right.sum())


def brier(scores: ArrayLike, truth: ArrayLike) -> float:
    """Return the mean squared difference of score and truth, 0 or 1 (Brier 1950)."""
    return float(np.mean((np.asarray(scores, dtype=np.float64) - np.asarray(truth, dtype=np.float64)) ** 2))


@dataclass(frozen=True)
class ReliabilityBin:
    """Cells (unit, code) with a score in [low, high): how many, their mean score, and the share that is true."""

    low: float
    high: float
    cells: int
    score: float | None
    share: float | None


def reliability(scores: ArrayLike, truth: ArrayLike, bins: int = 10) -> tuple[ReliabilityBin, ...]:
    """Return the reliability table over bins of equal width; a score of 1 is in the last one."""
    values = np.asarray(scores, dtype=np.float64).ravel()
    right = np.asarray(truth, dtype=np.float64).ravel()
    place = np.minimum((values * bins).astype(np.int64), bins - 1)
    cells = np.bincount(place, minlength=bins)
    sums, hits = (np.bincount(place, weights, bins) for weights in (values, right))
    return tuple(
        ReliabilityBin(
            n / bins,
            (n + 1) / bins,
            int(count),
            float(sums[n] / count) if count else None,
            float(hits[n] / count) if count else None,
        )
        for n, count in enumerate(cells)
    )


def calibration_error(table: Sequence[ReliabilityBin]) -> float | None:
    """Return the expected calibration error: |share - score| of the bins, weighted by cells (Naeini et al. 2015)."""
    total = sum(row.cells for row in table)
    if not total:
        return None
    apart = (row.cells * abs(row.share - row.score) for row in table if row.share is not None and row.score is not None)
    return sum(apart) / total
