from __future__ import annotations

from dataclasses import replace

import pytest

from autocoder.editions import compare
from autocoder.project import Code, Codebook, Coder, Coding, Held, Project, Span, Transcript

TEXT = "אחת שתיים שלוש. ארבע חמש שש. שבע שמונה תשע. ארבע חמש שש."
NAMES = ("ריאיון 1", "ריאיון 2")


def coding(words: str, coder: str = "דנה", code: str = "pay", name: str = NAMES[0], last: bool = False) -> Coding:
    start = TEXT.rindex(words) if last else TEXT.index(words)
    return Coding(name, Span(start, start + len(words)), code, coder)


def held(each: Coding, file: str = "study.qdpx", source: str = "nvivo מחקר") -> Held:
    return Held(file, source, each.transcript, each.span, each.code, each.coder, each.said)


@pytest.fixture
def before() -> tuple[Coding, ...]:
    return (coding("אחת שתיים"), coding("ארבע חמש שש"), coding("שבע", "יוסי"), coding("תשע", name=NAMES[1]))


@pytest.fixture
def study(before: tuple[Coding, ...]) -> Project:
    book = Codebook("ק", (Code("pay", "שכר"), Code("night", "לילה")))
    transcripts = tuple(Transcript(name, TEXT) for name in NAMES)
    return Project("p", book, transcripts, (Coder("דנה"), Coder("יוסי")), before)


def kinds(study: Project, after: tuple[Coding, ...], file: str = "study.qdpx", source: str = "nvivo מחקר") -> object:
    edition = compare(file, source, after, [held(each) for each in study.codings], study)
    return (
        [each.span for each in edition.new],
        [(each.before, each.after.span) for each in edition.moved],
        [each.span for each in edition.gone],
    )


def test_the_same_codings_are_no_change(study: Project, before: tuple[Coding, ...]) -> None:
    edition = compare("study.qdpx", "nvivo מחקר", before[::-1], [held(each) for each in before], study)
    assert not edition.changes
    assert (edition.fresh, edition.held) == ((), ())


def test_new_moved_and_gone_codings_are_told_apart(study: Project, before: tuple[Coding, ...]) -> None:
    longer = coding("אחת שתיים שלוש")
    added = coding("שמונה", code="night")
    after = (longer, before[1], added, before[3])
    assert kinds(study, (*after, coding("חמש", "יוסי"))) == (
        [added.span, coding("חמש").span],
        [(before[0].span, longer.span)],
        [before[2].span],
    )


def test_the_same_words_elsewhere_are_a_move(study: Project, before: tuple[Coding, ...]) -> None:
    there = coding("ארבע חמש שש", last=True)
    after = (before[0], there, before[2], before[3])
    assert kinds(study, after) == ([], [(before[1].span, there.span)], [])


def test_another_memo_is_told_and_no_other_change(study: Project, before: tuple[Coding, ...]) -> None:
    worded = replace(before[0], memo="חשוב")
    edition = compare("study.qdpx", "nvivo מחקר", (worded, *before[1:]), [held(each) for each in before], study)
    assert (edition.reworded, edition.new, edition.moved, edition.gone) == ((worded,), (), (), ())


def test_a_file_of_another_coder_under_the_same_name_is_no_later_export(study: Project) -> None:
    mine = (coding("שמונה", "אבי"),)
    assert kinds(study, mine) == ([], [], [])


def test_a_part_of_the_project_under_another_name_says_nothing_about_the_rest(
    study: Project, before: tuple[Coding, ...]
) -> None:
    part = (before[0], coding("שלוש"))
    assert kinds(study, part, file="part.qdpx") == ([coding("שלוש").span], [], [before[1].span])
    assert kinds(study, (coding("שמונה", name=NAMES[1]),), file="part.qdpx")[2] == [before[3].span]


def test_another_project_under_the_same_name_says_nothing_about_other_coders(
    study: Project, before: tuple[Coding, ...]
) -> None:
    assert kinds(study, (coding("שלוש"),), source="nvivo אחר")[2] == [before[0].span, before[1].span]
    assert kinds(study, (coding("שלוש", "אבי"),), source="nvivo אחר") == ([], [], [])


def test_what_a_person_took_out_here_is_neither_gone_nor_new(study: Project, before: tuple[Coding, ...]) -> None:
    less = replace(study, codings=before[1:])
    edition = compare("study.qdpx", "nvivo מחקר", before, [held(each) for each in before], less)
    assert not edition.changes
    assert edition.fresh == ()


def test_changes_are_counted_for_each_coder(study: Project, before: tuple[Coding, ...]) -> None:
    after = (coding("אחת שתיים שלוש"), coding("חמש", "יוסי"), coding("שמונה"))
    edition = compare("study.qdpx", "nvivo מחקר", after, [held(each) for each in before], study)
    assert edition.by_coder() == {
        "יוסי": {"new": 1, "moved": 0, "reworded": 0, "gone": 1},
        "דנה": {"new": 1, "moved": 1, "reworded": 0, "gone": 2},
    }


def test_a_table_of_some_documents_says_nothing_about_the_others(study: Project, before: tuple[Coding, ...]) -> None:
    rows = [held(each, "segments.xlsx", "") for each in before]
    edition = compare("segments.xlsx", "", before[1:2], rows, study)
    assert {each.key for each in edition.gone} == {before[0].key, before[2].key}
