"""OpenDocument: paragraphs, white space, tables, tracked changes, and what is refused."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import pytest

from autocoder.errors import FileRefused
from autocoder.formats import odt
from autocoder.project import Reading

SPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("style", "style"),
        ("draw", "drawing"),
        ("fo", "xsl-fo-compatible"),
    )
)
STYLES = (
    '<style:style style:name="B" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>'
    '<style:style style:name="C" style:family="text">'
    '<style:text-properties style:font-weight-complex="bold"/></style:style>'
    '<style:style style:name="P" style:family="paragraph" style:parent-style-name="Q"/>'
    '<style:style style:name="Q" style:family="paragraph"><style:text-properties fo:font-weight="700"/></style:style>'
)


def content(body: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {SPACES}>'
        f"<office:automatic-styles>{STYLES}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )


def written(file: Path, body: str, **members: str) -> Path:
    held = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": content(body),
        "styles.xml": f"<office:document-styles {SPACES}/>",
        "META-INF/manifest.xml": "<manifest/>",
    } | {name.replace("__", "/").replace("_xml", ".xml"): data for name, data in members.items()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in held.items():
            if data:
                archive.writestr(name, data)
    return file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ראיון.odt"


def read(file: Path, body: str, **members: str) -> Reading:
    return odt.read(written(file, body, **members))


def turns(file: Path, body: str) -> list[tuple[str, str]]:
    transcript = read(file, body).transcripts[0]
    return [(turn.speaker, transcript.quote(turn.span)) for turn in transcript.turns]


def p(*inner: str) -> str:
    return f"<text:p>{''.join(inner)}</text:p>"


def bold(text: str, style: str = "B") -> str:
    return f'<text:span text:style-name="{style}">{text}</text:span>'


def test_paragraphs_headings_and_list_entries_are_lines(file):
    body = (
        "<text:h>כותרת</text:h>"
        + p("ש: מה?")
        + f"<text:list><text:list-item>{p('ת: כלום.')}</text:list-item></text:list>"
    )
    assert read(file, body).transcripts[0].text == "כותרת\nש: מה?\nת: כלום.\n"


def test_white_space_counts_as_opendocument_says(file):
    body = p("\n  ש:  מה ", bold(" זה"), '<text:s text:c="3"/>', "<text:tab/>", "<text:line-break/>", "כן\u00a0 טוב ")
    assert read(file, body).transcripts[0].text == "ש: מה זה   \t\nכן\u00a0 טוב \n"


def test_niqqud_direction_marks_and_emoji_are_stored_as_received(file):
    text = "\u200fמְרַאיֶינֶת\u200f: שָׁלוֹם צה״ל 🙂 \u202bok\u202c"
    assert read(file, p(text) + p("ת: כן.")).transcripts[0].text == f"{text}\nת: כן.\n"


@pytest.mark.parametrize("style", ["B", "C"])
def test_a_bold_beginning_with_a_colon_is_a_label(file, style):
    names = ["דנה", "יוסי", "דנה", "יוסי", "רות לוי"]
    body = "".join(p(bold(f"{name}:", style), " כן.") for name in names) + p("סוף.")
    assert [speaker for speaker, _ in turns(file, body)] == names


def test_a_bold_paragraph_by_its_styles_parent_is_a_label(file):
    def name(text: str) -> str:
        return f'<text:p text:style-name="P">{text}</text:p>'

    body = name("רונית") + p("א.") + name("רונית") + p("ב.")
    assert turns(file, body) == [("רונית", "א."), ("רונית", "ב.")]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_a_table_of_speakers_gives_a_turn_per_row_in_either_order(file, order):
    rows = [("מראיינת", "מה שלומך?", "00:01"), ("רונית", "טוב.", "00:05"), ("", "ועוד.", "")]
    cells = [
        "".join(f"<table:table-cell>{p(row[i]) if row[i] else ''}</table:table-cell>" for i in order) for row in rows
    ]
    inner = "".join(f"<table:table-row>{row}</table:table-row>" for row in cells)
    body = f"<table:table><table:table-header-rows>{inner}</table:table-header-rows></table:table>"
    assert turns(file, body) == [("מראיינת", "מה שלומך?"), ("רונית", "טוב."), ("רונית", "ועוד.")]


def test_tracked_deletions_are_left_out_and_insertions_read(file):
    changes = (
        "<text:tracked-changes><text:changed-region><text:deletion>" + p("לעזאזל") + "</text:deletion>"
        "</text:changed-region><text:changed-region><text:insertion/></text:changed-region></text:tracked-changes>"
    )
    reading = read(file, changes + p("ש: מה <text:change-start/>באמת<text:change-end/> קרה?") + p("ת: כלום."))
    assert reading.transcripts[0].text == "ש: מה באמת קרה?\nת: כלום.\n"
    assert "tracked changes: 1 insertions were read, 1 deletions were left out" in reading.notes


def test_notes_comments_text_boxes_and_headers_are_problems(file):
    note = f"<text:note><text:note-body>{p('הערה')}</text:note-body></text:note>"
    box = f"<draw:frame><draw:text-box>{p('בתיבה')}</draw:text-box></draw:frame>"
    comment = f"<office:annotation>{p('קוד')}</office:annotation>"
    styles = f"<office:document-styles {SPACES}><style:header>{p('סודי')}</style:header></office:document-styles>"
    reading = read(file, p("ש: מה?", note, comment, box) + p("ת: כלום."), styles_xml=styles)
    assert reading.transcripts[0].text == "ש: מה?\nת: כלום.\n"
    assert len(reading.problems) == 4


# -- refusals


def refused(file: Path, what: str) -> None:
    with pytest.raises(FileRefused, match=what) as refusal:
        odt.read(file)
    assert str(refusal.value).startswith("ראיון.odt")
    assert "\n" not in str(refusal.value)


def test_an_encrypted_document_is_refused(file):
    manifest = "<manifest><file-entry><encryption-data/></file-entry></manifest>"
    refused(written(file, p("ש: מה?"), **{"META-INF__manifest_xml": manifest}), "it is protected with a password")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("encrypted-package", b"x" * 500)
    refused(file, "it is protected with a password")


@pytest.mark.parametrize("member", ["content_xml", "styles_xml"])
def test_a_doctype_is_refused(file, member):
    xml = f'<!DOCTYPE a [<!ENTITY b "c">]><office:document-styles {SPACES}>&b;</office:document-styles>'
    refused(written(file, p("ש: מה?"), **{member: xml}), "its XML has a DOCTYPE")


def test_a_truncated_empty_or_other_file_is_refused(file):
    data = written(file, p("ש: מה?") * 50).read_bytes()
    file.write_bytes(data[: len(data) // 2])
    refused(file, "cut short or damaged")
    file.write_bytes(b"")
    refused(file, "the file is empty")
    refused(written(file, p("ש: מה?"), content_xml=""), "not an OpenDocument text, or parts of it are missing")
    refused(written(file, p()), "the document holds no text")
    sheet = (
        f"<office:document-content {SPACES}><office:body><office:spreadsheet/></office:body></office:document-content>"
    )
    refused(written(file, "", content_xml=sheet), "no text document")


def test_a_zip_bomb_is_refused(file):
    refused(written(file, p("ש: מה?"), Pictures__a="0" * 20_000_000), "times when unpacked")


def test_repeated_spaces_and_cells_are_no_bomb(file):
    cells = f'<table:table-cell table:number-columns-repeated="{"9" * 5000}"/>'
    spaces = f'<text:s text:c="{"9" * 5000}"/>'
    text = read(file, p("ש: מה?", spaces) + f"<table:table><table:table-row>{cells}</table:table-row></table:table>")
    assert len(text.transcripts[0].text) < 2_000


def test_ten_thousand_words_are_read_in_two_seconds(file):
    row = p(bold("מראיינת:"), " ומה עזר לך להישאר שם באמת") + p(bold("רונית:"), " אני עובדת שם כבר שנים")
    written(file, row * 800)
    start = time.process_time()
    words = len(odt.read(file).transcripts[0].text.split())
    assert words >= 10_000
    assert time.process_time() - start < 2
