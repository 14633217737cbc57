"""Reading and writing codebooks as YAML."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autocoder.errors import AutocoderError, FileRefused
from autocoder.formats import codebook_yaml
from autocoder.formats.codebook_yaml import MAX_BYTES, RELATIONS, read, write
from autocoder.project import Code, Codebook, Exclusion, Reading

Make = Callable[[str], Path]
README = Path(__file__).resolve().parents[2] / "training_data" / "codebooks" / "README.md"

FULL = """\
name: מחקר
title_he: כותרת
title_en: A title
version: 3
exclusive: [valence]
notes: |
  For the reader of the file.
codes:
  - id: C09.3
    he: סטינג פנימי
    en: Inner setting
    codes:
      - id: pay
        he: 'שכר ותנאים בצה"ל'
        definition_he: >-
          הדובר מדבר על שכר:
          כמה ומתי.
        definition_en: What is paid.
        include: [שכר, משרה]
        exclude:
          - text: תקציב של המשרד
            redirect_to: policy
            double_code_allowed: true
          - text: מחקר
        aliases: [תנאים]
        crosswalk:
          - {to: C22.3H, relation: renamed}
          - {to: C22.3J1, relation: "split, moved (needs check)"}
          - {relation: dissolved}
        color: "#59A14F"
        status: verified
        notes: רשימה
  - id: policy
    definition_he:
  - id: valence
    codable: false
  - id: barrier
    parent: valence
"""


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def to_file(text: str) -> Path:
        path = tmp_path / "codebook.yaml"
        path.write_bytes(text.encode("utf-8"))
        return path

    return to_file


def codebook_of(path: Path) -> Codebook:
    codebook = read(path).codebook
    assert codebook is not None
    return codebook


def records(*lines: str) -> str:
    return "name: x\ncodes:\n" + "".join(f"  {line}\n" for line in lines)


def test_every_field_of_a_record_arrives_where_the_project_expects_it(make: Make) -> None:
    codebook = codebook_of(make(FULL))
    assert (codebook.name, codebook.version, codebook.exclusive) == ("מחקר", 3, frozenset({"valence"}))
    assert codebook["pay"] == Code(
        "pay",
        'שכר ותנאים בצה"ל',
        parent="C09.3",
        definition_he="הדובר מדבר על שכר: כמה ומתי.",
        definition_en="What is paid.",
        include=("שכר", "משרה"),
        exclude=(Exclusion("תקציב של המשרד", "policy", True), Exclusion("מחקר")),
        aliases=("תנאים",),
        crosswalk=(("C22.3H", "renamed"), ("C22.3J1", "split, moved (needs check)"), ("", "dissolved")),
        color="#59A14F",
        status="verified",
    )
    assert codebook["barrier"].parent == "valence"
    assert codebook["policy"] == Code("policy")


def test_a_reading_holds_nothing_but_the_codebook(make: Make) -> None:
    reading = read(make(FULL))
    assert reading.codebook is not None
    assert reading == Reading(codebook=reading.codebook)


def test_codes_come_in_the_order_of_the_file(make: Make) -> None:
    assert [code.id for code in codebook_of(make(FULL))] == ["C09.3", "pay", "policy", "valence", "barrier"]


@pytest.mark.parametrize("disguise", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_a_byte_order_mark_and_windows_line_ends_change_nothing(make: Make, disguise: Callable[[str], str]) -> None:
    assert codebook_of(make(disguise(FULL))) == codebook_of(make(FULL))


def test_the_example_in_the_readme_is_a_codebook(make: Make) -> None:
    example = re.search(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    codebook = codebook_of(make(example[1]))
    assert codebook.path("pay") == "תנאי העבודה > שכר"
    assert codebook["work"].exclude == (Exclusion("תקציב של המשרד", "policy", True),)


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        (records("- id: a", "  colour: red"), "record 1 (a)", "the key colour is unknown"),
        ("name: x\nauthor: y\ncodes: []\n", "", "the key author is unknown"),
        ("version: 2\ncodes: []\n", "", "has no name"),
        ("name: x\n", "", "has no codes"),
        ("name: x\ncodes: {a: b}\n", "", "codes is not a list"),
        ("- a\n- b\n", "", "not made of keys and values"),
        (records("- just text"), "record 1", "not made of keys and values"),
        (records("- id: a", "- he: בלי מזהה"), "record 2", "the id is missing"),
        (records("- id: a", "- id: ' '"), "record 2", "the id is missing"),
        (records("- id: 7"), "record 1 (7)", "id is not text"),
        (records("- id: a", "- id: b", "- id: a"), "record 3 (a)", "the id a stands already in record 1"),
        (records("- id: a", "  parent: z"), "record 1 (a)", "the parent z is not in the file"),
        (records("- id: a", "  parent: a"), "record 1 (a)", "a is its own ancestor"),
        (records("- id: c", "- {id: a, parent: b}", "- {id: b, parent: a}"), "record 2 (a)", "own ancestor"),
        (records("- id: a", "  codes: [{id: b, parent: c}]"), "record 2 (b)", "stands under a and names c"),
        (records("- id: a", "  codes: {id: b}"), "record 1 (a)", "codes is not a list"),
        (records("- id: a", "  en: no"), "record 1 (a)", "en is not text"),
        (records("- id: a", "  include: שכר"), "record 1 (a)", "include is not a list"),
        (records("- id: a", "  codable: maybe"), "record 1 (a)", "codable is neither true nor false"),
        (records("- id: a", "  status: approved"), "record 1 (a)", "status is approved"),
        (records("- id: a", "  notes: [x]"), "record 1 (a)", "notes is not text"),
        (records("- id: a", "  exclude: [x]"), "record 1 (a)", "an item of exclude is not made of keys"),
        (records("- id: a", "  exclude: [{redirect_to: a}]"), "record 1 (a)", "an item of exclude has no text"),
        (records("- id: a", "  exclude: [{text: t, redirect: a}]"), "record 1 (a)", "the key redirect is unknown"),
        (records("- id: a", "  exclude: [{text: t, redirect_to: z}]"), "record 1 (a)", "redirect_to names z"),
        (records("- id: a", "  crosswalk: [C22.1]"), "record 1 (a)", "an item of crosswalk is not made of keys"),
        (records("- id: a", "  crosswalk: [{to: b, relation: like}]"), "record 1 (a)", "the unknown relation like"),
        (records("- id: a", "  crosswalk: [{to: b}]"), "record 1 (a)", "the unknown relation (none)"),
        (records("- id: a", "  crosswalk: [{relation: same}]"), "record 1 (a)", "has a wrong to"),
        (records("- id: a", "  crosswalk: [{to: b, relation: dissolved}]"), "record 1 (a)", "has a wrong to"),
        ("name: x\nversion: 0\ncodes: []\n", "", "version is not a whole number"),
        ("name: x\nversion: true\ncodes: []\n", "", "version is not a whole number"),
        (
            "name: x\nexclusive: [b]\ncodes: [{id: a, codes: [{id: b}]}]\n",
            "",
            "exclusive names b, which is not the root",
        ),
        (records("- id: a", "  he: א", "  he: ב"), "line 3", "the key he stands twice"),
        ("name: x\ncodes: &all\n  - id: a\n    codes: *all\n", "line 2", "an alias"),
        (records("- id: a", "  he: שכר: כמה"), "line 4", "is not YAML"),
        (records("- id: a", "  he: !!python/object/apply:os.getcwd []"), "line 4", "is not YAML"),
        (records("- id: a", "  he: 2024-13-45"), "", "a number or date that is none"),
        (records("- id: a", "  he: \x07"), "", "signs that no text has"),
        pytest.param("[" * 2000, "", "nested too deeply", id="deep"),
        ("name: x\ncodes: []\n---\nname: y\n", "line 3", "is not YAML"),
        (" \n\n", "", "is empty"),
    ],
)
def test_a_file_that_does_not_say_one_thing_clearly_is_refused_in_one_sentence(
    make: Make, text: str, place: str, what: str
) -> None:
    with pytest.raises(FileRefused) as refused:
        read(make(text))
    message = str(refused.value)
    assert message.startswith(f"codebook.yaml, {place}: " if place else "codebook.yaml: ")
    assert what in message
    assert re.search(r"; [^;]+\.$", message)
    assert "\n" not in message


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ישן.yaml"
    path.write_bytes("name: שלום".encode("cp1255"))
    with pytest.raises(FileRefused, match=r"ישן\.yaml, byte 6: it is not in UTF-8"):
        read(path)


def test_a_file_that_is_missing_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="cannot be opened"):
        read(tmp_path / "none.yaml")
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(FileRefused, match="too many"):
        read(large)


def test_a_file_of_more_values_than_a_codebook_has_is_refused(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codebook_yaml, "MAX_VALUES", 1_000)
    assert len(codebook_of(make("name: x\ncodes:\n" + "".join(f"- id: a{n}\n" for n in range(300))))) == 300
    with pytest.raises(FileRefused, match="more than 1,000 values"):
        read(make("[" + "a," * 1_000 + "a]"))


def test_what_is_written_comes_back_equal(make: Make, tmp_path: Path) -> None:
    codebook = codebook_of(make(FULL))
    write(codebook, tmp_path / "again.yaml")
    again = codebook_of(tmp_path / "again.yaml")
    assert set(again.codes) == set(codebook.codes)
    assert [code.id for code in again] == [code.id for _, code in codebook.walk()]
    assert (again.name, again.version, again.exclusive) == (codebook.name, codebook.version, codebook.exclusive)


def test_a_written_file_shows_its_hebrew_and_nests_its_codes(codebook: Codebook, tmp_path: Path) -> None:
    write(codebook, tmp_path / "out.yaml")
    text = (tmp_path / "out.yaml").read_bytes().decode("utf-8")
    assert "he: סטינג פנימי" in text
    assert "parent:" not in text
    assert "\r" not in text


TEXTS = st.text(
    st.one_of(
        st.sampled_from("שלוםםןף\u05b8\u05b0״׳\"'\u200f\u200e\u202b🙂:#-!&*|>%@{}[],\n\r\t\u2028\x85\\ "),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=30,
)
LINKS = st.tuples(st.just("C22.1"), st.sampled_from([r for r in RELATIONS if r != "dissolved"]))


@st.composite
def codebooks(draw: st.DrawFn) -> Codebook:
    ids = draw(st.lists(TEXTS.filter(str.strip), unique=True, min_size=1, max_size=6))
    codes: list[Code] = []
    for number, code_id in enumerate(ids):
        exclusion = st.builds(Exclusion, TEXTS, st.one_of(st.none(), st.sampled_from(ids)), st.booleans())
        codes.append(
            Code(
                code_id,
                draw(TEXTS),
                draw(TEXTS),
                draw(st.sampled_from([None, *ids[:number]])),
                draw(st.booleans()),
                draw(TEXTS),
                draw(TEXTS),
                tuple(draw(st.lists(TEXTS, max_size=2))),
                tuple(draw(st.lists(exclusion, max_size=2))),
                tuple(draw(st.lists(TEXTS, max_size=2))),
                tuple(draw(st.lists(LINKS, max_size=2))),
                draw(st.one_of(st.none(), TEXTS)),
                draw(st.sampled_from(["verified", "proposed"])),
            )
        )
    return Codebook(draw(TEXTS), tuple(codes), frozenset({ids[0]}), draw(st.integers(1, 99)))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(codebooks())
def test_any_codebook_in_any_letters_survives_the_way_out_and_back(tmp_path: Path, codebook: Codebook) -> None:
    path = tmp_path / "any.yaml"
    write(codebook, path)
    again = codebook_of(path)
    assert set(again.codes) == set(codebook.codes)
    assert [code.id for code in again] == [code.id for _, code in codebook.walk()]
    assert (again.name, again.version, again.exclusive) == (codebook.name, codebook.version, codebook.exclusive)


def test_a_codebook_that_the_form_cannot_hold_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "kept.yaml"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(FileRefused, match="redirect_to names gone"):
        write(Codebook("x", (Code("a", exclude=(Exclusion("t", "gone"),)),)), path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["kept.yaml"]


def test_writing_that_is_cut_off_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, codebook: Codebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "kept.yaml"
    path.write_text("old", encoding="utf-8")
    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(AutocoderError, match=r"kept\.yaml: it cannot be written"):
        write(codebook, path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["kept.yaml"]
