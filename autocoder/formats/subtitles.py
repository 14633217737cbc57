"""Subtitles as transcripts (.vtt, .srt), as Zoom, Teams, Whisper and aTrain write them.

A cue's speaker is its voice tag ``<v Name>``, or a label ``Name:`` at its beginning as ``speakers.py`` finds it; a cue
without either goes on with the speaker above it. Cues of one speaker that follow each other join into one turn, with a
space between them. Where nobody is named, a pause of ``PAUSE`` seconds begins a new turn.

The stored text is written here, for a subtitle file has no running text: one line per turn, ``Name: speech``, or the
speech alone where the speaker has no name. Cue numbers, times, tags and line breaks inside a cue are not in it; a
turn's time is the beginning of its first cue.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autocoder.errors import FileRefused
from autocoder.formats import labels
from autocoder.formats.plain import read_text
from autocoder.formats.speakers import Line, Saying, find_heads, read_parts
from autocoder.project import Problem, Reading, Role

if TYPE_CHECKING:
    from webvtt import Caption

PAUSE = 2.0
"""Seconds of silence that part two turns where no speaker is named."""

_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_TAG = re.compile(r"</?[^<>]*>")
_ARROW = re.compile(r"^.*-->.*$", re.MULTILINE)


@dataclass(frozen=True)
class _Cue:
    """One speaker's words in one cue; the speaker is None where the cue does not say."""

    start: float
    end: float
    speaker: str | None
    text: str


@dataclass(frozen=True)
class _Joined:
    """What one speaker says over adjacent cues."""

    start: float
    end: float
    speaker: str
    texts: tuple[str, ...]

    def with_cue(self, cue: _Cue) -> _Joined:
        return _Joined(self.start, cue.end, self.speaker, (*self.texts, cue.text))


def read(path: Path, roles: Mapping[str, Role] | None = None) -> Reading:
    """Return the transcript of a .vtt or .srt file; ``roles`` answers who is who, by label."""
    source, notes = read_text(path)
    captions = _captions(path, source)
    problems = _lost_cues(path, source, captions)
    cues, doubts = _with_labels(path, [cue for caption in captions for cue in _cues(caption)], roles)
    joined = list(_join(cues))
    text, sayings = _store(joined)
    if not text.strip():
        raise FileRefused(path, "its cues hold no words", "check that it is the right file")
    notes = (*notes, f"{len(captions)} cues became {len(joined)} turns")
    return read_parts(path, text, sayings, roles, notes, (*problems, *doubts))


def _captions(path: Path, source: str) -> list[Caption]:
    import webvtt
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    form = path.suffix.lower().removeprefix(".")
    try:
        captions = webvtt.from_buffer(io.StringIO(source.lstrip()), format=form).captions
    except (MalformedFileError, MalformedCaptionError) as error:
        example = "WEBVTT" if form == "vtt" else "1, and below it 00:00:01,000 --> 00:00:02,000"
        raise FileRefused(path, f"it is not in the .{form} format", f"let it begin with {example}") from error
    if not captions:
        raise FileRefused(path, "no cue in it has a text", "export the subtitles again")
    return list(captions)


def _lost_cues(path: Path, source: str, captions: list[Caption]) -> tuple[Problem, ...]:
    """Count the cues that the parser passed over in silence: an impossible time, or no words."""
    lost = len(_ARROW.findall(source)) - len(captions)
    if lost <= 0:
        return ()
    return (Problem(path.name, "", f"{lost} cues are empty or have a time that cannot be read; they were left out"),)


def _cues(caption: Caption) -> Iterator[_Cue]:
    """Yield what each voice of a caption says; before the first tag, and without one, nobody is named."""
    start, end = labels.seconds(str(caption.start)), labels.seconds(str(caption.end))
    before, *voiced = _VOICE.split(caption.raw_text)
    for speaker, spoken in ((None, before), *zip(voiced[::2], voiced[1::2], strict=True)):
        words = " ".join(html.unescape(_TAG.sub("", spoken)).split())
        if words:
            yield _Cue(start, end, None if speaker is None else html.unescape(speaker).strip(), words)


def _with_labels(
    path: Path, cues: list[_Cue], roles: Mapping[str, Role] | None
) -> tuple[list[_Cue], tuple[Problem, ...]]:
    """Take the labels ``Name:`` off the cues without a voice tag."""
    text = "\n".join(cue.text for cue in cues)
    parts: list[Line | Saying] = []
    start = 0
    for cue in cues:
        end = start + len(cue.text)
        parts.append(Line(start, end) if cue.speaker is None else Saying(cue.speaker, start, end))
        start = end + 1
    answers = {labels.clean(label).casefold(): role for label, role in (roles or {}).items()}
    heads, doubts = find_heads(path, text, parts, answers)
    named = [
        _Cue(cue.start, cue.end, heads[i].label, text[heads[i].speech : part.end].strip()) if i in heads else cue
        for i, (cue, part) in enumerate(zip(cues, parts, strict=True))
    ]
    return named, tuple(Problem(doubt.file, "", doubt.what) for doubt in doubts)


def _join(cues: list[_Cue]) -> Iterator[_Joined]:
    """Yield adjacent cues of one speaker as one; a cue that names nobody goes on with the speaker above it."""
    current: _Joined | None = None
    for cue in cues:
        if current and _goes_on(current, cue):
            current = current.with_cue(cue) if cue.text else current
            continue
        if current:
            yield current
        current = _Joined(cue.start, cue.end, cue.speaker or "", (cue.text,) if cue.text else ())
    if current:
        yield current


def _goes_on(current: _Joined, cue: _Cue) -> bool:
    if not current.speaker and not cue.speaker:
        return cue.start - current.end < PAUSE
    return cue.speaker is None or labels.clean(cue.speaker) == labels.clean(current.speaker)


def _store(joined: list[_Joined]) -> tuple[str, list[Line | Saying]]:
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
