"""How good an encoder is: fine-tuned on public Hebrew data beside the linear baseline, and asked to find likes.

``python evaluation/encoders/measure.py models/he-small`` prints, for any number of encoder folders or hub names, mean
and spread of macro-F1 over seeds with 100, 400, 1,600 and all training examples, and a retrieval probe. Every figure
goes into ``evaluation/encoders/NAME.json`` as soon as it is there, beside those of other tasks and sizes, so that a
table can be made in pieces. ``--part dev`` is for choosing settings, which test parts never do, and ``--part dev+``
puts a fifth of the training texts beside the dev part, so that less is left to chance. ``--set hidden=0 kept=0`` tries
other settings of ``autocoder.learn.fit.Settings``.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from autocoder.classifier import FileTokenizer, Input, Ngrams, Window, batches, windows
from autocoder.learn.baseline import LinearBaseline
from autocoder.learn.fit import Settings, fit, predict
from autocoder.learn.network import load_encoder, save_tokenizer
from autocoder.text import normalise

HERE = Path(__file__).resolve().parent
BENCHMARKS = HERE.parents[2] / "shared" / "benchmarks"
EMOTIONS = ("anger", "disgust", "expectation", "fear", "happy", "sadness", "surprise", "trust")
SIZES = (100, 400, 1600, 0)  # 0 stands for all
NEIGHBOURS = 5

Labels = NDArray[np.float32]


@dataclass(frozen=True)
class Part:
    """Texts with (texts, labels) of 0 and 1."""

    texts: tuple[str, ...]
    labels: Labels

    def drawn(self, count: int, seed: int) -> Part:
        """Return ``count`` texts drawn at random, or all when ``count`` is 0 or too many."""
        if not count or count >= len(self.texts):
            return self
        rows = sorted(random.Random(seed).sample(range(len(self.texts)), count))
        return Part(tuple(self.texts[row] for row in rows), self.labels[rows])


@dataclass(frozen=True)
class Task:
    """A benchmark: what teaches, what settings are chosen on, what is reported; ``single`` has one label a text."""

    name: str
    single: bool
    parts: dict[str, Part]


def with_more_dev(task: Task) -> Task:
    """Move a fifth of the training texts over to the dev part."""
    train, dev = task.parts["train"], task.parts["dev"]
    order = random.Random(5).sample(range(len(train.texts)), len(train.texts))
    kept, moved = (sorted(rows) for rows in (order[: len(order) * 4 // 5], order[len(order) * 4 // 5 :]))
    known = Part(tuple(train.texts[row] for row in kept), train.labels[kept])
    texts = dev.texts + tuple(train.texts[row] for row in moved)
    return replace(task, parts={"train": known, "dev+": Part(texts, np.concatenate([dev.labels, train.labels[moved]]))})


def sentiment() -> Task:
    """Facebook comments, clean edition by tokens: positive, negative, off-topic."""
    with (BENCHMARKS / "hebrew_sentiment" / "hebrew_sentiment_clean.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["version"] == "token"]
    return Task("sentiment", True, _split((row["split"], row["text"], int(row["label"])) for row in rows))


def idioms() -> Task:
    """Sentences with an idiom, meant literally or figuratively; no idiom of the test part is in the training part."""
    names = {"train": "train", "validation": "dev", "test_unseen_idiom": "test"}
    with (BENCHMARKS / "hebrew_idioms" / "hebrew_idioms.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] in names]
    return Task("idioms, unseen", True, _split((names[row["split"]], row["text"], int(row["label"])) for row in rows))


def _split(rows: object) -> dict[str, Part]:
    found: dict[str, tuple[list[str], list[int]]] = {}
    for part, text, label in rows:  # type: ignore[attr-defined]
        texts, labels = found.setdefault(part, ([], []))
        texts.append(text)
        labels.append(label)
    width = 1 + max(max(labels) for _, labels in found.values())
    return {
        part: Part(tuple(texts), np.eye(width, dtype=np.float32)[labels]) for part, (texts, labels) in found.items()
    }


def hebemo() -> Task:
    """News comments, all items of all subsets; an emotion is there when more than half of its ratings say so.

    Comments on one article stay together: a fifth of the articles is the test part, a tenth the dev part.
    """
    found: dict[str, tuple[list[str], list[list[float]]]] = {}
    for line in (BENCHMARKS / "hebemo" / "hebemo.jsonl").read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        texts, labels = found.setdefault(_part_of(str(item["headline"])), ([], []))
        texts.append(item["text"])
        labels.append([_expressed(item["ratings"].get(emotion, [])) for emotion in EMOTIONS])
    parts = {part: Part(tuple(texts), np.array(labels, dtype=np.float32)) for part, (texts, labels) in found.items()}
    return Task("HebEMO", False, parts)


def _part_of(article: str) -> str:
    place = int(hashlib.sha256(article.encode("utf-8")).hexdigest(), 16) % 10
    return "test" if place < 2 else "dev" if place == 2 else "train"


def _expressed(ratings: Sequence[float | None]) -> float:
    given = [rating > 0 for rating in ratings if rating is not None]
    return float(2 * sum(given) > len(given))


TASKS: dict[str, Callable[[], Task]] = {"sentiment": sentiment, "hebemo": hebemo, "idioms": idioms}


def macro_f1(task: Task, values: NDArray[np.float64], labels: Labels) -> float:
    """Return F1 averaged over labels: of one label a text the likeliest counts, of several those over 0."""
    if task.single:
        return float(f1_score(labels.argmax(1), values.argmax(1), average="macro", zero_division=0))
    return float(f1_score(labels, values >= 0, average="macro", zero_division=0))


def linear(task: Task, known: Part, asked: Part) -> float:
    """Return macro-F1 of the n-gram baseline that stands beside every model."""
    texts = [normalise(text) for text in known.texts]
    machines = LinearBaseline().fit(texts, known.labels)
    return macro_f1(task, machines.decide([normalise(text) for text in asked.texts]), asked.labels)


def fine_tuned(task: Task, known: Part, asked: Part, settings: Settings, tokenizer: FileTokenizer, how: Input) -> float:
    """Return macro-F1 of the encoder, fine-tuned as ``autocoder train`` does it."""
    seen = windows(tokenizer, how, known.texts, [""] * len(known.texts))
    network = fit(seen, known.labels, how, settings, lambda _: None)
    new: list[Window] = windows(tokenizer, how, asked.texts, [""] * len(asked.texts))
    return macro_f1(task, predict(network, new, how, len(asked.texts)), asked.labels)


def likes_found(vectors: NDArray[np.float64], labels: Labels) -> float:
    """Return the share of a text's five nearest that carry its label, averaged within labels, then over them."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    likeness = unit @ unit.T
    np.fill_diagonal(likeness, -np.inf)
    nearest = np.argpartition(-likeness, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    shares = labels[nearest].mean(axis=1)
    return float(np.mean([shares[column > 0, n].mean() for n, column in enumerate(labels.T) if column.any()]))


@torch.no_grad()
def mean_vectors(name: str, texts: Sequence[str], tokenizer: FileTokenizer, how: Input) -> NDArray[np.float64]:
    """Return (texts, width): the mean over a text's pieces of what the encoder, as it came, makes of them."""
    encoder = load_encoder(name).eval()
    found = windows(tokenizer, how, texts, [""] * len(texts))
    sums, counts = np.zeros((len(texts), int(encoder.config.hidden_size))), np.zeros(len(texts))  # type: ignore[union-attr,arg-type]
    for batch in batches(found, 32):
        for window in (found[n] for n in batch):
            hidden = encoder(input_ids=torch.tensor([window.ids])).last_hidden_state[0, window.first : window.last]
            sums[window.text] += hidden.double().sum(0).numpy()
            counts[window.text] += window.last - window.first
    return np.asarray(sums / np.maximum(counts, 1)[:, None])


def ngram_vectors(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return the linear baseline's own features of the texts."""
    plain = [normalise(text) for text in texts]
    return np.asarray(Ngrams(2).fit(plain)(plain).todense())


def probe(asked: Part, name: str, tokenizer: FileTokenizer, how: Input) -> dict[str, float]:
    """Return how often texts find their like: by the encoder's mean vectors, by n-grams, by chance."""
    return {
        "encoder": likes_found(mean_vectors(name, asked.texts, tokenizer, how), asked.labels),
        "n-grams": likes_found(ngram_vectors(asked.texts), asked.labels),
        "chance": float(asked.labels.mean(axis=0).mean()),
    }


def seconds_to_train(settings: Settings, how: Input) -> float:
    """Return the seconds of five rounds over 2,500 units of 60 pieces, which bounds the size of an encoder."""
    chance = np.random.default_rng(settings.seed)
    first, last = len(how.start), 60 - len(how.end)
    texts = chance.integers(200, 600, (2500, last - first)).tolist()
    found = [Window(n, (*how.start, *text, *how.end), first, last) for n, text in enumerate(texts)]
    labels = (chance.random((2500, 30)) < 0.1).astype(np.float32)
    begun = time.monotonic()
    fit(found, labels, how, replace(settings, epochs=5), lambda _: None)
    return round(time.monotonic() - begun, 1)


def spread(values: Sequence[float]) -> dict[str, float | list[float]]:
    """Return the mean and the values."""
    return {"mean": float(np.mean(values)), "values": [round(value, 4) for value in values]}


def measure(name: str, options: argparse.Namespace) -> None:
    """Measure one encoder on every task, print as it goes and keep every figure at once."""
    settings = replace(Settings(name), **options.set)
    path = options.out / f"{Path(name).name}.json"
    described = asdict(settings) | {"encoder": Path(name).name, "seed": "0, 1, 2 ...", "bfloat16": options.bfloat16}
    keep(path, {"encoder": Path(name).name, "part": options.part, "settings": described})
    with tempfile.TemporaryDirectory() as folder:
        how = save_tokenizer(name, Path(folder))
        tokenizer = FileTokenizer(Path(folder) / "encoder" / "tokenizer.json")
        if options.time:
            seconds = seconds_to_train(settings, how)
            keep(path, {"seconds_to_train": {"seconds": seconds, "threads": torch.get_num_threads()}})
            print(f"2,500 units of 60 pieces, five rounds: {seconds} s, {torch.get_num_threads()} threads", flush=True)
        for key in options.tasks:
            task = with_more_dev(TASKS[key]()) if options.part == "dev+" else TASKS[key]()
            asked = task.parts[options.part]
            likes = probe(asked, name, tokenizer, how)
            keep(path, {task.name: {"likes found": likes}})
            print(f"{task.name}, {len(asked.texts)} {options.part} texts", _plain(likes), flush=True)
            for size in options.sizes:
                known = [task.parts["train"].drawn(size, seed) for seed in range(options.seeds)]
                begun = time.monotonic()
                # without its cache, in which the weights of the first step would stay
                with torch.autocast("cpu", torch.bfloat16, enabled=options.bfloat16, cache_enabled=False):
                    tuned = [
                        fine_tuned(task, part, asked, replace(settings, seed=seed), tokenizer, how)
                        for seed, part in enumerate(known)
                    ]
                seconds = round((time.monotonic() - begun) / len(known), 1)
                flat = [linear(task, part, asked) for part in (known if size else known[:1])]
                label = str(size or f"all {len(known[0].texts)}")
                row = {"encoder": spread(tuned), "linear": spread(flat), "seconds": seconds}
                keep(path, {task.name: {label: row}})
                print(f"  {label:>9}  encoder {_range(tuned)}  linear {_range(flat)}  {seconds} s", flush=True)


def keep(path: Path, figures: dict[str, object]) -> None:
    """Put figures into the file beside what it has; a task's figures are put among those that it has."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for key, value in figures.items():
        old = known.get(key)
        known[key] = {**old, **value} if isinstance(value, dict) and isinstance(old, dict) else value
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(known, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _range(values: Sequence[float]) -> str:
    return f"{np.mean(values):.3f} [{min(values):.3f}, {max(values):.3f}]"


def _plain(figures: object) -> str:
    return "likes found: " + ", ".join(f"{name} {value:.3f}" for name, value in figures.items())  # type: ignore[attr-defined]


def setting(text: str) -> tuple[str, float]:
    """Return the name and the value of a setting that is a number; raise ValueError for any other."""
    name, _, value = text.partition("=")
    kind = type(getattr(Settings(""), name, None))
    if kind not in (int, float):
        raise ValueError(text)
    return name, kind(value)


def main() -> None:
    """Measure the encoders that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("encoders", nargs="+", help="encoder folders or hub names")
    parser.add_argument("--tasks", nargs="*", choices=TASKS, default=list(TASKS))
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES), help="training examples; 0 is all")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--part", choices=("dev", "dev+", "test"), default="test")
    parser.add_argument("--set", nargs="*", type=setting, default=[], metavar="NAME=VALUE", help="other settings")
    parser.add_argument(
        "--bfloat16", action="store_true", help="matrix products in bfloat16, faster on some processors"
    )
    parser.add_argument("--time", action="store_true", help="also the seconds that a demonstration's training takes")
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    options.set = dict(options.set)
    for name in options.encoders:
        print(name, flush=True)
        measure(name, options)


if __name__ == "__main__":
    main()
