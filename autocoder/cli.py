"""One command per verb: read the options, call the step, print the result. Heavy steps are imported where they run."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autocoder import __version__, steps
from autocoder.errors import AutocoderError
from autocoder.project import Codebook, Role
from autocoder.text import counted

if TYPE_CHECKING:
    from autocoder.compare import Question
    from autocoder.editions import Edition
    from autocoder.export import Exported
    from autocoder.formats.speakers import Usage
    from autocoder.read import FileReport
    from autocoder.report.words import Language
    from autocoder.steps import ImportPlan
    from autocoder.store import Store, Summary, Then

app = typer.Typer(
    help="Suggest codes for Hebrew interviews from a team's own coding, on this computer alone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
codebook_app = typer.Typer(help="The codebook of a project.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(codebook_app, name="codebook")

HOME = "127.0.0.1"
KEPT = "What was finished is kept; the same command goes on from there."
SHOWN = 40
"""The most changed codings that are printed of one file."""
CHANGES = {"new": "+ new", "moved": "> moved", "reworded": "~ another memo or weight", "gone": "- gone"}
NO_SPEAKER = "none"
"""The answer for a label that is no speaker."""
SPEAKERS_SHOWN = 15
NOT_EVALUATED = "Nothing was written."
NOT_KEPT = "No model was made; the same command begins again."

ProjectFolder = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
STDOUT = Path("-")
Lang = Annotated[str, typer.Option(help="The language of the page: he or en.")]
JsonFile = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write JSON; - prints it instead.")]
CsvFile = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write every figure as a row of CSV.")]
XlsxFile = Annotated[Path | None, typer.Option("--xlsx", metavar="FILE", help="Write a spreadsheet.")]
HtmlFile = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page to read and to print.")]
ModelName = Annotated[str | None, typer.Option("--model", help="A model of the project; the newest without it.")]


def main() -> None:
    """Run the command line; an error that a user can mend is one sentence and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr] # a Windows console may not be
    try:
        app()
    except AutocoderError as fault:
        typer.echo(str(fault), err=True)
        raise SystemExit(2) from None


@contextmanager
def progress_bar(title: str, stopped: str) -> Iterator[Callable[[float], None]]:
    """Give a function that shows the share done; Ctrl-C ends the command with what ``stopped`` says and code 130."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())
    try:
        with bar:
            task = bar.add_task(title, total=1.0)
            yield lambda share: bar.update(task, completed=share)
    except KeyboardInterrupt:
        typer.echo(f"Stopped. {stopped}", err=True)
        raise typer.Exit(130) from None


@app.command()
def new(
    project: ProjectFolder,
    codebook: Annotated[str, typer.Option(help="cfir-2009, cfir-2022, peer-support, upsides-principles, or a file.")],
    database: Annotated[
        str | None,
        typer.Option(help="postgresql://USER@HOST/DATABASE for a team; the password from PGPASSWORD or ~/.pgpass."),
    ] = None,
) -> None:
    """Make a new project with a codebook."""
    from autocoder import custody
    from autocoder.store.database import has_password

    book = steps.find_codebook(codebook)
    steps.new_project(project, book, database).close()
    typer.echo(f"Made {project} with the codebook {book.name}: {len(book)} codes.")
    if database and has_password(database):
        typer.echo("The password of the database was not kept; put it into PGPASSWORD or ~/.pgpass.")
    for warning in custody.warnings(project):
        typer.echo(f"Note: {warning}", err=True)
    typer.echo(f"Next: autocoder import {project} FILES")


@app.command("import")
def import_(
    project: ProjectFolder,
    files: Annotated[
        list[Path],
        typer.Argument(help="Transcripts, QDA projects, tables of codings or variables, codebooks; any mix."),
    ],
    speakers: Annotated[
        list[str] | None,
        typer.Option(help='Who is who: "מ=interviewer,דנה=participant,הערה=none"; in one file "FILE:מ=participant".'),
    ] = None,
    skip_unfound: Annotated[
        bool,
        typer.Option("--skip-unfound", help="List rows whose segment or speaker is not found, and import the rest."),
    ] = False,
    word_codes: Annotated[
        bool, typer.Option("--word-codes", help="Read comments and highlights of Word transcripts as codes.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Apply what a later export changes, without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be imported, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read files into the project; a file that is refused changes nothing.

    In a terminal, a file whose speakers are not clear is asked about once.
    A later export of a project that was imported before is compared with it, and applied when you say so.
    """
    from autocoder.not_placed import list_path

    answers = answers_of(speakers or [])
    ask = ask_who_speaks if may_ask(as_json) else None
    with steps.open_project(project) as opened:
        plan = steps.plan_import(opened, files, answers, skip_unfound, word_codes, ask, all_answered=True)
        if not as_json:
            print_plan(plan, plan.joined.codebook or opened.codebook())
        if plan.changes and not (yes or dry_run) and not (may_ask(as_json) and typer.confirm("Apply these changes?")):
            raise steps.ChangesNotConfirmed(plan.changes)
        codes = len(plan.joined.codebook) - len(opened.codebook()) if plan.joined.codebook else 0
        about = {"files": len(plan.joined.reports), "transcripts": len(plan.joined.transcripts)}
        entry = entry_of("import", about | {"codings": plan.new_codings})
        added = plan.new_codings if dry_run else steps.apply_import(opened, plan, entry if plan.writes else None)
    if as_json:
        typer.echo(json.dumps(plan_in_json(plan, added, not dry_run), ensure_ascii=False))
        return
    for report in plan.joined.reports:
        if report.unplaced and not dry_run:
            typer.echo(
                f"Not placed: {counted(report.unplaced, 'codings')}, listed in {list_path(project, report.file)}"
            )
    would = "Would be new" if dry_run else "New"
    typer.echo(f"{would} in the project: {what_is_new(plan, codes, added)}.")
    if plan.changes:
        typer.echo(f"{'Would change' if dry_run else 'Changed'}: {steps.counts_of(plan.changes)}.")
    if dry_run:
        typer.echo("Nothing was changed.")


def entry_of(deed: str, about: Mapping[str, str | int]) -> Then:
    """Return what adds an entry to the audit log: at the command line, who does it is whoever uses the computer."""
    import getpass

    from autocoder.store.audit import Deed, append

    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a computer on which users have no names
        user = ""
    who = f"{user} (command line)".strip()
    return lambda connection: append(connection, who, Deed(deed), about, steps.now())


def record(opened: Store, deed: str, about: Mapping[str, str | int]) -> None:
    """Add an entry to the audit log."""
    with opened.writing() as connection:
        entry_of(deed, about)(connection)


def what_is_new(plan: ImportPlan, codes: int, codings: int) -> str:
    """Return the counts of what an import adds; transcripts and codings always, the rest where there is any."""
    described = len(plan.joined.described)
    parts = [counted(len(plan.joined.transcripts), "transcripts"), counted(codings, "codings")]
    parts += [counted(codes, "codes")] if codes else []
    parts += [f"new variables or groups in {described} that were here"] if described else []
    return ", ".join(parts)


def may_ask(as_json: bool) -> bool:
    """Return whether there is a person to ask."""
    return not as_json and is_terminal()


def print_plan(plan: ImportPlan, book: Codebook) -> None:
    """Print what each file held, and what later exports change."""
    for report in plan.joined.reports:
        print_report(report)
    for edition in plan.changes:
        print_edition(edition, book)


def print_edition(edition: Edition, book: Codebook) -> None:
    """Print what a later export changes: the counts of each coder, then the codings, the first of them."""
    if edition.like:
        typer.echo(
            f"Most codings of {edition.file} are those of {edition.like}, so it is read as a later export of it."
        )
    typer.echo(f"{edition.file} changes what {', '.join(edition.earlier)} brought:")
    for coder, counts in edition.by_coder().items():
        said = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
        typer.echo(f"  {coder}: {said}")
    rows = edition.rows()
    for row in rows[:SHOWN]:
        after = row.moved_to
        place = f"{row.span.start} to {row.span.end}" + (f", now {after.start} to {after.end}" if after else "")
        name = book.path(row.code) if row.code in book else row.code
        typer.echo(f"  {CHANGES[row.kind]}: {row.transcript}, {place}, {name}, {row.coder}")
    if len(rows) > SHOWN:
        typer.echo(f"  and {len(rows) - SHOWN} more; all of them with --dry-run --json")


def plan_in_json(plan: ImportPlan, added: int, applied: bool) -> dict[str, object]:
    """Return what an import did, or would do, for a program."""
    kinds = ("new", "moved", "reworded", "gone")
    return {
        "files": [asdict(report) for report in plan.joined.reports],
        "new_codings": added,
        "applied": applied,
        "changes": [
            {"file": edition.file, "earlier": edition.earlier, "like": edition.like, "by_coder": edition.by_coder()}
            | {kind: [asdict(each) for each in getattr(edition, kind)] for kind in kinds}
            for edition in plan.changes
        ],
    }


def answers_of(said: list[str]) -> dict[str, Role | None]:
    """Return what ``--speakers`` said; raise AutocoderError for an answer in another form."""
    answers: dict[str, Role | None] = {}
    for answer in (match[0].strip(", ") for whole in said for match in re.finditer(r"[^=]*=[^,]*|[^=]+", whole)):
        label, equals, role = answer.rpartition("=")  # the label itself may hold a comma
        if not label.strip() or not equals or role.strip() not in {*Role, NO_SPEAKER}:
            raise AutocoderError(
                f'--speakers "{answer}" is not in the form "LABEL=interviewer", "LABEL=participant" or "LABEL=none".'
            )
        answers[label.strip()] = None if role.strip() == NO_SPEAKER else Role(role.strip())
    return answers


def is_terminal() -> bool:
    """Return whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_who_speaks(path: Path, usages: Sequence[Usage]) -> dict[str, Role | None]:
    """Ask once about the speakers of a file; Enter takes what is proposed, and an answer says what differs."""
    typer.echo(f"{path.name}: who is who?", err=True)
    for usage in usages[:SPEAKERS_SHOWN]:
        role = usage.proposal + ("?" if usage.is_open else "")
        counts = f"{usage.turns:5} turns,{usage.questions:5} with a question mark"
        typer.echo(f"  {role:14}{counts}  {usage.label}", err=True)
    if len(usages) > SPEAKERS_SHOWN:
        typer.echo(f"  and {len(usages) - SPEAKERS_SHOWN} more", err=True)
    question = "Enter takes this; else say what differs, such as LABEL=interviewer,LABEL=none"
    proposed: dict[str, Role | None] = {usage.label: usage.proposal for usage in usages}
    while True:
        said = typer.prompt(question, default="", show_default=False, err=True)
        try:
            return proposed | (answers_of([said]) if said.strip() else {})
        except AutocoderError as fault:
            typer.echo(str(fault), err=True)


def print_report(report: FileReport) -> None:
    """Print what one file held, and every problem met in it."""
    parts = []
    if report.turns:
        parts.append(f"{counted(report.turns, 'turns')} of {counted(report.speakers, 'speakers')}")
    if report.encoding:
        parts.append(report.encoding)
    if report.described:
        parts.append(f"variables of {report.described} transcripts and speakers")
    if report.codes:
        parts.append(counted(report.codes, "codes"))
    if report.codings:
        how = ", ".join(f"{count} {name}" for name, count in report.found.items())
        parts.append(counted(report.codings, "codings") + (f" ({how})" if how else ""))
    if report.memos:
        parts.append(counted(report.memos, "memos"))
    if report.lowest_score is not None:
        parts.append(f"lowest score of a fuzzy match {report.lowest_score:.2f}")
    typer.echo(f"{report.file}: {', '.join(parts) or 'nothing to import'}")
    for note in report.notes:
        typer.echo(f"  {note}")
    for problem in report.problems:
        typer.echo(f"  ! {problem}")


@app.command()
def status(project: ProjectFolder, as_json: AsJson = False) -> None:
    """Say what is in the project, who coded what, and what comes next."""
    with steps.open_project(project) as opened:
        summary = opened.summary()
        models = [folder.name for folder in steps.model_folders(opened)]
        say_what_is_left_out(opened)
    if as_json:
        typer.echo(json.dumps(asdict(summary) | {"models": models}, ensure_ascii=False))
        return
    transcripts = counted(summary.transcripts, "transcripts")
    typer.echo(f"{summary.name}: {transcripts}, {summary.uncoded} of them not coded by a person")
    turns, speakers = counted(summary.turns, "turns"), counted(summary.speakers, "speakers")
    typer.echo(f"  {turns}, {speakers}, {summary.characters:,} characters")
    codes = counted(summary.codes, "codes")
    typer.echo(f"  codebook {summary.codebook}, version {summary.codebook_version}: {codes}")
    for count in summary.coders:
        kind = count.coder.kind.value
        typer.echo(f"  {count.codings:6} codings in {count.transcripts} transcripts by {count.coder.name} ({kind})")
    typer.echo(f"  models: {', '.join(models) or 'none yet'}; {summary.decisions} review decisions")
    typer.echo(f"Next: {next_step(project, summary, models)}")


def say_what_is_left_out(opened: Store) -> None:
    """Say whose blind coding is not committed yet, so that it is in nothing that is made now."""
    for coder, transcript in opened.uncommitted():
        typer.echo(f"Left out: the blind coding of {transcript} by {coder}, not committed on the page yet.", err=True)


def next_step(project: Path, summary: Summary, models: list[str]) -> str:
    """Return the command that brings a project one step on."""
    if not summary.transcripts:
        return f"autocoder import {project} FILES"
    if not any(count.codings for count in summary.coders):
        return f"autocoder import {project} CODING.qdpx (or a table of coded segments)"
    if not models:
        return f"autocoder train {project}"
    if summary.uncoded:
        return f"autocoder precode {project}, then autocoder export {project} suggestions.qdpx"
    return f"autocoder agree {project}"


@codebook_app.command("show")
def codebook_show(project: ProjectFolder) -> None:
    """Print the codes as trees; folders in brackets."""
    with steps.open_project(project) as opened:
        book = opened.codebook()
    for depth, code in book.walk():
        name = f"{code.name_en} {code.name_he}".strip()
        typer.echo("  " * depth + (f"{code.id}  {name}" if code.codable else f"[{code.id}  {name}]"))


@app.command()
def train(
    project: ProjectFolder,
    encoder: Annotated[str | None, typer.Option(help="A folder or a hub name; the bundled encoder without it.")] = None,
    coder: Annotated[str | None, typer.Option(help="Whose coding to learn; the one with most without it.")] = None,
    seed: Annotated[int, typer.Option(help="Where chance begins.")] = steps.SEED,
    as_json: AsJson = False,
) -> None:
    """Train a model on the human coding, with a linear baseline beside it."""
    from autocoder.learn.card import WHO

    with steps.open_project(project) as opened, progress_bar("training", NOT_KEPT) as report:
        say_what_is_left_out(opened)
        manifest = steps.train_model(opened, report, coder, encoder, seed)
        record(opened, "train", {"model": manifest.name})
        folder = opened.models / manifest.name
    if as_json:
        typer.echo(json.dumps({"model": manifest.name, "scores": manifest.scores}, ensure_ascii=False))
        return
    learned = sum(code.learned for code in manifest.codes)
    typer.echo(
        f"Model {manifest.name} learned {learned} codes from {manifest.data['units']} units; card: {folder}/card.md"
    )
    typer.echo(f"{'F1 out of fold':24}" + "".join(f"{who:>10}" for who in WHO))
    for title, key in (("domains, macro", "domain_macro_f1"), ("all, macro", "macro_f1"), ("all, micro", "micro_f1")):
        scores = manifest.scores[key]
        typer.echo(f"{title:24}" + "".join(f"{figure(scores[who]):>10}" for who in WHO))
    typer.echo(f"Next: autocoder precode {project}")


@app.command()
def precode(
    project: ProjectFolder,
    files: Annotated[
        list[str] | None, typer.Argument(help="Transcripts or their files; all uncoded without it.")
    ] = None,
    model: ModelName = None,
    as_json: AsJson = False,
) -> None:
    """Suggest codes for transcripts; goes on where it stopped."""
    from autocoder.classifier import load
    from autocoder.suggest import coder_of

    with steps.open_project(project) as opened:
        names, reports = names_in(opened, files or [])
        for each in reports if not as_json else ():
            print_report(each)
        classifier = load(steps.find_model(opened, model))
        study = opened.load()
        coder = coder_of(classifier.manifest.name).name
        left = steps.to_precode(opened, study, coder, names)
        counts: dict[str, int] = {}
        with progress_bar("pre-coding", KEPT) as report:
            for name, suggestions in steps.precode(opened, classifier, study, left):
                counts[name] = suggestions
                record(opened, "precode", {"model": classifier.manifest.name, "transcript": name, "n": suggestions})
                report(len(counts) / len(left))
    if as_json:
        read = [asdict(each) for each in reports]
        typer.echo(json.dumps({"coder": coder, "suggestions": counts, "files": read}, ensure_ascii=False))
        return
    for name, suggestions in counts.items():
        typer.echo(f"{suggestions:5} suggestions in {name}")
    total, transcripts = counted(sum(counts.values()), "suggestions"), counted(len(counts), "transcripts")
    typer.echo(f"{total} in {transcripts} by {coder}.")
    typer.echo(f"Next: autocoder export {project} suggestions.qdpx")


def names_in(opened: Store, words: list[str]) -> tuple[list[str], tuple[FileReport, ...]]:
    """Return the transcripts that words on the command line mean, and what was read of those words that are files."""
    known = {transcript.name for transcript in opened.transcripts()}
    files = [Path(word) for word in words if word not in known and Path(word).is_file()]
    if not files:
        return words, ()
    joined, _ = steps.import_files(opened, files, ask=ask_who_speaks if is_terminal() else None)
    of_file = {str(file): report.names for file, report in zip(files, joined.reports, strict=True)}
    names = [name for word in words for name in of_file.get(str(Path(word)), (word,))]
    return list(dict.fromkeys(names)), joined.reports


@app.command()
def score(
    model: Annotated[Path, typer.Argument(help="The folder of a model.")],
    file: Annotated[Path, typer.Argument(help='JSON Lines: {"id", "text"} and, if you like, "question".')],
) -> None:
    """Score texts: one line out per text, {"id", "scores": {code: score}}; no project needed."""
    from autocoder.classifier import load
    from autocoder.formats.jsonl import read_texts
    from autocoder.segment import spoken

    classifier = load(model)
    texts = read_texts(file)
    rows = classifier.score([spoken(text.text) for text in texts], [spoken(text.question) for text in texts])
    for text, row in zip(texts, rows, strict=True):
        scores = {code: round(float(value), 6) for code, value in zip(classifier.codes, row, strict=True)}
        typer.echo(json.dumps({"id": text.id, "scores": scores}, ensure_ascii=False))


@app.command()
def export(
    project: ProjectFolder,
    files: Annotated[list[Path], typer.Argument(help="By ending: .qdpx .xlsx .csv .jsonl .docx .qdc .yaml")],
    transcript: Annotated[list[str] | None, typer.Option(help="Only this transcript; may be given again.")] = None,
    only_confirmed: Annotated[
        bool, typer.Option("--only-confirmed", help="Leave out the suggestions that no person accepted.")
    ] = False,
    sidecar: Annotated[
        bool, typer.Option("--sidecar/--no-sidecar", help="Beside a .qdpx, its scores as JSON by the codings' GUIDs.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Write the project to files, and read each back to compare it quote by quote.

    A .docx of several transcripts is a folder with one document each; a .qdc or .yaml is the codebook alone.
    """
    from autocoder.export import export as write

    with steps.open_project(project) as opened:
        say_what_is_left_out(opened)
        study, decisions = opened.load(), opened.decisions()
        for name in set(transcript or []) - {each.name for each in study.transcripts}:
            raise steps.NoSuchThing(f"there is no transcript {name}; name it as its file is named, without the ending.")
        only = frozenset(transcript) if transcript else None
        for file in files:
            done = write(study, file, only, decisions, only_confirmed, sidecar)
            codings = done.human + done.suggested
            about: dict[str, str | int] = {
                "file": done.path.name,
                "transcripts": done.transcripts,
                "codings": codings,
            }
            record(opened, "export", about)
            if as_json:
                typer.echo(json.dumps(asdict(done) | {"path": str(done.path)}, ensure_ascii=False))
            else:
                print_export(done, len(study.codebook))


def print_export(done: Exported, codes: int) -> None:
    """Print what was written and what of it came back equal."""
    counts = ((done.transcripts, "transcripts"), (done.human, "human codings"), (done.suggested, "suggestions"))
    written = ", ".join(counted(*each) for each in counts) if done.transcripts else ""
    typer.echo(f"{done.path}: {written or 'the codebook, ' + counted(codes, 'codes')}")
    typer.echo(f"  read back and compared, all equal: {done.compared}")
    for note in done.notes:
        typer.echo(f"  {note}")


@app.command()
def agree(
    project: ProjectFolder,
    coders: Annotated[str, typer.Option(help="Names separated by commas; all coders without it.")] = "",
    codes: Annotated[str, typer.Option(help="Ids or names separated by commas; all codes without it.")] = "",
    level: Annotated[int | None, typer.Option(help="Only codes of this level of the tree; 1 is the top.")] = None,
    transcripts: Annotated[str, typer.Option(help="Names separated by commas; all transcripts without it.")] = "",
    unit: Annotated[str, typer.Option(help="What is compared: segment, sentence or character.")] = "segment",
    all_origins: Annotated[
        bool, typer.Option("--all-origins", help="Count coding that saw a suggestion too, not only blind coding.")
    ] = False,
    margin: Annotated[
        float | None, typer.Option(help="How far a model may fall behind a coder; fixed once, before figures are seen.")
    ] = None,
    epsilon: Annotated[
        float, typer.Option(help="Of the alternative annotator test: .2 for experts, .15 for trained coders.")
    ] = 0.2,
    lang: Lang = "he",
    json_file: JsonFile = None,
    csv_file: CsvFile = None,
    xlsx_file: XlsxFile = None,
    html_file: HtmlFile = None,
) -> None:
    """Agreement of coders, people and models, on the same units: a short table, and a page that can be printed."""
    from autocoder.report import tables

    language = language_of(lang)
    question = question_of(names_of(coders), names_of(codes), level, names_of(transcripts), unit, all_origins)
    if margin is not None and not 0 < margin < 1:
        raise AutocoderError(f"--margin {margin:g} is not between 0 and 1; 0.05 is usual.")
    if not 0 <= epsilon < 1:
        raise AutocoderError(f"--epsilon {epsilon:g} is not between 0 and 1; 0.2 is usual with experts.")
    writable(json_file, csv_file, xlsx_file, html_file)
    with steps.open_project(project) as opened:
        say_what_is_left_out(opened)
        found = steps.report_agreement(opened, question, margin, epsilon)
        record(opened, "agreement", {"coders": len(question.coders)})
        book = opened.codebook()
    if csv_file:
        tables.write_csv(csv_file, tables.tidy_rows(found, book))
    if xlsx_file:
        tables.write_xlsx(xlsx_file, tables.agreement_sheets(found, book), lang == "he")
    if html_file:
        from autocoder.report.page import agreement_page

        write_text(html_file, agreement_page(found, book, language))
    if json_file:
        write_text(json_file, tables.as_json(found))
    if json_file != STDOUT:
        typer.echo(tables.text_table(found, book, terminal_width()))


def names_of(words: str) -> tuple[str, ...]:
    """Return the names in a list separated by commas."""
    return tuple(name.strip() for name in words.split(",") if name.strip())


def question_of(
    coders: tuple[str, ...],
    codes: tuple[str, ...],
    level: int | None,
    transcripts: tuple[str, ...],
    unit: str,
    all_origins: bool,
) -> Question:
    """Return what the options of ``agree`` ask."""
    from autocoder.compare import ALL_ORIGINS, BLIND, Question, Unit

    if unit not in {*Unit}:
        raise AutocoderError(f"--unit {unit} is not known; choose {', '.join(Unit)}.")
    return Question(coders, codes, level, transcripts, Unit(unit), ALL_ORIGINS if all_origins else BLIND)


def language_of(name: str) -> Language:
    """Return the language of ``--lang``."""
    from autocoder.report.words import Language

    if name not in {*Language}:
        raise AutocoderError(f"--lang {name} is not known; choose {' or '.join(Language)}.")
    return Language(name)


def writable(*files: Path | None) -> None:
    """Refuse files whose folder does not exist, before anything is measured."""
    for file in files:
        if file is not None and file != STDOUT and not file.resolve().parent.is_dir():
            raise AutocoderError(f"{file}: its folder does not exist; make the folder first.")


def write_text(file: Path, text: str) -> None:
    """Write a text whole, or to standard output for a dash."""
    from autocoder.formats.whole import whole

    if file == STDOUT:
        typer.echo(text)
        return
    with whole(file) as part:
        part.write_text(text, encoding="utf-8")


def terminal_width() -> int:
    """Return how many columns a line may have."""
    from shutil import get_terminal_size

    return max(60, get_terminal_size((80, 24)).columns)


def figure(value: float | None) -> str:
    """Return a figure to two places; a dash for one that is undefined."""
    return "–" if value is None else f"{value:.2f}"


@app.command()
def evaluate(
    project: ProjectFolder,
    model: ModelName = None,
    curve: Annotated[bool, typer.Option("--curve/--no-curve", help="The linear model's learning curve.")] = True,
    encoder_curve: Annotated[
        bool, typer.Option("--encoder-curve", help="The encoder's too; trains it once for each number of transcripts.")
    ] = False,
    lang: Lang = "he",
    json_file: JsonFile = None,
    csv_file: CsvFile = None,
    html_file: HtmlFile = None,
) -> None:
    """How well a model finds the codes of transcripts it had not seen, beside linear, majority and other people."""
    from autocoder.report import tables

    language = language_of(lang)
    writable(json_file, csv_file, html_file)
    with steps.open_project(project) as opened, progress_bar("evaluating", NOT_EVALUATED) as report:
        say_what_is_left_out(opened)
        found = steps.evaluate_model(opened, report, model, curve or encoder_curve, encoder_curve)
        book = opened.codebook()
    if csv_file:
        tables.write_csv(csv_file, tables.evaluation_rows(found, book))
    if html_file:
        from autocoder.report.page import evaluation_page

        write_text(html_file, evaluation_page(found, book, language))
    if json_file:
        write_text(json_file, tables.as_json(found))
    if json_file != STDOUT:
        typer.echo(tables.evaluation_table(found, book, terminal_width()))


@app.command()
def review(
    project: ProjectFolder,
    team: Annotated[bool, typer.Option("--team", help="For several people with accounts.")] = False,
    host: Annotated[str, typer.Option(help="The address to listen at; beyond this computer only with --team.")] = HOME,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 0,
    name: Annotated[
        list[str] | None, typer.Option(help="A name under which a team reaches the page, when not the address.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(metavar="FILE", help="The certificate for TLS, as .pem.")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="The key of the certificate.")] = None,
    lock_after: Annotated[int, typer.Option(min=1, max=720, help="Minutes without a reader until it locks.")] = 60,
    browser: Annotated[bool, typer.Option(help="Open the browser, or print the link.")] = True,
) -> None:
    """Open the review page, where people decide about suggestions; Ctrl-C ends it."""
    from autocoder import custody
    from autocoder.review.server import Serving, serve

    asked = Serving(team, host, port, tuple(name or ()), tls_cert, tls_key, browser, lock_after * 60)
    with steps.open_project(project) as opened:
        for warning in custody.warnings(project):
            typer.echo(f"Note: {warning}", err=True)
        serve(opened, asked, steps.now(), typer.echo)


@app.command()
def audit(
    project: ProjectFolder,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write every entry as CSV.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check the log of who did what: whether every entry and every recorded decision stands as it was written."""
    from autocoder.report import tables
    from autocoder.store import audit as log

    writable(csv_file)
    with steps.open_project(project) as opened:
        found = log.verify(opened)
        if csv_file:
            tables.write_csv(csv_file, log.rows(opened))
    if as_json:
        typer.echo(json.dumps(asdict(found)))
        raise typer.Exit(0 if found.whole else 1)
    if found.broken:
        typer.echo(f"Entry {found.broken.id} does not hold: {found.broken.why}.")
    if found.unrecorded:
        typer.echo(f"{found.unrecorded} decisions have no entry: the end of the log was cut off, or they were put in.")
    typer.echo(f"{found.entries} entries hold. The last hash, to be noted where nobody can change it: {found.head}")
    if not found.whole:
        raise typer.Exit(1)


@app.command()
def demo(
    project: Annotated[Path, typer.Option(help="Where to make the project.")] = Path("autocoder-demo"),
) -> None:
    """Do the whole job on the bundled synthetic study."""
    from autocoder.demo import run

    run(project, typer.echo)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)
