"""What splitting Hebrew prefixes off would change: pieces per word of held-out speech with and without.

Letters count as a prefix when what is left is a word of the text that is at least as common as the whole; that is a
rule for counting and no analyser. The shipped tokenizer does not split.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping

from models.recipe.settings import Run, from_command_line
from models.recipe.tokenizer import Documents, train

_PREFIXED = re.compile(r"^(ו?(?:כש|מש|לכש|ש|ה|ב|כ|ל|מ)?(?:ה)?)(?=[א-ת]{3,}$)")
OFTEN = 20


def split_prefixes(line: str, often: Mapping[str, int]) -> str:
    """Return the line with a space after each prefix whose rest is a word of its own, and a commoner one."""
    return " ".join(_split(word, often) for word in line.split(" "))


def _split(word: str, often: Mapping[str, int]) -> str:
    match = _PREFIXED.match(word)
    if match is None or not match[1]:
        return word
    rest = word[match.end() :]
    return f"{match[1]} {rest}" if often.get(rest, 0) >= max(OFTEN, often.get(word, 0)) else word


def main(run: Run) -> None:
    """Train both tokenizers and print what they need for the speech that was kept aside."""
    texts: dict[str, Documents] = json.loads((run.work / "texts.json").read_text(encoding="utf-8"))
    held_out: Documents = json.loads((run.work / "heldout.json").read_text(encoding="utf-8"))
    often = Counter(word for documents in texts.values() for doc in documents for line in doc for word in line.split())
    split = {name: [[split_prefixes(line, often) for line in doc] for doc in docs] for name, docs in texts.items()}
    lines = [line for document in held_out for line in document]
    words = sum(len(line.split()) for line in lines)
    parted = [split_prefixes(line, often) for line in lines]
    cut_off = sum(len(line.split()) for line in parted) - words
    for name, tokenizer, asked in (
        ("whole words", train(texts, run.settings), lines),
        ("prefixes apart", train(split, run.settings), parted),
    ):
        encodings = tokenizer.encode_batch_fast(asked, add_special_tokens=False)
        pieces = sum(len(encoding.ids) for encoding in encodings)
        inside = {piece for text, piece in tokenizer.get_vocab().items() if text.startswith("##")}
        continued = sum(piece in inside for encoding in encodings for piece in encoding.ids)
        print(f"{name}: {pieces / words:.3f} pieces a word as written, {continued / pieces:.1%} of them inside a word")
    print(f"{cut_off / words:.1%} of the words lose a prefix")


if __name__ == "__main__":
    main(from_command_line(__doc__))
