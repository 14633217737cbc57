"""A transcript is drawn as it is stored, with every coding on the characters that it codes."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocoder.project import Role, Span, Transcript, Turn
from autocoder.review.drawing import LANES, Run, Stripe, direction, draw, draw_blocks

SPEECH = 'שָׁלוֹם. אהמ... "לבד" \U0001f469\u200d\U0001f4bb בלי \u200fCBT\u200e\rו־DBT 29.5 <b>&'


def of_lines(*lines: tuple[str, str]) -> Transcript:
    text, turns = "", []
    for speaker, speech in lines:
        text += f"[00:01:02] {speaker}: "
        role = Role.INTERVIEWER if speaker == "מראיינת" else Role.PARTICIPANT
        turns.append(Turn(Span(len(text), len(text) + len(speech)), speaker, role))
        text += speech + "\n"
    return Transcript("ריאיון", text, tuple(turns))


TALK = of_lines(("מראיינת", "מה נשמע?"), ("רחל", SPEECH), ("מראיינת", "ואז?"), ("רחל", "שקט."))
SPAN = TALK.turns[1].span


def stripe(quote: str, code: str, coder: str = "דנה", dashed: bool = False) -> Stripe:
    start = TALK.text.index(quote, SPAN.start)
    return Stripe(Span(start, start + len(quote)), code, coder, dashed)


def on(quote: str, runs: tuple[Run, ...]) -> set[str]:
    """Return the codes on every character of the quote."""
    start = TALK.text.index(quote, SPAN.start)
    here = [run for run in runs if run.span.overlap(Span(start, start + len(quote)))]
    codes = [{each.code for each in run.lanes if each} for run in here]
    assert all(each == codes[0] for each in codes)
    return codes[0]


def test_the_runs_of_a_turn_are_its_text_again() -> None:
    drawn = draw(TALK, [stripe("אהמ", "a"), stripe('"לבד" \U0001f469', "b")], Span(SPAN.start + 3, SPAN.end - 4))
    assert ["".join(run.text for run in block.runs) for block in drawn.blocks] == [
        TALK.quote(turn.span) for turn in TALK.turns
    ]


def test_labels_and_times_are_not_drawn_as_text() -> None:
    assert [block.turn for block in draw(TALK).blocks] == list(TALK.turns)


def test_a_note_between_turns_is_drawn_without_a_speaker() -> None:
    text = "כותרת\nרחל: שלום\n(הפסקה)\n"
    start = text.index("שלום")
    drawn = draw(Transcript("א", text, (Turn(Span(start, start + 4), "רחל", Role.PARTICIPANT),)))
    assert [(block.turn is None, block.runs[0].text) for block in drawn.blocks] == [
        (True, "כותרת"),
        (False, "שלום"),
        (True, "(הפסקה)"),
    ]


def test_a_transcript_without_turns_is_drawn_line_by_line() -> None:
    drawn = draw(Transcript("א", "שורה\n\n  עוד שורה\n"))
    assert [block.runs[0].text for block in drawn.blocks] == ["שורה", "עוד שורה"]


def test_overlapping_codings_lie_in_lanes_of_their_own() -> None:
    runs = draw(TALK, [stripe('אהמ... "לבד"', "a"), stripe('"לבד" \U0001f469\u200d\U0001f4bb', "b")]).blocks[1].runs
    assert on("אהמ", runs) == {"a"}
    assert on('"לבד"', runs) == {"a", "b"}
    assert on("\U0001f469\u200d\U0001f4bb", runs) == {"b"}
    assert on("בלי", runs) == set()
    lanes = {each.code: n for run in runs for n, each in enumerate(run.lanes) if each}
    assert lanes == {"a": 0, "b": 1}


def test_a_coding_keeps_its_lane_when_the_one_above_it_ends() -> None:
    runs = draw(TALK, [stripe("אהמ... ", "a"), stripe('... "לבד"', "b"), stripe("בלי", "c")]).blocks[1].runs
    assert next(run.lanes for run in runs if run.text.startswith('"לבד"'))[0] is None
    assert next(run.lanes for run in runs if run.text == "בלי")[0].code == "c"


def test_no_more_lanes_are_drawn_than_fit_under_a_line_and_every_coding_is_still_named() -> None:
    block = draw(TALK, [stripe("אהמ", f"c{n}") for n in range(LANES + 3)]).blocks[1]
    assert max(len(run.lanes) for run in block.runs) == LANES
    assert {each.code for each in block.stripes} == {f"c{n}" for n in range(LANES + 3)}


def test_the_passage_in_focus_is_marked_in_every_turn_that_it_touches() -> None:
    drawn = draw(TALK, (), Span(SPAN.end - 3, TALK.turns[2].span.start + 2))
    assert [block.focus for block in drawn.blocks] == [False, True, True, False]
    assert [run.text for run in drawn.blocks[1].runs if run.focus] == [SPEECH[-3:]]
    assert [run.text for run in drawn.blocks[2].runs if run.focus] == ["וא"]


@pytest.mark.parametrize(
    ("around", "numbers", "earlier", "later"),
    [(0, [1], 1, 2), (1, [0, 1, 2], 0, 1), (9, [0, 1, 2, 3], 0, 0), (None, [0, 1, 2, 3], 0, 0)],
)
def test_a_window_holds_the_turns_around_the_focus_and_counts_the_rest(
    around: int | None, numbers: list[int], earlier: int, later: int
) -> None:
    drawn = draw(TALK, (), Span(SPAN.start, SPAN.start + 4), around)
    assert [block.number for block in drawn.blocks] == numbers
    assert (drawn.earlier, drawn.later) == (earlier, later)


def test_blocks_asked_for_beyond_the_text_are_left_out() -> None:
    drawn = draw_blocks(TALK, (), None, -3, 2)
    assert [block.number for block in drawn.blocks] == [0, 1]
    assert (drawn.earlier, drawn.later) == (0, 2)


def test_html_holds_as_many_characters_as_are_stored_and_nothing_that_runs() -> None:
    written = str(draw(TALK).blocks[1].runs[0].html)
    assert "<b>" not in written
    assert "&#13;" in written
    assert html.unescape(written.replace("&#13;", "\r")) == SPEECH


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CBT זה מה שעשינו שם", "rtl"),
        ("we did CBT, כן", "ltr"),
        ("12:30 – 14", ""),
        ("", ""),
        ("שָׁלוֹם hello", "ltr"),
        ("\u200fHello", "ltr"),
    ],
)
def test_a_paragraph_runs_in_the_direction_of_most_of_its_letters(text: str, expected: str) -> None:
    assert direction(text) == expected


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=9))
def test_each_character_carries_the_codings_that_hold_it(spans: list[tuple[int, int]]) -> None:
    stripes = [
        Stripe(Span(SPAN.start + a, SPAN.start + a + length), str(n), "דנה") for n, (a, length) in enumerate(spans)
    ]
    block = draw(TALK, stripes).blocks[1]
    for run in block.runs:
        for place in range(run.span.start, run.span.end):
            held = {each for each in stripes if each.span.start <= place < each.span.end}
            drawn = {each for each in run.lanes if each}
            assert drawn <= held
            assert len(drawn) == len(held) or len(run.lanes) == LANES
