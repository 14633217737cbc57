"""A coefficient written once, as a function of totals over units.

A :class:`Form` knows what each unit adds to some totals, and how the totals give the value. Totals over all units give
the estimate, totals in which clusters are drawn again a bootstrap resample, and the derivative of the value along what
one cluster adds is the influence of that cluster. Anything that can be written so, on labels, sets or spans, has every
kind of interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Sums = Callable[[Ints, int], Floats]
"""The cluster of each unit, counted from 0, and how many there are -> clusters x totals."""
Value = Callable[[NDArray[Any]], NDArray[Any]]
"""Any shape x totals -> that shape; nan where undefined. Analytic, since it is given complex totals too."""

_STEP = 1e-20


@dataclass(frozen=True)
class Form:
    """What ``units`` units add up to, by cluster, and the value that the totals give.

    ``reduced``, where there is one, gives the same value from fewer totals, for clusters fewer than the totals are.
    """

    units: int
    sums: Sums
    value: Value
    reduced: Callable[[Ints, int], Clustered | None] | None = None

    @classmethod
    def of(cls, amounts: ArrayLike, value: Value) -> Form:
        """Make a form of a table, units x totals, of what each unit adds.

        >>> Form.of([[1, 1], [0, 1], [1, 1]], lambda totals: totals[..., 0] / totals[..., 1]).estimate()
        0.6666666666666666
        """
        table = np.asarray(amounts, dtype=np.float64)
        return cls(len(table), lambda clusters, number: added(table, clusters, number), value)

    def over(self, clusters: Ints | None = None, number: int | None = None) -> Clustered:
        """Return the sums of each cluster; without clusters every unit is its own."""
        index = np.arange(self.units) if clusters is None else clusters
        size = int(index.max(initial=-1)) + 1 if number is None else number
        fewer = self.reduced(index, size) if self.reduced is not None else None
        return fewer if fewer is not None else Clustered(self.sums(index, size), self.value)

    def totals(self) -> Floats:
        """Return the totals over all units."""
        whole: Floats = self.sums(np.zeros(self.units, dtype=np.int64), 1)[0]
        return whole

    def estimate(self) -> float | None:
        """Return the value on all units, None where it is undefined."""
        value = float(self.over(np.zeros(self.units, dtype=np.int64), 1).values(np.ones((1, 1)))[0])
        return value if math.isfinite(value) else None


@dataclass(frozen=True)
class Clustered:
    """The sums of each cluster (clusters x totals) and the value that totals give."""

    sums: Floats
    value: Value

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return len(self.sums)

    def values(self, weights: Floats) -> Floats:
        """Return the value for each row of weights on the clusters; nan where it is undefined."""
        return evaluated(self.value, weights @ self.sums)

    def without_each(self) -> Floats:
        """Return the value with one cluster left out, for each cluster."""
        return evaluated(self.value, self.sums.sum(axis=0) - self.sums)

    def influence(self) -> Floats:
        """Return the derivative of the value with respect to the weight of each cluster.

        It is taken with a complex step (Squire and Trapp 1998), which is exact to rounding: along each total, or along
        each cluster where these are fewer.
        """
        totals = self.sums.sum(axis=0)
        if len(totals) <= self.clusters:
            along = evaluated(self.value, totals + 1j * _STEP * np.eye(len(totals))).imag / _STEP
            return np.asarray(self.sums @ along, dtype=np.float64)
        return np.asarray(evaluated(self.value, totals + 1j * _STEP * self.sums).imag / _STEP, dtype=np.float64)


def evaluated(value: Value, totals: NDArray[Any]) -> NDArray[Any]:
    """Return the value of totals; 0 / 0 is how a form says undefined, and it gives nan."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(value(totals))


def added(amounts: Floats, clusters: Ints, number: int) -> Floats:
    """Add up amounts per unit (units x totals, or units) to amounts per cluster."""
    if number == 1:
        return np.asarray(amounts.sum(axis=0, keepdims=True), dtype=np.float64)
    if amounts.ndim == 1:
        return np.bincount(clusters, amounts, number).astype(np.float64)
    columns = [np.bincount(clusters, column, number) for column in amounts.T]
    return np.stack(columns, axis=1).astype(np.float64) if columns else np.zeros((number, 0))
