"""Fine-tuning: windows of text and their labels into a network, and a network's logits of new windows.

The training loop is ours, forty lines, because it pools the text's own pieces, trains folds one after the other under
one progress bar, and must run offline without the launcher that the Trainer of transformers brings.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from autocoder.classifier import Input, Window, batches, pad
from autocoder.learn.labels import Labels
from autocoder.learn.network import Network, freeze, load_encoder

Scores = NDArray[np.float64]
Report = Callable[[float], None]
AVERAGED_AFTER = 0.2
"""The share of the steps after which the weights count towards the average."""


@dataclass(frozen=True)
class Settings:
    """How a model is trained.

    ``frozen`` counts what stays as it is from below: 1 the embeddings, 2 also the first layer; 0 lets all of it learn.
    Few units are gone through in more rounds than ``epochs``, until ``least_steps`` are taken. ``hidden`` is the share
    of a text's pieces that each reading hides, so that no single piece is learnt by heart. ``kept`` is how much of the
    average of the weights so far each step keeps; the model is that average (Polyak and Juditsky 1992), and it begins
    after a fifth of the steps.
    """

    encoder: str
    seed: int = 17
    folds: int = 3
    epochs: int = 5
    least_steps: int = 250
    batch: int = 16
    rate: float = 4e-4
    head_rate: float = 3e-3
    frozen: int = 2
    decay: float = 0.01
    dropout: float = 0.1
    hidden: float = 0.0
    kept: float = 0.0
    heaviest: float = 4.0


def device() -> torch.device:
    """Return the accelerator when there is one."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps") if torch.backends.mps.is_available() else torch.device("cpu")


def fit(found: Sequence[Window], labels: Labels, how: Input, settings: Settings, report: Report) -> Network:
    """Fine-tune a network on windows whose ``text`` counts the rows of ``labels``, (texts, codes) of 0 and 1.

    ``report`` hears the share that is done. Rows without a window teach nothing.
    """
    torch.manual_seed(settings.seed)
    chance = random.Random(settings.seed)
    seen = labels[sorted({window.text for window in found})]
    network = _new_network(seen, settings).to(device()).train()
    optimiser = torch.optim.AdamW(_groups(network, settings), weight_decay=settings.decay, fused=True)
    average = _Average(network, settings.kept)
    weight = _weights(seen, settings.heaviest).to(device())
    in_round = math.ceil(len(found) / settings.batch)
    rounds = max(settings.epochs, math.ceil(settings.least_steps / in_round))
    steps, step = rounds * in_round, 0
    for _ in range(rounds):
        for batch in _shuffled(found, settings.batch, chance):
            target = torch.from_numpy(labels[[window.text for window in batch]]).to(device())
            ids, attention, own = _tensors(batch, how)
            logits = network(_partly_hidden(ids, own, how, settings.hidden), attention, own)
            loss = functional.binary_cross_entropy_with_logits(logits, target, pos_weight=weight)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * _rate(step / steps)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            step += 1
            if step > AVERAGED_AFTER * steps:
                average.add()
            report(step / steps)
    average.put()
    return network.eval()


@torch.no_grad()
def predict(network: Network, found: Sequence[Window], how: Input, texts: int) -> Scores:
    """Return (texts, codes) logits, of a long text those of its likeliest window, of one without a window -inf."""
    logits = np.full((texts, network.head.out_features), -np.inf)
    for batch in batches(found, 2 * 16):
        chosen = [found[n] for n in batch]
        part = network(*_tensors(chosen, how)).cpu().double().numpy()  # mps has no doubles
        np.maximum.at(logits, [window.text for window in chosen], part)
    return logits


class _Average:
    """The weights that learn, averaged exponentially as they go; they are better than the last ones alone."""

    def __init__(self, network: Network, kept: float) -> None:
        self._weights = [weight for weight in network.parameters() if weight.requires_grad]
        self._means: list[Tensor] = []
        self._share = 1 - kept

    @torch.no_grad()
    def add(self) -> None:
        """Take the present weights in; the first ones are the average."""
        if not self._means:
            self._means = [weight.clone() for weight in self._weights]
        for mean, weight in zip(self._means, self._weights, strict=True):
            mean.lerp_(weight, self._share)

    @torch.no_grad()
    def put(self) -> None:
        """Put the average in the place of the weights."""
        for mean, weight in zip(self._means, self._weights, strict=True):
            weight.copy_(mean)


def _partly_hidden(ids: Tensor, own: Tensor, how: Input, share: float) -> Tensor:
    """Return (texts, pieces) ids, of the text's own a share behind the encoder's mask, where it has one."""
    if how.mask is None or not share:
        return ids
    return torch.where((torch.rand(ids.shape, device=ids.device) < share) & (own > 0), how.mask, ids)


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


def _weights(labels: Labels, heaviest: float) -> Tensor:
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


def _tensors(batch: Sequence[Window], how: Input) -> tuple[Tensor, ...]:
    return tuple(torch.from_numpy(array).to(device()) for array in pad(batch, how.pad))
