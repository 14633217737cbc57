from __future__ import annotations

from pathlib import Path

import pytest

from autocoder.errors import FileRefused
from autocoder.export import export, restrict
from autocoder.project import Project


@pytest.mark.parametrize("ending", ["qdpx", "xlsx", "csv"])
def test_an_export_is_read_back_quote_by_quote(tmp_path: Path, project: Project, ending: str) -> None:
    done = export(project, tmp_path / f"p.{ending}")
    assert (done.transcripts, done.human, done.suggested, done.compared) == (1, 4, 0, 4)


@pytest.mark.parametrize("ending", ["qdc", "yaml"])
def test_a_codebook_is_written_alone(tmp_path: Path, project: Project, ending: str) -> None:
    assert export(project, tmp_path / f"p.{ending}").compared == 0
    assert (tmp_path / f"p.{ending}").stat().st_size > 100


def test_an_unknown_ending_and_a_missing_folder_are_named(tmp_path: Path, project: Project) -> None:
    with pytest.raises(FileRefused, match=r"use \.qdpx"):
        export(project, tmp_path / "p.mx24")
    with pytest.raises(FileRefused, match="make the folder first"):
        export(project, tmp_path / "no" / "p.qdpx")


def test_only_the_named_transcripts_go_out(project: Project) -> None:
    assert restrict(project, frozenset({"another"})).codings == ()
    assert restrict(project, frozenset({"ריאיון 1"})) == project
