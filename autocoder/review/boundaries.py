"""Moving the edges of a passage by whole words, and turning a selection into whole words.

A word is what stands between white space, so niqqud, direction marks and joined emoji stay with their letters. Words
are those of speech: a speaker's label is never part of a passage that was moved here.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from enum import StrEnum

from autocoder.project import Span, Transcript


class Edge(StrEnum):
    """The edge that moves."""

    START = "start"
    END = "end"


def words_of(transcript: Transcript) -> tuple[Span, ...]:
    """Return the words that are spoken, in order; of a transcript without turns, all words."""
    spoken = [turn.span for turn in transcript.turns] or ([Span(0, len(transcript.text))] if transcript.text else [])
    return tuple(
        Span(span.start + match.start(), span.start + match.end())
        for span in spoken
        for match in re.finditer(r"\S+", transcript.quote(span))
    )


def snapped(transcript: Transcript, span: Span) -> Span:
    """Return the span widened to whole words; a span that touches no word is returned as it is."""
    touched = _touched(words_of(transcript), span)
    return span if touched is None else Span(min(span.start, touched.start), max(span.end, touched.end))


def selected(transcript: Transcript, span: Span) -> Span:
    """Return the words that a selection touches, without the white space at its ends; ValueError where it has none."""
    touched = _touched(words_of(transcript), span)
    if touched is None:
        raise ValueError("the selection holds no word")
    return touched


def moved(transcript: Transcript, span: Span, edge: Edge, by: int) -> Span:
    """Return the span with an edge moved by so many words; it keeps one word at least and stays in the text."""
    words = words_of(transcript)
    if not words:
        return span
    first = bisect_right([word.end for word in words], span.start)
    last = bisect_left([word.start for word in words], span.end) - 1
    if edge is Edge.START:
        first = min(max(0, first + by), last)
        return Span(words[first].start, span.end) if first >= 0 else span
    last = max(min(len(words) - 1, last + by), first)
    return Span(span.start, words[last].end) if last < len(words) else span


def _touched(words: Sequence[Span], span: Span) -> Span | None:
    held = [word for word in words if word.overlap(span)]
    return Span(held[0].start, held[-1].end) if held else None
