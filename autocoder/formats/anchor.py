"""Finding a quote in a transcript: exactly, then normalised, then nearly.

Tables give a coding as its text without a position. What stands in one place is anchored there; what stands in several
equally good places is ambiguous and is never guessed, unless the table says in which paragraph it begins.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from rapidfuzz import fuzz

from autocoder.project import Span, Transcript
from autocoder.text import Normalised, normalise, normalise_with_map

FUZZY_THRESHOLD = 0.85
"""The least similarity (normalised Indel, rapidfuzz ``ratio``) at which a place counts as the quote."""
WORTH_A_LOOK = 0.6
"""The least similarity at which a place is shown to a person beside a quote that was not found."""
SHORTEST_FUZZY = 12
"""Shorter quotes, in normalised characters, must be found literally: by a letter more or less they are other words."""
_AS_GOOD = 0.01
_TOKEN = re.compile(r"\S+")


class How(StrEnum):
    """How a quote was found."""

    EXACT = "exact"
    NORMALISED = "normalised"
    FUZZY = "fuzzy"


@dataclass(frozen=True)
class Anchor:
    """Where a quote stands; ``span`` is None when several ``candidates`` are equally good."""

    how: How
    score: float
    candidates: tuple[Span, ...]
    span: Span | None

    @property
    def ambiguous(self) -> bool:
        """Whether the quote stands in several places and none was preferred."""
        return self.span is None


def anchor(
    quote: str, transcript: Transcript, normalised: Normalised | None = None, paragraph: int | None = None
) -> Anchor | None:
    """Return where ``quote`` stands in the transcript, or None when it does not.

    Places where the quote is made of whole words go before places inside longer words. Of several equally good places,
    the only one that begins in ``paragraph`` (a line of the text, from 1) is preferred; else they stay ambiguous.
    ``normalised`` spares the normalisation of the text, which is cached anyway.
    """
    wanted = normalise(quote)
    if not wanted:
        return None
    quote = quote.replace("\r\n", "\n").replace("\r", "\n")
    places = _literal(quote, transcript.text) or _literal(quote.strip(), transcript.text)
    if places:
        spans = [Span(start, start + length) for start, length in places]
        return _anchored(Anchor(How.EXACT, 1.0, tuple(spans), None), transcript.text, paragraph)
    normalised = normalised or _normalised(transcript.text)
    places = _literal(wanted, normalised.text)
    if places:
        spans = [_back(normalised, *place) for place in places]
        return _anchored(Anchor(How.NORMALISED, 1.0, tuple(spans), None), transcript.text, paragraph)
    nearly = _nearly(wanted, normalised)
    return _anchored(nearly, transcript.text, paragraph) if nearly else None


@lru_cache(maxsize=8)
def _normalised(text: str) -> Normalised:
    return normalise_with_map(text)


@lru_cache(maxsize=8)
def _edges(text: str) -> tuple[list[int], list[int]]:
    """Where the words of a text begin and end, in order."""
    tokens = [match.span() for match in _TOKEN.finditer(text)]
    return [start for start, _ in tokens], [end for _, end in tokens]


def _literal(quote: str, text: str) -> list[tuple[int, int]]:
    """(start, length) of every occurrence; only the whole-word ones when there is any."""
    starts = []
    start = text.find(quote)
    while start >= 0:
        starts.append(start)
        start = text.find(quote, start + 1)
    whole = [start for start in starts if _is_whole(text, start, start + len(quote))]
    return [(start, len(quote)) for start in whole or starts]


def _is_whole(text: str, start: int, end: int) -> bool:
    opens = start == 0 or not (text[start - 1].isalnum() and text[start].isalnum())
    return opens and (end == len(text) or not (text[end - 1].isalnum() and text[end].isalnum()))


def _back(normalised: Normalised, start: int, length: int) -> Span:
    return Span(*normalised.original(start, start + length))


def _anchored(found: Anchor, text: str, paragraph: int | None) -> Anchor:
    """Settle on the only candidate, or on the only one in the paragraph."""
    spans = found.candidates
    there = [span for span in spans if text.count("\n", 0, span.start) + 1 == paragraph]
    settled = spans if len(spans) == 1 else there
    return replace(found, span=settled[0] if len(settled) == 1 else None)


def resembling(quote: str, transcript: Transcript) -> tuple[Span, float] | None:
    """Return the place most like a quote that is not there, with its score, for a person to look at, never to use."""
    wanted, normalised = normalise(quote), _normalised(transcript.text)
    if len(wanted) < SHORTEST_FUZZY:
        return None
    best = _nearest(wanted, normalised.text, 0, len(normalised.text), WORTH_A_LOOK)
    return (_back(normalised, best[1], best[2] - best[1]), round(best[0], 4)) if best else None


def _nearly(wanted: str, normalised: Normalised) -> Anchor | None:
    if len(wanted) < SHORTEST_FUZZY:
        return None
    text = normalised.text
    best = _nearest(wanted, text, 0, len(text))
    if best is None:
        return None
    score, start, end = best
    found = [best]
    for low, high in ((0, start), (end, len(text))):
        other = _nearest(wanted, text, low, high)
        if other is not None and other[0] >= score - _AS_GOOD:
            found.append(other)
    spans = sorted(_back(normalised, low, high - low) for _, low, high in found)
    return Anchor(How.FUZZY, round(score, 4), tuple(spans), None)


def _nearest(
    wanted: str, text: str, low: int, high: int, threshold: float = FUZZY_THRESHOLD
) -> tuple[float, int, int] | None:
    """(similarity, start, end) of the stretch of whole words in ``text[low:high]`` that is most like the quote."""
    if high - low < len(wanted) // 2:
        return None
    window = fuzz.partial_ratio_alignment(wanted, text[low:high], score_cutoff=100 * threshold - 10)
    if window is None:
        return None
    start, end = _snapped(wanted, text, (low + window.dest_start, low + window.dest_end), (low, high))
    score = fuzz.ratio(wanted, text[start:end]) / 100
    return (score, start, end) if score >= threshold else None


def _snapped(wanted: str, text: str, window: tuple[int, int], limits: tuple[int, int]) -> tuple[int, int]:
    """Move the window's edges to the edges of words near them that make it most like the quote."""
    starts, ends = _edges(text)
    reach = min(200, max(20, len(wanted) // 6))
    end = window[1]
    start = max(
        _near(starts, window[0], reach, limits) or [window[0]],
        key=lambda place: fuzz.ratio(wanted, text[place:end]) if place < end else -1,
    )
    end = max(
        _near(ends, window[1], reach, limits) or [window[1]],
        key=lambda place: fuzz.ratio(wanted, text[start:place]) if place > start else -1,
    )
    return start, end


def _near(edges: list[int], place: int, reach: int, limits: tuple[int, int]) -> list[int]:
    low, high = max(limits[0], place - reach), min(limits[1], place + reach)
    return edges[bisect_left(edges, low) : bisect_right(edges, high)]
