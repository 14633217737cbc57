"""Cross-replication reliability: whether two pools of ratings agree as well as each does with itself.

xRR (Wong, Paritosh and Aroyo 2021) compares people and machine runs, or crowds and experts, without pairing raters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocoder.agree.alpha import Metric, krippendorff_alpha
from autocoder.agree.form import Floats, Form, Ints, added
from autocoder.agree.ratings import NotComparable, Rows, judgements
from autocoder.agree.result import Coefficient
from autocoder.agree.sets import SETS, SetDistances, as_set
from autocoder.agree.weights import distances

NO_SHARED_UNIT = "no unit was rated in both pools"
NO_DISTANCE = "the values of the two pools are at no distance from each other"


@dataclass(frozen=True)
class CrossReplication:
    """``kappa_x`` between two pools, alpha within each, and kappa_x / sqrt(alpha_1 alpha_2), 1 for pools alike.

    ``normalised`` is None, with a ``reason``, where one of the three is undefined, as with a single machine run, or an
    alpha is not above 0.
    """

    kappa_x: Coefficient
    first: Coefficient | None
    second: Coefficient | None
    normalised: float | None
    reason: str = ""


def xrr(first: Rows, second: Rows, metric: Metric = "nominal") -> CrossReplication:
    """Return the cross-replication reliability of two pools of ratings, each raters x the same units.

    kappa_x = 1 - d_o / d_e: d_o is the mean distance of a rating of the one pool to one of the other in a unit, each
    unit weighted by its ratings in both, d_e the mean distance of all ratings of the one to all of the other. Units
    without a rating in one of the pools are left out. ``metric``: nominal, a metric of sets by name, or a function of
    two values.

    >>> people, runs = [[1, 1, 0, 0], [1, 1, 0, 1]], [[1, 1, 0, 0], [1, 0, 0, 0]]
    >>> round(xrr(people, runs).kappa_x.value, 4)
    0.5294
    """
    one, other = _rows(first), _rows(second)
    if len({len(row) for row in [*one, *other]}) > 1:
        raise NotComparable("the two pools need ratings of the same units; put None where there is none.")
    kappa_x = _kappa_x(one, other, metric)
    mine, theirs = (krippendorff_alpha(pool, metric) if len(pool) > 1 else None for pool in (one, other))
    values = [alpha.value if alpha is not None else None for alpha in (mine, theirs)]
    normalised, reason = _normalised(kappa_x, values)
    return CrossReplication(kappa_x, mine, theirs, normalised, reason)


def _normalised(kappa_x: Coefficient, alphas: Sequence[float | None]) -> tuple[float | None, str]:
    known = [alpha for alpha in alphas if alpha is not None]
    if kappa_x.value is None or len(known) < 2:
        return None, kappa_x.reason or "a pool has no alpha of its own: it needs two raters and two values"
    if min(known) <= 0:
        return None, "a pool does not agree with itself better than by chance"
    return float(kappa_x.value / np.sqrt(np.prod(known))), ""


def _rows(pool: Rows) -> list[list[Any]]:
    rows = pool.tolist() if isinstance(pool, np.ndarray) else [list(row) for row in pool]
    if not rows:
        raise NotComparable("a pool of ratings is empty; give one row per rater, coders x units.")
    return rows


def _kappa_x(first: list[list[Any]], second: list[list[Any]], metric: Metric) -> Coefficient:
    judged = judgements([*first, *second], of=as_set if metric in SETS else None)
    counts = [
        _counts(judged.values[: len(first)], len(judged.categories)),
        _counts(judged.values[len(first) :], len(judged.categories)),
    ]
    enters = (counts[0].sum(axis=1) > 0) & (counts[1].sum(axis=1) > 0)
    one, other = (held[enters] for held in counts)
    form = _form(one, other, _apart(metric, judged.categories))
    value = form.estimate() if enters.any() else None
    return Coefficient(
        "kappa_x, cross-replication (Wong, Paritosh and Aroyo 2021)",
        value,
        units=int(enters.sum()),
        coders=len(first) + len(second),
        categories=judged.categories,
        reason="" if value is not None else (NO_DISTANCE if enters.any() else NO_SHARED_UNIT),
        form=form,
        enters=enters,
        lowest=-np.inf,
    )


def _form(one: Floats, other: Floats, apart: Floats) -> Form:
    size = len(apart)
    ratings = one.sum(axis=1), other.sum(axis=1)
    mean = ((one @ apart) * other).sum(axis=1) / np.maximum(ratings[0] * ratings[1], 1)
    both = ratings[0] + ratings[1]
    table = np.column_stack([mean * both, both, one, other])

    def sums(clusters: Ints, number: int) -> Floats:
        return added(table, clusters, number)

    def value(totals: NDArray[Any]) -> NDArray[Any]:
        used, met = totals[..., 2 : 2 + size], totals[..., 2 + size :]
        expected = ((used @ apart) * met).sum(axis=-1) / (used.sum(axis=-1) * met.sum(axis=-1))
        return np.asarray(1 - totals[..., 0] / totals[..., 1] / expected)

    return Form(len(table), sums, value)


def _counts(values: Ints, size: int) -> Floats:
    """Count the ratings of each unit in each category: units x categories."""
    units = values.shape[1]
    places = np.arange(units)[None, :] * size + values
    held = np.bincount(places[values >= 0], minlength=units * size)
    return held.reshape(units, size).astype(np.float64)


def _apart(metric: Metric, categories: Sequence[Any]) -> Floats:
    if metric in SETS:
        return SetDistances(list(categories), SETS[metric]).between(np.eye(len(categories)))
    if isinstance(metric, str) and metric != "nominal":
        raise NotComparable(f"cross-replication has no metric {metric!r}; give nominal, one of sets, or a function.")
    return distances(None if isinstance(metric, str) else metric, categories)
