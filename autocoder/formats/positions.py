"""Which characters another program counted: from its positions to code points of the stored text.

The REFI-QDA standard says "Unicode code point" and is silent on the byte order mark, on line ends and on whether the
end is included; programs differ (interchange.md 2.3 to 2.5). So every convention is tried on a source's own selections,
and the one under which most of them begin and end at the edges of words is taken.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

from autocoder.project import Span

CLEAN_SHARE = 0.9
"""Below this share of clean selections the positions are doubtful and the reader says so."""
_ENOUGH = 5  # selections, before the odd convention of an included end is believed
DECISIVE = 2
"""By so many points a source must suit another convention better before it leaves the project's own."""
OVERSHOOT = 2
"""A selection may end this far after the text (a counted BOM or last line end) and is then cut at the text's end."""

BOM = "\ufeff"
_WIDE = re.compile("[\U00010000-\U0010ffff]")
_LINE_END = re.compile("\r\n?|\n")
_CUT_NAME = re.compile(r"(?<!\s)\s*(?:\.\.\.|…)$")


@dataclass(frozen=True)
class Convention:
    """What a program counts; the default is the standard's code points with a line end as one character."""

    utf16: bool = False
    crlf_is_two: bool = False
    bom_counts: bool = False
    end_included: bool = False

    def __str__(self) -> str:
        unit = "UTF-16 units" if self.utf16 else "code points"
        crlf, bom = (2 if self.crlf_is_two else 1), int(self.bom_counts)
        return f"{unit}, CR LF counts {crlf}, BOM counts {bom}, end {'included' if self.end_included else 'excluded'}"


# By the beginning of Project/@origin, interchange.md 2.4; ties between conventions are settled by it.
_DEFAULTS = {"nvivo": Convention(utf16=True, crlf_is_two=True)}
_LONG_NAME = 12
"""A selection's name of fewer characters may be a title that stands in the text by chance."""
_OWN_ORIGIN = "autocoder"


def default_convention(origin: str) -> Convention:
    """Return what the program that wrote ``origin`` counts as far as is known, else what the standard says."""
    name = origin.strip().casefold()
    return next((default for start, default in _DEFAULTS.items() if name.startswith(start)), Convention())


@dataclass(frozen=True)
class Received:
    """A source's text as stored here (no BOM, LF), with where the raw text had something else."""

    text: str
    had_bom: bool
    crlf: tuple[int, ...]

    @cached_property
    def matters(self) -> Mapping[str, bool]:
        """Which fields of a convention make a difference in this text."""
        wide = _WIDE.search(self.text) is not None
        return {"utf16": wide, "crlf_is_two": bool(self.crlf), "bom_counts": self.had_bom}

    @classmethod
    def from_raw(cls, raw: str) -> Received:
        """Take the text as it stood in the file, its BOM and carriage returns included."""
        had_bom = raw.startswith(BOM)
        raw = raw[1:] if had_bom else raw
        crlf = (match.start() for match in _LINE_END.finditer(raw) if match.end() - match.start() == 2)
        shifted = tuple(position - before for before, position in enumerate(crlf))
        return cls(_LINE_END.sub("\n", raw), had_bom, shifted)


@dataclass(frozen=True)
class Mark:
    """A selection as the file gives it; ``name`` is often its text, whole or cut."""

    start: int
    end: int
    name: str = ""


@dataclass(frozen=True)
class Place:
    """A selection in code points of the stored text; ``split`` when it would cut a character or a line end."""

    start: int
    end: int
    split: bool = False


class Scale:
    """The way from a program's positions to code points, by the characters that count for two."""

    def __init__(self, received: Received, convention: Convention) -> None:
        wide = set(received.crlf) if convention.crlf_is_two else set()
        if convention.utf16:
            wide |= {match.start() for match in _WIDE.finditer(received.text)}
        self._base = int(convention.bom_counts and received.had_bom)
        self._wide = tuple(position + before for before, position in enumerate(sorted(wide)))
        self._included = int(convention.end_included)

    def place(self, mark: Mark) -> Place:
        """Return where the selection stands; a position inside a two-unit character widens the selection to it."""
        start, start_split = self._inner(mark.start)
        end, end_split = self._inner(mark.end + self._included)
        return Place(start, end + end_split, start_split or end_split)

    def _inner(self, position: int) -> tuple[int, bool]:
        # a position on the counted BOM itself is the beginning of the text
        position = position - self._base if position else 0
        before = bisect_left(self._wide, position)
        return position - before, before > 0 and self._wide[before - 1] + 1 == position


@dataclass(frozen=True)
class Choice:
    """The convention taken for one source, its scale, and how many of the selections it leaves clean.

    ``certain`` means that the convention is known, so that a selection inside a word is the coder's own wish.
    """

    convention: Convention
    scale: Scale
    clean: int
    total: int
    doubtful: tuple[Mark, ...]
    certain: bool = False

    @property
    def share(self) -> float:
        """The share of clean selections; 1 when there is none."""
        return self.clean / self.total if self.total else 1.0

    @property
    def is_doubtful(self) -> bool:
        """Whether too few selections begin and end at the edges of words to trust the positions."""
        return not self.certain and self.share < CLEAN_SHARE

    def samples(self, count: int = 3) -> str:
        """Return the first doubtful positions as the file gives them, never their text."""
        return ", ".join(f"{mark.start} to {mark.end}" for mark in self.doubtful[:count])


Source = tuple[Received, Sequence[Mark]]
"""A text with the selections in it."""
_Judged = tuple[int, Choice]


def choose(sources: Sequence[Source], origin: str) -> list[Choice]:
    """Return, for each source of one project, the convention that suits its selections best.

    Every source judges for itself, but a program counts all its texts alike: where a source's own evidence is not
    ``DECISIVE``, the convention that suits the whole project is taken, and on ties the origin's own. An included end,
    which no known program writes, is tried only when no other convention leaves enough of enough selections clean.
    What autocoder wrote itself is known and not judged.
    """
    default = default_convention(origin)
    if origin.strip().casefold().startswith(_OWN_ORIGIN):
        return [replace(_judged(received, marks, default)[1], certain=True) for received, marks in sources]
    judged = [
        {each: _judged(received, marks, each) for each in _candidates(received, default)} for received, marks in sources
    ]
    common = _common(sources, judged, default)
    return [
        _settled(source, each, _projected(common, source[0], default), default)
        for source, each in zip(sources, judged, strict=True)
    ]


def _common(
    sources: Sequence[Source], judged: Sequence[Mapping[Convention, _Judged]], default: Convention
) -> Convention:
    """The convention that suits all sources together best."""

    def total(convention: Convention) -> int:
        return sum(
            found[_projected(convention, received, default)][0]
            for (received, _), found in zip(sources, judged, strict=True)
        )

    return max(_nearest_first(default), key=total)


def _settled(source: Source, judged: Mapping[Convention, _Judged], common: Convention, default: Convention) -> Choice:
    received, marks = source
    own = max(judged.values(), key=_score)
    best = own if _score(own) >= _score(judged[common]) + DECISIVE else judged[common]
    if best[1].share < CLEAN_SHARE and len(marks) >= _ENOUGH:
        included = [replace(each, end_included=True) for each in _candidates(received, default)]
        other = max((_judged(received, marks, each) for each in included), key=_score)
        if other[1].share >= CLEAN_SHARE and _score(other) > _score(best):
            best = other
    return best[1]


def _nearest_first(default: Convention, *free: str) -> list[Convention]:
    """Every way to fill the fields named in ``free`` (all three without any), those most like the default first."""
    names = free or ("utf16", "crlf_is_two", "bom_counts")
    found = [
        replace(default, **dict(zip(names, values, strict=True)))
        for values in product((False, True), repeat=len(names))
    ]
    return sorted(found, key=lambda each: sum(getattr(each, name) != getattr(default, name) for name in names))


def _projected(convention: Convention, received: Received, default: Convention) -> Convention:
    """The convention with the default in the fields that make no difference in this text."""
    moot = {name: getattr(default, name) for name, matters in received.matters.items() if not matters}
    return replace(convention, **moot)


def _candidates(received: Received, default: Convention) -> list[Convention]:
    """Every convention that counts this text in its own way, those most like the default first."""
    free = [name for name, matters in received.matters.items() if matters]
    return _nearest_first(default, *free) if free else [default]


def _score(judged: _Judged) -> int:
    return judged[0]


def _judged(received: Received, marks: Sequence[Mark], convention: Convention) -> _Judged:
    """The score counts a clean selection once and one whose name is its text twice, for no chance shift gives that."""
    scale = Scale(received, convention)
    points = [_points(received.text, scale.place(mark), mark.name, convention.end_included) for mark in marks]
    doubtful = tuple(mark for mark, point in zip(marks, points, strict=True) if not point)
    return sum(points), Choice(convention, scale, len(marks) - len(doubtful), len(marks), doubtful)


def _points(text: str, place: Place, name: str, end_included: bool) -> int:
    if place.split or not 0 <= place.start < place.end <= len(text):
        return 0
    if _is_named(text[place.start : place.end], name):
        return 2
    # an end that is moved on by one is hardly ever inside a word, so there it must not take in white space either
    loose = end_included and text[place.end - 1].isspace()
    return int(_starts_clean(text, place.start) and not _inside_word(text, place.end) and not loose)


def _starts_clean(text: str, start: int) -> bool:
    """A selection of whole lines may begin with the line's own indent; any other begins with a visible character."""
    indented = text[start] != "\n" and (start == 0 or text[start - 1] == "\n")
    return not _inside_word(text, start) and (indented or not text[start].isspace())


def _inside_word(text: str, position: int) -> bool:
    return 0 < position < len(text) and _is_letter(text[position - 1]) and _is_letter(text[position])


def _is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.combining(character) > 0


def _is_named(quote: str, name: str) -> bool:
    wanted = " ".join(name.split())
    if not wanted:
        return False
    # only as much of a long quote as the name can hold is compared
    found = " ".join(quote[: 4 * len(name) + 64].split())
    cut = _CUT_NAME.sub("", wanted)
    return found == wanted or (cut != wanted and len(cut) > 20 and found.startswith(cut))


def to_span(place: Place, length: int) -> Span | None:
    """Return the span in a text of that length, cut by at most OVERSHOOT; None when it is empty or elsewhere."""
    end = min(place.end, length)
    if not 0 <= place.start < end or place.end > length + OVERSHOOT:
        return None
    return Span(place.start, end)


def named_span(text: str, name: str) -> Span | None:
    """Return where the quote that names a selection stands; None when it is cut, too short, or not there just once."""
    quote = name.strip()
    if len(quote) < _LONG_NAME or _CUT_NAME.search(quote):
        return None
    start = text.find(quote)
    return Span(start, start + len(quote)) if start >= 0 and text.find(quote, start + 1) < 0 else None
