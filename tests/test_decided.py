from __future__ import annotations

from dataclasses import replace

import pytest

from autocoder.decided import Status, confirmed, statuses
from autocoder.project import Action, Coder, CoderKind, Coding, Decision, Mode, Origin, Project, Span

SUGGESTED = Coding("ריאיון 1", Span(10, 30), "pay", "autocoder m1", Origin.AUTO, 0.8)
UNDO = Decision("דנה", "2026-02-01T09:01:00", "ריאיון 1", Span(10, 30), (), ("pay",), True, action=Action.UNDO, id=9)
SHOWN = Decision("דנה", "2026-02-01T09:00:00", "ריאיון 1", Span(10, 30), ("pay",), ("pay",), True, ("pay",), 0.8)


@pytest.fixture
def suggested(project: Project) -> Project:
    coders = (*project.coders, Coder("autocoder m1", CoderKind.MODEL))
    return replace(project, coders=coders, codings=(*project.codings, SUGGESTED))


@pytest.mark.parametrize(
    ("decisions", "status"),
    [
        ([], Status.OPEN),
        ([SHOWN], Status.ACCEPTED),
        ([replace(SHOWN, after=())], Status.REJECTED),
        ([SHOWN, replace(SHOWN, after=("barrier",))], Status.REJECTED),
        ([replace(SHOWN, after=()), SHOWN], Status.ACCEPTED),
        ([replace(SHOWN, span=Span(10, 21), after=()), replace(SHOWN, span=Span(21, 30))], Status.ACCEPTED),
        ([replace(SHOWN, after=()), replace(SHOWN, coder="יוסי")], Status.ACCEPTED),
        ([replace(SHOWN, span=Span(29, 60))], Status.OPEN),
        ([replace(SHOWN, transcript="אחר")], Status.OPEN),
        ([replace(SHOWN, before=("barrier",), after=("barrier",), shown=("barrier",))], Status.OPEN),
        (
            [replace(SHOWN, after=()), replace(SHOWN, before=("barrier",), after=(), shown=("barrier",))],
            Status.REJECTED,
        ),
        ([SHOWN, replace(SHOWN, before=("barrier",), after=(), shown=("barrier",))], Status.ACCEPTED),
        ([replace(SHOWN, after=("alone",), action=Action.CHANGE)], Status.REJECTED),
        ([replace(SHOWN, after=("alone", "pay"), action=Action.CHANGE)], Status.ACCEPTED),
        ([replace(SHOWN, new_span=Span(40, 60), action=Action.MOVE)], Status.ACCEPTED),
        ([replace(SHOWN, action=Action.SKIP)], Status.OPEN),
        ([replace(SHOWN, after=(), action=Action.SKIP)], Status.OPEN),
        ([replace(SHOWN, action=Action.MEMO, memo="?")], Status.OPEN),
        ([replace(SHOWN, after=()), replace(SHOWN, action=Action.MEMO, memo="?")], Status.REJECTED),
        ([replace(SHOWN, after=(), mode=Mode.PLANTED)], Status.OPEN),
        ([replace(SHOWN, mode=Mode.PLANTED)], Status.OPEN),
        ([replace(SHOWN, before=(), shown=(), after=(), mode=Mode.RANDOM)], Status.OPEN),
        ([replace(SHOWN, after=(), mode=Mode.BLIND, saw_suggestion=False)], Status.OPEN),
        ([replace(SHOWN, after=(), mode=Mode.ADJUDICATE, saw_suggestion=False)], Status.OPEN),
        ([replace(SHOWN, mode=Mode.SWEEP), replace(SHOWN, after=(), mode=Mode.AUDIT)], Status.REJECTED),
        ([replace(SHOWN, after=(), id=1), replace(UNDO, undoes=1)], Status.OPEN),
        ([replace(SHOWN, id=1), replace(SHOWN, after=(), id=2), replace(UNDO, undoes=2)], Status.ACCEPTED),
    ],
)
def test_the_last_decision_on_a_passage_says_where_its_suggestion_stands(
    suggested: Project, decisions: list[Decision], status: Status
) -> None:
    assert statuses(suggested, decisions) == {SUGGESTED: status}


def test_an_assisted_coding_of_a_person_accepts_and_a_blind_one_says_nothing(suggested: Project) -> None:
    for origin, status in (
        (Origin.ASSISTED, Status.ACCEPTED),
        (Origin.ADJUDICATED, Status.ACCEPTED),
        (Origin.BLIND, Status.OPEN),
    ):
        own = Coding("ריאיון 1", Span(12, 30), "pay", "דנה", origin)
        assert statuses(replace(suggested, codings=(*suggested.codings, own)))[SUGGESTED] is status


def test_only_confirmed_keeps_people_s_codings_and_accepted_suggestions(suggested: Project, project: Project) -> None:
    assert confirmed(suggested, {SUGGESTED: Status.ACCEPTED}) == suggested
    for status in (Status.OPEN, Status.REJECTED):
        left = confirmed(suggested, {SUGGESTED: status})
        assert (left.codings, left.coders) == (project.codings, project.coders)
