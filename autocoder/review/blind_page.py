"""Blind: passage by passage, codes chosen from the codebook alone; nothing of a model or of another person is sent."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from autocoder.project import Decision, Span
from autocoder.review import blind
from autocoder.review.answers import AnswerRefused
from autocoder.review.blind import BlindAnswer, Passage
from autocoder.review.choice import Choice, number_in, span_in
from autocoder.review.desk_page import (
    Desk,
    Said,
    codes_in,
    memo_in,
    names_of,
    not_allowed,
    pane,
    present_of,
    respond,
    seconds_in,
)
from autocoder.review.edges import asked_span, edges
from autocoder.review.forms import with_form
from autocoder.review.pages import wants_part
from autocoder.review.panes import Names, stripes_of
from autocoder.review.reviewer import Reviewer, reviewer_of, store_of
from autocoder.review.saying import last_said, refused, said
from autocoder.steps import now
from autocoder.store import Store, passages
from autocoder.store.assignments import NotAllowed
from autocoder.store.decisions import ChangedMeanwhile, ExclusiveCodes
from autocoder.store.reach import all_names

PATH = "/blind"


def code(request: Request) -> Response:
    """Show the next passage of a transcript, or the transcripts that wait."""
    choice, names = Choice.of(PATH, request.query_params), names_of(request)
    told = last_said(store_of(request), reviewer_of(request), names, request.query_params.get("saved"))
    if not choice.transcript:
        return _list(request, choice, names, told)
    try:
        found = _asked(request, choice)
        return _show(request, choice, names, found, told)
    except NotAllowed:
        return not_allowed(request, "blind")


@with_form
def decide(request: Request, form: FormData) -> Response:
    """Save the codes of a passage and show the next."""
    store, reviewer, choice = store_of(request), reviewer_of(request), Choice.of(PATH, form)
    names, number = names_of(request), number_in(form, "number")
    present_of(request).write_down(store, reviewer.coder, now())
    try:
        decision = blind.code(store, reviewer, choice.transcript, number, _given(form), now())
    except (AnswerRefused, ExclusiveCodes) as fault:
        found = _passage(store, reviewer, choice.transcript, number)
        return _show(request, choice, names, found, refused(fault, names), 422, form)
    except ChangedMeanwhile as fault:
        found = _passage(store, reviewer, choice.transcript, number)
        return _show(request, choice, names, found, refused(fault, names), 409)
    except NotAllowed:
        return not_allowed(request, "blind")
    if not wants_part(request):
        return RedirectResponse(choice.address(after=number, saved=1), 303)
    found = blind.next_passage(store, reviewer, choice.transcript, number)
    return _show(request, choice, names, found, said(decision, names))


def _given(form: FormData) -> BlindAnswer:
    """Return the answer; saving codes without any is refused, since "no code fits" has a key of its own."""
    codes, action = codes_in(form), str(form.get("action", ""))
    if action not in ("code", "none", "skip") or (action == "code" and not codes):
        raise AnswerRefused("no code was chosen; choose one or more, or say that none fits.")
    return BlindAnswer(
        codes if action == "code" else (),
        None if action == "skip" else span_in(form),
        str(form.get("memo", "")),
        seconds_in(form),
        skip=action == "skip",
    )


@with_form
def commit(request: Request, form: FormData) -> Response:
    """Close the coding of a transcript for good."""
    choice = Choice.of(PATH, form)
    try:
        blind.commit(store_of(request), reviewer_of(request), choice.transcript, now())
    except NotAllowed:
        return not_allowed(request, "commit")
    return RedirectResponse(choice.address(), 303)


def _asked(request: Request, choice: Choice) -> Passage | None:
    store, reviewer, asked = store_of(request), reviewer_of(request), request.query_params
    if "number" in asked:
        return _passage(store, reviewer, choice.transcript, number_in(asked, "number"))
    return blind.next_passage(store, reviewer, choice.transcript, number_in(asked, "after"))


def _passage(store: Store, reviewer: Reviewer, transcript: str, number: int) -> Passage | None:
    """Return a passage by its number, the nearest where the number is beyond the transcript."""
    every = blind.passages_of(store, reviewer, transcript)
    return every[min(max(1, number), len(every)) - 1] if every else None


def _list(request: Request, choice: Choice, names: Names, told: Said) -> Response:
    store, reviewer = store_of(request), reviewer_of(request)
    tasks = [(task, blind.progress(store, reviewer, task.transcript)) for task in blind.tasks(store, reviewer)]
    desk = Desk("blind_list", choice, names, said=told, ticks=False)
    return respond(request, desk, tasks=tasks, transcripts=all_names(store))


def _show(
    request: Request,
    choice: Choice,
    names: Names,
    passage: Passage | None,
    told: Said,
    status: int = 200,
    form: FormData | None = None,
) -> Response:
    """Show a passage, or that nothing is left; ``form`` was refused and stands there as it was filled in."""
    store, reviewer = store_of(request), reviewer_of(request)
    transcript = passages.transcript(store, choice.transcript)
    progress = blind.progress(store, reviewer, choice.transcript) if transcript is not None else None
    if transcript is None or passage is None:
        return respond(request, Desk("blind", choice, names, said=told, ticks=False), status, passage=None, at=progress)
    asked = form or request.query_params
    moving, place = "edges" in asked, _place(passage)
    span = asked_span(transcript, place, asked) if moving else place
    codings = passages.codings_in(store, choice.transcript)
    view = pane(request, transcript, stripes_of(codings, reviewer.coder), span, names, _address(choice, passage))
    own = tuple(coding.code for coding in passage.codings if coding.span == place)
    ticked = own if form is None else codes_in(form)
    desk = Desk("blind", choice, names, str(passage.number), view, said=told, ticked=ticked, memo=memo_in(form))
    moves = edges(transcript, span, choice, number=passage.number) if moving else None
    values = {"quote": transcript.quote(span), "edges": moves, "elsewhere": place if place != passage.span else None}
    return respond(request, desk, status, passage=passage, at=progress, **values)


def _place(passage: Passage) -> Span:
    """Return where the coder's own codes of the passage lie: on the unit, or on the boundaries that were chosen."""
    spans = {coding.span for coding in passage.codings}
    return spans.pop() if len(spans) == 1 else passage.span


def _address(choice: Choice, passage: Passage) -> str:
    return choice.address(number=passage.number)


def address_of(store: Store, reviewer: Reviewer, undone: Decision) -> str:
    """Return where the passage of a decision that was taken back is coded again."""
    choice = Choice(PATH, transcript=undone.transcript)
    every = blind.passages_of(store, reviewer, undone.transcript)
    number = next((passage.number for passage in every if passage.span == undone.span), 1)
    return choice.address(number=number, saved="undo")


routes = [
    Route(PATH, code),
    Route(PATH, decide, methods=["POST"]),
    Route("/blind/commit", commit, methods=["POST"]),
]
