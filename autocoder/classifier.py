"""The saved model: a folder with a manifest, encoder, head and linear machines as safetensors, and an ONNX file.

A score joins two views of a text: the fine-tuned encoder's logit and the distance from a linear machine's plane over
character and word n-grams. Their weights come from units that neither had seen. Scoring needs no torch, so that
suggestions start at once and run where torch does not.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from autocoder.errors import AutocoderError
from autocoder.text import normalise

FORMAT = 1
MANIFEST, NETWORK, TOKENIZER = "manifest.json", "model.onnx", "encoder/tokenizer.json"
LINEAR, NGRAMS = "linear.safetensors", "ngrams.json"
BATCH = 32

_WORD = r"[^\s.,!?;:()\[\]]+"  # keeps gershayim, geresh and niqqud inside the word, where \w would cut it

Scores = NDArray[np.float64]
Vectors = NDArray[np.float32]
Ids = NDArray[np.int64]


class ModelFault(AutocoderError):
    """A folder that is no model of ours, or one whose files were changed."""


@dataclass(frozen=True)
class Input:
    """How a text becomes pieces: the marks' ids and how many pieces of question and text the model reads.

    ``mask`` is the id that hides a piece while a model learns; None of an encoder that has none.
    """

    start: tuple[int, ...]
    between: tuple[int, ...]
    end: tuple[int, ...]
    pad: int
    question_pieces: int = 48
    text_pieces: int = 200
    mask: int | None = None


@dataclass(frozen=True)
class CodeEntry:
    """A code as the model knows it; ``learned`` is False for one with too few examples, whose score is its prior."""

    id: str
    name: str
    parent: str | None
    codable: bool
    exclusive: bool
    examples: int
    prior: float
    learned: bool
    suggest: float = 1.1
    unsure: float = 1.1


@dataclass(frozen=True)
class Manifest:
    """All that a model says of itself; the card is the same for people."""

    name: str
    created: str
    codes: tuple[CodeEntry, ...]
    input: Input
    encoder_slope: float
    linear_slope: float
    intercept: float
    encoder: str
    data: Mapping[str, Any]
    settings: Mapping[str, Any]
    scores: Mapping[str, Any]
    versions: Mapping[str, str]
    codebook: str
    codebook_version: int
    files: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT


@dataclass(frozen=True)
class Window:
    """One sequence for the network, and which of the texts it came from."""

    text: int
    ids: tuple[int, ...]
    first: int  # where the text's own pieces begin, after the question
    last: int  # one past where they end


def windows(tokenizer: Tokenizing, how: Input, texts: Sequence[str], questions: Sequence[str]) -> list[Window]:
    """Cut texts into sequences ``start question between text end``; a long text gives several of the same size.

    The question keeps its last pieces, because that is where it asks. Both are normalised here and nowhere else.
    """
    asked = [pieces[-how.question_pieces :] for pieces in tokenizer.pieces(list(map(normalise, questions)))]
    found = []
    for n, (question, pieces) in enumerate(zip(asked, tokenizer.pieces(list(map(normalise, texts))), strict=True)):
        lead = (*how.start, *question, *how.between) if question else how.start
        count = max(1, -(-len(pieces) // how.text_pieces))
        edges = [round(k * len(pieces) / count) for k in range(count + 1)]
        for k in range(count):
            part = pieces[edges[k] : edges[k + 1]]
            found.append(Window(n, (*lead, *part, *how.end), len(lead), len(lead) + len(part)))
    return found


class Tokenizing(Protocol):
    """A tokenizer that gives the ids of each text without any marks."""

    def pieces(self, texts: list[str]) -> list[list[int]]:
        """Return the ids of each text."""
        ...


class FileTokenizer:
    """The tokenizer of a ``tokenizer.json``."""

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def pieces(self, texts: list[str]) -> list[list[int]]:
        """Return the ids of each text."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch(texts, add_special_tokens=False)]


def batches(found: Sequence[Window], size: int) -> Iterator[list[int]]:
    """Yield indices of windows, the longest first, so that a batch is padded little."""
    order = sorted(range(len(found)), key=lambda n: -len(found[n].ids))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def pad(found: Sequence[Window], filler: int) -> tuple[Ids, Ids, Ids]:
    """Return ids, attention mask and the mask of the text's own pieces, each (windows, longest)."""
    longest = max(len(window.ids) for window in found)
    ids = np.full((len(found), longest), filler, dtype=np.int64)
    attention, own = np.zeros_like(ids), np.zeros_like(ids)
    for row, window in enumerate(found):
        ids[row, : len(window.ids)] = window.ids
        attention[row, : len(window.ids)] = 1
        own[row, window.first : max(window.last, window.first + 1)] = 1
    return ids, attention, own


class Ngrams:
    """TF-IDF of character 2-5-grams inside words and of word 1-2-grams; the features of the linear machines."""

    def __init__(self, min_df: int = 1, vocabularies: Sequence[Sequence[str]] = (), idf: Sequence[Scores] = ()) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        letters, words = vocabularies or (None, None)
        common = {"min_df": min_df, "sublinear_tf": True, "dtype": np.float32}
        self._letters = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), max_features=300_000, vocabulary=letters, **common
        )
        self._words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=_WORD, vocabulary=words, **common)
        for vectoriser, weights in zip((self._letters, self._words), idf, strict=False):
            vectoriser.idf_ = weights

    def fit(self, texts: Sequence[str]) -> Ngrams:
        """Learn which n-grams there are and how rare they are."""
        self._letters.fit(texts)
        self._words.fit(texts)
        return self

    def __call__(self, texts: Sequence[str]) -> csr_matrix:
        """Return (texts, features)."""
        return hstack([self._letters.transform(texts), self._words.transform(texts)]).tocsr()

    @property
    def vocabularies(self) -> tuple[list[str], list[str]]:
        """The character n-grams and the word n-grams, in the order of the features."""
        letters, words = (list(map(str, v.get_feature_names_out())) for v in (self._letters, self._words))
        return letters, words

    @property
    def idf(self) -> tuple[Scores, Scores]:
        """The weights of rarity, in the order of the features."""
        return self._letters.idf_, self._words.idf_


class LinearScorer:
    """The saved linear machines of a model, one per learned code."""

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file

        tensors = load_file(folder / LINEAR)
        vocabularies = json.loads((folder / NGRAMS).read_text(encoding="utf-8"))
        self._features = Ngrams(1, vocabularies, (tensors["idf_letters"], tensors["idf_words"]))
        self._weights, self._bias = tensors["weights"], tensors["bias"]

    def __call__(self, texts: Sequence[str]) -> Scores:
        """Return (texts, learned codes) signed distances."""
        return np.asarray(self._features(texts) @ self._weights + self._bias, dtype=np.float64)


def probabilities(manifest: Manifest, logits: Scores, distances: Scores) -> Scores:
    """Return calibrated scores of every code, (n, codes), from logits and distances of the learned ones, (n, learned).

    A code that was not learned has its share among the examples, but no more than its parent's score; a parent is at
    least as likely as its child.
    """
    scores = np.tile([code.prior for code in manifest.codes], (len(logits), 1))
    learned = [n for n, code in enumerate(manifest.codes) if code.learned]
    margins = manifest.encoder_slope * logits + manifest.linear_slope * distances + manifest.intercept
    scores[:, learned] = np.exp(-np.logaddexp(0, -margins))  # the sigmoid, without overflow
    place = {code.id: n for n, code in enumerate(manifest.codes)}
    below = [code for code in manifest.codes if code.parent is not None]
    below.sort(key=lambda code: len(_line(code, manifest.codes, place)))
    for code in below:
        if not code.learned:
            own = place[code.id]
            scores[:, own] = np.minimum(scores[:, own], scores[:, place[str(code.parent)]])
    for code in reversed(below):
        parent = place[str(code.parent)]
        scores[:, parent] = np.maximum(scores[:, parent], scores[:, place[code.id]])
    return scores


def _line(code: CodeEntry, codes: Sequence[CodeEntry], place: Mapping[str, int]) -> list[CodeEntry]:
    """Return the codes above, the nearest first."""
    above = []
    while code.parent is not None:
        code = codes[place[code.parent]]
        above.append(code)
    return above


def chosen(manifest: Manifest, scores: NDArray[np.float64]) -> dict[str, float]:
    """Return the codes to suggest for one text with their scores, from the text's row of scores.

    The most specific codes over their threshold; of an exclusive tree the likeliest code alone, and only beside
    another code, since valence without a theme says nothing.
    """
    place = {code.id: n for n, code in enumerate(manifest.codes)}
    over = [
        code for n, code in enumerate(manifest.codes) if code.codable and code.learned and scores[n] >= code.suggest
    ]
    kept = {code.id: float(scores[place[code.id]]) for code in over if not code.exclusive}
    for code in over:
        for ancestor in _line(code, manifest.codes, place):
            kept.pop(ancestor.id, None)
    likeliest: dict[str, CodeEntry] = {}
    for code in sorted((code for code in over if code.exclusive), key=lambda code: scores[place[code.id]]):
        root = (code, *_line(code, manifest.codes, place))[-1]
        likeliest[root.id] = code
    return kept | {code.id: float(scores[place[code.id]]) for code in likeliest.values() if kept}


def suggested(manifest: Manifest, scores: Scores) -> list[frozenset[str]]:
    """Return what :func:`chosen` suggests for each row of scores, with all codes above it."""
    place = {code.id: n for n, code in enumerate(manifest.codes)}
    above = {code.id: {one.id for one in _line(code, manifest.codes, place)} for code in manifest.codes}
    return [frozenset().union(*({code} | above[code] for code in chosen(manifest, row))) for row in scores]


@dataclass(frozen=True)
class Scored:
    """Calibrated scores, (texts, codes), and how the network reads the texts, (texts, width).

    A text of several parts has the mean of their vectors; a model made before vectors were exported gives None.
    """

    scores: Scores
    vectors: Vectors | None


class Classifier:
    """A trained model that scores texts."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        self.manifest = manifest
        self.folder = folder
        self._tokenizer = FileTokenizer(folder / TOKENIZER)
        self._linear = LinearScorer(folder)
        self._session = InferenceSession(str(folder / NETWORK), options, providers=["CPUExecutionProvider"])

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes in the order of the columns of :meth:`score`."""
        return tuple(code.id for code in self.manifest.codes)

    def score(self, texts: Sequence[str], questions: Sequence[str]) -> Scores:
        """Return (texts, codes) calibrated scores; the longest text first, a long text by its likeliest part."""
        return self.read(texts, questions).scores

    def read(self, texts: Sequence[str], questions: Sequence[str]) -> Scored:
        """Return the scores and the vectors of texts."""
        found = windows(self._tokenizer, self.manifest.input, texts, questions)
        learned = sum(code.learned for code in self.manifest.codes)
        logits = np.full((len(texts), learned), -np.inf)
        vectors: Vectors | None = None
        for batch in batches(found, BATCH):
            parts = [found[n] for n in batch]
            ids, attention, own = pad(parts, self.manifest.input.pad)
            feed = {"input_ids": ids, "attention_mask": attention, "text_mask": own}
            values, *pooled = self._session.run(None, feed)
            np.maximum.at(logits, [window.text for window in parts], np.asarray(values, dtype=np.float64))
            if pooled:
                vectors = np.zeros((len(texts), pooled[0].shape[1]), np.float32) if vectors is None else vectors
                np.add.at(vectors, [window.text for window in parts], pooled[0])
        if vectors is not None:
            vectors /= np.maximum(np.bincount([window.text for window in found], minlength=len(texts)), 1)[:, None]
        scores = probabilities(self.manifest, logits, self._linear([normalise(text) for text in texts]))
        return Scored(scores, vectors)


def load(folder: Path) -> Classifier:
    """Open a model; raise ModelFault when a file is missing, changed, or of a newer form."""
    manifest = read_manifest(folder)
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file() or file_sha256(path) != digest:
            raise ModelFault(f"{folder}: {name} is missing or was changed since training; train the model again.")
    return Classifier(folder, manifest)


def read_manifest(folder: Path) -> Manifest:
    """Return what a model says of itself, without loading it."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ModelFault(
            f"{folder} is no model: it has no {MANIFEST}; name a folder that autocoder train made."
        ) from None
    except ValueError:
        raise ModelFault(f"{folder}: {MANIFEST} is damaged; train the model again.") from None
    if content.get("format") != FORMAT:
        raise ModelFault(f"{folder} has a form that this version does not know; install the version that trained it.")
    how: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in content["input"].items()
    }
    entries = tuple(CodeEntry(**entry) for entry in content["codes"])
    return Manifest(**{**content, "codes": entries, "input": Input(**how)})


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest; it is the last file of a model, so a folder without one is an unfinished model."""
    partial = folder / f"{MANIFEST}.partial"
    partial.write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(partial, folder / MANIFEST)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
