"""One transcript and the codings in it, without loading the study."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from autocoder.project import Coding, Role, Span, Transcript, Turn
from autocoder.store import schema as t
from autocoder.store.assignments import visible
from autocoder.store.study import Store, coding_of


def names(store: Store) -> tuple[str, ...]:
    """Return the names of all transcripts, in the order in which they came."""
    with store.reading() as connection:
        return tuple(connection.scalars(sa.select(t.transcript.c.name).order_by(t.transcript.c.id)))


def transcript(store: Store, name: str) -> Transcript | None:
    """Return the transcript of that name with its turns, or None."""
    with store.reading() as connection:
        row = connection.execute(sa.select(t.transcript).where(t.transcript.c.name == name)).first()
        if row is None:
            return None
        query = sa.select(t.turn).where(t.turn.c.transcript_id == row.id).order_by(t.turn.c.number)
        turns = tuple(
            Turn(Span(turn.start, turn.end), turn.speaker, Role(turn.role), turn.time)
            for turn in connection.execute(query)
        )
    return Transcript(row.name, row.text, turns, row.variables, row.speakers, tuple(row.groups))


def visible_codings(store: Store, coder: str, name: str) -> tuple[Coding, ...]:
    """Return the codings in a transcript that a person may see, by position (:func:`assignments.visible`)."""
    with store.reading() as connection:
        query = _codings_in(name).where(visible(connection, coder))
        return tuple(coding_of(row) for row in connection.execute(query))


def codings_from_files(store: Store, coder: str, name: str) -> frozenset[Coding]:
    """Return a coder's codings in a transcript that were not made on the page."""
    query = _codings_in(name).where(t.coder.c.name == coder, t.coding.c.made_by.is_(None))
    with store.reading() as connection:
        return frozenset(coding_of(row) for row in connection.execute(query))


def codings_in(store: Store, name: str) -> tuple[Coding, ...]:
    """Return every coding in a transcript by position, whoever made it; who may see which is for the caller to say."""
    with store.reading() as connection:
        return tuple(coding_of(row) for row in connection.execute(_codings_in(name)))


def _codings_in(name: str) -> sa.Select[tuple[Any, ...]]:
    return (
        sa.select(t.coding, t.transcript.c.name.label("transcript"), t.coder.c.name.label("coder"))
        .join(t.transcript, t.transcript.c.id == t.coding.c.transcript_id)
        .join(t.coder, t.coder.c.id == t.coding.c.coder_id)
        .where(t.transcript.c.name == name)
        .order_by(t.coding.c.start, t.coding.c.end, t.coding.c.id)
    )
