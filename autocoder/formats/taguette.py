"""Taguette: a project (.sqlite3) with exact positions, and its exported highlights (.csv, .xlsx) without.

A document there is HTML, and a highlight counts the UTF-8 bytes of its text, tags left out. The stored text is made
here: a block (paragraph, heading, row) is a line, and a line break inside a block is a space, as a browser shows it.
Who made a highlight is in the project's log of commands.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

from autocoder.errors import FileRefused
from autocoder.formats import refi
from autocoder.formats.positions import named_span
from autocoder.formats.sqlite import Record, number_of, open_database, text_of
from autocoder.formats.tables import Layout, Table
from autocoder.project import Code, Codebook, Coder, Coding, Memo, Problem, Quote, Reading, Span, Transcript

TABLES = frozenset(("documents", "highlights", "highlight_tags", "tags"))
"""The tables by which a project of Taguette is known."""
LAYOUT = Layout(
    "Taguette",
    {"id": (), "document": (), "tag": (), "content": ()},
    ("document", "tag", "content"),
    "export the highlights again with the columns id, document, tag and content",
)
_BLOCKS = frozenset(("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figure", "footer"))
_BLOCKS |= frozenset(
    ("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre")
)
_BLOCKS |= frozenset(("section", "table", "td", "th", "tr", "ul"))
UNKNOWN_CODER = "unknown"


@dataclass(frozen=True)
class _Node:
    """A stretch of text between two tags: where it begins in bytes and in the stored text, and whether it is kept."""

    byte: int
    start: int
    text: str
    kept: bool


@dataclass
class _Page(HTMLParser):
    """The stored text of a document, with the way from bytes to positions in it."""

    nodes: list[_Node] = field(default_factory=list)
    chunks: list[str] = field(default_factory=list)
    bytes: int = 0
    length: int = 0
    verbatim: int = 0

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.verbatim += tag == "pre"
        if tag in _BLOCKS:
            self._end_line()

    def handle_endtag(self, tag: str) -> None:
        self.verbatim -= tag == "pre" and self.verbatim > 0
        if tag in _BLOCKS:
            self._end_line()

    def handle_data(self, data: str) -> None:
        opens = not self.chunks or self.chunks[-1].endswith("\n")
        if not self.nodes and not data.strip():
            return  # a browser drops white space before everything else
        shown = data if self.verbatim else data.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
        kept = not (opens and not data.strip() and not self.verbatim)
        self.nodes.append(_Node(self.bytes, self.length, data, kept))
        self.bytes += len(data.encode("utf-8", "replace"))
        if kept:
            self.chunks.append(shown)
            self.length += len(shown)

    def _end_line(self) -> None:
        if self.chunks and not self.chunks[-1].endswith("\n"):
            self.chunks.append("\n")
            self.length += 1

    @property
    def text(self) -> str:
        return "".join(self.chunks)

    def span(self, start: int, end: int) -> Span | None:
        """Return the span of these bytes; None when it is empty or outside."""
        low, high = self._position(start, after=True), self._position(end, after=False)
        return Span(low, high) if low is not None and high is not None and low < high else None

    def _position(self, byte: int, after: bool) -> int | None:
        """A position on the edge of two nodes is the later one's beginning or the earlier one's end."""
        starts = [node.byte for node in self.nodes]
        place = bisect_right(starts, byte if after else byte - 1) - 1
        if place < 0 or not 0 <= byte <= self.bytes:
            return None
        node = self.nodes[place]
        inside = node.text.encode("utf-8", "replace")[: byte - node.byte].decode("utf-8", "ignore")
        return node.start + (len(inside) if node.kept else 0)


def read(path: Path) -> Reading:
    """Return what the only project in a file holds; refuse a file with several."""
    with open_database(path) as database:
        tables = {name: database.rows(name) for name in (*TABLES, "projects", "commands")}
    projects = tables["projects"]
    if len(projects) != 1:
        what = f"it holds {len(projects)} projects"
        raise FileRefused(path, what, "export the one project from Taguette as a file of its own")
    return _ProjectReader(path, tables).reading(projects[0])


class _ProjectReader:
    """Gathers what one project holds."""

    def __init__(self, path: Path, tables: dict[str, list[Record]]) -> None:
        self.path = path
        self.tables = tables
        self.problems: list[Problem] = []
        self.pages: dict[int | None, tuple[str, _Page]] = {}
        self.ids = {number_of(tag, "id"): refi.stable_guid("path", text_of(tag, "path")) for tag in tables["tags"]}
        self.codings: dict[tuple[str, Span, str, str], Coding] = {}

    def reading(self, project: Record) -> Reading:
        memos = [Memo(text_of(project, "description"))] if text_of(project, "description").strip() else []
        for document in self.tables["documents"]:
            name = text_of(document, "name")
            page = _page(text_of(document, "contents"), self.path, name)
            self.pages[number_of(document, "id")] = (name, page)
            if text_of(document, "description").strip():
                memos.append(Memo(text_of(document, "description"), transcript=name))
        self._read_highlights()
        codings = tuple(self.codings.values())
        return Reading(
            transcripts=tuple(Transcript(name, page.text) for name, page in self.pages.values()),
            codebook=self._codebook(text_of(project, "name") or self.path.stem),
            coders=tuple(Coder(name) for name in dict.fromkeys(coding.coder for coding in codings)),
            codings=codings,
            problems=tuple(self.problems),
            notes=("a project of Taguette",),
            memos=tuple(memos),
            source=f"taguette {text_of(project, 'name')}".strip(),
        )

    def _codebook(self, name: str) -> Codebook | None:
        codes = []
        for tag in self.tables["tags"]:
            name_he, name_en = refi.by_script(text_of(tag, "path"))
            definition_he, definition_en = refi.by_script(text_of(tag, "description").strip())
            parent = self.ids.get(number_of(tag, "parent_id")) if tag.get("parent_id") else None
            code = Code(self.ids[number_of(tag, "id")], name_he, name_en, parent=parent)
            codes.append(replace(code, definition_he=definition_he, definition_en=definition_en))
        return refi.codebook_of(name, tuple(codes), self.path)

    def _read_highlights(self) -> None:
        made = self._makers()
        tags: dict[int | None, list[int | None]] = {}
        for pair in self.tables["highlight_tags"]:
            tags.setdefault(number_of(pair, "highlight_id"), []).append(number_of(pair, "tag_id"))
        bare = 0
        for highlight in self.tables["highlights"]:
            key = number_of(highlight, "id")
            codes = [self.ids[tag] for tag in tags.get(key, []) if tag in self.ids]
            bare += not codes
            found = self._place(highlight) if codes else None
            coder, created = made.get(key, (UNKNOWN_CODER, ""))
            for code in codes if found else ():
                coding = Coding(*found, code, coder, created=created) if found else None
                if coding:
                    self.codings.setdefault(coding.key, coding)
        if bare:
            self.problems.append(Problem(self.path.name, "", f"{bare} highlights carry no tag and are not read"))

    def _makers(self) -> dict[int | None, tuple[str, str]]:
        """Who made each highlight and when, the last command that made or changed it; "" where the log is gone."""
        made: dict[int | None, tuple[str, str]] = {}
        for command in self.tables["commands"]:
            try:
                payload = json.loads(text_of(command, "payload"))
            except ValueError:
                continue
            if isinstance(payload, dict) and payload.get("type") == "highlight_add":
                date = text_of(command, "date").replace(" ", "T").partition(".")[0]
                made[payload.get("highlight_id")] = (text_of(command, "user_login") or UNKNOWN_CODER, date)
        return made

    def _place(self, highlight: Record) -> tuple[str, Span] | None:
        """The document and span of a highlight, by its position where that holds its text, else by the text alone."""
        name, page = self.pages.get(number_of(highlight, "document_id"), ("", _Page()))
        start, end = number_of(highlight, "start_offset"), number_of(highlight, "end_offset")
        span = page.span(start, end) if start is not None and end is not None else None
        snippet = _page(text_of(highlight, "snippet"), self.path, name).text.strip()
        if span is not None and (not snippet or _same(page.text[span.start : span.end], snippet)):
            return name, span
        span = named_span(page.text, snippet)
        if span is None:
            what = "a highlight is lost, its position does not hold its text"
            self.problems.append(Problem(self.path.name, f"highlight {text_of(highlight, 'id')}", what))
            return None
        return name, span


def _page(html: str, path: Path, document: str) -> _Page:
    page = _Page()
    try:
        page.feed(html)
        page.close()
    except AssertionError as error:  # how the standard parser says that a declaration is broken
        what = f"the HTML of the document {document} is broken ({error})"
        raise FileRefused(path, what, "export the project from Taguette again") from error
    return page


def _same(first: str, second: str) -> bool:
    return "".join(first.split()) == "".join(second.split())


# --- exported highlights


def read_rows(path: Path, table: Table) -> Reading:
    """Return the quotes of exported highlights; Taguette writes one row for each tag of each highlight."""
    quotes = []
    problems = []
    bare = 0
    for row in table.rows:
        if not row["tag"].strip():
            bare += 1
        elif row["document"].strip() and row["content"].strip():
            code_path = (row["tag"].strip(),)
            quotes.append(Quote(row["document"].strip(), code_path, row["content"], UNKNOWN_CODER, row.number))
        else:
            what = "it has no document or no content, so the row is not read"
            problems.append(Problem(path.name, f"row {row.number}", what))
    if bare:
        problems.append(Problem(path.name, "", f"{bare} highlights carry no tag and are not read"))
    coders = (Coder(UNKNOWN_CODER),) if quotes else ()
    told = ("the table names no coder; its codings are given to unknown",)
    return Reading(coders=coders, quotes=tuple(quotes), problems=tuple(problems), notes=(*table.notes, *told))
