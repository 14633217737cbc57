"""Confirm: a card for each suggestion, answered with one key; it is saved, and the next one is there."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from autocoder.project import Action, Coding, Span
from autocoder.review import desk as desks
from autocoder.review.answers import AnswerRefused
from autocoder.review.choice import Choice, span_in
from autocoder.review.desk import Answer, Card
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
from autocoder.review.reviewer import reviewer_of, store_of
from autocoder.review.saying import last_said, refused, said
from autocoder.review.why import why
from autocoder.steps import now
from autocoder.store import Store, passages
from autocoder.store.assignments import NotAllowed
from autocoder.store.decisions import AlreadyAnswered, ExclusiveCodes
from autocoder.store.queues import Order
from autocoder.store.reach import names_in_reach, waiting_in
from autocoder.store.versions import reworded

PATH = "/confirm"


def confirm(request: Request) -> Response:
    """Show a card: the one that is asked for, the one after or before another, or the first."""
    asked = request.query_params
    choice = Choice.of(PATH, asked)
    names = names_of(request)
    store, reviewer = store_of(request), reviewer_of(request)
    told = last_said(store, reviewer, names, asked.get("saved"))
    try:
        found = _asked_card(request, choice, asked)
    except AlreadyAnswered:
        found, told = next_card(request, choice), Said("gone", warns=True)
    except NotAllowed:
        return not_allowed(request, "confirm")
    return _show(request, choice, names, found, told)


def _asked_card(request: Request, choice: Choice, asked: QueryParams) -> Card | None:
    store, reviewer = store_of(request), reviewer_of(request)
    if asked.get("card"):
        return desks.card(store, reviewer, asked["card"])
    if asked.get("before"):
        return desks.previous_card(store, reviewer, choice.scope, asked["before"])
    return next_card(request, choice, asked.get("after") or None)


def next_card(request: Request, choice: Choice, after: str | None = None) -> Card | None:
    """Return the next card that no other person has in view."""
    store, reviewer = store_of(request), reviewer_of(request)
    return present_of(request).choose(
        reviewer.coder, lambda others: desks.next_card(store, reviewer, choice.scope, after, others)
    )


@with_form
def decide(request: Request, form: FormData) -> Response:
    """Save the answer and show the next card."""
    store, reviewer, choice = store_of(request), reviewer_of(request), Choice.of(PATH, form)
    names, name = names_of(request), str(form.get("card", ""))
    present_of(request).write_down(store, reviewer.coder, now())
    try:
        decision = desks.answer(store, reviewer, name, given(form), now())
    except AlreadyAnswered as fault:
        found = next_card(request, choice, name)
        return _show(request, choice, names, found, refused(fault, names), 409)
    except (AnswerRefused, ExclusiveCodes) as fault:
        found = desks.card(store, reviewer, name)
        return _show(request, choice, names, found, refused(fault, names), 422, form)
    except NotAllowed:
        return not_allowed(request, "confirm")
    stays = decision.action is Action.MEMO
    if not wants_part(request):
        where = choice.address(card=name, saved=1) if stays else choice.address(after=name, saved=1)
        return RedirectResponse(where, 303)
    found = desks.card(store, reviewer, name) if stays else next_card(request, choice, name)
    return _show(request, choice, names, found, said(decision, names))


def given(form: FormData) -> Answer:
    """Return the answer that a form holds; raise AnswerRefused where it holds none."""
    action = str(form.get("action", ""))
    if action not in tuple(Action):
        raise AnswerRefused("no answer was chosen; accept, reject or choose other codes.")
    return Answer(
        Action(action),
        codes_in(form) if action == Action.CHANGE else (),
        span_in(form) if action == Action.MOVE else None,
        str(form.get("memo", "")),
        seconds_in(form),
    )


def _show(
    request: Request,
    choice: Choice,
    names: Names,
    card: Card | None,
    told: Said,
    status: int = 200,
    form: FormData | None = None,
) -> Response:
    """Show a card, or that nothing is left; ``form`` was refused and stands there as it was filled in."""
    if card is None:
        return respond(request, Desk("confirm", choice, names, said=told), status, card=None, **choices(request))
    store, reviewer, asked = store_of(request), reviewer_of(request), form or request.query_params
    transcript = passages.transcript(store, card.transcript)
    assert transcript is not None  # noqa: S101
    codings = passages.codings_in(store, card.transcript)
    present_of(request).shows(reviewer.coder, card.id, card.transcript)
    moving = "edges" in asked and card.answered is None
    span = asked_span(transcript, card.span, asked) if moving else card.span
    stripes = stripes_of(codings, reviewer.coder, open_around(store, card))
    view = pane(request, transcript, stripes, span, names, choice.address(card=card.id))
    codes = (card.code,) if card.code else ()
    desk = Desk("confirm", choice, names, card.id, view, codes, told, ticked=codes_in(form), memo=memo_in(form))
    return respond(
        request,
        desk,
        status,
        card=card,
        quote=transcript.quote(span),
        edges=edges(transcript, span, choice, card=card.id) if moving else None,
        also=also_coded(store, codings, reviewer.coder, span),
        why=why(request, card.transcript, card.span, card.code, card.model) if card.code else None,
        **choices(request),
    )


def also_coded(store: Store, codings: Iterable[Coding], coder: str, span: Span) -> tuple[tuple[str, int | None], ...]:
    """Return the codes that a person put on the passage, or on part of it, already.

    With each, the version of the codebook under which it was coded, where the code was worded otherwise then.
    """
    older = reworded(store)
    here = [coding for coding in codings if coding.coder == coder and coding.span.overlap(span)]
    return tuple(
        dict.fromkeys(
            (coding.code, coding.codebook_version if coding.codebook_version in older.get(coding.code, ()) else None)
            for coding in here
        )
    )


def open_around(store: Store, card: Card) -> list[Coding]:
    """Return the suggestions in the card's transcript that wait for an answer, that of the card among them."""
    waiting = list(waiting_in(store, card.model, card.transcript))
    if card.code and not any((coding.span, coding.code) == (card.span, card.code) for coding in waiting):
        waiting.append(Coding(card.transcript, card.span, card.code, card.model))
    return waiting


def choices(request: Request) -> dict[str, object]:
    """Return what the reader may choose from above the card; only a whole page shows it."""
    if wants_part(request):
        return {}
    return {"orders": tuple(Order), "transcripts": names_in_reach(store_of(request), reviewer_of(request).coder)}


routes = [
    Route(PATH, confirm),
    Route(PATH, decide, methods=["POST"]),
]
