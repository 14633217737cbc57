"""The study in its database: what an import adds, what a model suggests, and the project as a whole."""

from __future__ import annotations

import json
import os
import threading
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from autocoder.custody import keep_private
from autocoder.errors import AutocoderError
from autocoder.project import (
    Action,
    Codebook,
    Coder,
    CoderKind,
    Coding,
    CodingKey,
    Decision,
    Held,
    Memo,
    Mode,
    Origin,
    Project,
    Reason,
    Role,
    Span,
    Transcript,
    Turn,
)
from autocoder.store import schema as t
from autocoder.store.codebooks import codebook_from_json, codebook_to_json
from autocoder.store.database import LATEST, ProjectFault, address_of, connect, explained, upgrade
from autocoder.store.spoken import insert_spoken

SETTINGS = "autocoder.toml"
DATABASE = "sqlite:///project.db"
ROWS_PER_STATEMENT = 5_000
Then = Callable[[sa.Connection], None]
"""Writes something more at the end of a transaction; what it raises takes the whole transaction back."""


@dataclass(frozen=True)
class FileRead:
    """A file that was imported: its name, the SHA-256 of its bytes, when, and the project that it is an export of.

    ``codings`` are those of people that it holds; ``replaces`` is what earlier exports held and this one tells anew.
    """

    name: str
    sha256: str
    at: str
    source: str = ""
    codings: tuple[Coding, ...] = ()
    replaces: tuple[Held, ...] = ()


@dataclass(frozen=True)
class Addition:
    """What one import adds to a project; codings that are there already are left alone.

    ``described`` are transcripts that are there and get variables, speakers' variables and groups; ``removed`` are
    codings that a later export no longer holds, which go unless another file holds them; ``reworded`` are codings
    that are there and get another memo and weight.
    """

    transcripts: tuple[Transcript, ...] = ()
    coders: tuple[Coder, ...] = ()
    codings: tuple[Coding, ...] = ()
    codebook: Codebook | None = None
    change: str = ""
    at: str = ""
    files: tuple[FileRead, ...] = ()
    memos: tuple[Memo, ...] = ()
    described: tuple[Transcript, ...] = ()
    removed: tuple[CodingKey, ...] = ()
    reworded: tuple[Coding, ...] = ()


@dataclass(frozen=True)
class Margin:
    """How far a model may fall behind a coder, when that was fixed, and when figures were first shown without one.

    ``looked`` is empty when the margin was there before any figure of a model's agreement.
    """

    value: float
    at: str
    looked: str = ""


class MarginFixed(AutocoderError):
    """A second margin for a project that has one."""


@dataclass(frozen=True)
class CoderCount:
    """How much a coder has coded."""

    coder: Coder
    codings: int
    transcripts: int


@dataclass(frozen=True)
class Summary:
    """What ``autocoder status`` says, counted in the database without reading a text."""

    name: str
    codebook: str
    codebook_version: int
    codes: int
    transcripts: int
    turns: int
    speakers: int
    characters: int
    coders: tuple[CoderCount, ...]
    decisions: int
    uncoded: int


class Store:
    """An open project; close it, or use it in a ``with`` statement."""

    def __init__(self, folder: Path, name: str, engine: sa.Engine) -> None:
        self.folder = folder
        self.name = name
        self._engine = engine
        sqlite = engine.dialect.name == "sqlite"
        # PostgreSQL reads statement by statement in any case; without a transaction around them it is asked less often
        self._reader = engine if sqlite else engine.execution_options(isolation_level="AUTOCOMMIT")
        self._newest: Codebook | None = None
        self._hand = threading.local()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database, so that SQLite folds its side files away."""
        self._engine.dispose()

    @property
    def models(self) -> Path:
        """The folder of the project's own models."""
        return self.folder / "models"

    @contextmanager
    def reading(self, long: bool = False) -> Iterator[sa.Connection]:
        """Give a connection that only reads; ``long`` is for what is read row by row as it comes."""
        held: sa.Connection | None = None if long else getattr(self._hand, "connection", None)
        if held is not None:
            with explained(self.folder, self._engine):
                yield held
            return
        engine = self._engine if long else self._reader
        with explained(self.folder, self._engine), engine.connect() as connection:
            yield connection

    @contextmanager
    def at_hand(self) -> Iterator[None]:
        """Keep one connection for all that this thread reads meanwhile.

        Not on SQLite: a reader there goes on seeing the study as it was when it began, also after a write.
        """
        if self._reader is self._engine:
            yield
            return
        with self.reading() as connection:
            self._hand.connection = connection
            try:
                yield
            finally:
                self._hand.connection = None

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection whose writes are one transaction, all or nothing."""
        with explained(self.folder, self._engine), self._engine.execution_options(write=True).begin() as connection:
            yield connection

    # reading

    def codebook(self) -> Codebook:
        """Return the latest version of the codebook."""
        with self.reading() as connection:
            version = connection.scalars(sa.select(sa.func.max(t.codebook.c.version))).one()
            if self._newest is None or self._newest.version != version:  # a version never changes
                content = sa.select(t.codebook.c.content).where(t.codebook.c.version == version)
                self._newest = codebook_from_json(connection.scalars(content).one(), version)
            return self._newest

    def codebooks(self) -> tuple[Codebook, ...]:
        """Return every version of the codebook, the oldest first."""
        rows = sa.select(t.codebook.c.version, t.codebook.c.content).order_by(t.codebook.c.version)
        with self.reading() as connection:
            return tuple(codebook_from_json(content, version) for version, content in connection.execute(rows))

    def transcripts(self) -> tuple[Transcript, ...]:
        """Return the transcripts with their turns, in the order in which they came."""
        with self.reading() as connection:
            rows = connection.execute(sa.select(t.transcript).order_by(t.transcript.c.id)).all()
            turns: dict[int, list[Turn]] = {row.id: [] for row in rows}
            for turn in connection.execute(sa.select(t.turn).order_by(t.turn.c.transcript_id, t.turn.c.number)):
                span = Span(turn.start, turn.end)
                turns[turn.transcript_id].append(Turn(span, turn.speaker, Role(turn.role), turn.time))
        return tuple(
            Transcript(row.name, row.text, tuple(turns[row.id]), row.variables, row.speakers, tuple(row.groups))
            for row in rows
        )

    def coders(self) -> tuple[Coder, ...]:
        """Return the coders in the order in which they came."""
        with self.reading() as connection:
            rows = connection.execute(sa.select(t.coder).order_by(t.coder.c.id))
            return tuple(Coder(row.name, CoderKind(row.kind)) for row in rows)

    def codings(self) -> tuple[Coding, ...]:
        """Return all codings by transcript and position.

        Blind coding on the review page counts once its coder commits it: before, it would tell others what they must
        not know, by way of a table of agreement, an export or a model.
        """
        query = (
            sa.select(t.coding, t.transcript.c.name.label("transcript"), t.coder.c.name.label("coder"))
            .join(t.transcript, t.transcript.c.id == t.coding.c.transcript_id)
            .join(t.coder, t.coder.c.id == t.coding.c.coder_id)
            .where(t.coding.c.made_by.is_(None) | t.coding.c.made_by.not_in(_uncommitted()))
            .order_by(t.coding.c.transcript_id, t.coding.c.start, t.coding.c.end, t.coding.c.id)
        )
        with self.reading() as connection:
            return tuple(coding_of(row) for row in connection.execute(query))

    def load(self) -> Project:
        """Return the whole project."""
        return Project(self.name, self.codebook(), self.transcripts(), self.coders(), self.codings(), self.memos())

    def uncommitted(self) -> tuple[tuple[str, str], ...]:
        """Return (coder, transcript) of the blind coding that was begun on the page and is not committed."""
        query = (
            sa.select(t.coder.c.name, t.transcript.c.name.label("transcript"))
            .join_from(t.decision, t.coder, t.coder.c.id == t.decision.c.coder_id)
            .join(t.transcript, t.transcript.c.id == t.decision.c.transcript_id)
            .where(t.decision.c.id.in_(_uncommitted()))
            .distinct()
            .order_by(t.coder.c.name, t.transcript.c.name)
        )
        with self.reading() as connection:
            return tuple((row.name, row.transcript) for row in connection.execute(query))

    def memos(self) -> tuple[Memo, ...]:
        """Return the memos in the order in which they came, without those of blind coding that is not committed."""
        query = (
            sa.select(t.memo, t.transcript.c.name.label("transcript"))
            .outerjoin(t.transcript, t.transcript.c.id == t.memo.c.transcript_id)
            .where(t.memo.c.made_by.is_(None) | t.memo.c.made_by.not_in(_uncommitted()))
            .order_by(t.memo.c.id)
        )
        with self.reading() as connection:
            return tuple(_memo_of(row) for row in connection.execute(query))

    def held(self, name: str, source: str) -> tuple[Held, ...]:
        """Return the codings that imported files of this name, or of this project of another program, held last."""
        with self.reading() as connection:
            files = {
                row.id: row
                for row in connection.execute(sa.select(t.file_read))
                if row.name.casefold() == name.casefold() or (source and row.source == source)
            }
            query = (
                sa.select(t.held, t.transcript.c.name.label("transcript"), t.coder.c.name.label("coder"))
                .join(t.transcript, t.transcript.c.id == t.held.c.transcript_id)
                .join(t.coder, t.coder.c.id == t.held.c.coder_id)
                .where(t.held.c.file_id.in_(files))
                .order_by(
                    t.held.c.transcript_id,
                    t.held.c.start,
                    t.held.c.end,
                    t.held.c.code,
                    t.held.c.file_id,
                )
            )
            return tuple(
                Held(
                    files[row.file_id].name,
                    files[row.file_id].source,
                    row.transcript,
                    Span(row.start, row.end),
                    row.code,
                    row.coder,
                    row.said,
                )
                for row in connection.execute(query)
            )

    def decisions(self) -> tuple[Decision, ...]:
        """Return the decisions in the order in which they were made."""
        query = (
            sa.select(t.decision, t.transcript.c.name.label("transcript"), t.coder.c.name.label("coder"))
            .join(t.transcript, t.transcript.c.id == t.decision.c.transcript_id)
            .join(t.coder, t.coder.c.id == t.decision.c.coder_id)
            .order_by(t.decision.c.id)
        )
        with self.reading() as connection:
            return tuple(decision_of(row) for row in connection.execute(query))

    def files(self) -> tuple[FileRead, ...]:
        """Return the files that were imported."""
        with self.reading() as connection:
            rows = connection.execute(sa.select(t.file_read).order_by(t.file_read.c.id))
            return tuple(FileRead(row.name, row.sha256, row.at, row.source) for row in rows)

    def precoded(self, coder: str) -> frozenset[str]:
        """Return the names of the transcripts that this model coder has gone through."""
        query = (
            sa.select(t.transcript.c.name)
            .join(t.precoded, t.precoded.c.transcript_id == t.transcript.c.id)
            .join(t.coder, t.coder.c.id == t.precoded.c.coder_id)
            .where(t.coder.c.name == coder)
        )
        with self.reading() as connection:
            return frozenset(connection.scalars(query))

    def margin(self) -> Margin | None:
        """Return the margin that was fixed for this project, or None."""
        with self.reading() as connection:
            return _margin(connection)

    def summary(self) -> Summary:
        """Count what is in the project."""
        codebook = self.codebook()
        with self.reading() as connection:
            transcripts, characters = connection.execute(
                sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.func.length(t.transcript.c.text)), 0))
            ).one()
            speakers = sa.select(t.turn.c.transcript_id, t.turn.c.speaker).distinct().subquery()
            humans = (
                sa.select(t.coding.c.transcript_id)
                .join(t.coder, t.coder.c.id == t.coding.c.coder_id)
                .where(t.coder.c.kind == CoderKind.HUMAN)
            )
            uncoded = sa.select(sa.func.count()).select_from(t.transcript).where(t.transcript.c.id.not_in(humans))
            return Summary(
                name=self.name,
                codebook=codebook.name,
                codebook_version=codebook.version,
                codes=len(codebook),
                transcripts=transcripts,
                characters=characters,
                turns=_count(connection, t.turn),
                speakers=_count(connection, speakers),
                coders=_coder_counts(connection),
                decisions=_count(connection, t.decision),
                uncoded=connection.scalars(uncoded).one(),
            )

    # writing

    def add(self, addition: Addition, then: Then | None = None) -> int:
        """Add what an import brought, in one transaction with what ``then`` writes; return how many codings are new."""
        if addition == Addition(at=addition.at) and then is None:
            return 0
        with self.writing() as connection:
            if addition.codebook is not None:
                insert_codebook(connection, addition.codebook, addition.change, addition.at)
            _insert_transcripts(connection, addition.transcripts)
            _describe_transcripts(connection, addition.described)
            _insert_coders(connection, addition.coders)
            _forget_held(connection, [held for file in addition.files for held in file.replaces])
            _delete_codings(connection, addition.removed)
            added = _insert_codings(connection, addition.codings)
            _reword_codings(connection, addition.reworded)
            _insert_files(connection, addition.files)
            _insert_memos(connection, addition.memos)
            if then is not None:
                then(connection)
        return added

    def add_suggestions(self, coder: Coder, transcript: str, codings: Sequence[Coding]) -> None:
        """Replace what this model coder suggested for a transcript, and remember that it is done.

        A suggestion that a person has answered stays, since a decision is about it.
        """
        with self.writing() as connection:
            _insert_coders(connection, [coder])
            coder_id = _ids(connection, t.coder)[coder.name]
            transcript_id = _ids(connection, t.transcript)[transcript]
            mine = (t.coding.c.coder_id == coder_id) & (t.coding.c.transcript_id == transcript_id)
            connection.execute(sa.delete(t.coding).where(mine, t.coding.c.answer.is_(None)))
            _insert_codings(connection, codings)
            done = (t.precoded.c.coder_id == coder_id) & (t.precoded.c.transcript_id == transcript_id)
            connection.execute(sa.delete(t.precoded).where(done))
            connection.execute(sa.insert(t.precoded).values(coder_id=coder_id, transcript_id=transcript_id))

    def look(self, at: str, margin: float | None) -> Margin | None:
        """Note, before a model's agreement is shown, that it is looked at, and fix the margin if it is the first one.

        Return the margin that holds. Raise MarginFixed, and note nothing, when another one was fixed before.
        """
        with self.writing() as connection:
            fixed = _margin(connection)
            if fixed is not None and margin not in (None, fixed.value):
                raise MarginFixed(
                    f"the margin {fixed.value:g} was fixed for {self.name} on {fixed.at[:10]}, and one chosen after "
                    "looking at the figures proves nothing; leave --margin out."
                )
            seen = _count(connection, t.agreement_look)
            if fixed is None and (margin is not None or not seen):
                connection.execute(sa.insert(t.agreement_look).values(at=at, margin=margin))
            return _margin(connection)

    def record(self, decision: Decision) -> int:
        """Append a decision and return its id; there is no way to change one."""
        with self.writing() as connection:
            return insert_decision(connection, decision)


def create(folder: Path, name: str, codebook: Codebook, at: str, database: str = DATABASE) -> Store:
    """Make a new project in ``folder``; raise ProjectFault when one is there already.

    A password in the address of the database serves now and is not kept.
    """
    if (folder / SETTINGS).exists():
        raise ProjectFault(f"{folder} is a project already; choose another folder or go on with this one.")
    if (folder / "project.db").exists():
        raise ProjectFault(f"{folder} holds a project.db that belongs to no project; move it away first.")
    engine = connect(folder, database)
    try:
        with explained(folder, engine):
            _refuse_used(folder, engine)
            _make_folder(folder)
            if engine.dialect.name == "sqlite":
                (folder / "project.db").touch(mode=0o600)  # its side files take over its rights
            upgrade(engine)
    except AutocoderError:
        engine.dispose()
        raise
    store = Store(folder, name, engine)
    with store.writing() as connection:
        insert_codebook(connection, codebook, f"started from {codebook.name}", at)
    partial = folder / f"{SETTINGS}.partial"
    kept = address_of(database).set(password=None).render_as_string()
    quoted = json.dumps(name, ensure_ascii=False)
    partial.write_text(f"# An autocoder project.\nname = {quoted}\ndatabase = {json.dumps(kept)}\n", encoding="utf-8")
    keep_private(partial)
    os.replace(partial, folder / SETTINGS)  # the folder is a project from here on
    return store


def _refuse_used(folder: Path, engine: sa.Engine) -> None:
    """Refuse a database of PostgreSQL that holds something already; SQLite's is a file in the folder."""
    if engine.dialect.name == "postgresql" and sa.inspect(engine).get_table_names():
        where = f"{engine.url.database} on {engine.url.host or 'this computer'}"
        raise ProjectFault(f"{folder}: the database {where} holds tables already; give the project an empty one.")


def _make_folder(folder: Path) -> None:
    """Make the folder, for its owner alone; one that holds other things already keeps its rights."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            keep_private(folder)
    except OSError as fault:
        raise ProjectFault(f"{folder} cannot be made ({fault.strerror}); choose another place.") from None


def open_project(folder: Path) -> Store:
    """Open the project in ``folder``, bringing its database up to date; raise ProjectFault when it is none."""
    path = folder / SETTINGS
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ProjectFault(f"{folder} is no autocoder project; make one with: autocoder new {folder}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ProjectFault(f"{path} cannot be read ({fault}); mend that line and save it as UTF-8.") from None
    engine = connect(folder, settings.get("database", DATABASE))
    if engine.url.database and engine.dialect.name == "sqlite" and not Path(engine.url.database).is_file():
        raise ProjectFault(f"{folder}: project.db is missing; restore it from a copy.")
    try:
        with explained(folder, engine), engine.connect() as connection:
            revision = connection.scalars(sa.select(t.revision.c.version_num)).first()
    except ProjectFault:
        engine.dispose()
        raise
    if revision is None or revision > LATEST:
        engine.dispose()
        raise ProjectFault(f"{folder} was made by a newer autocoder ({revision}); install that version.")
    if revision < LATEST:
        upgrade(engine)
    return Store(folder, str(settings.get("name", folder.name)), engine)


def _uncommitted() -> sa.Select[tuple[Any]]:
    """The query of the decisions of blind coding that is not committed."""
    return (
        sa.select(t.decision.c.id)
        .join(
            t.assignment,
            (t.assignment.c.coder_id == t.decision.c.coder_id)
            & (t.assignment.c.transcript_id == t.decision.c.transcript_id),
        )
        .where(t.decision.c.mode == Mode.BLIND, t.assignment.c.task == "blind", t.assignment.c.committed.is_(None))
    )


def _margin(connection: sa.Connection) -> Margin | None:
    rows = connection.execute(sa.select(t.agreement_look).order_by(t.agreement_look.c.id)).all()
    fixed = [row for row in rows if row.margin is not None]
    if not fixed:
        return None
    return Margin(fixed[0].margin, fixed[0].at, "" if fixed[0] is rows[0] else rows[0].at)


def _count(connection: sa.Connection, table: sa.FromClause) -> int:
    return connection.scalars(sa.select(sa.func.count()).select_from(table)).one()


def _ids(connection: sa.Connection, table: sa.Table) -> dict[str, int]:
    return {row.name: row.id for row in connection.execute(sa.select(table.c.name, table.c.id))}


def _coder_counts(connection: sa.Connection) -> tuple[CoderCount, ...]:
    query = (
        sa.select(
            t.coder.c.name,
            t.coder.c.kind,
            sa.func.count(t.coding.c.id),
            sa.func.count(sa.distinct(t.coding.c.transcript_id)),
        )
        .outerjoin(t.coding, t.coding.c.coder_id == t.coder.c.id)
        .group_by(t.coder.c.id, t.coder.c.name, t.coder.c.kind)
        .order_by(t.coder.c.id)
    )
    return tuple(CoderCount(Coder(name, CoderKind(kind)), n, m) for name, kind, n, m in connection.execute(query))


def insert_codebook(connection: sa.Connection, codebook: Codebook, change: str, at: str) -> None:
    """Add a version of the codebook in a transaction that is under way."""
    values = {"version": codebook.version, "at": at, "change": change, "content": codebook_to_json(codebook)}
    connection.execute(sa.insert(t.codebook).values(**values))


def _insert_transcripts(connection: sa.Connection, transcripts: Iterable[Transcript]) -> None:
    for transcript in transcripts:
        transcript_id = connection.scalars(
            sa.insert(t.transcript)
            .values(
                name=transcript.name,
                text=transcript.text,
                sha256=transcript.sha256,
                variables=dict(transcript.variables),
                speakers={name: dict(variables) for name, variables in transcript.speakers.items()},
                groups=list(transcript.groups),
            )
            .returning(t.transcript.c.id)
        ).one()
        rows = [_turn_row(transcript_id, n, turn) for n, turn in enumerate(transcript.turns)]
        if rows:
            connection.execute(sa.insert(t.turn), rows)
        insert_spoken(connection, transcript_id, transcript)


def _describe_transcripts(connection: sa.Connection, transcripts: Iterable[Transcript]) -> None:
    for transcript in transcripts:
        speakers = {name: dict(variables) for name, variables in transcript.speakers.items()}
        values = {"variables": dict(transcript.variables), "speakers": speakers, "groups": list(transcript.groups)}
        connection.execute(sa.update(t.transcript).where(t.transcript.c.name == transcript.name).values(**values))


def _turn_row(transcript_id: int, number: int, turn: Turn) -> dict[str, Any]:
    span = {"start": turn.span.start, "end": turn.span.end}
    rest = {"speaker": turn.speaker, "role": turn.role.value, "time": turn.time}
    return {"transcript_id": transcript_id, "number": number} | span | rest


def _insert_coders(connection: sa.Connection, coders: Iterable[Coder]) -> None:
    kinds = {row.name: row.kind for row in connection.execute(sa.select(t.coder.c.name, t.coder.c.kind))}
    for coder in coders:
        if coder.name not in kinds:
            connection.execute(sa.insert(t.coder).values(name=coder.name, kind=coder.kind.value))
            kinds[coder.name] = coder.kind.value
        elif kinds[coder.name] != coder.kind.value:
            raise ProjectFault(
                f"{coder.name} is known as a {kinds[coder.name]} coder; give the other one another name."
            )


def _insert_codings(connection: sa.Connection, codings: Iterable[Coding]) -> int:
    """Insert the codings that are not there yet and return their number."""
    transcripts, coders = _ids(connection, t.transcript), _ids(connection, t.coder)
    codings = tuple(codings)
    there: set[tuple[Any, ...]] = set()
    for transcript_id in {transcripts[coding.transcript] for coding in codings}:
        known = sa.select(*_key_columns()).where(t.coding.c.transcript_id == transcript_id)
        there.update(tuple(row) for row in connection.execute(known))
    rows = []
    for coding in codings:
        identity = (transcripts[coding.transcript], *_edges(coding.span), coding.code, coders[coding.coder])
        if identity not in there:
            there.add(identity)
            rows.append(coding_row(coding, identity))
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        connection.execute(sa.insert(t.coding), rows[start : start + ROWS_PER_STATEMENT])
    return len(rows)


def _insert_files(connection: sa.Connection, files: Iterable[FileRead]) -> None:
    transcripts, coders = _ids(connection, t.transcript), _ids(connection, t.coder)
    for file in files:
        values = {"name": file.name, "sha256": file.sha256, "at": file.at, "source": file.source}
        file_id = connection.scalars(sa.insert(t.file_read).values(**values).returning(t.file_read.c.id)).one()
        held = {coding.key: coding.said for coding in file.codings}
        rows = [_place(key, transcripts, coders) | {"file_id": file_id, "said": said} for key, said in held.items()]
        for start in range(0, len(rows), ROWS_PER_STATEMENT):
            connection.execute(sa.insert(t.held), rows[start : start + ROWS_PER_STATEMENT])


def _place(key: CodingKey, transcripts: Mapping[str, int], coders: Mapping[str, int]) -> dict[str, Any]:
    transcript, span, code, coder = key
    edges = {"start": span.start, "end": span.end}
    return {"transcript_id": transcripts[transcript], "code": code, "coder_id": coders[coder]} | edges


def _at_place(table: sa.Table) -> sa.ColumnElement[bool]:
    """The condition on a coding's key, its values to be bound by the names of the columns."""
    columns = ("transcript_id", "start", "end", "code", "coder_id")
    return sa.and_(*(table.c[column] == sa.bindparam(f"at_{column}") for column in columns))


def _bound(place: Mapping[str, Any]) -> dict[str, Any]:
    return {f"at_{column}": value for column, value in place.items()}


def _forget_held(connection: sa.Connection, held: Sequence[Held]) -> None:
    if not held:
        return
    transcripts, coders = _ids(connection, t.transcript), _ids(connection, t.coder)
    files: dict[tuple[str, str], list[int]] = {}
    for row in connection.execute(sa.select(t.file_read)):
        files.setdefault((row.name, row.source), []).append(row.id)
    rows = [
        _bound(_place(each.key, transcripts, coders)) | {"at_file": file_id}
        for each in held
        for file_id in files[each.file, each.source]
    ]
    connection.execute(sa.delete(t.held).where(_at_place(t.held), t.held.c.file_id == sa.bindparam("at_file")), rows)


def _delete_codings(connection: sa.Connection, keys: Sequence[CodingKey]) -> None:
    """Delete codings that no imported file holds any more."""
    if not keys:
        return
    transcripts, coders = _ids(connection, t.transcript), _ids(connection, t.coder)
    still = sa.exists().where(*(t.held.c[column.name] == column for column in _key_columns()))
    rows = [_bound(_place(key, transcripts, coders)) for key in keys]
    connection.execute(sa.delete(t.coding).where(_at_place(t.coding), ~still), rows)


def _key_columns() -> tuple[sa.Column[Any], ...]:
    return (
        t.coding.c.transcript_id,
        t.coding.c.start,
        t.coding.c.end,
        t.coding.c.code,
        t.coding.c.coder_id,
    )


def _reword_codings(connection: sa.Connection, codings: Sequence[Coding]) -> None:
    if not codings:
        return
    transcripts, coders = _ids(connection, t.transcript), _ids(connection, t.coder)
    rows = [
        _bound(_place(coding.key, transcripts, coders)) | {"new_memo": coding.memo, "new_weight": coding.weight}
        for coding in codings
    ]
    values: dict[str, Any] = {"memo": sa.bindparam("new_memo"), "weight": sa.bindparam("new_weight")}
    connection.execute(sa.update(t.coding).where(_at_place(t.coding)).values(values), rows)


def _insert_memos(connection: sa.Connection, memos: Iterable[Memo]) -> None:
    """Insert the memos that are not there yet."""
    transcripts = _ids(connection, t.transcript)
    columns = [column for column in t.memo.c if column.name not in ("id", "made_by")]
    there = {tuple(row) for row in connection.execute(sa.select(*columns))}
    for memo in memos:
        values: dict[str, Any] = {
            "transcript_id": transcripts[memo.transcript] if memo.transcript else None,
            "start": memo.span.start if memo.span else None,
            "end": memo.span.end if memo.span else None,
            "code": memo.code,
            "title": memo.title,
            "text": memo.text,
            "author": memo.author,
            "created": memo.created,
        }
        if tuple(values.values()) not in there:
            there.add(tuple(values.values()))
            connection.execute(sa.insert(t.memo).values(**values))


def _memo_of(row: sa.Row[Any]) -> Memo:
    span = None if row.start is None else Span(row.start, row.end)
    return Memo(row.text, row.title, row.author, row.created, row.transcript or "", span, row.code)


def _edges(span: Span) -> tuple[int, int]:
    return span.start, span.end


def coding_row(coding: Coding, identity: tuple[int, int, int, str, int]) -> dict[str, Any]:
    """Return the columns of a coding; ``identity`` is its key in the database's numbers."""
    names = ("transcript_id", "start", "end", "code", "coder_id")
    return dict(zip(names, identity, strict=True)) | {
        "origin": coding.origin.value,
        "score": coding.score,
        "memo": coding.memo,
        "created": coding.created,
        "codebook_version": coding.codebook_version,
        "weight": coding.weight,
    }


def coding_of(row: sa.Row[Any]) -> Coding:
    """Return the coding in a row that also names its ``transcript`` and its ``coder``."""
    return Coding(
        transcript=row.transcript,
        span=Span(row.start, row.end),
        code=row.code,
        coder=row.coder,
        origin=Origin(row.origin),
        score=row.score,
        memo=row.memo,
        created=row.created,
        codebook_version=row.codebook_version,
        weight=row.weight,
    )


def insert_where_new(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> int:
    """Insert a row unless one with its key is there, in a transaction that is under way; return 1 or 0."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return connection.execute(insert(table).values(**row).on_conflict_do_nothing()).rowcount


def insert_decision(connection: sa.Connection, decision: Decision) -> int:
    """Append a decision in a transaction that is under way and return its id."""
    moved = decision.new_span
    values = {
        "coder_id": id_of(connection, t.coder, decision.coder),
        "at": decision.at,
        "transcript_id": id_of(connection, t.transcript, decision.transcript),
        "start": decision.span.start,
        "end": decision.span.end,
        "before": list(decision.before),
        "after": list(decision.after),
        "saw_suggestion": decision.saw_suggestion,
        "shown": list(decision.shown),
        "score": decision.score,
        "seconds": decision.seconds,
        "model": decision.model,
        "codebook_version": decision.codebook_version,
        "mode": decision.mode.value,
        "action": decision.action.value if decision.action else "",
        "new_start": moved.start if moved else None,
        "new_end": moved.end if moved else None,
        "memo": decision.memo,
        "reason": decision.reason.value if decision.reason else "",
        "undoes": decision.undoes,
        "batch": decision.batch,
    }
    added: int = connection.scalars(sa.insert(t.decision).values(**values).returning(t.decision.c.id)).one()
    return added


def id_of(connection: sa.Connection, table: sa.Table, name: str) -> int:
    """Return the id of a coder or a transcript by its name.

    Neither is ever renamed or deleted, so a connection remembers what it read; not what a transaction wrote, which may
    be taken back.
    """
    known: dict[tuple[str, str], int] = connection.info.setdefault("ids", {})
    found = known.get((table.name, name))
    if found is None:
        found = connection.scalars(sa.select(table.c.id).where(table.c.name == name)).one()
        if not connection.get_execution_options().get("write"):
            known[table.name, name] = found
    return found


def decision_of(row: sa.Row[Any]) -> Decision:
    """Return the decision in a row that also names its ``transcript`` and its ``coder``."""
    return Decision(
        coder=row.coder,
        at=row.at,
        transcript=row.transcript,
        span=Span(row.start, row.end),
        before=tuple(row.before),
        after=tuple(row.after),
        saw_suggestion=row.saw_suggestion,
        shown=tuple(row.shown),
        score=row.score,
        seconds=row.seconds,
        model=row.model,
        codebook_version=row.codebook_version,
        mode=Mode(row.mode),
        action=Action(row.action) if row.action else None,
        new_span=None if row.new_start is None else Span(row.new_start, row.new_end),
        memo=row.memo,
        reason=Reason(row.reason) if row.reason else None,
        undoes=row.undoes,
        batch=row.batch,
        id=row.id,
    )
