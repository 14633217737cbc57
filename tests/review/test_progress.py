from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from starlette.testclient import TestClient

from autocoder.agree.proportion import wilson
from autocoder.project import Action, Coding, Origin
from autocoder.review.desk import Answer, Scope, answer, next_card, undo
from autocoder.review.kept import Kept
from autocoder.review.progress import Note, note_on, percent
from autocoder.review.reviewer import Reviewer, Role
from autocoder.review.sample import agreement_with_blind
from autocoder.store import Addition, Store
from autocoder.store.assignments import Task, assign, commit_blind
from autocoder.store.counts import Checked
from tests.review.as_reviewer import ask_as
from tests.review.small_study import AT, build, place


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with build(tmp_path / "p") as made:
        yield made


def shown(client: TestClient) -> html.HtmlElement:
    answered = client.get("/progress")
    assert answered.status_code == 200
    return html.fromstring(answered.text)


def rows(page: html.HtmlElement, section: str) -> list[list[str]]:
    table = page.xpath(f'//section[@aria-labelledby="{section}"]//tbody/tr')
    return [[" ".join(cell.text_content().split()) for cell in row] for row in table]


def test_a_lead_sees_everybody_and_a_coder_only_herself(store: Store) -> None:
    for code in ("pay", "hats"):
        found = next_card(store, Reviewer("יוסי"), Scope(code=code))
        assert found is not None
        answer(store, Reviewer("יוסי"), found.id, Answer(Action.ACCEPT, seconds=3.0), AT)
    page = shown(ask_as(store, "דנה", Role.LEAD))
    by_name = {row[0]: row[1:6] for row in rows(page, "people")}
    assert by_name == {
        "דנה": ["0", "6", "אין עדיין", "אין עדיין", "אין עדיין"],
        "יוסי": ["2", "6", "1200", "3.0", "100%"],
    }
    assert [row[0] for row in rows(shown(ask_as(store, "דנה")), "people")] == ["דנה"]
    codes = {row[0]: row[1:4] for row in rows(page, "codes")}
    assert codes["תנאים ושכר"] == ["1", "1", "100%"]
    assert [row[:3] for row in rows(page, "transcripts")][1][0] == "קבוצה 2"


def test_what_is_left_is_what_is_left_in_one_s_own_transcripts(store: Store) -> None:
    assign(store, "דנה", ["קבוצה 2"], Task.CONFIRM, "יוסי", AT)
    page = shown(ask_as(store, "דנה"))
    assert rows(page, "people")[0][:3] == ["דנה", "0", "3"]


def test_without_a_model_the_page_says_what_to_do(blank: Path) -> None:
    from autocoder.store import open_project

    with open_project(blank) as empty:
        assert "אין עדיין הצעות" in ask_as(empty, "דנה").get("/progress").text


ACCEPTED, REJECTED = (Action.ACCEPT,) * 50, (Action.ACCEPT,) * 49 + (Action.REJECT,)


@pytest.mark.parametrize(
    ("latest", "planted", "note"),
    [
        (ACCEPTED, Checked(), Note.ALL),
        (ACCEPTED[:49], Checked(), None),
        (REJECTED, Checked(), None),
        (REJECTED, Checked(1, 4), Note.PLANTED),
        (ACCEPTED, Checked(1, 4), Note.PLANTED),
        (REJECTED, Checked(2, 4), None),
        (REJECTED, Checked(0, 3), None),
    ],
)
def test_a_word_is_said_of_who_accepts_everything(
    latest: tuple[Action, ...], planted: Checked, note: Note | None
) -> None:
    assert note_on(latest, planted) is note


@pytest.mark.parametrize(("share", "said"), [(0, "0%"), (0.001, "1%"), (0.5, "50%"), (0.999, "99%"), (1, "100%")])
def test_a_share_is_never_rounded_to_nothing_or_to_all(share: float, said: str) -> None:
    assert percent(share) == said


def test_the_interval_of_a_share_is_wilson_s() -> None:
    low, high = wilson(4, 50)  # Wilson 1927 by hand: (0.08 + 0.0384 +- 0.0767) / 1.0768
    assert low == pytest.approx(0.0315, abs=5e-4)
    assert high == pytest.approx(0.1884, abs=5e-4)
    with pytest.raises(ValueError, match="no share"):
        wilson(0, 0)


def blind(coder: str, code: str, words: str) -> Coding:
    return Coding("קבוצה 2", place("קבוצה 2", words), code, coder, Origin.BLIND, created=AT)


def test_agreement_is_with_the_blind_coding_of_others_once_it_is_revealed(store: Store) -> None:
    for name in ("דנה", "יוסי"):
        assign(store, name, ["קבוצה 2"], Task.BLIND, "דנה", AT)
    tired, late = "אני עייף מזה.", "המשכורת מגיעה באיחור."
    theirs = (blind("דנה", "burnout", tired), blind("דנה", "pay", late), blind("יוסי", "burnout", tired))
    store.add(Addition(codings=theirs))
    commit_blind(store, "דנה", "קבוצה 2", AT)
    assert agreement_with_blind(store) == {}
    commit_blind(store, "יוסי", "קבוצה 2", AT)
    found = agreement_with_blind(store)
    assert set(found) == {"דנה", "יוסי"}
    assert found["דנה"] == found["יוסי"]
    assert (found["דנה"].units, found["דנה"].transcripts) == (3, 1)
    assert found["דנה"].percent == pytest.approx(5 / 6)
    assert found["דנה"].kappa == pytest.approx((5 / 6 - (2 / 6 * 1 / 6 + 4 / 6 * 5 / 6)) / (1 - (2 / 36 + 20 / 36)))


def test_who_answers_suggestions_is_compared_on_those_alone(store: Store) -> None:
    dana = Reviewer("דנה")
    found = next_card(store, dana, Scope(code="pay"))
    assert found is not None
    assert found.code is not None
    store.add(Addition(codings=(Coding(found.transcript, found.span, found.code, "יוסי", Origin.BLIND, created=AT),)))
    assert "דנה" not in agreement_with_blind(store)
    answer(store, dana, found.id, Answer(Action.REJECT), AT)
    rejected = agreement_with_blind(store)["דנה"]
    assert (rejected.units, rejected.transcripts, rejected.percent) == (1, 1, 0.0)
    undo(store, dana, AT)
    answer(store, dana, found.id, Answer(Action.ACCEPT), AT)
    assert agreement_with_blind(store)["דנה"].percent == 1.0


def test_a_kept_figure_is_made_once_until_the_study_changes() -> None:
    made: list[int] = []
    version = [1]

    def make() -> int:
        made.append(version[0])
        return version[0]

    kept = Kept(make, lambda: version[0], rest=0.0)
    assert kept.now() == kept.now() == 1
    assert made == [1]
    version[0] = 2
    assert kept.now() == 2
    rested = Kept(make, lambda: version[0], rest=60.0)
    assert rested.now() == 2
    version[0] = 3
    assert rested.now() == 2


def test_a_figure_that_is_made_beside_the_page_is_there_a_little_later() -> None:
    kept = Kept(lambda: "made", lambda: 1)
    assert kept.latest() is None or kept.latest() == "made"
    for _ in range(200):
        if kept.latest() is not None:
            break
        time.sleep(0.01)
    assert kept.latest() == "made"


def test_a_figure_that_cannot_be_made_is_tried_again_and_stops_nobody() -> None:
    from autocoder.errors import AutocoderError

    tries: list[int] = []

    def fail() -> int:
        tries.append(1)
        raise AutocoderError("the database cannot be used.")

    kept = Kept(fail, lambda: 1, rest=0.0)
    for _ in range(200):
        assert kept.latest() is None
        if len(tries) > 1:
            break
        time.sleep(0.01)
    assert len(tries) > 1
