"""The SQLite files in which other programs keep their projects, opened for reading alone and never changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from sys import getsizeof
from urllib.parse import quote

from autocoder.errors import FileRefused
from autocoder.formats.archive import check_memory, memory_for

MAGIC = b"SQLite format 3\x00"
_REMEDY = "close the program that uses it, or get the file again from its source"
_LONGEST = 100_000_000  # bytes of one value
Record = dict[str, str | int | float | bytes | None]

_DAMAGED = (sqlite3.Error, MemoryError, UnicodeDecodeError)  # a damaged name of a column or table is no text


@dataclass(frozen=True)
class Database:
    """An open database; its tables are read whole, and a table or column that is not there is simply empty."""

    path: Path
    connection: sqlite3.Connection

    def check(self) -> None:
        """Refuse a damaged file, and let nothing in the file's own schema run."""
        try:
            self.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(_LONGEST, memory_for(self.path)))
            self.connection.execute("PRAGMA trusted_schema = OFF")
            self.connection.execute("SELECT count(*) FROM sqlite_master")
        except _DAMAGED as error:
            raise self._refusal(error) from error

    @property
    def tables(self) -> frozenset[str]:
        """The names of the tables, without views, which may run anything."""
        found = self._fetch("SELECT name FROM sqlite_master WHERE type = 'table'")
        return frozenset(str(row["name"]).casefold() for row in found)

    def rows(self, table: str) -> list[Record]:
        """Return the rows of a table in their order; none when there is no such table."""
        if table not in self.tables:
            return []
        return self._fetch(f'SELECT * FROM "{table}"')  # noqa: S608 # a name from the caller's own list

    def _fetch(self, statement: str) -> list[Record]:
        """Return the rows of a statement; a column that every row reckons, or has by default, may fill the memory."""
        room = memory_for(self.path)
        try:
            cursor = self.connection.execute(statement)
            names = [column[0] for column in cursor.description]
            records: list[Record] = []
            for row in cursor:
                records.append(dict(zip(names, row, strict=True)))
                room -= getsizeof(records[-1]) + sum(map(getsizeof, row))
                if room < 0:
                    check_memory(self.path, memory_for(self.path) - room)
            return records
        except _DAMAGED as error:
            raise self._refusal(error) from error

    def _refusal(self, error: Exception) -> FileRefused:
        why = "its names are damaged" if isinstance(error, UnicodeDecodeError) else str(error)
        return FileRefused(self.path, f"the database cannot be read ({why})", _REMEDY)


@contextmanager
def open_database(path: Path) -> Iterator[Database]:
    """Open a database as it lies on the disk; refuse what is none, or has changes that were not written to it yet."""
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError as error:
        raise FileRefused(path, f"it cannot be opened ({error.strerror})", "check the path and the rights") from error
    if head != MAGIC:
        raise FileRefused(path, "it is no SQLite database", _REMEDY)
    for side in ("-wal", "-journal"):
        beside = path.with_name(path.name + side)
        if beside.is_file() and beside.stat().st_size:
            raise FileRefused(path, "another program has it open with changes not yet written", _REMEDY)
    # immutable: SQLite makes no file beside it and takes no lock
    address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        database = Database(path, connection)
        database.check()
        yield database


def text_of(record: Record, column: str) -> str:
    """Return a column as text; "" when it is empty or missing."""
    value = record.get(column)
    return "" if value is None else str(value)


def number_of(record: Record, column: str) -> int | None:
    """Return a column as a whole number; None when it is none."""
    value = record.get(column)
    try:
        return None if value is None else int(value)
    except (ValueError, OverflowError):
        return None
