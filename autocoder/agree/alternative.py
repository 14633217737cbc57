"""The alternative annotator test: whether the machine stands for the coders better than one of them does.

Each coder in turn is left out, and the machine and that coder are compared by how well each agrees with the remaining
coders (Calderon, Reichart and Dror 2025). The published test takes units as independent; with ``clusters`` its t test
is made robust to transcripts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import stdtr

from autocoder.agree.form import Floats, Ints, added
from autocoder.agree.intervals import numbered_clusters
from autocoder.agree.machine import coder_names, side_by_side
from autocoder.agree.ratings import NotComparable, Rows, is_missing, judgements
from autocoder.agree.result import Clusters

Score = Callable[[Any, Sequence[Any]], float]
"""A rating and those of the remaining coders -> how well it stands for them."""

_NOTHING = 1e-12  # below it a spread is rounding

TOO_FEW_UNITS = "no coder has enough units that the machine and another coder judged too"


@dataclass(frozen=True)
class AgainstCoder:
    """The machine against one coder, on the units that both and another coder judged.

    ``advantage`` is the share of units on which the machine stands for the others at least as well, ``difference`` that
    share for the coder less that for the machine. ``p`` is None, with a ``reason``, for a coder with too few units.
    """

    coder: str
    units: int
    advantage: float | None
    difference: float | None
    p: float | None
    rejected: bool
    reason: str = ""


@dataclass(frozen=True)
class AltTest:
    """``winning_rate`` is the share of coders whom the machine beats, less ``epsilon``; it passes from one half.

    ``advantage`` is the mean over coders, for ranking machines. ``clusters`` counts transcripts, None where units were
    taken as independent.
    """

    winning_rate: float | None
    advantage: float | None
    passed: bool | None
    epsilon: float
    q: float
    by_coder: tuple[AgainstCoder, ...]
    clusters: int | None = None
    reason: str = ""


def accuracy(rating: object, others: Sequence[object]) -> float:
    """Return the share of the others who gave the same."""
    return sum(bool(rating == other) for other in others) / len(others)


def closeness(distance: Callable[[Any, Any], float]) -> Score:
    """Return the score 1 - mean distance to the others, as of :func:`~autocoder.agree.sets.jaccard_distance`."""
    return lambda rating, others: 1 - sum(distance(rating, other) for other in others) / len(others)


def alt_test(
    humans: Rows,
    machine: Sequence[Any],
    epsilon: float = 0.2,
    clusters: Clusters | None = None,
    score: Score = accuracy,
    q: float = 0.05,
    min_units: int = 30,
    coders: Sequence[str] | None = None,
) -> AltTest:
    """Return the alternative annotator test of a machine against coders (coders x units, None for missing).

    For each coder, W_M and W_h say of every unit whether the machine, or the coder, scores at least as well as the
    other against the remaining coders; a one-sided t test asks whether the mean of W_h - W_M is below ``epsilon``, and
    Benjamini and Yekutieli's procedure at ``q`` whom that makes beaten. ``epsilon`` is what a machine saves, fixed in
    advance: .2 for experts, .15 for trained coders, .1 for crowds. With ``clusters``, one transcript per unit, the t
    test takes the error from sums over transcripts, on their number less one.

    Coders with fewer than ``min_units`` units are left out, as the authors do. Two coders are enough, three advised. On
    a rare code nearly every unit is a tie, and ties are within epsilon: there it passes whatever the machine does.
    """
    if not 0 <= epsilon < 1:
        raise NotComparable(f"an epsilon of {epsilon} is no share of units; fix one in advance, for example 0.2.")
    rows, given = side_by_side(humans, machine)
    index = numbered_clusters(clusters) if clusters is not None else None
    if clusters is not None and len(clusters) != len(given):
        raise NotComparable(f"there are {len(given)} units but {len(clusters)} clusters; name one for each unit.")
    numbers = judgements([*rows, given]).values if score is accuracy else None
    found = [
        _against(
            name,
            _scores(rows, given, place, score) if numbers is None else _accuracies(numbers, place),
            epsilon,
            index,
            min_units,
        )
        for place, name in enumerate(coder_names(len(rows), coders))
    ]
    tested = [each for each in found if each.p is not None]
    beaten = _beaten([each.p for each in tested if each.p is not None], q)
    lost = {each.coder for each, won in zip(tested, beaten, strict=True) if won}
    by_coder = tuple(replace(each, rejected=each.coder in lost) for each in found)
    count = index[1] if index is not None else None
    if not tested:
        return AltTest(None, None, None, epsilon, q, by_coder, count, TOO_FEW_UNITS)
    rate = sum(each.rejected for each in by_coder) / len(tested)
    advantage = float(np.mean([each.advantage for each in tested if each.advantage is not None]))
    return AltTest(rate, advantage, rate >= 0.5, epsilon, q, by_coder, count)


def _scores(rows: Sequence[Sequence[Any]], machine: Sequence[Any], place: int, score: Score) -> Floats:
    """Return, for each unit that the coder, the machine and another coder judged, its number and the two scores."""
    held = []
    for unit, given in enumerate(machine):
        mine = rows[place][unit]
        others = [row[unit] for number, row in enumerate(rows) if number != place and not is_missing(row[unit])]
        if others and not is_missing(mine) and not is_missing(given):
            held.append((unit, score(given, others), score(mine, others)))
    return np.array(held, dtype=np.float64).reshape(len(held), 3)


def _accuracies(numbers: Ints, place: int) -> Floats:
    """Return what :func:`_scores` does for accuracy, of ratings as numbers with the machine's last."""
    mine, machine, others = numbers[place], numbers[-1], np.delete(numbers[:-1], place, axis=0)
    seen = (others >= 0).sum(axis=0)
    units = np.flatnonzero((mine >= 0) & (machine >= 0) & (seen > 0))
    scores = [(others[:, units] == row[units]).sum(axis=0) / seen[units] for row in (machine, mine)]
    return np.column_stack([units, *scores])


def _against(
    coder: str, scores: Floats, epsilon: float, clusters: tuple[Ints, int] | None, min_units: int
) -> AgainstCoder:
    units = len(scores)
    if units < max(min_units, 2):
        return AgainstCoder(coder, units, None, None, None, False, f"fewer than {max(min_units, 2)} units")
    machine, human = scores[:, 1] >= scores[:, 2], scores[:, 2] >= scores[:, 1]
    behind = human.astype(np.float64) - machine
    p = _below(behind, epsilon, None if clusters is None else clusters[0][scores[:, 0].astype(np.int64)])
    reason = "" if p is not None else "all units stand in one transcript"
    return AgainstCoder(coder, units, float(machine.mean()), float(behind.mean()), p, False, reason)


def _below(values: Floats, epsilon: float, clusters: Ints | None) -> float | None:
    """Return the one-sided p of a mean below epsilon; without variation it is 0 or 1, as the mean is below or not."""
    deviations = values - values.mean()
    if clusters is not None:
        _, places = np.unique(clusters, return_inverse=True)
        deviations = added(deviations, places, int(places.max()) + 1)
    count = len(deviations)
    if count < 2:
        return None
    error = float(np.sqrt(count / (count - 1) * (deviations**2).sum()) / len(values))
    if error < _NOTHING:
        return 0.0 if values.mean() < epsilon else 1.0
    return float(stdtr(count - 1, (values.mean() - epsilon) / error))


def _beaten(p_values: Sequence[float], q: float) -> list[bool]:
    """Return which hypotheses Benjamini and Yekutieli's procedure rejects (2001)."""
    order = np.argsort(p_values)
    count = len(p_values)
    rank = np.arange(1, count + 1)
    held = np.flatnonzero(np.asarray(p_values)[order] <= rank * q / (count * (1 / rank).sum()))
    rejected = np.zeros(count, dtype=np.bool_)
    rejected[order[: held.max() + 1 if held.size else 0]] = True
    return [bool(each) for each in rejected]
