"""Public data with published figures, measured again: ``python evaluation/benchmarks/measure.py [DATA] [--only NAME]``.

DATA is the folder of the tidy copies, by default ``../shared/benchmarks``. Every figure is printed beside the one that
is stated for it (``stated.json`` says where), and all are kept in ``measured.json``. "Linear" is the baseline of
``autocoder train``: TF-IDF of character 2-5-grams and word 1-2-grams, linear SVMs, nothing tuned; folds never share a
transcript, dialogue or message.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, StratifiedKFold
from sklearn.svm import LinearSVC

from autocoder.agree import cohen_kappa, krippendorff_alpha
from autocoder.classifier import Ngrams
from autocoder.evaluate import CodeScore, evaluate

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / ".." / "shared" / "benchmarks"
EMOTIONS = ("anger", "disgust", "expectation", "fear", "happy", "sadness", "surprise", "trust")
SUBSETS = ("main", "random_in_domain", "out_of_domain")
CLOSE = 0.003
"""What a stated figure may differ by: the copies had addresses and numbers masked after the figures were taken."""

Figures = dict[str, float | None]
Folds = Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]]


def main() -> None:
    """Measure the sets that are there, print each figure beside the stated one, and keep them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("data", nargs="?", type=Path, default=DATA)
    options.add_argument("--only", choices=sorted(SETS), help="one set alone; the others keep their figures")
    chosen = options.parse_args()
    kept_in = HERE / "measured.json"
    kept = json.loads(kept_in.read_text(encoding="utf-8")) if kept_in.is_file() else {}
    stated = json.loads((HERE / "stated.json").read_text(encoding="utf-8"))
    for name, measure in SETS.items():
        if chosen.only in (None, name):
            found = {key: None if value is None else round(value, 4) for key, value in measure(chosen.data).items()}
            kept[name] = found
            kept_in.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            print(beside(name, found, stated[name]), flush=True)


def beside(name: str, found: Mapping[str, float | None], stated: Mapping[str, Mapping[str, float]]) -> str:
    """Return a set's figures beside the stated ones; a star marks one that is farther off than masking explains."""
    lines = [f"\n{name}", f"  {'':46}{'ours':>8}{'stated':>8}  {'published model':>15}"]
    for key, value in found.items():
        theirs, published = stated["measured"].get(key), stated.get("published", {}).get(key)
        far = theirs is not None and value is not None and abs(round(value, 3) - theirs) > CLOSE
        cells = "".join(f"{'–' if each is None else f'{each:.3f}':>8}" for each in (value, theirs))
        lines.append(
            f"  {key:46}{cells}{'*' if far else ' '}{'' if published is None else f'{published:>15.3f}'}".rstrip()
        )
    return "\n".join(lines)


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return a table's rows; "n/a" and the like are labels."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def out_of_fold(texts: Sequence[str], labels: Sequence[str], folds: Folds) -> list[str]:
    """Return for each text the label that the linear machines, taught on the other folds, give it."""
    found = np.empty(len(texts), dtype=object)
    for known, new in folds:
        found[new] = predicted([texts[n] for n in known], [labels[n] for n in known], [texts[n] for n in new])
    return [str(label) for label in found]


def predicted(known: Sequence[str], labels: Sequence[str], new: Sequence[str]) -> NDArray[np.str_]:
    """Return the likeliest label of each new text."""
    features = Ngrams(2).fit(known)
    machine = LinearSVC(C=0.5, class_weight="balanced", random_state=0).fit(features(known), labels)
    answers: NDArray[np.str_] = machine.predict(features(new))
    return answers


def scored(given: Sequence[str], right: Sequence[str]) -> Figures:
    """Return accuracy, macro F1 and Cohen's kappa of single labels."""
    pairs = [[frozenset({label}) for label in labels] for labels in (given, right)]
    found = evaluate(pairs[0], pairs[1], sorted(set(right)))
    same = float(np.mean([a == b for a, b in zip(given, right, strict=True)]))
    return {"accuracy": same, "macro-F1": found.macro_f1, "kappa": cohen_kappa(list(given), list(right)).value}


def hebemo(data: Path) -> Figures:
    """Agreement of interchangeable raters, and positive F1 on the items on which raters agreed."""
    lines = (data / "hebemo" / "hebemo.jsonl").read_text(encoding="utf-8").splitlines()
    items = [json.loads(line) for line in lines]
    found: Figures = {}
    for subset in SUBSETS:
        ratings = [item["ratings"] for item in items if item["subset"] == subset]
        for emotion in EMOTIONS:
            units = [[None if r is None else int(r > 0) for r in each.get(emotion, ())] for each in ratings]
            found[f"alpha {emotion}, {subset}"] = krippendorff_alpha(by_rater(units)).value
        units = [[None if r is None else int(np.sign(r)) for r in each.get("sentiment", ())] for each in ratings]
        found[f"alpha sentiment, {subset}"] = krippendorff_alpha(by_rater(units)).value
    main_items = [item for item in items if item["subset"] == "main"]
    for emotion in (*EMOTIONS, "sentiment"):
        agreed = [item for item in main_items if item["agreed"].get(emotion) is not None]
        right = [str(int(item["agreed"][emotion] > 0)) for item in agreed]
        texts = [item["text"] for item in agreed]
        folds = StratifiedKFold(5, shuffle=True, random_state=0).split(texts, right)
        given = out_of_fold(texts, right, folds)
        found[f"constant F1 {emotion}"] = positive_f1(["1"] * len(right), right)
        found[f"linear F1 {emotion}"] = positive_f1(given, right)
        found[f"linear kappa {emotion}"] = cohen_kappa(given, right).value
    return found


def by_rater(units: Sequence[Sequence[int | None]]) -> list[list[int | None]]:
    """Return positions x units from units x positions; who sits at a position does not matter to alpha."""
    width = max(map(len, units))
    return [[unit[n] if n < len(unit) else None for unit in units] for n in range(width)]


def positive_f1(given: Sequence[str], right: Sequence[str]) -> float | None:
    """Return the F1 of the label "1"."""
    both = sum(a == b == "1" for a, b in zip(given, right, strict=True))
    return CodeScore("1", right.count("1"), given.count("1"), both).f1


def annomi(data: Path) -> Figures:
    """Therapist behaviour and client talk, five folds of whole transcripts."""
    rows = rows_of(data / "annomi_simple" / "utterances.csv")
    found: Figures = {}
    for column, title in (("main_therapist_behaviour", "therapist"), ("client_talk_type", "client")):
        coded = [row for row in rows if row[column] != "n/a"]
        texts, right = [row["utterance_text"] for row in coded], [row[column] for row in coded]
        folds = GroupKFold(5).split(texts, right, [int(row["transcript_id"]) for row in coded])
        found |= {f"{title} {key}": value for key, value in scored(out_of_fold(texts, right, folds), right).items()}
    return found


def casino(data: Path) -> Figures:
    """Ten strategies, several at once, five folds of whole dialogues."""
    rows = rows_of(data / "casino" / "casino_strategies.csv")
    texts = [row["text"] for row in rows]
    right = [frozenset(row["codes"].split("|")) for row in rows]
    codes = sorted(set().union(*right))
    given: list[set[str]] = [set() for _ in rows]
    for known, new in GroupKFold(5).split(texts, right, [int(row["dialogue_id"]) for row in rows]):
        features = Ngrams(2).fit([texts[n] for n in known])
        seen, unseen = features([texts[n] for n in known]), features([texts[n] for n in new])
        for code in codes:
            labels = [code in right[n] for n in known]
            machine = LinearSVC(C=0.5, class_weight="balanced", random_state=0).fit(seen, labels)
            for n, yes in zip(new, machine.predict(unseen), strict=True):
                if yes:
                    given[n].add(code)
    sets = [frozenset(each) for each in given]
    found = evaluate(sets, right, codes)
    exact = float(np.mean([a == b for a, b in zip(sets, right, strict=True)]))
    by_code = {f"F1 {score.code}": score.f1 for score in found.codes}
    return {"macro-F1": found.macro_f1, "micro-F1": found.micro.f1, "exact sets": exact} | by_code


def oncoco(data: Path) -> Figures:
    """Sixty-six codes in a tree, German, five folds that keep a message's versions together."""
    rows = [row for row in rows_of(data / "oncoco" / "oncoco_messages.csv") if row["lang"] == "DE"]
    texts, right = [row["text"] for row in rows], [row["code"] for row in rows]
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0).split(texts, right, [int(row["id"]) for row in rows])
    given = out_of_fold(texts, right, folds)
    top = [[code.split("-")[:3] for code in codes] for codes in (given, right)]
    three = float(np.mean([a == b for a, b in zip(*top, strict=True)]))
    figures = scored(given, right)
    return {"DE accuracy": figures["accuracy"], "DE macro-F1": figures["macro-F1"], "DE first three levels": three}


def hebrew_sentiment(data: Path) -> Figures:
    """Three classes of comments, the clean edition by tokens, taught on train, tested on test."""
    rows = [
        row
        for row in rows_of(data / "hebrew_sentiment" / "hebrew_sentiment_clean.csv")
        if (row["edition"], row["version"]) == ("clean", "token")
    ]
    known, new = ([row for row in rows if row["split"] == split] for split in ("train", "test"))
    given = predicted([r["text"] for r in known], [r["label"] for r in known], [r["text"] for r in new])
    return scored([str(label) for label in given], [row["label"] for row in new])


def hebrew_idioms(data: Path) -> Figures:
    """Whether an idiom is meant literally: macro F1 on idioms seen in training, and on unseen ones."""
    rows = rows_of(data / "hebrew_idioms" / "hebrew_idioms.csv")
    known = [row for row in rows if row["split"] == "train"]
    found: Figures = {}
    for kind, split in (("seen", "test_seen"), ("unseen", "test_unseen_idiom")):
        new = [row for row in rows if row["split"] == split]
        given = predicted([r["text"] for r in known], [r["label"] for r in known], [r["text"] for r in new])
        found[f"macro-F1 {kind}"] = scored([str(label) for label in given], [row["label"] for row in new])["macro-F1"]
    return found


SETS: dict[str, Callable[[Path], Figures]] = {
    "hebemo": hebemo,
    "annomi_simple": annomi,
    "casino": casino,
    "oncoco": oncoco,
    "hebrew_sentiment": hebrew_sentiment,
    "hebrew_idioms": hebrew_idioms,
}

if __name__ == "__main__":
    main()
