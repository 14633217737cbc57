"""Parts of a study that never share a transcript."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence


def folds(transcripts: Sequence[str], count: int, seed: int) -> list[list[int]]:
    """Return the rows of each fold: whole transcripts, the largest first into the smallest fold.

    ``transcripts`` names the transcript of each row. There are as many folds as transcripts when those are fewer.
    """
    sizes = Counter(transcripts)
    names = sorted(sizes)
    random.Random(seed).shuffle(names)
    names.sort(key=lambda name: -sizes[name])
    count = min(count, len(names))
    parts: list[set[str]] = [set() for _ in range(count)]
    for name in names:
        smallest = min(parts, key=lambda part: sum(sizes[member] for member in part))
        smallest.add(name)
    return [[row for row, name in enumerate(transcripts) if name in part] for part in parts]
