"""Every table of the README and of this folder, made again: ``python evaluation/all.py [--only NAME ...] [--list]``.

Each runner prints its figures and keeps its own small result file. Some need more than this folder, and are left out,
by name, where it is not there: the public data sets, real files, or a trained model.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SHARED = ROOT / ".." / "shared"
DEMO = ROOT / "autocoder-demo"
ENCODERS = HERE / "encoders" / "measure.py"


@dataclass(frozen=True)
class Runner:
    """A command that makes tables, the paths without which it cannot, and one that it would make anew."""

    name: str
    arguments: tuple[str | Path, ...]
    needs: tuple[Path, ...] = ()
    makes: Path | None = None


def runners() -> list[Runner]:
    """Return the runners in the order in which they run: the demonstration first, since others take its project."""
    found = [
        Runner("demo", ("-m", "autocoder", "demo", "--project", DEMO), makes=DEMO),
        Runner("demo_agree", ("-m", "autocoder", "agree", DEMO, "--html", DEMO / "agreement.html")),
        Runner("demo_evaluate", ("-m", "autocoder", "evaluate", DEMO, "--html", DEMO / "evaluation.html")),
        Runner("real_input", (HERE / "real_input" / "measure.py", DEMO / "models" / "m1"), (SHARED / "samples",)),
        Runner("encoders", (ENCODERS, ROOT / "models" / "he-small"), (ENCODERS, SHARED / "benchmarks")),
        Runner("benchmarks", (HERE / "benchmarks" / "measure.py",), (SHARED / "benchmarks",)),
    ]
    named = {runner.arguments[0] for runner in found}
    others = sorted(path for path in HERE.glob("*/*.py") if path not in named and is_runner(path))
    return found + [Runner(name_of(path), (path,)) for path in others]


def is_runner(path: Path) -> bool:
    """Whether a file is run by itself, and needs no argument."""
    text = path.read_text(encoding="utf-8")
    return '__name__ == "__main__"' in text and "required=True" not in text


def name_of(path: Path) -> str:
    """Return the folder's name, with the file's unless that is ``measure``."""
    return path.parent.name if path.stem == "measure" else f"{path.parent.name}/{path.stem}"


def run(runner: Runner) -> str:
    """Run one and return what became of it."""
    missing = [path for path in runner.needs if not path.exists()]
    if missing:
        return f"left out: {missing[0]} is not there"
    if runner.makes is not None and runner.makes.exists():
        return f"left out: {runner.makes.name} is there already; delete it to make it again"
    begun = time.monotonic()
    done = subprocess.run([sys.executable, *map(str, runner.arguments)], cwd=ROOT, check=False)
    seconds = time.monotonic() - begun
    return f"{seconds:.0f} s" if done.returncode == 0 else f"failed with {done.returncode} after {seconds:.0f} s"


def main() -> int:
    """Run the runners; return 1 when one failed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these alone")
    options.add_argument("--list", action="store_true", help="name the runners and stop")
    chosen = options.parse_args()
    known = runners()
    unknown = set(chosen.only) - {runner.name for runner in known}
    if unknown:
        options.error(f"there is no runner {sorted(unknown)[0]}; --list names them")
    if chosen.list:
        print("\n".join(runner.name for runner in known))
        return 0
    outcomes = {}
    for runner in known:
        if not chosen.only or runner.name in chosen.only:
            print(f"\n=== {runner.name}", flush=True)
            outcomes[runner.name] = run(runner)
    print()
    for name, outcome in outcomes.items():
        print(f"{name:28}{outcome}")
    return int(any(outcome.startswith("failed") for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
