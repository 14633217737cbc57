"""What a person must not see yet.

Suggestions and others' coding where that person codes blind, blind coding of others that is not revealed, and, for one
who does not lead, suggestions in transcripts that are not that person's to confirm.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from autocoder.project import CoderKind
from autocoder.store import schema as t
from autocoder.store.assignments import Task, in_reach
from autocoder.store.study import Store


@dataclass(frozen=True)
class Hidden:
    """``own_only`` holds the transcripts (ids) in which the person sees nobody else's coding and no suggestion.

    ``unrevealed`` holds pairs of transcript and coder: blind coding of a sample in which somebody is not done.
    ``reach`` holds the transcripts in which suggestions are seen, None where it is all.
    """

    coder: str
    own_only: frozenset[int] = frozenset()
    unrevealed: frozenset[tuple[int, str]] = frozenset()
    reach: frozenset[int] | None = None

    def hides(self, transcript_id: int, coder: str, kind: CoderKind = CoderKind.HUMAN) -> bool:
        """Return whether a coder's coding, a person's or a model's, is hidden in a transcript."""
        if coder == self.coder:
            return False
        if kind is CoderKind.MODEL and self.reach is not None and transcript_id not in self.reach:
            return True
        return transcript_id in self.own_only or (transcript_id, coder) in self.unrevealed


def hidden_from(store: Store, coder: str, leads: bool) -> Hidden:
    """Return what is hidden from a person now; blind coding is revealed when all who code a transcript are done."""
    query = (
        sa.select(t.assignment.c.transcript_id, t.coder.c.name, t.assignment.c.committed)
        .join(t.coder, t.coder.c.id == t.assignment.c.coder_id)
        .where(t.assignment.c.task == Task.BLIND)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
        reach = None if leads else _reach(connection, coder)
    waiting = {row.transcript_id for row in rows if row.committed is None}
    return Hidden(
        coder,
        frozenset(row.transcript_id for row in rows if row.committed is None and row.name == coder),
        frozenset((row.transcript_id, row.name) for row in rows if row.transcript_id in waiting),
        reach,
    )


def _reach(connection: sa.Connection, coder: str) -> frozenset[int]:
    number = connection.scalars(sa.select(t.coder.c.id).where(t.coder.c.name == coder)).first()
    return frozenset() if number is None else frozenset(connection.scalars(in_reach(connection, number)))
