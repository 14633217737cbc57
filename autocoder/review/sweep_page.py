"""Sweep: every open suggestion of one code in a row, to see drift, and to accept many at once."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from autocoder.project import Action, Mode
from autocoder.review import desk as desks
from autocoder.review.answers import AnswerRefused
from autocoder.review.choice import Choice
from autocoder.review.confirm_page import also_coded, choices, given, late, open_around, refused
from autocoder.review.desk import Card
from autocoder.review.desk_page import Desk, Said, names_of, not_allowed, pane, present_of, respond
from autocoder.review.forms import with_form
from autocoder.review.pages import wants_part
from autocoder.review.panes import Names, stripes_of
from autocoder.review.reviewer import Reviewer, reviewer_of, store_of
from autocoder.review.saying import last_said, said
from autocoder.steps import now
from autocoder.store import Store, passages
from autocoder.store.assignments import NotAllowed
from autocoder.store.decisions import AlreadyAnswered

PATH = "/sweep"
MOST = 50


def sweep(request: Request) -> Response:
    """Show the open suggestions of a code, or ask for one."""
    choice, names = Choice.of(PATH, request.query_params), names_of(request)
    told = last_said(store_of(request), reviewer_of(request), names, request.query_params.get("saved"))
    return _show(request, choice, names, request.query_params.get("card", ""), told)


@with_form
def decide(request: Request, form: FormData) -> Response:
    """Save one answer, or accept all that is ticked."""
    store, reviewer, choice = store_of(request), reviewer_of(request), Choice.of(PATH, form)
    names, name = names_of(request), str(form.get("card", ""))
    present_of(request).write_down(store, reviewer.coder, now())
    following = _following(store, reviewer, choice, name)
    try:
        told = _accept_ticked(store, reviewer, form) if "together" in form else None
        if told is None:
            told = said(desks.answer(store, reviewer, name, given(form), now(), Mode.SWEEP), names)
    except AlreadyAnswered as fault:
        return _show(request, choice, names, following, late(fault), 409)
    except AnswerRefused as refusal:
        return _show(request, choice, names, name, refused(form, refusal), 422)
    except NotAllowed:
        return not_allowed(request, "confirm")
    stays = name if form.get("action") == Action.MEMO else following
    if not wants_part(request):
        return RedirectResponse(choice.address(card=stays, saved=1), 303)
    return _show(request, choice, names, stays, told)


def _accept_ticked(store: Store, reviewer: Reviewer, form: FormData) -> Said:
    ticked = [str(name) for name in form.getlist("cards")]
    if not ticked:
        return Said("refused_no_tick", warns=True)
    return Said("saved_together", str(len(desks.accept_all(store, reviewer, ticked, now()))))


def _following(store: Store, reviewer: Reviewer, choice: Choice, name: str) -> str:
    """Return the card after this one in the list, "" where it is the last."""
    listed = [card.id for card in _listed(store, reviewer, choice)]
    place = listed.index(name) + 1 if name in listed else 0
    return listed[place] if place < len(listed) else ""


def _listed(store: Store, reviewer: Reviewer, choice: Choice) -> tuple[Card, ...]:
    return desks.sweep(store, reviewer, choice.scope, None, MOST) if choice.code else ()


def _show(request: Request, choice: Choice, names: Names, name: str, told: Said, status: int = 200) -> Response:
    store, reviewer = store_of(request), reviewer_of(request)
    listed = _listed(store, reviewer, choice)
    if not listed:
        desk = Desk("sweep", choice, names, codes=(choice.code,), said=told, ticks=False)
        return respond(request, desk, status, card=None, **choices(request))
    place = next((n for n, card in enumerate(listed) if card.id == name), 0)
    card = listed[place]
    for each in listed:
        present_of(request).shows(reviewer.coder, card.id, each.transcript)
    texts = {each: passages.transcript(store, each) for each in {card.transcript for card in listed}}
    transcript = texts[card.transcript]
    assert transcript is not None  # noqa: S101
    codings = passages.codings_in(store, card.transcript)
    stripes = stripes_of(codings, reviewer.coder, open_around(store, card))
    view = pane(request, transcript, stripes, card.span, names, choice.address(card=card.id))
    return respond(
        request,
        Desk("sweep", choice, names, card.id, view, (choice.code,), told),
        status,
        card=card,
        listed=[(each, text.quote(each.span)) for each in listed if (text := texts[each.transcript]) is not None],
        before=listed[place - 1].id if place else card.id,
        after=listed[place + 1].id if place + 1 < len(listed) else card.id,
        all_ticked="all" in request.query_params,
        also=also_coded(store, codings, reviewer.coder, card.span),
        **choices(request),
    )


routes = [Route(PATH, sweep), Route(PATH, decide, methods=["POST"])]
