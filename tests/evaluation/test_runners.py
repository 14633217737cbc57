"""The runners beside the package: what the one command would run, and how figures are printed beside stated ones."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from evaluation import all as every  # noqa: E402
from evaluation.benchmarks import measure  # noqa: E402


def test_every_runner_has_a_name_of_its_own_and_a_file() -> None:
    found = every.runners()
    names = [runner.name for runner in found]
    assert len(names) == len(set(names))
    assert {"demo", "demo_agree", "demo_evaluate", "benchmarks", "demo_study", "speed", "real_input"} <= set(names)
    for runner in found:
        script = runner.arguments[0]
        assert script == "-m" or Path(script).is_file() or script in runner.needs


def test_every_script_that_runs_by_itself_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    run = {runner.arguments[0] for runner in every.runners()}
    scripts = {path for path in (ROOT / "evaluation").glob("*/*.py") if every.is_runner(path)}
    assert scripts <= run
    assert capsys.readouterr().out == ""


def test_a_runner_is_left_out_by_name_where_what_it_needs_is_missing(tmp_path: Path) -> None:
    runner = every.Runner("x", (tmp_path / "x.py",), (tmp_path / "data",))
    assert every.run(runner) == f"left out: {tmp_path / 'data'} is not there"
    made = every.Runner("x", (tmp_path / "x.py",), (), tmp_path)
    assert "is there already" in every.run(made)
    assert every.run(every.Runner("x", ("-c", "raise SystemExit(3)"))).startswith("failed with 3")


def test_a_figure_far_from_the_stated_one_is_marked() -> None:
    text = measure.beside("x", {"a": 0.5001, "b": 0.51, "c": None}, {"measured": {"a": 0.5, "b": 0.5}})
    marked = {line.split()[0]: line.endswith("*") for line in text.splitlines()[3:]}
    assert marked == {"a": False, "b": True, "c": False}


def test_interchangeable_raters_keep_every_rating() -> None:
    assert measure.by_rater([[1, 0], [1], [None, 1, 0]]) == [[1, 1, None], [0, None, 1], [None, None, 0]]
    assert measure.positive_f1(["1", "1", "0"], ["1", "0", "1"]) == 0.5


def test_the_kept_figures_are_those_that_are_stated() -> None:
    folder = ROOT / "evaluation" / "benchmarks"
    kept = json.loads((folder / "measured.json").read_text(encoding="utf-8"))
    stated = json.loads((folder / "stated.json").read_text(encoding="utf-8"))
    for name in ("hebemo", "annomi_simple"):
        assert set(stated[name]["measured"]) == set(kept[name])
        far = {
            key: (kept[name][key], value)
            for key, value in stated[name]["measured"].items()
            if abs(round(kept[name][key], 3) - value) > measure.CLOSE
        }
        assert not far


def test_alpha_of_hebemo_is_the_stated_one(shared: Path) -> None:
    lines = (shared / "benchmarks" / "hebemo" / "hebemo.jsonl").read_text(encoding="utf-8").splitlines()
    items = [item for item in map(json.loads, lines) if item["subset"] == "out_of_domain"]
    units = [[None if r is None else int(r > 0) for r in item["ratings"]["anger"]] for item in items]
    assert measure.krippendorff_alpha(measure.by_rater(units)).value == pytest.approx(0.312, abs=5e-4)
