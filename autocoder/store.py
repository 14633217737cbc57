"""A project at rest: a folder with ``autocoder.toml`` and a database. The only SQL of the package.

SQLite by default, in write-ahead mode with foreign keys on; writers take their lock at once and wait for one another.
Reading never changes ``project.db``; a write is one transaction, all or nothing.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from autocoder.errors import AutocoderError
from autocoder.project import (
    Code,
    Codebook,
    Coder,
    CoderKind,
    Coding,
    CodingKey,
    Decision,
    Exclusion,
    Held,
    Memo,
    Origin,
    Project,
    Role,
    Span,
    Transcript,
    Turn,
)

SETTINGS = "autocoder.toml"
DATABASE = "sqlite:///project.db"
LATEST = "0003"
BUSY_MILLISECONDS = 15_000
_ROWS_PER_STATEMENT = 5_000

_schema = sa.MetaData()
_codebook = sa.Table(
    "codebook",
    _schema,
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("at", sa.String),
    sa.Column("change", sa.Text),
    sa.Column("content", sa.JSON),
)
_transcript = sa.Table(
    "transcript",
    _schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String),
    sa.Column("text", sa.Text),
    sa.Column("sha256", sa.String),
    sa.Column("variables", sa.JSON),
    sa.Column("speakers", sa.JSON),
    sa.Column("groups", sa.JSON),
)
_turn = sa.Table(
    "turn",
    _schema,
    sa.Column("transcript_id", sa.Integer, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("start", sa.Integer),
    sa.Column("end", sa.Integer),
    sa.Column("speaker", sa.String),
    sa.Column("role", sa.String),
    sa.Column("time", sa.Float),
)
_coder = sa.Table(
    "coder",
    _schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String),
    sa.Column("kind", sa.String),
)
_coding = sa.Table(
    "coding",
    _schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("transcript_id", sa.Integer),
    sa.Column("start", sa.Integer),
    sa.Column("end", sa.Integer),
    sa.Column("code", sa.String),
    sa.Column("coder_id", sa.Integer),
    sa.Column("origin", sa.String),
    sa.Column("score", sa.Float),
    sa.Column("memo", sa.Text),
    sa.Column("created", sa.String),
    sa.Column("codebook_version", sa.Integer),
    sa.Column("weight", sa.Float),
)
_decision = sa.Table(
    "decision",
    _schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("coder_id", sa.Integer),
    sa.Column("at", sa.String),
    sa.Column("transcript_id", sa.Integer),
    sa.Column("start", sa.Integer),
    sa.Column("end", sa.Integer),
    sa.Column("before", sa.JSON),
    sa.Column("after", sa.JSON),
    sa.Column("saw_suggestion", sa.Boolean),
    sa.Column("shown", sa.JSON),
    sa.Column("score", sa.Float),
    sa.Column("seconds", sa.Float),
    sa.Column("model", sa.String),
    sa.Column("codebook_version", sa.Integer),
)
_file_read = sa.Table(
    "file_read",
    _schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String),
    sa.Column("sha256", sa.String),
    sa.Column("at", sa.String),
    sa.Column("source", sa.String),
)
_held = sa.Table(
    "held",
    _schema,
    sa.Column("file_id", sa.Integer, primary_key=True),
    sa.Column("transcript_id", sa.Integer, primary_key=True),
    sa.Column("start", sa.Integer, primary_key=True),
    sa.Column("end", sa.Integer, primary_key=True),
    sa.Column("code", sa.String, primary_key=True),
    sa.Column("coder_id", sa.Integer, primary_key=True),
    sa.Column("said", sa.String),
)
_memo = sa.Table(
    "memo",
    _schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("transcript_id", sa.Integer),
    sa.Column("start", sa.Integer),
    sa.Column("end", sa.Integer),
    sa.Column("code", sa.String),
    sa.Column("title", sa.Text),
    sa.Column("text", sa.Text),
    sa.Column("author", sa.String),
    sa.Column("created", sa.String),
)
_precoded = sa.Table(
    "precoded",
    _schema,
    sa.Column("coder_id", sa.Integer, primary_key=True),
    sa.Column("transcript_id", sa.Integer, primary_key=True),
)
_revision = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String))


class ProjectFault(AutocoderError):
    """A folder that is no project, or a project that cannot be opened or written."""


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
    def _reading(self) -> Iterator[sa.Connection]:
        with _explained(self.folder), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with _explained(self.folder), self._engine.execution_options(write=True).begin() as connection:
            yield connection

    # reading

    def codebook(self) -> Codebook:
        """Return the latest version of the codebook."""
        newest = sa.select(_codebook.c.version, _codebook.c.content).order_by(_codebook.c.version.desc()).limit(1)
        with self._reading() as connection:
            version, content = connection.execute(newest).one()
        return codebook_from_json(content, version)

    def transcripts(self) -> tuple[Transcript, ...]:
        """Return the transcripts with their turns, in the order in which they came."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(_transcript).order_by(_transcript.c.id)).all()
            turns: dict[int, list[Turn]] = {row.id: [] for row in rows}
            for turn in connection.execute(sa.select(_turn).order_by(_turn.c.transcript_id, _turn.c.number)):
                span = Span(turn.start, turn.end)
                turns[turn.transcript_id].append(Turn(span, turn.speaker, Role(turn.role), turn.time))
        return tuple(
            Transcript(row.name, row.text, tuple(turns[row.id]), row.variables, row.speakers, tuple(row.groups))
            for row in rows
        )

    def coders(self) -> tuple[Coder, ...]:
        """Return the coders in the order in which they came."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(_coder).order_by(_coder.c.id))
            return tuple(Coder(row.name, CoderKind(row.kind)) for row in rows)

    def codings(self) -> tuple[Coding, ...]:
        """Return all codings by transcript and position."""
        query = (
            sa.select(_coding, _transcript.c.name.label("transcript"), _coder.c.name.label("coder"))
            .join(_transcript, _transcript.c.id == _coding.c.transcript_id)
            .join(_coder, _coder.c.id == _coding.c.coder_id)
            .order_by(_coding.c.transcript_id, _coding.c.start, _coding.c.end, _coding.c.id)
        )
        with self._reading() as connection:
            return tuple(_coding_of(row) for row in connection.execute(query))

    def load(self) -> Project:
        """Return the whole project."""
        return Project(self.name, self.codebook(), self.transcripts(), self.coders(), self.codings(), self.memos())

    def memos(self) -> tuple[Memo, ...]:
        """Return the memos in the order in which they came."""
        query = (
            sa.select(_memo, _transcript.c.name.label("transcript"))
            .outerjoin(_transcript, _transcript.c.id == _memo.c.transcript_id)
            .order_by(_memo.c.id)
        )
        with self._reading() as connection:
            return tuple(_memo_of(row) for row in connection.execute(query))

    def held(self, name: str, source: str) -> tuple[Held, ...]:
        """Return the codings that imported files of this name, or of this project of another program, held last."""
        with self._reading() as connection:
            files = {
                row.id: row
                for row in connection.execute(sa.select(_file_read))
                if row.name.casefold() == name.casefold() or (source and row.source == source)
            }
            query = (
                sa.select(_held, _transcript.c.name.label("transcript"), _coder.c.name.label("coder"))
                .join(_transcript, _transcript.c.id == _held.c.transcript_id)
                .join(_coder, _coder.c.id == _held.c.coder_id)
                .where(_held.c.file_id.in_(files))
                .order_by(_held.c.transcript_id, _held.c.start, _held.c.end, _held.c.code, _held.c.file_id)
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
            sa.select(_decision, _transcript.c.name.label("transcript"), _coder.c.name.label("coder"))
            .join(_transcript, _transcript.c.id == _decision.c.transcript_id)
            .join(_coder, _coder.c.id == _decision.c.coder_id)
            .order_by(_decision.c.id)
        )
        with self._reading() as connection:
            return tuple(_decision_of(row) for row in connection.execute(query))

    def files(self) -> tuple[FileRead, ...]:
        """Return the files that were imported."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(_file_read).order_by(_file_read.c.id))
            return tuple(FileRead(row.name, row.sha256, row.at, row.source) for row in rows)

    def precoded(self, coder: str) -> frozenset[str]:
        """Return the names of the transcripts that this model coder has gone through."""
        query = (
            sa.select(_transcript.c.name)
            .join(_precoded, _precoded.c.transcript_id == _transcript.c.id)
            .join(_coder, _coder.c.id == _precoded.c.coder_id)
            .where(_coder.c.name == coder)
        )
        with self._reading() as connection:
            return frozenset(connection.scalars(query))

    def summary(self) -> Summary:
        """Count what is in the project."""
        codebook = self.codebook()
        with self._reading() as connection:
            transcripts, characters = connection.execute(
                sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.func.length(_transcript.c.text)), 0))
            ).one()
            speakers = sa.select(_turn.c.transcript_id, _turn.c.speaker).distinct().subquery()
            humans = (
                sa.select(_coding.c.transcript_id)
                .join(_coder, _coder.c.id == _coding.c.coder_id)
                .where(_coder.c.kind == CoderKind.HUMAN)
            )
            uncoded = sa.select(sa.func.count()).select_from(_transcript).where(_transcript.c.id.not_in(humans))
            return Summary(
                name=self.name,
                codebook=codebook.name,
                codebook_version=codebook.version,
                codes=len(codebook),
                transcripts=transcripts,
                characters=characters,
                turns=_count(connection, _turn),
                speakers=_count(connection, speakers),
                coders=_coder_counts(connection),
                decisions=_count(connection, _decision),
                uncoded=connection.scalars(uncoded).one(),
            )

    # writing

    def add(self, addition: Addition) -> int:
        """Add what an import brought, in one transaction, and return the number of codings that are new."""
        if addition == Addition(at=addition.at):
            return 0
        with self._writing() as connection:
            if addition.codebook is not None:
                _insert_codebook(connection, addition.codebook, addition.change, addition.at)
            _insert_transcripts(connection, addition.transcripts)
            _describe_transcripts(connection, addition.described)
            _insert_coders(connection, addition.coders)
            _forget_held(connection, [held for file in addition.files for held in file.replaces])
            _delete_codings(connection, addition.removed)
            added = _insert_codings(connection, addition.codings)
            _reword_codings(connection, addition.reworded)
            _insert_files(connection, addition.files)
            _insert_memos(connection, addition.memos)
        return added

    def add_suggestions(self, coder: Coder, transcript: str, codings: Sequence[Coding]) -> None:
        """Replace what this model coder suggested for a transcript, and remember that it is done."""
        with self._writing() as connection:
            _insert_coders(connection, [coder])
            coder_id = _ids(connection, _coder)[coder.name]
            transcript_id = _ids(connection, _transcript)[transcript]
            mine = (_coding.c.coder_id == coder_id) & (_coding.c.transcript_id == transcript_id)
            connection.execute(sa.delete(_coding).where(mine))
            _insert_codings(connection, codings)
            done = (_precoded.c.coder_id == coder_id) & (_precoded.c.transcript_id == transcript_id)
            connection.execute(sa.delete(_precoded).where(done))
            connection.execute(sa.insert(_precoded).values(coder_id=coder_id, transcript_id=transcript_id))

    def record(self, decision: Decision) -> None:
        """Append a decision; there is no way to change one."""
        values = asdict(decision)
        with self._writing() as connection:
            values["coder_id"] = _ids(connection, _coder)[values.pop("coder")]
            values["transcript_id"] = _ids(connection, _transcript)[values.pop("transcript")]
            span = values.pop("span")
            connection.execute(sa.insert(_decision).values(**values, start=span["start"], end=span["end"]))


def create(folder: Path, name: str, codebook: Codebook, at: str) -> Store:
    """Make a new project in ``folder``; raise ProjectFault when one is there already."""
    if (folder / SETTINGS).exists():
        raise ProjectFault(f"{folder} is a project already; choose another folder or go on with this one.")
    if (folder / "project.db").exists():
        raise ProjectFault(f"{folder} holds a project.db that belongs to no project; move it away first.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise ProjectFault(f"{folder} cannot be made ({fault.strerror}); choose another place.") from None
    engine = _engine(folder, DATABASE)
    with _explained(folder):
        _upgrade(engine)
    store = Store(folder, name, engine)
    with store._writing() as connection:
        _insert_codebook(connection, codebook, f"started from {codebook.name}", at)
    partial = folder / f"{SETTINGS}.partial"
    quoted = json.dumps(name, ensure_ascii=False)
    partial.write_text(f'# An autocoder project.\nname = {quoted}\ndatabase = "{DATABASE}"\n', encoding="utf-8")
    os.replace(partial, folder / SETTINGS)  # the folder is a project from here on
    return store


def open_project(folder: Path) -> Store:
    """Open the project in ``folder``, bringing its database up to date; raise ProjectFault when it is none."""
    path = folder / SETTINGS
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ProjectFault(f"{folder} is no autocoder project; make one with: autocoder new {folder}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ProjectFault(f"{path} cannot be read ({fault}); mend that line and save it as UTF-8.") from None
    engine = _engine(folder, settings.get("database", DATABASE))
    if engine.url.database and engine.dialect.name == "sqlite" and not Path(engine.url.database).is_file():
        raise ProjectFault(f"{folder}: project.db is missing; restore it from a copy.")
    try:
        with _explained(folder), engine.connect() as connection:
            revision = connection.scalars(sa.select(_revision.c.version_num)).first()
    except ProjectFault:
        engine.dispose()
        raise
    if revision is None or revision > LATEST:
        engine.dispose()
        raise ProjectFault(f"{folder} was made by a newer autocoder ({revision}); install that version.")
    if revision < LATEST:
        _upgrade(engine)
    return Store(folder, str(settings.get("name", folder.name)), engine)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn what a database driver raises into one sentence, without the values that were to be stored."""
    try:
        yield
    except DBAPIError as fault:
        reason = str(fault.orig).splitlines()[0]
        remedy = "close other programs that use it, or restore project.db from a copy"
        raise ProjectFault(f"{folder}: the database cannot be used ({reason}); {remedy}.") from None


def _engine(folder: Path, url: str) -> sa.Engine:
    """Return the engine; statements in errors and logs never show their values, which are what people said."""
    address = sa.make_url(url)
    if address.get_backend_name() != "sqlite":
        try:
            return sa.create_engine(address, hide_parameters=True)
        except ModuleNotFoundError:
            raise ProjectFault('a PostgreSQL database needs: pip install "autocoder[postgres]".') from None
    path = str(folder / (address.database or "project.db"))
    engine = sa.create_engine(address.set(database=path), hide_parameters=True)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Turn off the driver's own transactions and set what SQLite leaves off."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_MILLISECONDS}", "journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    """Take the write lock at the start of a write: a lock taken midway cannot wait for another writer."""
    immediate = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _upgrade(engine: sa.Engine) -> None:
    """Bring the database to the latest form; Alembic is imported here alone, since opening rarely needs it."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    with engine.execution_options(write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _count(connection: sa.Connection, table: sa.FromClause) -> int:
    return connection.scalars(sa.select(sa.func.count()).select_from(table)).one()


def _ids(connection: sa.Connection, table: sa.Table) -> dict[str, int]:
    return {row.name: row.id for row in connection.execute(sa.select(table.c.name, table.c.id))}


def _coder_counts(connection: sa.Connection) -> tuple[CoderCount, ...]:
    query = (
        sa.select(
            _coder.c.name,
            _coder.c.kind,
            sa.func.count(_coding.c.id),
            sa.func.count(sa.distinct(_coding.c.transcript_id)),
        )
        .outerjoin(_coding, _coding.c.coder_id == _coder.c.id)
        .group_by(_coder.c.id, _coder.c.name, _coder.c.kind)
        .order_by(_coder.c.id)
    )
    return tuple(CoderCount(Coder(name, CoderKind(kind)), n, m) for name, kind, n, m in connection.execute(query))


def _insert_codebook(connection: sa.Connection, codebook: Codebook, change: str, at: str) -> None:
    values = {"version": codebook.version, "at": at, "change": change, "content": codebook_to_json(codebook)}
    connection.execute(sa.insert(_codebook).values(**values))


def _insert_transcripts(connection: sa.Connection, transcripts: Iterable[Transcript]) -> None:
    for transcript in transcripts:
        transcript_id = connection.scalars(
            sa.insert(_transcript)
            .values(
                name=transcript.name,
                text=transcript.text,
                sha256=transcript.sha256,
                variables=dict(transcript.variables),
                speakers={name: dict(variables) for name, variables in transcript.speakers.items()},
                groups=list(transcript.groups),
            )
            .returning(_transcript.c.id)
        ).one()
        rows = [_turn_row(transcript_id, n, turn) for n, turn in enumerate(transcript.turns)]
        if rows:
            connection.execute(sa.insert(_turn), rows)


def _describe_transcripts(connection: sa.Connection, transcripts: Iterable[Transcript]) -> None:
    for transcript in transcripts:
        speakers = {name: dict(variables) for name, variables in transcript.speakers.items()}
        values = {"variables": dict(transcript.variables), "speakers": speakers, "groups": list(transcript.groups)}
        connection.execute(sa.update(_transcript).where(_transcript.c.name == transcript.name).values(**values))


def _turn_row(transcript_id: int, number: int, turn: Turn) -> dict[str, Any]:
    span = {"start": turn.span.start, "end": turn.span.end}
    rest = {"speaker": turn.speaker, "role": turn.role.value, "time": turn.time}
    return {"transcript_id": transcript_id, "number": number} | span | rest


def _insert_coders(connection: sa.Connection, coders: Iterable[Coder]) -> None:
    kinds = {row.name: row.kind for row in connection.execute(sa.select(_coder.c.name, _coder.c.kind))}
    for coder in coders:
        if coder.name not in kinds:
            connection.execute(sa.insert(_coder).values(name=coder.name, kind=coder.kind.value))
            kinds[coder.name] = coder.kind.value
        elif kinds[coder.name] != coder.kind.value:
            raise ProjectFault(
                f"{coder.name} is known as a {kinds[coder.name]} coder; give the other one another name."
            )


def _insert_codings(connection: sa.Connection, codings: Iterable[Coding]) -> int:
    """Insert the codings that are not there yet and return their number."""
    transcripts, coders = _ids(connection, _transcript), _ids(connection, _coder)
    there = {tuple(row) for row in connection.execute(sa.select(*_key_columns()))}
    rows = []
    for coding in codings:
        identity = (transcripts[coding.transcript], *_edges(coding.span), coding.code, coders[coding.coder])
        if identity not in there:
            there.add(identity)
            rows.append(_coding_row(coding, identity))
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        connection.execute(sa.insert(_coding), rows[start : start + _ROWS_PER_STATEMENT])
    return len(rows)


def _insert_files(connection: sa.Connection, files: Iterable[FileRead]) -> None:
    transcripts, coders = _ids(connection, _transcript), _ids(connection, _coder)
    for file in files:
        values = {"name": file.name, "sha256": file.sha256, "at": file.at, "source": file.source}
        file_id = connection.scalars(sa.insert(_file_read).values(**values).returning(_file_read.c.id)).one()
        held = {coding.key: coding.said for coding in file.codings}
        rows = [_place(key, transcripts, coders) | {"file_id": file_id, "said": said} for key, said in held.items()]
        for start in range(0, len(rows), _ROWS_PER_STATEMENT):
            connection.execute(sa.insert(_held), rows[start : start + _ROWS_PER_STATEMENT])


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
    transcripts, coders = _ids(connection, _transcript), _ids(connection, _coder)
    files: dict[tuple[str, str], list[int]] = {}
    for row in connection.execute(sa.select(_file_read)):
        files.setdefault((row.name, row.source), []).append(row.id)
    rows = [
        _bound(_place(each.key, transcripts, coders)) | {"at_file": file_id}
        for each in held
        for file_id in files[each.file, each.source]
    ]
    connection.execute(sa.delete(_held).where(_at_place(_held), _held.c.file_id == sa.bindparam("at_file")), rows)


def _delete_codings(connection: sa.Connection, keys: Sequence[CodingKey]) -> None:
    """Delete codings that no imported file holds any more."""
    if not keys:
        return
    transcripts, coders = _ids(connection, _transcript), _ids(connection, _coder)
    still = sa.exists().where(*(_held.c[column.name] == column for column in _key_columns()))
    rows = [_bound(_place(key, transcripts, coders)) for key in keys]
    connection.execute(sa.delete(_coding).where(_at_place(_coding), ~still), rows)


def _key_columns() -> tuple[sa.Column[Any], ...]:
    return (_coding.c.transcript_id, _coding.c.start, _coding.c.end, _coding.c.code, _coding.c.coder_id)


def _reword_codings(connection: sa.Connection, codings: Sequence[Coding]) -> None:
    if not codings:
        return
    transcripts, coders = _ids(connection, _transcript), _ids(connection, _coder)
    rows = [
        _bound(_place(coding.key, transcripts, coders)) | {"new_memo": coding.memo, "new_weight": coding.weight}
        for coding in codings
    ]
    values: dict[str, Any] = {"memo": sa.bindparam("new_memo"), "weight": sa.bindparam("new_weight")}
    connection.execute(sa.update(_coding).where(_at_place(_coding)).values(values), rows)


def _insert_memos(connection: sa.Connection, memos: Iterable[Memo]) -> None:
    """Insert the memos that are not there yet."""
    transcripts = _ids(connection, _transcript)
    columns = [column for column in _memo.c if column is not _memo.c.id]
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
            connection.execute(sa.insert(_memo).values(**values))


def _memo_of(row: sa.Row[Any]) -> Memo:
    span = None if row.start is None else Span(row.start, row.end)
    return Memo(row.text, row.title, row.author, row.created, row.transcript or "", span, row.code)


def _edges(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _coding_row(coding: Coding, identity: tuple[int, int, int, str, int]) -> dict[str, Any]:
    names = ("transcript_id", "start", "end", "code", "coder_id")
    return dict(zip(names, identity, strict=True)) | {
        "origin": coding.origin.value,
        "score": coding.score,
        "memo": coding.memo,
        "created": coding.created,
        "codebook_version": coding.codebook_version,
        "weight": coding.weight,
    }


def _coding_of(row: sa.Row[Any]) -> Coding:
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


def _decision_of(row: sa.Row[Any]) -> Decision:
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
    )


def codebook_to_json(codebook: Codebook) -> dict[str, Any]:
    """Return the codebook as JSON data; :func:`codebook_from_json` is the way back."""
    return {
        "name": codebook.name,
        "exclusive": sorted(codebook.exclusive),
        "codes": [asdict(code) for code in codebook.codes],
    }


def codebook_from_json(content: Mapping[str, Any], version: int) -> Codebook:
    """Return the codebook that :func:`codebook_to_json` wrote."""
    codes = tuple(_code_of(record) for record in content["codes"])
    return Codebook(content["name"], codes, frozenset(content["exclusive"]), version)


def _code_of(record: Mapping[str, Any]) -> Code:
    lists: dict[str, Any] = {
        "include": tuple(record["include"]),
        "exclude": tuple(Exclusion(**exclusion) for exclusion in record["exclude"]),
        "aliases": tuple(record["aliases"]),
        "crosswalk": tuple((to, relation) for to, relation in record["crosswalk"]),
    }
    return Code(**{**record, **lists})
