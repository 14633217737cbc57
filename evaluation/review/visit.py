"""The review page as the command serves it, in a process of its own, and people who use it over HTTP."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx

_LINK = re.compile(r"https?://\S+/(?:launch|invitation)\S+")
_CARD = re.compile(r'name="card" value="([^"]+)"')
_INVITATION = re.compile(r"https?://[^\"<\s]+/invitation/[\w-]+")
PASSWORD = "a long password of nobody"  # noqa: S105


@dataclass(frozen=True)
class Served:
    """A server under way, with the link that it printed: the way in, once."""

    process: subprocess.Popen[str]
    link: str

    @property
    def root(self) -> str:
        """The address of the page."""
        return "/".join(self.link.split("/")[:3])


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Served]:
    """Serve a project by the command, and end the server however it may be."""
    command = [sys.executable, "-m", "autocoder", "review", str(folder), "--no-browser", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, encoding="utf-8") as process:
        try:
            link = next(found[0] for line in process.stdout or () if (found := _LINK.search(line)))
            yield Served(process, link)
        finally:
            process.kill()


class Visitor:
    """One person with one browser."""

    def __init__(self, root: str) -> None:
        self.client = httpx.Client(base_url=root, timeout=30, follow_redirects=True, trust_env=False)
        self.client.headers["sec-fetch-site"] = "same-origin"

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def begin_alone(self, link: str, name: str) -> None:
        """Open the link that the server printed and choose a name."""
        self._waited_for(link)
        _went_on(self.client.post("/start", data={"name": name}, follow_redirects=False))

    def accept_invitation(self, link: str, name: str) -> None:
        """Make the account of an invitation."""
        self._waited_for(link)
        fields = {"name": name, "password": PASSWORD, "again": PASSWORD}
        _went_on(self.client.post(link, data=fields, follow_redirects=False))

    def invite(self, name: str) -> str:
        """Return the link of a new invitation; only a lead is given one."""
        shown = self.client.post("/people/invite", data={"name": name, "role": "coder"}).raise_for_status()
        return unescape(_INVITATION.findall(shown.text)[0])

    def first_card(self) -> str | None:
        """Return the card that stands first in the queue."""
        return _card_in(self.client.get("/confirm").raise_for_status().text)

    def decide(self, card: str, action: str) -> tuple[bool, str | None, float]:
        """Answer a card: whether it was saved, the next card, and the seconds that it took."""
        begun = time.perf_counter()
        fields = {"card": card, "action": action, "seconds": "1.5"}
        answered = self.client.post("/confirm", data=fields, headers={"hx-request": "true"})
        took = time.perf_counter() - begun
        if answered.status_code not in (200, 409):
            answered.raise_for_status()
        return answered.status_code == 200, _card_in(answered.text), took

    def _waited_for(self, link: str) -> None:
        """Open a link as soon as the server answers."""
        for _ in range(100):
            try:
                self.client.get(link).raise_for_status()
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return
        raise TimeoutError(link.rpartition("/")[0])


def _went_on(response: httpx.Response) -> None:
    """Raise when a form was not accepted, which leads on to another page."""
    if response.status_code != 303:
        raise httpx.HTTPStatusError("not accepted", request=response.request, response=response)


def _card_in(text: str) -> str | None:
    found = _CARD.search(text)
    return found[1] if found else None
