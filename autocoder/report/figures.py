"""Figures as SVG that stands inside a page: text stays text, so the reader's browser puts Hebrew in its order."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from lxml import etree
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from autocoder.agree import Estimate

SERIES = ("#1d4e79", "#c2562d", "#4d7c57", "#7a5195", "#8a6d3b", "#5b6770")
"""Colours of groups, in order: people first, then models; told apart by shape as well."""
SHAPES = ("o", "D", "s", "^", "v", "P")
_INK, _QUIET, _FAINT = "#1b1f24", "#57606a", "#d8dee4"
_STYLE: dict[Any, Any] = {
    "text.parse_math": False,  # dollars in a name are dollars
    "svg.fonttype": "none",  # text, not outlines: it can be read, searched and put in order by the browser
    "svg.hashsalt": "autocoder",
    "font.size": 9,
    "axes.edgecolor": _QUIET,
    "axes.labelcolor": _INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _QUIET,
    "ytick.color": _QUIET,
    "xtick.labelcolor": _INK,
    "ytick.labelcolor": _INK,
}
_SVG = "{http://www.w3.org/2000/svg}"
_SHADES = LinearSegmentedColormap.from_list("calm", ["#f6f8fa", "#9fbcd6", SERIES[0]])
_REFERENCE = re.compile(r"url\(#([^)]+)\)|^#(.+)$")


@dataclass(frozen=True)
class Point:
    """A value with its interval in a row of a forest plot, or a point of a scatter."""

    label: str
    estimates: tuple[Estimate, ...]


def forest(
    rows: Sequence[Point], series: Sequence[str], axis: str, lines: Sequence[float], name: str, names_right: bool
) -> Markup:
    """Draw one row per point, in it the groups beside each other with their intervals; ``lines`` stand upright."""
    height = 0.8 + len(rows) * max(0.26, 0.15 * len(series) + 0.06)

    def draw(axes: Axes) -> None:
        _thresholds(axes, lines)
        step = 0.6 / max(1, len(series))
        for number, title in enumerate(series):
            shift = (number - (len(series) - 1) / 2) * step
            _row_of(axes, [row.estimates[number] for row in rows], shift, number, title)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks(range(len(rows)))
        axes.set_yticklabels([row.label for row in rows])
        axes.tick_params(axis="y", length=0)
        if names_right:
            axes.yaxis.tick_right()
            axes.spines["left"].set_visible(False)
        axes.set_xlabel(axis)
        low = min((e.low for row in rows for e in row.estimates if e.low is not None), default=0.0)
        axes.set_xlim(min(-0.05, low - 0.03), 1.03)

    return _drawn((7.6, height), draw, name)


def _thresholds(axes: Axes, lines: Sequence[float]) -> None:
    axes.axvline(0, color=_QUIET, linewidth=0.8)
    for line in lines:
        axes.axvline(line, color=_FAINT, linewidth=1.2, zorder=0)
        axes.annotate(
            f"{line:g}", (line, 1), xycoords=("data", "axes fraction"), ha="center", va="bottom", color=_QUIET
        )


def _row_of(axes: Axes, estimates: Sequence[Estimate], shift: float, number: int, title: str) -> None:
    colour, shape = SERIES[number % len(SERIES)], SHAPES[number % len(SHAPES)]
    for place, estimate in enumerate(estimates):
        if estimate.low is not None and estimate.high is not None:
            axes.hlines(place + shift, estimate.low, estimate.high, color=colour, linewidth=1.3)
    found = [(e.value, place + shift) for place, e in enumerate(estimates) if e.value is not None]
    axes.plot([x for x, _ in found], [y for _, y in found], shape, color=colour, markersize=4.5, label=title)


def heat(names: Sequence[str], values: Sequence[Sequence[float | None]], name: str) -> Markup:
    """Draw a square of values between 0 and 1, every one written in its cell; an undefined one is a dash."""
    size = max(2.6, 0.75 * len(names) + 1.6)

    def draw(axes: Axes) -> None:
        axes.set_xlim(-0.5, len(names) - 0.5)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_aspect("equal")
        for row, line in enumerate(values):
            for column, value in enumerate(line):
                if row != column:
                    shade = _FAINT if value is None else _SHADES(max(0.0, value))
                    axes.add_patch(Rectangle((column - 0.48, row - 0.48), 0.96, 0.96, facecolor=shade))
                    dark = value is not None and value > 0.6
                    text = "–" if value is None else f"{value:.2f}"
                    axes.text(column, row, text, ha="center", va="center", color="white" if dark else _INK)
        axes.set_xticks(range(len(names)))
        axes.set_xticklabels(names, rotation=30, ha="right")
        axes.set_yticks(range(len(names)))
        axes.set_yticklabels(names)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)

    return _drawn((size + 0.8, size), draw, name)


def scatter(
    points: Sequence[tuple[str, float, float]], across: str, up: str, lines: Sequence[float], name: str
) -> Markup:
    """Draw labelled points (label, share, value); the share on a root scale, where rare codes stand apart."""

    def draw(axes: Axes) -> None:
        for line in lines:
            axes.axhline(line, color=_FAINT, linewidth=1.2, zorder=0)
        axes.axhline(0, color=_QUIET, linewidth=0.8)
        axes.set_xscale("function", functions=(lambda x: abs(x) ** 0.5, lambda x: x**2))
        axes.plot([x for _, x, _ in points], [y for _, _, y in points], "o", color=SERIES[0], markersize=4)
        for label, x, y in _apart(points):
            axes.annotate(label, (x, y), (4, 3), textcoords="offset points", fontsize=7, color=_QUIET)
        axes.set_xlim(0, max((x for _, x, _ in points), default=0.1) * 1.15)
        axes.set_ylim(min([0.0, *(y for _, _, y in points)]) - 0.05, 1.03)
        axes.set_xlabel(across)
        axes.set_ylabel(up)

    return _drawn((7.2, 4.2), draw, name)


def _apart(points: Sequence[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """Return the points whose labels have room, the lowest values first, since those are looked for."""
    placed: list[tuple[str, float, float]] = []
    for label, x, y in sorted(points, key=lambda point: (point[2], point[1])):
        if all(abs(y - other) > 0.05 or abs(x**0.5 - across**0.5) > 0.2 for _, across, other in placed):
            placed.append((label, x, y))
    return placed


@dataclass(frozen=True)
class Line:
    """A named line through points (x, y), with the lowest and highest y of each where there were several draws."""

    name: str
    points: tuple[tuple[float, float], ...]
    spread: tuple[tuple[float, float], ...] = ()


def curves(lines: Sequence[Line], across: str, up: str, name: str, diagonal: bool = False) -> Markup:
    """Draw lines; ``diagonal`` adds the one on which score and share are the same."""

    def draw(axes: Axes) -> None:
        if diagonal:
            axes.plot([0, 1], [0, 1], color=_FAINT, linewidth=1.2)
        for number, line in enumerate(lines):
            colour, shape = SERIES[number % len(SERIES)], SHAPES[number % len(SHAPES)]
            x, y = [x for x, _ in line.points], [y for _, y in line.points]
            axes.plot(x, y, f"{shape}-", color=colour, markersize=4.5, linewidth=1.4, label=line.name)
            if line.spread:
                low, high = [low for low, _ in line.spread], [high for _, high in line.spread]
                axes.fill_between(x, low, high, color=colour, alpha=0.12, linewidth=0)
        axes.set_xlabel(across)
        axes.set_ylabel(up)
        axes.set_ylim(0, 1.02)
        axes.set_xlim(left=0)

    return _drawn((6.4, 3.6), draw, name)


def _drawn(size: tuple[float, float], draw: Callable[[Axes], None], name: str) -> Markup:
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # the browser has letters that the measuring font lacks
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        written = io.BytesIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(written, format="svg", transparent=True, metadata=nothing)
    return _inline(written.getvalue(), name)


def _inline(svg: bytes, name: str) -> Markup:
    """Make a file's SVG part of a page: no head, ids that no other figure has, a name for those who cannot see it."""
    root = etree.fromstring(svg, etree.XMLParser(resolve_entities=False, no_network=True))
    for element in [*root.iter(f"{_SVG}metadata"), *root.iter(f"{_SVG}style")]:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
    _prefix_ids(root, re.sub(r"\W+", "-", name))
    root.set("style", f"max-width:{root.get('width', '')}")
    for size in ("width", "height"):
        del root.attrib[size]
    root.set("role", "img")
    root.set("aria-label", name)
    text = etree.tostring(root, encoding="unicode")
    return Markup(text)  # noqa: S704 - our own figure; what people typed is text in it, escaped by the writer


def _prefix_ids(root: etree._Element, prefix: str) -> None:
    """Keep the ids that are referred to, under a name of their own, and drop the others."""
    used = set()
    for element in root.iter():
        for key, value in element.attrib.items():
            found = _REFERENCE.search(str(value))
            if found:
                target = found[1] or found[2]
                used.add(target)
                element.set(key, str(value).replace(f"#{target}", f"#{prefix}-{target}"))
    for element in root.iter():
        own = element.get("id")
        if own is not None:
            del element.attrib["id"]
        if own in used:
            element.set("id", f"{prefix}-{own}")


@dataclass(frozen=True)
class Band:
    """A coded stretch as shares of the transcript's length, and the number of its colour; a thin one runs below."""

    start: float
    end: float
    colour: int
    thin: bool


def strips(lanes: Sequence[Sequence[Band]], right_to_left: bool, name: str) -> Markup:
    """Draw one lane per coder; reading begins on the right in Hebrew. Overlapping stretches are seen through."""
    width, lane, gap = 1000, 16, 4
    parts = []
    for row, bands in enumerate(lanes):
        top = row * (lane + gap)
        parts.append(f'<rect x="0" y="{top}" width="{width}" height="{lane}" fill="#f3f5f7"/>')
        for band in bands:
            left = 1 - band.end if right_to_left else band.start
            place = f'x="{left * width:.1f}" width="{max(1.0, (band.end - band.start) * width):.1f}"'
            tall = f'y="{top + lane - 4}" height="4"' if band.thin else f'y="{top}" height="{lane - 5}"'
            parts.append(f'<rect {place} {tall} fill="{colour_of(band.colour)}" fill-opacity="0.75"/>')
    height = len(lanes) * (lane + gap) - gap
    head = Markup('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        width, height, name
    )
    return head + Markup("".join(parts)) + Markup("</svg>")  # noqa: S704 - numbers and colours of ours alone


_PALETTE = ("#1d4e79", "#c2562d", "#4d7c57", "#7a5195", "#b8860b", "#2a7f86", "#a23b5a", "#5b6770")


def colour_of(number: int) -> str:
    """Return the colour of a tree of codes, by its place in the codebook."""
    return _PALETTE[number % len(_PALETTE)]
