from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from autocoder import store
from autocoder.project import Decision, Project, Span
from autocoder.store import Addition, Store, audit
from autocoder.store.audit import START, Deed
from autocoder.store.study import insert_decision

AT = "2026-03-01T09:00:00+00:00"
DECISION = Decision("דנה", AT, "ריאיון 1", Span(3, 9), ("pay",), ("pay",), True, ("pay",), 0.8, 2.5, memo="חשוב")


@pytest.fixture
def opened(tmp_path: Path, project: Project) -> Store:
    made = store.create(tmp_path / "p", project.name, project.codebook, AT)
    made.add(Addition(project.transcripts, project.coders, project.codings))
    return made


def decide(opened: Store) -> None:
    with opened.writing() as connection:
        audit.append_decision(connection, insert_decision(connection, DECISION), "דנה", AT)


@pytest.fixture
def three(opened: Store) -> Store:
    with opened.writing() as connection:
        audit.append(connection, "דנה", Deed.SIGN_IN, {"from": "127.0.0.1"}, AT)
    decide(opened)
    with opened.writing() as connection:
        audit.append(connection, "דנה", Deed.EXPORT, {"file": "יוצא.qdpx", "codings": 4}, AT)
    return opened


def tampered(opened: Store, *statements: str) -> None:
    opened.close()
    with sqlite3.connect(opened.folder / "project.db") as raw:
        for name in ("audit_no_update", "audit_no_delete", "decision_no_update", "decision_no_delete"):
            raw.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            raw.execute(statement)
    raw.close()


def test_the_chain_begins_at_zero_and_each_entry_names_the_one_before(three: Store) -> None:
    found = list(audit.entries(three))
    assert [entry.what for entry in found] == ["sign-in", "decision", "export"]
    assert [entry.previous for entry in found] == [START, found[0].hash, found[1].hash]
    verdict = audit.verify(three)
    assert verdict.whole
    assert (verdict.entries, verdict.head) == (3, found[2].hash)


def test_an_empty_log_is_whole(opened: Store) -> None:
    assert audit.verify(opened) == audit.Verdict(0, START, None, 0)


def test_the_log_refuses_to_be_changed(three: Store) -> None:
    three.close()
    with sqlite3.connect(three.folder / "project.db") as raw:
        for deed in ("UPDATE audit SET who = 'x'", "DELETE FROM audit"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                raw.execute(deed)
    raw.close()


@pytest.mark.parametrize(
    ("statement", "broken", "why"),
    [
        ("UPDATE audit SET who = 'יוסי' WHERE id = 2", 2, "changed after"),
        ("UPDATE audit SET at = '2026-03-02' WHERE id = 1", 1, "changed after"),
        ('UPDATE audit SET about = \'{"id": 1, "sha256": "0"}\' WHERE id = 2', 2, "changed after"),
        ("DELETE FROM audit WHERE id = 2", 3, "taken out"),
        ("DELETE FROM audit WHERE id = 1", 2, "taken out"),
        ("UPDATE decision SET after = '[]'", 2, "decision 1 was changed"),
        ("DELETE FROM decision", 2, "decision 1 is gone"),
    ],
)
def test_the_first_entry_that_does_not_hold_is_named(three: Store, statement: str, broken: int, why: str) -> None:
    tampered(three, statement)
    found = audit.verify(three).broken
    assert found is not None
    assert found.id == broken
    assert why in found.why


def test_a_log_cut_off_at_its_end_has_another_head_and_leaves_decisions_without_an_entry(three: Store) -> None:
    decide(three)
    head = audit.verify(three).head
    tampered(three, "DELETE FROM audit WHERE id = 4")
    verdict = audit.verify(three)
    assert verdict.broken is None
    assert (verdict.unrecorded, verdict.whole) == (1, False)
    assert verdict.head != head


def test_what_is_undone_leaves_no_entry(opened: Store) -> None:
    def fails() -> None:
        with opened.writing() as connection:
            audit.append(connection, "דנה", Deed.TRAIN, {"model": "m1"}, AT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert audit.verify(opened).entries == 0


def test_a_text_longer_than_a_name_is_refused(opened: Store) -> None:
    with pytest.raises(ValueError, match="no text of 401"), opened.writing() as connection:
        audit.append(connection, "דנה", Deed.IMPORT, {"quote": "א" * 401}, AT)


def test_no_word_of_a_decision_stands_in_the_log(three: Store) -> None:
    with three.reading() as connection:
        whole = repr(connection.execute(sa.text("SELECT * FROM audit")).all())
    assert "חשוב" not in whole
    assert "pay" not in whole
