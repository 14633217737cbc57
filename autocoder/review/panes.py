"""What stands beside the card: the transcript as this person may see it, and the codebook, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from autocoder.project import Code, Codebook, Coding, Span, Transcript
from autocoder.report.words import Language
from autocoder.review.colours import class_of
from autocoder.review.drawing import Drawn, Stripe, direction, draw, draw_blocks
from autocoder.text import normalise

SIDES = ("A", "B")
AROUND = 8  # turns before and after the passage that are drawn at once; the rest comes when it is scrolled to


@dataclass(frozen=True)
class Names:
    """What codes are called in the reader's language; a code that is not in the codebook any more is called its id."""

    codebook: Codebook
    language: Language

    def name(self, code_id: str) -> str:
        """Return the name of a code."""
        if code_id not in self.codebook:
            return code_id
        code = self.codebook[code_id]
        return (code.name_en or code.name) if self.language is Language.ENGLISH else code.name

    def path(self, code_id: str) -> tuple[str, ...]:
        """Return the names of the codes above, from the root down."""
        above = self.codebook.ancestors(code_id) if code_id in self.codebook else ()
        return tuple(self.name(code.id) for code in reversed(above))

    def definition(self, code_id: str) -> str:
        """Return what a code means, in the other language where it is written in that alone."""
        if code_id not in self.codebook:
            return ""
        code = self.codebook[code_id]
        both = (code.definition_he, code.definition_en)
        return next((text for text in (both if self.language is Language.HEBREW else both[::-1]) if text), "")

    def listed(self, codes: Iterable[str]) -> str:
        """Return the names of some codes as one line."""
        return ", ".join(self.name(code_id) for code_id in codes)

    @cached_property
    def classes(self) -> Mapping[str, str]:
        """The class of each code, which gives it its colour."""
        return class_of(self.codebook)


@dataclass(frozen=True)
class Entry:
    """A line of the codebook; ``sought`` are its names, one a line, as the search compares them."""

    code: Code
    depth: int
    sought: str
    shown: bool = True


def entries(codebook: Codebook, find: str = "") -> tuple[Entry, ...]:
    """Return the codebook as a tree; with ``find``, only codes of such a name and the codes above them are shown."""
    lines = [(depth, code, "\n".join(_sought(code))) for depth, code in codebook.walk()]
    wanted = normalise(find).casefold()
    found = {code.id for _, code, sought in lines if wanted in sought}
    kept = found | {above.id for code_id in found for above in codebook.ancestors(code_id)}
    return tuple(Entry(code, depth, sought, code.id in kept) for depth, code, sought in lines)


def _sought(code: Code) -> list[str]:
    names = (code.name_he, code.name_en, *code.aliases, code.id)
    return [normalise(name).casefold() for name in names if name]


@dataclass(frozen=True)
class Shown:
    """The transcript pane; ``address`` leads to the page that shows it, with what chooses the passage."""

    transcript: Transcript
    drawn: Drawn
    names: Names
    coder: str
    address: str

    @cached_property
    def between_sides(self) -> bool:
        """Whether the codings of two sides are drawn, each under its letter."""
        return any(stripe.coder in SIDES for block in self.drawn.blocks for stripe in block.stripes)

    @cached_property
    def direction(self) -> str:
        """The direction of most of what is drawn, so that speakers stand where the text begins."""
        return direction("".join(run.text for block in self.drawn.blocks for run in block.runs))

    @property
    def whole(self) -> str:
        """The address of the page with every turn."""
        return f"{self.address}&whole=1"

    @property
    def earlier(self) -> str:
        """The address of the turns before those that are drawn."""
        return f"{self.address}&{urlencode({'turns': f'0-{self.drawn.earlier}'})}"

    @property
    def later(self) -> str:
        """The address of the turns after those that are drawn."""
        first = self.drawn.earlier + len(self.drawn.blocks)
        return f"{self.address}&{urlencode({'turns': f'{first}-{first + self.drawn.later}'})}"


def shown(
    transcript: Transcript,
    stripes: Iterable[Stripe],
    focus: Span | None,
    names: Names,
    coder: str,
    address: str,
    turns: str = "",
    whole: bool = False,
) -> Shown:
    """Return the transcript around the passage in focus, all of it, or only the turns that are asked for."""
    asked = turns.split("-")
    if len(asked) == 2 and all(number.isdecimal() for number in asked):
        drawn = Drawn(draw_blocks(transcript, stripes, focus, *map(int, asked)).blocks)
    else:
        drawn = draw(transcript, stripes, focus, None if whole else AROUND)
    return Shown(transcript, drawn, names, coder, address)


def stripes_of(codings: Iterable[Coding], coder: str, suggested: Iterable[Coding] = ()) -> tuple[Stripe, ...]:
    """Return what one person sees drawn: the person's own codings, and suggestions where the mode shows them."""
    own = [Stripe(coding.span, coding.code, coding.coder) for coding in codings if coding.coder == coder]
    return (*own, *(Stripe(coding.span, coding.code, coding.coder, dashed=True) for coding in suggested))
