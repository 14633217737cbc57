"""Intervals and tests of difference: methods that must agree, warnings, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocoder import agree
from autocoder.agree.intervals import resamples, standard_error


def noisy(units=240, coders=3, seed=1, missing=0.1):
    """Ratings 1 to 4 of coders who mostly agree."""
    chance = np.random.default_rng(seed)
    true = chance.integers(1, 5, size=units)
    rows = np.where(chance.random((coders, units)) < 0.7, true, chance.integers(1, 5, size=(coders, units)))
    return np.where(chance.random((coders, units)) < missing, np.nan, rows)


def transcripts(units=240, number=12):
    return [f"ריאיון {unit % number}" for unit in range(units)]


TWO = noisy(coders=2)
COEFFICIENTS = [
    agree.percent_agreement(noisy()),
    agree.percent_agreement(noisy(), definition="pooled-pairs"),
    agree.cohen_kappa(TWO),
    agree.weighted_kappa(TWO, weights="quadratic"),
    agree.scott_pi(TWO),
    agree.fleiss_kappa(noisy()),
    agree.fleiss_kappa(noisy(), unequal="fleiss"),
    agree.conger_kappa(noisy()),
    agree.light_kappa(noisy()),
    agree.gwet_ac1(noisy()),
    agree.gwet_ac2(noisy()),
    agree.brennan_prediger(noisy()),
    agree.pabak(noisy()),
    agree.positive_agreement(noisy()),
    agree.negative_agreement(noisy()),
    agree.prevalence_index(TWO),
    agree.bias_index(TWO),
    agree.krippendorff_alpha(noisy()),
    agree.krippendorff_alpha(noisy(), "ordinal"),
    agree.krippendorff_alpha(noisy(), "interval"),
    agree.krippendorff_alpha(noisy(), "ratio"),
    agree.krippendorff_alpha(noisy(), lambda first, second: abs(first - second)),
]
by_name = pytest.mark.parametrize("found", COEFFICIENTS, ids=lambda found: found.name)


@by_name
def test_the_default_interval_holds_the_value_within_its_range_and_says_how_it_was_made(found):
    interval = found.interval(transcripts())
    assert found.lowest <= interval.low < found.value < interval.high <= 1
    assert interval.clusters == 12
    assert "over 12 transcripts" in interval.method
    assert interval.reason == ""


@by_name
def test_derivatives_leaving_one_out_and_resampling_give_nearly_the_same_error(found):
    errors = [
        found.interval(transcripts(number=40), method=method, seed=2, replicates=2000).standard_error
        for method in ("cluster-delta", "vanbelle", "jackknife", "cluster-bootstrap")
    ]
    assert errors == pytest.approx([errors[0]] * 4, rel=0.12)


@by_name
def test_a_bootstrap_is_the_coefficient_of_the_units_drawn(found):
    clustered = found.over(np.arange(240) % 12, 12)
    for weights in resamples(12, seed=3, replicates=3):
        assert clustered.values(weights[None, :])[0] == pytest.approx(drawn(found, weights), abs=1e-12)


def drawn(found, weights):
    """The same coefficient of the units of the transcripts drawn, computed anew."""
    place = COEFFICIENTS.index(found)
    chosen = [unit for unit in range(240) for _ in range(int(weights[unit % 12]))]
    rows = noisy()[:, chosen]
    two = TWO[:, chosen]
    again = [
        lambda: agree.percent_agreement(rows),
        lambda: agree.percent_agreement(rows, definition="pooled-pairs"),
        lambda: agree.cohen_kappa(two),
        lambda: agree.weighted_kappa(two, weights="quadratic"),
        lambda: agree.scott_pi(two),
        lambda: agree.fleiss_kappa(rows),
        lambda: agree.fleiss_kappa(rows, unequal="fleiss"),
        lambda: agree.conger_kappa(rows),
        lambda: agree.light_kappa(rows),
        lambda: agree.gwet_ac1(rows),
        lambda: agree.gwet_ac2(rows),
        lambda: agree.brennan_prediger(rows),
        lambda: agree.pabak(rows),
        lambda: agree.positive_agreement(rows),
        lambda: agree.negative_agreement(rows),
        lambda: agree.prevalence_index(two),
        lambda: agree.bias_index(two),
        lambda: agree.krippendorff_alpha(rows),
        lambda: agree.krippendorff_alpha(rows, "ordinal"),
        lambda: agree.krippendorff_alpha(rows, "interval"),
        lambda: agree.krippendorff_alpha(rows, "ratio"),
        lambda: agree.krippendorff_alpha(rows, lambda first, second: abs(first - second)),
    ][place]
    return again().value


def test_the_cluster_delta_error_of_percent_agreement_is_that_of_a_ratio_of_cluster_sums():
    first, second = np.random.default_rng(4).integers(2, size=(2, 60))
    same, groups = first == second, np.arange(60) % 6
    influence = [(same[groups == g] - same.mean()).sum() / 60 for g in range(6)]
    expected = math.sqrt(6 / 5 * sum(each**2 for each in influence))
    found = agree.percent_agreement([first, second]).interval(groups, method="vanbelle")
    assert found.standard_error == pytest.approx(expected)
    assert found.high - found.low == pytest.approx(2 * 2.5705818 * expected)


def test_without_clusters_every_unit_is_its_own():
    found = agree.cohen_kappa(TWO)
    alone = found.interval(range(240), method="vanbelle")
    assert found.interval(method="vanbelle").standard_error == pytest.approx(alone.standard_error)
    assert "units" in found.interval().method


def test_sets_of_many_kinds_give_the_same_values_as_their_distances_in_a_table():
    chance = np.random.default_rng(5)

    def given():
        return frozenset(np.flatnonzero(chance.random(20) < 0.2).tolist())

    rows = [[given() if chance.random() < 0.3 else frozenset([unit % 5]) for unit in range(90)] for _ in range(3)]
    for metric, function in (("masi", agree.masi_distance), ("jaccard", agree.jaccard_distance)):
        block = agree.krippendorff_alpha(rows, metric)
        table = agree.krippendorff_alpha(rows, lambda first, second, function=function: function(first, second))
        assert block.value == pytest.approx(table.value, abs=1e-12)
        assert (block.observed, block.expected) == pytest.approx((table.observed, table.expected))
        ours, plain = (found.interval(transcripts(90, 9)) for found in (block, table))
        assert (ours.low, ours.high) == pytest.approx((plain.low, plain.high), abs=1e-9)
        assert standard_error(block.over(np.arange(90), 90)) == pytest.approx(
            standard_error(table.over(np.arange(90), 90))
        )


def test_one_cluster_gives_no_interval_and_fewer_than_five_a_warning():
    found = agree.krippendorff_alpha(noisy())
    one, few = found.interval(["t"] * 240), found.interval(transcripts(number=4))
    assert (one.low, one.high) == (None, None)
    assert "fewer than two transcripts" in one.reason
    assert few.low < found.value < few.high
    assert "only 4 transcripts" in few.reason


def test_an_undefined_coefficient_has_no_interval_and_the_same_reason():
    for method in ("cluster-delta", "cluster-bootstrap", "gwet"):
        interval = agree.gwet_ac1([[1, 1], [1, 1]]).interval(["a", "b"], method=method)
        assert (interval.low, interval.high, interval.reason) == (None, None, "only one category was used")


def test_a_code_in_one_transcript_only_still_has_an_interval():
    first = [1, 1, 0, 0] + [0] * 36
    second = [1, 0, 0, 0] + [0] * 36
    interval = agree.cohen_kappa(first, second).interval([unit // 4 for unit in range(40)])
    assert -1 < interval.low < interval.high < 1


def test_an_interval_is_refused_in_a_sentence():
    kappa = agree.cohen_kappa(TWO)
    with pytest.raises(agree.NoSuchInterval, match="no interval called 'bayes'; there are cluster-delta"):
        kappa.interval(method="bayes")
    with pytest.raises(agree.NoSuchInterval, match="krippendorff-bootstrap is not defined for Cohen's kappa"):
        kappa.interval(method="krippendorff-bootstrap")
    with pytest.raises(agree.NoSuchInterval, match="240 units but 3 clusters"):
        kappa.interval([1, 2, 3])


def test_gwets_interval_is_cut_at_one_and_a_wider_level_is_wider():
    nearly = agree.gwet_ac1([[1, 1, 2, 2, 1, 1, 1, 2], [1, 1, 2, 2, 1, 1, 1, 1]])
    assert nearly.interval(method="gwet").high == 1
    narrow, wide = (agree.cohen_kappa(TWO).interval(transcripts(), level=level) for level in (0.8, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


# Comparing


def test_a_paired_bootstrap_and_hotellings_t_see_the_same_difference():
    rows = noisy(coders=3, missing=0)
    kappas = [agree.cohen_kappa(rows[0], rows[other]) for other in (1, 2)]
    tried = agree.compare_dependent(kappas, transcripts())
    drawn_ = agree.bootstrap_difference(*kappas, transcripts(), seed=2, replicates=2000)
    assert drawn_.value == pytest.approx(tried.differences[0])
    assert drawn_.value == pytest.approx(kappas[1].value - kappas[0].value)
    assert drawn_.low < drawn_.value < drawn_.high
    assert drawn_.statistic == pytest.approx(tried.statistic, rel=0.25)
    assert tried.df == (1, 11)
    assert tried.p > tried.p_chi2


def test_coefficients_with_other_missing_ratings_are_compared_on_the_clusters_of_all_units():
    rows = noisy(coders=3, missing=0.2)
    kappas = [agree.cohen_kappa(rows[0], rows[1]), agree.krippendorff_alpha(rows)]
    assert agree.bootstrap_difference(*kappas, transcripts()).clusters == 12
    assert agree.compare_dependent(kappas, transcripts()).p is not None


def test_the_same_coefficient_twice_has_no_test_and_says_why():
    kappa = agree.cohen_kappa(TWO)
    tried, drawn_ = agree.compare_dependent([kappa, kappa]), agree.bootstrap_difference(kappa, kappa)
    assert (tried.statistic, tried.p) == (None, None)
    assert "the same whichever" in tried.reason
    assert (drawn_.value, drawn_.low) == (0, None)
    assert "the same whichever" in drawn_.reason


def test_coefficients_of_other_units_and_undefined_ones_are_refused_in_a_sentence():
    kappa = agree.cohen_kappa(TWO)
    with pytest.raises(agree.NotComparable, match="not of the same units"):
        agree.compare_dependent([kappa, agree.cohen_kappa(TWO[:, :100])])
    with pytest.raises(agree.NotComparable, match=r"undefined \(only one category"):
        agree.compare_dependent([kappa, agree.cohen_kappa(np.ones((2, 240)))])
    with pytest.raises(agree.NotComparable, match="two coefficients or more"):
        agree.homogeneity([kappa])
    with pytest.raises(agree.NotComparable, match="two coefficients or more"):
        agree.compare_dependent([kappa])


def test_a_benchmark_attains_one_level_and_grows_from_the_best_to_the_worst():
    for scale in ("landis-koch", "fleiss", "altman", "krippendorff"):
        levels = agree.benchmark(0.7, 0.1, scale)
        assert sum(level.attained for level in levels) == 1
        chances = [level.probability for level in levels]
        assert chances == sorted(chances)
        assert chances[-1] == pytest.approx(1)
    with pytest.raises(agree.NotComparable, match="no scale 'cohen'"):
        agree.benchmark(0.7, 0.1, "cohen")
    with pytest.raises(agree.NotComparable, match="above 0"):
        agree.benchmark(0.7, 0.0)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4), st.sampled_from([0.0, 0.3]))
def test_units_put_together_by_kind_give_what_they_give_one_by_one(seed, coders, missing):
    rows = noisy(200, coders, seed, missing)
    renamed = [[None if math.isnan(value) else (value, "נ") for value in row] for row in rows]
    for find in (agree.krippendorff_alpha, agree.gwet_ac1, agree.fleiss_kappa, agree.conger_kappa):
        together, apart = find(rows), find(renamed)
        assert together.value == pytest.approx(apart.value, abs=1e-12)
        assert (together.units, together.pairs) == (apart.units, apart.pairs)
        by_unit = [found.interval(transcripts(200, 10)) for found in (together, apart)]
        assert by_unit[0].low == pytest.approx(by_unit[1].low, abs=1e-9)
        assert together.interval(method="gwet").standard_error == pytest.approx(
            apart.interval(method="gwet").standard_error, abs=1e-9
        )
