"""Stage 1: read the corpus, normalise it, keep part of the speech aside, and check it against the benchmarks.

Writes ``texts.json`` ({shard: [document, ...]}; a document is a list of lines), ``heldout.json`` and ``corpus.json``.
"""

from __future__ import annotations

import csv
import hashlib
import json
import lzma
from collections.abc import Iterator
from pathlib import Path

from autocoder.text import normalise
from models.recipe.settings import Run, from_command_line

HELD_OUT = "knesset_committees_25"  # whole meetings of it are never trained on
HELD_OUT_EVERY = 40


def read_shard(path: Path, lines_per_shard: int) -> list[list[str]]:
    """Return the documents of a shard; a shard of single sentences is one document of unrelated lines."""
    lines = lzma.decompress(path.read_bytes()).decode("utf-8").split("\n")
    if lines_per_shard:
        lines = lines[:lines_per_shard]
    documents: list[list[str]] = [[]]
    for line in lines:
        if line:
            documents[-1].append(normalise(line))
        elif documents[-1]:
            documents.append([])
    return [document for document in documents if document]


def benchmark_lines(folder: Path) -> set[str]:
    """Return the normalised lines of every Hebrew benchmark text, whatever column it stands in."""
    csv.field_size_limit(1 << 30)
    found: set[str] = set()
    for path in sorted(folder.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                found.update(_lines(row))
    for path in sorted(folder.rglob("*.jsonl")):
        for record in path.read_text(encoding="utf-8").splitlines():
            found.update(_lines(value for value in json.loads(record).values() if isinstance(value, str)))
    return found


def _lines(cells: Iterator[str] | list[str]) -> Iterator[str]:
    """Yield the normalised lines of three words or more; shorter ones ("כן") stand in every text."""
    for cell in cells:
        for line in cell.split("\n"):
            text = normalise(line)
            if text.count(" ") >= 2:
                yield text


def without(documents: list[list[str]], forbidden: set[str]) -> list[list[str]]:
    """Return the documents without the lines that a benchmark holds."""
    return [[line for line in document if line not in forbidden] for document in documents]


def count_lines(texts: dict[str, list[list[str]]]) -> int:
    """Return the number of lines in all shards."""
    return sum(len(document) for documents in texts.values() for document in documents)


def main(run: Run) -> None:
    """Write the stage's files and print the counts."""
    texts: dict[str, list[list[str]]] = {}
    digest = hashlib.sha256()
    for name in sorted(run.settings.weights):
        path = run.corpus / f"{name}.txt.xz"
        digest.update(path.read_bytes())
        texts[name] = read_shard(path, run.settings.lines_per_shard)
    held_out = texts[HELD_OUT][::HELD_OUT_EVERY]
    texts[HELD_OUT] = [document for n, document in enumerate(texts[HELD_OUT]) if n % HELD_OUT_EVERY]
    forbidden = benchmark_lines(run.benchmarks)
    before = count_lines(texts)
    texts = {name: without(documents, forbidden) for name, documents in texts.items()}
    facts = {
        "sha256": digest.hexdigest(),
        "lines": count_lines(texts),
        "benchmark_lines_checked": len(forbidden),
        "benchmark_lines_removed": before - count_lines(texts),
        "held_out_documents": len(held_out),
    }
    (run.work / "texts.json").write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")
    (run.work / "heldout.json").write_text(json.dumps(held_out, ensure_ascii=False), encoding="utf-8")
    (run.work / "corpus.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main(from_command_line(__doc__))
