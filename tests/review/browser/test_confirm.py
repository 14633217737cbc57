"""Confirm as it is used: by keyboard, under a Hebrew layout, in a browser."""

from __future__ import annotations

import pytest

from autocoder.project import Action, Origin
from autocoder.store import passages
from autocoder.store.settings import Settings, change_settings
from tests.review.browser.conftest import Served, Window, study_module

study = study_module()
EMOJI = "\U0001f469\u200d\U0001f4bb"


def decided(served: Served) -> list[tuple[Action | None, tuple[str, ...]]]:
    return [(decision.action, decision.after) for decision in served.store.decisions()]


def mine(served: Served, coder: str = "דנה") -> set[tuple[str, str, str]]:
    texts = {each.name: each for each in served.store.transcripts()}
    return {
        (each.transcript, texts[each.transcript].quote(each.span), each.code)
        for each in served.store.codings()
        if each.coder == coder
    }


def test_a_study_is_reviewed_from_first_to_last_card_by_keys_of_a_hebrew_layout(served: Served) -> None:
    window = served.open()
    window.go("/confirm?order=document")
    assert "אושר: עמית יחיד בצוות" in window.decide("A")
    assert "נדחה: תנאים ושכר" in window.decide("R")
    window.press("E")
    window.page.keyboard.insert_text("כפל")
    before = window.card
    window.page.keyboard.press("Enter")
    window.page.wait_for_function("card => document.querySelector('#card').dataset.card !== card", arg=before)
    assert "קודד אחרת: כפל כובעים" in window.said
    assert "דולג" in window.decide("S")
    window.press("M")
    window.page.keyboard.insert_text("שווה לדון בזה")
    window.page.keyboard.press("Escape")
    for letter in "AARA":
        window.decide(letter)
    window.decide("A")  # the one that was skipped has come back
    assert window.page.locator("#card h1").inner_text() == "אין כאן מה לסקור"
    assert [action for action, _ in decided(served)] == [
        Action.ACCEPT, Action.REJECT, Action.CHANGE, Action.SKIP,
        Action.ACCEPT, Action.ACCEPT, Action.REJECT, Action.ACCEPT, Action.ACCEPT,
    ]  # fmt: skip
    assert served.store.decisions()[4].memo == "שווה לדון בזה"
    assert all(decision.saw_suggestion for decision in served.store.decisions())
    assert all(decision.seconds and decision.seconds < 60 for decision in served.store.decisions())
    assert len(mine(served)) == 6


def test_a_code_is_found_by_typing_its_english_name_and_two_are_taken_together(served: Served) -> None:
    window = served.open()
    page = window.go("/confirm?order=document")
    window.press("E")
    page.keyboard.insert_text("burn")
    page.keyboard.press("Shift+Enter")
    page.keyboard.insert_text("barr")
    before = window.card
    page.keyboard.press("Enter")
    page.wait_for_function("card => document.querySelector('#card').dataset.card !== card", arg=before)
    assert decided(served) == [(Action.CHANGE, ("burnout", "barrier"))]
    assert page.locator("#codebook input:checked").count() == 0


def test_keys_rest_while_a_field_is_written_in(served: Served) -> None:
    window = served.open()
    page = window.go()
    window.press("M")
    for letter in "AREU":
        window.press(letter)
    assert page.locator("#memo").input_value() == "שרקו"
    assert decided(served) == []


def test_a_key_that_is_held_down_answers_one_card_alone(served: Served) -> None:
    window = served.open()
    window.go()
    window.decide("A")
    for _ in range(5):
        window.press("A", repeat=True)
    window.page.wait_for_timeout(200)
    assert len(decided(served)) == 1


def test_undo_goes_back_decision_by_decision_and_shows_each_passage_again(served: Served) -> None:
    window = served.open()
    window.go("/confirm?order=document")
    cards = [window.card]
    for letter in "ARA":
        window.decide(letter)
        cards.append(window.card)
    for card in reversed(cards[:-1]):
        window.press("U")
        window.page.wait_for_function("card => document.querySelector('#card').dataset.card === card", arg=card)
    assert mine(served) == set()
    assert [action for action, _ in decided(served)].count(Action.UNDO) == 3
    window.press("U")
    window.page.wait_for_function("() => document.querySelector('#said').textContent.includes('אין מה לבטל')")


def test_next_and_previous_walk_without_deciding(served: Served) -> None:
    window = served.open()
    window.go("/confirm?order=document")
    first = window.card
    window.press("J")
    window.page.wait_for_function("card => document.querySelector('#card').dataset.card !== card", arg=first)
    window.press("K")
    window.page.wait_for_function("card => document.querySelector('#card').dataset.card === card", arg=first)
    assert decided(served) == []
    assert f"card={first}" in window.page.url


def moved(window: Window, *keys: str) -> None:
    window.press("B")
    window.page.wait_for_selector("#edges")
    for key in keys:
        before = (
            window.page.locator("input[name=start]").input_value(),
            window.page.locator("input[name=end]").input_value(),
        )
        window.page.keyboard.press(key)
        window.page.wait_for_function(
            """before => ['start', 'end'].some(
              (name, n) => document.querySelector(`input[name=${name}]`).value !== before[n])""",
            arg=list(before),
        )


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (["Shift+ArrowRight"], f"אהמ... התחלתי לבד {EMOJI} בלי אף עמית אחר בצוות."),
        (["Shift+ArrowRight", "Shift+ArrowRight"], f"שָׁלוֹם. אהמ... התחלתי לבד {EMOJI} בלי אף עמית אחר בצוות."),
        (["Shift+ArrowLeft", "Shift+ArrowLeft"], f"{EMOJI} בלי אף עמית אחר בצוות."),
        (["Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft"], "בלי אף עמית אחר בצוות."),
        (["ArrowLeft"], f"התחלתי לבד {EMOJI} בלי אף עמית אחר בצוות. ואז"),
        (["ArrowRight"], f"התחלתי לבד {EMOJI} בלי אף עמית אחר"),
    ],
)
def test_boundaries_moved_by_arrows_land_on_whole_words(served: Served, keys: list[str], words: str) -> None:
    window = served.open()
    window.go("/confirm?order=document")
    moved(window, *keys)
    assert "".join(window.page.locator("#transcript mark").all_text_contents()) == words
    before = window.card
    window.page.keyboard.press("Enter")
    window.page.wait_for_function("card => document.querySelector('#card').dataset.card !== card", arg=before)
    assert mine(served) == {("ריאיון 1", words, "alone")}


def test_words_selected_after_an_emoji_become_the_boundaries(served: Served) -> None:
    window = served.open()
    page = window.go("/confirm?order=document")
    page.evaluate(
        """() => {
          const speech = [...document.querySelectorAll('.speech')].find((each) => each.textContent.includes('לבד'));
          const walk = document.createTreeWalker(speech, NodeFilter.SHOW_TEXT);
          let at = 0, range = document.createRange();
          const start = speech.textContent.indexOf('לי אף'), end = speech.textContent.indexOf('מית אחר');
          for (let node = walk.nextNode(); node; node = walk.nextNode()) {
            const length = node.data.length;
            if (start >= at && start < at + length) range.setStart(node, start - at);
            if (end >= at && end < at + length) range.setEnd(node, end - at);
            at += length;
          }
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }"""
    )
    window.press("B")
    page.wait_for_selector("#edges")
    assert "".join(page.locator("#transcript mark").all_text_contents()) == "בלי אף עמית"
    before = window.card
    page.keyboard.press("Enter")
    page.wait_for_function("card => document.querySelector('#card').dataset.card !== card", arg=before)
    assert mine(served) == {("ריאיון 1", "בלי אף עמית", "alone")}


def test_escape_leaves_the_boundaries_as_they_were(served: Served) -> None:
    window = served.open()
    window.go("/confirm?order=document")
    moved(window, "ArrowLeft")
    window.page.keyboard.press("Escape")
    window.page.wait_for_selector("#edges", state="detached")
    window.decide("A")
    assert {words for _, words, _ in mine(served)} == {f"התחלתי לבד {EMOJI} בלי אף עמית אחר בצוות."}


def test_two_people_at_once_get_different_cards_and_nothing_is_decided_twice(served: Served) -> None:
    dana, yossi = served.open("דנה"), served.open("יוסי")
    dana.go("/confirm?order=document")
    yossi.go("/confirm?order=document")
    assert dana.card != yossi.card
    yossi.go(f"/confirm?order=document&card={dana.card}")
    dana.decide("A")
    assert "דנה" in yossi.decide("R")
    assert decided(served) == [(Action.ACCEPT, ("alone",))]


def test_a_random_passage_without_a_suggestion_is_asked_about_and_answered_by_key(served: Served) -> None:
    change_settings(served.store, Settings(random_share=0.5), "דנה", study.AT)
    window = served.open()
    window.go("/confirm?order=document")
    while window.page.locator("#card h1").inner_text() != "קטע בלי הצעה":
        window.decide("A")
    window.press("E")
    window.page.keyboard.insert_text("שחיקה")
    before = window.card
    window.page.keyboard.press("Enter")
    window.page.wait_for_function("card => document.querySelector('#card').dataset.card !== card", arg=before)
    last = served.store.decisions()[-1]
    assert (last.mode.value, last.after, last.saw_suggestion) == ("random", ("burnout",), False)


def test_sweep_accepts_what_is_ticked_and_undo_takes_all_of_it_back(served: Served) -> None:
    window = served.open()
    page = window.go("/sweep?code=pay")
    assert page.locator(".sweep li").count() == 2
    page.get_by_role("link", name="סימון הכול").click()
    page.wait_for_selector(".sweep input:checked")
    page.locator("#do-together").click()
    page.wait_for_function("() => document.querySelector('#said').textContent.includes('אושרו יחד: 2')")
    assert {code for _, _, code in mine(served)} == {"pay"}
    window.press("U")
    page.wait_for_function("() => document.querySelectorAll('.sweep li').length === 2")
    assert mine(served) == set()


def test_sweep_answers_one_passage_by_key_and_goes_to_the_next(served: Served) -> None:
    window = served.open()
    window.go("/sweep?code=burnout")
    window.decide("A")
    window.decide("R")
    assert [action for action, _ in decided(served)] == [Action.ACCEPT, Action.REJECT]
    assert {decision.mode.value for decision in served.store.decisions()} == {"sweep"}


def test_every_accepted_suggestion_is_a_coding_of_the_person_made_after_a_suggestion(served: Served) -> None:
    window = served.open()
    window.go("/confirm?order=document")
    window.decide("A")
    made = [each for each in passages.codings_in(served.store, "ריאיון 1") if each.coder == "דנה"]
    assert [each.origin for each in made] == [Origin.ASSISTED]
