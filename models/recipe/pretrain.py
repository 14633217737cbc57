"""Stage 4: pre-train the encoder by masked language modelling with whole-word masking.

The rate follows the share of the steps or of the minutes that is used up, whichever is larger, so that the preset ends
in time on a slow machine with a finished schedule. Every few minutes the state is saved, and the same command goes on
from there; ``--piece-minutes 9`` ends a piece of a long run in time, with the state saved. Matrix products are in
bfloat16 where the processor or the card has it. Writes the model's folder: fp16 weights, configuration and
``recipe.json`` with the loss curve.
"""

from __future__ import annotations

import json
import os
import platform
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
LOG_EVERY = 200
DEV_ROWS = 64
MUON_TO_ADAM = 1.5  # Muon's rate over AdamW's, in the scale of "match_rms_adamw"


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
    with torch.autocast(masked.device.type, torch.bfloat16):
        hidden = model.model(masked).last_hidden_state[chosen]
        logits = model.decoder(model.head(hidden)).float()
    target = ids[chosen]
    return functional.cross_entropy(logits, target), (logits.argmax(-1) == target).float().mean()


def rate(share: float, peak: float) -> float:
    """Linear warm-up, then linearly down to nothing, which short runs end best with (Bergsma et al. 2025)."""
    return peak * (share / WARM_UP + 0.01) if share < WARM_UP else peak * (1 - share) / (1 - WARM_UP)


@dataclass(frozen=True)
class Optimisers:
    """Muon (Jordan et al. 2024) for the matrices of the layers, AdamW for embeddings, norms and biases."""

    members: tuple[torch.optim.Optimizer, ...]

    @classmethod
    def of(cls, model: ModernBertForMaskedLM) -> Optimisers:
        """Return new optimisers of all the parameters; no decay on vectors."""
        layers = [p for name, p in model.named_parameters() if ".layers." in name and p.ndim == 2]
        inside = {id(p) for p in layers}
        rest = [p for p in model.parameters() if id(p) not in inside]
        groups = [
            {"params": [p for p in rest if p.ndim > 1], "weight_decay": 0.01},
            {"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0.0},
        ]
        muon = torch.optim.Muon(layers, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
        return cls((muon, torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)))

    def step(self, now: float) -> None:
        """Take a step at AdamW's rate ``now`` and forget the gradients."""
        for member, factor in zip(self.members, (MUON_TO_ADAM, 1.0), strict=True):
            for group in member.param_groups:
                group["lr"] = now * factor
            member.step()
            member.zero_grad(set_to_none=True)


def save_state(run: Run, model: ModernBertForMaskedLM, optimisers: Optimisers, progress: Progress) -> None:
    """Keep weights, optimiser moments and progress so that the same command can go on."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items() if name != "decoder.weight"}
    for place, member in enumerate(optimisers.members):
        for number, state in member.state_dict()["state"].items():
            tensors |= {f"optimiser.{place}.{number}.{name}": torch.as_tensor(value) for name, value in state.items()}
    partial = run.work / "state.partial"
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, partial, asdict_text(progress))
    os.replace(partial, run.work / "state.safetensors")


def asdict_text(progress: Progress) -> dict[str, str]:
    """Return the progress as safetensors metadata, which holds text alone."""
    return {"progress": json.dumps(asdict(progress))}


def restore_state(run: Run, model: ModernBertForMaskedLM, optimisers: Optimisers) -> Progress:
    """Load what :func:`save_state` kept; a run that was never begun starts at step 0."""
    path = run.work / "state.safetensors"
    if not path.exists():
        return Progress()
    tensors = load_file(path)
    weights = {name[6:]: tensor for name, tensor in tensors.items() if name.startswith("model.")}
    model.load_state_dict(weights, strict=False)
    states = [member.state_dict() for member in optimisers.members]
    for name, tensor in tensors.items():
        if name.startswith("optimiser."):
            _, place, number, moment = name.split(".")
            states[int(place)]["state"].setdefault(int(number), {})[moment] = tensor
    for member, state in zip(optimisers.members, states, strict=True):
        member.load_state_dict(state)
    with safe_open(path, "pt") as file:
        return Progress(**json.loads(file.metadata()["progress"]))


@torch.no_grad()
def measure(model: ModernBertForMaskedLM, rows: NDArray[np.uint16], marks: Marks) -> tuple[float, float]:
    """Return loss and accuracy on held-out speech, 15 % masked, the same way every time and for every run."""
    model.eval()
    generator = torch.Generator().manual_seed(0)
    figures = []
    for start in range(0, min(len(rows), DEV_ROWS), 16):
        ids = sequences(rows[start : start + 16], marks, short=True)
        masked, chosen = mask_words(ids, marks, 0.15, generator)
        figures.append([float(figure) for figure in loss_of(model, *_placed(masked, chosen, ids))])
    model.train()
    loss, right = np.mean(figures, axis=0)
    return float(loss), float(right)


def device() -> torch.device:
    """Return the CUDA card when there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _placed(*tensors: Tensor) -> list[Tensor]:
    return [tensor.to(device(), non_blocking=True) for tensor in tensors]


def train(run: Run, model: ModernBertForMaskedLM, marks: Marks) -> Progress:
    """Run the steps that are left, or those of one piece, and return how far the run is."""
    settings = run.settings
    rows = np.load(run.work / "rows.npy", mmap_mode="r")
    held_out = np.load(run.work / "heldout.npy")
    optimisers = Optimisers.of(model)
    progress = restore_state(run, model, optimisers)
    if settings.compiled:
        model.model.compile(dynamic=False)
    saved, begun, losses = progress.minutes, time.monotonic() - 60 * progress.minutes, []
    last = progress.minutes + run.piece_minutes
    model.train()
    while (share := progress.share(settings)) < 1 and progress.minutes < last:
        loss = _step(
            model, optimisers, _batch(rows, settings, marks, progress.step, share), rate(share, settings.peak_rate)
        )
        losses.append(loss)
        progress.step += 1
        progress.minutes = (time.monotonic() - begun) / 60
        if progress.step % LOG_EVERY == 0 or progress.share(settings) == 1:
            progress.curve.append(_log(model, held_out, marks, progress, losses))
            losses = []
        if progress.minutes - saved > SAVE_EVERY_MINUTES:
            saved = progress.minutes
            save_state(run, model, optimisers, progress)
    save_state(run, model, optimisers, progress)
    return progress


def _batch(
    rows: NDArray[np.uint16], settings: Settings, marks: Marks, step: int, share: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return (masked, chosen, ids) of one step; the step's number alone decides what is in it."""
    generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + step)
    first = step * settings.rows_per_step % (len(rows) - settings.rows_per_step)
    ids = sequences(np.array(rows[first : first + settings.rows_per_step]), marks, share < SHORT_PHASE)
    return (*mask_words(ids, marks, settings.masked, generator), ids)


def _step(
    model: ModernBertForMaskedLM, optimisers: Optimisers, batch: tuple[Tensor, Tensor, Tensor], now: float
) -> Tensor:
    """Learn from one batch and return its loss, which is read later so that a card need not wait."""
    loss, _ = loss_of(model, *_placed(*batch))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimisers.step(now)
    return loss.detach()


def _log(
    model: ModernBertForMaskedLM,
    held_out: NDArray[np.uint16],
    marks: Marks,
    progress: Progress,
    losses: list[Tensor],
) -> dict[str, float]:
    """Return and print one point of the loss curve."""
    dev_loss, dev_right = measure(model, held_out, marks)
    point = {
        "step": progress.step,
        "minutes": round(progress.minutes, 2),
        "loss": round(float(torch.stack(losses).mean()), 4),
        "held_out_loss": round(dev_loss, 4),
        "held_out_right": round(dev_right, 4),
    }
    print(json.dumps(point), flush=True)
    return point


def hardware() -> str:
    """Name what the run is made on."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads"


def main(run: Run) -> None:
    """Pre-train and write the model's folder."""
    torch.manual_seed(run.settings.seed)
    marks = marks_of(run)
    vectors, frequency = np.load(run.work / "vectors.npy"), np.load(run.work / "frequency.npy")
    model = build(run.settings, marks, vectors, frequency).to(device())
    progress = train(run, model, marks)
    if progress.share(run.settings) < 1:
        print(f"{progress.minutes:.1f} minutes done; run the same command again to go on")
        return
    facts = {
        "settings": asdict(run.settings),
        "corpus": json.loads((run.work / "corpus.json").read_text(encoding="utf-8")),
        "tokenizer": json.loads((run.work / "tokenizer.json").read_text(encoding="utf-8")),
        "parameters": sum(p.numel() for p in model.parameters()),
        "steps": progress.step,
        "minutes": round(progress.minutes, 1),
        "hardware": hardware(),
        "curve": progress.curve,
    }
    model.cpu().half().save_pretrained(run.out)
    (run.out / "recipe.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(from_command_line(__doc__))
