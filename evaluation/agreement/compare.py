"""Our coefficients beside those of other libraries on 200 random data sets each; writes compare.json.

    python evaluation/agreement/compare.py [PYTHON_WITH_IRRCAC]

``krippendorff``, ``statsmodels``, ``scikit-learn`` and ``nltk`` are compared where they are installed
(``pip install krippendorff statsmodels nltk``). ``irrCAC`` pins an old scipy and counts missing ratings as a category
beside pandas 3, so it needs an environment of its own, of which the Python is named:

    python -m venv irrcac && irrcac/bin/pip install irrCAC==0.4.4 "pandas<3"

What was not compared is said in the file, and so are known faults of the libraries that the data sets keep away from.
The command ends with an error when a value differs.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocoder import agree

RESULTS = Path(__file__).with_name("compare.json")
DATA_SETS = 200
TOLERANCE = 1e-9
Ratings = list[list[Any]]

FAULTS = {
    "krippendorff": [
        "raises ValueError when one category was used; ours is undefined with a reason",
        'reads the label "nan" as a missing rating; ours is a label',
    ],
    "nltk": [
        "masi_distance and jaccard_distance of two empty sets raise ZeroDivisionError; ours is 0",
        "masi_distance weighed subsets .67 and overlaps .33 up to version 3.10.0; ours are 2/3 and 1/3",
        "kappa, pi, S and multi_kappa fail on missing ratings, so they are compared on complete ones",
        "counts None as a label unless missing_values is given, so missing ratings are left out of its triples",
    ],
    "statsmodels": ["fleiss_kappa asserts that every unit has as many ratings; compared on complete ones"],
    "scikit-learn": ["cohen_kappa_score of one category is nan; ours is undefined with a reason"],
    "irrCAC": [
        "beside pandas 3 a missing rating becomes a category (AC1 .7855 instead of .7754): it has its own environment",
        "rounds to 5 digits unless digits= is given; compared with digits=12",
        "AC1 of one category is 1 with an undefined interval, and Fleiss's kappa ZeroDivisionError; ours are undefined",
        "its p-value is one-sided; only values and standard errors are compared",
    ],
}


def data_set(seed: int, coders: int, missing: float) -> Ratings:
    """Return ratings 1 to 4 of coders who agree on some units; every category is used, and every coder rates."""
    chance = np.random.default_rng(seed)
    units = int(chance.integers(12, 60))
    true = chance.integers(1, 5, size=units)
    noisy = np.where(chance.random((coders, units)) < 0.6, true, chance.integers(1, 5, size=(coders, units)))
    noisy[:, :4] = [1, 2, 3, 4]
    absent = chance.random((coders, units)) < missing
    absent[:, :4] = False
    return [
        [None if gone else int(value) for value, gone in zip(row, away, strict=True)]
        for row, away in zip(noisy, absent, strict=True)
    ]


def set_data(seed: int, coders: int) -> list[list[frozenset[str] | None]]:
    """Return sets of one to three codes, some ratings missing."""
    chance = np.random.default_rng(seed)
    units = int(chance.integers(6, 25))

    def given() -> frozenset[str] | None:
        return frozenset(chance.choice(list("abcd"), int(chance.integers(1, 4)), replace=False).tolist())

    return [[None if chance.random() < 0.1 else given() for _ in range(units)] for _ in range(coders)]


def complete(coders: int) -> list[Ratings]:
    """Return the data sets without missing ratings."""
    return [data_set(seed, coders, 0.0) for seed in range(DATA_SETS)]


def with_missing(coders: int) -> list[Ratings]:
    """Return the data sets with missing ratings."""
    return [data_set(seed, coders, 0.15) for seed in range(DATA_SETS)]


Compared = Iterator[tuple[str, Callable[[Ratings], float | None], Callable[[Ratings], float], list[Any]]]


def of_krippendorff() -> Compared:
    """Alpha in four metrics, with missing ratings."""
    import krippendorff

    def theirs(metric: str) -> Callable[[Ratings], float]:
        return lambda rows: float(krippendorff.alpha(np.array(rows, dtype=float), level_of_measurement=metric))

    for metric in ("nominal", "ordinal", "interval", "ratio"):
        yield f"alpha {metric}", ours(agree.krippendorff_alpha, metric), theirs(metric), with_missing(4)


def of_statsmodels() -> Compared:
    """Cohen's and weighted kappa with their errors, Fleiss's and Randolph's kappa."""
    from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa

    def table(rows: Ratings) -> NDArray[np.int64]:
        return np.array(
            [[sum(a == i and b == j for a, b in zip(*rows, strict=True)) for j in range(1, 5)] for i in range(1, 5)]
        )

    for weights in (None, "linear", "quadratic"):
        yield (
            f"Cohen's kappa, weights {weights}",
            ours(agree.cohen_kappa, weights=weights),
            lambda rows, weights=weights: float(cohens_kappa(table(rows), wt=weights).kappa),
            complete(2),
        )
        yield (
            f"its large-sample error, weights {weights}",
            lambda rows, weights=weights: agree.kappa_errors(rows, weights=weights).large_sample,
            lambda rows, weights=weights: float(cohens_kappa(table(rows), wt=weights).std_kappa),
            complete(2),
        )
        yield (
            f"its null error, weights {weights}",
            lambda rows, weights=weights: agree.kappa_errors(rows, weights=weights).null,
            lambda rows, weights=weights: float(cohens_kappa(table(rows), wt=weights).std_kappa0),
            complete(2),
        )
    for method, find in (("fleiss", agree.fleiss_kappa), ("randolph", agree.randolph_kappa)):
        yield (
            f"{method} kappa",
            ours(find),
            lambda rows, method=method: float(fleiss_kappa(aggregate_raters(np.array(rows).T)[0], method=method)),
            complete(4),
        )


def of_sklearn() -> Compared:
    """Cohen's kappa, with and without weights, and positive agreement as F1."""
    from sklearn.metrics import cohen_kappa_score, f1_score

    for weights in (None, "linear", "quadratic"):
        yield (
            f"Cohen's kappa, weights {weights}",
            ours(agree.cohen_kappa, weights=weights),
            lambda rows, weights=weights: float(cohen_kappa_score(*rows, weights=weights)),
            complete(2),
        )
    yield (
        "positive agreement is F1",
        ours(agree.positive_agreement, 1),
        lambda rows: float(f1_score([value == 1 for value in rows[0]], [value == 1 for value in rows[1]])),
        complete(2),
    )


def of_nltk() -> Compared:
    """Cohen, Scott, S, the multi-coder kappa, and alpha with four distances, also on sets."""
    from nltk.metrics import binary_distance, interval_distance, jaccard_distance, masi_distance
    from nltk.metrics.agreement import AnnotationTask

    def task(rows: list[list[Any]], distance: Callable[[object, object], float] = binary_distance) -> AnnotationTask:
        triples = [
            (coder, unit, value)
            for coder, row in enumerate(rows)
            for unit, value in enumerate(row)
            if value is not None
        ]
        return AnnotationTask(triples, distance=distance)

    yield "Cohen's kappa", ours(agree.cohen_kappa), lambda rows: float(task(rows).kappa()), complete(2)
    yield "Scott's pi", ours(agree.scott_pi), lambda rows: float(task(rows).pi()), complete(2)
    yield "Bennett's S", ours(agree.brennan_prediger), lambda rows: float(task(rows).S()), complete(2)
    yield "mean of pairwise kappas", ours(agree.light_kappa), lambda rows: float(task(rows).kappa()), complete(4)
    yield "Conger's kappa", ours(agree.conger_kappa), lambda rows: float(task(rows).multi_kappa()), complete(4)
    yield "alpha nominal", ours(agree.krippendorff_alpha), lambda rows: float(task(rows).alpha()), with_missing(4)
    yield (
        "alpha interval",
        ours(agree.krippendorff_alpha, "interval"),
        lambda rows: float(task(rows, interval_distance).alpha()),
        with_missing(4),
    )
    sets = [set_data(seed, 3) for seed in range(DATA_SETS)]
    for name, distance in (("masi", masi_distance), ("jaccard", jaccard_distance)):
        yield (
            f"alpha {name}",
            ours(agree.krippendorff_alpha, name),
            lambda rows, distance=distance: float(task(rows, distance).alpha()),
            sets,
        )


def ours(find: Callable[..., agree.Coefficient], *given: object, **named: object) -> Callable[[Any], float | None]:
    """Return the value of one of our coefficients as a function of ratings."""
    return lambda rows: find(rows, *given, **named).value


LIBRARIES: dict[str, tuple[str, Callable[[], Compared]]] = {
    "krippendorff": ("krippendorff", of_krippendorff),
    "statsmodels": ("statsmodels", of_statsmodels),
    "scikit-learn": ("sklearn", of_sklearn),
    "nltk": ("nltk", of_nltk),
}

IRRCAC = """
import json, sys
import pandas as pd
from irrCAC.raw import CAC
found = []
for rows in json.load(sys.stdin):
    table, values = pd.DataFrame(rows).T, {}
    for weights in ("identity", "linear", "quadratic"):
        cac = CAC(table, weights=weights, categories=[1, 2, 3, 4], digits=12)
        for name in ("gwet", "fleiss", "conger", "bp", "krippendorff"):
            est = getattr(cac, name)()["est"]
            values[name + " " + weights] = [est["coefficient_value"], est["se"]]
    found.append(values)
print(json.dumps(found))
"""


def of_irrcac(python: str) -> dict[str, dict[str, Any]]:
    """Compare values and Gwet's errors with irrCAC, run by a Python that has it."""
    named = {"categories": (1, 2, 3, 4)}
    find: dict[str, Callable[..., agree.Coefficient]] = {
        "gwet": lambda rows, weights: agree.gwet_ac2(rows, weights=weights, **named),
        "fleiss": lambda rows, weights: agree.fleiss_kappa(rows, weights=weights, **named),
        "conger": lambda rows, weights: agree.conger_kappa(rows, weights=weights, **named),
        "bp": lambda rows, weights: agree.brennan_prediger(rows, weights=weights, **named),
        "krippendorff": lambda rows, weights: agree.krippendorff_alpha(rows, METRICS[weights], **named),
    }
    data = with_missing(4)
    ran = subprocess.run([python, "-c", IRRCAC], input=json.dumps(data), capture_output=True, text=True, check=True)
    theirs = json.loads(ran.stdout)
    results: dict[str, dict[str, Any]] = {}
    for name in theirs[0]:
        measure, weights = name.split()
        coefficients = [find[measure](rows, None if weights == "identity" else weights) for rows in data]
        values = [(found.value, each[name][0]) for found, each in zip(coefficients, theirs, strict=True)]
        errors = [
            (found.interval(method="gwet").standard_error, each[name][1])
            for found, each in zip(coefficients, theirs, strict=True)
        ]
        results[name] = summary(values, 1e-6)
        results[f"{name}, standard error"] = summary(errors, 1e-6)
    return results


METRICS: dict[str | None, Any] = {
    None: "nominal",
    "linear": lambda first, second: abs(first - second),
    "quadratic": "interval",
}


def summary(values: list[tuple[float | None, float]], tolerance: float = TOLERANCE) -> dict[str, Any]:
    """Return how many values there are, the largest difference, and how many differ by more than the tolerance."""
    apart = [math.inf if mine is None else abs(mine - other) for mine, other in values]
    return {"data_sets": len(values), "largest_difference": max(apart), "differ": sum(gap > tolerance for gap in apart)}


def main(irrcac: str | None = None) -> int:
    """Compare with everything that is there, keep the result and return 1 if a value differs."""
    results: dict[str, Any] = {}
    for library, (module, compared) in LIBRARIES.items():
        if importlib.util.find_spec(module) is None:
            results[library] = "not installed, not compared"
            continue
        results[library] = {"version": importlib.metadata.version(library)} | {
            name: summary([(mine(rows), theirs(rows)) for rows in data]) for name, mine, theirs, data in compared()
        }
    if irrcac is None:
        results["irrCAC"] = "no Python with it was named, not compared"
    else:
        asked = "import importlib.metadata as m; print(m.version('irrCAC'))"
        version = subprocess.run([irrcac, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
        results["irrCAC"] = {"version": version} | of_irrcac(irrcac)
    differing = [
        f"{library}: {name}"
        for library, rows in results.items()
        if isinstance(rows, dict)
        for name, row in rows.items()
        if isinstance(row, dict) and row["differ"]
    ]
    kept = {"compared": results, "differing": differing, "known_faults": FAULTS}
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    for library, rows in results.items():
        print(library, rows if isinstance(rows, str) else f"{rows['version']}: {len(rows) - 1} measures")
    print("differing:", differing or "none")
    return bool(differing)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
