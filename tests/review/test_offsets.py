"""Browsers count UTF-16 units, the study counts code points."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocoder.project import Span
from autocoder.review.offsets import to_span, to_units, units

SPOKEN = st.text(st.sampled_from("שלוםָ\u200f\u200d\U0001f642\U0001f468\U0001f469 abc\r\n\"'"), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("text", "count"),
    [("שלום", 4), ("שָׁלוֹם", 7), ("\U0001f642", 2), ("א\U0001f642ב", 4), ("\u200fCBT", 4), ("", 0)],
)
def test_units_are_those_of_utf_16(text: str, count: int) -> None:
    assert units(text) == count == len(text.encode("utf-16-le")) // 2


def test_a_selection_after_an_emoji_is_one_code_point_earlier_than_its_units() -> None:
    assert to_span("א\U0001f642ב", 3, 4) == Span(2, 3)


@pytest.mark.parametrize(("start", "end"), [(1, 2), (2, 3), (1, 3)])
def test_a_selection_that_splits_an_emoji_holds_the_whole_of_it(start: int, end: int) -> None:
    assert to_span("א\U0001f642ב", start, end) == Span(1, 2)


@pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 2), (-1, 2), (0, 5), (4, 6)])
def test_an_empty_backward_or_outlying_selection_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="is no selection"):
        to_span("א\U0001f642ב", start, end)


def test_a_position_beyond_the_text_is_refused() -> None:
    with pytest.raises(ValueError, match="leaves a text of 2 characters"):
        to_units("אב", 3)


@given(SPOKEN, st.data())
def test_a_span_comes_back_from_its_units(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert to_span(text, to_units(text, start), to_units(text, end)) == Span(start, end)
