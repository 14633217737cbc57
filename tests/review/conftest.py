from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from autocoder.store import Store, open_project
from autocoder.store.settings import Settings, change_settings
from tests.review.desk_study import LEAD, at, build


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study of the desk, built once: nothing is drawn by chance."""
    folder = tmp_path_factory.mktemp("made") / "p"
    with build(folder) as study:
        change_settings(study, Settings(random_share=0), LEAD.coder, at(0))
    return folder


@pytest.fixture
def store(tmp_path: Path, made: Path) -> Iterator[Store]:
    """A copy of it to work on."""
    shutil.copytree(made, tmp_path / "p")
    with open_project(tmp_path / "p") as study:
        yield study
