"""Blind coding: passage by passage, with no suggestion and nobody else's coding, until it is committed for good."""

from __future__ import annotations

from dataclasses import dataclass

from autocoder.project import Action, Coding, Decision, Mode, Span
from autocoder.review.answers import AnswerRefused, refuse_codes, refuse_memo, refuse_span
from autocoder.review.reviewer import Reviewer
from autocoder.review.units import units_of
from autocoder.segment import belongs
from autocoder.store import Store, assignments, passages
from autocoder.store import decisions as kept
from autocoder.store.assignments import Assignment, NotAllowed, Task
from autocoder.store.decisions import Deed, coding_made_by


@dataclass(frozen=True)
class Passage:
    """A unit of coding with the coder's own codings on it; ``number`` counts from 1 in the transcript."""

    transcript: str
    number: int
    span: Span
    codings: tuple[Coding, ...]
    done: bool
    skipped: bool


@dataclass(frozen=True)
class BlindAnswer:
    """The codes of a passage, none where no code fits; ``new_span`` where they are put on other boundaries."""

    codes: tuple[str, ...]
    new_span: Span | None = None
    memo: str = ""
    seconds: float | None = None
    skip: bool = False


@dataclass(frozen=True)
class BlindProgress:
    """How far a coder is in a transcript."""

    done: int
    total: int
    committed: str | None


def passages_of(store: Store, reviewer: Reviewer, transcript: str) -> tuple[Passage, ...]:
    """Return the units of a transcript with the reviewer's own codings, and nothing of anybody else.

    Raises NotAllowed where the reviewer saw suggestions.
    """
    assignments.may_code_blind(store, reviewer.coder, transcript)
    mine = [coding for coding in passages.codings_in(store, transcript) if coding.coder == reviewer.coder]
    last = {decision.span: decision for decision in kept.blind_decisions(store, reviewer.coder, transcript)}
    found = []
    for number, span in enumerate(units_of(store, transcript), start=1):
        here = tuple(coding for coding in mine if belongs(coding.span, span))
        skipped = span in last and last[span].action is Action.SKIP
        found.append(Passage(transcript, number, span, here, span in last and not skipped, skipped))
    return tuple(found)


def next_passage(store: Store, reviewer: Reviewer, transcript: str, after: int = 0) -> Passage | None:
    """Return the next passage that waits for an answer after number ``after``, beginning anew at the end.

    Those that were skipped come last; None when all are done.
    """
    waiting = [passage for passage in passages_of(store, reviewer, transcript) if not passage.done]
    unskipped = [passage for passage in waiting if not passage.skipped]
    for rest in (unskipped, waiting):
        if rest:
            return next((passage for passage in rest if passage.number > after), rest[0])
    return None


def progress(store: Store, reviewer: Reviewer, transcript: str) -> BlindProgress:
    """Return how many passages of a transcript the reviewer has answered."""
    found = passages_of(store, reviewer, transcript)
    return BlindProgress(sum(passage.done for passage in found), len(found), _committed(store, reviewer, transcript))


def code(store: Store, reviewer: Reviewer, transcript: str, number: int, given: BlindAnswer, at: str) -> Decision:
    """Put exactly these codes on a passage, in place of those that the reviewer put there before.

    Raises AnswerRefused for an answer that does not fit, NotAllowed where blind coding is over or was never possible,
    ChangedMeanwhile when the reviewer answered the passage in another window, ExclusiveCodes for two codes of an
    exclusive tree on one stretch; nothing is changed then.
    """
    passage = _passage(store, reviewer, transcript, number)
    refuse_memo(given.memo)
    refuse_codes(store.codebook(), given.codes)
    if given.new_span is not None:
        refuse_span(store, transcript, given.new_span)
    place = given.new_span or passage.span
    before = _codes_on(passages.codings_in(store, transcript), reviewer.coder, place)
    after = before if given.skip else tuple(dict.fromkeys(given.codes))
    _refuse_taking_from_files(store, reviewer, transcript, place, set(before) - set(after))
    decision = Decision(
        coder=reviewer.coder,
        at=at,
        transcript=transcript,
        span=passage.span,
        before=before,
        after=after,
        saw_suggestion=False,
        seconds=given.seconds,
        codebook_version=kept.codebook_version(store),
        mode=Mode.BLIND,
        action=Action.SKIP if given.skip else Action.CHANGE,
        new_span=given.new_span,
        memo=given.memo.strip(),
    )
    puts = tuple(coding_made_by(decision, code) for code in after if code not in before)
    takes = tuple(code for code in before if code not in after)
    return kept.save(store, Deed(decision, puts=puts, takes=takes))


def commit(store: Store, reviewer: Reviewer, transcript: str, at: str) -> None:
    """Close the reviewer's blind coding of a transcript for good; raise NotAllowed while passages wait."""
    found = progress(store, reviewer, transcript)
    left = found.total - found.done
    if left:
        raise NotAllowed(f"{left} of {found.total} passages of {transcript} have no answer yet; answer them first.")
    assignments.commit_blind(store, reviewer.coder, transcript, at)


def tasks(store: Store, reviewer: Reviewer) -> tuple[Assignment, ...]:
    """Return the transcripts that the reviewer codes blind, committed ones among them."""
    return assignments.assignments(store, coder=reviewer.coder, task=Task.BLIND)


def _committed(store: Store, reviewer: Reviewer, transcript: str) -> str | None:
    mine = assignments.assignments(store, reviewer.coder, transcript, Task.BLIND)
    return mine[0].committed if mine else None


def _passage(store: Store, reviewer: Reviewer, transcript: str, number: int) -> Passage:
    found = passages_of(store, reviewer, transcript)
    if not 1 <= number <= len(found):
        raise AnswerRefused(f"{transcript} has {len(found)} passages and none of number {number}.")
    return found[number - 1]


def _codes_on(codings: tuple[Coding, ...], coder: str, place: Span) -> tuple[str, ...]:
    return tuple(coding.code for coding in codings if coding.coder == coder and coding.span == place)


def _refuse_taking_from_files(store: Store, reviewer: Reviewer, transcript: str, place: Span, codes: set[str]) -> None:
    for coding in passages.codings_from_files(store, reviewer.coder, transcript):
        if coding.span == place and coding.code in codes:
            raise AnswerRefused(
                f"the code {coding.code} came here from a file; take it away there and import it again."
            )
