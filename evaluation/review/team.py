"""Twelve coders at once on PostgreSQL: whether a decision is lost or doubled, and how long one takes.

``python evaluation/review/team.py [--coders 12] [--minutes 3]`` starts a PostgreSQL and the team's page, makes the
accounts by invitation, and lets everybody decide on the same transcripts: thirty minutes of work at ten times the
speed, a decision about every second each. Prints the result and writes it into ``team.json``; exit code 1 when a
decision was lost or doubled.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from autocoder.project import Action
from autocoder.store import Store, open_project
from evaluation.review import cluster
from evaluation.review.durability import is_whole
from evaluation.review.study import build
from evaluation.review.visit import Visitor, served

RESULT = Path(__file__).with_name("team.json")
SECONDS_BETWEEN = 1.0
ANSWERS = (Action.ACCEPT, Action.ACCEPT, Action.REJECT, Action.SKIP)


@dataclass(frozen=True)
class Work:
    """What one coder did: answers that were saved, cards that somebody else had answered, seconds that answers took."""

    saved: int
    late: int
    seconds: tuple[float, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of the whole run; times in milliseconds."""

    coders: int
    minutes: float
    acknowledged: int
    kept: int
    late: int
    doubled: int
    median: float
    p95: float
    longest: float
    whole: bool


def work(visitor: Visitor, until: float, seed: int) -> Work:
    """Decide until the time is over."""
    chance = random.Random(seed)
    saved, late, seconds = 0, 0, []
    card = visitor.first_card()
    while card is not None and time.monotonic() < until:
        time.sleep(chance.expovariate(1 / SECONDS_BETWEEN))
        done, card, took = visitor.decide(card, chance.choice(ANSWERS).value)
        saved, late = saved + done, late + (not done)
        seconds.append(took)
    return Work(saved, late, tuple(seconds))


def everybody(root: str, link: str, coders: int, stack: ExitStack) -> list[Visitor]:
    """Return the signed-in team: the first lead by the link that the server printed, the others by invitation."""
    lead = stack.enter_context(Visitor(root))
    lead.accept_invitation(link, "דנה")
    team = [lead]
    for number in range(1, coders):
        invitation = lead.invite(f"מקודדת {number}")
        team.append(stack.enter_context(Visitor(root)))
        team[-1].accept_invitation(invitation, f"מקודדת {number}")
    return team


def outcome(store: Store, works: list[Work], minutes: float) -> Outcome:
    """Hold what was acknowledged against what is in the database."""
    decisions = store.decisions()
    answers = [each for each in decisions if each.action in (Action.ACCEPT, Action.REJECT) and each.before]
    places = Counter((each.transcript, each.span, each.before) for each in answers)
    times = 1000 * np.array([second for each in works for second in each.seconds])
    return Outcome(
        coders=len(works),
        minutes=minutes,
        acknowledged=sum(each.saved for each in works),
        kept=len(decisions),
        late=sum(each.late for each in works),
        doubled=sum(count - 1 for count in places.values()),
        median=round(float(np.median(times)), 1),
        p95=round(float(np.quantile(times, 0.95)), 1),
        longest=round(float(times.max()), 1),
        whole=is_whole(store),
    )


def main() -> int:
    """Run it and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--coders", type=int, default=12)
    parser.add_argument("--minutes", type=float, default=3.0)
    options = parser.parse_args()
    with ExitStack() as stack:
        project = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "study"
        database = stack.enter_context(cluster.database())
        build(project, transcripts=60, each=2, database=database).close()
        page = stack.enter_context(served(project, "--team"))
        team = everybody(page.root, page.link, options.coders, stack)
        until = time.monotonic() + 60 * options.minutes
        with ThreadPoolExecutor(len(team)) as pool:
            works = list(pool.map(work, team, [until] * len(team), range(len(team))))
        with open_project(project) as store:
            found = outcome(store, works, options.minutes)
    print(json.dumps(asdict(found), indent=1))
    RESULT.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    return int(found.acknowledged != found.kept or bool(found.doubled) or not found.whole)


if __name__ == "__main__":
    raise SystemExit(main())
