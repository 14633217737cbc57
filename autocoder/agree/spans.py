"""Spans that coders marked in texts: how they are passed, checked, and cut into stretches on which nothing changes.

Every span coefficient takes ``spans`` and ``length`` in one of these forms. A span is ``(start, end)`` or
``(start, end, code)``, half-open and counted in characters (code points) from 0, as everywhere in this package; a span
of no length carries nothing and is left out.

- one text: ``spans = {coder: [span, ...]}``, or a list with one list of spans per coder; ``length = 1000``;
- several: ``spans = {text: {coder: [span, ...]}}`` and ``length = {text: 1000}``, or a list of each, in one order.

A coder with an empty list saw the text and marked nothing; a coder who is not named in a text did not see it. Texts
that fewer than two coders saw are left out. Texts are also what intervals resample.

The cost grows with the number of spans, not with the length of the texts: characters between two neighbouring ends of
spans are counted together.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import index
from typing import Any, NamedTuple

import numpy as np

from autocoder.agree.form import Bools, Floats, Form, Ints, added
from autocoder.agree.result import Coefficient
from autocoder.errors import AutocoderError
from autocoder.project import Coding, Transcript

Spans = Mapping[Any, Any] | Sequence[Any]
"""Spans by coder, or by text and coder; see the head of this module."""
Lengths = int | Mapping[Any, int] | Sequence[int] | None
"""The length of the text or texts, in characters; None, where a measure does without, ends a text at its last span."""
Codes = Collection[Hashable] | None
"""The codes to look at, the spans of others being put aside; None for all."""
Parts = tuple[float | None, float | None]
"""Agreement or disagreement, observed and expected by chance."""
UNSEEN = -1
"""The value of a stretch for a coder who did not see the text."""
NOTHING = 0
"""The value of a stretch on which a coder marked nothing; codes count from 1."""

NO_SHARED_TEXT = "no text was seen by two coders"
NO_CHARACTERS = "the texts that two coders saw have no characters"
NOTHING_MARKED = "no coder marked anything"


class SpansRefused(AutocoderError):
    """Spans that are not what they should be: which text, which coder, which span, and what to do."""


class OverlappingSpans(SpansRefused):
    """One coder put two codes on the same characters, where a coefficient needs codes that exclude each other."""


class Mark(NamedTuple):
    """A code that a coder put on the characters from ``start`` up to, not including, ``end``."""

    start: int
    end: int
    code: Hashable = None


@dataclass(frozen=True)
class Continuum:
    """One text, and what each coder who saw it marked there, sorted."""

    name: str
    length: int
    marks: Mapping[str, tuple[Mark, ...]]

    def only(self, codes: Codes) -> Continuum:
        """Return it with the marks of these codes; all of them for None."""
        if codes is None:
            return self
        kept = {name: tuple(mark for mark in marks if mark.code in codes) for name, marks in self.marks.items()}
        return Continuum(self.name, self.length, kept)

    def as_one(self) -> Continuum:
        """Return it with the codes forgotten: characters are marked or not."""
        plain = {name: tuple(Mark(start, end, True) for start, end, _ in marks) for name, marks in self.marks.items()}
        return Continuum(self.name, self.length, plain)

    def by_code(self) -> dict[Hashable, Continuum]:
        """Return it for each code with the marks of that code."""
        found: dict[Hashable, dict[str, list[Mark]]] = {}
        for coder, marks in self.marks.items():
            for mark in marks:
                found.setdefault(mark.code, {name: [] for name in self.marks})[coder].append(mark)
        return {
            code: Continuum(self.name, self.length, {coder: tuple(marks) for coder, marks in held.items()})
            for code, held in found.items()
        }

    def ends(self) -> Ints:
        """Return where anything begins or ends, the ends of the text among them."""
        places = {0, self.length}
        for marks in self.marks.values():
            for start, end, _ in marks:
                places |= {start, end}
        return np.array(sorted(places), dtype=np.int64)


@dataclass(frozen=True)
class Continua:
    """The texts that two coders or more saw, and which they are among those that were passed."""

    texts: tuple[Continuum, ...]
    enters: Bools

    def coefficient(
        self, name: str, form: Form, fault: str, lowest: float = -1.0, parts: Parts = (None, None)
    ) -> Coefficient:
        """Return what a form over the texts gives; ``fault`` is the reason should it be undefined.

        The units of the coefficient are texts, its categories the codes used in them.
        """
        value = form.estimate() if self.texts else None
        return Coefficient(
            name,
            value,
            units=len(self.texts),
            coders=len(coders_of(self.texts)),
            categories=codes_of(self.texts),
            reason="" if value is not None else _reason(self.texts) or fault,
            form=form,
            enters=self.enters,
            lowest=lowest,
            observed=parts[0],
            expected=parts[1],
        )

    def among(self, chosen: Bools) -> Continua:
        """Return some of the texts."""
        enters = self.enters.copy()
        enters[enters] = chosen
        return Continua(tuple(text for text, kept in zip(self.texts, chosen, strict=True) if kept), enters)


def continua(spans: Spans, length: Lengths = None, codes: Codes = None) -> Continua:
    """Return the texts that two coders or more saw, with the spans of these codes; see the head of this module.

    Raises SpansRefused for a span that is no span or leaves its text, and for a text whose length is not given.
    """
    chosen = None if codes is None else frozenset([codes] if isinstance(codes, str) else codes)
    texts = [_continuum(name, coders, size).only(chosen) for name, coders, size in _by_text(spans, length)]
    enters = np.array([len(text.marks) >= 2 for text in texts], dtype=np.bool_)
    return Continua(tuple(text for text in texts if len(text.marks) >= 2), enters)


def _reason(texts: Sequence[Continuum]) -> str:
    """Say what every span coefficient lacks, "" where nothing is."""
    if not texts:
        return NO_SHARED_TEXT
    if not any(text.length for text in texts):
        return NO_CHARACTERS
    return "" if codes_of(texts) else NOTHING_MARKED


def coders_of(texts: Iterable[Continuum]) -> tuple[str, ...]:
    """Return the coders of these texts, in the order in which they come up."""
    return tuple(dict.fromkeys(name for text in texts for name in text.marks))


def codes_of(texts: Iterable[Continuum]) -> tuple[Hashable, ...]:
    """Return the codes used in these texts, sorted by their names."""
    used = {mark.code for text in texts for marks in text.marks.values() for mark in marks}
    return tuple(sorted(used, key=str))


def apart(text: Continuum, coder: str) -> tuple[Mark, ...]:
    """Return a coder's marks such that none overlap: overlapping marks of one code are joined, touching ones are not.

    Raises OverlappingSpans where two codes share characters.
    """
    done: list[Mark] = []
    for mark in text.marks[coder]:
        last = done[-1] if done else None
        if last is None or mark.start >= last.end:
            done.append(mark)
        elif mark.code == last.code:
            done[-1] = Mark(last.start, max(last.end, mark.end), last.code)
        else:
            raise OverlappingSpans(
                f"{coder} put both {last.code} [{last.start}, {last.end}) and {mark.code} [{mark.start}, {mark.end}) "
                f"on the same characters of {text.name}; this coefficient needs codes that exclude each other: compute "
                "it for one code, or one branch of exclusive codes, at a time."
            )
    return tuple(done)


@dataclass(frozen=True)
class Stretches:
    """Texts cut wherever a span of anyone begins or ends; the characters of a stretch are all alike.

    ``values[coder, stretch]`` counts into ``codes`` from 1, with NOTHING and UNSEEN. The columns of ``units`` are the
    coder, the code, the first stretch and the stretch after the last, of each span.
    """

    coders: tuple[str, ...]
    codes: tuple[Hashable, ...]
    lengths: Floats
    text: Ints
    values: Ints
    units: Ints
    seen: Ints = field(repr=False)
    """How many coders saw each text."""

    @property
    def texts(self) -> int:
        """How many texts there are."""
        return len(self.seen)

    @cached_property
    def others(self) -> Floats:
        """Return, for each stretch, the number of coders who saw it, less one."""
        return np.asarray(self.seen[self.text] - 1, dtype=np.float64)

    @cached_property
    def unit_lengths(self) -> Floats:
        """Return the length of each span."""
        edge = np.concatenate([[0.0], np.cumsum(self.lengths)])
        return np.asarray(edge[self.units[:, 3]] - edge[self.units[:, 2]])

    @cached_property
    def unit_text(self) -> Ints:
        """Return the text of each span."""
        return np.asarray(self.text[self.units[:, 2]], dtype=np.int64)

    def counts(self) -> Floats:
        """Return how many coders gave each value to each stretch: stretches x (NOTHING and the codes)."""
        width = len(self.codes) + 1
        places = np.arange(len(self.lengths))[None, :] * width + self.values
        held = np.bincount(places[self.values != UNSEEN], minlength=len(self.lengths) * width)
        return held.reshape(len(self.lengths), width).astype(np.float64)

    def by_text(self, amounts: Floats) -> Floats:
        """Add up amounts per stretch (stretches x totals) to texts x totals."""
        return added(amounts, self.text, self.texts) if self.texts else amounts[:0]


def stretches(
    texts: Sequence[Continuum],
    codes: Sequence[Hashable] | None = None,
    within: Sequence[Continuum] | None = None,
) -> Stretches:
    """Cut texts, wherever the spans of ``within`` begin or end if that is given.

    Raises OverlappingSpans where one coder put two codes on the same characters.
    """
    coders = coders_of(texts)
    known = tuple(codes) if codes is not None else codes_of(texts)
    number = {code: place for place, code in enumerate(known, start=1)}
    lengths, of_text, values, units, begun = [], [], [], [], 0
    for place, (text, around) in enumerate(zip(texts, within or texts, strict=True)):
        ends = around.ends()
        lengths.append(np.diff(ends).astype(np.float64))
        of_text.append(np.full(len(ends) - 1, place, dtype=np.int64))
        block = np.full((len(coders), len(ends) - 1), UNSEEN, dtype=np.int64)
        for row, coder in enumerate(coders):
            if coder in text.marks:
                block[row], found = _valued([(s, e, number[c]) for s, e, c in apart(text, coder)], ends)
                units.append(np.column_stack([np.full(len(found), row), found + np.array([0, begun, begun])]))
        values.append(block)
        begun += len(ends) - 1
    seen = np.array([len(text.marks) for text in texts], dtype=np.int64)
    return Stretches(
        coders,
        known,
        np.concatenate(lengths or [np.zeros(0)]),
        np.concatenate(of_text or [np.zeros(0, dtype=np.int64)]),
        np.concatenate(values or [np.zeros((0, 0), dtype=np.int64)], axis=1),
        np.concatenate(units or [np.zeros((0, 4), dtype=np.int64)]).astype(np.int64),
        seen,
    )


def _valued(marks: Sequence[tuple[int, int, int]], ends: Ints) -> tuple[Ints, Ints]:
    """Return the value of each stretch, and of each mark its value, first stretch and the stretch after its last."""
    table = np.array(marks, dtype=np.int64).reshape(len(marks), 3)
    first, after = np.searchsorted(ends, table[:, 0]), np.searchsorted(ends, table[:, 1])
    values = np.full(len(ends) - 1, NOTHING, dtype=np.int64)
    wide = after - first
    covered = np.repeat(first - np.cumsum(wide) + wide, wide) + np.arange(wide.sum())
    values[covered] = np.repeat(table[:, 2], wide)
    return values, np.column_stack([table[:, 2], first, after])


def spans_of(
    codings: Iterable[Coding], transcripts: Iterable[Transcript], saw: Mapping[str, Collection[str]] | None = None
) -> tuple[dict[str, dict[str, list[Mark]]], dict[str, int]]:
    """Return the spans and lengths of a project's codings, as every span coefficient takes them.

    ``saw`` names the coders who worked on each transcript; without it, those who coded anything in it.
    """
    lengths = {transcript.name: len(transcript.text) for transcript in transcripts}
    spans: dict[str, dict[str, list[Mark]]] = {
        name: {coder: [] for coder in (saw or {}).get(name, ())} for name in lengths
    }
    for coding in codings:
        here = spans.get(coding.transcript)
        if here is not None and (saw is None or coding.coder in here):
            here.setdefault(coding.coder, []).append(Mark(coding.span.start, coding.span.end, coding.code))
    return spans, lengths


def _by_text(spans: Spans, length: Lengths) -> list[tuple[str, Mapping[Any, Any], int | None]]:
    """Return the name, the spans by coder and the length of each text."""
    entries = list(spans.items()) if isinstance(spans, Mapping) else list(enumerate(spans, start=1))
    if not entries or not all(isinstance(held, Mapping) for _, held in entries):
        return [("the text", dict(entries), _one_length(length))]
    return [(str(name), held, size) for (name, held), size in zip(entries, _sizes(entries, length), strict=True)]


def _one_length(length: Lengths) -> int | None:
    if length is None:
        return None
    try:
        return index(length)  # type: ignore[arg-type]
    except TypeError:
        raise SpansRefused(
            "one text was given, by coder, with several lengths; give one length, or the spans as text -> coder."
        ) from None


def _sizes(entries: Sequence[tuple[Any, Any]], length: Lengths) -> list[int | None]:
    if length is None:
        return [None] * len(entries)
    if isinstance(length, Mapping):
        missing = [name for name, _ in entries if name not in length]
        if missing:
            raise SpansRefused(f"the length of {missing[0]} is not given; give one for each text.")
        return [index(length[name]) for name, _ in entries]
    if not isinstance(length, Sequence) or len(length) != len(entries):
        raise SpansRefused(f"{len(entries)} texts need as many lengths; give one for each text.")
    return [index(size) for size in length]


def _continuum(name: str, coders: Mapping[Any, Any], length: int | None) -> Continuum:
    marks = {
        str(coder): tuple(sorted((_mark(name, str(coder), span) for span in given), key=_place))
        for coder, given in coders.items()
    }
    marks = {coder: tuple(mark for mark in given if mark.end > mark.start) for coder, given in marks.items()}
    last = max((mark.end for given in marks.values() for mark in given), default=0)
    if length is not None and last > length:
        raise SpansRefused(
            f"a span of {name} ends at {last}, but its text has {length} characters; "
            "give spans and length of one version of the text, both in characters."
        )
    return Continuum(name, last if length is None else length, marks)


def _mark(name: str, coder: str, span: Sequence[Any]) -> Mark:
    try:
        start, end, *code = span
        mark = Mark(index(start), index(end), *code)
        hash(mark.code)
    except (TypeError, ValueError):
        raise SpansRefused(
            f"{coder} has {span!r} in {name}, which is not a span; give (start, end) or (start, end, code)."
        ) from None
    if not 0 <= mark.start <= mark.end:
        raise SpansRefused(
            f"{coder} has the span [{mark.start}, {mark.end}) in {name}; spans begin at 0 or later and end after that."
        )
    return mark


def _place(mark: Mark) -> tuple[int, int, str]:
    return mark.start, mark.end, str(mark.code)
