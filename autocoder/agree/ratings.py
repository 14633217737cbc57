"""Ratings as people pass them, turned into numbers: coders x units, any values, None or nan for a missing one."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autocoder.agree.form import Bools, Clustered, Floats, Form, Ints, Sums, Value, added
from autocoder.errors import AutocoderError

Rows = Sequence[Sequence[Any]] | NDArray[Any]
"""Ratings as people pass them: coders x units of any hashable value; None or nan where a coder gave none."""

NO_PAIR = "no unit was judged by two coders"
ONE_CATEGORY = "only one category was used"

_PANDAS_MISSING = frozenset({"NAType", "NaTType"})  # known by name: pandas is not needed here
_KINDS = 1 << 12  # kinds of units worth looking for
_TABLE = 1 << 20  # integers this close together are counted in a table rather than sorted


class NotComparable(AutocoderError):
    """Ratings between which agreement cannot be computed: an unknown name, fewer than two coders, uneven rows."""


@dataclass(frozen=True)
class Judgements:
    """Ratings as numbers.

    ``values[coder, kind]`` counts into ``categories``, -1 for a missing rating. Units with the same ratings can be one
    kind of unit, so that a coefficient goes through some kinds and not through a million units: ``kind`` numbers that
    of each unit and ``times`` counts the units of each; without them every unit is a kind of its own. ``enters`` marks
    which of the units that were passed are meant, in their order.
    """

    values: Ints
    categories: tuple[Hashable, ...]
    enters: Bools
    kind: Ints | None = None
    times: Ints | None = None

    @classmethod
    def of(cls, values: Ints, categories: tuple[Hashable, ...]) -> Judgements:
        """Make judgements in which every unit is a kind of its own."""
        return cls(values, categories, np.ones(values.shape[1], dtype=np.bool_))

    def in_kinds(self) -> Judgements:
        """Put units with the same ratings together where there can be few kinds of them."""
        base, units = len(self.categories) + 1, self.values.shape[1]
        if self.kind is not None or base**self.coders > min(_KINDS, units // 4):
            return self
        code = np.zeros(units, dtype=np.int64)
        for row in self.values:
            code *= base
            code += row
            code += 1
        found = np.bincount(code, minlength=base**self.coders)
        kinds = np.flatnonzero(found)
        values = np.array([kinds // base**power % base - 1 for power in range(self.coders - 1, -1, -1)])
        numbers = np.cumsum(found > 0) - 1
        return Judgements(values, self.categories, self.enters, numbers[code], found[kinds])

    @property
    def coders(self) -> int:
        """How many coders there are."""
        return len(self.values)

    @property
    def units(self) -> int:
        """How many units are meant."""
        return int(self.values.shape[1]) if self.times is None else int(self.times.sum())

    @cached_property
    def many(self) -> Floats:
        """How many units of each kind there are."""
        return (np.ones(self.values.shape[1]) if self.times is None else self.times).astype(np.float64)

    @cached_property
    def rated(self) -> Bools:
        """Where a coder rated a kind of unit: coders x kinds."""
        return self.values >= 0

    @cached_property
    def ratings(self) -> Ints:
        """How many coders rated each kind of unit."""
        return np.asarray(self.rated.sum(axis=0), dtype=np.int64)

    def pairs(self) -> Iterator[tuple[Ints, Ints, Bools]]:
        """Yield the values of two coders after another, and where both rated."""
        for one, other in combinations(range(self.coders), 2):
            yield self.values[one], self.values[other], self.rated[one] & self.rated[other]

    def pairable(self) -> Judgements:
        """Keep the units that at least two coders rated."""
        return self.where(self.ratings >= 2)

    def where(self, chosen: Bools) -> Judgements:
        """Keep some kinds of units."""
        if chosen.all():
            return self
        enters = self.enters.copy()
        if self.kind is None or self.times is None:
            enters[self.enters] = chosen
            return Judgements(self.values[:, chosen], self.categories, enters)
        kept = chosen[self.kind]
        enters[self.enters] = kept
        numbers = np.cumsum(chosen) - 1
        return Judgements(self.values[:, chosen], self.categories, enters, numbers[self.kind[kept]], self.times[chosen])

    def against_the_rest(self, number: int) -> Judgements:
        """Return the same with two categories: one, and all the others."""
        values = np.where(self.rated, (self.values == number).astype(np.int64), -1)
        return replace(self, values=values, categories=(False, True))

    def form(self, sums: Sums, value: Value, reduced: Callable[[Ints, int], Clustered | None] | None = None) -> Form:
        """Return the form of what kinds of units add (given as sums over kinds) and the value of the totals.

        ``reduced`` is over units, and used where every unit is a kind of its own.
        """
        kind, kinds = self.kind, self.values.shape[1]
        if kind is None:
            return Form(self.units, sums, value, reduced)
        amounts = sums(np.arange(kinds), kinds)

        def of_units(clusters: Ints, number: int) -> Floats:
            if number == 1:
                return np.asarray((self.many @ amounts)[None, :])
            if number * kinds > 4 * len(kind) + _KINDS:
                return added(amounts[kind], clusters, number)
            counts = np.bincount(clusters * kinds + kind, minlength=number * kinds)
            return np.asarray(counts.reshape(number, kinds) @ amounts, dtype=np.float64)

        return Form(self.units, of_units, value)

    def adding(self, amounts: ArrayLike, value: Value) -> Form:
        """Return the form of a table, kinds x totals, of what each kind of unit adds."""
        table = np.asarray(amounts, dtype=np.float64)
        return self.form(lambda clusters, number: added(table, clusters, number), value)

    def counted(self) -> Floats:
        """Count how often each category was used."""
        return np.asarray(self.counts(np.zeros(self.values.shape[1], dtype=np.int64), 1, self.many)[0])

    def counts(self, clusters: Ints, number: int, weights: Floats | None = None) -> Floats:
        """Add up the ratings in each category (each rating 1, or the weight of its kind): clusters x categories."""
        size = len(self.categories)
        found = np.zeros(number * size)
        for row, rated in zip(self.values, self.rated, strict=True):
            places = (clusters * size + row)[rated]
            found += np.bincount(places, None if weights is None else weights[rated], number * size)
        return found.reshape(number, size)

    def number_of(self, category: Hashable) -> int:
        """Return the number of a category; one that is not there has a number that nothing has."""
        return self.categories.index(category) if category in self.categories else len(self.categories)

    @cached_property
    def paired(self) -> Paired:
        """What there is in the units that at least two coders rated."""
        many = np.where(self.ratings >= 2, self.many, 0)
        used = self.counts(np.zeros(len(many), dtype=np.int64), 1, many)[0]
        pairs = (many * self.ratings * (self.ratings - 1) / 2).sum()
        return Paired(int(many.sum()), int(pairs), int((used > 0).sum()))

    def fault(self, otherwise: str) -> str:
        """Say why a coefficient that corrects for chance is undefined here, should it be."""
        if not self.paired.units:
            return NO_PAIR
        return ONE_CATEGORY if self.paired.categories == 1 else otherwise


@dataclass(frozen=True)
class Paired:
    """The units that at least two coders rated, the pairs of ratings in them, and the categories used in them."""

    units: int
    pairs: int
    categories: int


def judgements(
    ratings: Rows,
    categories: Sequence[Hashable] | None = None,
    second: Sequence[Any] | None = None,
    of: Callable[[Any], Hashable] | None = None,
) -> Judgements:
    """Number ratings, each unit by itself.

    ``second`` is another coder beside ``ratings`` as one coder's; ``of`` is applied to each rating. ``categories`` are
    those of the codebook, in their order; without them they are the values found, sorted where they are all numbers or
    all texts, otherwise in the order in which they come up.
    """
    rows = ratings if second is None else _beside(ratings, second)
    values, found = numbered(rows, of)
    if len(values) < 2:
        raise NotComparable("agreement needs the ratings of two coders; name another coder.")
    if categories is not None:
        values, found = _renumbered(values, found, tuple(categories))
    return Judgements.of(values, found)


def kinds_of(
    ratings: Rows,
    categories: Sequence[Hashable] | None = None,
    second: Sequence[Any] | None = None,
    of: Callable[[Any], Hashable] | None = None,
) -> Judgements:
    """Number ratings as :func:`judgements` does, units with the same ratings put together where that is less work."""
    return judgements(ratings, categories, second, of).in_kinds()


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

    A table of pandas or polars is read as its array is: one row for each coder. ``of`` is applied to each rating that
    is not missing; with it, and for lists, values are gone through one by one.
    """
    if not isinstance(ratings, np.ndarray) and hasattr(ratings, "to_numpy"):
        ratings = ratings.to_numpy()
    if isinstance(ratings, np.ndarray) and of is None and ratings.dtype.kind in "biufU":
        if ratings.ndim != 2:
            raise NotComparable("ratings stand in an array of coders x units, one row for each coder.")
        return _of_floats(ratings) if ratings.dtype.kind == "f" else _of_whole(ratings)
    rows = _rows(ratings)
    if len({len(row) for row in rows}) > 1:
        raise NotComparable("each coder needs one rating per unit; put None where a coder did not see a unit.")
    places: dict[Hashable, int] = {}
    change = of or _hashable
    values = [
        [-1 if is_missing(value) else places.setdefault(change(value), len(places)) for value in row] for row in rows
    ]
    array = np.array(values, dtype=np.int64).reshape(len(rows), len(rows[0]) if rows else 0)
    return _in_order(array, tuple(places))


def _rows(ratings: Rows) -> list[list[Any]]:
    """Return the rows as lists; ratings of a single coder, or a text in place of a row, are not taken apart."""
    rows: list[Any] = ratings.tolist() if isinstance(ratings, np.ndarray) else list(ratings)
    if any(isinstance(row, str) or not isinstance(row, Iterable) for row in rows):
        raise NotComparable("ratings stand in rows, one row of ratings for each coder: [[1, 0, 1], [1, 1, None]].")
    return [list(row) for row in rows]


def _hashable(value: Hashable | set[Hashable] | list[Hashable]) -> Hashable:
    return frozenset(value) if isinstance(value, set | list) else value


def is_missing(value: object) -> bool:
    """Whether a rating is missing: None or nan, or what pandas has in their place."""
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return True
    return type(value).__name__ in _PANDAS_MISSING


def _in_order(values: Ints, found: tuple[Any, ...]) -> tuple[Ints, tuple[Hashable, ...]]:
    kinds = {str if isinstance(value, str) else float if isinstance(value, int | float) else None for value in found}
    if len(kinds) != 1 or None in kinds:
        return values, found
    order = sorted(range(len(found)), key=lambda place: found[place])
    table = np.full(len(found) + 1, -1)
    table[order] = np.arange(len(found))
    return table[values], tuple(found[place] for place in order)


def _of_floats(ratings: NDArray[Any]) -> tuple[Ints, tuple[Hashable, ...]]:
    missing = np.isnan(ratings)
    absent = int(missing.sum())
    if absent == ratings.size:
        return np.full(ratings.shape, -1), ()
    filled = np.where(missing, ratings.ravel()[np.argmin(missing)], ratings) if absent else ratings
    whole = filled.astype(np.int64) if np.abs(filled).max() < _TABLE else None
    if whole is None or not np.array_equal(whole, filled):
        categories, places = np.unique(filled, return_inverse=True)
        return np.where(missing, -1, places.reshape(ratings.shape)), tuple(categories.tolist())
    values, found = _of_whole(whole)
    if absent:
        np.putmask(values, missing, -1)
    return values, tuple(map(float, found))  # type: ignore[arg-type]


def _of_whole(ratings: NDArray[Any]) -> tuple[Ints, tuple[Hashable, ...]]:
    """Number whole numbers, truth values or texts: by a table where they lie close together, else by sorting."""
    if not ratings.size:
        return np.zeros(ratings.shape, dtype=np.int64), ()
    least, most = (int(ratings.min()), int(ratings.max())) if ratings.dtype.kind in "biu" else (0, _TABLE)
    if most - least >= _TABLE:
        categories, places = np.unique(ratings, return_inverse=True)
        return places.reshape(ratings.shape).astype(np.int64), tuple(categories.tolist())
    whole = ratings.astype(np.int64) - least
    used = np.bincount(whole.ravel())
    present = np.flatnonzero(used)
    if len(present) < len(used):
        whole = (np.cumsum(used > 0) - 1)[whole]
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
