"""A project to a file, by its ending; written whole or not at all, then read back and compared quote by quote."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from autocoder.errors import FileRefused
from autocoder.formats import codebook_yaml, maxqda, qdc, qdpx
from autocoder.project import CoderKind, Project

_CODINGS: Mapping[str, tuple[Callable[[Project, Path], None], Callable[[Path, Project], int]]] = {
    ".qdpx": (qdpx.write, qdpx.verify),
    ".xlsx": (maxqda.write, maxqda.verify),
    ".csv": (maxqda.write, maxqda.verify),
}
_CODEBOOKS = {".qdc": qdc.write, ".yaml": codebook_yaml.write}
WRITABLE = (*_CODINGS, *_CODEBOOKS)


@dataclass(frozen=True)
class Exported:
    """What was written: how many transcripts, codings of people and of models, and how many quotes were compared.

    A codebook's file holds none of them.
    """

    path: Path
    transcripts: int
    human: int
    suggested: int
    compared: int


def export(project: Project, path: Path, only: frozenset[str] | None = None) -> Exported:
    """Write the project to ``path``; ``only`` names the transcripts to write, None means all.

    Raises FileRefused for an ending that is not written and for a folder that does not exist.
    """
    ending = path.suffix.lower()
    if not path.resolve().parent.is_dir():
        raise FileRefused(path, "its folder does not exist", "make the folder first")
    if only is not None:
        project = restrict(project, only)
    if ending in _CODEBOOKS:
        _CODEBOOKS[ending](project.codebook, path)
        return Exported(path, 0, 0, 0, 0)
    if ending not in _CODINGS:
        raise FileRefused(path, f"files ending in {ending or 'nothing'} are not written", f"use {', '.join(WRITABLE)}")
    write, verify = _CODINGS[ending]
    draft = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        write(project, draft)
        compared = verify(draft, project)
        os.replace(draft, path)  # only a file that was read back takes the place of an older one
    except PermissionError:
        raise FileRefused(path, "it cannot be written", "close it in other programs and check the rights") from None
    finally:
        draft.unlink(missing_ok=True)
    models = {coder.name for coder in project.coders if coder.kind is CoderKind.MODEL}
    suggested = sum(coding.coder in models for coding in project.codings)
    return Exported(path, len(project.transcripts), len(project.codings) - suggested, suggested, compared)


def restrict(project: Project, names: frozenset[str]) -> Project:
    """Return the project with these transcripts alone and what was coded in them."""
    return replace(
        project,
        transcripts=tuple(transcript for transcript in project.transcripts if transcript.name in names),
        codings=tuple(coding for coding in project.codings if coding.transcript in names),
    )
