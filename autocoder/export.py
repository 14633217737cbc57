"""A project to a file, by its ending; written whole or not at all, then read back and compared quote by quote."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from autocoder.decided import Status, confirmed, statuses
from autocoder.errors import FileRefused
from autocoder.formats import codebook_yaml, codings, margin, maxqda, qdc, qdpx, sidecar
from autocoder.formats.whole import Compared
from autocoder.project import Codebook, Coding, Decision, Project

Known = Mapping[Coding, Status]


@dataclass(frozen=True)
class _Form:
    """How a form of coded text is written and read back; ``folder`` when several transcripts become several files."""

    write: Callable[[Project, Path, Known], None]
    verify: Callable[[Path, Project, Known], Compared]
    folder: bool = False


_OWN = _Form(
    lambda project, path, _: codings.write(project, path), lambda path, project, _: codings.verify(path, project)
)
_CODINGS: Mapping[str, _Form] = {
    ".qdpx": _Form(
        lambda project, path, known: qdpx.write(project, path, known=known),
        lambda path, project, _: qdpx.verify(path, project),
    ),
    ".xlsx": _Form(maxqda.write, maxqda.verify),
    ".csv": _OWN,
    ".jsonl": _OWN,
    ".docx": _Form(margin.write, margin.verify, folder=True),
}
_CODEBOOKS: Mapping[str, tuple[Callable[[Codebook, Path], None], Callable[[Path, Codebook], Compared]]] = {
    ".qdc": (qdc.write, qdc.verify),
    ".yaml": (codebook_yaml.write, codebook_yaml.verify),
}
WRITABLE = (*_CODINGS, *_CODEBOOKS)


@dataclass(frozen=True)
class Exported:
    """What was written, and what of it was read back and found equal; a codebook's file holds no codings.

    ``path`` is the file, or the folder when each transcript became a file of its own; ``notes`` are for the user.
    """

    path: Path
    transcripts: int
    human: int
    suggested: int
    compared: Compared
    notes: tuple[str, ...] = field(default=())


def export(
    project: Project,
    path: Path,
    only: frozenset[str] | None = None,
    decisions: Iterable[Decision] = (),
    only_confirmed: bool = False,
    with_sidecar: bool = True,
) -> Exported:
    """Write the project to ``path``; ``only`` names the transcripts to write, None means all.

    ``decisions`` say where each suggestion stands; with ``only_confirmed`` those that nobody accepted stay out.
    Raises FileRefused for an ending that is not written and for a folder that does not exist, and ReadBackDiffers, with
    nothing written, when what was read back is not what was to be written.
    """
    ending = path.suffix.lower()
    if not path.resolve().parent.is_dir():
        raise FileRefused(path, "its folder does not exist", "make the folder first")
    if ending in _CODEBOOKS:
        return _export_codebook(project.codebook, path)
    if ending not in _CODINGS:
        raise FileRefused(path, f"files ending in {ending or 'nothing'} are not written", f"use {', '.join(WRITABLE)}")
    if only is not None:
        project = restrict(project, only)
    known = statuses(project, decisions)
    if only_confirmed:
        project = confirmed(project, known)
    done = _export_codings(project, path, _CODINGS[ending], known)
    if ending == ".qdpx":
        done = replace(done, notes=(*_emoji(project), *_sidecar(project, path, known, with_sidecar)))
    return done


def _export_codebook(codebook: Codebook, path: Path) -> Exported:
    write, verify = _CODEBOOKS[path.suffix.lower()]
    with _draft(path, path) as draft:
        write(codebook, draft)
        compared = verify(draft, codebook)
    return Exported(path, 0, 0, 0, compared)


def _export_codings(project: Project, path: Path, form: _Form, known: Known) -> Exported:
    if form.folder and not project.transcripts:
        raise FileRefused(path, "there is no transcript to write", "import one first")
    target = path.with_suffix("") if form.folder and len(project.transcripts) > 1 else path
    with _draft(path, target) as draft:
        form.write(project, draft, known)
        compared = form.verify(draft, project, known)
    suggested = sum(coding in known for coding in project.codings)
    return Exported(target, len(project.transcripts), len(project.codings) - suggested, suggested, compared)


@contextmanager
def _draft(path: Path, target: Path) -> Iterator[Path]:
    """Give a path to write to and read back from; only what was read back takes the place of an older ``target``."""
    try:
        with tempfile.TemporaryDirectory(prefix=".autocoder-", dir=path.resolve().parent) as folder:
            draft = Path(folder) / target.name  # the same name, since messages name the file
            yield draft
            if draft.is_dir():
                _move_files(draft, target)
            else:
                os.replace(draft, target)
    except (PermissionError, FileExistsError, IsADirectoryError, NotADirectoryError):
        raise FileRefused(path, "it cannot be written", "close it in other programs and check the rights") from None


def _move_files(folder: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for file in sorted(folder.iterdir()):
        os.replace(file, target / file.name)


def _emoji(project: Project) -> Iterator[str]:
    if count := sum(qdpx.replaced(transcript.text) for transcript in project.transcripts):
        yield f"{count} characters (emoji and the like) {qdpx.AS_REPLACED}"


def _sidecar(project: Project, path: Path, known: Known, wanted: bool) -> Iterator[str]:
    """Write the side-car, or take away the one of an older export, which would tell of other codings."""
    beside = sidecar.beside(path)
    if not wanted:
        beside.unlink(missing_ok=True)
        return
    sidecar.write(project, beside, known, path)
    yield f"{beside.name} holds status, score and model of each coding by its GUID"


def restrict(project: Project, names: frozenset[str]) -> Project:
    """Return the project with these transcripts alone and what was coded in them."""
    return replace(
        project,
        transcripts=tuple(transcript for transcript in project.transcripts if transcript.name in names),
        codings=tuple(coding for coding in project.codings if coding.transcript in names),
        memos=tuple(memo for memo in project.memos if not memo.transcript or memo.transcript in names),
    )
