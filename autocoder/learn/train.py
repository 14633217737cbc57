"""Coded units into a model: out-of-fold scores by transcript, thresholds from them, then the model from all units.

The training loop is ours, forty lines, because it pools the text's own pieces, trains folds one after the other under
one progress bar, and must run offline without the launcher that the Trainer of transformers brings.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch.nn import functional

from autocoder import __version__
from autocoder.classifier import (
    NETWORK,
    CodeEntry,
    FileTokenizer,
    Input,
    Manifest,
    Window,
    batches,
    file_sha256,
    pad,
    probabilities,
    suggested,
    windows,
    write_manifest,
)
from autocoder.evaluate import evaluate, majority
from autocoder.learn.baseline import LinearBaseline
from autocoder.learn.card import write_card
from autocoder.learn.examples import Examples, NothingToLearn
from autocoder.learn.held_out import OutOfFold, with_zones
from autocoder.learn.labels import Labels, learnable, matrix, priors
from autocoder.learn.network import Network, export, freeze, load_encoder, save_tokenizer
from autocoder.learn.split import folds
from autocoder.learn.thresholds import best_thresholds, calibrate
from autocoder.project import Codebook

Scores = NDArray[np.float64]
Report = Callable[[float], None]


@dataclass(frozen=True)
class Settings:
    """How a model is trained. ``frozen`` counts the encoder's lowest layers that stay as they are."""

    encoder: str
    seed: int = 17
    folds: int = 3
    epochs: int = 5
    batch: int = 16
    rate: float = 4e-4
    head_rate: float = 3e-3
    frozen: int = 1
    dropout: float = 0.1
    heaviest: float = 4.0


@dataclass(frozen=True)
class Task:
    """The examples as the network takes them."""

    examples: Examples
    codes: tuple[str, ...]
    labels: Labels
    found: tuple[Window, ...]
    how: Input

    def rows_of(self, rows: Sequence[int]) -> list[Window]:
        """Return the windows of these examples."""
        wanted = set(rows)
        return [window for window in self.found if window.text in wanted]


def train(
    examples: Examples, codebook: Codebook, folder: Path, settings: Settings, created: str, report: Report
) -> Manifest:
    """Train a model into ``folder``; ``report`` hears the share that is done.

    Raises NothingToLearn when no code has enough examples in at least two transcripts.
    """
    codes = learnable(examples, codebook)
    if not codes:
        raise NothingToLearn("no code has eight coded units in two transcripts yet; code more, then train again.")
    how = save_tokenizer(settings.encoder, folder)
    task = task_of(examples, codes, folder, how)
    parts = folds(examples.transcripts, settings.folds, settings.seed)
    rounds = len(parts) + 1
    held_out = _out_of_fold(task, parts, settings, lambda share: report(share / rounds))
    every = range(len(examples.texts))
    network = fit(task, every, settings, lambda share: report((rounds - 1 + share) / rounds))
    linear = LinearBaseline().fit(examples.texts, task.labels)
    manifest = _manifest(task, codebook, settings, held_out, folder.name, created)
    _save(network, folder)
    linear.save(folder)
    held_out.save(folder)
    files = {str(path.relative_to(folder).as_posix()): file_sha256(path) for path in sorted(_files(folder))}
    manifest = replace(manifest, files=files)
    write_card(folder, manifest)
    write_manifest(folder, manifest)
    return manifest


def task_of(examples: Examples, codes: tuple[str, ...], folder: Path, how: Input) -> Task:
    """Return the examples as the network takes them, cut by the tokenizer in ``folder``."""
    table = examples.dataset()
    tokenizer = FileTokenizer(folder / "encoder" / "tokenizer.json")
    found = windows(tokenizer, how, table["text"], table["question"])
    return Task(examples, codes, matrix(examples, codes), tuple(found), how)


def _out_of_fold(task: Task, parts: Sequence[Sequence[int]], settings: Settings, report: Report) -> OutOfFold:
    encoder = np.zeros(task.labels.shape)
    linear = np.zeros(task.labels.shape)
    fold = np.zeros(len(task.labels), dtype=np.int64)
    for number, part in enumerate(parts):
        fold[part] = number
        rest = sorted(set(range(len(task.labels))) - set(part))
        network = fit(task, rest, settings, lambda share, done=number: report(done + share))  # type: ignore[misc]
        encoder[part] = predict(network, task, part)
        texts = [task.examples.texts[row] for row in rest]
        baseline = LinearBaseline().fit(texts, task.labels[rest])
        linear[part] = baseline.decide([task.examples.texts[row] for row in part])
    spans = ((unit.transcript, unit.span.start, unit.span.end) for unit in task.examples.segments)
    return OutOfFold(tuple(spans), task.codes, fold, task.labels, encoder, linear)


def device() -> torch.device:
    """Return the accelerator when there is one."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps") if torch.backends.mps.is_available() else torch.device("cpu")


def fit(task: Task, rows: Sequence[int], settings: Settings, report: Report) -> Network:
    """Fine-tune a network on these examples."""
    torch.manual_seed(settings.seed)
    chance = random.Random(settings.seed)
    network = _new_network(task.labels[list(rows)], settings).to(device()).train()
    optimiser = torch.optim.AdamW(_groups(network, settings), fused=True)
    weight = _weights(task.labels[list(rows)], settings.heaviest).to(device())
    found = task.rows_of(rows)
    steps = settings.epochs * math.ceil(len(found) / settings.batch)
    step = 0
    for _ in range(settings.epochs):
        for batch in _shuffled(found, settings.batch, chance):
            target = torch.from_numpy(task.labels[[window.text for window in batch]]).to(device())
            logits = network(*_tensors(batch, task.how))
            loss = functional.binary_cross_entropy_with_logits(logits, target, pos_weight=weight)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * _rate(step / steps)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            step += 1
            report(step / steps)
    return network.eval()


def _new_network(labels: Labels, settings: Settings) -> Network:
    encoder = load_encoder(settings.encoder)
    freeze(encoder, settings.frozen)
    network = Network(encoder, labels.shape[1], int(encoder.config.hidden_size), settings.dropout)  # type: ignore[union-attr,arg-type]
    share = np.clip(labels.mean(axis=0), 1e-3, 1 - 1e-3)
    with torch.no_grad():
        network.head.weight.normal_(0, 0.02)
        network.head.bias.copy_(torch.from_numpy(np.log(share / (1 - share))))
    return network


def _groups(network: Network, settings: Settings) -> list[dict[str, object]]:
    encoder = [parameter for parameter in network.encoder.parameters() if parameter.requires_grad]
    return [
        {"params": encoder, "lr": settings.rate, "peak": settings.rate},
        {"params": list(network.head.parameters()), "lr": settings.head_rate, "peak": settings.head_rate},
    ]


def _weights(labels: Labels, heaviest: float) -> torch.Tensor:
    """Return what a positive unit counts: the root of the odds against it, so that rare codes are not drowned."""
    positive = labels.sum(axis=0)
    odds = (len(labels) - positive) / np.maximum(positive, 1)
    return torch.from_numpy(np.clip(np.sqrt(odds), 1.0, heaviest).astype(np.float32))


def _rate(share: float) -> float:
    """Warm up over a tenth, then fall linearly to nothing."""
    return share / 0.1 if share < 0.1 else (1 - share) / 0.9


def _shuffled(found: Sequence[Window], size: int, chance: random.Random) -> list[list[Window]]:
    """Return batches in random order whose members are of about the same length."""
    order = chance.sample(range(len(found)), len(found))
    pool = size * 8
    made = []
    for start in range(0, len(order), pool):
        near = sorted(order[start : start + pool], key=lambda n: len(found[n].ids))
        made += [[found[n] for n in near[k : k + size]] for k in range(0, len(near), size)]
    chance.shuffle(made)
    return made


def _tensors(batch: Sequence[Window], how: Input) -> tuple[torch.Tensor, ...]:
    return tuple(torch.from_numpy(array).to(device()) for array in pad(batch, how.pad))


@torch.no_grad()
def predict(network: Network, task: Task, rows: Sequence[int]) -> Scores:
    """Return (rows, codes) logits, of a long text those of its likeliest part."""
    found = task.rows_of(rows)
    place = {row: n for n, row in enumerate(rows)}
    logits = np.full((len(rows), len(task.codes)), -np.inf)
    for batch in batches(found, 2 * 16):
        chosen = [found[n] for n in batch]
        part = network(*_tensors(chosen, task.how)).cpu().double().numpy()  # mps has no doubles
        np.maximum.at(logits, [place[window.text] for window in chosen], part)
    return logits


def _manifest(
    task: Task, codebook: Codebook, settings: Settings, held_out: OutOfFold, name: str, created: str
) -> Manifest:
    calibration = calibrate(task.labels, held_out.encoder, held_out.linear)
    manifest = Manifest(
        name=name,
        created=created,
        codes=_entries(task, codebook),
        input=task.how,
        encoder_slope=calibration.slopes[0],
        linear_slope=calibration.slopes[1],
        intercept=calibration.intercept,
        encoder=Path(settings.encoder).name,
        data={
            "fingerprint": task.examples.fingerprint,
            "coder": task.examples.coder,
            "units": len(task.examples.texts),
            "transcripts": sorted(set(task.examples.transcripts)),
            "codings_on_no_unit": task.examples.lost,
        },
        settings={**asdict(settings), "encoder": Path(settings.encoder).name},
        scores={},
        versions={"autocoder": __version__} | {name: version(name) for name in ("torch", "transformers", "numpy")},
        codebook=codebook.name,
        codebook_version=codebook.version,
    )
    scores = probabilities(manifest, held_out.encoder, held_out.linear)
    manifest = with_zones(manifest, task.codes, task.labels, scores)
    return replace(manifest, scores=_scores(task, codebook, suggested(manifest, scores), held_out))


def _entries(task: Task, codebook: Codebook) -> tuple[CodeEntry, ...]:
    prior = priors(task.examples, codebook)
    counts = {code.id: sum(code.id in codes for codes in task.examples.codes) for code in codebook}
    found = []
    for _, code in codebook.walk():
        found.append(
            CodeEntry(
                id=code.id,
                name=code.name,
                parent=code.parent,
                codable=code.codable,
                exclusive=codebook.root(code.id).id in codebook.exclusive,
                examples=counts[code.id],
                prior=prior[code.id],
                learned=code.id in task.codes,
            )
        )
    return tuple(found)


def _scores(task: Task, codebook: Codebook, model: Sequence[frozenset[str]], held_out: OutOfFold) -> dict[str, object]:
    """Return what the card reports, on blind coding alone: the model, its two parts apart, and a majority guess."""
    judged = [n for n, blind in enumerate(task.examples.blind) if blind]
    human = [task.examples.codes[n] for n in judged]
    alone = {
        name: calibrate(task.labels, values)(values)
        for name, values in (("encoder", held_out.encoder), ("linear", held_out.linear))
    }
    apart = {name: _sets(s >= best_thresholds(s, task.labels), task.codes) for name, s in alone.items()}
    names = {name: [sets[n] for n in judged] for name, sets in ({"model": model} | apart).items()}
    names["majority"] = majority(human, task.codes)
    evaluations = {name: evaluate(sets, human, task.codes) for name, sets in names.items()}
    domains = [code.id for code in codebook.children(None) if code.codable and code.id in task.codes]
    by_code = {
        code: {"units": evaluations["model"].codes[n].human}
        | {name: evaluation.codes[n].f1 for name, evaluation in evaluations.items()}
        for n, code in enumerate(task.codes)
    }
    return {
        "how": f"out of fold, {len(judged)} units that {task.examples.coder} coded blind, whole transcripts held out; "
        "thresholds chosen on the same units",
        "macro_f1": {name: evaluation.macro_f1 for name, evaluation in evaluations.items()},
        "micro_f1": {name: evaluation.micro.f1 for name, evaluation in evaluations.items()},
        "domain_macro_f1": {name: evaluate(sets, human, domains).macro_f1 for name, sets in names.items()},
        "codes": by_code,
    }


def _sets(chosen: NDArray[np.bool_], codes: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(code for code, yes in zip(codes, row, strict=True) if yes) for row in chosen]


def _save(network: Network, folder: Path) -> None:
    """Write the weights as safetensors and the ONNX file that predicts."""
    network = network.cpu()
    network.encoder.config.save_pretrained(folder / "encoder")  # type: ignore[union-attr,operator]
    weights = {name: tensor.contiguous() for name, tensor in network.encoder.state_dict().items()}
    save_file(weights, folder / "encoder" / "model.safetensors", {"format": "pt"})
    save_file(
        {name: tensor.contiguous() for name, tensor in network.head.state_dict().items()}, folder / "head.safetensors"
    )
    export(network, folder / NETWORK)


def _files(folder: Path) -> list[Path]:
    """Return what the manifest vouches for; the card may be edited by hand."""
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix in {".json", ".safetensors", ".onnx"}]
