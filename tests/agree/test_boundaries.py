"""Boundary similarity, beside the library of its author where that is installed."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autocoder.agree import SpansRefused, boundary_pi, boundary_similarity, span_boundary_similarity


@st.composite
def masses(draw: st.DrawFn, size: int = 14) -> list[int]:
    ends = sorted(draw(st.sets(st.integers(1, size - 1))))
    return [after - before for before, after in zip([0, *ends], [*ends, size], strict=True)]


@given(masses(), masses(), st.integers(1, 6))
def test_it_does_not_matter_which_segmentation_comes_first(first: list[int], second: list[int], n_t: int) -> None:
    found = boundary_similarity(first, second, n_t).value
    assert found == boundary_similarity(second, first, n_t).value
    assert found is None or 0 <= found <= 1
    assert (found == 1) == (first == second and len(first) > 1)


@given(masses(), masses(), masses(), st.integers(2, 5))
def test_it_is_what_the_library_of_its_author_gives(
    first: list[int], second: list[int], third: list[int], n_t: int
) -> None:
    segeval = pytest.importorskip("segeval", reason="an oracle for this test only")
    assume(len(first) > 1 or len(second) > 1)  # theirs fails on two texts without a boundary
    found = boundary_similarity(first, second, n_t).value
    theirs = float(segeval.boundary_similarity(first, second, n_t=n_t))
    assert theirs == pytest.approx(found)
    coders = {"a": first, "b": second, "c": third}
    some, every = min(len(each) for each in coders.values()), sum(map(len, coders.values()))
    if some > 1 and every < 3 * 14:  # nor where all places are boundaries
        expected = float(segeval.fleiss_pi_linear(segeval.Dataset({"text": coders}), n_t=n_t))
        assert boundary_pi(coders, n_t).value == pytest.approx(expected)


def test_without_boundaries_it_is_undefined() -> None:
    assert boundary_similarity([5], [5]).reason == "neither segmentation has a boundary"
    assert boundary_pi({"a": [5], "b": [5]}).reason == "neither segmentation has a boundary"
    assert span_boundary_similarity({"A": [], "B": []}, 9, 2).value is None


def test_the_ends_of_spans_are_boundaries_and_those_of_the_text_are_not() -> None:
    spans = {"A": [(0, 5, "a"), (7, 10, "b")], "B": [(0, 5, "a"), (8, 10, "b")]}
    assert span_boundary_similarity(spans, 10, n_t=1).value == pytest.approx(1 / 3)
    assert span_boundary_similarity(spans, 10, n_t=2).value == boundary_similarity([5, 2, 3], [5, 3, 2]).value


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([2, 3], [2, 4], "hold 5 and 6 units; divide one and the same text"),
        ([0, 5], [5], "are not the lengths of segments"),
        ([], [5], "are not the lengths of segments"),
    ],
)
def test_segmentations_of_different_texts_are_refused(first: list[int], second: list[int], message: str) -> None:
    with pytest.raises(SpansRefused, match=message):
        boundary_similarity(first, second)
    with pytest.raises(SpansRefused):
        boundary_pi({"t": {"a": first, "b": second}})
    with pytest.raises(SpansRefused, match="n_t = 0 is no distance"):
        boundary_similarity([2, 3], [2, 3], n_t=0)
