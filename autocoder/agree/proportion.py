"""The interval of a share: how often out of how many."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from autocoder.agree.result import share_of_one


def wilson(hits: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Return the score interval of a share (Wilson 1927), which stays within 0 and 1 and is no point at 0 or 1.

    It is (p + z^2/2n +- z sqrt(p(1 - p)/n + z^2/4n^2)) / (1 + z^2/n). Raises ValueError without trials.

    >>> tuple(round(edge, 4) for edge in wilson(17, 20))
    (0.6396, 0.9476)
    >>> tuple(round(edge, 4) for edge in wilson(0, 10))
    (0.0, 0.2775)
    """
    share_of_one(level)
    if not 0 <= hits <= trials or not trials:
        raise ValueError(f"{hits} of {trials} is no share")
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, spread = hits / trials, z * z / trials
    middle = share + spread / 2
    width = z * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    return max(0.0, (middle - width) / (1 + spread)), min(1.0, (middle + width) / (1 + spread))
