from __future__ import annotations

from itertools import islice
from pathlib import Path

from autocoder.errors import AutocoderError
from autocoder.read import READABLE, read_file
from evaluation.interchange import fuzz


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
