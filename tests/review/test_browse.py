from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import html

from autocoder.classifier import CodeEntry, Input, Manifest, write_manifest
from autocoder.project import Action, Coding, Origin, Span, Transcript, Turn
from autocoder.project import Role as SpeakerRole
from autocoder.review.browse import Asked, reader_of, search, under
from autocoder.review.desk import Answer, Scope, answer, next_card
from autocoder.review.reviewer import Reviewer, Role
from autocoder.store import Addition, Store
from autocoder.store.assignments import Task, assign, commit_blind
from tests.review.as_reviewer import ask_as
from tests.review.small_study import AT, CODEBOOK, MODEL, TRANSCRIPTS, build, place

ENGLISH = {"look": "en.light.100"}
HIM = Reviewer("יוסי")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with build(tmp_path / "p") as made:
        yield made


def page_of(store: Store, query: dict[str, str], coder: str = "דנה", role: Role = Role.CODER) -> html.HtmlElement:
    answered = ask_as(store, coder, role).get("/browse", params=query)
    assert answered.status_code == 200
    return html.fromstring(answered.text)


def results(shown: html.HtmlElement) -> list[str]:
    return [" ".join(item.text_content().split()) for item in shown.xpath('//ol[@class="results"]/li/p[@class="said"]')]


def test_nothing_asked_lists_nothing_and_says_what_to_do(store: Store) -> None:
    shown = page_of(store, {})
    assert results(shown) == []
    assert "אפשר להקליד מילה" in shown.text_content()


def test_a_word_is_marked_where_it_was_said_and_leads_to_its_place(store: Store) -> None:
    shown = page_of(store, {"q": "שלום"})
    (mark,) = shown.xpath('//ol[@class="results"]//mark')
    assert mark.text == "שָׁלוֹם"
    (link,) = shown.xpath('//p[starts-with(@class, "from")]/a')
    asked = parse_qs(urlsplit(link.get("href")).query)
    span = place("ריאיון 1", "שָׁלוֹם")
    assert asked == {"name": ["ריאיון 1"], "start": [str(span.start)], "end": [str(span.end)]}
    text = ask_as(store, "דנה").get(link.get("href")).text
    assert re.search(r"<mark>\s*שָׁלוֹם\s*</mark>", text)


def test_a_code_is_searched_with_everything_under_it(store: Store) -> None:
    assert under(CODEBOOK, "setting") == {"setting", "pay", "alone"}
    shown = page_of(store, {"code": "setting"})
    codes = [chip.text_content().strip() for chip in shown.xpath('//ol//span[starts-with(@class, "chip")]')]
    assert sorted(codes) == ["עמית יחיד בצוות", "עמית יחיד בצוות", "תנאים ושכר", "תנאים ושכר"]


def test_words_score_and_status_narrow_the_suggestions(store: Store) -> None:
    assert len(results(page_of(store, {"coder": MODEL}))) == 8
    assert len(results(page_of(store, {"coder": MODEL, "low": "80"}))) == 3
    assert len(results(page_of(store, {"coder": MODEL, "high": "50"}))) == 1
    assert len(results(page_of(store, {"coder": MODEL, "q": "עמית"}))) == 2
    assert len(results(page_of(store, {"coder": MODEL, "role": "interviewer"}))) == 0
    him = next_card(store, HIM, Scope())
    assert him is not None
    answer(store, HIM, him.id, Answer(Action.REJECT), AT)
    assert len(results(page_of(store, {"status": "open"}))) == 7
    assert len(results(page_of(store, {"status": "rejected"}))) == 1
    assert len(results(page_of(store, {"status": "accepted"}))) == 0


def test_an_open_suggestion_leads_to_its_card(store: Store) -> None:
    (link,) = page_of(store, {"code": "hats"}).xpath('//ol//a[starts-with(@href, "/confirm")]')
    card = parse_qs(urlsplit(link.get("href")).query)["card"][0]
    him = Scope(code="hats")
    expected = next_card(store, HIM, him)
    assert expected is not None
    assert card == expected.id


def test_zones_are_those_of_the_model_that_suggested(store: Store) -> None:
    assert "zone" not in {field.get("name") for field in page_of(store, {}).xpath("//select")}
    a_model(store.models / "m1", {"pay": (0.5, 0.8)})
    assert len(results(page_of(store, {"zone": "suggest"}))) == 1
    shown = page_of(store, {"zone": "unsure"})
    assert results(shown) == ["רחל: מינימום. 29.5 שקל לשעה, ו־CBT לא DBT כתוב בחוזה. \u200fburnout לגמרי."]
    assert "לא בטוח" in shown.xpath('//ol[@class="results"]')[0].text_content()


def a_model(folder: Path, zones: dict[str, tuple[float, float]]) -> None:
    folder.mkdir(parents=True)
    codes = tuple(
        CodeEntry(code, code, None, True, False, 20, 0.1, True, suggest, unsure)
        for code, (unsure, suggest) in zones.items()
    )
    write_manifest(
        folder,
        Manifest("m1", AT, codes, Input((), (), (), 0), 1.0, 1.0, 0.0, "tiny", {}, {}, {}, {}, "עמיתים", 1),
    )


def blind(name: str) -> Coding:
    return Coding("קבוצה 2", place("קבוצה 2", "אני עייף מזה."), "burnout", name, Origin.BLIND, created=AT)


def test_nobody_sees_the_blind_coding_of_another_before_both_are_done(store: Store) -> None:
    for name in ("דנה", "יוסי"):
        assign(store, name, ["קבוצה 2"], Task.BLIND, "דנה", AT)
    store.add(Addition(codings=(blind("דנה"), blind("יוסי"))))
    for role in Role:
        assert coders_shown(store, "דנה", role) == {"דנה"}
        assert coders_shown(store, "יוסי", role) == {"יוסי"}
    commit_blind(store, "דנה", "קבוצה 2", AT)
    assert coders_shown(store, "דנה", Role.LEAD) == {"דנה", MODEL}
    assert coders_shown(store, "יוסי", Role.LEAD) == {"יוסי"}
    commit_blind(store, "יוסי", "קבוצה 2", AT)
    assert coders_shown(store, "דנה", Role.LEAD) == {"דנה", "יוסי", MODEL}


def coders_shown(store: Store, coder: str, role: Role) -> set[str]:
    """Whose codings of the passage the list shows; the page of the transcript must not show more."""
    reader = reader_of(Reviewer(coder, role))
    found = search(store, Asked(transcript="קבוצה 2", code="burnout"), CODEBOOK, reader, {"suggest": {}, "unsure": {}})
    assert found is not None
    return {result.coded.coder for result in found.rows if result.coded}


def test_the_page_of_a_transcript_shows_no_suggestion_to_who_codes_it_blind(store: Store) -> None:
    address = {"name": "קבוצה 2"}
    assert "הצעה" in ask_as(store, "דנה").get("/browse/transcript", params=address).text
    assign(store, "דנה", ["קבוצה 2"], Task.BLIND, "יוסי", AT)
    text = ask_as(store, "דנה", Role.LEAD).get("/browse/transcript", params=address).text
    assert "המשכורת" in text
    assert "הצעה" not in text
    assert "שחיקה" not in text


def test_suggestions_elsewhere_than_in_one_s_own_transcripts_are_for_leads(store: Store) -> None:
    assign(store, "דנה", ["ריאיון 1"], Task.CONFIRM, "יוסי", AT)
    mine = page_of(store, {"coder": MODEL}).xpath('//p[starts-with(@class, "from")]/a/bdi/text()')
    assert mine == ["ריאיון 1"] * 5
    assert len(results(page_of(store, {"coder": MODEL}, "דנה", Role.LEAD))) == 8


@pytest.mark.parametrize("address", ["/browse/transcript?name=%D7%90", "/browse/transcript"])
def test_a_transcript_that_is_not_there_is_not_found(store: Store, address: str) -> None:
    assert ask_as(store, "דנה").get(address).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {"q": "<script>alert(1)</script>"},
        {"q": "' OR 1=1 --", "after": "1); DROP TABLE coding"},
        {"code": "<b>", "coder": "<b>", "transcript": '"><script>'},
        {"low": "-1", "high": "9e9", "zone": "x", "role": "x", "status": "x"},
        {"q": "עמית", "after": "9" * 40},
        {"code": "pay", "after": "9" * 40 + ".1.1"},
        {"q": "\x00\ud800".encode("utf-8", "replace").decode()},
    ],
)
def test_whatever_is_asked_is_text_and_never_markup_or_a_statement(store: Store, query: dict[str, str]) -> None:
    answered = ask_as(store, "דנה").get("/browse", params=query)
    assert answered.status_code == 200
    assert "<script>" not in answered.text
    assert len(store.codings()) == 8


def test_the_page_speaks_the_reader_s_language(store: Store) -> None:
    client = ask_as(store, "דנה")
    assert 'dir="rtl"' in client.get("/browse").text
    client.cookies.update(ENGLISH)
    shown = client.get("/browse", params={"q": "עמית"}).text
    assert 'dir="ltr"' in shown
    assert "Words that were said" in shown
    assert TRANSCRIPTS["ריאיון 1"].name in shown


def test_of_a_long_passage_the_part_with_the_word_is_shown_cut_between_words(store: Store) -> None:
    name, said = "ארוך", " ".join(f"מילה{n}" for n in range(600)) + " מחט " + " ".join(f"סוף{n}" for n in range(300))
    text = f"{said}\n"
    store.add(Addition((Transcript(name, text, (Turn(Span(0, len(said)), "רחל", SpeakerRole.PARTICIPANT),)),)))
    shown = page_of(store, {"q": "מחט"})
    (found,) = results(shown)
    assert len(found) < 800
    assert found.startswith("… מילה")
    assert found.endswith(" …")
    assert set(found.split()) - {"…"} <= set(said.split())
    assert [mark.text for mark in shown.xpath('//ol[@class="results"]//mark')] == ["מחט"]
