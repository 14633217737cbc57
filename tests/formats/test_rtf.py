r"""Rich Text: code pages, \u, tables, what is no text, and what is refused."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocoder.errors import FileRefused
from autocoder.formats import rtf
from autocoder.project import Reading

FONTS = r"{\fonttbl{\f0\fnil\fcharset177 Arial;}{\f1\fnil\fcharset0 Arial;}{\f2\fnil\fcharset204 Arial;}}"


def page(text: str, encoding: str = "cp1255") -> str:
    r"""A text as \'xx."""
    return "".join(f"\\'{byte:02x}" for byte in text.encode(encoding))


def units(text: str, behind: str = "?") -> str:
    r"""A text as \u, in signed 16-bit units."""
    data = text.encode("utf-16-le")
    return "".join(
        f"\\u{int.from_bytes(data[i : i + 2], 'little', signed=True)}{behind}" for i in range(0, len(data), 2)
    )


def document(body: str, head: str = r"\ansi\ansicpg1252\deff0") -> str:
    return rf"{{\rtf1{head}{FONTS}{{\colortbl;\red0\green0\blue0;}}{body}}}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ראיון.rtf"


def read(file: Path, text: str) -> Reading:
    file.write_bytes(text.encode("latin-1"))
    return rtf.read(file)


def text_of(file: Path, text: str) -> str:
    return read(file, text).transcripts[0].text


@pytest.mark.parametrize(
    "body",
    [
        page("ש: שָׁלוֹם") + r"\par " + page('ת: צ"ל') + r"\par",
        units("ש: שָׁלוֹם") + r"\par " + units('ת: צ"ל') + r"\par",
        r"\uc0 " + units("ש: שָׁלוֹם", " ") + r"\par " + units('ת: צ"ל', " ") + r"\par",
        r"\uc2 " + units("ש: שָׁלוֹם", r"\'f9?") + r"\par " + units('ת: צ"ל', "ab") + r"\par",
    ],
)
def test_code_pages_and_unicode_units_give_the_same_text(file, body):
    assert text_of(file, document(body)) == 'ש: שָׁלוֹם\nת: צ"ל\n'


def test_the_documents_code_page_holds_where_the_font_has_none(file):
    body = r"\f1 " + page("ש: שלום") + r" \f2 " + page("да", "cp1251") + r"\f0 " + page(" כן") + r"\par"
    assert text_of(file, document(body, r"\ansi\ansicpg1255")) == "ש: שלום да כן\n"


def test_raw_bytes_are_decoded_like_escaped_ones(file):
    assert text_of(file, document("ש: שלום".encode("cp1255").decode("latin-1") + r"\par")) == "ש: שלום\n"


def test_the_font_of_a_run_from_right_to_left_is_its_own(file):
    body = r"\f1\af0\ltrch caf\'e9 \rtlch " + page("שלום") + r"\ltrch  ok\par"
    assert text_of(file, document(body)) == "café שלום ok\n"


def test_emoji_direction_marks_and_signs_survive(file):
    body = units("🙂") + r"\u0?\rtlmark a\~b\_c\-d\emdash\ldblquote x\rdblquote\{\}\\\zwj\tab y\line z\u13?w\par"
    assert text_of(file, document(body)) == "🙂\u200fa\u00a0b\u2011c\u00add—“x”{}\\\u200d\ty\nz\nw\n"


def test_half_of_a_pair_becomes_one_character_and_a_problem(file):
    reading = read(file, document(r"ok \u-10179? ok\par"))
    assert reading.transcripts[0].text == "ok \ufffd ok\n"
    assert any("could not be decoded" in problem.what for problem in reading.problems)


def test_what_is_no_text_is_passed_over(file):
    body = (
        r"{\info{\author Dana}}{\stylesheet{\s0 Normal;}}{\*\generator X;}{\pict\pngblip 89504e47}"
        r"a{\v hidden}{\deleted gone}{\field{\*\fldinst HYPERLINK}{\fldrslt link}}{\listtext 1.\tab}"
        r"{\upr{ansi}{\*\ud{wide}}}{\*\bkmkstart x}{\xe index}b\bin4 \{}}}c\par"
    )
    reading = read(file, document(body.replace(r"\bin4 \{}}}", "\\bin4 {}}}")))
    assert reading.transcripts[0].text == "alinkwidebc\n"
    assert "tracked changes: 1 deletions were left out" in reading.notes


def test_headers_notes_comments_and_text_boxes_are_problems(file):
    body = (
        r"{\header secret}{\footer {\field{\*\fldinst PAGE}{\fldrslt 1}}}{\*\annotation code}{\footnote note}"
        r"{\shp{\*\shpinst{\shptxt boxed}}}ok\par"
    )
    reading = read(file, document(body))
    assert reading.transcripts[0].text == "ok\n"
    assert [problem.what.split()[1] for problem in reading.problems] == ["headers", "comments", "notes", "boxes"]


def test_a_table_of_speakers_gives_a_turn_per_row(file):
    def row(*cells: str) -> str:
        return r"\trowd\cellx1\cellx2\pard\intbl " + "".join(units(cell) + r"\cell " for cell in cells) + r"\row "

    body = (
        units("כותרת") + r"\par " + row("מראיינת", "מה שלומך?") + row("רונית", "טוב.") + row("", "ועוד.") + r"\pard\par"
    )
    transcript = read(file, document(body)).transcripts[0]
    assert transcript.text == "כותרת\nמראיינת\tמה שלומך?\nרונית\tטוב.\n\tועוד.\n\n"
    assert [(turn.speaker, transcript.quote(turn.span)) for turn in transcript.turns] == [
        ("מראיינת", "מה שלומך?"),
        ("רונית", "טוב."),
        ("רונית", "ועוד."),
    ]


def test_a_cell_of_several_paragraphs_is_one_turn(file):
    body = r"\pard\intbl " + units("ש") + r"\cell " + units("מה?") + r"\cell\row\pard\intbl "
    body += units("ת") + r"\cell a\par b\cell\row\pard"
    transcript = read(file, document(body)).transcripts[0]
    assert [transcript.quote(turn.span) for turn in transcript.turns] == ["מה?", "a\nb"]


def test_a_bold_beginning_with_a_colon_is_a_label(file):
    lines = [(r"\b", "דנה:"), (r"\ab", "יוסי:"), (r"\b", "דנה:"), (r"\b", "יוסי:"), (r"\b", "רות לוי:")]
    body = "".join(rf"{{{bold} {units(name)}}}\b0  ok.\par " for bold, name in lines) + r"ok\par"
    transcript = read(file, document(body)).transcripts[0]
    assert [turn.speaker for turn in transcript.turns] == ["דנה", "יוסי", "דנה", "יוסי", "רות לוי"]


# -- refusals


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "the file is empty"),
        ("PK\x03\x04", "it is not an RTF document"),
        (document("ok")[:-1], "it is cut short: it ends inside a group"),
        (document("ok")[:60], "it is cut short: it ends inside a group"),
        (r"{\rtf1 " + "{" * 100_000, "more than 1,000 groups lie inside one another"),
        (document(r"\par"), "the document holds no text"),
        (r"{\rtf1\bin999999999 x}", "it is cut short"),
    ],
)
def test_what_is_no_rtf_is_refused(file, text, what):
    with pytest.raises(FileRefused, match=what) as refusal:
        read(file, text)
    assert str(refusal.value).startswith("ראיון.rtf: ")


@given(
    st.lists(
        st.sampled_from(
            [
                "{",
                "}",
                "\\par ",
                "\\'f9",
                "\\u1513?",
                "\\u-10179",
                "\\cell",
                "\\row",
                "\\intbl ",
                "\\*",
                "\\ud",
                "{\\upr",
                "\\bin3 ",
                "\\fonttbl",
                "\\f0",
                "\\fcharset177 ",
                "\\ansicpg1255",
                "\\ansicpg99999",
                "\\uc-3 ",
                "\\plain",
                "abc",
                "\\",
                "\\\n",
            ]
        ),
        max_size=40,
    )
)
def test_any_stream_of_words_is_read_or_refused(tmp_path_factory, tokens):
    file = tmp_path_factory.getbasetemp() / "any.rtf"
    file.write_bytes(("{\\rtf1 ok:" + "".join(tokens) + "}").encode("latin-1"))
    try:
        transcript = rtf.read(file).transcripts[0]
    except FileRefused:
        return
    assert transcript.text.encode("utf-8")
    assert "\r" not in transcript.text


@pytest.mark.parametrize("written", [page, units])
def test_ten_thousand_words_are_read_in_two_seconds(file, written):
    row = written("מראיינת: ומה עזר לך להישאר שם באמת") + r"\par " + written("רונית: אני עובדת שם כבר שנים") + r"\par "
    file.write_text(document(row * 800), encoding="latin-1")
    start = time.process_time()
    words = len(rtf.read(file).transcripts[0].text.split())
    assert words >= 10_000
    assert time.process_time() - start < 2
