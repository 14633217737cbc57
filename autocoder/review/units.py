"""The units of coding of a transcript, taken apart once for all that ask."""

from __future__ import annotations

from functools import lru_cache

from autocoder.project import Span, Transcript, Turn
from autocoder.segment import segments
from autocoder.store import Store, passages


def units_of(store: Store, name: str) -> tuple[Span, ...]:
    """Return the units of coding of a transcript, in order; none of one that is not there."""
    transcript = passages.transcript(store, name)
    return () if transcript is None else unit_spans(transcript.text, transcript.turns)


@lru_cache(maxsize=256)
def unit_spans(text: str, turns: tuple[Turn, ...]) -> tuple[Span, ...]:
    """Return the units of coding of a transcript with this text and these turns."""
    return tuple(unit.span for unit in segments(Transcript("", text, turns)))
