"""Percent agreement, and the coefficients that correct it for chance with weights of agreement between categories."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, Literal

import numpy as np

from autocoder.agree.corrected import (
    ONE_CODER_PAIR,
    Array,
    Parts,
    agreeing,
    beyond_chance,
    coders_form,
    coefficient,
    mean_agreement,
    side_by_side,
    units_form,
    with_gwets_error,
)
from autocoder.agree.form import Floats, Form, Ints, added
from autocoder.agree.ratings import NO_PAIR, Judgements, NotComparable, Rows, kinds_of
from autocoder.agree.result import Coefficient
from autocoder.agree.weights import Table, Weights, agreement_weights, quadratic, total_weight

Categories = Sequence[Hashable] | None
Chance = Callable[[Table, int], Callable[[Array], Array]]
"""Weights, and how many categories -> what pi_k, the mean share of ratings in each category, gives as p_e."""
Definition = Literal["unit-mean", "pooled-pairs", "one-minus-do"]

NO_CHANCE = "agreement by chance alone would be complete"


def percent_agreement(
    ratings: Rows,
    second: Sequence[Any] | None = None,
    *,
    definition: Definition = "unit-mean",
    weights: Weights = None,
    categories: Categories = None,
) -> Coefficient:
    """Return the share of agreeing pairs of coders in a unit.

    Three definitions differ when ratings are missing, and are one when none is:

    - ``unit-mean``: averaged over units with two ratings or more (Gwet 2014, p_a)
    - ``pooled-pairs``: agreeing pairs of all units over pairs of all units
    - ``one-minus-do``: 1 - D_o, units weighted by their number of ratings (Krippendorff 2019)

    >>> percent_agreement([[1, 0, 1, 1, None], [1, 0, 0, 1, 1]]).value
    0.75
    """
    judged = kinds_of(ratings, categories, second)
    if definition not in PERCENTS:
        raise NotComparable(f"percent agreement has no definition {definition!r}; it has {', '.join(PERCENTS)}.")
    return percent_of(judged, _weights(judged, weights, categories), definition)


def percent_of(judged: Judgements, weights: Table, definition: Definition = "unit-mean") -> Coefficient:
    """Return percent agreement in one of its definitions."""
    name, weighted_by = PERCENTS[definition]
    judged = judged.where(judged.ratings >= 1) if definition == "unit-mean" else judged.pairable()
    importance = weighted_by(judged.ratings) * (judged.ratings >= 2)
    amounts = np.column_stack([importance, importance * agreeing(judged, weights), np.ones(len(importance))])
    form = judged.adding(amounts, mean_agreement)
    found = coefficient(f"percent agreement, {name}", judged, form, None, NO_PAIR, lowest=0.0)
    return with_gwets_error(replace(found, observed=found.value)) if definition == "unit-mean" else found


PERCENTS: dict[str, tuple[str, Callable[[Ints], Floats]]] = {
    "unit-mean": ("mean over units (Gwet 2014)", lambda ratings: np.ones(len(ratings))),
    "pooled-pairs": ("all pairs pooled", lambda ratings: ratings * (ratings - 1) / 2),
    "one-minus-do": ("1 - D_o (Krippendorff 2019)", lambda ratings: ratings.astype(np.float64)),
}


def cohen_kappa(
    ratings: Rows, second: Sequence[Any] | None = None, *, weights: Weights = None, categories: Categories = None
) -> Coefficient:
    """Return Cohen's kappa (1960) of two coders, with weights his weighted kappa (1968), on the units that both rated.

    It is (p_o - p_e) / (1 - p_e) with p_e the sum of w_kl p_k+ p_+l. A rare category can bring 94 % agreement and a
    kappa below zero (Gwet 2008):

    >>> round(cohen_kappa([1] * 123 + [0] * 2, [1] * 118 + [0] * 5 + [1] * 2).value, 4)
    -0.0234
    >>> cohen_kappa(["a", "a", None], ["a", "a", "b"]).reason
    'only one category was used'
    """
    judged = _two(kinds_of(ratings, categories, second), "Cohen's kappa")
    name = "Cohen's kappa (Cohen 1960)" if weights is None else f"weighted kappa{_said(weights)} (Cohen 1968)"
    table = _weights(judged, weights, categories)
    parts = by_coders(table, 2)
    form = coders_form(judged, table, beyond_chance(parts))
    found = coefficient(name, judged, form, parts, judged.fault(NO_CHANCE))
    return replace(found, linearised=lambda: form, large_sample=True)


def weighted_kappa(
    ratings: Rows, second: Sequence[Any] | None = None, weights: Weights = "linear", *, categories: Categories = None
) -> Coefficient:
    """Return the weighted kappa of two coders (Cohen 1968); ``weights`` are linear, quadratic or a matrix.

    >>> from autocoder.agree import from_table
    >>> table = from_table([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    >>> round(weighted_kappa(table, weights=[[0, 1, 3], [1, 0, 6], [3, 6, 0]]).value, 3)
    0.348
    """
    return cohen_kappa(ratings, second, weights=weights, categories=categories)


def kappa_max(ratings: Rows, second: Sequence[Any] | None = None, *, categories: Categories = None) -> Coefficient:
    """Return the largest kappa that these marginals allow, with p_o the sum of min(p_k+, p_+k) (Cohen 1960)."""
    judged = _two(kinds_of(ratings, categories, second), "kappa's maximum")
    chance = by_coders(None, 2)

    def parts(totals: Array) -> tuple[Array, Array]:
        first, other = _marginals(totals, 2)
        return np.where(first.real < other.real, first, other).sum(axis=-1), chance(totals)[1]

    form = coders_form(judged, None, beyond_chance(parts))
    return coefficient("largest kappa (Cohen 1960)", judged, form, parts, judged.fault(NO_CHANCE))


def scott_pi(
    ratings: Rows, second: Sequence[Any] | None = None, *, weights: Weights = None, categories: Categories = None
) -> Coefficient:
    """Return Scott's pi (1955) of two coders, on the units that both rated.

    p_e is the sum of w_kl pi_k pi_l, with pi the mean of the two coders' marginals.

    >>> from autocoder.agree import from_table
    >>> round(scott_pi(from_table([[118, 5], [2, 0]])).value, 4)
    -0.0288
    """
    judged = _two(kinds_of(ratings, categories, second), "Scott's pi")
    return _of_units(f"Scott's pi{_said(weights)} (Scott 1955)", judged, weights, categories, _by_mean)


def fleiss_kappa(
    ratings: Rows,
    *,
    weights: Weights = None,
    categories: Categories = None,
    unequal: Literal["gwet", "fleiss"] = "gwet",
) -> Coefficient:
    """Return Fleiss's kappa (1971): p_e is the sum of w_kl pi_k pi_l, with pi_k the mean of r_ik / r_i over units.

    Where units have unequal numbers of ratings there are two generalisations, one when the numbers are equal:
    ``unequal="gwet"`` weights units equally (Gwet 2014), ``"fleiss"`` is that of Fleiss, Levin and Paik (2003, 18.3),
    1 - sum of r_i (1 - p_i) / ((r - 1) n (1 - p_e)) with r the mean number of ratings. On their table 18.7:

    >>> from autocoder.agree import from_counts
    >>> units = [(2, 0), (0, 2), (2, 1), (3, 1), (3, 0), (1, 3), (0, 3), (0, 5), (0, 2), (4, 0), (5, 0), (3, 0), (4, 0),
    ...          (3, 1), (0, 2), (2, 0), (1, 2), (1, 1), (1, 3), (4, 1), (2, 1), (0, 4), (0, 3), (3, 0), (2, 0)]
    >>> rows = from_counts(units)
    >>> round(fleiss_kappa(rows).value, 3), round(fleiss_kappa(rows, unequal="fleiss").value, 3)
    (0.562, 0.542)
    """
    judged = kinds_of(ratings, categories)
    if unequal == "fleiss":
        return _fleiss_2003(judged.pairable(), _weights(judged, weights, categories), _said(weights))
    return _of_units(f"Fleiss's kappa{_said(weights)} (Fleiss 1971)", judged, weights, categories, _by_mean)


def fleiss_kappa_by_category(ratings: Rows, *, categories: Categories = None) -> dict[Hashable, Coefficient]:
    """Return Fleiss's kappa of each category against all the others together (Fleiss, Nee and Landis 1979)."""
    judged = kinds_of(ratings, categories)
    name = "Fleiss's kappa of one category (Fleiss, Nee and Landis 1979)"
    return {
        category: _of_units(name, judged.against_the_rest(number), None, None, _by_mean)
        for number, category in enumerate(judged.categories)
    }


def conger_kappa(ratings: Rows, *, weights: Weights = None, categories: Categories = None) -> Coefficient:
    """Return Conger's kappa (1980) of any number of coders: p_e is the mean of the chance products of pairs of coders.

    It is Cohen's kappa for two coders, and also Hubert's and Davies and Fleiss's. With missing ratings each coder's
    marginals are taken over the units that he rated (Gwet 2014).
    """
    judged = kinds_of(ratings, categories)
    judged = replace(judged, values=judged.values[judged.rated.any(axis=1)])
    judged = judged.where(judged.ratings >= 1)
    table = _weights(judged, weights, categories)
    parts = by_coders(table, judged.coders)
    form = coders_form(judged, table, beyond_chance(parts))
    found = coefficient(f"Conger's kappa{_said(weights)} (Conger 1980)", judged, form, parts, judged.fault(NO_CHANCE))
    return with_gwets_error(found)


def light_kappa(ratings: Rows, *, weights: Weights = None, categories: Categories = None) -> Coefficient:
    """Return the mean of the Cohen kappas of all pairs of coders (Light 1971), each on the units that both rated.

    It is undefined as soon as one pair's kappa is. It is neither Conger's kappa nor Fleiss's.

    >>> round(light_kappa([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0]]).value, 4)
    0.6667
    """
    judged = kinds_of(ratings, categories)
    return light_of(judged, _weights(judged, weights, categories), _said(weights))


def light_of(judged: Judgements, weights: Table, said: str = "") -> Coefficient:
    """Return the mean of the Cohen kappas of all pairs of coders (Light 1971)."""
    judged = judged.pairable()
    form, parts = pairwise_form(judged, weights)
    fault = judged.fault(ONE_CODER_PAIR)
    return coefficient(f"mean of pairwise kappas{said} (Light 1971)", judged, form, parts, fault)


def gwet_ac1(ratings: Rows, second: Sequence[Any] | None = None, *, categories: Categories = None) -> Coefficient:
    """Return Gwet's AC1 (2008): p_e is the sum of pi_k (1 - pi_k) over k, divided by q - 1.

    q is the number of ``categories``: name those of the codebook, or it is the number that was used.

    >>> from autocoder.agree import from_table
    >>> round(gwet_ac1(from_table([[118, 5], [2, 0]])).value, 4)
    0.9408
    """
    return gwet_ac2(ratings, second, weights=None, categories=categories)


def gwet_ac2(
    ratings: Rows, second: Sequence[Any] | None = None, weights: Weights = "quadratic", *, categories: Categories = None
) -> Coefficient:
    """Return Gwet's AC2 (2014): p_e is T_w / (q (q - 1)) times the sum of pi_k (1 - pi_k), T_w the sum of weights."""
    judged = kinds_of(ratings, categories, second)
    name = "Gwet's AC1 (Gwet 2008)" if weights is None else f"Gwet's AC2{_said(weights)} (Gwet 2014)"
    return _of_units(name, judged, weights, categories, _by_spread)


def brennan_prediger(
    ratings: Rows, second: Sequence[Any] | None = None, *, weights: Weights = None, categories: Categories = None
) -> Coefficient:
    """Return the kappa of Brennan and Prediger (1981), p_e = T_w / q^2; it is Bennett's S and Randolph's kappa (2005).

    q is the number of ``categories``: name those of the codebook, or it is the number that was used.

    >>> from autocoder.agree import from_table
    >>> round(brennan_prediger(from_table([[50, 0, 10], [0, 10, 10], [10, 10, 0]])).value, 2)
    0.4
    """
    judged = kinds_of(ratings, categories, second)
    name = f"Brennan and Prediger's kappa{_said(weights)} (Brennan and Prediger 1981)"
    return _of_units(name, judged, weights, categories, _by_categories)


def randolph_kappa(ratings: Rows, *, categories: Categories = None) -> Coefficient:
    """Return Randolph's free-marginal kappa (2005): :func:`brennan_prediger` of any number of coders."""
    return replace(brennan_prediger(ratings, categories=categories), name="free-marginal kappa (Randolph 2005)")


def pabak(ratings: Rows, second: Sequence[Any] | None = None, *, positive: Hashable = 1) -> Coefficient:
    """Return the prevalence- and bias-adjusted kappa, 2 p_o - 1, of one category against the rest (Byrt et al. 1993).

    With two categories it does not matter which is the positive one.

    >>> from autocoder.agree import from_table
    >>> round(pabak(from_table([[40, 9], [6, 45]])).value, 2)
    0.7
    """
    judged = kinds_of(ratings, None, second)
    return pabak_of(judged, 0 if len(judged.categories) == 2 else judged.number_of(positive))


def pabak_of(judged: Judgements, positive: int) -> Coefficient:
    """Return the prevalence- and bias-adjusted kappa of the category of this number against the rest."""
    judged = judged.against_the_rest(positive)
    return _of_units("PABAK (Byrt, Bishop and Carlin 1993)", judged, None, None, _by_categories)


def ac1_of(judged: Judgements) -> Coefficient:
    """Return Gwet's AC1 (2008) over all the categories of these judgements."""
    return _of_units("Gwet's AC1 (Gwet 2008)", judged, None, None, _by_spread)


def pairwise_form(judged: Judgements, weights: Table) -> tuple[Form, Parts]:
    """The mean of Cohen's kappas over pairs of coders; observed and expected agreement are means over pairs too."""
    forms = pair_forms(judged, weights)
    of_pair = by_coders(weights, 2)
    kappa = beyond_chance(of_pair)
    form = side_by_side(forms, lambda each: np.mean([kappa(totals) for totals in each], axis=0))
    width = 3 + 2 * len(judged.categories)

    def parts(totals: Array) -> tuple[Array, Array]:
        each = [of_pair(totals[..., start : start + width]) for start in range(0, width * len(forms), width)]
        return np.mean([a for a, _ in each], axis=0), np.mean([e for _, e in each], axis=0)

    return form, parts


def pair_forms(judged: Judgements, weights: Table) -> list[Form]:
    """Return the totals of each pair of coders, as :func:`by_coders` takes them."""
    return [_pair_form(judged, one, other, weights) for one, other in combinations(range(judged.coders), 2)]


def _pair_form(judged: Judgements, one: int, other: int, weights: Table) -> Form:
    """The totals of two coders, from units of which some are not theirs."""
    both = judged.rated[one] & judged.rated[other]
    pair = Judgements(judged.values[[one, other]][:, both], judged.categories, both)
    form = coders_form(pair, weights, lambda totals: totals)
    return judged.form(lambda clusters, number: form.sums(clusters[both], number), form.value)


def by_coders(weights: Table, coders: int) -> Parts:
    """p_a, and the mean over ordered pairs of coders of the sum of w_kl p_gk p_hl: totals of ``coders_form``."""

    def parts(totals: Array) -> tuple[Array, Array]:
        shares = _marginals(totals, coders)
        together = sum(shares[1:], start=shares[0])
        alone = sum(quadratic(share, weights) for share in shares)
        return mean_agreement(totals), (quadratic(together, weights) - alone) / (coders * (coders - 1))

    return parts


def _marginals(totals: Array, coders: int) -> list[Array]:
    used = totals[..., 3:]
    each = np.moveaxis(used.reshape(*used.shape[:-1], coders, -1), -2, 0)
    return [counts / counts.sum(axis=-1, keepdims=True) for counts in each]


def _of_units(name: str, judged: Judgements, weights: Weights, categories: Categories, chance: Chance) -> Coefficient:
    judged = judged.where(judged.ratings >= 1)
    table = _weights(judged, weights, categories)
    expected = chance(table, len(judged.categories))

    def parts(totals: Array) -> tuple[Array, Array]:
        return mean_agreement(totals), expected(totals[..., 3:] / totals[..., 2:3])

    form = units_form(judged, table, beyond_chance(parts))
    found = coefficient(name, judged, form, parts, judged.fault(NO_CHANCE))
    return with_gwets_error(found)


def _by_mean(weights: Table, _size: int) -> Callable[[Array], Array]:
    return lambda shares: quadratic(shares, weights)


def _by_spread(weights: Table, size: int) -> Callable[[Array], Array]:
    factor = total_weight(weights, size) / max(size * (size - 1), 1)
    return lambda shares: factor * (shares * (1 - shares)).sum(axis=-1)


def _by_categories(weights: Table, size: int) -> Callable[[Array], Array]:
    chance = total_weight(weights, size) / max(size, 1) ** 2
    return lambda shares: chance + 0 * shares.sum(axis=-1)


def _fleiss_2003(judged: Judgements, weights: Table, said: str) -> Coefficient:
    """1 - sum of r_i (1 - p_i) / (n (r - 1) (1 - p_e)), p_e from all ratings together."""
    apart = (judged.ratings - 1) * (1 - agreeing(judged, weights))

    def parts(totals: Array) -> tuple[Array, Array]:
        ratings, units = totals[..., 1], totals[..., 2]
        shares = totals[..., 3:] / totals[..., 3:].sum(axis=-1, keepdims=True)
        return 1 - totals[..., 0] / (ratings - units), quadratic(shares, weights)

    def sums(clusters: Ints, number: int) -> Floats:
        amounts = (apart, judged.ratings.astype(np.float64), np.ones(len(apart)))
        counted = [added(amount, clusters, number) for amount in amounts]
        return np.column_stack([*counted, judged.counts(clusters, number)])

    form = judged.form(sums, beyond_chance(parts))
    name = f"Fleiss's kappa{said} (Fleiss, Levin and Paik 2003)"
    return coefficient(name, judged, form, parts, judged.fault(NO_CHANCE))


def _two(judged: Judgements, name: str) -> Judgements:
    if judged.coders != 2:
        raise NotComparable(f"{name} compares two coders, not {judged.coders}; take Conger's, Fleiss's or Light's.")
    return judged.pairable()


def _weights(judged: Judgements, weights: Weights, categories: Categories) -> Table:
    return agreement_weights(weights, judged.categories, in_order=categories is not None)


def _said(weights: Weights) -> str:
    return "" if weights is None else f", {weights} weights" if isinstance(weights, str) else ", weighted"
