"""Passages that a person is asked about without knowing why: random ones, planted errors, audits of a bulk accept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from autocoder.project import Mode, Span
from autocoder.store import schema as t
from autocoder.store.assignments import in_reach
from autocoder.store.decisions import Drawn
from autocoder.store.study import Store, id_of


@dataclass(frozen=True)
class Check:
    """A passage drawn for one coder, the decision that it came of, and the one that answers it."""

    id: int
    coder: str
    drawn: Drawn
    drawn_by: int | None
    answer: int | None


def check(store: Store, number: int) -> Check | None:
    """Return the check of that number, or None."""
    with store.reading() as connection:
        row = connection.execute(_named().where(t.check.c.id == number)).first()
    return None if row is None else _check_of(row)


def next_check(store: Store, coder: str) -> Check | None:
    """Return the coder's oldest open check in a transcript that the coder may confirm, or None."""
    with store.reading() as connection:
        coder_id = id_of(connection, t.coder, coder)
        mine = _named().where(t.check.c.coder_id == coder_id, t.check.c.answer.is_(None))
        reach = t.check.c.transcript_id.in_(in_reach(connection, coder_id))
        row = connection.execute(mine.where(reach).order_by(t.check.c.id).limit(1)).first()
    return None if row is None else _check_of(row)


def asked(store: Store, coder: str, transcript: str) -> tuple[Drawn, ...]:
    """Return what was drawn for a coder in a transcript, answered or not."""
    query = _named().where(t.coder.c.name == coder, t.transcript.c.name == transcript).order_by(t.check.c.id)
    with store.reading() as connection:
        return tuple(_check_of(row).drawn for row in connection.execute(query))


def _named() -> sa.Select[tuple[Any, ...]]:
    return (
        sa.select(t.check, t.transcript.c.name.label("transcript"), t.coder.c.name.label("coder"))
        .join(t.transcript, t.transcript.c.id == t.check.c.transcript_id)
        .join(t.coder, t.coder.c.id == t.check.c.coder_id)
    )


def _check_of(row: sa.Row[Any]) -> Check:
    drawn = Drawn(Mode(row.kind), row.transcript, Span(row.start, row.end), row.code, row.score, row.model)
    return Check(row.id, row.coder, drawn, row.drawn_by, row.answer)
