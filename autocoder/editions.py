"""A later export of a project that was imported before: what it changes, coder by coder, before anything is applied.

A file is a later export when it has the name of an earlier one, or is an export of the same project of another program
(:attr:`Reading.source`), and has a coder in common with it; two coders' files of one name are two files. Under another
name only the transcripts and coders that the file holds are compared, since it may be an export of a part; a table,
which says nothing of documents without codings, is compared in the transcripts that it holds. A table of another name
is a later export too when one earlier table holds most of its codings (:func:`resembled`); of that one only the codes
that the new table holds are compared, since programs export the segments of a few codes as well.

A coding of the same code, coder and transcript *moved* when the old and the new place overlap, or hold the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autocoder.project import Coding, CodingKey, Held, Project, Span
from autocoder.text import normalise


@dataclass(frozen=True)
class Move:
    """A coding that is now elsewhere."""

    before: Span
    after: Coding


@dataclass(frozen=True)
class Change:
    """One coding that a later export changes; ``moved_to`` is set for one that moved."""

    kind: str
    transcript: str
    span: Span
    code: str
    coder: str
    moved_to: Span | None = None


@dataclass(frozen=True)
class Edition:
    """What a file changes of what earlier exports brought; ``earlier`` are the names of their files.

    ``like`` is the earlier table of another name that it was compared with because it holds most of its codings.
    ``held`` is what earlier exports held and this one tells anew; ``fresh`` are the codings that no export held yet.
    """

    file: str
    earlier: tuple[str, ...]
    new: tuple[Coding, ...]
    moved: tuple[Move, ...]
    reworded: tuple[Coding, ...]
    gone: tuple[Held, ...]
    held: tuple[Held, ...]
    fresh: tuple[Coding, ...]
    like: str = ""

    @property
    def changes(self) -> bool:
        """Whether there is anything to decide on."""
        return bool(self.new or self.moved or self.reworded or self.gone)

    @property
    def removed(self) -> tuple[CodingKey, ...]:
        """The codings that leave the project."""
        moved = ((move.after.transcript, move.before, move.after.code, move.after.coder) for move in self.moved)
        return (*(each.key for each in self.gone), *moved)

    def rows(self) -> tuple[Change, ...]:
        """Return what changes, coding by coding: what is new, moved, reworded and gone."""
        return (
            *(Change("new", each.transcript, each.span, each.code, each.coder) for each in self.new),
            *(
                Change("moved", after.transcript, move.before, after.code, after.coder, after.span)
                for move in self.moved
                for after in (move.after,)
            ),
            *(Change("reworded", each.transcript, each.span, each.code, each.coder) for each in self.reworded),
            *(Change("gone", each.transcript, each.span, each.code, each.coder) for each in self.gone),
        )

    def by_coder(self) -> dict[str, dict[str, int]]:
        """Return how many codings of each coder are new, moved, reworded and gone."""
        kinds: dict[str, Iterable[str]] = {
            "new": (coding.coder for coding in self.new),
            "moved": (move.after.coder for move in self.moved),
            "reworded": (coding.coder for coding in self.reworded),
            "gone": (held.coder for held in self.gone),
        }
        counts: dict[str, dict[str, int]] = {}
        for kind, coders in kinds.items():
            for coder in coders:
                of_coder = counts.setdefault(coder, dict.fromkeys(kinds, 0))
                of_coder[kind] += 1
        return counts


def resembled(codings: Sequence[Coding], held: Mapping[str, Sequence[Held]]) -> tuple[str, list[Held]]:
    """Return the earlier table that holds most of a table's codings and what of it to compare; "" for none.

    ``held`` is what each earlier table held; of two that hold as many the first by name is taken.
    """
    keys = {coding.key for coding in codings}
    codes = {coding.code for coding in codings}
    shared = {name: len(keys & {each.key for each in of_name}) for name, of_name in held.items()}
    best = max(shared, key=lambda name: shared[name], default="")
    if not best or 2 * shared[best] <= len(keys):
        return "", []
    return best, [each for each in held[best] if each.code in codes]


def compare(
    file: str, source: str, codings: Sequence[Coding], held: Sequence[Held], project: Project, like: str = ""
) -> Edition:
    """Return what a file with these codings of people changes; ``held`` is what files of its name or project held.

    ``like`` is the table of another name that is among them.
    """
    before = {each.key: each for each in _in_question(file, source, codings, held)}
    after = {coding.key: coding for coding in codings}
    here = {coding.key for coding in project.codings}
    covered = {each.transcript for each in before.values()}
    whole = any(_is_same(file, source, each) for each in before.values())
    fresh = [coding for key, coding in after.items() if key not in before]
    gone = [each for key, each in before.items() if key not in after]
    moved = _moved(gone, fresh, project)
    left = {(move.after.transcript, move.before, move.after.code, move.after.coder) for move in moved}
    come = {move.after.key for move in moved}
    reworded = [coding for key, coding in after.items() if key in before and before[key].said != coding.said]
    return Edition(
        file,
        tuple(dict.fromkeys(each.file for each in before.values())),
        new=tuple(
            coding
            for coding in fresh
            if coding.key not in come and coding.key not in here and (whole or coding.transcript in covered) and before
        ),
        moved=tuple(moved),
        reworded=tuple(coding for coding in reworded if coding.key in here),
        gone=tuple(each for each in gone if each.key not in left and each.key in here),
        held=(*gone, *(before[coding.key] for coding in reworded)),
        fresh=(*fresh, *reworded),
        like=like,
    )


def _is_same(file: str, source: str, held: Held) -> bool:
    return held.file.casefold() == file.casefold() and held.source == source


def _in_question(file: str, source: str, codings: Sequence[Coding], held: Sequence[Held]) -> list[Held]:
    """What earlier exports held and this file would have to hold too."""
    coders = {coding.coder for coding in codings}
    transcripts = {coding.transcript for coding in codings}
    same = [each for each in held if _is_same(file, source, each)]
    shared = bool(coders & {each.coder for each in same})
    return [
        each
        for each in held
        if (each.transcript in transcripts and each.coder in coders)
        or (shared and _is_same(file, source, each) and (each.transcript in transcripts or source))
    ]


def _moved(gone: Sequence[Held], fresh: Sequence[Coding], project: Project) -> list[Move]:
    """Pair what is gone with what is new of the same code, coder and transcript, the greatest overlap first."""
    groups: dict[tuple[str, str, str], list[Coding]] = {}
    for coding in fresh:
        groups.setdefault((coding.transcript, coding.code, coding.coder), []).append(coding)
    texts = {transcript.name: transcript.text for transcript in project.transcripts}
    pairs = [
        (likeness, held, coding)
        for held in gone
        for coding in groups.get((held.transcript, held.code, held.coder), ())
        if (likeness := _likeness(held.span, coding, texts.get(held.transcript, ""))) > 0
    ]
    moves: list[Move] = []
    taken: set[CodingKey] = set()
    for _, held, coding in sorted(pairs, key=lambda pair: (-pair[0], pair[1].span, pair[2].span)):
        if held.key not in taken and coding.key not in taken:
            taken |= {held.key, coding.key}
            moves.append(Move(held.span, coding))
    return sorted(moves, key=lambda move: (move.after.transcript, move.after.span))


def _likeness(before: Span, after: Coding, text: str) -> int:
    """The overlap in characters, 1 for the same words elsewhere, 0 for neither."""
    overlap = before.overlap(after.span)
    if overlap:
        return 1 + overlap
    first, second = (normalise(text[span.start : span.end]) for span in (before, after.span))
    return int(first == second and bool(first))
