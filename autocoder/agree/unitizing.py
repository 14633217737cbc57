"""Agreement on where codes begin and end: Krippendorff's alpha for unitizing of 1995 and the u-alpha family of 2016.

They are different statistics that share a name: print the year. How spans are passed says :mod:`autocoder.agree.spans`.

Alpha-U (Krippendorff 1995; 2004, p. 251) takes each code by itself, so that codes may overlap, and measures how far the
ends of overlapping spans lie apart. The family of 2016 (Krippendorff, Mathet, Bouvry and Widlöcher 2016; Krippendorff
2019, section 12.6) counts what share of the text any two coders gave the same code. There the spans of one coder must
not overlap unless they are of one code, and then they are joined: for codes that do not exclude each other compute it
for one code, or one branch of exclusive codes, at a time (``codes``). Spans that only touch are two units in both.

Several texts are put end to end: what coders share is added up over the texts, and chance is that of all of them. For
alpha-U observed and expected squared differences are each added up over the texts, chance being that within each text,
since squared distances between texts mean nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocoder.agree.form import Floats, Form, Ints, evaluated
from autocoder.agree.result import Coefficient
from autocoder.agree.spans import (
    NOTHING,
    NOTHING_MARKED,
    Codes,
    Continua,
    Continuum,
    Lengths,
    Mark,
    Spans,
    Stretches,
    apart,
    codes_of,
    continua,
    stretches,
)

FAMILY = "Krippendorff, Mathet, Bouvry and Widlöcher 2016"

ONE_VALUE = "every coder gave every character the same code"
ALL_OR_NOTHING = "every coder marked every character"
NO_SHARED_CODING = "no two coders coded the same characters"
ONE_SHARED_CODE = "only one code was used on the characters that two coders coded"
_ROUNDING = 1e-12
CODE_UNPAIRED = "no two coders coded characters that one of them gave this code"


def u_alpha_2016(spans: Spans, length: Lengths, codes: Codes = None) -> Coefficient:
    """Return u-alpha: agreement on every character of the texts, no code counting as a value (2016, eq. 1 to 8).

    l_ck adds up, over ordered pairs of coders, the characters to which the one gave c and the other k, over m - 1;
    e_ck = l.. (l_c l_k - [c = k] S_c) / (l..^2 - sum of S), with S_c the sum of the squared lengths of the spans of c,
    for no code the sum of lengths; u-alpha is 1 - (l.. - sum of l_cc) / (l.. - sum of e_cc).

    >>> one = {"Anna": [(0, 10, "a"), (12, 20, "b")], "Ben": [(0, 10, "a"), (14, 20, "b")]}
    >>> round(u_alpha_2016(one, 30).value, 4)
    0.9062
    """
    given = continua(spans, length, codes)
    cut = stretches(given.texts)
    totals = _everything(cut, cut.counts(), cut.units[:, 1])
    return _family("u-alpha", given, totals, ONE_VALUE)


def u_alpha_binary_2016(spans: Spans, length: Lengths, codes: Codes = None) -> Coefficient:
    """Return |u-alpha: u-alpha with the codes taken as one, agreement on what is worth coding (2016, eq. 9)."""
    given = continua(spans, length, codes)
    cut = stretches(given.texts)
    counts = cut.counts()
    marked = np.column_stack([counts[:, NOTHING], counts[:, NOTHING + 1 :].sum(axis=1)])
    totals = _everything(cut, marked, np.ones(len(cut.units), dtype=np.int64))
    return _family("|u-alpha", given, totals, ALL_OR_NOTHING)


def cu_alpha_2016(spans: Spans, length: Lengths, codes: Codes = None) -> Coefficient:
    """Return cu-alpha: agreement on which code, on the characters that two coders both coded (2016, eq. 10 to 12).

    As u-alpha without the value of no code; S_c adds up, over the spans of c and over the other coders, the square of
    what the span shares with any spans of that coder, over m - 1. Print :func:`coverage_2016` with it.
    """
    given = continua(spans, length, codes)
    totals = _codes_only(stretches(given.texts))
    shared = bool(_parts(totals)[1].sum())
    return _family("cu-alpha", given, totals, ONE_SHARED_CODE if shared else NO_SHARED_CODING)


def ku_alpha_2016(spans: Spans, length: Lengths, code: Hashable, codes: Codes = None) -> Coefficient:
    """Return (k)u-alpha: agreement on one code among the codes, 1 - (e_.k / l_.k) (l_.k - l_kk) / (e_.k - e_kk).

    Its characters are those that two coders both coded, as in cu-alpha (2016, eq. 13); 1 where whoever paired the code
    always met it. Print the coverage of the code with it.
    """
    given = continua(spans, length, codes)
    cut = stretches(given.texts, _with(code, codes_of(given.texts)))
    place = cut.codes.index(code)
    totals = _codes_only(cut)

    def value(totals: NDArray[Any]) -> NDArray[Any]:
        same, used, paired = (part[..., place] for part in _parts(totals))
        everything = _parts(totals)[1].sum(axis=-1)
        chance = np.where(np.isnan(_pairs(everything, _parts(totals)[2])), np.nan, everything * used - paired)
        return np.asarray(1 - chance * (used - same) / (used**2 * (everything - used)))

    used = _parts(totals)[1].sum(axis=0)
    fault = ONE_SHARED_CODE if len(used) and used[place] else CODE_UNPAIRED
    return given.coefficient(f"(k)u-alpha of {code} ({FAMILY})", Form.of(totals, value), fault)


def coverage_2016(spans: Spans, length: Lengths, code: Hashable = None, codes: Codes = None) -> Coefficient:
    """Return the share of the texts on which cu-alpha rests, or of the spans of a code on which (k)u-alpha rests.

    The characters that a coder coded together with another one, over all characters, averaged over coders; for a code
    l_.k over the length of its spans.
    """
    given = continua(spans, length, codes)
    cut = stretches(given.texts, _with(code, codes_of(given.texts)))
    used = _parts(_codes_only(cut))[1]
    if code is None:
        whole = np.array([text.length * len(text.marks) for text in given.texts], dtype=np.float64)
        pairs, name, fault = np.column_stack([used.sum(axis=1), whole]), "coverage of cu-alpha", NOTHING_MARKED
    else:
        place = cut.codes.index(code)
        whole = _by_value(cut, cut.units[:, 1] - 1, cut.unit_lengths, len(cut.codes))[:, place]
        pairs, name, fault = np.column_stack([used[:, place], whole]), f"coverage of {code}", "no coder used it"
    form = Form.of(pairs, lambda totals: totals[..., 0] / totals[..., 1])
    return given.coefficient(f"{name} ({FAMILY})", form, fault, lowest=0.0)


def alpha_u_1995(spans: Spans, length: Lengths, code: Hashable = None, codes: Codes = None) -> Coefficient:
    """Return alpha-U of one code, or of all codes together, 1 - sum of D_oc / sum of D_ec (Krippendorff 1995).

    D_oc adds up, over ordered pairs of coders, (b1 - b2)^2 + (e1 - e2)^2 for two spans that overlap, and the squared
    length of a span for one that lies in a gap of the other coder; it is divided by m (m - 1) L^2. ``observed`` and
    ``expected`` are D_o and D_e of one text; for several they are on the scale of the mean squared length.

    >>> pages = {"i": [(75, 145), (220, 250)], "j": [(70, 150), (205, 225), (250, 270)]}
    >>> round(alpha_u_1995(pages, 300).value, 4)
    0.7286
    """
    given = continua(spans, length, codes if code is None else [code])
    amounts = np.array([_squares(text) for text in given.texts]).reshape(len(given.texts), 3)
    form = Form.of(amounts, lambda totals: 1 - totals[..., 0] / totals[..., 1])
    observed, expected, size = amounts.sum(axis=0)
    of = "" if code is None else f" of {code}"
    found = (float(observed / size), float(expected / size)) if size else (None, None)
    return given.coefficient(
        f"alpha-U{of} (Krippendorff 1995)",
        form,
        "no difference is to be expected by chance",
        lowest=-np.inf,
        parts=found,
    )


def _family(name: str, given: Continua, totals: Floats, fault: str) -> Coefficient:
    observed, expected = evaluated(_disagreement, totals.sum(axis=0))
    known = bool(np.isfinite(expected))
    return given.coefficient(
        f"{name} ({FAMILY})",
        Form.of(totals, _alpha),
        fault,
        parts=(float(observed), float(expected)) if known else (None, None),
    )


def _everything(cut: Stretches, counts: Floats, unit_values: Ints) -> Floats:
    """Return, for each text, l_cc, l_c and S_c of each value, gaps included."""
    same = cut.by_text(cut.lengths[:, None] * counts * (counts - 1) / cut.others[:, None])
    used = cut.by_text(cut.lengths[:, None] * counts)
    paired = _by_value(cut, unit_values, cut.unit_lengths**2, counts.shape[1])
    paired[:, NOTHING] = used[:, NOTHING]
    return np.concatenate([same, used, paired], axis=1)


def _codes_only(cut: Stretches) -> Floats:
    """Return, for each text, l_cc, l_c and S_c of each code, on the characters that two coders both coded."""
    counts = cut.counts()[:, NOTHING + 1 :]
    weights = cut.lengths[:, None] / cut.others[:, None]
    same = cut.by_text(weights * counts * (counts - 1))
    used = cut.by_text(weights * counts * (counts.sum(axis=1, keepdims=True) - 1))
    paired = _by_value(cut, cut.units[:, 1] - 1, _shared_squares(cut), counts.shape[1])
    return np.concatenate([same, used, paired], axis=1)


def _shared_squares(cut: Stretches) -> Floats:
    """Return, for each span, the sum over the other coders of the squared length that they coded too, over m - 1."""
    coded = np.where(cut.values > NOTHING, cut.lengths, 0.0)
    edge = np.concatenate([np.zeros((len(cut.coders), 1)), np.cumsum(coded, axis=1)], axis=1)
    coder, _, first, after = cut.units.T
    shared = edge[:, after] - edge[:, first]
    shared[coder, np.arange(len(coder))] = 0
    return np.asarray((shared**2).sum(axis=0) / (cut.seen[cut.unit_text] - 1), dtype=np.float64)


def _by_value(cut: Stretches, values: Ints, amounts: Floats, width: int) -> Floats:
    """Add up amounts per span to texts x values."""
    places = cut.unit_text * width + values
    return np.bincount(places, amounts, cut.texts * width).reshape(cut.texts, width).astype(np.float64)


def _parts(totals: NDArray[Any]) -> list[NDArray[Any]]:
    return np.split(totals, 3, axis=-1)


def _alpha(totals: NDArray[Any]) -> NDArray[Any]:
    observed, expected = _disagreement(totals)
    return np.asarray(1 - observed / expected)


def _disagreement(totals: NDArray[Any]) -> NDArray[Any]:
    """Return 1 - sum of l_cc / l.. and 1 - sum of e_cc / l.., the latter as sum of l_c (l.. - l_c) / (l..^2 - S)."""
    same, used, paired = _parts(totals)
    everything = used.sum(axis=-1)
    observed = (everything - same.sum(axis=-1)) / everything
    apart_by_chance = (used * (everything[..., None] - used)).sum(axis=-1)
    return np.stack([observed, apart_by_chance / _pairs(everything, paired)])


def _pairs(everything: NDArray[Any], paired: NDArray[Any]) -> NDArray[Any]:
    """Return l..^2 less the self-pairs; nan where nothing but self-pairs is left, and so no chance is defined."""
    left = everything**2 - paired.sum(axis=-1)
    return np.where(left.real > _ROUNDING * (everything**2).real, left, np.nan)


def _squares(text: Continuum) -> tuple[float, float, float]:
    """Return the squared differences of a text, observed and expected, added up over its codes, and L^2."""
    size = float(text.length) ** 2
    if not size:
        return 0.0, 0.0, 0.0
    by_code = [[_table(apart(of_code, coder)) for coder in text.marks] for of_code in text.by_code().values()]
    expected = sum(_expected_difference(tables, text.length) for tables in by_code)
    return _observed_squares(by_code, text.length), expected * size, size


def _observed_squares(by_code: Sequence[Sequence[Floats]], length: int) -> float:
    """Return the sum of D_oc L^2, of the marks of each code and coder; codes are laid out one behind another."""
    if not by_code:
        return 0.0
    shifted = [[table + place * length for table in tables] for place, tables in enumerate(by_code)]
    coders = [np.concatenate(tables) for tables in zip(*shifted, strict=True)]
    pairs = sum(_apart_in_pair(first, second) for first, second in combinations(coders, 2))
    return 2 * pairs / (len(coders) * (len(coders) - 1))


def _apart_in_pair(first: Floats, second: Floats) -> float:
    """Return the squared differences of two coders: of each two overlapping spans, and of spans in the other's gaps."""
    before = np.searchsorted(second[:, 1], first[:, 0], side="right")
    after = np.searchsorted(second[:, 0], first[:, 1], side="left")
    met = np.maximum(after - before, 0)
    mine = np.repeat(np.arange(len(first)), met)
    theirs = np.repeat(before - np.cumsum(met) + met, met) + np.arange(met.sum())
    squares = float(((first[mine] - second[theirs]) ** 2).sum())
    alone = np.ones(len(second), dtype=np.bool_)
    alone[theirs] = False
    return squares + _squared_lengths(first[met == 0]) + _squared_lengths(second[alone])


def _squared_lengths(table: Floats) -> float:
    return float(((table[:, 1] - table[:, 0]) ** 2).sum())


def _expected_difference(tables: Sequence[Floats], length: int) -> float:
    """Return D_ec: the units of all coders against each other, and each against the gaps it fits into."""
    units = np.concatenate(tables)
    lengths = units[:, 1] - units[:, 0]
    free = np.sort(np.concatenate([_gaps(table, length) for table in tables]))
    fitting = np.searchsorted(free, lengths, side="left")
    from_here = np.concatenate([np.cumsum(free[::-1])[::-1], [0.0]])
    room = from_here[fitting] - (len(free) - fitting) * (lengths - 1)
    against_units = (len(units) - 1) / 3 * (2 * lengths**3 - 3 * lengths**2 + lengths)
    total = len(tables) * length
    pairs = total * (total - 1) - (lengths * (lengths - 1)).sum()
    return float(2 / length * (against_units + lengths**2 * room).sum() / pairs)


def _gaps(table: Floats, length: int) -> Floats:
    """Return the lengths of what lies between spans that do not overlap, of more than no length."""
    between = np.append(table[:, 0], length) - np.append(0.0, table[:, 1])
    return np.asarray(between[between > 0])


def _table(marks: Sequence[Mark]) -> Floats:
    return np.array([mark[:2] for mark in marks], dtype=np.float64).reshape(len(marks), 2)


def _with(code: Hashable, codes: tuple[Hashable, ...]) -> tuple[Hashable, ...]:
    """Return the codes, with this one even if nobody used it."""
    return codes if code is None or code in codes else (*codes, code)
