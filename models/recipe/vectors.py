"""Stage 3: static vectors of the pieces, with which the encoder's embedding layer starts.

Positive pointwise mutual information of pieces within five of each other, contexts smoothed by 0.75, factorised by a
randomised SVD whose singular values enter by their square root (Levy, Goldberg and Dagan 2015, TACL 3).
Writes ``vectors.npy`` (pieces, width; float32).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from models.recipe.settings import Run, from_command_line

WINDOW = 5
SMOOTHING = 0.75


def count_neighbours(rows: NDArray[np.uint16], pieces: int) -> sparse.csr_matrix:
    """Return how often two pieces stand within the window of each other, nearer pairs counting more."""
    total = sparse.csr_matrix((pieces, pieces), dtype=np.float32)
    for distance in range(1, WINDOW + 1):
        left, right = rows[:, :-distance].ravel(), rows[:, distance:].ravel()
        keys, counts = np.unique(left.astype(np.int64) * pieces + right, return_counts=True)
        weight = np.float32((WINDOW + 1 - distance) / WINDOW)
        total += sparse.csr_matrix((counts.astype(np.float32) * weight, divmod(keys, pieces)), (pieces, pieces))
    return (total + total.T).tocsr()


def associate(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return positive pointwise mutual information, 0 where two pieces meet no more often than by chance."""
    pairs = counts.tocoo()
    occurrences = np.asarray(counts.sum(axis=1)).ravel()
    contexts = occurrences**SMOOTHING
    expected = occurrences[pairs.row] * contexts[pairs.col] / contexts.sum()
    information = np.log(pairs.data / expected)
    kept = information > 0
    return sparse.csr_matrix((information[kept], (pairs.row[kept], pairs.col[kept])), counts.shape, dtype=np.float32)


def factorise(matrix: sparse.csr_matrix, width: int, seed: int) -> NDArray[np.float32]:
    """Return one vector a piece, all of the length that a row drawn with standard deviation 0.02 has."""
    left, values, _ = randomized_svd(matrix, width, n_iter=3, random_state=seed)
    vectors = left * np.sqrt(values)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-6) * 0.02 * np.sqrt(width), dtype=np.float32)


def main(run: Run) -> None:
    """Write the vectors."""
    rows = np.load(run.work / "rows.npy")
    pieces = len(np.load(run.work / "frequency.npy"))
    vectors = factorise(associate(count_neighbours(rows, pieces)), run.settings.width, run.settings.seed)
    np.save(run.work / "vectors.npy", vectors)
    print(f"{vectors.shape[0]} vectors of {vectors.shape[1]}")


if __name__ == "__main__":
    main(from_command_line(__doc__))
