"""What the plain functions take and refuse, and relations between coefficients that their authors state."""

from __future__ import annotations

import doctest
import importlib
import math
import pkgutil
import time

import numpy as np
import pytest

from autocoder import agree
from autocoder.agree.ratings import numbered

FIRST, SECOND = [1, 2, 3, 3, 1, 2, 2, 1], [1, 2, 3, 1, 1, 2, 3, 1]


def test_every_example_in_the_docstrings_holds():
    modules = [
        importlib.import_module(f"autocoder.agree.{found.name}") for found in pkgutil.iter_modules(agree.__path__)
    ]
    tried = [doctest.testmod(module) for module in modules]
    assert sum(each.attempted for each in tried) >= 30
    assert sum(each.failed for each in tried) == 0


@pytest.mark.parametrize(
    "rows",
    [
        [FIRST, SECOND],
        (tuple(FIRST), tuple(SECOND)),
        np.array([FIRST, SECOND]),
        np.array([FIRST, SECOND], dtype=np.uint8),
        np.array([FIRST, SECOND], dtype=float),
        np.array([FIRST, SECOND], dtype=object),
        np.array([FIRST, SECOND]) * 1e9,
        np.array([FIRST, SECOND]) / 7,
        [list("אבגגאבבא"), list("אבגאאבגא")],
        np.array([list("אבגגאבבא"), list("אבגאאבגא")]),
    ],
    ids=lambda rows: f"{type(rows).__name__} {getattr(rows, 'dtype', '')}",
)
def test_labels_of_any_kind_in_any_sequence_give_the_same_nominal_values(rows):
    assert agree.cohen_kappa(rows).value == pytest.approx(0.6190476190)
    assert agree.cohen_kappa(rows[0], rows[1]).value == pytest.approx(0.6190476190)
    assert agree.krippendorff_alpha(rows).value == pytest.approx(1 - 0.25 / (166 / 240))
    assert len(agree.gwet_ac1(rows).categories) == 3


def test_missing_ratings_are_none_or_nan_in_lists_and_arrays_alike():
    rows = [[1, 2, None, 2, 1, 1], [1, 2, 2, math.nan, 2, None]]
    expected = agree.krippendorff_alpha([[1, 2, 1], [1, 2, 2]]).value
    for given in (rows, np.array(rows, dtype=float), np.array(rows, dtype=object)):
        found = agree.krippendorff_alpha(given)
        assert found.value == pytest.approx(expected)
        assert (found.units, found.coders) == (3, 2)


class Table:
    """What pandas and polars have: a table that gives its array, and whose iteration gives the names of its columns."""

    def __init__(self, rows, missing=None):
        self.array = np.array([[missing if value is None else value for value in row] for row in rows], dtype=object)

    def to_numpy(self):
        return self.array

    def __iter__(self):
        return iter(f"u{number}" for number in range(self.array.shape[1]))


class NAType:
    """Stands for pandas.NA, which says neither yes nor no when it is compared."""

    def __eq__(self, other):
        return self

    def __hash__(self):
        return 7

    def __bool__(self):
        raise TypeError("boolean value of NA is ambiguous")


def test_a_table_of_pandas_is_read_by_its_rows_and_what_it_misses_is_missing():
    rows = [[1, 2, None, 2, 1, 1], [1, 2, 2, 1, 2, None]]
    expected = agree.krippendorff_alpha(rows)
    for missing in (None, math.nan, NAType()):
        assert agree.krippendorff_alpha(Table(rows, missing)) == expected
        assert agree.gwet_ac1(Table(rows, missing).to_numpy()[0], Table(rows, missing).to_numpy()[1]).units == 4


@pytest.mark.parametrize("ratings", [[1, 0, 1], np.array([1, 0, 1], dtype=object), ["abba", "abab"]], ids=repr)
def test_what_is_not_rows_of_ratings_is_refused_in_a_sentence(ratings):
    with pytest.raises(agree.NotComparable, match="one row of ratings for each coder"):
        agree.krippendorff_alpha(ratings)


@pytest.mark.parametrize("second", [np.array(SECOND), SECOND], ids=["array", "list"])
def test_a_second_coder_in_the_place_of_the_metric_is_told_where_to_go(second):
    with pytest.raises(agree.NotComparable, match="pass all coders as rows"):
        agree.krippendorff_alpha(FIRST, second)


def test_distances_of_numbers_refuse_what_lies_nowhere_on_their_line():
    with pytest.raises(agree.NotComparable, match="finite"):
        agree.krippendorff_alpha([[1, math.inf, 2], [1, 2, 2]], "interval")
    with pytest.raises(agree.NotComparable, match="0 or more, and -1 was used"):
        agree.krippendorff_alpha([[-1, 2, 3], [1, 2, 3]], "ratio")
    with pytest.raises(agree.NotComparable, match="0 or more"):
        agree.weighted_kappa([-1, 2, 3], [1, 2, 3], weights="ratio")


@pytest.mark.parametrize("level", [95, 1, 0, -0.5, math.nan])
def test_a_level_that_is_no_share_is_refused_and_makes_no_interval_of_nan(level):
    found = agree.cohen_kappa(FIRST, SECOND)
    for ask in (
        lambda: found.interval(level=level),
        lambda: agree.bootstrap_difference(found, found, level=level),
        lambda: agree.homogeneity([found, found], level=level),
    ):
        with pytest.raises(agree.NoSuchInterval, match="between 0 and 1"):
            ask()


def test_numbers_far_apart_negative_or_broken_are_numbered_in_order():
    for given, found in (
        (np.array([[-5, 3], [3, 10**12]]), (-5, 3, 10**12)),
        (np.array([[0.5, np.nan], [0.25, 2]]), (0.25, 0.5, 2.0)),
        (np.array([[7.0, np.nan], [9.0, 7.0]]), (7.0, 9.0)),
        (np.array([[True, False], [True, True]]), (False, True)),
        (np.array([[np.nan, np.nan], [np.nan, np.nan]]), ()),
        (np.array([["ב", "א"], ["nan", "א"]]), ("nan", "א", "ב")),
    ):
        values, categories = numbered(given)
        assert categories == found
        listed = numbered(given.tolist())
        assert listed[1] == found
        assert np.array_equal(values, listed[0])


def test_coefficients_that_their_authors_call_the_same_are_the_same():
    rows = np.random.default_rng(1).integers(3, size=(2, 40))
    many = np.random.default_rng(1).integers(3, size=(4, 40))
    assert agree.conger_kappa(rows).value == pytest.approx(agree.cohen_kappa(rows).value)
    assert agree.light_kappa(rows).value == pytest.approx(agree.cohen_kappa(rows).value)
    assert agree.fleiss_kappa(rows).value == pytest.approx(agree.scott_pi(rows).value)
    assert agree.fleiss_kappa(many, unequal="fleiss").value == pytest.approx(agree.fleiss_kappa(many).value)
    assert agree.randolph_kappa(many).value == pytest.approx(agree.brennan_prediger(many).value)
    small = 1 - 1 / (2 * 40)
    assert (1 - agree.krippendorff_alpha(rows).value) == pytest.approx((1 - agree.scott_pi(rows).value) * small)
    assert agree.krippendorff_alpha(rows, lambda a, b: (a - b) ** 2).value == pytest.approx(
        agree.krippendorff_alpha(rows, "interval").value
    )
    binary = rows == 1
    assert agree.pabak([["כן", "לא", "כן"], ["כן", "כן", "כן"]]).value == pytest.approx(2 * 2 / 3 - 1)
    assert agree.pabak(rows).value == pytest.approx(agree.brennan_prediger(binary).value)
    assert agree.pabak(rows).value == pytest.approx(2 * agree.percent_agreement(binary).value - 1)


def test_weights_by_name_as_a_matrix_and_as_disagreement_are_one():
    rows = [FIRST, SECOND]
    linear = agree.weighted_kappa(rows).value
    apart = [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
    weights = [[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]]
    for given in ("linear", apart, np.array(weights), lambda a, b: abs(a - b)):
        assert agree.cohen_kappa(rows, weights=given).value == pytest.approx(linear)
    named = [[{1: "low", 2: "middle", 3: "high"}[value] for value in row] for row in rows]
    in_order = agree.weighted_kappa(named, categories=("low", "middle", "high"))
    assert in_order.value == pytest.approx(linear)
    ordinal = agree.krippendorff_alpha(named, "ordinal", categories=("low", "middle", "high"))
    assert ordinal.value == pytest.approx(agree.krippendorff_alpha(rows, "ordinal").value)


def test_the_categories_of_the_codebook_count_for_ac1_and_brennan_prediger_and_not_for_kappa():
    rows = [FIRST, SECOND]
    assert agree.brennan_prediger(rows, categories=range(1, 6)).value == pytest.approx((0.75 - 0.2) / 0.8)
    assert agree.gwet_ac1(rows, categories=range(1, 6)).value > agree.gwet_ac1(rows).value
    assert agree.cohen_kappa(rows, categories=range(1, 6)).value == pytest.approx(agree.cohen_kappa(rows).value)
    assert agree.gwet_ac1([[0, 0], [0, 0]], categories=(0, 1)).value is None


def test_bad_input_is_refused_in_a_sentence():
    for broken, said in (
        (lambda: agree.cohen_kappa([[1, 2]]), "two coders"),
        (lambda: agree.cohen_kappa([[1, 2], [1, 2], [1, 2]]), "compares two coders, not 3"),
        (lambda: agree.bias_index([[1, 2], [1, 2], [1, 2]]), "two coders, here are 3"),
        (lambda: agree.krippendorff_alpha([[1, 2], [1]]), "one rating per unit"),
        (lambda: agree.krippendorff_alpha(np.zeros(4)), "coders x units"),
        (lambda: agree.gwet_ac1([[1, 2], [1, 2]], categories=(1, 3)), "2 was used but is none of the categories"),
        (lambda: agree.gwet_ac1([[1, 2], [1, 2]], categories=(1, 2, 2)), "named twice"),
        (lambda: agree.krippendorff_alpha([["a", "b"], ["a", "b"]], "ordinal"), "categories in their order"),
        (lambda: agree.krippendorff_alpha([["a", "b"], ["a", "b"]], "interval"), "need numbers"),
        (lambda: agree.krippendorff_alpha([[1, 2], [1, 2]], "euclid"), "no metric 'euclid'"),
        (lambda: agree.weighted_kappa([[1, 2], [1, 2]], weights="cubic"), "no weights are called 'cubic'"),
        (lambda: agree.weighted_kappa([[1, 2], [1, 2]], weights=[[0, 1, 2]] * 3), "2 categories"),
        (lambda: agree.weighted_kappa([[1, 2], [1, 2]], weights=[[2, 1], [1, 2]]), "1 on the diagonal"),
        (lambda: agree.percent_agreement([[1, 2], [1, 2]], definition="any"), "no definition 'any'"),
        (lambda: agree.at_level([[["a"]]], 0), "counted from 1"),
        (lambda: agree.with_ancestors([[["a"]]], {"a": "b", "b": "a"}), "in a circle"),
    ):
        with pytest.raises(agree.NotComparable, match=said):
            broken()


# Sets and trees


def test_sets_are_taken_as_sets_lists_or_single_codes():
    given = [[["pay", "alone"], [], "pay"], [["alone", "pay"], ["pay"], ["pay"]]]
    frozen = [[frozenset(["pay", "alone"]), frozenset(), frozenset(["pay"])], [{"pay", "alone"}, {"pay"}, {"pay"}]]
    for metric in ("masi", "jaccard", "dice", "passonneau2004", agree.masi_distance):
        first, second = agree.krippendorff_alpha(given, metric), agree.krippendorff_alpha(frozen, metric)
        assert first.value == pytest.approx(second.value)
    assert agree.multi_valued_alpha(given).value == pytest.approx(agree.multi_valued_alpha(frozen).value)


def test_the_expected_disagreement_of_multi_valued_alpha_is_that_of_going_through_all_pairs_of_sets():
    from itertools import combinations

    rows = [[{"a", "b"}, {"c"}, {"a", "b", "c"}, {"d"}, set()], [{"a"}, {"c", "d"}, {"a", "b"}, {"d"}, {"b"}]]
    sets = [given for row in rows for given in row]
    count = {code: sum(code in given for given in sets) for code in "abcd"}
    likely = np.zeros((4, 4))
    apart = np.zeros((4, 4))
    every = [set(chosen) for size in range(4) for chosen in combinations("abcd", size)]
    for one in every:
        for other in every:
            weight = math.prod(count[code] for code in one ^ other)
            weight *= math.prod(count[code] * (count[code] - 1) for code in one & other)
            likely[len(one), len(other)] += weight
            apart[len(one), len(other)] += weight * agree.dice_distance(one, other)
    share = np.array([sum(len(given) == size for given in sets) for size in range(4)]) / len(sets)
    expected = (share[:, None] * share[None, :] * apart / likely).sum()
    assert agree.multi_valued_alpha(rows).expected == pytest.approx(expected)


def test_forty_codes_in_sets_of_five_take_no_longer_than_a_moment():
    chance = np.random.default_rng(1)
    rows = [[set(chance.choice(40, 5, replace=False).tolist()) for _ in range(60)] for _ in range(2)]
    begun = time.process_time()
    found = agree.multi_valued_alpha(rows)
    assert found.interval([unit % 6 for unit in range(60)]).low < found.value
    assert time.process_time() - begun < 5


def test_coders_who_agree_on_the_domain_and_not_on_the_code_agree_at_level_one_only():
    tree = {"שכר": "תנאים", "עומס": "תנאים", "לבד": "צוות", "יחד": "צוות"}
    rows = [[["שכר"], ["עומס"], ["לבד"], ["יחד"], None], [["עומס"], ["שכר"], ["יחד"], ["לבד"], ["שכר"]]]
    levels = agree.agreement_by_level(rows, tree)
    assert list(levels) == [1, 2]
    assert levels[1].value == 1
    assert levels[2].value < 0
    closure = agree.ancestor_closure_alpha(rows, tree)
    assert levels[2].value < closure.value < levels[1].value
    distance = agree.tree_distance(tree)
    assert (distance("שכר", "עומס"), distance("שכר", "לבד"), distance("שכר", "שכר")) == (0.5, 1, 0)
    single = [[None if given is None else given[0] for given in row] for row in rows]
    assert agree.gwet_ac2(single, weights=distance).value > agree.gwet_ac1(single).value


def test_a_path_longer_than_the_level_is_cut_and_a_shorter_one_stays():
    assert agree.at_level([[["א/ב/ג", "ד"], [], None]], 2) == [[frozenset({"א/ב", "ד"}), frozenset(), None]]
    assert agree.with_ancestors([[["א/ב"]]]) == [[frozenset({"א", "א/ב"})]]


# Speed, far from the limits that evaluation/agreement/speed.py measures


def test_alpha_of_a_million_units_takes_about_as_long_as_reading_them():
    rows = np.random.default_rng(1).integers(5, size=(3, 1_000_000)).astype(float)
    begun = time.process_time()
    agree.krippendorff_alpha(rows)
    assert time.process_time() - begun < 2
