"""One category against the rest: positive and negative agreement, and what makes a kappa low, prevalence and bias."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from autocoder.agree.corrected import Array, coefficient
from autocoder.agree.form import Bools, Floats
from autocoder.agree.ratings import NO_PAIR, Judgements, NotComparable, Rows, kinds_of
from autocoder.agree.result import Coefficient

NOT_USED = "no coder used it"
ALL_USED = "every coder used it everywhere"


def positive_agreement(ratings: Rows, positive: Hashable = 1) -> Coefficient:
    """Return the agreement on one category, 2a / (2a + b + c) (Cicchetti and Feinstein 1990); it is the pairwise F1.

    a counts the units to which both of a pair gave the category, b and c those to which one did; for more than two
    coders the counts of all pairs are added up first.

    >>> round(positive_agreement([[1] * 49 + [0] * 51, [1] * 40 + [0] * 9 + [1] * 6 + [0] * 45]).value, 4)
    0.8421
    """
    judged = kinds_of(ratings).pairable()
    return on_category(judged, judged.number_of(positive))


def negative_agreement(ratings: Rows, positive: Hashable = 1) -> Coefficient:
    """Return the agreement on all but one category, 2d / (2d + b + c) (Cicchetti and Feinstein 1990)."""
    judged = kinds_of(ratings).pairable()
    return off_category(judged, judged.number_of(positive))


def prevalence_index(ratings: Rows, second: Sequence[Any] | None = None, *, positive: Hashable = 1) -> Coefficient:
    """Return (a - d) / n, of the units that both coders gave the category and that neither did (Byrt et al. 1993).

    Its sign is kept; the index of the paper is its size.

    >>> from autocoder.agree import from_table
    >>> prevalence_index(from_table([[45, 6], [9, 40]])).value
    -0.05
    """
    judged = kinds_of(ratings, None, second).pairable()
    return index_of_prevalence(judged, judged.number_of(positive))


def bias_index(ratings: Rows, second: Sequence[Any] | None = None, *, positive: Hashable = 1) -> Coefficient:
    """Return (b - c) / n, of the units that only the first coder gave the category and only the second (Byrt 1993).

    Its sign is kept; the index of the paper is its size.
    """
    judged = kinds_of(ratings, None, second).pairable()
    return index_of_bias(judged, judged.number_of(positive))


def on_category(judged: Judgements, number: int) -> Coefficient:
    """Return positive agreement on the category of this number."""
    given = judged.values == number
    return _specific("positive agreement (Cicchetti and Feinstein 1990)", judged, given, NOT_USED)


def off_category(judged: Judgements, number: int) -> Coefficient:
    """Return negative agreement, that on everything but the category of this number."""
    given = judged.rated & (judged.values != number)
    return _specific("negative agreement (Cicchetti and Feinstein 1990)", judged, given, ALL_USED)


def _specific(name: str, judged: Judgements, given: Bools, fault: str) -> Coefficient:
    """2a / (2a + b + c) over pairs of coders: of n ratings k given, 2a adds k (k - 1) and 2a + b + c adds k (n - 1)."""
    count = given.sum(axis=0)
    amounts = np.column_stack([count * (count - 1), count * (judged.ratings - 1)])
    return coefficient(
        name, judged, judged.adding(amounts, _ratio), None, fault if judged.units else NO_PAIR, lowest=0.0
    )


def index_of_prevalence(judged: Judgements, number: int) -> Coefficient:
    """Return the prevalence index of the category of this number."""
    first, second = _two(judged, number)
    amounts = np.column_stack([first + second - 1, np.ones(len(first))])
    return coefficient(
        "prevalence index (Byrt, Bishop and Carlin 1993)", judged, judged.adding(amounts, _ratio), None, NO_PAIR
    )


def index_of_bias(judged: Judgements, number: int) -> Coefficient:
    """Return the bias index of the category of this number."""
    first, second = _two(judged, number)
    amounts = np.column_stack([first - second, np.ones(len(first))])
    return coefficient(
        "bias index (Byrt, Bishop and Carlin 1993)", judged, judged.adding(amounts, _ratio), None, NO_PAIR
    )


def _two(judged: Judgements, number: int) -> tuple[Floats, Floats]:
    if judged.coders != 2:
        raise NotComparable(f"the indices of prevalence and bias compare two coders, here are {judged.coders}.")
    first, second = (judged.values == number).astype(np.float64)
    return first, second


def _ratio(totals: Array) -> Array:
    ratio: Array = totals[..., 0] / totals[..., 1]
    return ratio
