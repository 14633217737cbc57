"""The desk: one suggestion at a time, answered with one key; the next card, answering, undoing, deciding in bulk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from autocoder.project import Action, Decision, Mode, Span
from autocoder.review.answers import AnswerRefused, refuse_codes, refuse_memo, refuse_span
from autocoder.review.checks import audited, checks_after
from autocoder.review.reviewer import Reviewer
from autocoder.store import Store
from autocoder.store import checks as kept_checks
from autocoder.store import decisions as kept
from autocoder.store.assignments import NotAllowed, may_confirm
from autocoder.store.checks import Check
from autocoder.store.decisions import LEAVES_THE_BULK, Deed, Together, coding_made_by
from autocoder.store.queues import Order, Queue, Suggestion, answered_suggestion, newest_model, next_open, open_ones
from autocoder.store.queues import suggestion as kept_suggestion
from autocoder.text import fingerprint

MOST_AT_ONCE = 1_000


@dataclass(frozen=True)
class Scope:
    """What a reviewer chose to go through; ``model`` is the newest one where none is named."""

    queue: Order = Order.UNCERTAIN
    transcript: str | None = None
    code: str | None = None
    model: str | None = None


@dataclass(frozen=True)
class Answered:
    """The decision that answers a card now; ``kind`` says, once it is answered, what the card was."""

    coder: str
    action: Action
    codes: tuple[str, ...]
    at: str
    kind: Mode


@dataclass(frozen=True)
class Card:
    """A passage with the code suggested for it; ``code`` is None on a passage that was drawn without a suggestion.

    A planted error looks like any other suggestion until it is answered, in its ``id`` too.
    """

    id: str
    transcript: str
    span: Span
    code: str | None = None
    score: float | None = None
    model: str = ""
    answered: Answered | None = None


@dataclass(frozen=True)
class Answer:
    """What a reviewer decided: ``codes`` for other codes than the suggested one, ``new_span`` for other boundaries."""

    action: Action
    codes: tuple[str, ...] = ()
    new_span: Span | None = None
    memo: str = ""
    seconds: float | None = None


def next_card(
    store: Store, reviewer: Reviewer, scope: Scope, after: str | None = None, but: Collection[str] = ()
) -> Card | None:
    """Return the card after the one named ``after``, beginning anew at the end, or None when nothing is left.

    A check that waits for the reviewer comes before everything else. ``but`` are cards that others have before them.
    """
    waiting = kept_checks.next_check(store, reviewer.coder)
    if waiting is not None and _name_of(waiting) != after:
        return _card(store, waiting)
    return _beside(store, reviewer, scope, after, but, back=False)


def previous_card(store: Store, reviewer: Reviewer, scope: Scope, before: str | None = None) -> Card | None:
    """Return the open card before the one named ``before``, going on from the end at the beginning."""
    return _beside(store, reviewer, scope, before, (), back=True)


def card(store: Store, reviewer: Reviewer, name: str) -> Card:
    """Return a card by its id, answered or not; raise NotAllowed for one that is not this reviewer's to see."""
    return _card(store, _subject(store, reviewer, name))


def sweep(store: Store, reviewer: Reviewer, scope: Scope, after: str | None = None, most: int = 50) -> tuple[Card, ...]:
    """Return the next open cards of one code by transcript and place, those that were skipped among them."""
    model = scope.model or newest_model(store)
    if model is None:
        return ()
    queue = Queue(reviewer.coder, model, Order.DOCUMENT, scope.transcript, scope.code)
    return tuple(_card(store, found) for found in open_ones(store, queue, _number_after(store, after), most))


def answer(store: Store, reviewer: Reviewer, name: str, given: Answer, at: str, mode: Mode = Mode.CONFIRM) -> Decision:
    """Save an answer to a card and return the decision; it is on the disk when this returns.

    Raises AlreadyAnswered when somebody was faster, AnswerRefused for an answer that does not fit, ExclusiveCodes for
    one that puts two codes of an exclusive tree on one stretch, NotAllowed for a card that is not this reviewer's;
    nothing is changed then.
    """
    subject = _subject(store, reviewer, name)
    _refuse_what_does_not_fit(store, subject, given)
    deed = _deed(subject, given, reviewer.coder, at, mode, kept.codebook_version(store))
    if isinstance(subject, Suggestion) and given.action not in (Action.SKIP, Action.MEMO):
        deed = replace(deed, draws=checks_after(store, deed.decision, name))
    return kept.save(store, deed)


def accept_all(store: Store, reviewer: Reviewer, names: Sequence[str], at: str) -> Together:
    """Accept suggestions at once, and draw at least ten of them (all, where there are fewer) to be looked at again.

    Those that somebody answered meanwhile are left out, and those on which a code of the reviewer stands that excludes
    theirs. Raises AnswerRefused for more than MOST_AT_ONCE.
    """
    if len(names) > MOST_AT_ONCE:
        raise AnswerRefused(f"at most {MOST_AT_ONCE} suggestions are accepted at once; take fewer.")
    version, batch = kept.codebook_version(store), uuid4().hex
    accept = Answer(Action.ACCEPT)
    deeds = []
    for name in dict.fromkeys(names):
        subject = _subject(store, reviewer, name)
        if not isinstance(subject, Suggestion):
            raise AnswerRefused("a passage that was drawn as a check is answered on its own.")
        deed = _deed(subject, accept, reviewer.coder, at, Mode.SWEEP, version)
        deeds.append(replace(deed, decision=replace(deed.decision, batch=batch)))
    return kept.save_together(store, deeds, lambda saved: audited(batch, saved))


def undo(store: Store, reviewer: Reviewer, at: str, which: int | None = None) -> Decision | None:
    """Take back the reviewer's last decision, or the one of that id, with all that was decided at once with it.

    Return the new decision (the first of several), or None where nothing is left to take back.
    """
    taken = kept.take_back(store, reviewer.coder, at, which)
    return taken[0] if taken else None


def name_of_suggestion(found: Suggestion) -> str:
    """Return the id of the card of a suggestion, which is the same as long as the suggestion is."""
    coding = found.coding
    return _name(2 * found.id, coding.transcript, coding.span, coding.code, coding.coder)


def _name_of(subject: Suggestion | Check) -> str:
    if isinstance(subject, Suggestion):
        return name_of_suggestion(subject)
    drawn = subject.drawn
    return _name(2 * subject.id + 1, drawn.transcript, drawn.span, drawn.code, drawn.model)


def _name(number: int, transcript: str, span: Span, code: str, model: str) -> str:
    """Name a card by number and content: numbers are given anew when a model goes over a transcript again."""
    content = fingerprint("\x1f".join((transcript, str(span.start), str(span.end), code, model)))
    return f"{number}-{content[:10]}"


def _number(name: str | None) -> int | None:
    number = (name or "").partition("-")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) <= 18 else None


def _subject(store: Store, reviewer: Reviewer, name: str) -> Suggestion | Check:
    """Return what a card is about, after making sure that the reviewer may see it."""
    number = _number(name)
    if number is None:
        raise kept.AlreadyAnswered
    found = kept_checks.check(store, number // 2) if number % 2 else kept_suggestion(store, number // 2)
    if found is None or _name_of(found) != name:
        raise kept.AlreadyAnswered
    if isinstance(found, Check) and found.coder != reviewer.coder:
        raise NotAllowed("this passage was drawn for another person.")
    may_confirm(store, reviewer.coder, _place(found)[0])
    return found


def _place(subject: Suggestion | Check) -> tuple[str, Span]:
    about = subject.coding if isinstance(subject, Suggestion) else subject.drawn
    return about.transcript, about.span


def _beside(
    store: Store, reviewer: Reviewer, scope: Scope, name: str | None, but: Collection[str], back: bool
) -> Card | None:
    model = scope.model or newest_model(store)
    if model is None:
        return None
    here = _number_after(store, name)
    left_out = frozenset(number // 2 for other in but if (number := _number(other)) is not None and not number % 2)
    queue = Queue(reviewer.coder, model, scope.queue, scope.transcript, scope.code)
    if scope.queue is Order.CODE and scope.code is None:
        for n, code in enumerate(_codes_from(store, here, back)):
            found = next_open(store, replace(queue, code=code), None if n else here, left_out, back, once=True)
            if found is not None:
                return _card(store, found)
    found = next_open(store, queue, here, left_out, back)
    return None if found is None else _card(store, found)


def _codes_from(store: Store, here: int | None, back: bool) -> list[str]:
    """Return the codes in the codebook's order, from that of the suggestion ``here`` round to that one again."""
    codes = [code.id for _, code in store.codebook().walk()]
    if back:
        codes.reverse()
    found = kept_suggestion(store, here) if here is not None else None
    first = codes.index(found.coding.code) if found is not None and found.coding.code in codes else 0
    return codes[first:] + codes[: first + 1]


def _number_after(store: Store, name: str | None) -> int | None:
    """Return the number of the suggestion at a card's place in the queue: for a check, of the one that it came of."""
    number = _number(name)
    if number is None:
        return None
    if number % 2 == 0:
        return number // 2
    found = kept_checks.check(store, number // 2)
    origin = None if found is None or found.drawn_by is None else answered_suggestion(store, found.drawn_by)
    return None if origin is None else origin.id


def _card(store: Store, subject: Suggestion | Check) -> Card:
    answered = None if subject.answer is None else _answered(store, subject.answer)
    if isinstance(subject, Suggestion):
        about = subject.coding
        return Card(_name_of(subject), about.transcript, about.span, about.code, about.score, about.coder, answered)
    drawn = subject.drawn
    place = (_name_of(subject), drawn.transcript, drawn.span)
    return Card(*place, drawn.code or None, drawn.score, drawn.model, answered)


def _answered(store: Store, decision_id: int) -> Answered:
    decision = kept.decision(store, decision_id)
    assert decision.action is not None  # noqa: S101
    return Answered(decision.coder, decision.action, decision.after, decision.at, decision.mode)


def _refuse_what_does_not_fit(store: Store, subject: Suggestion | Check, given: Answer) -> None:
    suggested = subject.coding.code if isinstance(subject, Suggestion) else subject.drawn.code
    refuse_memo(given.memo)
    _refuse_action(given, suggested)
    refuse_codes(store.codebook(), _codes_after(given, suggested))
    if given.new_span is not None:
        refuse_span(store, _place(subject)[0], given.new_span)


def _refuse_action(given: Answer, suggested: str) -> None:
    """Raise AnswerRefused when an answer lacks what its action needs, or brings what it cannot take."""
    if given.action is Action.UNDO:
        raise AnswerRefused("an answer is taken back by undoing it.")
    if given.action is Action.MEMO and not given.memo.strip():
        raise AnswerRefused("the memo is empty; write something or go on.")
    if given.action is Action.ACCEPT and not suggested:
        raise AnswerRefused("nothing is suggested here; choose codes, or say that none fits.")
    if given.action is Action.CHANGE and not given.codes:
        raise AnswerRefused("no code was chosen; choose one or more, or reject the suggestion.")
    if given.codes and given.action not in (Action.CHANGE, Action.MOVE):
        raise AnswerRefused("codes were chosen with an answer that takes none; choose other codes instead.")
    if given.action is Action.MOVE and not (suggested or given.codes):
        raise AnswerRefused("no code was chosen for the new boundaries; choose one or more.")
    if (given.action is Action.MOVE) != (given.new_span is not None):
        raise AnswerRefused("new boundaries were left out, or came with an answer that takes none; mark them again.")


def _codes_after(given: Answer, suggested: str) -> tuple[str, ...]:
    """Return the codes of the passage by the answer."""
    if given.action is Action.ACCEPT or (given.action is Action.MOVE and not given.codes):
        return (suggested,)
    return tuple(dict.fromkeys(given.codes))


def _deed(subject: Suggestion | Check, given: Answer, coder: str, at: str, mode: Mode, codebook_version: int) -> Deed:
    """Return the decision that an answer makes, with the codings that come of it."""
    about = subject.coding if isinstance(subject, Suggestion) else subject.drawn
    model = subject.coding.coder if isinstance(subject, Suggestion) else subject.drawn.model
    before = (about.code,) if about.code else ()
    kind = mode if isinstance(subject, Suggestion) else subject.drawn.kind
    leaves = given.action in (Action.SKIP, Action.MEMO)
    decision = Decision(
        coder=coder,
        at=at,
        transcript=about.transcript,
        span=about.span,
        before=before,
        after=before if leaves else _codes_after(given, about.code),
        saw_suggestion=bool(before),
        shown=before,
        score=about.score,
        seconds=given.seconds,
        model=model,
        codebook_version=codebook_version,
        mode=kind,
        action=given.action,
        new_span=given.new_span,
        memo=given.memo.strip(),
    )
    puts = () if leaves or kind is Mode.PLANTED else tuple(coding_made_by(decision, code) for code in decision.after)
    return _with_its_subject(Deed(decision, puts=puts), subject)


def _with_its_subject(deed: Deed, subject: Suggestion | Check) -> Deed:
    if isinstance(subject, Suggestion):
        return replace(deed, suggestion=subject.id)
    if subject.drawn.kind is not Mode.AUDIT or deed.decision.action in LEAVES_THE_BULK:
        return replace(deed, check=subject.id)
    return replace(deed, check=subject.id, replaces=subject.drawn_by)
