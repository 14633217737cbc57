"""Cues into turns: what subtitles (.vtt, .srt) and speech recognition (.json) have in common.

A cue's speaker is the one that its file names, or a label ``Name:`` at its beginning as ``speakers.py`` finds it; a cue
without either goes on with the speaker above it. Cues of one speaker that follow each other join into one turn, with a
space between them. Where nobody is named, a pause of ``PAUSE`` seconds begins a new turn.

The stored text is written here, for such a file has no running text: one line per turn, ``Name: speech``, or the
speech alone where the speaker has no name. Numbers, times, tags and line breaks inside a cue are not in it; a turn's
time is the beginning of its first cue.
"""

from __future__ import annotations

import html
import re
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

_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_TAG = re.compile(r"</?[^<>]*>")
_TIME = r"\d{1,3}:\d{1,2}(?::\d{1,2})?(?:[.,]\d{1,7})?"  # Teams writes 0:0:5.100
_TIMES = re.compile(rf"\s*({_TIME})\s*-->\s*({_TIME})(?:\s.*)?")
_CUE_SHARE = 0.1
_NAMED_SHARE = 0.8


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


def voices(start: float, end: float, raw: str) -> Iterator[Cue]:
    """Yield what each voice of a cue says; before the first tag, and without one, nobody is named."""
    before, *voiced = _VOICE.split(raw)
    for speaker, spoken in ((None, before), *zip(voiced[::2], voiced[1::2], strict=True)):
        words = " ".join(html.unescape(_TAG.sub("", spoken)).split())
        if words:
            yield Cue(start, end, None if speaker is None else html.unescape(speaker).strip(), words)


def cues_in(text: str) -> list[Cue]:
    """Return the cues of a document that is written as cues, with ``0:0:5.1 --> 0:0:8.25`` above each; else none.

    So Teams has written Word documents, with the speaker's name on a line between the times and the words.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    times = [i for i, line in enumerate(lines) if _TIMES.fullmatch(line)]
    if len(times) < 2 or len(times) < _CUE_SHARE * len(lines):
        return []
    blocks = [lines[i + 1 : following] for i, following in zip(times, (*times[1:], len(lines)), strict=True)]
    blocks = [block[:-1] if len(block) > 1 and block[-1].strip().isdecimal() else block for block in blocks]
    named = _names_above(blocks)
    cues: list[Cue] = []
    for i, block in zip(times, blocks, strict=True):
        start, end = map(_seconds, _TIMES.fullmatch(lines[i]).groups())  # type: ignore[union-attr]
        if named and len(block) > 1:
            cues.append(Cue(start, end, block[0].strip(), " ".join(" ".join(block[1:]).split())))
        else:
            cues += voices(start, end, "\n".join(block))
    return cues


def _names_above(blocks: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first line of a cue is its speaker: shaped like a name nearly always, and coming back."""
    firsts = [labels.clean(block[0]) for block in blocks if len(block) > 1]
    shaped = [first for first in firsts if labels.plausible(first) or labels.is_ambiguous(first)]
    comes_back = len(set(shaped)) <= max(2, len(blocks) / 2)
    return len(shaped) >= _NAMED_SHARE * len(blocks) and comes_back


def _seconds(clock: str) -> float:
    whole = 0.0
    for number in clock.replace(",", ".").split(":"):
        whole = whole * 60 + float(number)
    return whole


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
