"""Confirm: a card for each suggestion, answered with one key; it is saved, and the next one is there."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from autocoder.project import Action, Coding, Decision, Span
from autocoder.review import desk as desks
from autocoder.review.choice import Choice, span_in
from autocoder.review.desk import Answer, AnswerRefused, Card
from autocoder.review.desk_page import Desk, Said, names_of, respond
from autocoder.review.edges import asked_span, edges
from autocoder.review.pages import page, wants_part
from autocoder.review.panes import Names, shown, stripes_of
from autocoder.review.reviewer import Reviewer, reviewer_of, store_of
from autocoder.steps import now
from autocoder.store import Store, passages
from autocoder.store.decisions import AlreadyAnswered, history
from autocoder.store.queues import Order, Queue, open_ones
from autocoder.store.reach import names_in_reach

PATH = "/confirm"
MOST_STRIPES = 500
_SAID = {
    Action.ACCEPT: "saved_accept",
    Action.REJECT: "saved_reject",
    Action.CHANGE: "saved_change",
    Action.MOVE: "saved_move",
    Action.MEMO: "saved_memo",
    Action.SKIP: "saved_skip",
    Action.UNDO: "saved_undo",
}


def confirm(request: Request) -> Response:
    """Show a card: the one that is asked for, the one after or before another, or the first."""
    asked = request.query_params
    choice = Choice.of(PATH, asked)
    names = names_of(request)
    told = _last_said(request, names) if "saved" in asked else Said()
    try:
        found = _asked_card(store_of(request), reviewer_of(request), choice, asked)
    except AlreadyAnswered:
        found, told = desks.next_card(store_of(request), reviewer_of(request), choice.scope), Said("gone", warns=True)
    return _show(request, choice, names, found, told)


async def decide(request: Request) -> Response:
    """Save the answer and show the next card."""
    form = await request.form()
    return await run_in_threadpool(_decide, request, form)


async def take_back(request: Request) -> Response:
    """Take back the last decision and show its passage again."""
    form = await request.form()
    return await run_in_threadpool(_take_back, request, form)


def _asked_card(store: Store, reviewer: Reviewer, choice: Choice, asked: QueryParams) -> Card | None:
    if asked.get("card"):
        return desks.card(store, reviewer, asked["card"])
    if asked.get("before"):
        return desks.previous_card(store, reviewer, choice.scope, asked["before"])
    return desks.next_card(store, reviewer, choice.scope, asked.get("after") or None)


def _decide(request: Request, form: FormData) -> Response:
    store, reviewer, choice = store_of(request), reviewer_of(request), Choice.of(PATH, form)
    names, name = names_of(request), str(form.get("card", ""))
    try:
        decision = desks.answer(store, reviewer, name, _answer(form), now())
    except AlreadyAnswered as late:
        found = desks.next_card(store, reviewer, choice.scope, name)
        told = Said("late", late.coder, warns=True) if late.coder else Said("gone", warns=True)
        return _show(request, choice, names, found, told, 409)
    except AnswerRefused as refusal:
        found = desks.card(store, reviewer, name)
        return _show(request, choice, names, found, _refused(form, refusal), 422)
    stays = decision.action is Action.MEMO
    if not wants_part(request):
        where = choice.address(card=name, saved=1) if stays else choice.address(after=name, saved=1)
        return RedirectResponse(where, 303)
    found = desks.card(store, reviewer, name) if stays else desks.next_card(store, reviewer, choice.scope, name)
    return _show(request, choice, names, found, said(decision, names))


def _refused(form: FormData, refusal: AnswerRefused) -> Said:
    """Return what to say of an answer that says too little; what cannot come from the page is said as it is."""
    if form.get("action") == Action.CHANGE and not form.getlist("codes"):
        return Said("refused_no_code", warns=True)
    if form.get("action") == Action.MEMO and not str(form.get("memo", "")).strip():
        return Said("refused_no_memo", warns=True)
    return Said("refused", str(refusal), warns=True)


def _answer(form: FormData) -> Answer:
    action = str(form.get("action", ""))
    if action not in tuple(Action):
        raise AnswerRefused("no answer was chosen; accept, reject or choose other codes.")
    seconds = str(form.get("seconds", ""))
    codes = tuple(str(code) for code in form.getlist("codes")) if action == Action.CHANGE else ()
    return Answer(
        Action(action),
        codes,
        span_in(form) if action == Action.MOVE else None,
        str(form.get("memo", "")),
        float(seconds) if seconds.replace(".", "", 1).isdecimal() and len(seconds) < 12 else None,
    )


def _take_back(request: Request, form: FormData) -> Response:
    store, reviewer, choice = store_of(request), reviewer_of(request), Choice.of(PATH, form)
    names = names_of(request)
    undone = desks.undo(store, reviewer, now())
    again = card_again(store, reviewer, undone) if undone else None
    if not wants_part(request):
        where = choice.address(card=again.id, saved=1) if again else choice.address(saved=1)
        return RedirectResponse(where, 303)
    found = again or desks.next_card(store, reviewer, choice.scope)
    return _show(request, choice, names, found, said(undone, names) if undone else Said("nothing_to_undo"))


def card_again(store: Store, reviewer: Reviewer, undone: Decision) -> Card | None:
    """Return the card of a decision that was taken back, or None where it was not about an open suggestion."""
    for code in undone.after:
        queue = Queue(reviewer.coder, undone.model, Order.DOCUMENT, undone.transcript, code)
        for found in open_ones(store, queue, None, MOST_STRIPES):
            if found.coding.span == undone.span:
                return desks.card(store, reviewer, desks.name_of_suggestion(found))
    return None


def said(decision: Decision, names: Names) -> Said:
    """Return what the line under the card says of a decision."""
    assert decision.action is not None  # noqa: S101
    told = decision.before if decision.action in (Action.REJECT, Action.UNDO) else decision.after
    if not told and decision.action is not Action.UNDO:
        return Said("saved_none")
    return Said(_SAID[decision.action], names.listed(told))


def _last_said(request: Request, names: Names) -> Said:
    last = history(store_of(request), reviewer_of(request).coder, 1)
    return said(last[0], names) if last else Said()


def _show(request: Request, choice: Choice, names: Names, card: Card | None, said: Said, status: int = 200) -> Response:
    if card is None:
        desk = Desk("confirm", choice, names, said=said)
        return respond(request, desk, status, card=None, **_choices(request))
    store, asked = store_of(request), request.query_params
    transcript = passages.transcript(store, card.transcript)
    assert transcript is not None  # noqa: S101
    codings = passages.codings_in(store, card.transcript)
    moving = "edges" in asked and card.answered is None
    span = asked_span(transcript, card.span, asked) if moving else card.span
    stripes = stripes_of(codings, reviewer_of(request).coder, _open(store, reviewer_of(request), card))
    turns, whole = asked.get("turns", ""), "whole" in asked
    address = choice.address(card=card.id)
    view = shown(transcript, stripes, span, names, reviewer_of(request).coder, address, turns, whole)
    if turns and wants_part(request):
        return page(request, "desk/turns.html", view=view)
    codes = (card.code,) if card.code else ()
    desk = Desk("confirm", choice, names, card.id, view, codes, said)
    return respond(
        request,
        desk,
        status,
        card=card,
        span=span,
        quote=transcript.quote(span),
        edges=edges(transcript, span, choice, card.id) if moving else None,
        also=also_coded(codings, reviewer_of(request).coder, span),
        **_choices(request),
    )


def also_coded(codings: Iterable[Coding], coder: str, span: Span) -> tuple[str, ...]:
    """Return the codes that a person put on the passage, or on part of it, already."""
    here = [coding.code for coding in codings if coding.coder == coder and coding.span.overlap(span)]
    return tuple(dict.fromkeys(here))


def _open(store: Store, reviewer: Reviewer, card: Card) -> list[Coding]:
    """Return the suggestions in the card's transcript that wait for an answer, that of the card among them."""
    queue = Queue(reviewer.coder, card.model, Order.DOCUMENT, card.transcript)
    waiting = [found.coding for found in open_ones(store, queue, None, MOST_STRIPES)]
    if card.code and not any((coding.span, coding.code) == (card.span, card.code) for coding in waiting):
        waiting.append(Coding(card.transcript, card.span, card.code, card.model))
    return waiting


def _choices(request: Request) -> dict[str, object]:
    """Return what the reader may choose from above the card; only a whole page shows it."""
    if wants_part(request):
        return {}
    return {"orders": tuple(Order), "transcripts": names_in_reach(store_of(request), reviewer_of(request).coder)}


routes = [
    Route(PATH, confirm),
    Route(PATH, decide, methods=["POST"]),
    Route("/undo", take_back, methods=["POST"]),
]
