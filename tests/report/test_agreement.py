"""The report on agreement: what it gathers, its page, its tables. ``REFRESH=1 pytest`` writes the golden files anew."""

from __future__ import annotations

import csv
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from lxml import etree, html

from autocoder.agree import intervals, present, ratings
from autocoder.compare import Question, Unit, compare
from autocoder.project import Code, Codebook, Coder, Origin, Project
from autocoder.report import tables
from autocoder.report.agreement import AgreementReport, report
from autocoder.report.methods import methods_paragraph
from autocoder.report.page import agreement_page, number, percent
from autocoder.report.words import _WORDS, Language, in_language, words
from autocoder.store import Margin

GOLDEN = Path(__file__).parent / "golden"
SEEN = {"autocoder m1": frozenset({"t3", "t4", "t5"})}
VERSIONS = (("autocoder", "9.9"), ("numpy", "2"))
EVIL = "<script>alert('x')</script> & $a_b$ \"א\""


def made(project: Project, question: Question | None = None, margin: Margin | None = None) -> AgreementReport:
    compared = compare(project, question or Question(), SEEN)
    return report(compared, "2026-02-03T04:05:06+00:00", 17, VERSIONS, margin)


@pytest.fixture(scope="module")
def found(double_coded: Project) -> AgreementReport:
    return made(double_coded, margin=Margin(0.05, "2026-01-01T00:00:00"))


def golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("REFRESH"):
        path.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == path.read_text(encoding="utf-8")


def test_human_human_and_human_machine_stand_beside_each_other_on_the_same_units(found: AgreementReport) -> None:
    people, same, *with_model = found.columns
    assert (people.people_only, people.beside) == (True, False)
    assert (same.people_only, same.beside) == (True, True)
    assert [column.found.coders for column in with_model] == [("autocoder m1", "דנה"), ("autocoder m1", "אבי")]
    assert {column.found.units for column in (same, *with_model)} == {same.found.units}
    assert people.found.transcripts == 6
    assert same.found.transcripts == 3
    assert people.found.alpha_masi.value > with_model[0].found.alpha_masi.value  # type: ignore[operator]


def test_codes_stand_by_prevalence_and_weak_figures_are_flagged(found: AgreementReport) -> None:
    shares = [row.prevalence for row in found.codes]
    assert shares == sorted(shares, reverse=True)  # type: ignore[type-var]
    assert {flag for row in found.codes for flag in row.flags} <= {"rare", "wide"}


def test_fewer_than_five_transcripts_come_with_a_warning(found: AgreementReport) -> None:
    assert found.warnings == (
        "Only 3 transcripts are compared: the intervals are rough; five or more are needed to rely on them.",
    )


def test_the_model_took_what_it_was_made_to_take_for_what_it_was(found: AgreementReport) -> None:
    assert [(c.given, c.instead) for c in found.confusions_of_models][:1] in (
        [("barrier", "facilitator")],
        [("pay", "alone")],
    )
    assert {(c.given, c.instead) for c in found.confusions_of_people} <= {("alone", "pay"), ("barrier", "facilitator")}


def test_disagreements_quote_the_text_and_say_how_many_are_left_out(
    double_coded: Project, found: AgreementReport
) -> None:
    compared = compare(double_coded, Question(), SEEN)
    short = report(compared, "2026-02-03", 17, VERSIONS, shown=2)
    assert len(short.disagreements) == 2
    assert short.left_out == len(found.disagreements) + found.left_out - 2 > 0
    for each in found.disagreements:
        assert double_coded.transcript(each.transcript).quote(each.span) == each.quote
        assert len({codes for _, codes in each.codes if codes is not None}) > 1
    between_people = [dict(each.codes)["דנה"] != dict(each.codes)["אבי"] for each in found.disagreements]
    assert between_people == sorted(between_people, reverse=True)


def test_adjudicated_codes_stand_beside_the_disagreement(double_coded: Project, found: AgreementReport) -> None:
    worst = found.disagreements[0]
    example = next(c for c in double_coded.codings if c.transcript == worst.transcript)
    settled = replace(example, span=worst.span, code="alone", coder="דנה", origin=Origin.ADJUDICATED)
    again = made(replace(double_coded, codings=(*double_coded.codings, settled)))
    assert next(each for each in again.disagreements if each.span == worst.span).adjudicated == ("alone",)


def test_levels_are_compared_where_the_codes_have_several(double_coded: Project, found: AgreementReport) -> None:
    assert [(row.level, row.codes) for row in found.levels] == [(1, 1), (2, 4)]
    assert made(double_coded, Question(level=1)).levels == ()


def test_the_text_table_is_short_and_fits_the_terminal(double_coded: Project, found: AgreementReport) -> None:
    text = tables.text_table(found, double_coded.codebook)
    golden("agreement.txt", text)
    for width in (60, 80, 120):
        lines = tables.text_table(found, double_coded.codebook, width).splitlines()
        assert max(map(len, lines[lines.index("") :])) <= max(width, 79)


def test_the_methods_paragraphs_are_filled_from_the_data(found: AgreementReport) -> None:
    golden("methods-en.txt", methods_paragraph(found, Language.ENGLISH))
    golden("methods-he.txt", methods_paragraph(found, Language.HEBREW))
    late = replace(found, margin=Margin(0.1, "2026-02-01T00:00:00", "2026-01-15T00:00:00"))
    assert "chosen on 2026-02-01, after looking" in methods_paragraph(late, Language.ENGLISH)
    assert "אחרי התבוננות" in methods_paragraph(late, Language.HEBREW)


def test_the_page_and_the_paragraph_say_that_a_code_counts_for_those_above_it(double_coded: Project) -> None:
    book = double_coded.codebook
    said = {Language.ENGLISH: "counted for the codes above it", Language.HEBREW: "נספר גם לקודים שמעליו"}
    with_roots, leaves = made(double_coded), made(double_coded, Question(level=2))
    assert (with_roots.design.codes_above, leaves.design.codes_above) == (True, False)
    for language, words_of_it in said.items():
        assert words_of_it in methods_paragraph(with_roots, language)
        assert words_of_it not in methods_paragraph(leaves, language)
        assert words(language)["codes_above"] in agreement_page(with_roots, book, language)
        assert words(language)["codes_above"] not in agreement_page(leaves, book, language)


def test_a_code_without_an_alpha_is_counted_beside_the_range(double_coded: Project, found: AgreementReport) -> None:
    undefined = sum(row.alpha.value is None for row in found.columns[0].found.by_code)
    assert undefined == 1
    assert "codes, undefined for 1)" in methods_paragraph(found, Language.ENGLISH)
    assert "undefined for" not in methods_paragraph(made(double_coded, Question(level=1)), Language.ENGLISH)


def test_at_a_level_the_stretches_of_a_code_are_those_of_the_codes_below_it(double_coded: Project) -> None:
    root = next(code for code in double_coded.codebook.children(None) if double_coded.codebook.children(code.id))
    of_root = replace(
        double_coded,
        codings=tuple(
            replace(coding, code=root.id if double_coded.codebook.root(coding.code) == root else coding.code)
            for coding in double_coded.codings
        ),
    )
    assert made(double_coded, Question(level=1)).spans == made(of_root, Question(level=1)).spans
    assert any(row.codes_of == root.id for row in made(double_coded, Question(level=1)).spans)


def parsed(page: str) -> html.HtmlElement:
    """Parse a page strictly: as HTML, and every figure in it as XML."""
    root = html.document_fromstring(page)
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        etree.fromstring(svg)
    return root


@pytest.mark.parametrize("language", list(Language))
def test_the_page_is_one_well_formed_file_that_fetches_nothing(
    double_coded: Project, found: AgreementReport, language: Language
) -> None:
    page = agreement_page(found, double_coded.codebook, language)
    root = parsed(page)
    assert root.get("dir") == {"he": "rtl", "en": "ltr"}[language]
    assert root.get("lang") == language
    assert not root.xpath("//script | //link | //img | //iframe | //object | //*[@src]")
    assert all(str(href).startswith("#") for href in root.xpath("//@href"))
    assert not re.search(r"url\((?!#)|@import|https?://(?!www\.w3\.org)", page)
    identities = root.xpath("//@id")
    assert len(identities) == len(set(identities))
    assert {str(target)[1:] for target in root.xpath("//nav//@href")} <= set(identities)
    opened = re.findall(r"<(table|section|figure|div|p|dl|ul|bdi|tr)\b", page)
    closed = re.findall(r"</(table|section|figure|div|p|dl|ul|bdi|tr)>", page)
    assert sorted(opened) == sorted(closed)
    assert len(root.xpath("//svg")) >= 3 + 6


def test_every_section_of_the_report_is_there_in_order(double_coded: Project, found: AgreementReport) -> None:
    root = parsed(agreement_page(found, double_coded.codebook, Language.ENGLISH))
    assert [section.get("id") for section in root.xpath("//section")] == [
        *("design", "overall", "by_code", "forest", "heat", "confusions", "prevalence_figure", "levels", "spans"),
        *("disagreements", "machine", "methods", "definitions"),
    ]
    text = root.text_content()
    assert "The margin of 0.05 was fixed on 2026-01-01" in text
    assert "Krippendorff and Craggs 2016" in text
    assert "autocoder 9.9" in text


def test_figures_of_the_page_are_those_of_the_report(double_coded: Project, found: AgreementReport) -> None:
    root = parsed(agreement_page(found, double_coded.codebook, Language.HEBREW))
    rows = root.xpath("//section[@id='overall']//tbody/tr")
    shown = [cell.text_content() for cell in rows[2].xpath("td")]
    for cell, column in zip(shown, found.columns, strict=True):
        estimate = column.found.alpha_masi
        assert cell == f"{number(estimate.value)} [{number(estimate.low)}, {number(estimate.high)}]"


def evil(project: Project) -> Project:
    """The study with names that are markup: of codes, coders, transcripts, and of what is said."""
    codes = tuple(replace(code, name_he=f"{EVIL} {code.id}", name_en="") for code in project.codebook)
    book = Codebook(EVIL, codes, project.codebook.exclusive)
    rename = {coder.name: f"{EVIL} {n}" for n, coder in enumerate(project.coders) if coder.name != "autocoder m1"}
    said = {t.name: t.text.replace("השכר נמוך", "<b>x</b> נמו") for t in project.transcripts}
    return replace(
        project,
        name=EVIL,
        codebook=book,
        transcripts=tuple(replace(t, text=said[t.name]) for t in project.transcripts),
        coders=tuple(replace(coder, name=rename.get(coder.name, coder.name)) for coder in project.coders),
        codings=tuple(replace(c, coder=rename.get(c.coder, c.coder)) for c in project.codings),
    )


@pytest.mark.parametrize("language", list(Language))
def test_what_people_typed_is_text_and_never_markup(double_coded: Project, language: Language) -> None:
    bad = evil(double_coded)
    page = agreement_page(made(bad), bad.codebook, language)
    root = parsed(page)
    assert "<script" not in page
    assert not root.xpath("//b[text()='x']")
    assert EVIL in root.text_content()


def test_a_quotation_that_looks_like_a_formula_stays_text_in_tables(double_coded: Project, tmp_path: Path) -> None:
    codes = (*double_coded.codebook.codes, Code("=1+1", "=HYPERLINK(1)"))
    renamed = {"alone": "=1+1"}
    bad = replace(
        double_coded,
        codebook=Codebook("קטן", codes, double_coded.codebook.exclusive),
        codings=tuple(replace(c, code=renamed.get(c.code, c.code)) for c in double_coded.codings),
    )
    found = made(bad)
    tables.write_csv(tmp_path / "a.csv", tables.tidy_rows(found, bad.codebook))
    tables.write_xlsx(tmp_path / "a.xlsx", tables.agreement_sheets(found, bad.codebook), True)
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert {len(row) for row in rows} == {13}
    assert "'=1+1" in {row[2] for row in rows}
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["figures", "codes", "pairs", "confusions", "disagreements", "design"]
    assert all(sheet.sheet_view.rightToLeft for sheet in book)
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert "=1+1" in {row[0].value for row in book["codes"].iter_rows()}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.xlsx"]


def test_json_holds_every_figure_and_null_for_an_undefined_one(found: AgreementReport) -> None:
    content = json.loads(tables.as_json(found))
    assert content["columns"][0]["found"]["alpha_masi"]["value"] == found.columns[0].found.alpha_masi.value
    assert content["margin"] == {"value": 0.05, "at": "2026-01-01T00:00:00", "looked": ""}
    lone = replace(found, columns=(replace(found.columns[0], found=replace(found.columns[0].found, missing=None)),))
    assert json.loads(tables.as_json(lone))["columns"][0]["found"]["missing"] is None
    with pytest.raises(ValueError, match="Out of range"):
        tables.as_json(replace(found, seed=float("nan")))


def test_people_alone_or_one_person_and_a_model_make_a_report_too(double_coded: Project) -> None:
    people = made(double_coded, Question(coders=("דנה", "אבי")))
    assert [column.people_only for column in people.columns] == [True]
    assert people.warnings == ()
    page = parsed(agreement_page(people, double_coded.codebook, Language.HEBREW))
    assert not page.xpath("//section[@id='machine' or @id='heat']")
    pair = made(double_coded, Question(coders=("דנה", "autocoder m1")))
    assert [column.people_only for column in pair.columns] == [False]
    assert parsed(agreement_page(pair, double_coded.codebook, Language.ENGLISH)) is not None


def test_three_people_stand_in_one_column(double_coded: Project) -> None:
    third = tuple(replace(c, coder="רות") for c in double_coded.codings if c.coder == "אבי" and c.transcript > "t0")
    three = replace(double_coded, coders=(*double_coded.coders, Coder("רות")), codings=(*double_coded.codings, *third))
    found = made(three, Question(coders=("דנה", "אבי", "רות")))
    assert found.columns[0].found.coders == ("דנה", "אבי", "רות")
    assert len(found.pairs) == 3
    assert found.columns[0].found.missing > 0  # type: ignore[operator]


def test_characters_can_be_compared_and_list_no_letters_as_disagreements(double_coded: Project) -> None:
    found = made(double_coded, Question(coders=("דנה", "אבי"), unit=Unit.CHARACTER))
    assert found.disagreements == ()
    assert found.design.units > 1000
    assert "תווים בודדים" in agreement_page(found, double_coded.codebook, Language.HEBREW)


def test_no_word_is_missing_in_either_language() -> None:
    for key, (english, hebrew) in _WORDS.items():
        assert english, key
        assert hebrew, key
        places = [sorted(re.findall(r"{(\w+)}", text)) for text in (english, hebrew)]
        assert places[0] == places[1], key


@pytest.mark.parametrize(
    "sentence",
    [
        intervals.delta_method(0.95, 6, "transcripts"),
        intervals.delta_method(0.9, 6, "transcripts"),
        intervals.bootstrap_method(0.9, 40, 17, 2000, "transcripts"),
        intervals.few(3),
        intervals.ONE_CLUSTER,
        intervals.NO_VARIATION,
        ratings.ONE_CATEGORY,
        ratings.NO_PAIR,
        present.NOT_USED,
        "Only 3 transcripts are compared: the intervals are rough; five or more are needed to rely on them.",
        "No unit was seen by all coders: figures of different pairs stand on different units.",
        "pay was called תנאים ושכר in version 1 and is called שכר now.",
    ],
)
def test_what_the_measures_say_is_said_in_hebrew_too(sentence: str) -> None:
    assert in_language(sentence, Language.ENGLISH) == sentence
    assert in_language(sentence, Language.HEBREW) != sentence
    assert re.search("[א-ת]", in_language(sentence, Language.HEBREW))


def test_a_minus_is_a_minus_and_no_zero_is_negative() -> None:
    assert number(-0.123) == "\u22120.12"
    assert number(-0.001) == "0.00"
    assert number(None) == percent(None) == "–"
    assert [percent(share) for share in (0.0, 0.012, 0.345)] == ["0%", "1.2%", "34%"]
