"""Lines to turns: the one place that decides who speaks where.

A reader hands over its text in *parts*: :class:`Line`, a stretch in which a label has to be looked for, and
:class:`Saying`, a stretch whose speaker the file itself names (a table's column, a voice tag). :func:`read_parts` gives
back the transcript.

A label stands on the line (``name: speech``) or alone above the speech (``name:``). Which candidates are speakers is
decided over the whole file, since a name is only a name by the company it keeps:

1. A label that the user answered for and a label of the trade (``labels.known_role``) always count.
2. A label of a name's shape (``labels.plausible``) counts when it comes back: twice, or thrice for a single letter.
3. A label of that shape that occurs once counts where the file's habit is established: alone on the line and opening a
   paragraph when three labels do so already; bold when two do so already; in the line when most lines open so.
4. A dash, a tab or brackets instead of the colon, and no sign at all on a line of its own, count for labels accepted so
   far, when it happens twice; a bold name alone on its line counts when it comes back.
5. A name and a time alone on a line (``דנה כהן  0:03``, as Otter, Teams and Zoom write it) count from two such lines
   on.
6. A label that the user calls no speaker (``none``) never counts; its line is speech like any other.

A time alone on its line begins a new turn of the same speaker, so that no time is lost. A label of the right shape that
does not count becomes a problem for a person to look at. Lines of a form at the top (``תאריך: ...``) belong to no turn,
and neither does anything else before the first label. A file without any label is read as one participant turn per
paragraph, with a note.

Some programs put a speech where the label belongs and close it with a colon (``כן, בטח.:``), right above the next
label. Such a line is speech of the label that waits for one, and else of a speaker who is not known.

Roles: the user's answer, else the word of the trade in the label, else participant. ``מ`` is never guessed: without an
answer :class:`AmbiguousSpeaker` is raised. :func:`usages` proposes a role for every speaker of a file, to ask about.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from autocoder.errors import AutocoderError, FileRefused
from autocoder.formats import labels
from autocoder.formats.labels import Head
from autocoder.project import Problem, Reading, Role, Span, Transcript, Turn
from autocoder.text import count_words, normalise

_FORM_LINES = 15
_FORM_WORDS = 12
_VALUE_WORDS = 4
_LISTED = 12
_GOES_ON = -1
"""The line of a saying whose label stands above an earlier one."""
_MISPLACED = re.compile(r"[.?!…\-–][\"')\]]*\s*:\s*$")
_SENTENCE_MARK = re.compile(r"[.?!,;]")


@dataclass(frozen=True)
class Line:
    """A stretch of the text without a line break. ``bold``: all of it is; ``opens``: it begins a paragraph."""

    start: int
    end: int
    bold: bool = False
    opens: bool = True


@dataclass(frozen=True)
class Saying:
    """A stretch of speech whose speaker is known from the file's own structure; the stretch may be empty."""

    label: str
    start: int
    end: int
    time: float | None = None
    line: int = 0


Answers = Mapping[str, Role | None]
"""What the user said about labels: the role of each, or None for a label that is no speaker."""


@dataclass(frozen=True)
class Usage:
    """How a label is used in one file: in how many turns, and in how many of them a question is asked.

    ``is_open`` says that the role is not clear, so that ``proposal`` is a guess that only a person may confirm.
    """

    label: str
    turns: int
    questions: int
    proposal: Role
    is_open: bool = True

    def __str__(self) -> str:
        return f"{self.label}: ({self.turns} turns, {self.questions} with a question mark, looks like {self.proposal})"


class AmbiguousSpeaker(AutocoderError):
    """A label that may stand for either role; only a person can say which.

    ``usages`` holds every speaker of the file, the open ones among them.
    """

    def __init__(self, path: Path, usages: Sequence[Usage]) -> None:
        self.file = path.name
        self.usages = tuple(usages)
        unclear = [usage for usage in usages if usage.is_open]
        listed = " and ".join(map(str, unclear))
        super().__init__(
            f"{path.name}: who speaks under {listed} is not clear, interviewer or participant; "
            f"say it with {option((usage.label, usage.proposal) for usage in unclear)}."
        )


class SpeakersUnclear(AutocoderError):
    """Several files that have such labels; the message gives the option that answers for all of them."""

    def __init__(self, questions: Sequence[AmbiguousSpeaker]) -> None:
        self.questions = tuple(questions)
        unclear = [(question.file, usage) for question in questions for usage in question.usages if usage.is_open]
        roles: dict[str, set[Role]] = {}
        for _, usage in unclear:
            roles.setdefault(usage.label, set()).add(usage.proposal)
        answers = {
            (usage.label if len(roles[usage.label]) == 1 else f"{file}:{usage.label}"): usage.proposal
            for file, usage in unclear
        }
        listed = "; ".join(f"{file}, {usage}" for file, usage in unclear[:_LISTED])
        more = f"; and {len(unclear) - _LISTED} more" if len(unclear) > _LISTED else ""
        super().__init__(
            f"{len(questions)} files have speakers who may be interviewer or participant ({listed}{more}); "
            f"say it with {option(answers.items())}."
        )


def option(answers: Iterable[tuple[str, Role]]) -> str:
    """Return the option of the command line that gives these answers, in quotation marks that no label holds."""
    said = ",".join(f"{label}={role}" for label, role in answers)
    mark = "'" if '"' in said else '"'
    return f"--speakers {mark}{said}{mark}"


@dataclass
class _Found:
    """What the walk over the parts gathers."""

    sayings: list[Saying] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    words_before: int = 0
    words_after: int = 0
    first_after: int = 0


def read_parts(
    path: Path,
    text: str,
    parts: Sequence[Line | Saying],
    answers: Answers | None = None,
    notes: Iterable[str] = (),
    problems: Iterable[Problem] = (),
) -> Reading:
    """Return the reading of one transcript, named after the file, from its text and the parts of it in order.

    Refuse a file without any words; raise AmbiguousSpeaker for a label that ``answers`` must answer first.
    """
    if not any(map(str.isalnum, text)):
        raise FileRefused(path, "it holds no words", "check that it is the right file")
    answers = by_key(answers or {})
    parts = [part for part in parts if isinstance(part, Line) or not _is_none(part.label, answers)]
    heads, doubts = find_heads(path, text, parts, answers)
    found = _walk(path, text, parts, heads)
    labelled = any(saying.label for saying in found.sayings)
    sayings = found.sayings if labelled else _paragraphs(text, parts)
    turns = tuple(_turn(saying, answers) for saying in sayings)
    _refuse_ambiguous(path, text, turns, answers)
    said = _notes(turns, found.words_before) if labelled else (_NO_SPEAKERS,)
    met = (*problems, *doubts, *found.problems, *_labels_inside(path, text, turns)) if labelled else tuple(problems)
    return Reading((_transcript(path, text, turns),), problems=met, notes=(*notes, *said))


_NO_SPEAKERS = (
    "no speakers were found: each paragraph is read as a turn of a participant without a name; "
    "if there are speakers, write each as `name:` at the beginning of the line"
)


MAX_LINES = 300_000
"""More lines than any transcript has; what is kept of each would fill the memory."""
MAX_LETTERS = 20_000_000
"""More than a year of speech; a small file may write a space a million times."""


class TooLong(ValueError):
    """A text of more than MAX_LINES lines or MAX_LETTERS characters."""


def check_length(lines: int, letters: int) -> None:
    """Raise TooLong for a text of so many lines and characters that no transcript has."""
    if lines > MAX_LINES:
        raise TooLong(f"a text of it has more than {MAX_LINES:,} lines, which no transcript has")
    if letters > MAX_LETTERS:
        raise TooLong(f"a text of it has more than {MAX_LETTERS:,} characters, which no transcript has")


def for_file(path: Path, answers: Answers) -> Answers:
    """Return what was answered for any file, and over it what was answered for this one (``שיחה.txt:מ``)."""
    general = {label: role for label, role in answers.items() if ":" not in label.rstrip(":")}
    own = {
        label: role
        for file, _, label, role in ((*named.rstrip(":").rpartition(":"), role) for named, role in answers.items())
        if file and same_file(file, path)
    }
    return general | own


def same_file(name: str, path: Path) -> bool:
    """Tell whether an answer's file is this one, with or without its ending."""
    return normalise(name).casefold() in (normalise(path.name).casefold(), normalise(path.stem).casefold())


def has_label(transcript: Transcript, label: str, is_speaker: bool) -> bool:
    """Tell whether somebody speaks under a label, with or without its number, or else whether it is in the text."""
    wanted = labels.clean(label).casefold()
    if not is_speaker:
        return wanted in transcript.text.casefold() or normalise(wanted) in normalise(transcript.text).casefold()
    keys = {labels.clean(turn.speaker).casefold() for turn in transcript.turns}
    return wanted in keys | {labels.base_of(key) for key in keys}


def by_key(answers: Answers) -> Answers:
    """Return answers by what labels are compared by."""
    return {labels.clean(label).casefold(): role for label, role in answers.items()}


def lines_of(text: str, start: int = 0) -> list[Line]:
    """Return the lines of a plain text; where it has empty lines, a paragraph is what stands between them."""
    check_length(text.count("\n"), len(text))
    stretches: list[tuple[int, int]] = []
    for row in text.split("\n"):
        stretches.append((start, start + len(row)))
        start += len(row) + 1
    empty = [not text[begin:end].strip() for begin, end in stretches]
    inner = empty[: len(empty) - empty[::-1].index(False)] if False in empty else empty
    spaced = any(inner)
    return [Line(begin, end, opens=not spaced or i == 0 or empty[i - 1]) for i, (begin, end) in enumerate(stretches)]


# -- which labels are speakers


def find_heads(
    path: Path, text: str, parts: Sequence[Line | Saying], answers: Answers
) -> tuple[dict[int, Head], tuple[Problem, ...]]:
    """Return the accepted label of each part that opens with one, by the part's index, and the doubts."""
    form_end = _form_end(text, parts)
    lines = {i: part for i, part in enumerate(parts) if isinstance(part, Line) and not _is_empty(text, part)}
    spoken = {i: line for i, line in lines.items() if i >= form_end}
    candidates = {
        i: head
        for i, line in spoken.items()
        if (head := labels.head_with_colon(text, line.start, line.end)) and _may_be_label(head, answers)
    }
    named = {labels.clean(part.label).casefold() for part in parts if isinstance(part, Saying)}
    accepted = _recurring(candidates, answers) | named
    accepted |= _lone(text, spoken, candidates, accepted)
    heads = {i: head for i, head in candidates.items() if head.key in accepted}
    heads |= _without_colon(text, {i: line for i, line in spoken.items() if i not in heads}, accepted, answers)
    heads |= _timed(text, {i: line for i, line in spoken.items() if i not in heads}, answers)
    return heads, tuple(_doubts(path, text, spoken, candidates, heads))


def _certain(head: Head, answers: Answers) -> bool:
    return head.key in answers or labels.known_role(head.label) is not None or labels.is_ambiguous(head.label)


def _may_be_label(head: Head, answers: Answers) -> bool:
    return not _is_none(head.label, answers) and (_certain(head, answers) or labels.plausible(head.label))


def _is_none(label: str, answers: Answers) -> bool:
    return bool(label) and _answer(label, answers) is None


def _answer(label: str, answers: Answers) -> Role | Literal["open"] | None:
    """Return the user's answer for a label, or for the label without its number; "open" without one."""
    key = labels.clean(label).casefold()
    return next((answers[known] for known in (key, labels.base_of(key)) if known in answers), "open")


def _recurring(candidates: Mapping[int, Head], answers: Answers) -> set[str]:
    """Rules 1 and 2."""
    counts = Counter(head.key for head in candidates.values())
    return {
        head.key
        for head in candidates.values()
        if _certain(head, answers) or counts[head.key] >= (3 if len(head.key) == 1 else 2)
    }


def _lone(text: str, lines: Mapping[int, Line], candidates: Mapping[int, Head], accepted: set[str]) -> set[str]:
    """Rule 3: the names that occur once, where the labels accepted so far have established a habit."""
    sure = [i for i, head in candidates.items() if head.key in accepted]
    bold = sum(lines[i].bold for i in sure) >= 2
    alone = sum(_stands_alone(text, lines[i], candidates[i]) for i in sure) >= 3
    inline = len(sure) >= 2 and len(sure) >= 0.6 * len(lines)
    inline = inline or (len(sure) >= 1 and len(candidates) >= 0.8 * len(lines)) or len(candidates) == len(lines) > 1
    return {
        head.key
        for i, head in candidates.items()
        if len(head.key) > 1 and not text[head.speech : lines[i].end].strip(" .").isdecimal()
        if (bold and lines[i].bold)
        or (alone and _stands_alone(text, lines[i], head) and (lines[i].opens or _closes_oddly(text, lines.get(i - 1))))
        or (inline and not _stands_alone(text, lines[i], head))
    }


def _stands_alone(text: str, line: Line, head: Head) -> bool:
    return not text[head.speech : line.end].strip()


def _without_colon(text: str, lines: Mapping[int, Line], accepted: set[str], answers: Answers) -> dict[int, Head]:
    """Rule 4."""
    signed = {i: labels.head_with_other_sign(text, line.start, line.end) for i, line in lines.items()}
    alone = {i: labels.head_alone(text, line.start, line.end) for i, line in lines.items()}
    heads = {
        i: head
        for i in lines
        for head in (signed[i] or alone[i],)
        if head and (head.key in accepted or _certain(head, answers)) and not _is_none(head.label, answers)
    }
    heads = heads if len(heads) >= 2 else {}
    bold = {i: head for i, head in alone.items() if head and lines[i].bold and _may_be_label(head, answers)}
    counts = Counter(head.key for head in bold.values())
    return heads | {i: head for i, head in bold.items() if counts[head.key] >= 2}


def _timed(text: str, lines: Mapping[int, Line], answers: Answers) -> dict[int, Head]:
    """Rule 5."""
    heads = {
        i: head
        for i, line in lines.items()
        if (head := labels.head_alone(text, line.start, line.end))
        if head.time is not None and _may_be_label(head, answers)
    }
    return heads if len(heads) >= 2 else {}


def _form_end(text: str, parts: Sequence[Line | Saying]) -> int:
    """Return the index behind the form at the top: short lines down to the last one headed like ``תאריך:``.

    The lines that follow up to an empty line belong to it too, as long as each holds a short value and no sentence.
    """
    last = -1
    for i, part in enumerate(parts[:_FORM_LINES]):
        if not isinstance(part, Line) or count_words(text[part.start : part.end]) > _FORM_WORDS:
            break
        head = labels.head_with_colon(text, part.start, part.end)
        if head and labels.is_heading(head.label):
            last = i
    if last < 0:
        return 0
    following = last + 1
    while following < len(parts) and _is_value(text, parts[following]):
        following += 1
    ends_empty = following < len(parts) and _is_empty(text, parts[following])
    return following if ends_empty else last + 1


def _is_value(text: str, part: Line | Saying) -> bool:
    head = labels.head_with_colon(text, part.start, part.end) if isinstance(part, Line) else None
    value = text[head.speech : part.end] if head else ""
    return bool(value.strip()) and count_words(value) <= _VALUE_WORDS and not _SENTENCE_MARK.search(value)


def _doubts(
    path: Path, text: str, lines: Mapping[int, Line], candidates: Mapping[int, Head], heads: Mapping[int, Head]
) -> Iterable[Problem]:
    for i, head in candidates.items():
        if i not in heads:
            what = (
                f"`{head.label}:` looks like a speaker but occurs too rarely to tell; it was read as speech; "
                f"if it is one, import with {option([(head.label, Role.PARTICIPANT)])}"
            )
            yield Problem(path.name, _place(text, lines[i].start), what)


# -- the walk over the parts


def _walk(path: Path, text: str, parts: Sequence[Line | Saying], heads: Mapping[int, Head]) -> _Found:
    """Gather each label's speech; a line without a label goes on with the speaker above it."""
    found = _Found()
    current: Saying | None = None
    pending: float | None = None
    for i, part in enumerate(parts):
        if isinstance(part, Saying):
            _close(path, text, current, found)
            _close(path, text, replace(part, line=part.start), found)
            current = None
        elif head := heads.get(i):
            _close(path, text, current, found)
            current = _opened(text, part, head, pending)
        elif _is_empty(text, part):
            continue
        elif labels.is_notice(text[part.start : part.end]):
            _close(path, text, current, found)
            current = None
        elif labels.is_clock(text[part.start : part.end]):
            pending = labels.seconds(text[part.start : part.end])
            current = _stamped(path, text, current, pending, part, found)
            continue
        elif _is_misplaced(text, i, parts, heads) and (current is None or current.start < current.end):
            _close(path, text, current, found)
            current = Saying("", part.start, part.end, line=part.start)
            what = "a speech stands where its speaker belongs; its speaker is not known"
            found.problems.append(Problem(path.name, _place(text, part.start), what))
        elif current is None:
            _leave_out(text, part, found)
        else:
            current = _continued(text, current, part)
        pending = None
    _close(path, text, current, found)
    if found.words_after:
        what = f"{found.words_after} words between or below the rows of a table have no speaker and belong to no turn"
        found.problems.append(Problem(path.name, _place(text, found.first_after), what))
    return found


def _leave_out(text: str, line: Line, found: _Found) -> None:
    """Count the words of a line that nobody says."""
    words = count_words(text[line.start : line.end])
    if not found.sayings:
        found.words_before += words
        return
    found.first_after = found.first_after or line.start
    found.words_after += words


def _opened(text: str, line: Line, head: Head, pending: float | None) -> Saying:
    time = head.time if head.time is not None else pending
    has_speech = bool(text[head.speech : line.end].strip())
    return Saying(head.label, head.speech if has_speech else line.end, line.end, time, line.start)


def _stamped(path: Path, text: str, current: Saying | None, stamp: float, line: Line, found: _Found) -> Saying | None:
    """Give a timestamp on a line of its own to the label above it, or begin a new turn of the speaker above it."""
    if current is None:
        return None
    if current.start < current.end:
        _close(path, text, current, found)
        return Saying(current.label, line.end, line.end, stamp, _GOES_ON)
    return replace(current, time=stamp if current.time is None or current.line == _GOES_ON else current.time)


def _continued(text: str, current: Saying, line: Line) -> Saying:
    if current.start < current.end:
        return replace(current, end=line.end)
    start, time = line.start, current.time
    if stamp := labels.leading_time(text, line.start, line.end):
        start, time = stamp[1], stamp[0] if time is None else time
    return replace(current, start=start, end=line.end, time=time)


def _close(path: Path, text: str, current: Saying | None, found: _Found) -> None:
    """Keep a saying, trimmed; a label without speech is a problem, for a turn holds some text."""
    if current is None:
        return
    said = text[current.start : current.end]
    if not said.strip():
        if current.label and current.line != _GOES_ON:
            what = f"the label `{current.label}` has no speech below it"
            found.problems.append(Problem(path.name, _place(text, current.line), what))
        return
    start = current.start + len(said) - len(said.lstrip())
    found.sayings.append(replace(current, start=start, end=current.start + len(said.rstrip())))


def _is_misplaced(text: str, i: int, parts: Sequence[Line | Saying], heads: Mapping[int, Head]) -> bool:
    """Tell whether a line is a speech in a label's place: closed by a colon, right above a label alone on its line."""
    part, following = parts[i], parts[i + 1] if i + 1 in heads else None
    if not isinstance(following, Line) or not _stands_alone(text, following, heads[i + 1]):
        return False
    return _closes_oddly(text, part)


def _closes_oddly(text: str, part: Line | Saying | None) -> bool:
    return part is not None and _MISPLACED.search(text[part.start : part.end]) is not None


def _paragraphs(text: str, parts: Sequence[Line | Saying]) -> list[Saying]:
    """Return one saying per paragraph of a file without speakers."""
    found = _Found()
    current: Saying | None = None
    for part in parts:
        if isinstance(part, Saying):
            _close(Path(), text, current, found)
            current = part
            continue
        said = text[part.start : part.end]
        if not said.strip() or labels.is_notice(said):
            continue
        clock = labels.seconds(said) if labels.is_clock(said) else None
        if current is None or clock is not None or (part.opens and current.start < current.end):
            _close(Path(), text, current, found)
            current = Saying("", part.end, part.end, clock)
        if clock is None:
            current = _continued(text, current, part)
    _close(Path(), text, current, found)
    return found.sayings


# -- roles, notes


def role_of(label: str, answers: Answers) -> Role:
    """Return a speaker's role: the user's answer for the label, or for the label without its number, or its words'."""
    answer = _answer(label, answers)
    return answer if isinstance(answer, Role) else labels.role_within(label)


def _turn(saying: Saying, answers: Answers) -> Turn:
    label = labels.clean(saying.label)
    return Turn(Span(saying.start, saying.end), label, role_of(label, answers), saying.time)


def _transcript(path: Path, text: str, turns: tuple[Turn, ...]) -> Transcript:
    speakers = {turn.speaker: {"role": turn.role.value} for turn in turns if turn.speaker}
    return Transcript(path.stem, text, turns, speakers=speakers)


def _refuse_ambiguous(path: Path, text: str, turns: Sequence[Turn], answers: Answers) -> None:
    unclear = {
        turn.speaker for turn in turns if labels.is_ambiguous(turn.speaker) and _answer(turn.speaker, answers) == "open"
    }
    if unclear:
        raise AmbiguousSpeaker(path, _usages(text, turns, unclear))


def usages(transcript: Transcript) -> tuple[Usage, ...]:
    """Return the speakers of a transcript, in order of appearance, with a role to propose for each.

    All are open where nobody was found to be the interviewer.
    """
    roles = {turn.role for turn in transcript.turns if turn.speaker}
    unclear = set() if Role.INTERVIEWER in roles else {turn.speaker for turn in transcript.turns if turn.speaker}
    return _usages(transcript.text, transcript.turns, unclear)


def _usages(text: str, turns: Sequence[Turn], unclear: set[str]) -> tuple[Usage, ...]:
    asked: dict[str, list[bool]] = {}
    roles: dict[str, Role] = {}
    for turn in turns:
        if turn.speaker:
            asked.setdefault(turn.speaker, []).append("?" in text[turn.span.start : turn.span.end])
            roles[turn.speaker] = turn.role
    trade = {role for label, role in roles.items() if label not in unclear and labels.known_role(label)}
    return tuple(
        Usage(label, len(asked[label]), sum(asked[label]), _proposal(asked[label], trade), True)
        if label in unclear
        else Usage(label, len(asked[label]), sum(asked[label]), roles[label], False)
        for label in asked
    )


def _proposal(asked: Sequence[bool], others: set[Role]) -> Role:
    """Propose the role that no other label of the trade has taken, or else by the share of turns with a question."""
    if others == {Role.INTERVIEWER}:
        return Role.PARTICIPANT
    if others == {Role.PARTICIPANT} or sum(asked) >= 0.5 * len(asked):
        return Role.INTERVIEWER
    return Role.PARTICIPANT


def _notes(turns: Sequence[Turn], words_before: int) -> tuple[str, ...]:
    interviewers = sorted({turn.speaker for turn in turns if turn.role is Role.INTERVIEWER})
    if interviewers:
        notes = [f"read as interviewer: {', '.join(interviewers)}"]
    else:
        notes = ['no interviewer was found; if there is one, name the label with --speakers "label=interviewer"']
    counts = Counter(turn.speaker for turn in turns if turn.speaker)
    listed = ", ".join(f"{speaker} {count}" for speaker, count in counts.most_common(_LISTED))
    others = f" and {len(counts) - _LISTED} more" if len(counts) > _LISTED else ""
    notes.append(f"turns by speaker: {listed}{others}")
    if words_before:
        notes.append(f"{words_before} words before the first speaker belong to no turn")
    return tuple(notes)


def _labels_inside(path: Path, text: str, turns: Sequence[Turn]) -> Iterable[Problem]:
    """Say how many turns hold another speaker's label in the middle of a line, which no rule splits."""
    names = {turn.speaker for turn in turns if len(turn.speaker.split()) > 1}
    if not names:
        return
    pattern = re.compile("|".join(re.escape(name) + r"\s*:" for name in sorted(names)))
    places = [turn.span.start for turn in turns if pattern.search(text, turn.span.start, turn.span.end)]
    if places:
        what = (
            f"{len(places)} turns hold a speaker's label inside a line, the first one here; give each a line of its own"
        )
        yield Problem(path.name, _place(text, places[0]), what)


def _is_empty(text: str, part: Line | Saying) -> bool:
    return not text[part.start : part.end].strip()


def _place(text: str, position: int) -> str:
    return f"line {text.count(chr(10), 0, position) + 1}"
