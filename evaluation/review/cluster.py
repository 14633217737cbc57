"""A PostgreSQL for one run, at a free port of this computer, gone afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Missing(RuntimeError):
    """PostgreSQL's programs are not on this machine, or nobody whom it would run as."""


def program(name: str) -> str:
    """Return where one of PostgreSQL's programs is; Debian keeps them out of the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: float(each.parent.name), reverse=True)
    found = shutil.which(name) or next((str(each / name) for each in folders if (each / name).exists()), None)
    if found is None:
        raise Missing(f"PostgreSQL's {name} is not on this machine")
    return found


@contextmanager
def running() -> Iterator[str]:
    """Give the address of a new PostgreSQL up to the database's name, its password in it."""
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    folder = Path(tempfile.mkdtemp(prefix="autocoder-postgres-"))
    as_other: dict[str, object] = {}
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # PostgreSQL refuses to run as root
        try:
            shutil.chown(folder, "postgres", "postgres")
        except LookupError:
            raise Missing("there is no user postgres for PostgreSQL to run as, and it refuses to run as root") from None
        as_other = {"user": "postgres", "group": "postgres", "extra_groups": []}

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=120, **as_other)  # type: ignore[call-overload]

    password = folder / "password"
    password.write_text(secret := secrets.token_hex(16), encoding="ascii")
    data = str(folder / "data")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c max_connections=120"
    how = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", f"--pwfile={password}"]
    try:
        run(initdb, "-D", data, "-U", "autocoder", *how)
        run(pg_ctl, "-D", data, "-w", "-t", "60", "-l", str(folder / "log"), "-o", settings, "start")
        try:
            yield f"postgresql://autocoder:{secret}@127.0.0.1:{port}"
        finally:
            run(pg_ctl, "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


@contextmanager
def fresh(root: str) -> Iterator[str]:
    """Give the address of a new database, without its password, which the environment holds meanwhile."""
    import psycopg

    name = f"study_{secrets.token_hex(6)}"
    front, _, back = root.partition("@")
    before = os.environ.get("PGPASSWORD")
    os.environ["PGPASSWORD"] = front.rpartition(":")[2]
    try:
        with psycopg.connect(f"{root}/postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
            yield f"{front.rpartition(':')[0]}@{back}/{name}"
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        if before is None:
            del os.environ["PGPASSWORD"]
        else:
            os.environ["PGPASSWORD"] = before


@contextmanager
def database() -> Iterator[str]:
    """Give the address of a new database on a PostgreSQL that is started for it alone."""
    with running() as root, fresh(root) as address:
        yield address
