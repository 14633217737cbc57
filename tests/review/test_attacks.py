"""What somebody who wants the interviews might try, against a real server on a real port."""

from __future__ import annotations

import http.client
import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from threading import Thread
from urllib.parse import quote, urlencode

import pytest
import sqlalchemy as sa
import uvicorn
from starlette.testclient import TestClient

from autocoder import store
from autocoder.project import Code, Codebook, Coder, CoderKind, Coding, Origin, Role, Span, Transcript, Turn
from autocoder.review.app import create_app
from autocoder.review.reviewer import Reviewer
from autocoder.review.reviewer import Role as Rank
from autocoder.review.server import Serving, config_for, door_for, listen
from autocoder.review.sessions import Door
from autocoder.review.work import do
from autocoder.steps import now
from autocoder.store import Addition, Store, accounts, audit, jobs
from autocoder.store.assignments import Task, assign_all

AT = "2026-03-01T09:00:00+00:00"
BAD = "<script>alert(1)</script>"
WORSE = "\"'><img src=x onerror=alert(1)>"
FILE = f"ריאיון {BAD}"
HIDDEN = "מה שרק יוסי קודד"
GOOD = "סוס סוללה סיכה נכון"
OURS = {"Sec-Fetch-Site": "same-origin"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def interview(name: str) -> Transcript:
    said = [("מראיינת", "מה קרה?"), (WORSE, f"הייתי לבד {BAD} שם."), (BAD, f"והשכר נמוך {WORSE} מאוד.")] * 4
    text, turns = "", []
    for speaker, speech in said:
        text += f"{speaker}: "
        part = Role.INTERVIEWER if speaker == "מראיינת" else Role.PARTICIPANT
        turns.append(Turn(Span(len(text), len(text) + len(speech)), speaker, part))
        text += speech + "\n"
    return Transcript(name, text, tuple(turns), {BAD: WORSE})


def build(folder: Path) -> Store:
    """A study whose every name is an attack, with suggestions, and a passage that one person codes blind."""
    codes = (Code("pay", BAD, f"Pay {BAD}", definition_he=WORSE), Code("alone", WORSE, "Alone", include=(BAD,)))
    made = store.create(folder, f"מחקר {BAD}", Codebook(BAD, codes), AT)
    first, second = interview(FILE), interview("ריאיון עיוור")
    people = tuple(Coder(name) for name in ("דנה", "יוסי", BAD))
    mine = [Coding(FILE, turn.span, "pay", BAD, memo=WORSE) for turn in first.turns[1::3]]
    made.add(Addition((first, second), people, tuple(mine), at=AT))
    for transcript in (first, second):
        guesses = [Coding(transcript.name, t.span, "alone", "m1", Origin.AUTO, 0.6) for t in transcript.turns[2::3]]
        made.add_suggestions(Coder("m1", CoderKind.MODEL), transcript.name, guesses)
    assign_all(made, [("יוסי", Task.BLIND)], ["ריאיון עיוור"], "רות", AT)
    hidden = Coding("ריאיון עיוור", second.turns[1].span, "pay", "יוסי", Origin.BLIND, memo=HIDDEN)
    made.add(Addition(codings=(hidden,), at=AT))
    return made


@dataclass
class Served:
    """A server that runs, and a browser of ours for it."""

    opened: Store
    door: Door
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.door.port}"

    def ask(
        self, method: str, path: str, form: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        """Send one request as it is said, with the cookies and without following anywhere."""
        connection = http.client.HTTPConnection("127.0.0.1", self.door.port, timeout=60)
        body = urlencode(form) if form is not None else None
        sent = {"Host": self.host} | (FORM if form is not None else {}) | dict(headers)
        if self.cookies:
            sent.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
        finally:
            connection.close()

    def come_in(self, name: str = "דנה", rank: Rank = Rank.LEAD) -> Served:
        self.cookies = {self.door.cookie: self.door.sessions.open(Reviewer(name, rank))}
        return self

    def written(self) -> list[str]:
        return [entry.what for entry in audit.entries(self.opened)]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    running: list[tuple[uvicorn.Server, Thread, Store]] = []

    def start(team: bool = False) -> Served:
        asked = Serving(team=team)
        opened, listening = build(tmp_path / f"p{len(running)}"), listen(asked)
        door = door_for(asked, listening.getsockname()[1])
        server = uvicorn.Server(config_for(create_app(opened, door), asked))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        running.append((server, thread, opened))
        while not server.started:
            time.sleep(0.01)
        return Served(opened, door)

    yield start
    for server, thread, opened in running:
        server.should_exit = True
        thread.join()
        opened.close()


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    return serve().come_in()


def test_a_name_that_was_made_to_point_here_gets_nothing(served: Served) -> None:
    for host in (f"evil.example:{served.door.port}", "evil.example", f"127.0.0.1.nip.io:{served.door.port}"):
        status, headers, body = served.ask("GET", "/browse", Host=host)
        assert status == 421
        assert "מחקר" not in body
        assert "set-cookie" not in headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {},
    ],
)
def test_a_form_on_another_page_changes_nothing_even_with_the_cookie(served: Served, headers: dict[str, str]) -> None:
    before = served.written()
    for path, form in (("/start", {"name": "x"}), ("/sign-out", {}), ("/confirm", {"action": "accept"})):
        assert served.ask("POST", path, form, **headers)[0] == 403
    assert served.written() == before
    assert served.ask("GET", "/progress")[0] == 200  # the session is as it was


def test_another_page_cannot_draw_ours_in_a_frame_or_read_it(served: Served) -> None:
    for dest, mode in (("iframe", "navigate"), ("script", "no-cors"), ("image", "no-cors"), ("empty", "cors")):
        fetch = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": dest, "Sec-Fetch-Mode": mode}
        assert served.ask("GET", "/browse", **fetch)[0] == 403
    status, headers, _ = served.ask("OPTIONS", "/confirm", Origin="http://evil.example")
    assert status == 405
    assert not [name for name in headers if name.startswith("access-control")]


def test_a_cookie_is_worth_nothing_on_another_port(serve: Callable[..., Served]) -> None:
    one, other = serve().come_in(), serve()
    stolen = one.cookies[one.door.cookie]
    assert one.ask("GET", "/progress")[0] == 200
    for cookies in ({one.door.cookie: stolen}, {other.door.cookie: stolen}):
        other.cookies = cookies
        status, headers, _ = other.ask("GET", "/progress")
        assert (status, headers["location"]) == (303, "/closed")


def test_the_link_works_once_and_its_secret_leaves_the_address(serve: Callable[..., Served]) -> None:
    served = serve()
    path = f"/launch?token={served.door.sessions.link()}"
    status, headers, body = served.ask(
        "GET", path, **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    )
    assert status == 200
    assert "token" not in body
    cookie = headers["set-cookie"].casefold()
    assert cookie.startswith(f"autocoder-{served.door.port}=")
    assert all(word in cookie for word in ("httponly", "samesite=strict", "path=/"))
    again = served.ask("GET", path)
    assert again[0] == 403
    assert "set-cookie" not in again[1]


def test_a_session_that_was_put_into_the_browser_is_not_the_one_that_is_let_in(serve: Callable[..., Served]) -> None:
    served = serve()
    planted = "a" * 43
    served.cookies = {served.door.cookie: planted}
    _, headers, _ = served.ask("GET", f"/launch?token={served.door.sessions.link()}")
    anonymous = re.split("[=;]", headers["set-cookie"])[1]
    assert anonymous != planted
    served.cookies = {served.door.cookie: anonymous}
    status, headers, _ = served.ask("POST", "/start", {"name": "דנה"}, **OURS)
    mine = re.split("[=;]", headers["set-cookie"])[1]
    assert status == 303
    assert mine not in (planted, anonymous)
    for old in (planted, anonymous):
        served.cookies = {served.door.cookie: old}
        assert served.ask("GET", "/progress")[1]["location"] == "/closed"


def test_signing_in_to_a_team_gives_a_new_session_and_ends_the_old_one(serve: Callable[..., Served]) -> None:
    served = serve(team=True)
    accounts.accept(served.opened, accounts.invite_first_lead(served.opened, AT), GOOD, AT, "רות")
    served.come_in("דנה", Rank.CODER)
    old = served.cookies[served.door.cookie]
    _, headers, _ = served.ask("POST", "/sign-in", {"name": "רות", "password": GOOD}, **OURS)
    assert re.split("[=;]", headers["set-cookie"])[1] != old
    assert served.ask("GET", "/progress")[1]["location"] == "/sign-in"


PAGES = ("/confirm", "/sweep", "/blind", "/adjudicate", "/browse", "/progress", "/jobs", "/assignments", "/start")


def pages_of(served: Served) -> list[str]:
    """What a browser finds from the head of every page, and one step further."""
    found = [*PAGES, f"/browse?{urlencode({'q': 'לבד'})}", f"/browse?{urlencode({'code': 'pay'})}"]
    for path in PAGES:
        links = re.findall(r'(?:href|hx-get|action)="(/[^"]*)"', served.ask("GET", path)[2])
        found += [link.replace("&amp;", "&") for link in links if not link.startswith("/static")]
    return sorted(set(found) - {"/sign-out"})


def test_names_and_words_that_are_markup_are_shown_as_they_were_said(served: Served) -> None:
    shown = 0
    for path in pages_of(served):
        status, headers, body = served.ask("GET", path)
        assert status in (200, 303, 404, 405), path
        assert "<script>alert" not in body, path
        assert "<img src=x" not in body, path
        assert "script-src 'self'" in headers["content-security-policy"]
        shown += escape(BAD) in body
    assert shown >= 5


def test_looking_changes_nothing_but_the_note_of_what_was_seen(served: Served) -> None:
    def state() -> dict[str, list[object]]:
        with served.opened.reading() as connection:
            names = set(sa.inspect(connection).get_table_names()) - {"seen", "sqlite_sequence"}
            plain = sorted(name for name in names if not name.startswith("spoken"))
            return {name: list(connection.execute(sa.text(f'SELECT * FROM "{name}"'))) for name in plain}  # noqa: S608

    before = state()
    assert len(before) > 15
    for path in pages_of(served):
        served.ask("GET", path)
    assert state() == before


def test_nobody_gets_at_the_blind_coding_of_another_before_it_is_committed(served: Served) -> None:
    for name, rank in (("דנה", Rank.CODER), ("רות", Rank.LEAD)):
        accounts.take_seat(served.opened, name, AT)
        served.come_in(name, rank)
        asked = [*pages_of(served)]
        for key in ("coder", "transcript", "code", "q", "card", "id", "name"):
            asked += [
                f"{path}?{urlencode({key: value})}" for path in PAGES for value in ("יוסי", "ריאיון עיוור", "pay")
            ]
        asked += [f"/browse/read?{urlencode({'transcript': 'ריאיון עיוור', 'coder': 'יוסי'})}"]
        for path in asked:
            assert HIDDEN not in served.ask("GET", path)[2], path


@pytest.mark.parametrize(
    "query",
    [
        "' OR 1=1 --",
        '"; DROP TABLE coding; --',
        "לבד* OR text:",
        'NEAR("a" "b", 1)',
        "%",
        "_",
        "a\x00b",
        '"""',
        "{}[]^~-+",
    ],
)
def test_what_is_searched_for_is_words_and_never_a_query(served: Served, query: str) -> None:
    for key in ("q", "code", "coder", "transcript", "role", "after", "zone"):
        status, _, body = served.ask("GET", f"/browse?{key}={quote(query)}")
        assert status in (200, 400, 404), (key, status)
        assert "sqlite" not in body.casefold()
        assert "Something went wrong" not in body
    assert len(served.opened.codings()) == 13
    matches = served.ask("GET", f"/browse?q={quote('% OR לבד')}")[2]
    assert "<mark" not in matches


def test_a_gigabyte_is_refused_before_any_of_it_is_read(served: Served) -> None:
    cookie = f"{served.door.cookie}={served.cookies[served.door.cookie]}"
    for path in ("/jobs/import", "/confirm"):
        with socket.create_connection(("127.0.0.1", served.door.port), timeout=20) as wire:
            lines = [
                f"POST {path} HTTP/1.1",
                f"Host: {served.host}",
                f"Cookie: {cookie}",
                "Sec-Fetch-Site: same-origin",
                "Content-Type: multipart/form-data; boundary=x",
                f"Content-Length: {1024**3}",
                "",
                "",
            ]
            wire.sendall("\r\n".join(lines).encode())
            began = time.monotonic()
            answer = wire.recv(65536)  # nothing of the body was sent
        assert answer.startswith(b"HTTP/1.1 413"), (path, answer[:100])
        assert time.monotonic() - began < 15


def multipart(*files: tuple[str, bytes]) -> tuple[bytes, str]:
    parts = b""
    for name, content in files:
        head = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        parts += head.encode() + content + b"\r\n"
    return parts + b"--x--\r\n", "multipart/form-data; boundary=x"


def send(client: TestClient, *files: tuple[str, bytes]) -> int:
    body, kind = multipart(*files)
    return client.post("/jobs/import", content=body, headers={"content-type": kind}).status_code


NAMES = [
    "../../../evil.txt",
    "..\\..\\evil.txt",
    "/etc/evil.txt",
    "C:\\evil.txt",
    "a/../../evil.txt",
    "CON.txt",
    "..",
    ".",
]


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_file_leads_nowhere(tmp_path: Path, signed_in: Callable[..., TestClient], name: str) -> None:
    folder = tmp_path / "deep" / "deeper" / "p"
    with build(folder) as opened:
        before = {path for path in tmp_path.rglob("*") if folder not in path.parents}
        status = send(signed_in(opened), (name, "ר: שלום לך".encode()))
        assert status in (303, 400, 413)
        assert {path for path in tmp_path.rglob("*") if folder not in path.parents} == before
        kept = [path for path in folder.rglob("*") if path.is_file() and path.suffix == ".txt"]
        assert all(path.resolve().is_relative_to(folder.resolve() / "uploads") for path in kept), kept
    assert not Path("/etc/evil.txt").exists()


def test_a_bomb_is_refused_with_a_sentence_and_nothing_comes_in(
    tmp_path: Path, signed_in: Callable[..., TestClient]
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("[Content_Types].xml", "<Types/>")
        bomb.writestr("word/document.xml", b"\0" * (300 * 1024**2))
    assert len(packed.getvalue()) < 1024**2
    with build(tmp_path / "p") as opened:
        transcripts = [transcript.name for transcript in opened.transcripts()]
        assert send(signed_in(opened), ("bomb.docx", packed.getvalue())) == 303
        job = jobs.claim(opened, "here", now())
        assert job is not None
        do(opened.folder, job.id)
        done = jobs.find(opened, job.id)
        assert done is not None
        assert done.state is not jobs.State.DONE
        assert "bomb.docx" in done.message
        assert [transcript.name for transcript in opened.transcripts()] == transcripts


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that stands for Ctrl-C in another process")
def test_the_command_opens_the_page_with_no_secret_in_any_list_and_ends_at_ctrl_c(tmp_path: Path) -> None:
    build(tmp_path / "p").close()
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(
        f'#!/bin/sh\ncp "${{1#file://}}" "{seen}.part"; stat -c %a "${{1#file://}}" > "{seen}.rights"; '
        f'echo "$1" > "{seen}.argument"; mv "{seen}.part" "{seen}"\n',
        encoding="utf-8",
    )
    browser.chmod(0o700)
    command = [sys.executable, "-m", "autocoder", "review", str(tmp_path / "p")]
    environment = os.environ | {"BROWSER": f"{browser} %s", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL
    ) as process:
        for _ in range(1200):
            if seen.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        token = re.search(r"token=([\w-]+)", seen.read_text(encoding="utf-8"))
        assert token
        assert (tmp_path / "seen.rights").read_text().strip() == "600"
        assert token[1] not in (tmp_path / "seen.argument").read_text()
        arguments = b"".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())
        assert token[1].encode() not in arguments
        link = re.search(r"http://127\.0\.0\.1:(\d+)/", seen.read_text(encoding="utf-8"))
        assert link
        for _ in range(600):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", int(link[1]), timeout=30)
                connection.request("GET", f"/launch?token={token[1]}")
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "everything decided is kept" in said
    assert token[1] not in said
    assert "Traceback" not in said
    assert "GET /" not in said
    file = Path((tmp_path / "seen.argument").read_text().strip().removeprefix("file://"))
    assert not file.parent.exists()
