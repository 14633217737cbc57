"""The built-in codebooks: what they promise to the rest of the tool, and that they agree with each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from autocoder.formats.codebook_yaml import NEEDS_CHECK, read, write
from autocoder.project import Code, Codebook

FOLDER = Path(__file__).resolve().parent.parent / "training_data" / "codebooks"
NAMES = ("cfir-2009", "cfir-2022", "peer-support", "upsides-principles")
DOMAINS_2009 = [f"C09.{number}" for number in range(1, 6)]
HEBREW_DOMAINS = ["מאפייני ההתערבות", "סטינג חיצוני", "סטינג פנימי", "בעלי עניין מעורבים", "יישום"]
NEW_IN_2022 = ["2A", "2B", "2C", "2G", "2G1", "4R.G", "4R.H", "5A", "5B", "5B1", "5C", "5E", "5I"]
UNSURE_IN_2009 = ["1H", "3D5", "4A", "4B", "4C", "4D", "4E", "5B3"]


@cache
def built_in(name: str) -> Codebook:
    codebook = read(FOLDER / f"{name}.yaml").codebook
    assert codebook is not None
    return codebook


@pytest.fixture(params=NAMES)
def each(request: pytest.FixtureRequest) -> Codebook:
    return built_in(request.param)


def content(codebook: Codebook) -> list[tuple[int, Code]]:
    """Return the codes with their depths, without the exclusive trees."""
    return [(depth, code) for depth, code in codebook.walk() if codebook.root(code.id).id not in codebook.exclusive]


def links(codebook: Codebook) -> Iterator[tuple[str, str, str]]:
    for code in codebook:
        for target, relation in code.crosswalk:
            yield code.id, target, relation


def counts(codebook: Codebook) -> list[int]:
    depths = [depth for depth, _ in content(codebook)]
    return [depths.count(depth) for depth in range(max(depths) + 1)]


def test_a_codebook_is_named_like_its_file(each: Codebook) -> None:
    assert each.name in NAMES
    assert each == built_in(each.name)


def test_every_record_has_names_and_definitions_in_both_languages(each: Codebook) -> None:
    for code in each:
        assert re.search("[א-ת]", code.name_he), code.id
        assert re.search("[a-z]", code.name_en), code.id
        assert re.search("[א-ת]", code.definition_he), code.id
        assert code.definition_en.endswith("."), code.id
        assert not re.search("[א-ת]", code.name_en + code.definition_en), code.id


def test_what_is_written_and_read_again_is_the_same_codebook(each: Codebook, tmp_path: Path) -> None:
    write(each, tmp_path / "again.yaml")
    assert read(tmp_path / "again.yaml").codebook == each


def test_no_text_of_a_record_holds_stray_white_space(each: Codebook) -> None:
    for code in each:
        texts = (code.name_he, code.name_en, code.definition_he, code.definition_en, *code.include)
        for text in (*texts, *(item.text for item in code.exclude)):
            assert text == " ".join(text.split()), code.id


def test_no_exclusion_sends_a_passage_back_to_the_same_code(each: Codebook) -> None:
    for code in each:
        assert code.id not in {exclusion.redirect_to for exclusion in code.exclude}


@pytest.mark.parametrize("name", ["cfir-2009", "peer-support"])
def test_the_2009_domains_have_the_same_ids_and_the_names_of_the_study(name: str) -> None:
    domains = built_in(name).children(None)[:5]
    assert [code.id for code in domains] == DOMAINS_2009
    assert [code.name_he for code in domains] == HEBREW_DOMAINS
    assert [code.name_en for code in domains] == [built_in("cfir-2009")[code_id].name_en for code_id in DOMAINS_2009]
    assert all(code.codable for code in domains)


@pytest.mark.parametrize("name", ["cfir-2009", "cfir-2022", "peer-support"])
def test_valence_is_an_exclusive_tree_of_its_own(name: str) -> None:
    codebook = built_in(name)
    assert codebook.exclusive == {"valence"}
    assert not codebook["valence"].codable
    assert [(code.id, code.name_he) for code in codebook.children("valence")] == [
        ("barrier", "אתגר"),
        ("facilitator", "גורם מקדם"),
    ]


def test_cfir_2009_has_5_domains_39_codes_and_2_optional_ones() -> None:
    codebook = built_in("cfir-2009")
    codes = [code.id for depth, code in content(codebook) if depth]
    optional = {"C09.5B5", "C09.5B6"}
    assert len(content(codebook)) - len(codes) == 5
    assert optional < set(codes)
    assert len(set(codes) - optional) == 39
    assert [sum(code.startswith(domain) for code in codes) for domain in DOMAINS_2009] == [8, 4, 14, 5, 10]


def test_cfir_2022_has_5_domains_48_constructs_and_19_subconstructs() -> None:
    codebook = built_in("cfir-2022")
    assert counts(codebook) == [5, 48, 19]
    assert [len(codebook.children(f"C22.{number}")) for number in range(1, 6)] == [8, 7, 11, 13, 9]


def test_the_two_frameworks_name_their_codes_as_the_reference_does(shared: Path) -> None:
    reference = (shared / "reference" / "cfir.md").read_text(encoding="utf-8")
    years = {
        "C09.": reference.split("## 2.")[1].split("## 3.")[0],
        "C22.": reference.split("## 3.")[1].split("## 4.")[0],
    }
    row = re.compile(r"^\| (\d[\w.]*) \| ([^|]+?) ([✓°]|\(✓[^|]*)(?: \([^|]*)? \| ([^|]+?) \|", re.MULTILINE)
    for prefix, text in years.items():
        codebook = built_in("cfir-2009" if prefix == "C09." else "cfir-2022")
        rows = row.findall(text)
        assert len(rows) > 35
        for code_id, name_en, mark, name_he in rows:
            code = codebook[prefix + code_id]
            assert (code.name_en, code.name_he) == (name_en, name_he)
            assert code.status == ("verified" if mark == "✓" else "proposed"), code.id


def test_the_crosswalk_leads_to_codes_that_exist_and_back_with_the_same_relation() -> None:
    older, newer = built_in("cfir-2009"), built_in("cfir-2022")
    there = {(source, target, relation) for source, target, relation in links(older) if target}
    back = {(target, source, relation) for source, target, relation in links(newer)}
    assert {target for _, target, _ in there} <= {code.id for code in newer}
    assert {source for source, _, _ in back} <= {code.id for code in older}
    assert there == back


def test_every_2009_code_leads_somewhere_and_only_climate_and_readiness_are_dissolved() -> None:
    codebook = built_in("cfir-2009")
    assert all(code.crosswalk for _, code in content(codebook))
    assert {source for source, target, _ in links(codebook) if not target} == {"C09.3D", "C09.3E"}


def test_the_2022_codes_without_a_crosswalk_are_the_new_ones() -> None:
    new = {code.id for _, code in content(built_in("cfir-2022")) if not code.crosswalk}
    assert new == {f"C22.{name}" for name in NEW_IN_2022}


def test_what_the_reference_leaves_open_in_the_crosswalk_stays_open() -> None:
    unsure = {source for source, _, relation in links(built_in("cfir-2009")) if relation.endswith(NEEDS_CHECK)}
    assert unsure == {f"C09.{name}" for name in UNSURE_IN_2009}


def test_complexity_says_that_it_is_rated_in_reverse() -> None:
    for name, code_id in (("cfir-2009", "C09.1F"), ("cfir-2022", "C22.1F")):
        assert any("reverse rated" in rule for rule in built_in(name)[code_id].include)


def test_the_peer_support_template_has_its_sub_categories_as_folders_and_31_themes() -> None:
    codebook = built_in("peer-support")
    assert counts(codebook) == [5, 20, 31]
    for depth, code in content(codebook):
        assert code.codable == (depth != 1), code.id


def test_the_peer_support_names_are_those_of_the_study(shared: Path) -> None:
    template = (shared / "reference" / "peer_support_template.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in template.splitlines() if line[:1] == "|"]
    codebook = built_in("peer-support")
    domain = folder = ""
    expected = []
    for cells in (cells for cells in rows if len(cells) == 4 and cells[1] not in ("sub-category", "---")):
        domain, folder = cells[0][:5] or domain, cells[1] or folder
        expected.append((domain, folder, cells[2]))
    themes = [code for depth, code in content(codebook) if depth == 2]
    found = [(codebook.root(code.id).id, codebook.ancestors(code.id)[0].name_he, code.name_he) for code in themes]
    assert sorted(found) == sorted(expected)


def test_every_theme_can_be_coded_from_its_text_alone() -> None:
    codebook = built_in("peer-support")
    for code in (code for depth, code in content(codebook) if depth == 2):
        assert 2 <= code.definition_he.count(".") <= 4, code.id
        assert 1 <= len(code.include) <= 3, code.id
        assert 1 <= len(code.exclude) <= 3, code.id
        targets = [exclusion.redirect_to for exclusion in code.exclude if exclusion.redirect_to]
        assert targets, code.id
        assert all(codebook[target].codable for target in targets), code.id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("lone-peer", "group-supervision"),
        ("pay-conditions", "no-policy"),
        ("more-resources", "more-supervision"),
        ("staff-fear", "stigma"),
        ("undefined-role", "role-clear"),
        ("crises", "learn-crises"),
        ("disclosure-challenge", "purposeful-disclosure"),
    ],
)
def test_neighbouring_themes_point_to_each_other(one: str, other: str) -> None:
    codebook = built_in("peer-support")
    for here, there in ((f"PS.{one}", f"PS.{other}"), (f"PS.{other}", f"PS.{one}")):
        assert there in {exclusion.redirect_to for exclusion in codebook[here].exclude}, here


def test_the_principles_are_eight_flat_codes_beside_an_exclusive_tree_of_fidelity() -> None:
    codebook = built_in("upsides-principles")
    assert [code.id for _, code in content(codebook)] == [f"U{number}" for number in range(1, 9)]
    assert codebook.exclusive == {"fidelity"}
    assert [code.id for code in codebook.children("fidelity")] == [
        "fidelity.present",
        "fidelity.absent",
        "fidelity.contradicted",
    ]
