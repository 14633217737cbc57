"""A project's codings as examples to learn from: units of coding with their texts, questions and codes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from datasets import Dataset

from autocoder.errors import AutocoderError
from autocoder.project import Codebook, CoderKind, Coding, Origin, Project, Segment
from autocoder.segment import map_codings, segments, spoken

TAUGHT_BY = (Origin.BLIND, Origin.ASSISTED, Origin.ADJUDICATED)


class NothingToLearn(AutocoderError):
    """A project without human coding that a model could learn from."""


@dataclass(frozen=True)
class Examples:
    """Units with what a person said of them; an empty set of codes is a judgement too.

    ``blind`` tells the units of transcripts that were coded without seeing a suggestion, which alone may judge a model;
    ``lost`` counts codings that fell on no unit.
    """

    segments: tuple[Segment, ...]
    texts: tuple[str, ...]
    questions: tuple[str, ...]
    codes: tuple[frozenset[str], ...]
    blind: tuple[bool, ...]
    coder: str
    lost: int

    @property
    def transcripts(self) -> tuple[str, ...]:
        """The transcript of each unit."""
        return tuple(segment.transcript for segment in self.segments)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of texts, questions and codes, by which a model names the data it saw."""
        digest = hashlib.sha256()
        for text, question, codes in zip(self.texts, self.questions, self.codes, strict=True):
            digest.update("\x1f".join((text, question, *sorted(codes))).encode("utf-8") + b"\x1e")
        return digest.hexdigest()

    def subset(self, rows: Iterable[int]) -> Examples:
        """Return the examples of these rows."""
        chosen = tuple(rows)
        return Examples(
            tuple(self.segments[n] for n in chosen),
            tuple(self.texts[n] for n in chosen),
            tuple(self.questions[n] for n in chosen),
            tuple(self.codes[n] for n in chosen),
            tuple(self.blind[n] for n in chosen),
            self.coder,
            self.lost,
        )

    def dataset(self) -> Dataset:
        """Return the examples as a table in memory; nothing of it is written to disk."""
        columns = {"text": list(self.texts), "question": list(self.questions), "transcript": list(self.transcripts)}
        return Dataset.from_dict(columns | {"codes": [sorted(codes) for codes in self.codes]})


def main_coder(project: Project) -> str:
    """Return the person with the most codings; raise NothingToLearn when nobody has coded."""
    people = {coder.name for coder in project.coders if coder.kind is CoderKind.HUMAN}
    counts = Counter(coding.coder for coding in project.codings if coding.coder in people)
    if not counts:
        raise NothingToLearn(f"{project.name} holds no human coding yet; import a .qdpx or a table of coded segments.")
    return max(sorted(counts), key=lambda name: counts[name])


def gather(project: Project, coder: str | None = None) -> Examples:
    """Return every unit of the transcripts that ``coder`` (by default the one with the most codings) has coded."""
    name = coder or main_coder(project)
    mine = [coding for coding in project.codings if coding.coder == name and coding.origin in TAUGHT_BY]
    if not mine:
        raise NothingToLearn(f"{name} has coded nothing in {project.name}; name one of the coders in autocoder status.")
    parts = []
    for transcript in project.transcripts:
        here = [coding for coding in mine if coding.transcript == transcript.name]
        if here:
            parts.append(units_of(project, transcript.name, here, name))
    return Examples(
        tuple(segment for part in parts for segment in part.segments),
        tuple(text for part in parts for text in part.texts),
        tuple(question for part in parts for question in part.questions),
        tuple(with_ancestors(project.codebook, codes) for part in parts for codes in part.codes),
        tuple(blind for part in parts for blind in part.blind),
        name,
        sum(part.lost for part in parts),
    )


def units_of(project: Project, name: str, codings: Sequence[Coding], coder: str) -> Examples:
    """Return the units of one transcript with the codes that these codings put on them."""
    transcript = project.transcript(name)
    units = segments(transcript)
    mapped = map_codings(units, codings)
    questions = (transcript.quote(unit.question) if unit.question else "" for unit in units)
    return Examples(
        units,
        tuple(spoken(transcript.quote(unit.span)) for unit in units),
        tuple(map(spoken, questions)),
        mapped.codes,
        (all(coding.origin is Origin.BLIND for coding in codings),) * len(units),
        coder,
        len(mapped.lost),
    )


def with_ancestors(codebook: Codebook, codes: Iterable[str]) -> frozenset[str]:
    """Return the codes and all above them: a unit of a theme is a unit of its domain."""
    own = frozenset(codes)
    return own | {ancestor.id for code in own for ancestor in codebook.ancestors(code)}
