"""A study of any size for measuring the review page; its texts are synthetic and say nothing."""

from __future__ import annotations

import random
from pathlib import Path

from autocoder.project import Code, Codebook, Coder, CoderKind, Coding, Origin, Role, Span, Transcript, Turn
from autocoder.store import DATABASE, Addition, Store, create

AT = "2026-01-01T00:00:00+00:00"
MODEL = Coder("autocoder m1", CoderKind.MODEL)
WORDS = (
    *("הצוות", "המפגש", "השכר", "הדרכה", "עמית", "בוקר", "תפקיד", "שיחה", "מרכז"),
    *("מנהלת", "קבוצה", "ליווי", "אמון", "גבול", "זמן", "סיפור", "דלת", "שינוי"),
)
SPEECHES = 60
LONG = 24


def codebook(codes: int = 12) -> Codebook:
    """Return a codebook with one folder and ``codes`` codes under it."""
    below = (Code(f"t{n}", f"נושא {n}", f"Theme {n}", parent="themes") for n in range(codes))
    return Codebook("synthetic", (Code("themes", "נושאים", "Themes", codable=False), *below))


def transcript(number: int, chance: random.Random) -> Transcript:
    """Return a synthetic conversation of an interviewer and a participant."""
    text, turns = "", []
    for speech in range(SPEECHES):
        who, role = (("מראיינת", Role.INTERVIEWER), ("רחל", Role.PARTICIPANT))[speech % 2]
        said = " ".join(chance.choices(WORDS, k=LONG)) + "."
        text += f"{who}: "
        turns.append(Turn(Span(len(text), len(text) + len(said)), who, role))
        text += said + "\n"
    return Transcript(f"synthetic {number:04}", text, tuple(turns))


def suggestions(of: Transcript, codes: int, chance: random.Random, each: int = 1) -> tuple[Coding, ...]:
    """Return ``each`` suggestions of different codes for every turn of the participant."""
    return tuple(
        Coding(of.name, turn.span, f"t{code}", MODEL.name, Origin.AUTO, round(chance.uniform(0.2, 0.99), 4), created=AT)
        for turn in of.turns
        if turn.role is Role.PARTICIPANT
        for code in chance.sample(range(codes), each)
    )


def build(folder: Path, transcripts: int, each: int = 1, codes: int = 12, database: str = DATABASE) -> Store:
    """Make a project whose every participant's turn has ``each`` suggestions."""
    chance = random.Random(17)
    store = create(folder, folder.name, codebook(codes), AT, database)
    texts = tuple(transcript(number, chance) for number in range(transcripts))
    store.add(Addition(transcripts=texts, coders=(MODEL,), at=AT))
    for text in texts:
        store.add_suggestions(MODEL, text.name, suggestions(text, codes, chance, each))
    return store
