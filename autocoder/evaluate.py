"""Suggestions against human coding: precision, recall and F1 per code, micro and macro.

A code that the human never used and nobody suggested has no F1; it is None, and a macro mean leaves it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

Sets = Sequence[frozenset[str]]


@dataclass(frozen=True)
class CodeScore:
    """How well one code was found: units with it by the human, by the machine, and by both."""

    code: str
    human: int
    suggested: int
    both: int

    @property
    def precision(self) -> float | None:
        """The share of suggestions that the human coded too; None when nothing was suggested."""
        return self.both / self.suggested if self.suggested else None

    @property
    def recall(self) -> float | None:
        """The share of the human's units that were suggested; None when the human used the code nowhere."""
        return self.both / self.human if self.human else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None when the code occurs on neither side."""
        total = self.human + self.suggested
        return 2 * self.both / total if total else None


@dataclass(frozen=True)
class Evaluation:
    """Scores of all codes on the same units."""

    units: int
    codes: tuple[CodeScore, ...]

    @property
    def micro(self) -> CodeScore:
        """All codes as one."""
        return CodeScore(
            "micro",
            sum(code.human for code in self.codes),
            sum(code.suggested for code in self.codes),
            sum(code.both for code in self.codes),
        )

    @property
    def macro_f1(self) -> float | None:
        """The mean F1 of the codes that the human used; None when there are none."""
        used = [code.f1 for code in self.codes if code.human and code.f1 is not None]
        return fmean(used) if used else None


def evaluate(suggested: Sets, human: Sets, codes: Sequence[str]) -> Evaluation:
    """Compare two coders' sets on the same units, one of them taken as right; raise ValueError on unequal lengths."""
    return Evaluation(len(human), tuple(_score(code, suggested, human) for code in codes))


def _score(code: str, suggested: Sets, human: Sets) -> CodeScore:
    pairs = [(code in a, code in b) for a, b in zip(suggested, human, strict=True)]
    return CodeScore(code, sum(b for _, b in pairs), sum(a for a, _ in pairs), sum(a and b for a, b in pairs))


def majority(human: Sets, codes: Sequence[str]) -> list[frozenset[str]]:
    """Return the guess that knows only how often codes occur: on every unit, each code that over half of them carry.

    When no code is that common the most common one is guessed, so that the reference is never an empty guess.
    """
    counts = {code: sum(code in unit for unit in human) for code in codes}
    common = frozenset(code for code in codes if 2 * counts[code] > len(human))
    guess = common or frozenset({max(codes, key=lambda code: counts[code])})
    return [guess] * len(human)
