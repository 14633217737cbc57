from __future__ import annotations

import pytest

from autocoder.project import Code, Codebook, CodebookFault, Span, Transcript


def test_a_span_is_not_empty_and_not_negative() -> None:
    for start, end in ((3, 3), (4, 3), (-1, 2)):
        with pytest.raises(ValueError, match="not a span"):
            Span(start, end)


def test_overlap_counts_shared_characters() -> None:
    assert Span(0, 5).overlap(Span(3, 9)) == 2
    assert Span(0, 5).overlap(Span(5, 9)) == 0


def test_a_quote_never_leaves_the_text() -> None:
    transcript = Transcript("t", "שלום \U0001f642!")
    assert transcript.quote(Span(5, 7)) == "\U0001f642!"
    with pytest.raises(ValueError, match="leaves a text"):
        transcript.quote(Span(5, 8))


def test_a_codebook_knows_its_trees(codebook: Codebook) -> None:
    assert [code.id for code in codebook.children("C09.3")] == ["pay", "alone"]
    assert codebook.path("pay") == "סטינג פנימי > תנאים ושכר"
    assert codebook.root("barrier").id == "valence"
    assert [(depth, code.id) for depth, code in codebook.walk()][:3] == [(0, "C09.3"), (1, "pay"), (1, "alone")]


@pytest.mark.parametrize(
    ("codes", "what"),
    [
        ((Code("a"), Code("a")), "stands twice"),
        ((Code("a", parent="b"),), "is missing"),
        ((Code("a", parent="b"), Code("b", parent="a")), "cycle"),
        ((Code("a", parent="a"),), "cycle"),
    ],
)
def test_a_codebook_that_is_no_tree_is_refused(codes: tuple[Code, ...], what: str) -> None:
    with pytest.raises(CodebookFault, match=what):
        Codebook("x", codes)
