"""The planner against the error it plans for, and against simulated studies."""

from __future__ import annotations

import numpy as np
import pytest

from autocoder.agree import cohen_kappa, from_table, kappa_variance, plan_sample
from autocoder.agree.plan import PlanRefused


@pytest.mark.parametrize(("kappa", "prevalence"), [(0.8, 0.15), (0.5, 0.4), (0.6, 0.05), (0.0, 0.3)])
def test_the_variance_is_that_of_fleiss_cohen_and_everitt(kappa: float, prevalence: float) -> None:
    size = 40_000
    both = round(size * (prevalence**2 + kappa * prevalence * (1 - prevalence)))
    one = round(size * prevalence) - both
    found = cohen_kappa(from_table([[both, one], [one, size - both - 2 * one]]))
    error = found.interval(method="fleiss-cohen-everitt").standard_error
    assert found.value == pytest.approx(kappa, abs=1e-3)
    assert error == pytest.approx(np.sqrt(kappa_variance(kappa, prevalence) / size), rel=5e-3)


def simulated_half_widths(kappa: float, prevalence: float, transcripts: int, each: int, studies: int) -> list[float]:
    rng = np.random.default_rng(1)
    both = prevalence**2 + kappa * prevalence * (1 - prevalence)
    cells = [both, prevalence - both, prevalence - both, 1 - 2 * prevalence + both]
    clusters = np.repeat(np.arange(transcripts), each)
    widths = []
    for _ in range(studies):
        drawn = rng.choice(4, len(clusters), p=cells)
        bounds = cohen_kappa((drawn <= 1).astype(int), (drawn % 2 == 0).astype(int)).interval(clusters)
        widths.append((bounds.high - bounds.low) / 2)
    return widths


def test_studies_of_the_planned_size_have_the_planned_interval() -> None:
    plan = plan_sample(0.7, 0.2, half_width=0.1, per_transcript=30)
    assert plan.segments == plan.transcripts * 30
    widths = simulated_half_widths(0.7, 0.2, plan.transcripts, 30, 60)
    assert np.mean(widths) == pytest.approx(plan.half_width, rel=0.08)


def test_one_segment_less_would_not_do() -> None:
    plan = plan_sample(0.8, 0.15, half_width=0.1)
    assert plan.half_width <= 0.1 < 1.96 * np.sqrt(kappa_variance(0.8, 0.15) / (plan.segments - 1))
    assert plan.with_code == pytest.approx(plan.segments * 0.15)


def test_a_lower_bound_is_a_half_width_from_kappa() -> None:
    bound = plan_sample(0.8, 0.15, lower_bound=0.7, per_transcript=20)
    assert bound == plan_sample(0.8, 0.15, half_width=0.1, per_transcript=20)
    assert bound.lower_bound >= 0.7


def test_transcripts_that_differ_and_rare_codes_ask_for_more() -> None:
    plain = plan_sample(0.8, 0.15, half_width=0.1, per_transcript=30)
    alike = plan_sample(0.8, 0.15, half_width=0.1, per_transcript=30, transcript_effect=0.1)
    assert alike.design_effect == pytest.approx(1 + 29 * 0.1)
    assert alike.segments > 2 * plain.segments
    assert plan_sample(0.8, 0.01, half_width=0.1).segments > 10 * plan_sample(0.8, 0.15, half_width=0.1).segments


def test_enough_segments_with_the_code_are_planned() -> None:
    assert plan_sample(0.9, 0.02, half_width=0.5).segments == 500
    assert plan_sample(0.9, 0.02, half_width=0.5, fewest_with_code=30).segments == 1500


def test_what_no_sample_gives_has_a_reason() -> None:
    assert plan_sample(0.7, 0.2, lower_bound=0.75).segments is None
    assert plan_sample(0.7, 0.2, lower_bound=0.75).reason
    assert plan_sample(0.7, 0.001, half_width=0.0001).reason == "more than 10000000 segments would have to be coded"


@pytest.mark.parametrize(
    "settings",
    [
        {"kappa": 1.0},
        {"prevalence": 15.0},
        {"half_width": None},
        {"lower_bound": 0.6},
        {"transcript_effect": 0.1},
        {"per_transcript": 0},
        {"level": 95.0},
    ],
)
def test_wishes_that_make_no_plan_are_refused(settings: dict[str, object]) -> None:
    wished: dict[str, object] = {"kappa": 0.8, "prevalence": 0.15, "half_width": 0.1} | settings
    with pytest.raises(PlanRefused):
        plan_sample(**wished)
