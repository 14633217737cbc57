"""How each person agrees with the blind coding of others: the same transcripts, unit by unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from autocoder.agree import cohen_kappa
from autocoder.project import Origin, Span, Transcript, Turn
from autocoder.segment import belongs, segments
from autocoder.store import Store
from autocoder.store.coded import Given, coded_blind, given_by_people, numbered
from autocoder.text import fingerprint

MOST_TRANSCRIPTS = 60


@dataclass(frozen=True)
class SampleAgreement:
    """Cohen's kappa over every unit and code, present or absent, with the share of equal judgements."""

    kappa: float | None
    percent: float | None
    units: int
    transcripts: int


Sets = Sequence[frozenset[str]]


def agreement_with_blind(store: Store) -> dict[str, SampleAgreement]:
    """Return by person the agreement of all that the person coded with others' blind coding of the same transcripts.

    Of a large sample the transcripts are drawn by the fingerprint of their number, the same ones each time.
    """
    blind = coded_blind(store)
    chosen = sorted(blind, key=lambda number: fingerprint(str(number)))[:MOST_TRANSCRIPTS]
    given: dict[int, list[Given]] = defaultdict(list)
    for each in given_by_people(store, chosen):
        given[each.transcript_id].append(each)
    pairs: dict[str, list[tuple[Sets, Sets]]] = defaultdict(list)
    for number, transcript in numbered(store, [number for number in chosen if len(_people(given[number])) > 1]).items():
        for person, mine, theirs in _compared(transcript, given[number], blind[number]):
            pairs[person].append((mine, theirs))
    return {person: _agreement(both) for person, both in pairs.items()}


def _people(given: Iterable[Given]) -> set[str]:
    return {each.coder for each in given}


def _compared(
    transcript: Transcript, given: Sequence[Given], blind: frozenset[str]
) -> Iterable[tuple[str, Sets, Sets]]:
    units = unit_spans(transcript.text, transcript.turns)
    for other in sorted(blind):
        theirs = sets_of(units, (each for each in given if each.coder == other and each.origin is Origin.BLIND))
        for person in sorted(_people(given) - {other}):
            yield person, sets_of(units, (each for each in given if each.coder == person)), theirs


@lru_cache(maxsize=256)
def unit_spans(text: str, turns: tuple[Turn, ...]) -> tuple[Span, ...]:
    """Return the units of coding of a transcript with this text and these turns."""
    return tuple(unit.span for unit in segments(Transcript("", text, turns)))


def sets_of(units: Sequence[Span], given: Iterable[Given]) -> list[frozenset[str]]:
    """Return the codes that these codings give each unit."""
    sets: list[set[str]] = [set() for _ in units]
    for each in given:
        for codes, unit in zip(sets, units, strict=True):
            if belongs(each.span, unit):
                codes.add(each.code)
    return [frozenset(codes) for codes in sets]


def _agreement(pairs: Sequence[tuple[Sets, Sets]]) -> SampleAgreement:
    mine = [codes for one, _ in pairs for codes in one]
    theirs = [codes for _, other in pairs for codes in other]
    used = sorted({code for codes in (*mine, *theirs) for code in codes})
    if not used:
        return SampleAgreement(None, None, len(mine), len(pairs))
    cells = np.array([[[code in codes for codes in side] for code in used] for side in (mine, theirs)], dtype=int)
    both = cells.reshape(2, -1)
    kappa = cohen_kappa(both)
    return SampleAgreement(kappa.value, float((both[0] == both[1]).mean()), len(mine), len(pairs))
