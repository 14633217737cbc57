"""A small study to review: two interviews with niqqud, emoji, English and numbers, and suggestions in them."""

from __future__ import annotations

from pathlib import Path

from autocoder.project import (
    Code,
    Codebook,
    Coder,
    CoderKind,
    Coding,
    Exclusion,
    Origin,
    Role,
    Span,
    Transcript,
    Turn,
)
from autocoder.store import Addition, Store, create

AT = "2026-11-01T09:00:00+00:00"
MODEL = "autocoder m1"
CODEBOOK = Codebook(
    "עמיתים",
    (
        Code(
            "setting",
            "סטינג פנימי",
            "Inner setting",
            definition_he="הארגון שבו העמית עובד: תנאים, תרבות ומשאבים.",
            definition_en="The organisation around the peer: conditions, culture and resources.",
            color="#4E79A7",
        ),
        Code(
            "pay",
            "תנאים ושכר",
            "Pay and conditions",
            parent="setting",
            definition_he="דיבור על שכר, היקף משרה ותנאי העסקה.",
            definition_en="Talk of pay, hours and terms of employment.",
            include=("שכר נמוך או מאוחר", "חוזה קצר"),
            exclude=(Exclusion("עומס בלי קשר לתנאים", redirect_to="burnout"),),
            color="#F28E2B",
        ),
        Code("alone", "עמית יחיד בצוות", "Lone peer", parent="setting", definition_he="עמית אחד בלי עמיתים אחרים."),
        Code("core", "ליבת התפקיד", "Core of the role", codable=False, color="#B07AA1"),
        Code("burnout", "שחיקה", "Burnout", parent="core", definition_he="עייפות נפשית מן התפקיד."),
        Code("hats", "כפל כובעים", "Double hats", parent="core", definition_he="ריבוי תפקידים של אותו אדם."),
        Code("valence", "ערכיות", "Valence", codable=False),
        Code("barrier", "אתגר", "Barrier", parent="valence", color="#E15759"),
        Code("facilitator", "גורם מקדם", "Facilitator", parent="valence", color="#59A14F"),
    ),
    frozenset({"valence"}),
)
FIRST = (
    ("מראיינת", "איך זה התחיל אצלך?"),
    ("רחל", "שָׁלוֹם. אהמ... התחלתי לבד \U0001f469\u200d\U0001f4bb בלי אף עמית אחר בצוות. ואז הגיע עוד מישהו!"),
    ("מראיינת", "והשכר?"),
    ("רחל", "מינימום. 29.5 שקל לשעה, ו־CBT לא DBT כתוב בחוזה. \u200fburnout לגמרי."),
    ("מראיינת", "איך מסתדרים עם זה?"),
    ("רחל", "אני גם מטופלת וגם עובדת באותו מקום, וזה מבלבל את כולם."),
    ("מראיינת", "ומה עוזר?"),
    ("רחל", "המנהלת שלי יושבת איתי כל שבוע. זה נותן לי אוויר."),
)
SECOND = (
    ("מנחה", "ספרו על העבודה."),
    ("משתתף 1", "We had 3 meetings a week, ואחר כך כלום."),
    ("ד״ר ל.", "המשכורת מגיעה באיחור. אני עייף מזה."),
    ("משתתף 1", "אני העמית היחיד במחלקה, מול 14 אנשי צוות."),
)
SUGGESTED = (  # transcript, words, code, score
    ("ריאיון 1", "התחלתי לבד \U0001f469\u200d\U0001f4bb בלי אף עמית אחר בצוות.", "alone", 0.62),
    ("ריאיון 1", "מינימום. 29.5 שקל לשעה, ו־CBT לא DBT כתוב בחוזה.", "pay", 0.55),
    ("ריאיון 1", "ו־CBT לא DBT כתוב בחוזה. \u200fburnout לגמרי.", "burnout", 0.71),
    ("ריאיון 1", "אני גם מטופלת וגם עובדת באותו מקום, וזה מבלבל את כולם.", "hats", 0.83),
    ("ריאיון 1", "המנהלת שלי יושבת איתי כל שבוע.", "facilitator", 0.77),
    ("קבוצה 2", "המשכורת מגיעה באיחור.", "pay", 0.9),
    ("קבוצה 2", "אני עייף מזה.", "burnout", 0.45),
    ("קבוצה 2", "אני העמית היחיד במחלקה, מול 14 אנשי צוות.", "alone", 0.95),
)


def transcript(name: str, said: tuple[tuple[str, str], ...]) -> Transcript:
    text, turns = "", []
    for speaker, speech in said:
        text += f"{speaker}: "
        role = Role.INTERVIEWER if speaker in ("מראיינת", "מנחה") else Role.PARTICIPANT
        turns.append(Turn(Span(len(text), len(text) + len(speech)), speaker, role))
        text += speech + "\n"
    return Transcript(name, text, tuple(turns))


TRANSCRIPTS = {"ריאיון 1": transcript("ריאיון 1", FIRST), "קבוצה 2": transcript("קבוצה 2", SECOND)}


def place(name: str, words: str) -> Span:
    start = TRANSCRIPTS[name].text.index(words)
    return Span(start, start + len(words))


def suggestions(name: str) -> list[Coding]:
    return [
        Coding(name, place(name, words), code, MODEL, Origin.AUTO, score)
        for where, words, code, score in SUGGESTED
        if where == name
    ]


def build(folder: Path, transcripts: tuple[Transcript, ...] = tuple(TRANSCRIPTS.values())) -> Store:
    """Return the study as a project in a new folder, with two people in it and every suggestion open."""
    store = create(folder, "עמיתים מומחים", CODEBOOK, AT)
    coders = (Coder("דנה"), Coder("יוסי"))
    store.add(Addition(transcripts=transcripts, coders=coders, at=AT))
    for name in TRANSCRIPTS:
        store.add_suggestions(Coder(MODEL, CoderKind.MODEL), name, suggestions(name))
    return store
