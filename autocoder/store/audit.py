"""The audit log: who did what and when, each entry bound to the one before it by a hash; never what people said.

An entry's hash is the SHA-256 of its canonical JSON (keys in order, no spaces, ASCII), which holds the hash of the
entry before it; so no entry can be changed, taken out or put between without breaking the chain from there on. Entries
cut off at the end leave a whole chain: whoever noted the last hash can tell, and so do decisions that are then left
without an entry.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from autocoder.store import schema as t
from autocoder.store.study import Store

START = "0" * 64
LONGEST = 400
LOCK = 0x61756469
"""The advisory lock that entries on PostgreSQL queue for; the number is the word *audi* and means nothing else."""

About = Mapping[str, "str | int | float | bool | list[int] | None"]
"""What an entry is about: names, ids, counts and fingerprints."""


class Deed(StrEnum):
    """What is recorded."""

    SIGN_IN = "sign-in"
    SIGN_IN_REFUSED = "sign-in refused"
    SIGN_OUT = "sign-out"
    LOCKED = "account locked"
    ACCOUNT = "account"
    INVITATION = "invitation"
    SETTING = "setting"
    ASSIGNMENT = "assignment"
    COMMIT = "blind coding committed"
    CODEBOOK = "codebook"
    DECISION = "decision"
    IMPORT = "import"
    EXPORT = "export"
    TRAIN = "train"
    PRECODE = "precode"
    AGREEMENT = "agreement"
    JOB = "job"


@dataclass(frozen=True)
class Entry:
    """One line of the log; ``previous`` is the hash of the line before it."""

    id: int
    at: str
    who: str
    what: str
    about: Mapping[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True)
class Broken:
    """The first entry that does not hold, and why."""

    id: int
    why: str


@dataclass(frozen=True)
class Verdict:
    """What going through the log found.

    ``head`` is the last hash, which proves, once noted elsewhere, that nothing was cut off later; ``unrecorded`` is the
    number of decisions since the first recorded one that have no entry.
    """

    entries: int
    head: str
    broken: Broken | None
    unrecorded: int

    @property
    def whole(self) -> bool:
        """Whether every entry holds and no decision lacks its entry."""
        return self.broken is None and not self.unrecorded


def append(connection: sa.Connection, who: str, what: Deed, about: About, at: str) -> None:
    """Append an entry in the transaction that is under way; call it last, since others wait from here to its end.

    Raise ValueError for a text longer than any name, which is no business of this log.
    """
    for value in (who, *about.values()):
        if isinstance(value, str) and len(value) > LONGEST:
            raise ValueError(f"an entry of the audit log holds names and numbers, no text of {len(value)} characters")
    if connection.dialect.name == "postgresql":  # SQLite's writers have their lock already
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    previous = connection.scalars(sa.select(t.audit.c.hash).order_by(t.audit.c.id.desc()).limit(1)).first() or START
    kept = json.loads(json.dumps(about, allow_nan=False))
    digest = _hash(at, who, what, kept, previous)
    values = {"at": at, "who": who, "what": what.value, "about": kept, "previous": previous, "hash": digest}
    connection.execute(sa.insert(t.audit).values(**values))


def append_decision(connection: sa.Connection, decision_id: int, who: str, at: str) -> None:
    """Append the entry of a decision that was inserted in the same transaction: its id and its row's SHA-256."""
    row = connection.execute(sa.select(t.decision).where(t.decision.c.id == decision_id)).one()
    append(connection, who, Deed.DECISION, {"id": decision_id, "sha256": _decision_hash(row)}, at)


def entries(store: Store) -> Iterator[Entry]:
    """Yield the entries, the oldest first, without holding them all."""
    with store.reading(long=True) as connection:
        for row in _streamed(connection, sa.select(t.audit).order_by(t.audit.c.id)):
            yield Entry(row.id, row.at, row.who, row.what, row.about, row.previous, row.hash)


def rows(store: Store) -> Iterator[list[str]]:
    """Yield the log as rows of a table, the heading first."""
    yield ["id", "at", "who", "what", "about", "previous", "hash"]
    for entry in entries(store):
        about = json.dumps(entry.about, ensure_ascii=False)
        yield [str(entry.id), entry.at, entry.who, entry.what, about, entry.previous, entry.hash]


def verify(store: Store) -> Verdict:
    """Go through the whole chain and compare each recorded decision with its row."""
    head, count, seen = START, 0, set[int]()
    with store.reading(long=True) as connection:
        decisions = {row.id: _decision_hash(row) for row in _streamed(connection, sa.select(t.decision))}
    for entry in entries(store):
        if why := _fault(entry, head, decisions):
            return Verdict(count, head, Broken(entry.id, why), 0)
        if entry.what == Deed.DECISION:
            seen.add(entry.about["id"])
        head, count = entry.hash, count + 1
    first = min(seen, default=max(decisions, default=0) + 1)
    return Verdict(count, head, None, sum(1 for id_ in decisions if id_ > first and id_ not in seen))


def _fault(entry: Entry, head: str, decisions: Mapping[int, str]) -> str:
    """Return why an entry does not hold, or an empty text."""
    if entry.previous != head:
        return "the entry before it was changed, taken out or put in later"
    if entry.hash != _hash(entry.at, entry.who, entry.what, entry.about, entry.previous):
        return "it was changed after it was written"
    if entry.what == Deed.DECISION and decisions.get(entry.about["id"]) != entry.about["sha256"]:
        gone = entry.about["id"] not in decisions
        return f"decision {entry.about['id']} {'is gone' if gone else 'was changed after it was made'}"
    return ""


def _streamed(connection: sa.Connection, query: sa.Select[Any]) -> sa.CursorResult[Any]:
    return connection.execution_options(yield_per=2_000).execute(query)


def _hash(at: str, who: str, what: str, about: About, previous: str) -> str:
    return _sha256({"about": about, "at": at, "previous": previous, "what": str(what), "who": who})


def _decision_hash(row: sa.Row[Any]) -> str:
    return _sha256(dict(row._mapping))  # a column that is added later must stay out, or older entries no longer hold


def _sha256(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
