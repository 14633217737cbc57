"""What stands around the codings of a REFI-QDA project: variables, cases, document groups, notes and links.

Programs put the values of variables on the source itself (ATLAS.ti), on a case that names the source (MAXQDA, Quirkos),
or on a case that is a person and is coded like a code, under the case's own GUID (NVivo). The first two describe a
transcript; the last describes a speaker, or the transcript where the case covers all of it.

A note is a source of its own: it belongs to whatever refers to it, or to what a link ties it to (NVivo's annotations).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from autocoder.formats import refi
from autocoder.formats.refi import children, identity
from autocoder.project import Span

NEARLY_ALL = 0.95
"""The share of a transcript that a case must cover to be the transcript's own and not one speaker's."""
CASE = "case"
"""The variable of a transcript that names the case it belongs to."""


@dataclass(frozen=True)
class Case:
    """A person or place of the study, with the values of its variables."""

    name: str
    values: Mapping[str, str]

    def described(self, transcript: str) -> dict[str, str]:
        """Return the values for a transcript of this case; a case named like its transcript needs no naming."""
        named = {CASE: self.name} if self.name and self.name != transcript else {}
        return named | dict(self.values)


@dataclass
class Described:
    """The variables that come together for one transcript and for its speakers."""

    transcript: str
    length: int
    variables: dict[str, str] = field(default_factory=dict)
    speakers: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, case: Case, span: Span | None = None) -> None:
        """Note a case's values on the transcript, or on a speaker where the case covers only a span of it."""
        if span is not None and case.name and len(span) < NEARLY_ALL * self.length:
            self.speakers.setdefault(case.name, {}).update(case.values)
            return
        said = case.described(self.transcript)
        known = self.variables.get(CASE)
        if known and said.get(CASE) not in (None, *known.split("; ")):
            said[CASE] = f"{known}; {said[CASE]}"
        self.variables |= said


@dataclass(frozen=True)
class Cases:
    """The cases by what they are tied to: sources, selections, and codes of the same GUID."""

    by_source: Mapping[str, tuple[Case, ...]]
    by_selection: Mapping[str, tuple[Case, ...]]
    by_code: Mapping[str, Case]


class Variables:
    """The values that elements of a project carry, by the names of their variables."""

    def __init__(self, root: etree._Element) -> None:
        variables = children(refi.child(root, "Variables"), "Variable")
        self._names = {identity(variable): variable.get("name") or identity(variable) for variable in variables}

    def of(self, element: etree._Element) -> dict[str, str]:
        """Return the values that stand in an element; what is empty or names no variable is left out."""
        values = {}
        for each in children(element, "VariableValue"):
            reference = refi.child(each, "VariableRef")
            name = "" if reference is None else self._names.get(identity(reference, "targetGUID"), "")
            text = next((value.text or "" for value in children(each) if value is not reference), "").strip()
            if name and text:
                values[name] = text
        return values


def read_cases(root: etree._Element, variables: Variables) -> Cases:
    """Return the cases with what each is tied to."""
    by_source: dict[str, tuple[Case, ...]] = {}
    by_selection: dict[str, tuple[Case, ...]] = {}
    by_code: dict[str, Case] = {}
    for element in children(refi.child(root, "Cases"), "Case"):
        case = Case((element.get("name") or "").strip(), variables.of(element))
        by_code[identity(element)] = case
        for tag, tied in (("SourceRef", by_source), ("SelectionRef", by_selection)):
            for reference in children(element, tag):
                target = identity(reference, "targetGUID")
                tied[target] = (*tied.get(target, ()), case)
    return Cases(by_source, by_selection, by_code)


@dataclass(frozen=True)
class Sets:
    """Document groups by source, and how many sets hold codes or notes, for which there is no place."""

    groups: Mapping[str, tuple[str, ...]]
    others: int


def read_sets(root: etree._Element) -> Sets:
    """Return the sets; those with sources are document groups."""
    groups: dict[str, tuple[str, ...]] = {}
    others = 0
    for element in children(refi.child(root, "Sets"), "Set"):
        members = list(children(element, "MemberSource"))
        others += not members
        name = (element.get("name") or "").strip()
        for member in members if name else ():
            # codebooks say guid where projects say targetGUID, and some programs mix them up
            source = identity(member, "targetGUID") or identity(member)
            if name not in groups.get(source, ()):
                groups[source] = (*groups.get(source, ()), name)
    return Sets(groups, others)


@dataclass(frozen=True)
class Note:
    """A note of the project, before it is known what it is about."""

    title: str
    text: str
    author: str
    created: str


@dataclass
class Notes:
    """The notes by GUID, who refers to them, and which were asked for so far."""

    by_guid: Mapping[str, Note]
    linked: Mapping[str, tuple[str, ...]]
    used: set[str] = field(default_factory=set)

    def of(self, element: etree._Element) -> Iterator[Note]:
        """Yield the notes that an element refers to or that are linked to it, each of them once."""
        references = [identity(each, "targetGUID") for each in children(element, "NoteRef")]
        for guid in dict.fromkeys((*references, *self.linked.get(identity(element), ()))):
            if guid in self.by_guid:
                self.used.add(guid)
                if self.by_guid[guid].text or self.by_guid[guid].title:
                    yield self.by_guid[guid]

    def left(self) -> Iterator[Note]:
        """Yield the notes that nothing asked for."""
        for guid, note in self.by_guid.items():
            if guid not in self.used and (note.text or note.title):
                yield note


def read_links(root: etree._Element, notes: Mapping[str, object]) -> tuple[dict[str, tuple[str, ...]], int]:
    """Return the GUIDs of the notes tied to each element by links, and how many links tie no note."""
    linked: dict[str, tuple[str, ...]] = {}
    others = 0
    for link in children(refi.child(root, "Links"), "Link"):
        ends = [end for end in (identity(link, "originGUID"), identity(link, "targetGUID")) if end]
        tied = [end for end in ends if end in notes]
        tied += [identity(each, "targetGUID") for each in children(link, "NoteRef")]
        targets = [end for end in ends if end not in notes]
        others += not (tied and targets)
        for target in targets:
            linked[target] = (*linked.get(target, ()), *tied)
    return linked, others
