"""The review page as a program: where it listens, who may come, how the browser opens, how it ends.

Alone, it listens on this computer's own address at a free port and opens the browser through a file that only the user
can read, so that the link stands in no list of processes. For a team it needs accounts, and beyond this computer TLS.
"""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import ssl
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from autocoder.errors import AutocoderError
from autocoder.review.app import create_app
from autocoder.review.sessions import IDLE_SECONDS, Door, Sessions
from autocoder.review.work import Worker
from autocoder.store import Store, accounts

HOME = "127.0.0.1"
CONNECTIONS = 200


class NotServed(AutocoderError):
    """A way of serving that would let others in, or that cannot be."""


@dataclass(frozen=True)
class Serving:
    """What was asked for; ``names`` are those under which a team reaches the page, when not the address itself."""

    team: bool = False
    host: str = HOME
    port: int = 0
    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    browser: bool = True
    idle_seconds: float = IDLE_SECONDS

    @property
    def secure(self) -> bool:
        """Whether the page is served with TLS."""
        return self.certificate is not None

    @property
    def scheme(self) -> str:
        """How its address begins."""
        return "https" if self.secure else "http"


def check(asked: Serving, has_lead: bool) -> None:
    """Refuse, with what to do, whatever would let others read the interviews; raise NotServed."""
    address = _address(asked.host)
    if (asked.certificate is None) != (asked.key is None):
        raise NotServed("--tls-cert and --tls-key belong together; give both files or none.")
    if address.is_loopback:
        return
    if not asked.team:
        raise NotServed(f"{asked.host} can be reached from other computers; that needs --team, accounts and TLS.")
    if not asked.secure:
        raise NotServed(
            f"{asked.host} can be reached from other computers, and without TLS everybody on the way reads along; "
            "give --tls-cert FILE and --tls-key FILE, which whoever runs your network can issue."
        )
    if not has_lead:
        raise NotServed(
            "there is no lead's account yet; first run this command with --team and without --host on this computer, "
            "open the link that it prints, and make one."
        )
    if address.is_unspecified and not asked.names:
        raise NotServed(f"{asked.host} means every address; say with --name under which name people reach the page.")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(HOME if host == "localhost" else host)
    except ValueError:
        raise NotServed(
            f"{host} is no address; give --host the number of this computer in your network and --name its name."
        ) from None


def listen(asked: Serving) -> socket.socket:
    """Return a socket that holds the port before anything is made for it."""
    address = _address(asked.host)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    # by its full name: only of such a socket does asyncio turn off the wait for a fuller packet, 40 ms an answer
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # on Windows another program could take the port over
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((str(address), asked.port))
        listening.listen()
    except OSError as fault:
        listening.close()
        raise NotServed(
            f"{asked.host} at port {asked.port} cannot be used ({fault.strerror}); choose another --port."
        ) from None
    return listening


def door_for(asked: Serving, port: int) -> Door:
    """Return the door of a server at a port: the addresses that it answers to, and its sessions."""
    names = asked.names or (_named(asked.host),)
    usual = port == (443 if asked.secure else 80)
    hosts = {f"{name}:{port}" for name in names} | (set(names) if usual else set())
    sessions = Sessions(asked.idle_seconds)
    return Door(sessions, port, frozenset(host.casefold() for host in hosts), asked.team, asked.secure)


def config_for(app: ASGIApp, asked: Serving) -> uvicorn.Config:
    """Return how the server runs: no log of requests, no header that names it, nothing but HTTP."""
    if asked.certificate and asked.key:
        _check_certificate(asked.certificate, asked.key)
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=3,
        ssl_certfile=asked.certificate,
        ssl_keyfile=asked.key,
    )


def _check_certificate(certificate: Path, key: Path) -> None:
    """Refuse files that hold no certificate and its key, before anything listens."""
    for file in (certificate, key):
        if not file.is_file():
            raise NotServed(f"{file} is no file; give the certificate and its key as .pem files.")

    def no_password() -> str:
        raise NotServed(f"{key} is locked with a password, which a server cannot type; give it a key without one.")

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, no_password)
    except (ssl.SSLError, OSError, ValueError):
        raise NotServed(f"{certificate} and {key} are no certificate and its key; give both as .pem files.") from None


def serve(store: Store, asked: Serving, at: str, say: Callable[[str], None]) -> None:
    """Serve the project until Ctrl-C; ``say`` prints."""
    has_lead = accounts.has_lead(store)
    check(asked, has_lead)
    with listen(asked) as listening:
        port: int = listening.getsockname()[1]
        door = door_for(asked, port)
        server = uvicorn.Server(config_for(create_app(store, door), asked))
        root = f"{asked.scheme}://{asked.names[0] if asked.names else _named(asked.host)}:{port}"
        with _ended_by_signals(), Worker(store.folder):
            if asked.team:
                say(_way_in_for_a_team(store, root, has_lead, at))
                server.run(sockets=[listening])
            else:
                with _opened(root, door, asked.browser, say):
                    server.run(sockets=[listening])
    say("The review page has ended; everything decided is kept.")


def _named(host: str) -> str:
    address = _address(host)
    return f"[{address}]" if address.version == 6 else str(address)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Take Ctrl-C and the system's wish to end for what they are, once the server has ended in good order."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _way_in_for_a_team(store: Store, root: str, has_lead: bool, at: str) -> str:
    if has_lead:
        return f"The page of the team: {root}/ (Ctrl-C ends it)"
    link = f"{root}/invitation/{accounts.invite_first_lead(store, at)}"
    return f"There is no lead yet. This link makes the first lead's account, once: {link}"


@contextmanager
def _opened(root: str, door: Door, browser: bool, say: Callable[[str], None]) -> Iterator[None]:
    """Show the browser the page, or say its link; at a terminal, do so again when Enter is pressed."""
    with TemporaryDirectory(prefix="autocoder-") as folder:  # made with the rights 0700

        def show() -> None:
            link = f"{root}/launch?token={door.sessions.link()}"
            if browser and webbrowser.open(redirect_file(Path(folder), link).as_uri()):
                say(f"The review page opens in the browser, at {root}/")
            else:
                say(f"Open this link in a browser; it works once: {link}")

        show()
        if sys.stdin is not None and sys.stdin.isatty():
            say("Enter opens it again, Ctrl-C ends it.")
            Thread(target=_on_enter, args=(show,), daemon=True).start()
        yield


def _on_enter(show: Callable[[], None]) -> None:
    """Show the page at every line; read past Python's buffer, whose lock would stop the program from ending."""
    while os.read(sys.stdin.fileno(), 1024):
        show()


def redirect_file(folder: Path, link: str) -> Path:
    """Write a page that only the user can read and that goes to the link."""
    file = folder / "open.html"
    file.touch(mode=0o600)
    to = escape(link)
    file.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={to}">'
        f'<title>autocoder</title><a href="{to}">autocoder</a>',
        encoding="utf-8",
    )
    return file
