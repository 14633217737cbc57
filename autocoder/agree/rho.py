"""Shaffer's rho: whether the kappa of a short test set can be taken for that of all the data (Eagan et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autocoder.agree.form import Bools, Floats, Ints
from autocoder.errors import AutocoderError

CORPUS = 10_000
"""Segments of a simulated coded study, as in the paper."""

NO_PREVALENCE = "no test set is defined for a code that is nowhere or everywhere"
NO_KAPPA = "kappa of the test set is undefined"
IMPOSSIBLE = "no coded study has this prevalence with these kappas and precisions"


class RhoRefused(AutocoderError):
    """A question that rho cannot answer: which number, and what it should be."""


@dataclass(frozen=True)
class Rho:
    """The chance that a test set of a study that agrees too little shows this kappa, or a higher one.

    A ``value`` below .05 is read as: the true kappa is above ``threshold``. ``undefined`` is the share of simulated
    test sets that had no kappa and were left out.
    """

    value: float | None
    kappa: float | None
    base_rate: float
    length: int
    threshold: float
    replicates: int
    seed: int
    undefined: float = 0.0
    reason: str = ""


def shaffer_rho(
    kappa: float | None,
    base_rate: float,
    length: int,
    threshold: float = 0.65,
    inflation: float = 0.0,
    replicates: int = 10_000,
    seed: int = 0,
    kappa_min: float = 0.40,
    precision: tuple[float, float] = (0.6, 1.0),
) -> Rho:
    """Return rho of a kappa observed on a test set of ``length`` segments.

    Studies of 10,000 segments are simulated in which the first coder uses the code at the ``base_rate``, with kappa
    uniform between ``kappa_min`` and ``threshold`` and the second coder's precision uniform in its range, as far as
    these are possible together; from each a test set is drawn, of which at least a share ``inflation`` are segments
    with the code of the first coder. Rho is the share of their kappas that reach the one observed,
    and 1 for one below their mean.
    """
    _check(base_rate, length, threshold, kappa_min, precision, inflation)
    if not 0 < base_rate < 1 or kappa is None:
        reason = NO_KAPPA if kappa is None else NO_PREVALENCE
        return Rho(None, kappa, base_rate, length, threshold, replicates, seed, reason=reason)
    drawn = _kappas_by_chance(base_rate, length, threshold, inflation, replicates, seed, kappa_min, precision)
    known = drawn[np.isfinite(drawn)]
    left_out = 1 - known.size / drawn.size if drawn.size else 0.0
    if not known.size:
        return Rho(
            None,
            kappa,
            base_rate,
            length,
            threshold,
            replicates,
            seed,
            left_out,
            NO_KAPPA if drawn.size else IMPOSSIBLE,
        )
    value = 1.0 if kappa < known.mean() else float((known >= kappa).mean())
    return Rho(value, kappa, base_rate, length, threshold, replicates, seed, left_out)


def shaffer_rho_of(
    first: Sequence[Any],
    second: Sequence[Any],
    base_rate: float | None = None,
    threshold: float = 0.65,
    inflation: float = 0.0,
    replicates: int = 10_000,
    seed: int = 0,
) -> Rho:
    """Return rho of two coders' judgements of a test set, 1 for a segment with the code and 0 for one without.

    ``base_rate`` is that of the whole study; without it, the mean of the two coders' in the test set, which is right
    for a test set drawn without inflation. The rest is as in :func:`shaffer_rho`.

    >>> shaffer_rho_of([1] * 20 + [0] * 50, [1] * 20 + [0] * 50).value
    0.0
    """
    ratings = np.array([first, second], dtype=np.float64)
    if ratings.ndim != 2 or not np.isin(ratings, [0, 1]).all():
        raise RhoRefused("rho needs a 1 or a 0 of both coders for every segment of the test set.")
    one, other = ratings.astype(np.int64)
    cells = np.bincount(2 * one + other, minlength=4)[[3, 2, 1, 0]]
    kappa = float(_kappa(cells[None, :].astype(np.float64))[0])
    rate = float(ratings.mean()) if base_rate is None else base_rate
    return shaffer_rho(
        kappa if np.isfinite(kappa) else None, rate, ratings.shape[1], threshold, inflation, replicates, seed
    )


def shortest_test_set(
    kappa: float,
    base_rate: float,
    threshold: float = 0.65,
    significance: float = 0.05,
    inflation: float = 0.0,
    replicates: int = 10_000,
    seed: int = 0,
) -> int | None:
    """Return the least length of a test set on which this kappa gives a rho below ``significance``; None for none.

    Rho falls with the length but for the noise of its draws, so that the answer is good to a few segments.
    """

    def enough(length: int) -> bool:
        value = shaffer_rho(kappa, base_rate, length, threshold, inflation, replicates, seed).value
        return value is not None and value < significance

    reach = 16
    while not enough(reach):
        reach *= 2
        if reach > CORPUS:
            return None
    short, long = reach // 2, reach
    while long - short > 1:
        middle = (short + long) // 2
        short, long = (short, middle) if enough(middle) else (middle, long)
    return long


def _check(
    base_rate: float, length: int, threshold: float, kappa_min: float, precision: tuple[float, float], inflation: float
) -> None:
    if not 0 <= base_rate <= 1 or not 0 <= inflation < 1:
        raise RhoRefused(
            f"a base rate of {base_rate} or an inflation of {inflation} is not a share; give 0.15 for 15 %."
        )
    if not 1 <= length <= CORPUS:
        raise RhoRefused(f"a test set of {length} segments cannot be drawn from {CORPUS}; give 1 to {CORPUS}.")
    if not 0 <= kappa_min < threshold < 1 or not 0 < precision[0] < precision[1] <= 1:
        raise RhoRefused("rho needs 0 <= kappa_min < threshold < 1 and two different precisions between 0 and 1.")


def _kappas_by_chance(
    base_rate: float,
    length: int,
    threshold: float,
    inflation: float,
    replicates: int,
    seed: int,
    kappa_min: float,
    precision: tuple[float, float],
) -> Floats:
    chance = np.random.default_rng(seed)
    kappas, precisions = _studies(chance, base_rate, replicates, (kappa_min, threshold), precision)
    cells = _coded(kappas, precisions, base_rate)
    return _kappa(_test_sets(chance, cells, length, int(np.ceil(length * inflation - 1e-9))))


def _studies(
    chance: np.random.Generator,
    base_rate: float,
    replicates: int,
    kappas: tuple[float, float],
    precisions: tuple[float, float],
) -> tuple[Floats, Floats]:
    """Draw kappas and precisions that are possible together: recall is at most 1."""

    def least(kappa: Floats) -> Floats:
        return np.asarray((kappa + 2 * base_rate - 2 * base_rate * kappa) / (2 - kappa))

    if least(np.array(kappas[0])) >= precisions[1]:
        return np.zeros(0), np.zeros(0)
    found = np.zeros(0)
    while len(found) < replicates:
        drawn = chance.uniform(*kappas, size=replicates)
        found = np.concatenate([found, drawn[least(drawn) < precisions[1]]])
    found = found[:replicates]
    return found, chance.uniform(np.maximum(least(found), precisions[0]), precisions[1])


def _coded(kappas: Floats, precisions: Floats, base_rate: float) -> Ints:
    """Return the four cells of each study: both, only the first, only the second, neither."""
    with_code = max(round(base_rate * CORPUS), 1)
    recalls = kappas * precisions / (2 * precisions - 2 * base_rate - kappas + 2 * base_rate * kappas)
    both = np.clip(np.rint(with_code * recalls), 1, with_code)
    only_second = np.clip(np.rint(both * (1 - precisions) / precisions), 1, CORPUS - with_code)
    cells = np.stack([both, with_code - both, only_second, CORPUS - with_code - only_second], axis=1)
    return cells.astype(np.int64)


def _test_sets(chance: np.random.Generator, cells: Ints, length: int, positives: int) -> Floats:
    """Draw from the four cells of each study without replacement, ``positives`` of them from the first coder's."""
    drawn = np.zeros_like(cells)
    if positives:
        drawn[:, 0] = chance.hypergeometric(cells[:, 0], cells[:, 1], np.minimum(positives, cells[:, :2].sum(axis=1)))
        drawn[:, 1] = np.minimum(positives, cells[:, :2].sum(axis=1)) - drawn[:, 0]
    rest, left = cells - drawn, length - drawn.sum(axis=1)
    for cell in range(3):
        got = chance.hypergeometric(rest[:, cell], rest[:, cell + 1 :].sum(axis=1), left)
        drawn[:, cell] += got
        left = left - got
    drawn[:, 3] += left
    return drawn.astype(np.float64)


def _kappa(cells: Floats) -> Floats:
    """Return Cohen's kappa of each row of four cells; nan where it is undefined."""
    both, first, second, neither = cells.T
    total = cells.sum(axis=1)
    chance = (both + first) * (both + second) + (second + neither) * (first + neither)
    apart: Bools = total * total > chance
    found: Floats = np.divide(
        (both + neither) * total - chance, total * total - chance, out=np.full(len(cells), np.nan), where=apart
    )
    return found
