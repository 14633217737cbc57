"""A browser without a browser: some routes of the page, asked by one person, without the guard and the gate."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from autocoder.review import browse, codebook_page, confirm_page, progress
from autocoder.review.present import Present
from autocoder.review.reviewer import Reviewer, Role
from autocoder.store import Store


def ask_as(store: Store, coder: str, role: Role = Role.CODER) -> TestClient:
    routes: list[BaseRoute] = [*browse.routes, *progress.routes, *codebook_page.routes, *confirm_page.routes]
    app = Starlette(routes=routes)
    app.state.store = store
    app.state.present = Present()

    async def known(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["reviewer"] = Reviewer(coder, role)
        await app(scope, receive, send)

    return TestClient(known)
