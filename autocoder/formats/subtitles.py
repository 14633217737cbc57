"""Subtitles as transcripts (.vtt, .srt), as Zoom, Teams, Whisper and aTrain write them.

A cue's speaker is its voice tag ``<v Name>``; labels, turns and the stored text are what ``cues.py`` says.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from autocoder.errors import FileRefused
from autocoder.formats import labels
from autocoder.formats.cues import Cue, read_cues, voices
from autocoder.formats.plain import decode
from autocoder.formats.speakers import Answers
from autocoder.project import Problem, Reading

if TYPE_CHECKING:
    from webvtt import Caption

_ARROW = re.compile(r"^.*-->.*$", re.MULTILINE)


def read(path: Path, answers: Answers | None = None) -> Reading:
    """Return the transcript of a .vtt or .srt file; ``answers`` say who is who, by label."""
    decoded = decode(path)
    captions = _captions(path, decoded.text)
    problems = _lost_cues(path, decoded.text, captions)
    cues = [cue for caption in captions for cue in _voices(caption)]
    return decoded.said(read_cues(path, cues, answers, decoded.notes, problems))


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


def _voices(caption: Caption) -> Iterator[Cue]:
    return voices(labels.seconds(str(caption.start)), labels.seconds(str(caption.end)), caption.raw_text)
