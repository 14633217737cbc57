"""How long a large project takes in and out: 500 sources, 200,000 codings, 20 million characters.

``python evaluation/interchange/scale.py [--sources N] [--codings N] [--characters N]`` makes a .qdpx of made-up Hebrew
as another program would write it (one selection a coding, no names, CRLF, a byte order mark, UTF-16 positions), imports
it with the command and exports it again, each as a process of its own. It prints seconds and peak memory of each and
keeps them in ``scale.json`` beside it.
"""

from __future__ import annotations

import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from xml.sax.saxutils import quoteattr

import typer

from autocoder.formats.qdpx import NAMESPACE
from autocoder.formats.refi import stable_guid

LETTERS = "אבגדהוזחטיכלמנסעפצקרשת"
CODES = 120
CODERS = 4
SECONDS, BYTES = 120, 2 * 10**9


def a_text(chance: random.Random, words: list[str], length: int) -> str:
    """Return an interview: turns of two speakers in lines, of about ``length`` characters, an emoji now and then."""
    lines, done, turn = [], 0, 0
    while done < length:
        speech = " ".join(chance.choices(words, k=chance.randint(5, 60)))
        smile = " 🙂" if chance.random() < 0.02 else ""
        lines.append(f"{('מראיינת', 'רחל')[turn % 2]}: {speech}{smile}.")
        done += len(lines[-1]) + 1
        turn += 1
    return "\n".join(lines) + "\n"


def selections(text: str, count: int, chance: random.Random) -> Iterator[str]:
    """Yield ``count`` selections of whole words, as NVivo for Windows counts them."""
    edges, position = [], 0
    for character in text:
        edges.append(position)
        position += 2 if character == "\n" or ord(character) > 0xFFFF else 1
    starts = [place + 1 for place, character in enumerate(text[:-400]) if character == " "]
    for number in range(count):
        start = chance.choice(starts)
        end = text.index(" ", start + chance.randint(20, 300))
        units = [edges[start], edges[end]]
        code, coder = chance.randrange(CODES), chance.randrange(CODERS)
        guid = stable_guid("selection", start, end, number)
        user = stable_guid("user", coder)
        yield (
            f'<PlainTextSelection guid="{guid}" name="" startPosition="{units[0]}" endPosition="{units[1]}">'
            f'<Description/><Coding guid="{guid}" creatingUser="{user}" creationDateTime="2026-01-02T10:00:00Z">'
            f'<CodeRef targetGUID="{stable_guid("code", code)}"/></Coding></PlainTextSelection>'
        )


def make(path: Path, sources: int, codings: int, characters: int) -> None:
    """Write the project file."""
    chance = random.Random(7)
    words = ["".join(chance.choices(LETTERS, k=chance.randint(2, 8))) for _ in range(20_000)]
    users = "".join(f'<User guid="{stable_guid("user", each)}" name="coder {each}"/>' for each in range(CODERS))
    codes = "".join(
        f'<Code guid="{stable_guid("code", each)}" name="קוד {each}" isCodable="true"/>' for each in range(CODES)
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        parts: list[str] = []
        for number in range(sources):
            text = a_text(chance, words, characters // sources)
            guid = stable_guid("source", number)
            archive.writestr(f"Sources/{guid}.txt", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
            name = quoteattr(f"ריאיון {number}")
            body = "".join(selections(text, codings // sources, chance))
            parts.append(
                f'<TextSource guid="{guid}" name={name} plainTextPath="internal://{guid}.txt">{body}</TextSource>'
            )
        head = f'<Project xmlns="{NAMESPACE}" name="large" origin="NVivo 12.6 for Windows">'
        book = f"<Users>{users}</Users><CodeBook><Codes>{codes}</Codes></CodeBook>"
        archive.writestr("project.qde", f"{head}{book}<Sources>{''.join(parts)}</Sources></Project>")


def run(*arguments: str | Path) -> dict[str, Any]:
    """Run a command of autocoder and return its seconds, its peak memory and what it printed."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "autocoder", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    said = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    if status:
        raise SystemExit(f"autocoder {arguments[0]} failed with status {status}")
    memory = usage.ru_maxrss * (1 if platform.system() == "Darwin" else 1024)
    user = usage.ru_utime + usage.ru_stime
    return {
        "seconds": round(seconds, 1),
        "processor_seconds": round(user, 1),
        "peak_bytes": memory,
        "said": said.strip(),
    }


def main(
    sources: Annotated[int, typer.Option()] = 500,
    codings: Annotated[int, typer.Option()] = 200_000,
    characters: Annotated[int, typer.Option()] = 20_000_000,
) -> None:
    """Make, import and export; print and keep the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder / "large.qdpx", sources, codings, characters)
        result: dict[str, Any] = {"sources": sources, "codings": codings, "characters": characters}
        result["bytes"] = (folder / "large.qdpx").stat().st_size
        run("new", folder / "p", "--codebook", "upsides-principles")
        result["import"] = run("import", folder / "p", folder / "large.qdpx")
        result["export"] = run("export", folder / "p", folder / "out.qdpx")
        result["exported_bytes"] = (folder / "out.qdpx").stat().st_size
    result["import"]["said"] = result["import"]["said"].splitlines()[-1]
    result["export"]["said"] = result["export"]["said"].replace(name, "").splitlines()
    for step in ("import", "export"):
        done = result[step]
        done["within"] = bool(done["seconds"] <= SECONDS and done["peak_bytes"] <= BYTES)
        seconds = f"{done['seconds']} s ({done['processor_seconds']} s of processor)"
        print(f"{step}: {seconds}, {done['peak_bytes'] / 1e9:.2f} GB")
    print(result["import"]["said"], *result["export"]["said"], sep="\n")
    if (sources, codings, characters) == (500, 200_000, 20_000_000):
        text = json.dumps(result, ensure_ascii=False, indent=1)
        Path(__file__).with_suffix(".json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
