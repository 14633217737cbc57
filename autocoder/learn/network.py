"""The network: a transformer encoder, the mean and the maximum of the text's own pieces, one linear layer."""

from __future__ import annotations

import contextlib
import io
import logging as stdlib_logging
import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer
from transformers.utils import logging

from autocoder.classifier import TOKENIZER, Input, ModelFault

logging.set_verbosity_error()  # type: ignore[no-untyped-call]
logging.disable_progress_bar()  # type: ignore[no-untyped-call]


class Network(nn.Module):
    """Logits of codes from pieces; the question is read as context but does not enter the pooled vector."""

    def __init__(self, encoder: nn.Module, codes: int, width: int, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * width, codes)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, text_mask: Tensor) -> Tensor:
        """Return (texts, codes) logits."""
        logits: Tensor = self.head(self.dropout(self.pooled(input_ids, attention_mask, text_mask)))
        return logits

    def pooled(self, input_ids: Tensor, attention_mask: Tensor, text_mask: Tensor) -> Tensor:
        """Return (texts, 2 x width) vectors, in which passages that the model reads alike lie close together."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        own = text_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * own).sum(1) / own.sum(1)
        highest = (hidden + (own - 1) * 1e4).amax(1)
        return torch.cat([mean, highest], dim=-1)


class _Exported(nn.Module):
    """The network as it is exported: logits, and the vectors that they are made of."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Tensor, attention_mask: Tensor, text_mask: Tensor) -> tuple[Tensor, Tensor]:
        vectors = self.network.pooled(input_ids, attention_mask, text_mask)
        return self.network.head(vectors), vectors


def load_encoder(name: str) -> nn.Module:
    """Load an encoder from a folder or by its hub name; raise ModelFault when it cannot be had."""
    try:
        encoder: nn.Module = AutoModel.from_pretrained(
            name, dtype=torch.float32, local_files_only=Path(name).is_dir(), trust_remote_code=False
        )
    except (OSError, ValueError) as fault:
        raise _not_loaded(name, fault) from None
    return encoder


def _not_loaded(name: str, fault: Exception) -> ModelFault:
    return ModelFault(
        f"the encoder {name} cannot be loaded ({type(fault).__name__}); name a folder with an encoder or a hub "
        "model without code of its own, or leave --encoder out for the bundled one."
    )


def save_tokenizer(name: str, folder: Path) -> Input:
    """Write the encoder's tokenizer into a model folder, and return how texts are put together for it."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, local_files_only=Path(name).is_dir(), trust_remote_code=False)
    except (OSError, ValueError) as fault:
        raise _not_loaded(name, fault) from None
    if not tokenizer.is_fast:
        raise ModelFault(f"the encoder {name} has no fast tokenizer; choose another encoder.")
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(folder / Path(TOKENIZER).parent)
    start, between, end = _marks(tokenizer)
    return Input(start, between, end, tokenizer.pad_token_id or 0, mask=tokenizer.mask_token_id)


def _marks(tokenizer: object) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Find the ids that the tokenizer puts before, between and after two texts, by encoding two."""
    first, second = (tokenizer.encode(text, add_special_tokens=False) for text in ("א", "ב"))  # type: ignore[attr-defined]
    pair = tokenizer.encode("א", "ב")  # type: ignore[attr-defined]
    a = next(n for n in range(len(pair)) if pair[n : n + len(first)] == first)
    b = next(n for n in range(a + len(first), len(pair)) if pair[n : n + len(second)] == second)
    return tuple(pair[:a]), tuple(pair[a + len(first) : b]), tuple(pair[b + len(second) :])


def freeze(encoder: nn.Module, parts: int) -> None:
    """Keep the lowest ``parts`` as they are: the embeddings first, then layer by layer.

    The stack is the longest list of modules.
    """
    stack = max((module for module in encoder.modules() if isinstance(module, nn.ModuleList)), key=len)
    for module in [encoder.get_input_embeddings(), *stack][:parts]:  # type: ignore[operator]
        module.requires_grad_(False)


def export(network: Network, path: Path) -> None:
    """Write the network as ONNX for any number of texts of any length."""
    exported = _Exported(network.cpu()).eval()
    ids = torch.randint(5, 10, (2, 12))
    mask = torch.ones_like(ids)
    batch, length = torch.export.Dim("texts", max=4096), torch.export.Dim("pieces", max=512)
    shapes = {name: {0: batch, 1: length} for name in ("input_ids", "attention_mask", "text_mask")}
    stdlib_logging.getLogger("torch.onnx").setLevel(stdlib_logging.ERROR)  # it warns of packages nobody needs here
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # the exporter talks about its own insides
        torch.onnx.export(
            exported,
            (ids, mask, mask.clone()),
            path,
            dynamo=True,
            input_names=list(shapes),
            output_names=["logits", "vectors"],
            dynamic_shapes=shapes,
            external_data=False,
            verbose=False,
        )
    _forget_origin(path)


def _forget_origin(path: Path) -> None:
    """Take out what the exporter noted of this computer: paths and stack traces with the user's name in them."""
    model = onnx.load(path)
    for function in (model.graph, *model.functions):
        for part in (function, *function.node, *function.value_info):
            part.doc_string = ""
            del part.metadata_props[:]
    del model.metadata_props[:]
    onnx.save(model, path)
