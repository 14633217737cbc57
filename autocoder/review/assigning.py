"""The page where a lead says who confirms, who codes blind beside whom, and who adjudicates."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from autocoder.review.pages import page
from autocoder.review.people import lead_of
from autocoder.review.reviewer import store_of
from autocoder.steps import now
from autocoder.store import Store, accounts, passages
from autocoder.store.assignments import Assignment, NotAllowed, Task, assign_all, assignments, withdraw

SHOWN = 200
MOST_AT_ONCE = 5_000
SINGLE = (Task.CONFIRM, Task.BLIND, Task.ADJUDICATE)


async def overview(request: Request) -> Response:
    """Show what is assigned, and the forms."""
    lead_of(request)
    return await _page(request)


async def give(request: Request) -> Response:
    """Give one person a task in the transcripts that were chosen."""
    lead = lead_of(request)
    form = await request.form(max_fields=MOST_AT_ONCE)
    task = next((each for each in SINGLE if each == form.get("task")), None)
    return await _given(request, form, [(_text(form, "coder"), task)] if task else [], lead.coder)


async def pair(request: Request) -> Response:
    """Have two people code the transcripts blind, and somebody adjudicate afterwards where that is chosen."""
    lead = lead_of(request)
    form = await request.form(max_fields=MOST_AT_ONCE)
    who = [(_text(form, "first"), Task.BLIND), (_text(form, "second"), Task.BLIND)]
    if settles := _text(form, "settles"):
        who.append((settles, Task.ADJUDICATE))
    if _text(form, "first") == _text(form, "second"):
        return await _page(request, 400, "same_person")
    return await _given(request, form, who, lead.coder)


async def take_away(request: Request) -> Response:
    """Withdraw a task; blind coding that was committed keeps its record."""
    lead, form = lead_of(request), await request.form()
    task = next((each for each in SINGLE if each == form.get("task")), None)
    known = await run_in_threadpool(_known, store_of(request), [_text(form, "coder")], [_text(form, "transcript")])
    if task is None or not known:
        return await _page(request, 400, "no_choice")
    coder, transcript = _text(form, "coder"), _text(form, "transcript")
    await run_in_threadpool(withdraw, store_of(request), coder, transcript, task, lead.coder, now())
    return RedirectResponse("/assignments", 303)


async def _given(request: Request, form: FormData, who: Sequence[tuple[str, Task]], lead: str) -> Response:
    store, names = store_of(request), [name for name in form.getlist("transcript") if isinstance(name, str)]
    coders = [coder for coder, _ in who]
    if not who or not names or not await run_in_threadpool(_known, store, coders, names):
        return await _page(request, 400, "no_choice")
    try:
        await run_in_threadpool(assign_all, store, who, names, lead, now())
    except NotAllowed as refusal:
        return await _page(request, 400, sentence=str(refusal))
    return RedirectResponse("/assignments", 303)


def _known(store: Store, coders: Sequence[str], transcripts: Sequence[str]) -> bool:
    """Say whether all of these are people and transcripts of the project."""
    return set(coders) <= set(accounts.people(store)) and set(transcripts) <= set(passages.names(store))


async def _page(request: Request, status: int = 200, problem: str = "", sentence: str = "") -> Response:
    store = store_of(request)
    start = _number(request.query_params.get("from", ""))

    def read() -> tuple[tuple[Assignment, ...], tuple[str, ...], tuple[str, ...]]:
        return assignments(store), accounts.people(store), tuple(passages.names(store))

    given, people, transcripts = await run_in_threadpool(read)
    return page(
        request,
        "assignments.html",
        status,
        given=given[start : start + SHOWN],
        further=start + SHOWN if len(given) > start + SHOWN else None,
        people=people,
        transcripts=transcripts,
        tasks=SINGLE,
        problem=problem,
        sentence=sentence,
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


routes = [
    Route("/assignments", overview),
    Route("/assignments", give, methods=["POST"]),
    Route("/assignments/pair", pair, methods=["POST"]),
    Route("/assignments/withdraw", take_away, methods=["POST"]),
]
