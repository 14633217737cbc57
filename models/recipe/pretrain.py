"""Stage 4: pre-train the encoder by masked language modelling with whole-word masking.

The rate follows the share of the steps or of the minutes that is used up, whichever is larger, so that the preset ends
in time on a slow machine with a finished schedule. Every few minutes the state is saved, and the same command goes on
from there. Writes the model's folder: fp16 weights, configuration and ``recipe.json`` with the loss curve.
"""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import asdict, dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional
from transformers import AutoTokenizer, ModernBertConfig, ModernBertForMaskedLM

from models.recipe.settings import Run, Settings, from_command_line

SHORT_PHASE = 0.85  # share of the run on sequences of 128; the rest is on 254
WARM_UP = 0.03
SAVE_EVERY_MINUTES = 8.0
LOG_EVERY = 100
DEV_ROWS = 64


@dataclass
class Progress:
    """Where the run stands; kept beside the weights so that a run can go on."""

    step: int = 0
    minutes: float = 0.0
    curve: list[dict[str, float]] = field(default_factory=list)

    def share(self, settings: Settings) -> float:
        """Return how much of the run is done, from 0 to 1."""
        return min(1.0, max(self.step / settings.steps, self.minutes / settings.minutes))


@dataclass(frozen=True)
class Marks:
    """Ids that the masking needs, and for each id whether the piece continues a word."""

    cls: int
    sep: int
    mask: int
    pad: int
    continues: Tensor


def marks_of(run: Run) -> Marks:
    """Read the special ids from the tokenizer of the run."""
    tokenizer = AutoTokenizer.from_pretrained(run.out)
    pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    continues = torch.tensor([piece.startswith("##") for piece in pieces])
    ids = (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id, tokenizer.pad_token_id)
    return Marks(*ids, continues)


def build(
    settings: Settings, marks: Marks, vectors: NDArray[np.float32], frequency: NDArray[np.int64]
) -> ModernBertForMaskedLM:
    """Return a new encoder whose embeddings are the static vectors and whose output bias is the log frequency."""
    config = ModernBertConfig(
        vocab_size=len(frequency),
        hidden_size=settings.width,
        intermediate_size=settings.inner,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        max_position_embeddings=512,
        global_attn_every_n_layers=1,
        pad_token_id=marks.pad,
        bos_token_id=marks.cls,
        eos_token_id=marks.sep,
        cls_token_id=marks.cls,
        sep_token_id=marks.sep,
        attn_implementation="sdpa",
    )
    model = ModernBertForMaskedLM(config)
    with torch.no_grad():
        model.get_input_embeddings().weight.copy_(torch.from_numpy(vectors))
        share = (frequency + 1.0) / (frequency + 1.0).sum()
        model.decoder.bias.copy_(torch.from_numpy(np.log(share)))
    return model


def sequences(rows: NDArray[np.uint16], marks: Marks, short: bool) -> Tensor:
    """Return rows as marked sequences: (2n, 128) when ``short``, (n, 254) otherwise."""
    pieces = torch.from_numpy(rows.astype(np.int64))
    if short:
        pieces = pieces.reshape(2 * len(rows), -1)
    edge = torch.ones(len(pieces), 1, dtype=torch.long)
    return torch.cat([edge * marks.cls, pieces, edge * marks.sep], dim=1)


def mask_words(ids: Tensor, marks: Marks, share: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mask whole words; return the masked ids and which positions are to be predicted.

    Of the chosen positions 80 % become [MASK], 10 % a random piece and 10 % stay (Devlin et al. 2019).
    """
    word = (~marks.continues[ids]).long().cumsum(dim=1) - 1
    chosen_words = torch.rand(ids.shape, generator=generator) < share
    special = (ids == marks.cls) | (ids == marks.sep)
    chosen = chosen_words.gather(1, word.clamp(min=0)) & ~special
    fate = torch.rand(ids.shape, generator=generator)
    random_ids = torch.randint(len(marks.continues), ids.shape, generator=generator)
    masked = torch.where(chosen & (fate < 0.8), torch.tensor(marks.mask), ids)
    return torch.where(chosen & (fate >= 0.9), random_ids, masked), chosen


def loss_of(model: ModernBertForMaskedLM, masked: Tensor, chosen: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean cross-entropy at the chosen positions and the share predicted right."""
    hidden = model.model(masked).last_hidden_state[chosen]
    logits = model.decoder(model.head(hidden))
    target = ids[chosen]
    return functional.cross_entropy(logits, target), (logits.argmax(-1) == target).float().mean()


def rate(share: float, peak: float) -> float:
    """Linear warm-up, then a cosine down to a fiftieth."""
    if share < WARM_UP:
        return peak * (share / WARM_UP + 0.01)
    turn = math.pi * (share - WARM_UP) / (1 - WARM_UP)
    return peak * (0.02 + 0.98 * (1 + math.cos(turn)) / 2)


def optimiser_of(model: ModernBertForMaskedLM, settings: Settings) -> torch.optim.AdamW:
    """AdamW with decay on matrices alone."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=settings.peak_rate, betas=(0.9, 0.98), fused=True)


def save_state(run: Run, model: ModernBertForMaskedLM, optimiser: torch.optim.AdamW, progress: Progress) -> None:
    """Keep weights, optimiser moments and progress so that the same command can go on."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items() if name != "decoder.weight"}
    for number, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{number}.{name}": torch.as_tensor(value) for name, value in state.items()}
    partial = run.work / "state.partial"
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, partial, asdict_text(progress))
    os.replace(partial, run.work / "state.safetensors")


def asdict_text(progress: Progress) -> dict[str, str]:
    """Return the progress as safetensors metadata, which holds text alone."""
    return {"progress": json.dumps(asdict(progress))}


def restore_state(run: Run, model: ModernBertForMaskedLM, optimiser: torch.optim.AdamW) -> Progress:
    """Load what :func:`save_state` kept; a run that was never begun starts at step 0."""
    path = run.work / "state.safetensors"
    if not path.exists():
        return Progress()
    tensors = load_file(path)
    weights = {name[6:]: tensor for name, tensor in tensors.items() if name.startswith("model.")}
    model.load_state_dict(weights, strict=False)
    state = optimiser.state_dict()
    for name, tensor in tensors.items():
        if name.startswith("optimiser."):
            _, number, moment = name.split(".")
            state["state"].setdefault(int(number), {})[moment] = tensor
    optimiser.load_state_dict(state)
    with safe_open(path, "pt") as file:
        return Progress(**json.loads(file.metadata()["progress"]))


@torch.no_grad()
def measure(model: ModernBertForMaskedLM, rows: NDArray[np.uint16], marks: Marks, share: float) -> tuple[float, float]:
    """Return loss and accuracy on held-out speech, masked the same way every time."""
    model.eval()
    generator = torch.Generator().manual_seed(0)
    figures = []
    for start in range(0, min(len(rows), DEV_ROWS), 16):
        ids = sequences(rows[start : start + 16], marks, short=True)
        masked, chosen = mask_words(ids, marks, share, generator)
        figures.append([float(figure) for figure in loss_of(model, masked, chosen, ids)])
    model.train()
    loss, right = np.mean(figures, axis=0)
    return float(loss), float(right)


def train(run: Run, model: ModernBertForMaskedLM, marks: Marks) -> Progress:
    """Run the steps that are left and return the progress at the end."""
    settings = run.settings
    rows = np.load(run.work / "rows.npy", mmap_mode="r")
    held_out = np.load(run.work / "heldout.npy")
    optimiser = optimiser_of(model, settings)
    progress = restore_state(run, model, optimiser)
    saved, begun, losses = progress.minutes, time.monotonic() - 60 * progress.minutes, []
    model.train()
    while (share := progress.share(settings)) < 1:
        generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + progress.step)
        first = progress.step * settings.rows_per_step % (len(rows) - settings.rows_per_step)
        ids = sequences(np.array(rows[first : first + settings.rows_per_step]), marks, share < SHORT_PHASE)
        masked, chosen = mask_words(ids, marks, settings.masked, generator)
        loss, _ = loss_of(model, masked, chosen, ids)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimiser.param_groups:
            group["lr"] = rate(share, settings.peak_rate)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        losses.append(float(loss.detach()))
        progress.step += 1
        progress.minutes = (time.monotonic() - begun) / 60
        if progress.step % LOG_EVERY == 0 or progress.share(settings) == 1:
            progress.curve.append(_log(model, held_out, marks, settings, progress, losses))
            losses = []
        if progress.minutes - saved > SAVE_EVERY_MINUTES:
            saved = progress.minutes
            save_state(run, model, optimiser, progress)
    return progress


def _log(
    model: ModernBertForMaskedLM,
    held_out: NDArray[np.uint16],
    marks: Marks,
    settings: Settings,
    progress: Progress,
    losses: list[float],
) -> dict[str, float]:
    """Return and print one point of the loss curve."""
    dev_loss, dev_right = measure(model, held_out, marks, settings.masked)
    point = {
        "step": progress.step,
        "minutes": round(progress.minutes, 2),
        "loss": round(float(np.mean(losses)), 4),
        "held_out_loss": round(dev_loss, 4),
        "held_out_right": round(dev_right, 4),
    }
    print(json.dumps(point), flush=True)
    return point


def main(run: Run) -> None:
    """Pre-train and write the model's folder."""
    torch.manual_seed(run.settings.seed)
    marks = marks_of(run)
    vectors, frequency = np.load(run.work / "vectors.npy"), np.load(run.work / "frequency.npy")
    model = build(run.settings, marks, vectors, frequency)
    progress = train(run, model, marks)
    facts = {
        "settings": asdict(run.settings),
        "corpus": json.loads((run.work / "corpus.json").read_text(encoding="utf-8")),
        "tokenizer": json.loads((run.work / "tokenizer.json").read_text(encoding="utf-8")),
        "parameters": sum(p.numel() for p in model.parameters()),
        "steps": progress.step,
        "minutes": round(progress.minutes, 1),
        "threads": torch.get_num_threads(),
        "curve": progress.curve,
    }
    model.half().save_pretrained(run.out)
    (run.out / "recipe.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(from_command_line(__doc__))
