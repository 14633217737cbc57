"""Hebrew text and positions.

A position counts Unicode code points of the stored text and a span is half-open: ``text[start:end]`` is the quote.
Normalised text exists only for matching and for the model's input; :class:`Normalised` carries the way back.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

_INVISIBLE = (0x061C, 0x00AD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A))
_SPACES = (0x00A0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_POINTS = (*range(0x0591, 0x05BE), 0x05BF, 0x05C1, 0x05C2, 0x05C4, 0x05C5, 0x05C7, 0xFB1E)
_PRESENTATION = range(0xFB1D, 0xFB50)
_DOUBLE_QUOTES = "״“”„‟"
_SINGLE_QUOTES = "׳‘’‚‛`´"


def _replacements() -> dict[int, str]:
    """The character table of hebrew.md section 4, steps 1 to 4; a missing code point stays as it is."""
    table = dict.fromkeys(_INVISIBLE, "") | dict.fromkeys(_SPACES, " ") | dict.fromkeys(_POINTS, "")
    for code in _PRESENTATION:
        letters = unicodedata.normalize("NFKC", chr(code))
        if letters != chr(code):
            table[code] = "".join(letter for letter in letters if ord(letter) not in _POINTS)
    table |= {0x05BE: "-", 0x05C0: " ", 0x05C3: ".", 0x05C6: " ", ord("…"): "...", ord("—"): "–"}
    table |= {ord(mark): '"' for mark in _DOUBLE_QUOTES}
    return table | {ord(mark): "'" for mark in _SINGLE_QUOTES}


_TABLE = _replacements()
_DOUBLED_APOSTROPHE = re.compile(r"(?<=[א-ת])''(?=[א-ת])")
_WHITE_SPACE = re.compile(r"\s+")
_FINALS = frozenset("ךםןףץ")
_HEBREW_WORD = re.compile("[א-ת]{2,}")
_WORD = re.compile(r"[^\W_]+(?:[\"'\-][^\W_]+)*'?")


@dataclass(frozen=True)
class Normalised:
    """Normalised text with, for each of its characters, the half-open span it came from in the original."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the original span of the normalised span ``[start, end)``, which must not be empty."""
        return self.starts[start], self.ends[end - 1]


def normalise(text: str) -> str:
    """Return the text as the model and the matchers see it; the stored text is never changed.

    Direction marks, niqqud and cantillation go, presentation forms are taken apart, maqaf becomes a hyphen, every
    kind of quotation mark becomes the one on the keyboard, and white space is collapsed.
    """
    text = _DOUBLED_APOSTROPHE.sub('"', text.translate(_TABLE))
    return _WHITE_SPACE.sub(" ", text).strip()


def normalise_with_map(text: str) -> Normalised:
    """Return what :func:`normalise` returns, with the way back to positions in ``text``."""
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for position, letter in enumerate(text):
        replacement = _TABLE.get(ord(letter), letter)
        letters += replacement
        starts += [position] * len(replacement)
        ends += [position + 1] * len(replacement)
        if not replacement and ends and ord(letter) in _POINTS:
            ends[-1] = position + 1  # a point belongs to the letter that carries it
    whole = Normalised("".join(letters), tuple(starts), tuple(ends))
    collapsed = _collapse(_collapse(whole, _DOUBLED_APOSTROPHE, '"'), _WHITE_SPACE, " ")
    lead = len(collapsed.text) - len(collapsed.text.lstrip())
    stop = len(collapsed.text.rstrip())
    return Normalised(collapsed.text.strip(), collapsed.starts[lead:stop], collapsed.ends[lead:stop])


def _collapse(source: Normalised, pattern: re.Pattern[str], replacement: str) -> Normalised:
    """Replace every match by one character that stands for the whole of it."""
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for match in pattern.finditer(source.text):
        begin, end = match.span()
        letters += (source.text[done:begin], replacement)
        starts += (*source.starts[done:begin], source.starts[begin])
        ends += (*source.ends[done:begin], source.ends[end - 1])
        done = end
    letters.append(source.text[done:])
    return Normalised("".join(letters), (*starts, *source.starts[done:]), (*ends, *source.ends[done:]))


def words(text: str) -> list[str]:
    """Return the words of normalised text; gershayim, geresh and hyphens stay inside a word."""
    return _WORD.findall(text)


def counted(number: int, things: str) -> str:
    """Return a number with what it counts, ``things`` being their regular English plural."""
    return f"{number} {things.removesuffix('s') if number == 1 else things}"


def count_words(text: str) -> int:
    """Return the number of white-space separated tokens, the count researchers and word processors use."""
    return len(text.split())


def fingerprint(text: str) -> str:
    """Return the SHA-256 of the text as UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def is_reversed(text: str) -> bool:
    """Return whether the letters of Hebrew words stand in visual order, from left to right.

    Final letters (ך ם ן ף ץ) end words and never begin one, so three words that begin with one, and more of them than
    words that end with one, are no chance.
    """
    words = _HEBREW_WORD.findall(normalise(text))
    begins = sum(word[0] in _FINALS for word in words)
    return begins >= 3 and begins > sum(word[-1] in _FINALS for word in words)
