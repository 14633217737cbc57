"""Word files: paragraphs, tables, bold labels, tracked changes, and what is refused."""

from __future__ import annotations

import time
import zipfile
from io import BytesIO
from pathlib import Path

import docx as word
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from autocoder.errors import FileRefused
from autocoder.formats import docx, plain
from autocoder.project import Reading, Role


class Document:
    """A small Word document that grows line by line."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.word = word.Document()

    def paragraph(self, *runs: str) -> Document:
        """Add a paragraph; a run between asterisks is bold."""
        added = self.word.add_paragraph()
        for run in runs:
            added.add_run(run.strip("*")).bold = True if run.startswith("*") else None
        return self

    def raw(self, xml: str) -> Document:
        self.word.element.body.insert(-1, parse_xml(xml.replace(">", f" {nsdecls('w')}>", 1)))
        return self

    def table(self, *rows: tuple[str, ...]) -> Document:
        table = self.word.add_table(len(rows), len(rows[0]))
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
        return self

    def read(self, roles: dict[str, Role] | None = None) -> Reading:
        self.word.save(str(self.file))
        return docx.read(self.file, roles)

    def turns(self) -> list[tuple[str, str]]:
        transcript = self.read().transcripts[0]
        return [(turn.speaker, transcript.quote(turn.span)) for turn in transcript.turns]


@pytest.fixture
def document(tmp_path: Path) -> Document:
    return Document(tmp_path / "ראיון.docx")


def test_paragraphs_are_lines_and_labels_open_turns(document):
    document.paragraph("מראיינת: מה שלומך?").paragraph("מרואיינת: בסדר, ", "*באמת*", " 🙂").paragraph("ועוד.")
    reading = document.read()
    assert reading.transcripts[0].name == "ראיון"
    assert reading.transcripts[0].text == "מראיינת: מה שלומך?\nמרואיינת: בסדר, באמת 🙂\nועוד.\n"
    assert document.turns() == [("מראיינת", "מה שלומך?"), ("מרואיינת", "בסדר, באמת 🙂\nועוד.")]


def test_a_bold_beginning_with_a_colon_is_a_label_the_colon_bold_or_not(document):
    document.paragraph("*דנה: *", "א.").paragraph("*יוסי*", ": ב.").paragraph("*דנה:*", " ג.").paragraph(
        "*יוסי: *", "ד."
    )
    document.paragraph("*רות לוי: *", "פעם אחת.").paragraph("סוף.")
    assert document.turns() == [
        ("דנה", "א."),
        ("יוסי", "ב."),
        ("דנה", "ג."),
        ("יוסי", "ד."),
        ("רות לוי", "פעם אחת.\nסוף."),
    ]


def test_a_bold_paragraph_above_is_a_label(document):
    document.paragraph("*מראיינת*").paragraph("מה?").paragraph("*רונית*").paragraph("א.").paragraph("*מראיינת*")
    document.paragraph("ועוד?").paragraph("*רונית*").paragraph("ב.")
    assert document.turns() == [("מראיינת", "מה?"), ("רונית", "א."), ("מראיינת", "ועוד?"), ("רונית", "ב.")]


def test_a_bold_heading_that_occurs_once_is_no_label(document):
    document.paragraph("*ראיון ראשון*").paragraph("מראיינת: מה?").paragraph("*רקע כללי*").paragraph("מראיינת: ועוד?")
    assert document.turns() == [("מראיינת", "מה?\nרקע כללי"), ("מראיינת", "ועוד?")]


def test_without_speakers_a_paragraph_that_begins_bold_is_one_turn_of_its_own(document):
    document.paragraph("פסקה ראשונה.").paragraph("*הבעיה: *", "אין תקן.").paragraph("סוף.")
    assert document.turns() == [("", "פסקה ראשונה."), ("", "הבעיה: אין תקן."), ("", "סוף.")]


def test_bold_by_style_counts_as_bold(document):
    style = document.word.styles.add_style("Label", word.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    style.font.bold = True
    for text in ("רונית", "א.", "רונית", "ב."):
        document.paragraph(text)
        if text == "רונית":
            document.word.paragraphs[-1].style = style
    assert document.turns() == [("רונית", "א."), ("רונית", "ב.")]


def test_a_style_without_a_type_or_resting_on_itself_is_read_like_any(document):
    styles = document.word.styles.element
    for each in (
        '<w:style w:styleId="loud"><w:name w:val="loud"/><w:rPr><w:b/></w:rPr></w:style>',
        '<w:style w:type="paragraph" w:styleId="on"><w:name w:val="on"/><w:basedOn w:val="loud"/></w:style>',
        '<w:style w:type="paragraph" w:styleId="round"><w:name w:val="round"/><w:basedOn w:val="round"/></w:style>',
    ):
        styles.append(parse_xml(each.replace(">", f" {nsdecls('w')}>", 1)))
    for style, text in (("on", "רונית"), ("round", "א."), ("on", "רונית"), ("none", "ב.")):
        document.raw(f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>')
    assert document.turns() == [("רונית", "א."), ("רונית", "ב.")]


def test_soft_line_breaks_and_tabs_stay_inside_the_turn(document):
    document.paragraph("מראיינת:\tמה\nשלומך?").paragraph("ת:\tבסדר\tלגמרי.")
    assert document.read().transcripts[0].text == "מראיינת:\tמה\nשלומך?\nת:\tבסדר\tלגמרי.\n"
    assert document.turns() == [("מראיינת", "מה\nשלומך?"), ("ת", "בסדר\tלגמרי.")]


def test_speakers_on_both_sides_of_a_soft_line_break_are_two_turns(document):
    document.paragraph("*ש: *", "מה?\n", "*ת: *", "כלום.")
    assert document.turns() == [("ש", "מה?"), ("ת", "כלום.")]


def test_tracked_insertions_are_read_and_deletions_are_not(document):
    document.raw(
        "<w:p><w:r><w:t>ש: מה </w:t></w:r><w:ins><w:r><w:t>באמת </w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>לעזאזל </w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>ממקום אחר </w:t></w:r></w:moveFrom><w:r><w:t>קרה?</w:t></w:r></w:p>"
    ).paragraph("ת: כלום.")
    assert document.turns() == [("ש", "מה באמת קרה?"), ("ת", "כלום.")]
    assert "tracked changes: 1 insertions were read, 2 deletions were left out" in document.read().notes


def test_a_deleted_paragraph_mark_joins_the_paragraph_to_the_next(document):
    document.raw("<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>ש: מה </w:t></w:r></w:p>")
    document.paragraph("קרה?").paragraph("ת: כלום.")
    assert document.turns() == [("ש", "מה קרה?"), ("ת", "כלום.")]


def test_the_text_of_links_fields_and_content_controls_is_kept(document):
    document.raw(
        "<w:p><w:r><w:t>ש: ראי </w:t></w:r><w:hyperlink><w:r><w:t>כאן</w:t></w:r></w:hyperlink>"
        "<w:r><w:instrText>PAGE</w:instrText></w:r>"
        "<w:sdt><w:sdtContent><w:r><w:t> ושם</w:t></w:r></w:sdtContent></w:sdt></w:p>"
    )
    document.raw("<w:sdt><w:sdtContent><w:p><w:r><w:t>ת: ראיתי.</w:t></w:r></w:p></w:sdtContent></w:sdt>")
    assert document.turns() == [("ש", "ראי כאן ושם"), ("ת", "ראיתי.")]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 1), (1, 0)])
def test_a_table_of_speaker_text_and_time_gives_a_turn_per_row_in_any_order_of_columns(document, order):
    rows = [
        ("מראיינת", "מה שלומך היום?", "00:01"),
        ("רונית", "בסדר גמור, תודה: באמת.", "00:05"),
        ("", "ועוד דבר קטן.", "0:00:09"),
    ]
    reading = document.paragraph("כותרת").table(*[tuple(row[i] for i in order) for row in rows]).read()
    transcript = reading.transcripts[0]
    assert [(turn.speaker, transcript.quote(turn.span)) for turn in transcript.turns] == [
        ("מראיינת", "מה שלומך היום?"),
        ("רונית", "בסדר גמור, תודה: באמת."),
        ("רונית", "ועוד דבר קטן."),
    ]
    assert [turn.time for turn in transcript.turns] == ([1, 5, 9] if 2 in order else [None] * 3)
    assert transcript.text.split("\n")[1] == "\t".join(rows[0][i] for i in order)


def test_a_tables_heading_row_is_no_turn_and_names_its_columns(document):
    document.table(("דובר", "תמלול"), ("דנה", "א ב ג"), ("יוסי", "ד ה ו"))
    assert document.turns() == [("דנה", "א ב ג"), ("יוסי", "ד ה ו")]


def test_a_cell_of_several_paragraphs_is_one_turn(document):
    document.table(("ש", "מה?"), ("ת", "שורה אחת.\nשורה שנייה."))
    assert document.turns() == [("ש", "מה?"), ("ת", "שורה אחת.\nשורה שנייה.")]


def test_a_table_that_is_no_transcript_is_read_line_by_line(document):
    document.table(("גיל", "34"), ("עיר", "חיפה")).paragraph("ש: מה?").paragraph("ת: כלום.")
    reading = document.read()
    assert reading.transcripts[0].text == "גיל\t34\nעיר\tחיפה\nש: מה?\nת: כלום.\n"
    assert [turn.speaker for turn in reading.transcripts[0].turns] == ["ש", "ת"]


def test_a_conversation_in_a_table_of_one_column_is_read_like_paragraphs(document):
    document.table(("ש: מה?\nת: כלום.",), ("ש: באמת?",))
    assert document.turns() == [("ש", "מה?"), ("ת", "כלום."), ("ש", "באמת?")]


def test_a_column_of_numbers_is_neither_speaker_nor_text(document):
    document.table(("1", "מראיינת", "מה?"), ("2", "רונית", "כן בטח."), ("3", "מראיינת", "טוב."))
    assert document.turns() == [("מראיינת", "מה?"), ("רונית", "כן בטח."), ("מראיינת", "טוב.")]


def test_what_teams_writes_is_read(document):
    document.paragraph("ישיבה-20260615").paragraph("דנה כהן started transcription")
    for name, clock, said in (
        ("דנה כהן", "0:03", "שלום."),
        ("Ron Levi", "0:10", "שלום\nלך."),
        ("דנה כהן", "0:21", "טוב."),
    ):
        document.paragraph(f"*{name}*", f"   {clock}", f"\n{said}")
    document.paragraph("דנה כהן stopped transcription")
    transcript = document.read().transcripts[0]
    assert [(turn.speaker, transcript.quote(turn.span), turn.time) for turn in transcript.turns] == [
        ("דנה כהן", "שלום.", 3),
        ("Ron Levi", "שלום\nלך.", 10),
        ("דנה כהן", "טוב.", 21),
    ]


def test_words_below_a_table_that_nobody_says_are_a_problem(document):
    document.table(("ש", "מה?"), ("ת", "כלום גדול.")).paragraph("סוף ההקלטה")
    assert [str(problem) for problem in document.read().problems] == [
        "ראיון.docx, line 3: 2 words between or below the rows of a table have no speaker and belong to no turn"
    ]


def test_headers_and_footers_with_text_are_a_problem(document):
    document.paragraph("ש: מה?").paragraph("ת: כלום.")
    assert not document.read().problems
    document.word.sections[0].header.paragraphs[0].text = "סודי"
    document.word.sections[0].footer.paragraphs[0].text = "עמוד 1"
    reading = document.read()
    assert {problem.what for problem in reading.problems} == {
        "the headers hold text, which was not read",
        "the footers hold text, which was not read",
    }
    assert "סודי" not in reading.transcripts[0].text


def test_text_boxes_are_a_problem(document):
    document.raw(
        "<w:p><w:r><w:t>ש: מה?</w:t><w:pict><w:txbxContent><w:p><w:r><w:t>בתיבה</w:t></w:r></w:p></w:txbxContent>"
        "</w:pict></w:r></w:p>"
    )
    reading = document.read()
    assert "בתיבה" not in reading.transcripts[0].text
    assert any("text boxes hold text" in problem.what for problem in reading.problems)


def test_direction_marks_niqqud_and_gershayim_are_stored_as_received(document):
    document.paragraph("*\u200fמראיינת\u200f: *", "שָׁלוֹם צה״ל").paragraph("*מרואיינת: *", "\u202bok\u202c")
    assert document.read().transcripts[0].text == "\u200fמראיינת\u200f: שָׁלוֹם צה״ל\nמרואיינת: \u202bok\u202c\n"
    assert document.turns() == [("מראיינת", "שָׁלוֹם צה״ל"), ("מרואיינת", "\u202bok\u202c")]


def test_answers_reach_the_roles(document):
    document.paragraph("מ: מה?").paragraph("ת: כלום.")
    assert document.read({"מ": Role.INTERVIEWER}).transcripts[0].turns[0].role is Role.INTERVIEWER


# -- refusals


def rewritten(file: Path, name: str, change: bytes | None, by: bytes = b"") -> None:
    """Write the document again with one member changed, added, or (None) left out."""
    source = zipfile.ZipFile(BytesIO(file.read_bytes()))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.namelist():
            data = source.read(member)
            if member != name:
                target.writestr(member, data)
            elif change is not None:
                target.writestr(member, data.replace(change, by, 1))
        if name not in source.namelist():
            target.writestr(name, by)


@pytest.fixture
def saved(document: Document) -> Path:
    document.paragraph("ש: מה?").paragraph("ת: כלום.").read()
    return document.file


def refused(file: Path, what: str) -> None:
    with pytest.raises(FileRefused, match=what) as refusal:
        docx.read(file)
    assert str(refusal.value).startswith("ראיון.docx")
    assert "\n" not in str(refusal.value)


def test_a_password_protected_document_is_refused(saved):
    saved.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"))
    refused(saved, "it is protected with a password; remove the password")


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_a_truncated_document_is_refused(saved, share):
    data = saved.read_bytes()
    saved.write_bytes(data[: int(len(data) * share)])
    refused(saved, "cut short or damaged")


def test_a_text_file_with_the_ending_docx_is_refused(saved):
    saved.write_text("מראיינת: שלום", encoding="utf-8")
    refused(saved, r"it is not the zip container that \.docx promises")


def test_an_empty_file_and_an_empty_document_are_refused(saved):
    word.Document().save(str(saved))
    refused(saved, "the document holds no text")
    saved.write_bytes(b"")
    refused(saved, "the file is empty")


def test_a_zip_bomb_is_refused(saved):
    rewritten(saved, "word/media/image1.png", None, bytes(20_000_000))
    refused(saved, "it grows 1,0.. times when unpacked")


def test_a_name_that_climbs_out_is_refused(saved):
    rewritten(saved, "../../evil.xml", None, b"<a/>")
    refused(saved, "unsafe name")


@pytest.mark.parametrize("name", ["word/document.xml", "word/styles.xml", "_rels/.rels", "[Content_Types].xml"])
def test_a_doctype_in_any_part_is_refused(saved, name):
    rewritten(saved, name, b"?>", b'?><!DOCTYPE a [<!ENTITY b "c">]>')
    refused(saved, "its XML has a DOCTYPE")


@pytest.mark.parametrize("name", ["word/document.xml", "_rels/.rels", "[Content_Types].xml"])
def test_a_document_without_a_part_is_refused(saved, name):
    rewritten(saved, name, None)
    refused(saved, "not a Word document, or parts of it are missing or damaged")


def test_a_spreadsheet_named_docx_is_refused(saved):
    rewritten(saved, "[Content_Types].xml", b"wordprocessingml.document.main", b"spreadsheetml.sheet.main")
    refused(saved, "not a Word document")


def test_broken_xml_is_refused(saved):
    rewritten(saved, "word/document.xml", b"</w:body>")
    refused(saved, "word/document.xml: its XML is not well formed")


# -- real files and time


@pytest.mark.parametrize(("number", "count"), [(2347581, 80), (2564705, 183)])
def test_the_knesset_meetings_give_the_same_turns_as_their_txt(shared, number, count):
    folder = shared / "samples" / "transcripts"
    pair = [
        reading.transcripts[0]
        for reading in (
            docx.read(folder / f"knesset_finance_{number}.docx"),
            plain.read(folder / f"knesset_finance_{number}.txt"),
        )
    ]
    from_word, from_text = (
        [(turn.speaker, transcript.quote(turn.span)) for turn in transcript.turns] for transcript in pair
    )
    assert len(from_word) == count
    assert from_word == from_text


def test_ten_thousand_words_are_read_in_half_a_second(document):
    for _ in range(60):
        document.paragraph("*מראיינת: *", "ומה עזר לך להישאר שם " * 14)
        document.paragraph("*משתתפת 3: *", "אני עובדת שם " * 34)
    document.read()
    start = time.process_time()
    words = len(docx.read(document.file).transcripts[0].text.split())
    assert words >= 10_000
    assert time.process_time() - start < 0.5


def test_a_document_whose_styles_are_of_another_kind_is_refused(tmp_path: Path) -> None:
    whole, broken = tmp_path / "שלם.docx", tmp_path / "שבור.docx"
    made = word.Document()
    made.add_paragraph("דנה: שלום")
    made.save(str(whole))
    kind = b"application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(kind, b"application/octet-stream"))
    with pytest.raises(FileRefused, match="not a Word document, or parts of it are missing or damaged"):
        docx.read(broken)
