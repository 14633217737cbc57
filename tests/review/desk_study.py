"""Two interviews of forty short units each, a codebook, three people, and a model's suggestions on every other unit."""

from __future__ import annotations

from pathlib import Path

from autocoder.project import Code, Codebook, Coder, CoderKind, Coding, Origin, Role, Span, Transcript, Turn
from autocoder.review.reviewer import Reviewer
from autocoder.review.reviewer import Role as Rank
from autocoder.store import Addition, Store, create
from autocoder.store.decisions import history

MODEL = "autocoder m1"
DANA, YOSSI, LEAD = Reviewer("דנה"), Reviewer("יוסי"), Reviewer("רות", Rank.LEAD)
CODEBOOK = Codebook(
    "עמיתים",
    (
        Code("setting", "סטינג פנימי", "Inner setting"),
        Code("pay", "תנאים ושכר", "Pay", parent="setting", definition_he="שכר ותנאים"),
        Code("alone", "עמית יחיד", "Lone peer", parent="setting"),
        Code("valence", "ערכיות", "Valence", codable=False),
        Code("barrier", "אתגר", "Barrier", parent="valence"),
        Code("facilitator", "גורם מקדם", "Facilitator", parent="valence"),
    ),
    frozenset({"valence"}),
)
CODES = ("pay", "alone", "barrier")
UNITS = 40


def interview(name: str, units: int = UNITS) -> Transcript:
    text, turns = "", []
    for n in range(units):
        speech = f"שָׁלוֹם \U0001f642 אמרתי דבר מספר {n} על העבודה."
        text += "רחל: "
        turns.append(Turn(Span(len(text), len(text) + len(speech)), "רחל", Role.PARTICIPANT))
        text += speech + "\n"
    return Transcript(name, text, tuple(turns))


FIRST, SECOND = interview("ריאיון 1"), interview("ריאיון 2")


def suggested(transcript: Transcript, model: str = MODEL) -> list[Coding]:
    """Every other unit gets a code; scores go up and down so that no order is like another."""
    spans = [turn.span for turn in transcript.turns[::2]]
    return [
        Coding(transcript.name, span, CODES[n % 3], model, Origin.AUTO, ((n * 7) % 20) / 20 + 0.02)
        for n, span in enumerate(spans)
    ]


def at(second: int) -> str:
    return f"2026-11-01T09:{second // 60 % 60:02}:{second % 60:02}+00:00"


def build(folder: Path, **where: str) -> Store:
    """Return the study in a new folder; ``database`` puts it on PostgreSQL."""
    store = create(folder, "עמיתים", CODEBOOK, at(0), **where)
    people = tuple(Coder(each.coder) for each in (DANA, YOSSI, LEAD))
    store.add(Addition(transcripts=(FIRST, SECOND), coders=people, at=at(0)))
    for transcript in (FIRST, SECOND):
        store.add_suggestions(Coder(MODEL, CoderKind.MODEL), transcript.name, suggested(transcript))
    return store


def persons_codings(store: Store) -> set[tuple[object, ...]]:
    """Everything about the codings that people made, to compare two states of a study."""
    return {
        (coding.key, coding.origin, coding.memo, coding.created, coding.codebook_version)
        for coding in store.codings()
        if coding.origin is not Origin.AUTO
    }


def standing(store: Store, reviewer: Reviewer) -> int:
    return len(history(store, reviewer.coder, 10_000))
