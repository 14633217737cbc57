"""Zip containers and XML: what is opened and what is refused before anything is unpacked."""

from __future__ import annotations

import copy
import random
import zipfile
from pathlib import Path

import pytest

from autocoder.errors import FileRefused
from autocoder.formats import archive
from autocoder.formats.archive import open_archive, parse_xml

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "study.qdpx"


def zipped(file: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as container:
        for name, data in members.items():
            container.writestr(name, data)
    return file


def test_members_are_found_whatever_the_case_and_the_slashes(file):
    opened = open_archive(zipped(file, {"Project.qde": b"a", "Sources\\שם.TXT": b"b", "empty/": b""}))
    assert opened.names() == ("Project.qde", "Sources/שם.TXT")
    assert opened.read("project.QDE") == b"a"
    assert opened.read("sources/שם.txt") == b"b"
    assert opened.find("other") is None


def test_of_two_members_that_differ_in_case_the_exact_one_is_read(file):
    opened = open_archive(zipped(file, {"A.txt": b"large", "a.txt": b"small"}))
    assert (opened.read("a.txt"), opened.read("A.txt")) == (b"small", b"large")


def test_a_missing_member_is_refused(file):
    with pytest.raises(FileRefused, match=r"study.qdpx: project.qde is missing from it; export"):
        open_archive(zipped(file, {"a": b"b"})).read("project.qde")


@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/etc/passwd", "C:\\evil", "c:evil", "..\\evil", "\\\\host"]
)
def test_a_name_that_points_outside_is_refused(file, name):
    with pytest.raises(FileRefused, match="unsafe name"):
        open_archive(zipped(file, {"fine": b"x", name: b"x"}))


def test_two_dots_inside_a_name_are_fine(file):
    assert open_archive(zipped(file, {"a..b.txt": b"x"})).read("a..b.txt") == b"x"


def test_a_thousandfold_member_is_refused_unread(file):
    with pytest.raises(FileRefused, match=r"study.qdpx, bomb: it grows 1,0\d\d times"):
        open_archive(zipped(file, {"bomb": bytes(10_000_000)}))


def test_many_members_over_the_same_bytes_are_refused(file):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as container:
        container.writestr("0", random.Random(1).randbytes(50_000).hex())
        for number in range(1, 1000):
            twin = copy.copy(container.filelist[0])
            twin.filename = str(number)
            container.filelist.append(twin)
    with pytest.raises(FileRefused, match=r"study\.qdpx: it grows \d+ times when unpacked"):
        open_archive(file)


def test_a_file_above_the_total_is_refused(file, monkeypatch):
    monkeypatch.setattr(archive, "MAX_TOTAL", 10)
    with pytest.raises(FileRefused, match="more than the 10 allowed"):
        open_archive(zipped(file, {"a": b"12345678901"}))


def test_a_member_above_the_limit_is_refused_when_it_is_read(file, monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBER", 10)
    opened = open_archive(zipped(file, {"a": b"12345678901", "b": b"1"}))
    assert opened.read("b") == b"1"
    with pytest.raises(FileRefused, match=r"study\.qdpx, a: it unpacks to 11 bytes"):
        opened.read("a")


def test_an_encrypted_member_is_refused(file):
    data = bytearray(zipped(file, {"a": b"b"}).read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(data)
    with pytest.raises(FileRefused, match="it is encrypted"):
        open_archive(file)


def test_a_damaged_member_is_refused(file):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as container:
        container.writestr("a", b"the text of it")
    file.write_bytes(file.read_bytes().replace(b"the text", b"THE TEXT"))
    with pytest.raises(FileRefused, match=r"study\.qdpx, a: it is damaged"):
        open_archive(file).read("a")


def test_a_member_whose_own_name_is_damaged_is_refused(file):
    zipped(file, {"שכר.txt": b"text"})
    file.write_bytes(file.read_bytes().replace("שכר".encode(), b"\xbf" * 6, 1))  # the directory's, at the end, is whole
    with pytest.raises(FileRefused, match="it is damaged"):
        open_archive(file).read("שכר.txt")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "the file is empty"),
        (b"just text", "it is not the zip container"),
        (OLE + bytes(500) + "EncryptedPackage".encode("utf-16-le"), "it is protected with a password; remove"),
        (OLE + bytes(500), "it is in the old Office format"),
        (b"PK\x03\x04 and then nothing", "cut short or damaged"),
    ],
)
def test_what_is_no_zip_gets_a_remedy_of_its_own(file, data, what):
    file.write_bytes(data)
    with pytest.raises(FileRefused, match=what):
        open_archive(file)


def test_a_damaged_lzma_member_is_refused(file):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("project.qde", b"<Project/>" * 50)
    data = bytearray(file.read_bytes())
    data[80:90] = b"\xff" * 10
    file.write_bytes(data)
    with pytest.raises(FileRefused, match="damaged"):
        open_archive(file).read("project.qde")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_zip_is_refused(file, share):
    data = zipped(file, {str(i): str(i).encode() * 100 for i in range(20)}).read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(FileRefused, match="cut short or damaged"):
        open_archive(file)


def test_a_missing_file_is_refused(file):
    with pytest.raises(FileRefused, match="it cannot be opened"):
        open_archive(file)


def test_xml_is_parsed():
    assert parse_xml("<a>שלום</a>".encode(), Path("x.qdpx"), "project.qde").text == "שלום"


LAUGHS = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "' + b"&b;" * 5000 + b'">]><a x="' + b"&c;" * 5000 + b'"/>'


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16"),
        b"<!-- a comment --><!DOCTYPE a><a/>",
        LAUGHS,
    ],
)
def test_a_doctype_is_refused(data):
    with pytest.raises(FileRefused, match=r"x.qdpx, project.qde: its XML has a DOCTYPE"):
        parse_xml(data, Path("x.qdpx"), "project.qde")


@pytest.mark.parametrize("data", [b"", b"text", b"<a>", b"<a></b>", b"<a>&b;</a>"])
def test_xml_that_is_not_well_formed_is_refused(data):
    with pytest.raises(FileRefused, match="not well formed"):
        parse_xml(data, Path("x.qdpx"), "project.qde")


def test_the_word_doctype_in_a_text_is_no_doctype():
    assert parse_xml(b"<a><![CDATA[<!DOCTYPE a>]]></a>", Path("x.qdpx"), "p").text == "<!DOCTYPE a>"


def test_xml_that_would_fill_the_memory_is_refused_before_it_is_parsed():
    with pytest.raises(FileRefused, match=r"x\.docx, a\.xml: reading it takes about \d+ MB of memory"):
        parse_xml(b"<a>" + b"<b/>" * 2_000_000 + b"</a>", Path("x.docx"), "a.xml")


def test_a_large_file_may_take_more_memory_than_a_small_one(file):
    file.write_bytes(b"x" * 10_000_000)
    archive.check_memory(file, 600_000_000)
    with pytest.raises(FileRefused, match="split it"):
        archive.check_memory(file, 700_000_000)


def test_what_a_tree_takes_is_reckoned_from_its_tags_and_attributes():
    assert archive.tree_size(b"<a b=\"c\" d='e'><f/>text</a>") == 3 * 27 + 4 * 280
