"""Putting codings of other files on the project's texts: by position where the text is the quote, else by the quote.

What stands nowhere, or in several equally good places, is never guessed: it is handed back as :class:`Unplaced`, with
the places that a person may choose from.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import PureWindowsPath

from autocoder.formats.anchor import Anchor, How, anchor, resembling
from autocoder.formats.qdpx import exported_text
from autocoder.project import Coding, Quote, Span, Transcript
from autocoder.text import normalise

_ENDING = re.compile(r"\.(?:docx?|odt|rtf|txt|md|vtt|srt|json|pdf|html?)$")
_NUMBERED = re.compile(r"^d?\s*\d+\s*:\s+(?=\S)")
_MOST_CANDIDATES = 5
_COUNTED_ALIKE = 0.9
"""The share of quotes in one place that must stand in the paragraph that their table names, for others to go by it."""


@dataclass(frozen=True)
class Candidate:
    """A place that may be meant; ``paragraph`` counts lines of the transcript from 1."""

    transcript: str
    span: Span
    paragraph: int
    text: str
    score: float


@dataclass(frozen=True)
class Unplaced:
    """A coding that found no place: where it stands in its file, what it is, why, and where it may belong."""

    file: str
    row: str
    document: str
    code: str
    coder: str
    quote: str
    why: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Placed:
    """A quote with its place in a transcript and how it was found."""

    quote: Quote
    transcript: Transcript
    span: Span
    how: How
    score: float


def name_key(name: str) -> str:
    """Return what two names of one transcript share: ``ריאיון 1.docx`` in a table is the transcript ``ריאיון 1``."""
    return _ENDING.sub("", same(name))


def same(name: str) -> str:
    """Return a name as names are compared: normalised, in one case."""
    return normalise(name).casefold()


def find_transcript(name: str, transcripts: Mapping[str, Transcript]) -> Transcript | None:
    r"""Return the transcript that a table means, by the keys of :func:`name_key`.

    Programs put the folder or the group before the name (``Files\\North\\ריאיון 1``, ``North\ריאיון 1``) or a number
    (``3: ריאיון 1``); what is left of the name when they are taken off is tried last.
    """
    bare = PureWindowsPath(name.strip()).name
    tries = (name, bare, _NUMBERED.sub("", same(name)), _NUMBERED.sub("", same(bare)))
    return next((found for each in tries if (found := transcripts.get(name_key(each)))), None)


def place_quotes(
    file: str, quotes: Sequence[Quote], transcripts: Mapping[str, Transcript]
) -> tuple[list[Placed], list[Unplaced]]:
    """Find every quote of a table, one document after the other.

    A repeated quote needs its paragraph or its position, except where as many rows of one coder and code quote the
    same words as there are places: then each row has one.
    """
    placed: list[Placed] = []
    unplaced: list[Unplaced] = []
    ambiguous: list[tuple[Quote, Transcript, Anchor]] = []
    for quote in sorted(quotes, key=lambda each: each.document):
        transcript = find_transcript(quote.document, transcripts)
        if transcript is None:
            why = f"there is no transcript named {quote.document}"
            unplaced.append(_unplaced(file, quote, why, _elsewhere(quote, transcripts.values())))
            continue
        where = _anchor(quote, transcript)
        if where is None:
            why = f"the segment is not in the transcript {transcript.name}"
            unplaced.append(_unplaced(file, quote, why, _resembling(quote, transcript)))
        elif where.span is None:
            ambiguous.append((quote, transcript, where))
        else:
            placed.append(Placed(quote, transcript, where.span, where.how, where.score))
    for rows in _by_places(_settled_by_paragraph(ambiguous, placed)):
        _settle(file, rows, placed, unplaced)
    order = {id(quote): place for place, quote in enumerate(quotes)}
    placed.sort(key=lambda each: order[id(each.quote)])
    return placed, sorted(unplaced, key=lambda each: _row_number(each.row))


def _settled_by_paragraph(
    ambiguous: Iterable[tuple[Quote, Transcript, Anchor]], placed: list[Placed]
) -> Iterator[tuple[Quote, Transcript, Anchor]]:
    """Place the quotes that are in one place of the paragraph that their table names; yield the others."""
    countings = _countings(placed)
    for quote, transcript, where in ambiguous:
        starts = countings(transcript)
        wanted = quote.paragraph
        there = [span for span in where.candidates if wanted and bisect_right(starts, span.start) == wanted]
        if len(there) == 1:
            placed.append(Placed(quote, transcript, there[0], where.how, where.score))
        else:
            yield quote, transcript, where


def _countings(placed: Iterable[Placed]) -> Callable[[Transcript], Sequence[int]]:
    """How the table counts the paragraphs of each transcript, as its quotes in one place show: where they begin.

    Programs count empty paragraphs or leave them out. Where the quotes agree with neither, no paragraph is believed.
    """
    shown: dict[str, list[tuple[int, int]]] = {}
    for each in placed:
        if each.quote.paragraph is not None:
            shown.setdefault(each.transcript.name, []).append((each.quote.paragraph, each.span.start))

    @cache
    def starts_of(name: str, text: str) -> Sequence[int]:
        every = [0, *(place + 1 for place, letter in enumerate(text) if letter == "\n")]
        filled = [start for start, end in pairwise((*every, len(text) + 1)) if text[start : end - 1].strip()]
        for starts in (every, filled):
            fitting = sum(bisect_right(starts, position) == paragraph for paragraph, position in shown.get(name, ()))
            if fitting >= _COUNTED_ALIKE * len(shown.get(name, ())):
                return starts
        return ()

    return lambda transcript: starts_of(transcript.name, transcript.text)


def _by_places(
    rows: Iterable[tuple[Quote, Transcript, Anchor]],
) -> Iterable[list[tuple[Quote, Transcript, Anchor]]]:
    """The rows of one coder and code that quote the same words, in the order of the table."""
    alike: dict[tuple[object, ...], list[tuple[Quote, Transcript, Anchor]]] = {}
    for quote, transcript, where in rows:
        key = (transcript.name, quote.code_path, quote.coder, where.candidates)
        alike.setdefault(key, []).append((quote, transcript, where))
    return alike.values()


def _anchor(quote: Quote, transcript: Transcript) -> Anchor | None:
    """The place that the table gives, where the quote stands there, else where the quote is found."""
    span = quote.span
    if span is not None and span.end <= len(transcript.text):
        wanted = quote.text.replace("\r\n", "\n").replace("\r", "\n")
        there = transcript.quote(span)
        if exported_text(wanted) == exported_text(there):  # either side may come from a project without its emoji
            return Anchor(How.EXACT, 1.0, (span,), span)
    return anchor(quote.text, transcript)


def nearest(where: Anchor | None, position: float) -> Span | None:
    """Return the candidate that lies clearly nearest to a position, else None."""
    if where is None:
        return None
    far = sorted((abs(span.start - position), span) for span in where.candidates)
    return far[0][1] if len(far) == 1 or 2 * far[0][0] < far[1][0] else None


def _settle(
    file: str, rows: Sequence[tuple[Quote, Transcript, Anchor]], placed: list[Placed], unplaced: list[Unplaced]
) -> None:
    """Give each of the rows one place where there are as many rows as places."""
    candidates = rows[0][2].candidates
    apart = all(first.end <= second.start for first, second in pairwise(candidates))
    if len(rows) == len(candidates) and apart and rows[0][2].how is not How.FUZZY:
        placed += [
            Placed(quote, transcript, span, where.how, where.score)
            for (quote, transcript, where), span in zip(rows, candidates, strict=True)
        ]
        return
    for quote, transcript, where in rows:
        why = f"the segment is in several places of the transcript {transcript.name}"
        unplaced.append(_unplaced(file, quote, why, _candidates(transcript, where)))


def _unplaced(file: str, quote: Quote, why: str, candidates: Iterable[Candidate]) -> Unplaced:
    code = " > ".join(quote.code_path)
    first = tuple(candidates)[:_MOST_CANDIDATES]
    return Unplaced(file, f"row {quote.row}", quote.document, code, quote.coder, quote.text, why, first)


def unplaced_coding(file: str, coding: Coding, code: str, received: Transcript, there: Transcript) -> Unplaced:
    """Return what is told of a coding with a position in another edition of a text, that found no place in this one."""
    quote = received.quote(coding.span)
    where = anchor(quote, there)
    several = where is not None and where.ambiguous
    why = f"its quote stands in {'several places' if several else 'no place'} of the transcript {there.name}"
    candidates = _candidates(there, where) if where else _resembling_text(quote, there)
    row = f"position {coding.span.start}"
    first = tuple(candidates)[:_MOST_CANDIDATES]
    return Unplaced(file, row, received.name, code, coding.coder, quote, why, first)


def _candidates(transcript: Transcript, where: Anchor) -> Iterator[Candidate]:
    for span in where.candidates:
        yield _candidate(transcript, span, where.score)


def _candidate(transcript: Transcript, span: Span, score: float) -> Candidate:
    paragraph = transcript.text.count("\n", 0, span.start) + 1
    return Candidate(transcript.name, span, paragraph, transcript.quote(span), score)


def _elsewhere(quote: Quote, transcripts: Iterable[Transcript]) -> Iterator[Candidate]:
    """The places of a quote in other transcripts, literally."""
    wanted = quote.text.strip()
    for transcript in transcripts:
        start = transcript.text.find(wanted) if wanted else -1
        if start >= 0:
            yield _candidate(transcript, Span(start, start + len(wanted)), 1.0)


def _resembling(quote: Quote, transcript: Transcript) -> Iterator[Candidate]:
    return _resembling_text(quote.text, transcript)


def _resembling_text(text: str, transcript: Transcript) -> Iterator[Candidate]:
    found = resembling(text, transcript)
    if found:
        yield _candidate(transcript, *found)


def _row_number(row: str) -> int:
    return int(row.rpartition(" ")[2])
