r"""Coding reports of NVivo (.txt, .docx): what is coded at one code, document by document.

A document begins with ``Files\\Folder\\Name - § 2 references coded [ 6.78% Coverage]``, each of its references with
``Reference 1 - 5.80% Coverage``, and the text goes on to the next such line. The report names no coder. The code stands
above the first document (``Codes\\Parent\\Child``, ``Name: Child``), or else it is the file's name, since NVivo writes
one report a code.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
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
# a heading is taken apart from its end, so that every step is one pass over the line, whatever stands there
_COVERAGE = re.compile(r"\s*[\d.,]+\s*%")
_BEFORE_COUNT = re.compile(r"\s[-–](?=\s)")
_COUNT = re.compile(r"\s*§?\s*(\d+)\s+\S")
_REFERENCE = re.compile(r"^\S+(?:\s\S+)?\s+\d+\s+[-–]\s+[\d.,]+\s*%.{0,30}$")
_CODE = re.compile(r"<?(?:Codes|Nodes|Kodes|Knoten|קודים)\\+(?P<path>[^<>\\][^<>]*)>?")
_NAMED = re.compile(r"(?:Name|Code|Node|Knoten|שם|קוד)\s*:\s*(?P<path>\S.*)")
_SLASHES = re.compile(r"\\+")
_LINES_BEFORE = 200
UNKNOWN_CODER = "unknown"


@dataclass(frozen=True)
class _Heading:
    """The line above a document's references: the document, and how many it promises."""

    document: str
    count: int


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
    document = next((place for place, line in enumerate(lines) if _heading(line)), None)
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
        heading = _heading(line)
        code = _code_in(line, named=current is None or not document)
        if heading or code or (document and _REFERENCE.match(line)):
            if current is not None:
                yield current
            current = None
        if heading:
            document = heading.document
        elif code:
            code_path, document = code, ""
        elif document and _REFERENCE.match(line):
            current = _Reference(document, code_path or (stem,), number, [])
        elif current is not None:
            current.text.append(line)
    if current is not None:
        yield current


def _heading(line: str) -> _Heading | None:
    """Return what a document's heading says; None for any other line."""
    before, bracket, coverage = line.rstrip().rpartition("[")
    if not bracket or not coverage.endswith("]") or not _COVERAGE.match(coverage):
        return None
    dash = max((match.start() for match in _BEFORE_COUNT.finditer(before)), default=-1)
    count = _COUNT.match(before, dash + 2)
    path = before[: max(dash, 0)].strip().removeprefix("<").removesuffix(">")
    if count is None or "\\" not in path or "<" in path or ">" in path:
        return None
    return _Heading(_SLASHES.split(path)[-1], int(count[1]))


def _code_in(line: str, named: bool) -> tuple[str, ...]:
    """Return the path of the code that a line gives, ``named`` also behind a word such as Name."""
    line = line.strip()
    match = _CODE.fullmatch(line) or (_NAMED.fullmatch(line) if named else None)
    return tuple(part.strip() for part in _SLASHES.split(match["path"]) if part.strip()) if match else ()


def _miscounted(path: Path, lines: Sequence[str], references: Sequence[_Reference]) -> Iterator[Problem]:
    """Name the documents whose heading promises another number of references than were found below it."""
    headings = [(number, heading) for number, line in enumerate(lines, 1) if (heading := _heading(line))]
    begins = [number for number, _ in headings]
    found = Counter(bisect_left(begins, each.line) - 1 for each in references)
    for place, (number, heading) in enumerate(headings):
        if found[place] != heading.count:
            what = f"its heading says {heading.count} references and {found[place]} were found"
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
