"""A browser without a browser: the page as it is served, asked by one person who is signed in."""

from __future__ import annotations

from starlette.testclient import TestClient

from autocoder.review.app import create_app
from autocoder.review.reviewer import Reviewer, Role
from autocoder.review.sessions import Door, Sessions
from autocoder.store import Store


def ask_as(
    store: Store, coder: str, role: Role = Role.CODER, team: bool = False, follow_redirects: bool = True
) -> TestClient:
    door = Door(Sessions(), 8000, frozenset({"127.0.0.1:8000"}), team)
    headers = {"sec-fetch-site": "same-origin"}
    app = create_app(store, door)
    client = TestClient(app, "http://127.0.0.1:8000", headers=headers, follow_redirects=follow_redirects)
    client.cookies.set(door.cookie, door.sessions.open(Reviewer(coder, role)))
    return client
