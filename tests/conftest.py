"""A small Hebrew study built in code, and the folders that only some machines have."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocoder.project import Code, Codebook, Coder, Coding, Project, Role, Span, Transcript, Turn

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    folder = ROOT.parent / "shared"
    if not folder.exists():
        pytest.skip("the folder ../shared with real files is not on this machine")
    return folder


@pytest.fixture(scope="session")
def codebook() -> Codebook:
    return Codebook(
        "קטן",
        (
            Code("C09.3", "סטינג פנימי", "Inner setting"),
            Code("pay", "תנאים ושכר", "Pay", parent="C09.3"),
            Code("alone", "עמית יחיד", "Lone peer", parent="C09.3"),
            Code("valence", "ערכיות", "Valence", codable=False),
            Code("barrier", "אתגר", "Barrier", parent="valence"),
            Code("facilitator", "גורם מקדם", "Facilitator", parent="valence"),
        ),
        frozenset({"valence"}),
    )


@pytest.fixture
def transcript() -> Transcript:
    lines = [
        ("מראיינת", 'איך זה התחיל אצלך בצה"ל?'),
        ("רחל", "שָׁלוֹם. אהמ... התחלתי לבד \U0001f642 בלי אף אחד. ואז הגיע עוד מישהו!"),
        ("מראיינת", "והשכר?"),
        ("רחל", "מינימום, \u200fburnout לגמרי. 29.5 שקל לשעה."),
    ]
    text, turns = "", []
    for speaker, speech in lines:
        text += f"{speaker}: "
        role = Role.INTERVIEWER if speaker == "מראיינת" else Role.PARTICIPANT
        turns.append(Turn(Span(len(text), len(text) + len(speech)), speaker, role))
        text += speech + "\n"
    return Transcript("ריאיון 1", text, tuple(turns), {"אתר": "א"}, {"רחל": {"תפקיד": "עמיתה"}})


@pytest.fixture
def project(codebook: Codebook, transcript: Transcript) -> Project:
    second = transcript.turns[1].span
    begin = transcript.text.index("אהמ")
    last = transcript.turns[3].span
    codings = (
        Coding(transcript.name, Span(begin, second.end), "alone", "דנה", created="2026-01-02T10:00:00"),
        Coding(transcript.name, last, "pay", "דנה", memo="שכר נמוך"),
        Coding(transcript.name, last, "barrier", "דנה"),
        Coding(transcript.name, last, "pay", "יוסי"),
    )
    return Project("מחקר", codebook, (transcript,), (Coder("דנה"), Coder("יוסי")), codings)
