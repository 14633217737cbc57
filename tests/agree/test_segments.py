"""Segments as MAXQDA counts them, against trying every matching of small lists."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocoder.agree import SpansRefused, match_tables, segment_agreement, segment_kappa
from autocoder.agree.segments import COUNTINGS, RULES

Segment = tuple[int, int, str]
segments = st.lists(
    st.builds(lambda a, w, c: (a, a + w, c), st.integers(0, 8), st.integers(1, 6), st.sampled_from("ab")), max_size=4
)
WHOLE = {
    "union": lambda a, b, shared: a + b - shared,
    "shorter": lambda a, b, _: min(a, b),
    "longer": lambda a, b, _: max(a, b),
}


def enough(one: Segment, other: Segment, overlap: float, rule: str) -> bool:
    shared = min(one[1], other[1]) - max(one[0], other[0])
    sizes = one[1] - one[0], other[1] - other[0]
    return one[2] == other[2] and shared > 0 and shared >= WHOLE[rule](*sizes, shared) * overlap - 1e-9


def most_matches(first: list[Segment], second: list[Segment], overlap: float, rule: str) -> int:
    short, long = sorted((first, second), key=len)
    return max(
        sum(enough(one, other, overlap, rule) for one, other in zip(short, order, strict=False))
        for order in permutations(long)
    )


@given(segments, segments, st.sampled_from([0.3, 0.5, 0.9, 1.0]), st.sampled_from(RULES))
def test_as_many_segments_match_as_can(first: list[Segment], second: list[Segment], overlap: float, rule: str) -> None:
    tables = match_tables([first, second], 20, overlap, rule)
    matched = most_matches(first, second, overlap, rule)
    assert sum(table.matched for table in tables) == matched
    assert sum(table.matched + table.only_first for table in tables) == len(first)
    assert sum(table.matched + table.only_second for table in tables) == len(second)
    either = len(first) + len(second)
    found = [segment_agreement([first, second], 20, overlap, rule, counting).value for counting in COUNTINGS]
    assert found == ([None, None] if not either else [matched / (either - matched), 2 * matched / either])


@given(segments, segments)
def test_the_order_of_coders_does_not_matter(first: list[Segment], second: list[Segment]) -> None:
    assert segment_agreement([first, second]).value == segment_agreement([second, first]).value


def test_the_rule_says_what_the_overlap_is_a_share_of() -> None:
    spans = {"A": [(0, 100, "a")], "B": [(0, 50, "a"), (60, 65, "b")]}
    assert [match_tables(spans, overlap=0.9, rule=rule)[0].matched for rule in RULES] == [0, 1, 0]
    assert [match_tables(spans, overlap=0.5, rule=rule)[0].matched for rule in RULES] == [1, 1, 1]


def test_a_table_has_agreement_or_none() -> None:
    tables = match_tables({"A": [(0, 5, "a"), (7, 9, "b")], "B": [(0, 5, "a"), (11, 12, "a")]})
    assert [(table.code, table.agreement(), table.agreement("segments")) for table in tables] == [
        ("a", 1 / 2, 2 / 3),
        ("b", 0, 0),
    ]


def test_kappa_is_undefined_with_one_code_or_no_segment() -> None:
    same = {"A": [(0, 5, "a")], "B": [(0, 5, "a")]}
    assert segment_kappa(same).reason == "with one code to choose from agreement by chance is complete"
    assert segment_kappa(same, n_codes=4).value == 1
    assert segment_kappa({"A": [], "B": []}, 10, n_codes=4).reason == "no coder marked anything"


def test_texts_are_resampled_for_intervals() -> None:
    texts = {n: {"A": [(0, 5, "a"), (6, 9, "b")], "B": [(0, 5, "a"), (n, 9, "b")]} for n in range(4, 12, 2)}
    found = segment_kappa({name: {"A": a["A"], "B": [s for s in a["B"] if s[0] < s[1]]} for name, a in texts.items()})
    interval = found.interval(method="cluster-bootstrap")
    assert interval.low <= found.value <= interval.high


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"overlap": 90}, "an overlap of 90 is not a share of a segment; give 0.9 for 90 %"),
        ({"rule": "first"}, "no overlap rule called 'first'; there are union, shorter, longer"),
        ({"counting": "words"}, "segments are not counted by 'words'; there are pairs, segments"),
    ],
)
def test_unknown_rules_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(SpansRefused, match=message):
        segment_agreement({"A": [(0, 5, "a")], "B": []}, **settings)
    with pytest.raises(SpansRefused, match="2 codes were used, more than n_codes = 1"):
        segment_kappa({"A": [(0, 5, "a")], "B": [(0, 5, "b")]}, n_codes=1)
