from __future__ import annotations

from pathlib import Path

import pytest

from autocoder.review.reviewer import Reviewer
from autocoder.review.sessions import LINK_SECONDS, LONGEST_SECONDS, Door, Sessions, again


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(idle=600, clock=clock)


def test_a_link_opens_one_session_once(sessions: Sessions) -> None:
    token = sessions.link()
    assert len(token) >= 43  # 32 bytes of chance
    assert sessions.redeem(token) is not None
    assert sessions.redeem(token) is None
    assert sessions.redeem("") is None


def test_a_link_is_good_for_ten_minutes_and_until_the_next_one(sessions: Sessions, clock: Clock) -> None:
    old, new = sessions.link(), sessions.link()
    assert sessions.redeem(old) is None
    clock.now += LINK_SECONDS
    assert sessions.redeem(new) is None


def test_a_session_locks_when_nobody_works(sessions: Sessions, clock: Clock) -> None:
    mine = sessions.open(Reviewer("דנה"))
    for _ in range(3):
        clock.now += 599
        assert sessions.find(mine) is not None
    clock.now += 600
    assert sessions.find(mine) is None
    clock.now -= 300
    assert sessions.find(mine) is None


def test_what_the_page_asks_by_itself_keeps_no_session_open(sessions: Sessions, clock: Clock) -> None:
    mine = sessions.open(Reviewer("דנה"))
    for _ in range(5):
        clock.now += 100
        assert sessions.find(mine, at_work=False) is not None
    clock.now += 100
    assert sessions.find(mine, at_work=False) is None


def test_a_session_ends_after_half_a_day_whoever_works(sessions: Sessions, clock: Clock) -> None:
    mine, began = sessions.open(Reviewer("דנה")), clock.now
    while clock.now < began + LONGEST_SECONDS - 500:
        clock.now += 500
        assert sessions.find(mine) is not None
    clock.now += 500
    assert sessions.find(mine) is None


def test_a_clock_set_back_ends_sessions_rather_than_keep_them(sessions: Sessions, clock: Clock) -> None:
    mine = sessions.open(Reviewer("דנה"))
    clock.now -= 1
    assert sessions.find(mine) is None


def test_no_secret_is_kept_as_it_is(sessions: Sessions) -> None:
    secrets = [sessions.link(), sessions.open(None)]
    assert not any(secret in repr(vars(sessions)) for secret in secrets)


def test_the_sessions_of_one_coder_end_together_and_those_of_others_stay(sessions: Sessions) -> None:
    hers, also_hers, his = (sessions.open(Reviewer(name)) for name in ("דנה", "דנה", "יוסי"))
    sessions.close_all_of("דנה")
    assert [sessions.find(each) is not None for each in (hers, also_hers, his)] == [False, False, True]


def test_the_cookie_is_named_with_the_port_and_with_tls_bound_to_the_host() -> None:
    assert Door(Sessions(), 4711, frozenset()).cookie == "autocoder-4711"
    assert Door(Sessions(), 4711, frozenset(), secure=True).cookie == "__Host-autocoder-4711"


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/", "/"),
        ("/browse", "/browse"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ('/"><script>', "/"),
        ("/a//evil", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_a_page_sends_on_to_paths_of_its_own_alone(path: str, to: str) -> None:
    assert f'content="0;url={to}"' in bytes(again(path).body).decode()


def test_the_source_of_chance_is_the_systems() -> None:
    source = (Path(__file__).parents[2] / "autocoder" / "review" / "sessions.py").read_text(encoding="utf-8")
    assert "import secrets" in source
    assert "import random" not in source
