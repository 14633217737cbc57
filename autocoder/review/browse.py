"""Browse: search what was said and what was coded, and read each passage where it stands.

It shows nobody the blind coding of another person before it is revealed, nor a suggestion where the person codes blind.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from autocoder.classifier import ModelFault, read_manifest
from autocoder.project import Codebook, CoderKind, Coding, Role, Span
from autocoder.review.choice import Choice, span_in
from autocoder.review.desk import name_of_suggestion
from autocoder.review.desk_page import names_of
from autocoder.review.drawing import Stripe
from autocoder.review.pages import page, wants_part
from autocoder.review.panes import shown
from autocoder.review.reviewer import Reviewer, reviewer_of, store_of
from autocoder.steps import model_folders
from autocoder.store import Store, passages
from autocoder.store.queues import Suggestion
from autocoder.store.search import (
    Answered,
    Coded,
    Late,
    Page,
    Quoted,
    Reader,
    Saying,
    Wish,
    Words,
    codings,
    quoted,
    sayings,
    transcript_names,
)
from autocoder.suggest import coder_of

PATH, READ = "/browse", "/browse/transcript"
SIZE = 20
MARGIN, LONGEST = 160, 700
SECONDS = 0.15
LISTED = 300  # transcripts that are offered in a list; of more, the name is typed
ZONES = ("suggest", "unsure")
MOST_STRIPES = 2_000

Zones = Mapping[tuple[str, str], tuple[float, float]]


@dataclass(frozen=True)
class Asked:
    """What stands in the fields; what is not known is as if it were empty. Scores are in hundredths."""

    q: str = ""
    code: str = ""
    coder: str = ""
    role: str = ""
    low: str = ""
    high: str = ""
    zone: str = ""
    status: str = ""
    transcript: str = ""

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Asked:
        """Return what an address asks for."""
        found = {name: values.get(name, "").strip() for name in cls.__dataclass_fields__}
        for name, known in (("role", tuple(Role)), ("zone", ZONES), ("status", tuple(Answered))):
            found[name] = found[name] if found[name] in known else ""
        for name in ("low", "high"):
            number = found[name]
            found[name] = number if number.isascii() and number.isdecimal() and int(number) <= 100 else ""
        return cls(**found)

    @property
    def fields(self) -> dict[str, str]:
        """What is asked for, without what is empty."""
        return {name: value for name, value in vars(self).items() if value}

    def wish(self, codebook: Codebook, zones: Zones) -> Wish:
        """Return the question to the store, a code with everything under it."""
        return Wish(
            Words.of(self.q),
            under(codebook, self.code) if self.code else frozenset(),
            self.coder,
            Role(self.role) if self.role else None,
            int(self.low) / 100 if self.low else None,
            int(self.high) / 100 if self.high else None,
            zones if self.zone else None,
            Answered(self.status) if self.status else None,
            self.transcript,
        )


def under(codebook: Codebook, code: str) -> frozenset[str]:
    """Return a code and every code under it; a code that is in no codebook any more is itself alone."""
    if code not in codebook:
        return frozenset({code})
    return frozenset({code}).union(*(under(codebook, child.id) for child in codebook.children(code)))


def zones_of(store: Store) -> dict[str, Zones]:
    """Return, by zone, the scores of each model's suggestions of each code that lie in it."""
    found: dict[str, dict[tuple[str, str], tuple[float, float]]] = {zone: {} for zone in ZONES}
    for folder in model_folders(store):
        for coder, code, unsure, suggest in _thresholds(folder, (folder / "manifest.json").stat().st_mtime_ns):
            found["suggest"][coder, code] = (suggest, 2.0)
            found["unsure"][coder, code] = (unsure, suggest)
    return dict(found)


_read: dict[Path, tuple[int, tuple[tuple[str, str, float, float], ...]]] = {}


def _thresholds(folder: Path, stamp: int) -> tuple[tuple[str, str, float, float], ...]:
    """Return what a manifest says of its codes, read once as long as it is not written anew."""
    known = _read.get(folder)
    if known is None or known[0] != stamp:
        try:
            manifest = read_manifest(folder)
        except ModelFault:  # a damaged model has no zones; the page of jobs says what is wrong with it
            return ()
        coder = coder_of(manifest.name).name
        known = (stamp, tuple((coder, code.id, code.unsure, code.suggest) for code in manifest.codes if code.learned))
        _read[folder] = known
    return known[1]


@dataclass(frozen=True)
class Piece:
    """A run of text of a result: a word that was looked for, the passage itself, or what stands around it."""

    text: str
    passage: bool = True
    word: bool = False


@dataclass(frozen=True)
class Result:
    """A passage that was found; ``card`` leads to its decision where it is a suggestion that waits for one."""

    transcript: str
    address: str
    pieces: tuple[Piece, ...]
    speaker: str = ""
    coded: Coded | None = None
    zone: str = ""
    card: str = ""


def browse(request: Request) -> Response:
    """Show the fields and a page of what they ask for."""
    store, reviewer = store_of(request), reviewer_of(request)
    asked = Asked.of(request.query_params)
    names, zones = names_of(request), zones_of(store)
    found = search(store, asked, names.codebook, reader_of(reviewer), zones, request.query_params.get("after", ""))
    transcripts = transcript_names(store, LISTED + 1)
    return page(
        request,
        "browse.html",
        asked=asked,
        names=names,
        found=found,
        more=f"{PATH}?{urlencode(asked.fields | {'after': found.more})}" if found and found.more else "",
        first="after" not in request.query_params,
        coders=[coder.name for coder in store.coders()],
        transcripts=transcripts if len(transcripts) <= LISTED else (),
        zones=[zone for zone in ZONES if zones[zone]],
    )


def search(
    store: Store,
    asked: Asked,
    codebook: Codebook,
    reader: Reader,
    zones: Mapping[str, Zones],
    after: str = "",
    late: Late | None = None,
) -> Page[Result] | None:
    """Return a page of results, turns where nothing is asked of codings; None when nothing is asked at all."""
    wish = asked.wish(codebook, zones.get(asked.zone, {}))
    late = late or stopwatch(SECONDS)
    if wish.of_codings:
        coded = codings(store, wish, reader, SIZE, late, after)
        quotes = quoted(store, [(each.transcript_id, each.span) for each in coded.rows], MARGIN)
        pairs = zip(coded.rows, quotes, strict=True)
        return Page(tuple(_of_coding(each, q, wish, zones) for each, q in pairs), coded.more, coded.late)
    if not wish.words:
        return None
    said = sayings(store, wish, SIZE, late, after)
    quotes = quoted(store, [(each.transcript_id, each.span) for each in said.rows], 0)
    pairs_said = zip(said.rows, quotes, strict=True)
    return Page(tuple(_of_saying(each, q, wish.words) for each, q in pairs_said), said.more, said.late)


def reader_of(reviewer: Reviewer) -> Reader:
    """Return the person as the store asks for one."""
    return Reader(reviewer.coder, reviewer.leads)


def stopwatch(seconds: float) -> Late:
    """Return what says that it is late once the seconds are over."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def _of_saying(saying: Saying, turn: Quoted, words: Words) -> Result:
    hits = words.spans(turn.quote)
    middle = hits[0].start if hits else 0
    start, end = _window(turn.quote, middle)
    pieces = (*_ellipsis(start > 0), *_pieces(turn.quote, start, end, words), *_ellipsis(end < len(turn.quote)))
    span = Span(saying.span.start + hits[0].start, saying.span.start + hits[-1].end) if hits else saying.span
    return Result(saying.transcript, address(saying.transcript, span), pieces, saying.speaker)


def _of_coding(coded: Coded, stretch: Quoted, wish: Wish, zones: Mapping[str, Zones]) -> Result:
    hits = wish.words.spans(stretch.quote) if wish.words else ()
    start, end = _window(stretch.quote, hits[0].start if hits else 0)
    pieces = (
        Piece(stretch.before, passage=False),
        *_ellipsis(start > 0),
        *_pieces(stretch.quote, start, end, wish.words),
        *_ellipsis(end < len(stretch.quote)),
        Piece(stretch.after, passage=False),
    )
    waits = coded.kind is CoderKind.MODEL and coded.accepted is None
    return Result(
        coded.transcript,
        address(coded.transcript, coded.span),
        tuple(piece for piece in pieces if piece.text),
        coded=coded,
        zone=next((zone for zone in ZONES if waits and _in_zone(coded, zones[zone])), ""),
        card=_card(coded) if waits else "",
    )


def _in_zone(coded: Coded, zone: Zones) -> bool:
    low, high = zone.get((coded.coder, coded.code), (2.0, 2.0))
    return coded.score is not None and low <= coded.score < high


def _card(coded: Coded) -> str:
    coding = Coding(coded.transcript, coded.span, coded.code, coded.coder, coded.origin, coded.score)
    return Choice("/confirm").address(card=name_of_suggestion(Suggestion(coded.id, coding)))


def _window(text: str, middle: int) -> tuple[int, int]:
    """Return the part of a long text to show, cut between words, with ``middle`` in it."""
    if len(text) <= LONGEST:
        return 0, len(text)
    start = max(0, min(middle - LONGEST // 3, len(text) - LONGEST))
    end = min(len(text), start + LONGEST)
    start = 0 if start == 0 else text.rfind(" ", 0, start + 1) + 1
    return start, end if end == len(text) else max(text.rfind(" ", start, end), middle + 1)


def _pieces(text: str, start: int, end: int, words: Words) -> tuple[Piece, ...]:
    """Cut the part of a passage that is shown at the words that were looked for."""
    found: list[Piece] = []
    done = start
    for hit in words.spans(text) if words else ():
        if start <= hit.start and hit.end <= end:
            found += [Piece(text[done : hit.start]), Piece(text[hit.start : hit.end], word=True)]
            done = hit.end
    return (*(piece for piece in found if piece.text), Piece(text[done:end]))


def _ellipsis(cut: bool) -> tuple[Piece, ...]:
    return (Piece(" … ", passage=False),) if cut else ()


def address(transcript: str, span: Span) -> str:
    """Return the address at which a passage is read in its transcript."""
    return f"{READ}?{urlencode({'name': transcript, 'start': span.start, 'end': span.end})}#passage"


def read(request: Request) -> Response:
    """Show a passage in its transcript, with the codings that this person may see."""
    store, reviewer, asked = store_of(request), reviewer_of(request), request.query_params
    transcript = passages.transcript(store, asked.get("name", ""))
    if transcript is None:
        raise HTTPException(404)
    span = span_in(asked)
    focus = span if span and span.end <= len(transcript.text) else None
    here = {"name": transcript.name} | ({"start": focus.start, "end": focus.end} if focus else {})
    view = shown(
        transcript,
        _stripes(store, reviewer, transcript.name),
        focus,
        names_of(request),
        reviewer.coder,
        f"{READ}?{urlencode(here)}",
        asked.get("turns", ""),
        "whole" in asked,
    )
    if asked.get("turns") and wants_part(request):
        return page(request, "desk/turns.html", view=view)
    return page(request, "browse_transcript.html", view=view, names=view.names)


def _stripes(store: Store, reviewer: Reviewer, transcript: str) -> tuple[Stripe, ...]:
    """Return what people coded and what still waits for an answer."""
    found = codings(store, Wish(transcript=transcript), reader_of(reviewer), MOST_STRIPES, lambda: False)
    return tuple(
        Stripe(each.span, each.code, each.coder, dashed=each.kind is CoderKind.MODEL)
        for each in found.rows
        if each.kind is CoderKind.HUMAN or each.accepted is None
    )


routes = [Route(PATH, browse), Route(READ, read)]
