"""Sweep: every open suggestion of one code in a row, to see drift, and to accept many at once."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from autocoder.project import Action, Mode
from autocoder.review import desk as desks
from autocoder.review.answers import AnswerRefused
from autocoder.review.choice import Choice, number_in
from autocoder.review.confirm_page import also_coded, choices, given, open_around
from autocoder.review.desk import Card
from autocoder.review.desk_page import Desk, Said, codes_in, names_of, not_allowed, pane, present_of, respond
from autocoder.review.forms import with_form
from autocoder.review.pages import wants_part
from autocoder.review.panes import Names, stripes_of
from autocoder.review.reviewer import Reviewer, reviewer_of, store_of
from autocoder.review.saying import last_said, refused, said, said_together
from autocoder.steps import now
from autocoder.store import Store, passages
from autocoder.store.assignments import NotAllowed
from autocoder.store.decisions import AlreadyAnswered, ExclusiveCodes

PATH = "/sweep"
MOST = 50


def sweep(request: Request) -> Response:
    """Show the open suggestions of a code, or ask for one."""
    choice, names = Choice.of(PATH, request.query_params), names_of(request)
    asked = request.query_params
    told = last_said(store_of(request), reviewer_of(request), names, asked.get("saved"))
    if "together" in asked:
        told = said_together(number_in(asked, "together"), number_in(asked, "excluded"))
    return _show(request, choice, names, asked.get("card", ""), told)


@with_form
def decide(request: Request, form: FormData) -> Response:
    """Save one answer, or accept all that is ticked."""
    store, reviewer, choice = store_of(request), reviewer_of(request), Choice.of(PATH, form)
    names, name = names_of(request), str(form.get("card", ""))
    present_of(request).write_down(store, reviewer.coder, now())
    following = _following(store, reviewer, choice, name)
    if "together" in form:
        return _accept_ticked(request, choice, names, form, following)
    try:
        told = said(desks.answer(store, reviewer, name, given(form), now(), Mode.SWEEP), names)
    except AlreadyAnswered as fault:
        return _show(request, choice, names, following, refused(fault, names), 409)
    except (AnswerRefused, ExclusiveCodes) as fault:
        return _show(request, choice, names, name, refused(fault, names), 422, form)
    except NotAllowed:
        return not_allowed(request, "confirm")
    stays = name if form.get("action") == Action.MEMO else following
    if not wants_part(request):
        return RedirectResponse(choice.address(card=stays, saved=1), 303)
    return _show(request, choice, names, stays, told)


def _accept_ticked(request: Request, choice: Choice, names: Names, form: FormData, following: str) -> Response:
    """Accept what is ticked and show what is left of the code."""
    store, reviewer, name = store_of(request), reviewer_of(request), str(form.get("card", ""))
    ticked = [str(card) for card in form.getlist("cards")]
    if not ticked:
        return _show(request, choice, names, name, Said("refused_no_tick", warns=True), 422)
    try:
        done = desks.accept_all(store, reviewer, ticked, now())
    except (AlreadyAnswered, AnswerRefused) as fault:
        return _show(request, choice, names, name, refused(fault, names), 409)
    except NotAllowed:
        return not_allowed(request, "confirm")
    if not wants_part(request):
        told = {"together": len(done.saved), "excluded": done.excluded}
        return RedirectResponse(choice.address(card=following, **told), 303)
    return _show(request, choice, names, following, said_together(len(done.saved), done.excluded))


def _following(store: Store, reviewer: Reviewer, choice: Choice, name: str) -> str:
    """Return the card after this one in the list, "" where it is the last."""
    listed = [card.id for card in _listed(store, reviewer, choice)]
    place = listed.index(name) + 1 if name in listed else 0
    return listed[place] if place < len(listed) else ""


def _listed(store: Store, reviewer: Reviewer, choice: Choice) -> tuple[Card, ...]:
    return desks.sweep(store, reviewer, choice.scope, None, MOST) if choice.code else ()


def _show(
    request: Request,
    choice: Choice,
    names: Names,
    name: str,
    told: Said,
    status: int = 200,
    form: FormData | None = None,
) -> Response:
    """Show the suggestions of a code; ``form`` was refused and stands there as it was filled in."""
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
        Desk("sweep", choice, names, card.id, view, (choice.code,), told, ticked=codes_in(form)),
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
