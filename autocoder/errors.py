"""Errors that a user can act on; the command line prints their one sentence and exits with 2."""

from __future__ import annotations

from pathlib import Path


class AutocoderError(Exception):
    """Anything that went wrong in a way that a user can mend; ``str(error)`` is one clear sentence."""


class FileRefused(AutocoderError):
    """A file that cannot be read as it is: which file, where in it, what is wrong and what to do."""

    def __init__(self, path: Path | str, what: str, remedy: str, place: str = "") -> None:
        name = Path(path).name
        where = f"{name}, {place}" if place else name
        super().__init__(" ".join(f"{where}: {what}; {remedy}.".splitlines()))  # names in a file may hold line ends
