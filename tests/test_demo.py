from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from autocoder import demo, steps
from autocoder.bundled import NotBundled, bundled, codebooks, study
from autocoder.learn.fit import Settings
from autocoder.project import CoderKind

ROOT = Path(__file__).resolve().parent.parent


def test_what_is_bundled_is_there_and_what_is_not_is_named() -> None:
    assert list(codebooks()) == ["cfir-2009", "cfir-2022", "peer-support", "upsides-principles"]
    assert (study() / "files.json").is_file()
    with pytest.raises(NotBundled, match="install autocoder again"):
        bundled("no", "such")


def test_the_studys_files_are_what_its_source_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ROOT / "training_data" / "peer_support_demo"
    monkeypatch.syspath_prepend(str(folder))
    spec = importlib.util.spec_from_file_location("build", folder / "build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "build", build)
    spec.loader.exec_module(build)
    build.check()


def test_the_demonstration_goes_from_files_to_suggestions(
    tmp_path: Path, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = Settings(str(tiny_encoder), folds=2, epochs=1, batch=32, rate=5e-3, head_rate=2e-2, frozen=0, least_steps=0)
    monkeypatch.setattr("autocoder.learn.fit.Settings", lambda *_, **__: quick)
    said: list[str] = []
    demo.run(tmp_path / "d", said.append)
    text = "\n".join(said)
    assert "synthetic" in text
    assert text.count("read back and compared, all equal") == 2
    assert "C09.3" in text
    assert "majority" in text
    with steps.open_project(tmp_path / "d") as opened:
        project = opened.load()
        (manifest,) = [folder / "manifest.json" for folder in steps.model_folders(opened)]
    new = {"a3", "a6", "b3", "c6", "d2", "d6"}
    assert not new & set(json.loads(manifest.read_text(encoding="utf-8"))["data"]["transcripts"])
    models = {coder.name for coder in project.coders if coder.kind is CoderKind.MODEL}
    assert {coding.transcript for coding in project.codings if coding.coder in models} <= new
    for coding in project.codings:
        quote = project.transcript(coding.transcript).quote(coding.span)
        assert quote == quote.strip()
