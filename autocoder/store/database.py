"""The database under a project: SQLite or PostgreSQL, its transactions, and how it is brought up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from autocoder.errors import AutocoderError

LATEST = "0004"
BUSY_MILLISECONDS = 15_000
PAUSE_SECONDS = 10.0


class ProjectFault(AutocoderError):
    """A folder that is no project, or a project that cannot be opened or written."""


@contextmanager
def explained(folder: Path, engine: sa.Engine) -> Iterator[None]:
    """Turn what a database driver raises into one sentence, without the values that were to be stored."""
    try:
        yield
    except DBAPIError as fault:
        reason = str(fault.orig).splitlines()[0]
        remedy = "close other programs that use it, or restore project.db from a copy"
        if engine.dialect.name == "postgresql":
            remedy = "see that PostgreSQL runs there, and that PGPASSWORD or the file .pgpass holds the password"
        raise ProjectFault(f"{folder}: the database cannot be used ({reason}); {remedy}.") from None


def address_of(url: str) -> sa.URL:
    """Return the address of a database, PostgreSQL's always with psycopg 3; raise ProjectFault for any other kind."""
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # its message repeats the address, password and all
        raise ProjectFault("that is no address of a database; write postgresql://USER@HOST/DATABASE.") from None
    if address.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return address.set(drivername="postgresql+psycopg")
    if address.drivername == "sqlite":
        return address
    raise ProjectFault(f"{address.drivername} is no kind of database for a project; use SQLite or PostgreSQL.")


def has_password(url: str) -> bool:
    """Return whether the address of a database holds a password."""
    return address_of(url).password is not None


def connect(folder: Path, url: str) -> sa.Engine:
    """Return the engine; statements in errors and logs never show their values, which are what people said."""
    address = address_of(url)
    if address.get_backend_name() == "postgresql":
        return _connect_postgresql(address)
    path = str(folder / (address.database or "project.db"))
    engine = sa.create_engine(address.set(database=path), hide_parameters=True)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _connect_postgresql(address: sa.URL) -> sa.Engine:
    """Return an engine that notices a server that was started anew, and encrypts what goes to another computer."""
    far = address.host not in (None, "", "localhost", "127.0.0.1", "::1") and not str(address.host).startswith("/")
    if far and "sslmode" not in address.query:
        address = address.update_query_dict({"sslmode": "require"})
    try:
        engine = sa.create_engine(address, hide_parameters=True, pool_size=10, max_overflow=20)
    except ModuleNotFoundError:
        raise ProjectFault('a PostgreSQL database needs: pip install "autocoder[postgres]".') from None

    @sa.event.listens_for(engine, "checkout")
    def ask_after_a_pause(connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
        """Ask whether the server is still there, but not of a connection that has just been used."""
        now = monotonic()
        if now - record.info.get("used", now) > PAUSE_SECONDS and not _answers(engine, connection):
            raise sa.exc.DisconnectionError
        record.info["used"] = now

    return engine


def _answers(engine: sa.Engine, connection: DBAPIConnection) -> bool:
    try:
        return engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        return False


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Turn off the driver's own transactions and set what SQLite leaves off."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_MILLISECONDS}", "journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    """Take the write lock at the start of a write: a lock taken midway cannot wait for another writer."""
    immediate = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def upgrade(engine: sa.Engine) -> None:
    """Bring the database to the latest form; Alembic is imported here alone, since opening rarely needs it."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations").replace("%", "%%"))
    with engine.execution_options(write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
