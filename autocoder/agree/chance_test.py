"""Is a kappa more than chance? Errors under the hypothesis of no agreement, for a z test and never for an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from autocoder.agree.form import Floats
from autocoder.agree.kappas import Categories, cohen_kappa, fleiss_kappa
from autocoder.agree.ratings import Judgements, Rows, kinds_of
from autocoder.agree.weights import Weights, agreement_weights


@dataclass(frozen=True)
class KappaErrors:
    """The standard errors that go by the name of kappa's, None where one is not defined, and the test against chance.

    ``large_sample`` is the one for an interval (Fleiss, Cohen and Everitt 1969), ``null`` holds when the coders agree
    by chance only, and ``cohen1960`` is the first and crudest one. ``z`` is kappa over ``null``, ``p`` its two-sided
    tail.
    """

    value: float | None
    large_sample: float | None
    null: float | None
    cohen1960: float | None
    z: float | None
    p: float | None
    reason: str = ""


def kappa_errors(
    ratings: Rows, second: Sequence[Any] | None = None, *, weights: Weights = None, categories: Categories = None
) -> KappaErrors:
    """Return the errors of Cohen's kappa or his weighted kappa, and its test against chance.

    >>> from autocoder.agree import from_table
    >>> tried = kappa_errors(from_table([[88, 14, 18], [10, 40, 10], [2, 6, 12]]))
    >>> round(tried.large_sample, 4), round(tried.null, 4), round(tried.cohen1960, 4)
    (0.051, 0.052, 0.0549)
    """
    found = cohen_kappa(ratings, second, weights=weights, categories=categories)
    if found.value is None or found.observed is None or found.expected is None:
        return KappaErrors(None, None, None, None, None, None, found.reason)
    judged = kinds_of(ratings, categories, second).pairable()
    given = agreement_weights(weights, judged.categories, in_order=categories is not None)
    table = np.eye(len(judged.categories)) if given is None else given
    one, other = _shares(judged)
    from_mean = table - (table @ other)[:, None] - (one @ table)[None, :]
    spread = (np.outer(one, other) * from_mean**2).sum() - found.expected**2
    null = float(np.sqrt(spread / judged.units) / (1 - found.expected))
    crude = float(np.sqrt(found.observed * (1 - found.observed) / judged.units) / (1 - found.expected))
    large = found.interval(method="fleiss-cohen-everitt").standard_error
    return _tested(found.value, null, large, crude)


def fleiss_errors(ratings: Rows, *, categories: Categories = None) -> KappaErrors:
    """Return the null error of Fleiss's kappa and its test against chance (Fleiss, Nee and Landis 1979).

    For units with unequal numbers of ratings in two categories it is that of Fleiss and Cuzick (1979), for kappa as in
    Fleiss, Levin and Paik (2003); for more categories there is none.
    """
    judged = kinds_of(ratings, categories).pairable()
    found = fleiss_kappa(ratings, categories=categories, unequal="fleiss")
    if found.value is None:
        return KappaErrors(None, None, None, None, None, None, found.reason)
    shares = judged.counted() / judged.counted().sum()
    if len(set(judged.ratings.tolist())) == 1:
        return _tested(found.value, _null_of_equal(shares, judged.units, int(judged.ratings[0])))
    if judged.paired.categories > 2:
        why = "no error is published for units with unequal numbers of ratings in more than two categories"
        return KappaErrors(found.value, None, None, None, None, None, why)
    return _tested(found.value, _null_of_unequal(float(np.prod(shares[shares > 0])), judged))


def _shares(judged: Judgements) -> Floats:
    size = len(judged.categories)
    return np.stack([np.bincount(row, judged.many, size) for row in judged.values]) / judged.units


def _null_of_equal(shares: Floats, units: int, ratings: int) -> float:
    spread = shares * (1 - shares)
    part = spread.sum() ** 2 - (spread * (1 - 2 * shares)).sum()
    return float(np.sqrt(2 / (units * ratings * (ratings - 1)) * part) / spread.sum())


def _null_of_unequal(product: float, judged: Judgements) -> float:
    mean = np.average(judged.ratings, weights=judged.many)
    harmonic = 1 / np.average(1 / judged.ratings, weights=judged.many)
    part = 2 * (harmonic - 1) + (mean - harmonic) * (1 - 4 * product) / (mean * product)
    return float(np.sqrt(part) / ((mean - 1) * np.sqrt(judged.units * harmonic)))


def _tested(value: float, null: float, large: float | None = None, crude: float | None = None) -> KappaErrors:
    if not null > 0:
        return KappaErrors(value, large, None, crude, None, None, "no error under chance: there is no variation")
    z = value / null
    return KappaErrors(value, large, null, crude, z, float(2 * ndtr(-abs(z))))
