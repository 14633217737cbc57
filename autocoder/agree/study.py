"""How far the coders of a study agree: on the sets of codes as a whole, and on each code, with intervals.

Every figure of a study rests on the same transcripts, the units of resampling, so that codes can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from autocoder.agree.alpha import alpha
from autocoder.agree.corrected import ONE_CODER_PAIR, Array, side_by_side
from autocoder.agree.form import Floats, Ints
from autocoder.agree.intervals import (
    ONE_CLUSTER,
    bootstrap_method,
    delta,
    delta_method,
    numbered_clusters,
    percentiles,
    resamples,
)
from autocoder.agree.kappas import ac1_of, by_coders, light_of, pabak_of, pair_forms, percent_of
from autocoder.agree.multivalued import alpha_of_codes
from autocoder.agree.present import index_of_bias, index_of_prevalence, off_category, on_category
from autocoder.agree.ratings import Judgements, NotComparable, numbered
from autocoder.agree.result import Coefficient, NoSuchInterval

FOR_TWO = "it is defined for two coders"


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
        values = incidence(self, [code])[0].astype(np.float64)
        return np.where(values < 0, np.nan, values)


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
    positive agreement, the figure to read first when a code is rare. ``prevalence_index`` and ``bias_index`` (Byrt et
    al. 1993, their sign kept) say why a kappa is low and are defined for two coders.
    """

    code: str
    units: int
    positive_by_coder: tuple[int, ...]
    prevalence: float | None
    percent: Estimate
    kappa: Estimate
    alpha: Estimate
    ac1: Estimate
    pabak: Estimate
    positive: Estimate
    negative: Estimate
    prevalence_index: Estimate
    bias_index: Estimate


@dataclass(frozen=True)
class Agreement:
    """Agreement of some coders: on the sets of codes as a whole, and on each code.

    ``units`` and ``transcripts`` count what at least two coders judged, and every figure rests on these; ``missing`` is
    the share of coders x units, among all units given, without a judgement. ``percent`` is exact agreement of sets.
    ``kappa`` is pooled over the codes (De Vries et al. 2008), ``alpha_masi`` and ``alpha_jaccard`` are Krippendorff's
    alpha on sets, ``alpha_multivalued`` that of Krippendorff and Craggs (2016). ``interval`` says how the intervals
    were made, for the line under a table.
    """

    coders: tuple[str, ...]
    units: int
    transcripts: int
    missing: float | None
    percent: Estimate
    kappa: Estimate
    alpha_masi: Estimate
    alpha_jaccard: Estimate
    alpha_multivalued: Estimate
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


def agreement(
    ratings: Ratings, codes: Sequence[str], seed: int, replicates: int = 1000, method: str = "cluster-delta"
) -> Agreement:
    """Return the agreement of all the coders on these codes; other codes in the sets are put aside.

    ``method`` is ``cluster-delta``, or ``cluster-bootstrap``, for which every figure rests on the same resamples of
    transcripts.
    """
    if not codes:
        raise NotComparable("agreement needs a code; name one of the codebook.")
    if len(ratings.coders) < 2:
        raise NotComparable("agreement needs the ratings of two coders; name another coder.")
    sets = _sets(ratings, codes)
    present = _present(ratings, codes)
    intervals = _Intervals.over(
        [ratings.groups[unit] for unit in np.flatnonzero(sets.enters)], seed, replicates, method
    )
    by = (intervals.clusters, intervals.transcripts)
    return Agreement(
        coders=ratings.coders,
        units=sets.units,
        transcripts=intervals.transcripts,
        missing=_missing(ratings),
        percent=intervals.estimate(percent_of(sets, None)),
        kappa=intervals.estimate(pooled_kappa(present)),
        alpha_masi=intervals.estimate(alpha(sets, "masi", clusters=by)),
        alpha_jaccard=intervals.estimate(alpha(sets, "jaccard", clusters=by)),
        alpha_multivalued=intervals.estimate(alpha_of_codes(sets)),
        by_code=tuple(_on_code(code, judged, intervals) for code, judged in zip(codes, present, strict=True)),
        interval=intervals.said,
    )


def _sets(ratings: Ratings, codes: Sequence[str]) -> Judgements:
    """The sets of these codes as values, in the units that two coders judged."""
    kept = frozenset(codes)
    rows = [[None if given is None else given & kept for given in row] for row in ratings.sets]
    return Judgements.of(*numbered(rows)).in_kinds().pairable()


def _present(ratings: Ratings, codes: Sequence[str]) -> list[Judgements]:
    """Each code present (1) or absent (0), in the units that two coders judged."""
    values = incidence(ratings, codes)
    paired = (values[0] >= 0).sum(axis=0) >= 2
    return [Judgements.of(each[:, paired], (0, 1)).in_kinds() for each in values]


def incidence(ratings: Ratings, codes: Sequence[str]) -> Ints:
    """Return codes x coders x units: 1 where the coder gave the code, 0 where not, -1 where the unit was not seen."""
    places = {code: place for place, code in enumerate(codes)}
    values = np.zeros((len(codes), len(ratings.coders), len(ratings.groups)), dtype=np.int64)
    for coder, row in enumerate(ratings.sets):
        for unit, given in enumerate(row):
            if given is None:
                values[:, coder, unit] = -1
            elif given:
                values[[places[code] for code in given if code in places], coder, unit] = 1
    return values


def _missing(ratings: Ratings) -> float | None:
    unseen = [given is None for row in ratings.sets for given in row]
    return sum(unseen) / len(unseen) if unseen else None


def _on_code(code: str, judged: Judgements, intervals: _Intervals) -> CodeAgreement:
    given = tuple(int(count) for count in (judged.values == 1) @ judged.many)
    judgements = int(judged.many @ judged.ratings)
    two = judged.coders == 2
    return CodeAgreement(
        code=code,
        units=judged.units,
        positive_by_coder=given,
        prevalence=sum(given) / judgements if judgements else None,
        percent=intervals.estimate(percent_of(judged, None)),
        kappa=intervals.estimate(light_of(judged, None)),
        alpha=intervals.estimate(alpha(judged)),
        ac1=intervals.estimate(ac1_of(judged)),
        pabak=intervals.estimate(pabak_of(judged, 1)),
        positive=intervals.estimate(on_category(judged, 1)),
        negative=intervals.estimate(off_category(judged, 1)),
        prevalence_index=intervals.estimate(index_of_prevalence(judged, 1)) if two else Estimate(None, reason=FOR_TWO),
        bias_index=intervals.estimate(index_of_bias(judged, 1)) if two else Estimate(None, reason=FOR_TWO),
    )


def pooled_kappa(codes: Sequence[Judgements]) -> Coefficient:
    """Return Cohen's kappa, averaged over pairs of coders (Light 1971) and pooled over codes (De Vries et al. 2008).

    Pooling is (mean p_o - mean p_e) / (1 - mean p_e), with means over codes: unlike a mean of kappas it holds when some
    codes are hardly used, and unlike one kappa over all unit-code cells it keeps the chance agreement of each code.
    """
    coders = codes[0].coders
    by_code = [list(pair_forms(judged, None)) for judged in codes]
    of_pair = by_coders(None, 2)

    def kappa(each: list[Array]) -> Array:
        found = [of_pair(totals) for totals in each]
        beyond = np.stack([observed - expected for observed, expected in found])
        possible = np.stack([1 - expected for _, expected in found])
        pairs = (len(codes), -1, *beyond.shape[1:])
        by_pair: Array = beyond.reshape(pairs).sum(axis=0) / possible.reshape(pairs).sum(axis=0)
        return np.asarray(by_pair.mean(axis=0))

    form = side_by_side([form for forms in by_code for form in forms], kappa)
    value = form.estimate() if codes[0].units else None
    faults = {judged.fault(ONE_CODER_PAIR) for judged in codes}
    fault = faults.pop() if len(faults) == 1 else ONE_CODER_PAIR
    name = "Cohen's kappa" if coders == 2 else "mean of pairwise kappas (Light 1971)"
    return Coefficient(
        name=f"{name}, pooled over codes (De Vries et al. 2008)",
        value=value,
        units=codes[0].units,
        coders=coders,
        reason=fault if value is None else "",
        form=form,
        enters=codes[0].enters,
    )


@dataclass(frozen=True)
class _Intervals:
    """How intervals are made: by the cluster delta method, or from the same resamples of transcripts throughout."""

    clusters: Ints
    transcripts: int
    said: str
    weights: Floats | None

    @classmethod
    def over(cls, groups: Sequence[str], seed: int, replicates: int, method: str) -> _Intervals:
        if method not in {"cluster-delta", "cluster-bootstrap"}:
            raise NoSuchInterval(f"a study has no interval called {method!r}; take cluster-delta or cluster-bootstrap.")
        clusters, number = numbered_clusters(groups)
        by_bootstrap = method == "cluster-bootstrap"
        said = bootstrap_method(0.95, number, seed, replicates) if by_bootstrap else delta_method(0.95, number)
        weights = resamples(number, seed, replicates) if by_bootstrap and number > 1 else None
        return cls(clusters, number, ONE_CLUSTER if number < 2 else said, weights)

    def estimate(self, found: Coefficient) -> Estimate:
        """Return a coefficient of the units that two coders judged with its interval."""
        if found.value is None or found.form is None:
            return Estimate(None, reason=found.reason)
        clustered = found.form.over(self.clusters, self.transcripts)
        if self.weights is not None:
            interval = percentiles(clustered.values(self.weights), 0.95, self.said, self.transcripts)
        else:
            interval = delta(clustered, found.value, 0.95, found.lowest)
        return Estimate(found.value, interval.low, interval.high, interval.reason)
