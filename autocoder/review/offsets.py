"""Positions as browsers count them, in UTF-16 units, and as the study counts them, in code points.

They differ after the first character beyond U+FFFF (an emoji is one code point and two units). A browser's numbers are
turned into spans here, at the edge, and nowhere else.
"""

from __future__ import annotations

from itertools import accumulate

from autocoder.project import Span


def units(text: str) -> int:
    """Return how many UTF-16 units a text takes."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def to_units(text: str, position: int) -> int:
    """Return where a position of the text lies in UTF-16 units; raise ValueError when it leaves the text."""
    if not 0 <= position <= len(text):
        raise ValueError(f"position {position} leaves a text of {len(text)} characters")
    return units(text[:position])


def to_span(text: str, start: int, end: int) -> Span:
    """Return the span of a selection given in UTF-16 units.

    A selection whose edge splits a character holds the whole of it. Raise ValueError for a selection that is empty,
    backward or beyond the text.
    """
    ends = list(accumulate((units(letter) for letter in text), initial=0))
    if not 0 <= start < end <= ends[-1]:
        raise ValueError(f"[{start}, {end}) is no selection in a text of {ends[-1]} units")
    first = next(n for n in range(len(text)) if ends[n + 1] > start)
    last = next(n for n in range(first, len(text)) if ends[n + 1] >= end)
    return Span(first, last + 1)
