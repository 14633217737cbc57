from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pytest

from autocoder.errors import FileRefused
from autocoder.export import export, restrict
from autocoder.formats import codings, margin, maxqda, qdc, qdpx
from autocoder.formats.whole import ReadBackDiffers
from autocoder.project import Coder, CoderKind, Coding, Decision, Origin, Project, Transcript

MODEL = "autocoder m1"
CODED = ("qdpx", "xlsx", "csv", "jsonl", "docx")


@pytest.fixture
def suggested(project: Project) -> Project:
    """The small study with one suggestion that a person accepted and one that nobody looked at."""
    span = project.transcripts[0].turns[1].span
    made = (Coding("ריאיון 1", span, code, MODEL, Origin.AUTO, 0.8312) for code in ("alone", "barrier"))
    coders = (*project.coders, Coder(MODEL, CoderKind.MODEL))
    return replace(project, coders=coders, codings=(*project.codings, *made))


@pytest.fixture
def decisions(suggested: Project) -> list[Decision]:
    span = suggested.codings[-1].span
    return [Decision("דנה", "2026-02-01T09:00:00", "ריאיון 1", span, ("alone",), ("alone",), True, ("alone",), 0.8)]


@pytest.mark.parametrize("ending", CODED)
def test_an_export_is_read_back_and_every_part_of_it_counted(tmp_path: Path, project: Project, ending: str) -> None:
    done = export(project, tmp_path / f"p.{ending}")
    assert (done.transcripts, done.human, done.suggested) == (1, 4, 0)
    compared = done.compared
    assert (compared.codings, compared.quotes, compared.coders, compared.codes) == (4, 2, 2, 3)
    assert "4 codings, 2 different quotes by SHA-256, 2 coders, 3 code paths" in str(compared)


@pytest.mark.parametrize("ending", ["qdc", "yaml"])
def test_a_codebook_is_written_alone_and_compared_code_by_code(tmp_path: Path, project: Project, ending: str) -> None:
    assert export(project, tmp_path / f"p.{ending}").compared.codes == len(project.codebook)


@pytest.mark.parametrize("ending", [*CODED, "qdc"])
def test_a_difference_fails_the_export_and_leaves_no_file_and_the_old_one(
    tmp_path: Path, project: Project, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"p.{ending}"
    path.write_bytes(b"older")
    other = replace(
        project, codings=project.codings[:-1], codebook=replace(project.codebook, codes=project.codebook.codes[:-1])
    )
    write, verify, read = qdpx.write, qdc.verify, qdc.read
    for module in (maxqda, codings, margin):
        monkeypatch.setattr(module, "check_codings", lambda _: None)
    monkeypatch.setattr(qdpx, "write", lambda _, path, **more: write(other, path, **more))
    monkeypatch.setattr(maxqda, "_write_xlsx", shortened(maxqda._write_xlsx))
    monkeypatch.setattr(codings, "_write_csv", shortened(codings._write_csv))
    monkeypatch.setattr(codings, "_write_jsonl", shortened(codings._write_jsonl))
    monkeypatch.setattr(margin, "_add_reference", lambda *_: None)
    monkeypatch.setattr(margin, "_RANGE", (margin._RANGE[0],))
    monkeypatch.setattr(qdc, "read", lambda path: replace(read(path), codebook=other.codebook))
    with pytest.raises(ReadBackDiffers, match=rf"^p\.{ending}: reading it back, \d of \d") as differs:
        export(project, path)
    assert verify is qdc.verify
    assert "שקל" not in str(differs.value)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == b"older"


def shortened(write: object) -> object:
    """A writer that forgets the last row."""
    return lambda rows, path: write(list(rows)[:-1], path)  # type: ignore[operator]


def test_an_unknown_ending_and_a_missing_folder_are_named(tmp_path: Path, project: Project) -> None:
    with pytest.raises(FileRefused, match=r"use \.qdpx"):
        export(project, tmp_path / "p.mx24")
    with pytest.raises(FileRefused, match="make the folder first"):
        export(project, tmp_path / "no" / "p.qdpx")


def test_only_the_named_transcripts_go_out(project: Project) -> None:
    assert restrict(project, frozenset({"another"})).codings == ()
    assert restrict(project, frozenset({"ריאיון 1"})) == project


@pytest.mark.parametrize("ending", CODED)
def test_only_confirmed_leaves_out_what_nobody_accepted(
    tmp_path: Path, suggested: Project, decisions: list[Decision], ending: str
) -> None:
    assert export(suggested, tmp_path / f"all.{ending}", decisions=decisions).suggested == 2
    done = export(suggested, tmp_path / f"p.{ending}", decisions=decisions, only_confirmed=True)
    assert (done.human, done.suggested, done.compared.codings) == (4, 1, 5)
    done = export(suggested, tmp_path / f"p.{ending}", only_confirmed=True)
    assert (done.human, done.suggested, done.compared.coders) == (4, 0, 2)


def test_the_description_and_the_sidecar_say_where_a_suggestion_stands(
    tmp_path: Path, suggested: Project, decisions: list[Decision]
) -> None:
    done = export(suggested, tmp_path / "p.qdpx", decisions=decisions)
    with zipfile.ZipFile(tmp_path / "p.qdpx") as archive:
        document = archive.read("project.qde").decode()
    assert f"autocoder suggestion; accepted; score 0.83; model {MODEL}; code סטינג פנימי &gt; עמית יחיד" in document
    assert f"autocoder suggestion; not reviewed; score 0.83; model {MODEL}; code ערכיות &gt; אתגר" in document
    held = json.loads((tmp_path / "p.qdpx.json").read_text(encoding="utf-8"))["codings"]
    assert all(f'<Coding guid="{guid}"' in document for guid in held)
    assert len(held) == document.count("<Coding ") == 6
    of_model = {each["code_id"]: each for each in held.values() if each["coder"] == MODEL}
    assert [of_model[code]["status"] for code in ("alone", "barrier")] == ["accepted", "not reviewed"]
    assert {(each["score"], each["model"]) for each in of_model.values()} == {(0.8312, MODEL)}
    assert not any("status" in each or "quote" in each for each in held.values() if each["coder"] != MODEL)
    assert any("p.qdpx.json" in note for note in done.notes)


def test_without_the_sidecar_none_is_left_of_an_older_export(tmp_path: Path, suggested: Project) -> None:
    export(suggested, tmp_path / "p.qdpx")
    export(suggested, tmp_path / "p.qdpx", with_sidecar=False)
    assert [each.name for each in tmp_path.iterdir()] == ["p.qdpx"]


def test_emoji_are_said_to_the_user(tmp_path: Path, project: Project) -> None:
    (note, *_) = export(project, tmp_path / "p.qdpx").notes
    assert note.startswith("1 characters (emoji and the like) stand as U+FFFD")


def test_several_transcripts_become_a_folder_of_word_documents(tmp_path: Path, project: Project) -> None:
    second = Transcript("א/ב: *", "שלום\n")
    two = replace(project, transcripts=(*project.transcripts, second))
    done = export(two, tmp_path / "p.docx")
    assert done.path == tmp_path / "p"
    assert sorted(each.name for each in done.path.iterdir()) == ["א_ב_ _.docx", "ריאיון 1.docx"]
    (done.path / "שלי.txt").write_text("x", encoding="utf-8")
    export(two, tmp_path / "p.docx")
    assert (done.path / "שלי.txt").exists()
    assert [each.name for each in tmp_path.iterdir()] == ["p"]
    with pytest.raises(FileRefused, match="no transcript"):
        export(restrict(project, frozenset()), tmp_path / "none.docx")


@pytest.mark.parametrize("ending", CODED)
def test_nothing_of_the_computer_stands_in_an_export(tmp_path: Path, suggested: Project, ending: str) -> None:
    path = tmp_path / f"p.{ending}"
    export(suggested, path)
    parts = {"": path.read_bytes()}
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    written = b"".join(parts.values())
    for trace in (
        str(tmp_path).encode(),
        str(Path.home()).encode() + b"/",
        b"basePath",
        b"currentPath",
        b"python-docx",
    ):
        assert trace not in written
    if ending == "docx":
        assert docx.Document(str(path)).core_properties.author == "autocoder"
