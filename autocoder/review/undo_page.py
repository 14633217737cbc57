"""Undo: the last decision of this person is taken back, wherever it was made, and its passage is shown again."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from autocoder.project import Decision, Mode
from autocoder.review import adjudicate_page, blind_page, confirm_page, desk, sweep_page
from autocoder.review.choice import Choice
from autocoder.review.forms import with_form
from autocoder.review.pages import wants_part
from autocoder.review.reviewer import Reviewer, reviewer_of, store_of
from autocoder.steps import now
from autocoder.store import Store
from autocoder.store.decisions import NotTakenBack
from autocoder.store.queues import Order, Queue, open_ones

PATHS = (confirm_page.PATH, sweep_page.PATH, blind_page.PATH, adjudicate_page.PATH)
MOST = 500


@with_form
def undo(request: Request, form: FormData) -> Response:
    """Take back the last decision and go to its passage."""
    store, reviewer = store_of(request), reviewer_of(request)
    path = str(form.get("path", ""))
    choice = Choice.of(path if path in PATHS else confirm_page.PATH, form)
    try:
        undone = desk.undo(store, reviewer, now())
    except NotTakenBack:
        return RedirectResponse(choice.address(saved="kept"), 303)
    if undone is None:
        return RedirectResponse(choice.address(saved="nothing"), 303)
    where = address_of(store, reviewer, undone, choice)
    if wants_part(request) and not where.startswith(f"{choice.path}?"):
        return Response(headers={"HX-Redirect": where})  # another part of the review, another page
    return RedirectResponse(where, 303)


def address_of(store: Store, reviewer: Reviewer, undone: Decision, choice: Choice) -> str:
    """Return where the passage of a decision that was taken back is decided again."""
    if undone.mode is Mode.BLIND:
        return blind_page.address_of(store, reviewer, undone)
    if undone.mode is Mode.ADJUDICATE:
        return adjudicate_page.address_of(undone)
    if choice.path not in (confirm_page.PATH, sweep_page.PATH):
        choice = Choice(confirm_page.PATH)
    again = _card_again(store, reviewer, undone)
    return choice.address(card=again, saved="undo") if again else choice.address(saved="undo")


def _card_again(store: Store, reviewer: Reviewer, undone: Decision) -> str | None:
    """Return the card of a decision that was taken back, or None where it was not about an open suggestion."""
    for code in undone.shown:
        queue = Queue(reviewer.coder, undone.model, Order.DOCUMENT, undone.transcript, code)
        for found in open_ones(store, queue, None, MOST):
            if found.coding.span == undone.span:
                return desk.name_of_suggestion(found)
    return None


routes = [Route("/undo", undo, methods=["POST"])]
