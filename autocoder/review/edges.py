"""Moving the boundaries of the passage on the card: four links, each to the card with an edge one word away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autocoder.project import Span, Transcript
from autocoder.review.boundaries import Edge, moved, selected
from autocoder.review.choice import Choice, span_in
from autocoder.review.drawing import direction, draw
from autocoder.review.offsets import to_span


@dataclass(frozen=True)
class Pair:
    """An edge, the addresses of the passage with a word more and a word less at it, and the keys that lead there."""

    edge: Edge
    more: str
    less: str
    keys: tuple[str, str]


@dataclass(frozen=True)
class Edges:
    """The passage as its boundaries stand now, not saved yet."""

    span: Span
    pairs: tuple[Pair, Pair]


def edges(transcript: Transcript, span: Span, choice: Choice, **passage: str | int) -> Edges:
    """Return the boundaries with the ways to move them; arrows go where the text goes, ``passage`` names the card."""
    forward, backward = ("ArrowLeft", "ArrowRight") if _rtl(transcript, span) else ("ArrowRight", "ArrowLeft")

    def to(edge: Edge, by: int) -> str:
        place = moved(transcript, span, edge, by)
        return choice.address(**passage, edges=1, start=place.start, end=place.end)

    start = Pair(Edge.START, to(Edge.START, -1), to(Edge.START, 1), (f"Shift+{backward}", f"Shift+{forward}"))
    return Edges(span, (start, Pair(Edge.END, to(Edge.END, 1), to(Edge.END, -1), (forward, backward))))


def _rtl(transcript: Transcript, span: Span) -> bool:
    return (direction(transcript.quote(span)) or direction(transcript.text)) != "ltr"


def asked_span(transcript: Transcript, span: Span, values: Mapping[str, object]) -> Span:
    """Return the boundaries that an address asks for: a selection, numbers, or else those that the passage has."""
    chosen = _selection(transcript, values)
    asked = chosen or span_in(values)
    return asked if asked is not None and asked.end <= len(transcript.text) else span


def _selection(transcript: Transcript, values: Mapping[str, object]) -> Span | None:
    """Return the words that were selected in the browser, whose numbers count UTF-16 units within a block."""
    numbers = [str(values.get(name, "")) for name in ("first", "from", "last", "to")]
    if not all(number.isascii() and number.isdecimal() and len(number) < 10 for number in numbers):
        return None
    first, start, last, end = map(int, numbers)
    blocks = draw(transcript).blocks
    if not first <= last < len(blocks):
        return None
    try:
        begins = _at(transcript, blocks[first].span, start, start + 1)
        ends = _at(transcript, blocks[last].span, max(0, end - 1), end)
        return selected(transcript, Span(begins.start, ends.end))
    except ValueError:
        return None  # a selection of white space alone, or of a page that is not this one any more


def _at(transcript: Transcript, block: Span, start: int, end: int) -> Span:
    found = to_span(transcript.quote(block), start, end)
    return Span(block.start + found.start, block.start + found.end)
