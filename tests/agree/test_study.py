"""A study of coders: properties of any coefficient, intervals over transcripts, and what is said when undefined."""

from __future__ import annotations

import math
import random
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

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
    multi_valued_alpha,
    negative_agreement,
    pabak,
    pairs,
    percent_agreement,
    positive_agreement,
)

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
    assert close(found.alpha_multivalued.value, multi_valued_alpha(ratings.sets).value)
    assert close(found.alpha_jaccard.value, krippendorff_alpha(ratings.sets, jaccard_distance).value)
    for row in found.by_code:
        present = ratings.present(row.code)
        assert close(row.percent.value, percent_agreement(present).value)
        assert close(row.kappa.value, light_kappa(present).value)
        assert close(row.alpha.value, krippendorff_alpha(present).value)
        assert close(row.positive.value, positive_agreement(present).value)
        assert close(row.negative.value, negative_agreement(present).value)
        assert close(row.pabak.value, pabak(present).value)


# Undefined is an answer


@pytest.mark.parametrize("coefficient", [light_kappa, krippendorff_alpha])
def test_one_category_only_has_no_chance_corrected_agreement_but_full_percent_agreement(coefficient):
    rows = [["a", "a", "a"], ["a", "a", "a"]]
    assert (coefficient(rows).value, coefficient(rows).reason) == (None, "only one category was used")
    assert percent_agreement(rows).value == 1


@pytest.mark.parametrize("coefficient", [percent_agreement, light_kappa, krippendorff_alpha, positive_agreement])
@pytest.mark.parametrize("rows", [[[1, None], [None, 0]], [[], []], [[math.nan, 1.0], [0.0, math.nan]]])
def test_coders_without_a_common_unit_have_no_agreement(coefficient, rows):
    assert (coefficient(rows).value, coefficient(rows).reason) == (None, "no unit was judged by two coders")


def test_a_category_that_nobody_used_has_no_positive_agreement():
    unused = positive_agreement([[0, 0], [0, 0]])
    assert (unused.value, unused.reason) == (None, "no coder used it")
    everywhere = negative_agreement([[1, 1], [1, 1]])
    assert (everywhere.value, everywhere.reason) == (None, "every coder used it everywhere")


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
    for method in ("cluster-delta", "cluster-bootstrap"):
        kappa = agreement(study(units, 60), ["a"], seed=0, method=method).by_code[0].kappa
        assert (kappa.value, kappa.low, kappa.high) == (1, None, None)
        assert "the same whichever transcripts" in kappa.reason


def test_the_default_is_a_t_interval_around_the_value_and_the_study_says_so():
    found = agreement(study(noisy(90), transcripts=6), CODES, seed=0)
    alpha = found.by_code[0].alpha
    assert alpha.low < alpha.value < alpha.high < 1
    assert found.interval.startswith("95% t interval on 5 degrees of freedom, cluster delta method over 6 transcripts")


def test_fewer_than_five_transcripts_get_an_interval_with_a_warning():
    kappa = agreement(study(noisy(90), transcripts=4), CODES, seed=0).by_code[0].kappa
    assert kappa.low < kappa.value < kappa.high
    assert "only 4 transcripts" in kappa.reason


def test_the_bootstrap_draws_whole_transcripts_and_computes_everything_again():
    ratings = study(noisy(240, coders=3, unseen=0.1), transcripts=40)
    found = agreement(ratings, CODES, seed=3, replicates=50, method="cluster-bootstrap")
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
    first, again, other = (agreement(ratings, CODES, seed, method="cluster-bootstrap") for seed in (3, 3, 4))
    assert first == again
    assert first.kappa.low != other.kappa.low


def test_two_codes_with_the_same_codings_get_the_same_interval():
    units = [tuple(codes | {"תאום"} if "שכר" in codes else codes for codes in unit) for unit in noisy(200)]
    first, second = agreement(study(units, transcripts=50), ["שכר", "תאום"], seed=1, method="cluster-bootstrap").by_code
    assert first.alpha == second.alpha


def test_resamples_in_which_a_rare_code_is_absent_are_left_out_and_said():
    rare, none = frozenset(["נדיר"]), frozenset()
    units = [(rare, rare), (rare, none)] + [(none, none)] * 98
    kappa = agreement(study(units, transcripts=50), ["נדיר"], seed=1, method="cluster-bootstrap").by_code[0].kappa
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
