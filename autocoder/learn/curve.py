"""How much a model would gain from more coded transcripts: scores on held-out ones by the number it learned from."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autocoder.evaluate import average_precision, evaluate, mean
from autocoder.learn.baseline import LinearBaseline
from autocoder.learn.examples import Examples
from autocoder.learn.labels import matrix

Scores = NDArray[np.float64]
Learner = Callable[[Examples, Examples], Scores]
"""Known units and new ones -> values of the new ones, (units, codes); over 0 a code is suggested."""
Report = Callable[[float], None]

SIZES = (2, 5, 10, 20, 40, 80, 160)
HELD_OUT = 0.2  # of the transcripts, in each draw
FEWEST = 4  # transcripts, below which there is no curve


@dataclass(frozen=True)
class CurvePoint:
    """Scores on held-out transcripts after learning from ``transcripts``: one value per draw, None where undefined."""

    transcripts: int
    macro_f1: tuple[float | None, ...]
    average_precision: tuple[float | None, ...]


def learning_curve(
    examples: Examples, codes: Sequence[str], learn: Learner, draws: int, seed: int, report: Report
) -> tuple[CurvePoint, ...]:
    """Return the curve; in a draw a fifth of the transcripts is held out, and larger sizes hold the smaller ones.

    No curve is drawn from fewer than four transcripts.
    """
    names = sorted(set(examples.transcripts))
    if len(names) < FEWEST:
        return ()
    held = max(1, round(HELD_OUT * len(names)))
    most = len(names) - held
    sizes = [*(size for size in SIZES if size < most), most]
    found: dict[int, list[tuple[float | None, float | None]]] = {size: [] for size in sizes}
    for draw in range(draws):
        order = random.Random(f"{seed} {draw}").sample(names, len(names))
        new = examples.subset(_rows(examples, order[:held]))
        for step, size in enumerate(sizes):
            known = examples.subset(_rows(examples, order[held : held + size]))
            found[size].append(_scored(new, learn(known, new), codes))
            report((draw * len(sizes) + step + 1) / (draws * len(sizes)))
    return tuple(
        CurvePoint(size, tuple(f1 for f1, _ in values), tuple(area for _, area in values))
        for size, values in found.items()
    )


def _rows(examples: Examples, names: Sequence[str]) -> list[int]:
    wanted = set(names)
    return [row for row, name in enumerate(examples.transcripts) if name in wanted]


def _scored(new: Examples, values: Scores, codes: Sequence[str]) -> tuple[float | None, float | None]:
    sets = [frozenset(c for c, yes in zip(codes, row, strict=True) if yes) for row in values > 0]
    labels = matrix(new, codes)
    areas = [average_precision(values[:, n], labels[:, n]) for n in range(len(codes))]
    return evaluate(sets, new.codes, codes).macro_f1, mean(areas)


def linear_learner(codes: Sequence[str]) -> Learner:
    """Return the linear baseline; it suggests on the positive side of its planes."""
    return lambda known, new: LinearBaseline().fit(known.texts, matrix(known, codes)).decide(new.texts)


def encoder_learner(codes: Sequence[str], encoder: str, seed: int) -> Learner:
    """Return the fine-tuned encoder alone, trained as ``autocoder train`` trains it; slow."""
    from autocoder.classifier import TOKENIZER, FileTokenizer, windows
    from autocoder.learn.fit import Settings, fit, predict
    from autocoder.learn.network import save_tokenizer

    def learn(known: Examples, new: Examples) -> Scores:
        with tempfile.TemporaryDirectory() as folder:
            how = save_tokenizer(encoder, Path(folder))
            tokenizer = FileTokenizer(Path(folder) / TOKENIZER)
        seen = windows(tokenizer, how, known.texts, known.questions)
        network = fit(seen, matrix(known, codes), how, Settings(encoder, seed=seed), lambda _: None)
        asked = windows(tokenizer, how, new.texts, new.questions)
        return predict(network, asked, how, len(new.texts))

    return learn
