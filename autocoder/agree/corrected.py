"""How a chance-corrected coefficient is put together: (p_a - p_e) / (1 - p_e), as totals over units.

Notation of Gwet (2014): unit i has r_i ratings, r_ik of them in category k; w are weights of agreement; n' units have
two ratings or more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocoder.agree.form import Floats, Form, Ints, Value, added, evaluated
from autocoder.agree.ratings import Judgements
from autocoder.agree.result import Coefficient
from autocoder.agree.weights import Table

Array = NDArray[Any]
Parts = Callable[[Array], tuple[Array, Array]]
"""Totals -> observed and expected agreement."""

ONE_CODER_PAIR = "two of the coders share no unit, or used one and the same category only"


def agreeing(judged: Judgements, weights: Table) -> Floats:
    """Return for each unit the weight of its agreeing pairs of coders, as a share of its pairs (0 without a pair)."""
    found = np.zeros(len(judged.ratings))
    for first, second, both in judged.pairs():
        found += both & (first == second) if weights is None else np.where(both, weights[first, second], 0.0)
    ratings = judged.ratings
    return found / np.maximum(ratings * (ratings - 1) / 2, 1)


def mean_agreement(totals: Array) -> Array:
    """Return p_a of totals whose first two are n' and the sum over units of :func:`agreeing`."""
    observed: Array = totals[..., 1] / totals[..., 0]
    return observed


def units_form(judged: Judgements, weights: Table, value: Value) -> Form:
    """Totals: n', the sum of agreement over units, n, and the sum over units of r_ik / r_i for each k."""
    share = agreeing(judged, weights)
    paired = (judged.ratings >= 2).astype(np.float64)
    inverse = 1 / np.maximum(judged.ratings, 1)

    def sums(clusters: Ints, number: int) -> Floats:
        shares = judged.counts(clusters, number, inverse)
        counted = [added(amount, clusters, number) for amount in (paired, share, np.ones(len(judged.ratings)))]
        return np.column_stack([*counted, shares])

    return judged.form(sums, value)


def coders_form(judged: Judgements, weights: Table, value: Value) -> Form:
    """Totals: n', the sum of agreement over units, n, and for each coder how often he used each category."""
    share = agreeing(judged, weights)
    paired = (judged.ratings >= 2).astype(np.float64)
    size = len(judged.categories)

    def sums(clusters: Ints, number: int) -> Floats:
        used = [
            np.bincount((clusters * size + row)[rated], minlength=number * size).reshape(number, size)
            for row, rated in zip(judged.values, judged.rated, strict=True)
        ]
        counted = [added(amount, clusters, number) for amount in (paired, share, np.ones(len(judged.ratings)))]
        return np.column_stack([*counted, *used])

    return judged.form(sums, value)


def beyond_chance(parts: Parts) -> Value:
    """Return (p_a - p_e) / (1 - p_e) as a function of totals."""

    def value(totals: Array) -> Array:
        observed, expected = parts(totals)
        return np.asarray((observed - expected) / (1 - expected))

    return value


def coefficient(
    name: str, judged: Judgements, form: Form, parts: Parts | None, fault: str, lowest: float = -1.0
) -> Coefficient:
    """Return the coefficient that a form gives; ``fault`` is the reason should it be undefined."""
    if parts is None:
        return answer(name, judged, form, fault, lowest)
    observed, expected = evaluated(lambda given: np.stack(parts(given)), form.totals()).tolist()
    return answer(name, judged, form, fault, lowest, (observed, expected))


def answer(
    name: str,
    judged: Judgements,
    form: Form,
    fault: str,
    lowest: float = -1.0,
    parts: tuple[float, float] | None = None,
) -> Coefficient:
    """Return the coefficient of a form and of its observed and expected (dis)agreement.

    One that corrects for chance, having these parts, is undefined as soon as one category only was used, whatever its
    formula gives.
    """
    paired = judged.paired
    undefined = not paired.units or (parts is not None and paired.categories < 2)
    value = None if undefined else form.estimate()
    observed, expected = (part if math.isfinite(part) else None for part in parts or (math.nan, math.nan))
    return Coefficient(
        name=name,
        value=value,
        units=paired.units,
        coders=judged.coders,
        categories=judged.categories,
        reason=fault if value is None else "",
        observed=observed,
        expected=expected,
        pairs=paired.pairs,
        lowest=lowest,
        form=form,
        enters=judged.enters,
    )


def with_gwets_error(found: Coefficient) -> Coefficient:
    """Add the form that Gwet linearises: the value times the share of units with a pair, over that share held fixed.

    His linearised values leave n' / n fixed; they differ from the delta method's where units with one rating count.
    """
    form = found.form
    if form is None or found.value is None:
        return found

    def linearised() -> Form:
        paired, _, units = form.totals()[:3]
        fixed = units / paired
        return Form(
            form.units,
            form.sums,
            lambda totals: np.asarray(form.value(totals) * (totals[..., 0] / totals[..., 2]) * fixed),
        )

    return replace(found, linearised=linearised)


def side_by_side(forms: Sequence[Form], value: Callable[[list[Array]], Array]) -> Form:
    """Return a form of the totals of several forms over the same units; ``value`` is given the totals of each."""
    widths = [len(form.totals()) for form in forms]
    edges = np.cumsum([0, *widths])

    def sums(clusters: Ints, number: int) -> Floats:
        return np.concatenate([form.sums(clusters, number) for form in forms], axis=1)

    return Form(forms[0].units, sums, lambda totals: value([totals[..., a:b] for a, b in pairwise(edges)]))
