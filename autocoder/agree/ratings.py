"""Ratings as people pass them, turned into numbers: coders x units, any values, None or nan for a missing one."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocoder.agree.form import Bools, Floats, Ints
from autocoder.errors import AutocoderError

Rows = Sequence[Sequence[Any]] | NDArray[Any]
"""Ratings as people pass them: coders x units of any hashable value; None or nan where a coder gave none."""

NO_PAIR = "no unit was judged by two coders"
ONE_CATEGORY = "only one category was used"

_TABLE = 1 << 20  # integers this close together are counted in a table rather than sorted


class NotComparable(AutocoderError):
    """Ratings between which agreement cannot be computed: an unknown name, fewer than two coders, uneven rows."""


@dataclass(frozen=True)
class Judgements:
    """Ratings as numbers.

    ``values[coder, unit]`` counts into ``categories``, -1 for a missing rating. ``enters`` marks which of the units
    that were passed stand in ``values``, in their order.
    """

    values: Ints
    categories: tuple[Hashable, ...]
    enters: Bools

    @property
    def coders(self) -> int:
        """How many coders there are."""
        return len(self.values)

    @property
    def units(self) -> int:
        """How many units stand in ``values``."""
        return int(self.values.shape[1])

    @cached_property
    def rated(self) -> Bools:
        """Where a coder rated a unit: coders x units."""
        return self.values >= 0

    @cached_property
    def ratings(self) -> Ints:
        """How many coders rated each unit."""
        return np.asarray(self.rated.sum(axis=0), dtype=np.int64)

    @cached_property
    def used(self) -> int:
        """How many categories were used."""
        return int((self.counted() > 0).sum())

    def pairs(self) -> Iterator[tuple[Ints, Ints, Bools]]:
        """Yield the values of two coders after another, and where both rated."""
        for one, other in combinations(range(self.coders), 2):
            yield self.values[one], self.values[other], self.rated[one] & self.rated[other]

    def pairable(self) -> Judgements:
        """Keep the units that at least two coders rated."""
        return self.where(self.ratings >= 2)

    def where(self, chosen: Bools) -> Judgements:
        """Keep some of the units."""
        if chosen.all():
            return self
        enters = self.enters.copy()
        enters[self.enters] = chosen
        return Judgements(self.values[:, chosen], self.categories, enters)

    def against_the_rest(self, number: int) -> Judgements:
        """Return the same with two categories: one, and all the others."""
        values = np.where(self.rated, (self.values == number).astype(np.int64), -1)
        return Judgements(values, (False, True), self.enters)

    def counted(self) -> Ints:
        """Count how often each category was used."""
        return np.bincount(self.values[self.rated], minlength=len(self.categories))

    def counts(self, clusters: Ints, number: int, weights: Floats | None = None) -> Floats:
        """Add up the ratings in each category (each rating 1, or the weight of its unit): clusters x categories."""
        size = len(self.categories)
        found = np.zeros(number * size)
        for row, rated in zip(self.values, self.rated, strict=True):
            places = (clusters * size + row)[rated]
            found += np.bincount(places, None if weights is None else weights[rated], number * size)
        return found.reshape(number, size)

    def number_of(self, category: Hashable) -> int:
        """Return the number of a category; one that is not there has a number that nothing has."""
        return self.categories.index(category) if category in self.categories else len(self.categories)

    def fault(self, otherwise: str) -> str:
        """Say why a coefficient that corrects for chance is undefined here, should it be."""
        judged = self.pairable()
        if not judged.units:
            return NO_PAIR
        return ONE_CATEGORY if judged.used == 1 else otherwise


def judgements(
    ratings: Rows,
    categories: Sequence[Hashable] | None = None,
    second: Sequence[Any] | None = None,
    of: Callable[[Any], Hashable] | None = None,
) -> Judgements:
    """Number ratings; ``second`` is another coder beside ``ratings`` as one coder's, ``of`` is applied to each rating.

    ``categories`` are those of the codebook, in their order; without them they are the values found, sorted where they
    are all numbers or all texts, otherwise in the order in which they come up.
    """
    rows = ratings if second is None else _beside(ratings, second)
    values, found = numbered(rows, of)
    if len(values) < 2:
        raise NotComparable("agreement needs the ratings of two coders; name another coder.")
    if categories is not None:
        values, found = _renumbered(values, found, tuple(categories))
    return Judgements(values, found, np.ones(values.shape[1], dtype=np.bool_))


def _beside(first: Rows | Sequence[Any], second: Sequence[Any]) -> Rows:
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return np.stack([first, second])
    return [list(first), list(second)]


def _renumbered(
    values: Ints, found: tuple[Hashable, ...], categories: tuple[Hashable, ...]
) -> tuple[Ints, tuple[Hashable, ...]]:
    places = {category: place for place, category in enumerate(categories)}
    unknown = [category for category in found if category not in places]
    if unknown:
        raise NotComparable(f"{unknown[0]!r} was used but is none of the categories named; add it to them.")
    if len(places) < len(categories):
        raise NotComparable("a category is named twice; name each once.")
    table = np.array([places[category] for category in found] + [-1], dtype=np.int64)
    return table[values], categories


def numbered(ratings: Rows, of: Callable[[Any], Any] | None = None) -> tuple[Ints, tuple[Hashable, ...]]:
    """Number the values found; None and nan become -1, and the text "nan" is a value like any other.

    ``of`` is applied to each rating that is not missing; with it, and for lists, values are gone through one by one.
    """
    if isinstance(ratings, np.ndarray) and of is None and ratings.dtype.kind in "biufU":
        if ratings.ndim != 2:
            raise NotComparable("ratings stand in an array of coders x units, one row for each coder.")
        return _of_floats(ratings) if ratings.dtype.kind == "f" else _of_whole(ratings)
    rows = ratings.tolist() if isinstance(ratings, np.ndarray) else [list(row) for row in ratings]
    if len({len(row) for row in rows}) > 1:
        raise NotComparable("each coder needs one rating per unit; put None where a coder did not see a unit.")
    places: dict[Hashable, int] = {}
    change = of or _hashable
    values = [
        [-1 if is_missing(value) else places.setdefault(change(value), len(places)) for value in row] for row in rows
    ]
    array = np.array(values, dtype=np.int64).reshape(len(rows), len(rows[0]) if rows else 0)
    return _in_order(array, tuple(places))


def _hashable(value: Hashable | set[Hashable] | list[Hashable]) -> Hashable:
    return frozenset(value) if isinstance(value, set | list) else value


def is_missing(value: object) -> bool:
    """Whether a rating is missing: None or nan."""
    return value is None or (isinstance(value, float | np.floating) and math.isnan(value))


def _in_order(values: Ints, found: tuple[Any, ...]) -> tuple[Ints, tuple[Hashable, ...]]:
    kinds = {str if isinstance(value, str) else float if isinstance(value, int | float) else None for value in found}
    if len(kinds) != 1 or None in kinds:
        return values, found
    order = sorted(range(len(found)), key=lambda place: found[place])
    table = np.full(len(found) + 1, -1)
    table[order] = np.arange(len(found))
    return table[values], tuple(found[place] for place in order)


def _of_floats(ratings: NDArray[Any]) -> tuple[Ints, tuple[Hashable, ...]]:
    seen = ~np.isnan(ratings)
    whole = np.where(seen, ratings, 0).astype(np.int64)
    given = ratings[seen]
    if given.size and np.abs(given).max() < _TABLE and np.array_equal(whole[seen], given):
        values, found = _of_whole(whole, seen)
        return values, tuple(float(value) for value in found)  # type: ignore[arg-type]
    categories, places = np.unique(given, return_inverse=True)
    values = np.full(ratings.shape, -1)
    values[seen] = places
    return values, tuple(categories.tolist())


def _of_whole(ratings: NDArray[Any], seen: Bools | None = None) -> tuple[Ints, tuple[Hashable, ...]]:
    """Number whole numbers, truth values or texts: by a table where they lie close together, else by sorting."""
    if not ratings.size:
        return np.zeros(ratings.shape, dtype=np.int64), ()
    whole = ratings.astype(np.int64) if ratings.dtype.kind in "biu" else None
    if whole is None or int(whole.max()) - int(whole.min()) >= _TABLE:
        categories, places = np.unique(ratings, return_inverse=True)
        return places.reshape(ratings.shape).astype(np.int64), tuple(categories.tolist())
    least = int(whole.min())
    whole -= least
    used = np.bincount(whole.ravel() if seen is None else whole[seen])
    present = np.flatnonzero(used)
    if len(present) < len(used):
        whole = (np.cumsum(used > 0) - 1)[np.minimum(whole, len(used) - 1)]
    if seen is not None:
        whole[~seen] = -1
    names = present + least
    return whole, tuple((names.astype(np.bool_) if ratings.dtype.kind == "b" else names).tolist())


def from_table(
    counts: Sequence[Sequence[int]] | NDArray[Any], categories: Sequence[Hashable] | None = None
) -> list[list[Hashable]]:
    """Return the ratings of two coders that a contingency table counts, the first coder in rows.

    >>> from_table([[1, 2], [0, 1]])
    [[0, 0, 0, 1], [0, 1, 1, 1]]
    """
    names = list(range(len(counts))) if categories is None else list(categories)
    cells = [
        (row, column)
        for row, line in zip(names, counts, strict=True)
        for column, count in zip(names, line, strict=True)
        for _ in range(int(count))
    ]
    return [[row for row, _ in cells], [column for _, column in cells]]


def from_counts(
    counts: Sequence[Sequence[int]] | NDArray[Any], categories: Sequence[Hashable] | None = None
) -> list[list[Hashable | None]]:
    """Return ratings, coders x units, of a table that counts the ratings of each unit in each category.

    Who gave which rating is not in such a table: use it for coefficients that do not ask (not Conger's or Light's).

    >>> from_counts([[2, 0], [1, 1], [0, 1]], categories="ab")
    [['a', 'a', 'b'], ['a', 'b', None]]
    """
    names = list(range(len(counts[0]) if len(counts) else 0)) if categories is None else list(categories)
    units = [[name for name, count in zip(names, row, strict=True) for _ in range(int(count))] for row in counts]
    width = max(map(len, units), default=0)
    padded: list[list[Hashable | None]] = [[*unit, *[None] * (width - len(unit))] for unit in units]
    return [[unit[coder] for unit in padded] for coder in range(width)]
