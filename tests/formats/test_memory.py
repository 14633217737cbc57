"""Small files that say one thing and repeat it: refused in one sentence before they fill the memory, or kept once."""

from __future__ import annotations

import sqlite3
import zipfile
import zlib
from contextlib import closing
from pathlib import Path

import docx
import openpyxl
import pytest

from autocoder.errors import FileRefused
from autocoder.formats import archive, pdf_size, tables
from autocoder.read import read_file
from evaluation.interchange import worst

SOURCE = '<TextSource guid="{0}" name="t{0}" plainTextPath="internal://t.txt"></TextSource>'


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MEMORY", 2_000_000)
    monkeypatch.setattr(archive, "GROWTH", 1)


def refused(path: Path) -> str:
    with pytest.raises(FileRefused) as caught:
        read_file(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def altered(path: Path, member: str, old: bytes, new: bytes) -> Path:
    with zipfile.ZipFile(path) as package:
        members = {name: package.read(name) for name in package.namelist()}
    assert old in members[member]
    members[member] = members[member].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in members.items():
            package.writestr(name, data)
    return path


def test_spaces_that_are_counted_are_no_text_of_any_length(tmp_path: Path) -> None:
    office, text = (f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "text"))
    spaces = '<text:s text:c="1000"/>' * 20_001
    content = (
        f'<office:document-content xmlns:office="{office}" xmlns:text="{text}"><office:body><office:text>'
        f"<text:p>א{spaces}ב</text:p></office:text></office:body></office:document-content>"
    )
    (tmp_path / "a.odt").write_bytes(worst.zipped([("content.xml", content.encode())], 100_000))
    assert "more than 20,000,000 characters, which no transcript has" in refused(tmp_path / "a.odt")


def test_rows_that_name_their_last_column_alone_are_counted_with_all_their_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MAX_CELLS", 100_000)
    book = openpyxl.Workbook()
    for row in range(1, 9):
        book.active.cell(row, tables.MAX_COLUMNS, "א")
    book.save(tmp_path / "a.xlsx")
    assert "it has more than 100,000 cells" in refused(tmp_path / "a.xlsx")


def test_a_text_that_many_cells_share_is_kept_once(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for _ in range(3):
        book.active.append(["_x05D0_" * 10])
    book.save(tmp_path / "a.xlsx")
    (grid,) = tables.read_sheets(tmp_path / "a.xlsx").grids
    assert grid == [["א" * 10]] * 3
    assert len({id(row[0]) for row in grid}) == 1


def test_a_sheet_is_reckoned_row_by_row(tmp_path: Path) -> None:
    row = b'<row><c r="A1"><v>1</v></c></row>'
    sheet = b"<worksheet><sheetData>%s</sheetData></worksheet>"
    many, one = sheet % (row * 1_000), sheet % (b"<row>" + b"<c><v>1</v></c>" * 2_000 + b"</row>")
    assert tables._size(tmp_path, many) < archive.tree_size(many) / 2
    assert tables._size(tmp_path, one) > archive.tree_size(one)
    with pytest.raises(FileRefused, match="more than 500,000 rows"):
        tables._size(tmp_path / "a.xlsx", sheet % (b"<row/>" * 500_001))


MADE = "create table documents (id, name, contents); create table tags (id, path); create table highlight_tags (id);"
HIGHLIGHTS = f"""{MADE}create table highlights (id integer primary key);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 50) insert into highlights select i from n;"""  # noqa: S608


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize(
    "column", ["add column x text default '{}'".format("a" * 100_000), "add column x as (hex(zeroblob(50000)))"]
)
def test_a_column_that_every_row_has_from_the_schema_does_not_fill_the_memory(tmp_path: Path, column: str) -> None:
    with closing(sqlite3.connect(tmp_path / "a.sqlite3")) as base, base:
        base.executescript(f"{HIGHLIGHTS}alter table highlights {column};")
    assert "MB of memory" in refused(tmp_path / "a.sqlite3")


def test_a_value_of_hundreds_of_megabytes_is_never_made(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.sqlite3")) as base, base:
        base.executescript(f"{HIGHLIGHTS}alter table highlights add column x as (zeroblob(900000000));")
    assert "the database cannot be read (string or blob too big)" in refused(tmp_path / "a.sqlite3")


@pytest.mark.usefixtures("little_memory")
def test_a_text_that_many_sources_name_is_counted_for_each(tmp_path: Path) -> None:
    sources = "".join(SOURCE.format(number) for number in range(40))
    with zipfile.ZipFile(tmp_path / "a.qdpx", "w") as package:
        package.writestr("project.qde", f"<Project><Sources>{sources}</Sources></Project>")
        package.writestr("t.txt", "a b c " * 5_000)
    assert "t.txt: reading it takes about" in refused(tmp_path / "a.qdpx")


@pytest.mark.usefixtures("little_memory")
def test_the_turns_of_all_sources_together_are_counted(tmp_path: Path) -> None:
    sources = "".join(SOURCE.format(number) for number in range(20))
    with zipfile.ZipFile(tmp_path / "a.qdpx", "w") as package:
        package.writestr("project.qde", f"<Project><Sources>{sources}</Sources></Project>")
        package.writestr("t.txt", "a\n" * 1_000)
    assert "a.qdpx: reading it takes about" in refused(tmp_path / "a.qdpx")


def test_the_parts_of_a_word_file_are_counted_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.docx"
    document = docx.Document()
    document.add_paragraph("רחל: שלום")
    document.save(str(path))
    with zipfile.ZipFile(path) as package:
        sizes = [archive.tree_size(package.read(name)) for name in package.namelist() if name.endswith("xml")]
    assert read_file(path).transcripts
    monkeypatch.setattr(archive, "GROWTH", 0)
    monkeypatch.setattr(archive, "MEMORY", max(sizes) + 1)
    assert "reading it takes about" in refused(path)


def test_a_page_that_paints_more_than_any_page_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    content = b"BT /F1 12 Tf 20 200 Td %s ET" % (b"(a)Tj" * 600_000)
    for name, page, dictionary in (("plain", content, ""), ("packed", zlib.compress(content), "/Filter/FlateDecode")):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(worst._a_pdf([page], dictionary))
        assert "far larger than any page with text" in refused(path)


def test_a_page_that_unpacks_without_end_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_size, "MEMORY", 1_000_000)
    twice = zlib.compress(worst._packed(b"a", 5_000_000))
    (tmp_path / "a.pdf").write_bytes(worst._a_pdf([twice], "/Filter[/FlateDecode/FlateDecode]"))
    assert "far larger than any page with text" in refused(tmp_path / "a.pdf")


def test_forms_that_paint_forms_are_counted_as_often_as_they_are_painted(tmp_path: Path) -> None:
    (tmp_path / "few.pdf").write_bytes(worst._forms(2, 20))
    assert read_file(tmp_path / "few.pdf").transcripts
    (tmp_path / "many.pdf").write_bytes(worst._forms(8, 20))
    assert "far larger than any page with text" in refused(tmp_path / "many.pdf")
    direct = worst._forms(8, 20)
    resources = b"/Resources 50 0 R/Length"
    for level in range(7):  # the same names in resources that stand elsewhere
        own = b"/Resources<</XObject<</X %d 0 R>>/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>/Length"
        direct = direct.replace(own % (21 + level), resources.replace(b"50", b"%d" % (50 + level)))
        direct = direct.replace(b"trailer", b"%d 0 obj<</XObject 70 0 R>>endobj\ntrailer" % (50 + level))
    many = b"".join(b"7%d 0 obj<</X %d 0 R>>endobj\n" % (level, 21 + level) for level in range(7))
    for level in range(7):
        direct = direct.replace(
            b"%d 0 obj<</XObject 70" % (50 + level), b"%d 0 obj<</XObject 7%d" % (50 + level, level)
        )
    (tmp_path / "elsewhere.pdf").write_bytes(direct.replace(b"trailer", many + b"trailer"))
    assert "far larger than any page with text" in refused(tmp_path / "elsewhere.pdf")


def test_a_relation_without_a_kind_is_passed_over(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("רחל: שלום")
    document.save(str(tmp_path / "a.docx"))
    kind = b' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/theme"'
    altered(tmp_path / "a.docx", "word/_rels/document.xml.rels", kind, b"")
    assert read_file(tmp_path / "a.docx").transcripts[0].text == "רחל: שלום\n"
