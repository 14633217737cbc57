"""Is the machine as good as a coder: by replacement, by pairs, by the alternative annotator test, and by code."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, ttest_1samp

from autocoder.agree import (
    Margin,
    MarginRefused,
    NotComparable,
    accuracy,
    alt_test,
    closeness,
    cohen_kappa,
    jaccard_distance,
    krippendorff_alpha,
    leave_one_out,
    machine_errors,
    machine_report,
    margin_test,
    pairwise_means,
    replacement_alpha,
    replacement_test,
    xrr,
)

CODES = ("pay", "alone", "rare")
TRANSCRIPTS = 24
EACH = 30


def coder(seed: int, error: float, truth: np.ndarray) -> list[int]:
    flipped = np.random.default_rng(seed).random(truth.shape) < error
    return (truth ^ flipped).astype(int).tolist()


@pytest.fixture(scope="module")
def study() -> dict[str, Any]:
    truth = np.random.default_rng(0).random(TRANSCRIPTS * EACH) < 0.3
    return {
        "truth": truth,
        "humans": [coder(seed, 0.1, truth) for seed in (1, 2, 3)],
        "good": coder(4, 0.06, truth),
        "bad": coder(5, 0.3, truth),
        "transcripts": [f"t{unit // EACH}" for unit in range(TRANSCRIPTS * EACH)],
    }


def sets(rates: dict[str, tuple[float, float]], seed: int) -> list[frozenset[str]]:
    """What a coder gives each unit; per code its prevalence and the share of its codings that are lost and made up."""
    n = TRANSCRIPTS * EACH
    columns = {}
    for place, (code, (prevalence, error)) in enumerate(rates.items()):
        truth = np.random.default_rng(100 + place).random(n) < prevalence
        rng = np.random.default_rng(1000 * seed + place)
        lost, made = rng.random(n) < error, rng.random(n) < error * prevalence
        columns[code] = (truth & ~lost) | (~truth & made)
    return [frozenset(code for code, given in columns.items() if given[unit]) for unit in range(n)]


def test_replacement_is_the_mean_change_of_alpha(study: dict[str, Any]) -> None:
    humans, machine = study["humans"], study["bad"]
    found = replacement_alpha(humans, machine, coders=["א", "ב", "ג"])
    assert list(found.by_coder) == ["א", "ב", "ג"]
    changed = [krippendorff_alpha([machine if p == q else row for q, row in enumerate(humans)]).value for p in range(3)]
    assert [held.value for held in found.by_coder.values()] == pytest.approx(changed)
    assert found.difference.value == pytest.approx(np.mean(changed) - krippendorff_alpha(humans).value)


def test_a_good_machine_passes_and_a_bad_one_does_not(study: dict[str, Any]) -> None:
    for method in ("cluster-bootstrap", "cluster-delta"):
        verdicts = [
            replacement_test(study["humans"], study[which], 0.05, study["transcripts"], method=method)
            for which in ("good", "bad")
        ]
        assert [verdict.noninferior for verdict in verdicts] == [True, False]
        assert all(verdict.low < verdict.difference.value < verdict.high for verdict in verdicts)
    good = replacement_test(study["humans"], study["good"], 0.05, study["transcripts"])
    assert good.equivalent is (good.high < 0.05)
    wide = replacement_test(study["humans"], study["good"], 0.5, study["transcripts"])
    assert wide.equivalent is True


def test_the_bounds_are_those_of_one_paired_bootstrap(study: dict[str, Any]) -> None:
    """Whole transcripts are drawn again, the same for both alphas, and the tail of their differences is taken."""
    humans, machine = np.array(study["humans"]), np.array(study["bad"])
    rng, drawn = np.random.default_rng(2), []
    for _ in range(300):
        units = (rng.integers(0, TRANSCRIPTS, TRANSCRIPTS)[:, None] * EACH + np.arange(EACH)).ravel()
        rows, other = humans[:, units], machine[units]
        swapped = [krippendorff_alpha(np.vstack([np.delete(rows, j, 0), other])).value for j in range(3)]
        drawn.append(np.mean(swapped) - krippendorff_alpha(rows).value)
    found = replacement_test(study["humans"], study["bad"], 0.05, study["transcripts"])
    assert found.low == pytest.approx(np.quantile(drawn, 0.05), abs=0.01)
    assert found.high == pytest.approx(np.quantile(drawn, 0.95), abs=0.01)


def test_few_transcripts_are_warned_of(study: dict[str, Any]) -> None:
    sites = [int(name[1:]) // 3 for name in study["transcripts"]]
    found = replacement_test(study["humans"], study["good"], 0.05, sites)
    assert found.reason == "only 8 transcripts: bounds from resampling are too close, those of cluster-delta less"


def test_a_difference_without_variation_is_not_decided() -> None:
    rows = [[1, 0, 1, 0], [1, 0, 1, 0]]
    found = replacement_test(rows, rows[0], 0.05, list("aabb"))
    assert found.noninferior is None
    assert found.reason


def test_a_margin_is_fixed_before() -> None:
    fixed = Margin(0.05, datetime(2026, 3, 1, 9, 0))
    fixed.check(None)
    fixed.check(datetime(2026, 3, 2))
    with pytest.raises(MarginRefused, match=r"fixed on 2026-03-01 09:00, after figures were first shown on 2026-02-01"):
        fixed.check(datetime(2026, 2, 1))
    for none in (0, -0.1, 1, 5):
        with pytest.raises(MarginRefused, match="is none; fix how much alpha may be lost"):
            Margin(none, datetime(2026, 3, 1))
    rows = [[1, 0, 1], [1, 0, 0]]
    difference = replacement_alpha(rows, [1, 0, 1]).difference
    assert margin_test(difference, fixed).margin == margin_test(difference, 0.05).margin == 0.05


def test_leaving_one_out_and_adding_the_machine(study: dict[str, Any]) -> None:
    humans = study["humans"]
    found = leave_one_out(humans, study["good"])
    assert found.humans.value == pytest.approx(krippendorff_alpha(humans).value)
    assert found.without["2"].value == pytest.approx(krippendorff_alpha([humans[0], humans[2]]).value)
    assert found.with_machine.value == pytest.approx(krippendorff_alpha([*humans, study["good"]]).value)
    assert leave_one_out(humans[:2], study["good"]).without == {}


def test_pairs_stand_beside_each_other(study: dict[str, Any]) -> None:
    humans, machine = study["humans"], study["bad"]
    found = pairwise_means(humans, machine, measure=cohen_kappa, coders="אבג", called="המכונה")
    assert list(found.pairs) == [(a, b) for n, a in enumerate("אבג") for b in [*"אבג"[n + 1 :], "המכונה"]]
    kappas = [cohen_kappa(row, machine).value for row in humans]
    assert found.human_machine.value == pytest.approx(np.mean(kappas))
    assert found.difference.value == pytest.approx(found.human_machine.value - found.human_human.value)
    low_high = found.difference.interval(study["transcripts"], "cluster-bootstrap")
    assert low_high.high < 0
    with pytest.raises(NotComparable, match="a coder goes by the name of the machine, ב"):
        pairwise_means(humans, machine, coders="אבג", called="ב")
    undefined = pairwise_means([[1, 1], [1, 1]], [1, 0])
    assert undefined.difference.value is None
    assert undefined.difference.reason


def test_units_that_the_machine_did_not_judge_are_put_aside(study: dict[str, Any]) -> None:
    humans, machine = study["humans"], list(study["good"])
    half = len(machine) // 2
    shorter = replacement_alpha([row[:half] for row in humans], machine[:half])
    holes = replacement_alpha(humans, machine[:half] + [None] * half)
    assert holes.difference.value == pytest.approx(shorter.difference.value)
    assert holes.humans.value == pytest.approx(shorter.humans.value)
    assert holes.difference.interval(study["transcripts"]).clusters == TRANSCRIPTS / 2


@pytest.mark.parametrize("ask", [replacement_alpha, leave_one_out, pairwise_means, alt_test])
def test_one_coder_and_uneven_rows_are_refused(ask: Any) -> None:
    with pytest.raises(NotComparable, match="takes two coders to say"):
        ask([[1, 0]], [1, 0])
    with pytest.raises(NotComparable, match="one rating per unit"):
        ask([[1, 0], [1, 0]], [1, 0, 1])


@pytest.mark.parametrize("ask", [replacement_alpha, pairwise_means, alt_test])
def test_coders_need_different_names(ask: Any) -> None:
    with pytest.raises(NotComparable, match="2 coders need as many different names"):
        ask([[1, 0], [1, 1]], [1, 0], coders=["דנה", "דנה"])


def published_alt_test(
    humans: list[list[Any]], machine: list[Any], epsilon: float, q: float, score: Any
) -> tuple[float, float]:
    """The test as its authors define it, on units that two coders judged."""
    p_values, advantages = [], []
    for j, mine in enumerate(humans):
        behind, wins = [], []
        for unit, rating in enumerate(machine):
            others = [row[unit] for k, row in enumerate(humans) if k != j and row[unit] is not None]
            if mine[unit] is None or not others:
                continue
            of_machine, of_human = score(rating, others), score(mine[unit], others)
            wins.append(of_machine >= of_human)
            behind.append(float(of_human >= of_machine) - float(of_machine >= of_human))
        p_values.append(ttest_1samp(behind, epsilon, alternative="less").pvalue)
        advantages.append(np.mean(wins))
    beaten = false_discovery_control(p_values, method="by") <= q
    return float(np.mean(beaten)), float(np.mean(advantages))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 0.5), st.sampled_from([0.1, 0.15, 0.2]))
def test_the_alternative_annotator_test_is_that_of_its_authors(seed: int, error: float, epsilon: float) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, 60)
    humans: list[list[Any]] = [
        np.where(rng.random(60) < 0.25, rng.integers(0, 4, 60), truth).tolist() for _ in range(4)
    ]
    machine = np.where(rng.random(60) < error, rng.integers(0, 4, 60), truth).tolist()
    for unit in rng.integers(0, 60, 12):
        humans[int(rng.integers(4))][unit] = None
    found = alt_test(humans, machine, epsilon)
    rate, advantage = published_alt_test(humans, machine, epsilon, 0.05, accuracy)
    assert (found.winning_rate, found.advantage) == pytest.approx((rate, advantage))
    assert found.passed is (rate >= 0.5)


def test_with_sets_closeness_is_the_score() -> None:
    rates = {"pay": (0.4, 0.2), "alone": (0.2, 0.2)}
    humans, machine = [sets(rates, seed) for seed in (1, 2, 3)], sets(rates, 4)
    score = closeness(jaccard_distance)
    found = alt_test(humans, machine, 0.15, score=score)
    assert (found.winning_rate, found.advantage) == pytest.approx(
        published_alt_test(humans, machine, 0.15, 0.05, score)
    )
    assert score({"a"}, [{"a"}, {"a", "b"}]) == pytest.approx(0.75)


def test_transcripts_widen_the_test_and_alone_they_are_units(study: dict[str, Any]) -> None:
    humans, machine = study["humans"], study["bad"]
    units = [str(unit) for unit in range(len(machine))]
    plain, alone = alt_test(humans, machine), alt_test(humans, machine, clusters=units)
    assert [each.p for each in alone.by_coder] == pytest.approx([each.p for each in plain.by_coder])
    repeated = [[value for value in row for _ in range(10)] for row in [*humans, machine]]
    each_ten = [unit for unit in units for _ in range(10)]
    clustered = alt_test(repeated[:-1], repeated[-1], clusters=each_ten)
    assert [each.p for each in clustered.by_coder] == pytest.approx([each.p for each in plain.by_coder], rel=0.01)
    assert clustered.clusters == len(units)


def test_coders_with_too_few_units_are_left_out_and_say_so() -> None:
    rng = np.random.default_rng(0)
    humans: list[list[Any]] = rng.integers(0, 2, (3, 50)).tolist()
    humans[2] = [*humans[2][:20], *[None] * 30]
    found = alt_test(humans, humans[0])
    assert [each.reason for each in found.by_coder] == ["", "", "fewer than 30 units"]
    none = alt_test(humans, humans[0], min_units=60)
    assert none.winning_rate is None
    assert none.passed is None
    assert none.reason
    one = alt_test(humans, humans[0], clusters=["t"] * 50)
    assert one.winning_rate is None
    assert one.by_coder[0].reason == "all units stand in one transcript"
    with pytest.raises(NotComparable, match="50 units but 3 clusters"):
        alt_test(humans, humans[0], clusters="abc")
    with pytest.raises(NotComparable, match="no share of units"):
        alt_test(humans, humans[0], epsilon=20)


def test_a_machine_that_is_always_right_beats_everyone() -> None:
    humans = [[1, 0] * 20, [1, 1] * 20, [1, 0] * 20]
    found = alt_test(humans, [1, 0] * 20, epsilon=0.1)
    assert found.winning_rate == 1
    assert found.advantage == 1


def test_a_rare_code_that_fails_fails_the_machine_whatever_the_pool_says() -> None:
    people = {"pay": (0.5, 0.05), "alone": (0.4, 0.05), "rare": (0.06, 0.05)}
    machine = {"pay": (0.5, 0.01), "alone": (0.4, 0.01), "rare": (0.06, 0.6)}
    humans = [sets(people, seed) for seed in (1, 2, 3)]
    clusters = [unit // EACH for unit in range(TRANSCRIPTS * EACH)]
    report = partial(machine_report, humans, margin=0.05, codes=CODES, clusters=clusters, replicates=500)
    found = report(machine=sets(machine, 4))
    assert found.pooled.passes is True
    assert found.failed == ("rare",)
    assert found.passes is False
    assert [verdict.passes for verdict in found.by_code] == [True, True, False]
    assert found.by_code[0].replacement.difference.value == pytest.approx(
        replacement_alpha(*present("pay", humans, sets(machine, 4))).difference.value
    )


def present(code: str, humans: list[Any], machine: list[Any]) -> tuple[list[list[int]], list[int]]:
    rows = [[int(code in given) for given in row] for row in [*humans, machine]]
    return rows[:-1], rows[-1]


def test_a_code_that_nobody_used_is_undecided_and_no_pass() -> None:
    people = {"pay": (0.5, 0.05), "rare": (0.0, 0.0)}
    humans, machine = [sets(people, seed) for seed in (1, 2)], sets({"pay": (0.5, 0.0)}, 3)
    found = machine_report(
        humans, machine, 0.05, ["pay", "rare"], [n // EACH for n in range(len(machine))], replicates=200
    )
    assert found.undecided == ("rare",)
    assert found.passes is False
    assert "only one category was used" in found.by_code[1].reason
    assert found.by_code[1].with_code == 0
    with pytest.raises(NotComparable, match="name one of the codebook"):
        machine_report(humans, machine, 0.05, [])


def kappa_x(first: list[list[Any]], second: list[list[Any]], distance: Any) -> float:
    """Cross-replication pair by pair, as published."""
    units = [
        u
        for u in range(len(first[0]))
        if any(r[u] is not None for r in first) and any(r[u] is not None for r in second)
    ]
    one, other = ([[row[u] for row in pool if row[u] is not None] for u in units] for pool in (first, second))
    ratings = sum(map(len, one)) + sum(map(len, other))
    observed = sum(
        (len(a) + len(b)) / ratings * np.mean([distance(x, y) for x in a for y in b])
        for a, b in zip(one, other, strict=True)
    )
    return float(1 - observed / np.mean([distance(x, y) for a in one for x in a for b in other for y in b]))


@given(st.integers(0, 10_000))
def test_cross_replication_is_what_pairs_give(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, 15)
    pools: list[list[list[Any]]] = [
        [np.where(rng.random(15) < 0.3, rng.integers(0, 3, 15), truth).tolist() for _ in range(size)] for size in (3, 2)
    ]
    for unit in rng.integers(0, 15, 6):
        pools[int(rng.integers(2))][0][unit] = None
    found = xrr(*pools)
    assert found.kappa_x.value == pytest.approx(kappa_x(*pools, lambda a, b: float(a != b)))
    alphas = [krippendorff_alpha(pool).value for pool in pools]
    if min(alphas) > 0:
        assert found.normalised == pytest.approx(found.kappa_x.value / np.sqrt(np.prod(alphas)))
    squared = xrr(*pools, metric=lambda a, b: (a - b) ** 2).kappa_x.value
    assert squared == pytest.approx(kappa_x(*pools, lambda a, b: (a - b) ** 2))
    assert xrr(pools[1], pools[0]).kappa_x.value == pytest.approx(found.kappa_x.value)


def test_cross_replication_of_sets_has_an_interval_and_reasons() -> None:
    rates = {"pay": (0.4, 0.2), "alone": (0.2, 0.2)}
    pools = [sets(rates, 1), sets(rates, 2)], [sets(rates, 3)]
    found = xrr(*pools, metric="jaccard")
    interval = found.kappa_x.interval([n // EACH for n in range(TRANSCRIPTS * EACH)])
    assert interval.low < found.kappa_x.value < interval.high
    assert found.normalised is None
    assert "needs two raters" in found.reason
    assert xrr([[1, None]], [[None, 1]]).kappa_x.reason == "no unit was rated in both pools"
    assert xrr([[1, 1]], [[1, 1]]).kappa_x.reason == "the values of the two pools are at no distance from each other"
    with pytest.raises(NotComparable, match="a pool of ratings is empty"):
        xrr([], [[1]])
    with pytest.raises(NotComparable, match="no metric 'ordinal'"):
        xrr([[1, 2]], [[1, 2]], metric="ordinal")


def test_errors_are_counted_by_role_interviewer_and_transcript() -> None:
    coding = [{"pay"}, {"pay", "alone"}, set(), None, {"alone"}, set()]
    machine = [{"pay"}, {"pay"}, {"pay"}, {"pay"}, None, set()]
    roles, interviewers = ["עמיתה", "עמיתה", "מנהלת", "מנהלת", "עמיתה", None], ["רות"] * 6
    rows = machine_errors(coding, machine, {"role": roles, "interviewer": interviewers})
    held = {(row.variable, row.value): row for row in rows}
    assert list(held) == [("role", ""), ("role", "מנהלת"), ("role", "עמיתה"), ("interviewer", "רות")]
    peer, manager = held["role", "עמיתה"], held["role", "מנהלת"]
    assert (peer.units, peer.with_code, peer.suggested, peer.hits, peer.missed, peer.false) == (2, 3, 2, 2, 1, 0)
    assert (peer.precision, peer.recall) == (1, pytest.approx(2 / 3))
    assert (manager.units, manager.false, manager.precision, manager.recall) == (1, 1, 0, None)
    assert held["role", ""].precision is None
    assert held["interviewer", "רות"].units == 4
    assert sum(held[key].hits for key in held if key[0] == "role") == held["interviewer", "רות"].hits
    with pytest.raises(NotComparable, match="role has not one value for each of the 6 units"):
        machine_errors(coding, machine, {"role": roles[:2]})


def test_errors_of_one_code_are_given_as_truth_values() -> None:
    (row,) = machine_errors([True, False, np.True_, 0], [True, True, False, 0], {"all": ["x"] * 4})
    assert (row.with_code, row.suggested, row.hits) == (2, 2, 1)
