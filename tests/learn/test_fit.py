from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from autocoder.classifier import Input, Window
from autocoder.learn.fit import Settings, _partly_hidden, fit
from autocoder.learn.network import freeze, load_encoder

HOW = Input((2,), (3,), (3,), 0, mask=4)
FOUND = [Window(n, (2, *([5 + n % 2] * 6), 3), 1, 7) for n in range(40)]
LABELS = np.array([[n % 2] for n in range(40)], dtype=np.float32)


@pytest.fixture
def settings(tiny_encoder: Path) -> Settings:
    return Settings(str(tiny_encoder), epochs=2, batch=8, rate=1e-2, least_steps=0)


def trained(settings: Settings, how: Input = HOW) -> dict[str, torch.Tensor]:
    return dict(fit(FOUND, LABELS, how, settings, lambda _: None).named_parameters())


def test_only_pieces_of_the_text_itself_are_hidden() -> None:
    ids = torch.arange(10, 30).reshape(2, 10)
    own = torch.zeros(2, 10, dtype=torch.long)
    own[:, 3:7] = 1
    assert torch.equal(_partly_hidden(ids, own, HOW, 1.0), torch.where(own > 0, 4, ids))
    hidden = _partly_hidden(ids.repeat(500, 1), own.repeat(500, 1), HOW, 0.25) == 4
    assert 0.2 < hidden[:, 3:7].float().mean() < 0.3
    assert not hidden[:, [0, 1, 2, 7, 8, 9]].any()


@pytest.mark.parametrize(("how", "share"), [(replace(HOW, mask=None), 1.0), (HOW, 0.0)])
def test_without_a_mask_or_a_share_nothing_is_hidden(how: Input, share: float) -> None:
    ids = torch.arange(10, 30).reshape(2, 10)
    assert torch.equal(_partly_hidden(ids, torch.ones_like(ids), how, share), ids)


@pytest.mark.parametrize(
    ("parts", "kept"),
    [(0, set()), (1, {"embeddings"}), (2, {"embeddings", "layer.0"}), (3, {"embeddings", "layer.0", "layer.1"})],
)
def test_what_is_frozen_is_counted_from_below(tiny_encoder: Path, parts: int, kept: set[str]) -> None:
    encoder = load_encoder(str(tiny_encoder))
    freeze(encoder, parts)
    still = {name for name, weight in encoder.named_parameters() if not weight.requires_grad}
    found = {part for part in ("layer.0", "layer.1") if any(f".{part}." in name for name in still)}
    if "embeddings.word_embeddings.weight" in still:
        found.add("embeddings")
    assert found == kept


def test_the_model_is_the_average_of_the_weights_on_the_way(settings: Settings) -> None:
    last = trained(replace(settings, kept=0.0))
    first = trained(replace(settings, kept=1.0))  # nothing is added to the weights after a fifth of the steps
    between = trained(replace(settings, kept=0.5))
    moved = {name: (last[name] - first[name]).norm() for name in last}
    assert moved["head.weight"] > 0.01
    assert 0 < (between["head.weight"] - first["head.weight"]).norm() < moved["head.weight"]
    assert (between["head.weight"] - last["head.weight"]).norm() < moved["head.weight"]
    frozen = "encoder.embeddings.word_embeddings.weight"
    assert torch.equal(last[frozen], load_encoder(settings.encoder).state_dict()[frozen.removeprefix("encoder.")])


def test_the_same_seed_gives_the_same_model(settings: Settings) -> None:
    one, again, other = (trained(replace(settings, seed=seed)) for seed in (1, 1, 2))
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one["head.weight"], other["head.weight"])
