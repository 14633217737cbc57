"""The side-car of a .qdpx: JSON keyed by the GUIDs of its codings, for what REFI-QDA has no place for.

``{"about": "autocoder side-car", "form": 1, "sha256": of the .qdpx, "codings": {GUID: {document, start, end, code,
code_id, coder, origin, created, codebook_version, and of a suggestion status, score, model}}}``. It holds no quotes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from autocoder import __version__
from autocoder.decided import Status
from autocoder.formats.qdpx import coding_guid
from autocoder.formats.refi import CodeGuids
from autocoder.formats.whole import whole
from autocoder.project import Coding, Project


def beside(path: Path) -> Path:
    """Return where the side-car of a project file stands: the same name with ``.json`` behind it."""
    return path.with_name(f"{path.name}.json")


def write(project: Project, path: Path, known: Mapping[Coding, Status], qdpx: Path) -> None:
    """Write the side-car of the written project file ``qdpx``, one line a coding, whole or not at all."""
    with qdpx.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    head = {"about": "autocoder side-car", "form": 1, "sha256": digest, "origin": f"autocoder {__version__}"}
    guids = CodeGuids.of(project.codebook)
    codings = {coding_guid(coding, guids[coding.code]): coding for coding in reversed(project.codings)}
    paths = {code.id: project.codebook.path(code.id) for code in project.codebook}
    with whole(path) as part, part.open("w", encoding="utf-8", newline="\n") as out:
        out.write(f'{json.dumps(head)[:-1]}, "codings": {{')
        for number, guid in enumerate(sorted(codings)):
            coding = codings[guid]
            line = json.dumps(_line(coding, paths[coding.code], known.get(coding)), ensure_ascii=False)
            out.write(f'{"," if number else ""}\n"{guid}": {line}')
        out.write("\n}}\n")


def _line(coding: Coding, code_path: str, status: Status | None) -> dict[str, object]:
    suggestion = {} if status is None else {"status": status.value, "score": coding.score, "model": coding.coder}
    return {
        "document": coding.transcript,
        "start": coding.span.start,
        "end": coding.span.end,
        "code": code_path,
        "code_id": coding.code,
        "coder": coding.coder,
        "origin": coding.origin.value,
        **suggestion,
        "created": coding.created,
        "codebook_version": coding.codebook_version,
    }
