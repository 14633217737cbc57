"""How a model reads the units of a transcript, kept in the model's folder: one file per transcript, without text.

A vector tells something of what was said, so it is as confidential as the transcript.
"""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autocoder.classifier import Vectors
from autocoder.project import Span
from autocoder.segment import belongs

FOLDER = "vectors"


@dataclass(frozen=True)
class UnitVectors:
    """The units of a transcript and their vectors, (units, width)."""

    spans: tuple[Span, ...]
    vectors: Vectors

    def of(self, span: Span) -> Vectors | None:
        """Return the mean vector of the units that a passage belongs to, None when it belongs to none."""
        rows = [n for n, unit in enumerate(self.spans) if belongs(span, unit)]
        if not rows:
            return None
        mean: Vectors = self.vectors[rows].mean(axis=0)
        return mean


def vectors_path(model: Path, sha256: str) -> Path:
    """Return where a model keeps the vectors of the transcript with this text."""
    return model / FOLDER / f"{sha256}.npz"


def save_vectors(model: Path, sha256: str, units: UnitVectors) -> None:
    """Write the vectors of a transcript's units; a half-written file never takes the place of a whole one."""
    path = vectors_path(model, sha256)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    places = np.array([(span.start, span.end) for span in units.spans], dtype=np.int64)
    with partial.open("wb") as file:
        np.savez_compressed(file, places=places, vectors=units.vectors.astype(np.float16))
    os.replace(partial, path)


def load_vectors(model: Path, sha256: str) -> UnitVectors | None:
    """Return the vectors of a transcript's units, None when the model kept none or the file is damaged."""
    try:
        with vectors_path(model, sha256).open("rb") as file, np.load(file, allow_pickle=False) as found:
            places: NDArray[np.int64] = found["places"]
            vectors: Vectors = found["vectors"].astype(np.float32)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if places.ndim != 2 or len(places) != len(vectors):
        return None
    return UnitVectors(tuple(Span(int(start), int(end)) for start, end in places), vectors)
