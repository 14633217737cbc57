"""How far coders, people or models, agree: coefficients, with intervals that resample transcripts.

A coefficient is written once, as a :data:`Form`: a function of weights on the transcripts, over sums that are taken per
transcript. Weights of 1 give the estimate, multinomial counts a bootstrap resample, and the derivative with respect to
one weight is the influence of that transcript. A coefficient that is undefined is None with a reason, never a number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from autocoder.errors import AutocoderError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Rows = Sequence[Sequence[Any]] | NDArray[Any]
"""Ratings as people pass them: coders x units of any hashable value; None or nan where a coder gave none."""
Distance = Callable[[Any, Any], float]
"""How far two values are apart: symmetric, and 0 for a value and itself."""
Form = Callable[[NDArray[Any]], NDArray[Any]]
"""Weights (resamples x transcripts) to one value of a coefficient for each resample; nan where it is undefined."""

FEW_TRANSCRIPTS = 40
"""Below it a t interval on the cluster delta method is given: the percentile bootstrap's is then too short.

Coverage of nominal 95 %, from 600 simulated studies in each of six settings of prevalence and clustering (two coders,
30 units a transcript): with 10 and 20 transcripts 90 to 94 % for the bootstrap and 92 to 98 % for the t interval, with
40 transcripts 92 to 96 % and 94 to 96 %.
"""
LEFT_OUT = 0.05
"""The share of undefined resamples above which an estimate says that they were left out."""

NO_PAIR = "no unit was judged by two coders"
ONE_CATEGORY = "only one category was used"
ONE_CODER_PAIR = "two of the coders share no unit, or used one and the same category only"
NO_DISTANCE = "the values used are at no distance from each other"
NOT_USED = "no coder used it"
ONE_TRANSCRIPT = "no interval from fewer than two transcripts"
NO_VARIATION = "no interval: the value is the same whichever transcripts are drawn"

_NOTHING = 1e-12  # below it a spread is rounding


class NotComparable(AutocoderError):
    """Coders between whom agreement cannot be computed: an unknown name, or fewer than two of them."""


@dataclass(frozen=True)
class Ratings:
    """What each coder saw in each unit of coding.

    ``sets[coder][unit]`` holds the codes that the coder gave; an empty set is the judgement that no code applies, None
    says that the coder did not see the unit. ``groups[unit]`` names the transcript, the unit of resampling.
    """

    coders: tuple[str, ...]
    sets: tuple[tuple[frozenset[str] | None, ...], ...]
    groups: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(set(self.coders)) < len(self.coders):
            raise ValueError(f"a coder stands twice in {self.coders}")
        if len(self.sets) != len(self.coders) or any(len(row) != len(self.groups) for row in self.sets):
            raise ValueError("ratings need one row per coder, and in it one entry per unit")

    def present(self, code: str) -> Floats:
        """Return coders x units: 1 where the coder gave the code, 0 where not, nan where the unit was not seen."""
        rows = [[math.nan if codes is None else float(code in codes) for codes in row] for row in self.sets]
        return np.array(rows, dtype=np.float64).reshape(len(self.coders), len(self.groups))


@dataclass(frozen=True)
class Estimate:
    """A coefficient with its 95 % interval; ``reason`` says why the value or the interval is missing, or weak."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class CodeAgreement:
    """Agreement on one code, present or absent in each unit that at least two coders judged.

    ``positive_by_coder`` counts the units each coder gave the code to, ``prevalence`` is its share of all judgements.
    ``kappa`` is Cohen's for two coders and the mean over pairs of coders (Light 1971) for more; ``positive`` is
    :func:`positive_agreement`, the figure to read first when a code is rare.
    """

    code: str
    units: int
    positive_by_coder: tuple[int, ...]
    prevalence: float | None
    percent: Estimate
    kappa: Estimate
    alpha: Estimate
    positive: Estimate


@dataclass(frozen=True)
class Agreement:
    """Agreement of some coders: on the sets of codes as a whole, and on each code.

    ``units`` and ``transcripts`` count what at least two coders judged, and every figure rests on these; ``missing`` is
    the share of coders x units, among all units given, without a judgement. ``percent`` is exact agreement of sets.
    ``kappa`` is pooled over the codes (De Vries et al. 2008), ``alpha_masi`` and ``alpha_jaccard`` are Krippendorff's
    alpha on sets. ``interval`` says how the intervals were made, for the line under a table.
    """

    coders: tuple[str, ...]
    units: int
    transcripts: int
    missing: float | None
    percent: Estimate
    kappa: Estimate
    alpha_masi: Estimate
    alpha_jaccard: Estimate
    by_code: tuple[CodeAgreement, ...]
    interval: str

    @property
    def kappa_name(self) -> str:
        """What the kappas are called in a paper."""
        return "Cohen's kappa" if len(self.coders) == 2 else "mean of pairwise kappas (Light 1971)"


def common(ratings: Ratings, coders: Sequence[str]) -> Ratings:
    """Return these coders' ratings of the units that all of them saw.

    Two comparisons are on the same units when both are taken from one ``common``: see :func:`pairs`.
    """
    unknown = [coder for coder in coders if coder not in ratings.coders]
    if unknown:
        raise NotComparable(f"nobody called {unknown[0]} coded here; the coders are {', '.join(ratings.coders)}.")
    rows = [ratings.sets[ratings.coders.index(coder)] for coder in coders]
    shared = [unit for unit in range(len(ratings.groups)) if all(row[unit] is not None for row in rows)]
    sets = tuple(tuple(row[unit] for unit in shared) for row in rows)
    return Ratings(tuple(coders), sets, tuple(ratings.groups[unit] for unit in shared))


def pairs(ratings: Ratings) -> tuple[Ratings, ...]:
    """Return one pair of coders after another, each on the units that both saw.

    ``pairs(common(ratings, (anna, ben, model)))`` puts human-human beside human-model on the same units.
    """
    return tuple(common(ratings, pair) for pair in combinations(ratings.coders, 2))


def agreement(ratings: Ratings, codes: Sequence[str], seed: int, replicates: int = 1000) -> Agreement:
    """Return the agreement of all the coders on these codes; other codes in the sets are put aside.

    Every figure rests on the same resamples of transcripts, so that codes can be compared.
    """
    if not codes:
        raise NotComparable("agreement needs a code; name one of the codebook.")
    sets = _judgements(*_numbered(_only(ratings, codes)), ratings.groups)
    present = [_present(ratings, code) for code in codes]
    intervals = _Intervals.over(sets.transcripts, seed, replicates)
    return Agreement(
        coders=ratings.coders,
        units=sets.units,
        transcripts=sets.transcripts,
        missing=_missing(ratings),
        percent=intervals.estimate(_percent(sets), NO_PAIR, lowest=0.0),
        kappa=intervals.estimate(_kappa(present), _pooled_fault(present)),
        alpha_masi=intervals.estimate(_alpha(sets, _between_sets(sets.categories, _masi)), sets.fault()),
        alpha_jaccard=intervals.estimate(_alpha(sets, _between_sets(sets.categories, _jaccard)), sets.fault()),
        by_code=tuple(_on_code(code, judged, intervals) for code, judged in zip(codes, present, strict=True)),
        interval=intervals.method,
    )


def percent_agreement(ratings: Rows) -> Estimate:
    """Return the share of agreeing pairs of coders in a unit, averaged over units (Gwet 2014, p_a).

    For two coders it is the share of units on which they agree. Units with fewer than two ratings are left out.

    >>> percent_agreement([[1, 0, 1, 1, None], [1, 0, 0, 1, 1]])
    Estimate(value=0.75, low=None, high=None, reason='')
    """
    judged = _judgements(*_numbered(ratings))
    return _point(_percent(judged), judged, NO_PAIR)


def cohen_kappa(first: Sequence[Any], second: Sequence[Any]) -> Estimate:
    """Return Cohen's kappa (1960) of two coders, (p_o - p_e) / (1 - p_e) with p_e the sum over k of p_k+ p_+k.

    A rare category can bring 94 % agreement and a kappa below zero (Gwet 2008):

    >>> round(cohen_kappa([1] * 123 + [0] * 2, [1] * 118 + [0] * 5 + [1] * 2).value, 4)
    -0.0234
    >>> cohen_kappa(["a", "a", None], ["a", "a", "b"])
    Estimate(value=None, low=None, high=None, reason='only one category was used')
    """
    return light_kappa([first, second])


def light_kappa(ratings: Rows) -> Estimate:
    """Return the mean of the Cohen kappas of all pairs of coders (Light 1971), each on the units that both rated.

    It is undefined as soon as one pair's kappa is. It is neither Conger's kappa nor Fleiss's.

    >>> round(light_kappa([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0]]).value, 4)
    0.6667
    """
    judged = _judgements(*_numbered(ratings))
    return _point(_kappa([judged]), judged, judged.fault())


def krippendorff_alpha(ratings: Rows, distance: Distance | None = None) -> Estimate:
    """Return Krippendorff's alpha, 1 - D_o / D_e, for any number of coders and with missing ratings (2019, ch. 12).

    D_o is the mean distance of the values paired within a unit, each unit of m ratings weighted by m; D_e the mean
    distance of all n pairable values, drawn without replacement. Without ``distance`` values are the same or not
    (nominal). Krippendorff (2004), p. 224:

    >>> round(krippendorff_alpha([[1, 1, 0, 0, 0, 0, 0, 0, 0, 0], [0, 1, 1, 0, 0, 1, 0, 1, 0, 0]]).value, 3)
    0.095

    and on the sets of Krippendorff and Craggs (2016), table 8b, with the MASI distance:

    >>> a, ab, abd, d = frozenset("a"), frozenset("ab"), frozenset("abd"), frozenset("d")
    >>> round(krippendorff_alpha([[a, ab, d], [a, ab, d], [a, abd, d]], masi_distance).value, 4)
    0.8206
    """
    judged = _judgements(*_numbered(ratings))
    return _point(_alpha(judged, _between(judged.categories, distance)), judged, judged.fault(NO_DISTANCE))


def positive_agreement(ratings: Rows, positive: Hashable = 1) -> Estimate:
    """Return the agreement on one category, 2a / (2a + b + c) (Cicchetti and Feinstein 1990); it is the pairwise F1.

    a counts the units to which both of a pair gave the category, b and c those to which one did; for more than two
    coders the counts of all pairs are added up first.

    >>> round(positive_agreement([[1] * 49 + [0] * 51, [1] * 40 + [0] * 9 + [1] * 6 + [0] * 45]).value, 4)
    0.8421
    """
    judged = _judgements(*_numbered(ratings))
    return _point(_positive(judged, positive), judged, _positive_fault(judged))


def masi_distance(first: Set[Any], second: Set[Any]) -> float:
    """Return 1 - J M: J is Jaccard's index, M 1 for equal sets, 2/3 for a subset, 1/3 for an overlap (Passonneau 2006).

    Two empty sets are equal.

    >>> round(masi_distance({"a", "b"}, {"b", "c"}), 4)
    0.8889
    """
    return float(_masi(len(first & second), len(first), len(second)))


def jaccard_distance(first: Set[Any], second: Set[Any]) -> float:
    """Return 1 - J, with Jaccard's index J = size(A and B) / size(A or B); two empty sets are equal.

    >>> jaccard_distance({"a"}, {"a", "b"})
    0.5
    """
    return float(_jaccard(len(first & second), len(first), len(second)))


@dataclass(frozen=True)
class _Judgements:
    """Ratings as numbers, without the units that fewer than two coders rated.

    ``values[coder, unit]`` counts into ``categories``, -1 for a missing rating; ``transcript[unit]`` counts from 0.
    """

    values: Ints
    categories: tuple[Hashable, ...]
    transcript: Ints

    @property
    def units(self) -> int:
        return len(self.transcript)

    @property
    def transcripts(self) -> int:
        return int(self.transcript.max(initial=-1)) + 1

    def pairs(self) -> Iterator[tuple[Ints, Ints, Bools]]:
        """Yield the values of two coders after another, and where both rated."""
        for first, second in combinations(self.values, 2):
            yield first, second, (first >= 0) & (second >= 0)

    def sums(self, amounts: NDArray[Any]) -> Floats:
        """Add up amounts per unit to amounts per transcript."""
        return np.bincount(self.transcript, amounts, self.transcripts).astype(np.float64)

    def counts(self, cells: Ints, among: Bools, size: int) -> Floats:
        """Count the units of each cell, of ``size`` cells, in each transcript: transcripts x cells."""
        places = self.transcript[among] * size + cells[among]
        return np.bincount(places, minlength=self.transcripts * size).reshape(self.transcripts, size).astype(np.float64)

    def fault(self, otherwise: str = ONE_CODER_PAIR) -> str:
        """Say why a coefficient that corrects for chance is undefined here, should it be."""
        if not self.units:
            return NO_PAIR
        return ONE_CATEGORY if len(np.unique(self.values[self.values >= 0])) == 1 else otherwise


def _judgements(
    values: Ints, categories: tuple[Hashable, ...], transcripts: Sequence[str] | None = None
) -> _Judgements:
    if len(values) < 2:
        raise NotComparable("agreement needs the ratings of two coders; name another coder.")
    pairable = (values >= 0).sum(axis=0) >= 2
    names = np.array(transcripts if transcripts is not None else [""] * len(pairable), dtype=np.str_)
    return _Judgements(values[:, pairable], categories, np.unique(names[pairable], return_inverse=True)[1])


def _numbered(ratings: Rows) -> tuple[Ints, tuple[Hashable, ...]]:
    """Number the categories as they come up; None and nan become -1, and the text "nan" is a category."""
    numbers: dict[Hashable, int] = {}
    values = [
        [-1 if _is_missing(value) else numbers.setdefault(value, len(numbers)) for value in row]
        for row in (ratings.tolist() if isinstance(ratings, np.ndarray) else ratings)
    ]
    return np.array(values, dtype=np.int64), tuple(numbers)


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _only(ratings: Ratings, codes: Sequence[str]) -> list[list[frozenset[str] | None]]:
    kept = frozenset(codes)
    return [[None if given is None else given & kept for given in row] for row in ratings.sets]


def _present(ratings: Ratings, code: str) -> _Judgements:
    present = ratings.present(code)
    return _judgements(np.nan_to_num(present, nan=-1).astype(np.int64), (0, 1), ratings.groups)


def _missing(ratings: Ratings) -> float | None:
    unseen = [given is None for row in ratings.sets for given in row]
    return sum(unseen) / len(unseen) if unseen else None


def _on_code(code: str, judged: _Judgements, intervals: _Intervals) -> CodeAgreement:
    positive = (judged.values == 1).sum(axis=1)
    judgements = int((judged.values >= 0).sum())
    return CodeAgreement(
        code=code,
        units=judged.units,
        positive_by_coder=tuple(int(count) for count in positive),
        prevalence=int(positive.sum()) / judgements if judgements else None,
        percent=intervals.estimate(_percent(judged), NO_PAIR, lowest=0.0),
        kappa=intervals.estimate(_kappa([judged]), judged.fault()),
        alpha=intervals.estimate(_alpha(judged, _between(judged.categories)), judged.fault()),
        positive=intervals.estimate(_positive(judged, 1), _positive_fault(judged), lowest=0.0),
    )


def _percent(judged: _Judgements) -> Form:
    agreeing, seen = np.zeros(judged.units), np.zeros(judged.units)
    for first, second, both in judged.pairs():
        agreeing += both & (first == second)
        seen += both
    return _ratio(judged.sums(agreeing / seen), judged.sums(np.ones(judged.units)))


def _positive(judged: _Judgements, positive: Hashable) -> Form:
    number = judged.categories.index(positive) if positive in judged.categories else len(judged.categories)
    agreeing, given = np.zeros(judged.units), np.zeros(judged.units)
    for first, second, both in judged.pairs():
        agreeing += 2 * (both & (first == number) & (second == number))
        given += both * ((first == number).astype(np.int64) + (second == number))
    return _ratio(judged.sums(agreeing), judged.sums(given))


def _positive_fault(judged: _Judgements) -> str:
    return NOT_USED if judged.units else NO_PAIR


def _ratio(part: Floats, whole: Floats) -> Form:
    return lambda weights: (weights @ part) / (weights @ whole)


def _kappa(codes: Sequence[_Judgements]) -> Form:
    """Cohen's kappa, averaged over pairs of coders (Light 1971) and pooled over codes (De Vries et al. 2008).

    Pooling is (mean p_o - mean p_e) / (1 - mean p_e), with means over codes: unlike a mean of kappas it holds when some
    codes are hardly used, and unlike one kappa over all unit-code cells it keeps the chance agreement of each code.
    """
    tables = np.stack([_tables(judged) for judged in codes], axis=2)

    def kappa(weights: NDArray[Any]) -> NDArray[Any]:
        table = np.tensordot(weights, tables, 1)
        units = table.sum(axis=(-2, -1))
        by_chance = (table.sum(axis=-1) * table.sum(axis=-2)).sum(axis=-1)
        observed = units * np.trace(table, axis1=-2, axis2=-1)
        by_pair = (observed - by_chance).sum(axis=-1) / (units**2 - by_chance).sum(axis=-1)
        mean: NDArray[Any] = by_pair.mean(axis=-1)
        return mean

    return kappa


def _tables(judged: _Judgements) -> Floats:
    """Cross-tabulate every pair of coders: transcripts x pairs x categories x categories."""
    size = len(judged.categories)
    tables = [judged.counts(first * size + second, both, size * size) for first, second, both in judged.pairs()]
    return np.stack(tables, axis=1).reshape(judged.transcripts, len(tables), size, size)


def _pooled_fault(codes: Sequence[_Judgements]) -> str:
    faults = {judged.fault() for judged in codes}
    return faults.pop() if len(faults) == 1 else ONE_CODER_PAIR


def _alpha(judged: _Judgements, distances: Floats) -> Form:
    """Krippendorff's alpha: 1 - (n - 1) O / E, O the distances within units and E those between all pairable values."""
    size = len(judged.categories)
    rated = judged.values >= 0
    apart = np.zeros(judged.units)
    for first, second, both in judged.pairs():
        apart += np.where(both, 2 * distances[first, second], 0.0)
    within = judged.sums(apart / (rated.sum(axis=0) - 1))
    counts = np.sum([judged.counts(row, seen, size) for row, seen in zip(judged.values, rated, strict=True)], axis=0)
    values, between = counts.sum(axis=1), _between_all(counts, distances)
    return lambda weights: 1 - (weights @ values - 1) * (weights @ within) / between(weights)


def _between_all(counts: Floats, distances: Floats) -> Form:
    """Add up the distances between all values, by way of the values or of the transcripts, whichever are fewer."""
    if len(distances) > len(counts):
        return _quadratic(counts @ distances @ counts.T)
    quadratic = _quadratic(distances)
    return lambda weights: quadratic(weights @ counts)


def _quadratic(matrix: Floats) -> Form:
    return lambda rows: np.einsum("ij,ij->i", rows @ matrix, rows)


def _between(categories: Sequence[Hashable], distance: Distance | None = None) -> Floats:
    table = 1 - np.eye(len(categories))
    if distance is not None:
        for (row, first), (column, second) in combinations(enumerate(categories), 2):
            table[row, column] = table[column, row] = distance(first, second)
    return table


def _between_sets(sets: Sequence[Any], distance: Callable[[ArrayLike, ArrayLike, ArrayLike], Floats]) -> Floats:
    """Tabulate a distance that depends on the sizes of two sets and of what they share."""
    codes = sorted(set().union(*sets))
    holds = np.array([[code in codes_of for code in codes] for codes_of in sets], dtype=np.float64)
    holds = holds.reshape(len(sets), len(codes))
    sizes = holds.sum(axis=1)
    return distance(holds @ holds.T, sizes[:, None], sizes[None, :])


def _jaccard(shared: ArrayLike, first: ArrayLike, second: ArrayLike) -> Floats:
    either = np.add(first, second) - np.asarray(shared)
    return np.where(either == 0, 0.0, 1 - shared / np.maximum(either, 1))


def _masi(shared: ArrayLike, first: ArrayLike, second: ArrayLike) -> Floats:
    equal = np.equal(first, second) & np.equal(shared, first)
    subset = np.equal(shared, np.minimum(first, second))
    return 1 - (1 - _jaccard(shared, first, second)) * np.where(equal, 1, np.where(subset, 2 / 3, 1 / 3))


@dataclass(frozen=True)
class _Intervals:
    """How intervals are made: from resamples of transcripts, or, where these are few, by the cluster delta method."""

    transcripts: int
    weights: Floats | None
    method: str

    @classmethod
    def over(cls, transcripts: int, seed: int, replicates: int) -> _Intervals:
        if transcripts < 2:
            return cls(transcripts, None, ONE_TRANSCRIPT)
        if transcripts < FEW_TRANSCRIPTS:
            method = f"95 % t interval, cluster delta method over {transcripts} transcripts (Vanbelle 2017)"
            return cls(transcripts, None, method)
        drawn = np.random.default_rng(seed).multinomial(transcripts, [1 / transcripts] * transcripts, replicates)
        method = f"{replicates} resamples of {transcripts} transcripts, seed {seed} (Field and Welsh 2007)"
        return cls(transcripts, drawn.astype(np.float64), f"95 % percentile interval, cluster bootstrap, {method}")

    def estimate(self, form: Form, fault: str, lowest: float = -1.0) -> Estimate:
        """Return the coefficient with its interval; ``fault`` is the reason should it be undefined."""
        value = _value(form, self.transcripts)
        if value is None:
            return Estimate(None, reason=fault)
        if self.transcripts < 2:
            return Estimate(value, reason=ONE_TRANSCRIPT)
        if self.weights is None:
            return _delta_interval(form, self.transcripts, value, lowest)
        return _bootstrap_interval(form, self.weights, value)


def _point(form: Form, judged: _Judgements, fault: str) -> Estimate:
    value = _value(form, judged.transcripts)
    return Estimate(value, reason=fault if value is None else "")


def _value(form: Form, transcripts: int) -> float | None:
    value = float(_evaluate(form, np.ones((1, transcripts)))[0])
    return value if math.isfinite(value) else None


def _evaluate(form: Form, weights: NDArray[Any]) -> NDArray[Any]:
    with np.errstate(divide="ignore", invalid="ignore"):  # 0 / 0 is how a form says undefined
        return form(weights)


def _bootstrap_interval(form: Form, weights: Floats, value: float) -> Estimate:
    """Return the percentile interval of the cluster bootstrap (Field and Welsh 2007)."""
    drawn = _evaluate(form, weights)
    defined = drawn[np.isfinite(drawn)]
    if not defined.size or np.ptp(defined) < _NOTHING:
        return Estimate(value, reason=NO_VARIATION)
    left_out = 1 - defined.size / drawn.size
    low, high = np.quantile(defined, [0.025, 0.975])
    reason = f"{left_out:.0%} of the resamples left it undefined and were left out" if left_out > LEFT_OUT else ""
    return Estimate(value, float(low), float(high), reason)


def _delta_interval(form: Form, transcripts: int, value: float, lowest: float) -> Estimate:
    """Return the t interval on the cluster delta method (Vanbelle 2017), cut at the bounds of the coefficient."""
    error = _standard_error(form, transcripts)
    if error < _NOTHING:
        return Estimate(value, reason=NO_VARIATION)
    half = float(stdtrit(transcripts - 1, 0.975)) * error
    return Estimate(value, max(value - half, lowest), min(value + half, 1.0))


def _standard_error(form: Form, transcripts: int) -> float:
    """Return sqrt(G / (G - 1) sum of squared influences), the influence of a transcript its weight's derivative.

    The derivative is taken with a complex step, which is exact to rounding: a form is a rational function.
    """
    step = 1e-20
    influence = _evaluate(form, np.ones((1, transcripts)) + 1j * step * np.eye(transcripts)).imag / step
    deviations = influence - influence.mean()
    return float(np.sqrt(transcripts / (transcripts - 1) * (deviations**2).sum()))
