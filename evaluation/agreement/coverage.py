"""How often the default 95 % interval covers the truth; ``python evaluation/agreement/coverage.py`` keeps it as JSON.

1,000 simulated studies in each of 18 settings: 10, 20 or 40 transcripts of 30 segments, a code on 5, 15 or 40 % of
segments, with and without transcript effects. A segment truly has the code or not; each of two coders finds it with a
chance of .8 and puts it wrongly where it is not as often as he misses it where it is, so that he codes as much as there
is. With transcript effects the prevalence of the code and the errors of the coders vary between transcripts (standard
deviations of 1 and .7 on the logit scale), the errors of both coders together. The truth is the value in 4 million
segments of the same kind.

A study in which the value or its interval is undefined is not counted as covered or not; their share stands beside.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from autocoder.agree import (
    Coefficient,
    cohen_kappa,
    gwet_ac1,
    krippendorff_alpha,
    percent_agreement,
    positive_agreement,
)

RESULTS = Path(__file__).with_name("coverage.json")
STUDIES, SEGMENTS, SEED = 1000, 30, 20
FOUND, PREVALENCE_SPREAD, ERROR_SPREAD = 0.8, 1.0, 0.7
COEFFICIENTS: dict[str, Callable[[NDArray[np.int64]], Coefficient]] = {
    "cohen_kappa": cohen_kappa,
    "krippendorff_alpha": krippendorff_alpha,
    "gwet_ac1": lambda coded: gwet_ac1(coded, categories=(0, 1)),
    "percent_agreement": percent_agreement,
    "positive_agreement": positive_agreement,
}
BOUNDS = (92.0, 97.0)


def coded(transcripts: int, prevalence: float, effects: bool, chance: np.random.Generator) -> NDArray[np.int64]:
    """Return two coders' codings of a study: coders x segments, transcript after transcript."""
    by_transcript = chance.normal(size=(2, transcripts, 1)) * effects
    has = chance.random((transcripts, SEGMENTS)) < expit(
        _middle(prevalence, effects) + PREVALENCE_SPREAD * by_transcript[0]
    )
    slips = ERROR_SPREAD * by_transcript[1]
    finds = expit(logit(FOUND) + slips)
    invents = expit(logit((1 - FOUND) * prevalence / (1 - prevalence)) - slips)
    drawn = chance.random((2, transcripts, SEGMENTS))
    return (drawn < np.where(has, finds, invents)).reshape(2, -1).astype(np.int64)


def _middle(prevalence: float, effects: bool) -> float:
    """The logit around which transcripts lie so that their mean prevalence is the one asked for."""
    if not effects:
        return float(logit(prevalence))
    points, weights = np.polynomial.hermite_e.hermegauss(60)
    low, high = -12.0, 12.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        mean = expit(middle + PREVALENCE_SPREAD * points) @ weights / weights.sum()
        low, high = (middle, high) if mean < prevalence else (low, middle)
    return low


def setting(transcripts: int, prevalence: float, effects: bool, method: str) -> dict[str, object]:
    """Simulate the studies of one setting."""
    truths = {
        name: find(coded(133_333, prevalence, effects, np.random.default_rng(SEED))).value
        for name, find in COEFFICIENTS.items()
    }
    clusters = np.repeat(np.arange(transcripts), SEGMENTS)
    covered: dict[str, list[bool | None]] = {name: [] for name in COEFFICIENTS}
    for study in range(STUDIES):
        chance = np.random.default_rng([SEED, transcripts, round(prevalence * 100), effects, study])
        codings = coded(transcripts, prevalence, effects, chance)
        for name, find in COEFFICIENTS.items():
            interval = find(codings).interval(clusters, method=method)
            covered[name].append(None if interval.low is None else interval.low <= truths[name] <= interval.high)
    return {
        "transcripts": transcripts,
        "prevalence": prevalence,
        "transcript_effects": effects,
        "truth": {name: round(truth, 4) for name, truth in truths.items()},
        "coverage_percent": {name: _share(rows) for name, rows in covered.items()},
        "without_interval_percent": {
            name: round(100 * rows.count(None) / STUDIES, 1) for name, rows in covered.items()
        },
    }


def _share(covered: list[bool | None]) -> float:
    counted = [row for row in covered if row is not None]
    return round(100 * sum(counted) / len(counted), 1)


def main(method: str = "cluster-delta") -> None:
    """Simulate every setting, keep the results and say which lie outside 92 to 97 %."""
    rows = [
        setting(transcripts, prevalence, effects, method)
        for effects in (False, True)
        for prevalence in (0.05, 0.15, 0.4)
        for transcripts in (10, 20, 40)
    ]
    for row in rows:
        print(row["transcripts"], row["prevalence"], row["transcript_effects"], row["coverage_percent"], flush=True)
    outside = [
        {
            "transcripts": row["transcripts"],
            "prevalence": row["prevalence"],
            "transcript_effects": row["transcript_effects"],
            name: share,
        }
        for row in rows
        for name, share in row["coverage_percent"].items()
        if not BOUNDS[0] <= share <= BOUNDS[1]
    ]
    result = {
        "method": method,
        "studies": STUDIES,
        "segments": SEGMENTS,
        "seed": SEED,
        "settings": rows,
        "outside_92_to_97": outside,
    }
    if method == "cluster-delta":
        RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print("outside 92 to 97 %:", outside or "none")


if __name__ == "__main__":
    main(*sys.argv[1:])
