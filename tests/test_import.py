"""Imports from the command line: the same file again, later exports, what finds no place, and what stays as it was."""

from __future__ import annotations

import csv
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from typer.testing import CliRunner

from autocoder import cli, steps
from autocoder.errors import AutocoderError
from autocoder.export import export
from autocoder.formats import maxqda, qdpx
from autocoder.project import Code, Codebook, Coder, CoderKind, Coding, Memo, Origin, Project, Span

RUN = CliRunner()


def run(*arguments: object) -> str:
    result = RUN.invoke(cli.app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def refusal(*arguments: object) -> str:
    with pytest.raises(AutocoderError) as caught:
        run(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def keys(folder: Path) -> set[tuple[object, ...]]:
    with steps.open_project(folder) as store:
        return {coding.key for coding in store.codings()}


def database(folder: Path) -> bytes:
    return (folder / "project.db").read_bytes()


@pytest.fixture
def folder(tmp_path: Path, project: Project) -> Path:
    """A project into which the study's export was imported."""
    steps.new_project(tmp_path / "p", project.codebook).close()
    qdpx.write(project, tmp_path / "study.qdpx")
    run("import", tmp_path / "p", tmp_path / "study.qdpx")
    return tmp_path / "p"


@pytest.fixture
def later(folder: Path, project: Project) -> Project:
    """The study after a week: one coding new, one longer, one gone, one with a memo."""
    first, second, third, fourth = project.codings
    longer = replace(first, span=Span(first.span.start - 2, first.span.end))
    new = replace(second, code="facilitator", memo="")
    changed = replace(project, codings=(longer, replace(second, memo="אחרת"), new, fourth))
    qdpx.write(changed, folder.parent / "study.qdpx")
    return replace(changed, codings=(*changed.codings, third))


def test_a_dry_run_counts_what_an_import_would_add(folder: Path, project: Project) -> None:
    codes = (*project.codebook.codes, Code("extra", name_he="קוד חדש"))
    more = replace(project, codebook=replace(project.codebook, codes=codes))
    other = steps.new_project(folder.parent / "other", project.codebook)
    other.close()
    qdpx.write(more, folder.parent / "more.qdpx")
    counts = f"in the project: 1 transcript, {len(project.codings)} codings, 1 code."
    assert f"Would be new {counts}" in run("import", other.folder, folder.parent / "more.qdpx", "--dry-run")
    assert f"New {counts}" in run("import", other.folder, folder.parent / "more.qdpx")
    assert "New in the project: 0 transcripts, 0 codings." in run("import", other.folder, folder.parent / "more.qdpx")


def test_the_same_file_again_changes_not_a_byte(folder: Path) -> None:
    before = database(folder)
    assert "0 transcripts, 0 codings" in run("import", folder, folder.parent / "study.qdpx")
    assert database(folder) == before


def test_a_later_export_is_refused_with_what_it_changes_when_nobody_can_answer(folder: Path, later: Project) -> None:
    before = database(folder)
    sentence = refusal("import", folder, folder.parent / "study.qdpx")
    assert "(1 new, 1 moved, 1 reworded, 1 gone)" in sentence
    assert "--yes" in sentence
    assert database(folder) == before
    assert len(later.codings) == 5


@pytest.mark.usefixtures("later")
def test_a_dry_run_shows_the_changes_and_makes_none(folder: Path) -> None:
    before = database(folder)
    text = run("import", folder, folder.parent / "study.qdpx", "--dry-run")
    assert "דנה: 1 new, 1 moved, 1 reworded, 1 gone" in text
    assert "- gone: ריאיון 1," in text
    assert "ערכיות > אתגר" in text
    assert "Would be new in the project: 0 transcripts, 1 coding.\nWould change: 1 new, 1 moved" in text
    assert "Nothing was changed." in text
    found = json.loads(run("import", folder, folder.parent / "study.qdpx", "--dry-run", "--json"))
    (change,) = found["changes"]
    assert (found["applied"], len(change["new"]), len(change["gone"])) == (False, 1, 1)
    assert database(folder) == before


def test_a_later_export_is_applied_when_a_person_says_so(folder: Path, later: Project) -> None:
    text = run("import", folder, folder.parent / "study.qdpx", "--yes")
    assert "Changed: 1 new, 1 moved, 1 reworded, 1 gone." in text
    assert keys(folder) == {coding.key for coding in later.codings[:4]}
    with steps.open_project(folder) as store:
        assert {coding.memo for coding in store.codings() if coding.code == "pay" and coding.coder == "דנה"} == {"אחרת"}
    before = database(folder)
    run("import", folder, folder.parent / "study.qdpx")
    assert database(folder) == before


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_person_at_the_terminal_is_asked(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(cli, "may_ask", lambda _: True)
    before = keys(folder)
    result = RUN.invoke(cli.app, ["import", str(folder), str(folder.parent / "study.qdpx")], input=f"{answer}\n")
    assert "Apply these changes?" in result.output
    assert (keys(folder) == before) == (answer == "n")


def test_a_renamed_later_export_is_known_by_its_project(folder: Path, later: Project) -> None:
    (folder.parent / "study.qdpx").rename(folder.parent / "study (2).qdpx")
    assert "1 gone" in refusal("import", folder, folder.parent / "study (2).qdpx")
    assert later.name == "מחקר"


def test_a_coding_that_another_file_still_holds_stays(folder: Path, project: Project, later: Project) -> None:
    with steps.open_project(folder) as store:
        here = store.load()
    table = folder.parent / "segments.xlsx"
    maxqda.write(here, table)
    run("import", folder, table)
    run("import", folder, folder.parent / "study.qdpx", "--yes")
    gone = project.codings[2]
    assert gone.key in keys(folder)
    assert gone in later.codings


def test_a_models_codings_are_never_gone(folder: Path, project: Project) -> None:
    model = Coder("autocoder m1", CoderKind.MODEL)
    suggested = Coding("ריאיון 1", project.codings[1].span, "alone", model.name, Origin.AUTO, 0.5)
    coders = (*project.coders, model)
    qdpx.write(replace(project, coders=coders, codings=(*project.codings, suggested)), folder.parent / "study.qdpx")
    run("import", folder, folder.parent / "study.qdpx")
    assert suggested.key in keys(folder)
    qdpx.write(project, folder.parent / "study.qdpx")
    run("import", folder, folder.parent / "study.qdpx")
    assert suggested.key in keys(folder)


def table(path: Path, *rows: str) -> Path:
    path.write_text("Document name,Code,Segment\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


ROWS = ("ריאיון 1,תנאים ושכר,התחלתי לבד", "ריאיון 1,אתגר,=איש לא אמר את זה מעולם", "ריאיון 7,אתגר,והשכר?")


def test_what_finds_no_place_refuses_the_import_and_is_listed_for_a_person(folder: Path) -> None:
    before = database(folder)
    sentence = refusal("import", folder, table(folder.parent / "t.csv", *ROWS))
    assert "t.csv, row 3: the segment is not in the transcript ריאיון 1 (and 1 more)" in sentence
    listed = folder / "not-placed" / "t.csv.csv"
    assert str(listed) in sentence
    with listed.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["row"], row["code"], row["quote"]) for row in rows] == [
        ("row 3", "אתגר", "'=איש לא אמר את זה מעולם"),
        ("row 4", "אתגר", "והשכר?"),
    ]
    assert "ריאיון 1, paragraph 3" in rows[1]["candidates"]
    assert database(folder) == before


def test_the_rest_is_imported_when_asked_and_the_list_goes_when_all_is_placed(folder: Path) -> None:
    path = table(folder.parent / "t.csv", *ROWS)
    text = run("import", folder, path, "--skip-unfound")
    assert "Not placed: 2 codings, listed in" in text
    assert (folder / "not-placed" / "t.csv.csv").is_file()
    run("import", folder, table(path, ROWS[0]))
    assert not (folder / "not-placed").exists()


def test_variables_groups_and_memos_of_a_known_transcript_are_added_and_not_overwritten(
    tmp_path: Path, project: Project
) -> None:
    steps.new_project(tmp_path / "p", project.codebook).close()
    (tmp_path / "ריאיון 1.txt").write_text(project.transcripts[0].text, encoding="utf-8")
    run("import", tmp_path / "p", tmp_path / "ריאיון 1.txt")
    qdpx.write(project, tmp_path / "a.qdpx")
    changed = replace(project.transcripts[0], variables={"אתר": "ב", "גל": "2"})
    qdpx.write(replace(project, name="אחר", transcripts=(changed,)), tmp_path / "b.qdpx")
    run("import", tmp_path / "p", tmp_path / "a.qdpx")
    assert "the variable אתר is א here and ב in the file" in run("import", tmp_path / "p", tmp_path / "b.qdpx")
    with steps.open_project(tmp_path / "p") as store:
        (transcript,) = store.transcripts()
    assert transcript.variables == {"אתר": "א", "גל": "2"}
    assert [turn.speaker for turn in transcript.turns] == ["מראיינת", "רחל"] * 2


def test_memos_and_groups_are_stored(tmp_path: Path, project: Project) -> None:
    steps.new_project(tmp_path / "p", project.codebook).close()
    qdpx.write(project, tmp_path / "a.qdpx")
    with zipfile.ZipFile(tmp_path / "a.qdpx") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    root = members["project.qde"].decode()
    guid = root.partition("<TextSource guid=")[2].split('"')[1]
    more = f'<Sets><Set guid="{guid}" name="צפון"><MemberSource targetGUID="{guid}"/></Set></Sets>'
    note = f'<Notes><Note guid="{guid}" name="יומן"><PlainTextContent>יום ארוך</PlainTextContent></Note></Notes>'
    members["project.qde"] = root.replace("</Sources>", f"</Sources>{note}{more}").encode()
    with zipfile.ZipFile(tmp_path / "a.qdpx", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    for _ in range(2):
        run("import", tmp_path / "p", tmp_path / "a.qdpx")
        with steps.open_project(tmp_path / "p") as store:
            loaded = store.load()
        assert loaded.transcripts[0].groups == ("צפון",)
        assert loaded.memos == (Memo("יום ארוך", "יומן"),)


# --- documents that autocoder exported


def test_an_exported_document_brings_its_codings_back_and_its_transcripts_name(
    tmp_path: Path, project: Project
) -> None:
    memo = "שכר נמוך\nאתגר; עמית יחיד"  # lines that are codes' names, which are no codings here
    transcript = replace(project.transcripts[0], name="ריאיון 3: צפון/דרום", text=project.transcripts[0].text.rstrip())
    codings = tuple(
        replace(each, transcript=transcript.name, span=Span(each.span.start, min(each.span.end, len(transcript.text))))
        for each in project.codings
    )
    suggested = replace(codings[2], coder="autocoder m1", origin=Origin.AUTO, score=0.83)
    whole = replace(
        project,
        transcripts=(transcript,),
        coders=(*project.coders, Coder("autocoder m1", CoderKind.MODEL)),
        codings=(codings[0], replace(codings[1], memo=memo), *codings[2:], suggested),
    )
    export(whole, tmp_path / "out.docx")
    for name, options in (("plain", ()), ("asked", ("--word-codes",))):
        steps.new_project(tmp_path / name, project.codebook).close()
        run("import", tmp_path / name, tmp_path / "out.docx", *options)
        with steps.open_project(tmp_path / name) as store:
            came = store.load()
        assert [(each.name, each.text) for each in came.transcripts] == [(transcript.name, transcript.text)]
        assert {each.key for each in came.codings} == {each.key for each in whole.codings}
        assert sorted(each.memo for each in came.codings) == sorted(each.memo for each in whole.codings)
        assert [each.score for each in came.codings if each.origin is Origin.AUTO] == [0.83]
        assert len(came.codebook) == len(project.codebook)
        assert came.memos == ()
        before = database(tmp_path / name)
        assert "0 transcripts, 0 codings." in run("import", tmp_path / name, tmp_path / "out.docx", *options)
        assert database(tmp_path / name) == before


def test_a_readers_comment_in_an_exported_document_stays_a_memo(tmp_path: Path, folder: Path, project: Project) -> None:
    export(project, tmp_path / "out.docx")
    document = docx.Document(str(tmp_path / "out.docx"))
    document.add_comment(document.paragraphs[0].runs, "לברר מה התכוונה", "דנה")
    document.save(str(tmp_path / "out.docx"))
    text = run("import", folder, tmp_path / "out.docx")
    assert "it was exported by autocoder; 4 of 5 comments name codes" in text
    assert "0 transcripts, 0 codings." in text
    with steps.open_project(folder) as store:
        assert [memo.text for memo in store.load().memos] == ["לברר מה התכוונה"]


@pytest.mark.parametrize("deleted", [False, True])
def test_codings_of_an_exported_document_stand_on_their_words_after_the_text_was_changed_in_word(
    tmp_path: Path, project: Project, deleted: bool
) -> None:
    export(project, tmp_path / "out.docx")
    document = docx.Document(str(tmp_path / "out.docx"))
    document.paragraphs[0].runs[0].text += " ועוד מילים"
    if deleted:  # the end of the first paragraph, as a tracked change, which joins it to the second
        properties = document.paragraphs[0]._p.get_or_add_pPr()
        properties.append(parse_xml(f'<w:rPr {nsdecls("w")}><w:del w:id="1" w:author="א"/></w:rPr>'))
    document.save(str(tmp_path / "out.docx"))
    steps.new_project(tmp_path / "new", project.codebook).close()
    run("import", tmp_path / "new", tmp_path / "out.docx")
    quotes = []
    with steps.open_project(tmp_path / "new") as store:
        came = store.load()
    for study in (came, project):
        said = [(study.transcript(each.transcript).quote(each.span).strip(), each.code) for each in study.codings]
        quotes.append(sorted(said))
    assert "ועוד מילים" in came.transcripts[0].text
    assert quotes[0] == quotes[1]


def test_a_text_with_characters_that_word_cannot_hold_is_known_again(tmp_path: Path, codebook: Codebook) -> None:
    steps.new_project(tmp_path / "p", codebook).close()
    (tmp_path / "א.txt").write_text("רחל: שלום\x0bלכם\nרחל: סוף", encoding="utf-8")
    run("import", tmp_path / "p", tmp_path / "א.txt")
    run("export", tmp_path / "p", tmp_path / "out.docx")
    assert "0 transcripts, 0 codings." in run("import", tmp_path / "p", tmp_path / "out.docx")


# --- tables under a new name


def segments(path: Path, *quotes: tuple[str, str], group: str = "") -> Path:
    rows = [f"{group},ריאיון 1,{code},{quote},אבי" for quote, code in quotes]
    path.write_text("Document group,Document name,Code,Segment,Created by\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


SEGMENTS = (("התחלתי לבד", "עמית יחיד"), ("והשכר", "תנאים ושכר"), ("מינימום", "אתגר"))


def test_a_table_of_another_name_that_holds_most_of_an_earlier_ones_codings_is_compared_with_it(folder: Path) -> None:
    run("import", folder, segments(folder.parent / "monday.csv", *SEGMENTS))
    later = segments(folder.parent / "friday.csv", *SEGMENTS[:2], ("ואז הגיע עוד מישהו", "אתגר"))
    assert (
        "friday.csv changes what monday.csv brought" not in run("import", folder, later, "--dry-run").split("Most")[0]
    )
    text = run("import", folder, later, "--yes")
    assert "Most codings of friday.csv are those of monday.csv, so it is read as a later export of it." in text
    assert "אבי: 1 new, 1 gone" in text
    with steps.open_project(folder) as store:
        project = store.load()
        mine = {project.transcript(each.transcript).quote(each.span) for each in project.codings_of(["אבי"])}
    assert mine == {"התחלתי לבד", "והשכר", "ואז הגיע עוד מישהו"}
    before = database(folder)
    assert "0 codings." in run("import", folder, later)
    assert database(folder) == before


def test_the_segments_of_one_code_under_another_name_take_nothing_of_the_other_codes(folder: Path) -> None:
    run("import", folder, segments(folder.parent / "all.csv", *SEGMENTS))
    before = keys(folder)
    assert "0 codings." in run("import", folder, segments(folder.parent / "one code.csv", SEGMENTS[0]))
    assert keys(folder) == before


def test_a_table_that_shares_few_codings_with_earlier_ones_is_one_of_its_own(folder: Path) -> None:
    run("import", folder, segments(folder.parent / "first.csv", *SEGMENTS[:2]))
    other = (SEGMENTS[0], ("מינימום", "תנאים ושכר"), ("ואז הגיע", "אתגר"))
    assert "2 codings." in run("import", folder, segments(folder.parent / "second.csv", *other))
    assert len(keys(folder)) == 4 + 4


# --- what is said, and what is not said twice


def test_a_label_that_nobody_has_is_refused_and_nothing_is_imported(tmp_path: Path, codebook: Codebook) -> None:
    folder = tmp_path / "p"
    steps.new_project(folder, codebook).close()
    path = tmp_path / "א.txt"
    path.write_text("מראיינת: מה?\nרחל: שלום.\nמראיינת: ואז?\nרחל: זהו.\nהערה: נקטע\n", encoding="utf-8")
    before = database(folder)
    for wrong in ("רוחל=participant", "א.txt:רוחל=participant", "הערות=none"):
        sentence = refusal("import", folder, path, "--speakers", f"רחל=participant,{wrong}")
        assert "which labels nobody here; mend it (the labels are מראיינת, רחל)" in sentence
    assert database(folder) == before
    run("import", folder, path, "--speakers", "רחל=participant,א:מראיינת=interviewer,הערה=none")


def test_a_text_that_came_with_a_project_has_nothing_new_when_its_own_file_comes(
    tmp_path: Path, project: Project
) -> None:
    folder = tmp_path / "p"
    steps.new_project(folder, project.codebook).close()
    qdpx.write(project, tmp_path / "study.qdpx")
    (tmp_path / "ריאיון 1.txt").write_text(project.transcripts[0].text, encoding="utf-8")
    run("import", folder, tmp_path / "study.qdpx")
    for _ in range(2):
        text = run("import", folder, tmp_path / "ריאיון 1.txt")
        assert "New in the project: 0 transcripts, 0 codings.\n" in text
        assert text.count("4 turns of 2 speakers") == 1


def test_the_groups_of_a_table_are_put_on_its_transcripts(folder: Path) -> None:
    path = segments(folder.parent / "s.csv", SEGMENTS[0], group="צפון")
    assert "new variables or groups in 1 that were here" in run("import", folder, path)
    assert "new variables" not in run("import", folder, path)
    with steps.open_project(folder) as store:
        study = store.load()
    assert study.transcripts[0].groups == ("צפון",)
    maxqda.write(study, folder.parent / "out.xlsx")
    assert {quote.group for quote in maxqda.read(folder.parent / "out.xlsx").quotes} == {"צפון"}


def test_an_empty_codebook_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("", encoding="utf-8")
    assert refusal("new", tmp_path / "p", "--codebook", tmp_path / "empty.yaml").startswith("empty.yaml: it is empty;")
