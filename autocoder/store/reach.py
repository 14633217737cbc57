"""The names of the transcripts that a person may go through."""

from __future__ import annotations

import sqlalchemy as sa

from autocoder.store import schema as t
from autocoder.store.assignments import in_reach
from autocoder.store.study import Store, id_of


def names_in_reach(store: Store, coder: str) -> tuple[str, ...]:
    """Return the names of the transcripts in which a coder may confirm suggestions, in the order in which they came."""
    with store.reading() as connection:
        reach = in_reach(connection, id_of(connection, t.coder, coder))
        names = sa.select(t.transcript.c.name).where(t.transcript.c.id.in_(reach)).order_by(t.transcript.c.id)
        return tuple(connection.scalars(names))
