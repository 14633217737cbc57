"""Long work that a person starts from the page: one row for each job, done by one worker at a time.

A worker that does a job says again and again that it lives; a job whose worker fell silent is taken back by any other,
to be done again or, after ``MOST_ATTEMPTS``, to be called failed. Only the worker that holds a job can end it, so a
worker that comes back from a long sleep cannot write over what another one did meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from autocoder.store import schema as t
from autocoder.store.audit import About, Deed, append
from autocoder.store.study import Store

MOST_ATTEMPTS = 3
SILENT_SECONDS = 10
"""How long a worker may say nothing before its job is taken back."""


class Kind(StrEnum):
    """What is done; an import is first read and planned, and done once somebody confirmed the plan."""

    PLAN = "plan"
    IMPORT = "import"
    TRAIN = "train"
    PRECODE = "precode"
    AGREEMENT = "agreement"
    EXPORT = "export"


_DEEDS = {
    Kind.PLAN: Deed.IMPORT,
    Kind.IMPORT: Deed.IMPORT,
    Kind.TRAIN: Deed.TRAIN,
    Kind.PRECODE: Deed.PRECODE,
    Kind.AGREEMENT: Deed.AGREEMENT,
    Kind.EXPORT: Deed.EXPORT,
}


class State(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (State.WAITING, State.RUNNING)


class Order(StrEnum):
    """What a worker that gave a sign of life is to do; LOST when the job is not its own any more."""

    GO_ON = "go on"
    CANCEL = "cancel"
    LOST = "lost"


class JobLost(Exception):
    """A worker wants to end a job that another one has taken over, or that was cancelled; nothing is written."""


@dataclass(frozen=True)
class Job:
    """A job as its row says it; ``message`` is how far it is while it runs, and the one sentence when it failed."""

    id: int
    kind: Kind
    arguments: Mapping[str, Any]
    state: State
    share: float
    message: str
    result: Mapping[str, Any]
    given_by: str
    created: str
    started: str | None
    finished: str | None
    cancel: bool
    worker: str | None
    attempts: int

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in OPEN


def add(connection: sa.Connection, kind: Kind, arguments: Mapping[str, Any], given_by: str, at: str) -> int:
    """Add a job, in a transaction that is under way, and return its id."""
    values = {
        "kind": kind.value,
        "arguments": dict(arguments),
        "state": State.WAITING.value,
        "share": 0.0,
        "message": "",
        "result": {},
        "given_by": given_by,
        "created": at,
        "cancel": False,
        "attempts": 0,
    }
    added: int = connection.scalars(sa.insert(t.job).values(**values).returning(t.job.c.id)).one()
    append(connection, given_by, _DEEDS[kind], {"job": added, "kind": kind.value, "step": "asked for"}, at)
    return added


def amend(connection: sa.Connection, job_id: int, arguments: Mapping[str, Any]) -> None:
    """Give a job that is being added other arguments, such as its own id."""
    connection.execute(sa.update(t.job).where(t.job.c.id == job_id).values(arguments=dict(arguments)))


def find(store: Store, job_id: int) -> Job | None:
    """Return a job, or None."""
    with store.reading() as connection:
        row = connection.execute(sa.select(t.job).where(t.job.c.id == job_id)).first()
    return None if row is None else _job_of(row)


def latest(store: Store, count: int) -> tuple[Job, ...]:
    """Return the jobs that were added last, the newest first, without their results."""
    columns = [column for column in t.job.c if column not in (t.job.c.result, t.job.c.arguments)]
    query = sa.select(*columns).order_by(t.job.c.id.desc()).limit(count)
    with store.reading() as connection:
        return tuple(_job_of(row) for row in connection.execute(query))


def claim(store: Store, worker: str, at: str) -> Job | None:
    """Give the job that waits longest to a worker; no two workers get the same one."""
    waiting = sa.select(t.job).where(t.job.c.state == State.WAITING.value).order_by(t.job.c.id).limit(1)
    with store.reading() as connection:
        if connection.execute(waiting.with_only_columns(t.job.c.id)).first() is None:
            return None  # without a write lock, since a worker asks every second
    with store.writing() as connection:
        row = connection.execute(waiting.with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        values = {
            "state": State.RUNNING.value,
            "worker": worker,
            "attempts": row.attempts + 1,
            "started": at,
            "heartbeat": at,
            "share": 0.0,
            "message": "",
        }
        taken = sa.update(t.job).where(t.job.c.id == row.id).values(**values).returning(t.job)
        return _job_of(connection.execute(taken).one())


def beat(store: Store, job: Job, at: str) -> Order:
    """Say that the job's worker lives, and return what it is to do."""
    with store.writing() as connection:
        signed = sa.update(t.job).where(_held(job)).values(heartbeat=at).returning(t.job.c.cancel)
        row = connection.execute(signed).first()
    if row is None:
        return Order.LOST
    return Order.CANCEL if row.cancel else Order.GO_ON


def tell(store: Store, job: Job, share: float, message: str = "") -> None:
    """Say how far a job is."""
    with store.writing() as connection:
        connection.execute(sa.update(t.job).where(_held(job)).values(share=share, message=message))


def finish(connection: sa.Connection, job: Job, result: Mapping[str, Any], about: About, at: str) -> None:
    """Call a job done, in a transaction that is under way; raise JobLost when the worker does not hold it any more.

    What the job writes in the same transaction is then taken back with it. ``about`` goes to the audit log.
    """
    values = {"state": State.DONE.value, "share": 1.0, "result": dict(result), "finished": at}
    _end(connection, job, values, {"step": "done", **about}, at)


def fail(store: Store, job: Job, sentence: str, at: str) -> None:
    """Call a job failed, with the sentence that says why and what to do; nothing when it is no longer held."""
    with store.writing() as connection:
        if _is_held(connection, job):
            _end(connection, job, {"state": State.FAILED.value, "message": sentence, "finished": at}, FAILED, at)


def stop(store: Store, job: Job, at: str) -> None:
    """Call a running job cancelled, as somebody asked; nothing when it came to its end meanwhile."""
    with store.writing() as connection:
        if _is_held(connection, job):
            _end(connection, job, {"state": State.CANCELLED.value, "finished": at}, CANCELLED, at)


def release(store: Store, job: Job) -> None:
    """Put a job back to the waiting ones because its worker is told to stop; this attempt does not count."""
    values: dict[str, Any] = {"state": State.WAITING.value, "worker": None, "attempts": t.job.c.attempts - 1}
    with store.writing() as connection:
        connection.execute(sa.update(t.job).where(_held(job)).values(**values))


def cancel(store: Store, job_id: int, who: str, at: str) -> None:
    """Cancel a job that waits, and ask the worker of one that runs to stop it."""
    with store.writing() as connection:
        row = connection.execute(sa.select(t.job).where(t.job.c.id == job_id).with_for_update()).first()
        if row is None or row.state not in OPEN or row.cancel:
            return
        values: dict[str, Any] = {"cancel": True}
        if row.state == State.WAITING:
            values |= {"state": State.CANCELLED.value, "finished": at}
        connection.execute(sa.update(t.job).where(t.job.c.id == job_id).values(**values))
        about = {"job": job_id, "kind": row.kind, "step": "cancel asked for"}
        append(connection, who, _DEEDS[Kind(row.kind)], about, at)


def take_back(store: Store, at: str) -> tuple[Job, ...]:
    """Take back the jobs of workers that fell silent, and return them as they are now."""
    before = (datetime.fromisoformat(at) - timedelta(seconds=SILENT_SECONDS)).isoformat(timespec="seconds")
    silent = (
        sa.select(t.job).where(t.job.c.state == State.RUNNING.value, t.job.c.heartbeat < before).order_by(t.job.c.id)
    )
    with store.reading() as connection:
        if connection.execute(silent.with_only_columns(t.job.c.id)).first() is None:
            return ()
    with store.writing() as connection:
        rows = connection.execute(silent.with_for_update(skip_locked=True)).all()
        return tuple(_give_up(connection, _job_of(row), at) for row in rows)


def broke_off(store: Store, job: Job, at: str) -> Job | None:
    """Put a job whose process ended without a word back to the waiting ones, or call it failed; None when it ended."""
    with store.writing() as connection:
        return _give_up(connection, job, at) if _is_held(connection, job) else None


FAILED: About = {"step": "failed"}
CANCELLED: About = {"step": "cancelled"}


def _give_up(connection: sa.Connection, job: Job, at: str) -> Job:
    if job.cancel:
        _end(connection, job, {"state": State.CANCELLED.value, "finished": at}, CANCELLED, at)
    elif job.attempts >= MOST_ATTEMPTS:
        sentence = (
            f"it was broken off {job.attempts} times without saying why, often for lack of memory; "
            "close other programs and start it again."
        )
        _end(connection, job, {"state": State.FAILED.value, "message": sentence, "finished": at}, FAILED, at)
    else:
        values: dict[str, Any] = {"state": State.WAITING.value, "worker": None}
        connection.execute(sa.update(t.job).where(_held(job)).values(**values))
    return _job_of(connection.execute(sa.select(t.job).where(t.job.c.id == job.id)).one())


def _end(connection: sa.Connection, job: Job, values: Mapping[str, Any], about: About, at: str) -> None:
    ended = connection.execute(sa.update(t.job).where(_held(job)).values(**values))
    if ended.rowcount != 1:
        raise JobLost(f"job {job.id}")
    append(connection, job.given_by, _DEEDS[job.kind], {"job": job.id, "kind": job.kind.value, **about}, at)


def _held(job: Job) -> sa.ColumnElement[bool]:
    """The condition that the job still runs in the hands of the worker that claimed it."""
    mine = (t.job.c.worker == job.worker) & (t.job.c.attempts == job.attempts)
    return (t.job.c.id == job.id) & (t.job.c.state == State.RUNNING.value) & mine


def _is_held(connection: sa.Connection, job: Job) -> bool:
    return connection.execute(sa.select(t.job.c.id).where(_held(job)).with_for_update()).first() is not None


def _job_of(row: sa.Row[Any]) -> Job:
    return Job(
        id=row.id,
        kind=Kind(row.kind),
        arguments=getattr(row, "arguments", {}),
        state=State(row.state),
        share=row.share,
        message=row.message,
        result=getattr(row, "result", {}),
        given_by=row.given_by,
        created=row.created,
        started=row.started,
        finished=row.finished,
        cancel=row.cancel,
        worker=row.worker,
        attempts=row.attempts,
    )
