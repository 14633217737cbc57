"""How many segments two coders should both code, before they begin: kappa's interval planned for one code."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

from scipy.special import ndtri, stdtrit

from autocoder.errors import AutocoderError

MOST = 10_000_000
"""Segments beyond which a plan is not looked for."""


class PlanRefused(AutocoderError):
    """A plan that cannot be made: which number, and what it should be."""


@dataclass(frozen=True)
class SamplePlan:
    """What to code twice, and the interval of kappa to expect from it; ``segments`` is None where ``reason`` says why.

    ``with_code`` is the number of segments in which the code is to be expected, ``transcripts`` is None where segments
    are drawn one by one. ``design_effect`` is how many segments of whole transcripts are worth one drawn by itself.
    """

    segments: int | None
    transcripts: int | None = None
    with_code: float | None = None
    half_width: float | None = None
    lower_bound: float | None = None
    design_effect: float = 1.0
    reason: str = ""


def plan_sample(
    kappa: float,
    prevalence: float,
    half_width: float | None = None,
    lower_bound: float | None = None,
    per_transcript: int | None = None,
    transcript_effect: float = 0.0,
    level: float = 0.95,
    fewest_with_code: int = 10,
) -> SamplePlan:
    """Return the fewest segments for which the interval of an expected ``kappa`` is as narrow as wanted.

    Give the ``half_width`` wanted or the ``lower_bound`` that the interval should not go below. With V = (1 - k)
    ((1 - k) (1 - 2k) + k (2 - k) / (2 p (1 - p))) the large-sample variance of kappa k is V / n at prevalence p, if
    both coders use the code alike (Bloch and Kraemer 1989; it is then that of Fleiss, Cohen and Everitt 1969). Segments
    of whole transcripts, ``per_transcript`` each, are worth less by 1 + (per_transcript - 1) ``transcript_effect``, the
    intraclass correlation within transcripts (Kish 1965), and the interval takes t on transcripts - 1. At least
    ``fewest_with_code`` segments are to be expected to carry the code, since below no such formula holds.

    >>> plan_sample(0.8, 0.15, half_width=0.1).segments
    281
    """
    _check(kappa, prevalence, level, per_transcript, transcript_effect)
    if (half_width is None) == (lower_bound is None):
        raise PlanRefused("say how exact kappa should be: either a half width or a lower bound.")
    wanted = half_width if lower_bound is None else kappa - lower_bound
    if wanted is None or wanted <= 0:
        return SamplePlan(None, reason=f"no sample puts the bound of an interval around {kappa:g} there")
    size = per_transcript or 1
    effect = 1 + (size - 1) * transcript_effect
    most = MOST // size
    fewest = max(2, math.ceil(fewest_with_code / prevalence / size))

    def width(groups: int) -> float:
        quantile = float(stdtrit(groups - 1, (1 + level) / 2) if per_transcript else ndtri((1 + level) / 2))
        return quantile * math.sqrt(kappa_variance(kappa, prevalence) * effect / (groups * size))

    if fewest > most or width(most) > wanted:
        return SamplePlan(None, reason=f"more than {MOST} segments would have to be coded", design_effect=effect)
    groups = bisect_left(range(most), True, lo=fewest, key=lambda number: width(number) <= wanted)
    return SamplePlan(
        segments=groups * size,
        transcripts=groups if per_transcript else None,
        with_code=groups * size * prevalence,
        half_width=width(groups),
        lower_bound=kappa - width(groups),
        design_effect=effect,
    )


def kappa_variance(kappa: float, prevalence: float) -> float:
    """Return V, the large-sample variance of kappa times the number of segments (Bloch and Kraemer 1989)."""
    spread = 2 * prevalence * (1 - prevalence)
    return (1 - kappa) * ((1 - kappa) * (1 - 2 * kappa) + kappa * (2 - kappa) / spread)


def _check(kappa: float, prevalence: float, level: float, per_transcript: int | None, transcript_effect: float) -> None:
    if not 0 <= kappa < 1:
        raise PlanRefused(f"a kappa of {kappa} cannot be planned for; expect one from 0 to below 1.")
    if not 0 < prevalence < 1 or not 0 < level < 1:
        raise PlanRefused(f"a prevalence of {prevalence} or a level of {level} is not a share; give 0.15 for 15 %.")
    if not 0 <= transcript_effect <= 1:
        raise PlanRefused(f"a transcript effect of {transcript_effect} is no intraclass correlation; give 0 to 1.")
    if per_transcript is not None and per_transcript < 1:
        raise PlanRefused("a transcript has one segment or more.")
    if transcript_effect and per_transcript is None:
        raise PlanRefused("a transcript effect needs the number of segments per transcript.")
