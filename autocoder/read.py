"""Files into a project: what each held, how it joins what is there, and everything that was met on the way.

Nothing is written here. :func:`join_readings` answers what an import would add, and raises before anything changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from autocoder.errors import AutocoderError, FileRefused
from autocoder.formats import (
    codebook_yaml,
    docx,
    labels,
    maxqda,
    odt,
    pdf,
    plain,
    qdc,
    qdpx,
    recognition,
    refi,
    remarks,
    rtf,
    speakers,
    subtitles,
    variables,
)
from autocoder.formats.anchor import Anchor, How, anchor
from autocoder.formats.speakers import AmbiguousSpeaker, Answers, SpeakersUnclear, Usage
from autocoder.formats.tables import read_sheets
from autocoder.project import (
    Code,
    Codebook,
    Coder,
    Coding,
    Described,
    Problem,
    Project,
    Quote,
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


def _read_table(path: Path) -> Reading:
    sheets = read_sheets(path)
    return variables.read(sheets) if variables.holds_variables(sheets) else maxqda.read(path)


_OTHERS: Mapping[str, Callable[[Path], Reading]] = {
    ".qdpx": qdpx.read,
    ".qdc": qdc.read,
    ".xlsx": _read_table,
    ".csv": _read_table,
    ".yaml": codebook_yaml.read,
    ".yml": codebook_yaml.read,
}
READABLE = (*_TRANSCRIPTS, *_OTHERS)
_ROLE_COLUMNS = frozenset(("role", "תפקיד", "rolle"))
_FOUND_AGAIN = "its codings were found again by their quotes"


Ask = Callable[[Path, Sequence[Usage]], Answers]
"""Asks a person who the speakers of a file are, once per file; what is not answered stays as it is proposed."""


class QuotesNotFound(AutocoderError):
    """Rows of a table whose quote is in no transcript, or in several places of one."""


@dataclass(frozen=True)
class FileReport:
    """What one file brought, for the line that the user sees."""

    file: str
    transcripts: int = 0
    turns: int = 0
    speakers: int = 0
    codes: int = 0
    codings: int = 0
    described: int = 0
    encoding: str = ""
    found: Mapping[str, int] = field(default_factory=dict)
    lowest_score: float | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Joined:
    """What an import adds to a project, and a report per file; ``codebook`` is None when no code is new.

    ``described`` are transcripts that are there, with variables that change.
    """

    transcripts: tuple[Transcript, ...]
    coders: tuple[Coder, ...]
    codings: tuple[Coding, ...]
    codebook: Codebook | None
    described: tuple[Transcript, ...]
    reports: tuple[FileReport, ...]


def read_file(path: Path, answers: Answers | None = None) -> Reading:
    """Read one file by its ending; raise FileRefused when there is no reader for it or it cannot be read."""
    ending = path.suffix.lower()
    answers = speakers.for_file(path, answers or {})
    if ending in _TRANSCRIPTS:
        reading = _TRANSCRIPTS[ending](path, answers)
        if any(is_reversed(transcript.text) for transcript in reading.transcripts):
            what = "its Hebrew is in visual order, the letters of each word reversed"
            raise FileRefused(path, what, "get the text in logical order, from the document that it was copied from")
        return reading
    if ending in _OTHERS:
        return _with_turns(path, _OTHERS[ending](path), answers)
    raise FileRefused(path, f"files ending in {ending or 'nothing'} are not read", f"save it as {', '.join(READABLE)}")


def read_files(
    paths: Sequence[Path], answers: Answers | None = None, ask: Ask | None = None, known: Iterable[Transcript] = ()
) -> list[tuple[Path, Reading]]:
    """Read files, and ask once per file whose speakers are not clear; without ``ask`` refuse all such files at once.

    ``known`` are the transcripts that are there: for their files the roles are what was answered when they came.
    """
    answers = answers or {}
    for named in answers:
        file, _, label = named.rstrip(":").rpartition(":")
        if file and not any(speakers.same_file(file, path) for path in paths):
            raise AutocoderError(f"--speakers answers for {label} in {file}, which is not among the files; name one.")
    roles = {_key(each.name): {turn.speaker: turn.role for turn in each.turns if turn.speaker} for each in known}
    readings: list[tuple[Path, Reading]] = []
    unclear: list[AmbiguousSpeaker] = []
    for path in paths:
        earlier = roles.get(_key(path.name)) if path.suffix.lower() in _TRANSCRIPTS else None
        try:
            readings.append((path, _read_asking(path, {**(earlier or {}), **answers}, None if earlier else ask)))
        except AmbiguousSpeaker as question:
            unclear.append(question)
    if len(unclear) == 1:
        raise unclear[0]
    if unclear:
        raise SpeakersUnclear(unclear)
    return readings


def _read_asking(path: Path, answers: Answers, ask: Ask | None) -> Reading:
    """Read a file, and read it again with what a person answers when a role is open."""
    try:
        reading = read_file(path, answers)
        usages = speakers.usages(reading.transcripts[0]) if path.suffix.lower() in _TRANSCRIPTS else ()
    except AmbiguousSpeaker as question:
        if ask is None:
            raise
        usages = question.usages
    else:
        if ask is None or len(usages) < 2 or not any(usage.is_open for usage in usages):
            return reading
    said = {f"{path.name}:{label}": role for label, role in ask(path, usages).items()}
    return read_file(path, {**answers, **said})


def _with_turns(path: Path, reading: Reading, answers: Answers | None) -> Reading:
    """Find the speakers in texts that came inside a project of another program."""
    transcripts = tuple(_spoken(path, transcript, answers) for transcript in reading.transcripts)
    return replace(reading, transcripts=transcripts)


def _spoken(path: Path, transcript: Transcript, answers: Answers | None) -> Transcript:
    if not any(map(str.isalnum, transcript.text)):
        return transcript
    parts = speakers.lines_of(transcript.text)
    (split,) = speakers.read_parts(path, transcript.text, parts, answers).transcripts
    known = {name: transcript.speakers.get(name, {}) for name in (*split.speakers, *transcript.speakers)}
    return replace(transcript, turns=split.turns, speakers=known)


def join_readings(project: Project, readings: Sequence[tuple[Path, Reading]], skip_unfound: bool = False) -> Joined:
    """Join what files held to a project: codebooks first, then transcripts, then codings.

    Raises FileRefused for a second transcript of a name with another text, and QuotesNotFound unless ``skip_unfound``.
    """
    joining = _Joining(project, skip_unfound)
    books = [joining.take_codebook(reading) for _, reading in readings]
    # a transcript's own file goes before the edition of it that another program keeps in its project
    order = sorted(range(len(readings)), key=lambda n: readings[n][0].suffix.lower() not in _TRANSCRIPTS)
    taken = {n: joining.take_transcripts(*readings[n]) for n in order}
    described = [joining.take_variables(path, reading) for path, reading in readings]
    reports = [
        joining.take_codings(path, reading, codes, taken[n], *described[n])
        for n, ((path, reading), codes) in enumerate(zip(readings, books, strict=True))
    ]
    return Joined(
        transcripts=tuple(joining.new_transcripts.values()),
        coders=tuple(joining.new_coders.values()),
        codings=tuple(dict.fromkeys(joining.codings)),
        described=tuple(joining.described.values()),
        codebook=joining.codebook if len(joining.codebook) > len(project.codebook) else None,
        reports=tuple(reports),
    )


class _Joining:
    """The state of one import: what the project holds and what the files have added so far."""

    def __init__(self, project: Project, skip_unfound: bool) -> None:
        self.codebook = project.codebook
        self.next_version = project.codebook.version + 1
        self.skip_unfound = skip_unfound
        self.transcripts = {_key(transcript.name): transcript for transcript in project.transcripts}
        self.new_transcripts: dict[str, Transcript] = {}
        self.described: dict[str, Transcript] = {}
        self.known_coders = {coder.name for coder in project.coders}
        self.new_coders: dict[str, Coder] = {}
        self.codings: list[Coding] = []

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
        keys = [_key(transcript.name) for transcript in reading.transcripts]
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
        same = known.text == transcript.text
        if not same and (path.suffix.lower() in _TRANSCRIPTS or not is_edition(known.text, transcript.text)):
            remedy = "rename it if it is another transcript; a transcript's text never changes after import"
            raise FileRefused(path, f"a transcript named {known.name} with another text is here already", remedy)
        return known

    # variables

    def take_variables(self, path: Path, reading: Reading) -> tuple[int, tuple[Problem, ...]]:
        """Give transcripts and speakers what a table says, and return how many it describes and the problems.

        A row about one that is not there is refused, or with ``skip_unfound`` a problem.
        """
        unfound: list[Problem] = []
        for row in reading.described:
            place = f"row {row.row}"
            transcript = self.transcripts.get(_key(row.transcript))
            described = _described(transcript, row) if transcript else None
            if transcript is None or described is None:
                what, remedy = _nobody(row, transcript)
                if not self.skip_unfound:
                    raise FileRefused(path, what, f"{remedy}, or leave such rows out with --skip-unfound", place)
                unfound.append(Problem(path.name, place, what))
            elif described != transcript:
                self._replace(transcript, described)
        others = _other_roles(path, reading.described, self.transcripts)
        return len(reading.described) - len(unfound), (*unfound, *others)

    def _replace(self, transcript: Transcript, described: Transcript) -> None:
        self.transcripts[_key(transcript.name)] = described
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
        """Add the file's codings, positions and quotes alike, and report on the file."""
        for coder in reading.coders:
            if coder.name not in self.known_coders:
                self.new_coders.setdefault(coder.name, coder)
        received = {transcript.name: transcript for transcript in reading.transcripts}
        placed = [self._place(coding, codes, received[coding.transcript], own) for coding in reading.codings]
        anchored = self._anchor_all(path, reading.quotes)
        unplaced = [coding for coding, there in zip(reading.codings, placed, strict=True) if there is None]
        found = [coding for coding in placed if coding is not None]
        others = [name for name, there in own.items() if there.text != received[name].text]
        self.codings += found
        self.codings += [coding for coding, _ in anchored.found]
        how = [where.how.value for _, where in anchored.found]
        scores = [where.score for _, where in anchored.found if where.how is How.FUZZY]
        return FileReport(
            file=path.name,
            transcripts=sum(name in self.new_transcripts for name in received),
            turns=sum(len(transcript.turns) for transcript in reading.transcripts),
            speakers=sum(len({turn.speaker for turn in transcript.turns} - {""}) for transcript in reading.transcripts),
            codes=len(codes),
            codings=len(found) + len(anchored.found),
            described=described,
            encoding=reading.encoding,
            found={name: how.count(name) for name in dict.fromkeys(how)},
            lowest_score=min(scores, default=None),
            notes=(*reading.notes, *(f"{name}: the text differs from the one here; {_FOUND_AGAIN}" for name in others)),
            problems=(*reading.problems, *met, *_lost(path, unplaced), *anchored.problems),
        )

    def _place(
        self, coding: Coding, codes: Mapping[str, str], received: Transcript, own: Mapping[str, Transcript]
    ) -> Coding | None:
        """Put a coding on the project's text: at its position when the texts agree, else where its quote stands."""
        there = own[coding.transcript]
        span: Span | None = coding.span
        if qdpx.exported_text(there.text) != qdpx.exported_text(received.text):
            span = _nearest(anchor(received.quote(coding.span), there), coding.span.start / len(received.text), there)
        if span is None:
            return None
        code = codes[coding.code]
        return replace(coding, transcript=there.name, span=span, code=code, codebook_version=self.codebook.version)

    def _anchor_all(self, path: Path, quotes: Sequence[Quote]) -> _Anchored:
        """Find every quote of a table, one document after the other; a repeated quote needs its paragraph."""
        found: list[tuple[Coding, Anchor]] = []
        missing: list[Problem] = []
        for quote in sorted(quotes, key=lambda quote: quote.document):
            transcript = self.transcripts.get(_key(quote.document))
            place = f"row {quote.row}"
            if transcript is None:
                missing.append(Problem(path.name, place, f"there is no transcript named {quote.document}"))
                continue
            where = anchor(quote.text, transcript, paragraph=quote.paragraph)
            if where is None or where.span is None:
                what = "is in several places of" if where else "is not in"
                missing.append(Problem(path.name, place, f"the segment {what} the transcript {transcript.name}"))
                continue
            found.append((self._coding(quote, transcript, where.span), where))
        if missing and not self.skip_unfound:
            raise _not_found(missing)
        return _Anchored(found, missing)

    def _coding(self, quote: Quote, transcript: Transcript, span: Span) -> Coding:
        code = self._code_of(quote.code_path)
        remark = remarks.about(remarks.recall(quote.memo), self.codebook.path(code))
        return Coding(
            transcript=transcript.name,
            span=span,
            code=code,
            coder=quote.coder,
            origin=remark.origin,
            score=remark.score,
            memo=remark.memo,
            created=quote.created,
            codebook_version=self.codebook.version,
        )

    def _code_of(self, path: Sequence[str]) -> str:
        """Return the code at the end of a path of names, by the whole path, else by its last name when only one has it.

        A path that the codebook does not know becomes new codes: a table has no other way to bring its codebook.
        """
        parent: str | None = None
        for name in path:
            here = [code.id for code in self.codebook.children(parent) if _same(name) in _names(code)]
            if not here:
                return self._by_last_name(path) or self._add_path(path)
            parent = here[0]
        return parent or self._add_path(path)

    def _by_last_name(self, path: Sequence[str]) -> str | None:
        named = [code.id for code in self.codebook if _same(path[-1]) in _names(code)]
        return named[0] if len(named) == 1 else None

    def _add_path(self, path: Sequence[str]) -> str:
        parent: str | None = None
        for depth, name in enumerate(path, 1):
            here = [code.id for code in self.codebook.children(parent) if _same(name) in _names(code)]
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
        transcript = transcripts.get(_key(row.transcript))
        label = _label(transcript, row.speaker) if transcript else None
        if transcript is None or label is None or Role.INTERVIEWER not in said:
            continue
        if all(turn.role is Role.PARTICIPANT for turn in transcript.turns if turn.speaker == label):
            what = f"{row.speaker} is an interviewer here and was read as a participant when {transcript.name} came"
            yield Problem(path.name, f"row {row.row}", what)


@dataclass(frozen=True)
class _Anchored:
    found: list[tuple[Coding, Anchor]]
    problems: list[Problem]


def _nearest(where: Anchor | None, share: float, there: Transcript) -> Span | None:
    """Return the place of a quote that lies clearly nearest to where another edition of the text had it, else None."""
    if where is None:
        return None
    far = sorted((abs(span.start - share * len(there.text)), span) for span in where.candidates)
    return far[0][1] if len(far) == 1 or 2 * far[0][0] < far[1][0] else None


def is_edition(first: str, second: str) -> bool:
    """Return whether two texts are editions of one: most of the shorter one's lines of three words stand in the other.

    Programs add titles, drop empty lines and change quotation marks; another interview shares hardly a line.
    """
    lines = [{line for line in map(normalise, text.split("\n")) if line.count(" ") >= 2} for text in (first, second)]
    fewer = min(map(len, lines))
    return fewer == 0 or len(lines[0] & lines[1]) > fewer / 2


def _not_found(missing: Sequence[Problem]) -> QuotesNotFound:
    more = f" (and {len(missing) - 1} more rows)" if len(missing) > 1 else ""
    return QuotesNotFound(
        f"{missing[0]}{more}; import the transcript that the table was made from, mend the row, "
        "or leave such rows out with --skip-unfound."
    )


def _lost(path: Path, codings: Sequence[Coding]) -> list[Problem]:
    what = "its quote stands in no single place of the transcript that is here, so it was left out"
    return [Problem(path.name, f"{coding.transcript}, position {coding.span.start}", what) for coding in codings]


def _key(name: str) -> str:
    """Return what two names of one transcript share: ``ריאיון 1.docx`` in a table is the transcript ``ריאיון 1``."""
    ending = Path(name).suffix.lower()
    bare = name[: -len(ending)] if ending in _TRANSCRIPTS else name
    return _same(bare)


def _same(name: str) -> str:
    return normalise(name).casefold()


def _names(code: Code) -> set[str]:
    return {_same(name) for name in (code.id, code.name_he, code.name_en, *code.aliases) if name}
