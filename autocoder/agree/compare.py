"""Do two coefficients differ? On the same units, with and without clusters, and from independent samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, fdtrc, ndtri

from autocoder.agree.form import Floats, Ints
from autocoder.agree.intervals import ONE_CLUSTER, few, numbered_clusters, percentiles, resamples
from autocoder.agree.ratings import NotComparable
from autocoder.agree.result import Clusters, Coefficient, share_of_one


@dataclass(frozen=True)
class Comparison:
    """Hotelling's T^2 of contrasts between coefficients on the same units.

    ``differences`` are the contrasts and ``standard_errors`` their errors. ``p`` is from the F distribution with
    ``df``, ``p_chi2`` from chi-squared; None with a ``reason`` where there is no test.
    """

    differences: tuple[float, ...]
    standard_errors: tuple[float, ...]
    statistic: float | None
    df: tuple[int, int]
    p: float | None
    p_chi2: float | None
    clusters: int
    reason: str = ""


@dataclass(frozen=True)
class Difference:
    """The second coefficient less the first, with the interval of a paired cluster bootstrap.

    ``statistic`` is the difference squared over its variance in the resamples, ``p`` its tail in chi-squared with one
    degree of freedom; None with a ``reason`` where there is no variation.
    """

    value: float | None
    low: float | None
    high: float | None
    statistic: float | None
    p: float | None
    method: str
    clusters: int
    reason: str = ""


@dataclass(frozen=True)
class Homogeneity:
    """Whether coefficients of independent samples are one: X^2, its tail, and the value they have in common."""

    statistic: float
    df: int
    p: float
    overall: float
    low: float
    high: float
    level: float


def compare_dependent(
    coefficients: Sequence[Coefficient], clusters: Clusters | None = None, contrasts: ArrayLike | None = None
) -> Comparison:
    """Test whether coefficients computed on the same units differ (Vanbelle and Albert 2008; Vanbelle 2017).

    T^2 = (C k)' (C V C')^-1 (C k), with V from the products of the influences of each cluster on the coefficients, and
    (G - g) / ((G - 1) g) T^2 from F with g and G - g degrees of freedom. ``contrasts`` has one row for each of the g
    comparisons; without it each coefficient is compared with the first. ``clusters`` is one label per unit, as in
    :meth:`Coefficient.interval`; without it every unit is its own.
    """
    values, influence = _influences(coefficients, clusters)
    chosen = _against_first(len(coefficients)) if contrasts is None else contrasts
    rows = np.atleast_2d(np.asarray(chosen, dtype=np.float64))
    count, tests = len(influence), len(rows)
    differences = rows @ values
    df = (tests, count - tests)
    if count <= tests:
        return Comparison(tuple(differences.tolist()), (), None, df, None, None, count, ONE_CLUSTER)
    centred = (influence - influence.mean(axis=0)) @ rows.T
    spread = centred.T @ centred
    errors = np.sqrt(np.diagonal(spread))
    if np.linalg.matrix_rank(spread) < tests:
        why = "no test: the difference is the same whichever transcripts are drawn"
        return Comparison(tuple(differences.tolist()), tuple(errors.tolist()), None, df, None, None, count, why)
    statistic = float(differences @ np.linalg.solve(spread, differences))
    scaled = statistic * (count - tests) / ((count - 1) * tests)
    p, p_chi2 = float(fdtrc(*df, scaled)), float(chdtrc(tests, statistic))
    return Comparison(tuple(differences.tolist()), tuple(errors.tolist()), statistic, df, p, p_chi2, count, few(count))


def bootstrap_difference(
    first: Coefficient,
    second: Coefficient,
    clusters: Clusters | None = None,
    level: float = 0.95,
    seed: int = 0,
    replicates: int = 1000,
) -> Difference:
    """Return ``second`` less ``first`` with the interval of a bootstrap that draws the same clusters for both.

    Both are coefficients of the same units; each may be of any kind. Without ``clusters`` units are drawn.
    """
    share_of_one(level)
    index, count = _shared_clusters((first, second), clusters)
    method = (
        f"{level:.0%} percentile interval, paired cluster bootstrap, {replicates} resamples of {count}, seed {seed}"
    )
    if first.value is None or second.value is None:
        return Difference(None, None, None, None, None, method, count, first.reason or second.reason)
    value = second.value - first.value
    if count < 2:
        return Difference(value, None, None, None, None, method, count, ONE_CLUSTER)
    weights = resamples(count, seed, replicates)
    drawn = second.over(index, count).values(weights) - first.over(index, count).values(weights)
    found = percentiles(drawn, level, method, count)
    if not found.standard_error:
        return Difference(value, None, None, None, None, method, count, found.reason)
    statistic = float((value / found.standard_error) ** 2)
    p = float(chdtrc(1, statistic))
    return Difference(value, found.low, found.high, statistic, p, method, count, found.reason)


def homogeneity(
    coefficients: Sequence[Coefficient], level: float = 0.95, method: str = "fleiss-cohen-everitt"
) -> Homogeneity:
    """Test whether coefficients of independent samples are one (Fleiss, Levin and Paik 2003, 18.1).

    X^2 is the sum of (k_g - k)^2 / v_g, with k their mean weighted by 1 / v_g; ``method`` is the interval of which the
    error is taken (see :meth:`Coefficient.interval`).
    """
    share_of_one(level)
    if len(coefficients) < 2:
        raise NotComparable("homogeneity compares two coefficients or more.")
    values = np.array([_value(found) for found in coefficients])
    errors = [found.interval(method=method).standard_error for found in coefficients]
    if not all(errors):
        raise NotComparable("a coefficient without variation cannot be compared; leave it out.")
    weights = 1 / np.array(errors, dtype=np.float64) ** 2
    overall = float(weights @ values / weights.sum())
    statistic = float(weights @ (values - overall) ** 2)
    half = float(ndtri((1 + level) / 2) / np.sqrt(weights.sum()))
    df = len(values) - 1
    return Homogeneity(statistic, df, float(chdtrc(df, statistic)), overall, overall - half, overall + half, level)


def _value(found: Coefficient) -> float:
    if found.value is None:
        raise NotComparable(f"{found.name} is undefined ({found.reason}) and cannot be compared.")
    return found.value


def _against_first(number: int) -> Floats:
    if number < 2:
        raise NotComparable("a comparison needs two coefficients or more.")
    return np.hstack([-np.ones((number - 1, 1)), np.eye(number - 1)])


def _influences(coefficients: Sequence[Coefficient], clusters: Clusters | None) -> tuple[Floats, Floats]:
    index, number = _shared_clusters(coefficients, clusters)
    values = np.array([_value(found) for found in coefficients])
    return values, np.stack([found.over(index, number).influence() for found in coefficients], axis=1)


def _shared_clusters(coefficients: Sequence[Coefficient], clusters: Clusters | None) -> tuple[Ints, int]:
    """Number the clusters over all units, since each coefficient may count others of them."""
    units = {found.passed for found in coefficients}
    if len(units) != 1:
        raise NotComparable("the coefficients are not of the same units; compute them from arrays of the same units.")
    passed = units.pop()
    if clusters is None:
        return np.arange(passed), passed
    if len(clusters) != passed:
        raise NotComparable(f"there are {passed} units but {len(clusters)} clusters; name one for each unit.")
    return numbered_clusters(clusters)
