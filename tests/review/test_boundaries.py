"""The edges of a passage move by whole words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocoder.project import Role, Span, Transcript, Turn
from autocoder.review.boundaries import Edge, moved, selected, snapped, words_of


def said(*turns: str) -> Transcript:
    text, made = "", []
    for speech in turns:
        text += "רחל: "
        made.append(Turn(Span(len(text), len(text) + len(speech)), "רחל", Role.PARTICIPANT))
        text += speech + "\n"
    return Transcript("א", text, tuple(made))


ONE = said("שָׁלוֹם \U0001f469\u200d\U0001f4bb לכולם, \u200fburnout לגמרי.")


def of(words: str) -> Span:
    return Span(ONE.text.index(words), ONE.text.index(words) + len(words))


@pytest.mark.parametrize(
    ("before", "edge", "by", "after"),
    [
        ("לכולם,", Edge.END, 1, "לכולם, \u200fburnout"),
        ("לכולם,", Edge.START, -1, "\U0001f469\u200d\U0001f4bb לכולם,"),
        ("לכולם,", Edge.START, -2, "שָׁלוֹם \U0001f469\u200d\U0001f4bb לכולם,"),
        ("לכולם,", Edge.START, -9, "שָׁלוֹם \U0001f469\u200d\U0001f4bb לכולם,"),
        ("לכולם,", Edge.END, 9, "לכולם, \u200fburnout לגמרי."),
        ("לכולם,", Edge.END, -1, "לכולם,"),
        ("לכולם,", Edge.START, 1, "לכולם,"),
        ("לכולם, \u200fburnout", Edge.END, -1, "לכולם,"),
        ("לכולם, \u200fburnout", Edge.START, 1, "\u200fburnout"),
    ],
)
def test_an_edge_moves_by_words_and_keeps_niqqud_marks_and_joined_emoji_whole(
    before: str, edge: Edge, by: int, after: str
) -> None:
    assert ONE.quote(moved(ONE, of(before), edge, by)) == after


def test_an_edge_inside_a_word_moves_to_the_end_of_a_word() -> None:
    assert ONE.quote(moved(ONE, of("כול"), Edge.END, 0)) == "כולם,"


def test_an_edge_passes_over_the_label_of_the_next_speaker() -> None:
    two = said("ראשון שני", "שלישי רביעי")
    start = two.text.index("שני")
    assert two.quote(moved(two, Span(start, start + 3), Edge.END, 1)) == "שני\nרחל: שלישי"


def test_a_selection_becomes_the_words_that_it_touches() -> None:
    assert ONE.quote(selected(ONE, of("ם \U0001f469"))) == "שָׁלוֹם \U0001f469\u200d\U0001f4bb"


def test_a_selection_of_white_space_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="no word"):
        selected(ONE, Span(ONE.text.index(" לכולם"), ONE.text.index("לכולם")))


def test_a_span_on_a_label_alone_is_left_as_it_is() -> None:
    assert snapped(ONE, Span(0, 3)) == Span(0, 3)


def test_a_transcript_without_turns_has_words() -> None:
    assert words_of(Transcript("א", "אחת שתיים")) == (Span(0, 3), Span(4, 9))


@given(st.integers(0, 30), st.integers(1, 10), st.sampled_from(Edge), st.integers(-12, 12))
def test_a_moved_passage_never_leaves_the_text(start: int, length: int, edge: Edge, by: int) -> None:
    span = Span(start, min(start + length, len(ONE.text)))
    ONE.quote(moved(ONE, span, edge, by))
