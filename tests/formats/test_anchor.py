from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocoder.formats.anchor import SHORTEST_FUZZY, How, anchor
from autocoder.project import Span, Transcript
from autocoder.text import normalise

TEXT = (
    "מראיינת: איך זה התחיל אצלך בצה״ל?\n"
    "רחל: שָׁלוֹם. התחלתי לבד 🙂 בלי אף אחד, ואז הגיע עוד מישהו.\n"
    "רחל: המינימום, \u200fburnout\u200e לגמרי –  29.5 שקל לשעה. כן.\n"
    "רחל: אכן, ההנהלה תמכה בי מאוד.\n"
    "רחל: כן, ההנהלה תמכה בי מאוד.\n"
)


@pytest.fixture
def said() -> Transcript:
    return Transcript("ריאיון 1", TEXT)


@pytest.mark.parametrize(
    ("quote", "how", "stands"),
    [
        ("התחלתי לבד 🙂 בלי אף אחד", How.EXACT, "התחלתי לבד 🙂 בלי אף אחד"),
        ("  התחלתי לבד \n", How.EXACT, "התחלתי לבד"),
        ('בצה"ל', How.NORMALISED, "בצה״ל"),
        ("בצה''ל?", How.NORMALISED, "בצה״ל?"),
        ("שלום. התחלתי", How.NORMALISED, "שָׁלוֹם. התחלתי"),
        ("המינימום, burnout לגמרי - 29.5", How.FUZZY, "המינימום, \u200fburnout\u200e לגמרי –  29.5"),
        ("burnout לגמרי – 29.5 שקל", How.NORMALISED, "burnout\u200e לגמרי –  29.5 שקל"),
        ("מישהו.\r\nרחל: המינימום", How.EXACT, "מישהו.\nרחל: המינימום"),
        ("מישהו.  רחל:\u00a0המינימום", How.NORMALISED, "מישהו.\nרחל: המינימום"),
        ("התחלתי לבד ממש בלי אף אחד ואז הגיע עוד מישו.", How.FUZZY, "התחלתי לבד 🙂 בלי אף אחד, ואז הגיע עוד מישהו."),
    ],
)
def test_a_quote_is_found_where_it_stands(said: Transcript, quote: str, how: How, stands: str) -> None:
    found = anchor(quote, said)
    assert found is not None
    assert found.span is not None
    assert (found.how, said.quote(found.span)) == (how, stands)
    assert (found.score == 1) == (how is not How.FUZZY)


@pytest.mark.parametrize("quote", ["", " \n", "\u200f", "הסקר של משרד הבריאות נערך בשנה שעברה", "לדב"])
def test_a_quote_that_is_not_in_the_transcript_is_not_found(said: Transcript, quote: str) -> None:
    assert anchor(quote, said) is None


def test_a_short_quote_is_never_found_by_likeness(said: Transcript) -> None:
    almost = "ההנהלה תמכא"
    assert len(almost) < SHORTEST_FUZZY
    assert anchor(almost, said) is None


def test_a_quote_in_several_places_is_ambiguous_and_not_guessed(said: Transcript) -> None:
    found = anchor("ההנהלה תמכה בי מאוד", said)
    assert found is not None
    assert found.ambiguous
    assert [said.quote(span) for span in found.candidates] == ["ההנהלה תמכה בי מאוד"] * 2


def test_the_paragraph_settles_an_ambiguous_quote(said: Transcript) -> None:
    second = TEXT.rindex("ההנהלה")
    line = TEXT[:second].count("\n") + 1
    found = anchor("ההנהלה תמכה בי מאוד", said, paragraph=line)
    assert found is not None
    assert found.span is not None
    assert found.span.start == second
    assert anchor("ההנהלה תמכה בי מאוד", said, paragraph=99).ambiguous


def test_whole_words_go_before_parts_of_words(said: Transcript) -> None:
    found = anchor("כן", said)
    assert found is not None
    assert [TEXT[span.start - 1] for span in found.candidates] == [" ", " "]


def test_two_equally_near_places_are_ambiguous() -> None:
    line = "השכר נמוך מאוד וההכשרה לא מספיקה לעבודה הזאת"
    found = anchor(line.replace("מאוד", "מעוד"), Transcript("א", f"{line}.\nועוד.\n{line}."))
    assert found is not None
    assert (found.how, found.span, len(found.candidates)) == (How.FUZZY, None, 2)


@given(st.text("אבג דהו\u05b8\u200f\"'״–.\n🙂a", min_size=1, max_size=60), st.data())
def test_every_stretch_of_a_text_is_found_literally_at_its_place(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = text[start:end]
    found = anchor(quote, Transcript("א", text))
    if not normalise(quote):
        assert found is None
        return
    assert found is not None
    assert found.how is How.EXACT
    assert {text[span.start : span.end] for span in found.candidates} == {quote}
    assert found.ambiguous or found.span in found.candidates


def test_a_thousand_quotes_are_anchored_in_five_seconds(shared) -> None:
    folder = shared / "samples" / "transcripts"
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt"))).replace("\r\n", "\n")
    text = text[:60_000]
    long = Transcript("ישיבה", text)
    pieces = [Span(start, start + 200) for start in range(0, 50_000, 50)]
    begun = time.process_time()
    for span in pieces:
        assert anchor(long.quote(span), long) is not None
        assert anchor(long.quote(span).replace(" ", "\u200f  "), long) is not None
    assert time.process_time() - begun < 5
