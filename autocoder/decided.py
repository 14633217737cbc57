"""What people decided about a model's suggestions: accepted, rejected, or not looked at so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum

from autocoder.project import CoderKind, Coding, Decision, Origin, Project

_AFTER_A_SUGGESTION = (Origin.ASSISTED, Origin.ADJUDICATED)


class Status(StrEnum):
    """Where a suggestion stands with the people who review it."""

    OPEN = "not reviewed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


def statuses(project: Project, decisions: Iterable[Decision] = ()) -> dict[Coding, Status]:
    """Return the status of every coding of a model.

    It is accepted when the last decision on a passage of it kept its code, or when a person's assisted or adjudicated
    coding gives the same code to at least half of the shorter of the two; rejected when a decision that showed the code
    left it out; of several passages or reviewers one that accepts is enough.
    """
    models = {coder.name for coder in project.coders if coder.kind is CoderKind.MODEL}
    answers = _answers(decisions)
    given = _given(project, models)
    found: dict[Coding, Status] = {}
    for coding in project.codings:
        if coding.coder in models:
            key = (coding.transcript, coding.code)
            said = [*_on(coding, answers.get(key, ())), *_on(coding, given.get(key, ()))]
            found[coding] = Status.OPEN if not said else Status.ACCEPTED if any(said) else Status.REJECTED
    return found


def confirmed(project: Project, known: Mapping[Coding, Status]) -> Project:
    """Return the project with the codings of people and the suggestions that a person accepted."""
    kept = tuple(coding for coding in project.codings if known.get(coding, Status.ACCEPTED) is Status.ACCEPTED)
    left = {coding.coder for coding in kept}
    coders = tuple(coder for coder in project.coders if coder.kind is CoderKind.HUMAN or coder.name in left)
    return replace(project, coders=coders, codings=kept)


_Passages = Mapping[tuple[str, str], Iterable[tuple[Coding | Decision, bool]]]


def _answers(decisions: Iterable[Decision]) -> _Passages:
    """By transcript and code: the last decision of each reviewer on each passage, and whether it kept the code."""
    last = {(decision.coder, decision.transcript, decision.span): decision for decision in decisions}
    found: dict[tuple[str, str], list[tuple[Coding | Decision, bool]]] = {}
    for decision in last.values():
        for code in {*decision.before, *decision.shown, *decision.after}:
            found.setdefault((decision.transcript, code), []).append((decision, code in decision.after))
    return found


def _given(project: Project, models: set[str]) -> _Passages:
    found: dict[tuple[str, str], list[tuple[Coding | Decision, bool]]] = {}
    for coding in project.codings:
        if coding.coder not in models and coding.origin in _AFTER_A_SUGGESTION:
            found.setdefault((coding.transcript, coding.code), []).append((coding, True))
    return found


def _on(coding: Coding, passages: Iterable[tuple[Coding | Decision, bool]]) -> Iterator[bool]:
    for passage, kept in passages:
        if 2 * coding.span.overlap(passage.span) >= min(len(coding.span), len(passage.span)):
            yield kept
