"""The study's readable source: transcripts in ``source/ID.txt`` and codings in ``coding/CODER/ID.tsv``.

Run as a command it shows a transcript with numbered turns, or checks a coder's file:
``python training_data/peer_support_demo/source.py show a1`` and ``... check first a1``.
"""

from __future__ import annotations

import csv
import re
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
COLUMNS = ("turn", "from", "to", "codes", "memo")


class SourceFault(Exception):
    """A line of the source or of a coding that cannot be used as it stands."""


@dataclass(frozen=True)
class SourceSpeaker:
    """One line of a transcript's table of speakers."""

    label: str
    person: str
    role: str
    gender: str
    years: str
    age: str


@dataclass(frozen=True)
class SourceTranscript:
    """A transcript as it was written: facts, speakers, and turns of (label, speech)."""

    id: str
    facts: dict[str, str]
    speakers: tuple[SourceSpeaker, ...]
    turns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SourceCoding:
    """Codes on a passage: from a position in one turn's speech to a position in the same or a later turn's."""

    first_turn: int
    start: int
    last_turn: int
    end: int
    codes: tuple[str, ...]
    memo: str


def read_source(transcript_id: str) -> SourceTranscript:
    """Read ``source/ID.txt``; raise SourceFault with the line number."""
    facts: dict[str, str] = {}
    speakers: list[SourceSpeaker] = []
    turns: list[tuple[str, str]] = []
    path = HERE / "source" / f"{transcript_id}.txt"
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if line.startswith("# speaker:"):
            speakers.append(SourceSpeaker(*(cell.strip() for cell in line.split(":", 1)[1].split("|"))))
        elif line.startswith("# "):
            key, _, value = line[2:].partition(":")
            facts[key.strip()] = value.strip()
        elif line.strip():
            _add_line(turns, line.strip(), {speaker.label for speaker in speakers}, f"{path.name}:{number}")
    return SourceTranscript(transcript_id, facts, tuple(speakers), tuple(turns))


def _add_line(turns: list[tuple[str, str]], line: str, labels: set[str], where: str) -> None:
    """Begin a turn, or add a paragraph to the one that is open."""
    label, colon, speech = line.partition(": ")
    if colon and label in labels:
        turns.append((label, speech))
    elif turns:
        turns[-1] = (turns[-1][0], f"{turns[-1][1]}\n{line}")
    else:
        raise SourceFault(f"{where}: no speaker yet")


def transcript_ids() -> list[str]:
    """Return the ids of all transcripts, sorted."""
    return sorted(path.stem for path in (HERE / "source").glob("*.txt"))


def read_coding(coder: str, source: SourceTranscript) -> list[SourceCoding]:
    """Read ``coding/CODER/ID.tsv``; raise SourceFault that names every row that cannot be placed."""
    path = HERE / "coding" / coder / f"{source.id}.tsv"
    found, faults = [], []
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 2):
            try:
                found.append(_place(source, row))
            except SourceFault as fault:
                faults.append(f"{path.name}:{number}: {fault}")
    if faults:
        raise SourceFault("\n".join(faults))
    return found


def _place(source: SourceTranscript, row: dict[str, str]) -> SourceCoding:
    if any(row.get(column) is None for column in COLUMNS[:4]):
        raise SourceFault("a row needs turn, from, to, codes, separated by tabs")
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", row["turn"].strip())
    if match is None or not 1 <= int(match[1]) <= int(match[2] or match[1]) <= len(source.turns):
        raise SourceFault(f"no turn {row['turn']}")
    first, last = int(match[1]) - 1, int(match[2] or match[1]) - 1
    start = _begin(source.turns[first][1], row["from"].strip())
    end = _end(source.turns[last][1], row["to"].strip(), start if first == last else 0)
    codes = tuple(code.strip() for code in row["codes"].split(",") if code.strip())
    if not codes:
        raise SourceFault("no codes")
    return SourceCoding(first, start, last, end, codes, (row.get("memo") or "").strip())


def _begin(speech: str, words: str) -> int:
    if words == "*":
        return 0
    position = speech.find(words)
    if position < 0:
        raise SourceFault(f"'{words}' is not in the turn")
    return position


def _end(speech: str, words: str, start: int) -> int:
    if words == "*":
        return len(speech)
    position = speech.find(words, start)
    if position < 0:
        raise SourceFault(f"'{words}' is not in the turn after the beginning")
    return position + len(words)


def words_in(source: SourceTranscript, coding: SourceCoding) -> int:
    """Return how many words a coding holds."""
    if coding.first_turn == coding.last_turn:
        return len(source.turns[coding.first_turn][1][coding.start : coding.end].split())
    words = len(source.turns[coding.first_turn][1][coding.start :].split())
    words += sum(len(speech.split()) for _, speech in source.turns[coding.first_turn + 1 : coding.last_turn])
    return words + len(source.turns[coding.last_turn][1][: coding.end].split())


def show(transcript_id: str) -> None:
    """Print a transcript with the numbers of its turns."""
    for number, (label, speech) in enumerate(read_source(transcript_id).turns, 1):
        print(f"{number}. {label}: {speech}")


def check(coder: str, transcript_id: str) -> None:
    """Print a coder's counts for a transcript, or the rows that cannot be placed."""
    source = read_source(transcript_id)
    codings = read_coding(coder, source)
    words = sum(words_in(source, coding) for coding in codings)
    print(
        f"{transcript_id}: {len(codings)} passages, {words} words in them, {sum(len(c.codes) for c in codings)} codes"
    )


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    try:
        {"show": show, "check": check}[command](*arguments)
    except SourceFault as fault:
        sys.exit(str(fault))
