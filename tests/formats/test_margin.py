from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn

from autocoder.errors import FileRefused
from autocoder.formats import docx as word
from autocoder.formats import margin
from autocoder.formats.margin import Note
from autocoder.project import Code, Codebook, Coder, CoderKind, Coding, Origin, Project, Span, Transcript

BOOK = Codebook("מ", (Code("a", "שכר", color="#FF0000"), Code("b", "ערכיות"), Code("c", "אתגר", parent="b")))
TEXT = "רחל: השכר נמוך 🙂\n\nInterviewer: only English\n29.5\tשקל\n"


def project(*codings: Coding, text: str = TEXT) -> Project:
    coders = (Coder("דנה לוי"), Coder("autocoder m1", CoderKind.MODEL))
    return Project("מ", BOOK, (Transcript("ריאיון", text),), coders, codings)


def coding(start: int, end: int, code: str = "a", coder: str = "דנה לוי", **more: object) -> Coding:
    return Coding("ריאיון", Span(start, end), code, coder, **more)  # type: ignore[arg-type]


def test_a_comment_stands_in_the_margin_with_its_coder_its_path_and_its_memo(tmp_path: Path) -> None:
    suggestion = coding(5, 9, "c", "autocoder m1", origin=Origin.AUTO, score=0.83)
    margin.write(
        project(coding(5, 14, memo="נמוך\nמאוד", created="2026-01-02T10:00:00"), suggestion), tmp_path / "a.docx"
    )
    first, second = docx.Document(str(tmp_path / "a.docx")).comments
    assert (first.author, first.initials, first.text) == ("דנה לוי", "דל", "שכר\nנמוך\nמאוד")
    assert first.timestamp.isoformat() == "2026-01-02T10:00:00+00:00"
    assert second.text == "ערכיות > אתגר\nautocoder suggestion; not reviewed; score 0.83; model autocoder m1"
    assert second.timestamp is None
    assert margin.read(tmp_path / "a.docx").notes == (
        Note(Span(5, 14), "דנה לוי", "שכר", "נמוך\nמאוד", "2026-01-02T10:00:00Z"),
        Note(Span(5, 9), "autocoder m1", "ערכיות > אתגר", second.text.partition("\n")[2]),
    )


def test_hebrew_runs_from_right_to_left_and_english_does_not(tmp_path: Path) -> None:
    margin.write(project(), tmp_path / "a.docx")
    paragraphs = docx.Document(str(tmp_path / "a.docx")).paragraphs
    assert [bool(each._p.xpath("./w:pPr/w:bidi")) for each in paragraphs] == [True, True, False, True]
    assert [bool(each._p.xpath(".//w:rPr/w:rtl")) for each in paragraphs] == [True, False, False, True]


def test_coded_text_is_shaded_and_the_shortest_coding_shows_where_they_overlap(tmp_path: Path) -> None:
    margin.write(project(coding(0, 14), coding(5, 9, "c")), tmp_path / "a.docx")
    runs = docx.Document(str(tmp_path / "a.docx")).paragraphs[0].runs
    shades = [(run.text, fill[0].get(qn("w:fill")) if (fill := run._r.xpath("./w:rPr/w:shd")) else "") for run in runs]
    assert [shade for shade in shades if shade[0]] == [
        ("רחל: ", "FF9999"),
        ("השכר", "DDEBF7"),
        (" נמוך", "FF9999"),
        (" 🙂", ""),
    ]


def test_the_transcript_reader_gives_the_same_text(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    margin.write(project(coding(0, len(TEXT)), coding(3, 25)), path)
    assert word.read(path).transcripts[0].text == TEXT
    assert margin.read(path).text == TEXT


@pytest.mark.parametrize("text", ["א: ב", "א: ב\n", "א: ב\n\n", "א: ב\rג", "א: \x0bב", "א: ב\n "])
def test_the_transcript_reader_gives_name_and_text_back_with_the_end_that_they_had(tmp_path: Path, text: str) -> None:
    whole = replace(project(text=text), transcripts=(Transcript("ריאיון 2: צפון/א", text),))
    margin.write(whole, tmp_path / "a.docx")
    (transcript,) = word.read(tmp_path / "a.docx").transcripts
    assert (transcript.name, transcript.text) == ("ריאיון 2: צפון/א", margin.exported_text(text))
    assert word.transcript_name(tmp_path / "a.docx") == "ריאיון 2: צפון/א"


def test_a_document_that_was_not_exported_is_named_after_its_file(tmp_path: Path) -> None:
    document = docx.Document()
    document.core_properties.title = "תמליל"
    document.add_paragraph("רחל: שלום")
    document.save(str(tmp_path / "a.docx"))
    assert word.read(tmp_path / "a.docx").transcripts[0].name == word.transcript_name(tmp_path / "a.docx") == "a"


@pytest.mark.parametrize("text", ["א", "א\n", "\n", "\n\n", "א\n\n", "\tא", " א ", "א\x0bב", "א\rב"])
def test_a_coding_over_the_whole_of_a_text_comes_back(tmp_path: Path, text: str) -> None:
    whole = project(coding(0, len(text)), text=text)
    margin.write(whole, tmp_path / "a.docx")
    assert margin.verify(tmp_path / "a.docx", whole).codings == 1


def test_a_text_that_was_changed_in_word_is_known(tmp_path: Path) -> None:
    margin.write(project(coding(5, 9)), tmp_path / "a.docx")
    document = docx.Document(str(tmp_path / "a.docx"))
    document.paragraphs[0].runs[0].text = "דנה: "
    document.save(str(tmp_path / "a.docx"))
    marked = margin.read(tmp_path / "a.docx")
    assert not marked.unchanged
    assert marked.text[marked.notes[0].span.start : marked.notes[0].span.end] == "השכר"


def test_another_document_is_refused(tmp_path: Path) -> None:
    docx.Document().save(str(tmp_path / "a.docx"))
    with pytest.raises(FileRefused, match="no document that autocoder exported"):
        margin.read(tmp_path / "a.docx")


def test_file_names_are_allowed_everywhere_and_differ(tmp_path: Path) -> None:
    names = ("א/ב", "א:ב", "CON", "con.txt", "..", " ", "A", "a", "\u202eabc", "x" * 300)
    files = margin.file_names([Transcript(name, "א") for name in names])
    assert list(files.values())[:8] == [
        *("א_ב.docx", "א_ב (2).docx", "_CON.docx", "_con.txt.docx"),
        *("transcript.docx", "transcript (2).docx", "A.docx", "a (2).docx"),
    ]
    assert max(map(len, files.values())) == 105
    assert not any("/" in name or "\u202e" in name for name in files.values())
    transcripts = tuple(Transcript(name, "א") for name in names)
    margin.write(replace(project(), transcripts=transcripts), tmp_path / "all")
    assert {each.name for each in (tmp_path / "all").iterdir()} == set(files.values())


def test_a_thousand_comments_take_under_ten_seconds(tmp_path: Path) -> None:
    text = "".join(f"רחל: שורה {place} על שכר ותנאים\n" for place in range(1000))
    many = project(*(coding(place, place + 90, "abc"[place % 3]) for place in range(0, 20_000, 20)), text=text)
    begun = time.process_time()
    margin.write(many, tmp_path / "a.docx")
    assert margin.verify(tmp_path / "a.docx", many).codings == 1000
    assert time.process_time() - begun < 10
