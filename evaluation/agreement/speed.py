"""How fast agreement is computed; ``python evaluation/agreement/speed.py`` writes speed.json.

Seconds are of processor time on one thread, so that they hold on a machine that does other work as well; ``wall`` is
what a clock on the wall showed, and ``load`` how many processes wanted a core when it began.

Alpha nominal on 1,000,000 units and 3 coders; 1,000 cluster bootstraps of 60 codes on 10,000 segments and 3 coders; and
100,000 units and 3 coders beside the ``krippendorff`` package, in one run, where it is installed.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy reads it

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from autocoder.agree import Ratings, agreement, krippendorff_alpha

RESULTS = Path(__file__).with_name("speed.json")
TRANSCRIPTS, CODES, RUNS = 40, 60, 5


def seconds(work: Callable[[], object], runs: int = RUNS) -> dict[str, float]:
    """Return the least times of several runs: what else the machine does only adds to them."""
    processor, wall = [], []
    for _ in range(runs):
        begun = time.process_time(), time.perf_counter()
        work()
        processor.append(time.process_time() - begun[0])
        wall.append(time.perf_counter() - begun[1])
    return {"processor": round(min(processor), 4), "wall": round(min(wall), 4)}


def labels(units: int, coders: int = 3, categories: int = 5, missing: float = 0.05) -> np.ndarray:
    """Return ratings of coders who agree on most units, with some missing."""
    chance = np.random.default_rng(1)
    true = chance.integers(categories, size=units)
    noisy = np.where(chance.random((coders, units)) < 0.8, true, chance.integers(categories, size=(coders, units)))
    return np.where(chance.random((coders, units)) < missing, np.nan, noisy)


def study(units: int, coders: int = 3) -> tuple[Ratings, list[str]]:
    """Return sets of codes of coders who mostly agree, some codes common and some rare."""
    chance = np.random.default_rng(2)
    codes = [f"code {number}" for number in range(CODES)]
    rates = np.linspace(0.005, 0.05, CODES)  # 1.6 codes in a segment
    true = chance.random((units, CODES)) < rates
    rows = []
    for _ in range(coders):
        given = true ^ (chance.random((units, CODES)) < 0.2 * rates)
        rows.append(tuple(frozenset(codes[place] for place in np.flatnonzero(unit)) for unit in given))
    groups = tuple(f"transcript {unit % TRANSCRIPTS}" for unit in range(units))
    return Ratings(tuple("abc"[:coders]), tuple(rows), groups), codes


def main() -> None:
    """Time everything, print and keep it."""
    million, some = labels(1_000_000), labels(100_000)
    whole = np.nan_to_num(million, nan=0).astype(np.int64)
    ratings, codes = study(10_000)
    found: dict[str, object] = {
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "alpha nominal, 1,000,000 units x 3 coders, floats with missing": seconds(lambda: krippendorff_alpha(million)),
        "alpha nominal, 1,000,000 units x 3 coders, whole numbers": seconds(lambda: krippendorff_alpha(whole)),
        "1,000 cluster bootstraps of 60 codes, 10,000 segments x 3 coders": seconds(
            lambda: agreement(ratings, codes, seed=1, method="cluster-bootstrap"), runs=3
        ),
        "the same with the default interval": seconds(lambda: agreement(ratings, codes, seed=1), runs=3),
    }
    hundred = seconds(lambda: krippendorff_alpha(some))
    found["alpha nominal, 100,000 units x 3 coders"] = hundred
    try:
        import krippendorff
    except ImportError:
        found["krippendorff package"] = "not installed, not compared"
    else:
        theirs = seconds(lambda: krippendorff.alpha(some, level_of_measurement="nominal"))
        found["krippendorff package, the same 100,000 units"] = theirs
        found["times as fast"] = round(theirs["processor"] / hundred["processor"], 1)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
