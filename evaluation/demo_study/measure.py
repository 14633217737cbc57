"""How hard the demonstration study is: counts, give-aways and agreement, printed and kept in ``measured.json``.

``python evaluation/demo_study/measure.py`` prints: (a) for each theme, the share of its segments that hold a content
word of the theme's name; (b) how far matching words of code names and definitions alone goes; (c) sequences of six
words that occur twice; (d) how well a linear model trained on half of the transcripts finds the domains in the other
half; and the agreement of the two coders.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import spacy
from sklearn.feature_extraction.text import TfidfVectorizer

from autocoder import steps
from autocoder.agree import Agreement, agreement, common
from autocoder.compare import codes_at, ratings_of
from autocoder.evaluate import evaluate
from autocoder.learn.baseline import found_linear, suggest_linear
from autocoder.learn.examples import gather
from autocoder.project import Codebook, Coder, Coding, Project
from autocoder.text import count_words, normalise, words

HERE = Path(__file__).resolve().parent
STUDY = HERE.parents[1] / "training_data" / "peer_support_demo"
sys.path.insert(0, str(STUDY))

import build  # noqa: E402 - the study's own scripts stand beside its text
import source as src  # noqa: E402

_PREFIXES = re.compile(r"^ו?(?:כש|ש)?[הלבכ]?(?=[א-ת]{3,}$)")
_SUFFIXES = re.compile(r"(?<=[א-ת]{3})(?:יות|ויות|יים|ים|ות|ית|ה|ת|י)$")
_STOP = frozenset(map(normalise, spacy.blank("he").Defaults.stop_words)) | {"פחות"}  # of "at least": no content


@dataclass(frozen=True)
class Passage:
    """What the first coder coded: the words and the codes on them."""

    transcript: str
    text: str
    codes: frozenset[str]


def stem(word: str) -> str:
    """Return a word without what are probably particles before it and endings after it."""
    return _SUFFIXES.sub("", _PREFIXES.sub("", word))


def stems(text: str) -> set[str]:
    """Return the stems of a text's content words."""
    bare = {_PREFIXES.sub("", word) for word in words(normalise(text))}
    return {stem(word) for word in bare if len(word) > 2 and not {word, word.removeprefix("ו")} & _STOP}


def study() -> tuple[Project, list[src.SourceTranscript], dict[str, list[Passage]]]:
    """Return the study as the built files give it, and each coder's passages."""
    codebook = steps.find_codebook("peer-support")
    sources = [src.read_source(name) for name in src.transcript_ids()]
    roles = build.roles_to_answer(sources)
    texts = {s.id: build.read_built(s, STUDY / "transcripts", roles) for s in sources}
    codings: list[Coding] = []
    passages: dict[str, list[Passage]] = defaultdict(list)
    for coder, name in (("first", build.FIRST), ("second", build.SECOND)):
        for s in build.coded_by(coder, sources):
            codings += build.codings_of(coder, name, s, texts[s.id])
            for coding in src.read_coding(coder, s):
                text = texts[s.id].quote(build.placed(s, texts[s.id], coding))
                passages[coder].append(Passage(s.id, text, frozenset(coding.codes)))
    coders = (Coder(build.FIRST), Coder(build.SECOND))
    return Project("demo", codebook, tuple(texts.values()), coders, tuple(codings)), sources, passages


def counts(project: Project, sources: Sequence[src.SourceTranscript], passages: Sequence[Passage]) -> dict[str, object]:
    """Count words, speakers and coded segments."""
    interviewers = {s.id: {sp.label for sp in s.speakers if sp.role == "interviewer"} for s in sources}
    total = sum(count_words(speech) for s in sources for _, speech in s.turns)
    participants = sum(count_words(speech) for s in sources for who, speech in s.turns if who not in interviewers[s.id])
    coded = sum(count_words(passage.text) for passage in passages)
    people = {sp.person for s in sources for sp in s.speakers if sp.role != "interviewer"}
    roles = Counter({sp.person: sp.role for s in sources for sp in s.speakers if sp.role != "interviewer"}.values())
    per_code = Counter(code for passage in passages for code in passage.codes)
    per_domain = Counter(
        domain for passage in passages for domain in {project.codebook.root(code).id for code in passage.codes}
    )
    return {
        "transcripts": len(sources),
        "interviews": sum(s.facts["kind"] == "interview" for s in sources),
        "words": total,
        "participants_words": participants,
        "speakers": len(people),
        "speakers_by_role": dict(sorted(roles.items())),
        "segments_first_coder": len(passages),
        "share_of_words_without_code": round(1 - coded / total, 3),
        "share_of_participants_words_without_code": round(1 - coded / participants, 3),
        "segments_by_domain": {domain: per_domain[domain] for domain in sorted(per_domain) if domain != "valence"},
        "segments_by_code": dict(sorted(per_code.items())),
        "segments_with_several_themes": sum(sum(c.startswith("PS.") for c in p.codes) > 1 for p in passages),
        "segments_of_a_domain_alone": sum(any(c.startswith("C09") for c in p.codes) for p in passages),
    }


def names_given_away(codebook: Codebook, passages: Sequence[Passage]) -> dict[str, float]:
    """(a) For each theme, the share of its segments that hold a content word of its name, by stem.

    Words in the names of four themes or more ("peer", "organisation", "staff") are the study's subject, not a theme's.
    """
    themes = [code for code in codebook if code.codable and code.id.startswith("PS.")]
    spread = Counter(stem_ for theme in themes for stem_ in stems(theme.name_he))
    shares = {}
    for theme in themes:
        own = {stem_ for stem_ in stems(theme.name_he) if spread[stem_] < 4}
        texts = [stems(passage.text) for passage in passages if theme.id in passage.codes]
        if texts:
            shares[theme.id] = round(sum(bool(own & text) for text in texts) / len(texts), 3)
    return shares


def matched_by_words(codebook: Codebook, passages: Sequence[Passage]) -> float | None:
    """(b) Domain macro-F1 of giving each segment the domain whose names and definitions share most words with it."""
    domains = [code for code in codebook.children(None) if code.codable]
    texts = [" ".join(_about(codebook, domain.id)) for domain in domains]
    vectors = TfidfVectorizer(analyzer=lambda text: sorted(stems(text)))
    likeness = vectors.fit_transform(texts) @ vectors.transform([passage.text for passage in passages]).T
    best = np.asarray(likeness.todense()).argmax(axis=0)
    guesses = [frozenset({domains[n].id}) for n in best]
    human = [frozenset(codebook.root(code).id for code in passage.codes) for passage in passages]
    return evaluate(guesses, human, [domain.id for domain in domains]).macro_f1


def _about(codebook: Codebook, domain: str) -> Iterable[str]:
    for code in codebook:
        if codebook.root(code.id).id == domain:
            yield from (code.name_he, code.definition_he)


def repeated_sequences(sources: Sequence[src.SourceTranscript]) -> list[str]:
    """(c) Six-word sequences that participants say twice anywhere in the study."""
    seen: Counter[tuple[str, ...]] = Counter()
    for s in sources:
        interviewers = {speaker.label for speaker in s.speakers if speaker.role == "interviewer"}
        for who, speech in s.turns:
            spoken = words(normalise(speech)) if who not in interviewers else []
            seen.update(set(zip(*(spoken[n:] for n in range(6)), strict=False)))
    return sorted(" ".join(sequence) for sequence, count in seen.items() if count > 1)


def linear_by_halves(project: Project, passages: Sequence[Passage]) -> dict[str, dict[str, float | None]]:
    """(d) Domain macro-F1 of a linear model trained on one half of the transcripts and asked about the other.

    Twice: on coded segments, as in (a) and (b), and on all units of coding, of which many carry no code.
    """
    names = sorted({passage.transcript for passage in passages})
    halves = [frozenset(names[half::2]) for half in (0, 1)]
    domains = [code.id for code in project.codebook.children(None) if code.codable]
    examples = gather(project, build.FIRST)
    found: dict[str, dict[str, float | None]] = {"segments": {}, "units": {}}
    for number, half in enumerate(halves, 1):
        found["segments"][f"half {number}"] = _domain_of_segments(project.codebook, passages, domains, half)
        known = [row for row, name in enumerate(examples.transcripts) if name in half]
        new = [row for row, name in enumerate(examples.transcripts) if name not in half]
        guesses = suggest_linear(examples.subset(known), examples.subset(new), domains, 3, steps.SEED)
        found["units"][f"half {number}"] = evaluate(guesses, examples.subset(new).codes, domains).macro_f1
    return found


def _domain_of_segments(
    codebook: Codebook, passages: Sequence[Passage], domains: Sequence[str], half: Set[str]
) -> float | None:
    human = [frozenset(codebook.root(code).id for code in passage.codes) for passage in passages]
    labels = np.array([[domain in codes for domain in domains] for codes in human], dtype=np.float32)
    texts = [normalise(passage.text) for passage in passages]
    known = [row for row, passage in enumerate(passages) if passage.transcript in half]
    new = [row for row, passage in enumerate(passages) if passage.transcript not in half]
    groups = [passages[row].transcript for row in known]
    over = found_linear(
        [texts[row] for row in known], labels[known], groups, [texts[row] for row in new], 3, steps.SEED
    )
    guesses = [frozenset(domain for domain, yes in zip(domains, row, strict=True) if yes) for row in over]
    return evaluate(guesses, [human[row] for row in new], domains).macro_f1


def two_coders(project: Project) -> dict[str, object]:
    """The coders' agreement on the units of the transcripts that both coded, as it is."""
    ratings = common(ratings_of(project, (build.FIRST, build.SECOND), {}), (build.FIRST, build.SECOND))
    domains = codes_at(project.codebook, 1)
    themes = [code.id for code in project.codebook if code.codable and code.id.startswith("PS.")]
    valence = ["barrier", "facilitator"]
    groups = {"domains": domains, "themes": themes, "valence": valence}
    found = {name: agreement(ratings, codes, steps.SEED) for name, codes in groups.items()}
    return {name: _summary(result) for name, result in found.items()}


def _summary(result: Agreement) -> dict[str, object]:
    figures = {"kappa_pooled": result.kappa, "alpha_masi": result.alpha_masi, "exact_sets": result.percent}
    rounded = {name: [_round(e.value), _round(e.low), _round(e.high)] for name, e in figures.items()}
    kappas = {row.code: _round(row.kappa.value) for row in result.by_code}
    return {"units": result.units, "transcripts": result.transcripts} | rounded | {"kappa_by_code": kappas}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def main() -> None:
    """Print all figures and keep them."""
    project, sources, passages = study()
    first = passages["first"]
    given = names_given_away(project.codebook, first)
    measured = {
        "counts": counts(project, sources, first),
        "a_share_of_segments_with_a_word_of_the_theme_name": {"highest": max(given.values()), "themes": given},
        "b_domain_macro_f1_of_word_matching": matched_by_words(project.codebook, first),
        "c_repeated_six_word_sequences": repeated_sequences(sources),
        "d_domain_macro_f1_of_linear_on_the_other_half": linear_by_halves(project, first),
        "two_coders": two_coders(project),
    }
    text = json.dumps(measured, ensure_ascii=False, indent=1)
    (HERE / "measured.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
