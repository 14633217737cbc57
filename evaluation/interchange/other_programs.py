"""What other programs' importers make of our .qdpx.

``python evaluation/interchange/other_programs.py PYTHON [FILE.qdpx]`` asks every program below that PYTHON has (the
path of a Python in an environment of its own, made with ``pip install`` and the program's name) to read a project that
autocoder exported, prints how what it read compares with what our own reader reads, and keeps the figures in
``other_programs.json`` beside it, by program. Without FILE the demonstration study is imported and exported: its
transcripts and the coding of both coders, each with an emoji and a mark of direction put in front.

* ``qdapy`` gives positions and quotes that it cut out of the sources itself, so every coding is compared with ours.
* ``qualitative-coding`` (qc) checks the file against its own copy of the REFI-QDA schema and makes a project of it. It
  codes whole lines, and looks up the line of a foreign selection wrongly (every one falls on the first), so which coder
  gave which code in which document is compared, and every text. Version 1.7.8 stops at a breakpoint that was left in
  the importer; the run switches breakpoints off.
* ``pyrefiqda`` loads the file into models of the whole schema; its codings and positions are compared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from autocoder import steps
from autocoder.bundled import study
from autocoder.export import export
from autocoder.formats import qdpx
from autocoder.project import Codebook, Coding, Project, Reading, Role, Span
from autocoder.text import fingerprint

RESULT = Path(__file__).with_suffix(".json")
FRONT = "🙂 \u200f"

# Each runs in the other Python with the file as its argument and prints one line of JSON. A coding is a row of source,
# coder, the code's GUID, start, end and quote, as far as the program keeps them.
SCRIPTS = {
    "qdapy": """
import json, sys, warnings, qdapy
warnings.simplefilter("ignore")
read = qdapy.read_qdpx(sys.argv[1])
rows = read.fragments.to_dict("records")
columns = ("title", "codedBy", "codeId", "positionStart", "positionEnd", "text")
found = [[row[name] if isinstance(row[name], str) else int(row[name]) for name in columns] for row in rows]
print(json.dumps({"codings": found, "codes": list(read.codebook["codeId"]), "coders": read.coders}))
""",
    "qualitative-coding": """
import json, sys, sqlite3
from pathlib import Path
from qualitative_coding.refi_qda.reader import REFIQDAReader
REFIQDAReader(sys.argv[1]).unpack_project(Path.cwd())
with sqlite3.connect("qualitative_coding.sqlite3") as base:
    ask = lambda query: [list(row) for row in base.execute(query)]
    found = ask('''select distinct document_index.document_id, coder_id, code_id from coded_line
        join coded_line_location_association on coded_line_id = coded_line.id
        join location on location.id = location_id
        join document_index on document_index.id = document_index_id''')
    names = {table: [name for (name,) in ask("select name from " + table)] for table in ("code", "coder")}
texts = {path.stem: path.read_bytes().decode() for path in Path("corpus").iterdir()}
print(json.dumps({"given": found, "code_names": names["code"], "coders": names["coder"], "texts": texts}))
""",
    "pyrefiqda": """
import json, sys
from pyrefiqda import RefiProject
read = RefiProject.load(sys.argv[1])
users = {user.guid: user.name for user in read.users.user}
found, codes, todo = [], [], list(read.code_book.codes.code)
while todo:
    code = todo.pop()
    codes.append(code.guid)
    todo += code.code
for source in read.sources.text_source:
    for selection in source.plain_text_selection:
        place = [selection.start_position, selection.end_position]
        for each in selection.coding:
            found.append([source.name, users[each.creating_user], each.code_ref.target_guid, *place])
print(json.dumps({"codings": found, "codes": codes, "coders": list(users.values())}))
""",
}


def demonstration(folder: Path) -> Path:
    """Import the demonstration study with both coders' coding and export it."""
    files = json.loads((study() / "files.json").read_text(encoding="utf-8"))
    names = dict.fromkeys([*files["coded"], *files["new"], *files["compare"]])
    roles = {label: Role(role) for label, role in files["roles"].items()}
    with steps.new_project(folder / "p", steps.find_codebook("peer-support")) as store:
        steps.import_files(store, [study() / name for name in names], roles)
        project = store.load()
    path = folder / "demonstration.qdpx"
    export(with_front(project), path)
    return path


def with_front(project: Project) -> Project:
    """Put an emoji and a mark of direction before every text, which moves a program that counts in other units."""
    by = len(FRONT)
    moved = (replace(each, span=Span(each.span.start + by, each.span.end + by)) for each in project.codings)
    texts = (replace(each, text=FRONT + each.text, turns=()) for each in project.transcripts)
    return replace(project, transcripts=tuple(texts), codings=tuple(moved))


def ask(python: str, program: str, path: Path) -> dict[str, Any] | None:
    """Return what the program read, with its version; None when this Python does not have it."""
    version = f"import importlib.metadata as found; print(found.version({program!r}))"
    with tempfile.TemporaryDirectory() as folder:
        run = [python, "-W", "ignore", "-c"]
        known = subprocess.run([*run, version], capture_output=True, text=True, check=False)
        if known.returncode:
            return None
        environment = os.environ | {"PYTHONBREAKPOINT": "0", "PYTHONUTF8": "1"}
        done = subprocess.run(
            [*run, SCRIPTS[program], str(path)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=folder,
            env=environment,
            check=False,
        )
    if done.returncode:
        return {"version": known.stdout.strip(), "failed": done.stderr.strip().splitlines()[-1:]}
    return json.loads(done.stdout.splitlines()[-1]) | {"version": known.stdout.strip()}


def compared(ours: Reading, theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts of either side, and how many entries both have, for each thing that the program keeps."""
    book = ours.codebook or Codebook("", ())
    texts = {transcript.name: transcript.text for transcript in ours.transcripts}
    names = {code.id: code.name for code in book}
    sides: dict[str, tuple[Iterable[Any], Iterable[Any]]] = {
        "coders": ([coder.name for coder in ours.coders], theirs["coders"]),
    }
    if "codes" in theirs:
        sides["codes"] = (list(names), theirs["codes"])
    if "code_names" in theirs:
        sides["names of codes"] = (set(names.values()), theirs["code_names"])
    if "texts" in theirs:
        sides["texts by SHA-256"] = (hashed(texts), hashed(theirs["texts"]))
    if "given" in theirs:
        given = {(each.transcript, each.coder, names[each.code]) for each in ours.codings}
        sides["codes given by a coder in a document"] = (
            given,
            [(Path(row[0]).stem, *row[1:]) for row in theirs["given"]],
        )
    if "codings" in theirs:
        rows = theirs["codings"]
        sides["codings with their positions"] = (map(place, ours.codings), [tuple(row[:5]) for row in rows])
        if len(rows[0]) > 5:
            quotes = [fingerprint(texts[each.transcript][each.span.start : each.span.end]) for each in ours.codings]
            sides["quotes by SHA-256"] = (quotes, [fingerprint(row[5]) for row in rows])
    return {what: counts(Counter(mine), Counter(other)) for what, (mine, other) in sides.items()}


def place(coding: Coding) -> tuple[str, str, str, int, int]:
    """Return a coding as a program that keeps positions tells it."""
    return coding.transcript, coding.coder, coding.code, coding.span.start, coding.span.end


def hashed(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return names and fingerprints."""
    return [(name, fingerprint(text)) for name, text in texts.items()]


def counts(mine: Counter[Any], other: Counter[Any]) -> dict[str, int]:
    """Return how many entries we read, the other program read, and both have."""
    return {"ours": mine.total(), "theirs": other.total(), "equal": (mine & other).total()}


def main(python: str, given: str | None = None) -> None:
    """Ask every program that this Python has, print, and keep the figures."""
    kept = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    with tempfile.TemporaryDirectory() as name:
        path = Path(given).resolve() if given else demonstration(Path(name))
        ours = qdpx.read(path)
        for program in SCRIPTS:
            theirs = ask(python, program, path)
            if theirs is None:
                continue
            print(f"{program} {theirs['version']} on {path.name}")
            found = {"failed": theirs["failed"]} if "failed" in theirs else compared(ours, theirs)
            for what, figures in found.items():
                print(f"  {what}: {figures}")
            if not given:
                kept[program] = {"version": theirs["version"], **found}
    if not given:
        RESULT.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
