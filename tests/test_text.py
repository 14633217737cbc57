from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocoder.text import count_words, fingerprint, is_reversed, normalise, normalise_with_map, words

HEBREW = st.text(
    alphabet=st.one_of(
        st.sampled_from("אבגדהםןץשתְָּֿׁ֑־׀׃״׳\u200f\u200e\u202b\u2067\ufeff\u00ad\u00a0 \n\r\t\"'`“”„’—…"),
        st.sampled_from("שׁﬡﬢ﬩ﭏa1.?\U0001f642"),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ("שָׁלוֹם", "שלום"),
        ("צה״ל צה”ל צה''ל", 'צה"ל צה"ל צה"ל'),
        ("ג׳ורג’", "ג'ורג'"),
        ("בית־ספר", "בית-ספר"),
        ("\u200fאמר\u200e \u2067לו\u2069", "אמר לו"),
        ("ﭏהים ﬡ ﬩", "אלהים א +"),
        ("סוף׃", "סוף."),
        ("א\u00a0\r\n ב", "א ב"),
        ("אבל… — לא", "אבל... – לא"),
        ("burnout \U0001f642", "burnout \U0001f642"),
        ("דם דמים", "דם דמים"),
    ],
)
def test_what_the_model_reads(received: str, expected: str) -> None:
    assert normalise(received) == expected


@given(HEBREW)
def test_the_map_gives_the_same_text_and_leads_back(text: str) -> None:
    mapped = normalise_with_map(text)
    assert mapped.text == normalise(text)
    assert all(
        normalise(text[a:b]) or c == " " for c, a, b in zip(mapped.text, mapped.starts, mapped.ends, strict=True)
    )
    assert list(mapped.starts) == sorted(mapped.starts)


@given(HEBREW)
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_a_span_comes_back_with_its_niqqud() -> None:
    text = "הוא אמר שָׁלוֹם לכולם"
    mapped = normalise_with_map(text)
    start = mapped.text.index("שלום")
    begin, end = mapped.original(start, start + 4)
    assert text[begin:end] == "שָׁלוֹם"


def test_words_keep_what_is_inside_them() -> None:
    assert words(normalise('לצה״ל, ג׳ינג׳י בית־ספר ב-2020 ו"כן"')) == ['לצה"ל', "ג'ינג'י", "בית-ספר", "ב-2020", 'ו"כן']


def test_counts_and_fingerprints() -> None:
    assert count_words(" אחת שתיים\nשלוש ") == 3
    assert fingerprint("א") == "defba94d071a3373c27b4b15959db14a670a73a24b5fb6982c8005c912d48f42"
    assert fingerprint("א") != fingerprint("ב")


def test_hebrew_in_visual_order_is_told_by_its_final_letters() -> None:
    said = "שלום לכולם, היום נדבר על הדרך שבה אנשים עובדים בתוך הצוות, ומה קורה עם הכסף."
    assert not is_reversed(said)
    assert is_reversed(said[::-1])
    assert not is_reversed("םיקי גר כאן")
    assert not is_reversed("plain English only")
