from __future__ import annotations

import time
from pathlib import Path

import docx
import pytest

from autocoder.errors import FileRefused
from autocoder.formats import nvivo

REPORT = """<Files\\\\צפון\\\\ריאיון 1> - § 2 references coded  [ 6.78% Coverage]

Reference 1 - 5.80% Coverage

שָׁלוֹם 🙂 בצה״ל היה לבד.

והכול נגמר.

Reference 2 - 0.98% Coverage

Reference to burnout \u200fגמור

Files\\\\צפון\\\\ריאיון 2 - § 1 reference coded [ 3.90% Coverage]

Reference 1 - 3.90% Coverage

השכר נמוך
"""
WANTED = [
    ("ריאיון 1", "שָׁלוֹם 🙂 בצה״ל היה לבד.\n\nוהכול נגמר."),
    ("ריאיון 1", "Reference to burnout \u200fגמור"),
    ("ריאיון 2", "השכר נמוך"),
]


def report(folder: Path, text: str, ending: str, encoding: str = "utf-8") -> Path:
    path = folder / f"שכר.{ending}"
    if ending == "txt":
        path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
        return path
    document = docx.Document()
    for line in text.split("\n"):
        document.add_paragraph(line)
    document.save(path)
    return path


@pytest.mark.parametrize(("ending", "encoding"), [("txt", "utf-8-sig"), ("txt", "utf-16"), ("docx", "")])
def test_every_reference_is_a_quote_of_its_document(tmp_path: Path, ending: str, encoding: str) -> None:
    path = report(tmp_path, REPORT, ending, encoding)
    assert nvivo.is_report(path)
    reading = nvivo.read(path)
    assert [(quote.document, quote.text) for quote in reading.quotes] == WANTED
    assert {quote.code_path for quote in reading.quotes} == {("שכר",)}
    assert {quote.coder for quote in reading.quotes} == {"unknown"}
    assert reading.problems == ()


@pytest.mark.parametrize(
    ("heading", "path"),
    [
        ("Codes\\\\סטינג\\\\שכר ותנאים", ("סטינג", "שכר ותנאים")),
        ("<Nodes\\\\שכר>", ("שכר",)),
        ("Name: תנאים", ("תנאים",)),
    ],
)
def test_the_code_above_the_documents_goes_before_the_name_of_the_file(
    tmp_path: Path, heading: str, path: tuple[str, ...]
) -> None:
    reading = nvivo.read(report(tmp_path, f"{heading}\n\n{REPORT}", "txt"))
    assert {quote.code_path for quote in reading.quotes} == {path}


def test_the_headings_of_other_languages_are_known(tmp_path: Path) -> None:
    text = (
        "Dateien\\\\ריאיון 1 - § 1 Referenz codiert [ 6,78% Abdeckung]\n\nReferenz 1 - 5,80% Abdeckung\n\nהשכר נמוך\n"
    )
    (quote,) = nvivo.read(report(tmp_path, text, "txt")).quotes
    assert (quote.document, quote.text) == ("ריאיון 1", "השכר נמוך")


@pytest.mark.parametrize("name", ["ריאיון - 3 חלקים", "ריאיון [נוסח 2]", "ריאיון – סוף - א"])
def test_dashes_numbers_and_brackets_belong_to_a_documents_name(tmp_path: Path, name: str) -> None:
    text = f"<Files\\\\{name}> - § 1 reference coded [ 3.90% Coverage]\n\nReference 1 - 3.90% Coverage\n\nהשכר נמוך\n"
    (quote,) = nvivo.read(report(tmp_path, text, "txt")).quotes
    assert quote.document == name


@pytest.mark.parametrize("line", ["\\" * 300_000, "Codes" + "\\" * 300_000 + "<", "\\" + " " * 300_000 + "x ["])
def test_a_line_of_any_length_is_looked_at_once(tmp_path: Path, line: str) -> None:
    begun = time.process_time()
    assert len(nvivo.read(report(tmp_path, f"{line}\n{REPORT}", "txt")).quotes) == len(WANTED)
    assert time.process_time() - begun < 10  # with every step back it would be hours


def test_the_references_of_many_documents_are_counted_in_one_pass(tmp_path: Path) -> None:
    begun = time.process_time()
    reading = nvivo.read(report(tmp_path, REPORT * 10_000, "txt"))
    assert len(reading.quotes) == 3 * 10_000
    assert reading.problems == ()
    assert time.process_time() - begun < 20  # document by document it would be minutes


def test_a_heading_that_promises_more_than_there_is_is_a_problem(tmp_path: Path) -> None:
    reading = nvivo.read(report(tmp_path, REPORT.replace("§ 2", "§ 3"), "txt"))
    assert [problem.what for problem in reading.problems] == ["its heading says 3 references and 2 were found"]


@pytest.mark.parametrize(
    "text",
    [
        "מראיינת: מה?\nרחל: Reference 1 - 5.80% Coverage, כך היה כתוב\n",
        "רחל: C:\\files - § 2 references coded [ 6.78% Coverage] זה מה שראיתי\n",
        "",
    ],
)
def test_a_transcript_is_no_report(tmp_path: Path, text: str) -> None:
    assert not nvivo.is_report(report(tmp_path, text, "txt"))


def test_a_report_without_text_is_refused(tmp_path: Path) -> None:
    text = "Files\\\\א - § 1 reference coded [ 3.90% Coverage]\nReference 1 - 3.90% Coverage\n"
    with pytest.raises(FileRefused, match="no coded references"):
        nvivo.read(report(tmp_path, text, "txt"))
