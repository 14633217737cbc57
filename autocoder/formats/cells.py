"""Cells of a .csv that a spreadsheet would run as a formula, and how they are kept from it.

A cell that begins with ``= + - @``, a tab or a line end gets an apostrophe in front, and so does one that begins
with apostrophes and such a character; reading takes one off. A byte order mark in front does not hide the character.
"""

from __future__ import annotations

import re

_FORMULA = re.compile("^'*[\ufeff\\s]*[=+\\-@\t\r\n＝＋－＠]")


def guarded(cell: str) -> str:
    """Return the cell as it is safe to write."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Return the cell that :func:`guarded` was given; any other cell stays as it is."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
