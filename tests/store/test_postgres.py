"""What the store promises, on PostgreSQL: the main parts of ``test_store.py``, and what only many at once can break."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import alembic.command
import psycopg
import pytest
import sqlalchemy as sa

from autocoder import store
from autocoder.project import Action, Codebook, Coder, CoderKind, Coding, Decision, Memo, Origin, Project, Span
from autocoder.review import desk
from autocoder.review.desk import Answer, Scope
from autocoder.review.reviewer import Reviewer
from autocoder.store import Addition, FileRead, ProjectFault, Store, accounts, audit, database
from autocoder.store.search import Wish, Words, sayings
from autocoder.store.study import insert_decision
from evaluation.review.cluster import fresh

AT = "2026-03-01T09:00:00+00:00"
DECISION = Decision("דנה", AT, "ריאיון 1", Span(3, 9), ("pay",), (), True, ("pay",), 0.8, 2.5, memo="חשוב")
GOOD = "סוס סוללה סיכה נכון"


@pytest.fixture
def opened(tmp_path: Path, project: Project, postgres: str) -> Iterator[Store]:
    with store.create(tmp_path / "p", project.name, project.codebook, AT, postgres) as made:
        made.add(Addition(project.transcripts, project.coders, project.codings))
        yield made


def test_a_project_comes_back_as_it_was_put_in(opened: Store, project: Project) -> None:
    memo = Memo("שיחה קשה", "הערה", "דנה", AT, "ריאיון 1", Span(0, 5))
    opened.add(Addition(memos=(memo,), files=(FileRead("a.qdpx", "0" * 64, AT, "nvivo", project.codings),)))
    opened.close()
    with store.open_project(opened.folder) as again:
        assert again.load().transcripts == project.transcripts
        assert sorted(map(repr, again.codings())) == sorted(map(repr, project.codings))
        assert again.codebook() == project.codebook
        assert again.memos() == (memo,)
        assert {held.key for held in again.held("A.QDPX", "")} == {coding.key for coding in project.codings}
        assert again.summary().transcripts == 1
        assert not (again.folder / "project.db").exists()


def test_the_same_codings_added_twice_are_there_once_and_suggestions_replace_their_own(
    opened: Store, project: Project
) -> None:
    assert opened.add(Addition(codings=project.codings)) == 0
    model = Coder("model-1", CoderKind.MODEL)
    coding = Coding("ריאיון 1", Span(10, 20), "pay", "model-1", Origin.AUTO, 0.7)
    opened.add_suggestions(model, "ריאיון 1", [coding])
    opened.add_suggestions(model, "ריאיון 1", [replace(coding, span=Span(11, 20))])
    assert [each.span for each in opened.codings() if each.coder == "model-1"] == [Span(11, 20)]


def test_a_failed_addition_leaves_nothing_behind(opened: Store, project: Project) -> None:
    bad = Coding("no such transcript", Span(0, 1), "pay", "דנה")
    with pytest.raises(KeyError):
        opened.add(Addition(transcripts=(replace(project.transcripts[0], name="שני"),), codings=(bad,)))
    assert len(opened.transcripts()) == 1


@pytest.mark.parametrize("table", ["decision", "audit"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET at = ''", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_decisions_and_the_log_can_only_be_added_to(opened: Store, postgres: str, table: str, deed: str) -> None:
    with opened.writing() as connection:
        audit.append_decision(connection, insert_decision(connection, DECISION), "דנה", AT)
    with psycopg.connect(postgres) as raw, pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        raw.execute(deed.format(table))
    assert opened.decisions() == (replace(DECISION, id=1),)
    assert audit.verify(opened).whole


def test_the_chain_does_not_fork_when_twelve_write_at_once(opened: Store) -> None:
    def decide(number: int) -> None:
        with store.open_project(opened.folder) as mine:
            for n in range(10):
                with mine.writing() as connection:
                    mine_now = replace(DECISION, seconds=float(number * 10 + n))
                    audit.append_decision(connection, insert_decision(connection, mine_now), f"מקודדת {number}", AT)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(decide, range(12)))
    verdict = audit.verify(opened)
    assert (verdict.entries, verdict.whole) == (120, True)
    assert sorted(each.seconds or 0 for each in opened.decisions()) == [float(n) for n in range(120)]


def test_an_invitation_that_two_take_at_once_makes_one_account(opened: Store) -> None:
    token = accounts.invite_first_lead(opened, AT)

    def take(name: str) -> str:
        try:
            return accounts.accept(opened, token, GOOD, AT, name).coder
        except accounts.AccountRefused:
            return ""

    with ThreadPoolExecutor(4) as pool:
        taken = [name for name in pool.map(take, ("נועה", "עומר", "יעל", "רון")) if name]
    assert [account.coder for account in accounts.accounts(opened)] == taken
    assert len(taken) == 1


def test_two_leads_who_demote_one_another_at_once_leave_one(opened: Store) -> None:
    for name in ("נועה", "עומר"):
        accounts.accept(opened, accounts.invite(opened, name, "lead", "", AT), GOOD, AT)

    def demote(name: str) -> str:
        try:
            accounts.change(opened, name, "coder", False, "", AT)
        except accounts.AccountRefused as refusal:
            return refusal.key
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(demote, ("נועה", "עומר"))) == ["done", "last_lead"]
    assert accounts.has_lead(opened)


def test_letters_are_indexed_where_the_extension_is(opened: Store) -> None:
    with opened.reading() as connection:
        indexes = sa.inspect(connection).get_indexes("spoken")
        assert [index["name"] for index in indexes] == ["spoken_by_letters"]


def test_without_the_extension_the_project_is_made_all_the_same(
    tmp_path: Path, codebook: Codebook, postgres: str, cluster: str
) -> None:
    """A user who may make tables and no extensions stands for a server without the extension."""
    name = postgres.rpartition("/")[2]
    with psycopg.connect(f"{cluster}/{name}", autocommit=True) as raw:
        raw.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
        raw.execute(f"GRANT ALL ON SCHEMA public TO {name}")
    address = postgres.replace("//autocoder@", f"//{name}:x@")
    with store.create(tmp_path / "q", "ש", codebook, AT, address) as made, made.reading() as connection:
        assert sa.inspect(connection).get_indexes("spoken") == []
    with psycopg.connect(f"{cluster}/{name}", autocommit=True) as raw:
        raw.execute(f"DROP OWNED BY {name} CASCADE")
        raw.execute(f"DROP ROLE {name}")


@pytest.mark.usefixtures("opened")
def test_a_database_that_holds_something_is_refused_and_nothing_is_made(
    tmp_path: Path, codebook: Codebook, postgres: str
) -> None:
    with pytest.raises(ProjectFault, match="holds tables already"):
        store.create(tmp_path / "other", "ש", codebook, AT, postgres)
    assert not (tmp_path / "other").exists()


def test_the_password_is_neither_kept_nor_shown(
    tmp_path: Path, codebook: Codebook, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = os.environ["PGPASSWORD"]
    with store.create(tmp_path / "q", "ש", codebook, AT, postgres.replace("autocoder@", f"autocoder:{secret}@")):
        kept = (tmp_path / "q" / "autocoder.toml").read_text(encoding="utf-8")
    assert secret not in kept
    assert "postgresql" in kept
    monkeypatch.setenv("PGPASSWORD", "wrong-secret")
    with pytest.raises(ProjectFault, match="PGPASSWORD or the file") as caught:
        store.open_project(tmp_path / "q")
    assert "wrong-secret" not in str(caught.value)


def test_a_connection_that_was_cut_is_noticed_after_a_pause(
    opened: Store, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened.decisions() == ()
    with psycopg.connect(postgres, autocommit=True) as raw:
        raw.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    monkeypatch.setattr(database, "PAUSE_SECONDS", -1.0)
    assert opened.decisions() == ()


def test_what_is_read_with_one_connection_at_hand_is_what_was_written_meanwhile(opened: Store) -> None:
    with opened.at_hand():
        assert opened.decisions() == ()
        opened.record(DECISION)
        assert len(opened.decisions()) == 1
        with opened.reading() as one, opened.reading() as other:
            assert one is other
    with opened.reading() as one, opened.reading() as other:
        assert one is not other


def form_of(address: str) -> dict[str, tuple[object, ...]]:
    """Return the columns, keys and indexes of every table, to compare two databases."""
    engine = sa.create_engine(database.address_of(address))
    inspector = sa.inspect(engine)
    found: dict[str, tuple[object, ...]] = {
        name: (
            sorted((each["name"], str(each["type"]), each["nullable"], each["default"]) for each in columns),
            inspector.get_pk_constraint(name)["constrained_columns"],
            sorted(map(str, inspector.get_foreign_keys(name))),
            sorted(map(str, inspector.get_unique_constraints(name))),
            sorted(map(str, inspector.get_indexes(name))),
        )
        for (_, name), columns in inspector.get_multi_columns().items()
    }
    engine.dispose()
    return found


def filled(address: str, **rows: list[dict[str, object]]) -> None:
    """Write rows into the tables as they are."""
    engine = sa.create_engine(database.address_of(address))
    known = sa.MetaData()
    known.reflect(engine)
    with engine.begin() as connection:
        for table, values in rows.items():
            connection.execute(known.tables[table].insert(), values)
    engine.dispose()


def test_a_project_of_the_form_before_is_brought_up_to_date_and_is_like_a_new_one(
    tmp_path: Path, project: Project, postgres: str, cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        upgrade = alembic.command.upgrade
        earlier.setattr("alembic.command.upgrade", lambda config, _: upgrade(config, "0003"))
        store.create(tmp_path / "p", project.name, project.codebook, AT, postgres).close()
    before = form_of(postgres)
    assert "audit" not in before
    text = "רחל: הַשָּׂכָר נמוך מאוד"
    span = Span(5, len(text))
    place = {"transcript_id": 1, "start": span.start, "end": span.end}
    coding = place | {"memo": "", "created": AT, "codebook_version": 1}
    filled(
        postgres,
        transcript=[{"name": "ראיון", "text": text, "sha256": "0" * 64, "variables": {}, "speakers": {}}],
        turn=[place | {"number": 0, "speaker": "רחל", "role": "participant"}],
        coder=[{"name": "דנה", "kind": "human"}, {"name": "model-1", "kind": "model"}],
        coding=[
            coding | {"code": "pay", "coder_id": 1, "origin": "blind", "score": None, "weight": 50},
            coding | {"code": "alone", "coder_id": 2, "origin": "auto", "score": 0.7, "weight": None},
        ],
    )
    with store.open_project(tmp_path / "p") as opened:
        own, suggestion = opened.codings()
        assert own == Coding("ראיון", span, "pay", "דנה", created=AT, weight=50.0)
        assert (suggestion.coder, suggestion.score) == ("model-1", 0.7)
        said = sayings(opened, Wish(words=Words.of("שכר")), 5, lambda: False)
        assert [each.transcript for each in said.rows] == ["ראיון"]
        card = desk.next_card(opened, Reviewer("דנה"), Scope())
        assert card is not None
        desk.answer(opened, Reviewer("דנה"), card.id, Answer(Action.ACCEPT), AT)
        assert {each.code for each in opened.codings() if each.coder == "דנה"} == {"pay", "alone"}
        assert audit.verify(opened).whole
    with fresh(cluster) as other:
        store.create(tmp_path / "new", project.name, project.codebook, AT, other).close()
        assert form_of(postgres) == form_of(other)
