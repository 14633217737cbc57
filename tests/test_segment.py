from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocoder.project import Coding, Role, Segment, Span, Transcript, Turn
from autocoder.segment import LONGEST, belongs, join, map_codings, segments, sentences, spoken


def quoted(speech: str) -> list[str]:
    return [speech[span.start : span.end] for span in sentences(speech)]


@pytest.mark.parametrize(
    ("speech", "expected"),
    [
        ("הלכתי הביתה. ישנתי!", ["הלכתי הביתה.", "ישנתי!"]),
        ("אמרתי לו... לא יודעת. די", ["אמרתי לו... לא יודעת.", "די"]),
        ("זה עלה 29.5 שקל. יקר", ["זה עלה 29.5 שקל.", "יקר"]),
        ('ד"ר כהן בא ב-12.30. ואז?', ['ד"ר כהן בא ב-12.30.', "ואז?"]),
        ('היא אמרה "תלך." והלכתי', ['היא אמרה "תלך."', "והלכתי"]),
        ("שורה\nועוד שורה", ["שורה", "ועוד שורה"]),
        ("מה?! באמת?", ["מה?!", "באמת?"]),
        ("שָׁלוֹם׃ בָּא", ["שָׁלוֹם׃", "בָּא"]),
        ("סוף.\u200f התחלה \U0001f642. עוד", ["סוף.\u200f", "התחלה \U0001f642.", "עוד"]),
        ("it was burnout. נגמר", ["it was burnout.", "נגמר"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(speech: str, expected: list[str]) -> None:
    assert quoted(speech) == expected


def test_unpunctuated_speech_is_cut_into_windows() -> None:
    speech = " ".join(f"מילה{n}" for n in range(200))
    windows = quoted(speech)
    assert [len(window.split()) for window in windows] == [50, 50, 50, 50]
    assert " ".join(windows) == speech


def a_transcript(*speeches: tuple[str, Role]) -> Transcript:
    text, turns = "", []
    for speech, role in speeches:
        turns.append(Turn(Span(len(text), len(text) + len(speech)), "א", role))
        text += speech + "\n"
    return Transcript("t", text, tuple(turns))


def test_interviewers_turns_are_context_and_not_units() -> None:
    transcript = a_transcript(("מה קרה?", Role.INTERVIEWER), ("כלום.", Role.PARTICIPANT), ("ואז?", Role.INTERVIEWER))
    (unit,) = segments(transcript)
    assert transcript.quote(unit.span) == "כלום."
    assert unit.question is not None
    assert transcript.quote(unit.question) == "מה קרה?"


def test_a_question_too_far_back_is_no_context() -> None:
    turns = [("מה?", Role.INTERVIEWER), *[("תשובה.", Role.PARTICIPANT)] * 10]
    units = segments(a_transcript(*turns))
    assert [unit.question is not None for unit in units] == [True] * 8 + [False] * 2


def test_a_long_turn_is_cut_evenly_between_sentences() -> None:
    speech = " ".join("אחת שתיים שלוש ארבע חמש שש שבע שמונה תשע עשר." for _ in range(18))
    units = segments(a_transcript((speech, Role.PARTICIPANT)))
    assert [len(unit.span) for unit in units] == [len(units[0].span)] * 2


@given(st.lists(st.integers(1, 60), min_size=1, max_size=30))
def test_units_cover_the_turn_in_order_and_keep_the_limit(lengths: list[int]) -> None:
    speech = " ".join("מה " * (n - 1) + "די." for n in lengths)
    transcript = a_transcript((speech, Role.PARTICIPANT))
    units = segments(transcript)
    assert " ".join(transcript.quote(unit.span) for unit in units) == speech
    assert all(len(transcript.quote(unit.span).split()) <= LONGEST for unit in units)


@pytest.mark.parametrize(
    ("span", "unit", "expected"),
    [
        (Span(0, 10), Span(0, 100), True),  # a short coding inside a unit
        (Span(0, 100), Span(90, 110), True),  # half of a short unit
        (Span(0, 100), Span(91, 111), False),  # less than half of it
        (Span(0, 10), Span(5, 50), True),
        (Span(0, 10), Span(6, 50), False),
        (Span(0, 10), Span(10, 20), False),
    ],
)
def test_half_of_the_shorter_decides(span: Span, unit: Span, expected: bool) -> None:
    assert belongs(span, unit) is expected
    assert belongs(unit, span) is expected


def test_codings_land_on_units_and_the_rest_is_reported() -> None:
    units = [Segment("t", Span(0, 10), 0), Segment("t", Span(10, 20), 0)]
    on, across, off = (Coding("t", span, "x", "a") for span in (Span(2, 5), Span(0, 20), Span(30, 40)))
    mapped = map_codings(units, [on, across, off])
    assert mapped.codes == (frozenset("x"), frozenset("x"))
    assert mapped.lost == (off,)


def test_neighbours_with_one_code_join_inside_a_turn_alone() -> None:
    units = [Segment("t", Span(n * 10, n * 10 + 9), turn) for n, turn in enumerate((0, 0, 0, 2))]
    scores = [{"a": 0.6}, {"a": 0.9, "b": 0.5}, {}, {"a": 0.7}]
    assert join(units, scores) == [(Span(0, 19), "a", 0.9), (Span(10, 19), "b", 0.5), (Span(30, 39), "a", 0.7)]
    apart = [Segment("t", Span(0, 9), 0), Segment("t", Span(10, 19), 1)]
    assert len(join(apart, [{"a": 0.6}, {"a": 0.6}])) == 2


def test_the_model_does_not_read_timestamps_and_marks() -> None:
    assert spoken("[00:12:34] אז #00:12:34-5# הלכתי [לא ברור] (12:30) לבית") == "אז הלכתי לבית"
