"""The application: every route of the page behind one guard."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from autocoder.review import codebook_page, confirm_page, look
from autocoder.store import Store

STATIC = Path(__file__).with_name("static")


def create_app(store: Store) -> Starlette:
    """Return the application that serves a project; each module of routes gives its own list."""
    app = Starlette(
        routes=[
            Mount("/static", StaticFiles(directory=STATIC), name="static"),
            *look.routes,
            *codebook_page.routes,
            *confirm_page.routes,
        ]
    )
    app.state.store = store
    return app
