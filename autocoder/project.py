"""The nouns of a study, as immutable values. Standard library only.

A span is half-open and counts Unicode code points of the stored text: ``transcript.text[start:end]`` is the quote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from autocoder.errors import AutocoderError
from autocoder.text import fingerprint


class CodebookFault(AutocoderError):
    """A codebook that is not a set of trees: a repeated id, an unknown parent, a cycle."""


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """A non-empty, half-open stretch of a text, in code points."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"not a span: [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start

    def overlap(self, other: Span) -> int:
        """Return how many code points both spans hold."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))


class Role(StrEnum):
    """What a speaker does in the conversation; interviewers' turns are context and are not coded by default."""

    INTERVIEWER = "interviewer"
    PARTICIPANT = "participant"


@dataclass(frozen=True)
class Turn:
    """What one speaker says in one go; the span is the speech without its label, ``time`` is in seconds."""

    span: Span
    speaker: str
    role: Role
    time: float | None = None


@dataclass(frozen=True)
class Transcript:
    """One interview or focus group. The text never changes after import: LF line ends, no BOM, else as received.

    ``groups`` are the document groups (sets) that it is in; ``speakers`` holds variables by speaker.
    """

    name: str
    text: str
    turns: tuple[Turn, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    speakers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    groups: tuple[str, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """The fingerprint of the text."""
        return fingerprint(self.text)

    def quote(self, span: Span) -> str:
        """Return the text of a span; raise ValueError when the span leaves the text."""
        if span.end > len(self.text):
            raise ValueError(f"{self.name}: [{span.start}, {span.end}) leaves a text of {len(self.text)} characters")
        return self.text[span.start : span.end]


@dataclass(frozen=True)
class Segment:
    """A unit of coding: whole sentences of one turn, with the interviewer's question that it answers, if any."""

    transcript: str
    span: Span
    turn: int
    question: Span | None = None


@dataclass(frozen=True)
class Exclusion:
    """What does not belong to a code, and where it belongs instead."""

    text: str
    redirect_to: str | None = None
    double_code_allowed: bool = False


@dataclass(frozen=True)
class Code:
    """An entry of the codebook. ``codable`` is False for a folder; ``status`` is ``verified`` or ``proposed``."""

    id: str
    name_he: str = ""
    name_en: str = ""
    parent: str | None = None
    codable: bool = True
    definition_he: str = ""
    definition_en: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[Exclusion, ...] = ()
    aliases: tuple[str, ...] = ()
    crosswalk: tuple[tuple[str, str], ...] = ()
    color: str | None = None
    status: str = "proposed"

    @property
    def name(self) -> str:
        """The Hebrew name, or the English one where there is no Hebrew."""
        return self.name_he or self.name_en or self.id


@dataclass(frozen=True)
class Codebook:
    """Trees of codes. ``exclusive`` holds the roots of trees of which a segment carries one code at most."""

    name: str
    codes: tuple[Code, ...]
    exclusive: frozenset[str] = frozenset()
    version: int = 1

    def __post_init__(self) -> None:
        ids = [code.id for code in self.codes]
        repeated = sorted({code_id for code_id in ids if ids.count(code_id) > 1}) if len(set(ids)) < len(ids) else []
        if repeated:
            raise CodebookFault(
                f"codebook {self.name}: the id {repeated[0]} stands twice; give each code an id of its own."
            )
        for code in self.codes:
            if code.parent is not None and code.parent not in self._by_id:
                raise CodebookFault(f"codebook {self.name}: the parent {code.parent} of {code.id} is missing; add it.")
        for code in self.codes:
            self._check_line(code)

    def _check_line(self, code: Code) -> None:
        seen = {code.id}
        while code.parent is not None:
            if code.parent in seen:
                raise CodebookFault(f"codebook {self.name}: {code.parent} is its own ancestor; break the cycle.")
            seen.add(code.parent)
            code = self._by_id[code.parent]

    @cached_property
    def _by_id(self) -> dict[str, Code]:
        return {code.id: code for code in self.codes}

    @cached_property
    def _children(self) -> dict[str | None, tuple[Code, ...]]:
        children: dict[str | None, list[Code]] = {}
        for code in self.codes:
            children.setdefault(code.parent, []).append(code)
        return {parent: tuple(codes) for parent, codes in children.items()}

    def __contains__(self, code_id: object) -> bool:
        return code_id in self._by_id

    def __getitem__(self, code_id: str) -> Code:
        return self._by_id[code_id]

    def __iter__(self) -> Iterator[Code]:
        return iter(self.codes)

    def __len__(self) -> int:
        return len(self.codes)

    def children(self, code_id: str | None) -> tuple[Code, ...]:
        """Return the codes right under ``code_id``, or the roots for None, in the codebook's order."""
        return self._children.get(code_id, ())

    def ancestors(self, code_id: str) -> tuple[Code, ...]:
        """Return the codes above, the nearest first."""
        line: list[Code] = []
        parent = self[code_id].parent
        while parent is not None:
            line.append(self[parent])
            parent = self[parent].parent
        return tuple(line)

    def root(self, code_id: str) -> Code:
        """Return the root of the code's tree, which is the code itself for a root."""
        return (self[code_id], *self.ancestors(code_id))[-1]

    @cached_property
    def _rivals(self) -> dict[str, frozenset[str]]:
        trees: dict[str, set[str]] = {}
        for code in self.codes:
            trees.setdefault(self.root(code.id).id, set()).add(code.id)
        return {code: frozenset(trees[root] - {code}) for root in self.exclusive & set(trees) for code in trees[root]}

    def rivals(self, code_id: str) -> frozenset[str]:
        """Return the codes that cannot stand beside this one: the others of its tree, where that is exclusive.

        A code that is not in the codebook has none.
        """
        return self._rivals.get(code_id, frozenset())

    def path(self, code_id: str, separator: str = " > ") -> str:
        """Return the names from the root down to the code, the form in which tables name a code."""
        line = (self[code_id], *self.ancestors(code_id))
        return separator.join(code.name for code in reversed(line))

    def walk(self) -> Iterator[tuple[int, Code]]:
        """Yield (depth, code) in tree order, parents first."""
        stack = [(0, code) for code in reversed(self.children(None))]
        while stack:
            depth, code = stack.pop()
            yield depth, code
            stack += [(depth + 1, child) for child in reversed(self.children(code.id))]


class CoderKind(StrEnum):
    """A person or a model; their codings are never mixed."""

    HUMAN = "human"
    MODEL = "model"


@dataclass(frozen=True)
class Coder:
    """Who codes; the name is unique in a project."""

    name: str
    kind: CoderKind = CoderKind.HUMAN


class Origin(StrEnum):
    """How a coding came about; only blind coding judges agreement and models."""

    BLIND = "blind"
    ASSISTED = "assisted"
    AUTO = "auto"
    ADJUDICATED = "adjudicated"


@dataclass(frozen=True, slots=True)
class Coding:
    """A code that a coder put on a span of a transcript.

    ``created`` is ISO 8601, ``score`` a model's number, ``weight`` the importance a person gave (MAXQDA: 0 to 100).
    """

    transcript: str
    span: Span
    code: str
    coder: str
    origin: Origin = Origin.BLIND
    score: float | None = None
    memo: str = ""
    created: str = ""
    codebook_version: int = 1
    weight: float | None = None

    @property
    def key(self) -> CodingKey:
        """What makes a coding one coding: a coder puts a code on a span once."""
        return (self.transcript, self.span, self.code, self.coder)

    @property
    def said(self) -> str:
        """The fingerprint of what was said beside the coding: memo and weight."""
        return fingerprint(f"{self.weight}\x1f{self.memo}") if self.memo or self.weight is not None else ""


CodingKey = tuple[str, Span, str, str]
"""Transcript, span, code and coder."""


@dataclass(frozen=True)
class Held:
    """A coding of a person as an imported file held it, to compare a later export of the same project with.

    ``file`` and ``source`` are the file's name and the project that it was an export of; ``said`` as in Coding.
    """

    file: str
    source: str
    transcript: str
    span: Span
    code: str
    coder: str
    said: str = ""

    @property
    def key(self) -> CodingKey:
        """As in Coding."""
        return (self.transcript, self.span, self.code, self.coder)


@dataclass(frozen=True)
class Memo:
    """A note that is no coding.

    It is about a stretch of a transcript (``span``), a whole transcript, a code, or, with none of them, the study.
    """

    text: str
    title: str = ""
    author: str = ""
    created: str = ""
    transcript: str = ""
    span: Span | None = None
    code: str = ""


@dataclass(frozen=True)
class Quote:
    """A coding as a table gives it: the quoted text, mostly without a position.

    ``row`` is its row in the file and ``paragraph`` the paragraph where it begins, both from 1; ``span`` is the
    position where the table gives one, to be believed only where the text is the quote. None when not given.
    ``group`` is the group of documents in which its document stands.
    """

    document: str
    code_path: tuple[str, ...]
    text: str
    coder: str
    row: int
    memo: str = ""
    created: str = ""
    paragraph: int | None = None
    span: Span | None = None
    weight: float | None = None
    origin: Origin | None = None
    score: float | None = None
    codebook_version: int | None = None
    group: str = ""


class Mode(StrEnum):
    """Where a decision was made; the last three are passages that were not asked about because of a suggestion."""

    CONFIRM = "confirm"
    SWEEP = "sweep"
    BLIND = "blind"
    ADJUDICATE = "adjudicate"
    BROWSE = "browse"
    RANDOM = "random"
    PLANTED = "planted"
    AUDIT = "audit"


class Action(StrEnum):
    """What a decision did."""

    ACCEPT = "accept"
    REJECT = "reject"
    CHANGE = "change"
    MOVE = "move"
    MEMO = "memo"
    SKIP = "skip"
    UNDO = "undo"


class Reason(StrEnum):
    """Why two coders differed, in the words of the one who settles it."""

    UNCLEAR = "unclear passage"
    GAP = "definition gap"
    SLIP = "slip"
    DIFFERENCE = "genuine difference"


@dataclass(frozen=True)
class Decision:
    """One answer of a reviewer about one passage, kept forever; undoing is a new decision.

    ``before`` and ``after`` are the codes of the passage by what was suggested or coded and by the answer; ``shown``
    are the codes that the reviewer saw suggested; ``new_span`` is where the passage lies after its boundaries were
    moved. ``id`` is given by the store, ``undoes`` is the id of the decision that this one takes back, and decisions
    that were made at once share a ``batch``.
    """

    coder: str
    at: str
    transcript: str
    span: Span
    before: tuple[str, ...]
    after: tuple[str, ...]
    saw_suggestion: bool
    shown: tuple[str, ...] = ()
    score: float | None = None
    seconds: float | None = None
    model: str = ""
    codebook_version: int = 1
    mode: Mode = Mode.CONFIRM
    action: Action | None = None
    new_span: Span | None = None
    memo: str = ""
    reason: Reason | None = None
    undoes: int | None = None
    batch: str = ""
    id: int | None = None

    @property
    def place(self) -> Span:
        """Where the decision left the passage."""
        return self.new_span or self.span


@dataclass(frozen=True)
class Described:
    """What a table says about a transcript, or about one of its speakers (``speaker`` is the label, else "")."""

    transcript: str
    speaker: str
    variables: Mapping[str, str]
    row: int


@dataclass(frozen=True)
class Problem:
    """Something in a file that was not read as it stands, and why; never a silent gap."""

    file: str
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}, {self.place}: {self.what}" if self.place else f"{self.file}: {self.what}"


@dataclass(frozen=True)
class Reading:
    """What one file held, in the project's nouns, before it is joined to a project.

    ``codings`` and ``memos`` name a code by its id in ``codebook``; ``quotes`` wait to be anchored in a transcript;
    ``notes`` say what was decided while reading (an encoding, an offset convention); ``described`` are variables for
    transcripts; ``encoding`` is that of a text file. ``source`` names the project of another program that the file is
    an export of, so that a later export is known again; "" where the file has none.
    """

    transcripts: tuple[Transcript, ...] = ()
    codebook: Codebook | None = None
    coders: tuple[Coder, ...] = ()
    codings: tuple[Coding, ...] = ()
    quotes: tuple[Quote, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    memos: tuple[Memo, ...] = ()
    source: str = ""
    described: tuple[Described, ...] = ()
    encoding: str = ""


@dataclass(frozen=True)
class Project:
    """A whole study: what the steps work on and what is exported."""

    name: str
    codebook: Codebook
    transcripts: tuple[Transcript, ...] = ()
    coders: tuple[Coder, ...] = ()
    codings: tuple[Coding, ...] = ()
    memos: tuple[Memo, ...] = ()

    @cached_property
    def _by_name(self) -> dict[str, Transcript]:
        return {transcript.name: transcript for transcript in self.transcripts}

    def transcript(self, name: str) -> Transcript:
        """Return the transcript of that name; raise KeyError when there is none."""
        return self._by_name[name]

    def codings_of(self, coders: Iterable[str]) -> tuple[Coding, ...]:
        """Return the codings of these coders, in the project's order."""
        wanted = set(coders)
        return tuple(coding for coding in self.codings if coding.coder in wanted)
