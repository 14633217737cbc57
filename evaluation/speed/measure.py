"""How long the everyday commands take, each as a whole process; ``python evaluation/speed/measure.py`` prints JSON.

The transcripts are the demonstration study's turns in other orders, 10,000 words each.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STUDY = Path(__file__).resolve().parents[2] / "training_data" / "peer_support_demo" / "source"
WORDS = 10_000


def timed(*arguments: str | Path) -> float:
    """Return the seconds of one command; raise CalledProcessError when it fails."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "autocoder", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)
    return round(time.monotonic() - begun, 2)


def write_transcripts(folder: Path, count: int) -> list[Path]:
    """Write ``count`` transcripts of 10,000 words."""
    chance = random.Random(1)
    lines = [line for path in sorted(STUDY.glob("*.txt")) for line in path.read_text(encoding="utf-8").split("\n")]
    turns = [line.partition(": ")[2] for line in lines if ": " in line and not line.startswith("#")]
    paths = []
    for number in range(count):
        words, said = 0, []
        while words < WORDS:
            turn = chance.choice(turns)
            words += len(turn.split())
            said.append(f"{('מראיינת', 'רחל', 'דוברת 2')[len(said) % 3]}: {turn}")
        path = folder / f"t{number:03}.txt"
        path.write_text("\n\n".join(said), encoding="utf-8")
        paths.append(path)
    return paths


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = folder / "p"
        paths = write_transcripts(folder, 200)
        timed("new", project, "--codebook", "peer-support")
        figures = {
            "import of 100 transcripts of 10,000 words, s": timed("import", project, *paths[:100]),
            "import of 100 more, s": timed("import", project, *paths[100:]),
            "status of 200 transcripts, s, best of 3": min(timed("status", project) for _ in range(3)),
            "help, s, best of 3": min(timed("--help") for _ in range(3)),
        }
        print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
