"""Adjudicate: two codings of a passage as A and B; one holds, or other codes do, and why they differed is said."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from autocoder.project import Coding, Decision, Reason
from autocoder.review import adjudicate
from autocoder.review.adjudicate import Difference, Pair, Settlement
from autocoder.review.answers import AnswerRefused
from autocoder.review.choice import Choice, number_in
from autocoder.review.desk_page import Desk, Said, codes_in, memo_in, names_of, not_allowed, pane, respond, seconds_in
from autocoder.review.drawing import Stripe
from autocoder.review.forms import with_form
from autocoder.review.pages import wants_part
from autocoder.review.panes import SIDES, Names
from autocoder.review.reviewer import Reviewer, reviewer_of, store_of
from autocoder.review.saying import last_said, refused, said
from autocoder.steps import now
from autocoder.store import Store, passages
from autocoder.store.assignments import NotAllowed
from autocoder.store.decisions import AlreadyAnswered, ExclusiveCodes
from autocoder.store.reach import double_coded

PATH = "/adjudicate"
A, B = SIDES


@dataclass(frozen=True)
class Waiting:
    """A transcript to adjudicate between two coders, who are a number here: nobody settles by name."""

    transcript: str
    pair: int
    left: int
    total: int


def settle(request: Request) -> Response:
    """Show the next difference of a transcript, or the transcripts that wait."""
    choice, names = Choice.of(PATH, request.query_params), names_of(request)
    told = last_said(store_of(request), reviewer_of(request), names, request.query_params.get("saved"))
    if not choice.transcript:
        return _list(request, choice, names, told)
    try:
        which = number_in(request.query_params, "pair")
        return _show(request, choice, names, which, _asked(request, choice, which), told)
    except NotAllowed:
        return not_allowed(request, "adjudicate")


@with_form
def decide(request: Request, form: FormData) -> Response:
    """Save a settlement and show the next difference."""
    store, reviewer, choice = store_of(request), reviewer_of(request), Choice.of(PATH, form)
    names, which, number = names_of(request), number_in(form, "pair"), number_in(form, "number")
    try:
        pair = _pair(store, reviewer, choice.transcript, which)
        found = _difference(store, reviewer, choice, pair, number)
        decision = adjudicate.settle(store, reviewer, choice.transcript, pair, number, _given(form, found), now())
    except AlreadyAnswered as fault:
        found = adjudicate.next_difference(store, reviewer, choice.transcript, pair, number)
        return _show(request, choice, names, which, found, refused(fault, names), 409)
    except (AnswerRefused, ExclusiveCodes) as fault:
        return _show(request, choice, names, which, found, refused(fault, names), 422, form)
    except NotAllowed:
        return not_allowed(request, "adjudicate")
    if not wants_part(request):
        return RedirectResponse(choice.address(pair=which, after=number, saved=1), 303)
    found = adjudicate.next_difference(store, reviewer, choice.transcript, pair, number)
    return _show(request, choice, names, which, found, said(decision, names))


def _given(form: FormData, difference: Difference | None) -> Settlement:
    action, reason = str(form.get("action", "")), str(form.get("reason", ""))
    sides = {A: difference.a, B: difference.b} if difference else {}
    codes = tuple(dict.fromkeys(coding.code for coding in sides[action])) if action in sides else codes_in(form)
    if action == "none":
        codes = ()
    elif action not in sides and not codes:
        raise AnswerRefused("no code was chosen; choose one or more, or say that none fits.")
    known = Reason(reason) if reason in tuple(Reason) else None
    return Settlement(codes, known, str(form.get("memo", "")), seconds_in(form))


@with_form
def finish(request: Request, form: FormData) -> Response:
    """Add what both agreed on, so that the transcript is whole."""
    store, reviewer, choice = store_of(request), reviewer_of(request), Choice.of(PATH, form)
    try:
        pair = _pair(store, reviewer, choice.transcript, number_in(form, "pair"))
        adjudicate.finish(store, reviewer, choice.transcript, pair, now())
    except NotAllowed:
        return not_allowed(request, "adjudicate")
    return RedirectResponse(PATH, 303)


def _pair(store: Store, reviewer: Reviewer, transcript: str, which: int) -> Pair:
    pairs = adjudicate.pairs(store, reviewer, transcript)
    if which >= len(pairs):
        raise NotAllowed(f"{transcript} has no such pair of coders who both committed.")
    return pairs[which]


def _asked(request: Request, choice: Choice, which: int) -> Difference | None:
    store, reviewer, asked = store_of(request), reviewer_of(request), request.query_params
    pair = _pair(store, reviewer, choice.transcript, which)
    if "number" in asked:
        return _difference(store, reviewer, choice, pair, number_in(asked, "number"))
    if "before" in asked:
        every = adjudicate.differences(store, reviewer, choice.transcript, pair)
        earlier = [each for each in every if each.number < number_in(asked, "before")]
        return earlier[-1] if earlier else (every[-1] if every else None)
    return adjudicate.next_difference(store, reviewer, choice.transcript, pair, number_in(asked, "after"))


def _difference(store: Store, reviewer: Reviewer, choice: Choice, pair: Pair, number: int) -> Difference | None:
    every = adjudicate.differences(store, reviewer, choice.transcript, pair)
    return next((each for each in every if each.number == number), None)


def _list(request: Request, choice: Choice, names: Names, told: Said) -> Response:
    store, reviewer = store_of(request), reviewer_of(request)
    waiting = [found for name in double_coded(store) for found in _waiting(store, reviewer, name)]
    return respond(request, Desk("adjudicate_list", choice, names, said=told, ticks=False), waiting=waiting)


def _waiting(store: Store, reviewer: Reviewer, transcript: str) -> list[Waiting]:
    try:
        pairs = adjudicate.pairs(store, reviewer, transcript)
    except NotAllowed:
        return []
    found = []
    for which, pair in enumerate(pairs):
        every = adjudicate.differences(store, reviewer, transcript, pair)
        found.append(Waiting(transcript, which, sum(each.settled is None for each in every), len(every)))
    return found


def _show(
    request: Request,
    choice: Choice,
    names: Names,
    which: int,
    difference: Difference | None,
    told: Said,
    status: int = 200,
    form: FormData | None = None,
) -> Response:
    """Show a difference, or that nothing is left; ``form`` was refused and stands there as it was filled in."""
    if difference is None:
        desk = Desk("adjudicate", choice, names, said=told, ticks=False)
        return respond(request, desk, status, difference=None, pair=which)
    transcript = passages.transcript(store_of(request), difference.transcript)
    assert transcript is not None  # noqa: S101
    stripes = [*_stripes(difference.a, A), *_stripes(difference.b, B)]
    address = choice.address(pair=which, number=difference.number)
    view = pane(request, transcript, stripes, difference.span, names, address)
    name, codes = str(difference.number), difference.codes
    desk = Desk("adjudicate", choice, names, name, view, codes, told, ticked=codes_in(form), memo=memo_in(form))
    values = {"reasons": tuple(Reason), "given_reason": None if form is None else form.get("reason")}
    quote = transcript.quote(difference.span)
    return respond(request, desk, status, difference=difference, pair=which, quote=quote, **values)


def _stripes(codings: tuple[Coding, ...], side: str) -> list[Stripe]:
    """Draw the codings of one side under its letter, so that no name is sent."""
    return [Stripe(coding.span, coding.code, side, dashed=side == B) for coding in codings]


def address_of(undone: Decision) -> str:
    """Return where the adjudication of a decision that was taken back goes on."""
    return Choice(PATH, transcript=undone.transcript).address(saved="undo")


routes = [
    Route(PATH, settle),
    Route(PATH, decide, methods=["POST"]),
    Route("/adjudicate/finish", finish, methods=["POST"]),
]
