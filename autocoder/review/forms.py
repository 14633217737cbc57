"""The route of a form: read what came, then do it in a thread, since the database waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from autocoder.review.reviewer import store_of

Save = Callable[[Request, FormData], Response]


def with_form(save: Save) -> Callable[[Request], Awaitable[Response]]:
    """Return the route that gives ``save`` the form of a request; all that it reads is read on one connection."""

    def at_once(request: Request, form: FormData) -> Response:
        with store_of(request).at_hand():
            return save(request, form)

    @wraps(save)
    async def route(request: Request) -> Response:
        return await run_in_threadpool(at_once, request, await request.form())

    return route
