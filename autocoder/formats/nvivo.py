r"""Coding reports of NVivo (.txt, .docx): what is coded at one code, document by document.

A document begins with ``Files\\Folder\\Name - § 2 references coded [ 6.78% Coverage]``, each of its references with
``Reference 1 - 5.80% Coverage``, and the text goes on to the next such line. The report names no coder. The code stands
above the first document (``Codes\\Parent\\Child``, ``Name: Child``), or else it is the file's name, since NVivo writes
one report a code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from autocoder.errors import FileRefused
from autocoder.formats.docx import open_document
from autocoder.formats.plain import read_text
from autocoder.project import Coder, Problem, Quote, Reading

_REMEDY = "export the code's report from NVivo again"
_DOCUMENT = re.compile(
    r"^<?(?P<path>[^<>]*?\\[^<>]*?)>?\s+[-–]\s+§?\s*(?P<count>\d+)\s+\S.*\[\s*[\d.,]+\s*%[^\]]*\]\s*$"
)
_REFERENCE = re.compile(r"^\S+(?:\s\S+)?\s+\d+\s+[-–]\s+[\d.,]+\s*%.{0,30}$")
_CODE = re.compile(r"^<?(?:Codes|Nodes|Kodes|Knoten|קודים)\\+(?P<path>[^<>]+?)>?\s*$")
_NAMED = re.compile(r"^(?:Name|Code|Node|Knoten|שם|קוד)\s*:\s*(?P<path>\S.*?)\s*$")
_SLASHES = re.compile(r"\\+")
_LINES_BEFORE = 200
UNKNOWN_CODER = "unknown"


@dataclass
class _Reference:
    """A coded stretch as the report gives it: its document, the line it begins on, and its lines of text."""

    document: str
    code_path: tuple[str, ...]
    line: int
    text: list[str]


def is_report(path: Path) -> bool:
    """Tell whether a .txt or .docx is a coding report and no transcript; a file that cannot be read is none."""
    try:
        lines = _lines(path)[0][:_LINES_BEFORE]
    except FileRefused:
        return False
    document = next((place for place, line in enumerate(lines) if _DOCUMENT.match(line)), None)
    return document is not None and any(_REFERENCE.match(line) for line in lines[document + 1 :])


def read(path: Path) -> Reading:
    """Return a quote for each reference of a coding report."""
    lines, notes = _lines(path)
    references = list(_references(lines, path.stem))
    quotes = tuple(
        Quote(each.document, each.code_path, "\n".join(each.text).strip(), UNKNOWN_CODER, each.line)
        for each in references
        if any(line.strip() for line in each.text)
    )
    if not quotes:
        raise FileRefused(path, "it holds no coded references", _REMEDY)
    lost = len(references) - len(quotes)
    empty = (Problem(path.name, "", f"{lost} references have no text and are not read"),) if lost else ()
    codes = ", ".join(dict.fromkeys(" > ".join(quote.code_path) for quote in quotes))
    told = (f"a coding report of NVivo for {codes}", "it names no coder; its codings are given to unknown")
    counted = tuple(_miscounted(path, lines, references))
    return Reading(coders=(Coder(UNKNOWN_CODER),), quotes=quotes, problems=(*empty, *counted), notes=(*notes, *told))


def _references(lines: Sequence[str], stem: str) -> Iterator[_Reference]:
    code_path: tuple[str, ...] = ()
    document = ""
    current: _Reference | None = None
    for number, line in enumerate(lines, 1):
        heading = _DOCUMENT.match(line)
        code = _code_in(line) if current is None or not document else _CODE.match(line) and _code_in(line)
        if heading or code or (document and _REFERENCE.match(line)):
            if current is not None:
                yield current
            current = None
        if heading:
            document = _SLASHES.split(heading["path"].strip())[-1]
        elif code:
            code_path, document = code, ""
        elif document and _REFERENCE.match(line):
            current = _Reference(document, code_path or (stem,), number, [])
        elif current is not None:
            current.text.append(line)
    if current is not None:
        yield current


def _code_in(line: str) -> tuple[str, ...]:
    match = _CODE.match(line) or _NAMED.match(line)
    return tuple(part.strip() for part in _SLASHES.split(match["path"]) if part.strip()) if match else ()


def _miscounted(path: Path, lines: Sequence[str], references: Sequence[_Reference]) -> Iterator[Problem]:
    """Name the documents whose heading promises another number of references than were found below it."""
    headings = [(number, match) for number, line in enumerate(lines, 1) if (match := _DOCUMENT.match(line))]
    for place, (number, match) in enumerate(headings):
        end = headings[place + 1][0] if place + 1 < len(headings) else len(lines) + 1
        found = sum(number < each.line < end for each in references)
        if found != int(match["count"]):
            what = f"its heading says {match['count']} references and {found} were found"
            yield Problem(path.name, f"line {number}", what)


def _lines(path: Path) -> tuple[list[str], tuple[str, ...]]:
    if path.suffix.casefold() == ".docx":
        return _docx_lines(path), ()
    text, notes = read_text(path)
    return text.split("\n"), notes


def _docx_lines(path: Path) -> list[str]:
    """The lines of a Word file's paragraphs."""
    body = open_document(path).element.body
    return [line for each in body.iter(qn("w:p")) for line in Paragraph(each, body).text.split("\n")]
