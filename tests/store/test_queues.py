from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from autocoder.store import Store
from autocoder.store.assignments import Task, assign
from autocoder.store.queues import Order, Queue, next_open
from tests.review.desk_study import DANA, FIRST, LEAD, MODEL, SECOND, at, build


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with build(tmp_path_factory.mktemp("made") / "p") as study:
        yield study


def plans(store: Store, queue: Queue, after: int | None) -> list[str]:
    """Return SQLite's plans of the statements on codings that looking for the next suggestion takes."""
    asked: list[tuple[str, Any]] = []

    def listen(*said: Any) -> None:
        if "FROM coding" in said[2]:
            asked.append((said[2], said[3]))

    engine = store._engine
    sa.event.listen(engine, "before_cursor_execute", listen)
    try:
        assert next_open(store, queue, after) is not None
    finally:
        sa.event.remove(engine, "before_cursor_execute", listen)
    with store.reading() as connection:
        found = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all() for sql, values in asked]
    return [row.detail for rows in found for row in rows]


@pytest.mark.parametrize("after", [None, 5])
@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("where", [{}, {"transcript": FIRST.name}, {"code": "pay"}])
def test_the_next_suggestion_is_found_through_indexes(
    store: Store, order: Order, where: dict[str, str], after: int | None
) -> None:
    found = plans(store, Queue(DANA.coder, MODEL, order, **where), after)
    searched = [step for step in found if " coding USING" in step and "PRIMARY KEY" not in step]
    assert searched, found
    assert not [step for step in searched if step.startswith("SCAN")], found
    if order is not Order.RANDOM or not where:  # within one code or one transcript that order is sorted
        assert all("open_by_" in step for step in searched), found
    sorts = [step for step in found if "TEMP B-TREE" in step]
    assert len(sorts) <= (0 if order is Order.UNCERTAIN and "transcript" not in where else 1), found


def test_the_next_of_one_person_s_transcripts_is_found_through_the_index_of_each(store: Store) -> None:
    assign(store, DANA.coder, [SECOND.name], Task.CONFIRM, LEAD.coder, at(1))
    for order, index in ((Order.UNCERTAIN, "open_by_doubt_there"), (Order.RANDOM, "open_by_chance_there")):
        found = plans(store, Queue(DANA.coder, MODEL, order), None)
        assert any(index in step for step in found), found
