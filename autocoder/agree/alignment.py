"""Gamma: agreement on spans and codes at once, by the best alignment of the coders' spans (Mathet et al. 2015).

The arithmetic is that of ``pygamma-agreement``, an optional dependency: the only place that knows it. It reckons in
single precision, and its chance is drawn, so that gamma moves in the second digit with the seed and the draws.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np

from autocoder.agree.form import Floats, Form
from autocoder.agree.result import Coefficient
from autocoder.agree.spans import Codes, Continua, Continuum, Lengths, Spans, SpansRefused, continua
from autocoder.errors import AutocoderError

SOURCE = "Mathet, Widlöcher and Métivier 2015"
Dissimilarity = Any
Aligned = Any
"""Objects of the library, which publishes no types."""

NO_CHANCE = "spans drawn by chance show no disorder"


class GammaNotInstalled(AutocoderError):
    """The optional library is missing."""

    def __init__(self) -> None:
        super().__init__("gamma needs the library pygamma-agreement; install it with: pip install 'autocoder[gamma]'.")


def gamma(
    spans: Spans,
    length: Lengths = None,
    codes: Codes = None,
    alpha: float = 1.0,
    beta: float = 1.0,
    delta_empty: float = 1.0,
    n_samples: int = 30,
    seed: int = 0,
    fast: bool = False,
) -> Coefficient:
    """Return gamma, 1 - disorder observed / disorder by chance (Mathet, Widlöcher and Métivier 2015).

    The disorder of two aligned spans is alpha ((|ds| + |de|) / (sum of their lengths))^2 delta_empty, plus beta
    delta_empty for different codes; a span left alone costs delta_empty. Chance is the mean of ``n_samples`` continua
    drawn with the statistics of the text. ``observed`` and ``expected`` are the disorders per span. Over several texts
    disorders are added up, chance being that within each text. ``fast`` takes an approximation that long texts need.

    Spans of one coder may overlap. How they are passed says :mod:`autocoder.agree.spans`.
    """
    given = continua(spans, length, codes)
    library = _library()
    apart = _dissimilarity(library, alpha, beta, delta_empty)
    with _quiet(seed):
        amounts = [_disorders(library, text, apart, n_samples, fast) for text in given.texts]
    return _result(given, np.array(amounts, dtype=np.float64).reshape(len(amounts), 3), n_samples, seed)


def gamma_disorder(
    spans: Spans,
    length: Lengths = None,
    codes: Codes = None,
    alpha: float = 1.0,
    beta: float = 1.0,
    delta_empty: float = 1.0,
) -> float | None:
    """Return the disorder of the best alignment per span, the part of gamma that chance has no share in.

    None where no text has spans. The arguments are those of :func:`gamma`.
    """
    given = continua(spans, length, codes)
    library = _library()
    apart = _dissimilarity(library, alpha, beta, delta_empty)
    with _quiet(0):
        found = [_best(_aligned(library, text), apart) for text in given.texts if _spans_of(text)]
    weights = [_spans_of(text) for text in given.texts if _spans_of(text)]
    return float(np.average(found, weights=weights)) if found else None


def _library() -> ModuleType:
    try:
        import pygamma_agreement
    except ImportError:
        raise GammaNotInstalled from None
    module: ModuleType = pygamma_agreement
    return module


@lru_cache(maxsize=8)  # the library compiles one for seconds
def _dissimilarity(library: ModuleType, alpha: float, beta: float, delta_empty: float) -> Dissimilarity:
    if alpha < 0 or beta < 0 or delta_empty <= 0:
        raise SpansRefused("gamma weighs with alpha and beta of 0 or more, and delta_empty above 0.")
    return library.CombinedCategoricalDissimilarity(alpha=alpha, beta=beta, delta_empty=delta_empty)


def _aligned(library: ModuleType, text: Continuum) -> Aligned:
    """Return the text as the library wants it."""
    from pyannote.core import Segment

    continuum = library.Continuum()
    for coder, marks in text.marks.items():
        continuum.add_annotator(coder)
        for start, end, code in marks:
            continuum.add(coder, Segment(start, end), str(code))
    return continuum


def _best(continuum: Aligned, apart: Dissimilarity) -> float:
    return float(continuum.get_best_alignment(apart).disorder)


def _disorders(
    library: ModuleType, text: Continuum, apart: Dissimilarity, n_samples: int, fast: bool
) -> tuple[float, float, float]:
    """Return the disorders of a text, observed and by chance, times its spans per coder, and that number."""
    size = _spans_of(text)
    if not size:
        return 0.0, 0.0, 0.0
    found = _aligned(library, text).compute_gamma(apart, n_samples=n_samples, fast=fast)
    return float(found.observed_disorder) * size, float(found.expected_disorder) * size, size


def _spans_of(text: Continuum) -> float:
    """Return the number of spans per coder."""
    return sum(len(marks) for marks in text.marks.values()) / len(text.marks)


def _result(given: Continua, amounts: Floats, n_samples: int, seed: int) -> Coefficient:
    observed, expected, size = amounts.sum(axis=0)
    form = Form.of(amounts, lambda totals: 1 - totals[..., 0] / totals[..., 1])
    return given.coefficient(
        f"gamma, {n_samples} draws, seed {seed} ({SOURCE})",
        form,
        NO_CHANCE,
        lowest=-np.inf,
        parts=(float(observed / size), float(expected / size)) if size else (None, None),
    )


@contextlib.contextmanager
def _quiet(seed: int) -> Iterator[None]:
    """Seed the global generator that the library draws from, for as long as this lasts, and keep it from printing."""
    before, level = np.random.get_state(), logging.root.level
    np.random.seed(seed)
    logging.root.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.root.setLevel(level)
        np.random.set_state(before)
