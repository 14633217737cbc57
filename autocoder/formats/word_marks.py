"""Comments and highlights of a Word transcript, which many teams use as codes.

A comment whose every line names a code of the project is a coding, and so is one whose first line does, its other lines
being the memo, when at least half of the file's comments are such; all others are kept as memos on their stretch.
Highlights are not read. Only when asked (``word_codes``) every line of every comment is a code, known or new, and every
colour of the highlighter is a code of its name.

A document that autocoder exported holds codings by the rules of ``margin.py``: a comment's first line is the code's
path, the others its memo. A comment whose first line is no code of the project was added by a reader and stays a memo,
unless ``word_codes`` makes its first line a new code.

Where a mark begins and ends is found by writing a sign into the document there and reading its text as ``docx.py``
does, so that both agree on every position.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from autocoder.errors import FileRefused
from autocoder.formats import docx, margin, remarks
from autocoder.formats.archive import open_archive
from autocoder.project import Codebook, Memo, Problem, Quote, Reading, Span
from autocoder.text import normalise

if TYPE_CHECKING:
    from docx.document import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OPEN, _CLOSE, _DIGITS = "\U000f0000", "\U000f0001", "\U000f0010"
_SIGN = re.compile(f"{_OPEN}([{_DIGITS}-\U000f0019]+){_CLOSE}")
_LINES = re.compile(r"[\n;]+")
_PATH = re.compile(r"\s+>\s+")
UNKNOWN_CODER = "unknown"
MOST_MARKS = 50_000
"""More than any transcript has; each puts its signs into the tree."""
_Named = tuple[tuple[str, ...], str]  # the path of a code that a comment names, and the memo beside it
_OURS = "autocoder document"
"""How the source of a reading begins that is of a document which autocoder exported."""


@dataclass(frozen=True)
class _Mark:
    """A comment, or a highlighted stretch with its colour as text; ``span`` is None where it covers no text."""

    text: str
    author: str
    created: str
    span: Span | None
    is_comment: bool


def add_to(reading: Reading, path: Path, word_codes: bool) -> Reading:
    """Return the reading of a Word transcript with its marks: as quotes when asked, else comments as memos."""
    (transcript,) = reading.transcripts
    if margin.signature(open_archive(path)):
        return _add_notes(reading, path, word_codes)
    document = docx.open_document(path)
    text, marks = _marks(document, path)
    if text != transcript.text:
        lost = Problem(path.name, "", "its comments and highlights are not read, for their places cannot be told")
        return replace(reading, problems=(*reading.problems, lost)) if marks else reading
    comments = [mark for mark in marks if mark.is_comment]
    highlights = [mark for mark in marks if not mark.is_comment]
    if not word_codes:
        memos = tuple(
            Memo(mark.text, "", mark.author, mark.created, transcript.name, mark.span) for mark in comments if mark.text
        )
        return replace(reading, memos=memos, notes=(*reading.notes, *_unread(highlights)))
    bare = sum(mark.span is None for mark in comments)
    problems = (Problem(path.name, "", f"{bare} comments stand on no text and are not read"),) if bare else ()
    quotes = tuple(_quotes(marks, transcript.name, transcript.quote))
    coders = remarks.coders_of(quotes)
    told = f"{len(comments)} comments and {len(highlights)} highlighted stretches are read as codes"
    return replace(
        reading,
        quotes=quotes,
        coders=coders,
        notes=(*reading.notes, told),
        problems=(*reading.problems, *problems),
    )


def _add_notes(reading: Reading, path: Path, word_codes: bool) -> Reading:
    """Return the reading of an exported document with its codings: as quotes when asked, else as memos to tell apart.

    Where the text was changed in Word in a way that the two readers see differently, comments are where they stand now.
    """
    (transcript,) = reading.transcripts
    marked = margin.read(path)
    notes = marked.notes if marked.text == transcript.text else tuple(_moved_notes(path))
    source = f"{_OURS} {transcript.name}"
    if not word_codes:
        memos = (
            Memo(
                "\n".join(filter(None, (note.code, note.words))),
                "",
                note.coder,
                note.created,
                transcript.name,
                note.span,
            )
            for note in notes
        )
        return replace(reading, memos=tuple(memos), source=source)
    quotes = [
        Quote(
            transcript.name,
            _path(note.code),
            transcript.quote(note.span),
            note.coder or UNKNOWN_CODER,
            number,
            memo=note.words,
            created=note.created,
            span=note.span,
        )
        for number, note in enumerate(notes, 1)
        if _path(note.code)
    ]
    told = f"it was exported by autocoder; {len(quotes)} comments are read as codings"
    coders = remarks.coders_of(quotes)
    return replace(reading, quotes=tuple(quotes), coders=coders, source=source, notes=(*reading.notes, told))


def _moved_notes(path: Path) -> Iterator[margin.Note]:
    for mark in _marks(docx.open_document(path), path)[1]:
        if mark.is_comment and mark.span is not None:
            code, _, words = mark.text.partition("\n")
            yield margin.Note(mark.span, mark.author, code, words, mark.created)


def told_apart(reading: Reading, codebook: Codebook) -> Reading:
    """Turn the comments that are clearly codes of the codebook into quotes, and say what was decided."""
    if not reading.memos:
        return reading
    (transcript,) = reading.transcripts
    names = _names(codebook)
    is_ours = reading.source.startswith(_OURS)
    find = _first_line(codebook, names) if is_ours else partial(_codes_in, names=names)
    codes = [find(memo) for memo in reading.memos]
    clear = sum(map(bool, codes))
    if 2 * clear < len(codes) and not is_ours:
        told = f"{len(codes)} comments are kept as memos; if they are codes, import the file again with --word-codes"
        return replace(reading, notes=(*reading.notes, told))
    quotes = [
        Quote(
            transcript.name,
            path,
            transcript.quote(memo.span),
            memo.author or UNKNOWN_CODER,
            number,
            memo=said,
            created=memo.created,
            span=memo.span,
        )
        for number, (memo, named) in enumerate(zip(reading.memos, codes, strict=True), 1)
        if memo.span is not None
        for path, said in named
    ]
    left = tuple(memo for memo, named in zip(reading.memos, codes, strict=True) if not named)
    told = f"{clear} of {len(codes)} comments name codes and are read as codings, {len(left)} are kept as memos"
    if is_ours:
        told = f"it was exported by autocoder; {told}"
    return replace(
        reading,
        memos=left,
        quotes=tuple(quotes),
        coders=remarks.coders_of(quotes),
        notes=(*reading.notes, told),
    )


def _unread(highlights: Sequence[_Mark]) -> Iterator[str]:
    if highlights:
        colors = ", ".join(f"{color} {count}" for color, count in Counter(mark.text for mark in highlights).items())
        yield (
            f"{len(highlights)} highlighted stretches ({colors}) are not read; "
            "if colours are codes, import the file again with --word-codes"
        )


def _quotes(marks: Sequence[_Mark], transcript: str, quote: Callable[[Span], str]) -> Iterator[Quote]:
    for number, mark in enumerate(marks, 1):
        for line in _LINES.split(mark.text) if mark.span is not None else ():
            path = _path(line)
            if path and mark.span is not None:
                coder = mark.author or UNKNOWN_CODER
                yield Quote(transcript, path, quote(mark.span), coder, number, created=mark.created, span=mark.span)


def _path(line: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _PATH.split(line) if part.strip())


def _names(codebook: Codebook) -> dict[str, tuple[str, ...]]:
    """The path of names of each code, by everything that it may be called."""
    names: dict[str, tuple[str, ...]] = {}
    for code in codebook:
        path = tuple(codebook.path(code.id, "\n").split("\n"))
        for name in (code.id, code.name_he, code.name_en, *code.aliases, codebook.path(code.id)):
            if name:
                names.setdefault(_key(name), path)
    return names


def _codes_in(memo: Memo, names: dict[str, tuple[str, ...]]) -> list[_Named]:
    """The codes that a comment names, each with its memo: the whole comment, its lines, parts, or the first line."""
    if memo.span is None:
        return []
    for parts in ([memo.text], _LINES.split(memo.text), re.split(r"[\n;,]+", memo.text)):
        wanted = [_key(part) for part in parts if part.strip()]
        if wanted and all(part in names for part in wanted):
            return [(names[part], "") for part in dict.fromkeys(wanted)]
    first, _, rest = memo.text.partition("\n")
    return [(names[_key(first)], rest.strip())] if _key(first) in names else []


def _first_line(codebook: Codebook, names: dict[str, tuple[str, ...]]) -> Callable[[Memo], list[_Named]]:
    """Return what finds the code in the first line of a comment that was exported, by its path or another name."""
    paths = {margin.code_line(codebook, code.id): tuple(codebook.path(code.id, "\n").split("\n")) for code in codebook}

    def find(memo: Memo) -> list[_Named]:
        first, _, rest = memo.text.partition("\n")
        path = paths.get(first) or names.get(_key(first))
        return [] if path is None or memo.span is None else [(path, rest)]

    return find


def _key(name: str) -> str:
    return normalise(name).casefold()


# --- where the marks stand


def _marks(document: Document, path: Path) -> tuple[str, list[_Mark]]:
    """The text of a document and its marks in it, in the order of comments and then of highlights."""
    body = document.element.body
    comments = _comments(document, path)
    if any(sign in (node.text or "") for node in body.iter(f"{_W}t") for sign in (_OPEN, _CLOSE)):
        return "", [_Mark(text, "", "", None, True) for text, _, _ in comments.values()]
    colors: list[str] = []
    keys = list(comments)
    edges = _edges(body)
    highlighted = list(islice(_highlighted(body), MOST_MARKS + 1))
    if len(keys) + len(highlighted) > MOST_MARKS:
        what = f"it has more than {MOST_MARKS:,} comments and highlighted stretches"
        raise FileRefused(path, what, "split it and import its parts")
    for number, key in enumerate(keys):
        _sign_comment(edges, key, number)
    for runs in highlighted:
        _sign_runs(runs, len(keys) + len(colors))
        colors.append(_color(runs[0]))
    signed = docx.text_of(document)
    places = _places(signed)
    marks = [_Mark(*comments[key], _span(places.get(n, ())), True) for n, key in enumerate(keys)]
    marks += [_Mark(color, "", "", _span(places.get(len(keys) + n, ())), False) for n, color in enumerate(colors)]
    text = _SIGN.sub("", signed)
    trimmed = [replace(mark, span=_trimmed(text, mark.span)) for mark in marks]
    return text, [mark for mark in trimmed if mark.is_comment or mark.span is not None]


def _comments(document: Document, path: Path) -> dict[str, tuple[str, str, str]]:
    """(text, author, date) of the comments by their ids."""
    found: dict[str, tuple[str, str, str]] = {}
    for _, root in (part for part in docx.parts_beside(path, document) if part[0] == "comments"):
        for comment in root.iter(f"{_W}comment"):
            lines = ("".join(node.text or "" for node in each.iter(f"{_W}t")) for each in comment.iter(f"{_W}p"))
            text = "\n".join(line.strip() for line in lines if line.strip())
            date = (comment.get(f"{_W}date") or "").removesuffix("Z")
            found[comment.get(f"{_W}id") or ""] = (text, (comment.get(f"{_W}author") or "").strip(), date)
    return found


_START, _END, _POINT = (f"{_W}comment{name}" for name in ("RangeStart", "RangeEnd", "Reference"))


@dataclass(frozen=True)
class _Edges:
    """Where comments begin and end: the first element of each kind and id, and the paragraphs around each."""

    first: dict[tuple[str, str], etree._Element]
    before: dict[etree._Element, etree._Element | None]
    after: dict[etree._Element, etree._Element | None]


def _edges(body: etree._Element) -> _Edges:
    found = _Edges({}, {}, {})
    last: etree._Element | None = None
    waiting: list[etree._Element] = []
    for element in body.iter(_START, _END, _POINT, f"{_W}p"):
        if element.tag == f"{_W}p":
            last = element
            found.after.update(dict.fromkeys(waiting, element))
            waiting.clear()
        else:
            found.first.setdefault((str(element.tag), element.get(f"{_W}id") or ""), element)
            found.before[element] = last
            waiting.append(element)
    return found


def _sign_comment(edges: _Edges, key: str, number: int) -> None:
    """Write a comment's sign where its range begins and ends; a comment on a point gets its whole paragraph."""
    start, end = edges.first.get((_START, key)), edges.first.get((_END, key))
    if start is not None and end is not None:
        _write_sign(start, edges.after.get(start), number, first=True)
        _write_sign(end, edges.before.get(end), number, first=False)
        return
    point = edges.first.get((_POINT, key))
    paragraph = None if point is None else next(point.iterancestors(f"{_W}p"), None)
    if paragraph is not None:
        _sign_paragraph(paragraph, number, first=True)
        _sign_paragraph(paragraph, number, first=False)


def _write_sign(edge: etree._Element, near: etree._Element | None, number: int, first: bool) -> None:
    """An edge between paragraphs goes to the beginning of the next one, or to the end of the last one."""
    if next(edge.iterancestors(f"{_W}p"), None) is not None:
        edge.addnext(_signed_run(number))
    elif near is not None:
        _sign_paragraph(near, number, first)


def _sign_paragraph(paragraph: etree._Element, number: int, first: bool) -> None:
    properties = paragraph.find(f"{_W}pPr")
    if first and properties is not None:
        properties.addnext(_signed_run(number))
    elif first:
        paragraph.insert(0, _signed_run(number))
    else:
        paragraph.append(_signed_run(number))


def _signed_run(number: int) -> etree._Element:
    run = etree.Element(f"{_W}r")
    digits = "".join(chr(ord(_DIGITS) + int(digit)) for digit in str(number))
    etree.SubElement(run, f"{_W}t").text = f"{_OPEN}{digits}{_CLOSE}"
    return run


def _highlighted(body: etree._Element) -> Iterator[list[etree._Element]]:
    """Runs of one colour that follow each other in one paragraph."""
    for paragraph in body.iter(f"{_W}p"):
        together: list[etree._Element] = []
        for run in paragraph.iter(f"{_W}r"):
            color = _color(run)
            if together and color != _color(together[0]):
                yield together
                together = []
            if color:
                together.append(run)
        if together:
            yield together


def _color(run: etree._Element) -> str:
    mark = run.find(f"{_W}rPr/{_W}highlight")
    value = "none" if mark is None else mark.get(f"{_W}val") or "none"
    return "" if value == "none" else value


def _sign_runs(runs: Sequence[etree._Element], number: int) -> None:
    runs[0].addprevious(_signed_run(number))
    runs[-1].addnext(_signed_run(number))


def _places(signed: str) -> dict[int, list[int]]:
    """The positions of each mark's signs in the text without any signs."""
    places: dict[int, list[int]] = {}
    taken = 0
    for sign in _SIGN.finditer(signed):
        number = int("".join(str(ord(digit) - ord(_DIGITS)) for digit in sign[1]))
        places.setdefault(number, []).append(sign.start() - taken)
        taken += len(sign[0])
    return places


def _span(places: Sequence[int]) -> Span | None:
    return Span(min(places), max(places)) if len(places) == 2 and places[0] != places[1] else None


def _trimmed(text: str, span: Span | None) -> Span | None:
    """Take line ends and white space off the edges, which a hand marks along."""
    if span is None:
        return None
    quote = text[span.start : span.end]
    start = span.start + len(quote) - len(quote.lstrip())
    return Span(start, start + len(quote.strip())) if quote.strip() else None
