"""PDF files: lines read as an eye reads them, whatever order they were painted in, and what is refused."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from autocoder.errors import FileRefused
from autocoder.formats import pdf
from autocoder.project import Reading

DATA = Path(__file__).resolve().parent.parent / "data"
RUN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 .:,/]*[A-Za-z0-9%])?")
MIRRORED = str.maketrans("()[]", ")(][")
RIGHT, TOP, WIDTH = 520.0, 780.0, 7.2  # a letter of Courier 12 is 7.2 points wide

Page = list[str]


def seen(line: str) -> str:
    """What a reader sees of a line from right to left, from left to right: the forward way, for these tests alone."""
    parts, done = [], 0
    for run in RUN.finditer(line):
        parts += [line[done : run.start()][::-1].translate(MIRRORED), run[0]]
        done = run.end()
    return "".join(reversed([*parts, line[done:][::-1].translate(MIRRORED)]))


def painted(line: str, y: float, codes: dict[str, int], logical: bool) -> list[str]:
    letters = seen(line)
    left = RIGHT - WIDTH * len(letters)
    marks = [(left + WIDTH * i, letter) for i, letter in enumerate(letters) if letter != " "]
    return [
        f"BT /F1 12 Tf 1 0 0 1 {x:.2f} {y:.2f} Tm <{codes.setdefault(letter, 33 + len(codes)):02x}> Tj ET"
        for x, letter in (reversed(marks) if logical else marks)
    ]


def document(pages: list[Page], logical: bool = False, trailer: str = "", mapped: bool = True) -> bytes:
    """A PDF of single letters at their places, without spaces; ``logical`` paints each line from the right."""
    codes: dict[str, int] = {}
    contents = [
        "\n".join(op for n, line in enumerate(page) for op in painted(line, TOP - 18 * n, codes, logical))
        for page in pages
    ]
    table = "\n".join(f"<{code:02x}> <{ord(letter) if mapped else 0xFFFD:04x}>" for letter, code in codes.items())
    cmap = f"1 begincodespacerange <00> <ff> endcodespacerange\n{len(codes)} beginbfchar\n{table}\nendbfchar"
    names = " ".join(["/a"] * 222)
    kids = " ".join(f"{5 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /FirstChar 33 /LastChar 254 "
        f"/Widths [{' '.join(['600'] * 222)}] /Encoding << /Type /Encoding /Differences [33 {names}] >> "
        "/ToUnicode 4 0 R >>",
        f"<< /Length {len(cmap)} >>\nstream\n{cmap}\nendstream",
    ]
    for n, content in enumerate(contents):
        font = "/Resources << /Font << /F1 3 0 R >> >>"
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] {font} /Contents {6 + 2 * n} 0 R >>")
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    return (
        out
        + f"{end}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{len(out)}\n%%EOF".encode()
    )


LINES = [
    "מראיינת: מה שלומך היום, בשעה 12:30 ב-2024?",
    'רונית: בסדר גמור, תודה. עבדתי בצה"ל (לא מזמן).',
    "מראיינת: ומה זה peer support, לדעתך?",
    "רונית: 50% מהזמן לבד, [00:12:34] ולפעמים OK.",
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ראיון.pdf"


def read(file: Path, pages: list[Page], **options: bool) -> Reading:
    file.write_bytes(document(pages, **options))
    return pdf.read(file)


@pytest.mark.parametrize("logical", [True, False])
def test_lines_are_read_in_logical_order_whatever_order_they_were_painted_in(file, logical):
    reading = read(file, [LINES], logical=logical)
    transcript = reading.transcripts[0]
    assert transcript.text == "\n".join(LINES) + "\n"
    assert [turn.speaker for turn in transcript.turns] == ["מראיינת", "רונית"] * 2
    assert transcript.quote(transcript.turns[1].span) == 'בסדר גמור, תודה. עבדתי בצה"ל (לא מזמן).'


def test_a_file_that_chromium_printed_is_read_with_niqqud_english_and_numbers():
    transcript = pdf.read(DATA / "interview.pdf").transcripts[0]
    source = re.sub(r"<[^>]*>", "", (DATA / "interview.html").read_text(encoding="utf-8").partition("</h1>")[2])
    said = [turn.speaker + ": " + transcript.quote(turn.span) for turn in transcript.turns]
    assert said == [line.replace("[00:12:34] ", "") for line in source.strip().split("\n")]
    assert transcript.turns[3].time == 754


def test_lines_that_were_broken_at_the_edge_are_one_paragraph_and_others_are_not(file):
    page = ["מראיינת: ספרי לי בבקשה על העבודה שלך במחלקה ועל הצוות", "שאיתו את עובדת.", "רונית: טוב.", "מראיינת: כן?"]
    assert read(file, [page]).transcripts[0].text == f"{page[0]} {page[1]}\n{page[2]}\n{page[3]}\n"


def test_a_paragraph_goes_on_over_the_edge_of_a_page_and_page_numbers_are_left_out(file):
    long = "מראיינת: ספרי לי בבקשה על העבודה שלך במחלקה ועל הצוות"
    heading = "תמלול ריאיון מספר שלוש, סודי"
    pages = [[heading, long, "1"], [heading, "שאיתו את עובדת.", "רונית: טוב.", "2"], [heading, "רונית: זהו.", "3"]]
    reading = read(file, pages)
    assert reading.transcripts[0].text == f"{long} שאיתו את עובדת.\nרונית: טוב.\nרונית: זהו.\n"
    assert "6 page numbers and repeated headings were left out" in reading.notes


def test_cells_of_a_row_are_parted_by_a_tab(file):
    gap = " " * 8
    transcript = read(file, [[f"מראיינת{gap}מה שלומך?", f"רונית{gap}טוב.", f"מראיינת{gap}באמת?", f"רונית{gap}כן."]])
    assert transcript.transcripts[0].text.split("\n")[0] == "מראיינת\tמה שלומך?"
    assert [turn.speaker for turn in transcript.transcripts[0].turns][:1] == ["מראיינת"]


def test_pages_without_text_are_a_problem(file):
    assert [problem.what for problem in read(file, [LINES, [], LINES]).problems] == [
        "no text on these pages, perhaps pictures: 2"
    ]


# -- refusals


def refused(file: Path, data: bytes, what: str) -> str:
    file.write_bytes(data)
    with pytest.raises(FileRefused, match=what) as refusal:
        pdf.read(file)
    assert str(refusal.value).startswith("ראיון.pdf")
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_hebrew_in_visual_order_is_refused_with_the_page_and_the_remedy(file):
    turned = [seen(line) for line in LINES]
    sentence = refused(file, document([turned]), "page 1: its Hebrew is in visual order, the letters of each word")
    assert "import the document that it was made from, as .docx or .txt" in sentence


def test_a_scan_is_refused_with_the_remedy(file):
    assert "OCR" in refused(file, document([[], []]), "it has no text layer: its pages are pictures")


def test_a_font_that_does_not_say_its_letters_is_refused(file):
    refused(file, document([LINES], mapped=False), "its fonts do not say which letters they show")


def test_a_password_is_refused(file):
    entry = f"/Encrypt << /Filter /Standard /V 1 /R 2 /O <{'41' * 32}> /U <{'42' * 32}> /P -4 >> /ID [<41> <41>]"
    assert "remove the password" in refused(file, document([LINES], trailer=entry), "protected with a password")


@pytest.mark.parametrize("share", [0.02, 0.5])
def test_a_truncated_file_is_refused_or_read_whole_and_never_crashes(file, share):
    data = document([LINES])
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(FileRefused):
        pdf.read(file)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "the file is empty"),
        ("מראיינת: שלום".encode(), "it is not a PDF"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 9, "it is cut short or damaged"),
    ],
)
def test_what_is_no_pdf_is_refused(file, data, what):
    refused(file, data, what)


def test_ten_thousand_words_are_read_in_two_seconds(file):
    page = [f"{'מראיינת' if n % 2 else 'רונית'}: {'עבדתי שם לבד כל השנה ' * 2}." for n in range(40)]
    file.write_bytes(document([page] * 25))
    start = time.process_time()
    words = len(pdf.read(file).transcripts[0].text.split())
    assert words >= 10_000
    assert time.process_time() - start < 2
