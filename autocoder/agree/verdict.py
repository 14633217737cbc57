"""The whole answer to "is the machine as good as a coder?": pooled and for each code, by both tests.

A machine that passes on all codes together can fail on a rare one, which the pool hides. So the report passes only when
every code does: a code that fails, or cannot be decided, is named.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from autocoder.agree.alpha import Metric
from autocoder.agree.alternative import AltTest, Score, accuracy, alt_test, closeness
from autocoder.agree.machine import (
    Margin,
    MarginTest,
    PairMeans,
    Table,
    margin_test,
    pairwise_means,
    replacement_alpha,
    side_by_side,
)
from autocoder.agree.ratings import NotComparable, Rows, is_missing
from autocoder.agree.result import Clusters
from autocoder.agree.sets import as_set, jaccard_distance

POOLED = None
"""The code of the verdict on all codes together."""


@dataclass(frozen=True)
class Verdict:
    """The tests of one code, or of all together. ``with_code`` counts the coders' judgements that gave the code."""

    code: Hashable | None
    with_code: int
    replacement: MarginTest
    alt_test: AltTest
    pairs: PairMeans

    @property
    def passes(self) -> bool | None:
        """Whether both tests pass; None where neither fails and one cannot be decided."""
        both = (self.replacement.noninferior, self.alt_test.passed)
        if False in both:
            return False
        return None if None in both else True

    @property
    def reason(self) -> str:
        """Why a test could not be decided."""
        return "; ".join(said for said in (self.replacement.reason, self.alt_test.reason) if said)


@dataclass(frozen=True)
class MachineReport:
    """The verdict on all codes together and on each; the machine passes when all of them do."""

    pooled: Verdict
    by_code: tuple[Verdict, ...]

    @property
    def failed(self) -> tuple[Hashable, ...]:
        """The codes on which the machine fails, whatever the pool says."""
        return tuple(verdict.code for verdict in self.by_code if verdict.passes is False)

    @property
    def undecided(self) -> tuple[Hashable, ...]:
        """The codes on which the data do not decide."""
        return tuple(verdict.code for verdict in self.by_code if verdict.passes is None)

    @property
    def passes(self) -> bool:
        """Whether the machine passes on all codes together and on each."""
        return bool(self.pooled.passes) and not self.failed and not self.undecided


def machine_report(
    humans: Rows,
    machine: Sequence[Any],
    margin: Margin | float,
    codes: Sequence[Hashable],
    clusters: Clusters | None = None,
    metric: Metric = "masi",
    epsilon: float = 0.2,
    coders: Sequence[str] | None = None,
    method: str = "cluster-bootstrap",
    seed: int = 0,
    replicates: int = 2000,
    min_units: int = 30,
) -> MachineReport:
    """Return the tests of a machine against coders who gave each unit a set of codes (an empty set for none).

    All codes together are compared by alpha with ``metric`` and by 1 - Jaccard's distance, each of ``codes`` by its
    presence; other codes are put aside. ``margin`` and ``epsilon`` are fixed before, and are those of
    :func:`~autocoder.agree.machine.margin_test` and :func:`~autocoder.agree.alternative.alt_test`.
    """
    if not codes:
        raise NotComparable("the machine is judged on codes; name one of the codebook.")
    rows, given = side_by_side(humans, machine)

    def verdict(code: Hashable | None, people: Table, other: list[Any], by: Metric, score: Score) -> Verdict:
        replacement = margin_test(
            replacement_alpha(people, other, by, coders).difference, margin, clusters, 0.95, method, seed, replicates
        )
        return Verdict(
            code,
            sum(bool(rating) for row in people for rating in row if not is_missing(rating)),
            replacement,
            alt_test(people, other, epsilon, clusters, score, min_units=min_units, coders=coders),
            pairwise_means(people, other, metric=by, coders=coders),
        )

    kept = frozenset(codes)
    sets = [_kept(row, kept) for row in [*rows, given]]
    pooled = verdict(POOLED, sets[:-1], sets[-1], metric, closeness(jaccard_distance))
    by_code = []
    for code in codes:
        present = [_present(row, code) for row in sets]
        by_code.append(verdict(code, present[:-1], present[-1], "nominal", accuracy))
    return MachineReport(pooled, tuple(by_code))


def _kept(row: Sequence[Any], codes: frozenset[Hashable]) -> list[frozenset[Any] | None]:
    return [None if is_missing(given) else as_set(given) & codes for given in row]


def _present(row: Sequence[Any], code: Hashable) -> list[int | None]:
    return [None if given is None else int(code in given) for given in row]
