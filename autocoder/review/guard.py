"""What stands before every route: only our own pages reach it, nothing large is read, nothing is kept by the browser.

A page elsewhere can send requests to this computer, and any name can be made to point at it. So a request must name
one of the addresses that the server was started with, letter by letter; one that writes must come from our own page,
which browsers say in ``Sec-Fetch-Site`` (another port of this computer is another site to us) and older ones in
``Origin``; and one that is neither ours nor a visit to a page gets nothing.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("autocoder.review")

FORM_BYTES = 1024**2
SAFE = frozenset({"GET", "HEAD"})
METHODS = SAFE | {"POST"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with no-referrer, browsers hide the Origin that older ones are judged by
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(frozen=True)
class Limits:
    """How many bytes a request may bring; ``uploads`` gives the paths that take files their own limit."""

    form: int = FORM_BYTES
    uploads: Mapping[str, int] = field(default_factory=dict)

    def of(self, path: str) -> int:
        """Return the limit of a path."""
        return self.uploads.get(path, self.form)


class Guard:
    """An ASGI application around another; ``hosts`` are the exact values of the Host header that are ours."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], limits: Limits | None = None) -> None:
        self.app = app
        self.hosts = frozenset(hosts)
        self.limits = limits or Limits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or hand it on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        sending = _Sending(scope, send)
        headers, limit = Headers(scope=scope), self.limits.of(scope["path"])
        if refusal := refused(scope, headers, self.hosts, limit):
            await refusal(scope, receive, sending)
            return
        try:
            await self.app(scope, _at_most(limit, receive), sending)
        except Exception as fault:  # whatever the routes raise; its message may hold what people said
            _log.error("%s at %s", type(fault).__name__, _place(fault))
            if not sending.started:
                await PlainTextResponse("Something went wrong; nothing was changed.", 500)(scope, receive, sending)


def refused(scope: Scope, headers: Headers, hosts: frozenset[str], limit: int) -> PlainTextResponse | None:
    """Return the refusal of a request that is not ours, or is too large, before anything of its body is read."""
    named = headers.getlist("host")
    if len(named) != 1 or named[0].casefold() not in hosts:
        return PlainTextResponse("This address is not one that the review page answers to.", 421)
    if scope["method"] not in METHODS:
        return PlainTextResponse("Only GET, HEAD and POST are answered.", 405, {"allow": "GET, HEAD, POST"})
    if not _is_ours(scope, headers, named[0]):
        return PlainTextResponse("This request comes from another page.", 403)
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        return PlainTextResponse("The length of the request is no number.", 400)
    if int(length) > limit:
        return PlainTextResponse(f"More than {limit:,} bytes.", 413, {"connection": "close"})
    return None


def _is_ours(scope: Scope, headers: Headers, host: str) -> bool:
    """Say whether a request comes from our own page, from nowhere, or is a person going to a page."""
    site = headers.get("sec-fetch-site")
    if site in ("same-origin", "none"):
        return True
    if scope["method"] in SAFE:
        visit = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        return site is None or visit
    return site is None and headers.get("origin") == f"{scope['scheme']}://{host}"


def _at_most(limit: int, receive: Receive) -> Receive:
    """Wrap what receives a body, which may come without its length, to stop at the limit."""
    came = 0

    async def counted() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > limit:
            raise HTTPException(413, f"More than {limit:,} bytes.", {"connection": "close"})
        return message

    return counted


class _Sending:
    """Puts the headers on whatever is answered; only style sheets, scripts and the like may be kept by the browser."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.started = False
        self._send = send
        self._static = scope["path"].startswith("/static/")

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            own = headers.get("content-security-policy", "")
            for name, value in HEADERS.items():
                headers[name] = value
            if own.startswith("sandbox;"):  # a report that stands alone: less is allowed in it than on a page
                headers["content-security-policy"] = own
            headers["cache-control"] = "no-cache" if self._static else "no-store"
        await self._send(message)


def _place(fault: Exception) -> str:
    """Return where our code raised, without a line of it and without what was raised."""
    frames = [frame for frame in traceback.extract_tb(fault.__traceback__) if "autocoder" in frame.filename]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "code that is not ours"
