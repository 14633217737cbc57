"""What helps to judge a suggestion: similar passages that the team coded, one that is similar and was coded otherwise.

They are examples, not reasons: nothing here says why the model suggested a code. Passages are compared by the newest
model's vectors, kept in its folder, and where there are none, by the n-grams of our linear machines. Examples make
people judge better where marks on single words make them trust too much (Chen et al. 2023, arXiv 2301.07255).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from autocoder.classifier import ModelFault, Ngrams, load
from autocoder.project import Origin, Span
from autocoder.review.kept import Kept
from autocoder.segment import segments, spoken
from autocoder.steps import model_folders
from autocoder.store import Store, counts
from autocoder.store.coded import Given, fingerprints, given_by_people, given_with, number_of, numbered, seen_of
from autocoder.store.search import quoted
from autocoder.suggest import read_units
from autocoder.vectors import UnitVectors, load_vectors, save_vectors, vectors_path

WITH, WITHOUT = 3, 1
PER_CODE = 300  # passages of a code that are compared; of more, the same ones are drawn each time
READ_AT_ONCE = 40  # transcripts that are read by the model in one round; the rest waits for the next
LOOKED_AT = 40  # nearest passages among which those are found that the reader may see
LATEST = 60  # codings of a code among which those are chosen that the codebook shows
LONGEST = 260
RESTS = 60.0

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """A passage as somebody coded it; ``quote`` may be cut."""

    transcript: str
    span: Span
    quote: str
    coder: str
    created: str


@dataclass(frozen=True)
class Similar:
    """Passages near the one on the card: coded with its code, each of another transcript, and coded without it."""

    with_code: tuple[Example, ...] = ()
    without: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Passage:
    """A stretch that people coded, with their codings and the codes, those above them included."""

    transcript_id: int
    span: Span
    given: tuple[Given, ...]
    codes: frozenset[str]


class NotRead(LookupError):
    """A transcript that the model has not read since it can tell how it reads."""


class Space(Protocol):
    """Where passages are compared."""

    def near(self, transcript_id: int, span: Span) -> Floats | None:
        """Return the cosine of every passage of the bank with this one; None for one that lies on no unit of coding.

        Raises NotRead for a transcript that has no place here yet.
        """
        ...


@dataclass(frozen=True)
class Bank:
    """The coded passages that examples come from, and where they are compared; None where nobody coded anything.

    ``lines`` holds for each code the code itself and those above it.
    """

    passages: tuple[Passage, ...] = ()
    space: Space | None = None
    lines: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Examples:
    """The examples of one project, made beside the page and made anew when coding is added."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._unread: set[int] = set()
        self._bank = Kept(self._made, self._version, RESTS)

    def similar(self, coder: str, transcript: str, span: Span, code: str) -> Similar | None:
        """Return examples for a card that this person may see; None while they are being made."""
        bank = self._bank.latest()
        return None if bank is None else self._similar(bank, coder, transcript, span, code)

    def similar_now(self, coder: str, transcript: str, span: Span, code: str) -> Similar:
        """Return examples, made here if they have to be."""
        return self._similar(self._bank.now(), coder, transcript, span, code)

    def _made(self) -> Bank:
        unread = frozenset(self._unread)
        bank = make_bank(self._store, unread)
        self._unread -= unread
        return bank

    def _version(self) -> tuple[object, ...]:
        decision, file, _ = counts.state(self._store)
        return decision, file, tuple(model_folders(self._store)), frozenset(self._unread)

    def _similar(self, bank: Bank, coder: str, transcript: str, span: Span, code: str) -> Similar:
        known = number_of(self._store, transcript)
        try:
            near = bank.space.near(known, span) if bank.space is not None else None
        except NotRead:
            self._unread.add(known)
            return Similar()
        if near is None:
            return Similar()
        order = np.argsort(-near, kind="stable")
        ranked = [bank.passages[n] for n in order if near[n] > 0]
        return _chosen(self._store, ranked, bank.lines, coder, known, code)


def _chosen(
    store: Store,
    ranked: Sequence[Passage],
    lines: Mapping[str, frozenset[str]],
    coder: str,
    transcript_id: int,
    code: str,
) -> Similar:
    """Choose among passages, the nearest first, those of other transcripts that this person may see."""
    elsewhere = [passage for passage in ranked if passage.transcript_id != transcript_id]
    having = [passage for passage in elsewhere if code in passage.codes][:LOOKED_AT]
    lacking = [passage for passage in elsewhere if code not in passage.codes][:LOOKED_AT]
    seen = seen_of(store, [each.id for passage in (*having, *lacking) for each in passage.given], coder)
    wanted = {each.id for passage in having for each in passage.given if code in lines.get(each.code, {each.code})}
    with_code, without = _first(having, WITH, seen & wanted), _first(lacking, WITHOUT, seen)
    shown = _examples(store, [*with_code, *without])
    return Similar(shown[: len(with_code)], shown[len(with_code) :])


def coded_with(
    store: Store, coder: str, code: str, blind_in: str | None = None, most: int = WITH
) -> tuple[Example, ...]:
    """Return passages that people coded with a code and that this person may see, of different transcripts first.

    ``blind_in`` is the transcript that the person codes blind, "" where it is not chosen yet: nothing of it is shown
    then, nor anything of which a model had a part.
    """
    origins = tuple(Origin) if blind_in is None else (Origin.BLIND,)
    found = given_with(store, code, coder, origins, blind_in or "", LATEST)
    first: dict[int, Given] = {}
    for each in found:
        first.setdefault(each.transcript_id, each)
    places: dict[tuple[int, Span], Given] = {}
    for each in (*first.values(), *found):
        places.setdefault((each.transcript_id, each.span), each)
    return _examples(store, list(places.values())[:most])


def _examples(store: Store, chosen: Sequence[Given]) -> tuple[Example, ...]:
    """Return codings with their quotes and the names of their transcripts."""
    names = fingerprints(store, {each.transcript_id for each in chosen})
    quotes = quoted(store, [(each.transcript_id, each.span) for each in chosen], 0)
    return tuple(
        Example(names[each.transcript_id][0], each.span, _short(quote.quote), each.coder, each.created)
        for each, quote in zip(chosen, quotes, strict=True)
    )


def _first(passages: Iterable[Passage], many: int, shown: frozenset[int]) -> list[Given]:
    """Return one of the codings that may be shown of each of the first passages, at most one of a transcript."""
    found: dict[int, Given] = {}
    for passage in passages:
        visible = [each for each in passage.given if each.id in shown]
        if visible and len(found) < many:
            found.setdefault(passage.transcript_id, visible[0])
    return list(found.values())


def _short(quote: str) -> str:
    if len(quote) <= LONGEST:
        return quote
    return quote[: max(quote.rfind(" ", 0, LONGEST), LONGEST // 2)].rstrip() + " …"


def make_bank(store: Store, unread: Collection[int] = ()) -> Bank:
    """Gather what people coded and place it among the newest model's vectors, or among n-grams without such a model.

    ``unread`` are further transcripts that the model is to read.
    """
    codebook = store.codebook()
    lines = {code.id: frozenset({code.id, *(above.id for above in codebook.ancestors(code.id))}) for code in codebook}
    passages = coded_passages(given_by_people(store), lines)
    folders = model_folders(store)
    if passages and folders:
        space = _network_space(store, folders[-1], passages, unread)
        if space is not None:
            return Bank(*space, lines)
    return Bank(passages, _NgramSpace(store, passages), lines) if passages else Bank()


def coded_passages(given: Iterable[Given], lines: Mapping[str, frozenset[str]]) -> tuple[Passage, ...]:
    """Return the stretches that people coded, at most PER_CODE of each code, drawn by their places."""
    at: dict[tuple[int, Span], list[Given]] = defaultdict(list)
    for each in given:
        at[each.transcript_id, each.span].append(each)
    by_code: dict[str, list[tuple[int, Span]]] = defaultdict(list)
    for place, here in at.items():
        for code in {each.code for each in here}:
            by_code[code].append(place)
    kept = {place for places in by_code.values() for place in sorted(places, key=_by_chance)[:PER_CODE]}
    return tuple(
        Passage(*place, tuple(here), frozenset().union(*(lines.get(each.code, {each.code}) for each in here)))
        for place, here in at.items()
        if place in kept
    )


def _by_chance(place: tuple[int, Span]) -> int:
    return crc32(f"{place[0]}.{place[1].start}.{place[1].end}".encode())


class _NetworkSpace:
    """Vectors of a model, about their mean, of length one."""

    def __init__(self, model: Path, sha256: Mapping[int, tuple[str, str]], vectors: Floats) -> None:
        self._model = model
        self._sha256 = sha256
        self._middle = vectors.mean(axis=0)
        centred = vectors - self._middle
        self._vectors = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)

    def near(self, transcript_id: int, span: Span) -> Floats | None:
        """Compare with a passage whose transcript the model has read."""
        read = _vectors_of(self._model, self._sha256[transcript_id][1]) if transcript_id in self._sha256 else None
        if read is None:
            raise NotRead(transcript_id)
        own = read.of(span)
        if own is None:
            return None
        centred = own - self._middle
        cosine: Floats = self._vectors @ (centred / max(float(np.linalg.norm(centred)), 1e-9))
        return cosine


@lru_cache(maxsize=64)
def _read_once(model: Path, sha256: str, stamp: int) -> UnitVectors | None:  # noqa: ARG001
    return load_vectors(model, sha256)


def _vectors_of(model: Path, sha256: str) -> UnitVectors | None:
    path = vectors_path(model, sha256)
    return _read_once(model, sha256, path.stat().st_mtime_ns) if path.is_file() else None


def _network_space(
    store: Store, model: Path, passages: Sequence[Passage], unread: Collection[int]
) -> tuple[tuple[Passage, ...], Space] | None:
    """Return the passages that have vectors, and where they lie; None where the model gives no vectors."""
    known = fingerprints(store)
    wanted = dict.fromkeys((*sorted(unread), *(passage.transcript_id for passage in passages)))
    missing = [number for number in wanted if not vectors_path(model, known[number][1]).is_file()]
    if missing and not _read(store, model, missing[:READ_AT_ONCE]):
        return None
    found = [
        (passage, vector)
        for passage, vector in zip(passages, _each_vector(model, known, passages), strict=True)
        if vector is not None
    ]
    if not found:
        return None
    vectors = np.stack([vector for _, vector in found])
    return tuple(passage for passage, _ in found), _NetworkSpace(model, known, vectors)


def _each_vector(
    model: Path, known: Mapping[int, tuple[str, str]], passages: Iterable[Passage]
) -> Iterator[Floats | None]:
    """Yield the vector of each passage; neighbours of one transcript are read from its file once."""
    at, read = -1, None
    for passage in passages:
        if passage.transcript_id != at:
            at, read = passage.transcript_id, load_vectors(model, known[passage.transcript_id][1])
        yield None if read is None else read.of(passage.span)


def _read(store: Store, model: Path, numbers: Sequence[int]) -> bool:
    """Let the model read transcripts and keep their vectors; return whether it gives any."""
    try:
        classifier = load(model)
    except ModelFault:  # a damaged model is no reason to show no examples
        return False
    for transcript in numbered(store, numbers).values():
        units = segments(transcript)
        read = read_units(classifier, transcript, units) if units else None
        if read is not None and read.vectors is None:
            return False
        vectors = np.zeros((0, 1), np.float32) if read is None or read.vectors is None else read.vectors
        save_vectors(model, transcript.sha256, UnitVectors(tuple(unit.span for unit in units), vectors))
    return True


class _NgramSpace:
    """TF-IDF of character and word n-grams, of length one."""

    def __init__(self, store: Store, passages: Sequence[Passage]) -> None:
        self._store = store
        texts = [spoken(text) for text in _texts(store, [(each.transcript_id, each.span) for each in passages])]
        self._features = Ngrams().fit([text or "-" for text in texts])
        self._vectors = _of_length_one(self._features(texts))

    def near(self, transcript_id: int, span: Span) -> Floats | None:
        """Compare with any passage."""
        (text,) = _texts(self._store, [(transcript_id, span)])
        own = _of_length_one(self._features([spoken(text)]))
        return np.asarray((self._vectors @ own.T).todense(), dtype=np.float32).ravel()


def _texts(store: Store, places: Sequence[tuple[int, Span]]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(places), 200):
        found += [each.quote for each in quoted(store, places[start : start + 200], 0)]
    return found


def _of_length_one(features: Any) -> Any:  # noqa: ANN401
    from sklearn.preprocessing import normalize

    return normalize(features)
