"""Sets of codes as the matrix that a network learns, and which codes have enough examples to be learned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from autocoder.learn.examples import Examples
from autocoder.project import Codebook

ENOUGH_UNITS = 8
ENOUGH_TRANSCRIPTS = 2

Labels = NDArray[np.float32]


def matrix(examples: Examples, codes: Sequence[str]) -> Labels:
    """Return (units, codes): 1 where a unit carries the code."""
    return np.array([[code in unit for code in codes] for unit in examples.codes], dtype=np.float32)


def learnable(examples: Examples, codebook: Codebook) -> tuple[str, ...]:
    """Return the codes with at least eight units in at least two transcripts, in the codebook's order.

    A code that every unit carries, or a folder that adds nothing to its only child, is left to its children.
    """
    return tuple(code.id for _, code in codebook.walk() if _enough(examples, code.id))


def _enough(examples: Examples, code: str) -> bool:
    rows = [n for n, codes in enumerate(examples.codes) if code in codes]
    places = {examples.segments[n].transcript for n in rows}
    return ENOUGH_UNITS <= len(rows) < len(examples.codes) and len(places) >= ENOUGH_TRANSCRIPTS


def priors(examples: Examples, codebook: Codebook) -> dict[str, float]:
    """Return each code's share of the units, with half a unit added for what was never seen."""
    total = len(examples.codes)
    counts = {code.id: sum(code.id in codes for codes in examples.codes) for code in codebook}
    return {code: (count + 0.5) / (total + 1) for code, count in counts.items()}
