"""Seen lines back into reading order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocoder.formats.bidi import brackets_in_place, read_line


@pytest.mark.parametrize(
    ("seen", "read"),
    [
        ("םולש", "שלום"),
        ("?2024-ב 12:30 העשב", "בשעה 12:30 ב-2024?"),
        (".OK ןכ", "כן OK."),
        ("לקש peer support specialist, 29.5 ,ירמגל", "לגמרי, peer support specialist, 29.5 שקל"),
        ("לקש 29.5 peer support ירמגל", "לגמרי 29.5 peer support שקל"),
        ("peer ,2024-ב", "ב-2024, peer"),
        ("50% טעמכ", "כמעט 50%"),
        ('(ל"הצב) ןכ', 'כן (בצה"ל)'),
        ("[00:12:34] זאו", "ואז [00:12:34]"),
        ("(peer support) הז", "זה (peer support)"),
        ("3.4.2024-ה ךיראתב", "בתאריך ה-3.4.2024"),
    ],
)
def test_a_line_from_right_to_left_is_read_as_an_eye_reads_it(seen, read):
    assert read_line(seen, mirror=True) == read


def test_brackets_that_are_stored_as_they_are_meant_stay():
    assert read_line(')ל"הצב( ןכ', mirror=False) == 'כן (בצה"ל)'
    assert brackets_in_place("כן (בצה) [לא]") == 4
    assert brackets_in_place("כן )בצה( ]לא[") == 0


def test_points_stay_on_their_letters():
    assert read_line(["ם", "ו\u05b9", "ל", "ש\u05b8\u05c1"], mirror=True) == "ש\u05b8\u05c1לו\u05b9ם"


@given(st.lists(st.sampled_from(["א", "ב", " ", ",", "(", ")", "7", "a", ":", "-", "%", "\t", "🙂"]), max_size=30))
def test_no_character_is_lost_or_made_up(cells):
    assert sorted(read_line(cells, mirror=False)) == sorted("".join(cells))
