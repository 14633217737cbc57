"""Intervals: by the cluster delta method, by resampling, and as the authors of a coefficient published them."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from autocoder.agree.form import Clustered, Floats, Ints

FEW_CLUSTERS = 5
"""Below it an interval comes with a warning."""
LEFT_OUT = 0.05
"""The share of undefined resamples above which an interval says that they were left out."""

ONE_CLUSTER = "no interval from fewer than two transcripts"
NO_VARIATION = "no interval: the value is the same whichever transcripts are drawn"

_NOTHING = 1e-12  # below it a spread is rounding


@dataclass(frozen=True)
class Interval:
    """The bounds of a coefficient, how they were made, and over how many clusters.

    ``low`` and ``high`` are None where there is no interval, and ``reason`` says why; beside bounds ``reason`` is a
    warning about them. ``standard_error`` is that of the coefficient, None where the method has none.
    """

    low: float | None
    high: float | None
    method: str
    clusters: int
    reason: str = ""
    standard_error: float | None = None


def numbered_clusters(clusters: Sequence[Hashable] | NDArray[np.generic]) -> tuple[Ints, int]:
    """Number clusters from 0; return the number of each unit's and how many there are.

    >>> numbered_clusters(["b", "a", "b"])
    (array([1, 0, 1]), 2)
    """
    names, index = np.unique(np.asarray(clusters, dtype=np.str_), return_inverse=True)
    return index.astype(np.int64), len(names)


def resamples(clusters: int, seed: int, replicates: int) -> Floats:
    """Return how often each cluster is drawn in each resample: replicates x clusters."""
    drawn = np.random.default_rng(seed).multinomial(clusters, [1 / clusters] * clusters, replicates)
    return drawn.astype(np.float64)


def standard_error(clustered: Clustered) -> float:
    """Return the cluster delta method's: sqrt(G / (G - 1) sum of squared influences) (Vanbelle 2017)."""
    if clustered.clusters < 2:
        return 0.0
    influence = clustered.influence()
    deviations = influence - influence.mean()
    return float(np.sqrt(clustered.clusters / (clustered.clusters - 1) * (deviations**2).sum()))


def corrected_error(clustered: Clustered, value: float) -> float:
    """Return the cluster delta method's error with influences taken by leaving each cluster out.

    A derivative understates what a cluster does that weighs much in the value, and the error with it, as for a rare
    code that few transcripts hold; leaving the cluster out does not (as Mancl and DeRouen 2001 correct a sandwich
    estimate). Where the value is undefined without a cluster, its derivative stands in.
    """
    count = clustered.clusters
    moved = value - clustered.without_each()
    undefined = ~np.isfinite(moved)
    if undefined.any():
        moved[undefined] = clustered.influence()[undefined] * count / (count - 1)
    return float(np.sqrt((count - 1) / count * ((moved - moved.mean()) ** 2).sum()))


def delta(clustered: Clustered, value: float, level: float, lowest: float, of: str = "transcripts") -> Interval:
    """Return the default interval: :func:`corrected_error`, t on G - 1, on the scale of Fisher's z.

    The bounds stay below 1, and lie further from the value on the side where there is more room, as the distribution of
    the value does. A value of 1 or more, or of -1 or less, has its interval on its own scale.
    """
    count = clustered.clusters
    method = delta_method(level, count, of)
    if count < 2:
        return Interval(None, None, method, count, ONE_CLUSTER)
    error = corrected_error(clustered, value)
    quantile = float(stdtrit(count - 1, (1 + level) / 2))
    if not -1 < value < 1 or not error > _NOTHING:
        return around(value, error, quantile, count, lowest, method)
    half = quantile * error / (1 - value**2)
    low, high = (math.tanh(math.atanh(value) + side) for side in (-half, half))
    return Interval(max(low, lowest), high, method, count, few(count), error)


def vanbelle(clustered: Clustered, value: float, level: float, lowest: float, of: str = "transcripts") -> Interval:
    """Return value -+ t SE of the cluster delta method as published (Vanbelle 2017)."""
    count = clustered.clusters
    method = f"{level:.0%} t interval, cluster delta method over {count} {of}, uncorrected (Vanbelle 2017)"
    if count < 2:
        return Interval(None, None, method, count, ONE_CLUSTER)
    return t_interval(value, standard_error(clustered), count, level, lowest, method)


def t_interval(value: float, error: float, count: int, level: float, lowest: float, method: str) -> Interval:
    """Return value -+ t error, with t on ``count`` - 1 degrees of freedom, cut at the bounds of the coefficient."""
    return around(value, error, float(stdtrit(count - 1, (1 + level) / 2)), count, lowest, method)


def z_interval(value: float, error: float, count: int, level: float, lowest: float, method: str) -> Interval:
    """Return value -+ z error, cut at the bounds of the coefficient."""
    return around(value, error, float(ndtri((1 + level) / 2)), count, lowest, method)


def around(value: float, error: float, quantile: float, count: int, lowest: float, method: str) -> Interval:
    """Return value -+ quantile times error, cut at the bounds of the coefficient."""
    if not error > _NOTHING:
        return Interval(None, None, method, count, NO_VARIATION, 0.0)
    low, high = max(value - quantile * error, lowest), min(value + quantile * error, 1.0)
    return Interval(low, high, method, count, few(count), error)


def jackknife(clustered: Clustered, value: float, level: float, lowest: float, of: str = "transcripts") -> Interval:
    """Return the t interval on the spread of the values with one cluster left out (Hughes 2024)."""
    count = clustered.clusters
    method = f"{level:.0%} t interval, jackknife over {count} {of} (Hughes 2024)"
    if count < 2:
        return Interval(None, None, method, count, ONE_CLUSTER)
    left = clustered.without_each()
    if not np.isfinite(left).all():
        return Interval(None, None, method, count, "no interval: without one of the clusters the value is undefined")
    error = float(np.sqrt((count - 1) / count * ((left - left.mean()) ** 2).sum()))
    return t_interval(value, error, count, level, lowest, method)


def bootstrap(clustered: Clustered, seed: int, replicates: int, level: float, of: str = "transcripts") -> Interval:
    """Return the percentile interval of the cluster bootstrap (Field and Welsh 2007)."""
    count = clustered.clusters
    method = bootstrap_method(level, count, seed, replicates, of)
    if count < 2:
        return Interval(None, None, method, count, ONE_CLUSTER)
    return percentiles(clustered.values(resamples(count, seed, replicates)), level, method, count)


def percentiles(drawn: Floats, level: float, method: str, count: int) -> Interval:
    """Return the interval between two quantiles of drawn values, those undefined left out."""
    defined = drawn[np.isfinite(drawn)]
    if not defined.size or np.ptp(defined) < _NOTHING:
        return Interval(None, None, method, count, NO_VARIATION)
    left_out = 1 - defined.size / drawn.size
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    said = f"{left_out:.0%} of the resamples left it undefined and were left out" if left_out > LEFT_OUT else ""
    reason = "; ".join(part for part in (few(count), said) if part)
    return Interval(float(low), float(high), method, count, reason, float(defined.std(ddof=1)))


def few(count: int) -> str:
    """Return the warning for an interval over few clusters, "" for one over enough."""
    return f"only {count} transcripts: the interval is rough" if count < FEW_CLUSTERS else ""


def delta_method(level: float, count: int, of: str = "transcripts") -> str:
    """Say how the default interval was made, for the line under a table."""
    return (
        f"{level:.0%} t interval on {max(count - 1, 0)} degrees of freedom, cluster delta method over {count} {of} "
        "(Vanbelle 2017), influences taken by leaving one out, on the scale of Fisher's z"
    )


def bootstrap_method(level: float, count: int, seed: int, replicates: int, of: str = "transcripts") -> str:
    """Say how a bootstrap interval was made, for the line under a table."""
    return (
        f"{level:.0%} percentile interval, cluster bootstrap, {replicates} resamples of {count} {of}, "
        f"seed {seed} (Field and Welsh 2007)"
    )
