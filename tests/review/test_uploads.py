from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from autocoder.review.job_files import UPLOADS, safe_name
from autocoder.review.uploads import Upload, UploadRefused, receive, receiving

BOUNDARY = "----אבג".encode().hex()


def part(field: str, content: bytes, filename: str | None = None) -> bytes:
    named = "" if filename is None else f'; filename="{filename}"'
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def whole_form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def request_of(pieces: Iterator[bytes], length: int | None = None, kind: str = "") -> Request:
    headers = [(b"content-type", (kind or f"multipart/form-data; boundary={BOUNDARY}").encode())]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))

    async def come() -> dict[str, object]:
        piece = next(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    return Request({"type": "http", "method": "POST", "path": "/jobs/import", "headers": headers}, come)


def finished(work: Coroutine[object, object, Any]) -> Any:
    """Run to the end in a thread of its own: this one may hold the loop of a browser."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def sent(folder: Path, body: bytes, most: int = 10**6, size: int = 7) -> Upload:
    pieces = (body[at : at + size] for at in range(0, len(body), size))
    return finished(receive(request_of(pieces), folder, most))


def test_files_and_fields_arrive_byte_for_byte_however_the_body_is_cut(tmp_path: Path) -> None:
    text = "מראיינת: שָׁלוֹם\r\n--\r\n\U0001f642".encode()
    body = whole_form(
        part("files", text, "ריאיון 1.txt"), part("word_codes", b"yes"), part("files", b"\x00\xff" * 99, "b.qdpx")
    )
    for size in (1, 7, 64, len(body)):
        folder = tmp_path / str(size)
        folder.mkdir()
        came = sent(folder, body, size=size)
        assert came.files == ("ריאיון 1.txt", "b.qdpx")
        assert came.fields == {"word_codes": "yes"}
        assert (folder / "ריאיון 1.txt").read_bytes() == text
        assert (folder / "b.qdpx").read_bytes() == b"\x00\xff" * 99


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../autocoder.toml", "autocoder.toml"),
        ("..\\..\\project.db", "project.db"),
        ("/etc/passwd", "passwd"),
        ("C:\\Users\\dana\\ריאיון.docx", "ריאיון.docx"),
        ("ריאיון.txt:stream", "ריאיון.txt_stream"),
        (".hidden.txt", "hidden.txt"),
        ("a.txt. . ", "a.txt"),
        ("con.txt", "_con.txt"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("a\x00b\n.txt", "ab.txt"),
        ("צה%22ל.docx", "צה״ל.docx"),
        ("<script>alert(1)<", "_script_alert(1)_"),
        ("..", ""),
        ("///", ""),
    ],
)
def test_a_name_keeps_no_path_and_nothing_that_a_system_refuses(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


@given(st.text(max_size=400))
def test_every_name_stays_in_its_folder_and_fits_a_file_system(name: str) -> None:
    kept = safe_name(name)
    assert kept == Path(kept).name
    assert len(kept) <= 120
    assert len(kept.encode()) <= 255
    assert kept not in (".", "..")
    assert safe_name(kept) == kept


def test_a_long_name_keeps_its_ending() -> None:
    assert safe_name("ש" * 300 + ".docx").endswith("ש.docx")


def test_a_file_is_written_nowhere_but_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    sent(folder, whole_form(part("files", b"x", "../out.txt")))
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == ["in", "in/out.txt"]


def test_a_body_that_grows_over_the_cap_is_broken_off_there_and_nothing_of_it_is_left(tmp_path: Path) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield part("files", b"", "big.qdpx")[:-2]
        while True:
            taken += 1000
            yield b"x" * 1000

    async def receive_it() -> None:
        with receiving(tmp_path) as folder:
            await receive(request_of(endless()), folder, 50_000)

    with pytest.raises(UploadRefused, match="MB that are taken at once") as refused:
        finished(receive_it())
    assert refused.value.too_large
    assert taken <= 51_000
    assert list((tmp_path / UPLOADS).iterdir()) == []


def test_a_body_that_says_it_is_too_large_is_refused_before_any_of_it_is_read(tmp_path: Path) -> None:
    def unread() -> Iterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    with pytest.raises(UploadRefused, match="MB that are taken at once"):
        finished(receive(request_of(unread(), length=2_000_000_000), tmp_path, 50_000))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (whole_form(part("word_codes", b"yes")), "no file was chosen"),
        (whole_form(part("files", b"", "")), "no file was chosen"),
        (whole_form(part("files", b"1", "a.txt"), part("files", b"2", "A.TXT")), "two files are called A.TXT"),
        (whole_form(part("word_codes", b"x" * 20_000)), "too long"),
        (b"no form at all", "did not arrive whole"),
        (part("files", b"cut off", "a.txt")[:-5], "did not arrive whole"),
    ],
)
def test_a_form_that_is_not_whole_or_not_clear_is_refused_in_one_sentence(
    tmp_path: Path, body: bytes, why: str
) -> None:
    with pytest.raises(UploadRefused, match=why):
        sent(tmp_path, body)


def test_a_form_of_another_kind_is_refused(tmp_path: Path) -> None:
    request = request_of(iter([b"a=1"]), kind="application/x-www-form-urlencoded")
    with pytest.raises(UploadRefused, match="did not come as files"):
        finished(receive(request, tmp_path))
