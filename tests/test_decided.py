from __future__ import annotations

from dataclasses import replace

import pytest

from autocoder.decided import Status, confirmed, statuses
from autocoder.project import Coder, CoderKind, Coding, Decision, Origin, Project, Span

SUGGESTED = Coding("ריאיון 1", Span(10, 30), "pay", "autocoder m1", Origin.AUTO, 0.8)
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
