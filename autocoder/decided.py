"""What people decided about a model's suggestions: accepted, rejected, or not looked at so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum

from autocoder.project import Action, CoderKind, Coding, Decision, Mode, Origin, Project, Span

_AFTER_A_SUGGESTION = (Origin.ASSISTED, Origin.ADJUDICATED)
_ABOUT_A_SUGGESTION = (Mode.CONFIRM, Mode.SWEEP, Mode.AUDIT, Mode.BROWSE)
_NO_ANSWER = (Action.SKIP, Action.MEMO, Action.UNDO)


class Status(StrEnum):
    """Where a suggestion stands with the people who review it."""

    OPEN = "not reviewed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


def statuses(project: Project, decisions: Iterable[Decision] = ()) -> dict[Coding, Status]:
    """Return the status of every coding of a model.

    It is accepted when the last answer on a passage of it kept its code, or when a person's assisted or adjudicated
    coding gives the same code to at least half of the shorter of the two; rejected when an answer that showed the code
    left it out; of several passages or reviewers one that accepts is enough. What was taken back, skipped, or only
    remarked on is no answer, and neither is what was said of a passage for another reason than a suggestion of the
    model: coding blind, settling between people, a random passage, a planted error.
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


def answers(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return the decisions that say something of a model's suggestion and were not taken back, in their order."""
    made = tuple(decisions)
    undone = {decision.undoes for decision in made if decision.undoes is not None}
    return tuple(
        decision
        for decision in made
        if decision.mode in _ABOUT_A_SUGGESTION
        and decision.action not in _NO_ANSWER
        and (decision.id is None or decision.id not in undone)
    )


def _answers(decisions: Iterable[Decision]) -> _Passages:
    """By transcript and code: the last answer of each reviewer on each passage, and whether it kept the code."""
    last: dict[tuple[str, str], dict[tuple[str, Span], tuple[Coding | Decision, bool]]] = {}
    for decision in answers(decisions):
        for code in {*decision.before, *decision.shown, *decision.after}:
            on_code = last.setdefault((decision.transcript, code), {})
            on_code[decision.coder, decision.span] = (decision, code in decision.after)
    return {key: tuple(passages.values()) for key, passages in last.items()}


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
