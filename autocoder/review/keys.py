"""The keys of the desk, by their place on the keyboard: the Latin cap and the Hebrew one (SI 1452) on the same key."""

from __future__ import annotations

CAPS = {
    "A": "ש",
    "B": "נ",
    "E": "ק",
    "J": "ח",
    "K": "ל",
    "M": "צ",
    "R": "ר",
    "S": "ד",
    "U": "ו",
}
"""By letter, the Hebrew cap."""

SIGNS = {
    "ArrowLeft": "←",
    "ArrowRight": "→",
    "Shift+ArrowLeft": "⇧ ←",
    "Shift+ArrowRight": "⇧ →",
    "Enter": "Enter",
    "Escape": "Esc",
}
"""How the other keys are written on the page."""
