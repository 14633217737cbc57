from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import alembic.command
import pytest
import sqlalchemy as sa

from autocoder import store
from autocoder.project import Codebook, Coder, CoderKind, Coding, Decision, Memo, Origin, Project, Span, Transcript
from autocoder.store import Addition, FileRead, ProjectFault, Store


@pytest.fixture
def opened(tmp_path: Path, project: Project) -> Store:
    made = store.create(tmp_path / "p", project.name, project.codebook, "2026-01-01T00:00:00")
    file = FileRead("ריאיון 1.docx", "0" * 64, "2026-01-01T00:00:00")
    made.add(Addition(project.transcripts, project.coders, project.codings, files=(file,)))
    return made


def test_a_project_comes_back_as_it_was_put_in(opened: Store, project: Project) -> None:
    opened.close()
    with store.open_project(opened.folder) as again:
        assert again.load().transcripts == project.transcripts
        assert sorted(map(repr, again.codings())) == sorted(map(repr, project.codings))
        assert again.load().coders == project.coders
        assert again.codebook() == project.codebook
        assert again.name == "מחקר"
        assert [file.name for file in again.files()] == ["ריאיון 1.docx"]


def test_every_coding_quotes_its_transcript(opened: Store) -> None:
    loaded = opened.load()
    quotes = {loaded.transcript(coding.transcript).quote(coding.span) for coding in loaded.codings}
    assert "אהמ... התחלתי לבד \U0001f642 בלי אף אחד. ואז הגיע עוד מישהו!" in {quote.strip() for quote in quotes}


def test_the_same_codings_added_twice_are_there_once(opened: Store, project: Project) -> None:
    assert opened.add(Addition(codings=project.codings)) == 0
    assert len(opened.codings()) == len(project.codings)


def test_a_failed_addition_leaves_nothing_behind(opened: Store, project: Project, transcript: Transcript) -> None:
    bad = Coding("no such transcript", Span(0, 1), "pay", "דנה")
    with pytest.raises(KeyError):
        opened.add(Addition(transcripts=(replace(transcript, name="שני"),), codings=(bad,)))
    assert [transcript.name for transcript in opened.transcripts()] == [project.transcripts[0].name]


def test_reading_a_project_leaves_its_file_byte_for_byte(opened: Store) -> None:
    opened.close()
    path = opened.folder / "project.db"
    before = path.read_bytes()
    with store.open_project(opened.folder) as again:
        again.load()
        again.summary()
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in opened.folder.iterdir()) == ["autocoder.toml", "project.db"]


def test_decisions_can_only_be_added(opened: Store) -> None:
    decision = Decision("דנה", "2026-02-01T09:00:00", "ריאיון 1", Span(3, 9), ("pay",), (), True, ("pay",), 0.8, 2.5)
    opened.record(decision)
    opened.record(replace(decision, before=(), after=("pay",)))
    assert opened.decisions() == (replace(decision, id=1), replace(decision, before=(), after=("pay",), id=2))
    opened.close()
    with sqlite3.connect(opened.folder / "project.db") as raw:
        for deed in ("UPDATE decision SET seconds = 1", "DELETE FROM decision"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                raw.execute(deed)
    raw.close()


def test_suggestions_replace_only_those_of_the_same_model(opened: Store) -> None:
    model = Coder("model-1", CoderKind.MODEL)
    coding = Coding("ריאיון 1", Span(10, 20), "pay", "model-1", Origin.AUTO, 0.7)
    opened.add_suggestions(model, "ריאיון 1", [coding])
    opened.add_suggestions(model, "ריאיון 1", [replace(coding, span=Span(11, 20))])
    suggested = [coding for coding in opened.codings() if coding.coder == "model-1"]
    assert [coding.span for coding in suggested] == [Span(11, 20)]
    assert opened.precoded("model-1") == {"ריאיון 1"}
    assert len(opened.codings()) == 5


def test_a_name_is_a_person_or_a_model_never_both(opened: Store) -> None:
    with pytest.raises(ProjectFault, match="human coder"):
        opened.add_suggestions(Coder("דנה", CoderKind.MODEL), "ריאיון 1", [])


def test_the_database_is_in_write_ahead_mode_with_foreign_keys(opened: Store) -> None:
    with opened.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == store.BUSY_MILLISECONDS


def test_writers_wait_for_one_another(opened: Store) -> None:
    def write(number: int) -> None:
        with store.open_project(opened.folder) as mine:
            mine.add(Addition(coders=(Coder(f"מקודדת {number}"),)))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened.coders()) == 10


def test_the_summary_counts_what_is_there(opened: Store) -> None:
    summary = opened.summary()
    assert (summary.transcripts, summary.turns, summary.speakers, summary.uncoded) == (1, 4, 2, 0)
    assert [(count.coder.name, count.codings) for count in summary.coders] == [("דנה", 3), ("יוסי", 1)]


def test_a_folder_that_is_no_project_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectFault, match="autocoder new"):
        store.open_project(tmp_path)


def test_a_project_is_not_made_over_another(opened: Store, codebook: Codebook) -> None:
    with pytest.raises(ProjectFault, match="already"):
        store.create(opened.folder, "x", codebook, "")


def test_a_project_of_a_newer_version_is_refused(opened: Store) -> None:
    with opened.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()
    with pytest.raises(ProjectFault, match="newer autocoder"):
        store.open_project(opened.folder)


def test_a_broken_database_is_one_sentence(opened: Store) -> None:
    opened.close()
    (opened.folder / "project.db").write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(ProjectFault, match=r"restore project\.db"):
        store.open_project(opened.folder)
    (opened.folder / "project.db").unlink()
    with pytest.raises(ProjectFault, match="is missing"):
        store.open_project(opened.folder)
    assert not (opened.folder / "project.db").exists()


def test_a_database_fault_never_shows_what_people_said(opened: Store, transcript: Transcript) -> None:
    with pytest.raises(ProjectFault) as caught:
        opened.add(Addition(transcripts=(replace(transcript, text="סוד כמוס"),)))
    assert "UNIQUE" in str(caught.value)
    assert "סוד" not in str(caught.value)


@pytest.mark.parametrize("where", ["file", "file/below"])
def test_a_place_that_cannot_be_a_folder_is_named(tmp_path: Path, codebook: Codebook, where: str) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ProjectFault, match="choose another place"):
        store.create(tmp_path / where, "x", codebook, "")
    with pytest.raises(ProjectFault, match="no autocoder project"):
        store.open_project(tmp_path / where)


def test_settings_in_another_encoding_are_named(opened: Store) -> None:
    (opened.folder / "autocoder.toml").write_bytes('name = "מחקר"'.encode("utf-16"))
    with pytest.raises(ProjectFault, match="save it as UTF-8"):
        store.open_project(opened.folder)


def test_a_project_of_the_first_form_is_brought_up_to_date_and_keeps_what_it_holds(
    tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as first:
        upgrade = alembic.command.upgrade
        first.setattr("alembic.command.upgrade", lambda config, _: upgrade(config, "0001"))
        store.create(tmp_path / "p", "מחקר", project.codebook, "").close()
    with sqlite3.connect(tmp_path / "p" / "project.db") as raw:
        raw.execute("insert into transcript values (1, 'ר', 'שלום לך', 'x', '{}', '{}')")
        raw.execute("insert into coder values (1, 'דנה', 'human')")
        raw.execute("insert into coding values (1, 1, 0, 4, 'pay', 1, 'blind', null, '', '', 1)")
        raw.execute("insert into file_read values (1, 'a.qdpx', 'x', '')")
    raw.close()
    with store.open_project(tmp_path / "p") as opened:
        loaded = opened.load()
        assert loaded.codings == (Coding("ר", Span(0, 4), "pay", "דנה"),)
        assert (loaded.transcripts[0].groups, loaded.memos) == ((), ())
        assert opened.files() == (FileRead("a.qdpx", "x", ""),)
        assert opened.held("a.qdpx", "") == ()


def test_what_a_file_held_is_known_by_its_name_and_by_its_project(opened: Store, project: Project) -> None:
    file = FileRead("Study.qdpx", "1" * 64, "", "nvivo מחקר", project.codings)
    opened.add(Addition(files=(file,)))
    everything = {coding.key for coding in project.codings}
    for name, source in (("study.QDPX", ""), ("other.qdpx", "nvivo מחקר")):
        assert {held.key for held in opened.held(name, source)} == everything
    assert opened.held("other.qdpx", "") == opened.held("other.qdpx", "nvivo אחר") == ()
    gone = opened.held("study.qdpx", "")[0]
    opened.add(Addition(files=(replace(file, sha256="2" * 64, codings=(), replaces=(gone,)),), removed=(gone.key,)))
    assert {held.key for held in opened.held("study.qdpx", "")} == everything - {gone.key}
    assert {coding.key for coding in opened.codings()} == everything - {gone.key}


def test_memos_weights_and_groups_come_back_and_stand_there_once(opened: Store, project: Project) -> None:
    (transcript,) = project.transcripts
    memos = (
        Memo("על הכול"),
        Memo("כאן", "כותרת", "דנה", "2026-01-01", transcript.name, Span(3, 9)),
        Memo("ק", code="pay"),
    )
    weighted = replace(project.codings[0], coder="יוסי", weight=50.0)
    described = replace(transcript, groups=("צפון",), variables={"אתר": "ב"})
    for _ in range(2):
        opened.add(Addition(codings=(weighted,), memos=memos, described=(described,)))
    loaded = opened.load()
    assert loaded.memos == memos
    assert weighted in loaded.codings
    assert loaded.transcripts[0] == described


def test_a_margin_given_before_any_figure_was_shown_is_fixed_in_advance(opened: Store) -> None:
    assert opened.margin() is None
    fixed = opened.look("2026-01-02T00:00:00", 0.05)
    assert fixed == store.Margin(0.05, "2026-01-02T00:00:00")
    assert opened.look("2026-01-03T00:00:00", None) == opened.look("2026-01-03T00:00:00", 0.05) == fixed
    assert opened.margin() == fixed


def test_a_margin_given_after_figures_were_shown_says_when_they_were(opened: Store) -> None:
    assert opened.look("2026-01-02T00:00:00", None) is None
    assert opened.look("2026-01-03T00:00:00", None) is None
    assert opened.look("2026-01-04T00:00:00", 0.1) == store.Margin(0.1, "2026-01-04T00:00:00", "2026-01-02T00:00:00")


def test_another_margin_is_refused_with_the_date_of_the_first(opened: Store) -> None:
    opened.look("2026-01-02T00:00:00", 0.05)
    with pytest.raises(store.MarginFixed, match=r"margin 0\.05 was fixed for מחקר on 2026-01-02") as caught:
        opened.look("2026-01-03T00:00:00", 0.2)
    assert str(caught.value).endswith("leave --margin out.")
    assert opened.margin() == store.Margin(0.05, "2026-01-02T00:00:00")
