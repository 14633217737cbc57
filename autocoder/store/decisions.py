"""Decisions and what they do to the codings: saved together or not at all, taken back by a new decision.

A suggestion is answered once, by whoever comes first: the column ``answer`` is set only where it is still empty. A
decision remembers the codings that it made (``made_by``), so that taking it back takes those and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from autocoder.errors import AutocoderError
from autocoder.project import Action, Codebook, CoderKind, Coding, Decision, Memo, Mode, Origin, Span
from autocoder.store import schema as t
from autocoder.store.assignments import Task, begin_blind, hold, mark_seen, refuse_while_blind
from autocoder.store.audit import append_decision
from autocoder.store.study import Store, coding_row, decision_of, id_of, insert_decision, insert_where_new

ADJUDICATED = "adjudicated"
"""The name under which what was settled between coders stands."""
LEAVES_THE_BULK = (Action.ACCEPT, Action.SKIP, Action.MEMO)
"""The answers to an audit that leave what was accepted at once as it is."""


class AlreadyAnswered(AutocoderError):
    """Somebody answered this passage before; ``coder`` is who, or empty where the passage is not there any more."""

    def __init__(self, coder: str = "") -> None:
        self.coder = coder
        by = f"{coder} answered this passage already" if coder else "this suggestion is not there any more"
        super().__init__(f"{by}; nothing was changed, go on with the next one.")


class NotTakenBack(AutocoderError):
    """A decision that cannot be taken back: another person's, taken back before, committed, or built upon."""


class ChangedMeanwhile(AutocoderError):
    """The same coder changed the same passage elsewhere."""

    def __init__(self) -> None:
        super().__init__("you changed this passage in another window meanwhile; look at it again.")


class ExclusiveCodes(AutocoderError):
    """Two codes of an exclusive tree on one stretch: ``code`` was given, ``other`` was given with it or ``stands``."""

    def __init__(self, codebook: Codebook, code: str, other: str, stands: bool) -> None:
        self.code = code
        self.other = other
        self.tree = codebook.root(code).id
        self.stands = stands
        names = codebook[code].name, codebook[other].name, codebook.root(code).name
        at_most = f"a passage carries one code of {names[2]} at most"
        super().__init__(
            f"{names[1]} is your coding of this passage or of a part of it already, and {at_most}; "
            f"take {names[1]} off first, or give another code than {names[0]}."
            if stands
            else f"{names[0]} and {names[1]} cannot stand together, since {at_most}; keep one of them."
        )


@dataclass(frozen=True)
class Together:
    """What was saved at once, and how many suggestions were left out since a code that excludes theirs stands there."""

    saved: tuple[Decision, ...] = ()
    excluded: int = 0


@dataclass(frozen=True)
class Drawn:
    """A passage that was drawn to be asked about: its kind is the mode in which it will be answered."""

    kind: Mode
    transcript: str
    span: Span
    code: str = ""
    score: float | None = None
    model: str = ""


@dataclass(frozen=True)
class Deed:
    """A decision with what it does: the suggestion or check that it answers, the codings that it puts and takes away.

    ``replaces`` is the decision in whose place this one answers; ``draws`` are checks that come of it.
    """

    decision: Decision
    suggestion: int | None = None
    check: int | None = None
    puts: tuple[Coding, ...] = ()
    takes: tuple[str, ...] = ()
    replaces: int | None = None
    draws: tuple[Drawn, ...] = ()


def save(store: Store, deed: Deed) -> Decision:
    """Save a decision with all that it does.

    Raises AlreadyAnswered when it comes too late, ExclusiveCodes when two codes of an exclusive tree would stand on one
    stretch; nothing is changed then.
    """
    book = store.codebook()
    with store.writing() as connection:
        hold(connection, deed.decision.coder)
        return _save(connection, deed, book)


def save_together(
    store: Store, deeds: Sequence[Deed], audit: Callable[[Sequence[Deed]], Sequence[Deed]] = tuple
) -> Together:
    """Save what was decided at once in one transaction.

    Suggestions that were answered meanwhile are left out, and those whose code is excluded by one that the coder put
    there, or that comes before it here. ``audit`` adds the checks to those that are left.
    """
    if not deeds:
        return Together()
    book = store.codebook()
    with store.writing() as connection:
        hold(connection, deeds[0].decision.coder)
        asked = [deed.suggestion for deed in deeds if deed.suggestion is not None]
        late = frozenset(asked) - _still_open(connection, asked)
        in_time = [deed for deed in deeds if deed.suggestion not in late]
        fitting = _without_excluded(connection, in_time, book)
        saved = tuple(_save(connection, deed, book) for deed in audit(fitting))
        return Together(saved, len(in_time) - len(fitting))


def take_back(store: Store, coder: str, at: str, which: int | None = None) -> tuple[Decision, ...]:
    """Take back a decision of this coder, or the last that stands, with all that was decided together with it.

    Return the new decisions, none where nothing is left to take back. Planted passages, which were revealed, and blind
    coding that was committed stay. Raise NotTakenBack for a decision that cannot be taken back.
    """
    book = store.codebook()
    with store.writing() as connection:
        hold(connection, coder)
        query = _standing(coder).limit(1) if which is None else _standing(coder).where(t.decision.c.id == which)
        found = connection.execute(query).first()
        if found is None and which is not None:
            raise NotTakenBack("this decision cannot be taken back: it was, or it is not yours, or it is committed.")
        if found is None:
            return ()
        last = decision_of(found)
        together = [last]
        if last.batch:
            rows = connection.execute(_standing(coder).where(t.decision.c.batch == last.batch))
            together = [decision_of(row) for row in rows]
        if which is not None:
            _refuse_if_built_upon(connection, together)
        return tuple(_take_back(connection, decision, at, book) for decision in together)


def codebook_version(store: Store) -> int:
    """Return the number of the codebook's latest version."""
    with store.reading() as connection:
        return _version(connection)


def decision(store: Store, number: int) -> Decision:
    """Return the decision of that id; raise LookupError when there is none."""
    with store.reading() as connection:
        row = connection.execute(named_decisions().where(t.decision.c.id == number)).first()
    if row is None:
        raise LookupError(f"no decision has the id {number}")
    return decision_of(row)


def history(store: Store, coder: str, most: int = 50) -> tuple[Decision, ...]:
    """Return the coder's last decisions that stand and can be taken back, the latest first."""
    with store.reading() as connection:
        return tuple(decision_of(row) for row in connection.execute(_standing(coder).limit(most)))


def named_decisions() -> sa.Select[tuple[Any, ...]]:
    """Select decisions with the names of their transcripts and coders."""
    return (
        sa.select(t.decision, t.transcript.c.name.label("transcript"), t.coder.c.name.label("coder"))
        .join(t.transcript, t.transcript.c.id == t.decision.c.transcript_id)
        .join(t.coder, t.coder.c.id == t.decision.c.coder_id)
    )


def not_undone(decision: sa.FromClause = t.decision) -> sa.ColumnElement[bool]:
    """Return the condition that no later decision takes this one back."""
    later = t.decision.alias()
    return ~sa.exists().where(later.c.undoes == decision.c.id)


def adjudications(transcript_id: int) -> sa.Select[tuple[Any, ...]]:
    """Select what was settled in a transcript and stands."""
    return named_decisions().where(
        t.decision.c.transcript_id == transcript_id,
        t.decision.c.mode == Mode.ADJUDICATE,
        t.decision.c.action != Action.UNDO,
        not_undone(),
    )


def blind_decisions(store: Store, coder: str, transcript: str) -> tuple[Decision, ...]:
    """Return what a coder decided blind in a transcript and did not take back, the earliest first."""
    with store.reading() as connection:
        query = named_decisions().where(
            t.decision.c.coder_id == id_of(connection, t.coder, coder),
            t.decision.c.transcript_id == id_of(connection, t.transcript, transcript),
            t.decision.c.mode == Mode.BLIND,
            t.decision.c.action != Action.UNDO,
            not_undone(),
        )
        return tuple(decision_of(row) for row in connection.execute(query.order_by(t.decision.c.id)))


def settled_in(store: Store, transcript: str) -> tuple[Decision, ...]:
    """Return what was settled in a transcript and stands, the earliest first."""
    with store.reading() as connection:
        query = adjudications(id_of(connection, t.transcript, transcript)).order_by(t.decision.c.id)
        return tuple(decision_of(row) for row in connection.execute(query))


def _standing(coder: str) -> sa.Select[tuple[Any, ...]]:
    """Select what the coder can take back, the latest first."""
    mine = sa.select(t.coder.c.id).where(t.coder.c.name == coder).scalar_subquery()
    committed = sa.exists().where(
        t.assignment.c.coder_id == t.decision.c.coder_id,
        t.assignment.c.transcript_id == t.decision.c.transcript_id,
        t.assignment.c.task == Task.BLIND,
        t.assignment.c.committed.is_not(None),
    )
    return (
        named_decisions()
        .where(t.decision.c.coder_id == mine, t.decision.c.action.not_in(("", Action.UNDO)))
        .where(t.decision.c.mode != Mode.PLANTED, not_undone())
        .where(sa.or_(t.decision.c.mode != Mode.BLIND, ~committed))
        .order_by(t.decision.c.id.desc())
    )


def _still_open(connection: sa.Connection, suggestions: Iterable[int]) -> frozenset[int]:
    query = sa.select(t.coding.c.id).where(t.coding.c.answer.is_(None)).with_for_update()
    wanted = sorted(suggestions)
    return frozenset(
        id_
        for start in range(0, len(wanted), 500)
        for id_ in connection.scalars(query.where(t.coding.c.id.in_(wanted[start : start + 500])))
    )


def _save(connection: sa.Connection, deed: Deed, book: Codebook) -> Decision:
    _refuse_if_not_now(connection, deed)
    decision = replace(deed.decision, id=insert_decision(connection, deed.decision))
    assert decision.id is not None  # noqa: S101
    _answer(connection, deed, decision.id)
    _take(connection, decision, deed.takes)
    _refuse_exclusive(connection, deed, book)
    _put(connection, deed.puts, decision.id)
    _note(connection, decision)
    _draw(connection, deed.draws, decision)
    append_decision(connection, decision.id, decision.coder, decision.at)
    return decision


def _refuse_if_not_now(connection: sa.Connection, deed: Deed) -> None:
    """Check, inside the transaction, what another request may have changed since the page was drawn."""
    decision = deed.decision
    transcript_id = id_of(connection, t.transcript, decision.transcript)
    if decision.mode is Mode.BLIND:
        begin_blind(connection, decision.coder, decision.transcript, decision.at)
        if _codes_on(connection, decision) != set(decision.before):
            raise ChangedMeanwhile
    elif decision.mode is Mode.ADJUDICATE:
        _refuse_if_settled(connection, decision, transcript_id)
    else:
        refuse_while_blind(connection, decision.coder, decision.transcript)
        mark_seen(connection, id_of(connection, t.coder, decision.coder), transcript_id, decision.at)


def _refuse_exclusive(connection: sa.Connection, deed: Deed, book: Codebook) -> None:
    """Raise ExclusiveCodes where a code comes on a stretch that has, or gets, another one of its exclusive tree.

    What stands already is not asked about again: a file may have brought both.
    """
    codings = _claimed(deed)
    for coding in codings:
        if not book.rivals(coding.code):
            continue
        given = next((other.code for other in codings if other.code in book.rivals(coding.code)), None)
        standing = _own_codes_over(connection, coding, book.rivals(coding.code) | {coding.code})
        if (coding.span, coding.code) in standing:
            continue
        if given is not None:
            raise ExclusiveCodes(book, coding.code, given, stands=False)
        stands = next((code for _, code in standing if code != coding.code), None)
        if stands is not None:
            raise ExclusiveCodes(book, coding.code, stands, stands=True)


def _claimed(deed: Deed) -> tuple[Coding, ...]:
    """Return what a deed puts; a planted error puts nothing, and is asked about like any other suggestion."""
    decision = deed.decision
    if decision.mode is Mode.PLANTED and decision.action not in (Action.SKIP, Action.MEMO):
        return tuple(coding_made_by(decision, code) for code in decision.after)
    return deed.puts


def _own_codes_over(connection: sa.Connection, coding: Coding, codes: frozenset[str]) -> list[tuple[Span, str]]:
    """Return which of these codes the coder of a coding has on its stretch or on a part of it, by place."""
    c = t.coding.c
    query = (
        sa.select(c.start, c.end, c.code)
        .join(t.coder, t.coder.c.id == c.coder_id)
        .where(
            c.transcript_id == id_of(connection, t.transcript, coding.transcript),
            t.coder.c.name == coding.coder,
            c.start < coding.span.end,
            c.end > coding.span.start,
            c.code.in_(codes),
        )
        .order_by(c.start, c.end, c.id)
    )
    return [(Span(row.start, row.end), row.code) for row in connection.execute(query)]


def _without_excluded(connection: sa.Connection, deeds: Sequence[Deed], book: Codebook) -> list[Deed]:
    """Leave out deeds whose codes are excluded by what stands, or by those before them."""
    kept: list[Deed] = []
    excluding: list[Coding] = []
    for deed in deeds:
        if any(_exclude(book, coding, other) for coding in deed.puts for other in excluding):
            continue
        try:
            _refuse_exclusive(connection, deed, book)
        except ExclusiveCodes:
            continue
        kept.append(deed)
        excluding += [coding for coding in deed.puts if book.rivals(coding.code)]
    return kept


def _exclude(book: Codebook, coding: Coding, other: Coding) -> bool:
    same = (coding.transcript, coding.coder) == (other.transcript, other.coder)
    return same and other.code in book.rivals(coding.code) and coding.span.overlap(other.span) > 0


def _codes_on(connection: sa.Connection, decision: Decision) -> set[str]:
    """Return the codes that the coder has put on exactly the passage of a decision."""
    query = sa.select(t.coding.c.code).where(
        t.coding.c.transcript_id == id_of(connection, t.transcript, decision.transcript),
        t.coding.c.start == decision.place.start,
        t.coding.c.end == decision.place.end,
        t.coding.c.coder_id == id_of(connection, t.coder, decision.coder),
    )
    return set(connection.scalars(query))


def _refuse_if_settled(connection: sa.Connection, decision: Decision, transcript_id: int) -> None:
    """Raise AlreadyAnswered when somebody settled this passage; adjudicators of a transcript wait for one another."""
    transcript = sa.select(t.transcript.c.id).where(t.transcript.c.id == transcript_id)
    connection.execute(transcript.with_for_update(key_share=True))
    settled = adjudications(transcript_id).where(
        t.decision.c.start == decision.span.start, t.decision.c.end == decision.span.end
    )
    row = connection.execute(settled).first()
    if row is not None:
        raise AlreadyAnswered(decision_of(row).coder)


def _answer(connection: sa.Connection, deed: Deed, decision_id: int) -> None:
    """Mark the suggestion and the check as answered; a skip leaves the suggestion open, a memo leaves both."""
    skips = deed.decision.action is Action.SKIP
    if deed.decision.action is Action.MEMO:
        return
    if deed.check is not None:
        _set_answer(connection, t.check, t.check.c.id == deed.check, t.check.c.answer.is_(None), decision_id)
    if deed.replaces is not None:
        replaced = t.coding.c.answer == deed.replaces
        _set_answer(connection, t.coding, replaced, sa.true(), decision_id)
        connection.execute(sa.delete(t.coding).where(t.coding.c.made_by == deed.replaces))
    if deed.suggestion is not None and skips:
        _skip(connection, deed.suggestion, deed.decision.coder, decision_id)
    elif deed.suggestion is not None:
        _set_answer(connection, t.coding, t.coding.c.id == deed.suggestion, t.coding.c.answer.is_(None), decision_id)


def _set_answer(
    connection: sa.Connection,
    table: sa.Table,
    which: sa.ColumnElement[bool],
    as_it_was: sa.ColumnElement[bool],
    decision_id: int,
) -> None:
    change = sa.update(table).where(which, as_it_was).values(answer=decision_id)
    if connection.execute(change).rowcount != 1:
        raise AlreadyAnswered(_answered_by(connection, table, which))


def _answered_by(connection: sa.Connection, table: sa.Table, which: sa.ColumnElement[bool]) -> str:
    query = (
        sa.select(t.coder.c.name)
        .join(t.decision, t.decision.c.coder_id == t.coder.c.id)
        .join(table, table.c.answer == t.decision.c.id)
        .where(which)
    )
    return connection.scalars(query).first() or ""


def _skip(connection: sa.Connection, suggestion: int, coder: str, decision_id: int) -> None:
    still = sa.select(t.coding.c.id).where(t.coding.c.id == suggestion, t.coding.c.answer.is_(None))
    if connection.scalars(still).first() is None:
        raise AlreadyAnswered(_answered_by(connection, t.coding, t.coding.c.id == suggestion))
    coder_id = id_of(connection, t.coder, coder)
    mine = (t.skipped.c.coding_id == suggestion) & (t.skipped.c.coder_id == coder_id)
    connection.execute(sa.delete(t.skipped).where(mine))
    values = {"coding_id": suggestion, "coder_id": coder_id, "decision": decision_id}
    connection.execute(sa.insert(t.skipped).values(**values))


def _put(connection: sa.Connection, codings: Iterable[Coding], decision_id: int) -> None:
    """Insert codings that are not there yet; one that is there stays as it is, with whoever made it."""
    for coding in codings:
        transcript_id = id_of(connection, t.transcript, coding.transcript)
        identity = (transcript_id, coding.span.start, coding.span.end, coding.code)
        if coding.origin is Origin.ADJUDICATED:
            insert_where_new(connection, t.coder, {"name": coding.coder, "kind": CoderKind.HUMAN.value})
        row = coding_row(coding, (*identity, id_of(connection, t.coder, coding.coder)))
        insert_where_new(connection, t.coding, row | {"made_by": decision_id})


def _take(connection: sa.Connection, decision: Decision, codes: Iterable[str]) -> None:
    """Delete the coder's own codings on the passage that were made on this page; what a file brought stays."""
    for code in codes:
        connection.execute(
            sa.delete(t.coding).where(
                t.coding.c.transcript_id == id_of(connection, t.transcript, decision.transcript),
                t.coding.c.start == decision.place.start,
                t.coding.c.end == decision.place.end,
                t.coding.c.code == code,
                t.coding.c.coder_id == id_of(connection, t.coder, decision.coder),
                t.coding.c.made_by.is_not(None),
            )
        )


def _note(connection: sa.Connection, decision: Decision) -> None:
    """Keep a memo that is no answer as a memo of the passage."""
    if decision.action is not Action.MEMO:
        return
    memo = Memo(decision.memo, author=decision.coder, created=decision.at)
    values = {
        "transcript_id": id_of(connection, t.transcript, decision.transcript),
        "start": decision.span.start,
        "end": decision.span.end,
        "code": "",
        "title": memo.title,
        "text": memo.text,
        "author": memo.author,
        "created": memo.created,
        "made_by": decision.id,
    }
    connection.execute(sa.insert(t.memo).values(**values))


def _draw(connection: sa.Connection, drawn: Iterable[Drawn], decision: Decision) -> None:
    for check in drawn:
        values = {
            "kind": check.kind.value,
            "coder_id": id_of(connection, t.coder, decision.coder),
            "transcript_id": id_of(connection, t.transcript, check.transcript),
            "start": check.span.start,
            "end": check.span.end,
            "code": check.code,
            "score": check.score,
            "model": check.model,
            "at": decision.at,
            "drawn_by": decision.id,
        }
        connection.execute(sa.insert(t.check).values(**values))


# taking back


def _refuse_if_built_upon(connection: sa.Connection, together: Sequence[Decision]) -> None:
    """Refuse to take back what a later decision of the coder on the same passage rests on."""
    ids = {decision.id for decision in together}
    for decision in together:
        later = _standing(decision.coder).where(
            t.decision.c.transcript_id == id_of(connection, t.transcript, decision.transcript),
            t.decision.c.id > decision.id,
            t.decision.c.action.not_in((Action.SKIP, Action.MEMO)),
        )
        for row in connection.execute(later):
            other = decision_of(row)
            if other.id not in ids and decision.place in (other.span, other.place):
                raise NotTakenBack("a later decision of yours is about the same passage; take that one back first.")


def _take_back(connection: sa.Connection, decision: Decision, at: str, book: Codebook) -> Decision:
    assert decision.id is not None  # noqa: S101
    undo = replace(
        decision,
        at=at,
        before=decision.after,
        after=decision.before,
        seconds=None,
        codebook_version=_version(connection),
        action=Action.UNDO,
        memo="",
        reason=None,
        undoes=decision.id,
        batch=f"undo {decision.batch}"[:32] if decision.batch else "",
        id=None,
    )
    undo = replace(undo, id=insert_decision(connection, undo))
    replaced = _replaced(connection, decision)
    earlier = replaced.id if replaced else None
    connection.execute(sa.delete(t.coding).where(t.coding.c.made_by == decision.id))
    connection.execute(sa.update(t.coding).where(t.coding.c.answer == decision.id).values(answer=earlier))
    connection.execute(sa.update(t.check).where(t.check.c.answer == decision.id).values(answer=None))
    # the checks that it drew go with it; one that was answered goes once that answer is taken back
    undone = sa.select(t.decision.c.undoes).where(t.decision.c.undoes.is_not(None))
    connection.execute(sa.delete(t.check).where(t.check.c.drawn_by.in_(undone), t.check.c.answer.is_(None)))
    connection.execute(sa.delete(t.memo).where(t.memo.c.made_by == decision.id))
    if decision.action is Action.SKIP:
        _unskip(connection, decision)
    for maker, code in _taken_away(connection, decision, replaced):
        assert maker.id is not None  # noqa: S101
        coding = coding_made_by(maker, code)
        if _own_codes_over(connection, coding, book.rivals(code)):
            raise NotTakenBack("a later coding of yours excludes what would come back; take that one back first.")
        _put(connection, [coding], maker.id)
    assert undo.id is not None  # noqa: S101
    append_decision(connection, undo.id, undo.coder, at)
    return undo


def _version(connection: sa.Connection) -> int:
    found: int = connection.scalars(sa.select(sa.func.max(t.codebook.c.version))).one()
    return found


def coding_made_by(decision: Decision, code: str) -> Coding:
    """Return the coding that a decision makes of one of its codes.

    What an adjudicator settles is nobody's own coding, but stands under ADJUDICATED: the adjudicator may be one of the
    two whose coding differed.
    """
    origins = {Mode.BLIND: Origin.BLIND, Mode.ADJUDICATE: Origin.ADJUDICATED}
    return Coding(
        transcript=decision.transcript,
        span=decision.place,
        code=code,
        coder=ADJUDICATED if decision.mode is Mode.ADJUDICATE else decision.coder,
        origin=origins.get(decision.mode, Origin.ASSISTED),
        memo=decision.memo,
        created=decision.at,
        codebook_version=decision.codebook_version,
    )


def _replaced(connection: sa.Connection, decision: Decision) -> Decision | None:
    """Return the decision in whose place this one answers: that of the bulk which an audit overruled."""
    if decision.mode is not Mode.AUDIT or decision.action in LEAVES_THE_BULK:
        return None
    drawn_by = sa.select(t.check.c.drawn_by).where(t.check.c.answer == decision.id).scalar_subquery()
    row = connection.execute(named_decisions().where(t.decision.c.id == drawn_by)).first()
    return decision_of(row) if row is not None else None


def _unskip(connection: sa.Connection, decision: Decision) -> None:
    """Take back a skip; where the same suggestion was skipped before, that skip counts again."""
    earlier = next((other for other in _earlier(connection, decision) if _skips_the_same(other, decision)), None)
    mine = t.skipped.c.decision == decision.id
    if earlier is None:
        connection.execute(sa.delete(t.skipped).where(mine))
    else:
        connection.execute(sa.update(t.skipped).where(mine).values(decision=earlier.id))


def _skips_the_same(one: Decision, other: Decision) -> bool:
    same = (one.span, one.before, one.model) == (other.span, other.before, other.model)
    return same and one.action is other.action is Action.SKIP


def _taken_away(
    connection: sa.Connection, decision: Decision, replaced: Decision | None
) -> Iterator[tuple[Decision, str]]:
    """Yield the codings that the decision took away: who made each, and its code."""
    if replaced is not None:
        yield from ((replaced, code) for code in replaced.after)
    if decision.mode is not Mode.BLIND:
        return
    for code in set(decision.before) - set(decision.after):
        for earlier in _earlier(connection, decision):
            if earlier.mode is Mode.BLIND and earlier.place == decision.place and code not in earlier.before:
                if code in earlier.after:
                    yield earlier, code
                break


def _earlier(connection: sa.Connection, decision: Decision) -> Iterator[Decision]:
    """Yield the coder's standing decisions in the same transcript before this one, the latest first."""
    transcript_id = id_of(connection, t.transcript, decision.transcript)
    query = _standing(decision.coder).where(t.decision.c.transcript_id == transcript_id, t.decision.c.id < decision.id)
    for row in connection.execute(query).all():
        yield decision_of(row)
