"""Reports as one HTML file each: nothing is fetched, no script runs, and every word that people typed is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from autocoder.agree import CodeAgreement
from autocoder.compare import BLIND
from autocoder.evaluate import mean
from autocoder.project import Code, Codebook
from autocoder.report import figures
from autocoder.report.agreement import AgreementReport, Column
from autocoder.report.definitions import definitions
from autocoder.report.evaluation import (
    Block,
    Calibration,
    CodeFigures,
    CurveLine,
    EvaluationReport,
    code_of,
)
from autocoder.report.methods import margin_said, methods_paragraph
from autocoder.report.words import Language, in_language, words

LINES = (0.667, 0.8)
MARKS = {"rare": "†", "wide": "‡"}
LONGEST_LABEL = 44
DRAWN = 4
"""Columns that a forest plot holds side by side; more cannot be told apart."""
MINUS = "\u2212"
OVERALL = ("percent", "kappa", "alpha_masi", "alpha_jaccard", "alpha_multivalued")
SECTIONS = (
    *("design", "overall", "by_code", "forest", "heat", "confusions", "prevalence_figure", "levels", "spans"),
    *("disagreements", "machine", "methods", "definitions"),
)
_TITLES = {"kappa": "kappa_pooled", "alpha_multivalued": "alpha_multi"}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("autocoder.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def number(value: float | None, places: int = 2) -> str:
    """Return a figure with a proper minus; a dash for one that is undefined."""
    return "–" if value is None else f"{round(value, places) + 0.0:.{places}f}".replace("-", MINUS)


def percent(share: float | None) -> str:
    """Return a share in percent, with a decimal below ten."""
    if share is None:
        return "–"
    return f"{share:.1%}" if 0 < share < 0.1 else f"{share:.0%}"


def name_of(code: Code, language: Language) -> str:
    """Return a code's name in the page's language, or in the one that it has."""
    names = (code.name_he, code.name_en) if language is Language.HEBREW else (code.name_en, code.name_he)
    return next((name for name in names if name), code.id)


def render(template: str, language: Language, book: Codebook, **values: object) -> str:
    """Return a page from a template; ``values`` are what is its own."""
    return (
        _environment()
        .get_template(template)
        .render(
            w=words(language),
            language=language,
            names={code.id: name_of(code, language) for code in book},
            said=lambda sentence: in_language(sentence, language),
            number=number,
            percent=percent,
            thousands=lambda count: f"{count:,}",
            colours=figures.SERIES,
            **values,
        )
    )


def agreement_page(found: AgreementReport, book: Codebook, language: Language) -> str:
    """Return the report on agreement as a page."""
    w = words(language)
    machine = any(not column.people_only for column in found.columns)
    versions = dict(found.versions)
    absent = {
        "heat": len(found.pairs) < 2,
        "levels": not found.levels,
        "disagreements": not found.disagreements,
        "machine": not machine,
    }
    other = Language.ENGLISH if language is Language.HEBREW else Language.HEBREW
    return render(
        "agreement.html",
        language,
        book,
        project=found.design.project,
        at=found.at[:10],
        version=versions["autocoder"],
        software=", ".join(f"{name} {version}" for name, version in found.versions),
        warnings=found.warnings,
        sections=[section for section in SECTIONS if not absent.get(section)],
        design=found.design,
        blind=found.design.origins == BLIND,
        columns=found.columns,
        overall=[(key, w[_TITLES.get(key, key)]) for key in OVERALL],
        methods="; ".join(dict.fromkeys(in_language(column.found.interval, language) for column in found.columns)),
        codes=found.codes,
        marks=MARKS,
        figures=[{row.code: row for row in column.found.by_code} for column in found.columns],
        reasons="; ".join(in_language(reason, language) for reason in _reasons(found.columns)),
        drawn=_drawn(found.columns),
        forest=_forest(found, book, language),
        heat=_heat(found, w["heat"]) if len(found.pairs) > 1 else None,
        apart=found.apart,
        confusions_of_people=found.confusions_of_people,
        confusions_of_models=found.confusions_of_models,
        scatter=_scatter(found, book, language),
        paradox=_paradoxes(found.columns[0]),
        levels=found.levels,
        trees=_trees(found, book, language),
        strips=_strips(found, language),
        strips_left_out=found.strips_left_out,
        spans=found.spans,
        span_columns=list(dict.fromkeys(column.found.coders for column in found.columns)),
        machine=found.machine,
        margin=found.margin,
        disagreements=found.disagreements,
        left_out=found.left_out,
        machine_section=machine,
        margin_said=margin_said(found.margin, language),
        methods_text=[(methods_paragraph(found, each), each) for each in (language, other)],
        definitions=definitions(language),
        seed=found.seed,
        replicates=found.replicates,
    )


def _reasons(columns: Sequence[Column]) -> list[str]:
    """Return why coefficients of codes are undefined, each reason once."""
    return list(
        dict.fromkeys(
            estimate.reason
            for column in columns
            for row in column.found.by_code
            for estimate in (row.positive, row.kappa, row.ac1, row.alpha)
            if estimate.value is None
        )
    )


def _drawn(columns: Sequence[Column]) -> list[Column]:
    """Return the columns that can stand beside each other: on the same units where a model is among them."""
    beside = [column for column in columns if column.beside] or list(columns)
    return beside[:DRAWN]


def _forest(found: AgreementReport, book: Codebook, language: Language) -> Markup:
    w = words(language)
    drawn = _drawn(found.columns)
    by_code = [{row.code: row.alpha for row in column.found.by_code} for column in drawn]
    points = [
        figures.Point(_label(book[row.code], language), tuple(alphas[row.code] for alphas in by_code))
        for row in found.codes
    ]
    series = [" – ".join(column.found.coders) for column in drawn]
    return figures.forest(points, series, w["forest_axis"], LINES, w["forest"], language is Language.HEBREW)


def _label(code: Code, language: Language) -> str:
    name = name_of(code, language)
    return name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1].rstrip()}…"


def _heat(found: AgreementReport, title: str) -> Markup:
    names = _alike(found)
    values = {frozenset(pair.coders): pair.alpha.value for pair in found.pairs}
    return figures.heat(names, [[values.get(frozenset((a, b))) for b in names] for a in names], title)


def _alike(found: AgreementReport) -> list[str]:
    """Return the coders so that those who agree most stand together: each next one is the nearest to those before."""
    left = [coder.name for coder in found.design.coders]
    values = {frozenset(pair.coders): pair.alpha.value or 0.0 for pair in found.pairs}
    best = max(values, key=lambda pair: values[pair])
    order = [name for name in left if name in best]
    while rest := [name for name in left if name not in order]:
        order.append(max(rest, key=lambda name: max(values.get(frozenset((name, other)), -1.0) for other in order)))
    return order


def _scatter(found: AgreementReport, book: Codebook, language: Language) -> Markup:
    w = words(language)
    points = [
        (name_of(book[row.code], language), row.prevalence, row.kappa.value)
        for row in found.columns[0].found.by_code
        if row.prevalence is not None and row.kappa.value is not None
    ]
    return figures.scatter(points, w["prevalence"], w["kappa"], LINES, w["prevalence_figure"])


def _paradoxes(column: Column) -> list[CodeAgreement]:
    """Return the codes whose kappa and AC1 differ by more than .2."""
    return [
        row
        for row in column.found.by_code
        if row.kappa.value is not None and row.ac1.value is not None and abs(row.kappa.value - row.ac1.value) > 0.2
    ]


@dataclass(frozen=True)
class _Tree:
    name: str
    colour: str


def _trees(found: AgreementReport, book: Codebook, language: Language) -> list[_Tree]:
    used = {stretch.tree for plot in found.strips for _, lane in plot.lanes for stretch in lane}
    return [
        _Tree(name_of(root, language), figures.colour_of(place))
        for place, root in enumerate(book.children(None))
        if place in used
    ]


@dataclass(frozen=True)
class _Plot:
    name: str
    lanes: tuple[str, ...]
    drawn: Markup


def _strips(found: AgreementReport, language: Language) -> list[_Plot]:
    plots = []
    for plot in found.strips:
        lanes = [[figures.Band(s.start, s.end, s.tree, s.exclusive) for s in lane] for _, lane in plot.lanes]
        drawn = figures.strips(lanes, language is Language.HEBREW, plot.transcript)
        plots.append(_Plot(plot.transcript, tuple(coder for coder, _ in plot.lanes), drawn))
    return plots


_CURVES = {"linear": "linear", "encoder": "curve_encoder"}


def evaluation_page(found: EvaluationReport, book: Codebook, language: Language) -> str:
    """Return the report on a model as a page."""
    w = words(language)
    curves = [line for line in found.curves if line.points]
    own = found.calibration
    said = (
        w["calibration_note"].format(
            brier=number(own.brier, 4), shares=number(own.brier_of_shares, 4), ece=number(own.error, 3)
        )
        if own
        else ""
    )
    codes = {each.code for block in found.blocks for each in block.rivals[0].codes}
    return render(
        "evaluation.html",
        language,
        book,
        project=found.project,
        at=found.at[:10],
        version=dict(found.versions)["autocoder"],
        software=", ".join(f"{name} {version}" for name, version in found.versions),
        warnings=found.warnings,
        found=found,
        sections=[*(["calibration"] if own else []), *(["curve"] if curves else [])],
        blocks=found.blocks,
        titles=[_block_title(block, w) for block in found.blocks],
        by_code=[_by_frequency(block) for block in found.blocks],
        code_names={code: name_of(code_of(book, code), language) for code in codes},
        calibration=own,
        calibration_said=said,
        reliability=_reliability(own, w) if own else "",
        curve=_curve(curves, w) if curves else "",
        curves=curves,
        curve_words=_CURVES,
        mean=mean,
    )


def _block_title(block: Block, w: Mapping[str, str]) -> str:
    against = w["against_adjudicated"] if block.adjudicated else w["against"].format(reference=block.reference)
    return w["beside"].format(against=against, other=block.beside) if block.beside else against


def _by_frequency(block: Block) -> list[tuple[CodeFigures, CodeFigures]]:
    """Return the model's and the linear machines' figures of each code, the most frequent code first."""
    pairs = zip(block.rivals[0].codes, block.rivals[1].codes, strict=True)
    return sorted(pairs, key=lambda pair: (-pair[0].units, pair[0].code))


def _reliability(own: Calibration, w: Mapping[str, str]) -> Markup:
    points = tuple((row.score, row.share) for row in own.bins if row.score is not None and row.share is not None)
    line = figures.Line(w["model"], points)
    return figures.curves([line], w["mean_score"], w["share_true"], w["calibration"], diagonal=True)


def _curve(curves: Sequence[CurveLine], w: Mapping[str, str]) -> Markup:
    lines = []
    for line in curves:
        drawn = [(point, [f1 for f1 in point.macro_f1 if f1 is not None]) for point in line.points]
        shown = [(point, values) for point, values in drawn if values]
        points = tuple((float(point.transcripts), sum(values) / len(values)) for point, values in shown)
        spread = tuple((min(values), max(values)) for _, values in shown)
        lines.append(figures.Line(w[_CURVES[line.who]], points, spread))
    return figures.curves(lines, w["curve_across"], w["curve_up"], w["curve"])
