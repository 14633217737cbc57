"""What a page offers: the transcripts that a person may go through, and what waits in the one that is shown."""

from __future__ import annotations

import sqlalchemy as sa

from autocoder.project import CoderKind, Coding, Origin
from autocoder.store import schema as t
from autocoder.store.assignments import Task, in_reach
from autocoder.store.study import Store, coding_of, id_of


def all_names(store: Store) -> tuple[str, ...]:
    """Return the names of all transcripts in the order in which they came."""
    with store.reading() as connection:
        return tuple(connection.scalars(sa.select(t.transcript.c.name).order_by(t.transcript.c.id)))


def names_in_reach(store: Store, coder: str) -> tuple[str, ...]:
    """Return the names of the transcripts in which a coder may confirm suggestions, in the order in which they came."""
    with store.reading() as connection:
        reach = in_reach(connection, id_of(connection, t.coder, coder))
        names = sa.select(t.transcript.c.name).where(t.transcript.c.id.in_(reach)).order_by(t.transcript.c.id)
        return tuple(connection.scalars(names))


def double_coded(store: Store) -> tuple[str, ...]:
    """Return the names of the transcripts that two people or more coded blind, or were asked to."""
    people = sa.select(t.coder.c.id).where(t.coder.c.kind == CoderKind.HUMAN)
    blind = sa.select(t.coding.c.transcript_id, t.coding.c.coder_id).where(
        t.coding.c.coder_id.in_(people), t.coding.c.answer.is_(None), t.coding.c.origin == Origin.BLIND
    )
    asked = sa.select(t.assignment.c.transcript_id, t.assignment.c.coder_id).where(t.assignment.c.task == Task.BLIND)
    both = sa.union(blind, asked).subquery()
    twice = sa.select(both.c.transcript_id).group_by(both.c.transcript_id).having(sa.func.count() > 1)
    with store.reading() as connection:
        names = sa.select(t.transcript.c.name).where(t.transcript.c.id.in_(twice)).order_by(t.transcript.c.id)
        return tuple(connection.scalars(names))


def waiting_in(store: Store, model: str, transcript: str) -> tuple[Coding, ...]:
    """Return the open suggestions of a model in a transcript by position; who may see them is for the caller to say."""
    query = (
        sa.select(t.coding, t.transcript.c.name.label("transcript"), t.coder.c.name.label("coder"))
        .join(t.transcript, t.transcript.c.id == t.coding.c.transcript_id)
        .join(t.coder, t.coder.c.id == t.coding.c.coder_id)
        .where(t.coder.c.name == model, t.transcript.c.name == transcript, t.coding.c.answer.is_(None))
        .order_by(t.coding.c.start, t.coding.c.end, t.coding.c.id)
    )
    with store.reading() as connection:
        return tuple(coding_of(row) for row in connection.execute(query))
