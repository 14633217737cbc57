"""Stage 2: train the word-piece tokenizer on the weighted text and cut the text into rows of pieces.

Writes the tokenizer into the model's folder, ``rows.npy`` (rows, 252; uint16), ``heldout.npy`` and ``frequency.npy``.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from models.recipe.settings import PIECES_PER_ROW, Run, Settings, from_command_line

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_WORD = Regex(r"[\p{L}\p{M}\p{N}]+(?:[\"'][\p{L}\p{M}]+)*")  # an acronym's gershayim stay inside its word
Documents = list[list[str]]


def train(texts: dict[str, Documents], settings: Settings) -> Tokenizer:
    """Train a WordPiece model; text is expected as ``autocoder.text.normalise`` leaves it."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=40))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(_WORD, "isolated"), pre_tokenizers.Digits(True)]
    )
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    trainer = trainers.WordPieceTrainer(
        vocab_size=settings.pieces, special_tokens=SPECIAL, limit_alphabet=220, min_frequency=3, show_progress=False
    )
    tokenizer.train_from_iterator(_weighted_lines(texts, settings), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(mark, tokenizer.token_to_id(mark)) for mark in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def _weighted_lines(texts: dict[str, Documents], settings: Settings) -> Iterator[str]:
    """Yield each line as often as its shard weighs; a fraction is a chance."""
    chance = random.Random(settings.seed)
    for name, documents in texts.items():
        weight = settings.weights[name]
        for document in documents:
            for line in document:
                for _ in range(int(weight) + (chance.random() < weight % 1)):
                    yield line


def cut(documents: Documents, tokenizer: Tokenizer) -> NDArray[np.uint16]:
    """Return the documents as rows of 252 pieces, one after the other with a [SEP] between two lines."""
    lines = [line for document in documents for line in document]
    mark = tokenizer.token_to_id("[SEP]")
    pieces: list[int] = []
    for encoding in tokenizer.encode_batch_fast(lines, add_special_tokens=False):
        pieces += encoding.ids
        pieces.append(mark)
    whole = len(pieces) // PIECES_PER_ROW * PIECES_PER_ROW
    return np.array(pieces[:whole], dtype=np.uint16).reshape(-1, PIECES_PER_ROW)


def weigh(rows: NDArray[np.uint16], weight: float, generator: np.random.Generator) -> NDArray[np.uint16]:
    """Repeat rows ``weight`` times; what is left of a weight is a share drawn at random."""
    share = generator.random(len(rows)) < weight % 1
    return np.concatenate([rows] * int(weight) + [rows[share]])


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Write the tokenizer in the form that AutoTokenizer loads."""
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=512,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    ).save_pretrained(folder)


def main(run: Run) -> None:
    """Write the stage's files and print pieces per word on the speech that was kept aside."""
    texts: dict[str, Documents] = json.loads((run.work / "texts.json").read_text(encoding="utf-8"))
    held_out: Documents = json.loads((run.work / "heldout.json").read_text(encoding="utf-8"))
    tokenizer = train(texts, run.settings)
    save(tokenizer, run.out)
    generator = np.random.default_rng(run.settings.seed)
    parts = [weigh(cut(texts[name], tokenizer), run.settings.weights[name], generator) for name in sorted(texts)]
    rows = generator.permutation(np.concatenate(parts))
    np.save(run.work / "rows.npy", rows)
    np.save(run.work / "heldout.npy", cut(held_out, tokenizer))
    np.save(run.work / "frequency.npy", np.bincount(rows.ravel(), minlength=tokenizer.get_vocab_size()))
    lines = [line for document in held_out for line in document]
    encodings = tokenizer.encode_batch_fast(lines, add_special_tokens=False)
    facts = {
        "pieces": tokenizer.get_vocab_size(),
        "rows": len(rows),
        "pieces_in_one_pass": int(rows.size),
        "pieces_per_word": round(sum(len(e.ids) for e in encodings) / sum(len(line.split()) for line in lines), 3),
    }
    (run.work / "tokenizer.json").write_text(json.dumps(facts), encoding="utf-8")
    print(json.dumps(facts))


if __name__ == "__main__":
    main(from_command_line(__doc__))
