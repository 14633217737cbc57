"""What to call a coefficient: how likely each level of a scale is, instead of an adjective read off the estimate."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import ndtr

from autocoder.agree.ratings import NotComparable

SCALES: dict[str, tuple[tuple[str, float], ...]] = {
    "landis-koch": (
        ("Almost perfect", 0.8),
        ("Substantial", 0.6),
        ("Moderate", 0.4),
        ("Fair", 0.2),
        ("Slight", 0.0),
        ("Poor", -1.0),
    ),
    "fleiss": (("Excellent", 0.75), ("Intermediate to good", 0.4), ("Poor", -1.0)),
    "altman": (("Very good", 0.8), ("Good", 0.6), ("Moderate", 0.4), ("Fair", 0.2), ("Poor", -1.0)),
    "krippendorff": (("Reliable", 0.8), ("For tentative conclusions", 0.667), ("Unreliable", -1.0)),
}
"""Landis and Koch 1977, Fleiss 1981, Altman 1991, Krippendorff 2004: each level and its lower bound, best first."""


@dataclass(frozen=True)
class Level:
    """A level of a scale, how likely the coefficient lies at its lower bound or above, and whether it is attained."""

    name: str
    bound: float
    probability: float
    attained: bool


def benchmark(
    value: float, standard_error: float, scale: str = "landis-koch", certain: float = 0.95
) -> tuple[Level, ...]:
    """Return the levels of a scale with Gwet's cumulative probabilities (2014, ch. 6), the best first.

    The coefficient is taken as normal around its value, cut to [-1, 1]. The level to report is the first one attained:
    the best whose cumulative probability exceeds ``certain``.

    >>> [(level.name, round(level.probability, 3)) for level in benchmark(0.77544, 0.14295)[:3]]
    [('Almost perfect', 0.397), ('Substantial', 0.883), ('Moderate', 0.995)]
    """
    name = scale.replace("_", "-").lower()
    if name not in SCALES:
        raise NotComparable(f"there is no scale {scale!r}; there are {', '.join(SCALES)}.")
    if not standard_error > 0:
        raise NotComparable("a benchmark needs a standard error above 0; take that of an interval.")
    top = float(ndtr((value - 1) / standard_error))
    whole = float(ndtr((value + 1) / standard_error)) - top
    levels: list[Level] = []
    for level, bound in SCALES[name]:
        probability = (float(ndtr((value - bound) / standard_error)) - top) / whole
        first = probability > certain and not any(better.attained for better in levels)
        levels.append(Level(level, bound, probability, first))
    return tuple(levels)
