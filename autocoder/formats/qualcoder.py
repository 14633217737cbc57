"""QualCoder projects: the SQLite file ``data.qda``, or the folder ``NAME.qda`` that holds it.

A position there counts code points of the stored text, carriage returns and a byte order mark included, and every
coding keeps its text, which is compared. Categories are folders; a memo of a code is its definition; what is marked as
important gets the weight 100. Pictures, recordings and films are named, with their codings counted.

The report of coded text (.csv) has the columns File, Coder, Coded, Codename and Category 1 and on.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from autocoder.formats import around, refi
from autocoder.formats.positions import Convention, Mark, Received, Scale, named_span, to_span
from autocoder.formats.sqlite import Database, Record, number_of, open_database, text_of
from autocoder.formats.tables import Layout, Row, Table
from autocoder.project import (
    Code,
    Codebook,
    Coder,
    Coding,
    Memo,
    Problem,
    Quote,
    Reading,
    Span,
    Transcript,
)

TABLES = frozenset(("code_text", "code_name", "source"))
"""The tables by which a project of QualCoder is known."""
LAYOUT = Layout(
    "QualCoder",
    {
        "File": ("Filename",),
        "Case": (),
        "Coder": (),
        "Coded": (),
        "Id": (),
        "Codename": (),
        "Coded_Memo": ("Coded memo",),
        **{f"Category {level}": () for level in range(1, 21)},
    },
    ("File", "Coder", "Coded", "Codename"),
    "export the report of coded text again with the columns File, Coder, Coded and Codename",
)
_PYTHON = Convention(crlf_is_two=True, bom_counts=True)
_IMPORTANT = 100.0


def data_file(path: Path) -> Path:
    """Return the database of a project, which may be named by its folder."""
    return path / "data.qda" if path.is_dir() else path


def read(path: Path) -> Reading:
    """Return what a project holds: transcripts, codes, the codings of each coder, memos and variables."""
    with open_database(data_file(path)) as database:
        return _ProjectReader(path, database).reading()


class _ProjectReader:
    """Gathers what one project holds."""

    def __init__(self, path: Path, database: Database) -> None:
        self.path = path
        self.name = (path.parent if path.name.casefold() == "data.qda" else path).stem
        self.database = database
        self.problems: list[Problem] = []
        self.memos: list[Memo] = []
        self.codings: dict[tuple[str, Span, str, str], Coding] = {}
        self.codebook = self._codebook()
        self.texts: dict[int, tuple[Transcript, Scale]] = {}

    def reading(self) -> Reading:
        self._read_sources()
        for record in self.database.rows("code_text"):
            self._read_coding(record)
        self._read_memos()
        self._report_media()
        version = next((text_of(each, "databaseversion") for each in self.database.rows("project")), "")
        codings = tuple(self.codings.values())
        return Reading(
            transcripts=self._described(),
            codebook=self.codebook,
            coders=tuple(Coder(name) for name in dict.fromkeys(coding.coder for coding in codings)),
            codings=codings,
            problems=tuple(self.problems),
            notes=(f"a project of QualCoder, database version {version or 'unknown'}",),
            memos=tuple(self.memos),
            source=f"qualcoder {self.name}",
        )

    # codes

    def _codebook(self) -> Codebook | None:
        """Categories as folders and codes below them; ids are made from names, so that a later copy has the same."""
        categories = {number_of(each, "catid"): each for each in self.database.rows("code_cat")}
        names = {number_of(each, "cid"): each for each in self.database.rows("code_name")}
        self.ids = {cid: refi.stable_guid("qualcoder code", text_of(each, "name")) for cid, each in names.items()}
        folders = {
            cid: refi.stable_guid("qualcoder category", text_of(each, "name")) for cid, each in categories.items()
        }
        codes = [
            _code(folders[catid], each, folders.get(number_of(each, "supercatid")), folder=True)
            for catid, each in categories.items()
        ]
        for cid, each in names.items():
            above = self.ids.get(number_of(each, "supercid")) or folders.get(number_of(each, "catid"))
            codes.append(_code(self.ids[cid], each, above))
        return refi.codebook_of(self.name, tuple(codes), self.path)

    # texts

    def _read_sources(self) -> None:
        for record in self.database.rows("source"):
            source = number_of(record, "id")
            name, text = text_of(record, "name"), text_of(record, "fulltext")
            if source is None or record.get("fulltext") is None or not text.strip():
                continue
            received = Received.from_raw(text)
            transcript = Transcript(_bare(name), received.text)
            self.texts[source] = (transcript, Scale(received, _PYTHON))
            self._keep(text_of(record, "memo"), record, transcript.name)

    def _read_coding(self, record: Record) -> None:
        code = self.ids.get(number_of(record, "cid"))
        found = self._place(record)
        if found is None or code is None:
            what = "a coding is lost, its code or its text is missing, or its position is outside the text"
            self.problems.append(Problem(self.path.name, f"coding {text_of(record, 'ctid')}", what))
            return
        transcript, span = found
        text = text_of(record, "seltext").replace("\r\n", "\n").replace("\r", "\n")
        if text and transcript.quote(span) != text:
            span = named_span(transcript.text, text) or span
            if transcript.quote(span) != text:
                what = f"position {span.start} to {span.end} does not hold the text that was coded there"
                self.problems.append(Problem(self.path.name, transcript.name, what))
        coder = text_of(record, "owner").strip() or "unknown"
        weight = _IMPORTANT if record.get("important") else None
        memo, created = text_of(record, "memo").strip(), _iso(text_of(record, "date"))
        coding = Coding(transcript.name, span, code, coder, memo=memo, created=created, weight=weight)
        self.codings.setdefault(coding.key, coding)

    def _place(self, record: Record) -> tuple[Transcript, Span] | None:
        start, end = number_of(record, "pos0"), number_of(record, "pos1")
        source = number_of(record, "fid")
        if source is None or source not in self.texts or start is None or end is None or start >= end:
            return None
        transcript, scale = self.texts[source]
        span = to_span(scale.place(Mark(start, end)), len(transcript.text))
        return (transcript, span) if span else None

    # memos and variables

    def _read_memos(self) -> None:
        for record in self.database.rows("annotation"):
            found = self._place(record)
            if found:
                self._keep(text_of(record, "memo"), record, found[0].name, found[1])
        for record in self.database.rows("journal"):
            self._keep(text_of(record, "jentry"), record, title=text_of(record, "name"))
        for record in self.database.rows("project"):
            self._keep(text_of(record, "memo"), record)
        for record in self.database.rows("cases"):
            self._keep(text_of(record, "memo"), record, title=text_of(record, "name"))

    def _keep(self, text: str, record: Record, transcript: str = "", span: Span | None = None, title: str = "") -> None:
        if text.strip():
            author, created = text_of(record, "owner").strip(), _iso(text_of(record, "date"))
            self.memos.append(Memo(text.strip(), title, author, created, transcript, span))

    def _described(self) -> tuple[Transcript, ...]:
        """The transcripts with the values of their files and of the cases that they are part of."""
        described = {
            source: around.Described(transcript.name, len(transcript.text))
            for source, (transcript, _) in self.texts.items()
        }
        values: dict[tuple[str, int | None], dict[str, str]] = {}
        for record in self.database.rows("attribute"):
            key = (text_of(record, "attr_type"), number_of(record, "id"))
            if text_of(record, "value").strip():
                values.setdefault(key, {})[text_of(record, "name")] = text_of(record, "value").strip()
        cases = {
            number_of(each, "caseid"): around.Case(
                text_of(each, "name").strip(), values.get(("case", number_of(each, "caseid")), {})
            )
            for each in self.database.rows("cases")
        }
        for record in self.database.rows("case_text"):
            case, source, found = cases.get(number_of(record, "caseid")), number_of(record, "fid"), self._place(record)
            if case and found and source is not None:
                described[source].add(case, found[1])
        for source, about in described.items():
            about.variables |= values.get(("file", source), {})
        return tuple(
            Transcript(transcript.name, transcript.text, (), described[source].variables, described[source].speakers)
            for source, (transcript, _) in self.texts.items()
        )

    # what was not read

    def _report_media(self) -> None:
        counts = Counter(
            number_of(each, "id") for name in ("code_image", "code_av") for each in self.database.rows(name)
        )
        for record in self.database.rows("source"):
            source = number_of(record, "id")
            if source not in self.texts or counts[source]:
                kind = "a picture, a recording or a film" if text_of(record, "mediapath") else "empty"
                what = f"the source is {kind} and is not read; {counts[source]} codings in it are lost"
                self.problems.append(Problem(self.path.name, text_of(record, "name"), what))


def _code(code_id: str, record: Record, parent: str | None, folder: bool = False) -> Code:
    name_he, name_en = refi.by_script(text_of(record, "name"))
    definition_he, definition_en = refi.by_script(text_of(record, "memo").strip())
    color = text_of(record, "color").strip()
    return Code(
        code_id,
        name_he,
        name_en,
        parent=parent,
        codable=not folder,
        definition_he=definition_he,
        definition_en=definition_en,
        color=color if re.fullmatch(r"#[0-9A-Fa-f]{6}", color) else None,
    )


def _bare(name: str) -> str:
    """A source is named like the file that it was made from, and a transcript without its ending."""
    return re.sub(r"\.(?:docx?|odt|txt|rtf|md|pdf|html?|epub|srt|vtt)$", "", name, flags=re.IGNORECASE) or name


def _iso(date: str) -> str:
    return re.sub(r"^(\d{4}-\d\d-\d\d) (?=\d\d:)", r"\1T", date.strip())


# --- the report of coded text


def read_rows(path: Path, table: Table) -> Reading:
    """Return the quotes of a report of coded text."""
    quotes: list[Quote] = []
    problems: list[Problem] = []
    for row in table.rows:
        missing = [column for column in ("File", "Coded", "Codename") if not row[column].strip()]
        if missing:
            what = f"it has no {' and no '.join(missing)}, so the row is not read"
            problems.append(Problem(path.name, f"row {row.number}", what))
        else:
            quotes.append(_quote(row))
    coders = tuple(Coder(name) for name in dict.fromkeys(quote.coder for quote in quotes))
    return Reading(coders=coders, quotes=tuple(quotes), problems=tuple(problems), notes=table.notes)


def _quote(row: Row) -> Quote:
    # the nearest category comes first
    above = [row[f"Category {level}"].strip() for level in range(20, 0, -1)]
    return Quote(
        document=row["File"].strip(),
        code_path=(*(name for name in above if name), row["Codename"].strip()),
        text=row["Coded"],
        coder=row["Coder"].strip() or "unknown",
        row=row.number,
        memo=row["Coded_Memo"].strip(),
    )
