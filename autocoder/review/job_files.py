"""Where the files of a job are kept: what came for it, and what it makes, each in a folder of its own."""

from __future__ import annotations

import re
import shutil
import unicodedata
from pathlib import Path

UPLOADS = "uploads"
RESULTS = "results"
LONGEST_NAME = 120
LONGEST_BYTES = 200
_NOT_IN_NAMES = re.compile(r"[<>:|?*]")
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def uploads_of(project: Path, upload: int) -> Path:
    """Return the folder of the files that came with a job."""
    return project / UPLOADS / str(upload)


def results_of(project: Path, job_id: int) -> Path:
    """Return the folder in which a job works and leaves its files; only those of a job that is done are whole."""
    return project / RESULTS / str(job_id)


def forget(project: Path, upload: int) -> None:
    """Remove the files that came with a job and were not imported."""
    shutil.rmtree(uploads_of(project, upload), ignore_errors=True)


def sweep(project: Path, job_id: int) -> None:
    """Remove what a job that was broken off has left."""
    shutil.rmtree(results_of(project, job_id), ignore_errors=True)


def safe_name(name: str) -> str:
    """Return a file's name without a path, signs that no screen shows and what Windows refuses; may be empty.

    A quotation mark, which a browser sends as ``%22``, becomes gershayim, which are the same when names are compared.
    """
    base = re.split(r"[/\\]", name.replace("%22", '"').replace('"', "״"))[-1]
    shown = "".join(sign for sign in base if unicodedata.category(sign)[0] != "C")
    clean = _NOT_IN_NAMES.sub("_", unicodedata.normalize("NFC", shown)).strip(" .")
    if _DEVICES.fullmatch(clean):
        clean = f"_{clean}"
    stem, ending = Path(clean).stem, Path(clean).suffix
    return _cut(stem, len(ending)) + ending if len(ending.encode()) < 12 else _cut(clean, 0)


def _cut(name: str, taken: int) -> str:
    """Shorten a name to what a person can read and every file system keeps."""
    while len(name) + taken > LONGEST_NAME or len(name.encode()) + taken > LONGEST_BYTES:
        name = name[:-1]
    return name.rstrip(" .")
