"""Coded units into a model: out-of-fold scores by transcript, thresholds from them, then the model from all units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import save_file

from autocoder import __version__
from autocoder.classifier import (
    NETWORK,
    CodeEntry,
    FileTokenizer,
    Input,
    Manifest,
    Window,
    file_sha256,
    probabilities,
    suggested,
    windows,
    write_manifest,
)
from autocoder.evaluate import evaluate, majority
from autocoder.learn.baseline import LinearBaseline
from autocoder.learn.card import write_card
from autocoder.learn.examples import Examples, NothingToLearn
from autocoder.learn.fit import Report, Settings, fit, predict
from autocoder.learn.held_out import OutOfFold, with_zones
from autocoder.learn.labels import Labels, learnable, matrix, priors
from autocoder.learn.network import Network, export, save_tokenizer
from autocoder.learn.split import folds
from autocoder.learn.thresholds import best_thresholds, calibrate
from autocoder.project import Codebook


@dataclass(frozen=True)
class Task:
    """The examples as the network takes them."""

    examples: Examples
    codes: tuple[str, ...]
    labels: Labels
    found: tuple[Window, ...]
    how: Input


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
    task = _task(examples, codes, folder, how)
    parts = folds(examples.transcripts, settings.folds, settings.seed)
    rounds = len(parts) + 1
    held_out = _out_of_fold(task, parts, settings, lambda share: report(share / rounds))
    network = fit(task.found, task.labels, how, settings, lambda share: report((rounds - 1 + share) / rounds))
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


def _task(examples: Examples, codes: tuple[str, ...], folder: Path, how: Input) -> Task:
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
        seen = _windows_of(task, rest)
        network = fit(seen, task.labels, task.how, settings, lambda share, done=number: report(done + share))  # type: ignore[misc]
        encoder[part] = predict(network, _windows_of(task, part), task.how, len(task.labels))[part]
        texts = [task.examples.texts[row] for row in rest]
        baseline = LinearBaseline().fit(texts, task.labels[rest])
        linear[part] = baseline.decide([task.examples.texts[row] for row in part])
    spans = ((unit.transcript, unit.span.start, unit.span.end) for unit in task.examples.segments)
    return OutOfFold(tuple(spans), task.codes, fold, task.labels, encoder, linear)


def _windows_of(task: Task, rows: Sequence[int]) -> list[Window]:
    wanted = set(rows)
    return [window for window in task.found if window.text in wanted]


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
