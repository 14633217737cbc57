"""A model and transcripts into suggested codings: spans with codes and scores, under the model's own coder."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autocoder.classifier import Classifier, Scored, chosen
from autocoder.project import Coder, CoderKind, Coding, Origin, Segment, Transcript
from autocoder.segment import join, segments, spoken
from autocoder.vectors import UnitVectors

Keep = Callable[[UnitVectors], None]


def coder_of(model: str) -> Coder:
    """Return the coder under whose name a model's suggestions stand."""
    return Coder(f"autocoder {model}", CoderKind.MODEL)


def suggest(
    classifier: Classifier, transcript: Transcript, created: str, codebook_version: int = 1, keep: Keep | None = None
) -> tuple[Coding, ...]:
    """Return the suggestions for a transcript; neighbouring units with one code become one coding.

    ``keep`` gets the units with the vectors that the scores are made of, where the model gives them.
    """
    units = segments(transcript)
    if not units:
        return ()
    manifest = classifier.manifest
    read = read_units(classifier, transcript, units)
    if keep is not None and read.vectors is not None:
        keep(UnitVectors(tuple(unit.span for unit in units), read.vectors))
    suggested = [chosen(manifest, row) for row in read.scores]
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


def read_units(classifier: Classifier, transcript: Transcript, units: Sequence[Segment]) -> Scored:
    """Return what the model makes of units, each with the question that it answers."""
    texts = [spoken(transcript.quote(unit.span)) for unit in units]
    questions = [spoken(transcript.quote(unit.question)) if unit.question else "" for unit in units]
    return classifier.read(texts, questions)
