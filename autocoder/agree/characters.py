"""Agreement on characters, by run lengths: NVivo's coding comparison, and the alphas of ATLAS.ti.

Every character is a unit, as if the coders had judged one after the other, which they did not: a character agrees with
its neighbours, so these figures go with intervals over texts only. How spans are passed says
:mod:`autocoder.agree.spans`; spans of one code that overlap are joined.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocoder.agree.form import Floats, Form, Value, evaluated
from autocoder.agree.result import Coefficient
from autocoder.agree.spans import (
    NOTHING,
    UNSEEN,
    Codes,
    Continua,
    Continuum,
    Lengths,
    Spans,
    SpansRefused,
    Stretches,
    continua,
    stretches,
)

NVIVO = "NVivo, coding comparison"
ATLASTI = "ATLAS.ti; González-Prieto, Pérez, Díaz and López-Fernández 2020"

AVERAGES = ("texts", "characters", "pooled")
ALL_ALIKE = "the coders marked everything or nothing in every text"
ONE_VALUE = "only one value was used on the characters that two coders judged"
NO_PAIR = "no two coders judged the same characters"


@dataclass(frozen=True)
class CharacterTable:
    """How many characters of a text two coders both marked, one of them, or none."""

    text: str
    first: str
    second: str
    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def total(self) -> int:
        """All characters of the text."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def expected(self) -> float | None:
        """NVivo's expected frequency: the characters on which the two would agree by chance."""
        if not self.total:
            return None
        marked_first, marked_second = self.both + self.only_first, self.both + self.only_second
        apart = (self.total - marked_first) * (self.total - marked_second)
        return (marked_first * marked_second + apart) / self.total

    @property
    def agreement(self) -> float | None:
        """The share of characters that both marked or neither did."""
        return (self.both + self.neither) / self.total if self.total else None

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa on characters; None where both marked everything, or neither anything."""
        if self.expected is None or self.expected == self.total:
            return None
        return (self.both + self.neither - self.expected) / (self.total - self.expected)


def character_tables(
    spans: Spans, length: Lengths, code: Hashable = None, codes: Codes = None
) -> tuple[CharacterTable, ...]:
    """Return the table of every text and pair of coders; see :func:`character_kappa` for what is marked.

    >>> character_tables({"A": [(100, 250, "x")], "B": [(200, 300, "x")]}, 1000, "x")[0].expected
    780.0
    """
    given = continua(spans, length, _marked(code, codes))
    return tuple(table for tables in _tables(given) for table in tables)


def character_agreement(
    spans: Spans, length: Lengths, code: Hashable = None, codes: Codes = None, average: str = "texts"
) -> Coefficient:
    """Return the share of characters that both of two coders marked, or neither did (NVivo).

    What counts as marked, and ``average``: see :func:`character_kappa`.

    >>> character_agreement({"A": [(100, 250, "x")], "B": [(200, 300, "x")]}, 1000, "x").value
    0.85
    """
    given = continua(spans, length, _marked(code, codes))
    return _averaged("percent agreement on characters", given, average, _share_agreed, lowest=0.0)


def character_kappa(
    spans: Spans, length: Lengths, code: Hashable = None, codes: Codes = None, average: str = "texts"
) -> Coefficient:
    """Return Cohen's kappa on characters as NVivo's coding comparison has it, for one code.

    In each text (agree - EF) / (total - EF), with EF = (A B + not A not B) / total. Texts in which it is undefined,
    since both coders marked everything or nothing, are left out of a mean. Without ``code`` a character is marked
    when it carries any code, or any of ``codes``. For more than two coders the mean of all pairs is taken.

    ``average`` says how texts make one figure: ``texts``, the plain mean over texts, and ``characters``, that weighted
    by their lengths, are NVivo's two; ``pooled`` adds up the characters of all texts before.

    >>> round(character_kappa({"A": [(100, 250, "x")], "B": [(200, 300, "x")]}, 1000, "x").value, 4)
    0.3182
    """
    given = continua(spans, length, _marked(code, codes))
    return _averaged("kappa on characters", given, average, _kappa)


def c_alpha_binary(spans: Spans, length: Lengths, codes: Codes = None) -> Coefficient:
    """Return c-alpha-binary: Krippendorff's nominal alpha on characters, coded with one of ``codes`` or not (ATLAS.ti).

    All characters count. ``codes`` are those of one semantic domain, or one code; None for any.

    >>> round(c_alpha_binary({"A": [(100, 250, "x")], "B": [(200, 300, "x")]}, 1000).value, 4)
    0.3146
    """
    given = continua(spans, length, codes)
    cut = stretches([text.as_one() for text in given.texts], [True])
    return _alpha("c-alpha-binary", given, cut, cut.counts())


def atlasti_cu_alpha(spans: Spans, length: Lengths, codes: Codes = None) -> Coefficient:
    """Return ATLAS.ti's cu-alpha: which code of one semantic domain, on the characters that two coders gave one.

    Krippendorff's nominal alpha on characters, a coder without a code of the domain being missing there. ``codes`` are
    those of the domain, and exclude each other. It is not :func:`~autocoder.agree.unitizing.cu_alpha_2016`: that counts
    spans as units when it expects chance, and divides by m - 1 coders where only some coded.
    """
    given = continua(spans, length, codes)
    cut = stretches(given.texts)
    return _alpha("cu-alpha", given, cut, cut.counts()[:, NOTHING + 1 :])


def atlasti_domain_alpha(spans: Spans, length: Lengths, domains: Mapping[str, Collection[Hashable]]) -> Coefficient:
    """Return ATLAS.ti's Cu-alpha: which semantic domains, on the characters that two coders gave a code of any.

    ``domains`` gives the codes of each. The value of a character is the set of domains that the coder applied there,
    and two sets are the same or not; a coder who applied none is missing there.
    """
    given = continua(spans, length, [code for codes in domains.values() for code in codes])
    layers = [
        stretches([text.only(frozenset(codes)).as_one() for text in given.texts], [True], within=given.texts)
        for codes in domains.values()
    ]
    if not layers:
        raise SpansRefused("no semantic domain was named; give the codes of each.")
    cut = layers[0]
    held = np.stack([np.maximum(layer.values, NOTHING) for layer in layers])
    sets, value = np.unique(held.reshape(len(layers), -1), axis=1, return_inverse=True)
    values = np.where(cut.values == UNSEEN, UNSEEN, value.reshape(cut.values.shape))
    some = np.flatnonzero(sets.any(axis=0))
    counts = np.stack([(values == number).sum(axis=0) for number in some], axis=1) if len(some) else cut.counts()[:, :0]
    return _alpha("Cu-alpha", given, cut, counts.astype(np.float64))


def _marked(code: Hashable, codes: Codes) -> Codes:
    return codes if code is None else [code]


def _tables(given: Continua) -> list[list[CharacterTable]]:
    """Return the tables of the pairs of coders of each text."""
    cut = stretches([text.as_one() for text in given.texts], [True])
    return [_tables_of(text, cut, place) for place, text in enumerate(given.texts)]


def _tables_of(text: Continuum, cut: Stretches, place: int) -> list[CharacterTable]:
    here = np.arange(*np.searchsorted(cut.text, [place, place + 1]))
    rows = [cut.coders.index(name) for name in text.marks]
    marked = (cut.values[rows][:, here] > NOTHING).astype(np.float64)
    shared = ((marked * cut.lengths[here]) @ marked.T).astype(np.int64)
    tables = []
    for (first, of_first), (second, of_second) in combinations(enumerate(text.marks), 2):
        both = int(shared[first, second])
        one, other = int(shared[first, first]) - both, int(shared[second, second]) - both
        tables.append(
            CharacterTable(text.name, of_first, of_second, both, one, other, text.length - both - one - other)
        )
    return tables


def _kappa(cells: NDArray[Any]) -> NDArray[Any]:
    """Return kappa of tables, with both, only the first, only the second and neither on the last axis."""
    both, first, second, neither = np.moveaxis(cells, -1, 0)
    total = both + first + second + neither
    chance = (both + first) * (both + second) + (neither + first) * (neither + second)
    return np.asarray(((both + neither) * total - chance) / (total * total - chance))


def _share_agreed(cells: NDArray[Any]) -> NDArray[Any]:
    both, first, second, neither = np.moveaxis(cells, -1, 0)
    return np.asarray((both + neither) / (both + first + second + neither))


def _averaged(name: str, given: Continua, average: str, of_cells: Value, lowest: float = -1.0) -> Coefficient:
    if average not in AVERAGES:
        raise SpansRefused(f"there is no average called {average!r}; there are {', '.join(AVERAGES)}.")
    tables = _tables(given)
    title = f"{name}, {_said(average)} ({NVIVO})"
    if average == "pooled":
        return given.coefficient(title, _pooled(tables, of_cells), ALL_ALIKE, lowest=lowest)
    means = np.array([_mean([_value(table, of_cells) for table in of_text]) for of_text in tables], dtype=np.float64)
    known = np.isfinite(means)
    weights = np.array([text.length if average == "characters" else 1 for text in given.texts], dtype=np.float64)
    form = Form.of(
        np.column_stack([(weights * means)[known], weights[known]]), lambda totals: totals[..., 0] / totals[..., 1]
    )
    found = given.among(known) if known.any() else given
    return found.coefficient(title, form, ALL_ALIKE, lowest=lowest)


def _said(average: str) -> str:
    return {"texts": "mean over texts", "characters": "mean over texts by length", "pooled": "all texts together"}[
        average
    ]


def _value(table: CharacterTable, of_cells: Value) -> float:
    return float(evaluated(of_cells, _cells(table)))


def _cells(table: CharacterTable) -> Floats:
    return np.array([table.both, table.only_first, table.only_second, table.neither], dtype=np.float64)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return sum(known) / len(known) if known else np.nan


def _pooled(tables: Sequence[Sequence[CharacterTable]], of_cells: Value) -> Form:
    """Return the mean over pairs of coders of what the cells of a pair, added up over texts, give."""
    named = dict.fromkeys((table.first, table.second) for of_text in tables for table in of_text)
    pairs = {pair: number for number, pair in enumerate(named)}
    amounts = np.zeros((len(tables), len(pairs), 4))
    for place, of_text in enumerate(tables):
        for table in of_text:
            amounts[place, pairs[table.first, table.second]] = _cells(table)

    def value(totals: NDArray[Any]) -> NDArray[Any]:
        found: NDArray[Any] = of_cells(totals.reshape(*totals.shape[:-1], len(pairs), 4)).mean(axis=-1)
        return found

    return Form.of(amounts.reshape(len(tables), -1), value)


def _alpha(name: str, given: Continua, cut: Stretches, counts: Floats) -> Coefficient:
    """Return Krippendorff's nominal alpha with each character a unit; ``counts`` are coders by stretch and value."""
    ratings = counts.sum(axis=1, keepdims=True)
    lengths = np.where(ratings >= 2, cut.lengths[:, None], 0.0)
    same = cut.by_text(lengths * counts * (counts - 1) / np.maximum(ratings - 1, 1))
    used = cut.by_text(lengths * counts)
    whole = np.concatenate([same, used], axis=1)
    observed, expected = evaluated(_disagreement, whole.sum(axis=0))
    known = bool(np.isfinite(observed) and np.isfinite(expected))
    return given.coefficient(
        f"{name} ({ATLASTI})",
        Form.of(whole, lambda totals: 1 - np.divide(*_disagreement(totals))),
        ONE_VALUE if used.sum() else NO_PAIR,
        parts=(float(observed), float(expected)) if known else (None, None),
    )


def _disagreement(totals: NDArray[Any]) -> NDArray[Any]:
    """Return D_o and D_e of totals that hold o_cc and n_c of each value."""
    same, used = np.split(totals, 2, axis=-1)
    everything = used.sum(axis=-1)
    observed = (everything - same.sum(axis=-1)) / everything
    chance = (used * (everything[..., None] - used)).sum(axis=-1) / (everything * (everything - 1))
    return np.stack([observed, chance])
