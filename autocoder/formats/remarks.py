"""The words beside a coding in other programs' files: memo, weight, and for a suggestion its status, score and model.

No interchange format has a place for a score or for how a coding came about, so both stand in the comment, one line
``autocoder suggestion; accepted; score 0.83; model NAME`` above the memo. The same line is understood when a file comes
back, its status left aside: that is the business of the decisions in the project.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from autocoder.decided import Status
from autocoder.project import Coder, CoderKind, Coding, Origin, Quote

_WORDS = {
    "suggestion": Origin.AUTO,
    "assisted": Origin.ASSISTED,
    "adjudicated": Origin.ADJUDICATED,
    "memo": Origin.BLIND,
}
_HEAD = re.compile(
    r"^autocoder (?P<word>suggestion|assisted|adjudicated|memo)"
    rf"(?:; (?P<status>{'|'.join(Status)}))?"
    r"(?:; weight (?P<weight>\d+(?:\.\d+)?))?(?:; score (?P<score>\d\.\d+))?"
    r"(?:; model (?P<model>.*?))?(?:; code (?P<code>.*))?$"
)


@dataclass(frozen=True)
class Remark:
    """What a comment says of a coding; ``model`` and ``status`` are a suggestion's, ``code`` is the path meant."""

    memo: str = ""
    origin: Origin = Origin.BLIND
    score: float | None = None
    model: str = ""
    code: str = ""
    status: str = ""
    weight: float | None = None

    def __str__(self) -> str:
        return "\n".join(line for line in (self._head(), self.memo) if line)

    def _head(self) -> str:
        if self.origin is Origin.BLIND and not self.code and self.weight is None:
            return ""
        word = next(word for word, origin in _WORDS.items() if origin is self.origin)
        status = f"; {self.status}" if self.status else ""
        weight = "" if self.weight is None else f"; weight {self.weight:.15g}"
        score = "" if self.score is None else f"; score {self.score:.2f}"
        model = f"; model {self.model}" if self.model else ""
        return f"autocoder {word}{status}{weight}{score}{model}" + (f"; code {self.code}" if self.code else "")


def remark(coding: Coding, status: Status | None) -> Remark:
    """Return what is to be written beside a coding; a person's has no status, and carries no score."""
    memo = coding.memo.strip()
    if status is not None:
        return Remark(memo, Origin.AUTO, coding.score, _one_line(coding.coder), status=status)
    origin = Origin.BLIND if coding.origin is Origin.AUTO else coding.origin
    return Remark(memo, origin, weight=coding.weight)


def describe(remarks: Mapping[str, Remark]) -> str:
    """Return one comment for the codings of a selection, by code path; a code is named only where remarks differ."""
    if len(set(remarks.values())) == 1:
        return str(next(iter(remarks.values())))
    named = [replace(each, code=_one_line(path)) for path, each in remarks.items()]
    return "\n".join(str(each) for each in named)


def recall(comment: str) -> tuple[Remark, ...]:
    """Return the remarks a comment holds, in order; words under no line of ours are one remark's memo."""
    found: list[Remark] = []
    lines: list[str] = []
    for line in comment.strip().split("\n"):
        head = _HEAD.match(line.strip())
        if head is None:
            lines.append(line)
            continue
        _close(found, lines)
        score, weight = (float(head[name]) if head[name] else None for name in ("score", "weight"))
        model, code, status = (head[name] or "" for name in ("model", "code", "status"))
        found.append(Remark("", _WORDS[head["word"]], score, model, code, status, weight))
    _close(found, lines)
    return tuple(found)


def about(remarks: Sequence[Remark], code_path: str) -> Remark:
    """Return what the remarks of a selection say of one of its codes.

    Where every remark is about another code (the codebook's names changed meanwhile) their words are kept as memo.
    """
    path = _one_line(code_path)
    mine = [each for each in remarks if each.code in ("", path)]
    memo = "\n".join(each.memo for each in mine or remarks if each.memo)
    said = next((each for each in mine if each.origin is not Origin.BLIND), Remark())
    weight = next((each.weight for each in mine if each.weight is not None), None)
    return replace(said, memo=memo, code="", status="", weight=weight)


def coders_of(quotes: Iterable[Quote]) -> tuple[Coder, ...]:
    """Return the coders in order of appearance; one whom a comment of ours names as the model is a model."""
    kinds: dict[str, CoderKind] = {}
    for quote in quotes:
        kinds.setdefault(quote.coder, CoderKind.HUMAN)
        if any(each.model == _one_line(quote.coder) for each in recall(quote.memo)):
            kinds[quote.coder] = CoderKind.MODEL
    return tuple(Coder(name, kind) for name, kind in kinds.items())


def _close(found: list[Remark], lines: list[str]) -> None:
    """Give the lines gathered so far to the remark above them."""
    if lines:
        above = found.pop() if found else Remark()
        found.append(replace(above, memo="\n".join(lines).strip()))
        lines.clear()


def _one_line(text: str) -> str:
    return " ".join(text.split())
