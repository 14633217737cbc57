"""Files written whole or not at all, read back and compared, and the errors of writing."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from autocoder.errors import AutocoderError
from autocoder.project import Project
from autocoder.text import counted, fingerprint


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


class Coded(NamedTuple):
    """One coding as a project or a file holds it; ``quote`` is its text's SHA-256, ``rest`` what else must agree."""

    transcript: str
    coder: str
    code: str
    quote: str
    rest: tuple[Hashable, ...] = ()


def coded(transcript: str, coder: str, code: str, quote: str, *rest: Hashable) -> Coded:
    """Return what is compared of a coding: the quoted text by its fingerprint, so that no text has to be kept."""
    return Coded(transcript, coder, code, fingerprint(quote), rest)


@dataclass(frozen=True)
class Compared:
    """How much of what was written came back equal: codings one by one, and how many different ones of their parts."""

    codings: int = 0
    quotes: int = 0
    coders: int = 0
    codes: int = 0
    texts: int = 0

    def __str__(self) -> str:
        counts = (
            (self.texts, "texts"),
            (self.codings, "codings"),
            (self.quotes, "different quotes", " by SHA-256"),
            (self.coders, "coders"),
            (self.codes, "code paths"),
        )
        return ", ".join(counted(count, what) + "".join(more) for count, what, *more in counts if count)


def compare_codings(path: Path, wanted: Iterable[Coded], found: Iterable[Coded], texts: int = 0) -> Compared:
    """Return what both sides hold; raise ReadBackDiffers, with the counts of either side, when they differ.

    The content of a coding stays out of the message.
    """
    expected, came = Counter(wanted), Counter(found)
    one, other = _counted(expected, texts), _counted(came, texts)
    if expected != came:
        missing, extra = (expected - came).total(), (came - expected).total()
        what = f"{missing} of {expected.total()} codings did not come back and {extra} are new"
        raise ReadBackDiffers(path, f"{what} (written: {one}; read: {other})")
    return one


def _counted(codings: Counter[Coded], texts: int) -> Compared:
    return Compared(
        codings=codings.total(),
        quotes=len({each.quote for each in codings}),
        coders=len({each.coder for each in codings}),
        codes=len({each.code for each in codings}),
        texts=texts,
    )


def compare(path: Path, wanted: Iterable[Hashable], found: Iterable[Hashable], what: str) -> int:
    """Return how many entries of another kind than codings both sides hold; raise ReadBackDiffers when they differ.

    ``what`` names the entries; their content stays out of the message.
    """
    expected, came = Counter(wanted), Counter(found)
    if expected != came:
        missing, extra = (expected - came).total(), (came - expected).total()
        raise ReadBackDiffers(path, f"{missing} of {expected.total()} {what} did not come back and {extra} are new")
    return expected.total()
