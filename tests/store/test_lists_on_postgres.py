"""What is searched, listed and counted gives the same answers on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from autocoder.project import Action, Coder, CoderKind, Role
from autocoder.review.desk import Answer, Scope, answer, sweep
from autocoder.review.examples import Examples
from autocoder.review.reviewer import Reviewer
from autocoder.store import Addition, Store, create
from autocoder.store.coded import coded_blind, given_by_people
from autocoder.store.counts import Progress, by_code, by_transcript, latest_answers, state, work
from autocoder.store.search import Answered, Reader, Wish, Words, codings, sayings
from tests.review.small_study import AT, CODEBOOK, MODEL, TRANSCRIPTS, place, suggestions

DANA, LEAD = Reviewer("דנה"), Reader("דנה", leads=True)


def never() -> bool:
    return False


def said(store: Store, query: str, role: Role | None = None) -> list[str]:
    found = sayings(store, Wish(Words.of(query), role=role), 20, never)
    return [TRANSCRIPTS[row.transcript].quote(row.span) for row in found.rows]


def test_search_lists_and_counts_on_postgres(postgres: str, tmp_path: Path) -> None:
    with create(tmp_path / "p", "צוות", CODEBOOK, AT, postgres) as store:
        store.add(Addition(tuple(TRANSCRIPTS.values()), (Coder("דנה"), Coder("יוסי")), at=AT))
        for name in TRANSCRIPTS:
            store.add_suggestions(Coder(MODEL, CoderKind.MODEL), name, suggestions(name))
        assert len(said(store, "שלום")) == 1  # written with points
        assert len(said(store, "BURNOUT")) == 1
        assert len(said(store, "עמית")) == 2
        assert said(store, "מנהלת", Role.INTERVIEWER) == []
        assert said(store, "100%_") == []
        assert said(store, "'; DROP TABLE spoken; --") == []
        assert len(said(store, "לי")) == 2  # too short for the index
        for code, action in (("pay", Action.ACCEPT), ("alone", Action.REJECT)):
            card = sweep(store, DANA, Scope(code=code, transcript="קבוצה 2"))[0]
            answer(store, DANA, card.id, Answer(action, seconds=2.5), AT)
        found = codings(store, Wish(answered=Answered.ACCEPTED), LEAD, 20, never)
        assert [(row.code, row.span) for row in found.rows] == [("pay", place("קבוצה 2", "המשכורת מגיעה באיחור."))]
        assert len(codings(store, Wish(Words.of("עמית"), coder=MODEL), LEAD, 20, never).rows) == 2
        assert by_transcript(store, MODEL)[1] == Progress("קבוצה 2", 2, 1, 1)
        assert {each.name: each.left for each in by_code(store, MODEL)}["pay"] == 1
        assert work(store)["דנה"].median_seconds == 2.5
        assert latest_answers(store, "דנה", 5) == (Action.REJECT, Action.ACCEPT)
        assert len(given_by_people(store)) == 1
        assert coded_blind(store) == {}
        assert all(number > 0 for number in (state(store)[0], state(store)[2]))
        similar = Examples(store).similar_now("יוסי", "ריאיון 1", place("ריאיון 1", "המנהלת שלי יושבת"), "pay")
        assert [each.coder for each in similar.with_code] == ["דנה"]
