"""How one gets in: a link that works once, then a cookie that only this server knows and only its own pages send.

Cookies are shared by all ports of a computer, so ours is named with the port, and what it says is known to this server
alone. Whoever gets in gets a new session, so that one that was put into the browser before is worth nothing.
Sessions live in memory: they end with the server.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from autocoder.review.reviewer import Reviewer

_PLAIN_PATH = re.compile(r"(/[\w.-]+)*/?")
BYTES = 32
LINK_SECONDS = 600
IDLE_SECONDS = 3600
LONGEST_SECONDS = 12 * 3600
OPEN = ("/static/", "/invitation/")
"""The paths that a stranger may see, with all below them."""
DOORS = frozenset({"/launch", "/sign-in", "/closed", "/look"})
"""The paths where a stranger comes in, and chooses the language to do so in."""


@dataclass
class Session:
    """One browser; ``reviewer`` is None between the link and the choice of a name."""

    reviewer: Reviewer | None
    began: float
    seen: float


class Sessions:
    """The sessions of one server and the link that opens the first; every secret is kept as its hash."""

    def __init__(self, idle: float = IDLE_SECONDS, clock: Callable[[], float] = time.time) -> None:
        self.idle = idle
        self._clock = clock  # of the wall: a computer that sleeps must not keep a session young
        self._lock = Lock()
        self._sessions: dict[str, Session] = {}
        self._links: dict[str, float] = {}

    def link(self) -> str:
        """Return a secret that opens one session, once, within ten minutes; an earlier one no longer does."""
        token = secrets.token_urlsafe(BYTES)
        with self._lock:
            self._links = {_digest(token): self._clock() + LINK_SECONDS}
        return token

    def redeem(self, token: str) -> str | None:
        """Return a new session for the secret of a link, or None when it was used or is too old."""
        with self._lock:
            until = self._links.pop(_digest(token), 0.0)
        return self.open(None) if self._clock() < until else None

    def open(self, reviewer: Reviewer | None) -> str:
        """Return the id of a new session."""
        session_id, now = secrets.token_urlsafe(BYTES), self._clock()
        with self._lock:
            self._sessions = {key: each for key, each in self._sessions.items() if self._lives(each, now)}
            self._sessions[_digest(session_id)] = Session(reviewer, now, now)
        return session_id

    def find(self, session_id: str, at_work: bool = True) -> Session | None:
        """Return the session, or None when it is unknown, idle for too long or too old.

        ``at_work`` is False for what a page asks by itself, which keeps no session from being locked.
        """
        now = self._clock()
        with self._lock:
            session = self._sessions.get(_digest(session_id))
            if session is None or not self._lives(session, now):
                self._sessions.pop(_digest(session_id), None)
                return None
            if at_work:
                session.seen = now
            return session

    def close(self, session_id: str) -> None:
        """End one session."""
        with self._lock:
            self._sessions.pop(_digest(session_id), None)

    def close_all_of(self, coder: str) -> None:
        """End every session of a coder, whose account or role has changed."""
        with self._lock:
            kept = {k: s for k, s in self._sessions.items() if s.reviewer is None or s.reviewer.coder != coder}
            self._sessions = kept

    def _lives(self, session: Session, now: float) -> bool:
        return session.seen <= now < session.seen + self.idle and now < session.began + LONGEST_SECONDS


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class Door:
    """What the server knows of its own address and of who is inside; ``team`` asks for accounts."""

    sessions: Sessions
    port: int
    hosts: frozenset[str]
    team: bool = False
    secure: bool = False

    @property
    def cookie(self) -> str:
        """The name of the cookie; the prefix makes browsers refuse one that was set without TLS or by another host."""
        return f"__Host-autocoder-{self.port}" if self.secure else f"autocoder-{self.port}"

    def let_in(self, response: Response, request: Request, reviewer: Reviewer | None) -> Response:
        """Give the browser a new session and end the one that it had."""
        self.sessions.close(request.cookies.get(self.cookie, ""))
        self.set_cookie(response, self.sessions.open(reviewer))
        return response

    def set_cookie(self, response: Response, session_id: str) -> None:
        """Send the cookie of a session, which ends with the browser."""
        response.set_cookie(self.cookie, session_id, path="/", secure=self.secure, httponly=True, samesite="strict")

    def let_out(self, response: Response, request: Request) -> Response:
        """End the session of the browser."""
        self.sessions.close(request.cookies.get(self.cookie, ""))
        response.delete_cookie(self.cookie, path="/", secure=self.secure, httponly=True, samesite="strict")
        response.headers["clear-site-data"] = '"cache", "storage"'
        return response


class Gate:
    """Lets nobody to a page without a name; it stands behind the guard."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on with its ``state.reviewer``, or send the stranger to where one comes in."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        session = self.door.sessions.find(request.cookies.get(self.door.cookie, ""), at_work=not _by_itself(request))
        scope.setdefault("state", {})["reviewer"] = session.reviewer if session else None
        answer = self._turned_away(request, session)
        await (answer or self.app)(scope, receive, send)

    def _turned_away(self, request: Request, session: Session | None) -> Response | None:
        path = request.url.path
        if path.startswith(OPEN) or path in DOORS or (session and (session.reviewer or path == "/start")):
            return None
        if session is None and request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return again(path)
        where = "/start" if session else "/sign-in" if self.door.team else "/closed"
        if request.headers.get("hx-request"):
            return Response(status_code=401, headers={"hx-redirect": where})
        return RedirectResponse(where, 303)


def again(path: str) -> Response:
    """Return a page that goes to ``path`` by itself.

    Browsers hold a strict cookie back while they follow a link from elsewhere, redirections included, and send it when
    our own page asks.
    """
    if not _PLAIN_PATH.fullmatch(path):
        path = "/"
    text = f'<!DOCTYPE html><title>autocoder</title><meta http-equiv="refresh" content="0;url={path}">'
    return Response(text, media_type="text/html")


def _by_itself(request: Request) -> bool:
    """Say whether the page asks without its reader, as one that shows progress does (``Autocoder-By-Itself: 1``)."""
    return request.headers.get("autocoder-by-itself") == "1"
