from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from autocoder.review.guard import HEADERS, Guard, Limits

HOST = "127.0.0.1:8000"


async def echo(request: Request) -> Response:
    form = await request.form()
    return PlainTextResponse(str(len(form)), headers={"cache-control": "public", "x-content-type-options": "no"})


async def fails(_: Request) -> Response:
    raise KeyError("what she said")


@pytest.fixture
def client() -> Iterator[TestClient]:
    routes = [
        Route("/", echo, methods=["GET", "POST"]),
        Route("/fails", fails),
        Route("/upload", echo, methods=["POST"]),
    ]
    guarded = Guard(Starlette(routes=[*routes, Route("/static/a.css", echo)]), {HOST}, Limits(1000, {"/upload": 5000}))
    with TestClient(guarded, f"http://{HOST}") as made:
        yield made


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (HOST, 200),
        ("127.0.0.1", 421),
        ("127.0.0.1:8001", 421),
        ("localhost:8000", 421),
        ("evil.example:8000", 421),
        ("127.0.0.1.evil.example:8000", 421),
        ("127.0.0.1:8000.evil.example", 421),
        ("", 421),
    ],
)
def test_only_the_address_that_was_started_with_is_answered(client: TestClient, host: str, status: int) -> None:
    assert client.get("/", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "same-site"}, 403),  # another port of this computer
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site", "origin": f"http://{HOST}"}, 403),
        ({"origin": f"http://{HOST}"}, 200),  # an older browser
        ({"origin": f"https://{HOST}"}, 403),
        ({"origin": "http://127.0.0.1:9000"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_only_our_own_page_may_write(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.post("/", data={"a": "1"}, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, 200),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, 200),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, 403),
    ],
)
def test_another_page_may_lead_here_and_may_not_draw_from_here(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    assert client.get("/", headers=headers).status_code == status


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "TRACE", "PATCH"])
def test_other_methods_and_what_asks_for_leave_get_nothing(client: TestClient, method: str) -> None:
    answer = client.request(method, "/", headers={"origin": "http://evil.example"})
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/", "/static/a.css", "/fails", "/nothing"])
def test_every_answer_carries_the_headers_whatever_the_route_says(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers["cache-control"] == ("no-cache" if path.startswith("/static/") else "no-store")
    assert "'unsafe" not in answer.headers["content-security-policy"]


def test_refusals_carry_the_headers_too(client: TestClient) -> None:
    answer = client.get("/", headers={"host": "evil.example"})
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


OURS = {"sec-fetch-site": "same-origin"}


def test_what_is_larger_than_its_path_allows_is_refused_by_its_length(client: TestClient) -> None:
    assert client.post("/", content=b"a" * 1001, headers=OURS).status_code == 413
    assert client.post("/", content=b"a" * 1000, headers=OURS).status_code == 200
    assert client.post("/upload", content=b"a" * 5000, headers=OURS).status_code == 200
    assert client.post("/upload", content=b"a" * 5001, headers=OURS).status_code == 413


def test_what_comes_without_its_length_is_cut_off_at_the_limit(client: TestClient) -> None:
    read = 0

    def without_end() -> Iterator[bytes]:
        nonlocal read
        while read < 1_000_000:
            read += 100
            yield b"a=1&" * 25

    form = OURS | {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/", content=without_end(), headers=form).status_code == 413


@pytest.mark.parametrize("length", ["-1", "1e3", "abc", "٣"])
def test_a_length_that_is_no_number_is_refused(client: TestClient, length: str) -> None:
    answer = client.post("/", content=b"", headers=OURS | {"content-length": length.encode()})
    assert answer.status_code == 400


def test_a_form_of_very_many_fields_is_refused() -> None:
    app = Guard(Starlette(routes=[Route("/", echo, methods=["POST"])]), {HOST})
    with TestClient(app, f"http://{HOST}", headers=OURS) as client:
        assert client.post("/", data={f"f{n}": "1" for n in range(1001)}).status_code == 400
        assert client.post("/", data={f"f{n}": "1" for n in range(1000)}).text == "1000"
        many = {f"f{n}": (None, "1") for n in range(1001)}
        assert client.post("/", files=many).status_code == 400


def test_a_fault_tells_the_log_where_and_never_what(
    client: TestClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    assert client.get("/fails").status_code == 500
    assert "KeyError" in caplog.text
    assert "she said" not in caplog.text + "".join(capfd.readouterr())


def test_a_websocket_is_refused(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/"):
        pass
