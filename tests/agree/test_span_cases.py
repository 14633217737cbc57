"""Every published or computed case on spans: copies in tests/data, and the whole reference file where it is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autocoder.agree.alignment import gamma, gamma_disorder
from autocoder.agree.boundaries import boundary_pi, boundary_similarity
from autocoder.agree.characters import c_alpha_binary, character_agreement, character_kappa, character_tables
from autocoder.agree.segments import match_tables, segment_agreement, segment_kappa
from autocoder.agree.unitizing import (
    alpha_u_1995,
    coverage_2016,
    cu_alpha_2016,
    ku_alpha_2016,
    u_alpha_2016,
    u_alpha_binary_2016,
)

HERE = Path(__file__).resolve()
COPIES = HERE.parent.parent / "data" / "agreement" / "spans.json"
SHARED = HERE.parent.parent.parent.parent / "shared" / "reference" / "agreement_cases.json"
Case = dict[str, Any]
Found = dict[str, float | None]


def alpha_u(case: Case) -> Found:
    scale, origin = case["params"].get("scale", 1), case["data"].get("origin", 0)
    spans = {
        coder: [((start - origin) * scale, (end - origin) * scale, code) for start, end, code in given]
        for coder, given in case["data"]["coders"].items()
    }
    length = case["data"]["length"] * scale
    found: Found = {"alphaU_all": alpha_u_1995(spans, length).value}
    for code in {code for given in spans.values() for _, _, code in given}:
        of_code = alpha_u_1995(spans, length, code)
        found |= {f"alphaU_{code}": of_code.value, f"Do_{code}": of_code.observed, f"De_{code}": of_code.expected}
    return found


def u_family(case: Case) -> Found:
    spans, length = case["data"]["coders"], case["data"]["length"]
    found: Found = {
        "u_alpha": u_alpha_2016(spans, length).value,
        "u_alpha_binary": u_alpha_binary_2016(spans, length).value,
        "cu_alpha": cu_alpha_2016(spans, length).value,
        "coverage_cu": coverage_2016(spans, length).value,
    }
    for code in {code for given in spans.values() for _, _, code in given}:
        found[f"ku_alpha_{code}"] = ku_alpha_2016(spans, length, code).value
        found[f"coverage_{code}"] = coverage_2016(spans, length, code).value
    return found


def characters(case: Case) -> Found:
    spans, length = case["data"]["coders"], case["data"]["length"]
    return {
        "percent_agreement_char": character_agreement(spans, length, "x").value,
        "cohen_kappa_char": character_kappa(spans, length, "x").value,
        "expected_frequency": character_tables(spans, length, "x")[0].expected,
        "krippendorff_alpha_char": c_alpha_binary(spans, length).value,
    }


def segments(case: Case) -> Found:
    spans, length, found = case["data"]["coders"], case["data"]["length"], {}
    for percent in case["params"]["thresholds"]:
        share = percent / 100
        found[f"matches_{percent}"] = sum(table.matched for table in match_tables(spans, length, share))
        for name, counting in (("abc", "pairs"), ("segments", "segments")):
            found[f"po_{name}_{percent}"] = segment_agreement(spans, length, share, counting=counting).value
            kappa = segment_kappa(spans, length, share, counting=counting, n_codes=case["params"]["n_codes"])
            found[f"bp_kappa_{name}_{percent}"] = kappa.value
    return found


def boundaries(case: Case) -> Found:
    data, n_t = case["data"], case["params"].get("n_t", 2)
    if data["format"] == "masses":
        return {"boundary_similarity": boundary_similarity(data["a"], data["b"], n_t).value}
    if data["format"] == "masses_matrix":
        pairs = [(one, other) for one in data["hypotheses"].items() for other in data["references"].items()]
        return {f"{one}_{other}": boundary_similarity(a, b, n_t).value for (one, a), (other, b) in pairs}
    return {name: boundary_pi(coders, n_t).value for name, coders in data["items"].items()}


def gammas(case: Case) -> Found:
    os.environ.setdefault("NUMBA_DISABLE_JIT", "1")  # compiling takes a minute, these few spans take a second
    pytest.importorskip("pygamma_agreement", reason="gamma is an optional extra")
    weights = {name: case["params"][name] for name in ("alpha", "beta", "delta_empty")}
    spans = case["data"]["coders"]
    found = gamma(spans, **weights, n_samples=30, seed=1)
    assert found.observed == pytest.approx(gamma_disorder(spans, **weights))
    return {"best_alignment_disorder": found.observed, "gamma": found.value}


MEASURED: dict[str, Callable[[Case], Found]] = {
    "alphaU_1995": alpha_u,
    "u_alpha": u_family,
    "percent_agreement_char": characters,
    "segment_agreement_overlap": segments,
    "boundary_similarity": boundaries,
    "segmentation_fleiss_pi_B": boundaries,
    "gamma_disorder": gammas,
}
DRAWN = "gamma"  # chance draws it, so that it is not held to its exact tolerance


def held_in(path: Path) -> list[Case]:
    held = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return held["cases"] if isinstance(held, dict) else held


def cases() -> list[Any]:
    by_id = {case["id"]: case for path in (COPIES, SHARED) for case in held_in(path)}
    return [
        pytest.param(case, id=name)
        for name, case in by_id.items()
        if case["measure"][0] in MEASURED and (case["expected"] or case.get("exact"))
    ]


@pytest.mark.parametrize("case", cases())
def test_a_case_comes_out_as_published_and_as_computed(case: Case) -> None:
    found = MEASURED[case["measure"][0]](case)
    known = {key for key in case["expected"] | case.get("exact", {}) if key in found}
    left_out = set(case["expected"]) - known
    assert not left_out
    for key, value in case["expected"].items():
        tolerance = case["tolerance"][key] if isinstance(case["tolerance"], dict) else case["tolerance"]
        assert found[key] == pytest.approx(value, abs=tolerance), key
    for key, value in case.get("exact", {}).items():
        if key in found and key != DRAWN:
            # pygamma-agreement reckons in single precision
            assert found[key] == pytest.approx(value, abs=2e-6 if "disorder" in key else 1e-9), key


def test_the_reference_file_holds_no_case_on_spans_that_is_not_tested() -> None:
    if not SHARED.exists():
        pytest.skip("the folder ../shared with reference cases is not on this machine")
    held = held_in(SHARED)
    formats = {"spans", "continuum", "masses", "masses_matrix", "masses_by_coder"}
    untested = [case["id"] for case in held if case["data"]["format"] in formats and case["measure"][0] not in MEASURED]
    assert not untested


def test_the_copies_are_what_the_reference_file_holds() -> None:
    if not SHARED.exists():
        pytest.skip("the folder ../shared with reference cases is not on this machine")
    held = {case["id"]: case for case in held_in(SHARED)}
    for copy in held_in(COPIES):
        assert copy == {key: held[copy["id"]][key] for key in copy}
