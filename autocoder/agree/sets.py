"""Distances between sets of codes, one by one and tabulated; two empty sets, the judgement "no code", are equal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autocoder.agree.form import Floats

OfSizes = Callable[[ArrayLike, ArrayLike, ArrayLike], Floats]
"""The sizes of what two sets share, of the one and of the other -> their distance."""


def as_set(codes: object) -> frozenset[Any]:
    """Return what a coder gave a unit as a set of codes: a set or list of them, or one code alone.

    >>> sorted(as_set(["pay", "alone"])), sorted(as_set("pay"))
    (['alone', 'pay'], ['pay'])
    """
    return (
        frozenset(codes) if isinstance(codes, Collection) and not isinstance(codes, str | bytes) else frozenset([codes])
    )


def masi_distance(first: Collection[Any], second: Collection[Any]) -> float:
    """Return 1 - J M: J is Jaccard's index, M 1 for equal sets, 2/3 for a subset, 1/3 for an overlap (Passonneau 2006).

    Two empty sets are equal.

    >>> round(masi_distance({"a", "b"}, {"b", "c"}), 4)
    0.8889
    """
    return _between_two(_masi, first, second)


def jaccard_distance(first: Collection[Any], second: Collection[Any]) -> float:
    """Return 1 - J, with Jaccard's index J = size(A and B) / size(A or B); two empty sets are equal.

    >>> jaccard_distance({"a"}, {"a", "b"})
    0.5
    """
    return _between_two(_jaccard, first, second)


def dice_distance(first: Collection[Any], second: Collection[Any]) -> float:
    """Return 1 - 2 size(A and B) / (size(A) + size(B)) (Dice 1945); two empty sets are equal.

    >>> dice_distance({"a", "b"}, {"b", "c"})
    0.5
    """
    return _between_two(dice_of_sizes, first, second)


def passonneau2004_distance(first: Collection[Any], second: Collection[Any]) -> float:
    """Return 0 for equal sets, 1/3 for a subset, 2/3 for an overlap and 1 for disjoint ones (Passonneau 2004).

    The empty set is a subset of every set.

    >>> round(passonneau2004_distance({"a"}, set()), 4)
    0.3333
    """
    return _between_two(_passonneau2004, first, second)


def _between_two(distance: OfSizes, first: Collection[Any], second: Collection[Any]) -> float:
    one, other = as_set(first), as_set(second)
    return float(distance(len(one & other), len(one), len(other)))


def _jaccard(shared: ArrayLike, first: ArrayLike, second: ArrayLike) -> Floats:
    either = np.add(first, second) - np.asarray(shared)
    return np.where(either == 0, 0.0, 1 - shared / np.maximum(either, 1))


def dice_of_sizes(shared: ArrayLike, first: ArrayLike, second: ArrayLike) -> Floats:
    """Return 1 - 2 shared / (first + second), of the sizes of sets and of what they share."""
    together = np.add(first, second)
    return np.where(together == 0, 0.0, 1 - 2 * np.asarray(shared) / np.maximum(together, 1))


def _masi(shared: ArrayLike, first: ArrayLike, second: ArrayLike) -> Floats:
    equal = np.equal(first, second) & np.equal(shared, first)
    subset = np.equal(shared, np.minimum(first, second))
    return 1 - (1 - _jaccard(shared, first, second)) * np.where(equal, 1, np.where(subset, 2 / 3, 1 / 3))


def _passonneau2004(shared: ArrayLike, first: ArrayLike, second: ArrayLike) -> Floats:
    equal = np.equal(first, second) & np.equal(shared, first)
    subset = np.equal(shared, np.minimum(first, second))
    return np.where(equal, 0.0, np.where(subset, 1 / 3, np.where(np.equal(shared, 0), 1.0, 2 / 3)))


SETS: dict[str | Callable[[Any, Any], float], OfSizes] = {
    "masi": _masi,
    "jaccard": _jaccard,
    "dice": dice_of_sizes,
    "passonneau2004": _passonneau2004,
    masi_distance: _masi,
    jaccard_distance: _jaccard,
    dice_distance: dice_of_sizes,
    passonneau2004_distance: _passonneau2004,
}
"""The distances by name, and by the function of two sets."""


def between_sets(sets: Sequence[Any], distance: OfSizes) -> Floats:
    """Tabulate a distance between sets."""
    sizes = np.array([len(codes) for codes in sets], dtype=np.float64)
    return distance(shared_codes(sets), sizes[:, None], sizes[None, :])


def shared_codes(sets: Sequence[frozenset[Any]]) -> Floats:
    """Tabulate how many codes two sets share."""
    places = {code: place for place, code in enumerate({code for codes in sets for code in codes})}
    holds = np.zeros((len(sets), len(places)))
    for row, codes in enumerate(sets):
        holds[row, [places[code] for code in codes]] = 1
    return np.asarray(holds @ holds.T, dtype=np.float64)
