from __future__ import annotations

import pytest

from autocoder.formats.anchor import How
from autocoder.placing import Placed, Unplaced, find_transcript, name_key, place_quotes
from autocoder.project import Quote, Span, Transcript

TEXT = (
    "מראיינת: איך זה התחיל?\n"
    "רחל: שָׁלוֹם. התחלתי לבד 🙂 בלי אף אחד.\n"
    "רחל: כן, בטח. ההנהלה תמכה בי מאוד.\n"
    "יעל: כן, בטח. אבל לא תמיד היה מי שיקשיב.\n"
)
OTHER = "דן: השכר נמוך מאוד.\n"


@pytest.fixture
def texts() -> dict[str, Transcript]:
    found = (Transcript("ריאיון 1", TEXT), Transcript("ריאיון 2", OTHER))
    return {name_key(transcript.name): transcript for transcript in found}


def quote(text: str, row: int = 2, document: str = "ריאיון 1", **more: object) -> Quote:
    return Quote(document, ("שכר",), text, "דנה", row, **more)  # type: ignore[arg-type]


def place(texts: dict[str, Transcript], *quotes: Quote) -> tuple[list[Placed], list[Unplaced]]:
    return place_quotes("t.csv", quotes, texts)


@pytest.mark.parametrize(
    "name",
    [
        "ריאיון 1",
        "ריאיון 1.DOCX",
        "Files\\\\צפון\\\\ריאיון 1",
        "צפון\\ריאיון 1.txt",
        "3: ריאיון 1",
        "D 3: ריאיון 1.docx",
        " ריאיון  1 ",
    ],
)
def test_a_transcript_is_known_however_a_program_names_it(texts: dict[str, Transcript], name: str) -> None:
    found = find_transcript(name, texts)
    assert found is not None
    assert found.name == "ריאיון 1"


@pytest.mark.parametrize("name", ["ריאיון 11", "ריאיון", "", "1"])
def test_a_name_that_is_only_near_is_no_transcript(texts: dict[str, Transcript], name: str) -> None:
    assert find_transcript(name, texts) is None


def test_a_position_is_believed_only_where_the_text_is_the_quote(texts: dict[str, Transcript]) -> None:
    words = "כן, בטח."
    second = TEXT.rindex(words)
    right = quote(words, span=Span(second, second + len(words)))
    shifted = quote("התחלתי לבד 🙂", 3, span=Span(3, 8))
    placed, unplaced = place(texts, right, shifted)
    assert [(each.span.start, each.how) for each in placed] == [
        (second, How.EXACT),
        (TEXT.index("התחלתי"), How.EXACT),
    ]
    assert unplaced == []


def test_a_text_that_was_exported_without_emoji_still_holds_its_positions(texts: dict[str, Transcript]) -> None:
    start = TEXT.index("לבד")
    (found,), _ = place(texts, quote("לבד \ufffd בלי", span=Span(start, start + 9)))
    assert TEXT[found.span.start : found.span.end] == "לבד 🙂 בלי"


def test_as_many_rows_as_places_take_one_place_each(texts: dict[str, Transcript]) -> None:
    placed, unplaced = place(texts, quote("כן, בטח.", 2), quote("כן, בטח.", 5))
    assert [each.span.start for each in placed] == [TEXT.index("כן, בטח"), TEXT.rindex("כן, בטח")]
    assert unplaced == []


def test_one_row_for_two_places_is_listed_with_both_and_never_guessed(texts: dict[str, Transcript]) -> None:
    placed, (listed,) = place(texts, quote("כן, בטח."))
    assert placed == []
    assert (listed.row, "several places" in listed.why) == ("row 2", True)
    assert [(each.paragraph, each.text) for each in listed.candidates] == [(3, "כן, בטח."), (4, "כן, בטח.")]


def test_what_is_not_there_is_listed_with_the_place_most_like_it(texts: dict[str, Transcript]) -> None:
    _, (listed,) = place(texts, quote("אבל לא תמיד מצאתי מישהו שיקשיב לי"))
    (candidate,) = listed.candidates
    assert candidate.paragraph == 4
    assert 0.6 <= candidate.score < 0.85


def test_a_row_of_an_unknown_document_is_listed_with_where_its_words_stand(texts: dict[str, Transcript]) -> None:
    _, (listed,) = place(texts, quote("השכר נמוך מאוד", document="ריאיון 9"))
    assert listed.why == "there is no transcript named ריאיון 9"
    assert [candidate.transcript for candidate in listed.candidates] == ["ריאיון 2"]


@pytest.mark.parametrize(
    ("text", "how"),
    [("שלום. התחלתי לבד", How.NORMALISED), ("התחלתי לבד ממש בלי אף אחת", How.FUZZY)],
)
def test_niqqud_and_small_differences_are_found_with_their_score(
    texts: dict[str, Transcript], text: str, how: How
) -> None:
    (found,), _ = place(texts, quote(text))
    assert found.how is how
    assert (found.score == 1.0) == (how is How.NORMALISED)


BLANKS = "\n\nרחל: הגעתי לשם בבוקר.\n\nיעל: כן, בטח.\n\n\nרחל: השכר נמוך.\nיעל: כן, בטח.\n"


@pytest.mark.parametrize(
    ("shown", "row", "line"),
    [((3, 8), 5, 5), ((1, 3), 4, 9), ((3, 8), 9, 9), ((1, 3), 2, 5)],
)
def test_a_paragraph_is_believed_as_the_other_rows_count_them(shown: tuple[int, int], row: int, line: int) -> None:
    texts = {name_key("ר"): Transcript("ר", BLANKS)}
    rows = [quote("הגעתי לשם", 2, "ר", paragraph=shown[0]), quote("השכר נמוך", 3, "ר", paragraph=shown[1])]
    placed, unplaced = place(texts, *rows, quote("כן, בטח.", 4, "ר", paragraph=row))
    assert unplaced == []
    assert BLANKS.count("\n", 0, placed[-1].span.start) + 1 == line


def test_a_paragraph_is_not_believed_where_the_other_rows_contradict_it() -> None:
    texts = {name_key("ר"): Transcript("ר", BLANKS)}
    rows = [quote("הגעתי לשם", 2, "ר", paragraph=17), quote("השכר נמוך", 3, "ר", paragraph=40)]
    placed, unplaced = place(texts, *rows, quote("כן, בטח.", 4, "ר", paragraph=9))
    assert len(placed) == 2
    assert [each.row for each in unplaced] == ["row 4"]
