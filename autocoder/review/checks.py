"""Chance on the desk: which passages a reviewer is asked about without a suggestion, with a false one, or again."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

from autocoder.project import Codebook, Decision, Mode, Origin, Role, Span, Transcript, Turn
from autocoder.review.units import units_of
from autocoder.segment import LONGEST, segments
from autocoder.store import Store, passages
from autocoder.store.checks import asked
from autocoder.store.decisions import Deed, Drawn
from autocoder.store.settings import Settings, settings
from autocoder.text import count_words, fingerprint

LEAST_AUDITED = 10
SHARE_AUDITED = 0.1


def checks_after(store: Store, decision: Decision, card: str) -> tuple[Drawn, ...]:
    """Return the checks that come of an answer: mostly none, so that they make up the share that the team set.

    What is drawn depends on the coder and the card alone, and lies in the transcript of the answer: passages without
    a suggestion are drawn from each transcript in proportion to the answers given there.
    """
    chance = random.Random(fingerprint(f"{decision.coder}\x1f{card}"))
    kind = kind_drawn(settings(store), chance.random())
    if kind is Mode.RANDOM:
        return _random_passage(store, decision, chance)
    return _planted_error(store, decision, chance) if kind is Mode.PLANTED else ()


def kind_drawn(shares: Settings, luck: float) -> Mode | None:
    """Return which check comes of an answer, for ``luck`` between 0 and 1; the shares are those of all cards."""
    planted_share = shares.planted_share if shares.planted else 0.0
    of_cards = luck * (1 - shares.random_share - planted_share)
    if of_cards < shares.random_share:
        return Mode.RANDOM
    return Mode.PLANTED if of_cards < shares.random_share + planted_share else None


def audited(seed: str, deeds: Sequence[Deed]) -> list[Deed]:
    """Return decisions made at once, a tenth of them but at least ten with a check of the same passage."""
    count = min(len(deeds), max(LEAST_AUDITED, round(SHARE_AUDITED * len(deeds))))
    chosen = frozenset(random.Random(seed).sample(range(len(deeds)), count))
    return [replace(deed, draws=(_audit_of(deed.decision),)) if n in chosen else deed for n, deed in enumerate(deeds)]


def _audit_of(decision: Decision) -> Drawn:
    (code,) = decision.after
    return Drawn(Mode.AUDIT, decision.transcript, decision.span, code, decision.score, decision.model)


def _random_passage(store: Store, decision: Decision, chance: random.Random) -> tuple[Drawn, ...]:
    """Draw a passage for which the model suggests nothing, which the coder neither coded nor was asked about."""
    taken = [
        coding.span
        for coding in passages.codings_in(store, decision.transcript)
        if coding.coder in (decision.model, decision.coder)
    ]
    taken += [drawn.span for drawn in asked(store, decision.coder, decision.transcript)]
    transcript = passages.transcript(store, decision.transcript)
    turns = [] if transcript is None else [turn for turn in transcript.turns if _may_be_free(transcript, turn, taken)]
    while transcript is not None and turns:  # one turn is taken apart, not the interview: that would be waited for
        turn = chance.choices(turns, [_size(transcript, turn) for turn in turns])[0]
        units = [unit.span for unit in segments(replace(transcript, turns=(turn,)))]
        free = [span for span in units if not any(span.overlap(other) for other in taken)]
        if free:
            return (Drawn(Mode.RANDOM, decision.transcript, chance.choice(free), model=decision.model),)
        turns.remove(turn)
    return ()


def _may_be_free(transcript: Transcript, turn: Turn, taken: Iterable[Span]) -> bool:
    """Return whether a turn may hold a free unit: a short turn is one unit, so that it is free as a whole or not."""
    if turn.role is not Role.PARTICIPANT:
        return False
    return _size(transcript, turn) > 1 or not any(turn.span.overlap(other) for other in taken)


def _size(transcript: Transcript, turn: Turn) -> int:
    """Return about how many units a turn gives."""
    return -(-count_words(transcript.quote(turn.span)) // LONGEST) or 1


def _planted_error(store: Store, decision: Decision, chance: random.Random) -> tuple[Drawn, ...]:
    """Draw a suggestion that is known to be wrong, or nothing where nothing is known.

    It is put on a passage that another person coded blind, with a code that is used in the transcript but that nobody,
    person or model, put there, nor any code above or below it.
    """
    codings = passages.codings_in(store, decision.transcript)
    book = store.codebook()
    asked_before = [drawn.span for drawn in asked(store, decision.coder, decision.transcript)]
    found = []
    for span in units_of(store, decision.transcript):
        here = [coding for coding in codings if coding.span.overlap(span)]
        known = any(coding.origin is Origin.BLIND and coding.coder != decision.coder for coding in here)
        if known and not any(span.overlap(other) for other in asked_before):
            near = _family(book, (coding.code for coding in here))
            used = {coding.code for coding in codings if coding.code in book and book[coding.code].codable}
            found += [(span, code) for code in sorted(used - near)]
    if not found:
        return ()
    span, code = chance.choice(found)
    scores = [coding.score for coding in codings if coding.coder == decision.model and coding.score is not None]
    score = chance.choice(scores) if scores else decision.score
    return (Drawn(Mode.PLANTED, decision.transcript, span, code, score, decision.model),)


def _family(book: Codebook, codes: Iterable[str]) -> set[str]:
    """Return codes with all that stand above or below them."""
    given = {code for code in codes if code in book}
    above = {ancestor.id for code in given for ancestor in book.ancestors(code)}
    below = {code.id for code in book if any(ancestor.id in given for ancestor in book.ancestors(code.id))}
    return given | above | below
