"""Whose coding, of what and where, is compared: a project's codings as ratings on the same units.

A question that cannot be answered costs one sentence: an unknown coder, code or transcript, coders that share no unit,
codes of an exclusive tree that one coder put on top of each other, codings under a code that the codebook has lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum

from autocoder.agree import NotComparable, Ratings
from autocoder.project import Codebook, Coder, CoderKind, Coding, Origin, Project, Role, Segment, Span, Transcript
from autocoder.segment import map_codings, segments, sentences

BLIND = (Origin.BLIND, Origin.AUTO)
"""What judges: a person's blind coding and a model's own; what a person saw suggested first judges nobody."""
ALL_ORIGINS = tuple(Origin)


class Unit(StrEnum):
    """What is compared: the segments that the model codes, sentences, or single characters of participants' turns."""

    SEGMENT = "segment"
    SENTENCE = "sentence"
    CHARACTER = "character"


@dataclass(frozen=True)
class Question:
    """What to compare; empty names mean all. ``level`` counts from 1, the roots of the trees."""

    coders: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    level: int | None = None
    transcripts: tuple[str, ...] = ()
    unit: Unit = Unit.SEGMENT
    origins: tuple[Origin, ...] = BLIND


@dataclass(frozen=True)
class Compared:
    """Ratings of the units that at least two coders saw, where these units stand, and the codes that are compared.

    ``codings`` are those that count, by origin and question; ``left_out`` counts those that do not, by origin.
    """

    question: Question
    project: Project
    coders: tuple[Coder, ...]
    codes: tuple[str, ...]
    ratings: Ratings
    spans: tuple[Span, ...]
    units_in_project: int
    codings: tuple[Coding, ...]
    left_out: Mapping[Origin, int]

    @property
    def people(self) -> tuple[str, ...]:
        """The names of the coders that are people."""
        return tuple(coder.name for coder in self.coders if coder.kind is CoderKind.HUMAN)

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the coders that are models."""
        return tuple(coder.name for coder in self.coders if coder.kind is CoderKind.MODEL)


def compare(
    project: Project, question: Question, seen_by_model: Mapping[str, frozenset[str]], earlier: Sequence[Codebook] = ()
) -> Compared:
    """Answer the question's first half: what each coder gave each unit.

    ``seen_by_model`` names the transcripts that each model has gone through, with or without a suggestion; a person saw
    those in which she coded. ``earlier`` holds the codebook's versions, to say what became of a code.
    """
    project = _restricted(project, question.transcripts)
    coders = _coders(project, question.coders)
    names = [coder.name for coder in coders]
    counted = tuple(c for c in project.codings if c.coder in names and c.origin in question.origins)
    _check_codes_known(project, counted, earlier)
    wanted = _codes(project.codebook, question, earlier)
    _check_exclusive(project, counted, frozenset(wanted))
    every = _units(project, question.unit)
    units = _in_coded(every, counted)
    ratings = _ratings(project, names, counted, units, seen_by_model)
    ratings, units = _shared(ratings, units)
    if not units:
        raise NotComparable("these coders have no unit in common; let them code the same transcripts.")
    used = {code for row in ratings.sets for given in row if given for code in given}
    codes = tuple(code for code in wanted if code in used)
    if not codes:
        raise NotComparable(
            "these coders gave none of these codes where they coded the same; leave --level or --codes out."
        )
    spans = tuple(unit.span for unit in units)
    left_out = _left_out(project, names, question)
    return Compared(question, project, coders, codes, ratings, spans, len(every), counted, left_out)


def ratings_of(
    project: Project, coders: Sequence[str], seen_by_model: Mapping[str, frozenset[str]], unit: Unit = Unit.SEGMENT
) -> Ratings:
    """Return what each coder gave each unit, ancestors included, on all units of transcripts that anybody coded."""
    names = [coder.name for coder in _coders(project, tuple(coders))]
    counted = tuple(c for c in project.codings if c.origin in BLIND)
    return _ratings(project, names, counted, _in_coded(_units(project, unit), counted), seen_by_model)


def codes_at(codebook: Codebook, level: int | None) -> list[str]:
    """Return the codable codes in tree order: those of one level (1 is the roots), or all."""
    return [code.id for depth, code in codebook.walk() if code.codable and level in (None, depth + 1)]


def _restricted(project: Project, names: tuple[str, ...]) -> Project:
    known = [transcript.name for transcript in project.transcripts]
    for name in names:
        if name not in known:
            raise NotComparable(f"there is no transcript {name}{_nearest(name, known)}; autocoder status counts them.")
    if not names:
        return project
    return replace(
        project,
        transcripts=tuple(t for t in project.transcripts if t.name in names),
        codings=tuple(c for c in project.codings if c.transcript in names),
    )


def _nearest(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, 1)
    return f" (is it {near[0]}?)" if near else ""


def _coders(project: Project, names: tuple[str, ...]) -> tuple[Coder, ...]:
    known = {coder.name: coder for coder in project.coders}
    for name in names:
        if name not in known:
            raise NotComparable(f"nobody called {name} coded here; the coders are {', '.join(known) or 'none yet'}.")
    chosen = tuple(known[name] for name in dict.fromkeys(names)) if names else project.coders
    chosen = tuple(sorted(chosen, key=lambda coder: coder.kind is CoderKind.MODEL))  # people first, else as they came
    if len(chosen) < 2:
        raise NotComparable(f"{project.name} has fewer than two coders to compare; import the coding of another one.")
    return chosen


def _codes(codebook: Codebook, question: Question, earlier: Sequence[Codebook]) -> list[str]:
    depths = {code.id: depth for depth, code in codebook.walk()}
    if question.level is not None and not 1 <= question.level <= 1 + max(depths.values(), default=0):
        deepest = 1 + max(depths.values(), default=0)
        raise NotComparable(f"the codebook has no level {question.level}; its levels are 1 to {deepest}.")
    if not question.codes:
        return codes_at(codebook, question.level)
    named = {_code_named(codebook, name, earlier) for name in question.codes}
    return [code for code in depths if code in named and question.level in (None, depths[code] + 1)]


def _code_named(codebook: Codebook, name: str, earlier: Sequence[Codebook]) -> str:
    """Return the id of a code called by its id or by one of its names."""
    found = [code.id for code in codebook if name in (code.id, code.name_he, code.name_en)]
    if len(found) == 1:
        return found[0]
    if found:
        raise NotComparable(f"{name} is the name of {' and of '.join(found)}; name the one that you mean by its id.")
    for version in earlier:
        for code in version:
            if name in (code.id, code.name_he, code.name_en):
                raise NotComparable(f"the code {name} of version {version.version} {_became(code.id, codebook)}.")
    known = [word for code in codebook for word in (code.id, code.name_he, code.name_en) if word]
    raise NotComparable(f"there is no code {name}{_nearest(name, known)}; autocoder codebook show lists them.")


def _became(code: str, codebook: Codebook) -> str:
    if code in codebook:
        return f"is called {codebook[code].name} since a later version; use this name or its id {code}"
    return f"is not in version {codebook.version} of the codebook; name one that is"


def _check_codes_known(project: Project, codings: Sequence[Coding], earlier: Sequence[Codebook]) -> None:
    """Refuse codings under a code that the codebook has no more: leaving them out in silence would change agreement."""
    for coding in codings:
        if coding.code not in project.codebook:
            version = next((v.version for v in earlier if coding.code in v), coding.codebook_version)
            raise NotComparable(
                f"{coding.coder} coded {coding.code} in {coding.transcript} under version {version} of the codebook, "
                f"and version {project.codebook.version} has no such code; rename or merge it in the codebook first."
            )


def renamed(codebook: Codebook, earlier: Sequence[Codebook], codes: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each code that had another name in an earlier version under which it may have been coded."""
    for code in codes:
        for version in earlier:
            if version.version < codebook.version and code in version and version[code].name != codebook[code].name:
                now = codebook[code].name
                yield f"{code} was called {version[code].name} in version {version.version} and is called {now} now."
                break


def _check_exclusive(project: Project, codings: Sequence[Coding], codes: frozenset[str]) -> None:
    """Refuse two codes of an exclusive tree that one coder put on stretches that overlap."""
    book = project.codebook
    within = [c for c in codings if book.root(c.code).id in book.exclusive and c.code in codes]
    within.sort(key=lambda c: (c.coder, c.transcript, c.span))
    for place, coding in enumerate(within):
        for other in within[place + 1 :]:
            same = (other.coder, other.transcript) == (coding.coder, coding.transcript)
            if not same or other.span.start >= coding.span.end:
                break
            if other.code in book.rivals(coding.code):
                raise NotComparable(
                    f"{coding.coder} put both {coding.code} and {other.code} on characters {other.span.start} to "
                    f"{min(coding.span.end, other.span.end)} of {coding.transcript}, and a stretch carries one code of "
                    f"{book.root(coding.code).name} at most; mend the coding, or leave these codes out with --codes."
                )


def _units(project: Project, unit: Unit) -> tuple[Segment, ...]:
    return tuple(each for transcript in project.transcripts for each in _MADE[unit](transcript))


def _in_coded(units: Sequence[Segment], codings: Sequence[Coding]) -> tuple[Segment, ...]:
    coded = {coding.transcript for coding in codings}
    return tuple(unit for unit in units if unit.transcript in coded)


def _sentences(transcript: Transcript) -> Iterator[Segment]:
    for number, turn in enumerate(transcript.turns):
        if turn.role is Role.PARTICIPANT:
            for span in sentences(transcript.quote(turn.span)):
                shifted = Span(span.start + turn.span.start, span.end + turn.span.start)
                yield Segment(transcript.name, shifted, number)


def _characters(transcript: Transcript) -> Iterator[Segment]:
    for number, turn in enumerate(transcript.turns):
        if turn.role is Role.PARTICIPANT:
            for place in range(turn.span.start, turn.span.end):
                yield Segment(transcript.name, Span(place, place + 1), number)


_MADE: Mapping[Unit, Callable[[Transcript], Iterable[Segment]]] = {
    Unit.SEGMENT: segments,
    Unit.SENTENCE: _sentences,
    Unit.CHARACTER: _characters,
}


def _ratings(
    project: Project,
    coders: Sequence[str],
    codings: Sequence[Coding],
    units: Sequence[Segment],
    seen_by_model: Mapping[str, frozenset[str]],
) -> Ratings:
    kinds = {coder.name: coder.kind for coder in project.coders}
    by_transcript: dict[str, list[Segment]] = {}
    for unit in units:
        by_transcript.setdefault(unit.transcript, []).append(unit)
    mine: dict[tuple[str, str], list[Coding]] = {}
    for coding in codings:
        mine.setdefault((coding.coder, coding.transcript), []).append(coding)
    rows: list[tuple[frozenset[str] | None, ...]] = []
    above: dict[frozenset[str], frozenset[str]] = {}
    for coder in coders:
        row: list[frozenset[str] | None] = []
        for name, here in by_transcript.items():
            theirs = mine.get((coder, name), [])
            is_model = kinds[coder] is CoderKind.MODEL
            if not (name in seen_by_model.get(coder, frozenset()) if is_model else theirs):
                row += [None] * len(here)
                continue
            for codes in _mapped(here, theirs):
                row.append(above.setdefault(codes, _with_ancestors(project.codebook, codes)))
        rows.append(tuple(row))
    return Ratings(tuple(coders), tuple(rows), tuple(unit.transcript for unit in units))


def _mapped(units: Sequence[Segment], codings: Sequence[Coding]) -> Sequence[frozenset[str]]:
    """Map codings onto units: whole units by the rule of segment.py, characters by where they stand."""
    if any(len(unit.span) > 1 for unit in units[:50]):
        return map_codings(units, codings).codes
    return _by_character(units, codings)


def _by_character(units: Sequence[Segment], codings: Sequence[Coding]) -> list[frozenset[str]]:
    """Return the codes on each single character, by the edges of the codings."""
    edges: dict[int, list[tuple[bool, str]]] = {}
    for coding in codings:
        edges.setdefault(coding.span.start, []).append((True, coding.code))
        edges.setdefault(coding.span.end, []).append((False, coding.code))
    places = iter(sorted(edges))
    place = next(places, None)
    running: dict[str, int] = {}
    codes: frozenset[str] = frozenset()
    found = []
    for unit in units:
        while place is not None and place <= unit.span.start:
            for begins, code in edges[place]:
                running[code] = running.get(code, 0) + (1 if begins else -1)
            codes = frozenset(code for code, count in running.items() if count > 0)
            place = next(places, None)
        found.append(codes)
    return found


def _with_ancestors(codebook: Codebook, codes: frozenset[str]) -> frozenset[str]:
    return codes | {ancestor.id for code in codes for ancestor in codebook.ancestors(code)}


def _shared(ratings: Ratings, units: Sequence[Segment]) -> tuple[Ratings, tuple[Segment, ...]]:
    """Keep the units that at least two coders saw."""
    kept = [n for n in range(len(units)) if sum(row[n] is not None for row in ratings.sets) >= 2]
    sets = tuple(tuple(row[n] for n in kept) for row in ratings.sets)
    groups = tuple(ratings.groups[n] for n in kept)
    return Ratings(ratings.coders, sets, groups), tuple(units[n] for n in kept)


def _left_out(project: Project, names: Sequence[str], question: Question) -> dict[Origin, int]:
    others = [c.origin for c in project.codings if c.coder in names and c.origin not in question.origins]
    return {origin: others.count(origin) for origin in Origin if origin in others}
