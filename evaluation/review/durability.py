"""Kill the server without warning in the middle of rapid decisions, and see whether it lost one that it acknowledged.

``python evaluation/review/durability.py [--rounds 20] [--postgres]`` builds a synthetic study, serves it by command,
decides as fast as it answers, kills the process after a random number of at most 200 decisions, and compares the
database with what was acknowledged. With ``--postgres`` a PostgreSQL is started for the run alone.
Prints the result and writes it into ``durability.json``; exit code 1 when a decision was lost or doubled.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import tempfile
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Timer

import httpx

from autocoder.project import Action
from autocoder.store import DATABASE, Store, audit, open_project
from evaluation.review import cluster
from evaluation.review.study import build
from evaluation.review.visit import Visitor, served

RESULT = Path(__file__).with_name("durability.json")
DECISIONS = 200
CODER = "דנה"


@dataclass(frozen=True)
class Round:
    """What one kill did; ``whole`` is what the database says of itself."""

    acknowledged: int
    kept: int
    lost: int
    doubled: int
    codings_missing: int
    whole: bool


def one_round(folder: Path, store: Store, chance: random.Random) -> Round:
    """Serve, decide, kill, and compare; decisions of earlier rounds are there already and are left aside."""
    before = len(store.decisions())
    acknowledged: dict[str, Action] = {}
    with served(folder) as page, Visitor(page.root) as visitor:
        visitor.begin_alone(page.link, CODER)
        card = visitor.first_card()
        at_most = chance.randrange(DECISIONS // 4, DECISIONS)
        try:
            while card is not None:
                action = chance.choice((Action.ACCEPT, Action.REJECT))
                if len(acknowledged) == at_most:  # in the middle of a decision: a little after it was sent
                    Timer(chance.uniform(0, 0.02), page.process.send_signal, (signal.SIGKILL,)).start()
                saved, following, _ = visitor.decide(card, action.value)
                if saved:
                    acknowledged[card] = action
                card = following
        except httpx.TransportError:
            pass  # the server is dead, as it should be
    return compare(store, acknowledged, before)


def compare(store: Store, acknowledged: Mapping[str, Action], before: int) -> Round:
    """Hold what was acknowledged against the decisions and codings that are there."""
    fresh = store.decisions()[before:]
    places = [(each.transcript, each.span, each.before) for each in fresh if each.action is not Action.UNDO]
    kept_accepts = [each for each in fresh if each.action is Action.ACCEPT and each.mode.value != "planted"]
    codings = {coding.key for coding in store.codings() if coding.coder == CODER}
    missing = [d for d in kept_accepts if any((d.transcript, d.span, code, CODER) not in codings for code in d.after)]
    wanted = {action: sum(each is action for each in acknowledged.values()) for action in Action}
    there = {action: sum(each.action is action for each in fresh) for action in Action}
    return Round(
        acknowledged=len(acknowledged),
        kept=len(fresh),
        lost=sum(max(0, wanted[action] - there[action]) for action in Action),
        doubled=len(places) - len(set(places)),
        codings_missing=len(missing),
        whole=is_whole(store),
    )


def is_whole(store: Store) -> bool:
    """Ask the database whether its files are in order, and the log whether its chain is."""
    with store.reading() as connection:
        if connection.dialect.name == "sqlite":
            said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            strays = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            sound = said == ["ok"] and not strays
        else:
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS amcheck")
            connection.exec_driver_sql(
                "SELECT bt_index_check(index => i.indexrelid, heapallindexed => true) FROM pg_index i "
                "JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam "
                "WHERE a.amname = 'btree' AND i.indisvalid"
            )  # it raises where something is amiss
            sound = True
    return sound and audit.verify(store).whole


def main() -> int:
    """Run the rounds and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL that is started for this run")
    options = parser.parse_args()
    chance = random.Random(7)
    with (
        tempfile.TemporaryDirectory() as folder,
        cluster.database() if options.postgres else nullcontext(DATABASE) as database,
    ):
        project = Path(folder) / "study"
        build(project, transcripts=options.rounds * 8, database=database).close()
        with open_project(project) as store:
            rounds = [one_round(project, store, chance) for _ in range(options.rounds)]
    name = "postgresql" if options.postgres else "sqlite"
    for number, each in enumerate(rounds, 1):
        print(f"{name} {number:2}: {each.acknowledged:3} acknowledged, {each.kept:3} kept, {each.lost} lost, "
              f"{each.doubled} doubled, {each.codings_missing} codings missing, whole: {each.whole}")  # fmt: skip
    results = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    results[name] = [asdict(each) for each in rounds]
    RESULT.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return int(any(each.lost or each.doubled or each.codings_missing or not each.whole for each in rounds))


if __name__ == "__main__":
    raise SystemExit(main())
