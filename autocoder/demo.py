"""The whole job on the bundled synthetic study: from its files to suggestions that open in MAXQDA, with the figures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from autocoder import steps
from autocoder.agree import Estimate, Ratings, agreement, common
from autocoder.bundled import study
from autocoder.classifier import load
from autocoder.compare import ratings_of
from autocoder.evaluate import evaluate, majority
from autocoder.export import export
from autocoder.learn.baseline import suggest_linear
from autocoder.learn.examples import gather
from autocoder.project import Project, Role
from autocoder.store import Store
from autocoder.suggest import coder_of

LINEAR = "linear baseline"
Say = Callable[[str], None]


def run(folder: Path, say: Say) -> None:
    """Make the project in ``folder`` and go through the journey, saying what each step did."""
    begun = time.monotonic()
    with steps.new_project(folder, steps.find_codebook("peer-support")) as store:
        files = json.loads((study() / "files.json").read_text(encoding="utf-8"))
        say("A synthetic study: invented interviews about invented services, written for this demonstration.\n")
        roles = {label: Role(role) for label, role in files["roles"].items()}
        _import(store, files["coded"], roles, say)
        say("\nTraining on the coded transcripts ...")
        manifest = steps.train_model(store, _tenths(say), coder=files["first_coder"])
        _import(store, files["new"], roles, say)
        _precode(store, say)
        _import(store, files["compare"], roles, say)
        _compare(store, files["first_coder"], files["second_coder"], say)
        _export(store, say)
        say(f"\nThe model's card: {store.models / manifest.name / 'card.md'}")
        say(f"What the project holds: autocoder status {folder}")
        say("Your own study: autocoder new my-study --codebook peer-support")
        say(f"({time.monotonic() - begun:.0f} seconds)")


def _import(store: Store, names: Sequence[str], roles: Mapping[str, Role], say: Say) -> None:
    joined, codings = steps.import_files(store, [study() / name for name in names], roles)
    turns = sum(len(transcript.turns) for transcript in joined.transcripts)
    say(f"Read {len(names)} files: {len(joined.transcripts)} new transcripts, {turns} turns, {codings} codings.")
    for report in joined.reports:
        for problem in report.problems:
            say(f"  ! {problem}")


def _tenths(say: Say) -> Callable[[float], None]:
    """Return a report that speaks at every fifth of the way."""
    said = [0]

    def report(share: float) -> None:
        if share >= (said[0] + 1) / 5:
            said[0] += 1
            say(f"  {100 * said[0] // 5} %")

    return report


def _precode(store: Store, say: Say) -> None:
    classifier = load(steps.find_model(store, None))
    project = store.load()
    left = steps.to_precode(store, project, coder_of(classifier.manifest.name).name, [])
    total = sum(count for _, count in steps.precode(store, classifier, project, left))
    say(f"Pre-coded {len(left)} new transcripts: {total} suggestions.")


def _compare(store: Store, first: str, second: str, say: Say) -> None:
    """Print F1 and kappa by domain on the new transcripts: model, linear baseline and the second coder."""
    project = store.load()
    model = coder_of(steps.find_model(store, None).name).name
    seen = store.precoded(model)
    domains = [code.id for code in project.codebook.children(None) if code.codable]
    ratings = _new_units(project, (first, second, model), steps.seen_by_models(store, project))
    ratings = _with_linear(project, ratings, first, seen, domains)
    say(f"\nOn {len(ratings.groups)} units of {len(set(ratings.groups))} new transcripts that neither model saw,")
    say(f"against {first}: F1 and Cohen's kappa with a 95 % interval that resamples transcripts")
    rivals = {"model": model, "linear": LINEAR, "2nd coder": second}
    say(f"  {'':10}{'n':>5}" + "".join(f"  {name:>24}" for name in rivals) + f"  {'majority':>8}")
    _print_rows(project, ratings, first, rivals, domains, say)


def _new_units(project: Project, coders: Sequence[str], seen: Mapping[str, frozenset[str]]) -> Ratings:
    return common(ratings_of(project, coders, seen), coders)


def _with_linear(project: Project, ratings: Ratings, first: str, new: frozenset[str], codes: Sequence[str]) -> Ratings:
    """Add what the linear baseline suggests, trained on what the model was trained on."""
    examples = gather(project, first)
    rows: dict[bool, list[int]] = {True: [], False: []}
    for row, name in enumerate(examples.transcripts):
        rows[name in new].append(row)
    known, unseen = examples.subset(rows[False]), examples.subset(rows[True])
    if unseen.transcripts != ratings.groups:
        raise AssertionError("the units to compare are not the units of the new transcripts")
    sets = suggest_linear(known, unseen, codes, 3, steps.SEED)
    return Ratings((*ratings.coders, LINEAR), (*ratings.sets, tuple(sets)), ratings.groups)


def _print_rows(
    project: Project, ratings: Ratings, first: str, rivals: dict[str, str], domains: Sequence[str], say: Say
) -> None:
    human = [codes or frozenset() for codes in ratings.sets[ratings.coders.index(first)]]
    found = {name: agreement(common(ratings, (first, rival)), domains, steps.SEED) for name, rival in rivals.items()}
    scores = {name: evaluate(_sets(ratings, rival), human, domains) for name, rival in rivals.items()}
    guess = evaluate(majority(human, domains), human, domains)
    for n, domain in enumerate(domains):
        cells = [_cell(scores[name].codes[n].f1, found[name].by_code[n].kappa) for name in rivals]
        name = project.codebook[domain].name
        say(f"  {domain:10}{guess.codes[n].human:5}{''.join(cells)}  {_figure(guess.codes[n].f1):>8}  {name}")
    cells = [_cell(scores[name].macro_f1, found[name].kappa) for name in rivals]
    say(f"  {'macro':10}{'':5}{''.join(cells)}  {_figure(guess.macro_f1):>8}  (kappa pooled over the domains)")


def _sets(ratings: Ratings, coder: str) -> list[frozenset[str]]:
    return [codes or frozenset() for codes in ratings.sets[ratings.coders.index(coder)]]


def _cell(f1: float | None, kappa: Estimate) -> str:
    low, high = _figure(kappa.low), _figure(kappa.high)
    return f"  {_figure(f1)}  {_figure(kappa.value)} [{low}, {high}]".rjust(26)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _export(store: Store, say: Say) -> None:
    project = store.load()
    say("")
    for name in ("study-with-suggestions.qdpx", "coded-segments.xlsx"):
        done = export(project, store.folder / name)
        say(
            f"Wrote {done.path}: {done.human} human codings, {done.suggested} suggestions; "
            f"read back and compared, all equal: {done.compared}."
        )
    say("Open the .qdpx in MAXQDA, NVivo or ATLAS.ti: the suggestions stand under a user of their own.")
