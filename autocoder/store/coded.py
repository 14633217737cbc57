"""What people coded, over the whole study: to show it as examples and to judge suggestions by it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from autocoder.project import CoderKind, Origin, Role, Span, Transcript, Turn
from autocoder.store import schema as t
from autocoder.store.assignments import Task, visible
from autocoder.store.study import Store, id_of

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Given:
    """A coding with its number and that of its transcript."""

    id: int
    transcript_id: int
    span: Span
    code: str
    coder: str
    origin: Origin
    created: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said of a suggestion; ``kept`` is whether its code stayed."""

    transcript_id: int
    span: Span
    code: str
    coder: str
    kept: bool


def answers_of_people(store: Store, transcripts: Collection[int]) -> tuple[Answer, ...]:
    """Return how suggestions in these transcripts are answered at present."""
    c = t.coding.c
    query = (
        sa.select(c.transcript_id, c.start, c.end, c.code, t.coder.c.name, t.decision.c.after)
        .join(t.decision, t.decision.c.id == c.answer)
        .join(t.coder, t.coder.c.id == t.decision.c.coder_id)
        .order_by(c.transcript_id, c.start, c.id)
    )
    with store.reading() as connection:
        return tuple(
            Answer(row.transcript_id, Span(row.start, row.end), row.code, row.name, row.code in row.after)
            for part in _parts(sorted(transcripts))
            for row in connection.execute(query.where(c.transcript_id.in_(part)))
        )


def given_by_people(store: Store, transcripts: Collection[int] | None = None) -> tuple[Given, ...]:
    """Return the codings of people, all or those in some transcripts, by transcript and position."""
    return _given(store, t.coder.c.kind == CoderKind.HUMAN, transcripts)


def given_with(
    store: Store, code: str, reader: str, origins: Collection[Origin], but: str, most: int
) -> tuple[Given, ...]:
    """Return codings of people with a code that ``reader`` may see, the latest first, ``most`` at most.

    None is of the transcript that is called ``but``.
    """
    c = t.coding.c
    elsewhere = c.transcript_id.not_in(sa.select(t.transcript.c.id).where(t.transcript.c.name == but))
    query = (
        _codings_of(t.coder.c.kind == CoderKind.HUMAN)
        .where(c.code == code, c.origin.in_(origins), elsewhere)
        .order_by(c.id.desc())
        .limit(most)
    )
    with store.reading() as connection:
        return tuple(_given_of(row) for row in connection.execute(query.where(visible(connection, reader))))


def given_by(store: Store, coder: str, transcripts: Collection[int] | None = None) -> tuple[Given, ...]:
    """Return the codings of one coder, a person or a model, by transcript and position."""
    return _given(store, t.coder.c.name == coder, transcripts)


def _given(store: Store, whose: sa.ColumnElement[bool], transcripts: Collection[int] | None) -> tuple[Given, ...]:
    c = t.coding.c
    query = _codings_of(whose).order_by(c.transcript_id, c.start, c.id)
    with store.reading() as connection:
        if transcripts is None:
            return tuple(map(_given_of, connection.execute(query)))
        parts = _parts(sorted(transcripts))
        return tuple(
            _given_of(row) for part in parts for row in connection.execute(query.where(c.transcript_id.in_(part)))
        )


def _codings_of(whose: sa.ColumnElement[bool]) -> sa.Select[Any]:
    c = t.coding.c
    columns = (c.id, c.transcript_id, c.start, c.end, c.code, t.coder.c.name, c.origin, c.created)
    return sa.select(*columns).join(t.coder, t.coder.c.id == c.coder_id).where(whose)


def _parts(numbers: list[int]) -> Iterable[list[int]]:
    return (numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE))


def _given_of(row: sa.Row[Any]) -> Given:
    return Given(
        row.id, row.transcript_id, Span(row.start, row.end), row.code, row.name, Origin(row.origin), row.created
    )


def coded_blind(store: Store) -> dict[int, frozenset[str]]:
    """Return who coded a transcript blind, by the transcript's number, where all who do so are done.

    Blind coding that somebody has not committed judges nothing yet, since it is not revealed.
    """
    c = t.coding.c
    waiting = sa.select(t.assignment.c.transcript_id).where(
        t.assignment.c.task == Task.BLIND, t.assignment.c.committed.is_(None)
    )
    coded = (
        sa.select(c.transcript_id, t.coder.c.name)
        .distinct()
        .join(t.coder, t.coder.c.id == c.coder_id)
        .where(t.coder.c.kind == CoderKind.HUMAN, c.origin == Origin.BLIND, c.transcript_id.not_in(waiting))
    )
    committed = (
        sa.select(t.assignment.c.transcript_id, t.coder.c.name)
        .join(t.coder, t.coder.c.id == t.assignment.c.coder_id)
        .where(t.assignment.c.task == Task.BLIND, t.assignment.c.transcript_id.not_in(waiting))
    )
    found: dict[int, set[str]] = {}
    with store.reading() as connection:
        for query in (coded, committed):
            for row in connection.execute(query):
                found.setdefault(row.transcript_id, set()).add(row.name)
    return {number: frozenset(names) for number, names in found.items()}


def seen_of(store: Store, codings: Collection[int], coder: str) -> frozenset[int]:
    """Return which of these codings, named by their numbers, a person may see now."""
    with store.reading() as connection:
        may = visible(connection, coder)
        return frozenset(
            number
            for part in _parts(sorted(codings))
            for number in connection.scalars(sa.select(t.coding.c.id).where(t.coding.c.id.in_(part), may))
        )


def numbered(store: Store, numbers: Collection[int]) -> dict[int, Transcript]:
    """Return transcripts with their turns by their numbers."""
    with store.reading() as connection:
        found: dict[int, Transcript] = {}
        for part in _parts(sorted(numbers)):
            turns: dict[int, list[Turn]] = {number: [] for number in part}
            query = sa.select(t.turn).where(t.turn.c.transcript_id.in_(part)).order_by(t.turn.c.number)
            for row in connection.execute(query):
                turn = Turn(Span(row.start, row.end), row.speaker, Role(row.role), row.time)
                turns[row.transcript_id].append(turn)
            for row in connection.execute(sa.select(t.transcript).where(t.transcript.c.id.in_(part))):
                found[row.id] = Transcript(row.name, row.text, tuple(turns[row.id]))
    return found


def fingerprints(store: Store, numbers: Collection[int] | None = None) -> dict[int, tuple[str, str]]:
    """Return name and SHA-256 of the text of transcripts, all or some, by their numbers."""
    query = sa.select(t.transcript.c.id, t.transcript.c.name, t.transcript.c.sha256)
    if numbers is not None:
        query = query.where(t.transcript.c.id.in_(numbers))
    with store.reading() as connection:
        return {row.id: (row.name, row.sha256) for row in connection.execute(query)}


def number_of(store: Store, transcript: str) -> int:
    """Return the number of the transcript of that name."""
    with store.reading() as connection:
        return id_of(connection, t.transcript, transcript)
