"""The colour of each code, readable on light and on dark, as a stylesheet, since the page allows no style in its HTML.

A code has the colour that the codebook gives it, else that of the nearest code above it that has one, else one of a
palette by its tree. Colours are made darker or lighter until they stand out from the page by 3 to 1, the contrast that
WCAG 2.2 (success criterion 1.4.11) asks of what is not text.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping

from autocoder.project import Code, Codebook

PALETTE = ("#4e79a7", "#b07aa1", "#59a14f", "#f28e2b", "#e15759", "#76b7b2", "#9c755f", "#af9a2d", "#6b6ecf", "#d37295")
LIGHT, DARK = "#fffefb", "#1c1f23"  # --sheet in review.css
CONTRAST = 3.0
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def class_of(codebook: Codebook) -> Mapping[str, str]:
    """Return the class of each code, by its place in the codebook: an id may hold what a class must not."""
    return {code.id: f"code-{number}" for number, code in enumerate(codebook)}


def stylesheet(codebook: Codebook) -> str:
    """Return the rules that give each class its colour."""
    classes = class_of(codebook)
    pairs = ((classes[code.id], colour(codebook, code)) for code in codebook)
    return "".join(
        f".{name}{{--code:light-dark({against(value, LIGHT)},{against(value, DARK)})}}\n" for name, value in pairs
    )


def colour(codebook: Codebook, code: Code) -> str:
    """Return the colour of a code as #rrggbb."""
    for each in (code, *codebook.ancestors(code.id)):
        if each.color and _HEX.fullmatch(each.color):
            return each.color.lower()
    trees = [root.id for root in codebook.children(None)]
    return PALETTE[trees.index(codebook.root(code.id).id) % len(PALETTE)]


def against(value: str, ground: str) -> str:
    """Return the colour, changed no more than it takes to stand out from the ground."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rgb(value))
    step = -0.01 if _luminance(ground) > 0.5 else 0.01
    while contrast(value, ground) < CONTRAST:
        lightness += step
        value = "#" + "".join(f"{round(255 * part):02x}" for part in colorsys.hls_to_rgb(hue, lightness, saturation))
    return value


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours as WCAG 2.2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _rgb(value: str) -> tuple[float, float, float]:
    red, green, blue = (int(value[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _luminance(value: str) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(value))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
