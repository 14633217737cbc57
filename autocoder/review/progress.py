"""Progress and influence: what is done and left, at what pace, and whether suggestions are read or waved through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from autocoder.agree.proportion import wilson
from autocoder.project import Action, CoderKind, Mode
from autocoder.review.desk_page import names_of
from autocoder.review.kept import Kept
from autocoder.review.pages import page
from autocoder.review.reviewer import reviewer_of, store_of
from autocoder.review.sample import SampleAgreement, agreement_with_blind
from autocoder.store import Store, counts
from autocoder.store.assignments import Task
from autocoder.store.counts import NO_CHECKS, Checked, Progress, Work
from autocoder.store.queues import newest_model

PATH = "/progress"
LATEST = 50  # decisions in a row, all accepted, that are worth a word
LEAST_PLANTED = 4
LISTED = 100
RESTS = 10.0  # seconds for which figures are shown again before they are counted anew


class Note(StrEnum):
    """What is said, quietly, of someone whose decisions look waved through."""

    ALL = "accepts_all"
    PLANTED = "accepts_planted"


@dataclass(frozen=True)
class Person:
    """How far one person is; ``left`` counts the open suggestions in the person's transcripts."""

    name: str
    work: Work
    left: int
    planted: Checked = NO_CHECKS
    audited: Checked = NO_CHECKS
    note: Note | None = None


@dataclass(frozen=True)
class Figures:
    """What the page shows of a model's suggestions; ``missed`` are random passages that got a code."""

    model: str
    people: tuple[Person, ...]
    codes: tuple[Progress, ...]
    transcripts: tuple[Progress, ...]
    missed: Checked

    @property
    def done(self) -> int:
        """How many suggestions are decided."""
        return sum(code.done for code in self.codes)

    @property
    def left(self) -> int:
        """How many suggestions are open."""
        return sum(code.left for code in self.codes)

    @property
    def missed_range(self) -> tuple[float, float] | None:
        """The 95 % interval of the share of passages without a suggestion that carry a code."""
        return wilson(self.missed.hits, self.missed.trials) if self.missed.trials else None


def figures(store: Store, model: str) -> Figures:
    """Count how far everybody is with the suggestions of a model."""
    transcripts = counts.by_transcript(store, model)
    random = counts.checks(store, Mode.RANDOM).values()
    return Figures(
        model,
        _people(store, transcripts),
        counts.by_code(store, model),
        transcripts,
        sum(random, NO_CHECKS),
    )


def _people(store: Store, transcripts: Sequence[Progress]) -> tuple[Person, ...]:
    work, planted, audited = counts.work(store), counts.checks(store, Mode.PLANTED), counts.checks(store, Mode.AUDIT)
    tasks = counts.assigned(store, Task.CONFIRM)
    left = {each.name: each.left for each in transcripts}
    found = []
    for coder in store.coders():
        if coder.kind is CoderKind.HUMAN and (coder.name in work or coder.name in tasks or not tasks):
            mine = tasks.get(coder.name, frozenset()) if tasks else left.keys()
            caught = planted.get(coder.name, NO_CHECKS)
            found.append(
                Person(
                    coder.name,
                    work.get(coder.name, Work(coder.name)),
                    sum(left.get(name, 0) for name in mine),
                    caught,
                    audited.get(coder.name, NO_CHECKS),
                    note_on(counts.latest_answers(store, coder.name, LATEST), caught),
                )
            )
    return tuple(found)


def note_on(latest: Sequence[Action], planted: Checked) -> Note | None:
    """Return what is worth saying of a person's last answers, mostly nothing.

    Planted errors weigh more: somebody may accept much because the suggestions are good.
    """
    if planted.trials >= LEAST_PLANTED and 2 * planted.hits < planted.trials:
        return Note.PLANTED
    if len(latest) >= LATEST and all(action is Action.ACCEPT for action in latest):
        return Note.ALL
    return None


def progress(request: Request) -> Response:
    """Show a lead everybody's progress, and a coder the coder's own beside that of the whole study."""
    store, reviewer = store_of(request), reviewer_of(request)
    model = newest_model(store)
    if model is None:
        return page(request, "progress.html", found=None, names=names_of(request))
    found = _kept(request, store, model).now()
    people = found.people if reviewer.leads else tuple(each for each in found.people if each.name == reviewer.coder)
    begin = request.query_params.get("from", "")
    first = int(begin) if begin.isascii() and begin.isdecimal() and len(begin) < 8 else 0
    return page(
        request,
        "progress.html",
        found=found,
        people=people,
        names=names_of(request),
        agreement=_agreement(request, store).latest(),
        transcripts=found.transcripts[first : first + LISTED],
        more=first + LISTED if len(found.transcripts) > first + LISTED else None,
        percent=percent,
        latest=LATEST,
    )


def percent(share: float) -> str:
    """Return a share as a whole number of hundredths, 0 and 100 only where it is so exactly."""
    hundredths = min(99, max(1, round(100 * share))) if 0 < share < 1 else round(100 * share)
    return f"{hundredths}%"


def _kept(request: Request, store: Store, model: str) -> Kept[Figures]:
    """Return where the figures of a model are kept as long as the server runs."""
    kept: dict[str, Kept[Figures]] = _shelf(request, "figures")
    if model not in kept:
        kept[model] = Kept(lambda: figures(store, model), lambda: _moment(store), RESTS)
    return kept[model]


def _moment(store: Store) -> tuple[int, ...]:
    return (*counts.state(store), *counts.assignments_made(store))


def _agreement(request: Request, store: Store) -> Kept[Mapping[str, SampleAgreement]]:
    kept: dict[str, Kept[Mapping[str, SampleAgreement]]] = _shelf(request, "agreement")
    if "sample" not in kept:
        kept["sample"] = Kept(lambda: agreement_with_blind(store), lambda: _moment(store), 60.0)
    return kept["sample"]


def _shelf(request: Request, name: str) -> dict[str, Kept]:  # type: ignore[type-arg]
    state = request.app.state
    if not hasattr(state, name):
        setattr(state, name, {})
    shelf: dict[str, Kept] = getattr(state, name)  # type: ignore[type-arg]
    return shelf


routes = [Route(PATH, progress)]
