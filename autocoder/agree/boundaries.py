"""Agreement on where a text is divided: boundary similarity (Fournier 2013), and pi on top of it.

A segmentation is passed as its masses, the lengths of its segments in order: ``[2, 3, 6]`` divides eleven units after
the second and the fifth. All boundaries are of one kind, so that nothing is substituted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, islice, takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocoder.agree.form import Form, evaluated
from autocoder.agree.result import Coefficient
from autocoder.agree.spans import Codes, Continuum, Lengths, Spans, SpansRefused, continua

SOURCE = "Fournier 2013"
NO_BOUNDARY = "neither segmentation has a boundary"
NO_PLACE = "no segmentation has a place for a boundary, or all have one at every place"

Masses = Sequence[int]


def boundary_similarity(first: Masses, second: Masses, n_t: int = 2) -> Coefficient:
    """Return B, 1 - (additions + w transpositions) / (additions + transpositions + matches) (Fournier 2013).

    A boundary of one segmentation and one of the other fewer than ``n_t`` places apart, both without a partner where
    they stand, are a transposition, nearest first; it weighs their distance over ``n_t``.

    >>> boundary_similarity([2, 3, 6], [2, 2, 7]).value
    0.75
    """
    one, other = (_boundaries(masses, "the segmentation") for masses in (first, second))
    if sum(first) != sum(second):
        raise SpansRefused(
            f"the segmentations hold {sum(first)} and {sum(second)} units; divide one and the same text."
        )
    good, whole = _similar(one, other, n_t)
    form = Form.of([[good, whole]], _share)
    value = form.estimate()
    reason = "" if value is not None else NO_BOUNDARY
    return Coefficient(
        f"boundary similarity, n_t = {n_t} ({SOURCE})", value, 1, 2, reason=reason, lowest=0.0, form=form
    )


def boundary_pi(segmentations: Mapping[Any, Any], n_t: int = 2) -> Coefficient:
    """Return multi-pi with boundary similarity as agreement (Fournier and Inkpen 2012; Fournier 2013).

    ``segmentations`` holds the masses by coder, or by text and coder. Agreement is that of all pairs of coders and all
    texts, sums over sums; chance is the square of the share of possible boundaries that were set, averaged over coders
    and texts.

    >>> round(boundary_pi({"c1": [2, 8, 2, 1], "c2": [2, 1, 7, 2, 1]}).value, 4)
    0.7268
    """
    texts = _texts(segmentations)
    amounts = np.array([_pi_amounts(name, coders, n_t) for name, coders in texts.items()]).reshape(len(texts), 4)
    form = Form.of(amounts, _pi)
    value = form.estimate()
    observed, expected = evaluated(_pi_parts, amounts.sum(axis=0))
    return Coefficient(
        f"multi-pi on boundary similarity, n_t = {n_t} ({SOURCE})",
        value,
        units=len(texts),
        coders=len({coder for coders in texts.values() for coder in coders}),
        reason="" if value is not None else (NO_BOUNDARY if np.isnan(observed) else NO_PLACE),
        observed=None if np.isnan(observed) else float(observed),
        expected=None if np.isnan(expected) else float(expected),
        form=form,
    )


def span_boundary_similarity(spans: Spans, length: Lengths, n_t: int, codes: Codes = None) -> Coefficient:
    """Return B on where the coders' spans begin and end, in texts; ``n_t`` is counted in characters.

    Over several texts and pairs of coders it is sums over sums. How spans are passed says
    :mod:`autocoder.agree.spans`; the two ends of a text are no boundaries.
    """
    given = continua(spans, length, codes)
    amounts = [_similar_in_text(text, n_t) for text in given.texts]
    form = Form.of(np.array(amounts, dtype=np.float64).reshape(len(amounts), 2), _share)
    return given.coefficient(f"boundary similarity, n_t = {n_t} characters ({SOURCE})", form, NO_BOUNDARY, lowest=0.0)


def _similar_in_text(text: Continuum, n_t: int) -> tuple[float, float]:
    places = [
        {end for mark in marks for end in (mark.start, mark.end) if 0 < end < text.length}
        for marks in text.marks.values()
    ]
    pairs = [_similar(first, second, n_t) for first, second in combinations(places, 2)]
    return sum(good for good, _ in pairs), sum(whole for _, whole in pairs)


def _similar(first: set[int], second: set[int], n_t: int) -> tuple[float, float]:
    """Return the matches and what near misses are worth, and the matches and edits."""
    if n_t < 1:
        raise SpansRefused(
            f"n_t = {n_t} is no distance; 1 asks for boundaries at the same place, 2 allows a neighbour."
        )
    alone = (first - second) | (second - first)
    near, worth = 0, 0.0
    for distance, place in _close_by(first - second, sorted(alone), n_t):
        if place in alone and place + distance in alone:
            alone -= {place, place + distance}
            near, worth = near + 1, worth + 1 - distance / n_t
    matches = len(first & second)
    return matches + worth, float(matches + near + len(alone))


def _close_by(first: set[int], places: Sequence[int], n_t: int) -> list[tuple[int, int]]:
    """Return the distance and the place of boundaries of different sides nearer than ``n_t``, nearest first."""
    found = []
    for at, place in enumerate(places):
        for other in takewhile(lambda other, place=place: other - place < n_t, islice(places, at + 1, None)):  # type: ignore[misc]
            if (place in first) != (other in first):
                found.append((other - place, place))
    return sorted(found)


def _share(totals: NDArray[Any]) -> NDArray[Any]:
    good, whole = np.moveaxis(totals, -1, 0)
    return np.asarray(good / whole)


def _pi_amounts(name: str, coders: Mapping[Any, Masses], n_t: int) -> tuple[float, float, float, float]:
    """Return agreement above and below the line, the shares of places that are boundaries, and how many shares."""
    if len({sum(masses) for masses in coders.values()}) > 1:
        raise SpansRefused(
            f"the segmentations of {name} do not hold the same number of units; divide one and the same text."
        )
    boundaries = [_boundaries(masses, name) for masses in coders.values()]
    pairs = [_similar(first, second, n_t) for first, second in combinations(boundaries, 2)]
    possible = sum(next(iter(coders.values()), [1])) - 1
    shares = sum(len(set_there) for set_there in boundaries) / possible if possible else 0.0
    return sum(good for good, _ in pairs), sum(whole for _, whole in pairs), shares, float(len(boundaries))


def _pi_parts(totals: NDArray[Any]) -> NDArray[Any]:
    good, whole, shares, number = np.moveaxis(totals, -1, 0)
    return np.stack([good / whole, (shares / number) ** 2])


def _pi(totals: NDArray[Any]) -> NDArray[Any]:
    observed, expected = _pi_parts(totals)
    return np.asarray((observed - expected) / (1 - expected))


def _texts(segmentations: Mapping[Any, Any]) -> dict[str, Mapping[Any, Masses]]:
    if all(isinstance(held, Mapping) for held in segmentations.values()):
        return {str(name): coders for name, coders in segmentations.items()}
    return {"the text": segmentations}


def _boundaries(masses: Masses, name: str) -> set[int]:
    if not masses or min(masses) < 1:
        raise SpansRefused(f"{list(masses)} of {name} are not the lengths of segments; each holds one unit or more.")
    return {int(place) for place in np.cumsum(masses)[:-1]}
