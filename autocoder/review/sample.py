"""How each person agrees with the blind coding of others: unit by unit, or answer by answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from autocoder.agree import cohen_kappa
from autocoder.project import Origin, Span, Transcript
from autocoder.review.units import unit_spans
from autocoder.segment import belongs
from autocoder.store import Store
from autocoder.store.coded import Answer, Given, answers_of_people, coded_blind, given_by_people, numbered
from autocoder.text import fingerprint

MOST_TRANSCRIPTS = 60


@dataclass(frozen=True)
class SampleAgreement:
    """Cohen's kappa over judgements that a code is there or not, with the share of equal ones.

    ``units`` counts passages: units of coding that both coded blind, and suggestions that the person answered.
    """

    kappa: float | None
    percent: float | None
    units: int
    transcripts: int


@dataclass(frozen=True)
class _Side:
    """What a person and another who coded blind said of one transcript: (2, judgements) of 0 and 1."""

    judgements: np.ndarray
    units: int


Sets = Sequence[frozenset[str]]


def agreement_with_blind(store: Store) -> dict[str, SampleAgreement]:
    """Return by person the agreement with others' blind coding of the same transcripts.

    Who coded a transcript blind is compared on all its units and the codes that either used; who answered suggestions
    there, on those alone, since the rest was not asked.
    Of a large sample the transcripts are drawn by the fingerprint of their number, the same ones each time.
    """
    blind = coded_blind(store)
    chosen = sorted(blind, key=lambda number: fingerprint(str(number)))[:MOST_TRANSCRIPTS]
    given: dict[int, list[Given]] = defaultdict(list)
    for each in given_by_people(store, chosen):
        if each.origin is Origin.BLIND:
            given[each.transcript_id].append(each)
    answers: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers_of_people(store, chosen):
        answers[answer.transcript_id].append(answer)
    pairs = [number for number in chosen if len(blind[number]) > 1]
    sides: dict[str, list[_Side]] = defaultdict(list)
    for number, transcript in numbered(store, pairs).items():
        for person, side in _coded(transcript, given[number], blind[number]):
            sides[person].append(side)
    for number in chosen:
        for person, side in _answered(answers[number], given[number], blind[number]):
            sides[person].append(side)
    return {person: _agreement(both) for person, both in sides.items()}


def _coded(transcript: Transcript, given: Sequence[Given], blind: frozenset[str]) -> Iterator[tuple[str, _Side]]:
    """Yield what each two who coded a transcript blind said of its units."""
    units = unit_spans(transcript.text, transcript.turns)
    sets = {coder: sets_of(units, (each for each in given if each.coder == coder)) for coder in blind}
    for person in sorted(blind):
        for other in sorted(blind - {person}):
            used = sorted({code for codes in (*sets[person], *sets[other]) for code in codes})
            cells = [[code in codes for codes in sets[who] for code in used] for who in (person, other)]
            yield person, _Side(np.array(cells, dtype=int), len(units))


def _answered(answers: Sequence[Answer], given: Sequence[Given], blind: frozenset[str]) -> Iterator[tuple[str, _Side]]:
    """Yield what each who answered suggestions said of them, beside each other person who coded blind."""
    for person in sorted({answer.coder for answer in answers}):
        mine = [answer for answer in answers if answer.coder == person]
        for other in sorted(blind - {person}):
            theirs = [each for each in given if each.coder == other]
            found = [any(each.code == a.code and belongs(each.span, a.span) for each in theirs) for a in mine]
            yield person, _Side(np.array([[a.kept for a in mine], found], dtype=int), len(mine))


def sets_of(units: Sequence[Span], given: Iterable[Given]) -> list[frozenset[str]]:
    """Return the codes that these codings give each unit."""
    sets: list[set[str]] = [set() for _ in units]
    for each in given:
        for codes, unit in zip(sets, units, strict=True):
            if belongs(each.span, unit):
                codes.add(each.code)
    return [frozenset(codes) for codes in sets]


def _agreement(sides: Sequence[_Side]) -> SampleAgreement:
    both = np.concatenate([side.judgements for side in sides], axis=1)
    units = sum(side.units for side in sides)
    if not both.shape[1]:
        return SampleAgreement(None, None, units, len(sides))
    return SampleAgreement(cohen_kappa(both).value, float((both[0] == both[1]).mean()), units, len(sides))
