"""Span coefficients against a recount character by character, and what must hold for any spans."""

from __future__ import annotations

import math
import time
import tracemalloc
from itertools import combinations, pairwise, permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocoder.agree import krippendorff_alpha
from autocoder.agree.characters import (
    AVERAGES,
    atlasti_cu_alpha,
    atlasti_domain_alpha,
    c_alpha_binary,
    character_agreement,
    character_kappa,
    character_tables,
)
from autocoder.agree.kappas import cohen_kappa
from autocoder.agree.spans import OverlappingSpans, SpansRefused, continua, spans_of
from autocoder.agree.unitizing import (
    alpha_u_1995,
    coverage_2016,
    cu_alpha_2016,
    ku_alpha_2016,
    u_alpha_2016,
    u_alpha_binary_2016,
)
from autocoder.project import Project

Spans = dict[str, list[tuple[int, int, str]]]
Texts = dict[str, Spans]
LENGTH = 24


@st.composite
def exclusive(draw: st.DrawFn, codes: str = "abc") -> list[tuple[int, int, str]]:
    """Spans of one coder that do not overlap, in any order; some touch."""
    ends = sorted(draw(st.sets(st.integers(0, LENGTH), max_size=8)))
    kept = [(start, end, draw(st.sampled_from([*codes, ""]))) for start, end in pairwise(ends)]
    return draw(st.permutations([span for span in kept if span[2]]))


@st.composite
def a_text(draw: st.DrawFn, coders: int | None = None) -> Spans:
    size = draw(st.integers(2, 4)) if coders is None else coders
    return {f"coder {n}": draw(exclusive()) for n in range(size)}


@st.composite
def some_texts(draw: st.DrawFn) -> Texts:
    coders = draw(st.integers(2, 3))
    return {f"text {n}": draw(a_text(coders)) for n in range(draw(st.integers(1, 3)))}


def lengths(texts: Texts) -> dict[str, int]:
    return dict.fromkeys(texts, LENGTH)


def spelled(spans: list[tuple[int, int, str]]) -> list[str | None]:
    """The value of every character, None for no code."""
    row: list[str | None] = [None] * LENGTH
    for start, end, code in spans:
        row[start:end] = [code] * (end - start)
    return row


def close(found: float | None, expected: float) -> None:
    if math.isfinite(expected):
        assert found == pytest.approx(expected, abs=1e-9)
    else:
        assert found is None


def divided(above: float, below: float) -> float:
    return above / below if abs(below) > 1e-9 else math.nan


class Recounted:
    """l_ck, S_c of the 2016 family, character by character and unit by unit, over texts."""

    def __init__(self, texts: Texts, collapsed: bool = False, coded_only: bool = False) -> None:
        self.shared: dict[tuple[Any, Any], float] = {}
        self.alone: dict[Any, float] = {}
        for spans in texts.values():
            m = len(spans)
            rows = {coder: spelled(marked) for coder, marked in spans.items()}
            if collapsed:
                rows = {coder: ["x" if value else None for value in row] for coder, row in rows.items()}
            for one, other in permutations(rows.values(), 2):
                for pair in zip(one, other, strict=True):
                    if not coded_only or None not in pair:
                        self.shared[pair] = self.shared.get(pair, 0) + 1 / (m - 1)
            for coder, marked in spans.items():
                for start, end, code in marked:
                    value = "x" if collapsed else code
                    squares = [(end - start) ** 2]
                    if coded_only:
                        others = [row[start:end] for name, row in rows.items() if name != coder]
                        squares = [sum(v is not None for v in row) ** 2 / (m - 1) for row in others]
                    self.alone[value] = self.alone.get(value, 0) + sum(squares)
            if not coded_only:
                empty = sum(value is None for row in rows.values() for value in row)
                self.alone[None] = self.alone.get(None, 0) + empty
        self.values = sorted({value for pair in self.shared for value in pair}, key=str)

    def used(self, value: Any) -> float:
        return sum(self.shared.get((value, other), 0) for other in self.values)

    def chance(self, one: Any, other: Any) -> float:
        whole = sum(self.shared.values())
        apart = self.alone.get(one, 0) if one == other else 0
        below = whole**2 - sum(self.alone.values())
        return divided(whole * (self.used(one) * self.used(other) - apart), below)

    def alpha(self) -> float:
        whole = sum(self.shared.values())
        same = sum(self.shared.get((value, value), 0) for value in self.values)
        return 1 - divided(whole - same, whole - sum(self.chance(value, value) for value in self.values))

    def of_code(self, code: str) -> float:
        column = sum(self.chance(value, code) for value in self.values)
        mine = self.used(code)
        observed, expected = mine - self.shared.get((code, code), 0), column - self.chance(code, code)
        return 1 - divided(column, mine) * divided(observed, expected)


@given(some_texts())
def test_the_family_of_2016_is_what_counting_characters_gives(texts: Texts) -> None:
    if not any(row for spans in texts.values() for row in spans.values()):
        assert u_alpha_2016(texts, lengths(texts)).reason == "no coder marked anything"
        return
    coded = Recounted(texts, coded_only=True)
    close(u_alpha_2016(texts, lengths(texts)).value, Recounted(texts).alpha())
    close(u_alpha_binary_2016(texts, lengths(texts)).value, Recounted(texts, collapsed=True).alpha())
    close(cu_alpha_2016(texts, lengths(texts)).value, coded.alpha())
    for code in "abc":
        close(ku_alpha_2016(texts, lengths(texts), code).value, coded.of_code(code))
        characters = sum(e - s for spans in texts.values() for row in spans.values() for s, e, c in row if c == code)
        close(coverage_2016(texts, lengths(texts), code).value, divided(coded.used(code), characters))
    whole = LENGTH * sum(len(spans) for spans in texts.values())
    close(coverage_2016(texts, lengths(texts)).value, sum(coded.shared.values()) / whole)


def sections(spans: list[tuple[int, int, str]]) -> list[tuple[int, int, int]]:
    """Units and gaps of one coder on one code: start, end, 1 for a unit."""
    found, at = [], 0
    for start, end, _ in sorted(spans):
        found += [(at, start, 0)] * (start > at) + [(start, end, 1)]
        at = end
    return found + [(at, LENGTH, 0)] * (at < LENGTH)


def squares_1995(rows: list[list[tuple[int, int, str]]]) -> tuple[float, float]:
    """D_o and D_e of one code in one text, section by section (Krippendorff 2004, p. 254)."""
    m, parts = len(rows), [sections(row) for row in rows]
    observed = 0.0
    for one, other in permutations(parts, 2):
        for b1, e1, v1 in one:
            for b2, e2, v2 in other:
                if v1 and v2 and b1 < e2 and b2 < e1:
                    observed += (b1 - b2) ** 2 + (e1 - e2) ** 2
                elif v1 and not v2 and b2 <= b1 and e1 <= e2:
                    observed += (e1 - b1) ** 2
                elif v2 and not v1 and b1 <= b2 and e2 <= e1:
                    observed += (e2 - b2) ** 2
    units = [e - b for part in parts for b, e, v in part if v]
    gaps = [e - b for part in parts for b, e, v in part if not v]
    expected = sum(
        (len(units) - 1) / 3 * (2 * u**3 - 3 * u**2 + u) + u**2 * sum(gap - u + 1 for gap in gaps if gap >= u)
        for u in units
    )
    below = m * LENGTH * (m * LENGTH - 1) - sum(u * (u - 1) for u in units)
    return observed / (m * (m - 1) * LENGTH**2), 2 / LENGTH * expected / below


@given(some_texts())
def test_alpha_u_of_1995_is_what_comparing_sections_gives(texts: Texts) -> None:
    parts = {
        code: [squares_1995([[s for s in row if s[2] == code] for row in spans.values()]) for spans in texts.values()]
        for code in "abc"
    }
    for code, held in parts.items():
        expected = 1 - divided(sum(o for o, _ in held), sum(e for _, e in held))
        close(alpha_u_1995(texts, lengths(texts), code).value, expected)
    flat = [part for held in parts.values() for part in held]
    everything = 1 - divided(sum(o for o, _ in flat), sum(e for _, e in flat))
    close(alpha_u_1995(texts, lengths(texts)).value, everything)


@given(a_text(2))
def test_character_tables_count_every_character(spans: Spans) -> None:
    one, other = ([value == "a" for value in spelled(marked)] for marked in spans.values())
    table = character_tables(spans, LENGTH, "a")[0]
    cells = [(table.both, (True, True)), (table.only_first, (True, False)), (table.only_second, (False, True))]
    for count, pair in cells:
        assert count == sum(both == pair for both in zip(one, other, strict=True))
    assert table.total == LENGTH
    kappa = cohen_kappa(one, other)
    for average in AVERAGES:
        found = character_kappa(spans, LENGTH, "a", average=average)
        assert found.value == (None if kappa.value is None else pytest.approx(kappa.value))
        assert found.value is not None or found.reason


@given(some_texts())
def test_the_alphas_of_atlasti_are_alpha_on_characters(texts: Texts) -> None:
    coders = list(next(iter(texts.values())))
    rows = [[value for spans in texts.values() for value in spelled(spans[coder])] for coder in coders]
    marked = any(value for row in rows for value in row)

    def same(found: float | None, ratings: list[list[Any]]) -> None:
        expected = krippendorff_alpha(ratings).value if marked else None
        assert found == (None if expected is None else pytest.approx(expected, abs=1e-9))

    same(c_alpha_binary(texts, lengths(texts)).value, [[value is not None for value in row] for row in rows])
    same(atlasti_cu_alpha(texts, lengths(texts)).value, rows)
    domain = {"a": "first", "b": "first", "c": "second"}
    by_domain = {name: [code for code in domain if domain[code] == name] for name in ("first", "second")}
    found = atlasti_domain_alpha(texts, lengths(texts), by_domain).value
    same(found, [[value and domain[value] for value in row] for row in rows])


def test_a_character_in_two_domains_has_the_set_of_both() -> None:
    spans = {"A": [(0, 10, "a"), (5, 12, "c")], "B": [(0, 10, "a"), (5, 10, "c")]}
    rows = [
        [*"1111133333", "2", "2", None, None],
        [*"1111133333", None, None, None, None],
    ]
    found = atlasti_domain_alpha(spans, 14, {"first": ["a"], "second": ["c"]})
    assert found.value == pytest.approx(krippendorff_alpha(rows).value)


MEASURES = {
    "u-alpha": u_alpha_2016,
    "|u-alpha": u_alpha_binary_2016,
    "cu-alpha": cu_alpha_2016,
    "alpha-U": alpha_u_1995,
    "kappa": character_kappa,
    "percent": character_agreement,
    "c-alpha-binary": c_alpha_binary,
    "ATLAS.ti cu-alpha": atlasti_cu_alpha,
}


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
@settings(max_examples=30)
@given(texts=some_texts())
def test_the_order_of_coders_and_texts_does_not_matter(measure: Any, texts: Texts) -> None:
    turned = {name: dict(reversed(spans.items())) for name, spans in reversed(texts.items())}
    first, second = measure(texts, lengths(texts)), measure(turned, lengths(texts))
    assert second.value == (None if first.value is None else pytest.approx(first.value, abs=1e-9))
    assert (first.value is None) == bool(first.reason)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_coders_who_do_the_same_agree_wholly(measure: Any) -> None:
    spans = [(0, 4, "a"), (6, 10, "b"), (10, 15, "a")]
    assert measure({"A": spans, "B": spans, "C": spans}, LENGTH).value == pytest.approx(1)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_texts_that_nobody_coded_are_undefined_with_a_reason(measure: Any) -> None:
    if measure is character_agreement:
        assert measure({"A": [], "B": []}, LENGTH).value == 1  # they agree that there is nothing
        return
    for spans in ({"A": [], "B": []}, {"A": [(3, 3, "a")], "B": [(3, 3, "b")]}):
        found = measure(spans, LENGTH)
        assert found.value is None
        assert found.reason
        assert found.interval().low is None


def test_with_a_coder_who_marked_nothing_only_what_needs_both_is_undefined() -> None:
    spans = {"A": [(3, 9, "a")], "B": []}
    assert cu_alpha_2016(spans, LENGTH).reason == "no two coders coded the same characters"
    assert ku_alpha_2016(spans, LENGTH, "a").value is None
    assert atlasti_cu_alpha(spans, LENGTH).value is None
    assert character_kappa(spans, LENGTH).value == 0
    assert u_alpha_2016(spans, LENGTH).value < 0


def test_where_only_pairs_of_a_span_with_itself_are_left_there_is_no_chance_and_no_value() -> None:
    spans = {"A": [], "B": [(0, 1, "a")], "C": [(0, 1, "b")]}
    assert cu_alpha_2016(spans, LENGTH).value is None
    assert ku_alpha_2016(spans, LENGTH, "a").value is None


def test_a_coder_who_did_not_see_a_text_is_not_one_who_found_nothing() -> None:
    both, alone = {"A": [(0, 5, "a")], "B": [(0, 5, "a")]}, {"A": [(0, 5, "a")]}
    texts = {"first": both, "second": alone}
    assert u_alpha_2016(texts, {"first": 10, "second": 10}).value == 1
    assert u_alpha_2016({"first": both, "second": alone | {"B": []}}, {"first": 10, "second": 10}).value < 1
    assert u_alpha_2016({"second": alone}, {"second": 10}).reason == "no text was seen by two coders"


def test_intervals_resample_texts_and_clusters_can_join_texts() -> None:
    rng = np.random.default_rng(3)
    texts = {
        f"t{n}": {
            coder: [(int(start), int(start) + 3, "ab"[n % 2]) for start in rng.choice([0, 5, 10, 15, 20], 2, False)]
            for coder in "AB"
        }
        for n in range(12)
    }
    found = u_alpha_2016(texts, lengths(texts))
    for method in ("cluster-delta", "jackknife", "cluster-bootstrap"):
        interval = found.interval(method=method)
        assert interval.low < found.value < interval.high
        assert interval.clusters == 12
    sites = [n // 4 for n in range(12)] + ["unseen"]
    with_unseen = u_alpha_2016(texts | {"t12": {"A": []}}, lengths(texts) | {"t12": LENGTH})
    assert with_unseen.value == found.value
    assert with_unseen.interval(clusters=sites).clusters == 3


def test_averages_over_texts_weigh_as_they_say() -> None:
    texts = {
        "short": {"A": [(0, 2, "a")], "B": [(0, 2, "a")]},
        "long": {"A": [(0, 20, "a")], "B": [(10, 30, "a")]},
        "none": {"A": [], "B": []},
    }
    size = {"short": 10, "long": 90, "none": 50}
    of_long = character_kappa({"long": texts["long"]}, {"long": 90}).value
    assert character_kappa(texts, size, average="texts").value == pytest.approx((1 + of_long) / 2)
    assert character_kappa(texts, size, average="characters").value == pytest.approx((10 + 90 * of_long) / 100)
    assert character_kappa(texts, size).units == 2
    assert character_agreement(texts, size, average="pooled").value == pytest.approx(130 / 150)
    with pytest.raises(SpansRefused, match="no average called 'median'"):
        character_kappa(texts, size, average="median")


@pytest.mark.parametrize("measure", [u_alpha_2016, cu_alpha_2016, alpha_u_1995, atlasti_cu_alpha])
def test_overlapping_spans_of_one_coder(measure: Any) -> None:
    joined = {"A": [(0, 8, "a"), (12, 15, "b")], "B": [(0, 7, "a"), (11, 15, "b")]}
    doubled = {"A": [(0, 5, "a"), (3, 8, "a"), (12, 15, "b")], "B": joined["B"]}
    assert measure(doubled, LENGTH).value == measure(joined, LENGTH).value
    crossed = {"אנה": [(0, 5, "a"), (3, 8, "b")], "B": []}
    if measure is alpha_u_1995:
        assert measure(crossed, LENGTH).value is not None  # codes are continua of their own
        return
    with pytest.raises(
        OverlappingSpans, match=r"אנה put both a \[0, 5\) and b \[3, 8\) .* one branch of exclusive codes"
    ):
        measure(crossed, LENGTH)
    assert measure({"A": crossed["אנה"], "B": [(0, 4, "a")]}, LENGTH, codes=["a"]).reason is not None


@pytest.mark.parametrize(
    ("spans", "length", "message"),
    [
        ({"A": [(5, 2, "a")], "B": []}, 10, r"A has the span \[5, 2\) in the text; spans begin at 0"),
        ({"A": [(-1, 2)], "B": []}, 10, "spans begin at 0 or later"),
        ({"A": [(1, 12)], "B": []}, 10, "ends at 12, but its text has 10 characters"),
        ({"A": [(1,)], "B": []}, 10, "which is not a span"),
        ({"A": [(1.5, 2)], "B": []}, 10, "which is not a span"),
        ({"A": ["ab"], "B": []}, 10, "which is not a span"),
        ({"t": {"A": [], "B": []}}, {}, "the length of t is not given"),
        ([{"A": [], "B": []}], [1, 2], "1 texts need as many lengths"),
        ({"A": [], "B": []}, {"t": 3}, "give one length, or the spans as text -> coder"),
    ],
)
def test_what_is_no_span_is_refused_in_one_sentence(spans: Any, length: Any, message: str) -> None:
    with pytest.raises(SpansRefused, match=message):
        continua(spans, length)


def test_lists_stand_for_coders_and_for_texts() -> None:
    named = {"1": [(0, 4, "a")], "2": [(1, 4, "a")]}
    rows = [[(0, 4, "a")], [(1, 4, "a")]]
    assert u_alpha_2016(rows, 10) == u_alpha_2016(named, 10)
    assert (
        u_alpha_2016([named, named], [10, 10]).value == u_alpha_2016({"x": named, "y": named}, {"x": 10, "y": 10}).value
    )


def test_codings_of_a_project_become_spans(project: Project) -> None:
    name = project.transcripts[0].name
    spans, size = spans_of(project.codings, project.transcripts)
    assert size == {name: len(project.transcripts[0].text)}
    assert {coder: len(marks) for coder, marks in spans[name].items()} == {"דנה": 3, "יוסי": 1}
    assert character_kappa(spans, size, "pay").value == 1
    seen, _ = spans_of(project.codings, project.transcripts, {name: ["דנה", "רות"]})
    assert set(seen[name]) == {"דנה", "רות"}


def one_long_text(coders: int, spans: int, size: int, codes: int) -> Spans:
    rng = np.random.default_rng(0)
    found = {}
    for n in range(coders):
        ends = np.unique(rng.integers(0, size, 3 * spans))[: 2 * spans].reshape(-1, 2)
        found[f"coder {n}"] = [(int(a), int(b), f"code {rng.integers(codes)}") for a, b in ends]
    return found


def test_twenty_million_characters_are_not_spelled_out() -> None:
    size = 20_000_000
    spans = one_long_text(coders=20, spans=1000, size=size, codes=5)
    begun = time.perf_counter()
    for measure in MEASURES.values():
        assert measure(spans, size).value is not None
    assert time.perf_counter() - begun < 20
    tracemalloc.start()
    u_alpha_2016(spans, size)
    character_kappa(spans, size)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * size  # a byte for every character and coder would be 20 times the size


def test_pairs_of_more_coders_are_all_counted() -> None:
    spans = {"A": [(0, 4, "a")], "B": [(0, 4, "a")], "C": [(2, 6, "a")]}
    tables = character_tables(spans, LENGTH)
    assert [(table.first, table.second) for table in tables] == list(combinations("ABC", 2))
    kappas = [table.kappa for table in tables if table.kappa is not None]
    assert character_kappa(spans, LENGTH).value == pytest.approx(sum(kappas) / 3)
