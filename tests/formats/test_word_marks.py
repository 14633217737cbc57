from __future__ import annotations

from pathlib import Path

import docx
import pytest
from docx.enum.text import WD_COLOR_INDEX
from docx.text.paragraph import Paragraph

from autocoder.project import Codebook, Coder, Project, Reading
from autocoder.read import Joined, join_readings, read_file

LINES = ("מראיינת: איך זה התחיל?", "רחל: שָׁלוֹם 🙂 התחלתי לבד בצה״ל.", "מראיינת: והשכר?", "רחל: \u200fburnout לגמרי.")


class Word:
    """A transcript in which a team commented and highlighted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.document = docx.Document()
        self.paragraphs: list[Paragraph] = []

    def paragraph(self, *pieces: str, marked: int = -1, color: object = None) -> list[object]:
        paragraph = self.document.add_paragraph()
        runs = [paragraph.add_run(piece) for piece in pieces]
        if color is not None:
            runs[marked].font.highlight_color = color
        self.paragraphs.append(paragraph)
        return runs

    def comment(self, runs: list[object], text: str, author: str = "דנה") -> None:
        self.document.add_comment(runs, text, author)

    def read(self, word_codes: bool = False) -> Reading:
        self.document.save(self.path)
        return read_file(self.path, word_codes=word_codes)

    def join(self, codebook: Codebook, word_codes: bool = False) -> tuple[Joined, str]:
        reading = self.read(word_codes)
        return join_readings(Project("p", codebook), [(self.path, reading)]), reading.transcripts[0].text


@pytest.fixture
def word(tmp_path: Path) -> Word:
    return Word(tmp_path / "ריאיון 1.docx")


def transcript(word: Word) -> None:
    """Four lines, with the comments that most tests need."""
    word.paragraph(LINES[0])
    first = word.paragraph("רחל: שָׁלוֹם 🙂 ", "התחלתי לבד", " בצה״ל.")
    word.paragraph(LINES[2])
    second = word.paragraph("רחל: ", "\u200fburnout לגמרי", ".", marked=1, color=WD_COLOR_INDEX.YELLOW)
    word.comment([first[1]], "עמית יחיד")
    word.comment([second[1]], "תנאים ושכר; אתגר")


def quotes(joined: Joined, text: str) -> set[tuple[str, str, str]]:
    return {(text[each.span.start : each.span.end], each.code, each.coder) for each in joined.codings}


def test_comments_that_name_codes_are_codings_where_they_stand(word: Word, codebook: Codebook) -> None:
    transcript(word)
    joined, text = word.join(codebook)
    assert text == "\n".join(LINES) + "\n"
    assert quotes(joined, text) == {
        ("התחלתי לבד", "alone", "דנה"),
        ("\u200fburnout לגמרי", "pay", "דנה"),
        ("\u200fburnout לגמרי", "barrier", "דנה"),
    }
    assert joined.memos == ()
    (report,) = joined.reports
    assert any("2 of 2 comments name codes" in note for note in report.notes)
    assert any("1 highlighted stretches (yellow 1) are not read" in note for note in report.notes)


def test_a_code_above_other_words_is_a_coding_with_a_memo(word: Word, codebook: Codebook) -> None:
    transcript(word)
    runs = word.paragraph("רחל: ", "ועוד משהו")
    word.comment([runs[1]], "תנאים ושכר\nאמרה בכעס")
    joined, text = word.join(codebook)
    (coding,) = (each for each in joined.codings if each.memo)
    assert (text[coding.span.start : coding.span.end], coding.code, coding.memo) == ("ועוד משהו", "pay", "אמרה בכעס")


def test_comments_that_are_remarks_stay_memos_on_their_stretch(word: Word, codebook: Codebook) -> None:
    transcript(word)
    for n in range(3):
        runs = word.paragraph("רחל: ", f"עוד משפט {n}")
        word.comment([runs[1]], f"לברר מה היא רצתה לומר כאן {n}", "יוסי")
    joined, text = word.join(codebook)
    assert joined.codings == ()
    assert [text[each.span.start : each.span.end] for each in joined.memos if each.span][2:] == [
        f"עוד משפט {n}" for n in range(3)
    ]
    assert {memo.author for memo in joined.memos} == {"דנה", "יוסי"}
    assert any("--word-codes" in note for note in joined.reports[0].notes)


def test_when_asked_every_comment_and_every_colour_is_a_code(word: Word, codebook: Codebook) -> None:
    transcript(word)
    runs = word.paragraph("רחל: ", "ועוד משהו")
    word.comment([runs[1]], "סטינג פנימי > עומס")
    joined, text = word.join(codebook, word_codes=True)
    assert joined.codebook is not None
    paths = {(quote, joined.codebook.path(code), coder) for quote, code, coder in quotes(joined, text)}
    assert ("ועוד משהו", "סטינג פנימי > עומס", "דנה") in paths
    assert ("\u200fburnout לגמרי", "yellow", "unknown") in paths
    assert len(paths) == 5
    assert set(joined.coders) == {Coder("דנה"), Coder("unknown")}


def test_a_comment_over_two_paragraphs_and_one_in_a_table_keep_their_text(word: Word, codebook: Codebook) -> None:
    word.paragraph(LINES[0])
    first, last = word.paragraph("רחל: התחלתי ", "לבד"), word.paragraph("ואז הגיעו", " עוד")
    word.comment([first[1], last[0]], "עמית יחיד")
    cell = word.document.add_table(1, 2).rows[0].cells
    cell[0].text = "רחל"
    runs = [cell[1].paragraphs[0].add_run(piece) for piece in ("השכר ", "נמוך מאוד")]
    word.comment([runs[1]], "תנאים ושכר")
    joined, text = word.join(codebook)
    assert quotes(joined, text) == {("לבד\nואז הגיעו", "alone", "דנה"), ("נמוך מאוד", "pay", "דנה")}


def test_a_transcript_without_marks_reads_as_ever(word: Word, codebook: Codebook) -> None:
    for line in LINES:
        word.paragraph(line)
    joined, text = word.join(codebook)
    assert text == "\n".join(LINES) + "\n"
    assert (joined.codings, joined.memos) == ((), ())
    assert not any("comments" in note for note in joined.reports[0].notes)
