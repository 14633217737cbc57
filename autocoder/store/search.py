"""Passages that are looked for: by the words said, and by who coded them with what.

Every answer is bounded: rows are looked through in the order of the transcripts until a page is full or the caller
says that it is late, and the answer says where to go on. What is asked for is data, never a query language.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from autocoder.project import CoderKind, Origin, Role, Span
from autocoder.store import schema as t
from autocoder.store.assignments import in_reach, visible
from autocoder.store.spoken import place, turn_at
from autocoder.store.study import Store, id_of
from autocoder.text import normalise, normalise_with_map

LONGEST_QUERY = 200
INDEXED = 3  # letters of the shortest word that the index of words can find
_ROWS, _MOST_ROWS = 400, 4_000
_PHRASE = re.compile(r'(?<!\S)"([^"]+)"(?!\S)|(\S+)')

Late = Callable[[], bool]
"""Says whether it is time to stop looking and to answer with what there is."""


@dataclass(frozen=True)
class Words:
    """Words that must all be said in one turn, anywhere inside longer words; a phrase in quotes is one of them."""

    each: tuple[str, ...] = ()

    @classmethod
    def of(cls, query: str) -> Words:
        """Read what a person typed, as the index sees it: without niqqud, direction marks and other invisible signs."""
        spaced = " ".join(query[:LONGEST_QUERY].split())
        printed = "".join(letter for letter in spaced if unicodedata.category(letter)[0] != "C")
        found = (phrase or word for phrase, word in _PHRASE.findall(normalise(f" {printed} ")))
        return cls(tuple(dict.fromkeys(each for part in found if (each := part.strip()))))

    def __bool__(self) -> bool:
        return bool(self.each)

    @property
    def indexed(self) -> tuple[str, ...]:
        """The words that are long enough for the index."""
        return tuple(word for word in self.each if len(word) >= INDEXED)

    @property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        """What finds each word in normalised text."""
        return tuple(re.compile(re.escape(word), re.IGNORECASE) for word in self.each)

    def said(self, text: str) -> bool:
        """Return whether normalised text holds every word."""
        return all(pattern.search(text) for pattern in self.patterns)

    def spans(self, text: str) -> tuple[Span, ...]:
        """Return where the words stand in a text as it was received, in order; overlapping finds are one."""
        seen = normalise_with_map(text)
        found = sorted(
            seen.original(*match.span()) for pattern in self.patterns for match in pattern.finditer(seen.text)
        )
        joined: list[tuple[int, int]] = []
        for start, end in found:
            if joined and start < joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return tuple(Span(start, end) for start, end in joined)


@dataclass(frozen=True)
class Saying:
    """A turn in which the words are said."""

    transcript_id: int
    transcript: str
    turn: int
    span: Span
    speaker: str
    role: Role


@dataclass(frozen=True)
class Coded:
    """A coding as it is found; ``accepted`` tells how a suggestion was answered, None while nobody answered it."""

    id: int
    transcript_id: int
    transcript: str
    span: Span
    code: str
    coder: str
    kind: CoderKind
    origin: Origin
    score: float | None
    memo: str
    created: str
    codebook_version: int
    accepted: bool | None


Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """What was found; ``more`` is where to go on, "" at the end, and ``late`` tells that the page could be fuller."""

    rows: tuple[Row, ...]
    more: str = ""
    late: bool = False


class Answered(StrEnum):
    """How a suggestion stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Reader:
    """Who asks; one who does not lead sees suggestions only in transcripts that are that person's to confirm."""

    coder: str
    leads: bool = False


@dataclass(frozen=True)
class Wish:
    """Which codings are wanted; what is empty or None does not matter. ``codes`` holds every code under a code too.

    ``zones`` gives the lowest and the highest score that are wanted of a coder's suggestions of a code: a coding
    without such a pair is not wanted. The highest is not in the range.
    """

    words: Words = Words()
    codes: frozenset[str] = frozenset()
    coder: str = ""
    role: Role | None = None
    lowest: float | None = None
    highest: float | None = None
    zones: Mapping[tuple[str, str], tuple[float, float]] | None = None
    answered: Answered | None = None
    transcript: str = ""

    @property
    def of_codings(self) -> bool:
        """Whether anything is asked of a coding, so that a turn alone is no answer."""
        asked = (self.coder, self.codes, self.answered, self.zones is not None)
        return any(asked) or self.lowest is not None or self.highest is not None


def sayings(store: Store, wish: Wish, size: int, late: Late, after: str = "") -> Page[Saying]:
    """Return the turns in which the words are said, in the order of the transcripts."""
    with store.reading() as connection:
        first, last = _rows_of(connection, wish.transcript)
        last_seen = int(after) if _small(after) else first - 1
        found: list[Saying] = []
        many = 2 * size
        while len(found) <= size:
            rows = connection.execute(_spoken(connection, wish.words, max(first - 1, last_seen), last, many)).all()
            hits = [row.rowid for row in rows if wish.words.said(row.text)]
            turns = _turns_at(connection, hits)
            found += [saying for saying in turns if wish.role in (None, saying.role)]
            if len(rows) < many:
                break
            last_seen, many = rows[-1].rowid, min(2 * many, _MOST_ROWS)
            if late() and len(found) <= size:
                return Page(tuple(found), str(last_seen), late=True)
        return _page(found, size, lambda saying: str(place(saying.transcript_id, saying.turn)))


def _page(found: Sequence[Row], size: int, key: Callable[[Row], str]) -> Page[Row]:
    """Cut what was found to a page, and say where to go on if there is more."""
    return Page(tuple(found[:size]), key(found[size - 1]) if len(found) > size else "")


def _rows_of(connection: sa.Connection, transcript: str) -> tuple[int, int]:
    """Return the first and the last row of the index that can hold the words of a transcript, or of all."""
    if not transcript:
        return 0, place(1 << 31)
    number = connection.scalars(sa.select(t.transcript.c.id).where(t.transcript.c.name == transcript)).first()
    return (place(number), place(number + 1) - 1) if number is not None else (0, -1)


def _spoken(connection: sa.Connection, words: Words, after: int, last: int, many: int) -> sa.Select[Any]:
    """Select the next rows that may hold the words; words that are too short for the index are left to the caller."""
    query = sa.select(t.spoken.c.rowid, t.spoken.c.text).where(t.spoken.c.rowid > after, t.spoken.c.rowid <= last)
    query = query.order_by(t.spoken.c.rowid).limit(many)
    if not words.indexed:
        return query
    if connection.dialect.name != "sqlite":
        return query.where(*(t.spoken.c.text.icontains(word, autoescape=True) for word in words.indexed))
    phrases = " AND ".join('"{}"'.format(word.replace('"', '""')) for word in words.indexed)
    return query.where(sa.literal_column("spoken").op("MATCH")(phrases))


def _turns_at(connection: sa.Connection, rows: Sequence[int]) -> Iterator[Saying]:
    """Yield the turns whose words these rows hold; a transcript without turns is one turn of nobody."""
    wanted: dict[int, list[int]] = {}
    for transcript_id, number in map(turn_at, rows):
        wanted.setdefault(transcript_id, []).append(number)
    for transcript_id, numbers in wanted.items():
        query = sa.select(t.transcript.c.name, t.turn).outerjoin(
            t.turn, (t.turn.c.transcript_id == t.transcript.c.id) & t.turn.c.number.in_(numbers)
        )
        for row in connection.execute(query.where(t.transcript.c.id == transcript_id).order_by(t.turn.c.number)):
            span = Span(row.start, row.end) if row.number is not None else _whole(connection, transcript_id)
            role = Role(row.role) if row.role else Role.PARTICIPANT
            yield Saying(transcript_id, row.name, row.number or 0, span, row.speaker or "", role)


def _whole(connection: sa.Connection, transcript_id: int) -> Span:
    length = sa.select(sa.func.length(t.transcript.c.text)).where(t.transcript.c.id == transcript_id)
    return Span(0, max(1, connection.scalars(length).one()))


_FIRST_STRETCH, _FEW = 16, 60


def codings(store: Store, wish: Wish, reader: Reader, size: int, late: Late, after: str = "") -> Page[Coded]:
    """Return the codings that are wanted and that the reader may see now, by transcript and position.

    Transcripts are looked through in stretches, which grow while they hold little.
    """
    with store.reading() as connection:
        first, last = _transcripts_of(connection, wish.transcript)
        wanted = _wanted(connection, wish, reader)
        key = _key(after, first)
        stretch = _FIRST_STRETCH
        found: list[Coded] = []
        while key[0] <= last:
            end = min(last, key[0] + stretch - 1)
            if wish.words.indexed:
                said = _next_said(connection, wish.words, key[0], last)
                if said is None:
                    break
                key, end = (key if said == key[0] else (said, -1, -1)), said
            rows = connection.execute(_beyond(wanted, key, end)).all()
            found += _within(connection, wish, rows)
            if len(found) > size:
                return _page(found, size, lambda coded: f"{coded.transcript_id}.{coded.span.start}.{coded.id}")
            full = len(rows) == _ROWS
            key = (rows[-1].transcript_id, rows[-1].start, rows[-1].id) if full else (end + 1, -1, -1)
            stretch = stretch * 4 if len(rows) < _FEW else stretch
            if late() and key[0] <= last:
                return Page(tuple(found), ".".join(map(str, key)), late=True)
        return Page(tuple(found))


def _transcripts_of(connection: sa.Connection, name: str) -> tuple[int, int]:
    ids = sa.select(sa.func.min(t.transcript.c.id), sa.func.max(t.transcript.c.id))
    first, last = connection.execute(ids.where(t.transcript.c.name == name) if name else ids).one()
    return (0, -1) if first is None else (first, last)


def _key(after: str, first: int) -> tuple[int, int, int]:
    parts = after.split(".")
    if len(parts) != 3 or not all(_small(part.removeprefix("-")) for part in parts):
        return first, -1, -1
    return max(first, int(parts[0])), int(parts[1]), int(parts[2])


def _small(number: str) -> bool:
    """Return whether a part of an address is a whole number that a database can hold."""
    return number.isascii() and number.isdecimal() and len(number) <= 18


_CODED = (
    sa.select(
        t.coding,
        t.transcript.c.name.label("transcript"),
        t.coder.c.name.label("coder"),
        t.coder.c.kind,
        t.decision.c.after,
    )
    .join(t.transcript, t.transcript.c.id == t.coding.c.transcript_id)
    .join(t.coder, t.coder.c.id == t.coding.c.coder_id)
    .outerjoin(t.decision, t.decision.c.id == t.coding.c.answer)
)


def _wanted(connection: sa.Connection, wish: Wish, reader: Reader) -> sa.Select[Any]:
    """Select what the wish asks for, as far as SQL can tell, of what the reader may see."""
    c = t.coding.c
    query = _CODED.where(visible(connection, reader.coder))
    if not reader.leads:
        reach = in_reach(connection, id_of(connection, t.coder, reader.coder))
        query = query.where((t.coder.c.kind != CoderKind.MODEL) | c.transcript_id.in_(reach))
    if wish.codes:
        query = query.where(c.code.in_(sorted(wish.codes)))
    if wish.coder:
        query = query.where(c.coder_id == sa.select(t.coder.c.id).where(t.coder.c.name == wish.coder).scalar_subquery())
    if wish.lowest is not None:
        query = query.where(c.score >= wish.lowest)
    if wish.highest is not None:
        query = query.where(c.score <= wish.highest)
    if wish.answered is Answered.OPEN:
        query = query.where(c.answer.is_(None), t.coder.c.kind == CoderKind.MODEL)
    elif wish.answered:
        query = query.where(c.answer.is_not(None))
    return query.order_by(c.transcript_id, c.start, c.id).limit(_ROWS)


def _beyond(wanted: sa.Select[Any], key: tuple[int, int, int], end: int) -> sa.Select[Any]:
    """Narrow a query to what comes after a place, in a stretch of transcripts."""
    c = t.coding.c
    begin, start, number = key
    after = (c.transcript_id > begin) | (c.start > start) | ((c.start == start) & (c.id > number))
    return wanted.where(c.transcript_id.between(begin, end), after)


def _within(connection: sa.Connection, wish: Wish, rows: Sequence[sa.Row[Any]]) -> Iterator[Coded]:
    """Yield the codings of these rows that meet what SQL cannot tell: zone, answer, words and role of the turn."""
    found = [coded for row in rows if _fits(wish, coded := _coded(row))]
    if wish.words:
        found = _saying(connection, wish.words, found)
    if wish.role:
        found = _by_role(connection, wish.role, found)
    yield from found


def _fits(wish: Wish, coded: Coded) -> bool:
    if wish.answered in (Answered.ACCEPTED, Answered.REJECTED):
        return coded.accepted is (wish.answered is Answered.ACCEPTED)
    if wish.zones is not None:
        low, high = wish.zones.get((coded.coder, coded.code), (2.0, 2.0))
        return coded.score is not None and low <= coded.score < high
    return True


def _coded(row: sa.Row[Any]) -> Coded:
    return Coded(
        id=row.id,
        transcript_id=row.transcript_id,
        transcript=row.transcript,
        span=Span(row.start, row.end),
        code=row.code,
        coder=row.coder,
        kind=CoderKind(row.kind),
        origin=Origin(row.origin),
        score=row.score,
        memo=row.memo,
        created=row.created,
        codebook_version=row.codebook_version,
        accepted=None if row.after is None else row.code in row.after,
    )


def _next_said(connection: sa.Connection, words: Words, first: int, last: int) -> int | None:
    """Return the next transcript that has a turn with the first word; the passage may hold the others elsewhere."""
    query = _spoken(connection, Words(words.indexed[:1]), place(first) - 1, place(last + 1) - 1, 1)
    row = connection.scalars(query).first()
    return None if row is None else turn_at(row)[0]


def _saying(connection: sa.Connection, words: Words, found: Sequence[Coded]) -> list[Coded]:
    """Return the codings whose passages hold every word."""
    texts = _texts(connection, {coded.transcript_id for coded in found})
    return [
        coded for coded in found if words.said(normalise(texts[coded.transcript_id][coded.span.start : coded.span.end]))
    ]


def _texts(connection: sa.Connection, transcripts: set[int]) -> dict[int, str]:
    query = sa.select(t.transcript.c.id, t.transcript.c.text).where(t.transcript.c.id.in_(transcripts))
    return {row.id: row.text for row in connection.execute(query)}


def _by_role(connection: sa.Connection, role: Role, found: Sequence[Coded]) -> list[Coded]:
    """Return the codings whose passages begin in a turn of this role."""
    query = sa.select(t.turn.c.transcript_id, t.turn.c.start, t.turn.c.role)
    query = query.where(t.turn.c.transcript_id.in_({coded.transcript_id for coded in found}))
    turns: dict[int, list[tuple[int, str]]] = {}
    for row in connection.execute(query.order_by(t.turn.c.transcript_id, t.turn.c.start)):
        turns.setdefault(row.transcript_id, []).append((row.start, row.role))
    kept = []
    for coded in found:
        here = turns.get(coded.transcript_id, [])
        before = bisect_right(here, (coded.span.start, "~"))
        if before and here[before - 1][1] == role.value:
            kept.append(coded)
    return kept


@dataclass(frozen=True)
class Quoted:
    """A stretch of a transcript with what stands around it; ``start`` is where ``before`` begins."""

    start: int
    before: str
    quote: str
    after: str


def quoted(store: Store, places: Sequence[tuple[int, Span]], margin: int) -> tuple[Quoted, ...]:
    """Return stretches, named by transcript and span, with up to ``margin`` characters of their lines around each."""
    with store.reading() as connection:
        texts = _texts(connection, {transcript_id for transcript_id, _ in places})
    return tuple(_quoted(texts[transcript_id], span, margin) for transcript_id, span in places)


def _quoted(text: str, span: Span, margin: int) -> Quoted:
    before = text[max(0, span.start - margin) : span.start].rpartition("\n")[2]
    after = text[span.end : span.end + margin].partition("\n")[0]
    return Quoted(span.start - len(before), before, text[span.start : span.end], after)


def transcript_names(store: Store, most: int) -> tuple[str, ...]:
    """Return the names of the transcripts in the order in which they came, ``most`` at most."""
    with store.reading() as connection:
        return tuple(connection.scalars(sa.select(t.transcript.c.name).order_by(t.transcript.c.id).limit(most)))
