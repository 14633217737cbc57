"""Files into a project: what each held, how it joins what is there, and everything that was met on the way.

Nothing is written here. :func:`join_readings` answers what an import would add, and raises before anything changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from autocoder.errors import AutocoderError, FileRefused
from autocoder.formats import (
    atlasti,
    codebook_yaml,
    codings,
    docx,
    labels,
    margin,
    maxqda,
    nvivo,
    odt,
    pdf,
    plain,
    qdc,
    qdpx,
    qualcoder,
    recognition,
    refi,
    remarks,
    rtf,
    speakers,
    subtitles,
    taguette,
    variables,
    word_marks,
)
from autocoder.formats.anchor import How, anchor
from autocoder.formats.archive import check_memory
from autocoder.formats.speakers import AmbiguousSpeaker, Answers, SpeakersUnclear, Usage
from autocoder.formats.sqlite import open_database
from autocoder.formats.tables import Layout, Table, read_sheets
from autocoder.placing import Placed, Unplaced, name_key, nearest, place_quotes, same, unplaced_coding
from autocoder.project import (
    Code,
    Codebook,
    Coder,
    Coding,
    Described,
    Memo,
    Problem,
    Project,
    Reading,
    Role,
    Span,
    Transcript,
)
from autocoder.text import is_reversed, normalise

_TRANSCRIPTS: Mapping[str, Callable[[Path, Answers | None], Reading]] = {
    ".txt": plain.read,
    ".md": plain.read,
    ".docx": docx.read,
    ".vtt": subtitles.read,
    ".srt": subtitles.read,
    ".json": recognition.read,
    ".odt": odt.read,
    ".pdf": pdf.read,
    ".rtf": rtf.read,
}


_OTHERS: Mapping[str, Callable[[Path], Reading]] = {
    ".qdpx": qdpx.read,
    ".qdc": qdc.read,
    ".qda": qualcoder.read,
    ".jsonl": codings.read,
    ".yaml": codebook_yaml.read,
    ".yml": codebook_yaml.read,
}
# Endings that several programs use are told apart by what is in the file, in this order.
_LAYOUTS: tuple[tuple[Layout, Callable[[Path, Table], Reading]], ...] = (
    (codings.LAYOUT, codings.read_rows),
    (taguette.LAYOUT, taguette.read_rows),
    (qualcoder.LAYOUT, qualcoder.read_rows),
    (atlasti.LAYOUT, atlasti.read_rows),
    (maxqda.LAYOUT, maxqda.read_rows),
)
_TABLES = (".xlsx", ".csv")
_DATABASES = (".sqlite3", ".sqlite", ".db")
_REPORTS = (".txt", ".docx")
READABLE = (*_TRANSCRIPTS, *_OTHERS, *_TABLES, *_DATABASES)
_TURN_BYTES = 400  # of memory that a turn takes, and every line may be one
_LISTED = 12  # labels in a message
_ROLE_COLUMNS = frozenset(("role", "תפקיד", "rolle"))
_FOUND_AGAIN = "its codings were found again by their quotes"


Ask = Callable[[Path, Sequence[Usage]], Answers]
"""Asks a person who the speakers of a file are, once per file; what is not answered stays as it is proposed."""


class QuotesNotFound(AutocoderError):
    """Codings whose quote is in no transcript, or in several places of one; ``unplaced`` are all of them.

    ``listed`` is the file in which they are listed, once somebody wrote it.
    """

    def __init__(self, unplaced: Sequence[Unplaced], listed: str = "") -> None:
        self.unplaced = tuple(unplaced)
        first = self.unplaced[0]
        more = f" (and {len(unplaced) - 1} more)" if len(unplaced) > 1 else ""
        where = f"all are listed in {listed}; " if listed else ""
        super().__init__(
            f"{first.file}, {first.row}: {first.why}{more}; {where}import the transcript that it was made from, "
            "mend what is listed, or leave it out with --skip-unfound."
        )


@dataclass(frozen=True)
class FileReport:
    """What one file brought, for the line that the user sees; ``names`` are the transcripts that it is about."""

    file: str
    transcripts: int = 0
    turns: int = 0
    speakers: int = 0
    codes: int = 0
    codings: int = 0
    memos: int = 0
    described: int = 0
    encoding: str = ""
    names: tuple[str, ...] = ()
    found: Mapping[str, int] = field(default_factory=dict)
    lowest_score: float | None = None
    unplaced: int = 0
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Joined:
    """What an import adds to a project, and a report per file; ``codebook`` is None when no code is new.

    ``described`` are transcripts of the project with new variables or groups; ``by_file`` are the codings of each file
    and ``sources`` the projects that they are exports of; ``unplaced`` are the codings that were left out.
    """

    transcripts: tuple[Transcript, ...]
    coders: tuple[Coder, ...]
    codings: tuple[Coding, ...]
    codebook: Codebook | None
    reports: tuple[FileReport, ...]
    memos: tuple[Memo, ...] = ()
    described: tuple[Transcript, ...] = ()
    by_file: tuple[tuple[Coding, ...], ...] = ()
    sources: tuple[str, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()


def read_file(path: Path, answers: Answers | None = None, word_codes: bool = False) -> Reading:
    """Read one file by its ending, and by its content where several programs use the ending.

    ``answers`` say who is who; ``word_codes`` reads comments and highlights of a Word transcript as codes. Raises
    FileRefused when there is no reader for a file or it cannot be read.
    """
    answers = speakers.for_file(path, answers or {})
    try:
        return _read_by_ending(path, path.suffix.lower(), answers, word_codes)
    except speakers.TooLong as fault:
        raise FileRefused(path, str(fault), "split it and import its parts") from None


def _read_by_ending(path: Path, ending: str, answers: Answers, word_codes: bool) -> Reading:
    if ending in _REPORTS and nvivo.is_report(path):
        return nvivo.read(path)
    if ending in _TRANSCRIPTS:
        reading = _read_transcript(path, ending, answers)
        return word_marks.add_to(reading, path, word_codes) if ending == ".docx" else reading
    if ending in _TABLES:
        return _read_table(path)
    if ending in _DATABASES:
        return _with_turns(path, _read_database(path), answers)
    if ending in _OTHERS:
        return _with_turns(path, _OTHERS[ending](path), answers)
    if path.is_dir():
        raise FileRefused(path, "it is a folder", "name the files in it")
    raise FileRefused(path, f"files ending in {ending or 'nothing'} are not read", f"save it as {', '.join(READABLE)}")


def _read_transcript(path: Path, ending: str, answers: Answers) -> Reading:
    reading = _TRANSCRIPTS[ending](path, answers)
    if any(is_reversed(transcript.text) for transcript in reading.transcripts):
        what = "its Hebrew is in visual order, the letters of each word reversed"
        raise FileRefused(path, what, "get the text in logical order, from the document that it was copied from")
    return reading


def _read_table(path: Path) -> Reading:
    """Read a table by its headers; a table of no known program is refused with what MAXQDA's would have.

    Codings come first: what a program calls their columns, in any language, would else pass for names of variables.
    """
    sheets = read_sheets(path)
    for layout, read_rows in _LAYOUTS:
        table = sheets.table(layout)
        if table is not None:
            return read_rows(path, table)
    if variables.holds_variables(sheets):
        return variables.read(sheets)
    *_, (usual, _) = _LAYOUTS
    programs = ", ".join(layout.program for layout, _ in _LAYOUTS)
    raise sheets.refusal(replace(usual, remedy=f"{usual.remedy}; the tables of {programs} are read"))


def _read_database(path: Path) -> Reading:
    with open_database(path) as database:
        tables = database.tables
    for known, read in ((taguette.TABLES, taguette.read), (qualcoder.TABLES, qualcoder.read)):
        if known <= tables:
            return read(path)
    what = "it is neither a project of Taguette (documents, highlights, tags) nor of QualCoder (source, code_text)"
    raise FileRefused(path, what, "export the project from the program that made it")


def read_files(
    paths: Sequence[Path],
    answers: Answers | None = None,
    ask: Ask | None = None,
    known: Iterable[Transcript] = (),
    word_codes: bool = False,
) -> list[tuple[Path, Reading]]:
    """Read files, and ask once per file whose speakers are not clear; without ``ask`` refuse all such files at once.

    ``known`` are the transcripts that are there: for their files the roles are what was answered when they came.
    """
    answers = answers or {}
    for named in answers:
        file, _, label = named.rstrip(":").rpartition(":")
        if file and not any(speakers.same_file(file, path) for path in paths):
            raise AutocoderError(f"--speakers answers for {label} in {file}, which is not among the files; name one.")
    roles = {name_key(each.name): {turn.speaker: turn.role for turn in each.turns if turn.speaker} for each in known}
    readings: list[tuple[Path, Reading]] = []
    unclear: list[AmbiguousSpeaker] = []
    for path in paths:
        earlier = roles.get(name_key(_name_of(path))) if path.suffix.lower() in _TRANSCRIPTS else None
        try:
            readings.append(
                (path, _read_asking(path, {**(earlier or {}), **answers}, None if earlier else ask, word_codes))
            )
        except AmbiguousSpeaker as question:
            unclear.append(question)
    if len(unclear) == 1:
        raise unclear[0]
    if unclear:
        raise SpeakersUnclear(unclear)
    return readings


def check_answers(answers: Answers, readings: Sequence[tuple[Path, Reading]]) -> None:
    """Refuse an answer about a label that is in none of the files; a label that is no speaker stands in the text."""
    for named, role in answers.items():
        file, _, label = named.rstrip(":").rpartition(":")
        asked = [reading for path, reading in readings if not file or speakers.same_file(file, path)]
        transcripts = [transcript for reading in asked for transcript in reading.transcripts]
        if not any(speakers.has_label(each, label, is_speaker=role is not None) for each in transcripts):
            there = list(dict.fromkeys(turn.speaker for each in transcripts for turn in each.turns if turn.speaker))
            listed = f"the labels are {', '.join(there[:_LISTED])}" if there else "no file has a label"
            more = f" and {len(there) - _LISTED} more" if len(there) > _LISTED else ""
            raise AutocoderError(f"--speakers answers for {label}, which labels nobody here; mend it ({listed}{more}).")


def _name_of(path: Path) -> str:
    """The name of a file, or of the transcript that an exported document holds."""
    return docx.transcript_name(path) if path.suffix.lower() == ".docx" else path.name


def _read_asking(path: Path, answers: Answers, ask: Ask | None, word_codes: bool) -> Reading:
    """Read a file, and read it again with what a person answers when a role is open."""
    try:
        reading = read_file(path, answers, word_codes)
        own = reading.transcripts if path.suffix.lower() in _TRANSCRIPTS else ()
        usages = speakers.usages(own[0]) if own else ()
    except AmbiguousSpeaker as question:
        if ask is None:
            raise
        usages = question.usages
    else:
        if ask is None or len(usages) < 2 or not any(usage.is_open for usage in usages):
            return reading
    said = {f"{path.name}:{label}": role for label, role in ask(path, usages).items()}
    return read_file(path, {**answers, **said}, word_codes)


def _with_turns(path: Path, reading: Reading, answers: Answers | None) -> Reading:
    """Find the speakers in texts that came inside a project of another program."""
    check_memory(path, _TURN_BYTES * sum(transcript.text.count("\n") for transcript in reading.transcripts))
    transcripts = tuple(_spoken(path, transcript, answers) for transcript in reading.transcripts)
    return replace(reading, transcripts=transcripts)


def _spoken(path: Path, transcript: Transcript, answers: Answers | None) -> Transcript:
    if not any(map(str.isalnum, transcript.text)):
        return transcript
    parts = speakers.lines_of(transcript.text)
    (split,) = speakers.read_parts(path, transcript.text, parts, answers).transcripts
    names = dict.fromkeys((*split.speakers, *transcript.speakers))
    known = {name: {**split.speakers.get(name, {}), **transcript.speakers.get(name, {})} for name in names}
    return replace(transcript, turns=split.turns, speakers=known)


def join_readings(project: Project, readings: Sequence[tuple[Path, Reading]], skip_unfound: bool = False) -> Joined:
    """Join what files held to a project: codebooks first, then transcripts, then codings and memos.

    Raises FileRefused for a second transcript of a name with another text, and QuotesNotFound unless ``skip_unfound``.
    """
    joining = _Joining(project)
    books = [joining.take_codebook(reading) for _, reading in readings]
    # a transcript's own file goes before the edition of it that another program keeps in its project
    order = sorted(range(len(readings)), key=lambda n: readings[n][0].suffix.lower() not in _TRANSCRIPTS)
    taken = {n: joining.take_transcripts(*readings[n]) for n in order}
    described = [joining.take_variables(path, reading, skip_unfound) for path, reading in readings]
    reports = [
        joining.take_codings(path, reading, codes, taken[n], *described[n])
        for n, ((path, reading), codes) in enumerate(zip(readings, books, strict=True))
    ]
    if joining.unplaced and not skip_unfound:
        raise QuotesNotFound(joining.unplaced)
    return Joined(
        transcripts=tuple(joining.new_transcripts.values()),
        coders=tuple(joining.new_coders.values()),
        codings=tuple(dict.fromkeys(coding for of_file in joining.by_file for coding in of_file)),
        codebook=joining.codebook if len(joining.codebook) > len(project.codebook) else None,
        reports=tuple(reports),
        memos=tuple(dict.fromkeys(joining.memos)),
        described=tuple(joining.described.values()),
        by_file=tuple(joining.by_file),
        sources=tuple(reading.source for _, reading in readings),
        unplaced=tuple(joining.unplaced),
    )


class _Joining:
    """The state of one import: what the project holds and what the files have added so far."""

    def __init__(self, project: Project) -> None:
        self.codebook = project.codebook
        self.next_version = project.codebook.version + 1
        self.transcripts = {name_key(transcript.name): transcript for transcript in project.transcripts}
        self.new_transcripts: dict[str, Transcript] = {}
        self.described: dict[str, Transcript] = {}
        self.known_coders = {coder.name for coder in project.coders}
        self.new_coders: dict[str, Coder] = {}
        self.by_file: list[tuple[Coding, ...]] = []
        self.memos: list[Memo] = []
        self.problems: list[Problem] = []
        self.unplaced: list[Unplaced] = []

    # codes

    def take_codebook(self, reading: Reading) -> Mapping[str, str]:
        """Add the codes that are new and return the project's id of each of the file's codes."""
        ids: dict[str, str] = {}
        if reading.codebook is not None:
            exclusive = set()
            for _, code in reading.codebook.walk():
                parent = ids[code.parent] if code.parent is not None else None
                ids[code.id] = self._known(code, parent) or self._add(code, parent)
                if code.id in reading.codebook.exclusive:
                    exclusive.add(ids[code.id])
            self.codebook = replace(self.codebook, exclusive=self.codebook.exclusive | exclusive)
        return ids

    def _known(self, code: Code, parent: str | None) -> str | None:
        """Find a code by its id, by the GUID that we export it under, or by its name under the same parent."""
        if code.id in self.codebook:
            return code.id
        wanted = _names(code)
        by_guid = [own.id for own in self.codebook if refi.code_guid(own.id) == refi.as_guid(code.id)]
        by_name = [own.id for own in self.codebook.children(parent) if wanted & _names(own)]
        return next(iter(by_guid + by_name), None)

    def _add(self, code: Code, parent: str | None) -> str:
        codes = (*self.codebook.codes, replace(code, parent=parent))
        self.codebook = replace(self.codebook, codes=codes, version=self.next_version)
        return code.id

    # transcripts

    def take_transcripts(self, path: Path, reading: Reading) -> Mapping[str, Transcript]:
        """Add the transcripts that are new and return the project's transcript for each name in the file."""
        keys = [name_key(transcript.name) for transcript in reading.transcripts]
        twice = {key for key in keys if keys.count(key) > 1}
        return {
            transcript.name: self._take(path, transcript, transcript.name if key in twice else key)
            for transcript, key in zip(reading.transcripts, keys, strict=True)
        }

    def _take(self, path: Path, transcript: Transcript, key: str) -> Transcript:
        known = self.transcripts.get(key)
        if known is None:
            self.transcripts[key] = self.new_transcripts[transcript.name] = transcript
            return transcript
        same_text = _Received(transcript, known).alike
        if not same_text and (path.suffix.lower() in _TRANSCRIPTS or not is_edition(known.text, transcript.text)):
            remedy = "rename it if it is another transcript; a transcript's text never changes after import"
            raise FileRefused(path, f"a transcript named {known.name} with another text is here already", remedy)
        described = self._described(path, known, transcript)
        if described != known:
            self.transcripts[key] = described
            kept = self.new_transcripts if known.name in self.new_transcripts else self.described
            kept[known.name] = described
        return described

    def _described(self, path: Path, known: Transcript, more: Transcript) -> Transcript:
        """Add the file's variables and groups to a transcript that is here; what is here is not overwritten."""
        speakers = {name: dict(values) for name, values in known.speakers.items()}
        for name, values in more.speakers.items():
            if set(values) - {"role"} or name in speakers:
                speakers[name] = self._extended(path, f"{known.name}, {name}", speakers.get(name, {}), values)
        return replace(
            known,
            variables=self._extended(path, known.name, known.variables, more.variables),
            speakers=speakers,
            groups=tuple(dict.fromkeys((*known.groups, *more.groups))),
        )

    def _extended(self, path: Path, place: str, known: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
        for name, value in more.items():
            if known.get(name, value) != value and name != "role":
                what = f"the variable {name} is {known[name]} here and {value} in the file; the one here is kept"
                self.problems.append(Problem(path.name, place, what))
        return {**more, **known}

    # variables

    def take_variables(self, path: Path, reading: Reading, skip_unfound: bool) -> tuple[int, tuple[Problem, ...]]:
        """Give transcripts and speakers what a table says, and return how many it describes and the problems.

        A row about one that is not there is refused, or with ``skip_unfound`` a problem.
        """
        unfound: list[Problem] = []
        for row in reading.described:
            place = f"row {row.row}"
            transcript = self.transcripts.get(name_key(row.transcript))
            described = _described(transcript, row) if transcript else None
            if transcript is None or described is None:
                what, remedy = _nobody(row, transcript)
                if not skip_unfound:
                    raise FileRefused(path, what, f"{remedy}, or leave such rows out with --skip-unfound", place)
                unfound.append(Problem(path.name, place, what))
            elif described != transcript:
                self._replace(transcript, described)
        others = _other_roles(path, reading.described, self.transcripts)
        return len(reading.described) - len(unfound), (*unfound, *others)

    def _replace(self, transcript: Transcript, described: Transcript) -> None:
        self.transcripts[name_key(transcript.name)] = described
        there = self.new_transcripts if transcript.name in self.new_transcripts else self.described
        there[transcript.name] = described

    # codings

    def take_codings(
        self,
        path: Path,
        reading: Reading,
        codes: Mapping[str, str],
        own: Mapping[str, Transcript],
        described: int,
        met: Sequence[Problem],
    ) -> FileReport:
        """Add the file's codings, positions and quotes alike, and its memos, and report on the file."""
        if path.suffix.lower() == ".docx":
            reading = word_marks.told_apart(reading, self.codebook)
        for coder in reading.coders:
            if coder.name not in self.known_coders:
                self.new_coders.setdefault(coder.name, coder)
        files = {transcript.name: _Received(transcript, own[transcript.name]) for transcript in reading.transcripts}
        lost = len(self.unplaced)
        with_position = [self._place(path, coding, codes, files[coding.transcript]) for coding in reading.codings]
        by_quote, unplaced = place_quotes(path.name, reading.quotes, self.transcripts)
        self.unplaced += unplaced
        found = [each for each in with_position if each is not None]
        found += [(self._coding(each), each.how, each.score) for each in by_quote]
        self._group(by_quote)
        self.by_file.append(tuple(coding for coding, _, _ in found))
        self.memos += [self._memo(memo, codes, files) for memo in reading.memos]
        others = [name for name, file in files.items() if not file.alike]
        how = [each.value for _, each, _ in found if each is not None]
        problems, self.problems = self.problems, []
        return FileReport(
            file=path.name,
            names=tuple(own[name].name for name in files),
            transcripts=sum(name in self.new_transcripts for name in files),
            turns=sum(len(transcript.turns) for transcript in reading.transcripts),
            speakers=sum(len({turn.speaker for turn in transcript.turns} - {""}) for transcript in reading.transcripts),
            codes=len(codes),
            codings=len(found),
            memos=len(reading.memos),
            described=described,
            encoding=reading.encoding,
            found={name: how.count(name) for name in dict.fromkeys(how)},
            lowest_score=min((score for _, each, score in found if each is How.FUZZY), default=None),
            unplaced=len(self.unplaced) - lost,
            notes=(*reading.notes, *(f"{name}: the text differs from the one here; {_FOUND_AGAIN}" for name in others)),
            problems=(*reading.problems, *met, *problems, *_left_out(self.unplaced[lost:])),
        )

    def _place(
        self, path: Path, coding: Coding, codes: Mapping[str, str], file: _Received
    ) -> tuple[Coding, How | None, float] | None:
        """Put a coding on the project's text: at its position when the texts agree, else where its quote stands."""
        there, code = file.there, codes[coding.code]
        span, how, score = coding.span, None, 1.0
        if not file.holds(span):
            where = anchor(file.received.quote(coding.span), there)
            found = nearest(where, file.share(coding.span) * len(there.text))
            if where is None or found is None:
                told = unplaced_coding(path.name, coding, self.codebook.path(code), file.received, there)
                self.unplaced.append(told)
                return None
            span, how, score = found, where.how, where.score
        version = self.codebook.version
        return replace(coding, transcript=there.name, span=span, code=code, codebook_version=version), how, score

    def _coding(self, placed: Placed) -> Coding:
        quote, code = placed.quote, self._code_of(placed.quote.code_path)
        remark = remarks.about(remarks.recall(quote.memo), self.codebook.path(code))
        said, newest = quote.codebook_version, self.codebook.version
        return Coding(
            transcript=placed.transcript.name,
            span=placed.span,
            code=code,
            coder=quote.coder,
            origin=remark.origin if quote.origin is None else quote.origin,
            score=remark.score if quote.score is None else quote.score,
            memo=remark.memo if quote.origin is None else quote.memo,
            created=quote.created,
            codebook_version=said if said is not None and 0 < said < newest else newest,
            weight=quote.weight,
        )

    def _group(self, placed: Iterable[Placed]) -> None:
        """Put the transcripts of a table into the groups that it names."""
        for name, group in dict.fromkeys((each.transcript.name, each.quote.group) for each in placed):
            transcript = self.transcripts[name_key(name)]
            if group and group not in transcript.groups:
                self._replace(transcript, replace(transcript, groups=(*transcript.groups, group)))

    def _memo(self, memo: Memo, codes: Mapping[str, str], files: Mapping[str, _Received]) -> Memo:
        """Put a memo on the project's transcript and code; a place that is not found again leaves it on the whole."""
        code = codes.get(memo.code, "")
        file = files.get(memo.transcript)
        if file is None:
            return replace(memo, code=code)
        span = memo.span
        if span is not None and not file.holds(span):
            where = anchor(file.received.quote(span), file.there)
            span = nearest(where, file.share(span) * len(file.there.text))
        return replace(memo, transcript=file.there.name, span=span, code=code)

    def _code_of(self, path: Sequence[str]) -> str:
        """Return the code at the end of a path of names, by the whole path, else by its last name when only one has it.

        A path that the codebook does not know becomes new codes: a table has no other way to bring its codebook.
        """
        parent: str | None = None
        for name in path:
            here = [code.id for code in self.codebook.children(parent) if same(name) in _names(code)]
            if not here:
                return self._by_last_name(path) or self._add_path(path)
            parent = here[0]
        return parent or self._add_path(path)

    def _by_last_name(self, path: Sequence[str]) -> str | None:
        named = [code.id for code in self.codebook if same(path[-1]) in _names(code)]
        return named[0] if len(named) == 1 else None

    def _add_path(self, path: Sequence[str]) -> str:
        parent: str | None = None
        for depth, name in enumerate(path, 1):
            here = [code.id for code in self.codebook.children(parent) if same(name) in _names(code)]
            code_id = refi.stable_guid("path", *path[:depth])
            parent = here[0] if here else self._add(Code(code_id, name_he=name), parent)
        return str(parent)


def _nobody(row: Described, transcript: Transcript | None) -> tuple[str, str]:
    """Return what is not there of a row's transcript and speaker, and what to do."""
    if transcript is None:
        return f"there is no transcript named {row.transcript}", "import it first or mend the name"
    labels_there = ", ".join(_labels(transcript)) or "none"
    return f"nobody speaks as {row.speaker} in {transcript.name}", f"mend the label (there are: {labels_there})"


def _labels(transcript: Transcript) -> list[str]:
    return list(dict.fromkeys(turn.speaker for turn in transcript.turns if turn.speaker)) or list(transcript.speakers)


def _described(transcript: Transcript, row: Described) -> Transcript | None:
    """Return a transcript with what a row says; None when the row is about a speaker whom it does not have."""
    if not row.speaker:
        return replace(transcript, variables={**transcript.variables, **row.variables})
    label = _label(transcript, row.speaker)
    if label is None:
        return None
    own = {**transcript.speakers.get(label, {}), **row.variables}
    return replace(transcript, speakers={**transcript.speakers, label: own})


def _label(transcript: Transcript, speaker: str) -> str | None:
    wanted = labels.clean(speaker).casefold()
    return next((label for label in _labels(transcript) if labels.clean(label).casefold() == wanted), None)


def _other_roles(
    path: Path, described: Sequence[Described], transcripts: Mapping[str, Transcript]
) -> Iterator[Problem]:
    """Say where a table calls somebody an interviewer who was read as a participant; a table changes no turn."""
    for row in described:
        said = [labels.known_role(value) for name, value in row.variables.items() if name.casefold() in _ROLE_COLUMNS]
        transcript = transcripts.get(name_key(row.transcript))
        label = _label(transcript, row.speaker) if transcript else None
        if transcript is None or label is None or Role.INTERVIEWER not in said:
            continue
        if all(turn.role is Role.PARTICIPANT for turn in transcript.turns if turn.speaker == label):
            what = f"{row.speaker} is an interviewer here and was read as a participant when {transcript.name} came"
            yield Problem(path.name, f"row {row.row}", what)


@dataclass(frozen=True)
class _Received:
    """A text as a file held it, and the project's text that it stands for."""

    received: Transcript
    there: Transcript

    @cached_property
    def alike(self) -> bool:
        """Whether positions in one are positions in the other."""
        if _same_but_for_the_end(self.received.text, self.there.text):
            return True
        texts = (self.received.text, self.there.text)
        return any(_same_but_for_the_end(*map(form, texts)) for form in (qdpx.exported_text, margin.exported_text))

    def holds(self, span: Span) -> bool:
        """Whether a span of the file's text is the same span of the project's."""
        return self.alike and span.end <= len(self.there.text)

    def share(self, span: Span) -> float:
        """Return how far into the file's text a span begins, from 0 to 1."""
        return span.start / len(self.received.text)


def _same_but_for_the_end(first: str, second: str) -> bool:
    """Return whether two texts are one; every Word document ends in a line end, which the text in it may not have."""
    return first.removesuffix("\n") == second.removesuffix("\n")


def is_edition(first: str, second: str) -> bool:
    """Return whether two texts are editions of one: most of the shorter one's lines of three words stand in the other.

    Programs add titles, drop empty lines and change quotation marks; another interview shares hardly a line.
    """
    lines = [{line for line in map(normalise, text.split("\n")) if line.count(" ") >= 2} for text in (first, second)]
    fewer = min(map(len, lines))
    return fewer == 0 or len(lines[0] & lines[1]) > fewer / 2


def _left_out(unplaced: Sequence[Unplaced]) -> list[Problem]:
    return [Problem(each.file, each.row, f"{each.why}, so it was left out") for each in unplaced]


def _names(code: Code) -> set[str]:
    return {same(name) for name in (code.id, code.name_he, code.name_en, *code.aliases) if name}
