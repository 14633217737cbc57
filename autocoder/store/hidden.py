"""What a person must not see yet.

Suggestions and others' coding where that person codes blind, and blind coding of others that is not revealed.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from autocoder.store import schema as t
from autocoder.store.study import Store

BLIND = "blind"


@dataclass(frozen=True)
class Hidden:
    """``own_only`` holds the transcripts (ids) in which the person sees nobody else's coding and no suggestion.

    ``unrevealed`` holds pairs of transcript and coder: blind coding of a sample in which somebody is not done.
    """

    coder: str
    own_only: frozenset[int] = frozenset()
    unrevealed: frozenset[tuple[int, str]] = frozenset()

    def hides(self, transcript_id: int, coder: str) -> bool:
        """Return whether a coder's coding, a person's or a model's, is hidden in a transcript."""
        if coder == self.coder:
            return False
        return transcript_id in self.own_only or (transcript_id, coder) in self.unrevealed


def hidden_from(store: Store, coder: str) -> Hidden:
    """Return what is hidden from a person now; blind coding is revealed when all who code a transcript are done."""
    query = (
        sa.select(t.assignment.c.transcript_id, t.coder.c.name, t.assignment.c.committed)
        .join(t.coder, t.coder.c.id == t.assignment.c.coder_id)
        .where(t.assignment.c.task == BLIND)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    waiting = {row.transcript_id for row in rows if row.committed is None}
    mine = {row.transcript_id for row in rows if row.committed is None and row.name == coder}
    return Hidden(
        coder,
        frozenset(mine),
        frozenset((row.transcript_id, row.name) for row in rows if row.transcript_id in waiting),
    )
