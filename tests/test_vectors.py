from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autocoder.project import Span
from autocoder.vectors import UnitVectors, load_vectors, save_vectors, vectors_path

UNITS = UnitVectors((Span(0, 10), Span(12, 30)), np.array([[1.0, 0.0], [0.0, 0.5]], dtype=np.float32))


def test_vectors_come_back_with_their_units(tmp_path: Path) -> None:
    save_vectors(tmp_path, "ab12", UNITS)
    again = load_vectors(tmp_path, "ab12")
    assert again is not None
    assert again.spans == UNITS.spans
    assert np.array_equal(again.vectors, UNITS.vectors)
    assert [path.name for path in (tmp_path / "vectors").iterdir()] == ["ab12.npz"]


def test_a_passage_has_the_mean_of_its_units() -> None:
    both, first, none = UNITS.of(Span(0, 30)), UNITS.of(Span(0, 8)), UNITS.of(Span(40, 50))
    assert both is not None
    assert both.tolist() == [0.5, 0.25]
    assert first is not None
    assert first.tolist() == [1.0, 0.0]
    assert none is None


@pytest.mark.parametrize("spoiled", [b"", b"PK\x03\x04 not an archive", None])
def test_a_file_that_is_missing_or_damaged_is_as_if_it_had_not_been_written(
    tmp_path: Path, spoiled: bytes | None
) -> None:
    save_vectors(tmp_path, "ab12", UNITS)
    if spoiled is None:
        vectors_path(tmp_path, "ab12").unlink()
    else:
        vectors_path(tmp_path, "ab12").write_bytes(spoiled)
    assert load_vectors(tmp_path, "ab12") is None


def test_a_file_with_objects_in_it_is_not_opened(tmp_path: Path) -> None:
    path = vectors_path(tmp_path, "ab12")
    path.parent.mkdir()
    np.savez(path, places=np.array([[0, 1]]), vectors=np.array([{"an": "object"}], dtype=object), allow_pickle=True)
    assert load_vectors(tmp_path, "ab12") is None
