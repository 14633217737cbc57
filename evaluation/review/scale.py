"""How quick the review page is in a large project: 2,000 transcripts, 1,000,000 suggestions, 200,000 decisions.

``python evaluation/review/scale.py [--transcripts N] [--suggestions N] [--decisions N] [--folder DIR]`` makes the
project in a temporary folder (or in ``--folder``, which is used again when it is there), out of turns of the bundled
study, and measures opening it, the next card of each queue, searching, browsing and progress. It prints the median and
the 95th percentile and keeps them in ``scale.json`` beside it.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from autocoder.bundled import codebooks, study
from autocoder.project import Coder, CoderKind, Role, Span, Transcript, Turn
from autocoder.read import read_file
from autocoder.steps import find_codebook
from autocoder.store import Addition, create

PEOPLE = tuple(f"חוקרת {n}" for n in range(1, 13))
MODEL = "autocoder m1"
SPOKEN, ASKED = 60, 60  # turns of participants and of interviewers in a transcript
STARTED = "2026-01-01T08:00:00+00:00"
BARS = {"open": 500.0, "next card": 100.0, "search": 300.0}
ROUNDS = 40


@dataclass(frozen=True)
class Size:
    """How large the project is."""

    transcripts: int
    suggestions: int
    decisions: int


def sayings() -> tuple[list[str], list[str]]:
    """Return what participants and interviewers say in the bundled study."""
    said: dict[Role, list[str]] = {Role.PARTICIPANT: [], Role.INTERVIEWER: []}
    for path in sorted((study() / "transcripts").iterdir()):
        for transcript in read_file(path).transcripts:
            for turn in transcript.turns:
                said[turn.role].append(transcript.quote(turn.span))
    return said[Role.PARTICIPANT], said[Role.INTERVIEWER]


def interviews(count: int, chance: random.Random) -> Iterator[Transcript]:
    """Yield interviews whose turns are drawn from the bundled study."""
    answers, questions = sayings()
    for number in range(count):
        text, turns = "", []
        for place in range(SPOKEN + ASKED):
            asks = place % 2 == 0
            speaker, role = ("מראיינת", Role.INTERVIEWER) if asks else (f"עמיתה {number}", Role.PARTICIPANT)
            saying = chance.choice(questions if asks else answers)
            text += f"{speaker}: "
            turns.append(Turn(Span(len(text), len(text) + len(saying)), speaker, role))
            text += f"{saying}\n"
        yield Transcript(f"ריאיון {number:04}", text, tuple(turns))


def build(folder: Path, size: Size) -> None:
    """Make the project: transcripts by the store, suggestions and decisions in bulk."""
    chance = random.Random(11)
    book = find_codebook(str(codebooks()["peer-support"]))
    with create(folder, "גדול", book, STARTED) as store:
        coders = (*map(Coder, PEOPLE), Coder(MODEL, CoderKind.MODEL))
        store.add(Addition(coders=coders, at=STARTED))
        coming = interviews(size.transcripts, chance)
        while part := tuple(islice(coming, 50)):
            store.add(Addition(transcripts=part, at=STARTED))
    codes = [code.id for code in book if code.codable]
    with sqlite3.connect(folder / "project.db") as database:
        database.execute("PRAGMA synchronous=OFF")
        _suggest(database, size, codes, chance)
        _decide(database, size.decisions, chance)
        database.execute(
            "INSERT INTO precoded SELECT coder.id, transcript.id FROM coder, transcript WHERE kind='model'"
        )
    database.close()


def _suggest(database: sqlite3.Connection, size: Size, codes: list[str], chance: random.Random) -> None:
    """Put codes on participants' turns; a few codes are common and most are rare, and scores are all over the range."""
    model = database.execute("SELECT id FROM coder WHERE kind = 'model'").fetchone()[0]
    weights = [1 / (place + 2) for place in range(len(codes))]
    each = size.suggestions // size.transcripts
    row = 'INSERT OR IGNORE INTO coding (transcript_id, start, "end", code, coder_id, origin, score, memo, created, '
    row += "codebook_version) VALUES (?, ?, ?, ?, ?, 'auto', ?, '', ?, 1)"
    for (transcript,) in database.execute("SELECT id FROM transcript ORDER BY id").fetchall():
        turns = database.execute(
            "SELECT start, \"end\" FROM turn WHERE transcript_id = ? AND role = 'participant'", [transcript]
        ).fetchall()
        places: set[tuple[int, int, str]] = set()
        while len(places) < each:
            start, end = chance.choice(turns)
            middle = (start + end) // 2
            part = chance.choice(((start, end), (start, middle), (middle, end)))
            places |= {(*part, code) for code in chance.choices(codes, weights, k=4)}
        rows = [
            (transcript, start, end, code, model, round(chance.betavariate(2, 1.5), 4), STARTED)
            for start, end, code in sorted(places)[:each]
        ]
        database.executemany(row, rows)


def _decide(database: sqlite3.Connection, decisions: int, chance: random.Random) -> None:
    """Answer suggestions of the first transcripts, transcript by transcript, three of four of them with yes."""
    people = [number for (number,) in database.execute("SELECT id FROM coder WHERE kind = 'human'")]
    answered = database.execute(
        'SELECT id, transcript_id, start, "end", code, score FROM coding WHERE coder_id = '
        "(SELECT id FROM coder WHERE kind = 'model') ORDER BY transcript_id, start, id LIMIT ?",
        [decisions],
    ).fetchall()
    log = (
        'INSERT INTO decision (id, coder_id, at, transcript_id, start, "end", before, after, saw_suggestion, shown, '
        "score, seconds, model, codebook_version, mode, action) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, 1, 'confirm', ?)"
    )
    coded = (
        'INSERT OR IGNORE INTO coding (transcript_id, start, "end", code, coder_id, origin, memo, created, '
        "codebook_version) VALUES (?, ?, ?, ?, ?, 'assisted', '', ?, 1)"
    )
    rows, kept = [], []
    for number, (_, transcript, start, end, code, score) in enumerate(answered, 1):
        person = people[transcript % len(people)]
        yes = chance.random() < 0.75
        at = f"2026-{1 + number * 9 // decisions:02}-{1 + number % 28:02}T{8 + number % 9:02}:{number % 60:02}:00+00:00"
        shown = json.dumps([code])
        after = shown if yes else "[]"
        seconds = round(chance.lognormvariate(1.5, 0.6), 1)
        action = "accept" if yes else "reject"
        rows.append((number, person, at, transcript, start, end, shown, after, shown, score, seconds, MODEL, action))
        if yes:
            kept.append((transcript, start, end, code, person, at))
    database.executemany(log, rows)
    database.executemany(coded, kept)
    database.executemany(
        "UPDATE coding SET answer = ? WHERE id = ?", [(n, row[0]) for n, row in enumerate(answered, 1)]
    )
