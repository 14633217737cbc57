"""Transcripts into units of coding, human codings onto units, and suggested units back into spans.

A unit is whole sentences of one participant's turn, up to about 120 words; turns are never joined. One rule maps spans
to units: a code belongs to a unit when its span overlaps the unit by at least half of the shorter of the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from autocoder.project import Coding, Role, Segment, Span, Transcript, Turn
from autocoder.text import normalise

LONGEST = 120  # words in a unit, unless one sentence alone is longer
UNPUNCTUATED = 60  # more words than this a stop means that nobody punctuated: windows instead of sentences
WINDOW = 50  # words in a window of unpunctuated speech
QUESTION_REACH = 8  # turns; an interviewer's question farther back is no context any more

_STOPS = frozenset(".?!׃")
_CLOSERS = "\"'”’״׳)]}»"
_ASIDES = re.compile(
    r"\[[^\[\]\n]{0,40}\]"  # [לא ברור], [00:12:34]
    r"|#\d\d:\d\d:\d\d(?:-\d)?#"  # MAXQDA and F4
    r"|\(\d{1,2}:\d\d(?::\d\d)?\)"
    r"|(?<!\d)\d{1,2}:\d\d:\d\d(?:[.,]\d{1,3})?(?!\d)"
)


@Language.component("hebrew_sentences")
def mark_sentences(doc: Doc) -> Doc:
    """Start a sentence after a stop or a line end; not after "..." nor a stop inside a number or an acronym."""
    ended = False
    for token, following in pairwise(doc):
        ended = _ends_sentence(token.text) or (ended and _closes(token.text))
        following.is_sent_start = ended and (bool(token.whitespace_) or not _closes(following.text))
    return doc


def _closes(token: str) -> bool:
    """Return whether the token still belongs to a sentence that has just ended: a closing mark, another stop."""
    return all(letter in _CLOSERS or letter in _STOPS for letter in normalise(token))


def _ends_sentence(token: str) -> bool:
    if "\n" in token:
        return True
    bare = normalise(token).rstrip(_CLOSERS)
    return bool(bare) and bare[-1] in _STOPS and not bare.endswith("..")


@cache
def _pipeline() -> Language:
    language = spacy.blank("he")
    language.add_pipe("hebrew_sentences")
    language.max_length = 10_000_000
    return language


def sentences(speech: str) -> list[Span]:
    """Return the sentences of one turn's speech, trimmed, by position in ``speech``."""
    doc = _pipeline()(speech)
    found = [_trim(speech, sentence.start_char, sentence.end_char) for sentence in doc.sents]
    kept = [span for span in found if span is not None]
    words = len(speech.split())
    if words > UNPUNCTUATED * max(1, len(kept)):
        return [window for span in kept for window in _windows(speech, span)]
    return kept


def _trim(text: str, start: int, end: int) -> Span | None:
    """Return the span without white space at its edges, or None when nothing is left."""
    stretch = text[start:end]
    start += len(stretch) - len(stretch.lstrip())
    end -= len(stretch) - len(stretch.rstrip())
    return Span(start, end) if start < end else None


def _windows(speech: str, span: Span) -> list[Span]:
    """Cut a stretch without stops into windows of about fifty words of the same size."""
    edges = [match.span() for match in re.finditer(r"\S+", speech[span.start : span.end])]
    count = max(1, round(len(edges) / WINDOW))
    cuts = [round(n * len(edges) / count) for n in range(count + 1)]
    return [Span(span.start + edges[a][0], span.start + edges[b - 1][1]) for a, b in pairwise(cuts) if a < b]


def segments(transcript: Transcript, longest: int = LONGEST) -> tuple[Segment, ...]:
    """Return the units of a transcript in order; interviewers' turns give none."""
    units: list[Segment] = []
    for number, turn in enumerate(transcript.turns):
        if turn.role is Role.PARTICIPANT:
            question = _question(transcript.turns, number)
            spans = _units(transcript.quote(turn.span), longest)
            shift = turn.span.start
            units += [Segment(transcript.name, Span(s.start + shift, s.end + shift), number, question) for s in spans]
    return tuple(units)


def _question(turns: Sequence[Turn], number: int) -> Span | None:
    for turn in reversed(turns[max(0, number - QUESTION_REACH) : number]):
        if turn.role is Role.INTERVIEWER:
            return turn.span
    return None


def _units(speech: str, longest: int) -> list[Span]:
    """Group the sentences of a turn into as few units as the limit allows, of about the same number of words."""
    parts = sentences(speech)
    sizes = [len(speech[part.start : part.end].split()) for part in parts]
    if not parts:
        return []
    target = sum(sizes) / -(-sum(sizes) // longest)
    groups: list[list[Span]] = [[]]
    size = 0
    for part, words in zip(parts, sizes, strict=True):
        if groups[-1] and (size + words > longest or size + words / 2 > target):
            groups.append([])
            size = 0
        groups[-1].append(part)
        size += words
    return [Span(group[0].start, group[-1].end) for group in groups]


def belongs(span: Span, unit: Span) -> bool:
    """Return whether a coding of ``span`` counts for ``unit``: an overlap of at least half of the shorter."""
    return 2 * span.overlap(unit) >= min(len(span), len(unit))


@dataclass(frozen=True)
class Mapped:
    """Codes by unit, and the codings that fall on no unit (on an interviewer's turn, between turns)."""

    codes: tuple[frozenset[str], ...]
    lost: tuple[Coding, ...]


def map_codings(units: Sequence[Segment], codings: Iterable[Coding]) -> Mapped:
    """Map the codings of one transcript onto its units, which must be in order of position."""
    codes: list[set[str]] = [set() for _ in units]
    lost = []
    for coding in codings:
        hit = [n for n, unit in enumerate(units) if belongs(coding.span, unit.span)]
        for n in hit:
            codes[n].add(coding.code)
        if not hit:
            lost.append(coding)
    return Mapped(tuple(frozenset(unit) for unit in codes), tuple(lost))


def join(units: Sequence[Segment], scores: Sequence[Mapping[str, float]]) -> list[tuple[Span, str, float]]:
    """Join neighbouring units of a turn that carry the same code into one span, with the highest of their scores."""
    joined: list[tuple[Span, str, float]] = []
    last: dict[str, tuple[int, int]] = {}  # code -> (index of the last unit that carried it, its place in joined)
    for n, (unit, codes) in enumerate(zip(units, scores, strict=True)):
        for code, score in codes.items():
            before, place = last.get(code, (-2, -1))
            if before == n - 1 and units[before].turn == unit.turn:
                span, _, highest = joined[place]
                joined[place] = (replace(span, end=unit.span.end), code, max(highest, score))
            else:
                place = len(joined)
                joined.append((unit.span, code, score))
            last[code] = (n, place)
    return joined


def spoken(text: str) -> str:
    """Return what the model reads of a stretch: normalised, without timestamps and transcriber's marks."""
    return normalise(_ASIDES.sub(" ", text))
