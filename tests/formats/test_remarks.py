from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocoder.formats.remarks import Remark, about, describe, recall
from autocoder.project import Origin

SUGGESTED = Remark("לבדוק", Origin.AUTO, 0.83, "he-small")


def test_a_suggestion_is_one_line_above_the_memo() -> None:
    assert str(SUGGESTED) == "autocoder suggestion; score 0.83; model he-small\nלבדוק"


def test_a_person_s_memo_stands_as_it_is() -> None:
    assert describe({"שכר": Remark("נמוך"), "אתגר": Remark("נמוך")}) == "נמוך"


@pytest.mark.parametrize("comment", ["", "שורה\n\nשורה", "autocoder is a program", "autocoder suggestion: 5"])
def test_words_of_others_are_a_memo(comment: str) -> None:
    assert about(recall(comment), "שכר") == Remark(comment)


def test_each_code_of_a_selection_gets_its_own_words_back() -> None:
    said = {"א > ב": SUGGESTED, "א": Remark("שתי\nשורות"), "ג": Remark("", Origin.ADJUDICATED)}
    came = recall(describe(said))
    assert {path: about(came, path) for path in said} == said


def test_words_about_a_code_that_was_renamed_meanwhile_are_kept_as_memo() -> None:
    came = recall(describe({"שכר": Remark("נמוך"), "אתגר": Remark("קשה")}))
    assert about(came, "שכר ותנאים").memo == "נמוך\nקשה"


def test_words_added_above_a_suggestion_elsewhere_do_not_hide_it() -> None:
    came = about(recall(f"הוסיפה דנה\n{SUGGESTED}"), "שכר")
    assert (came.score, came.model, came.memo) == (0.83, "he-small", "הוסיפה דנה\nלבדוק")


@given(
    score=st.none() | st.integers(0, 100),
    model=st.text("אa -;", max_size=8).map(str.strip),
    memo=st.text("אב \n", max_size=20),
)
def test_what_is_said_comes_back(score: int | None, model: str, memo: str) -> None:
    memo = "\n".join(memo.strip().splitlines())
    said = Remark(memo, Origin.AUTO, None if score is None else score / 100, " ".join(model.split()))
    assert recall(str(said)) == (said,)
