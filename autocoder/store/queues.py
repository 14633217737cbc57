"""The order in which suggestions are taken up: the next open one, found through an index however large the study.

Over the transcripts of one person, the first open suggestion of each is looked up in an index that begins with the
transcript, and the first of those is the next: a few thousand look-ups at most, however many suggestions there are and
however few of them are left. Within one code or one transcript they are few enough to be sorted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from autocoder.project import CoderKind, Coding
from autocoder.store import schema as t
from autocoder.store.assignments import divided, in_reach
from autocoder.store.study import Store, coding_of, id_of


class Order(StrEnum):
    """Uncertain: the score nearest one half first. Random: spread evenly over the study, the same for everybody.

    The number of a suggestion is scattered by multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4).
    """

    UNCERTAIN = "uncertain"
    CODE = "code"
    DOCUMENT = "document"
    RANDOM = "random"


@dataclass(frozen=True)
class Suggestion:
    """A model's coding with its number in the store and the decision that answers it now."""

    id: int
    coding: Coding
    answer: int | None = None


@dataclass(frozen=True)
class Queue:
    """What a coder is asked about, and in which order; ``transcript`` and ``code`` narrow it where they are given."""

    coder: str
    model: str
    order: Order = Order.UNCERTAIN
    transcript: str | None = None
    code: str | None = None


def newest_model(store: Store) -> str | None:
    """Return the name of the model that came last and has suggested something, or None."""
    something = sa.exists().where(t.coding.c.coder_id == t.coder.c.id)
    query = sa.select(t.coder.c.name).where(t.coder.c.kind == CoderKind.MODEL, something)
    with store.reading() as connection:
        return connection.scalars(query.order_by(t.coder.c.id.desc()).limit(1)).first()


def suggestion(store: Store, number: int) -> Suggestion | None:
    """Return the suggestion of that number, open or answered, or None."""
    with store.reading() as connection:
        return _suggestion(connection, number)


def answered_suggestion(store: Store, decision: int) -> Suggestion | None:
    """Return the suggestion that a decision answers now, or None."""
    with store.reading() as connection:
        number = connection.scalars(sa.select(t.coding.c.id).where(t.coding.c.answer == decision)).first()
        return None if number is None else _suggestion(connection, number)


def next_open(
    store: Store,
    queue: Queue,
    after: int | None = None,
    but: Collection[int] = (),
    back: bool = False,
    once: bool = False,
) -> Suggestion | None:
    """Return the open suggestion that comes after number ``after`` in the queue, beginning anew at its end.

    Those that the coder skipped come last, in the order of skipping. ``but`` are numbers to leave out; ``back`` walks
    the other way; with ``once`` neither the beginning nor what was skipped comes again. None when nothing is left.
    """
    with store.reading() as connection:
        walk = _Walk(connection, queue, frozenset(but), back)
        for begin in (after,) if once or after is None else (after, None):
            found = walk.unskipped(begin)
            if found is not None:
                return _suggestion(connection, found)
        found = None if once else walk.skipped(after)
        return None if found is None else _suggestion(connection, found)


def open_ones(store: Store, queue: Queue, after: int | None, most: int) -> tuple[Suggestion, ...]:
    """Return the open suggestions of one code or one transcript that come after number ``after``, skipped or not."""
    with store.reading() as connection:
        numbers = _Walk(connection, queue, frozenset(), False).several(after, most)
        found = _suggestions(connection, numbers)
    return tuple(found[number] for number in numbers if number in found)


def _suggestion(connection: sa.Connection, number: int) -> Suggestion | None:
    return _suggestions(connection, [number]).get(number)


def _suggestions(connection: sa.Connection, numbers: Sequence[int]) -> dict[int, Suggestion]:
    """Return the suggestions of these numbers, as many as a card's transcript may have, in few queries."""
    query = (
        sa.select(t.coding, t.transcript.c.name.label("transcript"), t.coder.c.name.label("coder"))
        .join(t.transcript, t.transcript.c.id == t.coding.c.transcript_id)
        .join(t.coder, t.coder.c.id == t.coding.c.coder_id)
        .where(t.coder.c.kind == CoderKind.MODEL)
    )
    rows = (
        row
        for start in range(0, len(numbers), _AT_ONCE)
        for row in connection.execute(query.where(t.coding.c.id.in_(numbers[start : start + _AT_ONCE])))
    )
    return {row.id: Suggestion(row.id, coding_of(row), row.answer) for row in rows}


_AT_ONCE = 500
_Reach = sa.Select[tuple[Any]]
_Conditions = Sequence[sa.ColumnElement[bool]]


class _Walk:
    """One look for the next suggestion in a queue, in the database's own numbers."""

    def __init__(self, connection: sa.Connection, queue: Queue, but: frozenset[int], back: bool) -> None:
        self._connection = connection
        self._queue = queue
        self._but = but
        self._back = back
        self._coder = id_of(connection, t.coder, queue.coder)
        self._reach = in_reach(connection, self._coder)
        self._wanted = [t.coding.c.coder_id == id_of(connection, t.coder, queue.model), t.coding.c.answer.is_(None)]
        self._positions = _POSITIONS[queue.order] if queue.code is None else _WITHIN_A_CODE[queue.order]
        self._from_all = queue.transcript is None and not divided(connection)
        self._narrow = queue.code is not None or queue.transcript is not None
        if queue.code is not None:
            self._wanted.append(t.coding.c.code == queue.code)
        if queue.transcript is not None:
            self._reach = self._reach.where(t.transcript.c.name == queue.transcript)

    def unskipped(self, after: int | None) -> int | None:
        """Return the next one that the coder did not skip."""
        beyond = self._beyond(after)
        if self._narrow or (self._from_all and self._queue.order is not Order.RANDOM):
            return self._first(self._in(self._reach, beyond))
        if self._queue.order not in (Order.DOCUMENT, Order.CODE):
            return self._first(self._firsts(self._reach, beyond))
        return self._first_in_order(after, beyond)

    def _first_in_order(self, after: int | None, beyond: _Conditions) -> int | None:
        """Look in the transcript of ``after`` first, and then in those that come after it."""
        asked = sa.select(t.coding.c.transcript_id).where(t.coding.c.id == after)
        here = None if after is None else self._connection.scalars(asked).first()
        if here is None:
            return self._first(self._firsts(self._reach))
        found = self._first(self._in(self._reach.where(t.transcript.c.id == here), beyond))
        if found is not None:
            return found
        farther = t.transcript.c.id < here if self._back else t.transcript.c.id > here
        return self._first(self._firsts(self._reach.where(farther)))

    def _open(self, beyond: _Conditions) -> sa.Select[tuple[int]]:
        """Select what is open and was not skipped."""
        mine = sa.exists().where(t.skipped.c.coding_id == t.coding.c.id, t.skipped.c.coder_id == self._coder)
        wanted = sa.select(t.coding.c.id).where(*self._wanted, *beyond, ~mine)
        if self._but:
            wanted = wanted.where(t.coding.c.id.not_in(self._but))
        return wanted

    def _in(self, reach: _Reach, beyond: _Conditions) -> sa.Select[tuple[int]]:
        """Select what is open in reach and was not skipped."""
        return self._open(beyond).where(t.coding.c.transcript_id.in_(reach))

    def _firsts(self, reach: _Reach, beyond: _Conditions = ()) -> sa.Select[tuple[int]]:
        """Select the first of each transcript in reach."""
        of_each = self._open(beyond).where(t.coding.c.transcript_id == t.transcript.c.id).order_by(*self._order())
        firsts = reach.with_only_columns(of_each.limit(1).correlate(t.transcript).scalar_subquery())
        return sa.select(t.coding.c.id).where(t.coding.c.id.in_(firsts))

    def _first(self, wanted: sa.Select[tuple[int]]) -> int | None:
        row = self._connection.execute(wanted.order_by(*self._order()).limit(1)).first()
        return None if row is None else row.id

    def several(self, after: int | None, most: int) -> list[int]:
        """Return the next ones in the order of the queue, skipped or not."""
        wanted = sa.select(t.coding.c.id).where(*self._wanted, *self._beyond(after))
        within = wanted.where(t.coding.c.transcript_id.in_(self._reach))
        return [row.id for row in self._connection.execute(within.order_by(*self._order()).limit(most))]

    def skipped(self, after: int | None) -> int | None:
        """Return the next of those that the coder skipped and nobody answered, beginning anew after the last."""
        query = (
            sa.select(t.coding.c.id)
            .join(t.skipped, t.skipped.c.coding_id == t.coding.c.id)
            .where(t.skipped.c.coder_id == self._coder, *self._wanted, t.coding.c.transcript_id.in_(self._reach))
            .order_by(t.skipped.c.decision.desc() if self._back else t.skipped.c.decision)
        )
        numbers = [number for number in self._connection.scalars(query) if number not in self._but]
        place = numbers.index(after) + 1 if after in numbers else 0
        return numbers[place % len(numbers)] if numbers else None

    def _order(self) -> list[sa.ColumnElement[Any]]:
        return [position.desc() if self._back else position for position in self._positions]

    def _beyond(self, after: int | None) -> list[sa.ColumnElement[bool]]:
        """Return the condition on what comes after a suggestion, open or not; its first part is for the index."""
        positions = self._positions
        query = sa.select(*positions).where(t.coding.c.id == after)
        here = None if after is None else self._connection.execute(query).first()
        if here is None:
            return []
        beyond: sa.ColumnElement[bool] = sa.false()
        for position, value in reversed(list(zip(positions, here, strict=True))):
            farther = position < value if self._back else position > value
            beyond = sa.or_(farther, sa.and_(position == value, beyond))
        first = positions[0] <= here[0] if self._back else positions[0] >= here[0]
        return [first, beyond]


_DOUBT = "abs(coalesce(coding.score, 0.5) - 0.5)"  # as the indexes of migration 0004 have them
_CHANCE = "((coding.id * 2654435761) & 4294967295)"
_START = "(coding.start + 0)"  # so that SQLite takes the index of what is open, and no other that begins alike
_Positions = tuple[sa.ColumnElement[Any], ...]
_PLACE: _Positions = (t.coding.c.transcript_id, sa.literal_column(_START), t.coding.c.id)
_POSITIONS: Mapping[Order, _Positions] = {
    Order.UNCERTAIN: (sa.literal_column(_DOUBT), t.coding.c.id),
    Order.CODE: _PLACE,
    Order.DOCUMENT: _PLACE,
    Order.RANDOM: (sa.literal_column(_CHANCE), t.coding.c.id),
}
_WITHIN_A_CODE: Mapping[Order, _Positions] = {  # with + 0 no index, so that SQLite does not walk past every other code
    **_POSITIONS,
    Order.RANDOM: (sa.literal_column(f"({_CHANCE} + 0)"), t.coding.c.id),
}
