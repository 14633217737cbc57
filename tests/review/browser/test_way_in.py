"""The way in and the guard as a real browser takes them: its own cookies, its own headers, its own idea of a site."""

from __future__ import annotations

import http.server
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import uvicorn

from autocoder import store
from autocoder.project import Project
from autocoder.review.app import create_app
from autocoder.review.server import Serving, config_for, door_for, listen, redirect_file
from autocoder.review.sessions import Door
from autocoder.store import Addition, Store, audit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AT = "2026-03-01T09:00:00+00:00"


@pytest.fixture
def own(tmp_path: Path, project: Project) -> Iterator[tuple[Store, Door]]:
    with store.create(tmp_path / "p", project.name, project.codebook, AT) as opened:
        opened.add(Addition(project.transcripts, project.coders, project.codings))
        listening = listen(Serving())
        door = door_for(Serving(), listening.getsockname()[1])
        server = uvicorn.Server(config_for(create_app(opened, door), Serving()))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield opened, door
        server.should_exit = True
        thread.join()


@pytest.fixture
def neighbour(own: tuple[Store, Door], tmp_path: Path) -> Iterator[str]:
    """Another page on another port of this computer, which sends a form to ours and tries to read it."""
    ours = f"http://127.0.0.1:{own[1].port}"
    folder = tmp_path / "neighbour"
    folder.mkdir()
    (folder / "index.html").write_text(
        f'<form method="post" action="{ours}/sign-out"><button>x</button></form>'
        f'<iframe src="{ours}/progress"></iframe><script src="{ours}/progress"></script>'
        f'<script>fetch("{ours}/progress", {{credentials: "include"}})'
        '.then(r => r.text(), e => "refused").then(t => { document.title = t.slice(0, 40) })</script>',
        encoding="utf-8",
    )

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as other:
        thread = Thread(target=other.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{other.server_address[1]}/"
        other.shutdown()
        thread.join()


def test_the_private_file_leads_in_and_the_secret_is_gone_from_address_and_history(
    own: tuple[Store, Door], chromium: Browser, tmp_path: Path
) -> None:
    opened, door = own
    page = chromium.new_page()
    page.goto(redirect_file(tmp_path, f"http://127.0.0.1:{door.port}/launch?token={door.sessions.link()}").as_uri())
    page.wait_for_url(f"http://127.0.0.1:{door.port}/start")
    page.get_by_role("button", name="דנה").click()
    page.wait_for_url(f"http://127.0.0.1:{door.port}/confirm*")
    assert page.locator(".who bdi").inner_text() == "דנה"
    assert [entry.who for entry in audit.entries(opened)] == ["דנה"]
    assert page.evaluate("document.cookie") == ""
    for _ in range(page.evaluate("history.length") - 1):
        page.go_back()
        assert "token" not in page.url or page.get_by_role("alert").is_visible()


def test_a_page_on_another_port_can_neither_write_nor_read(
    own: tuple[Store, Door], neighbour: str, chromium: Browser
) -> None:
    opened, door = own
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{door.port}/launch?token={door.sessions.link()}")
    page.wait_for_url("**/start")
    page.get_by_role("button", name="דנה").click()
    page.wait_for_url("**/confirm*")
    other = context.new_page()
    other.goto(neighbour)
    other.wait_for_function("document.title !== ''")
    assert other.title() == "refused"
    assert all("דנה" not in frame.content() for frame in other.frames)
    other.get_by_role("button").click()
    other.wait_for_url("**/sign-out")
    assert "another page" in other.content()
    page.reload()
    assert page.locator(".who bdi").inner_text() == "דנה"
    assert [entry.what for entry in audit.entries(opened)] == ["sign-in"]
