"""The steps of the journey on a stored project: what the commands, the demonstration and the review page all call."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from autocoder import __version__
from autocoder.bundled import codebooks, encoder
from autocoder.errors import AutocoderError, FileRefused
from autocoder.project import Codebook, CoderKind, Coding, Project

if TYPE_CHECKING:  # the database, numpy, onnxruntime and torch are loaded by the steps that need them
    from autocoder.classifier import Classifier, Manifest
    from autocoder.compare import Compared, Question
    from autocoder.editions import Edition
    from autocoder.formats.speakers import Answers
    from autocoder.read import Ask, Joined
    from autocoder.report.agreement import AgreementReport
    from autocoder.report.evaluation import CurveLine, EvaluationReport
    from autocoder.store import Addition, Store, Then

SEED = 17


class NoSuchThing(AutocoderError):
    """A name that stands for nothing: a codebook, a model, a transcript."""


def now() -> str:
    """Return the time as it is stored: ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def find_codebook(name: str) -> Codebook:
    """Return a built-in codebook by its name, or the codebook in a file."""
    from autocoder.read import read_file

    built_in = codebooks()
    path = built_in.get(name, Path(name))
    if not path.is_file():
        raise NoSuchThing(f"there is no codebook {name}; name a file or one of {', '.join(built_in)}.")
    codebook = read_file(path).codebook
    if codebook is None:
        raise FileRefused(path, "it holds no codebook", "name a .yaml, .qdc or .qdpx with codes")
    return codebook


def new_project(folder: Path, codebook: Codebook, database: str | None = None) -> Store:
    """Make a project named like its folder, on a database of its own in the folder or on one of PostgreSQL."""
    from autocoder.store import DATABASE, create

    return create(folder, folder.resolve().name, codebook, now(), database or DATABASE)


def open_project(folder: Path) -> Store:
    """Open the project in a folder."""
    from autocoder.store import open_project

    return open_project(folder)


@dataclass(frozen=True)
class ImportPlan:
    """What an import of files would do; nothing is done before :func:`apply_import`.

    ``editions`` say, file by file, what changes of what earlier exports of the same project brought; ``new_codings`` is
    the number of codings that the project does not have, those not counted that only moved.
    """

    joined: Joined
    editions: tuple[Edition, ...]
    addition: Addition
    new_codings: int

    @property
    def writes(self) -> bool:
        """Whether anything of it is not in the project already."""
        from autocoder.store import Addition

        return self.new_codings > 0 or replace(self.addition, codings=()) != Addition(at=self.addition.at)

    @property
    def changes(self) -> tuple[Edition, ...]:
        """The files that change something which an earlier export brought."""
        return tuple(edition for edition in self.editions if edition.changes)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of what would be written, but for the times: two plans of one fingerprint do the same."""
        files = tuple(replace(file, at="") for file in self.addition.files)
        content = asdict(replace(self.addition, at="", files=files))
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=sorted).encode()).hexdigest()


def plan_import(
    store: Store,
    paths: Sequence[Path],
    answers: Answers | None = None,
    skip_unfound: bool = False,
    word_codes: bool = False,
    ask: Ask | None = None,
    all_answered: bool = False,
) -> ImportPlan:
    """Read files of any mix and join them to the project, without writing to its database.

    ``answers`` say who is who, and ``ask`` asks a person where they do not; ``all_answered`` refuses an answer about a
    label that is in none of the files.
    Codings that find no place are listed in the folder ``not-placed``; unless ``skip_unfound`` they refuse the import.
    """
    from autocoder.not_placed import write_lists
    from autocoder.read import QuotesNotFound, check_answers, join_readings, read_files

    project = store.load()
    readings = read_files(paths, answers, ask, project.transcripts, word_codes)
    if all_answered:
        check_answers(answers or {}, readings)
    try:
        joined = join_readings(project, readings, skip_unfound)
    except QuotesNotFound as fault:
        listed = ", ".join(map(str, write_lists(store.folder, fault.unplaced)))
        raise QuotesNotFound(fault.unplaced, listed) from None
    people = _people(project, joined)
    editions = tuple(
        _edition(store, project, name, source, [coding for coding in codings if coding.coder in people])
        for name, source, codings in zip(map(file_name, paths), joined.sources, joined.by_file, strict=True)
    )
    addition = _addition(store, paths, joined, editions, people)
    known = {coding.key for coding in project.codings}
    known |= {move.after.key for edition in editions for move in edition.moved}
    return ImportPlan(joined, editions, addition, len({coding.key for coding in addition.codings} - known))


def _edition(store: Store, project: Project, name: str, source: str, codings: Sequence[Coding]) -> Edition:
    """Compare a file with the earlier ones of its name or project, a table also with one that it resembles."""
    from autocoder.editions import compare, resembled

    held = store.held(name, source)
    if source or not codings:
        return compare(name, source, codings, held, project)
    others = {file.name for file in store.files() if not file.source and file.name.casefold() != name.casefold()}
    like, more = resembled(codings, {other: store.held(other, "") for other in sorted(others)})
    return compare(name, source, codings, (*held, *more), project, like)


def _people(project: Project, joined: Joined) -> frozenset[str]:
    models = {coder.name for coder in (*project.coders, *joined.coders) if coder.kind is CoderKind.MODEL}
    return frozenset(coding.coder for coding in joined.codings if coding.coder not in models)


def file_name(path: Path) -> str:
    """Return the name under which a file is remembered: the folder's for the database inside a QualCoder project."""
    return path.resolve().parent.name if path.name == "data.qda" else path.name


def _addition(
    store: Store, paths: Sequence[Path], joined: Joined, editions: Sequence[Edition], people: frozenset[str]
) -> Addition:
    """Everything that is to be written: what no file held so far, and what a later export says otherwise."""
    from autocoder.formats.qualcoder import data_file
    from autocoder.store import Addition, FileRead

    at = now()
    known = {(file.name, file.sha256, file.source) for file in store.files()}
    files = []
    for path, source, edition in zip(paths, joined.sources, editions, strict=True):
        digest = hashlib.sha256(data_file(path).read_bytes()).hexdigest()
        file = FileRead(edition.file, digest, at, source, edition.fresh, edition.held)
        if (file.name, file.sha256, file.source) not in known or file.codings or file.replaces:
            files.append(file)
    fresh = [coding for edition in editions for coding in edition.fresh]
    suggested = [coding for coding in joined.codings if coding.coder not in people]
    return Addition(
        transcripts=joined.transcripts,
        coders=joined.coders,
        codings=tuple(dict.fromkeys((*fresh, *suggested))),
        codebook=joined.codebook,
        change=f"codes from {', '.join(path.name for path in paths)}" if joined.codebook else "",
        at=at,
        files=tuple(files),
        memos=joined.memos,
        described=joined.described,
        removed=tuple(key for edition in editions for key in edition.removed),
        reworded=tuple(coding for edition in editions for coding in edition.reworded),
    )


def apply_import(store: Store, plan: ImportPlan, then: Then | None = None) -> int:
    """Write what was planned, in one transaction with what ``then`` writes; return the number of new codings."""
    from autocoder.not_placed import clear_list, write_lists

    store.add(plan.addition, then)
    write_lists(store.folder, plan.joined.unplaced)
    for report in plan.joined.reports:
        if not report.unplaced:
            clear_list(store.folder, report.file)
    return plan.new_codings


def counts_of(changes: Sequence[Edition]) -> str:
    """Return in words how many codings later exports change: ``2 new, 1 gone``."""
    kinds = ("new", "moved", "reworded", "gone")
    totals = [sum(counts[kind] for each in changes for counts in each.by_coder().values()) for kind in kinds]
    return ", ".join(f"{total} {kind}" for total, kind in zip(totals, kinds, strict=True) if total)


class ChangesNotConfirmed(AutocoderError):
    """A later export that changes what an earlier one brought, without anybody who said that it may."""

    def __init__(self, changes: Sequence[Edition]) -> None:
        names = ", ".join(each.file for each in changes)
        super().__init__(
            f"{names}: it changes what an earlier export of the same project brought ({counts_of(changes)}); "
            "nothing was changed: import it again with --yes to apply this, or with --dry-run to look at it."
        )


def import_files(
    store: Store,
    paths: Sequence[Path],
    answers: Answers | None = None,
    skip_unfound: bool = False,
    ask: Ask | None = None,
    confirmed: bool = False,
) -> tuple[Joined, int]:
    """Read files of any mix into the project; return what they held and how many codings are new.

    All files are read and joined before the first write, which is one transaction: a refused file changes nothing.
    Raises ChangesNotConfirmed for a later export that changes what an earlier one brought, unless ``confirmed``.
    """
    plan = plan_import(store, paths, answers, skip_unfound, ask=ask)
    if plan.changes and not confirmed:
        raise ChangesNotConfirmed(plan.changes)
    return plan.joined, apply_import(store, plan)


def train_model(
    store: Store,
    report: Callable[[float], None],
    coder: str | None = None,
    encoder_name: str | None = None,
    seed: int = SEED,
    workplace: Path | None = None,
) -> Manifest:
    """Train a model on the project's human coding into ``models/mN``, where it appears once it is whole.

    ``workplace`` is a folder of the project in which it is made; a hidden one in ``models`` without it.
    """
    from autocoder.learn.examples import gather
    from autocoder.learn.fit import Settings
    from autocoder.learn.train import train

    project = store.load()
    examples = gather(project, coder)
    folder = store.models / _next_model(store, project)
    settings = Settings(encoder_name or str(encoder()), seed=seed)
    store.models.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".training-", dir=workplace or store.models) as place:
        manifest = train(examples, project.codebook, Path(place) / folder.name, settings, now(), report)
        os.replace(Path(place) / folder.name, folder)
    return manifest


def _next_model(store: Store, project: Project) -> str:
    """Return a name that no model has, nor had: suggestions of a model that was deleted stay its own."""
    taken = {path.name for path in store.models.glob("m*")} | {coder.name.split()[-1] for coder in project.coders}
    return next(name for name in (f"m{number}" for number in count(1)) if name not in taken)


def model_folders(store: Store) -> list[Path]:
    """Return the finished models of the project, the oldest first."""
    found = [path.parent for path in store.models.glob("*/manifest.json")]
    return sorted(found, key=lambda folder: (len(folder.name), folder.name))


def find_model(store: Store, name: str | None) -> Path:
    """Return a model by its name or folder; without a name, the newest of the project."""
    if name is None:
        if folders := model_folders(store):
            return folders[-1]
        raise NoSuchThing(f"{store.name} has no model yet; train one with: autocoder train {store.folder}.")
    for folder in (store.models / name, Path(name)):
        if (folder / "manifest.json").is_file():
            return folder
    raise NoSuchThing(f"there is no model {name}; autocoder status names the models of the project.")


def to_precode(store: Store, project: Project, model_coder: str, names: Sequence[str]) -> list[str]:
    """Return the transcripts to pre-code: those named, or all without human coding, but none that is done already."""
    known = {transcript.name for transcript in project.transcripts}
    for name in names:
        if name not in known:
            raise NoSuchThing(f"there is no transcript {name}; autocoder import it first.")
    people = {coder.name for coder in project.coders if coder.kind is CoderKind.HUMAN}
    coded = {coding.transcript for coding in project.codings if coding.coder in people}
    wanted = names or [transcript.name for transcript in project.transcripts if transcript.name not in coded]
    done = store.precoded(model_coder)
    return [name for name in wanted if name not in done]


def precode(store: Store, classifier: Classifier, project: Project, names: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Suggest codes for transcripts one after the other and yield each with its number of suggestions once stored.

    How the model reads each transcript is kept in the model's folder, to show similar passages by.
    """
    from autocoder.suggest import coder_of, suggest
    from autocoder.vectors import save_vectors

    unknown = [code.id for code in classifier.manifest.codes if code.learned and code.id not in project.codebook]
    if unknown:
        raise NoSuchThing(f"the model suggests {unknown[0]}, which is not in the codebook; train one on this project.")
    coder = coder_of(classifier.manifest.name)
    for name in names:
        transcript = project.transcript(name)
        keep = partial(save_vectors, classifier.folder, transcript.sha256)
        suggestions = suggest(classifier, transcript, now(), project.codebook.version, keep)
        store.add_suggestions(coder, name, suggestions)
        yield name, len(suggestions)


def compare_coders(store: Store, question: Question) -> Compared:
    """Return what the coders of the question gave the same units; a model is not judged where it was taught."""
    from autocoder.compare import compare

    project = store.load()
    return compare(project, question, seen_by_models(store, project), store.codebooks())


class MarginFirst(AutocoderError):
    """Figures of a model's agreement that were asked for before the margin was fixed."""


def report_agreement(
    store: Store,
    question: Question,
    margin: float | None = None,
    epsilon: float = 0.2,
    seed: int = SEED,
    margin_first: bool = False,
) -> AgreementReport:
    """Gather the report on agreement; the margin is fixed, and the look at a model noted, before any figure is made.

    With ``margin_first``, MarginFirst is raised for a model where there is no margin.
    """
    from autocoder.report.agreement import report

    compared = compare_coders(store, question)
    if margin_first and compared.models and margin is None and store.margin() is None:
        raise MarginFirst(
            f"how far {compared.models[0]} may fall behind a coder is not fixed yet, and a margin chosen after looking "
            "at the figures proves nothing; give the margin first, or compare people alone."
        )
    at = now()
    fixed = store.look(at, margin) if margin is not None or compared.models else store.margin()
    return report(compared, at, seed, software(), fixed, store.codebooks(), epsilon=epsilon)


CURVE_DRAWS = 5


def evaluate_model(
    store: Store,
    report: Callable[[float], None],
    model: str | None = None,
    curve: bool = True,
    with_encoder: bool = False,
) -> EvaluationReport:
    """Evaluate what training kept of a model's folds, without training again but for the learning curve.

    ``with_encoder`` adds one draw of the encoder's curve, which trains a network for each size.
    """
    from autocoder.classifier import read_manifest
    from autocoder.learn.held_out import load_out_of_fold
    from autocoder.report import evaluation

    folder = find_model(store, model)
    manifest = read_manifest(folder)
    held_out = load_out_of_fold(folder, manifest)
    project = store.load()
    curves = list(_curves(project, manifest, held_out.codes, report, with_encoder)) if curve else []
    return evaluation.report(project, manifest, held_out, curves, now(), SEED, software())


def _curves(
    project: Project, manifest: Manifest, codes: Sequence[str], report: Callable[[float], None], with_encoder: bool
) -> Iterator[CurveLine]:
    from autocoder.learn.curve import encoder_learner, learning_curve, linear_learner
    from autocoder.learn.examples import gather
    from autocoder.report.evaluation import CurveLine

    examples = gather(project, str(manifest.data["coder"]))
    blind = examples.subset(row for row, yes in enumerate(examples.blind) if yes)
    share = 0.2 if with_encoder else 1.0
    points = learning_curve(blind, codes, linear_learner(codes), CURVE_DRAWS, SEED, lambda done: report(share * done))
    yield CurveLine("linear", points)
    if with_encoder:
        learn = encoder_learner(codes, _encoder_of(manifest), SEED)
        yield CurveLine(
            "encoder", learning_curve(blind, codes, learn, 1, SEED, lambda done: report(share + (1 - share) * done))
        )


def _encoder_of(manifest: Manifest) -> str:
    """Return the encoder that a model was made from: the bundled one by its folder, another by its name."""
    bundled = encoder()
    return str(bundled) if manifest.encoder == bundled.name else manifest.encoder


def software() -> list[tuple[str, str]]:
    """Return the versions that figures rest on."""
    from importlib.metadata import version

    return [("autocoder", __version__), *((name, version(name)) for name in ("numpy", "scipy"))]


def seen_by_models(store: Store, project: Project) -> dict[str, frozenset[str]]:
    """Return which transcripts each model may be judged on: those it pre-coded, less those it was trained on."""
    from autocoder.classifier import read_manifest
    from autocoder.suggest import coder_of

    taught = {
        coder_of(folder.name).name: frozenset(read_manifest(folder).data["transcripts"])
        for folder in model_folders(store)
    }
    models = [coder.name for coder in project.coders if coder.kind is CoderKind.MODEL]
    return {model: store.precoded(model) - taught.get(model, frozenset()) for model in models}
