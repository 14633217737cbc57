"""Coming in, going out, and what a lead may give and take, as a browser sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from autocoder import store
from autocoder.project import Coder, Project
from autocoder.review.app import create_app
from autocoder.review.reviewer import Role
from autocoder.review.sessions import Door, Sessions
from autocoder.steps import now
from autocoder.store import Addition, Store, accounts, audit
from autocoder.store.assignments import Task, assignments

AT = "2026-03-01T09:00:00+00:00"
GOOD = "סוס סוללה סיכה נכון"
HOST = "127.0.0.1:8000"
SignedIn = Callable[..., TestClient]


@pytest.fixture
def opened(tmp_path: Path, project: Project) -> Store:
    made = store.create(tmp_path / "p", project.name, project.codebook, AT)
    made.add(Addition(project.transcripts, project.coders, project.codings))
    return made


def stranger(opened: Store, team: bool) -> tuple[TestClient, Door]:
    door = Door(Sessions(), 8000, frozenset({HOST}), team)
    headers = {"sec-fetch-site": "same-origin"}
    return TestClient(create_app(opened, door), f"http://{HOST}", headers=headers, follow_redirects=False), door


def test_alone_one_comes_in_by_the_link_and_begins_under_a_name(opened: Store) -> None:
    client, door = stranger(opened, team=False)
    assert client.get("/confirm").headers["location"] == "/closed"
    assert client.get("/closed").status_code == 401
    link = door.sessions.link()
    assert client.get(f"/launch?token={link}").status_code == 200
    assert client.get("/confirm").headers["location"] == "/start"
    assert "דנה" in client.get("/start").text
    assert client.post("/start", data={"name": "נועה"}).headers["location"] == "/"
    assert "נועה" in client.get("/confirm").text
    assert [coder.name for coder in opened.coders()] == ["דנה", "יוסי", "נועה"]
    assert client.post("/sign-out").headers["location"] == "/start"
    assert client.get("/confirm").headers["location"] == "/start"
    assert [entry.what for entry in audit.entries(opened)][-2:] == ["sign-in", "sign-out"]


def test_alone_there_are_no_accounts_and_in_a_team_no_choice_of_a_name(opened: Store, signed_in: SignedIn) -> None:
    alone = signed_in(opened)
    assert [alone.get(path).status_code for path in ("/people", "/sign-in")] == [404, 404]
    assert 'href="/people"' not in alone.get("/progress").text
    team = signed_in(opened, team=True)
    assert team.get("/start").status_code == 404
    assert team.post("/start", data={"name": "יוסי"}).status_code == 404
    assert 'href="/people"' in team.get("/progress").text


def test_a_team_begins_with_its_first_lead_who_invites_the_others(opened: Store) -> None:
    client, _ = stranger(opened, team=True)
    assert client.get("/confirm").headers["location"] == "/sign-in"
    token = accounts.invite_first_lead(opened, now())
    form = {"name": "נועה", "password": GOOD, "again": GOOD}
    assert client.get(f"/invitation/{token}").status_code == 200
    assert client.post(f"/invitation/{token}", data=form | {"again": "x"}).status_code == 400
    assert client.post(f"/invitation/{token}", data=form).headers["location"] == "/"
    assert client.get(f"/invitation/{token}").status_code == 403
    page = client.post("/people/invite", data={"name": "עומר", "role": "coder"}).text
    link = re.search(r'value="(http://127\.0\.0\.1:8000/invitation/[\w-]+)"', page)
    assert link
    assert link[1] not in client.get("/people").text
    assert client.post("/sign-out").headers["location"] == "/sign-in"
    assert client.post(link[1], data={"password": GOOD, "again": GOOD}).headers["location"] == "/"
    assert client.get("/people").status_code == 403
    assert client.post("/people/invite", data={"name": "x", "role": "lead"}).status_code == 403


def test_a_wrong_password_gets_a_sentence_and_no_session(opened: Store) -> None:
    accounts.accept(opened, accounts.invite_first_lead(opened, AT), GOOD, AT, "נועה")
    client, _ = stranger(opened, team=True)
    answer = client.post("/sign-in", data={"name": "נועה", "password": "wrong"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "wrong" not in answer.text
    assert client.post("/sign-in", data={"name": "נועה", "password": GOOD}).headers["location"] == "/"


def test_a_closed_account_and_a_lost_role_end_what_was_open(opened: Store) -> None:
    for name, role in (("נועה", "lead"), ("עומר", "lead")):
        accounts.accept(opened, accounts.invite(opened, name, role, "", AT), GOOD, AT)
    client, door = stranger(opened, team=True)
    client.post("/sign-in", data={"name": "נועה", "password": GOOD})
    other = TestClient(client.app, f"http://{HOST}", headers={"sec-fetch-site": "same-origin"}, follow_redirects=False)
    other.post("/sign-in", data={"name": "עומר", "password": GOOD})
    assert other.get("/people").status_code == 200
    client.post("/people/change", data={"name": "עומר", "role": "coder", "closed": "no"})
    assert other.get("/people").headers["location"] == "/sign-in"
    assert door.sessions.find(client.cookies[door.cookie]) is not None


def test_a_pair_is_given_to_two_people_and_an_adjudicator_or_to_nobody(opened: Store, signed_in: SignedIn) -> None:
    opened.add(Addition(coders=(Coder("נועה"),)))
    client = signed_in(opened)
    pair = {"first": "דנה", "second": "יוסי", "settles": "נועה", "transcript": "ריאיון 1"}
    assert client.post("/assignments/pair", data=pair | {"second": "דנה"}).status_code == 400
    assert client.post("/assignments/pair", data=pair | {"second": "nobody"}).status_code == 400
    assert client.post("/assignments/pair", data=pair | {"transcript": "nothing"}).status_code == 400
    assert assignments(opened) == ()
    assert client.post("/assignments/pair", data=pair).headers["location"] == "/assignments"
    given = {(each.coder, each.task) for each in assignments(opened)}
    assert given == {("דנה", Task.BLIND), ("יוסי", Task.BLIND), ("נועה", Task.ADJUDICATE)}
    page = client.get("/assignments").text
    assert page.count("/assignments/withdraw") == 3
    client.post("/assignments/withdraw", data={"coder": "נועה", "transcript": "ריאיון 1", "task": "adjudicate"})
    assert len(assignments(opened)) == 2
    assert [entry.what for entry in audit.entries(opened)].count("assignment") == 4


def test_only_a_lead_assigns(opened: Store, signed_in: SignedIn) -> None:
    client = signed_in(opened, rank=Role.CODER, team=True)
    form = {"coder": "דנה", "transcript": "ריאיון 1", "task": "confirm"}
    for path in ("/assignments", "/assignments/pair", "/assignments/withdraw"):
        assert client.post(path, data=form).status_code == 403
    assert client.get("/assignments").status_code == 403
    assert assignments(opened) == ()


@pytest.mark.parametrize("language", ["he", "en"])
@pytest.mark.parametrize("path", ["/start", "/assignments", "/people", "/sign-in", "/closed"])
def test_every_page_of_people_is_drawn_in_both_languages(
    opened: Store, signed_in: SignedIn, path: str, language: str
) -> None:
    accounts.accept(opened, accounts.invite_first_lead(opened, AT), GOOD, AT, "נועה")
    client = signed_in(opened, team=path in ("/people", "/sign-in"))
    client.cookies.set("look", f"{language}.dark.100")
    answer = client.get(path)
    assert answer.status_code in (200, 401)
    assert f'lang="{language}"' in answer.text
