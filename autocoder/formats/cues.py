"""Cues into turns: what subtitles (.vtt, .srt) and speech recognition (.json) have in common.

A cue's speaker is the one that its file names, or a label ``Name:`` at its beginning as ``speakers.py`` finds it; a cue
without either goes on with the speaker above it. Cues of one speaker that follow each other join into one turn, with a
space between them. Where nobody is named, a pause of ``PAUSE`` seconds begins a new turn.

The stored text is written here, for such a file has no running text: one line per turn, ``Name: speech``, or the
speech alone where the speaker has no name. Numbers, times, tags and line breaks inside a cue are not in it; a turn's
time is the beginning of its first cue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from autocoder.errors import FileRefused
from autocoder.formats import labels
from autocoder.formats.speakers import Answers, Line, Saying, by_key, find_heads, read_parts
from autocoder.project import Problem, Reading

PAUSE = 2.0
"""Seconds of silence that part two turns where no speaker is named."""
LOOP = 4
"""From how many cues of the same words in a row on they are pointed out."""


@dataclass(frozen=True)
class Cue:
    """One speaker's words in one cue; the speaker is None where the cue does not say."""

    start: float
    end: float
    speaker: str | None
    text: str


@dataclass
class _Joined:
    """What one speaker says over adjacent cues, as it grows."""

    start: float
    end: float
    speaker: str
    texts: list[str]


def read_cues(
    path: Path,
    cues: Sequence[Cue],
    answers: Answers | None = None,
    notes: Iterable[str] = (),
    problems: Iterable[Problem] = (),
) -> Reading:
    """Return the reading of one transcript from its cues in order."""
    labelled, doubts = _with_labels(path, cues, answers)
    joined = list(_join(labelled))
    text, sayings = _store(joined)
    if not text.strip():
        raise FileRefused(path, "its cues hold no words", "check that it is the right file")
    notes = (*notes, f"{len(cues)} cues became {len(joined)} turns")
    return read_parts(path, text, sayings, answers, notes, (*problems, *doubts, *_loops(path, cues)))


def _with_labels(path: Path, cues: Sequence[Cue], answers: Answers | None) -> tuple[list[Cue], tuple[Problem, ...]]:
    """Take the labels ``Name:`` off the cues whose speaker the file does not name."""
    text = "\n".join(cue.text for cue in cues)
    parts: list[Line | Saying] = []
    start = 0
    for cue in cues:
        end = start + len(cue.text)
        parts.append(Line(start, end) if cue.speaker is None else Saying(cue.speaker, start, end))
        start = end + 1
    heads, doubts = find_heads(path, text, parts, by_key(answers or {}))
    named = [
        Cue(cue.start, cue.end, heads[i].label, text[heads[i].speech : part.end].strip()) if i in heads else cue
        for i, (cue, part) in enumerate(zip(cues, parts, strict=True))
    ]
    return named, tuple(Problem(doubt.file, "", doubt.what) for doubt in doubts)


def _join(cues: Iterable[Cue]) -> Iterator[_Joined]:
    """Yield adjacent cues of one speaker as one; a cue that names nobody goes on with the speaker above it."""
    current: _Joined | None = None
    for cue in cues:
        if current is None or not _goes_on(current, cue):
            if current:
                yield current
            current = _Joined(cue.start, cue.end, cue.speaker or "", [])
        current.end = cue.end
        current.texts += [cue.text] if cue.text else []
    if current:
        yield current


def _goes_on(current: _Joined, cue: Cue) -> bool:
    if not current.speaker and not cue.speaker:
        return cue.start - current.end < PAUSE
    return cue.speaker is None or labels.clean(cue.speaker) == labels.clean(current.speaker)


def _loops(path: Path, cues: Sequence[Cue]) -> Iterator[Problem]:
    """Say where the same words come again and again, as speech recognition writes where it hears nothing."""
    for text, run in groupby(cues, key=lambda cue: cue.text):
        repeated = list(run)
        if text and len(repeated) >= LOOP:
            minutes, seconds = divmod(int(repeated[0].start), 60)
            what = f"the same words come {len(repeated)} times in a row; listen whether they were said"
            yield Problem(path.name, f"{minutes:02}:{seconds:02}", what)


def _store(joined: Sequence[_Joined]) -> tuple[str, list[Line | Saying]]:
    """Write the text, one line per turn, and say where each speech stands in it."""
    lines: list[str] = []
    sayings: list[Line | Saying] = []
    start = 0
    for turn in joined:
        label = f"{turn.speaker}: " if turn.speaker else ""
        line = label + " ".join(turn.texts)
        sayings.append(Saying(turn.speaker, start + len(label), start + len(line), turn.start))
        lines.append(line)
        start += len(line) + 1
    return "\n".join(lines), sayings
