"""Every code has a colour that is seen on light and on dark."""

import re

from hypothesis import given
from hypothesis import strategies as st

from autocoder.bundled import codebooks
from autocoder.formats.codebook_yaml import read_codebook
from autocoder.project import Code, Codebook
from autocoder.review.colours import CONTRAST, DARK, LIGHT, PALETTE, against, colour, contrast, stylesheet


def test_black_on_white_has_the_contrast_that_wcag_gives() -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True), st.sampled_from([LIGHT, DARK]))
def test_any_colour_is_made_to_stand_out(value: str, ground: str) -> None:
    assert contrast(against(value, ground), ground) >= CONTRAST


def test_a_code_takes_the_colour_above_it_and_a_tree_without_any_one_of_the_palette() -> None:
    book = Codebook(
        "א", (Code("a", color="#112233"), Code("b", parent="a"), Code("c"), Code("d", parent="c", color="red; x:y"))
    )
    assert [colour(book, code) for code in book] == ["#112233", "#112233", PALETTE[1], PALETTE[1]]


def test_a_colour_that_is_none_never_reaches_the_stylesheet() -> None:
    written = stylesheet(Codebook("א", (Code("a", color="#fff}body{display:none"),)))
    assert "display" not in written
    assert re.fullmatch(r"(\.code-\d+\{--code:light-dark\(#[0-9a-f]{6},#[0-9a-f]{6}\)\}\n)+", written)
