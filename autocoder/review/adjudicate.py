"""Adjudication: where two blind coders differ, a person settles the passage and says why they differed.

The two are shown as A and B, in an order drawn by a hash for each passage, so that nobody settles by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from uuid import uuid4

from autocoder.project import Action, CoderKind, Coding, Decision, Mode, Origin, Reason, Span
from autocoder.review.answers import AnswerRefused, refuse_codes, refuse_memo
from autocoder.review.reviewer import Reviewer
from autocoder.review.units import units_of
from autocoder.segment import belongs
from autocoder.store import Store, passages
from autocoder.store import decisions as kept
from autocoder.store.assignments import NotAllowed, Task, assignments
from autocoder.store.decisions import Deed, coding_made_by
from autocoder.text import fingerprint

Pair = tuple[str, str]


@dataclass(frozen=True)
class Difference:
    """A passage on which two coders differ: the codings of each, what both gave, and how it was settled."""

    transcript: str
    number: int
    span: Span
    a: tuple[Coding, ...]
    b: tuple[Coding, ...]
    common: tuple[str, ...]
    settled: Decision | None

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of either, each once."""
        return tuple(dict.fromkeys(coding.code for coding in (*self.a, *self.b)))


@dataclass(frozen=True)
class Settlement:
    """How a passage was settled: the codes that hold, none where no code fits, and why the coders differed."""

    codes: tuple[str, ...]
    reason: Reason | None
    memo: str = ""
    seconds: float | None = None


def pairs(store: Store, reviewer: Reviewer, transcript: str) -> tuple[Pair, ...]:
    """Return the pairs of people who both coded a transcript blind; none before all who code it have committed.

    Raises NotAllowed for a reviewer who may not adjudicate the transcript.
    """
    _refuse_if_not_adjudicator(store, reviewer, transcript)
    blind = assignments(store, transcript=transcript, task=Task.BLIND)
    if any(task.committed is None for task in blind):
        return ()
    people = {coder.name for coder in store.coders() if coder.kind is CoderKind.HUMAN}
    coded = {coding.coder for coding in passages.codings_in(store, transcript) if coding.origin is Origin.BLIND}
    return tuple(combinations(sorted((coded | {task.coder for task in blind}) & people), 2))


def differences(store: Store, reviewer: Reviewer, transcript: str, pair: Pair) -> tuple[Difference, ...]:
    """Return the passages on which the two differ, settled or not, in order.

    A passage of which both coded parts with codes that exclude each other is to be settled too: as a whole it carries
    one of them.

    Raises NotAllowed for a pair that is not one of :func:`pairs`.
    """
    if pair not in pairs(store, reviewer, transcript):
        raise NotAllowed(f"{transcript} cannot be adjudicated between these two: both must have committed it.")
    settled = {decision.span: decision for decision in kept.settled_in(store, transcript)}
    book = store.codebook()
    found = []
    for number, (span, one, other) in enumerate(_sides(store, transcript, pair), start=1):
        codes, others = {coding.code for coding in one}, {coding.code for coding in other}
        if codes != others or any(book.rivals(code) & codes for code in codes):
            a, b = (one, other) if first_is_a(transcript, span, pair) else (other, one)
            common = tuple(sorted(codes & others))
            found.append(Difference(transcript, number, span, a, b, common, settled.get(span)))
    return tuple(found)


def next_difference(store: Store, reviewer: Reviewer, transcript: str, pair: Pair, after: int = 0) -> Difference | None:
    """Return the next unsettled difference after passage ``after``, beginning anew at the end, or None."""
    left = [each for each in differences(store, reviewer, transcript, pair) if each.settled is None]
    return next((each for each in left if each.number > after), left[0] if left else None)


def settle(
    store: Store, reviewer: Reviewer, transcript: str, pair: Pair, number: int, given: Settlement, at: str
) -> Decision:
    """Settle a difference and return the decision; its codes stand under the name of no single coder.

    Raises AlreadyAnswered when somebody settled it before, AnswerRefused for a settlement without a reason,
    ExclusiveCodes for one with two codes of an exclusive tree.
    """
    difference = _difference(store, reviewer, transcript, pair, number)
    if given.reason is None:
        raise AnswerRefused("say why the two differed: unclear passage, definition gap, slip or genuine difference.")
    refuse_memo(given.memo)
    refuse_codes(store.codebook(), given.codes)
    decision = Decision(
        coder=reviewer.coder,
        at=at,
        transcript=transcript,
        span=difference.span,
        before=difference.codes,
        after=tuple(dict.fromkeys(given.codes)),
        saw_suggestion=False,
        shown=difference.codes,
        seconds=given.seconds,
        codebook_version=kept.codebook_version(store),
        mode=Mode.ADJUDICATE,
        action=Action.CHANGE,
        memo=given.memo.strip(),
        reason=given.reason,
    )
    return kept.save(store, Deed(decision, puts=_codings_of(decision)))


def finish(store: Store, reviewer: Reviewer, transcript: str, pair: Pair, at: str) -> tuple[Decision, ...]:
    """Add what both coders agreed on to what was settled, so that the adjudicated coding of a transcript is whole.

    Raises NotAllowed while a difference is unsettled. Passages without any code need no decision.
    """
    if next_difference(store, reviewer, transcript, pair) is not None:
        raise NotAllowed(f"some differences in {transcript} are not settled yet; settle them first.")
    settled = {decision.span for decision in kept.settled_in(store, transcript)}
    version, batch = kept.codebook_version(store), uuid4().hex
    deeds = []
    for span, one, other in _sides(store, transcript, pair):
        codes = tuple(sorted({coding.code for coding in one} & {coding.code for coding in other}))
        if codes and span not in settled:
            decision = Decision(
                coder=reviewer.coder,
                at=at,
                transcript=transcript,
                span=span,
                before=codes,
                after=codes,
                saw_suggestion=False,
                shown=codes,
                codebook_version=version,
                mode=Mode.ADJUDICATE,
                action=Action.ACCEPT,
                batch=batch,
            )
            deeds.append(Deed(decision, puts=_codings_of(decision)))
    return kept.save_together(store, deeds).saved


def _codings_of(decision: Decision) -> tuple[Coding, ...]:
    return tuple(coding_made_by(decision, code) for code in decision.after)


def _difference(store: Store, reviewer: Reviewer, transcript: str, pair: Pair, number: int) -> Difference:
    for difference in differences(store, reviewer, transcript, pair):
        if difference.number == number:
            return difference
    raise AnswerRefused(f"the two do not differ on passage {number} of {transcript}.")


def _sides(store: Store, transcript: str, pair: Pair) -> list[tuple[Span, tuple[Coding, ...], tuple[Coding, ...]]]:
    """Return each unit of a transcript with the blind codings of the one and of the other."""
    blind = [coding for coding in passages.codings_in(store, transcript) if coding.origin is Origin.BLIND]
    one, other = pair
    return [(span, _by(one, blind, span), _by(other, blind, span)) for span in units_of(store, transcript)]


def _by(coder: str, codings: list[Coding], span: Span) -> tuple[Coding, ...]:
    return tuple(coding for coding in codings if coding.coder == coder and belongs(coding.span, span))


def first_is_a(transcript: str, span: Span, pair: Pair) -> bool:
    """Return whether the first of the two is A on this passage."""
    drawn = fingerprint("\x1f".join((transcript, str(span.start), str(span.end), *pair)))
    return int(drawn[0], 16) % 2 == 0


def _refuse_if_not_adjudicator(store: Store, reviewer: Reviewer, transcript: str) -> None:
    """Let those adjudicate who were asked to; where nobody was, the leads."""
    asked = {task.coder for task in assignments(store, transcript=transcript, task=Task.ADJUDICATE)}
    if reviewer.coder not in asked if asked else not reviewer.leads:
        raise NotAllowed(f"{transcript} is not yours to adjudicate; a lead can give it to you.")
