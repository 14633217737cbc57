"""Agreement on coded segments, as MAXQDA's intercoder table counts it: whether the other coder has it too.

Two segments match when they carry one code and overlap enough, and each segment matches one other at most: as many
matches are made as can be. How spans are passed says :mod:`autocoder.agree.spans`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from autocoder.agree.form import Floats, Form, Ints
from autocoder.agree.result import Coefficient
from autocoder.agree.spans import (
    Codes,
    Continua,
    Lengths,
    Mark,
    Spans,
    SpansRefused,
    coders_of,
    codes_of,
    continua,
)

SOURCE = "MAXQDA, intercoder agreement for segments"

_WHOLE: dict[str, Callable[[Ints, Ints, Ints], Ints]] = {
    "union": lambda shared, first, second: first + second - shared,
    "shorter": lambda _, first, second: np.minimum(first, second),
    "longer": lambda _, first, second: np.maximum(first, second),
}
RULES = tuple(_WHOLE)
"""What the shared characters are a share of."""
COUNTINGS = ("pairs", "segments")
"""Whether two matched segments count as one agreement, or as two."""

_ROUNDING = 1e-12  # an overlap of exactly the threshold is enough

NO_SEGMENT = "no coder has a segment"
ONE_CODE = "with one code to choose from agreement by chance is complete"


@dataclass(frozen=True)
class MatchTable:
    """The segments of one code on which two coders agree, and those that only one of them has; more pairs are added up.

    Segments that nobody coded have no number, so that there is no fourth cell.
    """

    code: Hashable
    matched: int
    only_first: int
    only_second: int

    def agreement(self, counting: str = "pairs") -> float | None:
        """Return a / (a + b + c), or, counting segments, 2a / (2a + b + c); None where there is no segment."""
        agreed = self.matched * (2 if counting == "segments" else 1)
        whole = agreed + self.only_first + self.only_second
        return agreed / whole if whole else None


def match_tables(
    spans: Spans, length: Lengths = None, overlap: float = 0.9, rule: str = "union", codes: Codes = None
) -> tuple[MatchTable, ...]:
    """Return the table of each code, over all texts and pairs of coders.

    ``overlap`` is the least share, 0.9 for MAXQDA's 90 %, that the shared characters must be of the ``rule``: of the
    ``union`` of both segments, of the ``shorter`` or of the ``longer`` one.

    >>> match_tables({"A": [(100, 160, "x")], "B": [(102, 160, "x"), (300, 310, "x")]}, overlap=0.95)
    (MatchTable(code='x', matched=1, only_first=0, only_second=1),)
    """
    given = continua(spans, length, codes)
    cells = _cells(given, overlap, rule).sum(axis=0)
    return tuple(
        MatchTable(code, *(int(cell) for cell in of_code))
        for code, of_code in zip(codes_of(given.texts), cells, strict=True)
    )


def segment_agreement(
    spans: Spans,
    length: Lengths = None,
    overlap: float = 0.9,
    rule: str = "union",
    counting: str = "pairs",
    codes: Codes = None,
) -> Coefficient:
    """Return the share of segments on which two coders agree; ``overlap`` and ``rule`` as in :func:`match_tables`.

    ``counting`` says whether a match is one agreement, a / (a + b + c) (``pairs``), or two agreeing segments,
    2a / (2a + b + c) (``segments``, as MAXQDA's list of segments has it; it is Holsti's index of 1969).

    >>> segment_agreement({"A": [(100, 160, "x")], "B": [(102, 160, "x"), (300, 310, "x")]}).value
    0.5
    """
    given = continua(spans, length, codes)
    form = _form(_cells(given, overlap, rule), counting, 0.0)
    return given.coefficient(f"agreement on segments, {_said(overlap, rule, counting)}", form, NO_SEGMENT, lowest=0.0)


def segment_kappa(
    spans: Spans,
    length: Lengths = None,
    overlap: float = 0.9,
    rule: str = "union",
    counting: str = "pairs",
    n_codes: int | None = None,
    codes: Codes = None,
) -> Coefficient:
    """Return (P_o - 1/K) / (1 - 1/K), Brennan and Prediger's kappa on segments with K codes, as MAXQDA prints it.

    ``n_codes`` is K, the codes to choose from; without it, the codes that were used. P_o: :func:`segment_agreement`.
    """
    given = continua(spans, length, codes)
    size = len(codes_of(given.texts)) if n_codes is None else n_codes
    if size < len(codes_of(given.texts)):
        raise SpansRefused(f"{len(codes_of(given.texts))} codes were used, more than n_codes = {size}; give them all.")
    chance = 1 / size if size else 0.0
    form = _form(_cells(given, overlap, rule), counting, chance)
    said = f"Brennan-Prediger kappa on segments, {size} codes, {_said(overlap, rule, counting)}"
    fault = ONE_CODE if size == 1 else NO_SEGMENT
    return given.coefficient(said, form, fault, lowest=-chance / (1 - chance) if size > 1 else -1.0)


def _said(overlap: float, rule: str, counting: str) -> str:
    return f"overlap of at least {overlap:.0%} of the {rule}, counted by {counting} ({SOURCE})"


def _form(cells: Floats, counting: str, chance: float) -> Form:
    if counting not in COUNTINGS:
        raise SpansRefused(f"segments are not counted by {counting!r}; there are {', '.join(COUNTINGS)}.")
    agreed = cells[..., 0].sum(axis=1) * (2 if counting == "segments" else 1)
    whole = agreed + cells[..., 1:].sum(axis=(1, 2))
    return Form.of(
        np.column_stack([agreed, whole]),
        lambda totals: (totals[..., 0] / totals[..., 1] - chance) / np.float64(1 - chance),
    )


def _cells(given: Continua, overlap: float, rule: str) -> Floats:
    """Return texts x codes x (matched, only the first, only the second), added up over pairs of coders."""
    if not 0 < overlap <= 1:
        raise SpansRefused(f"an overlap of {overlap} is not a share of a segment; give 0.9 for 90 %.")
    if rule not in RULES:
        raise SpansRefused(f"there is no overlap rule called {rule!r}; there are {', '.join(RULES)}.")
    codes, coders = codes_of(given.texts), coders_of(given.texts)
    number = {code: place for place, code in enumerate(codes)}
    cells = np.zeros((len(given.texts), len(codes), 3))
    for place, text in enumerate(given.texts):
        tables = {coder: _table(text.marks[coder], number) for coder in coders if coder in text.marks}
        for first, second in combinations(tables.values(), 2):
            cells[place] += _of_pair(first, second, overlap, rule, len(codes))
    return cells


def _of_pair(first: Ints, second: Ints, overlap: float, rule: str, codes: int) -> Floats:
    mine, theirs = _candidates(first, second, overlap, rule)
    graph = csr_array((np.ones(len(mine)), (mine, theirs)), shape=(len(first), len(second)))
    partner = maximum_bipartite_matching(graph, perm_type="column") if len(mine) else np.full(len(first), -1)
    matched = np.bincount(first[partner >= 0, 2], minlength=codes)
    mine_all, theirs_all = (np.bincount(table[:, 2], minlength=codes) for table in (first, second))
    return np.column_stack([matched, mine_all - matched, theirs_all - matched]).astype(np.float64)


def _candidates(first: Ints, second: Ints, overlap: float, rule: str) -> tuple[Ints, Ints]:
    """Return the pairs of segments of one code that overlap enough; tables are sorted by where segments begin."""
    before = np.searchsorted(np.maximum.accumulate(second[:, 1]), first[:, 0], side="right")
    after = np.searchsorted(second[:, 0], first[:, 1], side="left")
    met = np.maximum(after - before, 0)
    mine = np.repeat(np.arange(len(first)), met)
    theirs = np.repeat(before - np.cumsum(met) + met, met) + np.arange(met.sum())
    one, other = first[mine], second[theirs]
    shared = np.minimum(one[:, 1], other[:, 1]) - np.maximum(one[:, 0], other[:, 0])
    whole = _WHOLE[rule](shared, one[:, 1] - one[:, 0], other[:, 1] - other[:, 0])
    enough = (one[:, 2] == other[:, 2]) & (shared > 0) & (shared >= whole * (overlap - _ROUNDING))
    return mine[enough], theirs[enough]


def _table(marks: Sequence[Mark], number: dict[Hashable, int]) -> Ints:
    rows = [(mark.start, mark.end, number[mark.code]) for mark in marks]
    return np.array(rows, dtype=np.int64).reshape(len(rows), 3)
