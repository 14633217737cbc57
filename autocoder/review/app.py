"""The application: every route of the page behind one guard and one gate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from autocoder.errors import AutocoderError
from autocoder.review import (
    adjudicate_page,
    assigning,
    blind_page,
    browse,
    codebook_page,
    confirm_page,
    jobs,
    look,
    people,
    progress,
    sweep_page,
    undo_page,
)
from autocoder.review.guard import Guard, Limits
from autocoder.review.pages import Look, page
from autocoder.review.present import Present
from autocoder.review.sentences import in_language
from autocoder.review.sessions import Door, Gate
from autocoder.steps import now
from autocoder.store import Store

STATIC = Path(__file__).with_name("static")
SAID = (400, 403, 404, 405, 413)


def create_app(store: Store, door: Door, limits: Limits | None = None) -> ASGIApp:
    """Return the application that serves a project; each module of routes gives its own list."""
    routes: list[BaseRoute] = [
        Mount("/static", StaticFiles(directory=STATIC), name="static"),
        Route("/", _home),
        *look.routes,
        *people.routes,
        *assigning.routes,
        *codebook_page.routes,
        *confirm_page.routes,
        *sweep_page.routes,
        *blind_page.routes,
        *adjudicate_page.routes,
        *undo_page.routes,
        *browse.routes,
        *progress.routes,
        *jobs.routes,
    ]
    told = {HTTPException: _refused, AutocoderError: _explained}
    app = Starlette(routes=routes, exception_handlers=told, lifespan=_in_use)
    app.state.store = store
    app.state.present = Present()
    app.state.door = door
    return Guard(Gate(app, door), door.hosts, limits or Limits(uploads=jobs.LIMITS))


@asynccontextmanager
async def _in_use(app: Starlette) -> AsyncIterator[None]:
    """Before the server ends, write down who was shown suggestions in which transcripts."""
    yield
    app.state.present.write_down_all(app.state.store, now())


async def _refused(request: Request, fault: Exception) -> Response:
    """Say in the reader's words why a request was refused."""
    status = fault.status_code if isinstance(fault, HTTPException) else 500
    shown = _problem(request, status, "", status if status in SAID else 500)
    shown.headers.update(getattr(fault, "headers", None) or {})
    return shown


async def _explained(request: Request, fault: Exception) -> Response:
    """Show the sentence of an error that a person can mend."""
    return _problem(request, 400, in_language(str(fault), Look.of(request).language), 400)


def _problem(request: Request, status: int, sentence: str, reason: int) -> Response:
    shown = page(request, "problem.html", status, sentence=sentence, reason=reason)
    shown.headers["HX-Retarget"] = "body"  # it is a page, also where htmx asked for a part of one
    shown.headers["HX-Reswap"] = "innerHTML"
    return shown


def _home(_: Request) -> Response:
    """Begin where the work waits."""
    return RedirectResponse("/confirm", 303)
