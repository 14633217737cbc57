from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest

from autocoder.errors import AutocoderError
from autocoder.formats import archive
from autocoder.read import READABLE, read_file
from evaluation.interchange import fuzz, worst


def test_changed_files_of_every_format_are_read_or_refused_in_one_sentence(tmp_path: Path) -> None:
    made, read = tmp_path / "made", tmp_path / "read"
    made.mkdir()
    read.mkdir()
    valid = fuzz.seeds(made)
    assert {ending for ending, _ in valid} == {*READABLE} - {".yml", ".sqlite", ".db"}  # read as their like
    for number, (ending, data) in enumerate(valid):
        path = made / f"v{number}{ending}"
        path.write_bytes(data)
        if ending != ".csv" or b";" in data:  # a table's codings are found by what else a project holds
            read_file(path)
    answers: list[str] = []
    for ending, data in islice(fuzz.changed_files(valid, seed=1), 250):
        path = read / f"f{ending}"
        path.write_bytes(data)
        answers.append(fuzz.answer_of(lambda path=path: read_file(path), AutocoderError))  # type: ignore[misc]
    assert not [answer for answer in answers if answer.startswith("harm")]
    assert {"read", "refused"} == set(answers)
    assert {each.stem for each in read.iterdir()} == {"f"}


def test_a_piece_stands_as_often_as_its_tree_fits_the_memory_that_a_file_of_that_size_may_take() -> None:
    size, piece = 1_000_000, b'<w:p><w:r w:a="b"/></w:p>'
    allowed = archive.MEMORY + archive.GROWTH * size
    assert 0.9 * allowed < archive.tree_size(piece * worst.under(size, piece)) <= allowed
    assert len(b"a" * worst.under(size, b"a")) <= archive.MAX_MEMBER


def test_figures_of_some_groups_leave_those_of_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "__file__", str(tmp_path / "fuzz.py"))
    for name, answer, peak in ((".a x", "read", 5), (".b y", "harm: died", 9), (".b y", "refused", 7)):
        figures = {name: {"peak_bytes": peak, "seconds": 0.1, "answer": answer}}
        fuzz._keep(
            "worst_files",
            lambda before, more=figures: fuzz._of_worst(before.get("by_file", {}) | more),  # type: ignore[misc]
        )
    kept = json.loads((tmp_path / "fuzz.json").read_text(encoding="utf-8"))["worst_files"]
    assert (kept["files"], kept["answers"], kept["peak_bytes"]) == (2, {"read": 1, "refused": 1}, 7)
