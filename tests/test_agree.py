"""Agreement: published values, properties that any coefficient has, and what is said when a figure is undefined."""

from __future__ import annotations

import doctest
import json
import math
import random
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from autocoder import agree
from autocoder.agree import (
    NotComparable,
    Ratings,
    agreement,
    cohen_kappa,
    common,
    jaccard_distance,
    krippendorff_alpha,
    light_kappa,
    masi_distance,
    pairs,
    percent_agreement,
    positive_agreement,
)

CASES = Path(__file__).resolve().parents[2] / "shared" / "reference" / "agreement_cases.json"


# Published cases: what each format of the file gives us to compute


def expanded(table):
    """The ratings of two coders that a contingency table counts."""
    cells = [(row, column) for row, counts in enumerate(table) for column, n in enumerate(counts) for _ in range(n)]
    return [row for row, _ in cells], [column for _, column in cells]


def large_sample_error(first, second):
    """The standard error of Fleiss, Cohen and Everitt (1969): every unit its own cluster, without G / (G - 1)."""
    judged = agree._judgements(*agree._numbered([first, second]), [f"{unit:06}" for unit in range(len(first))])
    return agree._standard_error(agree._kappa([judged]), judged.units) * math.sqrt(1 - 1 / judged.units)


def squared(first, second):
    return (first - second) ** 2


def ratio(first, second):
    return ((first - second) / (first + second)) ** 2


def passonneau2004(first, second):
    """0, 1/3 for a subset, 2/3 for an overlap, 1."""
    if first == second:
        return 0
    return 1 / 3 if first <= second or second <= first else 2 / 3 if first & second else 1


def of_table(data):
    first, second = expanded(data["counts"])
    found = {
        "percent_agreement": percent_agreement([first, second]),
        "cohen_kappa": cohen_kappa(first, second),
        "krippendorff_alpha_nominal": krippendorff_alpha([first, second]),
        "krippendorff_alpha_quadratic": krippendorff_alpha([first, second], squared),
        "p_pos": positive_agreement([first, second], 0),
        "p_neg": positive_agreement([first, second], 1),
    }
    if weights := data.get("disagreement_weights"):
        found["krippendorff_alpha_custom"] = krippendorff_alpha([first, second], lambda a, b: weights[a][b])
    errors = dict.fromkeys(("cohen_kappa_se", "cohen_kappa_se_fce1969"), large_sample_error(first, second))
    return {key: estimate.value for key, estimate in found.items()} | errors


def of_ratings(data):
    rows = list(zip(*data["units_by_raters"], strict=True))
    found = {
        "percent_agreement": percent_agreement(rows),
        "observed_agreement": percent_agreement(rows),
        "krippendorff_alpha_nominal": krippendorff_alpha(rows),
        "light_kappa": light_kappa(rows),
        "cohen_kappa_pair_1_2": cohen_kappa(rows[0], rows[1]),
    }
    if len(rows) == 2:
        found["cohen_kappa"] = cohen_kappa(*rows)
    categories = {value for row in rows for value in row if value is not None}
    if all(isinstance(category, int) for category in categories):
        found["krippendorff_alpha_nominal_quadratic"] = krippendorff_alpha(rows, squared)
        found["krippendorff_alpha_interval"] = krippendorff_alpha(rows, squared)
        found["krippendorff_alpha_ratio"] = krippendorff_alpha(rows, ratio)
    for category in categories:
        binary = [[None if value is None else value == category for value in row] for row in rows]
        found[f"alpha_cat_{category}"] = krippendorff_alpha(binary)
    return {key: estimate.value for key, estimate in found.items()}


def of_counts(data):
    units = [[category for category, n in enumerate(row) for _ in range(n)] for row in data["units_by_categories"]]
    width = max(map(len, units))
    rows = list(zip(*(unit + [None] * (width - len(unit)) for unit in units), strict=True))
    return {
        "krippendorff_alpha_nominal": krippendorff_alpha(rows).value,
        "krippendorff_alpha_quadratic": krippendorff_alpha(rows, squared).value,
    }


def mapped(rows, change):
    return [[None if codes is None else frozenset(change(codes)) for codes in row] for row in rows]


def of_sets(data):
    rows = mapped(zip(*data["units_by_raters"], strict=True), set)
    level1 = mapped(rows, lambda codes: {code.split("/")[0] for code in codes})
    closure = mapped(rows, lambda codes: {part for code in codes for part in (code, code.split("/")[0])})
    found = {
        "percent_agreement_exact_set": percent_agreement(rows),
        "alpha_passonneau2004": krippendorff_alpha(rows, passonneau2004),
        "alpha_masi": krippendorff_alpha(rows, masi_distance),
        "alpha_jaccard": krippendorff_alpha(rows, jaccard_distance),
        "alpha_masi_leaf": krippendorff_alpha(rows, masi_distance),
        "alpha_jaccard_leaf": krippendorff_alpha(rows, jaccard_distance),
        "alpha_masi_level1": krippendorff_alpha(level1, masi_distance),
        "alpha_jaccard_level1": krippendorff_alpha(level1, jaccard_distance),
        "alpha_jaccard_ancestor_closure": krippendorff_alpha(closure, jaccard_distance),
    }
    values = {key: estimate.value for key, estimate in found.items()}
    units = len(level1[0])
    ratings = Ratings(tuple("123"[: len(level1)]), tuple(map(tuple, level1)), ("one transcript",) * units)
    codes = sorted({code for row in level1 for given_codes in row for code in given_codes or ()})
    for by_code in agreement(ratings, codes, seed=0).by_code:
        values |= {f"alpha_{by_code.code}": by_code.alpha.value, f"prevalence_{by_code.code}": by_code.prevalence}
    return values


def of_set_pairs(data):
    numbered = [(i, set(first), set(second)) for i, (first, second) in enumerate(data["pairs"], 1)]
    masi = {f"masi_{i}": masi_distance(first, second) for i, first, second in numbered}
    return masi | {f"jaccard_{i}": jaccard_distance(first, second) for i, first, second in numbered}


def of_tables(data):
    kappas = {f"kappa_{i}": cohen_kappa(*expanded(table)).value for i, table in enumerate(data["tables"], 1)}
    return kappas | {f"se_{i}": large_sample_error(*expanded(table)) for i, table in enumerate(data["tables"], 1)}


def of_patterns(data):
    units = [pattern for pattern, n in data["counts"].items() for _ in range(n)]
    diagnosis, bdi, ghq = zip(*units, strict=True)
    return {
        "kappa_diag_BDI": cohen_kappa(diagnosis, bdi).value,
        "kappa_diag_GHQ": cohen_kappa(diagnosis, ghq).value,
        "se_diag_BDI": large_sample_error(diagnosis, bdi),
        "se_diag_GHQ": large_sample_error(diagnosis, ghq),
    }


def of_spans(data):
    rows = np.zeros((len(data["coders"]), data["length"]))
    for row, spans in zip(rows, data["coders"].values(), strict=True):
        for start, end, _label in spans:
            row[start:end] = 1
    return {
        "percent_agreement_char": percent_agreement(rows).value,
        "cohen_kappa_char": cohen_kappa(*rows).value if len(rows) == 2 else None,
        "krippendorff_alpha_char": krippendorff_alpha(rows).value,
    }


MEASURES = {
    "table": of_table,
    "ratings": of_ratings,
    "counts": of_counts,
    "sets": of_sets,
    "set_pairs": of_set_pairs,
    "tables": of_tables,
    "pattern_counts": of_patterns,
    "spans": of_spans,
}


def comparisons(case):
    """Every (key, ours, published, tolerance) of a case that we have a coefficient for."""
    measure = MEASURES.get(case["data"]["format"])
    if measure is None or not case["expected"]:
        return []
    ours = measure(case["data"])
    tolerance = case["tolerance"]
    published = [
        (key, ours[key], value, tolerance.get(key, 1e-6) if isinstance(tolerance, dict) else tolerance)
        for key, value in case["expected"].items()
        if key in ours
    ]
    return published + [(key, ours[key], value, 1e-9) for key, value in (case["exact"] or {}).items() if key in ours]


def test_every_published_case_is_reproduced_to_the_digits_that_were_printed():
    if not CASES.exists():
        pytest.skip("../shared/reference/agreement_cases.json is not on this machine")
    compared = {case["id"]: comparisons(case) for case in json.loads(CASES.read_text("utf-8"))["cases"]}
    wrong = [
        (case, key, ours, value)
        for case, rows in compared.items()
        for key, ours, value, tolerance in rows
        if ours is None or not math.isclose(ours, value, rel_tol=0, abs_tol=tolerance)
    ]
    assert wrong == []
    assert sum(map(bool, compared.values())) >= 39


def test_every_example_in_the_docstrings_holds():
    tried = doctest.testmod(agree)
    assert tried.attempted >= 10
    assert tried.failed == 0


GWET_2014 = (
    (1, 1, None, 1),
    (2, 2, 3, 2),
    (3, 3, 3, 3),
    (3, 3, 3, 3),
    (2, 2, 2, 2),
    (1, 2, 3, 4),
    (4, 4, 4, 4),
    (1, 1, 2, 1),
    (2, 2, 2, 2),
    (None, 5, 5, 5),
    (None, None, 1, 1),
    (None, None, 3, None),
)


@pytest.mark.parametrize(
    ("source", "table", "kappa", "alpha"),
    [
        ("Cohen 1960, p. 45", [[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.492, None),
        ("Fleiss, Cohen and Everitt 1969", [[106, 10, 4], [22, 28, 10], [2, 12, 6]], 0.429, None),
        ("Gwet 2014, abstractors", [[13, 0, 0], [0, 20, 7], [0, 4, 56]], 0.7964, 0.7973),
        ("Artstein and Poesio 2008", [[46, 6, 0], [0, 32, 0], [0, 6, 10]], 0.8013, None),
        ("Zwick 1988, 3", [[20, 5, 5, 10], [0, 10, 5, 5], [0, 5, 10, 5], [0, 0, 0, 20]], 0.474, None),
    ],
)
def test_published_tables_of_two_coders_are_reproduced(source, table, kappa, alpha):
    first, second = expanded(table)
    assert cohen_kappa(first, second).value == pytest.approx(kappa, abs=6e-4), source
    if alpha is not None:
        assert krippendorff_alpha([first, second]).value == pytest.approx(alpha, abs=6e-5), source


def test_gwets_four_raters_with_missing_ratings_are_reproduced():
    rows = list(zip(*GWET_2014, strict=True))
    assert percent_agreement(rows).value == pytest.approx(0.8181818, abs=1e-7)
    assert krippendorff_alpha(rows).value == pytest.approx(0.74342, abs=6e-6)
    assert krippendorff_alpha(rows, squared).value == pytest.approx(0.84911, abs=6e-6)


def test_the_standard_error_of_kappa_is_that_of_fleiss_cohen_and_everitt_when_every_unit_is_its_own_transcript():
    assert large_sample_error(*expanded([[106, 10, 4], [22, 28, 10], [2, 12, 6]])) ** 2 == pytest.approx(
        0.002885, abs=5e-7
    )
    assert large_sample_error(*expanded([[0, 4, 1], [0, 8, 0], [0, 1, 5]])) == pytest.approx(0.1380, abs=5e-5)


def test_the_t_interval_of_alpha_is_near_the_one_gwet_prints_which_leaves_out_a_factor_of_1_less_1_over_n():
    sets = [[None if value is None else frozenset(str(value)) for value in row] for row in zip(*GWET_2014, strict=True)]
    ratings = Ratings(tuple("abcd"), tuple(map(tuple, sets)), tuple(f"{unit:02}" for unit in range(12)))
    alpha = agreement(ratings, list("12345"), seed=0).alpha_masi
    assert alpha.value == pytest.approx(0.74342, abs=6e-6)
    assert alpha.value - alpha.low == pytest.approx((0.743421 - 0.419062) * (1 - 1 / 40), abs=2e-4)
    assert alpha.high == 1


# Other libraries and properties

ONE_RATING = st.sampled_from("abc")
TWO_CODERS = st.lists(st.tuples(ONE_RATING, ONE_RATING), min_size=1, max_size=30)
SETS = st.frozensets(st.sampled_from(["שכר", "שׂכר", "עמית🙂", "pay"]), max_size=4)
MANY_CODERS = st.integers(2, 4).flatmap(
    lambda coders: st.lists(st.tuples(*[st.none() | SETS] * coders), min_size=1, max_size=20)
)


def close(first, second):
    return first == second or math.isclose(first, second, rel_tol=0, abs_tol=1e-9)


@given(TWO_CODERS)
def test_kappa_is_scikit_learns_wherever_that_is_a_number(units):
    first, second = zip(*units, strict=True)
    ours = cohen_kappa(first, second)
    if len({*first, *second}) == 1:
        assert ours.value is None
    else:
        assert ours.value == pytest.approx(cohen_kappa_score(first, second), abs=1e-9)


@given(TWO_CODERS)
def test_every_coefficient_of_two_coders_is_symmetric_and_blind_to_names_and_order(units):
    renamed = [tuple({"a": 7, "b": (1, 2), "c": "nan"}[value] for value in unit) for unit in units[::-1]]
    rows, other = list(zip(*units, strict=True)), list(zip(*renamed, strict=True))[::-1]
    assert close(cohen_kappa(*rows).value, cohen_kappa(*other).value)
    assert close(krippendorff_alpha(rows).value, krippendorff_alpha(other).value)
    assert close(percent_agreement(rows).value, percent_agreement(other).value)
    assert close(positive_agreement(rows, "a").value, positive_agreement(other, 7).value)


@given(MANY_CODERS, st.randoms(use_true_random=False))
def test_alpha_on_sets_does_not_depend_on_the_order_of_coders_or_units(units, chance: random.Random):
    shuffled = chance.sample(units, len(units))
    rows, columns = list(zip(*units, strict=True)), list(zip(*shuffled, strict=True))
    columns = chance.sample(columns, len(columns))
    assert close(krippendorff_alpha(rows, masi_distance).value, krippendorff_alpha(columns, masi_distance).value)
    assert close(light_kappa(rows).value, light_kappa(columns).value)
    assert close(percent_agreement(rows).value, percent_agreement(columns).value)


@given(MANY_CODERS)
def test_no_coefficient_leaves_its_bounds_and_none_is_nan(units):
    rows = list(zip(*units, strict=True))
    for lowest, estimate in [
        (0, percent_agreement(rows)),
        (-1, light_kappa(rows)),
        (-1, krippendorff_alpha(rows)),
        (-1, krippendorff_alpha(rows, jaccard_distance)),
        (0, positive_agreement(rows, frozenset())),
    ]:
        assert (estimate.value is None) == bool(estimate.reason)
        assert estimate.value is None or lowest - 1e-9 <= estimate.value <= 1 + 1e-9


@given(TWO_CODERS)
def test_positive_agreement_is_the_f1_of_one_coder_against_the_other(units):
    both = sum(first == second == "a" for first, second in units)
    given_ = sum((first == "a") + (second == "a") for first, second in units)
    assume(given_)
    assert positive_agreement(list(zip(*units, strict=True)), "a").value == pytest.approx(2 * both / given_)


@given(SETS, SETS)
def test_set_distances_are_symmetric_between_0_and_1_and_0_only_for_equal_sets(first, second):
    for distance in (masi_distance, jaccard_distance):
        assert distance(first, second) == distance(second, first)
        assert 0 <= distance(first, second) <= 1
        assert (distance(first, second) == 0) == (first == second)
    assert masi_distance(first, second) >= jaccard_distance(first, second)


@settings(max_examples=40, deadline=None)
@given(MANY_CODERS)
def test_a_study_has_the_figures_of_the_plain_coefficients(units):
    ratings = study(units)
    found = agreement(ratings, ["שכר", "שׂכר", "עמית🙂", "pay"], seed=1)
    assert close(found.percent.value, percent_agreement(ratings.sets).value)
    assert close(found.alpha_masi.value, krippendorff_alpha(ratings.sets, masi_distance).value)
    assert close(found.alpha_jaccard.value, krippendorff_alpha(ratings.sets, jaccard_distance).value)
    for row in found.by_code:
        present = ratings.present(row.code)
        assert close(row.percent.value, percent_agreement(present).value)
        assert close(row.kappa.value, light_kappa(present).value)
        assert close(row.alpha.value, krippendorff_alpha(present).value)
        assert close(row.positive.value, positive_agreement(present).value)


# Undefined is an answer


@pytest.mark.parametrize("coefficient", [light_kappa, krippendorff_alpha])
def test_one_category_only_has_no_chance_corrected_agreement_but_full_percent_agreement(coefficient):
    rows = [["a", "a", "a"], ["a", "a", "a"]]
    assert coefficient(rows) == agree.Estimate(None, reason="only one category was used")
    assert percent_agreement(rows).value == 1


@pytest.mark.parametrize("coefficient", [percent_agreement, light_kappa, krippendorff_alpha, positive_agreement])
@pytest.mark.parametrize("rows", [[[1, None], [None, 0]], [[], []], [[math.nan, 1.0], [0.0, math.nan]]])
def test_coders_without_a_common_unit_have_no_agreement(coefficient, rows):
    assert coefficient(rows) == agree.Estimate(None, reason="no unit was judged by two coders")


def test_a_category_that_nobody_used_has_no_positive_agreement():
    assert positive_agreement([[0, 0], [0, 0]]) == agree.Estimate(None, reason="no coder used it")


def test_lights_kappa_is_undefined_when_one_pair_of_coders_shares_no_unit():
    rows = [[1, 0, None], [1, 0, 1], [None, None, 1]]
    assert light_kappa(rows).value is None
    assert "two of the coders" in light_kappa(rows).reason


def test_two_empty_sets_are_equal_and_the_text_nan_is_a_category():
    assert krippendorff_alpha([[frozenset(), frozenset("a")], [frozenset(), frozenset("a")]], masi_distance).value == 1
    assert krippendorff_alpha([["a", "nan", "b"], ["a", "nan", "nan"]]).value == pytest.approx(6 / 11)


def test_one_coder_alone_is_refused_in_a_sentence():
    with pytest.raises(NotComparable, match="two coders"):
        percent_agreement([[1, 0]])
    with pytest.raises(NotComparable, match="two coders"):
        agreement(study([(frozenset(),)]), ["pay"], seed=0)


def test_agreement_on_no_code_is_refused_in_a_sentence():
    with pytest.raises(NotComparable, match="needs a code"):
        agreement(study([(frozenset(), frozenset())]), [], seed=0)


# A study: units in transcripts


def study(units, transcripts=3):
    """Ratings of coders א, ב, ... whose units are dealt in turn to the transcripts."""
    rows = tuple(zip(*units, strict=True))
    groups = tuple(f"ריאיון {unit % transcripts}" for unit in range(len(units)))
    return Ratings(tuple("אבגדה"[: len(rows)]), rows, groups)


def noisy(units, coders=2, seed=5, unseen=0.0):
    """Coders who mostly agree on three codes, the last of them rare."""
    chance = random.Random(seed)
    rates = {"שכר": 0.4, "לבד": 0.2, "נדיר": 0.04}

    def judge(truth):
        flipped = {code for code, rate in rates.items() if chance.random() < 0.3 * rate}
        return None if chance.random() < unseen else frozenset(truth ^ flipped)

    truths = [{code for code, rate in rates.items() if chance.random() < rate} for _ in range(units)]
    return [tuple(judge(truth) for _ in range(coders)) for truth in truths]


CODES = ("שכר", "לבד", "נדיר")


def test_the_counts_rest_on_the_units_that_two_coders_judged():
    pay, none = frozenset(["pay"]), frozenset()
    ratings = study([(pay, pay, none), (none, none, None), (pay, None, None), (None, None, None)], transcripts=2)
    found = agreement(ratings, ["pay"], seed=0)
    assert (found.units, found.transcripts) == (2, 2)
    assert found.missing == 6 / 12
    assert found.by_code[0].positive_by_coder == (1, 1, 0)
    assert found.by_code[0].prevalence == 2 / 5


def test_codes_that_are_not_asked_for_are_put_aside():
    units = [(frozenset("ab"), frozenset("a")), (frozenset("b"), frozenset()), (frozenset("a"), frozenset())]
    found = agreement(study(units), ["a"], seed=0)
    assert found.percent.value == pytest.approx(2 / 3)
    assert found.alpha_masi.value == pytest.approx(found.by_code[0].alpha.value)


def test_pooled_kappa_averages_observed_and_expected_agreement_over_codes():
    ratings = study(noisy(60))
    observed, expected = [], []
    for code in CODES:
        first, second = ratings.present(code)
        observed.append((first == second).mean())
        expected.append(first.mean() * second.mean() + (1 - first).mean() * (1 - second).mean())
    pooled = (np.mean(observed) - np.mean(expected)) / (1 - np.mean(expected))
    assert agreement(ratings, CODES, seed=0).kappa.value == pytest.approx(pooled)
    assert agreement(ratings, CODES, seed=0).kappa_name == "Cohen's kappa"


def test_a_code_that_nobody_used_changes_no_pooled_kappa_but_its_own_row_says_so():
    ratings = study(noisy(60))
    with_unused = agreement(ratings, (*CODES, "לא בשימוש"), seed=0)
    row = with_unused.by_code[-1]
    assert (row.kappa.value, row.kappa.reason) == (None, "only one category was used")
    assert (row.positive.value, row.positive.reason) == (None, "no coder used it")
    assert (row.percent.value, row.prevalence) == (1, 0)
    first, second = agreement(ratings, CODES, seed=0).kappa.value, with_unused.kappa.value
    assert first == pytest.approx(second)


def test_more_than_two_coders_get_the_mean_of_pairwise_kappas_under_its_name():
    ratings = study(noisy(80, coders=3))
    found = agreement(ratings, CODES, seed=0)
    by_pair = [agreement(pair, CODES, seed=0).by_code[0].kappa.value for pair in pairs(ratings)]
    assert found.by_code[0].kappa.value == pytest.approx(np.mean(by_pair))
    assert "Light 1971" in found.kappa_name


# Intervals


def test_one_transcript_gives_values_without_intervals():
    found = agreement(study(noisy(60), transcripts=1), CODES, seed=0)
    assert found.kappa.value is not None
    assert (found.kappa.low, found.kappa.high) == (None, None)
    assert "fewer than two transcripts" in found.kappa.reason
    assert "fewer than two transcripts" in found.interval


def test_full_agreement_has_no_interval_of_no_width():
    units = [(frozenset(codes), frozenset(codes)) for codes in ("", "a", "a", "", "a", "") * 20]
    for transcripts in (6, 60):
        kappa = agreement(study(units, transcripts), ["a"], seed=0).by_code[0].kappa
        assert (kappa.value, kappa.low, kappa.high) == (1, None, None)
        assert "the same whichever transcripts" in kappa.reason


def test_few_transcripts_get_a_t_interval_around_the_value_and_the_method_says_so():
    found = agreement(study(noisy(90), transcripts=6), CODES, seed=0)
    alpha = found.by_code[0].alpha
    assert alpha.low < alpha.value < alpha.high < 1
    assert alpha.value - alpha.low == pytest.approx(alpha.high - alpha.value)
    assert "6 transcripts" in found.interval
    assert "delta" in found.interval


def test_the_delta_method_agrees_with_leaving_one_of_many_transcripts_out():
    ratings = study(noisy(4000, coders=3, unseen=0.1), transcripts=200)
    judged = agree._present(ratings, "שכר")
    for form in (agree._kappa([judged]), agree._alpha(judged, agree._between((0, 1))), agree._positive(judged, 1)):
        without = form(1 - np.eye(200))
        jackknife = math.sqrt(199 / 200 * ((without - without.mean()) ** 2).sum())
        assert agree._standard_error(form, 200) == pytest.approx(jackknife, rel=0.02)


def test_the_bootstrap_draws_whole_transcripts_and_computes_everything_again():
    ratings = study(noisy(240, coders=3, unseen=0.1), transcripts=40)
    found = agreement(ratings, CODES, seed=3, replicates=50)
    units = [
        [unit for unit, group in enumerate(ratings.groups) if group == name] for name in sorted(set(ratings.groups))
    ]
    drawn = np.random.default_rng(3).multinomial(40, [1 / 40] * 40, 50)
    alphas, kappas = [], []
    for weights in drawn:
        chosen = [unit for weight, members in zip(weights, units, strict=True) for unit in members * weight]
        alphas.append(krippendorff_alpha([[row[unit] for unit in chosen] for row in ratings.sets], masi_distance).value)
        kappas.append(light_kappa(ratings.present("שכר")[:, chosen]).value)
    for estimate, values in ((found.alpha_masi, alphas), (found.by_code[0].kappa, kappas)):
        assert [estimate.low, estimate.high] == pytest.approx(list(np.quantile(values, [0.025, 0.975])), abs=1e-12)
    assert "50 resamples of 40 transcripts, seed 3" in found.interval


def test_the_same_seed_gives_the_same_intervals_and_another_seed_others():
    ratings = study(noisy(200), transcripts=50)
    assert agreement(ratings, CODES, seed=3) == agreement(ratings, CODES, seed=3)
    assert agreement(ratings, CODES, seed=3).kappa.low != agreement(ratings, CODES, seed=4).kappa.low


def test_two_codes_with_the_same_codings_get_the_same_interval():
    units = [tuple(codes | {"תאום"} if "שכר" in codes else codes for codes in unit) for unit in noisy(200)]
    first, second = agreement(study(units, transcripts=50), ["שכר", "תאום"], seed=1).by_code
    assert first.alpha == second.alpha


def test_resamples_in_which_a_rare_code_is_absent_are_left_out_and_said():
    rare, none = frozenset(["נדיר"]), frozenset()
    units = [(rare, rare), (rare, none)] + [(none, none)] * 98
    kappa = agreement(study(units, transcripts=50), ["נדיר"], seed=1).by_code[0].kappa
    assert kappa.low < kappa.value <= kappa.high
    assert re.search(r"^1\d% of the resamples", kappa.reason)  # (48 / 50) ** 50 = 13 %


# Choosing coders


def test_common_keeps_the_units_that_all_named_coders_saw():
    a, none = frozenset("a"), frozenset()
    ratings = study([(a, a, None), (a, none, a), (None, a, a), (none, none, none)])
    shared = common(ratings, ["ג", "א"])
    assert shared.coders == ("ג", "א")
    assert shared.sets == ((a, none), (a, none))
    assert shared.groups == ("ריאיון 1", "ריאיון 0")


def test_pairs_of_a_common_choice_are_all_on_the_same_units():
    ratings = study(noisy(100, coders=3, unseen=0.2))
    chosen = pairs(common(ratings, ratings.coders))
    assert [pair.coders for pair in chosen] == [("א", "ב"), ("א", "ג"), ("ב", "ג")]
    assert all(first.groups == second.groups for first, second in pairwise(chosen))
    assert len({len(pair.groups) for pair in pairs(ratings)}) > 1


def test_an_unknown_coder_is_named_with_the_coders_that_there_are():
    with pytest.raises(NotComparable, match=r"דנה.*א, ב"):
        common(study([(frozenset(), frozenset())]), ["דנה"])


def test_ratings_of_unequal_length_and_repeated_coders_are_refused():
    with pytest.raises(ValueError, match="one entry per unit"):
        Ratings(("א", "ב"), ((None,), (None, None)), ("t",))
    with pytest.raises(ValueError, match="twice"):
        Ratings(("א", "א"), ((None,), (None,)), ("t",))


def test_present_tells_unseen_from_no_code():
    present = study([(frozenset("a"), None), (frozenset(), frozenset("b"))]).present("a")
    assert np.array_equal(present, [[1, 0], [math.nan, 0]], equal_nan=True)
