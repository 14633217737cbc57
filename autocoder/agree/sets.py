"""Distances between sets of codes, one by one and tabulated; two empty sets, the judgement "no code", are equal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from autocoder.agree.form import Floats, Ints

OfSizes = Callable[[ArrayLike, ArrayLike, ArrayLike], Floats]
"""The sizes of what two sets share, of the one and of the other -> their distance."""

_BLOCK = 128  # sets in a block of distances, small enough for a processor's cache


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


class SetDistances:
    """Distances between many sets, computed block by block: they depend on sizes and on what two sets share."""

    def __init__(self, sets: Sequence[frozenset[Any]], distance: OfSizes) -> None:
        places = {code: place for place, code in enumerate({code for codes in sets for code in codes})}
        self._sizes = np.array([len(codes) for codes in sets], dtype=np.int64)
        self._holds = np.zeros((len(sets), len(places)), dtype=np.float32)
        for row, codes in enumerate(sets):
            self._holds[row, [places[code] for code in codes]] = 1
        self._sparse, self._transposed = csr_array(self._holds), np.ascontiguousarray(self._holds.T)
        size = np.arange(int(self._sizes.max(initial=0)) + 1)
        possible = np.minimum(np.minimum(size[:, None, None], size[None, :, None]), size[None, None, :])
        self._table = distance(possible, size[:, None, None], size[None, :, None])

    def __len__(self) -> int:
        return len(self._sizes)

    def of_pairs(self, first: Ints, second: Ints) -> Floats:
        """Return the distances of sets, one beside another, of these numbers."""
        shared = np.einsum("ij,ij->i", self._holds[first], self._holds[second])
        return self._looked_up(self._sizes[first], self._sizes[second], shared)

    def between(self, counts: Floats) -> Floats:
        """Add up the distances between the values of two rows of counts, for each pair of rows: rows x rows."""
        found = np.zeros((len(counts), len(counts)))
        used = csr_array(counts.T)  # most sets occur in few rows
        for start, stop in self._blocks():
            block, rest, mine = self._block(start, stop, start), used[start:], counts[:, start:stop]
            own = stop - start
            across = mine @ (block[:, own:] @ rest[own:])
            found += mine @ (block[:, :own] @ rest[:own]) + across + across.T
        return found

    def within_rows(self, counts: NDArray[Any]) -> NDArray[Any]:
        """Add up the distances between all values of a row of counts (any shape x sets)."""
        found = np.zeros(counts.shape[:-1], dtype=counts.dtype)
        for start, stop in self._blocks():
            block = self._block(start, stop, 0)
            product = counts.real @ block.T
            if np.iscomplexobj(counts):  # multiplied apart: a complex table costs four times as much
                product = product + 1j * (counts.imag @ block.T)
            found += (counts[..., start:stop] * product).sum(axis=-1)
        return found

    def _blocks(self) -> list[tuple[int, int]]:
        return [(start, min(start + _BLOCK, len(self))) for start in range(0, len(self), _BLOCK)]

    def _block(self, start: int, stop: int, left: int) -> Floats:
        shared = self._sparse[start:stop] @ self._transposed[:, left:]
        return self._looked_up(self._sizes[start:stop, None], self._sizes[None, left:], shared)

    def _looked_up(self, first: Ints, second: Ints, shared: NDArray[Any]) -> Floats:
        width = len(self._table)
        cells = shared.astype(np.int32)
        cells += (first * width * width).astype(np.int32)
        cells += (second * width).astype(np.int32)
        return np.asarray(np.take(self._table, cells))
