"""All that a report on a model says: out-of-fold suggestions against every person, beside the references."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocoder.agree import Estimate, Ratings, agreement
from autocoder.classifier import Manifest
from autocoder.evaluate import (
    Interval,
    ReliabilityBin,
    average_precision,
    brier,
    calibration_error,
    evaluate,
    f1_intervals,
    majority,
    mean,
    reliability,
)
from autocoder.learn.curve import CurvePoint
from autocoder.learn.examples import with_ancestors
from autocoder.learn.held_out import OutOfFold, Predictions, Unit, cross_fitted
from autocoder.project import Code, Codebook, Coder, CoderKind, Coding, Origin, Project, Segment, Span
from autocoder.segment import map_codings

MODEL, LINEAR, MAJORITY = "model", "linear", "majority"
FEW_TRANSCRIPTS = 5

Sets = tuple[frozenset[str], ...]


@dataclass(frozen=True)
class CodeFigures:
    """One code against the reference; ``units`` is how many units the reference gave it to."""

    code: str
    units: int
    suggested: int
    precision: float | None
    recall: float | None
    f1: float | None
    average_precision: float | None
    kappa: Estimate
    alpha: Estimate


@dataclass(frozen=True)
class Rival:
    """What one source of codes reaches: the model, the linear machines, a majority guess, or another person.

    ``domain_f1`` is macro F1 over the codable roots; kappa is pooled over the codes, alpha that of sets with MASI.
    """

    who: str
    person: bool
    macro_precision: float | None
    macro_recall: float | None
    macro_f1: float | None
    macro_f1_interval: Interval | None
    micro_precision: float | None
    micro_recall: float | None
    micro_f1: float | None
    micro_f1_interval: Interval | None
    domain_f1: float | None
    average_precision: float | None
    kappa: Estimate
    alpha: Estimate
    codes: tuple[CodeFigures, ...]


@dataclass(frozen=True)
class Block:
    """Everyone against one reference on the same units.

    People who coded all of the reference's units stand in its own block; ``beside`` names the person who coded only
    some of them, to which the block is then cut down.
    """

    reference: str
    adjudicated: bool
    beside: str
    units: int
    transcripts: int
    rivals: tuple[Rival, ...]


@dataclass(frozen=True)
class Calibration:
    """How far scores are shares; ``brier_of_shares`` is what each code's own share would get as its only score."""

    reference: str
    brier: float
    brier_of_shares: float
    error: float | None
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True)
class CurveLine:
    """A learning curve and whose it is."""

    who: str
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True)
class EvaluationReport:
    """The whole report."""

    at: str
    project: str
    model: str
    encoder: str
    taught_by: str
    units: int
    transcripts: int
    folds: int
    blocks: tuple[Block, ...]
    calibration: Calibration | None
    curves: tuple[CurveLine, ...]
    warnings: tuple[str, ...]
    seed: int
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Reference:
    """What a person, or the adjudication, said of out-of-fold units; ``rows`` are the units seen."""

    name: str
    adjudicated: bool
    sets: Sets
    rows: tuple[int, ...]


def report(
    project: Project,
    manifest: Manifest,
    held_out: OutOfFold,
    curves: Sequence[CurveLine],
    at: str,
    seed: int,
    versions: Sequence[tuple[str, str]],
) -> EvaluationReport:
    """Gather the report from what training kept and from the coding that the project holds now."""
    model, linear = cross_fitted(manifest, held_out)
    references = _references(project, held_out.units)
    blocks = []
    for reference in references:
        others = [each for each in references if not each.adjudicated and each.name != reference.name]
        whole = [each for each in others if set(each.rows) >= set(reference.rows)]
        blocks.append(_block(project, held_out, reference, whole, "", model, linear, seed))
        for other in others:
            if other not in whole and set(other.rows) & set(reference.rows):
                blocks.append(_block(project, held_out, reference, [other], other.name, model, linear, seed))
    taught_by = str(manifest.data["coder"])
    teacher = next((r for r in references if r.name == taught_by and not r.adjudicated), None)
    return EvaluationReport(
        at=at,
        project=project.name,
        model=manifest.name,
        encoder=manifest.encoder,
        taught_by=taught_by,
        units=len(held_out.units),
        transcripts=len({name for name, _, _ in held_out.units}),
        folds=len(np.unique(held_out.fold)),
        blocks=tuple(blocks),
        calibration=_calibration(held_out, teacher, model) if teacher else None,
        curves=tuple(curves),
        warnings=tuple(_warnings(project, held_out, references, taught_by)),
        seed=seed,
        versions=tuple(versions),
    )


def _references(project: Project, units: Sequence[Unit]) -> list[_Reference]:
    """Return each person who coded some of the units blind, the most units first, and then the adjudication."""
    people = [coder for coder in project.coders if coder.kind is CoderKind.HUMAN]
    found = [_reference(project, units, coder) for coder in people]
    seen = sorted((each for each in found if each.rows), key=lambda each: -len(each.rows))
    settled = [coding for coding in project.codings if coding.origin is Origin.ADJUDICATED]
    adjudicated = _said(project, units, settled, {coding.transcript for coding in settled}, "adjudicated", True)
    return [*seen, *([adjudicated] if adjudicated.rows else [])]


def _reference(project: Project, units: Sequence[Unit], coder: Coder) -> _Reference:
    mine = [c for c in project.codings if c.coder == coder.name and c.origin is not Origin.ADJUDICATED]
    not_blind = {coding.transcript for coding in mine if coding.origin is not Origin.BLIND}
    return _said(project, units, mine, {c.transcript for c in mine} - not_blind, coder.name, False)


def _said(
    project: Project, units: Sequence[Unit], codings: Sequence[Coding], names: set[str], who: str, adjudicated: bool
) -> _Reference:
    sets: list[frozenset[str]] = [frozenset()] * len(units)
    by_name: dict[str, list[int]] = {}
    for row, (name, _, _) in enumerate(units):
        by_name.setdefault(name, []).append(row)
    rows: list[int] = []
    for name in sorted(names & set(by_name)):
        here = by_name[name]
        spans = [Segment(name, Span(units[row][1], units[row][2]), 0) for row in here]
        mapped = map_codings(spans, [c for c in codings if c.transcript == name and c.code in project.codebook]).codes
        for row, codes in zip(here, mapped, strict=True):
            sets[row] = with_ancestors(project.codebook, codes)
        rows += here
    return _Reference(who, adjudicated, tuple(sets), tuple(sorted(rows)))


def _block(
    project: Project,
    held_out: OutOfFold,
    reference: _Reference,
    people: Sequence[_Reference],
    beside: str,
    model: Predictions,
    linear: Predictions,
    seed: int,
) -> Block:
    """Set everyone beside the reference on the units that it and these people saw."""
    rows = sorted(set(reference.rows).intersection(*(each.rows for each in people)))
    wanted = frozenset(held_out.codes)
    truth = [reference.sets[row] & wanted for row in rows]
    names = [held_out.units[row][0] for row in rows]
    sources: list[tuple[str, bool, Sequence[frozenset[str]], NDArray[np.float64] | None]] = [
        (MODEL, False, [model.sets[row] for row in rows], model.scores[rows]),
        (LINEAR, False, [linear.sets[row] for row in rows], linear.scores[rows]),
        (MAJORITY, False, majority(truth, held_out.codes), None),
    ]
    sources += [(each.name, True, [each.sets[row] for row in rows], None) for each in people]
    domains = [code.id for code in project.codebook.children(None) if code.codable and code.id in wanted]
    rivals = [
        _rival(who, person, [each & wanted for each in sets], scores, truth, names, held_out.codes, domains, seed)
        for who, person, sets, scores in sources
    ]
    return Block(reference.name, reference.adjudicated, beside, len(rows), len(set(names)), tuple(rivals))


def _rival(
    who: str,
    person: bool,
    sets: Sequence[frozenset[str]],
    scores: NDArray[np.float64] | None,
    truth: Sequence[frozenset[str]],
    names: Sequence[str],
    codes: Sequence[str],
    domains: Sequence[str],
    seed: int,
) -> Rival:
    found = evaluate(sets, truth, codes)
    intervals = f1_intervals(sets, truth, names, codes, seed)
    pair = Ratings(("reference", "rival"), (tuple(truth), tuple(sets)), tuple(names))
    agreed = agreement(pair, codes, seed)
    areas = [
        None if scores is None else average_precision(scores[:, n], [code in unit for unit in truth])
        for n, code in enumerate(codes)
    ]
    return Rival(
        who=who,
        person=person,
        macro_precision=found.macro_precision,
        macro_recall=found.macro_recall,
        macro_f1=found.macro_f1,
        macro_f1_interval=intervals.macro,
        micro_precision=found.micro.precision,
        micro_recall=found.micro.recall,
        micro_f1=found.micro.f1,
        micro_f1_interval=intervals.micro,
        domain_f1=evaluate(sets, truth, domains).macro_f1 if domains else None,
        average_precision=mean(areas),
        kappa=agreed.kappa,
        alpha=agreed.alpha_masi,
        codes=tuple(
            CodeFigures(
                code=score.code,
                units=score.human,
                suggested=score.suggested,
                precision=score.precision,
                recall=score.recall,
                f1=score.f1,
                average_precision=area,
                kappa=row.kappa,
                alpha=row.alpha,
            )
            for score, area, row in zip(found.codes, areas, agreed.by_code, strict=True)
        ),
    )


def _calibration(held_out: OutOfFold, teacher: _Reference, model: Predictions) -> Calibration:
    rows = list(teacher.rows)
    truth = np.array([[code in teacher.sets[row] for code in held_out.codes] for row in rows], dtype=np.float64)
    scores = model.scores[rows]
    table = reliability(scores, truth)
    shares = np.broadcast_to(truth.mean(axis=0), truth.shape)
    return Calibration(teacher.name, brier(scores, truth), brier(shares, truth), calibration_error(table), table)


def _warnings(project: Project, held_out: OutOfFold, references: Sequence[_Reference], taught_by: str) -> list[str]:
    found = []
    few = min((len({held_out.units[row][0] for row in each.rows}) for each in references), default=0)
    if references and few < FEW_TRANSCRIPTS:
        found.append(
            f"Only {few} transcripts are compared: the intervals are rough; five or more are needed to rely on them."
        )
    teacher = next((each for each in references if each.name == taught_by), None)
    if teacher is not None:
        learned = [frozenset(c for c, yes in zip(held_out.codes, row, strict=True) if yes) for row in held_out.labels]
        wanted = frozenset(held_out.codes)
        if any(teacher.sets[row] & wanted != learned[row] for row in teacher.rows):
            found.append(f"{taught_by} has coded since the model was trained: it is compared with the coding of now.")
    gone = [code for code in held_out.codes if code not in project.codebook]
    found += [f"{code} is no more in the codebook, so nobody can have coded it." for code in gone]
    return found


def code_of(book: Codebook, code: str) -> Code:
    """Return a code, also one that the codebook has lost since training."""
    return book[code] if code in book else Code(code)
