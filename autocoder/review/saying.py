"""What the line under the card says of the last decision."""

from __future__ import annotations

from autocoder.errors import AutocoderError
from autocoder.project import Action, Decision, Mode
from autocoder.review.desk_page import Said
from autocoder.review.panes import Names
from autocoder.review.reviewer import Reviewer
from autocoder.review.sentences import in_language
from autocoder.store import Store
from autocoder.store.decisions import AlreadyAnswered, ExclusiveCodes, history

_WORDS = {
    Action.ACCEPT: "saved_accept",
    Action.REJECT: "saved_reject",
    Action.CHANGE: "saved_change",
    Action.MOVE: "saved_move",
    Action.MEMO: "saved_memo",
    Action.SKIP: "saved_skip",
    Action.UNDO: "saved_undo",
}


def said(decision: Decision, names: Names) -> Said:
    """Return what to say of a decision: what was done, and with which codes."""
    assert decision.action is not None  # noqa: S101
    if decision.action is Action.UNDO:
        return Said("saved_undo", names.listed(decision.before or decision.after))
    if decision.action is Action.REJECT and decision.before:
        return Said("saved_reject", names.listed(decision.before))
    if decision.action in (Action.REJECT, Action.CHANGE) and not decision.after:
        return Said("saved_none")
    coded = decision.mode in (Mode.BLIND, Mode.ADJUDICATE, Mode.RANDOM) and decision.action is Action.CHANGE
    return Said("saved_codes" if coded else _WORDS[decision.action], names.listed(decision.after))


def last_said(store: Store, reviewer: Reviewer, names: Names, saved: str | None) -> Said:
    """Return what to say after going on to another address; ``saved`` is what that address holds."""
    if saved in ("nothing", "kept", "undo"):
        return Said(f"undo_{saved}", warns=saved == "kept")
    last = history(store, reviewer.coder, 1) if saved else ()
    return said(last[0], names) if last else Said()


def said_together(saved: int, excluded: int) -> Said:
    """Return what to say of suggestions that were accepted at once, and of those that were left out."""
    left_out = "saved_together_but" if saved else "saved_together_none"
    return Said(left_out if excluded else "saved_together", str(saved), of=str(excluded), warns=not saved)


def refused(fault: AutocoderError, names: Names) -> Said:
    """Return why an answer was not saved, in the reader's language."""
    if isinstance(fault, ExclusiveCodes):
        tree = names.name(fault.tree)
        if fault.stands:
            return Said("refused_stands", names.name(fault.other), warns=True, of=tree)
        return Said("refused_both", names.listed((fault.code, fault.other)), warns=True, of=tree)
    if isinstance(fault, AlreadyAnswered):
        return Said("late", fault.coder, warns=True) if fault.coder else Said("gone", warns=True)
    return Said("refused", in_language(str(fault), names.language), warns=True)
