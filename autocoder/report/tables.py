"""The report on agreement for the terminal, for a spreadsheet, and for programs."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from textwrap import wrap
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell

from autocoder.agree import Estimate
from autocoder.evaluate import Interval, mean
from autocoder.formats.whole import whole
from autocoder.project import Codebook
from autocoder.report.agreement import AgreementReport, Column
from autocoder.report.evaluation import Block, EvaluationReport, code_of

Cell = str | int | float | None
Rows = Sequence[Sequence[Cell]]
WIDTH = 80
OVERALL = {
    "percent": "exact sets",
    "kappa": "kappa, pooled",
    "alpha_masi": "alpha, MASI",
    "alpha_multivalued": "multi-valued alpha",
}
BY_CODE = ("percent", "positive", "negative", "kappa", "alpha", "ac1", "pabak", "prevalence_index", "bias_index")
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NOT_IN_CELL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CELL_LIMIT = 32_000


def figure(value: float | None) -> str:
    """Return a coefficient to two places; a dash for one that is undefined."""
    return "–" if value is None else f"{round(value, 2) + 0.0:.2f}"  # no figure is minus nothing


def interval(estimate: Estimate) -> str:
    """Return a coefficient with its interval where it has one."""
    if estimate.low is None or estimate.high is None:
        return figure(estimate.value)
    return f"{figure(estimate.value)} [{figure(estimate.low)}, {figure(estimate.high)}]"


def text_table(found: AgreementReport, book: Codebook, width: int = WIDTH) -> str:
    """Return the report as a short table no wider than the terminal; Hebrew names stand last, so columns stay in line.

    Columns of coders beyond the width are left to the other forms, and the last line says so.
    """
    parts = (
        _head(found, width),
        _overall_lines(found),
        _code_lines(found, book, width),
        _machine_lines(found, width),
        _foot(found, width),
    )
    return "\n".join(line for part in parts for line in part)


def _head(found: AgreementReport, width: int) -> Iterator[str]:
    design = found.design
    yield f"{design.units:,} {design.unit.value}s of {len(design.transcripts)} transcripts seen by two coders or more"
    for warning in found.warnings:
        yield from wrap(f"! {warning}", width, subsequent_indent="  ")
    for number, column in enumerate(found.columns, 1):
        where = f"{column.found.units:,} units, {column.found.transcripts} transcripts"
        same = ", the same units" if column.beside and not found.columns[0].beside else ""
        yield f"  ({number}) {' — '.join(column.found.coders)}: {where}{same}"
    for pair in found.apart:
        yield f"      {' — '.join(pair)}: no unit in common"


def _overall_lines(found: AgreementReport) -> Iterator[str]:
    yield ""
    yield ("    " + "".join(f"{title:19}" for title in OVERALL.values())).rstrip()
    for number, column in enumerate(found.columns, 1):
        cells = "".join(f"{interval(getattr(column.found, key)):19}" for key in OVERALL)
        yield f"({number}) {cells}".rstrip()
    estimates = [getattr(column.found, key) for column in found.columns for key in OVERALL]
    for reason in dict.fromkeys(estimate.reason for estimate in estimates if estimate.reason):
        yield f"    – {reason}"


def _code_lines(found: AgreementReport, book: Codebook, width: int) -> Iterator[str]:
    """The codes with intervals where the width has room for them, else with values alone."""
    names = min(28, max((len(row.code) for row in found.codes), default=4))
    room = width - names - 8
    cell = 19 if room >= 19 * len(found.columns) else 7
    shown = found.columns[: max(1, room // cell)]
    yield ""
    yield "Krippendorff's alpha by code, the most frequent first"
    yield f"  {'code':{names}}{'n':>5} " + "".join(f"{f'({n})':<{cell}}" for n in range(1, len(shown) + 1)).rstrip()
    by_code = [{row.code: row.alpha for row in column.found.by_code} for column in shown]
    for row in found.codes:
        alphas = [alphas_of[row.code] for alphas_of in by_code]
        cells = "".join(f"{interval(each) if cell == 19 else figure(each.value):<{cell}}" for each in alphas)
        line = f"  {row.code[:names]:{names}}{row.units_with_it:5} {cells}"
        yield f"{line}{_cut(book[row.code].name, width - len(line))}".rstrip()
    if len(shown) < len(found.columns):
        yield f"  columns ({len(shown) + 1}) to ({len(found.columns)}) are in --html, --xlsx and --json"


def _cut(name: str, room: int) -> str:
    """Return as much of a name as there is room for, or nothing of it."""
    if len(name) <= room:
        return name
    return f"{name[: room - 1]}…" if room > 8 else ""


def _machine_lines(found: AgreementReport, width: int) -> Iterator[str]:
    for panel in found.machine:
        pooled = panel.rows[0]
        yield ""
        yield from wrap(
            f"{panel.model} in a person's place: alpha changes by {interval(pooled.difference)} (one-sided 95 % "
            f"bounds); alternative annotator test: winning rate {figure(pooled.winning_rate)} at {panel.epsilon:g}",
            width,
            subsequent_indent="  ",
        )
        if found.margin is None:
            yield "  no margin was fixed in advance (--margin), so no verdict"
            continue
        failed = [row.code for row in panel.rows[1:] if row.passes is False]
        verdict = {True: "passes", False: "fails", None: "is undecided"}[pooled.passes]
        yield from wrap(
            f"with the margin {found.margin.value:g} it {verdict} on all codes together, and fails on {len(failed)} of "
            f"{len(panel.rows) - 1} codes",
            width,
            initial_indent="  ",
            subsequent_indent="  ",
        )


def _foot(found: AgreementReport, width: int) -> Iterator[str]:
    yield ""
    if found.margin is not None:
        late = f", after looking: figures were first shown on {found.margin.looked[:10]}" if found.margin.looked else ""
        yield from wrap(f"margin {found.margin.value:g}, fixed on {found.margin.at[:10]}{late}", width)
    for method in dict.fromkeys(column.found.interval for column in found.columns):
        yield from wrap(f"intervals: {method}", width, subsequent_indent="  ")


def as_json(found: object) -> str:
    """Return a report as JSON; an undefined figure is null beside its reason."""
    return json.dumps(_plain(asdict(found)), ensure_ascii=False, indent=1, allow_nan=False)  # type: ignore[call-overload]


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a dataclass holds
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def tidy_rows(found: AgreementReport, book: Codebook) -> list[list[Cell]]:
    """Return one row per figure: which coders, which code or all, which measure, value, interval, and why not."""
    head: list[Cell] = [
        *("coders", "same units", "code", "name", "measure", "value", "low", "high"),
        *("units", "transcripts", "n by coder", "prevalence", "note"),
    ]
    rows = [head]
    for column in found.columns:
        for measure in ("percent", "kappa", "alpha_masi", "alpha_jaccard", "alpha_multivalued"):
            estimate = getattr(column.found, measure)
            rows.append(
                [*_whose(column), "", "", measure, *_figures(estimate), *_counted(column), "", None, estimate.reason]
            )
        for row in column.found.by_code:
            counts = " / ".join(map(str, row.positive_by_coder))
            for measure in BY_CODE:
                estimate = getattr(row, measure)
                named = [row.code, book[row.code].name, measure]
                rest: list[Cell] = [counts, row.prevalence, estimate.reason]
                rows.append([*_whose(column), *named, *_figures(estimate), row.units, column.found.transcripts, *rest])
    return rows


def _whose(column: Column) -> list[Cell]:
    return [" — ".join(column.found.coders), "yes" if column.beside else "no"]


def _figures(estimate: Estimate) -> list[Cell]:
    return [estimate.value, estimate.low, estimate.high]


def _counted(column: Column) -> list[Cell]:
    return [column.found.units, column.found.transcripts]


def _row(*cells: Cell) -> list[Cell]:
    return list(cells)


def write_csv(path: Path, rows: Iterable[Sequence[Cell]]) -> None:
    """Write rows as CSV that spreadsheet programs open in Hebrew; a text that would run as a formula is quoted."""
    with whole(path) as part, part.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([_guarded(cell) for cell in row] for row in rows)


def _guarded(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def write_xlsx(path: Path, sheets: Mapping[str, Rows], right_to_left: bool) -> None:
    """Write sheets of rows, the first row of each its heading; texts are texts, never formulas."""
    book = openpyxl.Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        sheet.sheet_view.rightToLeft = right_to_left
        sheet.freeze_panes = "A2"
        for row in rows:
            sheet.append([_xlsx_cell(sheet, cell) for cell in row])
    with whole(path) as part:
        book.save(part)


def _xlsx_cell(sheet: object, cell: Cell) -> object:
    if not isinstance(cell, str) or not cell:
        return cell or (0 if cell == 0 else None)
    written = WriteOnlyCell(sheet, _NOT_IN_CELL.sub("\ufffd", cell[:_CELL_LIMIT]))
    written.data_type = "s"
    return written


def agreement_sheets(found: AgreementReport, book: Codebook) -> dict[str, Rows]:
    """Return the sheets of the report: figures, codes, pairs, confusions, levels, disagreements, design."""
    return {
        "figures": tidy_rows(found, book),
        "codes": _code_sheet(found),
        "pairs": [
            ["first", "second", "units", "alpha MASI", "low", "high"],
            *(_row(*pair.coders, pair.units, *_figures(pair.alpha)) for pair in found.pairs),
        ],
        "confusions": [
            ["between", "one coded", "the other coded", "units"],
            *(_row("people", c.given, c.instead, c.units) for c in found.confusions_of_people),
            *(_row("person and model", c.given, c.instead, c.units) for c in found.confusions_of_models),
        ],
        "disagreements": _disagreement_sheet(found),
        "design": _design_sheet(found),
    }


def _code_sheet(found: AgreementReport) -> list[list[Cell]]:
    titles = [" — ".join(column.found.coders) + ("" if column.beside else " (all units)") for column in found.columns]
    rows: list[list[Cell]] = [["code", "name", "English", "n", "prevalence", "flags", *(f"alpha {t}" for t in titles)]]
    by_code = [{row.code: row for row in column.found.by_code} for column in found.columns]
    for row in found.codes:
        alphas = [rows_of[row.code].alpha.value for rows_of in by_code]
        rows.append([row.code, row.name, row.english, row.units_with_it, row.prevalence, ", ".join(row.flags), *alphas])
    return rows


def _disagreement_sheet(found: AgreementReport) -> list[list[Cell]]:
    coders = [coder.name for coder in found.design.coders]
    rows: list[list[Cell]] = [["transcript", "start", "end", "speaker", "text", "kind", "distance", *coders, "settled"]]
    for each in found.disagreements:
        given = dict(each.codes)
        cells = ["" if (codes := given[coder]) is None else ", ".join(codes) or "(no code)" for coder in coders]
        where: list[Cell] = [each.transcript, each.span.start, each.span.end, each.speaker, each.quote]
        rows.append([*where, each.kind, each.distance, *cells, ", ".join(each.adjudicated)])
    return rows


def _design_sheet(found: AgreementReport) -> list[list[Cell]]:
    design = found.design
    margin = found.margin
    return [
        ["what", "value"],
        ["project", design.project],
        *(_row("coder", f"{coder.name} ({coder.kind.value}), {coder.codings} codings") for coder in design.coders),
        ["transcripts", ", ".join(design.transcripts)],
        ["unit", design.unit.value],
        ["units", design.units],
        ["units in the project", design.units_in_project],
        ["codebook", f"{design.codebook}, version {design.version}"],
        ["origins", ", ".join(origin.value for origin in design.origins)],
        ["margin", margin.value if margin else "none"],
        ["margin fixed", margin.at if margin else ""],
        ["figures shown before it", margin.looked if margin else ""],
        *(_row("intervals", method) for method in dict.fromkeys(column.found.interval for column in found.columns)),
        ["seed", found.seed],
        *(_row(name, version) for name, version in found.versions),
        *(_row("warning", warning) for warning in found.warnings),
    ]


def evaluation_table(found: EvaluationReport, book: Codebook, width: int = WIDTH) -> str:
    """Return the evaluation as a short table: everyone against each reference, then F1 by code."""
    said = (
        f"Model {found.model} ({found.encoder}), taught by {found.taught_by}: {found.units} units of "
        f"{found.transcripts} transcripts in {found.folds} folds; every unit is scored by parts of the model that saw "
        "nothing of its transcript"
    )
    lines = wrap(said, width)
    for warning in found.warnings:
        lines += wrap(f"! {warning}", width, subsequent_indent="  ")
    for block in found.blocks:
        lines += ["", *_block_lines(block, width)]
    if found.blocks:
        lines += ["", *_f1_lines(found.blocks[0], book, width)]
    return "\n".join([*lines, *_calibration_lines(found), *_curve_lines(found)])


def _block_lines(block: Block, width: int) -> Iterator[str]:
    reference = "the adjudicated coding" if block.adjudicated else block.reference
    also = f", on the units that {block.beside} coded too" if block.beside else ""
    yield from wrap(f"Against {reference}{also}: {block.units} units, {block.transcripts} transcripts", width)
    yield f"  {'':14}{'F1 macro':19}{'F1 micro':19}{'domains':>8}{'AUPRC':>7}  kappa"
    for rival in block.rivals:
        macro = _with_interval(rival.macro_f1, rival.macro_f1_interval)
        micro = _with_interval(rival.micro_f1, rival.micro_f1_interval)
        cells = f"{macro:19}{micro:19}{figure(rival.domain_f1):>8}{figure(rival.average_precision):>7}"
        yield f"  {rival.who[:13]:14}{cells}  {figure(rival.kappa.value)}"


def _with_interval(value: float | None, found: Interval | None) -> str:
    return figure(value) if found is None else f"{figure(value)} [{found.low:.2f}, {found.high:.2f}]"


def _f1_lines(block: Block, book: Codebook, width: int) -> Iterator[str]:
    yield f"F1 by code against {block.reference}, the most frequent first"
    names = min(28, max((len(each.code) for each in block.rivals[0].codes), default=4))
    yield f"  {'code':{names}}{'n':>5}  {'P':>5}{'R':>6}{'F1':>6}{'AUPRC':>7}{'kappa':>7}{'linear':>8}"
    linear = {each.code: each.f1 for each in block.rivals[1].codes}
    for each in sorted(block.rivals[0].codes, key=lambda each: (-each.units, each.code)):
        own = f"{figure(each.precision):>5}{figure(each.recall):>6}{figure(each.f1):>6}"
        rest = f"{figure(each.average_precision):>7}{figure(each.kappa.value):>7}{figure(linear[each.code]):>8}"
        line = f"  {each.code[:names]:{names}}{each.units:5}  {own}{rest}  "
        yield f"{line}{_cut(code_of(book, each.code).name, width - len(line))}".rstrip()


def _calibration_lines(found: EvaluationReport) -> Iterator[str]:
    if found.calibration is None:
        return
    own = found.calibration
    yield ""
    yield f"Calibration: Brier {own.brier:.4f} (each code's share alone: {own.brier_of_shares:.4f}),"
    yield f"  expected calibration error {_figure3(own.error)}"


def _figure3(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _curve_lines(found: EvaluationReport) -> Iterator[str]:
    for line in found.curves:
        yield ""
        if not line.points:
            yield f"Learning curve, {line.who}: it takes four coded transcripts"
            continue
        draws = len(line.points[0].macro_f1)
        yield f"Learning curve, {line.who}: mean of {draws} draws by transcripts learned from"
        yield "  transcripts" + "".join(f"{point.transcripts:7}" for point in line.points)
        yield "  F1 macro   " + "".join(f"{figure(mean(point.macro_f1)):>7}" for point in line.points)
        yield "  AUPRC macro" + "".join(f"{figure(mean(point.average_precision)):>7}" for point in line.points)


def evaluation_rows(found: EvaluationReport, book: Codebook) -> list[list[Cell]]:
    """Return one row per reference, rival and code, the means under the code "all"."""
    rows: list[list[Cell]] = [
        [
            *(
                "reference",
                "also coded by",
                "who",
                "code",
                "name",
                "units",
                "n",
                "suggested",
                "precision",
                "recall",
                "F1",
            ),
            *("F1 low", "F1 high", "AUPRC", "kappa", "kappa low", "kappa high", "alpha", "alpha low", "alpha high"),
        ]
    ]
    for block in found.blocks:
        for rival in block.rivals:
            head: list[Cell] = [block.reference, block.beside, rival.who]
            for name, figures, at in (
                ("macro", (rival.macro_precision, rival.macro_recall, rival.macro_f1), rival.macro_f1_interval),
                ("micro", (rival.micro_precision, rival.micro_recall, rival.micro_f1), rival.micro_f1_interval),
            ):
                bounds = (at.low, at.high) if at else (None, None)
                agreed = [*_figures(rival.kappa), *_figures(rival.alpha)]
                area = rival.average_precision if name == "macro" else None
                rows.append([*head, "all", name, block.units, None, None, *figures, *bounds, area, *agreed])
            for each in rival.codes:
                counts: list[Cell] = [block.units, each.units, each.suggested]
                found_ = [each.precision, each.recall, each.f1, None, None, each.average_precision]
                agreed = [*_figures(each.kappa), *_figures(each.alpha)]
                rows.append([*head, each.code, code_of(book, each.code).name, *counts, *found_, *agreed])
    return rows
