"""A model and transcripts into suggested codings: spans with codes and scores, under the model's own coder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autocoder.classifier import Classifier, chosen
from autocoder.project import Coder, CoderKind, Coding, Origin, Segment, Transcript
from autocoder.segment import join, segments, spoken


def coder_of(model: str) -> Coder:
    """Return the coder under whose name a model's suggestions stand."""
    return Coder(f"autocoder {model}", CoderKind.MODEL)


def suggest(
    classifier: Classifier, transcript: Transcript, created: str, codebook_version: int = 1
) -> tuple[Coding, ...]:
    """Return the suggestions for a transcript; neighbouring units with one code become one coding."""
    units = segments(transcript)
    if not units:
        return ()
    manifest = classifier.manifest
    suggested = [chosen(manifest, row) for row in _scores(classifier, transcript, units)]
    return tuple(
        Coding(
            transcript=transcript.name,
            span=span,
            code=code,
            coder=coder_of(manifest.name).name,
            origin=Origin.AUTO,
            score=round(score, 4),
            created=created,
            codebook_version=codebook_version,
        )
        for span, code, score in join(units, suggested)
    )


def _scores(classifier: Classifier, transcript: Transcript, units: Sequence[Segment]) -> np.ndarray:
    texts = [spoken(transcript.quote(unit.span)) for unit in units]
    questions = [spoken(transcript.quote(unit.question)) if unit.question else "" for unit in units]
    return classifier.score(texts, questions)
