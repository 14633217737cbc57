r"""Rich Text transcripts (.rtf), as Word, WordPad, TextEdit, LibreOffice, MAXQDA and NVivo write them.

RTF 1.9.1 (Microsoft, 2008) is a stream of control words, groups in braces and characters. Little of it is needed to get
at the text, and the libraries that strip it lose direction marks, bold and the cells of tables, so it is read here:

* ``\'f9`` and bytes beyond ASCII are decoded in the code page of the font that is on (``\fcharset177`` is
  windows-1255), or else in that of the document (``\ansicpg1255``); in a run from right to left the font is ``\af``;
* ``\u1513?`` is a UTF-16 unit with as many replacement characters behind it as ``\uc`` says, which are passed over;
* ``\par`` ends a line, ``\line`` breaks one, ``\tab`` is a tab; direction marks, dashes, quotation marks and no-break
  spaces are characters; ``\cell`` and ``\row`` make tables;
* hidden text, tracked deletions, pictures, a field's instruction, the number of a list's entry and every group that
  says that it may be passed over (``\*``) are not text; headers, footers, notes, comments and text boxes are not in it
  either, and a problem names those that hold some.

How paragraphs and tables become lines and turns is what ``document.py`` says.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from autocoder.errors import FileRefused
from autocoder.formats.cues import cues_in, read_cues
from autocoder.formats.document import Piece, Stored, store_paragraph, store_table
from autocoder.formats.speakers import Answers, read_parts
from autocoder.project import Problem, Reading

DEEPEST = 1_000
"""How many groups may lie inside one another; Word nests a few dozen."""

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?"
    rb"|\\'(?P<hex>[0-9a-fA-F]{2})"
    rb"|\\(?P<symbol>[^a-zA-Z])"
    rb"|(?P<brace>[{}])"
    rb"|(?P<text>[^\\{}\r\n]+)"
    rb"|[\r\n\\]",
    re.DOTALL,
)
_CHARACTERS = {
    b"tab": "\t",
    b"line": "\n",
    b"lbr": "\n",
    b"nestcell": "\t",
    b"nestrow": "\n",
    b"emdash": "—",
    b"endash": "–",
    b"emspace": "\u2003",
    b"enspace": "\u2002",
    b"qmspace": "\u2005",
    b"bullet": "•",
    b"lquote": "‘",
    b"rquote": "’",
    b"ldblquote": "“",
    b"rdblquote": "”",
    b"ltrmark": "\u200e",
    b"rtlmark": "\u200f",
    b"zwj": "\u200d",
    b"zwnj": "\u200c",
    b"zwbo": "\u200b",
    b"zwnbo": "\u2060",
}
_SYMBOLS = {b"~": "\u00a0", b"-": "\u00ad", b"_": "\u2011", b"{": "{", b"}": "}", b"\\": "\\", b"\t": "\t"}
_NO_CONTROLS: dict[int, str | None] = {**dict.fromkeys(range(32)), 9: "\t", 10: "\n", 13: "\n"}
_CONTROLS = bytes(range(32)).replace(b"\t", b"")
_PASSED_OVER = frozenset(
    b"fonttbl colortbl stylesheet listtable listoverridetable rsidtbl info pict objdata fldinst themedata listtext "
    b"colorschememapping latentstyles datastore xmlnstbl nonesttables xe tc txe rxe private pntxta pntxtb pntext "
    b"generator bkmkstart bkmkend filetbl revtbl upr".split()
)
_BESIDE_THE_TEXT = {
    name: what
    for names, what in (
        (b"header headerl headerr headerf", "the headers hold text, which was not read"),
        (b"footer footerl footerr footerf", "the footers hold text, which was not read"),
        (b"footnote", "the notes hold text, which was not read"),
        (
            b"annotation",
            "the comments in the margin were not read; if they are codes, save the document as .docx and import that",
        ),
        (b"shptxt", "text boxes hold text, which was not read; move it into paragraphs"),
    )
    for name in names.split()
}
_CHARSETS = {
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    134: "cp936",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    254: "cp437",
    255: "cp850",
}
r"""Code pages by ``\fcharset``; 0 and 1 say no more than ``\ansicpg`` does."""
_PAGES = {b"mac": "mac_roman", b"pc": "cp437", b"pca": "cp850"}


def read(path: Path, answers: Answers | None = None) -> Reading:
    """Return the transcript of an .rtf file; ``answers`` say who is who, by label."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileRefused(path, f"it cannot be opened ({error.strerror})", "check the path and the rights") from error
    if not data.strip():
        raise FileRefused(path, "the file is empty", "get the file again from its source")
    if not data.lstrip().startswith(b"{\\rtf"):
        raise FileRefused(path, "it is not an RTF document", "give the file its right ending, or save it again as .rtf")
    walk = _Walk(path)
    walk.run(data)
    text = walk.page.stored.text
    if not text.strip():
        raise FileRefused(path, "the document holds no text", "check that it is the right file")
    notes = (f"tracked changes: {walk.deletions} deletions were left out",) if walk.deletions else ()
    problems = tuple(_problems(path, walk))
    if cues := cues_in(text):
        return read_cues(path, cues, answers, notes, problems)
    return read_parts(path, text, walk.page.stored.parts, answers, notes, problems)


def _problems(path: Path, walk: _Walk) -> Iterator[Problem]:
    for what in dict.fromkeys(_BESIDE_THE_TEXT[name] for name in walk.beside):
        yield Problem(path.name, "", what)
    if lost := walk.page.stored.text.count("\ufffd"):
        yield Problem(path.name, "", f"{lost} characters could not be decoded; they stand as \ufffd")


@dataclass
class _Page:
    """Paragraphs and tables as they grow."""

    stored: Stored = field(default_factory=Stored)
    runs: list[tuple[bool, list[str]]] = field(default_factory=list)  # whether bold, and what was added to it
    cells: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def add(self, text: str, bold: bool) -> None:
        if self.runs and self.runs[-1][0] is bold:
            self.runs[-1][1].append(text)
        else:
            self.runs.append((bold, [text]))

    def take(self) -> list[Piece]:
        """Return what was added since the last paragraph or cell ended, a piece for each run of a weight."""
        taken = [Piece(_whole("".join(texts)), bold) for bold, texts in self.runs]
        self.runs = []
        return taken

    def end_paragraph(self, in_table: bool) -> None:
        if in_table or self.cells:
            self.add("\n", False)
            return
        pieces = self.take()
        self.end_table()
        store_paragraph(pieces, self.stored)
        self.stored.add("\n")

    def end_cell(self) -> None:
        self.cells.append("".join(piece.text for piece in self.take()).removesuffix("\n"))

    def end_row(self) -> None:
        self.rows.append(self.cells)
        self.cells = []

    def end_table(self) -> None:
        if self.cells:
            self.end_row()
        if self.rows:
            store_table(self.rows, self.stored)
            self.rows = []

    def end(self) -> None:
        """Store what stands behind the last paragraph's end."""
        pieces = self.take()
        self.end_table()
        if pieces:
            store_paragraph(pieces, self.stored)


def _whole(text: str) -> str:
    """Return a text with its surrogate pairs as characters; half a pair cannot be stored."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@dataclass(frozen=True)
class _State:
    """What holds inside a group and is restored at its end."""

    destination: bytes = b""
    skipped: bool = False
    bold: bool = False
    bold_complex: bool = False
    hidden: bool = False
    deleted: bool = False
    right_to_left: bool = False
    in_table: bool = False
    font: int = -1
    font_complex: int = -1
    behind: int = 1

    @property
    def is_text(self) -> bool:
        return not (self.skipped or self.hidden or self.deleted)


class _Walk:
    """The walk over the tokens: the state of the groups, the code pages, and the page that is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.page = _Page()
        self.beside: dict[bytes, None] = {}  # what holds text, in the document's order
        self.deletions = 0
        self.state = _State()
        self.outer: list[_State] = []
        self.fonts: dict[int, str] = {}
        self.encoding = "cp1252"
        self.default_font = -1
        self.defined_font = -1
        self.behind = 0  # replacement characters still to be passed over
        self.optional = False  # whether the last symbol was \*
        self.raw = bytearray()  # bytes not yet decoded, all of one code page and weight

    def run(self, data: bytes) -> None:
        """Read the whole document; refuse one that is cut short or nested too deeply."""
        position = data.index(b"{")
        while match := _TOKEN.match(data, position):
            position = match.end()
            if brace := match["brace"]:
                if not self._brace(brace):
                    return
            elif word := match["word"]:
                number = int(match["number"]) if match["number"] else None
                if word == b"bin":
                    position += max(0, number or 0)
                else:
                    self._word(word, number)
            elif symbol := match["symbol"]:
                self._symbol(symbol)
            elif match["hex"]:
                self._bytes(bytes.fromhex(match["hex"].decode()))
            elif match["text"]:
                self._bytes(match["text"])
        what = "it is cut short: it ends inside a group"
        raise FileRefused(self.path, what, "get the file again from its source, or save it again as .rtf")

    def _brace(self, brace: bytes) -> bool:
        """Enter or leave a group; return whether the document goes on."""
        self._flush()
        self.behind, self.optional = 0, False
        if brace == b"{":
            if len(self.outer) >= DEEPEST:
                what = f"more than {DEEPEST:,} groups lie inside one another, which no word processor writes"
                raise FileRefused(self.path, what, "open it in Word and save it as .docx")
            self.outer.append(self.state)
            return True
        self.state = self.outer.pop()
        if not self.outer:
            self.page.end()
        return bool(self.outer)

    # characters

    def _bytes(self, data: bytes) -> None:
        passed = min(self.behind, len(data))
        self.behind -= passed
        data = data[passed:].translate(None, _CONTROLS)
        if not data:
            return
        if not self.state.is_text:
            self._passed_over(any(byte > 127 or chr(byte).isalpha() for byte in data))
            return
        self.raw += data

    def _character(self, character: str) -> None:
        self._flush()
        if self.state.is_text:
            self.page.add(character, self.state.bold or self.state.bold_complex)
        else:
            self._passed_over(character.isalpha())

    def _passed_over(self, has_letters: bool) -> None:
        if has_letters and self.state.destination in _BESIDE_THE_TEXT:
            self.beside[self.state.destination] = None

    def _flush(self) -> None:
        """Decode the bytes that wait; called before anything changes the code page, the weight or the text."""
        if self.raw:
            text = self.raw.decode(self._code_page(), "replace")
            self.raw.clear()
            self.page.add(text, self.state.bold or self.state.bold_complex)

    def _code_page(self) -> str:
        if self.state.right_to_left and self.state.font_complex in self.fonts:
            return self.fonts[self.state.font_complex]
        return self.fonts.get(self.state.font, self.encoding)

    # control symbols and words

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self.optional = True
        elif symbol in b"\r\n":
            self._word(b"par", None)
        elif symbol in _SYMBOLS and self.behind:
            self.behind -= 1
        elif symbol in _SYMBOLS:
            self._character(_SYMBOLS[symbol])

    def _word(self, word: bytes, number: int | None) -> None:
        self._flush()
        self.behind = 0
        if self.optional:
            self.optional = False
            opened = word == b"ud" and self.state.destination == b"upr"
            self.state = replace(self.state, destination=word, skipped=not opened)
        elif word in _PASSED_OVER:
            keeps = self.state.skipped and word == b"upr"  # inside a group that is passed over, both forms are
            self.state = self.state if keeps else replace(self.state, destination=word, skipped=True)
        elif word in _BESIDE_THE_TEXT:
            self.state = replace(self.state, destination=word, skipped=True)
        elif word == b"u" and number is not None:
            self._character(chr(number % 0x10000).translate(_NO_CONTROLS))
            self.behind = self.state.behind
        elif word in _CHARACTERS:
            self._character(_CHARACTERS[word])
        elif word in _BREAKS:
            if self.state.is_text:
                _BREAKS[word](self.page, self.state)
        elif word in _SETTINGS:
            self.state = _SETTINGS[word](self.state, 1 if number is None else number)
            self.deletions += word == b"deleted" and self.state.deleted
        else:
            self._code_pages(word, number or 0)

    def _code_pages(self, word: bytes, number: int) -> None:
        in_table = self.state.destination == b"fonttbl"
        if word == b"f" and in_table:
            self.defined_font = number
        elif word == b"fcharset" and in_table and number in _CHARSETS:
            self.fonts[self.defined_font] = _CHARSETS[number]
        elif word == b"f":
            self.state = replace(self.state, font=number)
        elif word == b"deff":
            self.default_font = number
            self.state = replace(self.state, font=number)
        elif word == b"plain":
            kept = {"destination": self.state.destination, "skipped": self.state.skipped, "behind": self.state.behind}
            self.state = _State(**kept, font=self.default_font, in_table=self.state.in_table)  # type: ignore[arg-type]
        elif word == b"ansicpg":
            self.encoding = _page(number)
        elif word in _PAGES:
            self.encoding = _PAGES[word]


def _page(number: int) -> str:
    name = "utf-8" if number == 65001 else f"cp{number}"
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"


_BREAKS: dict[bytes, Callable[[_Page, _State], None]] = {
    b"par": lambda page, state: page.end_paragraph(state.in_table),
    b"sect": lambda page, state: page.end_paragraph(state.in_table),
    b"page": lambda page, state: page.end_paragraph(state.in_table),
    b"cell": lambda page, _: page.end_cell(),
    b"row": lambda page, _: page.end_row(),
}
_SETTINGS: dict[bytes, Callable[[_State, int], _State]] = {
    b"b": lambda state, on: replace(state, bold=on != 0),
    b"ab": lambda state, on: replace(state, bold_complex=on != 0),
    b"v": lambda state, on: replace(state, hidden=on != 0),
    b"deleted": lambda state, on: replace(state, deleted=on != 0),
    b"rtlch": lambda state, _: replace(state, right_to_left=True),
    b"ltrch": lambda state, _: replace(state, right_to_left=False),
    b"af": lambda state, number: replace(state, font_complex=number),
    b"uc": lambda state, number: replace(state, behind=max(0, number)),
    b"pard": lambda state, _: replace(state, in_table=False),
    b"intbl": lambda state, _: replace(state, in_table=True),
}
"""What a control word changes, by its number; 1 where it has none."""
