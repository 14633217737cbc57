"""What opening a code in the codebook shows: passages that people coded with it, as far as the reader may see them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from autocoder.project import Action, Coding, Origin, Span
from autocoder.review import blind, desk
from autocoder.review.blind import BlindAnswer
from autocoder.review.desk import Answer, Scope
from autocoder.store import Addition, Store
from autocoder.store.assignments import Task, assign, commit_blind
from autocoder.store.settings import Settings, change_settings
from tests.review.as_reviewer import ask_as
from tests.review.desk_study import DANA, FIRST, LEAD, MODEL, SECOND, UNITS, YOSSI, at, build, interview

THIRD = interview("ריאיון 3", 6)
PATH = "/codebook/examples"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "p"
    with build(folder) as study:
        change_settings(study, Settings(random_share=0), LEAD.coder, at(0))
        study.add(Addition(transcripts=(THIRD,), at=at(0)))
    return folder


def coded(store: Store, name: str, turn: int, coder: str = YOSSI.coder, origin: Origin = Origin.BLIND) -> Span:
    transcript = next(each for each in (FIRST, SECOND, THIRD) if each.name == name)
    span = transcript.turns[turn].span
    store.add(Addition(codings=(Coding(name, span, "pay", coder, origin),), at=at(0)))
    return span


def page(store: Store, coder: str = DANA.coder, part: bool = True) -> TestClient:
    client = ask_as(store, coder)
    client.cookies.set("look", "he.light.100")
    if part:
        client.headers["hx-request"] = "true"
    return client


def shown(body: str) -> list[tuple[str, str]]:
    """The number of the passage and its transcript, of each passage that is shown."""
    found = re.findall(r'class="quoted">[^<]*?מספר (\d+) [^<]*</span>\s*<span class="from"><bdi>([^<]*)</bdi>', body)
    return [(str(number), str(name)) for number, name in found]


def test_three_passages_are_shown_of_different_transcripts_before_more_of_one(store: Store) -> None:
    for turn in (1, 3, 5):
        coded(store, FIRST.name, turn)
    coded(store, SECOND.name, 7, "דנה", Origin.ASSISTED)
    body = page(store).get(PATH, params={"code": "pay"}).text
    assert shown(body) == [("7", SECOND.name), ("5", FIRST.name), ("3", FIRST.name)]
    assert "<bdi>דנה</bdi>" in body
    assert "<html" not in body
    assert MODEL not in body


def test_two_coders_of_one_passage_are_one_example(store: Store) -> None:
    for coder in (DANA.coder, YOSSI.coder):
        coded(store, FIRST.name, 1, coder)
    assert shown(page(store).get(PATH, params={"code": "pay"}).text) == [("1", FIRST.name)]


def test_a_code_that_nobody_used_says_so_and_an_unknown_one_is_no_page(store: Store) -> None:
    assert "עדיין לא קודד קטע בקוד הזה" in page(store).get(PATH, params={"code": "pay"}).text
    assert page(store).get(PATH, params={"code": "<script>"}).status_code == 404


def test_without_scripts_the_link_of_a_code_leads_to_a_page_of_its_own(store: Store) -> None:
    coded(store, FIRST.name, 1)
    desk_page = page(store, part=False).get("/confirm").text
    (address,) = re.findall(r'<p class="coded small"><a href="([^"]*code=pay)"', desk_page)
    whole = page(store, part=False).get(address.replace("&amp;", "&")).text
    assert whole.startswith("<!DOCTYPE html>")
    assert shown(whole) == [("1", FIRST.name)]


def test_uncommitted_blind_coding_of_others_is_shown_once_it_is_committed(store: Store) -> None:
    assign(store, YOSSI.coder, [SECOND.name], Task.BLIND, LEAD.coder, at(0))
    blind.code(store, YOSSI, SECOND.name, 2, BlindAnswer(("pay",)), at(1))
    asked = {"code": "pay"}
    assert shown(page(store).get(PATH, params=asked).text) == []
    assert shown(page(store, YOSSI.coder).get(PATH, params=asked).text) == [("1", SECOND.name)]
    for number in range(1, UNITS + 1):
        if number != 2:
            blind.code(store, YOSSI, SECOND.name, number, BlindAnswer(()), at(number))
    commit_blind(store, YOSSI.coder, SECOND.name, at(59))
    assert shown(page(store).get(PATH, params=asked).text) == [("1", SECOND.name)]


def test_beside_blind_coding_nothing_of_that_transcript_and_nothing_of_a_model_comes_through(store: Store) -> None:
    card = desk.sweep(store, YOSSI, Scope(transcript=FIRST.name, code="pay"))[0]
    desk.answer(store, YOSSI, card.id, Answer(Action.ACCEPT), at(1))  # a coding that a model suggested
    coded(store, SECOND.name, 1)  # of the transcript that is coded blind now, before anything is saved there
    coded(store, SECOND.name, 3, DANA.coder)
    coded(store, THIRD.name, 4)
    client = page(store, part=False)
    opened = client.get("/blind", params={"transcript": SECOND.name}).text
    addresses = [each.replace("&amp;", "&") for each in re.findall(r'hx-get="(/codebook/[^"]*)"', opened)]
    assert len(addresses) == opened.count("/codebook/examples") / 2 > 3
    client.headers["hx-request"] = "true"
    (pay,) = [each for each in addresses if "code=pay&" in each]
    assert shown(client.get(pay).text) == [("4", THIRD.name)]
    for address in addresses:
        body = client.get(address).text
        for hidden in (SECOND.name, FIRST.name, MODEL, "/confirm", "/browse"):
            assert hidden not in body, address
    client.headers.pop("hx-request")
    chosen_later = client.get("/blind").text  # no transcript is chosen yet: still nothing of a model
    (pay,) = [each for each in re.findall(r'hx-get="(/codebook/[^"]*)"', chosen_later) if "code=pay&" in each]
    assert shown(client.get(pay.replace("&amp;", "&")).text) == [
        ("4", THIRD.name),
        ("3", SECOND.name),
        ("1", SECOND.name),
    ]
