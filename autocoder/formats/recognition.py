"""What speech recognition writes (.json): Whisper, WhisperX, whisper.cpp, faster-whisper, ivrit.ai, aTrain.

All of them hold a list of segments, each with its text, mostly with its times and sometimes with its speaker:

* the list is the file itself, or lies under ``segments``, ``chunks``, ``transcription`` or ``speakers``, perhaps inside
  ``output``, ``result``, ``results`` or ``data`` and in parts (lists of segments one after the other);
* times are ``start`` and ``end`` in seconds, ``timestamp`` as a pair of seconds, or ``offsets`` in milliseconds; a
  missing one is that of the segment before;
* the speaker is ``speaker`` (a word or a number) or the first of ``speakers``; where the words of a segment are given
  with speakers of their own (WhisperX), the segment is parted where the speaker changes.

A segment is a cue; how cues become turns and stored text is what ``cues.py`` says.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from autocoder.errors import FileRefused
from autocoder.formats.cues import Cue, read_cues
from autocoder.formats.plain import decode
from autocoder.formats.speakers import Answers
from autocoder.project import Problem, Reading

_LISTS = ("segments", "speakers", "chunks", "transcription")
_WRAPPERS = ("output", "result", "results", "data")
_DEEPEST = 8
_REMEDY = "export the transcript as .json, .srt or .vtt from the program that recognised the speech"

_Segment = dict[str, Any]


def read(path: Path, answers: Answers | None = None) -> Reading:
    """Return the transcript of a .json file; ``answers`` say who is who, by label."""
    decoded = decode(path)
    segments = _segments(_parse(path, decoded.text))
    if not segments:
        raise FileRefused(path, "it holds no list of segments with a text", _REMEDY)
    cues: list[Cue] = []
    untimed = 0
    for segment in segments:
        before = cues[-1].end if cues else 0.0
        start, end = _times(segment)
        untimed += start is None
        cues += _cues(segment, before if start is None else start, end)
    problems = [Problem(path.name, "", f"{untimed} segments have no time; they got that of the one before")]
    return decoded.said(read_cues(path, cues, answers, decoded.notes, problems if untimed else ()))


def _parse(path: Path, source: str) -> object:
    try:
        return json.loads(source)
    except RecursionError as error:
        raise FileRefused(path, "its JSON is nested too deeply", _REMEDY) from error
    except json.JSONDecodeError as error:
        what = f"it is not JSON, or is cut short ({error.msg})"
        raise FileRefused(path, what, _REMEDY, f"line {error.lineno}") from error
    except ValueError as error:  # a number of thousands of digits
        raise FileRefused(path, "it holds a number that cannot be read", _REMEDY) from error


def _segments(data: object, depth: int = 0) -> list[_Segment]:
    """Return the first list of segments that is found where the module's docstring says."""
    if depth > _DEEPEST:
        return []
    if isinstance(data, list):
        if data and all(map(_is_segment, data)):
            return data
        return [segment for entry in data for segment in _segments(entry, depth + 1)]
    if isinstance(data, dict):
        for name in (*_LISTS, *_WRAPPERS):
            if isinstance(data.get(name), dict | list) and (found := _segments(data[name], depth + 1)):
                return found
    return []


def _is_segment(entry: object) -> bool:
    """Tell whether an entry is a segment, and not a part of the recording that holds segments of its own."""
    if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
        return False
    return not any(isinstance(entry.get(name), list) for name in ("segments", "chunks"))


def _times(segment: _Segment) -> tuple[float | None, float | None]:
    pair = segment.get("timestamp")
    if isinstance(pair, list) and len(pair) == 2:
        return _number(pair[0]), _number(pair[1])
    offsets = segment.get("offsets")
    if isinstance(offsets, dict):
        start, end = _number(offsets.get("from")), _number(offsets.get("to"))
        return None if start is None else start / 1000, None if end is None else end / 1000
    return _number(segment.get("start")), _number(segment.get("end"))


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if abs(value) < 1e9 and math.isfinite(value) and value >= 0 else None


def _speaker(entry: _Segment) -> str | None:
    speakers = entry.get("speakers")
    name = entry.get("speaker", speakers[0] if isinstance(speakers, list) and speakers else None)
    if isinstance(name, int) and not isinstance(name, bool):
        return f"SPEAKER_{name:02}"
    return " ".join(name.split()) or None if isinstance(name, str) else None


def _cues(segment: _Segment, start: float, end: float | None) -> Iterator[Cue]:
    """Yield a segment as one cue, or as one for each run of words of one speaker."""
    text = _clean(segment["text"])
    speaker = _speaker(segment)
    close = start if end is None else max(start, end)
    runs = _runs(segment.get("words"), text)
    if not runs:
        yield Cue(start, close, speaker, text)
        return
    for name, words in runs:
        first, last = _number(words[0].get("start")), _number(words[-1].get("end"))
        yield Cue(start if first is None else first, close if last is None else last, name, _said(words))


def _runs(words: object, text: str) -> list[tuple[str | None, list[_Segment]]]:
    """Return the words by speaker when several speak and the words are all of the text; a word without one goes on."""
    if not isinstance(words, list) or not all(isinstance(word, dict) for word in words):
        return []
    named: list[tuple[str | None, _Segment]] = []
    for word in words:
        named.append((_speaker(word) or (named[-1][0] if named else None), word))
    runs = [(name, [word for _, word in run]) for name, run in groupby(named, key=lambda pair: pair[0])]
    if len({name for name, _ in runs} - {None}) < 2 or _bare(_said(words)) != _bare(text):
        return []
    return runs


def _said(words: Sequence[_Segment]) -> str:
    return _clean(" ".join(str(word.get("word", word.get("text", ""))) for word in words))


def _bare(text: str) -> str:
    return "".join(text.split())


def _clean(text: str) -> str:
    """Return a text on one line that can be stored: half of a surrogate pair, and NUL, stand for nothing."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return " ".join(whole.replace("\0", "").split())
