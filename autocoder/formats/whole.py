"""Files written whole or not at all, and the errors of writing."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from autocoder.errors import AutocoderError
from autocoder.project import Project


class ExportRefused(AutocoderError):
    """A project that cannot be written as it is, or a place where it cannot be written."""


class ReadBackDiffers(AutocoderError):
    """A written file that does not hold what was to be written."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path.name}: reading it back, {what}; do not use the file and report this as a fault.")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path beside ``path`` to write to, and move it there at the end; a failure leaves the old file."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    except OSError as error:
        what = f"it cannot be written ({error.strerror or error})"
        remedy = "close it in other programs and check the folder, its rights and the space left"
        raise ExportRefused(f"{path.name}: {what}; {remedy}.") from error
    finally:
        part.unlink(missing_ok=True)


def check_codings(project: Project) -> None:
    """Refuse a coding that would be left out in silence."""
    coders = {coder.name for coder in project.coders}
    texts = {transcript.name: len(transcript.text) for transcript in project.transcripts}
    for coding in project.codings:
        where = f"{project.name}: a coding of {coding.transcript} at {coding.span.start}"
        if coding.transcript not in texts or coding.span.end > texts[coding.transcript]:
            raise ExportRefused(f"{where} is outside the transcripts; import the transcript again.")
        if coding.code not in project.codebook or coding.coder not in coders:
            raise ExportRefused(f"{where} names the code {coding.code} by {coding.coder}, one of them unknown; add it.")


def compare(path: Path, wanted: Iterable[Hashable], found: Iterable[Hashable], what: str) -> int:
    """Return how many entries both sides hold; raise ReadBackDiffers when one is missing or one too many.

    ``what`` names the entries; their content stays out of the message.
    """
    expected, came = Counter(wanted), Counter(found)
    if expected != came:
        missing, extra = (expected - came).total(), (came - expected).total()
        raise ReadBackDiffers(path, f"{missing} of {expected.total()} {what} did not come back and {extra} are new")
    return expected.total()
