"""A transcript as it is drawn: what each speaker says, cut where a coding or the passage in focus begins or ends.

Every run of text knows which codings lie on it, each in a lane of its own, so that overlapping codings are seen as
stripes under one another. Lanes are given within a block, so that a stripe never jumps in the middle of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from autocoder.project import Role, Span, Transcript, Turn
from autocoder.text import normalise

_HEBREW = re.compile("[\u05d0-\u05f2\ufb1d-\ufb4f]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_TIMES = re.compile(r"[\d:.,;\[\](){}#\-–—<>\s]+")
LANES = 4


@dataclass(frozen=True)
class Stripe:
    """A coding to draw; ``dashed`` tells two kinds apart without colour: suggestions from codings, B from A."""

    span: Span
    code: str
    coder: str
    dashed: bool = False


@dataclass(frozen=True)
class Run:
    """A stretch of text under the same codings; ``lanes`` has a place for each lane in use, None where it is empty."""

    span: Span
    text: str
    lanes: tuple[Stripe | None, ...] = ()
    focus: bool = False

    @property
    def on(self) -> tuple[tuple[int, Stripe], ...]:
        """The codings with their lanes, the farthest from the text first, as they are nested when drawn."""
        return tuple((lane, stripe) for lane, stripe in reversed(list(enumerate(self.lanes))) if stripe is not None)

    @property
    def html(self) -> Markup:
        """The text escaped so that a browser counts as many characters as are stored."""
        written = escape(self.text)
        return written.replace("\r", Markup("&#13;")).replace("\0", "\ufffd")


@dataclass(frozen=True)
class Block:
    """A turn, or text between turns that somebody may have coded (a heading, a note); ``number`` counts from 0.

    ``stripes`` are the codings that touch the block, in the order of their lanes. ``direction`` is "rtl", "ltr", or ""
    where the text has no letters.
    """

    number: int
    span: Span
    runs: tuple[Run, ...]
    stripes: tuple[Stripe, ...]
    direction: str
    turn: Turn | None = None

    @property
    def focus(self) -> bool:
        """Whether the passage in focus touches the block."""
        return any(run.focus for run in self.runs)

    @property
    def named(self) -> tuple[Stripe, ...]:
        """The codings to name under the block: each code of each coder once."""
        return tuple({(stripe.code, stripe.coder, stripe.dashed): stripe for stripe in self.stripes}.values())

    @property
    def deep(self) -> bool:
        """Whether so many stripes lie under one another that the lines need more room."""
        return any(len(run.lanes) > 2 for run in self.runs)

    @property
    def interviewer(self) -> bool:
        """Whether an interviewer speaks: context, not coded by default."""
        return self.turn is not None and self.turn.role is Role.INTERVIEWER


@dataclass(frozen=True)
class Drawn:
    """Some blocks of a transcript, and how many come before and after them."""

    blocks: tuple[Block, ...]
    earlier: int = 0
    later: int = 0


def direction(text: str) -> str:
    """Return the direction of a paragraph: that of most of its letters, since Hebrew speech may open in English."""
    hebrew, latin = len(_HEBREW.findall(text)), len(_LATIN.findall(text))
    if not hebrew and not latin:
        return ""
    return "rtl" if hebrew >= latin else "ltr"


def draw(
    transcript: Transcript, stripes: Iterable[Stripe] = (), focus: Span | None = None, around: int | None = None
) -> Drawn:
    """Return the blocks of a transcript, or only those within ``around`` blocks of the passage in focus."""
    places = list(_places(transcript))
    first, last = _window(places, focus, around)
    window = Span(places[first][0].start, places[last - 1][0].end) if first < last else None
    near = (stripe for stripe in stripes if window is not None and stripe.span.overlap(window))
    kept = sorted(near, key=lambda stripe: (stripe.span.start, -stripe.span.end, stripe.code, stripe.coder))
    blocks = tuple(_block(transcript, number, *places[number], kept, focus) for number in range(first, last))
    return Drawn(blocks, first, len(places) - last)


def draw_blocks(transcript: Transcript, stripes: Iterable[Stripe], focus: Span | None, first: int, last: int) -> Drawn:
    """Return the blocks from ``first`` up to ``last``, which may leave the transcript."""
    whole = draw(transcript, stripes, focus)
    kept = whole.blocks[max(0, first) : max(0, last)]
    return Drawn(kept, max(0, min(first, len(whole.blocks))), max(0, len(whole.blocks) - last))


def _places(transcript: Transcript) -> Iterator[tuple[Span, Turn | None]]:
    """Yield the blocks' spans in order: every turn, and what is said between turns beyond the speaker's label."""
    done = 0
    for turn in transcript.turns:
        yield from _between(transcript, done, turn.span.start, turn.speaker)
        yield turn.span, turn
        done = turn.span.end
    yield from _between(transcript, done, len(transcript.text), "")


def _between(transcript: Transcript, start: int, end: int, speaker: str) -> Iterator[tuple[Span, None]]:
    for match in re.finditer(r"\S(?:.*\S)?", transcript.text[start:end]):
        line = normalise(match.group())
        said = _TIMES.sub("", line.replace(normalise(speaker), "") if speaker else line)
        if said:
            yield Span(start + match.start(), start + match.end()), None


def _window(places: Sequence[tuple[Span, Turn | None]], focus: Span | None, around: int | None) -> tuple[int, int]:
    """Return the first block to draw and the one after the last."""
    if around is None:
        return 0, len(places)
    held = [n for n, (span, _) in enumerate(places) if focus is not None and span.overlap(focus)] or [0]
    return max(0, held[0] - around), min(len(places), held[-1] + around + 1)


def _block(
    transcript: Transcript,
    number: int,
    span: Span,
    turn: Turn | None,
    stripes: Sequence[Stripe],
    focus: Span | None,
) -> Block:
    here = [stripe for stripe in stripes if stripe.span.overlap(span)]
    lanes = _lanes(here)
    text = transcript.quote(span)
    runs = tuple(_runs(transcript, span, lanes, focus))
    return Block(number, span, runs, tuple(stripe for lane in lanes for stripe in lane), direction(text), turn)


def _lanes(stripes: Sequence[Stripe]) -> list[list[Stripe]]:
    """Give each coding the first lane that is free where it begins; what finds none goes to the last lane of all."""
    lanes: list[list[Stripe]] = []
    for stripe in stripes:
        free = next((lane for lane in lanes if not any(stripe.span.overlap(other.span) for other in lane)), None)
        if free is None and len(lanes) < LANES:
            free = []
            lanes.append(free)
        (lanes[-1] if free is None else free).append(stripe)
    return lanes


def _runs(transcript: Transcript, span: Span, lanes: Sequence[Sequence[Stripe]], focus: Span | None) -> Iterator[Run]:
    edges = {span.start, span.end}
    for cut in (*(stripe.span for lane in lanes for stripe in lane), *([focus] if focus else [])):
        edges |= {edge for edge in (cut.start, cut.end) if span.start < edge < span.end}
    for start, end in pairwise(sorted(edges)):
        here = Span(start, end)
        on = tuple(next((stripe for stripe in lane if stripe.span.overlap(here)), None) for lane in lanes)
        while on and on[-1] is None:
            on = on[:-1]
        yield Run(here, transcript.text[start:end], on, focus is not None and focus.overlap(here) > 0)
