"""Published values: the tables kept in tests/data, and the cases of the shared file that are not about spans."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path

import pytest

from autocoder import agree

HERE = Path(__file__).resolve()
PUBLISHED = HERE.parents[1] / "data" / "agreement" / "published.json"
SHARED = HERE.parents[3] / "shared" / "reference" / "agreement_cases.json"

_spec = importlib.util.spec_from_file_location("agreement_cases", HERE.with_name("cases.py"))
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)

ON_SPANS = {
    "krippendorff2004_unitizing_p254", "krippendorff1995_unitizing_ABCD", "dkpro_unitizing_nested",
    "krippendorff2019_fig12_11_u_family", "u_alpha_identical", "gamma_01_two_annotators_simple",
    "gamma_02_unequal_counts", "gamma_03_identical_perfect", "gamma_04_three_annotators",
    "gamma_06_weighted_alpha3_beta2", "boundary_similarity_1", "boundary_similarity_2", "boundary_similarity_3",
    "boundary_similarity_4", "boundary_similarity_5", "boundary_similarity_stargazer", "segmentation_fleiss_pi",
    "nvivo_character_kappa", "maxqda_segment_overlap", "degenerate_zero_length_span",
}  # fmt: skip
"""Cases of spans and boundaries, which have tests of their own."""
NOT_EMBEDDED = {"alt_test_framing_published", "vanbelle_albert2009_group_agreement"}
"""Cases whose data are not in the file."""
LOOSER = {
    ("vanbelle_albert2008_depression", "bootstrap_T2"): 0.25,
    ("vanbelle_albert2008_depression", "bootstrap_p"): 0.03,
    ("fleiss2003_problem18_3_homogeneity", "ci_low"): 1e-8,
    ("fleiss2003_problem18_3_homogeneity", "ci_high"): 1e-8,
}
"""Exact values that are not ours to the ninth digit: Monte Carlo, and a normal quantile rounded to 1.96 or so."""


def wrong(case):
    """Every key of a case that we do not reproduce, with our value and the one of the file."""
    ours = cases.MEASURES[case["data"]["format"]](case["data"], case)
    tolerance = case.get("tolerance")
    published = {
        (key, value): tolerance.get(key, 1e-6) if isinstance(tolerance, dict) else tolerance
        for key, value in (case["expected"] or {}).items()
    }
    exact = {(key, value): LOOSER.get((case["id"], key), 1e-9) for key, value in (case.get("exact") or {}).items()}
    return [
        (key, ours.get(key), value)
        for (key, value), allowed in [*published.items(), *exact.items()]
        if ours.get(key) is None or not math.isclose(ours[key], value, rel_tol=0, abs_tol=allowed)
    ]


@pytest.mark.parametrize("case", json.loads(PUBLISHED.read_text("utf-8"))["cases"], ids=lambda case: case["id"])
def test_a_published_table_gives_the_digits_that_were_printed(case):
    assert wrong(case) == []


def test_every_value_of_every_shared_case_on_labels_sets_hierarchies_intervals_and_tests_is_reproduced():
    if not SHARED.exists():
        pytest.skip("../shared/reference/agreement_cases.json is not on this machine")
    shared = json.loads(SHARED.read_text("utf-8"))["cases"]
    assert {case["id"] for case in shared} >= ON_SPANS | NOT_EMBEDDED
    ours = [case for case in shared if case["id"] not in ON_SPANS | NOT_EMBEDDED]
    assert {case["id"]: found for case in ours if case["expected"] and (found := wrong(case))} == {}
    assert len([case for case in ours if case["expected"]]) >= 45


def test_one_category_is_undefined_with_a_reason_for_every_coefficient_but_percent_agreement():
    rows = [["a", "a", "a"], ["a", "a", "a"]]
    for find in cases.GWETS.values():
        found = find(rows)
        if find is agree.percent_agreement:
            assert (found.value, found.reason) == (1, "")
        else:
            assert (found.value, found.reason) == (None, "only one category was used")
            assert found.interval().low is None


def test_empty_sets_are_equal_and_give_a_finite_alpha():
    rows = [[[], ["a"], ["b"]], [[], ["a"], ["a"]]]
    for metric in ("masi", "jaccard"):
        assert 0 < agree.krippendorff_alpha(rows, metric).value < 1


def test_a_label_named_nan_is_an_ordinary_label():
    assert agree.krippendorff_alpha([["a", "nan", "b"], ["a", "nan", "nan"]]).value == pytest.approx(6 / 11)


def test_krippendorffs_own_bootstrap_gives_the_interval_printed_for_hayes_and_krippendorff():
    case = next(case for case in json.loads(PUBLISHED.read_text("utf-8"))["cases"] if case["id"].startswith("hayes"))
    alpha = agree.krippendorff_alpha(list(zip(*case["data"]["units_by_raters"], strict=True)), "ordinal")
    interval = alpha.interval(method="krippendorff-bootstrap", seed=1, replicates=5000)
    assert (interval.low, interval.high) == pytest.approx((0.708, 0.808), abs=0.01)
