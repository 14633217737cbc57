from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from autocoder.project import Coding, Origin
from autocoder.store import Addition, Store
from tests.review.as_reviewer import ask_as
from tests.review.small_study import AT, build, place

TIRED = Coding("קבוצה 2", place("קבוצה 2", "המשכורת מגיעה באיחור."), "pay", "יוסי", Origin.BLIND, created=AT)
CARD = {"code": "pay", "transcript": "ריאיון 1"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with build(tmp_path / "p") as made:
        made.add(Addition(codings=(TIRED,)))
        yield made


def card(client: TestClient) -> str:
    """Return the card once what is made beside the page is there."""
    for _ in range(300):
        text = client.get("/confirm", params=CARD).text
        if "נאספים כעת" not in text and "בחישוב" not in text:
            return text
        time.sleep(0.02)
    raise AssertionError("the examples were never made")


def test_the_card_comes_at_once_and_its_examples_a_little_later(store: Store) -> None:
    client = ask_as(store, "דנה")
    assert client.get("/confirm", params=CARD).status_code == 200
    text = card(client)
    assert "אין עדיין די קטעים בקידוד עיוור" in text
    assert "קטעים דומים שהצוות קידד" in text
    assert "המשכורת מגיעה באיחור." in text
    assert "2026-11-01" in text


def test_a_passage_that_is_not_revealed_is_not_on_the_card(store: Store) -> None:
    from autocoder.store.assignments import Task, assign

    assign(store, "יוסי", ["קבוצה 2"], Task.BLIND, "דנה", AT)
    assert "המשכורת מגיעה באיחור." not in card(ask_as(store, "דנה"))
