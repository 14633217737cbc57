"""Where the machine errs: its hits and misses by respondent role, interviewer, transcript, or whatever units carry."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autocoder.agree.ratings import NotComparable, is_missing

UNKNOWN = ""
"""The value of a variable that a unit does not have."""


@dataclass(frozen=True)
class ErrorRow:
    """What the machine did in the units of one value of a variable, against a coding taken as right.

    ``with_code`` counts codings that are right, ``suggested`` those of the machine, ``hits`` those that are both; over
    several codes they are added up. Precision and recall are None where nothing was suggested, or there was nothing to
    find.
    """

    variable: str
    value: str
    units: int
    with_code: int
    suggested: int
    hits: int

    @property
    def missed(self) -> int:
        """Codings that the machine did not suggest."""
        return self.with_code - self.hits

    @property
    def false(self) -> int:
        """Suggestions that are not in the coding."""
        return self.suggested - self.hits

    @property
    def precision(self) -> float | None:
        """The share of the suggestions that are right."""
        return self.hits / self.suggested if self.suggested else None

    @property
    def recall(self) -> float | None:
        """The share of the codings that were suggested."""
        return self.hits / self.with_code if self.with_code else None


def machine_errors(
    coding: Sequence[Any], machine: Sequence[Any], variables: Mapping[str, Sequence[Hashable | None]]
) -> tuple[ErrorRow, ...]:
    """Return the machine's errors for each value of each variable, units counted where both judged.

    ``coding`` and ``machine`` hold for each unit the set of codes, or true and false (1 and 0) for one code; None where
    there is no judgement. ``variables`` holds for each unit the value of, for example, the role of the respondent, the
    interviewer and the transcript; None stands as "".

    >>> rows = machine_errors([1, 1, 0, 1], [1, 0, 1, 1], {"role": ["client", "client", "staff", "staff"]})
    >>> [(row.value, row.hits, row.precision, row.recall) for row in rows]
    [('client', 1, 1.0, 0.5), ('staff', 1, 0.5, 1.0)]
    """
    short = [name for name, values in variables.items() if len(values) != len(coding)]
    if len(machine) != len(coding) or short:
        what = short[0] if short else "the machine"
        raise NotComparable(
            f"{what} has not one value for each of the {len(coding)} units; put None where there is none."
        )
    judged = [unit for unit in range(len(coding)) if not is_missing(coding[unit]) and not is_missing(machine[unit])]
    right, given = ({unit: _codes(held[unit]) for unit in judged} for held in (coding, machine))
    return tuple(
        _row(name, value, [unit for unit in judged if _text(values[unit]) == value], right, given)
        for name, values in variables.items()
        for value in sorted({_text(values[unit]) for unit in judged})
    )


def _row(
    variable: str,
    value: str,
    units: Sequence[int],
    right: Mapping[int, frozenset[Any]],
    given: Mapping[int, frozenset[Any]],
) -> ErrorRow:
    return ErrorRow(
        variable,
        value,
        units=len(units),
        with_code=sum(len(right[unit]) for unit in units),
        suggested=sum(len(given[unit]) for unit in units),
        hits=sum(len(right[unit] & given[unit]) for unit in units),
    )


def _codes(given: object) -> frozenset[Any]:
    if isinstance(given, Collection) and not isinstance(given, str | bytes):
        return frozenset(given)
    if isinstance(given, str):
        return frozenset([given])
    return frozenset([True]) if given else frozenset()


def _text(value: Hashable | None) -> str:
    return UNKNOWN if value is None else str(value)
