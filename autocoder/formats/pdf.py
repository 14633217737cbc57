"""PDF transcripts with a text layer, their lines read as an eye reads them.

A PDF holds letters and places, no paragraphs and no direction. PDFium gives every letter with its box; from there:

* letters on one base line are a line, from left to right by their boxes; points (niqqud) go to the letter that they
  stand on; a gap is a space and a wide one, as between the cells of a table, a tab;
* a line with Hebrew in it is put into reading order by ``bidi.py``;
* a line goes on with the next one when the next one's first word would not have fitted behind it, and a label does not
  open there: such lines are one paragraph, joined by a space;
* page numbers, and lines that come again at the top or the bottom of most pages, are left out.

So the stored text is not the file's own, as with other formats, but what is read off its pages. Refused are a file
without a text layer, one whose fonts do not say which letters they show, and one in which Hebrew comes out with its
letters in visual order: its own layer is reversed, and nothing but the document that it was made from mends it.
"""

from __future__ import annotations

import ctypes
import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from autocoder.errors import FileRefused
from autocoder.formats import labels
from autocoder.formats.bidi import brackets_in_place, read_line
from autocoder.formats.pdf_size import check_size
from autocoder.formats.speakers import Answers, lines_of, read_parts
from autocoder.project import Problem, Reading
from autocoder.text import is_reversed

if TYPE_CHECKING:
    import pypdfium2

MOST_PAGES = 5_000
MOST_LETTERS = 5_000_000
MOST_ON_PAGE = 200_000

_INSTEAD = "import the document that it was made from, as .docx or .txt"
_LINE_HEIGHT = 0.6  # of a letter's width: letters whose base lines differ by less stand on one line
_SPACE = 0.3  # of a letter's width: a wider gap between two letters parts words
_TAB = 4.0
_PARAGRAPH_GAP = 1.6  # of the usual distance of lines
_SHOWN_ON = 0.6  # of the pages: what stands at the top or the bottom of so many is no text
_LINE_ENDS = (10, 13)
_A_SPACE = 32
_THINNEST = 0.01
_NO_LETTER = (0, 0xFFFD, 0xFFFE)
_FURNITURE_LINES = 2  # at each edge
_UNKNOWN_SHARE = 0.1
_HEBREW = re.compile("[א-ת]")
_DIGITS = re.compile(r"\d+")
_HYPHENATED = re.compile(r"\w[-־]$")


@dataclass(frozen=True, slots=True)
class _Letter:
    """A character where it is painted; ``text`` holds the points on it as well."""

    text: str
    left: float
    right: float
    base: float


@dataclass(frozen=True)
class _Line:
    """A line of a page as it is seen: characters from left to right, spaces and tabs among them."""

    seen: tuple[str, ...]
    left: float
    right: float
    base: float
    edges: tuple[float, float]  # the widths of the words at the left and at the right

    @property
    def is_hebrew(self) -> bool:
        return any(_HEBREW.search(cell) for cell in self.seen)


def read(path: Path, answers: Answers | None = None) -> Reading:
    """Return the transcript of a .pdf file; ``answers`` say who is who, by label."""
    pages, unknown = _pages(path)
    _refuse_unreadable(path, pages, unknown)
    kept, left_out = _without_furniture(pages)
    layout = _layout(kept)
    _refuse_reversed(path, kept, layout)
    text = "\n".join(_paragraphs(kept, layout)) + "\n"
    problems = [] if not unknown else [Problem(path.name, "", f"{unknown} signs have no letter in the file; left out")]
    empty = [str(number) for number, page in enumerate(pages, 1) if not page]
    if empty:
        what = f"no text on these pages, perhaps pictures: {', '.join(empty[:12])}{' and more' if empty[12:] else ''}"
        problems.append(Problem(path.name, "", what))
    notes = [f"read off {len(pages)} pages"]
    if left_out:
        notes.append(f"{left_out} page numbers and repeated headings were left out")
    return read_parts(path, text, lines_of(text), answers, notes, problems)


# -- letters


def _pages(path: Path) -> tuple[list[list[_Line]], int]:
    """Return the lines of each page, from the top, and how many signs have no letter."""
    import pypdfium2

    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileRefused(path, f"it cannot be opened ({error.strerror})", "check the path and the rights") from error
    if not data.strip():
        raise FileRefused(path, "the file is empty", "get the file again from its source")
    if b"%PDF" not in data[:1024]:
        raise FileRefused(path, "it is not a PDF", "give the file its right ending")
    check_size(path, data, _INSTEAD)
    try:
        with closing(pypdfium2.PdfDocument(data)) as document:
            return _pages_of(path, document)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise FileRefused(path, "it is protected with a password", f"remove the password, or {_INSTEAD}") from error
        what = "it is cut short or damaged"
        raise FileRefused(path, what, f"get the file again from its source, or {_INSTEAD}") from error


def _pages_of(path: Path, document: pypdfium2.PdfDocument) -> tuple[list[list[_Line]], int]:
    if len(document) > MOST_PAGES:
        raise FileRefused(path, f"it has more than {MOST_PAGES:,} pages", "split it and import its parts")
    pages: list[list[_Line]] = []
    unknown = letters_so_far = 0
    for number in range(len(document)):
        with closing(document[number]) as page, closing(page.get_textpage()) as textpage:
            here = textpage.count_chars()
            letters_so_far += here
            if letters_so_far > MOST_LETTERS or here > MOST_ON_PAGE:
                many = f"{MOST_ON_PAGE:,} letters on a page" if here > MOST_ON_PAGE else f"{MOST_LETTERS:,} letters"
                raise FileRefused(path, f"it has more than {many}", "split it and import its parts")
            letters, lost = _letters(textpage)
        pages.append(list(_lines(letters)))
        unknown += lost
    return pages, unknown


def _letters(textpage: pypdfium2.PdfTextPage) -> tuple[list[_Letter], int]:
    """Return what is painted on a page, without the spaces and line ends that PDFium supposes.

    A letter has its advance as its box, and a point, which has none, the box of its ink. Where one sign of the font is
    a letter with its points, PDFium gives each a part of the sign's box and all of them the same origin.
    """
    from pypdfium2 import raw

    handle = textpage.raw
    x, base, left, right, bottom, top = (ctypes.c_double() for _ in range(6))
    box = raw.FS_RECTF()
    found: list[_Letter] = []
    points: list[tuple[tuple[float, float], _Letter]] = []
    origins: dict[tuple[float, float], int] = {}
    lost = 0
    for i in range(textpage.count_chars()):
        code = raw.FPDFText_GetUnicode(handle, i)
        if code in _LINE_ENDS or (code == _A_SPACE and raw.FPDFText_IsGenerated(handle, i) == 1):
            continue
        if code in _NO_LETTER or 0xD800 <= code < 0xE000:
            lost += 1
            continue
        letter = chr(code)
        raw.FPDFText_GetCharOrigin(handle, i, x, base)
        origin = (x.value, base.value)
        if unicodedata.combining(letter):
            raw.FPDFText_GetCharBox(handle, i, left, right, bottom, top)
            points.append((origin, _Letter(letter, left.value, right.value, base.value)))
            continue
        raw.FPDFText_GetLooseCharBox(handle, i, box)
        if box.right - box.left > _THINNEST or not letter.isspace():
            origins.setdefault(origin, len(found))
            found.append(_Letter(letter, box.left, max(box.left, box.right), base.value))
    for origin, point in sorted(points, key=lambda pair: unicodedata.combining(pair[1].text)):
        if origin in origins:
            found[origins[origin]] = _pointed(found[origins[origin]], point)
        else:
            found.append(point)
    return found, lost


def _pointed(letter: _Letter, point: _Letter) -> _Letter:
    edges = min(letter.left, point.left), max(letter.right, point.right)
    return _Letter(letter.text + point.text, *edges, letter.base)


# -- lines


def _lines(letters: Sequence[_Letter]) -> Iterator[_Line]:
    """Yield the lines of a page from the top to the bottom."""
    if not letters:
        return
    width = _width(letters)
    row: list[_Letter] = []
    for letter in sorted(letters, key=lambda letter: -letter.base):
        if row and row[0].base - letter.base > _LINE_HEIGHT * width:
            yield from _line(row)
            row = []
        row.append(letter)
    yield from _line(row)


def _width(letters: Sequence[_Letter]) -> float:
    widths = [letter.right - letter.left for letter in letters if letter.text.isalnum()]
    return median(widths) if widths else 1.0


def _line(row: Sequence[_Letter]) -> Iterator[_Line]:
    """Yield the line that letters on one base line make; none when all of them are spaces."""
    width = _width(row)
    words: list[tuple[float, float]] = []
    seen: list[str] = []
    before: _Letter | None = None
    spaced = False
    for letter in _with_points(row):
        if letter.text.isspace():
            spaced = True
            continue
        gap = letter.left - before.right if before else 0.0
        if before and (spaced or gap > _SPACE * width):
            seen.append("\t" if gap > _TAB * width else " ")
            words.append((letter.left, letter.right))
        else:
            words[-1:] = [(words[-1][0] if words else letter.left, letter.right)]
        seen.append(letter.text)
        before, spaced = letter, False
    if words:
        edges = (words[0][1] - words[0][0], words[-1][1] - words[-1][0])
        yield _Line(tuple(seen), words[0][0], words[-1][1], row[0].base, edges)


def _with_points(row: Sequence[_Letter]) -> list[_Letter]:
    """Return the letters from left to right, each with the points that are painted over it."""
    carriers = sorted((letter for letter in row if not unicodedata.combining(letter.text[0])), key=_centre)
    for point in row:
        if unicodedata.combining(point.text[0]) and carriers:
            place = _nearest(carriers, point)
            carriers[place] = replace(carriers[place], text=carriers[place].text + point.text)
    return carriers


def _centre(letter: _Letter) -> float:
    return letter.left + letter.right


def _nearest(carriers: Sequence[_Letter], point: _Letter) -> int:
    place = bisect_left(carriers, _centre(point), key=_centre)
    near = range(max(0, place - 2), min(len(carriers), place + 2))
    lettered = [i for i in near if not carriers[i].text.isspace()] or list(near)
    return min(lettered, key=lambda i: abs(_centre(carriers[i]) - _centre(point)))


# -- what is refused


def _refuse_unreadable(path: Path, pages: Sequence[Sequence[_Line]], unknown: int) -> None:
    count = sum(len(line.seen) for page in pages for line in page)
    if unknown > _UNKNOWN_SHARE * (count + unknown):
        what = f"its fonts do not say which letters they show ({unknown:,} signs of {count + unknown:,})"
        raise FileRefused(path, what, _INSTEAD)
    if not any(map(str.isalnum, (cell for page in pages for line in page for cell in line.seen))):
        what = "it has no text layer: its pages are pictures"
        raise FileRefused(path, what, f"recognise the Hebrew text in it (OCR), or {_INSTEAD}")


def _refuse_reversed(path: Path, pages: Sequence[Sequence[_Line]], layout: _Layout) -> None:
    texts = ["\n".join(layout.read(line) for line in page) for page in pages]
    wrong = [str(number) for number, text in enumerate(texts, 1) if is_reversed(text)]
    if wrong or is_reversed("\n".join(texts)):
        where = f"page {wrong[0]}" if wrong else ""
        what = "its Hebrew is in visual order, the letters of each word reversed"
        raise FileRefused(path, what, _INSTEAD, where)


# -- lines into paragraphs


def _without_furniture(pages: Sequence[Sequence[_Line]]) -> tuple[list[list[_Line]], int]:
    """Leave out page numbers and what stands at the top or the bottom of most pages; return how many lines."""
    kept = [list(page) for page in pages if page]
    for _ in range(_FURNITURE_LINES):
        edges = Counter(key for page in kept for key in {_key(page[0]), _key(page[-1])} - {None})
        usual = {key for key, count in edges.items() if count >= max(3, _SHOWN_ON * len(kept))}
        usual |= {""} if edges[""] >= 2 else set()  # nothing but a number
        inner = [page[_key(page[0]) in usual : len(page) - (_key(page[-1]) in usual)] for page in kept]
        kept = [page for page in inner if page] or kept
    return kept, sum(map(len, pages)) - sum(map(len, kept))


def _key(line: _Line) -> str | None:
    """Return what two lines share that differ by their page number only; None for a line that may have a label."""
    return None if ":" in line.seen else _DIGITS.sub("", "".join(line.seen)).strip(" -–|/.")


@dataclass(frozen=True)
class _Layout:
    """How the lines of a document lie: its edges, and how brackets are stored."""

    left: float
    right: float
    is_hebrew: bool
    mirror: bool = True

    def runs_left(self, line: _Line) -> bool:
        """Tell whether a line runs from right to left: it has Hebrew, or it stands at the right of a Hebrew text."""
        return line.is_hebrew or (self.is_hebrew and self.right - line.right < (line.left - self.left) / 2)

    def read(self, line: _Line) -> str:
        """Return a line in reading order."""
        return read_line(line.seen, self.mirror) if self.runs_left(line) else "".join(line.seen)

    def goes_on(self, before: _Line, line: _Line, text: str) -> bool:
        """Tell whether a line, in reading order ``text``, goes on with what the line before it began."""
        if "\t" in (*before.seen, *line.seen):
            return False
        head = labels.head_with_colon(text, 0, len(text))
        if head and (labels.known_role(head.label) or labels.is_ambiguous(head.label) or labels.plausible(head.label)):
            return False
        space = (line.right - line.left) / len(line.seen)
        if self.runs_left(before):
            return before.left - self.left < line.edges[1] + space
        return self.right - before.right < line.edges[0] + space


def _layout(pages: Sequence[Sequence[_Line]]) -> _Layout:
    lines = [line for page in pages for line in page]
    hebrew = [line for line in lines if line.is_hebrew]
    edges = min(line.left for line in lines), max(line.right for line in lines)
    layouts = [_Layout(*edges, 2 * len(hebrew) >= len(lines), mirror) for mirror in (True, False)]
    return max(layouts, key=lambda layout: sum(brackets_in_place(layout.read(line)) for line in hebrew))


def _paragraphs(pages: Sequence[Sequence[_Line]], layout: _Layout) -> Iterator[str]:
    """Yield the paragraphs, which may run over the edge of a page."""
    gaps = [before.base - line.base for page in pages for before, line in pairwise(page)]
    usual = median(gaps) if gaps else 0.0
    current = ""
    previous: _Line | None = None
    for line in (line for page in pages for line in page):
        text = layout.read(line)
        near = previous is not None and previous.base - line.base <= _PARAGRAPH_GAP * usual
        if previous and near and layout.goes_on(previous, line, text):
            current += text if _HYPHENATED.search(current) else f" {text}"
        else:
            yield from [current] if previous else []
            current = text
        previous = line
    yield current
