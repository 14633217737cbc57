"""Krippendorff's alpha, 1 - D_o / D_e, for any number of coders, with missing ratings, and any distance of values."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocoder.agree.corrected import Array, answer, side_by_side
from autocoder.agree.form import Clustered, Floats, Form, Ints, Sums, added
from autocoder.agree.kappas import Categories
from autocoder.agree.ratings import Judgements, NotComparable, Rows, kinds_of
from autocoder.agree.result import Coefficient
from autocoder.agree.sets import SETS, SetDistances, as_set
from autocoder.agree.weights import Distance, distances, not_negative, places_of, quadratic

Metric = str | Distance | None
Apart = Callable[[Ints, Ints], NDArray[Any]]
"""The numbers of two categories, one beside another, -> their distances."""
Split = Callable[[Array], tuple[Array, Array, Array]]
METRICS = ("nominal", "ordinal", "interval", "ratio", "masi", "jaccard", "dice", "passonneau2004")

NO_DISTANCE = "the values used are at no distance from each other"


def krippendorff_alpha(ratings: Rows, metric: Metric = "nominal", *, categories: Categories = None) -> Coefficient:
    """Return Krippendorff's alpha, for any number of coders and with missing ratings (2019, ch. 12).

    D_o is the mean distance of the values paired within a unit, each unit of m ratings weighted by m; D_e the mean
    distance of all n pairable values, drawn without replacement. ``metric`` is one of

    - ``nominal``: the same or not
    - ``ordinal``: the squared number of ratings between two ranks; ranks of texts are those of ``categories``
    - ``interval``: (a - b)^2, ``ratio``: ((a - b) / (a + b))^2, of numbers
    - ``masi``, ``jaccard``, ``dice``, ``passonneau2004``: of ratings that are sets of codes
    - any function of two values that is symmetric, and 0 for a value and itself

    Krippendorff (2004), p. 224:

    >>> round(krippendorff_alpha([[1, 1, 0, 0, 0, 0, 0, 0, 0, 0], [0, 1, 1, 0, 0, 1, 0, 1, 0, 0]]).value, 3)
    0.095

    and on the sets of Krippendorff and Craggs (2016), table 8b, with the MASI distance:

    >>> ab, abd = ["a", "b"], ["a", "b", "d"]
    >>> round(krippendorff_alpha([["a", ab, "d"], ["a", ab, "d"], ["a", abd, "d"]], "masi").value, 4)
    0.8206
    """
    if not (metric is None or isinstance(metric, str) or callable(metric)):
        raise NotComparable("a metric is a name or a function of two values; pass all coders as rows: [first, second].")
    judged = kinds_of(ratings, categories, of=as_set if metric in SETS else None)
    return alpha(judged.pairable(), metric, in_order=categories is not None)


def krippendorff_alpha_by_category(ratings: Rows, *, categories: Categories = None) -> dict[Hashable, Coefficient]:
    """Return the alpha of each category against all the others together (Krippendorff 2019)."""
    judged = kinds_of(ratings, categories).pairable()
    return {category: alpha(judged.against_the_rest(number)) for number, category in enumerate(judged.categories)}


def alpha(
    judged: Judgements, metric: Metric = "nominal", in_order: bool = False, clusters: tuple[Ints, int] | None = None
) -> Coefficient:
    """Return alpha of the units that two coders rated.

    ``clusters``, the number of each unit's and how many there are, are those that an interval will be asked for: with
    sets of many kinds their distances are then added up once for both.
    """
    written = _write(judged, metric, in_order, clusters)
    said = metric if isinstance(metric, str) else "nominal" if metric is None else getattr(metric, "__name__", "own")
    name = f"Krippendorff's alpha, {said.replace('_', ' ')} (Krippendorff 2019)"
    form = judged.form(written.sums, written.alpha, written.reduced)
    found = answer(name, judged, form, judged.fault(NO_DISTANCE), parts=written.disagreement(form))
    if found.value is None or not found.expected:
        return found
    redrawn = _redrawn(judged, written.apart, found.expected)
    return replace(found, linearised=lambda: _linearised(judged, written, found), redrawn=redrawn)


@dataclass(frozen=True)
class _Written:
    """Alpha as totals: ``split`` gives the distances within units, those between all values, and how many values.

    ``few`` gives the same for clusters from fewer totals, should there be many categories.
    """

    sums: Sums
    split: Split
    apart: Apart
    few: Callable[[Ints, int], tuple[Floats, Split] | None] | None = None

    def disagreement(self, form: Form) -> tuple[float, float]:
        """D_o and D_e of all units."""
        fewer = self.few(np.zeros(form.units, dtype=np.int64), 1) if self.few is not None else None
        sums, split = fewer if fewer is not None else (form.totals()[None, :], self.split)
        within, between, count = (float(part[0]) for part in split(sums))
        return (within / count, between / (count * (count - 1))) if count else (math.nan, math.nan)

    def alpha(self, totals: Array) -> Array:
        return _alpha(*self.split(totals))

    def reduced(self, clusters: Ints, number: int) -> Clustered | None:
        fewer = self.few(clusters, number) if self.few is not None else None
        if fewer is None:
            return None
        sums, split = fewer
        return Clustered(sums, lambda totals: _alpha(*split(totals)))

    def beyond_expected(self, totals: Array) -> Array:
        """D_o over the D_e of values drawn with replacement, which is Gwet's (1 - p_a) / (1 - p_e)."""
        within, between, count = self.split(totals)
        return np.asarray(count * within / between)


def _alpha(within: Array, between: Array, count: Array) -> Array:
    return np.asarray(1 - (count - 1) * within / between)


def _linearised(judged: Judgements, written: _Written, found: Coefficient) -> Form:
    """The form whose error Gwet gives: alpha without its small-sample term, which he leaves in the slope of p_a alone.

    p_a is the mean of a_i / r over units, r the mean number of ratings, and where units differ in theirs he subtracts
    p_a (r_i - r) / r from each, with the p_a of alpha, which holds the small-sample term.
    """
    ratings = float(judged.many @ judged.ratings)
    sums = judged.form(written.sums, written.beyond_expected)
    counted = judged.adding(np.column_stack([judged.ratings, np.ones(len(judged.ratings))]), lambda totals: totals)
    beyond = (1 - (found.value or 0.0)) * ratings / (ratings - 1)
    slope = beyond / ratings / (ratings / judged.units)

    def value(each: list[Array]) -> Array:
        written_as, (rated, units) = each[0], np.moveaxis(each[1], -1, 0)
        return np.asarray(1 - written.beyond_expected(written_as) - slope * rated / units)

    return side_by_side([sums, counted], value)


def _write(judged: Judgements, metric: Metric, in_order: bool, clusters: tuple[Ints, int] | None) -> _Written:
    if metric in SETS:
        return _on_sets(judged, SetDistances([as_set(codes) for codes in judged.categories], SETS[metric]), clusters)
    if metric is None or metric == "nominal":
        return _nominal(judged)
    if callable(metric):
        return _on_table(judged, distances(metric, judged.categories))
    if metric == "ratio":
        return _on_table(judged, _ratio(not_negative(places_of(judged.categories, False, "ratios"))))
    if metric == "interval":
        return _interval(judged, places_of(judged.categories, False, "intervals"))
    if metric == "ordinal":
        places = places_of(judged.categories, in_order, "ranks")
        return _ordinal(judged, places.argsort() if not in_order else np.arange(len(places)))
    raise NotComparable(f"there is no metric {metric!r}; there are {', '.join(METRICS)}, or a function of two values.")


def within_units(judged: Judgements, apart: Apart) -> Floats:
    """Add up the distances of ordered pairs of values within each unit, over m - 1."""
    found = np.zeros(len(judged.ratings))
    for first, second, both in judged.pairs():
        found += np.where(both, apart(first, second), 0.0)
    return 2 * found / (judged.ratings - 1)


def _sums(judged: Judgements, apart: Apart) -> Sums:
    """Totals: the distances within units, and how often each category was used."""
    within = within_units(judged, apart)
    return lambda clusters, number: np.column_stack([added(within, clusters, number), judged.counts(clusters, number)])


def _nominal(judged: Judgements) -> _Written:
    def split(totals: Array) -> tuple[Array, Array, Array]:
        counts = totals[..., 1:]
        count = counts.sum(axis=-1)
        return totals[..., 0], count**2 - (counts**2).sum(axis=-1), count

    return _Written(_sums(judged, np.not_equal), split, np.not_equal)


def _on_table(judged: Judgements, table: Floats) -> _Written:
    def apart(first: Ints, second: Ints) -> Floats:
        return table[first, second]

    def split(totals: Array) -> tuple[Array, Array, Array]:
        counts = totals[..., 1:]
        return totals[..., 0], quadratic(counts, table), counts.sum(axis=-1)

    return _Written(_sums(judged, apart), split, apart)


def _on_sets(judged: Judgements, distances: SetDistances, asked: tuple[Ints, int] | None) -> _Written:
    within = within_units(judged, distances.of_pairs)

    def sums(clusters: Ints, number: int) -> Floats:
        return np.column_stack([added(within, clusters, number), judged.counts(clusters, number)])

    def split(totals: Array) -> tuple[Array, Array, Array]:
        counts = totals[..., 1:]
        return totals[..., 0], distances.within_rows(counts), counts.sum(axis=-1)

    known = None
    if asked is not None and asked[1] <= len(distances) and judged.kind is None:
        known = distances.between(judged.counts(*asked))

    @cache
    def everywhere() -> Floats:
        return distances.between(judged.counted()[None, :]) if known is None else known.sum(keepdims=True)

    def few(clusters: Ints, number: int) -> tuple[Floats, Split] | None:
        """Totals: the distances within units, the number of values, and which cluster it is.

        Distances between clusters are added up once, and not for every resample.
        """
        if number > len(distances):
            return None
        counts = judged.counts(clusters, number)
        if asked is not None and known is not None and clusters is asked[0]:
            between = known
        else:
            between = everywhere() if number == 1 else distances.between(counts)

        def of_clusters(totals: Array) -> tuple[Array, Array, Array]:
            return totals[..., 0], quadratic(totals[..., 2:], between), totals[..., 1]

        return np.column_stack([added(within, clusters, number), counts.sum(axis=1), np.eye(number)]), of_clusters

    return _Written(sums, split, distances.of_pairs, few if judged.kind is None else None)


def _interval(judged: Judgements, places: Floats) -> _Written:
    """Squared differences add up by moments: those of all n values to 2 (n sum x^2 - (sum x)^2)."""
    values = places - (places[judged.values[judged.rated]].mean() if judged.units else 0.0)

    def apart(first: Ints, second: Ints) -> Floats:
        return np.asarray((values[first] - values[second]) ** 2)

    within = within_units(judged, apart)
    given = np.where(judged.rated, values[judged.values], 0.0)
    amounts = np.column_stack([within, judged.ratings, given.sum(axis=0), (given**2).sum(axis=0)])

    def split(totals: Array) -> tuple[Array, Array, Array]:
        count = totals[..., 1]
        return totals[..., 0], 2 * (count * totals[..., 3] - totals[..., 2] ** 2), count

    return _Written(lambda clusters, number: added(amounts, clusters, number), split, apart)


def _ordinal(judged: Judgements, order: Ints) -> _Written:
    """Squared differences of mid-ranks, which are counted anew in every resample: totals are the coincidences."""
    size = len(order)
    rank = np.empty(size, dtype=np.int64)
    rank[order] = np.arange(size)

    def sums(clusters: Ints, number: int) -> Floats:
        found = np.zeros(number * size * size)
        for first, second, both in judged.pairs():
            cells = (clusters * size + rank[first]) * size + rank[second]
            found += np.bincount(cells[both], 1 / (judged.ratings[both] - 1), number * size * size)
        table = found.reshape(number, size, size)
        return (table + table.swapaxes(1, 2)).reshape(number, size * size)

    def split(totals: Array) -> tuple[Array, Array, Array]:
        table = totals.reshape(*totals.shape[:-1], size, size)
        counts = table.sum(axis=-1)
        places = _midranks(counts)
        count, squares = counts.sum(axis=-1), (counts * places**2).sum(axis=-1)
        products = (table * places[..., :, None] * places[..., None, :]).sum(axis=(-1, -2))
        return 2 * (squares - products), 2 * (count * squares - (counts * places).sum(axis=-1) ** 2), count

    midranks = _midranks(judged.counted()[order])[rank] if size else np.zeros(0)
    return _Written(sums, split, lambda first, second: (midranks[first] - midranks[second]) ** 2)


def _midranks(counts: Array) -> Array:
    ranks: Array = counts.cumsum(axis=-1) - counts / 2
    return ranks


def _ratio(places: Floats) -> Floats:
    together = places[:, None] + places[None, :]
    return ((places[:, None] - places[None, :]) / np.where(together == 0, 1, together)) ** 2


def _redrawn(judged: Judgements, apart: Apart, expected: float) -> Callable[[int, int], Floats]:
    """Krippendorff's bootstrap: as many pairs as there are, drawn from the coincidences, D_e held as it is."""

    def draw(seed: int, replicates: int) -> Floats:
        apart_by = [apart(first, second)[both] for first, second, both in judged.pairs()]
        weights = [(judged.many / (judged.ratings - 1))[both] for _, _, both in judged.pairs()]
        values, places = np.unique(np.concatenate(apart_by), return_inverse=True)
        shares = np.bincount(places, np.concatenate(weights))
        pairs = judged.paired.pairs
        cells = np.random.default_rng(seed).multinomial(pairs, shares / shares.sum(), replicates)
        return np.asarray(1 - cells @ values.astype(np.float64) / pairs / expected)

    return draw
