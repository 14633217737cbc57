"""What a job of each kind does, by the same steps as the commands; what it writes for download is in one folder."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autocoder import steps
from autocoder.editions import Change
from autocoder.errors import AutocoderError
from autocoder.formats.speakers import AmbiguousSpeaker, Answers, SpeakersUnclear, Usage
from autocoder.formats.whole import whole
from autocoder.project import Codebook, Role
from autocoder.report.words import Language
from autocoder.review.job_files import results_of, safe_name, uploads_of
from autocoder.store import Store, jobs
from autocoder.store.audit import About
from autocoder.store.jobs import Job, Kind

ROWS_SHOWN = 200
NO_SPEAKER = "none"

Tell = Callable[[float, str], None]
Result = Mapping[str, Any]


class PlanChanged(AutocoderError):
    """A plan that would now do something else than what somebody confirmed."""


@dataclass(frozen=True)
class Done:
    """What a job came to: for the page, and for the audit log."""

    result: Result
    about: About = field(default_factory=dict)


Task = Callable[[Store, Job, Tell], Done | None]
"""Does a job; None when it called the job done itself, in the transaction of what it wrote."""


# import, in two steps


def plan(store: Store, job: Job, _: Tell) -> Done:
    """Read the files that came and say what an import would do, or who has to be asked about."""
    said = answers_of(job.arguments["answers"])
    asking = _Asking(said)
    try:
        planned = _plan(store, job, said, asking)
    except (AmbiguousSpeaker, SpeakersUnclear) as fault:
        unclear = fault.questions if isinstance(fault, SpeakersUnclear) else (fault,)
        asking.questions = asking.questions or {each.file: each.usages for each in unclear}
        planned = None
    if asking.questions or planned is None:
        return Done({"questions": [_question(file, usages) for file, usages in asking.questions.items()]})
    return Done(_planned(planned, store.codebook()))


def apply(store: Store, job: Job, _: Tell) -> None:
    """Plan again, and write it if it is what was confirmed; the job is done in the same transaction."""
    planned = _plan(store, job, answers_of(job.arguments["answers"]), lambda _path, _usages: {})
    if planned.fingerprint != job.arguments["fingerprint"]:
        raise PlanChanged("the project or the files changed since the plan was shown; read the files again to see it.")
    shown = _planned(planned, store.codebook())
    counts: dict[str, int] = {**shown["new"], "files": len(planned.joined.reports)}
    steps.apply_import(
        store, planned, lambda connection: jobs.finish(connection, job, {"new": shown["new"]}, counts, steps.now())
    )


def _plan(store: Store, job: Job, said: Answers, ask: Callable[[Path, Sequence[Usage]], Answers]) -> steps.ImportPlan:
    folder = uploads_of(store.folder, job.arguments["upload"])
    paths = [folder / name for name in job.arguments["files"]]
    return steps.plan_import(store, paths, said, True, job.arguments["word_codes"], ask)


@dataclass
class _Asking:
    """Takes what is proposed for the speakers of a file, and remembers that a person has to be asked about them."""

    said: Answers
    questions: dict[str, tuple[Usage, ...]] = field(default_factory=dict)

    def __call__(self, path: Path, usages: Sequence[Usage]) -> Answers:
        if all(f"{path.name}:{usage.label}" in self.said for usage in usages if usage.is_open):
            return {}
        self.questions[path.name] = tuple(usages)
        return {usage.label: usage.proposal for usage in usages}


def answers_of(said: Mapping[str, str]) -> dict[str, Role | None]:
    """Return the answers about speakers that a job was given."""
    return {label: None if role == NO_SPEAKER else Role(role) for label, role in said.items()}


def _question(file: str, usages: Sequence[Usage]) -> dict[str, Any]:
    return {"file": file, "usages": [asdict(usage) for usage in usages]}


def _planned(planned: steps.ImportPlan, book: Codebook) -> dict[str, Any]:
    joined = planned.joined
    newest = joined.codebook or book
    return {
        "reports": [{**asdict(report), "problems": list(map(str, report.problems))} for report in joined.reports],
        "changes": [
            {
                "file": edition.file,
                "earlier": list(edition.earlier),
                "by_coder": edition.by_coder(),
                "rows": [_row(row, newest) for row in edition.rows()[:ROWS_SHOWN]],
                "more": max(0, len(edition.rows()) - ROWS_SHOWN),
            }
            for edition in planned.changes
        ],
        "new": {
            "transcripts": len(joined.transcripts),
            "codings": planned.new_codings,
            "codes": len(newest) - len(book),
            "described": len(joined.described),
        },
        "unplaced": len(joined.unplaced),
        "fingerprint": planned.fingerprint,
    }


def _row(row: Change, book: Codebook) -> dict[str, Any]:
    name = book.path(row.code) if row.code in book else row.code
    return {**asdict(row), "code": name}


# learning and suggesting


def train(store: Store, job: Job, tell: Tell) -> Done:
    """Train a model; it appears among the models once it is whole."""
    place = results_of(store.folder, job.id)
    place.mkdir(parents=True)
    manifest = steps.train_model(
        store, lambda share: tell(share, ""), job.arguments["coder"], job.arguments["encoder"], workplace=place
    )
    learned = sum(code.learned for code in manifest.codes)
    scores = {key: manifest.scores[key] for key in ("domain_macro_f1", "macro_f1", "micro_f1")}
    counts: dict[str, int] = {"learned": learned, "units": manifest.data["units"]}
    result = {"model": manifest.name, "coder": manifest.data["coder"], "scores": scores, **counts}
    return Done(result, {"model": manifest.name, **counts})


def precode(store: Store, job: Job, tell: Tell) -> Done:
    """Suggest codes for the transcripts that are left; each is kept once it is done."""
    from autocoder.classifier import load
    from autocoder.suggest import coder_of

    classifier = load(steps.find_model(store, job.arguments["model"]))
    study = store.load()
    coder = coder_of(classifier.manifest.name).name
    left = steps.to_precode(store, study, coder, job.arguments["transcripts"])
    counts: dict[str, int] = {}
    tell(0.0, f"0/{len(left)}")
    for name, suggestions in steps.precode(store, classifier, study, left):
        counts[name] = suggestions
        tell(len(counts) / len(left), f"{len(counts)}/{len(left)}")
    total = sum(counts.values())
    about: About = {"model": classifier.manifest.name, "transcripts": len(counts), "suggestions": total}
    return Done({"coder": coder, "total": total, "suggestions": counts}, about)


# reporting and handing on


def agreement(store: Store, job: Job, _: Tell) -> Done:
    """Write the report on agreement as a page and as a spreadsheet; no figure of a model before there is a margin."""
    from autocoder.compare import ALL_ORIGINS, BLIND, Question, Unit
    from autocoder.report import tables
    from autocoder.report.page import agreement_page

    asked = job.arguments
    origins = ALL_ORIGINS if asked["all_origins"] else BLIND
    question = Question(tuple(asked["coders"]), unit=Unit(asked["unit"]), origins=origins)
    found = steps.report_agreement(store, question, asked["margin"], margin_first=True)
    book, language = store.codebook(), Language(asked["language"])
    place = results_of(store.folder, job.id)
    place.mkdir(parents=True)
    with whole(place / "agreement.html") as part:
        part.write_text(agreement_page(found, book, language), encoding="utf-8")
    sheets = tables.agreement_sheets(found, book)
    tables.write_xlsx(place / "agreement.xlsx", sheets, language is Language.HEBREW)
    about: About = {"margin": asked["margin"]}
    result = {"page": "agreement.html", "files": ["agreement.html", "agreement.xlsx"]}
    return Done(result | {"left_out": _left_out(store, coders=asked["coders"])}, about)


def export(store: Store, job: Job, _: Tell) -> Done:
    """Write the project to a file, and read it back and compare it as the command does; a folder becomes a .zip."""
    from autocoder.export import export as write

    asked = job.arguments
    study, decisions = store.load(), store.decisions()
    for name in set(asked["transcripts"]) - {each.name for each in study.transcripts}:
        raise steps.NoSuchThing(f"there is no transcript {name}; choose among those of the project.")
    only = frozenset(asked["transcripts"]) or None
    place = results_of(store.folder, job.id)
    place.mkdir(parents=True)
    target = place / ((safe_name(store.name) or "project") + asked["ending"])
    done = write(study, target, only, decisions, asked["only_confirmed"])
    if done.path.is_dir():
        _pack(done.path)
    counts = {"transcripts": done.transcripts, "human": done.human, "suggested": done.suggested}
    files = sorted(path.name for path in place.iterdir())
    result = {"files": files, "compared": asdict(done.compared), "notes": list(done.notes), **counts}
    return Done(result | {"left_out": _left_out(store, transcripts=only)}, {"ending": asked["ending"], **counts})


def _left_out(
    store: Store, coders: Collection[str] | None = None, transcripts: Collection[str] | None = None
) -> list[tuple[str, str]]:
    """Return (coder, transcript) of the blind coding that is not in what was made, since it is not committed yet."""
    return [
        (coder, transcript)
        for coder, transcript in store.uncommitted()
        if (not coders or coder in coders) and (not transcripts or transcript in transcripts)
    ]


def _pack(folder: Path) -> None:
    """Put the files of a folder into one archive beside it, and the folder away."""
    with (
        whole(folder.with_name(f"{folder.name}.zip")) as part,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as zip_,
    ):
        for file in sorted(folder.iterdir()):
            zip_.write(file, file.name)
    shutil.rmtree(folder)


TASKS: Mapping[Kind, Task] = {
    Kind.PLAN: plan,
    Kind.IMPORT: apply,
    Kind.TRAIN: train,
    Kind.PRECODE: precode,
    Kind.AGREEMENT: agreement,
    Kind.EXPORT: export,
}
