"""The settings of one pre-training run, read from settings.toml."""

from __future__ import annotations

import argparse
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path

PIECES_PER_ROW = 252  # one row is one sequence of 254 with its two marks, or two sequences of 128


@dataclass(frozen=True)
class Settings:
    """The numbers of a preset; ``weights`` says how often a shard's text is seen in one pass."""

    preset: str
    weights: dict[str, float]
    pieces: int
    width: int
    layers: int
    heads: int
    inner: int
    rows_per_step: int
    steps: int
    minutes: float
    peak_rate: float
    masked: float
    compiled: bool
    sentence_rows: int
    sentence_steps: int
    sentence_minutes: float
    sentence_rate: float
    seed: int
    lines_per_shard: int


@dataclass(frozen=True)
class Run:
    """A stage's arguments: the settings, the corpus, the folder for what stages hand on, the folder for the model.

    ``piece_minutes`` ends the pre-training after so many, to be gone on with by the same command.
    """

    settings: Settings
    corpus: Path
    benchmarks: Path
    work: Path
    out: Path
    piece_minutes: float = math.inf


def load(preset: str) -> Settings:
    """Return the settings of ``preset``; raise KeyError when settings.toml has no such table."""
    tables = tomllib.loads(Path(__file__).with_name("settings.toml").read_text(encoding="utf-8"))
    return Settings(preset=preset, weights=tables["weights"], **tables[preset])


def from_command_line(purpose: str | None) -> Run:
    """Read the options that all stages share."""
    parser = argparse.ArgumentParser(description=purpose)
    parser.add_argument("--preset", default="cpu")
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
    parser.add_argument("--benchmarks", type=Path, default=Path("../shared/benchmarks"))
    parser.add_argument("--work", type=Path, default=Path(".work/encoder"))
    parser.add_argument("--out", type=Path, default=Path("models/he-small"))
    parser.add_argument("--piece-minutes", type=float, default=math.inf, help="end a piece of a long run after so many")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    return Run(
        load(options.preset), options.corpus, options.benchmarks, options.work, options.out, options.piece_minutes
    )
