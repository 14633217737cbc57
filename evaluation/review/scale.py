"""How quick the review page is in a large project: 2,000 transcripts, 1,000,000 suggestions, 200,000 decisions.

``python evaluation/review/scale.py [--transcripts N] [--suggestions N] [--decisions N] [--folder DIR]`` makes the
project in a temporary folder (or in ``--folder``, which is used again when it is there), out of turns of the bundled
study, and measures opening it, the next card of each queue, searching, browsing and progress. It prints the median and
the 95th percentile and keeps them in ``scale.json`` beside it.
"""

from __future__ import annotations

import json
import os
import platform
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from starlette.testclient import TestClient

from autocoder.bundled import codebooks, study
from autocoder.project import Action, Coder, CoderKind, Role, Span, Transcript, Turn
from autocoder.read import read_file
from autocoder.review.app import create_app
from autocoder.review.desk import Answer, Scope, answer, next_card
from autocoder.review.progress import figures
from autocoder.review.reviewer import Reviewer
from autocoder.review.reviewer import Role as Part
from autocoder.review.sessions import Door, Sessions
from autocoder.steps import find_codebook
from autocoder.store import Addition, Store, counts, create, open_project
from autocoder.store.checks import next_check
from autocoder.store.queues import Order

PEOPLE = tuple(f"חוקרת {n}" for n in range(1, 13))
MODEL = "autocoder m1"
SPOKEN, ASKED = 60, 60  # turns of participants and of interviewers in a transcript
STARTED = "2026-01-01T08:00:00+00:00"
BARS = {"open": 500.0, "next card": 100.0, "search": 300.0}
ROUNDS = 40
LEAD = Reviewer(PEOPLE[0], Part.LEAD)


@dataclass(frozen=True)
class Size:
    """How large the project is."""

    transcripts: int
    suggestions: int
    decisions: int


def sayings() -> tuple[list[str], list[str]]:
    """Return what participants and interviewers say in the bundled study."""
    said: dict[Role, list[str]] = {Role.PARTICIPANT: [], Role.INTERVIEWER: []}
    for path in sorted((study() / "transcripts").iterdir()):
        for transcript in read_file(path).transcripts:
            for turn in transcript.turns:
                said[turn.role].append(transcript.quote(turn.span))
    return said[Role.PARTICIPANT], said[Role.INTERVIEWER]


def interviews(count: int, chance: random.Random) -> Iterator[Transcript]:
    """Yield interviews whose turns are drawn from the bundled study."""
    answers, questions = sayings()
    for number in range(count):
        text, turns = "", []
        for place in range(SPOKEN + ASKED):
            asks = place % 2 == 0
            speaker, role = ("מראיינת", Role.INTERVIEWER) if asks else (f"עמיתה {number}", Role.PARTICIPANT)
            saying = chance.choice(questions if asks else answers)
            text += f"{speaker}: "
            turns.append(Turn(Span(len(text), len(text) + len(saying)), speaker, role))
            text += f"{saying}\n"
        yield Transcript(f"ריאיון {number:04}", text, tuple(turns))


def build(folder: Path, size: Size) -> None:
    """Make the project: transcripts by the store, suggestions and decisions in bulk."""
    chance = random.Random(11)
    book = find_codebook(str(codebooks()["peer-support"]))
    with create(folder, "גדול", book, STARTED) as store:
        coders = (*map(Coder, PEOPLE), Coder(MODEL, CoderKind.MODEL))
        store.add(Addition(coders=coders, at=STARTED))
        coming = interviews(size.transcripts, chance)
        while part := tuple(islice(coming, 50)):
            store.add(Addition(transcripts=part, at=STARTED))
    codes = [code.id for code in book if code.codable]
    with sqlite3.connect(folder / "project.db") as database:
        database.execute("PRAGMA synchronous=OFF")
        _suggest(database, size, codes, chance)
        _decide(database, size.decisions, chance)
        database.execute(
            "INSERT INTO precoded SELECT coder.id, transcript.id FROM coder, transcript WHERE kind='model'"
        )
    database.close()


def _suggest(database: sqlite3.Connection, size: Size, codes: list[str], chance: random.Random) -> None:
    """Put codes on participants' turns; a few codes are common and most are rare, and scores are all over the range."""
    model = database.execute("SELECT id FROM coder WHERE kind = 'model'").fetchone()[0]
    weights = [1 / (place + 2) for place in range(len(codes))]
    each = size.suggestions // size.transcripts
    row = 'INSERT OR IGNORE INTO coding (transcript_id, start, "end", code, coder_id, origin, score, memo, created, '
    row += "codebook_version) VALUES (?, ?, ?, ?, ?, 'auto', ?, '', ?, 1)"
    for (transcript,) in database.execute("SELECT id FROM transcript ORDER BY id").fetchall():
        turns = database.execute(
            "SELECT start, \"end\" FROM turn WHERE transcript_id = ? AND role = 'participant'", [transcript]
        ).fetchall()
        places: set[tuple[int, int, str]] = set()
        while len(places) < each:
            start, end = chance.choice(turns)
            middle = (start + end) // 2
            part = chance.choice(((start, end), (start, middle), (middle, end)))
            places |= {(*part, code) for code in chance.choices(codes, weights, k=4)}
        rows = [
            (transcript, start, end, code, model, round(chance.betavariate(2, 1.5), 4), STARTED)
            for start, end, code in sorted(places)[:each]
        ]
        database.executemany(row, rows)


def _decide(database: sqlite3.Connection, decisions: int, chance: random.Random) -> None:
    """Answer suggestions of the first transcripts, transcript by transcript, three of four of them with yes."""
    people = [number for (number,) in database.execute("SELECT id FROM coder WHERE kind = 'human'")]
    answered = database.execute(
        'SELECT id, transcript_id, start, "end", code, score FROM coding WHERE coder_id = '
        "(SELECT id FROM coder WHERE kind = 'model') ORDER BY transcript_id, start, id LIMIT ?",
        [decisions],
    ).fetchall()
    log = (
        'INSERT INTO decision (id, coder_id, at, transcript_id, start, "end", before, after, saw_suggestion, shown, '
        "score, seconds, model, codebook_version, mode, action) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, 1, 'confirm', ?)"
    )
    coded = (
        'INSERT OR IGNORE INTO coding (transcript_id, start, "end", code, coder_id, origin, memo, created, '
        "codebook_version) VALUES (?, ?, ?, ?, ?, 'assisted', '', ?, 1)"
    )
    rows, kept = [], []
    for number, (_, transcript, start, end, code, score) in enumerate(answered, 1):
        person = people[transcript % len(people)]
        yes = chance.random() < 0.75
        at = f"2026-{1 + number * 9 // decisions:02}-{1 + number % 28:02}T{8 + number % 9:02}:{number % 60:02}:00+00:00"
        shown = json.dumps([code])
        after = shown if yes else "[]"
        seconds = round(chance.lognormvariate(1.5, 0.6), 1)
        action = "accept" if yes else "reject"
        rows.append((number, person, at, transcript, start, end, shown, after, shown, score, seconds, MODEL, action))
        if yes:
            kept.append((transcript, start, end, code, person, at))
    database.executemany(log, rows)
    database.executemany(coded, kept)
    database.executemany(
        "UPDATE coding SET answer = ? WHERE id = ?", [(n, row[0]) for n, row in enumerate(answered, 1)]
    )


@dataclass(frozen=True)
class Times:
    """Milliseconds of one kind of request: on the clock, and of the processor, which other programs do not lengthen."""

    what: str
    clock: tuple[float, ...]
    processor: tuple[float, ...]

    def summary(self) -> dict[str, float]:
        """Return medians and 95th percentiles."""
        return {
            "n": len(self.clock),
            "median_ms": round(float(np.median(self.clock)), 1),
            "p95_ms": round(float(np.quantile(self.clock, 0.95)), 1),
            "processor_median_ms": round(float(np.median(self.processor)), 1),
            "processor_p95_ms": round(float(np.quantile(self.processor, 0.95)), 1),
        }


def timed(what: str, deeds: Iterable[Callable[[], object]]) -> Times:
    """Do each thing once and take its time."""
    clock, processor = [], []
    for deed in deeds:
        wall, busy = time.perf_counter(), time.process_time()
        deed()
        clock.append(1000 * (time.perf_counter() - wall))
        processor.append(1000 * (time.process_time() - busy))
    return Times(what, tuple(clock), tuple(processor))


def opening(folder: Path) -> Times:
    """Open the project and find the first card, from nothing."""

    def deed() -> None:
        with open_project(folder) as store:
            assert next_card(store, LEAD, Scope()) is not None  # noqa: S101

    return timed("open", [deed] * 10)


def cards(store: Store) -> Iterator[Times]:
    """Walk through each queue from card to card, and decide, as the desk does."""
    codes = [row.name for row in counts.by_code(store, MODEL)]
    chance = random.Random(3)
    scopes = {
        "uncertain": [Scope(Order.UNCERTAIN)] * ROUNDS,
        "code": [Scope(Order.CODE, code=chance.choice(codes)) for _ in range(ROUNDS)],
        "document": [Scope(Order.DOCUMENT)] * ROUNDS,
        "random": [Scope(Order.RANDOM)] * ROUNDS,
    }
    for name, wanted in scopes.items():
        at: list[str | None] = [None]

        def deed(scope: Scope, at: list[str | None] = at) -> None:
            found = next_card(store, LEAD, scope, None if scope.code else at[0])
            at[0] = found.id if found else None

        yield timed(f"next card, {name}", [partial(deed, scope) for scope in wanted])
    yield timed("decide", [partial(_decide_next, store, chance) for _ in range(ROUNDS)])


def _answer_checks(store: Store) -> None:
    """Answer what an earlier run drew: an open check is the next card whatever the queue, and costs nothing to find."""
    while next_check(store, LEAD.coder) is not None:
        found = next_card(store, LEAD, Scope())
        assert found is not None  # noqa: S101
        answer(store, LEAD, found.id, Answer(Action.REJECT), STARTED)


def _decide_next(store: Store, chance: random.Random) -> None:
    found = next_card(store, LEAD, Scope())
    assert found is not None  # noqa: S101
    action = chance.choice((Action.ACCEPT, Action.REJECT)) if found.code else Action.REJECT
    answer(store, LEAD, found.id, Answer(action, seconds=2.0), STARTED)


def pages(store: Store) -> Iterator[Times]:
    """Ask for whole pages, as a browser does, without the guard and the gate."""
    client = _client(store)

    def get(path: str, headers: dict[str, str] | None = None, **query: str) -> None:
        if client.get(path, params=query, headers=headers).status_code != 200:
            raise SystemExit(f"{path} {query} was refused")

    chance = random.Random(5)
    said = [word for words in sayings() for saying in words for word in saying.split() if len(word) > 2]
    words = [chance.choice(said) for _ in range(ROUNDS)]
    inner = [word[1:5] for word in chance.choices([word for word in said if len(word) > 5], k=ROUNDS // 2)]
    short, absent = [word[:2] for word in words[:10]], ["קוונטים", "zzzz", "פפפפ", "אבגדה וזחטי"]
    phrases = [f'"{" ".join(saying.split()[:3])}"' for saying in chance.choices(sayings()[0], k=ROUNDS // 2)]
    queries = [*words, *inner, *short, *absent, *phrases]
    _answer_checks(store)
    yield timed("search", [partial(get, "/browse", q=query) for query in queries])
    book = store.codebook()
    codes = [code.id for code in book]
    filters = [
        *({"code": chance.choice(codes)} for _ in range(ROUNDS)),
        *({"code": chance.choice(codes), "coder": chance.choice(PEOPLE)} for _ in range(ROUNDS // 2)),
        *({"coder": chance.choice(PEOPLE), "role": "interviewer"} for _ in range(4)),
        *({"status": status} for status in ("open", "accepted", "rejected")),
        *({"q": chance.choice(said), "code": chance.choice(codes)} for _ in range(ROUNDS // 2)),
        {"low": "99"},
        {"low": "50", "high": "50"},
    ]
    yield timed("browse", [partial(get, "/browse", **fields) for fields in filters])
    places = [each.name for each in counts.by_transcript(store, MODEL)]
    yield timed("transcript", [partial(get, "/browse/transcript", name=chance.choice(places)) for _ in range(ROUNDS)])
    _wait_for_examples(client)
    part = partial(get, "/confirm", {"hx-request": "true"})
    yield timed(
        "next card, as a page's part", [partial(part, order=order) for order in Order for _ in range(ROUNDS // 2)]
    )
    yield timed("progress, counted anew", [lambda: figures(store, MODEL)] * 5)
    yield timed("progress", [partial(get, "/progress")] * 10)


def _wait_for_examples(client: TestClient, seconds: float = 120.0) -> None:
    """Wait until what is made beside the page is there, as it is after the first minute of a day."""
    end = time.monotonic() + seconds
    while "נאספים כעת" in client.get("/confirm").text and time.monotonic() < end:
        time.sleep(1.0)


def _client(store: Store) -> TestClient:
    """Return a browser that is signed in to the page as it is served."""
    door = Door(Sessions(), 8000, frozenset({"127.0.0.1:8000"}))
    client = TestClient(create_app(store, door), "http://127.0.0.1:8000", headers={"sec-fetch-site": "same-origin"})
    client.cookies.set(door.cookie, door.sessions.open(LEAD))
    return client


def measure(folder: Path, size: Size) -> dict[str, Any]:
    """Return sizes and times."""
    with open_project(folder) as store:
        _answer_checks(store)
        summary = store.summary()
        times: list[Times] = []
        for each in chain([opening(folder)], cards(store), pages(store)):
            times.append(each)
            print(f"{each.what:26}" + "".join(f"  {name} {value:8.1f}" for name, value in each.summary().items()))
    return {
        "size": asdict(size) | {"turns": summary.turns, "characters": summary.characters, "codes": summary.codes},
        "database_megabytes": round((folder / "project.db").stat().st_size / 1e6),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load_average": round(os.getloadavg()[0], 1),
        "times": {each.what: each.summary() for each in times},
    }


def verdicts(times: dict[str, dict[str, float]]) -> dict[str, bool]:
    """Return which bars are met on the clock, at the 95th percentile."""
    found: dict[str, bool] = {}
    for what, figures_ in times.items():
        for name, bar in BARS.items():
            if what.startswith(name):
                found[what] = figures_["p95_ms"] <= bar
    return found


def main(
    transcripts: Annotated[int, typer.Option(help="Transcripts.")] = 2_000,
    suggestions: Annotated[int, typer.Option(help="Suggestions of the model.")] = 1_000_000,
    decisions: Annotated[int, typer.Option(help="Decisions of people.")] = 200_000,
    folder: Annotated[Path | None, typer.Option(help="Where the project is made, or used when it is there.")] = None,
    write: Annotated[bool, typer.Option(help="Keep the figures in scale.json.")] = True,
) -> None:
    """Make the project, measure, print and keep the figures."""
    size = Size(transcripts, suggestions, decisions)
    with tempfile.TemporaryDirectory() as temporary:
        project = folder or Path(temporary) / "large"
        if not (project / "autocoder.toml").is_file():
            build(project, size)
        found = measure(project, size)
    found["bars_met"] = verdicts(found["times"])
    print(json.dumps({key: value for key, value in found.items() if key != "times"}, ensure_ascii=False, indent=1))
    if write:
        text = json.dumps(found, ensure_ascii=False, indent=1)
        Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
