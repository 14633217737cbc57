from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from autocoder import store as stores
from autocoder.classifier import CodeEntry, Input, Manifest, Scored, file_sha256, write_manifest
from autocoder.learn.held_out import UNITS, VALUES, OutOfFold
from autocoder.project import Coder, CoderKind, Coding, Origin, Role, Span, Transcript, Turn
from autocoder.review import examples
from autocoder.review.examples import Examples, Similar, coded_passages
from autocoder.review.reliability import right_so_far
from autocoder.review.why import Why
from autocoder.store import Addition, Store
from autocoder.store.assignments import Task, assign, commit_blind
from autocoder.store.coded import given_by_people
from autocoder.store.counts import Checked
from autocoder.vectors import UnitVectors, load_vectors, save_vectors

AT = "2026-11-01T09:00:00+00:00"
MODEL = "autocoder m1"
PAY, ALONE = "השכר נמוך ולא מספיק לחודש.", "אין איתי אף עמית אחר בצוות."


def talk(name: str, *sayings: str) -> Transcript:
    text, turns = "", []
    for saying in sayings:
        turns.append(Turn(Span(len(text), len(text) + len(saying)), "רחל", Role.PARTICIPANT))
        text += f"{saying}\n"
    return Transcript(name, text, tuple(turns))


TALKS = {
    name: talk(name, *said)
    for name, said in {
        "כרטיס": ("המשכורת שלי נמוכה מאוד.", "שיחה אחרת לגמרי."),
        "א": (PAY, ALONE),
        "ב": ("השכר נמוך, ממש נמוך.", "השכר נמוך ואין עם מי לדבר."),
        "ג": ("שכר נמוך זה לא כבוד.",),
        "ד": ("על שכר אין מה לדבר, הוא נמוך.",),
        "ה": ("בשכר נמוך אני לא נשארת.",),
    }.items()
}


def coding(name: str, turn: int, code: str, coder: str = "דנה", origin: Origin = Origin.BLIND) -> Coding:
    return Coding(name, TALKS[name].turns[turn].span, code, coder, origin, created=f"2026-10-0{turn + 1}")


CODED = (
    coding("א", 0, "pay"),
    coding("א", 1, "alone"),
    coding("ב", 0, "pay", "יוסי"),
    coding("ב", 1, "alone"),
    coding("ג", 0, "pay"),
    coding("ד", 0, "pay"),
    coding("כרטיס", 1, "pay"),
)
CARD = TALKS["כרטיס"].turns[0].span


@pytest.fixture
def store(blank: Path, tmp_path: Path) -> Iterator[Store]:
    with stores.open_project(shutil.copytree(blank, tmp_path / "p")) as made:
        made.add(Addition(tuple(TALKS.values()), (Coder("דנה"), Coder("יוסי")), CODED, at=AT))
        yield made


def a_model(store: Store, files: dict[str, str] | None = None, data: dict[str, object] | None = None) -> Path:
    folder = store.models / "m1"
    folder.mkdir(parents=True, exist_ok=True)
    entries = tuple(CodeEntry(code, code, None, True, False, 20, 0.5, True, 0.5, 0.3) for code in ("pay", "alone"))
    how = Input((), (), (), 0)
    manifest = Manifest("m1", AT, entries, how, 1.0, 1.0, 0.0, "tiny", data or {}, {}, {}, {}, "קטן", 1, files or {})
    write_manifest(folder, manifest)
    return folder


def vectors(folder: Path) -> None:
    """Place talk of pay around 0 degrees, of being alone around 90, each turn a little apart."""
    for number, transcript in enumerate(TALKS.values()):
        spans = tuple(turn.span for turn in transcript.turns)
        angles = [
            (0.0 if "נמוך" in transcript.quote(span) or "נמוכה" in transcript.quote(span) else 1.5) + 0.1 * number
            for span in spans
        ]
        places = np.array([(np.cos(angle), np.sin(angle)) for angle in angles], dtype=np.float32)
        save_vectors(folder, transcript.sha256, UnitVectors(spans, places))
    assert (folder / "vectors").is_dir()


@pytest.fixture(params=["vectors", "n-grams"])
def either(store: Store, request: pytest.FixtureRequest) -> Store:
    if request.param == "vectors":
        vectors(a_model(store))
    return store


def shown(found: Similar) -> list[tuple[str, str, str]]:
    return [(each.transcript, each.quote, each.coder) for each in found.with_code]


def test_three_similar_passages_with_the_code_each_of_another_transcript_and_one_without(either: Store) -> None:
    found = Examples(either).similar_now("דנה", "כרטיס", CARD, "pay")
    assert len(found.with_code) == 3
    assert len({each.transcript for each in found.with_code}) == 3
    assert "כרטיס" not in {each.transcript for each in (*found.with_code, *found.without)}
    assert all("נמוך" in each.quote for each in found.with_code)
    (without,) = found.without
    assert without.quote in (ALONE, "השכר נמוך ואין עם מי לדבר.")
    assert without.created.startswith("2026-10")


def test_a_code_above_is_shown_with_passages_of_the_codes_under_it(either: Store) -> None:
    found = Examples(either).similar_now("דנה", "כרטיס", CARD, "C09.3")
    assert len(found.with_code) == 3
    assert found.without == ()


def test_a_passage_is_shown_under_the_name_of_who_gave_it_the_code(either: Store) -> None:
    either.add(Addition(codings=tuple(coding(name, 0, "barrier", "יוסי") for name in "אגד")))
    found = Examples(either).similar_now("דנה", "כרטיס", CARD, "pay")
    coders = {"א": "דנה", "ב": "יוסי", "ג": "דנה", "ד": "דנה"}
    assert {each.transcript: each.coder for each in found.with_code}.items() <= coders.items()


def test_blind_coding_that_is_not_revealed_is_no_example(either: Store) -> None:
    assign(either, "יוסי", ["ב"], Task.BLIND, "דנה", AT)
    hers = Examples(either).similar_now("דנה", "כרטיס", CARD, "pay")
    assert "יוסי" not in {each.coder for each in hers.with_code}
    his = Examples(either).similar_now("יוסי", "כרטיס", CARD, "pay")
    assert {(each.transcript, each.coder) for each in his.with_code if each.transcript == "ב"} <= {("ב", "יוסי")}
    commit_blind(either, "יוסי", "ב", AT)
    assert "יוסי" in {each.coder for each in Examples(either).similar_now("דנה", "כרטיס", CARD, "pay").with_code}


def test_new_coding_comes_into_the_examples_when_they_are_made_anew(either: Store) -> None:
    kept = Examples(either)
    kept._bank._rest = 0.0
    assert "ה" not in {each.transcript for each in kept.similar_now("דנה", "כרטיס", CARD, "pay").with_code}
    gone = tuple(each for each in CODED if each.transcript in ("א", "ב") and each.code == "pay")
    either.add(Addition(codings=(coding("ה", 0, "pay"),), removed=tuple(each.key for each in gone), files=(a_file(),)))
    assert "ה" in {each.transcript for each in kept.similar_now("דנה", "כרטיס", CARD, "pay").with_code}


def a_file() -> stores.FileRead:
    return stores.FileRead("עוד.qdpx", "0" * 64, AT)


def test_nobody_coded_anything_means_no_examples(blank: Path, tmp_path: Path) -> None:
    with stores.open_project(shutil.copytree(blank, tmp_path / "empty")) as empty:
        empty.add(Addition((TALKS["כרטיס"],), (Coder("דנה"),)))
        assert Examples(empty).similar_now("דנה", "כרטיס", CARD, "pay") == Similar()


def test_what_the_model_has_not_read_is_read_beside_the_page(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = a_model(store)

    class Fake:
        def read(self, texts: list[str], questions: list[str]) -> Scored:
            assert len(questions) == len(texts)
            near = [
                [1.0, 0.1 * n] if "נמוכ" in text or "נמוך" in text else [-1.0, 0.1 * n] for n, text in enumerate(texts)
            ]
            return Scored(np.zeros((len(texts), 1)), np.array(near, dtype=np.float32))

    monkeypatch.setattr(examples, "load", lambda _: Fake())
    kept = Examples(store)
    kept._bank._rest = 0.0
    assert len(kept.similar_now("דנה", "כרטיס", CARD, "pay").with_code) == 3
    assert load_vectors(folder, TALKS["א"].sha256) is not None
    assert load_vectors(folder, TALKS["ה"].sha256) is None
    assert kept.similar_now("דנה", "ה", TALKS["ה"].turns[0].span, "pay") == Similar()
    assert len(kept.similar_now("דנה", "ה", TALKS["ה"].turns[0].span, "pay").with_code) == 3


def test_a_damaged_model_leaves_examples_by_n_grams(store: Store) -> None:
    a_model(store, {"model.onnx": "0" * 64})
    assert len(Examples(store).similar_now("דנה", "כרטיס", CARD, "pay").with_code) == 3


def test_of_a_common_code_the_same_passages_are_compared_each_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "PER_CODE", 2)
    given, lines = given_by_people(store), {code: frozenset({code, "C09.3"}) for code in ("pay", "alone")}
    first = coded_passages(given, lines)
    assert first == coded_passages(given, lines)
    assert sum("pay" in passage.codes for passage in first) == 2
    assert all("C09.3" in passage.codes for passage in first)


def suggestion(name: str, turn: int, code: str) -> Coding:
    return Coding(name, TALKS[name].turns[turn].span, code, MODEL, Origin.AUTO, 0.7, created=AT)


def test_suggestions_are_judged_by_blind_coding_made_since_and_not_by_what_was_confirmed(store: Store) -> None:
    for name, made in {
        "א": [suggestion("א", 0, "pay"), suggestion("א", 1, "pay")],
        "ב": [suggestion("ב", 0, "C09.3")],
        "ה": [suggestion("ה", 0, "pay")],
    }.items():
        store.add_suggestions(Coder(MODEL, CoderKind.MODEL), name, made)
    store.add(Addition(codings=(coding("ה", 0, "pay", origin=Origin.ASSISTED),)))
    assert right_so_far(store, MODEL) == {"pay": Checked(1, 2), "C09.3": Checked(1, 1)}
    assign(store, "יוסי", ["א"], Task.BLIND, "דנה", AT)
    assert right_so_far(store, MODEL) == {"C09.3": Checked(1, 1)}


def test_suggestions_in_transcripts_that_taught_the_model_are_judged_as_training_held_them_out(store: Store) -> None:
    folder = a_model(store)
    names = ("א", "ב", "ג", "ד")
    units = [(name, 10 * n, 10 * n + 9) for name in names for n in range(10)]
    labels = np.array([[n < 5, n >= 5] for _ in names for n in range(10)], dtype=np.float32)
    said = np.array([[3.0 if n < 6 else -3.0, 3.0 if n >= 5 else -3.0] for _ in names for n in range(10)])
    fold = np.repeat([0, 1, 0, 1], 10)
    OutOfFold(tuple(units), ("pay", "alone"), fold, labels, said, said).save(folder)
    files = {name: file_sha256(folder / name) for name in (UNITS, VALUES)}
    a_model(store, files, {"coder": "דנה", "transcripts": list(names)})
    store.add(Addition(codings=(coding("ד", 0, "alone", origin=Origin.ASSISTED),)))
    assert right_so_far(store, MODEL) == {"pay": Checked(15, 18), "alone": Checked(15, 15)}


def test_fewer_than_ten_judged_suggestions_say_nothing() -> None:
    assert not Why(Checked(9, 9), None).enough
    assert Why(Checked(9, 10), None).enough
    assert not Why(None, None).enough
