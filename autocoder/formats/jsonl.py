"""Texts to score, as JSON Lines: one object a line with ``id``, ``text`` and, if there is one, ``question``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from autocoder.errors import FileRefused


@dataclass(frozen=True)
class ScoredText:
    """A text with the name under which its scores go out, and the question that it answers."""

    id: str | int
    text: str
    question: str = ""


def read_texts(path: Path) -> list[ScoredText]:
    """Read the texts; raise FileRefused with the line that is in another form."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as fault:
        raise FileRefused(path, f"it cannot be opened ({fault.strerror})", "check the path") from None
    except UnicodeDecodeError:
        raise FileRefused(path, "it is not UTF-8", "save it as UTF-8") from None
    return [_text(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _text(path: Path, number: int, line: str) -> ScoredText:
    remedy = 'write one {"id": ..., "text": ...} a line'
    try:
        record = json.loads(line)
    except ValueError:
        raise FileRefused(path, "it is not JSON", remedy, f"line {number}") from None
    if not isinstance(record, dict) or not isinstance(record.get("text"), str) or "id" not in record:
        raise FileRefused(path, "there is no id or no text", remedy, f"line {number}")
    return ScoredText(record["id"], record["text"], str(record.get("question") or ""))
