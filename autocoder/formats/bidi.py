"""A line as it is seen, from left to right, back into the order in which it is read.

A PDF says where each letter is painted and nothing else, so its lines have to be read the way an eye reads them. This
is the inverse of the Unicode bidirectional algorithm (UAX #9) for a line from right to left: the line is turned round,
and what runs from left to right inside it is turned back:

* a number, with single separators between its digits (``12:30``, ``29.5``) and signs beside them (``50%``);
* words in other letters, with the spaces, marks and numbers between them.

The algorithm loses what the inverse would need in one case: ``A 5`` may be the word and then the number, or the number
and then the word. The former is taken, unless a comma or stop sticks to the number (``A ,5`` is ``5, A``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_LTR = "L"
_DIGITS = ("EN", "AN")
_SEPARATORS = ("ES", "CS")
_SIGNS = ("ET",)
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_OTHERS = re.compile(r"[^\W_\u0590-\u05ff]")  # a letter that is not Hebrew, or a digit
_STUCK_TO_THE_RIGHT = re.compile(r"\s+[,.:;?!]+$")
_OPENED = re.compile(r"(?:^|[\s,.:;?!])[(\[{](?=[^\s)\]}])", re.MULTILINE)
_CLOSED = re.compile(r"(?<=[^\s(\[{])[)\]}](?=$|[\s,.:;?!])", re.MULTILINE)


def read_line(seen: Sequence[str], mirror: bool) -> str:
    """Return a line from right to left in reading order.

    ``seen`` are its characters from left to right, each with the points that belong to it. ``mirror`` says that
    brackets are stored as they look, so that those in the line's own direction change sides.
    """
    turned = list(reversed(seen))
    if not _OTHERS.search("".join(seen)):
        whole = "".join(turned)
        return whole.translate(_MIRRORED) if mirror else whole
    kinds = [unicodedata.bidirectional(cell[0]) if cell else "ON" for cell in turned]
    runs = _runs(turned, kinds)
    if mirror:
        inside = {i for start, end in runs for i in range(start, end)}
        turned = [cell if i in inside else cell.translate(_MIRRORED) for i, cell in enumerate(turned)]
    for start, end in runs:
        turned[start:end] = turned[start:end][::-1]
    return "".join(turned)


def brackets_in_place(text: str) -> int:
    """Return how many brackets open before a word or close behind one: more in the right reading."""
    return len(_OPENED.findall(text)) + len(_CLOSED.findall(text))


def _runs(cells: Sequence[str], kinds: Sequence[str]) -> list[tuple[int, int]]:
    """Return the stretches from left to right: numbers, and foreign words with all that stands between them."""
    runs: list[tuple[int, int]] = []
    for start, end in _strong(cells, kinds):
        joins = bool(runs) and _joins(cells, kinds, runs[-1], (start, end))
        runs[-1:] = [(runs[-1][0], end)] if joins else [*runs[-1:], (start, end)]
    return runs


def _strong(cells: Sequence[str], kinds: Sequence[str]) -> list[tuple[int, int]]:
    """Return the numbers, with their separators and signs, and the foreign letters, one by one."""
    found: list[tuple[int, int]] = []
    i = 0
    while i < len(cells):
        start = i
        if kinds[i] == _LTR:
            i += 1
        elif kinds[i] in _DIGITS or kinds[i] in _SIGNS:
            i = _number_end(kinds, i)
            if not any(kind in _DIGITS for kind in kinds[start:i]):
                continue
        else:
            i += 1
            continue
        found.append((start, i))
    return found


def _number_end(kinds: Sequence[str], i: int) -> int:
    while i < len(kinds):
        between = kinds[i] in _SEPARATORS and kinds[i - 1] in _DIGITS and bool({*kinds[i + 1 : i + 2]} & {*_DIGITS})
        if not (between or kinds[i] in _DIGITS or kinds[i] in _SIGNS):
            break
        i += 1
    return i


def _joins(cells: Sequence[str], kinds: Sequence[str], before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Tell whether two stretches are one: letters, or letters and a number, with neutral signs between them."""
    lettered = [any(kinds[i] == _LTR for i in range(*edges)) for edges in (before, after)]
    between = range(before[1], after[0])
    if not any(lettered) or any(kinds[i] in ("R", "AL") or cells[i] == "\t" for i in between):
        return False
    seen = "".join(cells[i] for i in reversed(between))
    return all(lettered) or not _STUCK_TO_THE_RIGHT.match(seen)
