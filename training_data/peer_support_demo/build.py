"""Build the study's files from its readable source: ``python training_data/peer_support_demo/build.py``.

Transcripts go out as .docx, .txt and .vtt, the first coder's work as .qdpx, the second's as a MAXQDA-style .xlsx, with
``speakers.csv`` (the table of variables) and ``files.json`` (what the demonstration imports when). The codings are
placed on the texts as autocoder reads them from those files, and every quote is compared with the source.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import docx
from docx.oxml import OxmlElement

sys.path.insert(0, str(Path(__file__).resolve().parent))
import source as src

from autocoder.formats import codebook_yaml, maxqda, qdpx
from autocoder.project import Coder, Coding, Project, Role, Span, Transcript
from autocoder.read import read_file

TXT = ("a2", "a4", "b2", "b3", "c2", "c4", "d2", "d3")
VTT = ("a6", "b5", "c6", "d5")
NEW = ("a3", "a6", "b3", "c6", "d2", "d6")  # the second wave's share that nothing trains on
FIRST, SECOND = "מקודדת א", "מקודדת ב"
BUILT = datetime(2026, 11, 22)
WORDS_PER_SECOND = 2.3
WORDS_PER_CUE = 11


def form_of(transcript_id: str) -> str:
    """Return the ending of the file in which a transcript goes out."""
    return "txt" if transcript_id in TXT else "vtt" if transcript_id in VTT else "docx"


def write_txt(source: src.SourceTranscript, path: Path) -> None:
    """Write ``label: speech``, or the label on a line of its own in every second file."""
    above = TXT.index(source.id) % 2 == 1
    mark = ":\n" if above else ": "
    turns = "\n\n".join(f"{label}{mark}{speech}" for label, speech in source.turns)
    path.write_text(f"{turns}\n", encoding="utf-8", newline="\r\n" if above else "\n")


def write_docx(source: src.SourceTranscript, path: Path) -> None:
    """Write right-to-left paragraphs that open with a bold label; a turn's second paragraph is a soft line break.

    No alignment is set: a right-to-left paragraph begins at the right, and Word would take "right" for its far side.
    """
    document = docx.Document()
    document.core_properties.author = "autocoder, synthetic study"
    document.core_properties.created = document.core_properties.modified = BUILT
    for label, speech in source.turns:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.element.get_or_add_pPr().append(OxmlElement("w:bidi"))
        for text, bold in ((f"{label}: ", True), (speech, False)):
            run = paragraph.add_run(text)
            run.bold = run.font.cs_bold = bold or None  # Hebrew takes the weight of complex scripts
            run._r.get_or_add_rPr().append(OxmlElement("w:rtl"))
    raw = io.BytesIO()
    document.save(raw)
    _write_dated(raw, path)


def _write_dated(raw: io.BytesIO, path: Path) -> None:
    """Write a zip whose entries carry one fixed date, so that a rebuild gives the same bytes."""
    with zipfile.ZipFile(raw) as before, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(zipfile.ZipInfo(name, BUILT.timetuple()[:6]), before.read(name), zipfile.ZIP_DEFLATED)


def write_vtt(source: src.SourceTranscript, path: Path) -> None:
    """Write cues of about eleven words with voice tags, timed at the pace of speech."""
    lines = ["WEBVTT", ""]
    clock = timedelta()
    for label, speech in source.turns:
        words = speech.split()
        for start in range(0, len(words), WORDS_PER_CUE):
            part = words[start : start + WORDS_PER_CUE]
            until = clock + timedelta(seconds=len(part) / WORDS_PER_SECOND)
            lines += [f"{_stamp(clock)} --> {_stamp(until)}", f"<v {label}>{' '.join(part)}", ""]
            clock = until
        clock += timedelta(seconds=0.6)
    path.write_text("\n".join(lines), encoding="utf-8", newline="\n")


def _stamp(clock: timedelta) -> str:
    seconds = clock.total_seconds()
    return f"{int(seconds // 3600):02}:{int(seconds // 60 % 60):02}:{seconds % 60:06.3f}"


def roles_to_answer(sources: Sequence[src.SourceTranscript]) -> dict[str, Role]:
    """Return the interviewers whom a first name hides; raise SourceFault when the name is a participant elsewhere."""
    roles: dict[str, set[str]] = {}
    for source in sources:
        for speaker in source.speakers:
            roles.setdefault(speaker.label, set()).add(
                "interviewer" if speaker.role == "interviewer" else "participant"
            )
    both = [label for label, found in roles.items() if len(found) > 1]
    if both:
        raise src.SourceFault(f"{both} are interviewers in one transcript and participants in another")
    return {label: Role(found.pop()) for label, found in sorted(roles.items())}


def placed(source: src.SourceTranscript, transcript: Transcript, coding: src.SourceCoding) -> Span:
    """Return a coding's span in the text as it was read; raise SourceFault when the quote is another one there."""
    start = _position(source, transcript, coding.first_turn, coding.start)
    end = _position(source, transcript, coding.last_turn, coding.end)
    first = source.turns[coding.first_turn][1]
    wanted = first[coding.start : coding.end if coding.last_turn == coding.first_turn else len(first)]
    if not " ".join(transcript.text[start:end].split()).startswith(" ".join(wanted.split())):
        raise src.SourceFault(f"{source.id}: turn {coding.first_turn + 1} reads otherwise in the built file")
    return Span(start, end)


def _position(source: src.SourceTranscript, transcript: Transcript, turn: int, offset: int) -> int:
    speech = source.turns[turn][1].replace("\n", " ")
    span = transcript.turns[turn].span
    shift = speech.find(transcript.quote(span).replace("\n", " "))  # a leading timestamp is not part of the turn
    if shift < 0:
        raise src.SourceFault(f"{source.id}: turn {turn + 1} was read as another text")
    return span.start + max(0, offset - shift)


def coded_by(coder: str, sources: Sequence[src.SourceTranscript]) -> list[src.SourceTranscript]:
    """Return the transcripts that a coder has coded."""
    return [source for source in sources if (src.HERE / "coding" / coder / f"{source.id}.tsv").exists()]


def codings_of(coder: str, name: str, source: src.SourceTranscript, transcript: Transcript) -> list[Coding]:
    """Return a coder's codings of a transcript, one per code."""
    created = f"{source.facts['date']}T12:00:00"
    return [
        Coding(transcript.name, placed(source, transcript, coding), code, name, memo=coding.memo, created=created)
        for coding in src.read_coding(coder, source)
        for code in coding.codes
    ]


def write_speakers(sources: Sequence[src.SourceTranscript], path: Path) -> None:
    """Write the table of speakers with their variables."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(
            ("transcript", "kind", "organisation", "wave", "label", "person", "role", "gender", "years", "age")
        )
        for source in sources:
            facts = (source.id, source.facts["kind"], source.facts["organisation"], source.facts["wave"])
            table.writerows((*facts, *vars(speaker).values()) for speaker in source.speakers)


def build(out: Path) -> None:
    """Write every file of the study into ``out``."""
    (out / "transcripts").mkdir(parents=True, exist_ok=True)
    sources = [src.read_source(name) for name in src.transcript_ids()]
    roles = roles_to_answer(sources)
    writers = {"txt": write_txt, "docx": write_docx, "vtt": write_vtt}
    transcripts: dict[str, Transcript] = {}
    for source in sources:
        path = out / "transcripts" / f"{source.id}.{form_of(source.id)}"
        writers[form_of(source.id)](source, path)
        transcripts[source.id] = read_built(source, path.parent, roles)
    _write_codings(out, sources, transcripts)
    write_speakers(sources, out / "speakers.csv")
    _write_list(out, sources, roles)


def read_built(source: src.SourceTranscript, folder: Path, roles: dict[str, Role]) -> Transcript:
    """Read a transcript's built file; raise SourceFault when it holds another number of turns than the source."""
    path = folder / f"{source.id}.{form_of(source.id)}"
    (transcript,) = read_file(path, roles).transcripts
    if len(transcript.turns) != len(source.turns):
        raise src.SourceFault(
            f"{path.name}: {len(transcript.turns)} turns were read, the source has {len(source.turns)}"
        )
    return transcript


def _write_codings(out: Path, sources: Sequence[src.SourceTranscript], transcripts: dict[str, Transcript]) -> None:
    codebook = codebook_yaml.read(src.HERE.parent / "codebooks" / "peer-support.yaml").codebook
    if codebook is None:
        raise src.SourceFault("peer-support.yaml holds no codebook")
    for coder, name, ending in (("first", FIRST, "qdpx"), ("second", SECOND, "xlsx")):
        for part, wanted in (("coded", False), ("new", True)):
            chosen = [
                s for s in sources if (s.id in NEW) is wanted and (src.HERE / "coding" / coder / f"{s.id}.tsv").exists()
            ]
            codings = [c for s in chosen for c in codings_of(coder, name, s, transcripts[s.id])]
            texts = tuple(transcripts[s.id] for s in chosen)
            project = Project("peer-support-demo", codebook, texts, (Coder(name),), tuple(codings))
            write = qdpx.write if ending == "qdpx" else maxqda.write
            write(project, out / f"coding-{coder}-{part}.{ending}")


def _write_list(out: Path, sources: Sequence[src.SourceTranscript], roles: dict[str, Role]) -> None:
    names = {s.id: f"transcripts/{s.id}.{form_of(s.id)}" for s in sources}
    listed = {
        "first_coder": FIRST,
        "second_coder": SECOND,
        "roles": roles,
        "coded": [path for name, path in names.items() if name not in NEW] + ["coding-first-coded.qdpx"],
        "new": [names[name] for name in NEW],
        "compare": ["coding-first-new.qdpx", "coding-second-coded.xlsx", "coding-second-new.xlsx"],
    }
    (out / "files.json").write_text(json.dumps(listed, ensure_ascii=False, indent=1), encoding="utf-8")


def check() -> None:
    """Build into a folder of its own and compare it with what is here, so that source and files cannot drift apart."""
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        for path in sorted(Path(folder).rglob("*")):
            there = src.HERE / path.relative_to(folder)
            if path.is_file() and path.suffix != ".xlsx" and path.read_bytes() != there.read_bytes():
                raise src.SourceFault(f"{there.name} is not what the source gives; run build.py")


if __name__ == "__main__":
    check() if sys.argv[1:] == ["check"] else build(src.HERE)
