"""Is the model as good as a coder? The tests of one model against the people, pooled and for each code."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from autocoder.agree import Estimate, Ratings, alt_test, common, jaccard_distance, leave_one_out, machine_report
from autocoder.agree.alternative import closeness
from autocoder.agree.machine import FEW_FOR_RESAMPLING
from autocoder.agree.mistakes import ErrorRow, machine_errors
from autocoder.agree.verdict import Verdict
from autocoder.compare import Compared
from autocoder.project import Role, Span
from autocoder.store import Margin

NO_MARGIN = 0.05  # the tests take one; without a fixed one their verdicts are not passed on
EPSILONS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
MOST_VALUES = 12  # of a variable by which errors are counted


@dataclass(frozen=True)
class MachineRow:
    """The tests on one code, or on all together ("").

    ``difference`` is replacement alpha less alpha of the people, with its 90 % interval: the lower bound is the
    one-sided 95 % bound. ``noninferior``, ``equivalent`` and ``passes`` are None where no margin was fixed, or where
    the data do not decide. ``needed`` is the smallest margin with which the model would be non-inferior.
    """

    code: str
    with_code: int
    people: float | None
    with_model: float | None
    difference: Estimate
    needed: float | None
    noninferior: bool | None
    equivalent: bool | None
    winning_rate: float | None
    advantage: float | None
    beaten: bool | None
    passes: bool | None
    reason: str


@dataclass(frozen=True)
class MachinePanel:
    """One model against the people, on the units that all of them saw; ``errors`` are against each person in turn."""

    model: str
    people: tuple[str, ...]
    units: int
    transcripts: int
    epsilon: float
    method: str
    rows: tuple[MachineRow, ...]
    sensitivity: tuple[tuple[float, float | None], ...]
    alpha_of_people: float | None
    alpha_without: tuple[tuple[str, float | None], ...]
    alpha_with_model: float | None
    errors: tuple[tuple[str, tuple[ErrorRow, ...]], ...]


def machine_panels(
    compared: Compared, margin: Margin | None, epsilon: float, seed: int, replicates: int
) -> tuple[MachinePanel, ...]:
    """Return a panel for each model that shares units with two people or more."""
    if len(compared.people) < 2:
        return ()
    panels = []
    for model in compared.models:
        shared = common(compared.ratings, [*compared.people, model])
        if shared.groups:
            panels.append(_panel(compared, shared, model, margin, epsilon, seed, replicates))
    return tuple(panels)


def _panel(
    compared: Compared,
    shared: Ratings,
    model: str,
    margin: Margin | None,
    epsilon: float,
    seed: int,
    replicates: int,
) -> MachinePanel:
    wanted = frozenset(compared.codes)
    *people, machine = [[(codes or frozenset()) & wanted for codes in row] for row in shared.sets]
    transcripts = len(set(shared.groups))
    method = "cluster-bootstrap" if transcripts >= FEW_FOR_RESAMPLING else "cluster-delta"
    size = margin.value if margin else NO_MARGIN
    found = machine_report(
        people, machine, size, compared.codes, shared.groups, "masi", epsilon, compared.people, method, seed, replicates
    )
    left = leave_one_out(people, machine, "masi", compared.people)
    return MachinePanel(
        model=model,
        people=compared.people,
        units=len(shared.groups),
        transcripts=transcripts,
        epsilon=epsilon,
        method=found.pooled.replacement.interval.method,
        rows=tuple(_row(verdict, margin is not None) for verdict in (found.pooled, *found.by_code)),
        sensitivity=_sensitivity(people, machine, shared.groups, compared.people),
        alpha_of_people=left.humans.value,
        alpha_without=tuple((name, each.value) for name, each in left.without.items()),
        alpha_with_model=left.with_machine.value,
        errors=_errors(compared, shared, people, machine),
    )


def _row(verdict: Verdict, fixed: bool) -> MachineRow:
    replacement, pairs = verdict.replacement, verdict.pairs
    difference = Estimate(replacement.difference.value, replacement.low, replacement.high, replacement.reason)
    return MachineRow(
        code="" if verdict.code is None else str(verdict.code),
        with_code=verdict.with_code,
        people=pairs.human_human.value,
        with_model=pairs.human_machine.value,
        difference=difference,
        needed=None if replacement.low is None else max(0.0, -replacement.low),
        noninferior=replacement.noninferior if fixed else None,
        equivalent=replacement.equivalent if fixed else None,
        winning_rate=verdict.alt_test.winning_rate,
        advantage=verdict.alt_test.advantage,
        beaten=verdict.alt_test.passed,
        passes=verdict.passes if fixed else None,
        reason=replacement.difference.reason or verdict.reason,
    )


def _sensitivity(
    people: Sequence[Sequence[frozenset[str]]],
    machine: Sequence[frozenset[str]],
    transcripts: Sequence[str],
    names: Sequence[str],
) -> tuple[tuple[float, float | None], ...]:
    """Return the winning rate of the alternative annotator test, on all codes, for a row of epsilons."""
    rows = [list(row) for row in people]
    score = closeness(jaccard_distance)
    tests = (alt_test(rows, machine, each, transcripts, score, coders=names) for each in EPSILONS)
    return tuple((each, test.winning_rate) for each, test in zip(EPSILONS, tests, strict=True))


def _errors(
    compared: Compared,
    shared: Ratings,
    people: Sequence[Sequence[frozenset[str]]],
    machine: Sequence[frozenset[str]],
) -> tuple[tuple[str, tuple[ErrorRow, ...]], ...]:
    variables = _variables(compared, shared)
    return tuple(
        (name, machine_errors(row, machine, variables)) for name, row in zip(compared.people, people, strict=True)
    )


def _variables(compared: Compared, shared: Ratings) -> dict[str, list[Hashable | None]]:
    """Return for each shared unit what its transcript and speaker carry, the interviewer, and the transcript.

    A variable with one value, or with more than a dozen, tells nothing apart.
    """
    place = {
        (name, span): n for n, (name, span) in enumerate(zip(compared.ratings.groups, compared.spans, strict=True))
    }
    seen = [all(row[n] is not None for row in _rows(compared, shared.coders)) for n in range(len(place))]
    carried = [_carried(compared, name, span) for (name, span), n in place.items() if seen[n]]
    names = dict.fromkeys(name for values in carried for name in values)
    table: dict[str, list[Hashable | None]] = {name: [values.get(name) for values in carried] for name in names}
    kept = {name: values for name, values in table.items() if 2 <= len(set(values)) <= MOST_VALUES}
    return kept | {"transcript": list(shared.groups)}


def _rows(compared: Compared, coders: Sequence[str]) -> list[tuple[frozenset[str] | None, ...]]:
    return [compared.ratings.sets[compared.ratings.coders.index(coder)] for coder in coders]


def _carried(compared: Compared, name: str, span: Span) -> dict[str, str]:
    transcript = compared.project.transcript(name)
    speaker = next((turn.speaker for turn in transcript.turns if turn.span.overlap(span)), "")
    asked = sorted({turn.speaker for turn in transcript.turns if turn.role is Role.INTERVIEWER})
    return {**transcript.variables, **transcript.speakers.get(speaker, {}), "interviewer": ", ".join(asked)}
