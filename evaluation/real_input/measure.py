"""The journey on real files: each into a project of its own, meetings pre-coded, everything exported and read back.

``python evaluation/real_input/measure.py MODEL [SAMPLES]`` with the folder of a model, for example
``autocoder-demo/models/m1``, and the folder of the real files, by default ``../shared/samples``. One line a file.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from autocoder import steps
from autocoder.classifier import load
from autocoder.export import export
from autocoder.segment import segments


def measure(path: Path, model: Path, folder: Path) -> dict[str, object]:
    """Return the counts of one file's journey."""
    with steps.new_project(folder, steps.find_codebook("peer-support")) as store:
        joined, codings = steps.import_files(store, [path])
        classifier, project = load(model), store.load()
        names = [transcript.name for transcript in project.transcripts if transcript.turns]
        suggestions = sum(count for _, count in steps.precode(store, classifier, project, names))
        project = store.load()
        exported = [export(project, folder / f"out.{ending}") for ending in ("qdpx", "xlsx", "csv")]
    turns = [turn for transcript in project.transcripts for turn in transcript.turns]
    return {
        "file": path.name,
        "codes": joined.reports[0].codes,
        "transcripts": len(project.transcripts),
        "speakers": joined.reports[0].speakers,
        "turns": len(turns),
        "units": sum(len(segments(transcript)) for transcript in project.transcripts),
        "codings": codings,
        "suggestions": suggestions,
        "quotes_compared": [done.compared.codings for done in exported],
        "problems": len(joined.reports[0].problems),
    }


def main(model: Path, samples: Path) -> None:
    """Measure every file and print."""
    paths = sorted(path for name in ("transcripts", "qda") for path in (samples / name).iterdir())
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(paths):
            print(json.dumps(measure(path, model, Path(folder) / str(number)), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "../shared/samples"))
