from __future__ import annotations

from dataclasses import replace

import pytest

from autocoder.learn.examples import NothingToLearn, gather, main_coder
from autocoder.learn.labels import learnable, matrix, priors
from autocoder.learn.split import folds
from autocoder.project import Coder, Coding, Origin, Project


def test_units_carry_codes_their_ancestors_and_the_question(study: Project) -> None:
    examples = gather(study)
    assert len(examples.texts) == 96
    assert set(examples.questions) == {"ומה אז?"}
    assert all("C09.3" in codes and "valence" in codes for codes in examples.codes if codes)
    assert frozenset() in examples.codes


def test_the_coder_with_most_codings_teaches_unless_another_is_named(study: Project) -> None:
    both = replace(study, coders=(Coder("אבי"), *study.coders), codings=(*study.codings[:3], *study.codings))
    assert main_coder(both) == "דנה"
    with pytest.raises(NothingToLearn, match="אבי has coded nothing"):
        gather(both, "אבי")


def test_a_models_suggestions_teach_nobody(study: Project) -> None:
    auto = replace(study, codings=tuple(replace(coding, origin=Origin.AUTO) for coding in study.codings))
    with pytest.raises(NothingToLearn):
        gather(auto)


def test_a_project_without_coding_says_what_to_do(study: Project) -> None:
    with pytest.raises(NothingToLearn, match=r"import a \.qdpx"):
        gather(replace(study, codings=()))


def test_codings_on_the_interviewer_are_counted_as_lost(study: Project) -> None:
    question = study.transcripts[0].turns[0].span
    more = replace(study, codings=(*study.codings, Coding("t0", question, "pay", "דנה")))
    assert gather(more).lost == 1


def test_the_fingerprint_names_the_data(study: Project) -> None:
    other = replace(study, codings=study.codings[:-1])
    assert gather(study).fingerprint == gather(study).fingerprint != gather(other).fingerprint


def test_examples_become_a_table_in_memory(study: Project) -> None:
    table = gather(study).dataset()
    assert table.column_names == ["text", "question", "transcript", "codes"]
    assert table.cache_files == []


def test_codes_with_too_few_examples_are_not_learned(study: Project) -> None:
    rare = Coding("t0", study.transcripts[0].turns[1].span, "facilitator", "דנה")
    examples = gather(replace(study, codings=(*study.codings, rare)))
    assert learnable(examples, study.codebook) == ("C09.3", "pay", "alone", "valence", "barrier")
    assert matrix(examples, ["facilitator"]).sum() == 1
    assert priors(examples, study.codebook)["facilitator"] == pytest.approx(1.5 / 97)


def test_folds_never_share_a_transcript_and_lose_no_row() -> None:
    names = [name for name, size in zip("abcdefg", (9, 8, 3, 3, 3, 2, 1), strict=True) for _ in range(size)]
    parts = folds(names, 3, seed=1)
    assert sorted(row for part in parts for row in part) == list(range(len(names)))
    sets = [{names[row] for row in part} for part in parts]
    assert not (sets[0] & sets[1] | sets[0] & sets[2] | sets[1] & sets[2])
    assert max(map(len, parts)) - min(map(len, parts)) <= 2
    assert len(folds(["a", "b"], 5, seed=1)) == 2
