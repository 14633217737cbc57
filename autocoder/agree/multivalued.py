"""Multi-valued alpha: agreement on sets of codes, with a chance term of codes (Krippendorff and Craggs 2016)."""

from __future__ import annotations

import numpy as np

from autocoder.agree.alpha import NO_DISTANCE, within_units
from autocoder.agree.corrected import Array, coefficient
from autocoder.agree.form import Bools, Floats, Ints, added
from autocoder.agree.ratings import Judgements, Rows, kinds_of
from autocoder.agree.result import Coefficient
from autocoder.agree.sets import SetDistances, as_set, dice_of_sizes


def multi_valued_alpha(ratings: Rows) -> Coefficient:
    """Return the multi-valued nominal alpha of sets of codes (Krippendorff and Craggs 2016), 1 - D_o / D_e.

    Two sets are 1 - 2 size(A and B) / (size(A) + size(B)) apart. D_o is the mean distance of the sets paired within a
    unit. D_e draws the sizes of two sets, and then the codes of two sets of these sizes: a pair of sets is as likely as
    the product of n_l over its codes, with n_l (n_l - 1) for a code that both hold, so that no occurrence of a code is
    drawn twice; sizes of which no pair can be drawn so add nothing. An empty set is the judgement that no code applies.

    Their table 3:

    >>> b, d, bd, abd = {"b"}, {"d"}, {"b", "d"}, {"a", "b", "d"}
    >>> round(multi_valued_alpha([[bd, abd, set(), {"a"}], [d, b, {"a"}, None], [None, bd, {"a"}, None]]).value, 4)
    0.2866
    """
    judged = kinds_of(ratings, of=as_set).pairable()
    return alpha_of_codes(judged)


def alpha_of_codes(judged: Judgements) -> Coefficient:
    """Return the multi-valued alpha of ratings whose categories are sets, in units that two coders rated."""
    sets: list[frozenset[object]] = [as_set(codes) for codes in judged.categories]
    codes = {code: place for place, code in enumerate({code for each in sets for code in each})}
    holds, sizes = np.zeros((len(sets), len(codes))), np.zeros((len(sets), _largest(sets) + 1))
    for row, each in enumerate(sets):
        holds[row, [codes[code] for code in each]] = 1
        sizes[row, len(each)] = 1
    within = within_units(judged, SetDistances(sets, dice_of_sizes).of_pairs)

    def sums(clusters: Ints, number: int) -> Floats:
        counts = judged.counts(clusters, number)
        return np.column_stack([added(within, clusters, number), counts @ sizes, counts @ holds])

    def parts(totals: Array) -> tuple[Array, Array]:
        of_size, of_code = totals[..., 1 : 1 + sizes.shape[1]], totals[..., 1 + sizes.shape[1] :]
        return totals[..., 0] / of_size.sum(axis=-1), expected_disagreement(of_size, of_code)

    def value(totals: Array) -> Array:
        observed, expected = parts(totals)
        return 1 - observed / expected

    name = "multi-valued alpha (Krippendorff and Craggs 2016)"
    return coefficient(name, judged, judged.form(sums, value), parts, judged.fault(NO_DISTANCE))


def _largest(sets: list[frozenset[object]]) -> int:
    return max(map(len, sets), default=0)


def expected_disagreement(of_size: Array, of_code: Array) -> Array:
    """Return D_e of how many sets have each size (from 0), and how often each code was used.

    The distance depends on the sizes c and k of two sets and on how many codes they share, so its mean needs only the
    mean of that number: A[c, k], the sum over all pairs of sets of these sizes of their likelihood, and B[c, k], the
    same with each pair counted once for every code it shares, are built code by code instead of going through all
    pairs of sets.
    """
    size = of_size.shape[-1]
    likely, shared = _tables(of_code, size)
    possible = _possible(of_code.real, size)
    one, other = np.arange(size)[:, None], np.arange(size)[None, :]
    apart = 1 - 2 * shared / np.where(possible, likely, 1) / np.maximum(one + other, 1)
    apart = np.where(possible & (one + other > 0), apart, 0.0)
    drawn = of_size[..., :, None] * of_size[..., None, :]
    mean: Array = (drawn * apart).sum(axis=(-1, -2)) / of_size.sum(axis=-1) ** 2
    return mean


def _possible(of_code: Floats, size: int) -> Bools:
    """Whether two sets of each pair of sizes can be drawn: what they must share has to be used twice."""
    used, twice = ((of_code > least).sum(axis=-1)[..., None, None] for least in (0.5, 1.5))
    one, other = np.arange(size)[:, None], np.arange(size)[None, :]
    fits = (one <= used) & (other <= used) & (one + other - used <= twice)
    return np.asarray(fits, dtype=np.bool_)


def _tables(of_code: Array, size: int) -> tuple[Array, Array]:
    """A and B: each code joins neither set, the one, the other or both, as likely as 1, n_l, n_l and n_l (n_l - 1)."""
    scale = of_code.real.sum(axis=-1, keepdims=True) + 1  # keeps the products in range; it cancels in B / A
    shape = (*of_code.shape[:-1], size, size)
    likely, shared = np.zeros(shape, dtype=of_code.dtype), np.zeros(shape, dtype=of_code.dtype)
    likely[..., 0, 0] = 1
    for one in np.moveaxis(of_code, -1, 0)[..., None, None]:
        alone = one / scale[..., None]
        both = one * (one - 1) / scale[..., None] ** 2
        shared = _joined(shared, alone, both) + _shifted(likely, 1, 1) * both
        likely = _joined(likely, alone, both)
    return likely, shared


def _joined(table: Array, alone: Array, both: Array) -> Array:
    return np.asarray(table + (_shifted(table, 1, 0) + _shifted(table, 0, 1)) * alone + _shifted(table, 1, 1) * both)


def _shifted(table: Array, down: int, right: int) -> Array:
    moved = np.zeros_like(table)
    moved[..., down:, right:] = table[..., : table.shape[-2] - down, : table.shape[-1] - right]
    return moved
