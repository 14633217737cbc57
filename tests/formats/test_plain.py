"""Plain text: encodings told or refused, line ends, and the four Knesset meetings."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from autocoder.errors import FileRefused
from autocoder.formats import plain
from autocoder.project import Role

TEXT = (
    "מראיינת: שלום, אני שמחה שהגעת לדבר איתי היום על העבודה שלך כעמיתה מומחית במחלקה.\n"
    'מרואיינת: תודה. אני עובדת בצוות כבר שנתיים, ובהתחלה היה לי קשה מאוד, ד"ר כהן עזרה.\n'
    "הרגשתי שאין מי שמבין את התפקיד, ושאני לבד מול כל האנשים שמסביב.\n"
    "מראיינת: ומה עזר לך להישאר?\n"
    "מרואיינת: המפגשים עם עמיתים אחרים, שם אפשר היה לדבר על הכול – גם על השכר.\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ראיון.txt"


def test_utf8_is_read_as_it_stands_and_needs_no_note_on_the_encoding(file):
    file.write_bytes(TEXT.encode())
    reading = plain.read(file)
    assert (reading.transcripts[0].name, reading.transcripts[0].text) == ("ראיון", TEXT)
    assert [turn.role for turn in reading.transcripts[0].turns] == [Role.INTERVIEWER, Role.PARTICIPANT] * 2
    assert not any("read as w" in note or "UTF" in note or "byte order" in note for note in reading.notes)


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8-sig", "a byte order mark was dropped"),
        ("utf-16", "read as UTF-16"),
        ("utf-16-le", "read as UTF-16"),
        ("utf-16-be", "read as UTF-16"),
        ("utf-32", "read as UTF-32"),
        ("cp1255", "read as windows-1255"),
        ("iso8859_8", "read as windows-1255"),
    ],
)
def test_other_encodings_give_the_same_text_and_a_note(file, encoding, note):
    text = TEXT.replace("–", "-") if encoding == "iso8859_8" else TEXT
    file.write_bytes(text.encode(encoding))
    reading = plain.read(file)
    assert reading.transcripts[0].text == text
    assert reading.notes[0].startswith(note)


def test_windows_1255_with_niqqud_and_english_words_is_read(file):
    text = TEXT + "מרואיינת: אמרו לי שָׁלוֹם, וגם peer support specialist, ובסוף OK.\n"
    file.write_bytes(text.encode("cp1255"))
    assert plain.read(file).transcripts[0].text == text


def test_a_vocalised_windows_1255_text_is_read(file):
    text = "מנחה: בְּרֵאשִׁית בָּרָא אֱלֹהִים אֵת הַשָּׁמַיִם וְאֵת הָאָרֶץ׃ וְהָאָרֶץ הָיְתָה תֹהוּ וָבֹהוּ\n"
    file.write_bytes(text.encode("cp1255"))
    assert plain.read(file).transcripts[0].text == text


def test_a_short_windows_1255_text_is_read(file):
    file.write_bytes("מראיינת: שלום.\nת: שלום.\n".encode("cp1255"))
    assert [turn.speaker for turn in plain.read(file).transcripts[0].turns] == ["מראיינת", "ת"]


RUSSIAN = "Мы говорили о работе и о том, как трудно было в начале. Никто не помогал нам, и все молчали об этом.\n"
GREEK = "Μιλήσαμε για τη δουλειά και για το πόσο δύσκολο ήταν στην αρχή. Κανείς δεν μας βοηθούσε τότε.\n"
FRENCH = "Après l'été, nous avons parlé de la réalité du métier, et ça a été très éprouvant pour le préposé.\n"
ARABIC = "تحدثنا عن العمل وعن صعوبة البداية ولم يساعدنا أحد في ذلك الوقت وكان الجميع صامتين\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (GREEK, "cp1253"),
        (FRENCH, "cp1252"),
        (ARABIC, "cp1256"),
        (TEXT.replace("–", "-"), "cp862"),
    ],
)
def test_an_encoding_that_cannot_be_told_is_refused_and_not_guessed(file, text, encoding):
    file.write_bytes(text.encode(encoding))
    with pytest.raises(FileRefused, match=r"ראיון.txt: its encoding cannot be told .*; save it as plain text in UTF-8"):
        plain.read(file)


def test_hebrew_in_visual_order_is_refused_as_such(file):
    file.write_bytes("\n".join(line[::-1] for line in TEXT.split("\n")).encode("cp1255"))
    with pytest.raises(FileRefused, match="visual order"):
        plain.read(file)


@pytest.mark.parametrize("end", ["\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1255"])
def test_line_ends_become_line_feeds(file, end, encoding):
    file.write_bytes(TEXT.replace("\n", end).encode(encoding))
    assert plain.read(file).transcripts[0].text == TEXT


def test_everything_but_line_ends_and_the_mark_is_kept_as_received(file):
    text = "\u200fמראיינת\u200f: שָׁלוֹם  🙂\u00a0\tצה״ל\u2028אחר \n\n  מרואיינת: ok\f\n"
    file.write_bytes(text.encode("utf-8-sig"))
    assert plain.read(file).transcripts[0].text == text


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b" \r\n \n", "the file is empty"),
        (b"\xff\xfe", "the file is empty"),
        (bytes(range(256)) * 4, "it is not a text but a binary file"),
        (b"\x7fELF\x02\x01\x01" + bytes(200), "it is not a text but a binary file"),
        (b"\x01\x02\x03\x04 abc", "it is not a text but a binary file"),
        (b"%PDF-1.7\n%\xe2\xe3", "it is a PDF"),
        (b"{\\rtf1\\ansi Hello}", "it is an RTF document"),
        (b"PK\x03\x04rest", "it is a zip file or a Word document"),
        (b"\xff\xfe\x00\xd8\x41\x00", "it begins as UTF-16-LE but"),
        (b"... --- ...", "it holds no words"),
    ],
)
def test_what_is_no_text_is_refused_with_the_files_name(file, data, what):
    file.write_bytes(data)
    with pytest.raises(FileRefused, match=what) as refusal:
        plain.read(file)
    assert str(refusal.value).startswith("ראיון.txt: ")
    assert str(refusal.value).endswith(".")


def test_a_missing_file_is_refused(file):
    with pytest.raises(FileRefused, match="it cannot be opened"):
        plain.read(file)


@pytest.mark.parametrize(
    ("number", "turns", "speakers"), [(1883486, 129, 14), (2347581, 80, 14), (2564705, 183, 23), (3468957, 254, 24)]
)
def test_the_knesset_meetings_have_their_turns(shared, number, turns, speakers):
    reading = plain.read(shared / "samples" / "transcripts" / f"knesset_finance_{number}.txt")
    transcript = reading.transcripts[0]
    assert (len(transcript.turns), len(transcript.speakers)) == (turns, speakers)
    assert all(len(speaker) < 60 for speaker in transcript.speakers)


def test_ten_thousand_words_are_read_in_a_tenth_of_a_second(file):
    row = "מראיינת: " + "ומה עזר לך להישאר שם " * 20 + "\nמשתתפת 3: " + "אני עובדת שם " * 33 + "\n"
    file.write_text(row * 50, encoding="utf-8")
    plain.read(file)
    start = time.process_time()
    words = len(plain.read(file).transcripts[0].text.split())
    assert words >= 10_000
    assert time.process_time() - start < 0.1
