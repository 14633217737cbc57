"""How much is done, by whom and how: grouped counts that an index answers, without reading a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from autocoder.project import Action, Mode
from autocoder.store import schema as t
from autocoder.store.study import Store

ANSWERS = (Action.ACCEPT, Action.REJECT, Action.CHANGE, Action.MOVE)
"""What answers a suggestion; a memo, a skip and an undo leave it as it is."""
KEEPS = (Action.ACCEPT, Action.MOVE)
TO_SUGGESTIONS = (Mode.CONFIRM, Mode.SWEEP)


@dataclass(frozen=True)
class Progress:
    """Suggestions of one code or in one transcript: answered, of these accepted, and still open."""

    name: str
    done: int = 0
    accepted: int = 0
    left: int = 0

    @property
    def all(self) -> int:
        """How many there are."""
        return self.done + self.left


def by_code(store: Store, model: str) -> tuple[Progress, ...]:
    """Return the suggestions of a model by code, the codes with most suggestions first."""
    return _progress(store, model, t.coding.c.code)


def by_transcript(store: Store, model: str) -> tuple[Progress, ...]:
    """Return the suggestions of a model by transcript, in the order in which the transcripts came."""
    found = {each.name: each for each in _progress(store, model, t.coding.c.transcript_id)}
    with store.reading() as connection:
        rows = connection.execute(sa.select(t.transcript.c.id, t.transcript.c.name).order_by(t.transcript.c.id)).all()
    return tuple(
        Progress(row.name, here.done, here.accepted, here.left)
        for row in rows
        if (here := found.get(str(row.id))) is not None
    )


def _progress(store: Store, model: str, group: sa.Column[Any]) -> tuple[Progress, ...]:
    theirs = t.coding.c.coder_id == sa.select(t.coder.c.id).where(t.coder.c.name == model).scalar_subquery()
    count = sa.select(group, sa.func.count()).where(theirs).group_by(group)
    kept = count.join_from(t.coding, t.decision, t.decision.c.id == t.coding.c.answer)
    kept = kept.where(t.coding.c.answer.is_not(None), t.decision.c.action.in_(KEEPS))
    with store.reading() as connection:
        left = _counter(connection.execute(count.where(t.coding.c.answer.is_(None))).all())
        done = _counter(connection.execute(count.where(t.coding.c.answer.is_not(None))).all())
        accepted = _counter(connection.execute(kept).all())
    names = sorted(set(left) | set(done), key=lambda name: -left[name] - done[name])
    return tuple(Progress(name, done[name], accepted[name], left[name]) for name in names)


def _counter(rows: Sequence[Any]) -> Counter[str]:
    return Counter({str(row[0]): row[1] for row in rows})


@dataclass(frozen=True)
class Work:
    """What one person decided and did not take back.

    ``tenths`` counts the answers to suggestions on cards by the time they took, in tenths of a second.
    """

    coder: str
    answered: int = 0
    accepted: int = 0
    tenths: Mapping[int, int] = field(default_factory=dict)

    @property
    def acceptance(self) -> float | None:
        """The share of answered suggestions that were accepted as they are or with other boundaries."""
        return self.accepted / self.answered if self.answered else None

    @property
    def hours(self) -> float:
        """How long the timed decisions took together."""
        return sum(tenth * count for tenth, count in self.tenths.items()) / 36_000

    @property
    def timed(self) -> int:
        """How many decisions have a time."""
        return sum(self.tenths.values())

    @property
    def pace(self) -> float | None:
        """Decisions in an hour of work; None where nothing was timed."""
        return self.timed / self.hours if self.hours else None

    @property
    def median_seconds(self) -> float | None:
        """The lower median of the seconds per decision; None where nothing was timed."""
        seen = 0
        for tenth in sorted(self.tenths):
            seen += self.tenths[tenth]
            if 2 * seen >= self.timed:
                return tenth / 10
        return None


def work(store: Store) -> dict[str, Work]:
    """Return what each person did, by name; decisions that were taken back do not count."""
    d, undo = t.decision, t.decision.alias("undo")
    tenth = sa.cast(sa.func.round(d.c.seconds * 10), sa.Integer)
    asked = (d.c.mode.in_(TO_SUGGESTIONS), d.c.action.in_(ANSWERS))
    columns = (t.coder.c.name, d.c.mode, d.c.action, tenth.label("tenth"), sa.func.count().label("n"))
    of_all = sa.select(*columns).join_from(d, t.coder, t.coder.c.id == d.c.coder_id).where(*asked)
    of_all = of_all.group_by(t.coder.c.name, d.c.mode, d.c.action, "tenth")
    taken_back = of_all.join(undo, undo.c.undoes == d.c.id)
    with store.reading() as connection:
        rows = [(row, row.n) for row in connection.execute(of_all)]
        rows += [(row, -row.n) for row in connection.execute(taken_back)]
    tallies: dict[str, tuple[Counter[bool], Counter[int]]] = {}
    for row, n in rows:
        answers, tenths = tallies.setdefault(row.name, (Counter(), Counter()))
        answers[row.action in KEEPS] += n
        if row.mode == Mode.CONFIRM and row.tenth is not None:
            tenths[row.tenth] += n
    return {
        name: Work(name, answers.total(), answers[True], {tenth: n for tenth, n in tenths.items() if n})
        for name, (answers, tenths) in tallies.items()
    }


def latest_answers(store: Store, coder: str, count: int) -> tuple[Action, ...]:
    """Return what a person did with the last suggestions on cards, the latest first, decisions taken back left out."""
    d, undo = t.decision, t.decision.alias("undo")
    query = (
        sa.select(d.c.action)
        .where(
            d.c.coder_id == sa.select(t.coder.c.id).where(t.coder.c.name == coder).scalar_subquery(),
            d.c.mode == Mode.CONFIRM,
            d.c.action.in_(ANSWERS),
            ~sa.exists().where(undo.c.undoes == d.c.id),
        )
        .order_by(d.c.id.desc())
        .limit(count)
    )
    with store.reading() as connection:
        return tuple(Action(action) for action in connection.scalars(query))


@dataclass(frozen=True)
class Checked:
    """How often of how many: planted errors that were caught, or random passages in which a code was missed."""

    hits: int = 0
    trials: int = 0

    def __add__(self, other: Checked) -> Checked:
        return Checked(self.hits + other.hits, self.trials + other.trials)


NO_CHECKS = Checked()


def checks(store: Store, kind: Mode) -> dict[str, Checked]:
    """Return by person how the checks of a kind came out.

    A hit is, of ``planted``, an answer without the planted code; of ``random``, one that gives the passage a code; of
    ``audit``, one that takes the code away again.
    """
    query = (
        sa.select(t.coder.c.name, t.check.c.code, t.decision.c.after)
        .join(t.coder, t.coder.c.id == t.check.c.coder_id)
        .join(t.decision, t.decision.c.id == t.check.c.answer)
        .where(t.check.c.kind == kind, t.decision.c.action.in_(ANSWERS))
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    found: dict[str, Checked] = {}
    for row in rows:
        hit = bool(row.after) if kind is Mode.RANDOM else row.code not in row.after
        found[row.name] = found.get(row.name, NO_CHECKS) + Checked(int(hit), 1)
    return found


def assigned(store: Store, task: str) -> dict[str, frozenset[str]]:
    """Return the transcripts assigned to each person for a task, by name."""
    query = (
        sa.select(t.coder.c.name, t.transcript.c.name.label("transcript"))
        .join_from(t.assignment, t.coder, t.coder.c.id == t.assignment.c.coder_id)
        .join(t.transcript, t.transcript.c.id == t.assignment.c.transcript_id)
        .where(t.assignment.c.task == task)
    )
    found: dict[str, set[str]] = {}
    with store.reading() as connection:
        for row in connection.execute(query):
            found.setdefault(row.name, set()).add(row.transcript)
    return {name: frozenset(names) for name, names in found.items()}


def state(store: Store) -> tuple[int, int, int]:
    """Return numbers that change whenever a decision, an import or a pre-coded transcript comes in."""
    with store.reading() as connection:
        newest = [sa.select(sa.func.max(table.c.id)) for table in (t.decision, t.file_read, t.coding)]
        decision, file, coding = (connection.scalars(query).one() or 0 for query in newest)
    return decision, file, coding


def assignments_made(store: Store) -> tuple[int, int, int]:
    """Return numbers that change when a task is given, taken away or committed."""
    a = t.assignment.c
    query = sa.select(sa.func.coalesce(sa.func.max(a.id), 0), sa.func.count(a.id), sa.func.count(a.committed))
    with store.reading() as connection:
        newest, all_, committed = connection.execute(query).one()
    return newest, all_, committed
