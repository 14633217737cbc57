"""One server and one Chromium for all browser tests; each test has a study and windows of its own.

Every window fails its test for a request that leaves this computer, an error in a script, or a break of the policy on
content.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from autocoder.review.app import create_app
from autocoder.review.reviewer import Reviewer, Role
from autocoder.review.server import Serving, config_for, door_for, listen
from autocoder.review.sessions import Door
from autocoder.store import Store
from autocoder.store.settings import Settings, change_settings

HEBREW = {
    "A": "ש", "B": "נ", "E": "ק", "J": "ח", "K": "ל", "M": "צ", "R": "ר", "S": "ד", "U": "ו"
}  # fmt: skip


def study_module() -> ModuleType:
    spec = util.spec_from_file_location("small_study", Path(__file__).parents[1] / "small_study.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Switch:
    """Serves whichever study a test has put in."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def server() -> Iterator[tuple[Switch, Door]]:
    asked = Serving()
    with listen(asked) as listening:
        switch, door = Switch(), door_for(asked, listening.getsockname()[1])
        config = config_for(switch, asked)
        config.lifespan = "off"
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not running.started:
            time.sleep(0.01)
        yield switch, door
        running.should_exit = True
        thread.join()


@dataclass
class Window:
    """A window of one person; ``press`` strikes a key as a Hebrew keyboard does."""

    page: Page
    url: str
    seen: list[str]

    def go(self, path: str = "/confirm") -> Page:
        self.page.goto(self.url + path)
        if self.page.evaluate("typeof htmx") != "undefined":
            self.page.wait_for_selector("html.ready", state="attached")
        return self.page

    def press(self, letter: str, repeat: bool = False) -> None:
        self.page.wait_for_selector("html.ready", state="attached")
        text = HEBREW[letter]
        keys = self.page.context.new_cdp_session(self.page)
        event = {"key": text, "code": f"Key{letter}", "windowsVirtualKeyCode": ord(letter)}
        keys.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": text, "autoRepeat": repeat, **event})
        keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})
        keys.detach()

    @property
    def card(self) -> str:
        return self.page.locator("#card").get_attribute("data-card") or ""

    def decide(self, letter: str) -> str:
        """Strike a key that brings another card, and return what was said."""
        before = self.card
        self.press(letter)
        self.page.wait_for_function("card => document.querySelector('#card').dataset.card !== card", arg=before)
        self.page.wait_for_function("() => document.querySelector('#said').textContent.trim() !== ''")
        return self.said

    @property
    def said(self) -> str:
        return self.page.locator("#said").inner_text().strip()


@dataclass
class Served:
    """A study that is served, and a window for whoever is named."""

    store: Store
    url: str
    open: Callable[..., Window]


@pytest.fixture
def served(chromium: Browser, server: tuple[Switch, Door], tmp_path: Path) -> Iterator[Served]:
    switch, door = server
    made = study_module()
    store = made.build(tmp_path / "study")
    change_settings(store, Settings(random_share=0.0), "דנה", made.AT)
    switch.app = create_app(store, door)
    url = f"http://127.0.0.1:{door.port}"
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def open_window(coder: str = "דנה", look: str = "he.light.100", **options: object) -> Window:
        options.setdefault("viewport", {"width": 1280, "height": 720})
        context = chromium.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        session = door.sessions.open(Reviewer(coder, Role.LEAD))
        cookies = [(door.cookie, session), ("look", look)]
        context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies])
        seen: list[str] = []

        def watch(route: Route) -> None:
            seen.append(route.request.url)
            if urlsplit(route.request.url).hostname != "127.0.0.1":
                troubles.append(f"a request left this computer: {route.request.url}")
                route.abort()
            else:
                route.continue_()

        context.route("**/*", watch)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda line: troubles.append(line.text) if _is_trouble(line.type, line.text) else None)
        return Window(page, url, seen)

    yield Served(store, url, open_window)
    for context in contexts:
        context.close()
    store.close()
    assert troubles == []


def _is_trouble(kind: str, text: str) -> bool:
    return kind == "error" and "status of 4" not in text  # a refusal is an answer too
