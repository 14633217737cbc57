from __future__ import annotations

from dataclasses import replace

import pytest

from autocoder.agree import NotComparable
from autocoder.compare import ALL_ORIGINS, Question, Unit, compare, ratings_of, renamed
from autocoder.project import Codebook, Coder, Coding, Origin, Project, Role, Span

SEEN = {"autocoder m1": frozenset({"t3", "t4", "t5"})}


def refusal(project: Project, question: Question, earlier: tuple[Codebook, ...] = ()) -> str:
    with pytest.raises(NotComparable) as caught:
        compare(project, question, SEEN, earlier)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_a_person_saw_what_she_coded_in_and_a_model_what_it_went_through(double_coded: Project) -> None:
    found = compare(double_coded, Question(), SEEN)
    assert found.people == ("דנה", "אבי")
    assert found.models == ("autocoder m1",)
    assert found.codes == ("C09.3", "pay", "alone", "barrier", "facilitator")
    seen = dict(zip(found.ratings.coders, found.ratings.sets, strict=True))
    assert all(codes is not None for codes in seen["דנה"])
    by_model = zip(found.ratings.groups, seen["autocoder m1"], strict=True)
    assert {name for name, codes in by_model if codes is not None} == {"t3", "t4", "t5"}
    assert {"pay", "C09.3"} <= set().union(*(codes for codes in seen["דנה"] if codes))


def test_codes_levels_and_transcripts_narrow_the_question(double_coded: Project) -> None:
    assert compare(double_coded, Question(codes=("תנאים ושכר", "Barrier")), SEEN).codes == ("pay", "barrier")
    assert compare(double_coded, Question(level=1), SEEN).codes == ("C09.3",)
    found = compare(double_coded, Question(transcripts=("t1", "t4")), SEEN)
    assert set(found.ratings.groups) == {"t1", "t4"}


def test_sentences_and_characters_are_units_too(double_coded: Project) -> None:
    segments, sentences, characters = (compare(double_coded, Question(unit=unit), SEEN) for unit in Unit)
    assert len(segments.spans) <= len(sentences.spans) < len(characters.spans)
    speech = [t for transcript in double_coded.transcripts for t in transcript.turns if t.role is Role.PARTICIPANT]
    assert len(characters.spans) == characters.units_in_project == sum(len(turn.span) for turn in speech)
    row = characters.ratings.sets[0]
    for coding in double_coded.codings[:5]:
        places = [
            n
            for n, (name, span) in enumerate(zip(characters.ratings.groups, characters.spans, strict=True))
            if name == coding.transcript and coding.span.start <= span.start < coding.span.end
        ]
        assert places
        assert all(coding.code in (row[n] or ()) for n in places)


def test_characters_carry_overlapping_codings_and_lose_them_at_their_ends(project: Project) -> None:
    name, last = project.transcripts[0].name, project.transcripts[0].turns[3].span
    here = (
        Coding(name, Span(last.start, last.start + 6), "pay", "דנה"),
        Coding(name, Span(last.start + 4, last.start + 9), "pay", "דנה"),
        Coding(name, Span(last.start, last.start + 2), "alone", "יוסי"),
    )
    found = compare(replace(project, codings=here), Question(unit=Unit.CHARACTER), {})
    carried = {
        span.start - last.start: codes for span, codes in zip(found.spans, found.ratings.sets[0], strict=True) if codes
    }
    assert sorted(carried) == list(range(9))
    assert set(carried.values()) == {frozenset({"pay", "C09.3"})}


def test_what_a_person_saw_suggested_does_not_judge_unless_it_is_asked_for(double_coded: Project) -> None:
    codings = tuple(
        replace(c, origin=Origin.ASSISTED) if c.coder == "אבי" and c.transcript > "t1" else c
        for c in double_coded.codings
    )
    helped = replace(double_coded, codings=codings)
    assert set(compare(helped, Question(coders=("דנה", "אבי")), SEEN).ratings.groups) == {"t0", "t1"}
    found = compare(helped, Question(coders=("דנה", "אבי")), SEEN)
    assert found.left_out == {Origin.ASSISTED: sum(c.origin is Origin.ASSISTED for c in codings)}
    assert len(set(compare(helped, Question(origins=ALL_ORIGINS), SEEN).ratings.groups)) == 6


def test_coders_without_common_segments_are_refused(double_coded: Project) -> None:
    apart = tuple(c for c in double_coded.codings if (c.coder == "דנה") == (c.transcript < "t3"))
    sentence = refusal(replace(double_coded, codings=apart), Question(coders=("דנה", "אבי")))
    assert sentence == "these coders have no unit in common; let them code the same transcripts."


def test_unknown_names_are_refused_with_the_nearest(double_coded: Project) -> None:
    assert "nobody called רות coded here; the coders are דנה, אבי, autocoder m1" in refusal(
        double_coded, Question(coders=("דנה", "רות"))
    )
    assert "there is no code bariers (is it barrier?)" in refusal(double_coded, Question(codes=("bariers",)))
    assert "there is no transcript t7" in refusal(double_coded, Question(transcripts=("t7",)))
    assert "has no level 3; its levels are 1 to 2" in refusal(double_coded, Question(level=3))
    assert "fewer than two coders" in refusal(double_coded, Question(coders=("דנה",)))
    assert "leave --level or --codes out" in refusal(double_coded, Question(codes=("pay",), level=1))


def test_two_codes_of_an_exclusive_tree_on_one_stretch_are_refused(double_coded: Project) -> None:
    coding = next(c for c in double_coded.codings if c.code == "barrier" and c.coder == "אבי")
    both = replace(double_coded, codings=(*double_coded.codings, replace(coding, code="facilitator")))
    sentence = refusal(both, Question())
    assert sentence.startswith("אבי put both ")
    assert f"{coding.span.start} to {coding.span.end} of {coding.transcript}" in sentence
    assert compare(both, Question(codes=("pay",)), SEEN).codes == ("pay",)


def test_a_name_that_two_codes_share_asks_for_an_id(double_coded: Project) -> None:
    book = double_coded.codebook
    codes = tuple(replace(code, name_he="שכר") if code.id in ("pay", "alone") else code for code in book)
    twice = replace(double_coded, codebook=replace(book, codes=codes))
    assert "שכר is the name of pay and of alone" in refusal(twice, Question(codes=("שכר",)))


def test_codes_renamed_between_versions_are_named_by_what_they_are_now(double_coded: Project) -> None:
    first = double_coded.codebook
    codes = tuple(replace(code, name_he="שכר וכסף", name_en="Wages") if code.id == "pay" else code for code in first)
    now = replace(double_coded, codebook=Codebook(first.name, codes, first.exclusive, 2))
    assert "the code Pay of version 1 is called שכר וכסף since a later version; use this name or its id pay" in refusal(
        now, Question(codes=("Pay",)), (first, now.codebook)
    )
    assert list(renamed(now.codebook, (first, now.codebook), ("pay", "alone"))) == [
        "pay was called תנאים ושכר in version 1 and is called שכר וכסף now."
    ]
    gone = replace(now, codebook=Codebook(first.name, tuple(c for c in codes if c.id != "pay"), first.exclusive, 2))
    sentence = refusal(gone, Question(), (first, gone.codebook))
    assert "coded pay in" in sentence
    assert "under version 1 of the codebook, and version 2 has no such code" in sentence
    assert "of version 1 is not in version 2" in refusal(
        replace(gone, codings=tuple(c for c in gone.codings if c.code != "pay")),
        Question(codes=("pay",)),
        (first, gone.codebook),
    )


def test_ratings_hold_every_unit_that_anybody_coded(project: Project) -> None:
    ratings = ratings_of(replace(project, coders=(*project.coders, Coder("רות"))), ("דנה", "רות"), {})
    assert len(ratings.groups) == compare(project, Question(), {}).units_in_project
    assert set(ratings.sets[1]) == {None}
    assert "pay" in {code for codes in ratings.sets[0] if codes for code in codes}
