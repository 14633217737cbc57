"""Stage 5: teach the encoder that two cuts of one passage belong together, so that mean vectors find similar passages.

Contrastive, unsupervised: two cuts of a row are each other's only likes among all cuts of a step (InfoNCE; van den Oord
et al. 2018), with masked language modelling beside it so that nothing is forgotten (DeCLUTR; Giorgi et al. 2021).
Begins where the pre-training ended and writes the model's folder again.
"""

from __future__ import annotations

import json
import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from transformers import ModernBertForMaskedLM

from models.recipe.pretrain import Marks, Optimisers, build, device, loss_of, marks_of, mask_words, rate, restore_state
from models.recipe.settings import PIECES_PER_ROW, Run, from_command_line

CUT = 62  # pieces in a cut, so that with its two marks it is 64 long
TEMPERATURE = 0.05
LOG_EVERY = 50


def cuts(rows: NDArray[np.uint16], marks: Marks, generator: torch.Generator) -> Tensor:
    """Return (2n, 64): two cuts of each of n rows at random places, which may overlap; cut k belongs to k + n."""
    pieces = torch.from_numpy(rows.astype(np.int64)).repeat(2, 1)
    starts = torch.randint(PIECES_PER_ROW - CUT + 1, (len(pieces), 1), generator=generator)
    cut = pieces.gather(1, starts + torch.arange(CUT))
    edge = torch.ones(len(cut), 1, dtype=torch.long)
    return torch.cat([edge * marks.cls, cut, edge * marks.sep], dim=1)


def contrast(hidden: Tensor) -> tuple[Tensor, Tensor]:
    """Return InfoNCE of (2n, pieces, width) hidden states by their means, and how often the like is the nearest."""
    unit = functional.normalize(hidden[:, 1:-1].float().mean(dim=1), dim=-1)
    likeness = unit @ unit.T / TEMPERATURE
    likeness.fill_diagonal_(-torch.inf)
    like = torch.arange(len(unit), device=unit.device).roll(len(unit) // 2)
    return functional.cross_entropy(likeness, like), (likeness.argmax(1) == like).float().mean()


def train(run: Run, model: ModernBertForMaskedLM, marks: Marks) -> list[dict[str, float]]:
    """Take the stage's steps, or as many as its minutes allow, and return their curve."""
    settings = run.settings
    rows = np.load(run.work / "rows.npy", mmap_mode="r")
    optimisers = Optimisers.of(model)
    begun, step, curve = time.monotonic(), 0, []
    model.train()
    while (share := max(step / settings.sentence_steps, _minutes(begun) / settings.sentence_minutes)) < 1:
        generator = torch.Generator().manual_seed(settings.seed * 2_000_003 + step)
        chosen_rows = torch.randint(len(rows), (settings.sentence_rows,), generator=generator).numpy()
        ids = cuts(rows[np.sort(chosen_rows)], marks, generator)
        masked, chosen = (tensor.to(device()) for tensor in mask_words(ids, marks, settings.masked, generator))
        with torch.autocast(device().type, torch.bfloat16):
            likes, right = contrast(model.model(ids.to(device())).last_hidden_state)
        words, _ = loss_of(model, masked, chosen, ids.to(device()))
        (likes + words).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimisers.step(rate(share, settings.sentence_rate))
        step += 1
        if step % LOG_EVERY == 0 or step == settings.sentence_steps:
            curve.append(_log(step, begun, likes.detach(), right, words.detach()))
    return curve


def _minutes(begun: float) -> float:
    return (time.monotonic() - begun) / 60


def _log(step: int, begun: float, likes: Tensor, right: Tensor, words: Tensor) -> dict[str, float]:
    point = {
        "step": step,
        "minutes": round(_minutes(begun), 2),
        "contrast": round(float(likes), 4),
        "like_is_nearest": round(float(right), 4),
        "words": round(float(words), 4),
    }
    print(json.dumps(point), flush=True)
    return point


def main(run: Run) -> None:
    """Train on cuts and write the model's folder again, with the stage in its ``recipe.json``."""
    torch.manual_seed(run.settings.seed)
    marks = marks_of(run)
    vectors, frequency = np.load(run.work / "vectors.npy"), np.load(run.work / "frequency.npy")
    model = build(run.settings, marks, vectors, frequency).to(device())
    restore_state(run, model, Optimisers.of(model))
    curve = train(run, model, marks)
    facts = json.loads((run.out / "recipe.json").read_text(encoding="utf-8"))
    model.cpu().half().save_pretrained(run.out)
    (run.out / "recipe.json").write_text(json.dumps(facts | {"sentence_stage": curve}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(from_command_line(__doc__))
