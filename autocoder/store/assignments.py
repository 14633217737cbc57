"""Who does what in which transcript, and what that lets a person see: confirming, blind coding, adjudicating."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from autocoder.errors import AutocoderError
from autocoder.project import Origin
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
    return assign_all(store, [(coder, task)], transcripts, given_by, at)


def assign_all(
    store: Store, who: Iterable[tuple[str, Task]], transcripts: Iterable[str], given_by: str, at: str
) -> int:
    """Give several coders a task each in the same transcripts, all or nothing, and return how many are new."""
    names, total = tuple(transcripts), 0
    with store.writing() as connection:
        for coder, task in who:
            new = sum(_assign(connection, coder, name, task, given_by, at) for name in names)
            about = {"coder": coder, "task": task.value, "transcripts": new}
            total += new
            if new:
                append(connection, given_by, Deed.ASSIGNMENT, about, at)
    return total


def _assign(connection: sa.Connection, coder: str, transcript: str, task: Task, given_by: str, at: str) -> int:
    coder_id, transcript_id = id_of(connection, t.coder, coder), id_of(connection, t.transcript, transcript)
    if task is Task.BLIND and saw(connection, coder_id, transcript_id):
        raise NotAllowed(f"{coder} saw suggestions in {transcript}; blind coding there needs somebody else.")
    ids = {"transcript_id": transcript_id, "coder_id": coder_id}
    row = ids | {"task": task.value, "given_by": given_by, "at": at}
    return insert_where_new(connection, t.assignment, row)


def withdraw(store: Store, coder: str, transcript: str, task: Task, taken_by: str, at: str) -> bool:
    """Take a task away from a coder and return whether there was one; committed blind coding keeps its record.

    Raises NotAllowed for blind coding that has begun: without the task it would be shown to others before its time.
    """
    with store.writing() as connection:
        hold(connection, coder)
        coder_id, transcript_id = id_of(connection, t.coder, coder), id_of(connection, t.transcript, transcript)
        if task is Task.BLIND and _has_begun(connection, coder_id, transcript_id):
            raise NotAllowed(f"{coder} has begun to code {transcript} blind; only committing ends that.")
        gone = sa.delete(t.assignment).where(
            t.assignment.c.coder_id == coder_id,
            t.assignment.c.transcript_id == transcript_id,
            t.assignment.c.task == task,
            t.assignment.c.committed.is_(None),
        )
        taken = connection.execute(gone).rowcount == 1
        if taken:
            about = {"coder": coder, "task": task.value, "withdrawn": transcript}
            append(connection, taken_by, Deed.ASSIGNMENT, about, at)
    return taken


def _has_begun(connection: sa.Connection, coder_id: int, transcript_id: int) -> bool:
    """Return whether a coder put a code on a transcript blind that is not committed."""
    row = connection.execute(_blind(coder_id, transcript_id)).first()
    made = sa.exists().where(
        t.coding.c.transcript_id == transcript_id,
        t.coding.c.coder_id == coder_id,
        t.coding.c.origin == Origin.BLIND,
        t.coding.c.made_by.is_not(None),
    )
    return row is not None and row.committed is None and bool(connection.scalars(made.select()).one())


def in_reach(connection: sa.Connection, coder_id: int) -> sa.Select[tuple[Any]]:
    """Return the query of the transcripts in which a coder may confirm suggestions.

    They are those assigned to the coder, or all where none is assigned to anybody; without those that the coder codes
    blind and has not committed.
    """
    mine = sa.select(t.assignment.c.transcript_id).where(t.assignment.c.coder_id == coder_id)
    query = sa.select(t.transcript.c.id)
    if divided(connection):
        query = query.where(t.transcript.c.id.in_(mine.where(t.assignment.c.task == Task.CONFIRM)))
    blind = mine.where(t.assignment.c.task == Task.BLIND, t.assignment.c.committed.is_(None))
    return query.where(t.transcript.c.id.not_in(blind))


def divided(connection: sa.Connection) -> bool:
    """Return whether transcripts were assigned to anybody to confirm; as long as not, all of them are everybody's."""
    return bool(connection.scalars(sa.exists().where(t.assignment.c.task == Task.CONFIRM).select()).one())


def may_confirm(store: Store, coder: str, transcript: str) -> None:
    """Raise NotAllowed when a coder must not see suggestions in a transcript."""
    with store.reading() as connection:
        reach = in_reach(connection, id_of(connection, t.coder, coder)).where(t.transcript.c.name == transcript)
        if connection.scalars(reach).first() is None:
            raise NotAllowed(f"{transcript} is not yours to confirm: it is assigned to others, or you code it blind.")


def may_code_blind(store: Store, coder: str, transcript: str) -> None:
    """Raise NotAllowed when a coder saw suggestions in a transcript before committing blind coding there."""
    with store.reading() as connection:
        coder_id, transcript_id = id_of(connection, t.coder, coder), id_of(connection, t.transcript, transcript)
        asked = connection.execute(_blind(coder_id, transcript_id)).first()
        if asked is None and saw(connection, coder_id, transcript_id):
            raise NotAllowed(f"you saw suggestions in {transcript}; blind coding there needs somebody else.")


def saw(connection: sa.Connection, coder_id: int, transcript_id: int) -> bool:
    """Return whether a coder was shown suggestions in a transcript."""
    shown = sa.exists().where(t.seen.c.coder_id == coder_id, t.seen.c.transcript_id == transcript_id)
    return bool(connection.scalars(shown.select()).one())


def mark_seen(connection: sa.Connection, coder_id: int, transcript_id: int, at: str) -> None:
    """Remember, in a transaction that is under way, that a coder was shown suggestions in a transcript."""
    insert_where_new(connection, t.seen, {"coder_id": coder_id, "transcript_id": transcript_id, "at": at})


def remember_seen(store: Store, coder: str, transcripts: Iterable[str], at: str) -> None:
    """Remember that a coder was shown suggestions in transcripts; what is remembered already is not written again."""
    with store.reading() as connection:
        coder_id = id_of(connection, t.coder, coder)
        new = [
            transcript_id
            for name in sorted(transcripts)
            if not saw(connection, coder_id, transcript_id := id_of(connection, t.transcript, name))
        ]
    if new:
        with store.writing() as connection:
            for transcript_id in new:
                mark_seen(connection, coder_id, transcript_id, at)


def begin_blind(connection: sa.Connection, coder: str, transcript: str, at: str) -> None:
    """Make sure, in a transaction that is under way, that a coder may code a transcript blind just now.

    Who was not asked to and saw nothing there takes the task by beginning. Raise NotAllowed otherwise.
    """
    coder_id, transcript_id = id_of(connection, t.coder, coder), id_of(connection, t.transcript, transcript)
    row = connection.execute(_blind(coder_id, transcript_id)).first()
    if row is not None and row.committed is not None:
        raise NotAllowed(f"the blind coding of {transcript} was committed on {row.committed[:10]} and stays as it is.")
    if row is None:
        _assign(connection, coder, transcript, Task.BLIND, coder, at)


def refuse_while_blind(connection: sa.Connection, coder: str, transcript: str) -> None:
    """Raise NotAllowed when a coder codes a transcript blind and has not committed it."""
    coder_id, transcript_id = id_of(connection, t.coder, coder), id_of(connection, t.transcript, transcript)
    row = connection.execute(_blind(coder_id, transcript_id)).first()
    if row is not None and row.committed is None:
        raise NotAllowed(f"you code {transcript} blind; commit that before you look at suggestions there.")


def commit_blind(store: Store, coder: str, transcript: str, at: str) -> None:
    """Close a coder's blind coding of a transcript for good; raise NotAllowed when there is none that is open."""
    with store.writing() as connection:
        hold(connection, coder)
        coder_id, transcript_id = id_of(connection, t.coder, coder), id_of(connection, t.transcript, transcript)
        row = connection.execute(_blind(coder_id, transcript_id)).first()
        if row is None or row.committed is not None:
            raise NotAllowed(f"there is no open blind coding of {transcript} to commit.")
        connection.execute(sa.update(t.assignment).where(t.assignment.c.id == row.id).values(committed=at))
        append(connection, coder, Deed.COMMIT, {"transcript": transcript}, at)


def visible(connection: sa.Connection, coder: str) -> sa.ColumnElement[bool]:
    """Return the condition on the codings that a person may see, whoever asks, leads included.

    One's own always. Who codes a transcript blind sees nothing else there until it is committed; and as long as anybody
    does, nobody sees the blind coding of another there: both commit, then both are revealed.
    """
    coder_id = id_of(connection, t.coder, coder)
    somebody = sa.select(t.assignment.c.transcript_id).where(
        t.assignment.c.task == Task.BLIND, t.assignment.c.committed.is_(None)
    )
    not_blind_here = t.coding.c.transcript_id.not_in(somebody.where(t.assignment.c.coder_id == coder_id))
    revealed = sa.or_(t.coding.c.origin != Origin.BLIND, t.coding.c.transcript_id.not_in(somebody))
    return sa.or_(t.coding.c.coder_id == coder_id, sa.and_(not_blind_here, revealed))


def hold(connection: sa.Connection, coder: str) -> None:
    """Let one coder's writes come one after another; SQLite's writers do so anyway."""
    connection.execute(sa.select(t.coder.c.id).where(t.coder.c.name == coder).with_for_update(key_share=True))


def _blind(coder_id: int, transcript_id: int) -> sa.Select[tuple[Any, ...]]:
    return sa.select(t.assignment.c.id, t.assignment.c.committed).where(
        t.assignment.c.coder_id == coder_id,
        t.assignment.c.transcript_id == transcript_id,
        t.assignment.c.task == Task.BLIND,
    )


def _assignment_of(row: sa.Row[Any]) -> Assignment:
    return Assignment(row.transcript, row.coder, Task(row.task), row.given_by, row.at, row.committed)
