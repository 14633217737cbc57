"""The report on a model: everyone against each reference on the same units, calibration, curve, page and tables."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lxml import html

from autocoder.classifier import CodeEntry, Input, Manifest
from autocoder.learn.curve import learning_curve, linear_learner
from autocoder.learn.examples import gather, with_ancestors
from autocoder.learn.held_out import OutOfFold
from autocoder.project import Origin, Project
from autocoder.report import tables
from autocoder.report.evaluation import CurveLine, EvaluationReport, report
from autocoder.report.page import evaluation_page
from autocoder.report.words import Language
from autocoder.segment import map_codings, segments

CODES = ("C09.3", "pay", "alone", "barrier")
VERSIONS = (("autocoder", "9.9"),)


@pytest.fixture(scope="module")
def manifest(double_coded: Project) -> Manifest:
    entries = tuple(
        CodeEntry(
            c.id, c.name, c.parent, c.codable, c.id in ("valence", "barrier", "facilitator"), 9, 0.3, c.id in CODES
        )
        for _, c in double_coded.codebook.walk()
    )
    data = {"coder": "דנה", "units": 0, "transcripts": []}
    return Manifest("m1", "", entries, Input((1,), (2,), (3,), 0), 1.0, 1.0, 0.0, "tiny", data, {}, {}, {}, "קטן", 1)


@pytest.fixture(scope="module")
def held_out(double_coded: Project) -> OutOfFold:
    """What a good encoder and a poor linear model might have said of the first coder's units."""
    chance = np.random.default_rng(2)
    units, labels, fold = [], [], []
    for number, transcript in enumerate(double_coded.transcripts):
        here = segments(transcript)
        mine = [c for c in double_coded.codings if c.coder == "דנה" and c.transcript == transcript.name]
        for unit, codes in zip(here, map_codings(here, mine).codes, strict=True):
            units.append((transcript.name, unit.span.start, unit.span.end))
            given = with_ancestors(double_coded.codebook, codes)
            labels.append([code in given for code in CODES])
            fold.append(number // 2)
    truth = np.array(labels, dtype=np.float32)
    encoder = 4 * truth - 2 + chance.normal(0, 0.8, truth.shape)
    linear = truth - 0.5 + chance.normal(0, 0.9, truth.shape)
    return OutOfFold(tuple(units), CODES, np.array(fold, dtype=np.int64), truth, encoder, linear)


@pytest.fixture(scope="module")
def found(double_coded: Project, manifest: Manifest, held_out: OutOfFold) -> EvaluationReport:
    curve = learning_curve(gather(double_coded, "דנה"), CODES, linear_learner(CODES), 2, 1, lambda _: None)
    return report(double_coded, manifest, held_out, [CurveLine("linear", curve)], "2026-02-03", 17, VERSIONS)


def test_everyone_stands_against_each_person_on_the_same_units(found: EvaluationReport, held_out: OutOfFold) -> None:
    assert [(block.reference, block.beside) for block in found.blocks] == [("דנה", ""), ("אבי", "")]
    for block, other in zip(found.blocks, ("אבי", "דנה"), strict=True):
        assert [rival.who for rival in block.rivals] == ["model", "linear", "majority", other]
        assert block.units == len(held_out.units)
    model, linear, majority, person = found.blocks[0].rivals
    assert model.macro_f1 > linear.macro_f1 > majority.macro_f1  # type: ignore[operator]
    assert person.person
    assert person.micro_precision == 1.0  # the second coder left codings out and added none
    assert person.average_precision is None
    assert model.macro_f1_interval.low < model.macro_f1 < model.macro_f1_interval.high  # type: ignore[operator, union-attr]
    assert model.kappa.value > linear.kappa.value > majority.kappa.value  # type: ignore[operator]


def test_a_person_who_coded_part_of_it_stands_in_a_block_of_that_part(
    double_coded: Project, manifest: Manifest, held_out: OutOfFold
) -> None:
    part = tuple(c for c in double_coded.codings if c.coder != "אבי" or c.transcript < "t2")
    found = report(replace(double_coded, codings=part), manifest, held_out, [], "2026-02-03", 17, VERSIONS)
    assert [(block.reference, block.beside, block.transcripts) for block in found.blocks] == [
        ("דנה", "", 6),
        ("דנה", "אבי", 2),
        ("אבי", "", 2),
    ]
    assert [rival.who for rival in found.blocks[1].rivals] == ["model", "linear", "majority", "אבי"]


def test_coding_that_saw_a_suggestion_judges_nobody_and_adjudicated_coding_is_a_reference(
    double_coded: Project, manifest: Manifest, held_out: OutOfFold
) -> None:
    helped = tuple(replace(c, origin=Origin.ASSISTED) if c.coder == "אבי" else c for c in double_coded.codings)
    settled = tuple(
        replace(c, origin=Origin.ADJUDICATED) for c in double_coded.codings if c.coder == "אבי" and c.transcript == "t0"
    )
    found = report(
        replace(double_coded, codings=(*helped, *settled)), manifest, held_out, [], "2026-02-03", 17, VERSIONS
    )
    assert [(block.reference, block.adjudicated, block.transcripts) for block in found.blocks] == [
        ("דנה", False, 6),
        ("adjudicated", True, 1),
    ]
    assert "Only 1 transcripts are compared" in found.warnings[0]


def test_a_coder_who_went_on_coding_is_told(double_coded: Project, manifest: Manifest, held_out: OutOfFold) -> None:
    fewer = tuple(c for n, c in enumerate(double_coded.codings) if n)
    found = report(replace(double_coded, codings=fewer), manifest, held_out, [], "2026-02-03", 17, VERSIONS)
    assert any("דנה has coded since the model was trained" in warning for warning in found.warnings)


def test_calibration_beats_the_shares_and_counts_every_cell(found: EvaluationReport, held_out: OutOfFold) -> None:
    own = found.calibration
    assert own is not None
    assert own.brier < own.brier_of_shares
    assert sum(row.cells for row in own.bins) == held_out.labels.size
    assert 0 <= own.error < 0.2  # type: ignore[operator]


def test_the_curve_rises_with_the_transcripts(found: EvaluationReport) -> None:
    points = found.curves[0].points
    assert [point.transcripts for point in points] == [2, 5]
    assert {len(point.macro_f1) for point in points} == {2}
    assert np.mean(points[-1].average_precision) > 0.8  # type: ignore[arg-type]


def test_no_curve_is_drawn_from_three_transcripts(double_coded: Project) -> None:
    examples = gather(double_coded, "דנה")
    few = examples.subset(n for n, name in enumerate(examples.transcripts) if name < "t3")
    assert learning_curve(few, CODES, linear_learner(CODES), 2, 1, lambda _: None) == ()


@pytest.mark.parametrize("language", list(Language))
def test_the_page_is_one_file_in_either_direction(
    double_coded: Project, found: EvaluationReport, language: Language
) -> None:
    page = evaluation_page(found, double_coded.codebook, language)
    root = html.document_fromstring(page)
    assert root.get("dir") == language.direction
    assert not root.xpath("//script | //link | //img | //*[@src]")
    assert len(root.xpath("//svg")) == 2
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {str(target)[1:] for target in root.xpath("//nav//@href")} <= set(ids)


def test_text_json_and_csv_hold_the_same_figures(
    double_coded: Project, found: EvaluationReport, tmp_path: Path
) -> None:
    model = found.blocks[0].rivals[0]
    text = tables.evaluation_table(found, double_coded.codebook)
    assert f"{model.macro_f1:.2f} [{model.macro_f1_interval.low:.2f}" in text  # type: ignore[union-attr]
    assert max(map(len, text.splitlines())) <= 80
    content = json.loads(tables.as_json(found))
    assert content["blocks"][0]["rivals"][0]["macro_f1"] == model.macro_f1
    tables.write_csv(tmp_path / "e.csv", tables.evaluation_rows(found, double_coded.codebook))
    with (tmp_path / "e.csv").open(encoding="utf-8-sig", newline="") as file:
        head, *rows = list(csv.reader(file))
    assert {len(row) for row in rows} == {len(head)}
    first = dict(zip(head, rows[0], strict=True))
    assert (first["who"], first["name"], float(first["F1"])) == ("model", "macro", model.macro_f1)
