"""Who does what in which transcript, and what that lets a person see: confirming, blind coding, adjudicating."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from autocoder.errors import AutocoderError
from autocoder.store import schema as t
from autocoder.store.audit import Deed, append
from autocoder.store.study import Store, id_of, insert_where_new


class Task(StrEnum):
    """What a person was asked to do in a transcript."""

    CONFIRM = "confirm"
    BLIND = "blind"
    ADJUDICATE = "adjudicate"


class NotAllowed(AutocoderError):
    """Something that would show a person what that person must not see, or that is another person's to do."""


@dataclass(frozen=True)
class Assignment:
    """A task of a coder in a transcript; ``committed`` is when blind coding was closed, None before."""

    transcript: str
    coder: str
    task: Task
    given_by: str
    at: str
    committed: str | None = None


def assignments(
    store: Store, coder: str | None = None, transcript: str | None = None, task: Task | None = None
) -> tuple[Assignment, ...]:
    """Return the assignments, of one coder, transcript or task where these are given."""
    wanted = [(t.coder.c.name, coder), (t.transcript.c.name, transcript), (t.assignment.c.task, task)]
    query = (
        sa.select(t.assignment, t.transcript.c.name.label("transcript"), t.coder.c.name.label("coder"))
        .join(t.transcript, t.transcript.c.id == t.assignment.c.transcript_id)
        .join(t.coder, t.coder.c.id == t.assignment.c.coder_id)
        .where(*(column == value for column, value in wanted if value is not None))
        .order_by(t.assignment.c.transcript_id, t.assignment.c.id)
    )
    with store.reading() as connection:
        return tuple(_assignment_of(row) for row in connection.execute(query))


def assign(store: Store, coder: str, transcripts: Iterable[str], task: Task, given_by: str, at: str) -> int:
    """Give a coder a task in transcripts, in one transaction, and return how many are new.

    Blind coding is refused where the coder saw suggestions, with nothing assigned.
    """
    with store.writing() as connection:
        new = sum(_assign(connection, coder, name, task, given_by, at) for name in transcripts)
        if new:
            append(connection, given_by, Deed.ASSIGNMENT, {"coder": coder, "task": task.value, "transcripts": new}, at)
    return new


def _assign(connection: sa.Connection, coder: str, transcript: str, task: Task, given_by: str, at: str) -> int:
    coder_id, transcript_id = id_of(connection, t.coder, coder), id_of(connection, t.transcript, transcript)
    if task is Task.BLIND and saw(connection, coder_id, transcript_id):
        raise NotAllowed(f"{coder} saw suggestions in {transcript}; blind coding there needs somebody else.")
    ids = {"transcript_id": transcript_id, "coder_id": coder_id}
    row = ids | {"task": task.value, "given_by": given_by, "at": at}
    return insert_where_new(connection, t.assignment, row)


def withdraw(store: Store, coder: str, transcript: str, task: Task, taken_by: str, at: str) -> bool:
    """Take a task away from a coder and return whether there was one; committed blind coding keeps its record."""
    with store.writing() as connection:
        gone = sa.delete(t.assignment).where(
            t.assignment.c.coder_id == id_of(connection, t.coder, coder),
            t.assignment.c.transcript_id == id_of(connection, t.transcript, transcript),
            t.assignment.c.task == task,
            t.assignment.c.committed.is_(None),
        )
        taken = connection.execute(gone).rowcount == 1
        if taken:
            about = {"coder": coder, "task": task.value, "withdrawn": transcript}
            append(connection, taken_by, Deed.ASSIGNMENT, about, at)
    return taken


def in_reach(connection: sa.Connection, coder_id: int) -> sa.Select[tuple[Any]]:
    """Return the query of the transcripts in which a coder may confirm suggestions.

    They are those assigned to the coder, or all where none is assigned to anybody; without those that the coder codes
    blind and has not committed.
    """
    mine = sa.select(t.assignment.c.transcript_id).where(t.assignment.c.coder_id == coder_id)
    anybody = sa.exists().where(t.assignment.c.task == Task.CONFIRM).select()
    query = sa.select(t.transcript.c.id)
    if connection.scalars(anybody).one():
        query = query.where(t.transcript.c.id.in_(mine.where(t.assignment.c.task == Task.CONFIRM)))
    blind = mine.where(t.assignment.c.task == Task.BLIND, t.assignment.c.committed.is_(None))
    return query.where(t.transcript.c.id.not_in(blind))


def may_confirm(store: Store, coder: str, transcript: str) -> None:
    """Raise NotAllowed when a coder must not see suggestions in a transcript."""
    with store.reading() as connection:
        reach = in_reach(connection, id_of(connection, t.coder, coder)).where(t.transcript.c.name == transcript)
        if connection.scalars(reach).first() is None:
            raise NotAllowed(f"{transcript} is not yours to confirm: it is assigned to others, or you code it blind.")


def saw(connection: sa.Connection, coder_id: int, transcript_id: int) -> bool:
    """Return whether a coder was shown suggestions in a transcript."""
    shown = sa.exists().where(t.seen.c.coder_id == coder_id, t.seen.c.transcript_id == transcript_id)
    return bool(connection.scalars(shown.select()).one())


def _assignment_of(row: sa.Row[Any]) -> Assignment:
    return Assignment(row.transcript, row.coder, Task(row.task), row.given_by, row.at, row.committed)
