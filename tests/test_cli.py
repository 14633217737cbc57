from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from typer.testing import CliRunner

from autocoder import cli, steps
from autocoder.errors import AutocoderError
from autocoder.formats import qdpx
from autocoder.learn.fit import Settings
from autocoder.not_placed import FOLDER
from autocoder.project import Coder, CoderKind, Origin, Project

RUN = CliRunner()


def run(*arguments: str | Path, code: int = 0) -> str:
    result = RUN.invoke(cli.app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def refusal(*arguments: str | Path) -> str:
    """Run a command that must be refused and return its one sentence."""
    with pytest.raises(AutocoderError) as caught:
        run(*arguments)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def state(folder: Path) -> dict[str, bytes]:
    """The project's bytes, without the lists of what found no place, which a refusal points to."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name != FOLDER)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture
def folder(tmp_path: Path, study: Project) -> Path:
    """A project with three coded transcripts and one that nobody coded."""
    from autocoder.export import restrict

    steps.new_project(tmp_path / "p", study.codebook).close()
    qdpx.write(restrict(study, frozenset({"t0", "t1", "t2"})), tmp_path / "coded.qdpx")
    (tmp_path / "t3.txt").write_text(study.transcript("t3").text, encoding="utf-8")
    run("import", tmp_path / "p", tmp_path / "coded.qdpx", tmp_path / "t3.txt")
    return tmp_path / "p"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tiny_encoder: Path) -> None:
    """Train on the tiny encoder, and long enough for its random weights."""
    made = Settings(str(tiny_encoder), folds=2, epochs=12, batch=8, rate=5e-3, head_rate=2e-2, frozen=0, least_steps=0)
    monkeypatch.setattr("autocoder.learn.fit.Settings", lambda *_, **__: made)


def test_help_and_status_load_neither_torch_nor_transformers(folder: Path) -> None:
    code = (
        "import sys; from autocoder import cli; sys.argv = ['autocoder', *sys.argv[1:]]\n"
        "try: cli.main()\n"
        "except SystemExit as done: assert not done.code, done.code\n"
        "heavy = {'torch', 'transformers', 'spacy', 'sklearn', 'datasets', 'onnxruntime', 'matplotlib', 'jinja2'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    for arguments in (["--help"], ["status", str(folder)]):
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("small")
def test_the_whole_journey_runs_without_a_network(
    folder: Path, study: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a network call")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    out = folder.parent
    assert "learned 5 codes from 72 units" in run("train", folder)
    assert "suggestions in t3" in run("precode", folder)
    assert "0 suggestions in 0 transcripts" in run("precode", folder)
    assert "no unit in common" in refusal("agree", folder)  # nobody but the model saw t3 so far
    text = run("export", folder, out / "all.qdpx", out / "all.xlsx", out / "all.csv")
    assert text.count("read back and compared, all equal") == 3
    qdpx.write(study, out / "human.qdpx")
    run("import", folder, out / "human.qdpx")
    table = run("agree", folder, "--coders", "דנה,autocoder m1")
    assert "(1) autocoder m1 — דנה: 24 units, 1 transcripts" in table
    assert "pay" in table
    again = [replace(coding, coder="אבי") for coding in study.codings if coding.transcript == "t3"]
    qdpx.write(replace(study, coders=(Coder("אבי"),), codings=tuple(again)), out / "second.qdpx")
    run("import", folder, out / "second.qdpx")
    found = json.loads(run("agree", folder, "--level", "1", "--json", "-"))
    assert [column["found"]["coders"] for column in found["columns"]] == [
        ["דנה", "אבי"],
        ["autocoder m1", "דנה"],
        ["autocoder m1", "אבי"],
    ]
    assert found["columns"][1]["found"]["kappa"]["value"] > 0.5
    assert found["machine"][0]["rows"][0]["code"] == ""
    pages = (out / "agree.html", out / "evaluate.html")
    run("agree", folder, "--html", pages[0], "--csv", out / "a.csv", "--xlsx", out / "a.xlsx", "--json", out / "a.json")
    evaluated = run("evaluate", folder, "--html", pages[1], "--csv", out / "e.csv", "--json", out / "e.json")
    assert "Against דנה: 72 units, 3 transcripts" in evaluated
    assert "Learning curve, linear: mean of 5 draws" in evaluated
    for page in pages:
        assert '<html lang="he" dir="rtl">' in page.read_text(encoding="utf-8")
    shown = json.loads((out / "e.json").read_text(encoding="utf-8"))
    assert {rival["who"] for rival in shown["blocks"][0]["rivals"]} == {"model", "linear", "majority"}
    assert not list(out.glob(".*"))
    assert "next" in run("status", folder).lower()


@pytest.mark.usefixtures("small")
def test_precoding_goes_on_where_it_was_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("train", folder)
    from autocoder import suggest

    real = suggest.suggest
    calls: list[str] = []

    def stopping(classifier: object, transcript: object, *more: object) -> object:
        calls.append(transcript.name)  # type: ignore[attr-defined]
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(classifier, transcript, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(suggest, "suggest", stopping)
    assert "the same command goes on" in run("precode", folder, "t0", "t3", code=130)
    monkeypatch.setattr(suggest, "suggest", real)
    done = json.loads(run("precode", folder, "t0", "t3", "--json"))
    assert list(done["suggestions"]) == ["t3"]


@pytest.mark.usefixtures("small")
def test_score_gives_every_code_for_every_line(folder: Path, tmp_path: Path) -> None:
    run("train", folder)
    lines = [{"id": 7, "text": "השכר נמוך וזה כואב לי."}, {"id": "b", "text": "", "question": "ומה אז?"}]
    texts = tmp_path / "texts.jsonl"
    texts.write_text("\r\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    answers = [json.loads(line) for line in run("score", folder / "models" / "m1", texts).splitlines()]
    assert [answer["id"] for answer in answers] == [7, "b"]
    for answer in answers:
        assert set(answer["scores"]) == {"C09.3", "pay", "alone", "valence", "barrier", "facilitator"}
        assert answer["scores"]["C09.3"] >= answer["scores"]["pay"]
    texts.write_text('{"id": 1}\n', encoding="utf-8")
    assert "texts.jsonl, line 1: there is no id or no text" in refusal("score", folder / "models" / "m1", texts)


@pytest.mark.usefixtures("small")
def test_a_model_is_not_judged_where_it_was_taught_and_its_name_is_not_used_again(folder: Path) -> None:
    run("train", folder)
    run("precode", folder, "t0")
    assert "no unit in common" in refusal("agree", folder)
    shutil.rmtree(folder / "models" / "m1")
    assert "Model m2" in run("train", folder)


@pytest.mark.usefixtures("small")
def test_a_model_of_another_codebook_is_refused(folder: Path, tmp_path: Path, study: Project) -> None:
    run("train", folder)
    run("new", tmp_path / "other", "--codebook", "upsides-principles")
    (tmp_path / "t9.txt").write_text(study.transcript("t3").text, encoding="utf-8")
    run("import", tmp_path / "other", tmp_path / "t9.txt")
    sentence = refusal("precode", tmp_path / "other", "--model", folder / "models" / "m1")
    assert "not in the codebook" in sentence


def test_an_encoder_that_is_not_there_leaves_no_model_behind(folder: Path, tmp_path: Path) -> None:
    assert "leave --encoder out" in refusal("train", folder, "--encoder", tmp_path)
    assert not list((folder / "models").glob("*"))


def test_the_same_files_twice_change_nothing(folder: Path) -> None:
    before = steps.open_project(folder).load()
    text = run("import", folder, folder.parent / "coded.qdpx", folder.parent / "t3.txt")
    assert "New in the project: 0 transcripts, 0 codings." in text
    assert steps.open_project(folder).load() == before


def test_a_new_project_tells_the_next_step(tmp_path: Path) -> None:
    assert "autocoder import" in run("new", tmp_path / "p", "--codebook", "peer-support")
    assert "C09.3" in run("codebook", "show", tmp_path / "p")
    assert json.loads(run("status", tmp_path / "p", "--json"))["codes"] > 30
    assert "name a file or one of cfir-2009, cfir-2022, peer-support, upsides-principles" in refusal(
        "new", tmp_path / "q", "--codebook", "nothing"
    )
    assert not (tmp_path / "q").exists()


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def bad_files(folder: Path) -> dict[str, Path]:
    """Every bad input that the issue names, and the words that its sentence must hold."""
    folder.mkdir()
    word = folder / "whole.docx"
    document = docx.Document()
    document.add_paragraph("רחל: שלום לכולם")
    document.save(word)
    cut, locked, empty = folder / "cut.docx", folder / "locked.docx", folder / "empty.txt"
    cut.write_bytes(word.read_bytes()[:-900])
    locked.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000 + "EncryptedPackage".encode("utf-16-le"))
    empty.write_bytes(b"")
    variables = folder / "variables.csv"
    variables.write_text("transcript,site\nt9,north\n", encoding="utf-8")
    nonsense, columns, nowhere = folder / "noise.txt", folder / "columns.csv", folder / "nowhere.csv"
    nonsense.write_bytes(bytes(range(128, 256)) * 20)
    columns.write_text("Document name,Code\nt0,pay\n", encoding="utf-8")
    nowhere.write_text("Document name,Code,Segment\nt0,תנאים ושכר,איש לא אמר את זה מעולם\n", encoding="utf-8")
    deep, rtf, scan = folder / "deep.json", folder / "cut.rtf", folder / "scan.pdf"
    deep.write_text("[" * 200_000, encoding="utf-8")
    rtf.write_text("{\\rtf1\\ansi {\\b abc", encoding="utf-8")
    scan.write_bytes(b"%PDF-1.4\n" + bytes(200))
    cycle = folder / "cycle.yaml"
    cycle.write_text("name: x\ncodes:\n- {id: a, he: א, parent: b}\n- {id: b, he: ב, parent: a}\n", encoding="utf-8")
    doctype = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><Project name="&a;"/>'
    project = '<Project xmlns="urn:QDA-XML:project:1.0" name="x"/>'
    return {
        "password": locked,
        "cut.docx": cut,
        "nested too deeply": deep,
        "ends inside a group": rtf,
        "scan.pdf: it is cut short or damaged": scan,
        "not an OpenDocument text": zipped(folder / "none.odt", {"a.txt": "x"}),
        "there is no transcript named t9": variables,
        "project.qde": zipped(folder / "none.qdpx", {"a.txt": "x"}),
        "..": zipped(folder / "slip.qdpx", {"../evil.txt": "x", "project.qde": project}),
        "bomb.qdpx": zipped(folder / "bomb.qdpx", {"project.qde": project, "sources/a.txt": b"0" * 30_000_000}),
        "DOCTYPE": zipped(folder / "doctype.qdpx", {"project.qde": doctype}),
        "Segment": columns,
        "noise.txt": nonsense,
        "empty": empty,
        "nowhere.csv, row 2": nowhere,
        "cycle.yaml": cycle,
    }


def test_bad_input_is_one_sentence_and_changes_not_a_byte(folder: Path, tmp_path: Path) -> None:
    before = state(folder)
    for words, path in bad_files(tmp_path / "bad").items():
        sentence = refusal("import", folder, folder.parent / "t3.txt", path)
        assert path.name in sentence, sentence
        assert words.lower() in sentence.lower(), sentence
        assert state(folder) == before, words


def test_the_command_itself_exits_with_two(folder: Path) -> None:
    command = [sys.executable, "-m", "autocoder", "import", str(folder), str(folder / "no.docx")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "no.docx" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_ambiguous_label_is_asked_about_and_never_guessed(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "שיחה.txt"
    path.write_text("מ: איך היה?\nרחל: בסדר.\nמ: ומה עוד?\nרחל: זהו.\n", encoding="utf-8")
    assert '--speakers "מ=interviewer"' in refusal("import", folder, path)
    assert "form" in refusal("import", folder, path, "--speakers", "מ=somebody")
    assert "4 turns of 2 speakers" in run("import", folder, path, "--speakers", "מ=interviewer")


def test_in_a_terminal_the_question_is_asked_once_and_enter_takes_the_proposals(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "is_terminal", lambda: True)
    for name in ("א", "ב"):
        text = f"מ: איך היה שם {name}?\nרחל: בסדר.\nמ: ומה עוד?\nרחל: זהו.\n"
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    first = RUN.invoke(cli.app, ["import", str(folder), str(tmp_path / "א.txt")], input="\n")
    assert first.output.count("who is who?") == 1
    assert "interviewer?      2 turns,    2 with a question mark  מ" in first.output
    second = RUN.invoke(cli.app, ["import", str(folder), str(tmp_path / "ב.txt")], input="מ=x\nמ=participant\n")
    assert 'is not in the form "LABEL=interviewer"' in second.output
    roles = {each.name: each.turns[0].role.value for each in steps.open_project(folder).transcripts()}
    assert (roles["א"], roles["ב"]) == ("interviewer", "participant")
    assert "who is who?" not in run("import", folder, tmp_path / "א.txt")


def test_a_question_that_is_not_answered_changes_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "is_terminal", lambda: True)
    before = state(folder)
    (tmp_path / "א.txt").write_text("מ: מה?\nרחל: כן.\nמ: מה?\n", encoding="utf-8")
    assert RUN.invoke(cli.app, ["import", str(folder), str(tmp_path / "א.txt")], input="").exit_code == 1
    assert state(folder) == before


def test_a_label_may_hold_a_comma_and_be_no_speaker() -> None:
    answers = cli.answers_of(["Cohen, Dana=interviewer, הערה=none", "a.txt:מ=participant"])
    assert answers == {"Cohen, Dana": "interviewer", "הערה": None, "a.txt:מ": "participant"}


def test_variables_are_imported_and_said(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "speakers.csv"
    path.write_text("transcript,label,site\nt3,משתתפת 1,צפון\nt3,משתתפת 2,דרום\n", encoding="utf-8")
    text = run("import", folder, path)
    assert "speakers.csv: variables of 2 transcripts and speakers" in text
    assert "New in the project: 0 transcripts, 0 codings, new variables or groups in 1 that were here." in text
    kept = next(each for each in steps.open_project(folder).transcripts() if each.name == "t3")
    assert kept.speakers["משתתפת 1"]["site"] == "צפון"
    assert "new variables" not in run("import", folder, path)


@pytest.mark.parametrize("encoding", ["windows-1255", "utf-16"])
def test_other_encodings_are_read_and_said(folder: Path, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / f"{encoding}.txt"
    said = "רחל: שלום לכולם, הגעתי היום מאוחר כי האוטובוס לא בא.\nמראיינת: באמת? ומה עשית?\n"
    path.write_bytes(said.encode(encoding))
    assert encoding in run("import", folder, path).splitlines()[0].lower()
    (tmp_path / "utf8.txt").write_text(said, encoding="utf-8-sig")
    assert "utf8.txt: 2 turns of 2 speakers, UTF-8" in run("import", folder, tmp_path / "utf8.txt")


@pytest.mark.usefixtures("small")
def test_a_file_named_to_precode_is_imported_first(folder: Path, study: Project) -> None:
    run("train", folder)
    path = folder.parent / "חדש.txt"
    path.write_text(study.transcript("t3").text, encoding="utf-8")
    text = run("precode", folder, path)
    assert text.startswith("חדש.txt: ")
    assert "turns by speaker" in text
    assert "suggestions in חדש" in text
    (again,) = json.loads(run("precode", folder, path, "--json"))["files"]
    assert (again["file"], again["transcripts"]) == ("חדש.txt", 0)
    shutil.rmtree(folder / "models")
    assert "train one" in refusal("precode", folder)


@pytest.fixture
def compared(tmp_path: Path, double_coded: Project) -> Path:
    """A project that two people and a model coded, without a model folder."""
    from autocoder.store import Addition

    folder = tmp_path / "compared"
    with steps.new_project(folder, double_coded.codebook) as store:
        people = tuple(coder for coder in double_coded.coders if coder.kind is CoderKind.HUMAN)
        own = tuple(coding for coding in double_coded.codings if coding.origin is Origin.BLIND)
        store.add(Addition(double_coded.transcripts, people, own))
        for name in ("t3", "t4", "t5"):
            theirs = [c for c in double_coded.codings if c.transcript == name and c.origin is Origin.AUTO]
            store.add_suggestions(double_coded.coders[2], name, theirs)
    return folder


def test_bad_questions_of_agree_cost_one_sentence_and_change_nothing(compared: Path, tmp_path: Path) -> None:
    before = steps.open_project(compared).load()
    expected = {
        ("--coders", "דנה,רות"): "nobody called רות coded here",
        ("--coders", "דנה"): "fewer than two coders",
        ("--codes", "salary"): "there is no code salary",
        ("--level", "9"): "no level 9",
        ("--transcripts", "t99"): "there is no transcript t99",
        ("--unit", "word"): "choose segment, sentence, character",
        ("--lang", "fr"): "choose he or en",
        ("--margin", "5"): "is not between 0 and 1",
        ("--epsilon", "-1"): "is not between 0 and 1",
        ("--html", str(tmp_path / "nowhere" / "a.html")): "make the folder first",
    }
    for options, words in expected.items():
        assert words in refusal("agree", compared, *options)
        assert steps.open_project(compared).margin() is None
    assert steps.open_project(compared).load() == before
    command = [sys.executable, "-m", "autocoder", "agree", str(compared), "--codes", "salary"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_margin_is_fixed_by_the_first_command_and_refused_in_the_next(compared: Path) -> None:
    text = run("agree", compared, "--coders", "דנה,אבי", "--margin", "0.05")
    assert "margin 0.05, fixed on " in text
    assert "after looking" not in text
    assert "with the margin 0.05 it " in run("agree", compared)
    sentence = refusal("agree", compared, "--margin", "0.3")
    assert "the margin 0.05 was fixed for compared on " in sentence
    assert "proves nothing" in sentence


def test_a_margin_chosen_after_a_model_was_looked_at_is_printed_as_that(compared: Path) -> None:
    run("agree", compared, "--coders", "דנה,אבי")  # people alone are no look at a model
    assert steps.open_project(compared).look("2026-01-01", None) is None
    assert "no verdict" in run("agree", compared)
    text = " ".join(run("agree", compared, "--margin", "0.05").split())
    assert "after looking: figures were first shown on 2026-01-01" in text


def test_overlapping_codes_of_an_exclusive_tree_are_refused_by_agree(compared: Path, double_coded: Project) -> None:
    from autocoder.store import Addition

    coding = next(c for c in double_coded.codings if c.code == "barrier" and c.coder == "אבי")
    with steps.open_project(compared) as store:
        store.add(Addition(codings=(replace(coding, code="facilitator"),)))
    assert "אבי put both barrier and facilitator on" in refusal("agree", compared)


def test_few_transcripts_are_compared_with_a_warning(compared: Path) -> None:
    text = run("agree", compared, "--coders", "דנה,אבי", "--transcripts", "t0,t1")
    assert "! Only 2 transcripts are compared" in text
    assert "Only" not in run("agree", compared, "--coders", "דנה,אבי")


def test_codes_renamed_since_they_were_given_are_told(compared: Path, double_coded: Project) -> None:
    from autocoder.store import Addition

    first = double_coded.codebook
    codes = tuple(replace(code, name_he="שכר", name_en="Wages") if code.id == "pay" else code for code in first)
    with steps.open_project(compared) as store:
        store.add(Addition(codebook=replace(first, codes=codes, version=2), change="renamed", at="2026-01-01"))
    text = " ".join(run("agree", compared).split())
    assert "! pay was called תנאים ושכר in version 1 and is called שכר now." in text
    assert "the code Pay of version 1 is called שכר" in refusal("agree", compared, "--codes", "Pay")


@pytest.mark.usefixtures("small")
def test_a_model_of_before_out_of_fold_values_were_kept_is_refused_by_evaluate(folder: Path) -> None:
    assert "train one" in refusal("evaluate", folder)
    run("train", folder)
    manifest = json.loads((folder / "models" / "m1" / "manifest.json").read_text(encoding="utf-8"))
    for name in ("out_of_fold.json", "out_of_fold.safetensors"):
        del manifest["files"][name]
    (folder / "models" / "m1" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert "train again, then evaluate" in refusal("evaluate", folder)


def test_an_export_prints_what_was_compared_and_a_difference_leaves_no_file(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    text = run("export", folder, out / "a.qdpx", out / "a.docx", "--only-confirmed")
    assert text.count("read back and compared, all equal: 4 texts, ") == 2
    assert text.count("1 coder, ") == 2
    assert sorted(path.name for path in out.iterdir()) == ["a", "a.qdpx", "a.qdpx.json"]
    done = json.loads(run("export", folder, out / "b.qdpx", "--no-sidecar", "--json"))
    assert done["compared"]["codings"] == done["human"] > 50
    assert not (out / "b.qdpx.json").exists()
    found = qdpx._found
    monkeypatch.setattr(qdpx, "_found", lambda *more: list(found(*more))[1:])
    assert "c.qdpx: reading it back, 1 of" in refusal("export", folder, out / "c.qdpx")
    assert not (out / "c.qdpx").exists()
