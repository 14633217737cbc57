from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from autocoder.errors import FileRefused
from autocoder.formats import qdc
from autocoder.formats.refi import code_guid
from autocoder.formats.whole import ExportRefused
from autocoder.project import Code, Codebook


def written(folder: Path, body: str, namespace: str = qdc.NAMESPACE) -> Path:
    path = folder / "ספר.qdc"
    path.write_text(f'<?xml version="1.0"?><CodeBook xmlns="{namespace}">{body}</CodeBook>', encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "codes", "problems"),
    [
        ("portableqda_Atlasti.qdc", 5, 1),
        ("portableqda_compare_destAtlas.qdc", 2, 1),
        ("portableqda_spec_example_REFI-QDA-1-5.qdc", 6, 0),
        ("taguette_1.4.1_codebook.qdc", 3, 0),
    ],
)
def test_codebooks_of_other_programs_are_read(shared: Path, name: str, codes: int, problems: int) -> None:
    reading = qdc.read(shared / "samples" / "qda" / name)
    assert reading.codebook is not None
    assert (len(reading.codebook), len(reading.problems)) == (codes, problems)


def test_the_tree_of_atlas_ti_is_kept_and_its_namespace_noted(shared: Path) -> None:
    reading = qdc.read(shared / "samples" / "qda" / "portableqda_Atlasti.qdc")
    assert [(depth, code.name, code.codable) for depth, code in reading.codebook.walk()] == [
        (0, "code2", True),
        (0, "code1", True),
        (1, "code1.1", True),
        (0, "code3", False),
        (1, "code:3.1", True),
    ]
    assert any("codebook:0:4" in note for note in reading.notes)


def test_braces_and_case_of_a_guid_do_not_matter(shared: Path) -> None:
    codebook = qdc.read(shared / "samples" / "qda" / "portableqda_spec_example_REFI-QDA-1-5.qdc").codebook
    assert codebook["D7AA29DA-519B-4946-9B90-253B6DB8FD0A"].name_en == "Economy"
    assert codebook["D7AA29DA-519B-4946-9B90-253B6DB8FD0A"].color == "#ffff00"
    assert codebook["D7AA29DA-519B-4946-9B90-253B6DB8FD0A"].definition_en == "Anything about jobs or taxes or business"


@pytest.mark.parametrize("namespace", ["urn:QDA-XML:codebook:1:0", "urn:QDA-XML:codebook:0:4", ""])
def test_names_in_hebrew_and_ids_that_are_no_guids_are_kept(tmp_path: Path, namespace: str) -> None:
    code = '<Code guid="c001" name="תנאים ושכר" isCodable="1"><Description>כל מה שקשור לשכר</Description></Code>'
    path = written(tmp_path, f"<!-- x --><Codes>{code}</Codes>", namespace)
    (read,) = qdc.read(path).codebook
    assert (read.id, read.name_he, read.name_en, read.definition_he) == ("c001", "תנאים ושכר", "", "כל מה שקשור לשכר")
    assert read.codable


def test_what_is_written_comes_back_with_the_same_codes(tmp_path: Path, codebook: Codebook) -> None:
    qdc.write(codebook, tmp_path / "out.qdc")
    again = qdc.read(tmp_path / "out.qdc").codebook
    assert [(code.id, code.name, code.codable) for code in again] == [
        (code_guid(code.id), code.name, code.codable) for code in codebook
    ]
    assert [code.parent for code in again] == [code.parent and code_guid(code.parent) for code in codebook]


def test_what_is_written_is_valid_and_equal_every_time(tmp_path: Path, shared: Path, codebook: Codebook) -> None:
    one, two = tmp_path / "1.qdc", tmp_path / "2.qdc"
    qdc.write(codebook, one)
    qdc.write(codebook, two)
    assert one.read_bytes() == two.read_bytes()
    schema = etree.XMLSchema(etree.parse(shared / "reference" / "refi-qda" / "Codebook.xsd"))
    schema.assertValid(etree.parse(one))


def test_a_code_keeps_the_guid_that_is_its_id() -> None:
    assert code_guid("{2ce89c66-c28d-473b-b5c4-6cf87d20ef04}") == "2CE89C66-C28D-473B-B5C4-6CF87D20EF04"
    assert code_guid("C09.1") == code_guid("C09.1") != code_guid("C09.2")


def test_two_codes_of_one_id_are_refused_by_name(tmp_path: Path) -> None:
    inner = '<Code guid="c001" name="ב" isCodable="true"/>'
    path = written(tmp_path, f'<Codes><Code guid="c001" name="א" isCodable="true">{inner}</Code></Codes>')
    with pytest.raises(FileRefused, match=r"^ספר\.qdc: .*c001.*;"):
        qdc.read(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "empty"),
        ("<CodeBook", "not well formed"),
        ("<Project/>", "not CodeBook"),
        ("<CodeBook><Codes/></CodeBook>", "no codes"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><CodeBook/>', "DOCTYPE"),
    ],
)
def test_a_file_that_is_no_codebook_is_refused_in_one_sentence(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "ספר.qdc"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FileRefused, match=says) as refused:
        qdc.read(path)
    assert "ספר.qdc" in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="cannot be opened"):
        qdc.read(tmp_path / "no.qdc")


def test_a_codebook_without_codes_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused):
        qdc.write(Codebook("ריק", ()), tmp_path / "out.qdc")
    assert list(tmp_path.iterdir()) == []


def test_characters_that_xml_cannot_hold_do_not_stop_the_writing(tmp_path: Path) -> None:
    qdc.write(Codebook("א", (Code("a", "שכר\x0b", definition_he="א\x00ב"),)), tmp_path / "out.qdc")
    (code,) = qdc.read(tmp_path / "out.qdc").codebook
    assert (code.name, code.definition_he) == ("שכר\ufffd", "א\ufffdב")
