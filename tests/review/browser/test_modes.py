"""Blind coding, adjudication, the page without scripts, its directions and its sizes, in a browser."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page

from autocoder.project import Action, Coding, Reason
from autocoder.store import Addition
from tests.review.browser.conftest import Served, Window, study_module

study = study_module()
FIRST, SECOND = "ריאיון 1", "קבוצה 2"
BLIND = f"/blind?transcript={quote(FIRST)}"
ADJUDICATE = f"/adjudicate?transcript={quote(SECOND)}"
AXE = Path(__file__).with_name("axe-4.14.1.min.js").read_text(encoding="utf-8")
PASSAGE = "המשכורת מגיעה באיחור. אני עייף מזה."


def double_coded(served: Served) -> None:
    """Two people coded a group blind, and differ on one passage."""
    given = [
        (PASSAGE, "pay", "דנה"),
        (PASSAGE, "barrier", "דנה"),
        (PASSAGE, "burnout", "יוסי"),
        (PASSAGE, "barrier", "יוסי"),
    ]
    codings = tuple(Coding(SECOND, study.place(SECOND, words), code, coder) for words, code, coder in given)
    served.store.add(Addition(codings=codings, at=study.AT))


def answer(window: Window, letter: str) -> None:
    before = window.card
    window.press(letter)
    window.page.wait_for_function("card => document.querySelector('#card').dataset.card !== card", arg=before)


def chosen(window: Window, name: str) -> None:
    window.press("E")
    window.page.keyboard.insert_text(name)
    window.page.keyboard.press("Shift+Enter")
    window.page.keyboard.press("Escape")


# blind


def test_blind_coding_sends_nothing_of_a_model_or_of_another_person(served: Served) -> None:
    given = Coding(FIRST, study.place(FIRST, "המנהלת שלי יושבת איתי כל שבוע."), "hats", "יוסי", memo="סוד")
    served.store.add(Addition(codings=(given,), at=study.AT))
    window = served.open()
    bodies: list[str] = []
    window.page.on("response", lambda response: bodies.append(response.text()) if "/blind" in response.url else None)
    page = window.go(BLIND)
    chosen(window, "שחיקה")
    answer(window, "A")
    answer(window, "R")
    answer(window, "U")
    answer(window, "R")
    page.wait_for_load_state("networkidle")
    assert len(bodies) >= 4
    for body in bodies:
        assert "autocoder m1" not in body
        assert "lane open" not in body
        assert "יוסי" not in body
        assert "סוד" not in body
        assert not any(f"{score}" in body for *_, score in study.SUGGESTED)


def test_a_transcript_is_coded_blind_by_key_and_committed(served: Served) -> None:
    window = served.open()
    page = window.go(BLIND)
    chosen(window, "עמית יחיד")
    chosen(window, "barrier")
    answer(window, "A")
    assert "נשמר: עמית יחיד בצוות, אתגר" in window.said
    for _ in range(3):
        answer(window, "R")
    page.get_by_role("button", name="סגירת הקידוד").click()
    page.get_by_role("heading", name="הקידוד נסגר").wait_for()
    made = {(each.code, each.origin.value) for each in served.store.codings() if each.coder == "דנה"}
    assert made == {("alone", "blind"), ("barrier", "blind")}
    assert not any(decision.saw_suggestion for decision in served.store.decisions())


def test_of_an_exclusive_tree_the_code_that_is_ticked_last_stays(served: Served) -> None:
    window = served.open()
    page = window.go(BLIND)
    for name in ("שחיקה", "barrier", "facil"):
        chosen(window, name)
    assert page.locator("#chosen .chip").all_text_contents() == ["שחיקה", "גורם מקדם"]
    page.locator("#codebook input[value=barrier]").check()
    assert page.locator("#chosen .chip").all_text_contents() == ["שחיקה", "אתגר"]
    answer(window, "A")
    assert "נשמר: שחיקה, אתגר" in window.said


def test_a_refused_suggestion_says_which_code_stands_and_stays_on_the_card(served: Served) -> None:
    words = "המנהלת שלי יושבת איתי כל שבוע. זה נותן לי אוויר."
    served.store.add(Addition(codings=(Coding(FIRST, study.place(FIRST, words), "barrier", "דנה"),), at=study.AT))
    window = served.open()
    page = window.go("/confirm?code=facilitator")
    card = window.card
    window.press("A")
    page.wait_for_selector("#said .warns")
    assert "הקוד אתגר כבר ניתן כאן בקידוד שלך" in window.said
    assert window.card == card
    window.decide("R")
    assert served.store.decisions()[-1].action is Action.REJECT


def test_codes_put_before_are_ticked_when_the_passage_is_looked_at_again(served: Served) -> None:
    window = served.open()
    page = window.go(BLIND)
    chosen(window, "שחיקה")
    answer(window, "A")
    answer(window, "K")
    assert page.locator("#codebook input:checked").get_attribute("value") == "burnout"


def test_suggestions_that_were_seen_close_blind_coding(served: Served) -> None:
    window = served.open()
    window.go(f"/confirm?transcript={quote(FIRST)}")
    window.decide("A")
    page = window.go(BLIND)
    assert "כבר ראית הצעות" in page.locator("[role=alert]").inner_text()


def test_opening_a_code_brings_passages_coded_with_it_once(served: Served) -> None:
    given = Coding(SECOND, study.place(SECOND, PASSAGE), "pay", "יוסי")
    served.store.add(Addition(codings=(given,), at=study.AT))
    window = served.open()
    page = window.go("/confirm?code=pay")
    assert not [each for each in window.seen if "/codebook/examples" in each]
    entry = page.locator("#codebook .entry[data-code=pay]")
    for _ in range(3):
        entry.locator("summary").click()
    entry.locator(".similar").wait_for()
    assert entry.locator(".similar .quoted").all_text_contents() == [PASSAGE]
    assert "קבוצה 2 · יוסי" in entry.locator(".similar .from").inner_text()
    assert len([each for each in window.seen if "/codebook/examples" in each]) == 1
    window.decide("A")


# adjudicate


def test_a_difference_is_settled_by_two_keys_and_needs_a_reason(served: Served) -> None:
    double_coded(served)
    window = served.open()
    page = window.go("/adjudicate")
    page.locator(".waiting a").click()
    page.locator(".side").first.wait_for()
    assert "יוסי" not in page.locator("#card").inner_text()
    window.page.wait_for_selector("html.ready", state="attached")
    window.press("A")
    page.wait_for_function("() => document.querySelector('#said').textContent.includes('מדוע')")
    assert served.store.decisions() == ()
    page.keyboard.press("2")
    codes = page.locator(".side").first.locator("li").count()
    answer(window, "A")
    settled = served.store.decisions()[-1]
    assert settled.reason is Reason.GAP
    assert len(settled.after) == codes == 2
    page.get_by_role("button", name="הוספת המוסכם").click()
    page.locator("text=נותרו 0 מתוך 1").wait_for()


# directions: mixed Hebrew, English and numbers stand in order in every pane


def left_of(inside: Locator, *words: str) -> list[float]:
    """Return where each word begins on the screen, by its right edge."""
    return inside.evaluate(
        """(element, words) => {
          const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), found = {};
          for (let node = walk.nextNode(); node; node = walk.nextNode()) {
            for (const word of words) {
              const at = node.data.indexOf(word);
              if (at >= 0 && !(word in found)) {
                const range = document.createRange();
                range.setStart(node, at); range.setEnd(node, at + word.length);
                found[word] = range.getBoundingClientRect().right;
              }
            }
          }
          return words.map((word) => found[word]);
        }""",
        list(words),
    )


def falling(numbers: list[float]) -> bool:
    return all(one is not None and other is not None and one > other for one, other in pairwise(numbers))


@pytest.mark.parametrize("look", ["he.light.100", "en.dark.100"])
def test_mixed_text_runs_from_right_to_left_in_the_transcript_under_marks_and_stripes(
    served: Served, look: str
) -> None:
    window = served.open(look=look)
    page = window.go("/confirm?order=document&code=pay")
    turn = page.locator(".turn.focus .speech")
    assert falling(left_of(turn, "מינימום", "29.5", "שקל", "לשעה", "CBT", "לא", "DBT", "כתוב", "בחוזה"))
    assert falling([page.locator(".turn.focus .speaker bdi").bounding_box()["x"], turn.bounding_box()["x"]])


def test_an_english_sentence_runs_from_left_to_right_inside_a_hebrew_page(served: Served) -> None:
    page = served.open().go(f"/confirm?transcript={quote(SECOND)}")
    speech = page.locator(".speech", has_text="We had 3 meetings")
    assert falling(left_of(speech, "week", "meetings", "3", "had", "We"))


def test_the_three_panes_stand_from_right_to_left_in_hebrew_and_the_other_way_in_english(served: Served) -> None:
    for look, order in (("he.light.100", 1), ("en.light.100", -1)):
        page = served.open(look=look).go()
        places = [page.locator(f"#{name}").bounding_box()["x"] for name in ("transcript", "decide", "codebook")]
        assert falling([order * place for place in places])


def test_names_and_rules_stand_in_order_on_the_card_and_in_the_codebook(served: Served) -> None:
    page = served.open().go("/confirm?code=pay")
    assert falling(left_of(page.locator("#card .rules li").last, "עומס", "לתנאים", "מקומו", "שחיקה"))
    line = page.locator("#codebook .entry[data-code=pay] .line")
    boxes = [line.locator(name).first.bounding_box()["x"] for name in ("input", ".swatch", "bdi")]
    assert falling(boxes)


# without scripts


def test_everything_is_decided_without_scripts(served: Served) -> None:
    window = served.open(java_script_enabled=False)
    page = window.page
    page.goto(window.url + "/confirm?order=document")
    page.locator("#do-accept").click()
    assert "אושר" in window.said
    page.locator("#codebook input[value=barrier]").check()
    page.locator("#do-change").click()
    page.locator("a", has_text="גבולות").click()
    page.locator("#edges a", has_text="+ מילה").last.click()
    page.locator("#edges button").click()
    page.locator("#memo").fill("הערה")
    page.locator("#do-reject").click()
    page.locator("#do-undo").click()
    page.locator("#find").fill("שכר")
    page.locator(".find button").click()
    assert page.locator("#codebook .entry:visible").count() == 2
    assert [str(decision.action) for decision in served.store.decisions()] == [
        "accept",
        "change",
        "move",
        "reject",
        "undo",
    ]


def test_the_look_is_chosen_without_scripts_and_kept(served: Served) -> None:
    window = served.open(java_script_enabled=False)
    page = window.page
    page.goto(window.url + "/confirm?order=document")
    page.locator("#look summary").click()
    page.locator("#look select[name=language]").select_option("en")
    page.locator("#look select[name=theme]").select_option("dark")
    page.locator("#look select[name=size]").select_option("130")
    page.locator("#look button").click()
    html = page.locator("html")
    assert [html.get_attribute(name) for name in ("lang", "dir", "data-theme", "data-size")] == [
        "en",
        "ltr",
        "dark",
        "130",
    ]
    assert page.url.endswith("/confirm?order=document")


# seen by everybody


def paths(served: Served) -> dict[str, str]:
    double_coded(served)
    return {
        "confirm": "/confirm?code=pay",
        "edges": "/confirm?code=pay&edges=1",
        "sweep": "/sweep?code=pay",
        "blind list": "/blind",
        "adjudicate list": "/adjudicate",
        "adjudicate": ADJUDICATE,
        "blind": BLIND,
    }


def serious(page: Page) -> list[tuple[str, str, str]]:
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        (each["id"], each["nodes"][0]["html"][:160], each["nodes"][0].get("failureSummary", "")[:200])
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def test_axe_finds_nothing_serious_in_any_mode_language_or_colours(served: Served) -> None:
    window = served.open(bypass_csp=True)
    for name, path in paths(served).items():
        for language in ("he", "en"):
            look = {"name": "look", "value": f"{language}.light.100", "url": window.url}
            window.page.context.add_cookies([look])  # type: ignore[list-item]
            page = window.go(path)
            assert page.locator("html").get_attribute("lang") == language
            page.evaluate("for (const fold of document.querySelectorAll('.entry details')) fold.open = true")
            page.wait_for_selector("p.coded", state="detached")
            page.evaluate(AXE)
            for theme in ("light", "dark"):
                page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
                assert serious(page) == [], (name, language, theme)


@pytest.mark.parametrize(
    ("look", "width", "height"),
    [("he.light.100", 640, 360), ("en.light.100", 640, 360), ("he.light.200", 1280, 720), ("he.dark.100", 1280, 720)],
)
def test_no_mode_needs_scrolling_sideways(served: Served, look: str, width: int, height: int) -> None:
    window = served.open(look=look, viewport={"width": width, "height": height})
    for name, path in paths(served).items():
        page = window.go(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert page.evaluate("scrollY") == 0, name
        if width == 1280 and look.endswith("100"):
            assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), name


def test_the_focus_is_seen_on_every_control_that_tab_reaches(served: Served) -> None:
    window = served.open()
    page = window.go("/confirm?code=pay")
    for _ in range(25):
        page.keyboard.press("Tab")
        shown = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.outlineWidth; })()"
        )
        assert shown == "solid3px"
