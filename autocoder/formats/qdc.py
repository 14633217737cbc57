"""REFI-QDA codebooks (.qdc): every namespace met in the wild is read, version 1.0 is written."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from autocoder import __version__
from autocoder.errors import FileRefused
from autocoder.formats import refi
from autocoder.formats.archive import parse_xml
from autocoder.formats.whole import Compared, ExportRefused, compare, whole
from autocoder.project import Code, Codebook, Problem, Reading

NAMESPACE = "urn:QDA-XML:codebook:1.0"
_REMEDY = "export the codebook again in the REFI-QDA format (.qdc)"


def read(path: Path) -> Reading:
    """Return the codebook, named after the file; sets of codes are counted, not read."""
    root = parse_xml(_bytes(path), path, "")
    if refi.local_name(root) != "CodeBook":
        raise FileRefused(path, f"its root is {refi.local_name(root)}, not CodeBook", _REMEDY)
    codebook = refi.read_codebook(root, path.stem, path)
    if codebook is None:
        raise FileRefused(path, "it holds no codes", _REMEDY)
    sets = sum(1 for _ in refi.children(refi.child(root, "Sets"), "Set"))
    problems = (Problem(path.name, "Sets", f"{sets} sets of codes are not read"),) if sets else ()
    return Reading(codebook=codebook, problems=problems, notes=tuple(_notes(root)))


def write(codebook: Codebook, path: Path) -> None:
    """Write the codebook whole or not at all; codes keep their GUID or get the stable one of their id."""
    if not codebook.codes:
        raise ExportRefused(f"{path.name}: the codebook {codebook.name} has no codes to write; add one.")
    root = refi.new_root("CodeBook", NAMESPACE, origin=f"autocoder {__version__}")
    refi.write_codes(root, codebook, refi.CodeGuids.of(codebook))
    with whole(path) as part:
        part.write_bytes(refi.document(root))


def verify(path: Path, codebook: Codebook) -> Compared:
    """Read the written codebook back and compare it code by code: GUID, path, definition, colour and kind."""
    guids = refi.CodeGuids.of(codebook)
    found = read(path).codebook or Codebook(path.stem, ())
    count = compare(
        path,
        (_code(codebook, code, guids[code.id]) for code in codebook),
        (_code(found, code, code.id) for code in found),
        "codes",
    )
    return Compared(codes=count)


def _code(codebook: Codebook, code: Code, guid: str) -> tuple[str, ...]:
    definition = "\n\n".join(text for text in (code.definition_he, code.definition_en) if text)
    color = refi.color(code.color or "") or ""
    return (guid, refi.xml_text(codebook.path(code.id)), refi.xml_text(definition).strip(), color, str(code.codable))


def _bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileRefused(path, f"it cannot be opened ({error.strerror})", "check the path and the rights") from error
    if not data.strip():
        raise FileRefused(path, "the file is empty", _REMEDY)
    return data


def _notes(root: etree._Element) -> list[str]:
    notes = [f"written by {root.get('origin')}"] if root.get("origin") else []
    if refi.namespace(root) != NAMESPACE:
        notes.append(f"unusual namespace {refi.namespace(root) or 'none'}")
    return notes
