"""Is the machine as good as a coder? Replacement alpha with a margin, leave-one-coder-out, and means of pairs.

``humans`` are the ratings of the coders, coders x units, and ``machine`` is one rating per unit, both of any values, or
sets of codes with a metric of sets; None or nan where nobody judged. The machine is compared where it judged: other
units are put aside for all. Every answer is a :class:`~autocoder.agree.result.Coefficient`, so that
``.interval(clusters=transcripts)`` gives its interval.

A margin is fixed before figures are seen. None of these says that a code is coded well: they say that it is coded no
worse than by the next coder, which with coders who disagree is little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocoder.agree.alpha import Metric, alpha
from autocoder.agree.form import Clustered, Form, Ints
from autocoder.agree.intervals import Interval
from autocoder.agree.ratings import Judgements, NotComparable, Rows, is_missing, judgements
from autocoder.agree.result import Clusters, Coefficient
from autocoder.agree.sets import SETS, as_set
from autocoder.errors import AutocoderError

Measure = Callable[[list[list[Any]]], Coefficient]
"""Ratings of two coders -> how far they agree."""
Table = list[list[Any]]
AlphaOf = Callable[[Ints | list[Ints]], Coefficient]
Combine = Callable[[list[NDArray[Any]]], NDArray[Any]]
"""The values of several coefficients, one array each -> one value of them together."""

FEW_FOR_RESAMPLING = 40
"""Transcripts below which bounds from resampling lie too close together, and the cluster delta method is the safer.

Of 250 simulated studies in which the machine lost exactly the margin (three coders, 20 units a transcript, errors that
differ between transcripts), a nominal 5 % passed: with 10, 20 and 40 transcripts 12, 10 and 7 % by the bootstrap, and
10, 8 and 6 % by the cluster delta method.
"""


class MarginRefused(AutocoderError):
    """A margin that is none, or that was chosen after looking."""


@dataclass(frozen=True)
class Margin:
    """How much worse than a coder the machine may be, and when that was fixed."""

    value: float
    fixed: datetime

    def __post_init__(self) -> None:
        _check_margin(self.value)

    def check(self, shown: datetime | None) -> None:
        """Raise MarginRefused when figures were first shown before the margin was fixed; None for not yet shown."""
        if shown is not None and shown < self.fixed:
            raise MarginRefused(
                f"the margin of {self.value:g} was fixed on {self.fixed:%Y-%m-%d %H:%M}, after figures were first "
                f"shown on {shown:%Y-%m-%d %H:%M}; test against the margin of then, or on new transcripts."
            )


@dataclass(frozen=True)
class MarginTest:
    """Whether a difference is above minus the margin (``noninferior``), and between the margins (``equivalent``).

    ``low`` and ``high`` are one-sided bounds, each at ``level``; equivalent is what two one-sided tests (TOST) find.
    None, with a ``reason``, where there are no bounds; beside bounds ``reason`` is a warning.
    """

    difference: Coefficient
    margin: float
    low: float | None
    high: float | None
    noninferior: bool | None
    equivalent: bool | None
    level: float
    interval: Interval
    reason: str = ""


@dataclass(frozen=True)
class Replacement:
    """Alpha of the coders, alpha with the machine in the place of each in turn, and how much these lose on average."""

    humans: Coefficient
    by_coder: dict[str, Coefficient]
    difference: Coefficient


@dataclass(frozen=True)
class LeaveOneOut:
    """Alpha of the coders, without each in turn, and with the machine beside them.

    It is there to find who stands out, not to judge: a machine near the middle raises alpha.
    """

    humans: Coefficient
    without: dict[str, Coefficient]
    with_machine: Coefficient


@dataclass(frozen=True)
class PairMeans:
    """Agreement of every pair, the mean of human-human pairs beside that of human-machine pairs, and their difference.

    ``pairs`` holds the coders of a pair in their order; the machine goes by the name that was given for it.
    """

    pairs: dict[tuple[str, str], Coefficient]
    human_human: Coefficient
    human_machine: Coefficient
    difference: Coefficient


def replacement_alpha(
    humans: Rows, machine: Sequence[Any], metric: Metric = "nominal", coders: Sequence[str] | None = None
) -> Replacement:
    """Return alpha(coders with one replaced by the machine) - alpha(coders), averaged over the coders.

    The machine stands in for a coder in the units that the coder judged. One coder can be compared with nobody, so that
    two or more are needed.

    >>> anna, ben = [1, 1, 0, 0, 1, 0], [1, 0, 0, 0, 1, 0]
    >>> round(replacement_alpha([anna, ben], [1, 1, 0, 0, 1, 0]).difference.value, 4)
    0.1571
    """
    people, given, alpha_of = _numbered(humans, machine, metric)
    names = coder_names(len(people), coders)
    whole = alpha_of(people)
    swapped = {name: alpha_of(_replaced(people, place, given)) for place, name in enumerate(names)}
    difference = _together(
        "replacement alpha less alpha of the coders",
        [whole, *swapped.values()],
        lambda values: np.mean(values[1:], axis=0) - values[0],
    )
    return Replacement(whole, swapped, difference)


def replacement_test(
    humans: Rows,
    machine: Sequence[Any],
    margin: Margin | float,
    clusters: Clusters | None = None,
    metric: Metric = "nominal",
    coders: Sequence[str] | None = None,
    level: float = 0.95,
    method: str = "cluster-bootstrap",
    seed: int = 0,
    replicates: int = 2000,
) -> MarginTest:
    """Return whether replacing a coder by the machine costs less alpha than the margin; see :func:`margin_test`."""
    found = replacement_alpha(humans, machine, metric, coders)
    return margin_test(found.difference, margin, clusters, level, method, seed, replicates)


def margin_test(
    difference: Coefficient,
    margin: Margin | float,
    clusters: Clusters | None = None,
    level: float = 0.95,
    method: str = "cluster-bootstrap",
    seed: int = 0,
    replicates: int = 2000,
) -> MarginTest:
    """Test a difference against a margin: two one-sided tests by the bounds of a paired cluster bootstrap.

    Non-inferior when the one-sided lower bound is above minus the margin, equivalent when the upper one is below the
    margin too (Schuirmann 1987; with alpha He et al. 2025). The margin has no default: it belongs to the study, and
    is fixed before. ``method`` is any of :meth:`Coefficient.interval`.
    """
    size = margin.value if isinstance(margin, Margin) else margin
    _check_margin(size)
    bounds = difference.interval(clusters, method, 2 * level - 1, seed, replicates)
    if bounds.low is None or bounds.high is None:
        return MarginTest(difference, size, None, None, None, None, level, bounds, bounds.reason)
    few = bounds.clusters < FEW_FOR_RESAMPLING and method == "cluster-bootstrap" and not bounds.reason
    said = (
        f"only {bounds.clusters} transcripts: bounds from resampling are too close, those of cluster-delta less"
        if few
        else bounds.reason
    )
    above, below = bounds.low > -size, bounds.high < size
    return MarginTest(difference, size, bounds.low, bounds.high, above, above and below, level, bounds, said)


def leave_one_out(
    humans: Rows, machine: Sequence[Any], metric: Metric = "nominal", coders: Sequence[str] | None = None
) -> LeaveOneOut:
    """Return alpha of the coders, of the coders without each in turn, and of the coders and the machine.

    Without one of two coders nothing is left to compare, and ``without`` is empty.
    """
    people, given, alpha_of = _numbered(humans, machine, metric)
    names = coder_names(len(people), coders)
    without = {name: alpha_of(np.delete(people, place, axis=0)) for place, name in enumerate(names) if len(names) > 2}
    return LeaveOneOut(alpha_of(people), without, alpha_of(np.vstack([people, given])))


def pairwise_means(
    humans: Rows,
    machine: Sequence[Any],
    measure: Measure | None = None,
    metric: Metric = "nominal",
    coders: Sequence[str] | None = None,
    called: str = "machine",
) -> PairMeans:
    """Return the agreement of every pair of coders, the machine among them, and the means of the two kinds of pair.

    ``measure`` is any coefficient of two coders, for example :func:`~autocoder.agree.kappas.cohen_kappa`; without it
    alpha with ``metric``. A mean is undefined as soon as one of its pairs is.
    """
    rows, given = side_by_side(humans, machine)
    every: list[Any] = [*rows, given]
    agreement: Callable[[list[Any]], Coefficient] | None = measure
    if agreement is None:
        people, judged, agreement = _numbered(rows, given, metric)
        every = [*people, judged]
    names = [*coder_names(len(every) - 1, coders), called]
    if called in names[:-1]:
        raise NotComparable(f"a coder goes by the name of the machine, {called}; call the machine by another.")
    pairs = {
        (first, second): agreement([one, other])
        for (first, one), (second, other) in combinations(zip(names, every, strict=True), 2)
    }
    human = [held for (_, second), held in pairs.items() if second != called]
    mixed = [held for (_, second), held in pairs.items() if second == called]
    number = len(human)
    return PairMeans(
        pairs,
        _together("mean of human-human pairs", human, lambda values: np.mean(values, axis=0), -1.0),
        _together("mean of human-machine pairs", mixed, lambda values: np.mean(values, axis=0), -1.0),
        _together(
            "human-machine less human-human",
            [*human, *mixed],
            lambda values: np.mean(values[number:], axis=0) - np.mean(values[:number], axis=0),
        ),
    )


def _together(name: str, parts: Sequence[Coefficient], value: Combine, lowest: float = -np.inf) -> Coefficient:
    """Return a function of coefficients on the same units as a coefficient of its own, with one set of resamples."""
    units, coders = max(part.units for part in parts), max(part.coders for part in parts)
    undefined = next((part for part in parts if part.value is None), None)
    if undefined is not None:
        return Coefficient(name, None, units, coders, reason=f"{undefined.name}: {undefined.reason}")
    enters = np.any([np.ones(part.passed, bool) if part.enters is None else part.enters for part in parts], axis=0)

    def over(clusters: Ints, number: int) -> Clustered:
        of_passed = np.zeros(len(enters), dtype=np.int64)
        of_passed[enters] = clusters
        return _joined([part.over(of_passed, number) for part in parts], value)

    size = int(enters.sum())
    everywhere = np.zeros(size, dtype=np.int64)
    form = Form(
        size,
        lambda clusters, number: over(clusters, number).sums,
        lambda totals: over(everywhere, 1).value(totals),
        over,
    )
    found = float(value([np.asarray(part.value) for part in parts]))
    return Coefficient(name, found, units, coders, form=form, enters=enters, lowest=lowest)


def _joined(each: Sequence[Clustered], value: Combine) -> Clustered:
    """Return the sums of several coefficients over the same clusters side by side, and what they give together."""
    edges = np.cumsum([0, *(held.sums.shape[1] for held in each)])

    def combined(totals: NDArray[Any]) -> NDArray[Any]:
        pairs = zip(each, pairwise(edges), strict=True)
        return value([held.value(totals[..., start:end]) for held, (start, end) in pairs])

    return Clustered(np.concatenate([held.sums for held in each], axis=1), combined)


def side_by_side(humans: Rows, machine: Sequence[Any]) -> tuple[Table, list[Any]]:
    """Return the ratings of the coders and of the machine, those of units that the machine did not judge put out."""
    rows: Table = humans.tolist() if isinstance(humans, np.ndarray) else [list(row) for row in humans]
    given = machine.tolist() if isinstance(machine, np.ndarray) else list(machine)
    if len(rows) < 2:
        raise NotComparable("whether a machine is as good as a coder takes two coders to say; name another coder.")
    if any(len(row) != len(given) for row in rows):
        raise NotComparable("the machine needs one rating per unit, as each coder does; put None where there is none.")
    missing = [is_missing(value) for value in given]
    return [[None if out else value for value, out in zip(row, missing, strict=True)] for row in rows], given


def _numbered(humans: Rows, machine: Sequence[Any], metric: Metric) -> tuple[Ints, Ints, AlphaOf]:
    """Return the ratings of the coders and of the machine as numbers, and what gives alpha of some rows of them."""
    rows, given = side_by_side(humans, machine)
    judged = judgements([*rows, given], of=as_set if metric in SETS else None)

    def alpha_of(values: Ints | list[Ints]) -> Coefficient:
        return alpha(Judgements.of(np.stack(list(values)), judged.categories).in_kinds().pairable(), metric)

    return judged.values[:-1], judged.values[-1], alpha_of


def _replaced(people: Ints, place: int, machine: Ints) -> Ints:
    """Return the ratings with the machine in the place of one coder, in the units that the coder judged."""
    found = people.copy()
    found[place] = np.where(people[place] >= 0, machine, people[place])
    return found


def coder_names(number: int, coders: Sequence[str] | None) -> list[str]:
    """Return the names of the coders, numbers from 1 without names."""
    names = [str(place) for place in range(1, number + 1)] if coders is None else [str(name) for name in coders]
    if len(set(names)) != number:
        raise NotComparable(f"{number} coders need as many different names.")
    return names


def _check_margin(value: float) -> None:
    if not 0 < value < 1:
        raise MarginRefused(f"a margin of {value} is none; fix how much alpha may be lost, for example 0.05.")
