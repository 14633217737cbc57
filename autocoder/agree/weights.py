"""How far apart two categories are: weights of agreement (1 on the diagonal) and distances (0 on it)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocoder.agree.form import Floats
from autocoder.agree.ratings import NotComparable

Distance = Callable[[Any, Any], float]
"""How far two values are apart: symmetric, and 0 for a value and itself."""
Weights = str | Distance | Sequence[Sequence[float]] | NDArray[Any] | None
"""A name of :data:`NAMED`, a distance, a matrix over the categories (of weights, or of disagreement where its diagonal
is 0), or None for the same or not."""

Table = Floats | None
"""Weights of agreement over the categories; None stands for 1 on the diagonal and 0 off it, however many there are."""


def quadratic(shares: NDArray[Any], table: Table) -> NDArray[Any]:
    """Return the sum of w_kl p_k p_l of shares (any shape x categories)."""
    if table is None:
        product = shares
    elif np.iscomplexobj(shares):  # multiplied apart: a complex table costs four times as much
        product = shares.real @ table + 1j * (shares.imag @ table)
    else:
        product = shares @ table
    return np.asarray((shares * product).sum(axis=-1))


def total_weight(table: Table, size: int) -> float:
    """Return T_w, the sum of the weights over ``size`` categories."""
    return float(size) if table is None else float(table.sum())


def _spread(apart: Floats) -> Floats:
    most = float(apart.max(initial=0.0))
    return 1 - apart / most if most else np.ones_like(apart)


def _ranks(places: Floats) -> Floats:
    order = np.argsort(np.argsort(places))
    between = np.abs(order[:, None] - order[None, :]) + 1
    return np.asarray(between * (between - 1) / 2, dtype=np.float64)


def not_negative(places: Floats) -> Floats:
    """Refuse values below 0: a ratio, (a - b) / (a + b), is a distance only from a true zero upwards."""
    if (places < 0).any():
        raise NotComparable(f"ratios need values of 0 or more, and {places.min():g} was used; take interval distances.")
    return places


def _relative(places: Floats) -> Floats:
    together = not_negative(places)[:, None] + places[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(((places[:, None] - places[None, :]) / together) ** 2, nan=0.0)


NAMED: dict[str, Callable[[Floats], Floats]] = {
    "linear": lambda places: np.abs(places[:, None] - places[None, :]),
    "quadratic": lambda places: (places[:, None] - places[None, :]) ** 2,
    "radical": lambda places: np.sqrt(np.abs(places[:, None] - places[None, :])),
    "ordinal": _ranks,
    "ratio": _relative,
}
"""Disagreement between places, up to a factor (Cicchetti and Allison 1971; Fleiss and Cohen 1973; Gwet 2014, ch. 3)."""


def agreement_weights(weights: Weights, categories: Sequence[Hashable], in_order: bool) -> Table:
    """Return w_kl over the categories, 1 for full agreement and 0 for the most disagreement; None for the same or not.

    Categories that are numbers lie where their values are, others where they were put in order (``in_order``).
    """
    if weights is None or (isinstance(weights, str) and weights in {"nominal", "identity", "unweighted"}):
        return None
    if isinstance(weights, str):
        if weights not in NAMED:
            raise NotComparable(f"no weights are called {weights!r}; take {', '.join(NAMED)}, a matrix or a distance.")
        return _spread(NAMED[weights](places_of(categories, in_order, f"{weights} weights")))
    if callable(weights):
        return _spread(distances(weights, categories))
    return _of_matrix(np.asarray(weights, dtype=np.float64), len(categories))


def _of_matrix(matrix: Floats, size: int) -> Floats:
    if matrix.shape != (size, size):
        raise NotComparable(f"the weights are {matrix.shape} but there are {size} categories; name the categories too.")
    diagonal = np.diagonal(matrix)
    if not diagonal.any():
        return _spread(matrix)
    if not np.array_equal(diagonal, np.ones(size)):
        raise NotComparable("weights have 1 on the diagonal, disagreements 0; this matrix has neither.")
    return matrix


def distances(distance: Distance | None, categories: Sequence[Hashable]) -> Floats:
    """Tabulate a distance between categories; without one they are the same or not."""
    table = 1 - np.eye(len(categories))
    if distance is not None:
        for (row, first), (column, second) in combinations(enumerate(categories), 2):
            table[row, column] = table[column, row] = distance(first, second)
    return table


def places_of(categories: Sequence[Any], in_order: bool, what: str) -> Floats:
    """Return where categories lie on a line: numbers at their value, others one step apart when they are in order."""
    if all(isinstance(category, int | float) for category in categories):
        places = np.array(categories, dtype=np.float64)
        if not np.isfinite(places).all():
            raise NotComparable(f"{what} need finite numbers; put None where a rating is missing.")
        return places
    if not in_order:
        raise NotComparable(f"{what} need numbers, or the categories in their order (categories=[...]).")
    return np.arange(len(categories), dtype=np.float64)
