"""Plain text transcripts (.txt, .md), and the one place that finds out in which encoding a text file is written.

Accepted are UTF-8, UTF-16 (with a byte order mark, or told by its zero bytes) and windows-1255. That last one has no
mark and nearly any bytes decode as it, so a text is taken for it only when what comes out is Hebrew: Hebrew words
unmixed with Latin letters, final letters at the ends of words (at the beginnings the text is in visual, reversed order)
and letters about as frequent as in Hebrew. Anything else is refused, with charset-normalizer's guess at its encoding.

The stored text is the file's text without a byte order mark, CRLF and CR as LF, and otherwise as received.
"""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from autocoder.errors import FileRefused
from autocoder.formats.cues import cues_in, read_cues
from autocoder.formats.speakers import Answers, lines_of, read_parts
from autocoder.project import Reading
from autocoder.text import normalise

_SAVE = "save it as plain text in UTF-8"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", ""),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_OTHER_FORMATS = (
    (b"%PDF", "it is a PDF", "give it its right ending, .pdf"),
    (b"{\\rtf", "it is an RTF document", "give it its right ending, .rtf"),
    (b"PK\x03\x04", "it is a zip file or a Word document", "give it its right ending, such as .docx"),
    (b"\xd0\xcf\x11\xe0", "it is an old Office document", "save it as .docx or .txt"),
)
_CONTROLS = frozenset(map(chr, range(32))) - frozenset("\t\n\r\f\v") | {"\x7f"}
_SURE_OF_UTF16 = 0.9

_PER_THOUSAND = dict(
    zip(
        "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
        (62, 49, 14, 28, 89, 110, 13, 24, 8, 117, 5, 24, 66, 36, 49, 11, 39, 13, 29, 2, 18, 1, 14, 18, 55, 53, 55),
        strict=True,
    )
)
"""How often each letter stands among a thousand of spoken Hebrew, counted in public Knesset protocols."""
_FINALS = "ךםןףץ"
_WORDS = re.compile(r"[^\W\d_]+")
_ENOUGH_LETTERS = 200
_LIKE_HEBREW = 0.85
_FINALS_IN_PLACE = 0.9
_HEBREW_SHARE = 0.3
_MIXED_WORDS = 0.02


def read(path: Path, answers: Answers | None = None) -> Reading:
    """Return the transcript of a .txt or .md file; ``answers`` say who is who, by label."""
    decoded = decode(path)
    if cues := cues_in(decoded.text):
        return decoded.said(read_cues(path, cues, answers, decoded.notes))
    return decoded.said(read_parts(path, decoded.text, lines_of(decoded.text), answers, decoded.notes))


@dataclass(frozen=True)
class Decoded:
    """A text file's text as it is stored, the encoding that it was written in, and what was decided about it."""

    text: str
    encoding: str
    notes: tuple[str, ...] = ()

    def said(self, reading: Reading) -> Reading:
        """Return the reading with the encoding of its file."""
        return replace(reading, encoding=self.encoding)


def read_text(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return a text file's text, as it is stored, and what was decided; refuse as :func:`decode` does."""
    decoded = decode(path)
    return decoded.text, decoded.notes


def decode(path: Path) -> Decoded:
    """Return a text file's text and its encoding; refuse what is empty, binary or in an encoding that is not told."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileRefused(path, f"it cannot be opened ({error.strerror})", "check the path and the rights") from error
    decoded = _decode(path, data)
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise FileRefused(path, "the file is empty", "get the file again from its source")
    if sum(text.count(control) for control in _CONTROLS) > len(text) // 1000:
        raise FileRefused(path, "it is not a text but a binary file", _SAVE)
    return replace(decoded, text=text)


def _decode(path: Path, data: bytes) -> Decoded:
    for beginning, what, remedy in _OTHER_FORMATS:
        if data.startswith(beginning):
            raise FileRefused(path, what, remedy)
    for mark, encoding, name in _MARKS:
        if data.startswith(mark):
            dropped = "a byte order mark was dropped, positions count from behind it"
            note = f"read as {name}; {dropped}" if name else dropped
            return Decoded(_strictly(path, data[len(mark) :], encoding), name or "UTF-8", (note,))
    if b"\0" in data:
        return _decode_utf16(path, data)
    try:
        return Decoded(data.decode("utf-8"), "UTF-8")
    except UnicodeDecodeError as error:
        return _decode_windows_1255(path, data, error)


def _strictly(path: Path, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        what = f"it begins as {encoding.upper()} but byte {error.start:,} is not"
        raise FileRefused(path, what, f"get the file again from its source, or {_SAVE}") from error


def _decode_utf16(path: Path, data: bytes) -> Decoded:
    """Tell UTF-16 without a mark by the high bytes of Hebrew, Latin and punctuation; other zero bytes are binary."""
    for encoding, high in (("utf-16-le", data[1::2]), ("utf-16-be", data[0::2])):
        usual = sum(high.count(byte) for byte in (b"\x00", b"\x05", b"\x20"))
        if len(data) % 2 == 0 and usual >= _SURE_OF_UTF16 * len(high):
            try:
                note = "read as UTF-16, which it does not say; look at a few lines"
                return Decoded(data.decode(encoding), "UTF-16", (note,))
            except UnicodeDecodeError:
                continue
    raise FileRefused(path, "it is not a text but a binary file", _SAVE)


def _decode_windows_1255(path: Path, data: bytes, error: UnicodeDecodeError) -> Decoded:
    try:
        text = data.decode("cp1255")
    except UnicodeDecodeError:
        text = ""
    if _is_hebrew(text):
        note = "read as windows-1255, for it is not UTF-8 and comes out as Hebrew"
        return Decoded(text, "windows-1255", (note,))
    if _is_hebrew("\n".join(line[::-1] for line in text.split("\n"))):
        raise FileRefused(path, "its Hebrew is in visual order, each line reversed", f"{_SAVE}, in logical order")
    what = f"its encoding cannot be told (byte {error.start:,} is not UTF-8{_supposed(data)})"
    raise FileRefused(path, what, _SAVE)


def _is_hebrew(text: str) -> bool:
    """Tell whether a decoded text is Hebrew; what the module's docstring says, from the surest sign to the weakest."""
    words = _WORDS.findall(normalise(text))
    hebrew = [word for word in words if any(letter in _PER_THOUSAND for letter in word)]
    if not hebrew or len(hebrew) < _HEBREW_SHARE * len(words):
        return False
    if sum(any(letter < "א" for letter in word) for word in hebrew) > _MIXED_WORDS * len(hebrew):
        return False
    finals = [(word, i) for word in hebrew for i, letter in enumerate(word) if letter in _FINALS]
    in_place = sum(i == len(word) - 1 and i > 0 for word, i in finals)
    return in_place >= _FINALS_IN_PLACE * len(finals) and _likeness("".join(hebrew)) >= _LIKE_HEBREW


def _likeness(letters: str) -> float:
    """Return the cosine of the letters' counts with those of Hebrew; 1 for a text too short to judge."""
    counts = Counter(letter for letter in letters if letter in _PER_THOUSAND)
    if counts.total() < _ENOUGH_LETTERS:
        return 1.0
    product = sum(count * _PER_THOUSAND[letter] for letter, count in counts.items())
    return product / (math.hypot(*counts.values()) * math.hypot(*_PER_THOUSAND.values()))


def _supposed(data: bytes) -> str:
    import charset_normalizer  # costs more to import than most files cost to read, and few files need it

    best = charset_normalizer.from_bytes(data[:50_000]).best()
    return f"; it may be {best.encoding}" if best else ""
